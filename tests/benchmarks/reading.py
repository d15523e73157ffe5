"""What it costs to read a page, against what it costs to parse its bytes at all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from selectolax.lexbor import LexborHTMLParser

from bot.core.diff import diff, remember
from bot.core.model import Memory, Page
from bot.sources import read
from tests.benchmarks.measure import Measure
from tests.publisher import update

GROUP = "Reading"
TEXT = "The harbour wall holds, the ferry does not sail, and the wind has turned to the north again. " * 12


def measures(posts: int, times: int) -> Iterator[Measure]:
    """Each format, and a diff."""
    for name, body, parse in _pages(posts):
        page = Page(url="https://blog.example/live", body=body, fetched_at=datetime.now(UTC))
        yield _measure(
            f"{name}, {posts} posts, {len(body) // 1024} KB",
            lambda page=page: read(page),
            lambda body=body, parse=parse: parse(body),
            times,
        )
    now, body = datetime.now(UTC), _json_page(posts)
    snapshot = read(Page(url="https://blog.example/live", body=body, fetched_at=now))
    memory = remember(Memory(), diff(Memory(), snapshot, now))
    name = f"comparing it with what is known, {posts} posts"
    yield _measure(name, lambda: diff(memory, snapshot, now), lambda: json.loads(body), times)


def _measure(name: str, work: Callable[[], object], floor: Callable[[], object], times: int) -> Measure:
    """In turns, in CPU time: what else the machine does is not our subject."""
    figures, floors = zip(*((_milliseconds(work), _milliseconds(floor)) for _ in range(times)), strict=True)
    return Measure(group=GROUP, name=name, unit="ms CPU", figures=figures, floors=floors, floor_is="parsing the bytes")


def _pages(posts: int) -> Iterator[tuple[str, bytes, Callable[[bytes], object]]]:
    yield "LiveBlogPosting as JSON", _json_page(posts), json.loads
    filler = "<div class='x'><p>Somebody else's teaser.</p></div>" * 20_000
    script = f'<script type="application/ld+json">{_json_page(posts).decode()}</script>'
    yield "LiveBlogPosting in a page", f"<html>{script}{filler}</html>".encode(), LexborHTMLParser
    yield "Atom", _atom(posts), LexborHTMLParser


def _json_page(posts: int) -> bytes:
    url = "https://blog.example/live"
    updates = [update(str(at), body=f"{at}: {TEXT}") | {"url": f"{url}#post-{at}"} for at in range(posts)]
    return json.dumps({"@type": "LiveBlogPosting", "headline": "Storm", "url": url, "liveBlogUpdate": updates}).encode()


def _atom(posts: int) -> bytes:
    entries = "".join(
        f"<entry><id>urn:{at}</id><title>About {at}</title><updated>2024-05-04T12:00:00Z</updated>"
        f"<content type='html'>{escape(TEXT)}</content></entry>"
        for at in range(posts)
    )
    return (
        f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Storm</title>{entries}</feed>'.encode()
    )


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000
