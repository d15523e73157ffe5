"""BBC live pages: the posts in the page's own state, both generations."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from bot.core.model import KeyKind, SnapshotKind
from bot.sources import NotReadable
from tests.markup_pages import (
    bbc_block,
    bbc_id,
    bbc_page,
    bbc_page_of_2020,
    bbc_paragraph,
    bbc_post,
    bbc_post_of_2020,
    bbc_state,
    page_of,
    with_one_thing_wrong,
)
from tests.pages import BLOG, blog, captured, html, needs_captures, snapshot, update


def node(name: str, *children: Any, **fields: Any) -> dict[str, Any]:
    return {"name": name, "children": list(children), "attributes": [], **fields}


def link(words: str, address: str) -> dict[str, Any]:
    place = node("url", attributes=[{"name": "platform", "value": "highweb"}, {"name": "href", "value": address}])
    return node("link", node("caption", node("text", text=words)), node("altText", node("text", text=words)), place)


# --- 2020 ----------------------------------------------------------------------------------------------------------


def test_a_page_of_2020_is_a_window_of_posts_known_by_their_locators() -> None:
    found = snapshot(bbc_page_of_2020(bbc_post_of_2020(2), bbc_post_of_2020(1)))
    first = found.posts[0]
    assert (found.format, found.kind, found.title, found.url) == (
        "bbc",
        SnapshotKind.WINDOW,
        "Storm hits the coast",
        BLOG,
    )
    assert (first.key, first.key_kind, first.url) == (
        bbc_id(2),
        KeyKind.NATIVE,
        f"{BLOG}#post_5ebab4a75c8cf7066bdfaa52",
    )
    assert (first.title, first.text) == ("Headline 2", "Body of post 2.")
    assert first.published_at == datetime(2026, 3, 4, 10, 2, 11, tzinfo=UTC)
    assert "from description" not in found.why


def test_a_body_of_2020_becomes_paragraphs_lists_and_the_words_of_links() -> None:
    nodes = [
        node("paragraph", node("text", text="Port <shut> & "), link("see here", "https://www.example.org/x")),
        node(
            "list", node("listItem", node("text", text="\n      Quay: ")), node("listItem", node("bold", text="Pier"))
        ),
        node("image", id="a", altText="A quay", href="https://i.example.org/quay.jpg", copyrightHolder="Example Press"),
        node("embed", node("href", text="https://social.example/1")),
    ]
    first = snapshot(bbc_page_of_2020(bbc_post_of_2020(1, *nodes))).posts[0]
    assert first.text == "Body of post 1.\n\nPort <shut> & see here\n\n• Quay:\n• Pier"
    assert [(image.url, image.caption, image.credit) for image in first.images] == [
        ("https://i.example.org/quay.jpg", "A quay", "Example Press")
    ]


def test_the_link_of_a_post_that_moves_the_blog_leads_on() -> None:
    moved = node(
        "paragraph",
        node("text", text="Our live coverage has moved "),
        link("here", "https://www.example.org/live/storm-2"),
        node("text", text="."),
    )
    found = snapshot(bbc_page_of_2020(bbc_post_of_2020(2, moved), bbc_post_of_2020(1)))
    assert (found.ended, found.next_url) == (True, "https://www.example.org/live/storm-2")


def test_pictures_and_authors_stand_beside_the_text_too() -> None:
    media = {
        "images": {"body": {"a": {"imageChefHref": "https://i.example.org/{width}/quay.jpg", "altText": "A quay"}}}
    }
    first = snapshot(bbc_page_of_2020(bbc_post_of_2020(1, media=media, contributor={"name": "Ada Byron"}))).posts[0]
    assert ([image.url for image in first.images], first.authors) == (
        ["https://i.example.org/976/quay.jpg"],
        ("Ada Byron",),
    )


@pytest.mark.parametrize("option", ["isBreakingNews", "isPriorityPost"])
def test_breaking_news_is_a_key_event(option: str) -> None:
    found = snapshot(bbc_page_of_2020(bbc_post_of_2020(2, options={option: True}), bbc_post_of_2020(1)))
    assert [post.key_event for post in found.posts] == [True, False]


def test_the_json_that_the_page_polls_is_read_as_the_page_is() -> None:
    answer = {
        "body": {"results": [bbc_post_of_2020(1)], "numberOfPages": 5, "latestChange": "2026-03-04T10:05:00.441Z"}
    }
    found = snapshot(json.dumps(answer))
    assert (found.format, [post.key for post in found.posts]) == ("bbc", [bbc_id(1)])
    assert found.modified_at == datetime(2026, 3, 4, 10, 5, 0, 441000, tzinfo=UTC)


# --- since about 2023 ----------------------------------------------------------------------------------------------


def next_page(*posts: Any) -> str:
    state = {"props": {"pageProps": {"pageData": bbc_state(*posts)}}}
    return page_of(f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(state)}</script>')


def as_json(*posts: Any) -> str:
    return json.dumps({"data": {"results": list(posts), "page": {"index": 1, "total": 4}}})


@pytest.mark.parametrize("shape", [bbc_page, next_page, as_json])
def test_the_newer_state_is_read_from_description_wherever_it_stands(shape: Any) -> None:
    found = snapshot(shape(bbc_post(2), bbc_post(1)))
    first = found.posts[0]
    assert (found.format, found.kind, "from description" in found.why) == ("bbc", SnapshotKind.WINDOW, True)
    assert (first.key, first.url) == (bbc_id(2), f"{BLOG}?post=asset%3A{bbc_id(2)}#post")
    assert (first.title, first.text) == ("Headline 2", "Body of post 2.")
    assert first.modified_at == datetime(2026, 3, 4, 10, 2, 12, tzinfo=UTC)


def test_blocks_become_paragraphs_lists_links_and_pictures() -> None:
    raw = {
        "type": "rawImage",
        "model": {"originCode": "cpsprodpb", "locator": "a/quay.jpg", "copyrightHolder": "Press"},
    }
    content = [
        bbc_block("image", raw, bbc_block("altText", bbc_block("text", bbc_paragraph("A quay.")))),
        bbc_block(
            "text",
            bbc_block(
                "paragraph", bbc_block("fragment", text="Look "), bbc_block("urlLink", text="here", locator="/x")
            ),
            bbc_block(
                "unorderedList",
                bbc_block("listItem", bbc_paragraph("Quay")),
                bbc_block("listItem", bbc_paragraph("Pier")),
            ),
        ),
        bbc_block("video", bbc_paragraph("Watch this.")),
    ]
    first = snapshot(bbc_page(bbc_post(1, *content))).posts[0]
    assert first.text == "Body of post 1.\n\nLook here\n\n• Quay\n• Pier"
    assert [(image.url, image.caption) for image in first.images] == [
        ("https://ichef.bbci.co.uk/ace/ws/976/cpsprodpb/a/quay.jpg", "A quay.")
    ]


def test_a_header_may_name_a_contributor_and_have_a_second_line() -> None:
    blocks = [
        bbc_block("subheadline", bbc_block("text", bbc_paragraph("At the port"))),
        {"type": "contributor", "model": {"name": "Ada Byron", "blocks": []}},
    ]
    first = snapshot(bbc_page(bbc_post(1, header={"model": {"blocks": blocks}}))).posts[0]
    assert (first.authors, first.text, first.title_is_derived) == (
        ("Ada Byron",),
        "At the port\n\nBody of post 1.",
        True,
    )


def test_posts_stand_in_the_order_of_their_curation() -> None:
    late = bbc_post(1, dates={"firstPublished": "2026-03-04T09:00:00Z", "curated": "2026-03-04T11:00:00Z"})
    assert [post.key for post in snapshot(bbc_page(bbc_post(2), late)).posts] == [bbc_id(1), bbc_id(2)]
    placeless = bbc_post(1, dates={})
    assert [post.key for post in snapshot(bbc_page(bbc_post(2), placeless)).posts] == [bbc_id(2), bbc_id(1)]


@pytest.mark.parametrize(("live", "ended"), [(True, False), (False, True), ("no", False)])
def test_the_page_says_itself_whether_it_goes_on(live: Any, ended: bool) -> None:
    assert snapshot(bbc_page(bbc_post(1), isLive=live)).ended is ended


# --- both ----------------------------------------------------------------------------------------------------------


def test_live_blog_posting_with_posts_comes_first() -> None:
    body = bbc_page(bbc_post(1))
    assert snapshot(html(blog(update(1)), body=body)).format == "jsonld"
    assert snapshot(html(blog(), body=body)).format == "bbc"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (page_of("<script>window.__INITIAL_DATA__={};</script>"), "no state of a BBC live page"),
        (page_of('<script>window.__INITIAL_DATA__="{\\"a\\": 1}";</script>'), "no state of a BBC live page"),
        (page_of('<script>window.__INITIAL_DATA__="{";</script>'), "broken JSON"),
        (page_of('<script>window.__INITIAL_DATA__="{'), "broken JSON"),
        (bbc_page_of_2020(bbc_post_of_2020(1))[:-300], "broken JSON"),
        ('{"results": [{"id": 1}]}', "no state of a BBC live page"),
        (page_of("<p>__INITIAL_DATA__</p>"), "no state of a BBC live page"),
    ],
)
def test_a_page_without_posts_in_its_state_is_refused(body: str, found: str) -> None:
    with pytest.raises(NotReadable, match=found):
        snapshot(body, format="bbc")


@settings(deadline=None, max_examples=60)
@given(with_one_thing_wrong({"body": {"results": [bbc_post_of_2020(2, link("x", "/y")), bbc_post_of_2020(1)]}}))
def test_whatever_is_wrong_in_a_state_of_2020_it_is_read_or_refused(state: Any) -> None:
    with suppress(NotReadable):
        snapshot(json.dumps(state), format="bbc")


@settings(deadline=None, max_examples=60)
@given(with_one_thing_wrong(bbc_state(bbc_post(2), bbc_post(1))))
def test_whatever_is_wrong_in_a_newer_state_it_is_read_or_refused(state: Any) -> None:
    with suppress(NotReadable):
        snapshot(json.dumps(state), format="bbc")


@needs_captures
@pytest.mark.parametrize("name", ["pages/BBC_2020_05_12.html", "pages/bbc_lx_commentary_data_paged.json"])
def test_a_captured_page_has_twenty_posts_with_times_and_locators(name: str) -> None:
    found = captured(name, format="bbc")
    keys = [post.key for post in found.posts]
    assert (len(keys), len(set(keys)), found.kind, found.notes) == (20, 20, SnapshotKind.WINDOW, ())
    assert all(len(key) == 36 and key.count("-") == 4 for key in keys)
    assert all(post.text and post.title and post.published_at for post in found.posts)
    assert sum(post.key_event for post in found.posts) == 2


@needs_captures
def test_a_captured_page_says_what_its_live_blog_posting_says() -> None:
    whole, found = captured("pages/BBC_2020_05_12.html"), captured("pages/BBC_2020_05_12.html", format="bbc")
    assert whole.format == "jsonld"
    assert [post.title for post in found.posts] == [post.title for post in whole.posts]
    assert [(post.url or "").partition("#")[2] for post in found.posts] == [post.key for post in whole.posts]
