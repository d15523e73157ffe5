"""ScribbleLive."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.model import KeyKind, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.api_answers import HOUR, scribble_event, scribble_post
from tests.blog_builders import Blog
from tests.pages import snapshot

API = "https://live.example.org/api/rest/event/77"


def read(*posts: dict[str, Any], path: str = "/page/last?Token=t&format=json") -> Snapshot:
    return snapshot(json.dumps(scribble_event(*posts)), url=f"{API}{path}")


def test_a_page_is_a_window_of_its_event() -> None:
    found = read(scribble_post(2, LastModified=f"/Date({(HOUR + 600) * 1000})/"), scribble_post(1, IsStuck=1))
    first, second = found.posts
    assert (found.format, found.kind, found.title) == ("scribblelive", SnapshotKind.WINDOW, "Storm")
    assert (first.key, first.key_kind, first.text) == ("36000002", KeyKind.NATIVE, "Body of post 2.")
    assert (first.authors, first.pinned, second.pinned) == (("Ada Byron",), False, True)
    assert first.published_at is not None
    assert first.modified_at is not None
    assert (first.published_at.isoformat(), first.modified_at.isoformat()) == (
        "2026-03-04T10:02:00+00:00",
        "2026-03-04T10:10:00+00:00",
    )
    assert "(from description" in found.why


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/all?Token=t", SnapshotKind.FULL),
        ("/all/?Token=t", SnapshotKind.FULL),
        ("/since/2026/03/04?Token=t", SnapshotKind.DELTA),
        ("/page/0?Token=all", SnapshotKind.WINDOW),
        ("", SnapshotKind.WINDOW),
    ],
)
def test_the_address_says_how_much_was_asked_for(path: str, kind: SnapshotKind) -> None:
    assert read(scribble_post(1), path=path).kind is kind


@pytest.mark.parametrize("call", ["cb({});", "/**/ jQuery123_4.done({})", "\ufeffcallback ( {} )"])
def test_a_call_around_the_answer_is_passed_over(call: str) -> None:
    found = snapshot(call.replace("{}", json.dumps(scribble_event(scribble_post(1)))), url=API)
    assert (found.format, [post.key for post in found.posts]) == ("scribblelive", ["36000001"])


def test_a_deleted_post_is_withdrawn_at_once_and_may_come_back() -> None:
    blog = Blog.after(read(scribble_post(2), scribble_post(1)))
    gone = read(scribble_post(2, IsDeleted=1), scribble_post(1))
    assert (gone.posts[0].withdrawn, gone.posts[0].text) == (True, "")
    assert blog.poll(gone, gone) == ["withdrawn 36000002"]
    assert blog.poll(*[read(scribble_post(2), scribble_post(1))] * 3) == ["restored 36000002"]


def test_an_edit_is_seen() -> None:
    blog = Blog.after(read(scribble_post(2), scribble_post(1)))
    assert blog.poll(read(scribble_post(2, Content="Corrected."), scribble_post(1))) == ["edited 36000002"]


@pytest.mark.parametrize("time", ["/Date(x)/", "/Date(9999999999999999)/", 7, None, [], ""])
def test_a_time_that_is_none_is_left_out(time: Any) -> None:
    assert read(scribble_post(1, Created=time, LastModified=None)).posts[0].key == "36000001"


@pytest.mark.parametrize("body", ['{"Posts": []}', '{"Posts": [{"id": 1}]}', '{"Posts": {}}', "cb({})", "[]"])
def test_other_posts_are_no_event(body: str) -> None:
    with pytest.raises(NotReadable, match="no ScribbleLive event"):
        snapshot(body, format="scribblelive")


def test_a_broken_call_says_where() -> None:
    with pytest.raises(NotReadable, match="broken JSON"):
        snapshot('cb({"Posts": [', format="scribblelive")
