"""Guardian live pages: blocks in the page and as JSON."""

from __future__ import annotations

import html as escaping
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from bot.core.model import KeyKind, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.markup_pages import (
    GUARDIAN,
    guardian_block,
    guardian_id,
    guardian_json,
    guardian_json_block,
    guardian_page,
    page_of,
    with_one_thing_wrong,
)
from tests.pages import blog, captured, html, needs_captures, snapshot, update

NEXTGEN = "https://api.nextgen.guardianapps.example/world/live/storm.json?lastUpdate=block-1&isLivePage=true"
CONTENT_API = "https://content.guardianapis.example/world/live/storm?show-blocks="


def read(*blocks: str, more: str = "", **rules: Any) -> Snapshot:
    return snapshot(guardian_page(*blocks, more=more), url=GUARDIAN, **rules)


def test_a_page_is_a_window_of_blocks_under_their_own_ids() -> None:
    found = read(guardian_block(2), guardian_block(1))
    first = found.posts[0]
    assert (found.format, found.kind, found.url) == ("guardian", SnapshotKind.WINDOW, GUARDIAN)
    assert (first.key, first.key_kind) == (guardian_id(2), KeyKind.NATIVE)
    assert (first.title, first.text, first.url) == (
        "Headline 2",
        "Body of post 2.",
        f"{GUARDIAN}#block-{guardian_id(2)}",
    )
    assert first.published_at == datetime(2026, 3, 4, 10, 2, 11, tzinfo=UTC)


def test_the_line_that_says_when_a_block_was_updated_is_no_text() -> None:
    footer = '<div>Updated at <time datetime="2026-03-04T10:30:00Z">10.30 GMT</time></div>'
    first = read(guardian_block(2, footer=footer), guardian_block(1)).posts[0]
    assert (first.text, first.modified_at) == ("Body of post 2.", datetime(2026, 3, 4, 10, 30, tzinfo=UTC))


def test_the_names_beside_portraits_are_the_authors() -> None:
    header = '<div><div><img src="/p.jpg" alt="Ada Byron"></div><span>Ada Byron</span></div>'
    first = read(guardian_block(2, header=header), guardian_block(1)).posts[0]
    assert (first.authors, first.images) == (("Ada Byron",), ())


def test_the_pinned_copy_marks_the_listed_block_and_is_no_second_post() -> None:
    copy = (
        guardian_block(1).replace(f'id="block-{guardian_id(1)}" ', "").replace("<time", "<b").replace("</time", "</b")
    )
    found = read(guardian_block(2), guardian_block(1), more=f'<div id="pinned-post">{copy}</div>')
    assert [(post.key, post.pinned) for post in found.posts] == [(guardian_id(2), False), (guardian_id(1), True)]
    assert found.posts[1].published_at is not None


def test_a_pinned_block_that_is_not_listed_any_more_stands_alone() -> None:
    found = read(guardian_block(2), more=f'<div id="pinned-post">{guardian_block(1)}</div>')
    assert [(post.key, post.pinned) for post in found.posts] == [(guardian_id(1), True), (guardian_id(2), False)]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (json.dumps({"keyEvents": [{"id": guardian_id(1)}]}), [False, True]),
        ("{broken", [False, False]),
        ('{"keyEvents": [7, {"id": {}}]}', [False, False]),
    ],
)
def test_the_carousel_marks_key_events(properties: str, expected: list[bool]) -> None:
    island = f'<gu-island name="KeyEventsCarousel" props="{escaping.escape(properties)}"></gu-island>'
    found = read(guardian_block(2), guardian_block(1), more=island)
    assert [post.key_event for post in found.posts] == expected


def test_a_picture_is_no_text_and_a_quoted_message_is() -> None:
    picture = '<figure><img src="https://i.example.org/quay.jpg?width=1"><figcaption>The quay.</figcaption></figure>'
    quote = '<figure><blockquote class="twitter-tweet"><p>Port shut.</p></blockquote></figure>'
    first = read(guardian_block(2, picture + quote), guardian_block(1)).posts[0]
    assert first.text == "Body of post 2.\n\nPort shut."
    assert [(image.url, image.caption) for image in first.images] == [
        ("https://i.example.org/quay.jpg?width=1", "The quay.")
    ]


@pytest.mark.parametrize(("live", "ended"), [("true", False), ("false", True)])
def test_the_pages_state_says_whether_it_goes_on(live: str, ended: bool) -> None:
    state = f'<script>window.guardian = {{"isLive":{live},"isLiveBlog":true}}</script>'
    assert read(guardian_block(2), guardian_block(1), more=state).ended is ended


def test_pages_before_are_read_from_description() -> None:
    old = (
        f'<div id="block-{guardian_id(1)}" class="block is-key-event"><p class="block-time published-time">'
        '<time datetime="2014-03-04T10:00:00Z">10.00am</time></p><h2 class="block-title">Port shut</h2>'
        '<div class="block-elements"><p>The port is shut.</p></div>'
        '<p class="block-time updated-time">Updated at <time datetime="2014-03-04T10:30:00Z">10.30am</time></p></div>'
    )
    found = snapshot(page_of(old))
    first = found.posts[0]
    assert (found.format, "from description" in found.why) == ("guardian", True)
    assert (first.key, first.title, first.text) == (guardian_id(1), "Port shut", "The port is shut.")
    assert (first.key_event, first.published_at, first.modified_at) == (
        True,
        datetime(2014, 3, 4, 10, tzinfo=UTC),
        datetime(2014, 3, 4, 10, 30, tzinfo=UTC),
    )


# --- JSON ----------------------------------------------------------------------------------------------------------


def test_the_json_of_a_page_has_whole_bodies_and_times_of_single_blocks() -> None:
    second = guardian_json_block(2, contributors=[{"name": "Ada Byron"}], title=None)
    found = snapshot(guardian_json(second, guardian_json_block(1), keyEvents=[{"id": guardian_id(1)}]))
    first = found.posts[0]
    assert (found.format, found.kind, found.url, found.ended) == ("guardian", SnapshotKind.WINDOW, GUARDIAN, False)
    assert (first.key, first.title, first.title_is_derived, first.text) == (guardian_id(2), "Body 2.", True, "Body 2.")
    assert (first.authors, first.published_at) == (("Ada Byron",), datetime(2026, 3, 4, 10, 2, tzinfo=UTC))
    assert [post.key_event for post in found.posts] == [False, True]


def test_elements_that_only_repeat_or_lead_elsewhere_are_no_text() -> None:
    kinds = ("TextBlock", "PullquoteBlock", "RichLinkBlock", "BlockquoteBlock", "TweetBlock")
    elements = [{"_type": f"x.{kind}Element", "html": f"<p>{kind}.</p>"} for kind in kinds]
    found = snapshot(guardian_json(guardian_json_block(1, elements=elements)))
    assert found.posts[0].text == "TextBlock.\n\nBlockquoteBlock.\n\nTweetBlock."


def test_a_picture_is_taken_in_the_widest_size_a_page_shows() -> None:
    sizes = [
        {"src": "https://i.example.org/a.jpg?w=1", "width": 100},
        {"src": "https://i.example.org/a.jpg?w=2", "width": 900},
    ]
    element = {
        "_type": "x.ImageBlockElement",
        "imageSources": [{"srcSet": sizes}],
        "data": {"caption": "The quay.", "credit": "Example Press"},
    }
    image = snapshot(guardian_json(guardian_json_block(1, elements=[element]))).posts[0].images[0]
    assert (image.url, image.caption, image.credit) == ("https://i.example.org/a.jpg?w=2", "The quay.", "Example Press")


def test_the_pages_own_poll_is_a_delta_of_new_blocks() -> None:
    answer = json.dumps({"numNewBlocks": 1, "html": guardian_block(3), "mostRecentBlockId": f"block-{guardian_id(3)}"})
    found = snapshot(answer, url=NEXTGEN)
    assert (found.kind, [post.key for post in found.posts], "from description" in found.why) == (
        SnapshotKind.DELTA,
        [guardian_id(3)],
        True,
    )
    assert snapshot(json.dumps({"numNewBlocks": 0, "html": ""}), url=NEXTGEN).posts == ()


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("all", SnapshotKind.WINDOW),
        ("body:latest:20", SnapshotKind.WINDOW),
        ("body%3Apublished-since%3A1772618400000", SnapshotKind.DELTA),
        ("body:key-events", SnapshotKind.DELTA),
        ("body:around:65f0", SnapshotKind.DELTA),
    ],
)
@pytest.mark.parametrize("under", ["body", "requested"])
def test_the_content_api_answers_with_what_was_asked_for(asked: str, kind: SnapshotKind, under: str) -> None:
    block = {
        "id": guardian_id(1),
        "title": "Port shut",
        "bodyHtml": "<p>The port is shut.</p>",
        "attributes": {"pinned": True},
        "firstPublishedDate": "2026-03-04T10:00:00Z",
        "lastModifiedDate": "2026-03-04T10:30:00Z",
    }
    blocks = {"body": [block]} if under == "body" else {"requestedBodyBlocks": {"body:latest:20": [block]}}
    content = {"webTitle": "Storm", "webUrl": GUARDIAN, "blocks": blocks, "fields": {"liveBloggingNow": "false"}}
    found = snapshot(json.dumps({"response": {"content": content}}), url=CONTENT_API + asked)
    assert (found.kind, found.ended, found.title, "from description" in found.why) == (kind, True, "Storm", True)
    assert (found.posts[0].text, found.posts[0].pinned) == ("The port is shut.", True)
    assert found.posts[0].modified_at == datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 7},
        {"id": " "},
        {"elements": {"a": 1}},
        {"elements": [7, {"_type": 7, "html": 7}, {"_type": "ImageBlockElement", "imageSources": [{"srcSet": [{}]}]}]},
        {"attributes": []},
        {"contributors": [{"name": 7}], "title": [], "blockFirstPublished": {}},
        {"elements": [{"_type": "ImageBlockElement", "imageSources": [{"srcSet": [{"src": 7, "width": "x"}]}]}]},
    ],
)
def test_fields_of_a_wrong_type_are_passed_over(odd: dict[str, Any]) -> None:
    assert snapshot(guardian_json(guardian_json_block(2, **odd), guardian_json_block(1))).posts[-1].text == "Body 1."


@pytest.mark.parametrize(
    "body", ["<p>block-</p>", '<article class="block">block-x</article>', '{"blocks": [{"a": 1}]}']
)
def test_a_page_without_blocks_is_refused(body: str) -> None:
    with pytest.raises(NotReadable, match=r"no article\.block"):
        snapshot(body if body.startswith("{") else page_of(body), format="guardian")


# --- captured pages ------------------------------------------------------------------------------------------------


def test_a_page_is_read_by_its_blocks_though_it_has_a_live_blog_posting() -> None:
    cut = blog(update(2, **{"@id": guardian_id(2), "url": None, "headline": "Storm"}), url=GUARDIAN)
    page = guardian_page(guardian_block(2), guardian_block(1), more=html(cut))
    assert snapshot(page, url=GUARDIAN).format == "guardian"
    assert snapshot(page, url=GUARDIAN, kept="jsonld").format == "jsonld"
    assert snapshot(html(cut, body='<div id="block-menu" class="block">Menu</div>'), url=GUARDIAN).format == "jsonld"


@needs_captures
@pytest.mark.parametrize(
    ("name", "posts", "pinned", "key_events", "ended"),
    [
        ("pages/TheGuardian_2023_05_15.html", 10, 1, 3, False),
        ("pages/Guardian_Live.json", 13, 0, 1, True),
    ],
)
def test_captured_blocks_have_the_keys_of_their_live_blog_posting(
    name: str, posts: int, pinned: int, key_events: int, ended: bool
) -> None:
    found, cut = captured(name), captured(name, format="jsonld")
    keys = [post.key for post in found.posts]
    assert (found.format, len(keys), len(set(keys)), found.kind) == ("guardian", posts, posts, SnapshotKind.WINDOW)
    assert keys == [post.key for post in cut.posts]
    assert sum(post.pinned for post in found.posts) == pinned
    assert sum(post.key_event for post in found.posts) == key_events
    assert all(
        post.published_at and len(post.text) >= len(post_cut.text)
        for post, post_cut in zip(found.posts, cut.posts, strict=True)
    )
    assert found.ended is ended


@settings(deadline=None, max_examples=60)
@given(with_one_thing_wrong(json.loads(guardian_json(guardian_json_block(2), guardian_json_block(1)))))
def test_whatever_is_wrong_in_the_json_it_is_read_or_refused(document: Any) -> None:
    with suppress(NotReadable):
        snapshot(json.dumps(document), format="guardian")


def test_blocks_of_the_old_kind_which_no_capture_confirms_do_not_win_over_live_blog_posting() -> None:
    words = '<div class="block-elements"><p>The port is shut.</p></div>'
    old = f'<div id="block-{guardian_id(1)}" class="block">{words}</div>'
    assert snapshot(html(body=old), url=GUARDIAN).format == "guardian"
    both = html(blog(update(1), url=GUARDIAN), body=old)
    assert snapshot(both, url=GUARDIAN).format == "jsonld"
    assert snapshot(both, url=GUARDIAN, kept="guardian").format == "guardian"
