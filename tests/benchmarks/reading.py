"""What it costs to read a page, against what it costs to parse its bytes at all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from selectolax.lexbor import LexborHTMLParser

from bot.core.diff import diff, remember
from bot.core.model import Memory, Page
from bot.sources import read
from tests.publisher import update

POSTS = 400
TEXT = "The harbour wall holds, the ferry does not sail, and the wind has turned to the north again. " * 12


def measures() -> Iterator[dict[str, Any]]:
    for name, body, parse in _pages():
        page = Page(url="https://blog.example/live", body=body, fetched_at=datetime.now(UTC))
        yield {
            "name": f"read {name}, {POSTS} posts, {len(body) // 1024} KB",
            "figure": _milliseconds(lambda page=page: read(page)),
            "unit": "ms",
            "floor": _milliseconds(lambda body=body, parse=parse: parse(body)),
            "floor_is": "parsing the bytes",
        }
    yield _diff()


def _diff() -> dict[str, Any]:
    now = datetime.now(UTC)
    snapshot = read(Page(url="https://blog.example/live", body=_json_page(), fetched_at=now))
    memory = remember(Memory(), diff(Memory(), snapshot, now))
    return {
        "name": f"diff a changed body, {POSTS} posts",
        "figure": _milliseconds(lambda: diff(memory, snapshot, now)),
        "unit": "ms",
        "floor": _milliseconds(lambda: json.loads(_json_page())),
        "floor_is": "parsing the bytes",
    }


def _pages() -> Iterator[tuple[str, bytes, Callable[[bytes], object]]]:
    yield "LiveBlogPosting as JSON", _json_page(), json.loads
    filler = "<div class='x'><p>Somebody else's teaser.</p></div>" * 20_000
    script = f'<script type="application/ld+json">{_json_page().decode()}</script>'
    yield "LiveBlogPosting in a page", f"<html>{script}{filler}</html>".encode(), LexborHTMLParser
    yield "Atom", _atom(), LexborHTMLParser


def _json_page() -> bytes:
    url = "https://blog.example/live"
    posts = [update(str(at), body=f"{at}: {TEXT}") | {"url": f"{url}#post-{at}"} for at in range(POSTS)]
    return json.dumps({"@type": "LiveBlogPosting", "headline": "Storm", "url": url, "liveBlogUpdate": posts}).encode()


def _atom() -> bytes:
    posts = "".join(
        f"<entry><id>urn:{at}</id><title>About {at}</title><updated>2024-05-04T12:00:00Z</updated>"
        f"<content type='html'>{escape(TEXT)}</content></entry>"
        for at in range(POSTS)
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Storm</title>{posts}</feed>'.encode()


def _milliseconds(work: Callable[[], object], times: int = 5) -> float:
    """The best of several runs, in CPU time: what else the machine does is not our subject."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1000
