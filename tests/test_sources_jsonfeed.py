"""JSON Feed 1.0 and 1.1."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.model import KeyKind, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.pages import snapshot

VERSION = "https://jsonfeed.org/version/1.1"


def feed(*posts: Any, **fields: Any) -> str:
    whole = {
        "version": VERSION,
        "title": "Storm",
        "home_page_url": "https://www.example.org/live/storm",
        "items": list(posts),
        **fields,
    }
    return json.dumps(whole)


def post(number: int, **fields: Any) -> dict[str, Any]:
    whole = {
        "id": f"p{number}",
        "url": f"https://www.example.org/live/storm/p{number}",
        "title": f"Headline {number}",
        "content_html": f"<p>Body {number}.</p>",
        "date_published": f"2026-03-04T10:{number:02}:00Z",
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def read(text: str, **rules: str) -> Snapshot:
    return snapshot(text, url="https://www.example.org/feed.json", **rules)


def test_a_json_feed_is_a_window_of_its_blog() -> None:
    whole = post(
        2,
        summary="In short.",
        date_modified="2026-03-04T11:00:00+00:00",
        authors=[{"name": "Ada Byron"}, {"url": "https://example.org/x"}],
        tags=["Storm"],
        image="/a.jpg",
        attachments=[{"url": "b.png", "mime_type": "image/png"}, {"url": "c.mp3", "mime_type": "audio/mpeg"}],
    )
    found = read(feed(whole, post(1), language="en"))
    first = found.posts[0]
    assert (found.format, found.kind, found.title, found.url) == (
        "jsonfeed",
        SnapshotKind.WINDOW,
        "Storm",
        "https://www.example.org/live/storm",
    )
    assert (found.language, VERSION in found.why) == ("en", True)
    assert (first.key, first.key_kind, first.title, first.text) == ("p2", KeyKind.NATIVE, "Headline 2", "Body 2.")
    assert (first.summary, first.authors, first.tags) == ("In short.", ("Ada Byron",), ("Storm",))
    assert [image.url for image in first.images] == [
        "https://www.example.org/a.jpg",
        "https://www.example.org/b.png",
    ]
    assert first.modified_at == datetime(2026, 3, 4, 11, tzinfo=UTC)


@pytest.mark.parametrize(("id_", "key"), [(7, "7"), (7.0, "7"), ("7", "7"), (" a ", "a")])
def test_an_id_may_be_a_number(id_: Any, key: str) -> None:
    assert read(feed(post(1, id=id_))).posts[0].key == key


@pytest.mark.parametrize("id_", [None, "", True, [], {}])
def test_a_post_without_id_is_known_by_its_link(id_: Any) -> None:
    assert read(feed(post(1, id=id_))).posts[0].key == "example.org/live/storm/p1"


def test_plain_content_is_text() -> None:
    found = read(feed(post(1, content_html=None, content_text="Port <reopens> if a < b\n\nR&D &amp; more")))
    assert found.posts[0].text == "Port <reopens> if a < b\n\nR&D & more"


def test_authors_of_version_one_are_read() -> None:
    found = read(feed(post(1, author={"name": "Ada Byron"}), version="https://jsonfeed.org/version/1"))
    assert found.posts[0].authors == ("Ada Byron",)


def test_an_expired_feed_has_ended_and_older_pages_are_no_hand_over() -> None:
    found = read(feed(post(1), expired=True, next_url="https://www.example.org/feed.json?page=2"))
    assert (found.ended, found.next_url) == (True, None)


def test_a_post_without_title_gets_its_first_sentence() -> None:
    first = read(feed(post(1, title=None, content_html="<p>The quay is shut. More.</p>"))).posts[0]
    assert (first.title, first.title_is_derived) == ("The quay is shut.", True)


def test_a_post_that_stands_twice_is_read_once_in_its_newest_form() -> None:
    newer = post(1, title="Corrected", date_modified="2026-03-04T11:00:00Z")
    older = post(1, date_modified="2026-03-04T10:30:00Z")
    assert [one.title for one in read(feed(older, newer)).posts] == ["Corrected"]


@pytest.mark.parametrize("items", [None, {}, "x", [None, 1, "x", []]])
def test_a_feed_without_posts_is_a_blog_without_posts_yet(items: Any) -> None:
    assert read(feed(items=items)).posts == ()


@pytest.mark.parametrize(
    "odd", [{"tags": "x"}, {"authors": 7}, {"attachments": {}}, {"url": 7}, {"title": []}, {"date_published": {}}]
)
def test_fields_of_a_wrong_type_are_passed_over(odd: dict[str, Any]) -> None:
    assert read(feed(post(1, **odd))).posts[0].key == "p1"


def test_other_json_is_no_feed() -> None:
    with pytest.raises(NotReadable, match="no JSON Feed"):
        read('{"items": []}', format="jsonfeed")


def test_a_feed_that_is_cut_off_says_where() -> None:
    with pytest.raises(NotReadable, match=r"broken JSON: .* line 1, column"):
        read(feed(post(1))[:-20])
