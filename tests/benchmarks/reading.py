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
from bot.core.identity import content_hash
from bot.core.model import Memory, Page
from bot.sources import ReadRules, read
from tests import api_answers as api
from tests import markup_pages as pages
from tests.benchmarks.measure import Measure
from tests.publisher import update

GROUP = "Reading"
TEXT = "The harbour wall holds, the ferry does not sail, and the wind has turned to the north again. " * 12
LARGEST = 2_400_000  # bytes of the largest page ever captured
Parse = Callable[[bytes], object]


def measures(posts: int, times: int) -> Iterator[Measure]:
    """The largest page, each format, and a diff."""
    for name, body, parse in (*_pages(posts), *_others(posts)):
        page, rules = _page(body), ReadRules()
        first, again = _first_and_again(page, rules)
        title = f"{name}, {posts} posts, {len(body) // 1024} KB"
        yield _measure(title, first, lambda body=body, parse=parse: parse(body), times)
        if name in AGAIN:
            yield _measure(f"{title}, again", again, lambda body=body, parse=parse: parse(body), times)
    yield from _comparing(posts, times)


def _first_and_again(page: Page, rules: ReadRules) -> tuple[Callable[[], object], Callable[[], object]]:
    """Reading texts that were never seen, as on the first sight of a blog, and those of the poll before."""
    number = iter(range(1_000_000))

    def first() -> object:
        fresh = page.body.replace(b"harbour", b"harbou%d" % next(number))
        return read(_page(fresh), rules)

    return first, lambda: read(page, rules)


def _comparing(posts: int, times: int) -> Iterator[Measure]:
    now, body = datetime.now(UTC), json_page(posts)
    snapshot = read(_page(body))
    memory = remember(Memory(), diff(Memory(), snapshot, now))

    def compare() -> object:
        content_hash.cache_clear()
        return diff(memory, snapshot, now)

    name = f"comparing it with what is known, {posts} posts"
    yield _measure(name, compare, lambda: json.loads(body), times)


def _measure(name: str, work: Callable[[], object], floor: Callable[[], object], times: int) -> Measure:
    """In turns, in CPU time: what else the machine does is not our subject."""
    work()  # what is imported when it is first needed
    figures, floors = zip(*((_milliseconds(work), _milliseconds(floor)) for _ in range(times)), strict=True)
    return Measure(group=GROUP, name=name, unit="ms CPU", figures=figures, floors=floors, floor_is="parsing the bytes")


def _page(body: bytes) -> Page:
    return Page(url="https://blog.example/live", body=body, fetched_at=datetime.now(UTC))


def _pages(posts: int) -> Iterator[tuple[str, bytes, Parse]]:
    yield "LiveBlogPosting as JSON", json_page(posts), json.loads
    yield "LiveBlogPosting in a page", in_a_page(json_page(posts), LARGEST), LexborHTMLParser
    yield "Atom", _atom(posts), LexborHTMLParser


AGAIN = ("LiveBlogPosting in a page", "Atom")


def in_a_page(blog: bytes, size: int) -> bytes:
    teaser = "<div class='x'><p>Somebody else's teaser.</p></div>"
    filler = teaser * max(1, (size - len(blog)) // len(teaser))
    return f'<html><script type="application/ld+json">{blog.decode()}</script>{filler}</html>'.encode()


def _others(posts: int) -> Iterator[tuple[str, bytes, Parse]]:
    """The other formats, their miniatures as long as a long page, each body with a text of its own."""
    body = f"<p>{TEXT}</p>"
    for name, whole in {
        "reach": pages.reach_page(*(pages.reach_post(at, body) for at in range(posts))),
        "amp": pages.amp_page(*(pages.amp_post(at, f"<h2>About {at}</h2>{body}") for at in range(posts))),
        "guardian": pages.guardian_page(*(pages.guardian_block(at, body) for at in range(posts))),
        "cnn": pages.cnn_page(*(pages.cnn_post(at, body) for at in range(posts))),
        "nyt": pages.nyt_page(*(pages.nyt_post(at, body) for at in range(posts))),
        "microdata": pages.microdata_page(*(pages.microdata_post(at, _itemprop(at)) for at in range(posts))),
        "bbc": pages.bbc_page(*(pages.bbc_post(at, _paragraph(at)) for at in range(posts))),
    }.items():
        yield name, whole.encode(), LexborHTMLParser
    yield "RSS", _rss(posts), LexborHTMLParser
    for name, answer in _answers(range(posts)).items():
        yield name, json.dumps(answer).encode(), json.loads


def _answers(numbers: range) -> dict[str, Any]:
    def said(at: int) -> str:
        return f"<p>{at}: {TEXT}</p>"

    return {
        "JSON Feed": {
            "version": "https://jsonfeed.org/version/1.1",
            "items": [{"id": str(at), "title": f"About {at}", "content_html": said(at)} for at in numbers],
        },
        "WordPress": api.wordpress_page(*(api.wordpress_row(at, render=said(at)) for at in numbers)),
        "Sourcefabric": api.sourcefabric_listing(
            *(api.sourcefabric_post(at % 60, api.sourcefabric_part("text", said(at)), _id=f"u{at}") for at in numbers)
        ),
        "reddit": api.reddit_listing(*(api.reddit_update(at, body_html=said(at), id=f"r{at}") for at in numbers)),
        "Al Jazeera": [api.jazeera_blog(*numbers), *(api.jazeera_update(at, content=said(at)) for at in numbers)],
        "24liveblog": api.live24_answer(*(api.live24_news(at, contents=said(at)) for at in numbers)),
        "Arena": api.arena_answer(*(api.arena_post(at, message={"text": said(at)}) for at in numbers)),
        "ScribbleLive": api.scribble_event(*(api.scribble_post(at, Content=said(at)) for at in numbers)),
        "Tickaroo": {"html": api.tickaroo_embed(*(api.tickaroo_update(at, articleBody=said(at)) for at in numbers))},
    }


def _itemprop(at: int) -> str:
    return f"<div itemprop=articleBody><p>{at}: {TEXT}</p></div>"


def _paragraph(at: int) -> dict[str, Any]:
    return pages.bbc_block("text", pages.bbc_paragraph(f"{at}: {TEXT}"))


def json_page(posts: int) -> bytes:
    url = "https://blog.example/live"
    # Ids with gaps: those that count the posts are places in the list, and no ids.
    updates = [update(str(at), body=f"{at}: {TEXT}") | {"url": f"{url}#post-{at * 7 + 900}"} for at in range(posts)]
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


def _rss(posts: int) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{at}</guid><title>About {at}</title>"
        f"<description>{escape(TEXT)}</description></item>"
        for at in range(posts)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Storm</title>{items}</channel></rss>".encode()


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000
