"""Tickaroo live blogs: JSON in an attribute of mark-up in JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.model import KeyKind, Post, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.api_answers import BODIES, tickaroo_blog, tickaroo_embed, tickaroo_update
from tests.blog_builders import Blog
from tests.pages import blog, html, snapshot, update

API = "https://cdn.example.org/api/embed/v4/prefetch/liveblog.json?client_id=a&liveblogId=b"


def read(*updates: dict[str, Any]) -> Snapshot:
    return snapshot(json.dumps({"html": tickaroo_embed(*updates)}), url=API)


def read_post(**fields: Any) -> Post:
    return read(tickaroo_update(2, **fields), tickaroo_update(1)).posts[0]


def test_an_embed_is_a_window_of_its_blog() -> None:
    found = read(tickaroo_update(2, author={"name": "Ada Byron"}), tickaroo_update(1))
    first = found.posts[0]
    assert (found.format, found.kind, found.title) == ("tickaroo", SnapshotKind.WINDOW, "Storm")
    assert (first.key_kind, first.key, first.authors) == (KeyKind.DERIVED, "t-20260304T100211.000000", ("Ada Byron",))
    assert "(from description" in found.why


@pytest.mark.parametrize(
    ("headline", "body", "text"),
    [
        ("The quay is shut", "The quay is shut Nobody may pass.", "Nobody may pass."),
        ("The quay is shut", "The quay is shut\n\nNobody may pass.", "Nobody may pass."),
        ("The quay&#x27;s gates shut", "The quay’s gates shut Nobody may pass.", "Nobody may pass."),
        ("The quay is shut", "The quay is shuttered.", "The quay is shuttered."),
        ("Storm update", "Storm update follows at noon.", "Storm update follows at noon."),
        ("The quay is shut", "Nobody may pass.", "Nobody may pass."),
        ("The quay is shut", "The quay is shut", "The quay is shut"),
    ],
)
def test_a_body_loses_the_headline_it_repeats(headline: str, body: str, text: str) -> None:
    assert read_post(headline=headline, articleBody=body).text == text


@pytest.mark.parametrize("time", ["2026-03-04T10:03:11Z", "2026-03-04T10:00:00Z"])
def test_a_corrected_headline_is_an_edit_and_no_second_post(time: str) -> None:
    before = [tickaroo_update(number, datePublished=time) for number in (3, 2, 1)]
    first = read(*before)
    headline = "Corrected headline of post 3"
    corrected = {**before[0], "headline": headline, "articleBody": f"{headline} {BODIES[0]}"}
    assert Blog.after(first).poll(read(corrected, *before[1:])) == [f"edited {first.posts[0].key}"]


def test_a_page_with_an_embed_is_read_too() -> None:
    page = html(body=tickaroo_embed(tickaroo_update(2), tickaroo_update(1)))
    assert (snapshot(page).format, len(snapshot(page).posts)) == ("tickaroo", 2)


def test_a_schema_beside_the_mark_up_is_read() -> None:
    written = json.dumps(tickaroo_blog(tickaroo_update(1)))
    for schema in (written, f'<script type="application/ld+json">{written}</script>'):
        found = snapshot(json.dumps({"html": "<div></div>", "schema": schema}), format="tickaroo")
        assert len(found.posts) == 1


def test_the_page_s_own_live_blog_wins_and_is_not_mixed_with_the_embed() -> None:
    page = html(blog(update(1)), body=tickaroo_embed(tickaroo_update(2), tickaroo_update(1)))
    found = snapshot(page)
    assert (found.format, [post.title for post in found.posts]) == ("jsonld", ["Headline 1"])


def test_an_embed_is_a_window_also_where_the_publisher_s_own_pages_are_full() -> None:
    written = json.dumps({**tickaroo_blog(tickaroo_update(1)), "url": "https://www.cnn.com/live/storm"})
    found = snapshot(json.dumps({"schema": written}), url=API, format="tickaroo")
    assert (found.kind, found.url) == (SnapshotKind.WINDOW, "https://www.cnn.com/live/storm")


def test_of_several_embeds_the_first_with_updates_is_read() -> None:
    other = '<div initialData="{&quot;schemaOrg&quot;: &quot;{}&quot;}"></div><div initialData="{broken"></div>'
    page = html(body=other + tickaroo_embed(tickaroo_update(1)) + tickaroo_embed(tickaroo_update(2)))
    assert [post.title for post in snapshot(page).posts] == ["Headline of post 1"]


@pytest.mark.parametrize(
    "body",
    [
        '{"html": "<div></div>"}',
        '{"html": 7, "schema": {}}',
        "<html><div initialData='{}'></div></html>",
        '{"html": "<div initialData=\\"7\\">"}',
        "[]",
    ],
)
def test_other_mark_up_is_no_embed(body: str) -> None:
    with pytest.raises(NotReadable, match="no Tickaroo embed"):
        snapshot(body, format="tickaroo")
