"""CNN live story pages, both generations of their mark-up. No captured page was at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.model import KeyKind, SnapshotKind
from bot.sources import NotReadable
from tests.markup_pages import CNN, cnn_id, cnn_page, cnn_page_of_2021, cnn_post, cnn_post_of_2021, page_of
from tests.pages import blog, html, snapshot, update

PICTURE = (
    '<div class="image_live-story" data-url="https://i.example.org/quay.jpg"><img src="https://i.example.org/quay.jpg?w=1">'
    '<span data-editable="metaCaption">The quay.</span></div>'
)


def test_posts_are_known_by_the_permalink_on_their_share_button() -> None:
    found = snapshot(cnn_page(cnn_post(2), cnn_post(1)))
    first = found.posts[0]
    assert (found.format, found.kind, "from description" in found.why) == ("cnn", SnapshotKind.WINDOW, True)
    assert (first.key, first.key_kind, first.url) == (cnn_id(2), KeyKind.NATIVE, f"{CNN}/{cnn_id(2)}")
    assert (first.title, first.text, first.authors) == ("Headline 2", "Body of post 2.", ("Ada Byron", "Alan Turing"))


def test_the_time_of_the_last_edit_is_no_time_of_publication() -> None:
    first = snapshot(cnn_page(cnn_post(2), cnn_post(1))).posts[0]
    assert (first.published_at, first.modified_at) == (None, datetime(2026, 3, 4, 12, 0, 0, 364000, tzinfo=UTC))


def test_posts_of_before_are_known_by_their_article() -> None:
    found = snapshot(cnn_page_of_2021(cnn_post_of_2021(2), cnn_post_of_2021(1)))
    first = found.posts[0]
    assert (found.format, found.kind, "from description" in found.why) == ("cnn", SnapshotKind.WINDOW, True)
    assert (first.key, first.url) == (cnn_id(2), f"{CNN}/{cnn_id(2)}")
    assert (first.title, first.text, first.authors) == ("Headline 2", "Body of post 2.", ("Ada Byron",))
    assert (first.published_at, first.modified_at) == (None, datetime(2021, 7, 13, 3, 59, tzinfo=UTC))


def test_equal_relative_and_disordered_times_do_not_mix_posts_up() -> None:
    shown = (
        "2 hr 13 min ago",
        "4:12 a.m. ET, July 13, 2021",
        "4:12 a.m. ET, July 13, 2021",
        "5:00 a.m. ET, July 13, 2021",
    )
    found = snapshot(cnn_page_of_2021(*(cnn_post_of_2021(number, time) for number, time in enumerate(shown, 1))))
    assert [post.key for post in found.posts] == [cnn_id(number) for number in (1, 2, 3, 4)]
    assert found.posts[0].modified_at is None


@pytest.mark.parametrize(("declared", "kind"), [(2, SnapshotKind.FULL), (7, SnapshotKind.WINDOW)])
def test_a_page_is_the_full_blog_only_where_it_counts_the_posts_it_shows(declared: int, kind: SnapshotKind) -> None:
    count = f"<div><span>{declared} Posts</span></div>"
    assert snapshot(cnn_page(cnn_post(2), cnn_post(1), more=count)).kind is kind
    assert snapshot(cnn_page_of_2021(cnn_post_of_2021(2), cnn_post_of_2021(1), more=count)).kind is kind


@pytest.mark.parametrize("title", ["What we covered here", "Here's the latest"])
def test_the_summary_on_top_is_pinned(title: str) -> None:
    found = snapshot(cnn_page(cnn_post(3, title=title), cnn_post(2), cnn_post(1)))
    assert [post.pinned for post in found.posts] == [True, False, False]


def test_a_headline_in_the_middle_pins_nothing() -> None:
    found = snapshot(cnn_page(cnn_post(3), cnn_post(2, title="What we know"), cnn_post(1)))
    assert not any(post.pinned for post in found.posts)


def test_the_post_that_moves_the_blog_needs_no_headline_and_leads_on() -> None:
    address = CNN.replace("03-04", "03-05")
    body = f'<p>Our live coverage of the storm has moved <a href="{address}/index.html">here</a>.</p>'
    moved = cnn_post(2, title=None).replace('<p data-component-name="paragraph">Body of post 2.</p>', body)
    found = snapshot(cnn_page(moved, cnn_post(1)))
    assert (found.ended, found.next_url) == (True, f"{address}/index.html")
    assert (found.posts[0].title, found.posts[0].title_is_derived) == (
        "Our live coverage of the storm has moved here.",
        True,
    )


def test_a_picture_is_taken_once_and_its_caption_is_no_text() -> None:
    first = snapshot(cnn_page(cnn_post(2, PICTURE), cnn_post(1))).posts[0]
    assert first.text == "Body of post 2."
    assert len(first.images) == 1


def test_a_post_without_a_body_of_its_own_is_read_all_the_same() -> None:
    bare = (
        '<article data-component-name="live-story-post"><h2 class="live-story-post__headline">Port shut</h2>'
        '<p data-component-name="paragraph">The port is shut.</p></article>'
    )
    first = snapshot(page_of(bare)).posts[0]
    assert (first.title, first.text, first.key_kind, first.url) == (
        "Port shut",
        "The port is shut.",
        KeyKind.DERIVED,
        None,
    )


def test_a_wrapper_of_the_same_name_is_not_a_second_post() -> None:
    wrapped = f'<div class="live-story-post">{cnn_post(1)}</div>'
    assert [post.key for post in snapshot(cnn_page(cnn_post(2), wrapped)).posts] == [cnn_id(2), cnn_id(1)]


def test_live_blog_posting_with_posts_comes_first() -> None:
    body = cnn_post(2) + cnn_post(1)
    assert snapshot(html(blog(update(1)), body=body)).format == "jsonld"
    assert snapshot(html(blog(), body=body)).format == "cnn"


def test_a_page_without_posts_is_refused() -> None:
    with pytest.raises(NotReadable, match="no live-story-post"):
        snapshot(page_of('<div id="posts-and-button"></div><p>live-story-post</p>'), format="cnn")
