"""schema.org LiveBlogPosting as microdata. No captured page was at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.model import KeyKind, SnapshotKind
from bot.sources import NotReadable
from tests.markup_pages import microdata_page, microdata_post, page_of
from tests.pages import BLOG, blog, html, snapshot, update


def test_microdata_is_read_as_the_same_words_in_ld_json_would_be() -> None:
    found = snapshot(microdata_page(microdata_post(42), microdata_post(41)))
    first = found.posts[0]
    assert (found.format, found.kind, "from description" in found.why) == ("microdata", SnapshotKind.WINDOW, True)
    assert (found.title, found.url) == ("Storm", BLOG)
    assert (first.key, first.key_kind, first.url) == ("42", KeyKind.URL, f"{BLOG}#42")
    assert (first.title, first.text, first.authors) == ("Headline 42", "Body of post 42.", ("Ada Byron",))
    assert first.published_at == datetime(2026, 3, 4, 5, 12, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<div itemprop=articleBody><p>One.</p><p>Two.</p></div>", "One.\n\nTwo."),
        ("<div itemprop=articleBody>a &lt;reopens&gt; b</div>", "a <reopens> b"),
        ('<meta itemprop=articleBody content="R&amp;D&nbsp;at &lt;p&gt;the port">', "R&D at\n\nthe port"),
        ('<meta itemprop=articleBody content="how to write &amp;amp;quot;">', "how to write &amp;quot;"),
        ("<meta itemprop=articleBody>", ""),
    ],
)
def test_a_body_is_what_an_element_shows_or_its_content_says(body: str, text: str) -> None:
    posts = [microdata_post(43, body), microdata_post(42), microdata_post(41)]
    assert snapshot(microdata_page(*posts)).posts[0].text == text


def test_every_property_belongs_to_the_nearest_object() -> None:
    body = (
        "<div><div itemprop=image itemscope itemtype=https://schema.org/ImageObject><img itemprop=url src=/quay.jpg>"
        '<meta itemprop="headline caption" content="A quay"></div></div>'
        "<a itemprop=mainEntityOfPage href=/live/storm></a>"
        "<p itemprop=articleBody>Text.</p><time itemprop=dateModified datetime=2026-03-04T12:00:00Z>noon</time>"
    )
    first = snapshot(microdata_page(microdata_post(42, body), microdata_post(41))).posts[0]
    assert (first.title, first.text) == ("Headline 42", "Text.")
    assert [(image.url, image.caption) for image in first.images] == [("https://www.example.org/quay.jpg", "A quay")]
    assert first.modified_at == datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_ids_that_are_places_in_the_list_are_refused() -> None:
    posts = [microdata_post(50 - number, url=f"{BLOG}#post{number}") for number in (1, 2, 3)]
    found = snapshot(microdata_page(*posts))
    assert {post.key_kind for post in found.posts} == {KeyKind.DERIVED}
    assert "places in the list" in found.notes[0]


def test_a_page_that_declares_a_blog_and_marks_up_no_posts_says_so() -> None:
    found = snapshot(microdata_page("<div id=p1>Text</div>"), format="microdata")
    assert (found.posts, found.notes) == ((), ("the page declares a LiveBlogPosting and marks up no posts in it",))


def test_broken_ld_json_beside_it_does_no_harm() -> None:
    broken = '{"@type": "LiveBlogPosting", "headline": "a"b"}'
    found = snapshot(html(broken, body=microdata_page(microdata_post(42), microdata_post(41))))
    assert (found.format, len(found.posts)) == ("microdata", 2)


def test_ld_json_with_posts_comes_first() -> None:
    body = microdata_page(microdata_post(42), microdata_post(41))
    assert snapshot(html(blog(update(1)), body=body)).format == "jsonld"


def test_posts_nested_as_deep_as_browsers_do_are_read_and_deeper_ones_refused() -> None:
    text = "<p itemprop=articleBody>Text.</p><i itemprop=keywords>a</i>" * 50
    assert snapshot(microdata_page(microdata_post(42, "<span>" * 400 + text), microdata_post(41))).posts
    with pytest.raises(NotReadable, match="nested too deeply"):
        snapshot(microdata_page(microdata_post(42, "<span>" * 5000 + text), microdata_post(41)))


@pytest.mark.parametrize("declared", ["https://schema.org/NewsArticle", ""])
def test_a_page_without_such_a_blog_is_refused(declared: str) -> None:
    with pytest.raises(NotReadable, match="no LiveBlogPosting as microdata"):
        snapshot(microdata_page(microdata_post(1), declared=declared), format="microdata")
    with pytest.raises(NotReadable, match="no LiveBlogPosting as microdata"):
        snapshot(page_of("itemtype=LiveBlogPosting"), format="microdata")
