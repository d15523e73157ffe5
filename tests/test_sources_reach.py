"""Live pages of Reach and of the Express, as the page shows its posts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.model import KeyKind, SnapshotKind
from bot.sources import NotReadable
from tests.markup_pages import page_of, reach_page, reach_post
from tests.pages import BLOG, blog, captured, html, needs_captures, snapshot, update

PICTURE = (
    '<div class="image-container"><figure><amp-img src="https://i.example.org/ALTERNATES/s510b/quay.jpg"></amp-img></figure>'
    '<figcaption class="image__caption--embedded">The quay<span class="credit">Example Press</span></figcaption></div>'
)


def test_a_page_is_a_window_with_the_times_and_authors_of_single_posts() -> None:
    found = snapshot(reach_page(reach_post(2), reach_post(1)), format="reach")
    first = found.posts[0]
    assert (found.kind, found.title, found.url, found.language) == (
        SnapshotKind.WINDOW,
        "Storm hits the coast",
        BLOG,
        "en",
    )
    assert (first.key, first.key_kind, first.url) == ("751002", KeyKind.NATIVE, f"{BLOG}#751002")
    assert (first.title, first.text) == ("Headline 2", "Body of post 2.\n\nIt has two paragraphs.")
    assert (first.published_at, first.authors) == (datetime(2026, 3, 4, 10, 2, tzinfo=UTC), ("Ada Byron",))


def test_a_key_event_has_a_mark_instead_of_an_author() -> None:
    post = reach_post(2, data_type="key-event").replace("Ada Byron", "KEY EVENT")
    first = snapshot(reach_page(post, reach_post(1))).posts[0]
    assert (first.key_event, first.authors) == (True, ())


def test_an_edit_moves_the_time_of_the_last_change_and_not_the_key() -> None:
    before, after = (
        snapshot(reach_page(reach_post(2), one)).posts[1]
        for one in (
            reach_post(1),
            reach_post(1, data_last_modified_time="1772625600000").replace("Body", "Corrected body"),
        )
    )
    assert (before.key, before.published_at) == (after.key, after.published_at)
    assert (after.modified_at, after.text[:9]) == (datetime(2026, 3, 4, 12, tzinfo=UTC), "Corrected")


def test_a_picture_is_no_text() -> None:
    first = snapshot(reach_page(reach_post(2, PICTURE), reach_post(1))).posts[0]
    assert first.text == "Body of post 2.\n\nIt has two paragraphs."
    assert [image.url for image in first.images] == ["https://i.example.org/ALTERNATES/s510b/quay.jpg"]


def test_the_express_counts_in_seconds_and_is_read_from_description() -> None:
    post = (
        '<div class="live-events__entry" id="live-1234-ab1cd" data-sort-time="1772618400"'
        ' data-update-time="1772622000">'
        "<h2>Port shut</h2><p>The port is shut.</p></div>"
    )
    found = snapshot(page_of(post))
    assert (found.format, "from description" in found.why) == ("reach", True)
    assert (found.posts[0].key, found.posts[0].title, found.posts[0].text) == (
        "live-1234-ab1cd",
        "Port shut",
        "The port is shut.",
    )
    assert found.posts[0].published_at == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert found.posts[0].modified_at == datetime(2026, 3, 4, 11, tzinfo=UTC)


def test_live_blog_posting_with_posts_comes_first() -> None:
    posts = reach_post(2) + reach_post(1)
    assert snapshot(html(blog(update(1)), body=posts)).format == "jsonld"
    assert snapshot(html(blog(), body=posts)).format == "reach"
    assert {post.key for post in snapshot(html(blog(update(1)), body=posts), format="reach").posts} == {
        "751001",
        "751002",
    }


@pytest.mark.parametrize("body", ["<p>live-event-entry</p>", '<div class="live-event-entry">no id</div>'])
def test_a_page_without_such_posts_is_refused(body: str) -> None:
    with pytest.raises(NotReadable, match="no live-event-entry"):
        snapshot(page_of(body), format="reach")


@needs_captures
def test_a_captured_page_shows_thirty_posts_under_the_keys_of_its_live_blog_posting() -> None:
    found = captured("pages/TheMirror_2024_08_05.html", format="reach")
    whole = captured("pages/TheMirror_2024_08_05.html")
    keys = [post.key for post in found.posts]
    assert (whole.format, len(keys), len(set(keys))) == ("jsonld", 30, 30)
    assert keys == [post.key for post in whole.posts][:30]
    assert [post.title for post in found.posts] == [post.title for post in whole.posts][:30]
    assert sum(post.key_event for post in found.posts) == 9
    assert all(bool(post.authors) != post.key_event and post.published_at for post in found.posts)
