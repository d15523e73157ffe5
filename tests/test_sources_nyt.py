"""New York Times live pages. No captured page was at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.model import KeyKind, SnapshotKind
from bot.sources import NotReadable
from tests.markup_pages import nyt_page, nyt_post, page_of
from tests.pages import BLOG, blog, html, snapshot, update


def test_posts_are_known_by_the_fragment_of_their_permalink() -> None:
    found = snapshot(nyt_page(nyt_post(2), nyt_post(1)))
    first = found.posts[0]
    assert (found.format, found.kind, "from description" in found.why) == ("nyt", SnapshotKind.WINDOW, True)
    assert (first.key, first.key_kind, first.url) == ("headline-2", KeyKind.URL, f"{BLOG}#headline-2")
    assert (first.title, first.text, first.authors) == ("Headline 2", "Body of post 2.", ("Ada Byron",))
    assert first.published_at == datetime(2026, 3, 4, 10, tzinfo=UTC)


def test_a_short_update_by_a_reporter_needs_no_headline() -> None:
    short = '<div data-testid="reporter-update"><p>The port is shut. Ferries wait.</p></div>'
    found = snapshot(nyt_page(nyt_post(2), short))
    last = found.posts[1]
    assert (last.title, last.title_is_derived, last.key_kind) == ("The port is shut.", True, KeyKind.DERIVED)
    named = snapshot(nyt_page(nyt_post(2), short.replace("<div", '<div id="u7"', 1)))
    assert (named.posts[1].key, named.posts[1].url) == ("u7", f"{BLOG}#u7")


def test_a_picture_is_no_text() -> None:
    picture = '<figure><img src="https://i.example.org/quay.jpg"><figcaption>The quay.</figcaption></figure>'
    first = snapshot(nyt_page(nyt_post(2, picture), nyt_post(1))).posts[0]
    assert (first.text, [image.caption for image in first.images]) == ("Body of post 2.", ["The quay."])


def test_live_blog_posting_with_posts_comes_first() -> None:
    body = nyt_page(nyt_post(2), nyt_post(1))
    assert snapshot(html(blog(update(1)), body=body)).format == "jsonld"
    assert snapshot(html(blog(), body=body)).format == "nyt"


@pytest.mark.parametrize(
    "body", ['<section id="live-feed-items"></section>', '<div data-testid="live-blog-post">x</div>']
)
def test_a_page_without_its_feed_is_refused(body: str) -> None:
    with pytest.raises(NotReadable, match="no live-blog-post or reporter-update"):
        snapshot(page_of(body), format="nyt")
