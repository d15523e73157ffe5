"""Captured pages, one after the other. They stand beside the repository; without them these tests are skipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.ending import says_it_moved
from bot.core.model import ChangeKind, Page, Post, Snapshot, SnapshotKind
from bot.sources import ReadRules, read
from tests.blog_builders import Blog
from tests.pages import NOW

CAPTURED = Path(__file__).parents[2] / "shared" / "fixtures"

pytestmark = pytest.mark.skipif(not CAPTURED.is_dir(), reason=f"no captured pages in {CAPTURED}")


def _read(name: str, format_: str = "jsonld") -> Snapshot:
    page = Page(url="", body=(CAPTURED / name).read_bytes(), fetched_at=NOW)
    return read(page, ReadRules(format=format_))


def _cnn(name: str) -> Snapshot:
    return _read(f"cnn/cnn_{name}.json")


def test_a_page_fetched_again_with_a_space_decoded_wrongly_brings_nothing() -> None:
    first, again = (
        _cnn("allen-texas-mall-shooting-news-05-07-23"),
        _cnn("allen-texas-mall-shooting-news-05-07-23.refetch-mojibake"),
    )
    assert first.posts != again.posts
    blog = Blog.after(first)
    assert blog.poll(again, first, again) == []
    assert blog.told == []
    blog = Blog.after(again)
    assert blog.poll(first, again) == []
    assert blog.told == []


@pytest.mark.parametrize(
    ("day_one", "day_two"),
    [
        ("kansas-city-chiefs-parade-shooting-02-14-24", "kansas-city-chiefs-super-bowl-shooting-02-15-24"),
        ("louisville-kentucky-shooting-04-10-23", "louisville-kentucky-shooting-04-11-23"),
    ],
)
def test_the_next_day_brings_its_own_posts_and_none_that_moved_over(day_one: str, day_two: str) -> None:
    before, after = _cnn(day_one), _cnn(day_two)
    known = {post.title for post in before.posts if post.title and not post.title_is_derived}
    own = {post.key for post in after.posts if says_it_moved(post)}  # each page has a farewell of its own
    moved = {post.key for post in after.posts if post.title in known and not post.title_is_derived} - own
    assert moved
    blog = Blog.after(before)
    blog.now = max(post.published_at for post in before.posts if post.published_at) + timedelta(hours=1)
    blog.turn_page()
    blog.poll(after)
    news = [change.key for change in blog.told if change.kind is ChangeKind.NEW]
    assert set(news) == {post.key for post in after.posts} - moved
    assert {change.kind for change in blog.told} <= {ChangeKind.NEW, ChangeKind.MOVED, ChangeKind.ENDED}
    blog.told.clear()
    blog.poll(after, after, after)
    assert blog.told == []


def _unfolded(whole: Snapshot, every: int) -> list[Snapshot]:
    """The blog as it stood at each moment something was published or edited, or at every so many of them.

    A post edited later stands there with another text before.
    """
    posts = [post for post in whole.posts if post.published_at]
    moments = sorted({time for post in posts for time in (post.published_at, post.modified_at) if time})
    return [
        replace(
            whole,
            posts=tuple(
                _as_it_was(post, moment) for post in posts if post.published_at and post.published_at <= moment
            ),
            kind=SnapshotKind.FULL,
            modified_at=moment,
            ended=False,
            next_url=None,
        )
        for moment in [*moments[::every], moments[-1]]
    ]


def _as_it_was(post: Post, moment: datetime) -> Post:
    edited_later = post.modified_at is not None and post.modified_at > moment
    return replace(post, text=f"At first: {post.text}", modified_at=post.published_at) if edited_later else post


@pytest.mark.parametrize("name", sorted(path.stem for path in CAPTURED.glob("cnn/*.json")) or [""])
def test_a_captured_blog_that_unfolds_is_told_once_and_in_full(name: str) -> None:
    whole = _read(f"cnn/{name}.json")
    blog = Blog()
    blog.poll(*_unfolded(whole, every=1))
    times = [(post.published_at, post.modified_at) for post in whole.posts if post.published_at]
    edited = sum(modified is not None and modified > published for published, modified in times)
    assert blog.count(ChangeKind.NEW) == len(times) - 1
    assert blog.count(ChangeKind.EDITED) == edited
    assert len(blog.told) == len(times) - 1 + edited


def test_a_long_captured_blog_that_is_polled_now_and_then_is_told_once_and_in_full() -> None:
    whole = _read("pages/TheMirror_2024_08_05.html")
    snapshots = _unfolded(whole, every=12)
    texts: dict[str, str] = {}
    edited = 0
    for snapshot in snapshots:
        edited += sum(texts.get(post.key, post.text) != post.text for post in snapshot.posts)
        texts |= {post.key: post.text for post in snapshot.posts}
    blog = Blog()
    blog.poll(*snapshots)
    assert blog.count(ChangeKind.NEW) == len(whole.posts) - len(snapshots[0].posts)
    assert blog.count(ChangeKind.EDITED) == edited
    assert edited > 10
    assert blog.count(ChangeKind.WITHDRAWN) == 0


def test_a_page_without_ids_read_again_brings_nothing_and_an_edit_of_it_is_one() -> None:
    whole = _read("pages/Repubblica.it-Israele-Hamas.html")
    blog = Blog.after(whole)
    assert blog.poll(whole) == []
    third = whole.posts[3]
    edited = replace(third, key="text:changed", text=f"Aggiornamento. {third.text}")
    assert blog.poll(replace(whole, posts=(*whole.posts[:3], edited, *whole.posts[4:]))) == [f"edited {third.key}"]
