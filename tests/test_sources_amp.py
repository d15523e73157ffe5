"""The amp-live-list of an AMP page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.model import KeyKind, SnapshotKind
from bot.sources import NotReadable
from tests.markup_pages import amp_page, amp_post
from tests.pages import BLOG, blog, captured, html, needs_captures, snapshot, update


def test_a_list_is_a_window_and_shows_when_posts_were_released() -> None:
    found = snapshot(amp_page(amp_post(2), amp_post(1)))
    first = found.posts[0]
    assert (found.format, found.kind, found.ended) == ("amp", SnapshotKind.WINDOW, False)
    assert (first.key, first.key_kind, first.url) == ("post-1288002", KeyKind.NATIVE, f"{BLOG}#post-1288002")
    assert (first.title, first.text, first.authors) == ("Headline 2", "Body of post 2.", ("Ada Byron",))
    assert first.published_at == datetime(2026, 3, 4, 11, 2, tzinfo=UTC)
    assert first.modified_at == datetime(2026, 3, 4, 10, 2, tzinfo=UTC)


@pytest.mark.parametrize("sort_time", ["1772618400000", "1772618400", "2026-03-04T10:00:00Z"])
def test_a_post_that_shows_no_time_has_the_one_it_is_sorted_by(sort_time: str) -> None:
    post = amp_post(1, "<h2>Port shut</h2><p>The port is shut.</p>", data_sort_time=sort_time, data_update_time=None)
    first = snapshot(amp_page(post, amp_post(2))).posts[0]
    assert (first.published_at, first.modified_at) == (datetime(2026, 3, 4, 10, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("inner", "attributes", "kept"),
    [
        ("<div></div>", {"id": "ad-1288002"}, False),
        ("<div>Advertisement</div>", {"id": "ad-1288002"}, False),
        ("<amp-ad>buy</amp-ad>", {}, False),
        ("<div><div></div></div>", {}, False),
        ("<p>Adverts were cut.</p>", {"id": "address-7"}, True),
        ('<amp-img src="https://i.example.org/a.jpg"></amp-img>', {}, True),
    ],
)
def test_advertisements_are_no_posts(inner: str, attributes: dict[str, str], kept: bool) -> None:
    found = snapshot(amp_page(amp_post(3), amp_post(2, inner, **attributes), amp_post(1)))
    assert len(found.posts) == 2 + kept


@pytest.mark.parametrize(
    ("mark", "withdrawn"),
    [({"data_tombstone": ""}, True), ({"tombstone": "true"}, True), ({"tombstone": "false"}, False)],
)
def test_a_tombstone_withdraws_its_post(mark: dict[str, str], withdrawn: bool) -> None:
    inner = "" if withdrawn else None
    found = snapshot(amp_page(amp_post(3), amp_post(2, inner, **mark), amp_post(1)))
    assert [(post.key, post.withdrawn) for post in found.posts][1] == ("post-1288002", withdrawn)


def test_an_id_that_holds_the_time_of_the_last_edit_names_nothing() -> None:
    post = amp_post(1, id="post1772618460", data_update_time="1772618460")
    first = snapshot(amp_page(post, amp_post(2))).posts[0]
    assert (first.key_kind, first.title) == (KeyKind.DERIVED, "Headline 1")


def test_an_answer_to_a_question_for_updates_says_nothing_of_what_is_absent() -> None:
    found = snapshot(amp_page(amp_post(2)), url=f"{BLOG}?amp_latest_update_time=1772618400000")
    assert found.kind is SnapshotKind.DELTA


@pytest.mark.parametrize(("url", "ended"), [(BLOG, True), (f"{BLOG}?page=2", False), ("http://[broken", True)])
def test_a_disabled_list_has_ended_unless_it_is_a_later_page(url: str, ended: bool) -> None:
    assert snapshot(amp_page(amp_post(1), amp_post(2), attributes="disabled"), url=url).ended is ended


def test_a_list_without_posts_is_a_blog_without_posts_yet() -> None:
    assert snapshot(amp_page(), format="amp").posts == ()


def test_live_blog_posting_with_posts_comes_first() -> None:
    body = amp_page(amp_post(2), amp_post(1))
    assert snapshot(html(blog(update(1)), body=body)).format == "jsonld"
    assert snapshot(html(blog(), body=body)).format == "amp"


def test_a_page_without_a_list_is_refused() -> None:
    with pytest.raises(NotReadable, match="no amp-live-list"):
        snapshot("<html><p>amp</p></html>", format="amp")


@needs_captures
def test_a_captured_list_has_ten_posts_and_no_advertisement() -> None:
    found = captured("pages/TheIndependent_2023_08_14.html", format="amp")
    whole = captured("pages/TheIndependent_2023_08_14.html")
    assert (whole.format, len(found.posts), found.kind) == ("jsonld", 10, SnapshotKind.WINDOW)
    numbers = [post.key.removeprefix("post-") for post in found.posts]
    assert numbers == [post.key.removeprefix("liveblogPost") for post in whole.posts]
    assert all(post.authors and post.text and not post.text.endswith("2023") for post in found.posts)
    released = [post.published_at for post in found.posts if post.published_at]
    assert released == sorted(released, reverse=True)
    assert len(released) == 10
