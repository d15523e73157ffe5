"""Finding the reader for a page, and decoding what comes."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.formats import FORMAT_NAMES, IDENTITIES
from bot.core.model import Snapshot
from bot.sources import READERS, NotReadable, ReadRules, read
from bot.sources.charset import decode_bytes
from bot.sources.prolog import prolog_of
from tests.every_format import ATOM, EVERY, LIVE, TEXT
from tests.markup_pages import OWN_MARKUP
from tests.pages import BLOG, blog, html, page, snapshot, update


def test_every_format_has_a_reader_and_no_other() -> None:
    assert {reader.name for reader in READERS} == set(FORMAT_NAMES) == set(EVERY)
    assert len(set(FORMAT_NAMES)) == len(FORMAT_NAMES)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_the_bytes_say_which_reader_it_is_and_the_snapshot_says_why(name: str) -> None:
    for found in (snapshot(EVERY[name]), snapshot("\ufeff\n " + EVERY[name]), snapshot(EVERY[name], format=name)):
        assert (found.format, len(found.posts) > 0, bool(found.why)) == (name, True, True)


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_reader_takes_every_identity(name: str, identity: str) -> None:
    assert snapshot(EVERY[name], identity=identity).posts


@pytest.mark.parametrize("name", sorted(EVERY))
@pytest.mark.parametrize("other", sorted(EVERY))
def test_a_reader_that_is_named_reads_nothing_else(name: str, other: str) -> None:
    if name != other:
        with pytest.raises(NotReadable, match=f'was to be read as "{name}"'):
            snapshot(EVERY[other], format=name)


def test_a_format_without_a_reader_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(NotReadable, match=r'"semaphore" is none that can be read; there are .*jsonld'):
        snapshot(LIVE, format="semaphore")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("<html><body>Hello</body></html>", "found an HTML page"),
        ('{"a": 1}', "found JSON"),
        ('{"a": ', "found JSON"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "found an HTML page"),
        ("<opml></opml>", "first element is <opml>"),
        ("Hello", "text without posts"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "found"),
        (html({"@type": "NewsArticle"}), "found an HTML page"),
        (ATOM[:-3], "cut off"),
        (LIVE.replace('"@type"', '"@type'), "found"),
    ],
)
def test_what_cannot_be_read_gives_one_line_with_what_was_found(body: str | bytes, found: str) -> None:
    with pytest.raises(NotReadable, match=found) as refusal:
        snapshot(body)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 600


def test_the_reader_of_last_time_is_kept_while_it_reads() -> None:
    assert snapshot(LIVE, kept="jsonld").why.endswith("as last time")
    assert snapshot(ATOM, kept="jsonld").format == "atom"


@pytest.mark.parametrize("name", sorted(OWN_MARKUP))
def test_what_a_page_shows_is_read_where_its_live_blog_posting_has_no_posts_and_never_with_it(name: str) -> None:
    shown = OWN_MARKUP[name].partition("<body>")[2]
    assert snapshot(html(blog(), body=shown)).format == name
    both = snapshot(html(blog(update(1)), body=shown))
    assert (both.format, [post.title for post in both.posts]) == ("jsonld", ["Headline 1"])
    assert [post.key for post in both.posts] == ["post-1"]


def test_a_reader_that_finds_no_posts_gives_way_to_one_that_does() -> None:
    both = TEXT + html(blog())
    assert snapshot(both).format == "text"
    assert snapshot(html(blog()), kept="jsonld").posts == ()


def test_a_page_is_decoded_as_a_whole() -> None:
    body = html(blog(update(1, articleBody="Kyïv “now” " * 5000))).encode()
    assert "\ufffd" not in snapshot(body).posts[0].text


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("é“".encode(), None, "é“"),
        ("é".encode("latin-1"), "text/html; charset=ISO-8859-1", "é"),
        ("é".encode(), "text/html; charset=iso-8859-1", "é"),  # a default that nobody meant
        ("“".encode("cp1252"), "text/html; charset=latin1", "“"),
        ("Київ".encode("cp1251"), 'text/html; charset="windows-1251"', "Київ"),
        ("Київ".encode("utf-16"), "text/html; charset=utf-8", "Київ"),
        (b"\xef\xbb\xbfa", None, "a"),
        ('<meta charset="koi8-u">Київ'.encode("koi8-u"), None, '<meta charset="koi8-u">Київ'),
        (
            '<?xml version="1.0" encoding="cp1251"?>Київ'.encode("cp1251"),
            None,
            '<?xml version="1.0" encoding="cp1251"?>Київ',
        ),
        ("<meta charset=utf-16>é".encode(), None, "<meta charset=utf-16>é"),
        ("“é”".encode("cp1252"), None, "“é”"),
        ("a “quoted” line".encode() + b"\xe2\x80 end", None, "a “quoted” line\ufffd end"),
        ("é".encode(), "text/html; charset=nonsense", "é"),
        ("é".encode(), "text/html; charset=utf-7", "é"),
        ("é".encode(), "text/html; charset=base64", "é"),
        (b"", None, ""),
    ],
)
def test_bytes_are_decoded_by_the_best_witness(body: bytes, content_type: str | None, text: str) -> None:
    assert decode_bytes(body, content_type) == text


@given(st.binary(), st.text())
def test_any_bytes_can_be_decoded(body: bytes, charset: str) -> None:
    assert isinstance(decode_bytes(body, f"text/html; charset={charset}"), str)


@given(st.text(), st.sampled_from(["utf-8", "utf-16"]))
def test_unicode_text_comes_back_as_it_was(text: str, charset: str) -> None:
    body = text.encode(charset, "replace")
    assert decode_bytes(body, f"text/html; charset={charset}") == body.decode(charset).removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("text", "root", "declares"),
    [
        ("<?xml version='1.0'?>\n<!-- <feed> --><rss>", "rss", False),
        ("<a:Feed xmlns:a='x'>", "feed", False),
        ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>", "rss", True),
        ("<!DOCTYPE html><html>", "html", False),
        ("<!DOCTYPE rss [", "", False),
        ("<!--", "", False),
        ("text", "", False),
        ("", "", False),
    ],
)
def test_the_first_element_is_found_behind_what_precedes_it(text: str, root: str, declares: bool) -> None:
    prolog = prolog_of(text)
    assert (prolog.root, prolog.declares_entities) == (root, declares)


# --- whatever the bytes --------------------------------------------------------------------------------------------

PIECES = (
    *EVERY.values(),
    "<!DOCTYPE rss [",
    "<!ENTITY a 'b'>",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "</script>",
    "<script type=application/ld+json>",
    '{"@type":"LiveBlogPosting","liveBlogUpdate":',
    "[",
    "]",
    "{",
    "}",
    '"url":"http://[::1"',
    '"@id":"\\ud800"',
    "\x00",
    "&#0;",
    "\ud7ff",
    "<item>",
    "</item>",
    "<guid>",
    "<at:deleted-entry ref='x' when='y'/>",
    "4m ago\n",
    "99:99 p.m. ET, July 99, 2023\n\n",
)


def outcome(body: bytes, rules: ReadRules) -> Snapshot | None:
    """The snapshot, None where it was refused; anything else that is raised fails the test."""
    try:
        return read(page(body), rules)
    except NotReadable:
        return None


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["auto", *sorted(FORMAT_NAMES)]))
def test_reading_raises_nothing_but_not_readable_whatever_the_bytes(body: bytes, name: str) -> None:
    outcome(body, ReadRules(format=name))


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=8),
    st.sampled_from(["auto", *sorted(FORMAT_NAMES)]),
)
def test_reading_raises_nothing_but_not_readable_whatever_the_pieces(pieces: list[str], name: str) -> None:
    found = outcome("".join(pieces).encode("utf-8", "replace"), ReadRules(format=name))
    if found is not None:
        assert len({post.key for post in found.posts}) == len(found.posts)
        assert all(post.key and post.key.isprintable() for post in found.posts)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([BLOG, "#1", "<p>x</p>"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["@id", "name", "url", "@value", "@list"]), inner)
    ),
    max_leaves=6,
)
FIELDS = (
    "@id",
    "@type",
    "url",
    "headline",
    "articleBody",
    "datePublished",
    "author",
    "image",
    "keywords",
    "mainEntityOfPage",
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON), max_size=4), JSON)
@example([{"url": "http://[broken"}], None)
@example([{"datePublished": float("nan")}], float("inf"))
def test_a_blog_with_anything_in_its_fields_is_read(updates: list[dict[str, object]], anything: object) -> None:
    whole = {
        "@type": "LiveBlogPosting",
        "url": anything,
        "headline": anything,
        "image": anything,
        "liveBlogUpdate": updates,
    }
    found = outcome(json.dumps(whole).encode(), ReadRules())
    assert found is not None
    assert all(post.url is None or post.url.startswith(("http://", "https://")) for post in found.posts)
    assert all(image.url.startswith(("http://", "https://")) for post in found.posts for image in post.images)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_page_with_any_byte_changed_is_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(EVERY[data.draw(st.sampled_from(sorted(EVERY)))].encode())
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    outcome(bytes(body), ReadRules())


@pytest.mark.parametrize(
    ("name", "opening"),
    [
        ("reach", '<span class="live-event-entry" id="7{}">x'),
        ("amp", '<amp-live-list><b items><b id="p-{}">x'),
        ("guardian", '<article class="block" id="block-{:024x}"><b>x'),
        ("cnn", '<span class="live-story-post" id="h_{:032x}">x'),
        ("nyt", '<i id="live-feed-items"><i data-testid="live-blog-post" id="p{}">x'),
        (
            "microdata",
            '<b itemscope itemprop="liveBlogUpdate" itemtype="LiveBlogPosting">x<i itemprop="articleBody">y{}',
        ),
    ],
)
def test_posts_inside_posts_are_parts_of_the_outermost(name: str, opening: str) -> None:
    body = "<!DOCTYPE html><html><body>" + "".join(opening.format(number) for number in range(10_000))
    found = outcome(body.encode(), ReadRules(format=name))
    assert found is None or len(found.posts) == 1
