"""Blogs that unfold again on a bad road: the totals are known, and the relay must arrive at them exactly."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import seeds
from tests.oracle import ILLS, STARTED, Capture, Odd, every_moment, few_moments, oracle
from tests.pages import CAPTURED

needs_captures = pytest.mark.skipif(not CAPTURED.is_dir(), reason=f"no captured pages in {CAPTURED}")

LISTS_EVERYTHING = "https://edition.cnn.com/2024/05/04/world/live-news/storm-05-04-24/index.html"
SHOWS_A_WINDOW = "https://www.example.org/live/storm"
PLACES = ("harbour", "bridge", "market", "station", "school", "chapel", "mill", "quay")
DEEDS = ("is closed", "opens again", "loses its roof", "has no light", "takes in families", "is under water")


def miniature(url: str, seed: int, posts: int = 24) -> Capture:
    """An invented blog: a pinned summary, posts without headline or without body, edits soon and hours later."""
    die = random.Random(seed)
    updates = [_update(url, number, die) for number in reversed(range(posts))]
    summary = _update(url, 999, die) | {
        "headline": "Here's the latest",
        "datePublished": (STARTED - timedelta(hours=1)).isoformat(),
        "dateModified": (STARTED + timedelta(minutes=4 * posts)).isoformat(),
    }
    node = {"@type": "LiveBlogPosting", "url": url, "headline": "Storm", "liveBlogUpdate": [summary, *updates]}
    return Capture.of(json.dumps(node).encode())


def _update(url: str, number: int, die: random.Random) -> dict[str, Any]:
    published = STARTED + timedelta(minutes=4 * number)
    edited = die.choice((0, 0, 2, 7, 120))
    headline = f"The {die.choice(PLACES)} {die.choice(DEEDS)}" if die.random() < 0.9 else None
    words = [f"{_invented(die)}: the {die.choice(PLACES)} {die.choice(DEEDS)}, {_invented(die)}." for _ in range(3)]
    empty = headline is not None and die.random() < 0.1
    return {
        "@type": "BlogPosting",
        "url": f"{url.removesuffix('/index.html')}/h_{number:032x}",
        "headline": headline,
        "articleBody": "" if empty else "".join(f"<p>{one}</p>" for one in words),
        "datePublished": published.isoformat(),
        "dateModified": (published + timedelta(minutes=edited)).isoformat(),
    }


def _invented(die: random.Random) -> str:
    """Words that no other post has."""
    return " ".join("".join(die.choices("aeiou", k=2) + die.choices("bdfglmnrst", k=5)) for _ in range(4))


@pytest.mark.parametrize("seed", seeds(4))
async def test_a_full_blog_is_told_exactly_whatever_the_road(tmp_path: Path, seed: int) -> None:
    capture = miniature(LISTS_EVERYTHING, seed)
    async with oracle(tmp_path, capture, seed) as blog:
        await blog.unfold(every_moment(blog.story))
        await blog.assert_exact()
        assert blog.published["new"] == len(capture.snapshot.posts)
        assert blog.published["edited"] == len(blog.story.acts) - len(capture.snapshot.posts)


@pytest.mark.parametrize("seed", seeds(4))
async def test_a_window_is_told_exactly_whatever_the_road(tmp_path: Path, seed: int) -> None:
    async with oracle(tmp_path, miniature(SHOWS_A_WINDOW, seed), seed, window=10) as blog:
        await blog.unfold(every_moment(blog.story))
        await blog.assert_exact()
        assert blog.published["new"] == 25


@pytest.mark.parametrize(("url", "window"), [(LISTS_EVERYTHING, None), (SHOWS_A_WINDOW, 12)])
@pytest.mark.parametrize("seed", seeds(3))
async def test_what_the_publisher_takes_down_is_withdrawn_once_and_nothing_else(
    tmp_path: Path, url: str, window: int | None, seed: int
) -> None:
    ills = [
        ill for ill in ILLS if ill not in (Odd.FEED, Odd.HOLE)
    ]  # which begin the count of a hole anew, or add to it
    async with oracle(tmp_path, miniature(url, seed), seed, window=window, ills=ills, dated=True) as blog:
        keys = [post.key for post in reversed(blog.capture.snapshot.posts) if not post.pinned]
        await blog.unfold(every_moment(blog.story), {20: keys[10], 21: keys[8]})
        await blog.assert_exact()
        assert blog.published["withdrawn"] == 2


@needs_captures
@pytest.mark.parametrize("seed", seeds(1))
@pytest.mark.parametrize("name", sorted(one.stem for one in CAPTURED.glob("cnn/*[0-9].json")) or [""])
async def test_a_captured_full_blog_is_told_exactly(tmp_path: Path, name: str, seed: int) -> None:
    capture = Capture.of((CAPTURED / f"cnn/{name}.json").read_bytes())
    async with oracle(tmp_path, capture, seed) as blog:
        await blog.unfold(few_moments(blog.story))
        await blog.assert_exact()
        assert blog.published["new"] == len(capture.updates)


@needs_captures
def test_the_captured_full_blogs_have_210_posts() -> None:
    captures = [Capture.of(path.read_bytes()) for path in CAPTURED.glob("cnn/*[0-9].json")]
    assert sum(len(capture.updates) for capture in captures) == 210


@needs_captures
@pytest.mark.parametrize("seed", seeds(1))
async def test_a_captured_long_blog_is_told_exactly(tmp_path: Path, seed: int) -> None:
    capture = Capture.of((CAPTURED / "pages/TheMirror_2024_08_05.html").read_bytes())
    async with oracle(tmp_path, capture, seed) as blog:
        await blog.unfold(few_moments(blog.story))
        await blog.assert_exact()
        assert blog.published == {"new": 428, "edited": 88}
