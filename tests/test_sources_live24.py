"""24liveblog."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.model import KeyKind, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.api_answers import live24_answer, live24_news
from tests.blog_builders import Blog
from tests.pages import snapshot

API = "https://live.example.org/v1/retrieve_server/x/event/29/news/?inverted_order=1&last_nid=&limit=100"


def read(*news: dict[str, Any], **fields: Any) -> Snapshot:
    return snapshot(json.dumps(live24_answer(*news, **fields)), url=API)


def test_an_answer_is_a_window_of_its_event() -> None:
    found = read(live24_news(2, contents='<p>Shut.</p><img src="https://i.example.org/a.jpg">'), live24_news(1))
    first = found.posts[0]
    assert (found.format, found.kind, len(found.posts)) == ("live24", SnapshotKind.WINDOW, 2)
    assert (first.key, first.key_kind, first.title, first.text) == (
        "2916401707872447132",
        KeyKind.NATIVE,
        "Headline 2",
        "Shut.",
    )
    assert [image.url for image in first.images] == ["https://i.example.org/a.jpg"]
    assert first.published_at is not None
    assert first.published_at.isoformat() == "2026-03-04T10:02:00+00:00"
    assert "(from description" in found.why


def test_an_id_that_is_a_long_number_keeps_every_digit() -> None:
    assert read(live24_news(1, nid=2916401707872447131)).posts[0].key == "2916401707872447131"


@pytest.mark.parametrize("headline", [None, "", " "])
def test_a_post_without_headline_gets_its_first_sentence(headline: str | None) -> None:
    first = read(live24_news(1, newstitle=headline)).posts[0]
    assert (first.title, first.title_is_derived) == ("Body of post 1.", True)


def test_an_edit_and_a_post_taken_away_are_seen() -> None:
    blog = Blog.after(read(live24_news(3), live24_news(2), live24_news(1)))
    edited = live24_news(3, contents="Corrected.")
    assert blog.poll(read(edited, live24_news(2), live24_news(1))) == ["edited 2916401707872447133"]
    without = read(edited, live24_news(1))
    assert blog.poll(without, without, without) == ["withdrawn 2916401707872447132"]


@pytest.mark.parametrize(("closed", "ended"), [(1, True), (True, True), (0, False), (None, False), ([], False)])
def test_an_event_beside_the_news_says_whether_it_is_over(closed: Any, ended: bool) -> None:
    found = read(live24_news(1), event={"title": "Storm", "closed": closed})
    assert (found.title, found.ended) == ("Storm", ended)


def test_an_event_without_news_is_a_blog_without_posts_yet() -> None:
    assert (read().format, read().posts) == ("live24", ())


@pytest.mark.parametrize("body", ['{"data": {"news": []}}', '{"data": {"news": [{"id": 1}]}}', '{"data": 7}', "[]"])
def test_other_news_are_no_event(body: str) -> None:
    with pytest.raises(NotReadable, match="no 24liveblog event"):
        snapshot(body, format="live24")
