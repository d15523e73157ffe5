"""HTML and plain-text fields become what a person reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.markup import decode, escape_unknown, text_of_html, text_of_plain, tidy


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<div><p>One.</p>\n\n<p>Two.</p></div>", "One.\n\nTwo."),
        ("One.<br>Two.<br><br>Three.", "One.\nTwo.\n\nThree."),
        ("<ul><li>first</li><li><p>second</p></li></ul>", "• first\n• second"),
        ("<p>A <b>bold</b>word</p>", "A boldword"),
        ("<p>a\n   b</p>", "a b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<table><tr><td>Arsenal</td><td>2</td></tr><tr><td>Leeds</td><td>1</td></tr></table>", "Arsenal: 2\nLeeds: 1"),
        ("x<script>if (a < b) {}</script><style>p{}</style><noscript>n</noscript>y", "xy"),
        ("<blockquote><p>Said.</p></blockquote>After", "Said.\n\nAfter"),
        ("Tom &amp; &#39;Ann&#39; &lt;b&gt;", "Tom & 'Ann' <b>"),
        ("&amp;amp;", "&amp;"),
        ("<p>one&nbsp;two</p>", "one two"),
        ("no markup &quot;at all&quot;", 'no markup "at all"'),
        ("<custom-thing a=1>kept</custom-thing>", "kept"),
        ("", ""),
    ],
)
def test_html_becomes_paragraphs(html: str, text: str) -> None:
    assert text_of_html(html) == text


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("Port <reopens> at noon", "Port <reopens> at noon"),
        ("a < b and c > d", "a < b and c > d"),
        ("<3 this", "<3 this"),
        ("The <title> fight", "The <title> fight"),
        ("He wrote <b and c> twice", "He wrote <b and c> twice"),
        ("A <b>bold</b> claim", "A bold claim"),
        ('See <a href="https://example.org/?a=1&b=2" target=_blank>this</a>', "See this"),
        ("<amp-img src=x></amp-img>Seen", "Seen"),
        ("<self-styled king speaks", "<self-styled king speaks"),
        ("line one\nline <i>two</i>", "line one\nline two"),
        ("line one\n<p>line two</p>", "line one\n\nline two"),
        ("<!-- hidden -->shown", "shown"),
        ("<script>alert(1)</script>shown", "shown"),
        ("&lt;reopens&gt;", "<reopens>"),
        ("R&D and AT&amp;T and ?a=1&copy=2", "R&D and AT&T and ?a=1&copy=2"),
        ("<b>R&D</b> and ?a=1&copy=2", "R&D and ?a=1&copy=2"),
        ("it&amp;#39;s", "it&#39;s"),
    ],
)
def test_in_plain_text_only_known_elements_are_markup(field: str, text: str) -> None:
    assert text_of_plain(field) == text


def test_a_publisher_that_escapes_twice_is_decoded_twice() -> None:
    assert text_of_plain("it&amp;#39;s", escaped_twice=True) == "it's"
    assert text_of_plain("&lt;p&gt;It&amp;#39;s&lt;/p&gt;", escaped_twice=True) == "It's"


def test_what_is_no_reference_stays() -> None:
    assert decode("&nosuchthing; &amp &#x; &lt;") == "&nosuchthing; &amp &#x; <"


@given(st.text())
def test_any_text_can_be_read_either_way(text: str) -> None:
    for read in (text_of_html, text_of_plain):
        assert read(text) == tidy(read(text))


@given(st.text(alphabet="<>/!-&;=\"' abpdivscriptbrli\n"))
def test_escaping_what_is_unknown_leaves_only_known_elements(text: str) -> None:
    assert escape_unknown(escape_unknown(text).replace("&lt;", "<")).count("<") <= text.count("<")


@given(st.text(alphabet=st.characters(exclude_characters="<&", exclude_categories=["Cc", "Cs", "Z"])))
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    assert text_of_plain(text) == text_of_html(text) == text


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<div></div>", '<p "', "<a href='", "<!--", "<b", "<script>", "<ul><li>", "<b><p>", "&amp;", "<x-y>"],
)
def test_hostile_markup_costs_no_more_than_its_length(piece: str) -> None:
    """What grew with the square of the length would take hours here."""
    for hostile in (piece * 30_000, "<div>" * 5_000 + piece * 5_000 + "</div>" * 5_000):
        assert isinstance(text_of_html(hostile), str)
        assert isinstance(text_of_plain(hostile), str)


def test_text_survives_in_markup_nested_beyond_reason() -> None:
    assert text_of_html("<div>" * 5_000 + "<p>Still here.</p>" + "</div>" * 5_000) == "Still here."
