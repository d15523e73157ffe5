"""reddit live threads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.model import ChangeKind, KeyKind, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.api_answers import reddit_listing, reddit_update
from tests.blog_builders import Blog
from tests.pages import CAPTURED, captured, snapshot

THREAD = "https://www.reddit.com/live/abc123"
needs_captures = pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured pages are not beside the repository")


def read(*updates: dict[str, Any], url: str = f"{THREAD}.json?limit=100", **rules: Any) -> Snapshot:
    return snapshot(json.dumps(reddit_listing(*updates)), url=url, **rules)


def test_a_thread_is_a_window_of_its_updates() -> None:
    found = read(reddit_update(2), reddit_update(1))
    first = found.posts[0]
    assert (found.format, found.kind, found.url) == ("reddit", SnapshotKind.WINDOW, THREAD)
    assert (first.key, first.key_kind) == ("00000002-aaaa-11ea-bf11-0e3a6897349b", KeyKind.NATIVE)
    assert (first.title, first.title_is_derived, first.text) == ("Body of post 2.", True, "Body of post 2.")
    assert (first.authors, first.url) == (("ada_byron",), f"{THREAD}/updates/{first.key}")
    assert first.published_at is not None
    assert first.published_at.isoformat() == "2026-03-04T10:02:00+00:00"


@pytest.mark.parametrize(
    ("updates", "query", "kind"),
    [
        (1, "?limit=100", SnapshotKind.WINDOW),
        (1, "?limit=100&before=LiveUpdate_1", SnapshotKind.DELTA),
        (0, "?before=LiveUpdate_1", SnapshotKind.DELTA),
        (0, "", SnapshotKind.DELTA),
    ],
)
def test_what_came_since_says_nothing_of_the_rest(updates: int, query: str, kind: SnapshotKind) -> None:
    found = read(*(reddit_update(number) for number in range(updates)), url=f"{THREAD}.json{query}")
    assert (found.kind, len(found.posts)) == (kind, updates)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"body_html": "&lt;!-- SC_OFF --&gt;&lt;div&gt;&lt;p&gt;R&amp;amp;D&lt;/p&gt;&lt;/div&gt;"}, "R&D"),
        ({"body_html": "<p>a &lt; b</p>"}, "a < b"),
        ({"body_html": None, "body": "a < b & c"}, "a < b & c"),
        ({"body_html": None, "body": None}, ""),
        ({"body_html": 7, "body": []}, ""),
    ],
)
def test_a_body_is_read_escaped_or_not(fields: dict[str, Any], text: str) -> None:
    assert read(reddit_update(1, **fields)).posts[0].text == text


@pytest.mark.parametrize("author", [None, "[deleted]", "", 7])
def test_an_update_without_author_has_none(author: Any) -> None:
    assert read(reddit_update(1, author=author)).posts[0].authors == ()


def test_an_update_that_is_struck_is_an_edit_and_not_withdrawn() -> None:
    blog = Blog.after(read(reddit_update(2), reddit_update(1)))
    struck = read(reddit_update(2, stricken=True), reddit_update(1))
    assert blog.poll(struck, read(url=f"{THREAD}.json?before=x"), struck) == [f"edited {struck.posts[0].key}"]
    assert struck.posts[0].struck


def test_an_update_that_is_deleted_vanishes_and_is_withdrawn_after_three_polls() -> None:
    three = [reddit_update(number) for number in (3, 2, 1)]
    blog = Blog.after(read(*three))
    without = read(three[0], three[2])
    assert blog.poll(without, without) == []
    assert blog.poll(without) == [f"withdrawn {three[1]['data']['id']}"]


@pytest.mark.parametrize(
    "body",
    [
        '{"kind": "Listing"}',
        '{"kind": "Listing", "data": {"children": [{"kind": []}]}}',
        '{"kind": "Listing", "data": {"children": [{"kind": "t3", "data": {"id": "a"}}]}}',
        "[]",
    ],
)
def test_another_listing_is_no_live_thread(body: str) -> None:
    with pytest.raises(NotReadable, match="no reddit live thread"):
        snapshot(body, format="reddit")


# --- captured answers ------------------------------------------------------------------------------------------------


@needs_captures
@pytest.mark.parametrize(("name", "posts"), [("00", 100), ("01", 0), ("02", 99), ("03", 98), ("04", 97), ("05", 96)])
def test_captured_polls_are_read_whole(name: str, posts: int) -> None:
    found = captured(f"reddit/stream/{name}.json")
    assert (found.format, len({post.key for post in found.posts})) == ("reddit", posts)
    assert found.kind is (SnapshotKind.WINDOW if posts else SnapshotKind.DELTA)
    assert all(post.text and post.authors and post.published_at for post in found.posts)


@needs_captures
def test_six_captured_polls_bring_one_new_post_that_is_struck() -> None:
    polls = [captured(f"reddit/stream/0{number}.json") for number in range(6)]
    blog = Blog()
    blog.poll(*polls, *[polls[-1]] * 3)
    assert [change.kind for change in blog.told] == [ChangeKind.NEW]
    assert blog.told[0].post is not None
    assert blog.told[0].post.struck


@needs_captures
def test_captured_pages_of_a_thread_have_no_post_in_common() -> None:
    pages = [captured(f"reddit/pages/0{number}.json") for number in range(3)]
    assert [len(page.posts) for page in pages] == [100, 100, 0]
    assert len({post.key for page in pages for post in page.posts}) == 200
