"""Arena live blogs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.model import KeyKind, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.api_answers import HOUR, arena_answer, arena_post
from tests.blog_builders import Blog
from tests.pages import snapshot

API = "https://live.example.org/v1/liveblog/paper/abc"


def read(*posts: dict[str, Any], **event: Any) -> Snapshot:
    return snapshot(json.dumps(arena_answer(*posts, **event)), url=API)


def test_an_answer_is_a_window_of_its_blog() -> None:
    found = read(arena_post(2, updatedAt=(HOUR + 600) * 1000), arena_post(1), modifiedAt=(HOUR + 600) * 1000)
    first = found.posts[0]
    assert (found.format, found.kind, found.title) == ("arena", SnapshotKind.WINDOW, "Storm")
    assert (first.key, first.key_kind) == ("5ea6fd8a23f0ea0f2", KeyKind.NATIVE)
    assert (first.title, first.text) == ("Headline 2", "Body of post 2.")
    assert first.published_at is not None
    assert first.published_at.isoformat() == "2026-03-04T10:02:00+00:00"
    assert first.modified_at == found.modified_at
    assert "(from description" in found.why


def test_a_post_may_have_a_key_instead_of_an_id() -> None:
    post = {name: value for name, value in arena_post(1).items() if name != "_id"}
    assert read({**post, "key": "k1"}).posts[0].key == "k1"
    assert read(post).posts[0].key_kind is KeyKind.DERIVED


def test_a_corrected_headline_is_an_edit_and_a_post_taken_away_is_withdrawn() -> None:
    blog = Blog.after(read(arena_post(3), arena_post(2), arena_post(1)))
    corrected = arena_post(3, message={"title": "Corrected", "text": "<p>Body of post 3.</p>"})
    assert blog.poll(read(corrected, arena_post(2), arena_post(1))) == ["edited 5ea6fd8a23f0ea0f3"]
    without = read(corrected, arena_post(1))
    assert blog.poll(without, without, without) == ["withdrawn 5ea6fd8a23f0ea0f2"]


@pytest.mark.parametrize("message", [None, 7, {}, {"title": [], "text": {}}])
def test_a_message_of_a_wrong_type_is_an_empty_post(message: Any) -> None:
    assert (read(arena_post(1, message=message)).posts[0].text, read(arena_post(1)).posts[0].key) == (
        "",
        "5ea6fd8a23f0ea0f1",
    )


def test_a_blog_without_posts_is_one_that_has_not_begun() -> None:
    assert (read().format, read().posts) == ("arena", ())


@pytest.mark.parametrize("body", ['{"eventInfo": {}, "posts": [{"_id": 1}]}', '{"eventInfo": [], "posts": []}', "[]"])
def test_other_posts_are_no_arena_blog(body: str) -> None:
    with pytest.raises(NotReadable, match="no Arena live blog"):
        snapshot(body, format="arena")
