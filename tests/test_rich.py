"""HTML becomes text with formatting: never an entity out of place, never a lost word, whatever comes in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from bot.core.captions import credit_in
from bot.core.entities import units
from bot.core.identity import fold
from bot.core.markup import rich_of_html, rich_of_plain, text_of_html, text_of_plain
from bot.core.model import Embed, Entity, Image, Relayed, Rendered, Style
from bot.core.render import message
from bot.core.rich import Mark, Rich
from bot.core.texts import Texts
from bot.core.walk import DROPPED
from tests.telegram_rules import any_text, assert_nested, assert_telegram_takes, covered, short_text, unhurried

PAGE = "https://news.example.org/live/storm"
T = Texts.of("en")


def formatting(rich: Rich) -> list[tuple[str, ...]]:
    """What is formatted how: `("bold", "words")`, and of a link its address."""
    shown = Rendered(text=rich.text, entities=rich.entities)
    return [(one.type, covered(shown, one), *([one.url] if one.url else [])) for one in rich.entities]


# --- each construct ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text", "expected"),
    [
        (
            "<p>A <b>bold</b> and <i>slanted</i> word</p>",
            "A bold and slanted word",
            [("bold", "bold"), ("italic", "slanted")],
        ),
        ("<b> spaced </b>out", "spaced out", [("bold", "spaced")]),
        ("<strong>a</strong><em>b</em>", "ab", [("bold", "a"), ("italic", "b")]),
        ("<b><i>both</i></b>", "both", [("bold", "both"), ("italic", "both")]),
        ("<b>one <b>two</b></b>", "one two", [("bold", "one two")]),
        ("<u>u</u> <del>d</del> <code>c</code>", "u d c", [("underline", "u"), ("strikethrough", "d"), ("code", "c")]),
        ("<h3>Heading</h3><p>Body</p>", "Heading\n\nBody", [("bold", "Heading")]),
        ("<b></b><i> </i>plain", "plain", []),
        ("x😀<b>y</b>", "x😀y", [("bold", "y")]),
        ("<code>a <b>b</b></code>", "a b", [("code", "a b")]),
    ],
)
def test_emphasis_is_kept(html: str, text: str, expected: list[tuple[str, ...]]) -> None:
    rich = rich_of_html(html)
    assert (rich.text, formatting(rich)) == (text, expected)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="https://a.example/x">here</a>', [("text_link", "here", "https://a.example/x")]),
        ('<a href="/more">more</a>', [("text_link", "more", "https://news.example.org/more")]),
        ('<a href="#block-7">seven</a>', [("text_link", "seven", f"{PAGE}#block-7")]),
        ('<a href="//b.example/">b</a>', [("text_link", "b", "https://b.example/")]),
        ('<a href="javascript:alert(1)">no</a>', []),
        ('<a href="mailto:ann@example.org">Ann</a>', []),
        ('<a href="data:text/html,x">no</a>', []),
        ('<a href="https://a.example"><img src="x.png"></a>', []),
        ("<a>nowhere</a>", []),
    ],
)
def test_links_are_absolute_and_http(html: str, expected: list[tuple[str, ...]]) -> None:
    assert formatting(rich_of_html(html, PAGE)) == expected


def test_without_a_base_a_relative_link_is_only_its_words() -> None:
    assert formatting(rich_of_html('<a href="/more">more</a>')) == []


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>a</li><li>b</li></ul>", "• a\n• b"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ('<ol start="3"><li>a</li><li value="7">b</li><li>c</li></ol>', "3. a\n7. b\n8. c"),
        ("<ol reversed><li>a</li><li>b</li></ol>", "2. a\n1. b"),
        ("<ul><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ul>", "• a\n◦ b\n◦ c\n• d"),
        ("<ol><li>a<ol><li>b</li></ol></li><li>c</li></ol>", "1. a\n1.1. b\n2. c"),
        ("<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>", "1. a\n◦ b\n2. c"),
        ("<ul><li><p>a</p><p>more</p></li><li><p>b</p></li></ul>", "• a\n\nmore\n• b"),
        ("<ul><li></li><li>b</li></ul>after", "• b\n\nafter"),
        ("before<ul><li>a</li></ul>after", "before\n\n• a\n\nafter"),
        ("<dl><dt>Wind</dt><dd>Force 9</dd><dt>Rain</dt><dd>None</dd></dl>", "Wind\nForce 9\nRain\nNone"),
    ],
)
def test_lists_are_lines(html: str, text: str) -> None:
    assert text_of_html(html) == text


def table(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def cells(*words: str, tag: str = "td") -> str:
    return "".join(f"<{tag}>{word}</{tag}>" for word in words)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (table(cells("Wind", "9"), cells("Rain:", "none")), "Wind: 9\nRain: none"),
        (table(cells("Place", "Gusts", tag="th"), cells("Quay", "81")), "Place: Gusts\nQuay: 81"),
        (table(cells("Wind", ""), cells("", "none")), "Wind\nnone"),
        (
            table(cells("Club", "P", "Pts", tag="th"), cells("Arsenal", "38", "89"), cells("Leeds", "9", "7")),
            "Club      P  Pts\nArsenal  38   89\nLeeds     9    7",
        ),
        (
            table(cells("", "W", "D", tag="th"), cells("Home", "1", "10")),
            "·     W   D\nHome  1  10",
        ),
        (
            table(
                cells("Constituency", "Winner", "Majority", tag="th"),
                cells("Harbour and the Islands", "Ann Lee", "1,204"),
                cells("The Dales", "", "12"),
            ),
            (
                "Constituency: Harbour and the Islands · Winner: Ann Lee · Majority: 1,204\n"
                "Constituency: The Dales · Majority: 12"
            ),
        ),
        (
            table(cells("A rather long first cell", "the second", "third")),
            "A rather long first cell · the second · third",
        ),
        (table(cells("x" * 200, "b")), f"{'x' * 200}\n\nb"),
        (table("<td><p>One.</p><p>Two.</p></td>"), "One.\n\nTwo."),
        (table(f"<td>{table(cells('Wind', '9'))}</td><td>aside</td>"), "Wind: 9: aside"),
        (
            table('<td rowspan="2">Mon</td>' + cells("am", "dry"), cells("pm", "wet")),
            "Mon  am  dry\nMon  pm  wet",
        ),
        (f"<table><caption>Results</caption><tr>{cells('a', '1')}</tr></table>", "Results\na: 1"),
    ],
)
def test_tables_can_be_read(html: str, text: str) -> None:
    assert text_of_html(html) == text


@pytest.mark.parametrize("words", [("", ""), ("", "", ""), ("a", "b"), ("a", "b", "c"), ("a" * 40, "b", "c")])
def test_tables_keep_the_pictures_of_cells_without_words(words: tuple[str, ...]) -> None:
    picture = '<img src="https://img.example.org/quay.jpg">'
    rich = rich_of_html(f"<p>Before</p>{table(cells(*words), cells(picture, *['' for _ in words[1:]]))}")
    assert rich.text.startswith("Before")
    assert [one.url for one in rich.images] == ["https://img.example.org/quay.jpg"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("10<sup>6</sup> litres on 5 m<sup> 2 </sup>", "10⁶ litres on 5 m²"),
        ("10<sup>−3</sup>", "10⁻³"),
        ("the 1<sup>st</sup>, H<sub>2</sub>O", "the 1st, H2O"),
        ("x<sup></sup>y<sup><b>2</b></sup>", "xy2"),
        ("a<sup>1234567</sup>", "a1234567"),
    ],
)
def test_raised_figures_stay_raised_and_are_no_edit(html: str, text: str) -> None:
    assert text_of_html(html) == text
    assert fold(text) == fold(re.sub("<[^>]*>", "", html).replace(" 2 ", "2"))


def test_a_table_without_words_is_nothing() -> None:
    assert text_of_html(f"a{table(cells('', ''), cells('', ''))}b") == "a\n\nb"


def test_an_aligned_table_is_of_one_width_and_others_keep_their_links() -> None:
    narrow = rich_of_html(table(cells("a", "b", "c"), cells("1", "2", "3")))
    assert formatting(narrow) == [("pre", "a  b  c\n1  2  3")]
    pair = rich_of_html(table('<td><a href="https://a.example/">Ann</a></td><td>12</td>'))
    assert formatting(pair) == [("text_link", "Ann", "https://a.example/")]


def test_a_quote_is_a_quote_and_a_long_one_is_folded() -> None:
    short = rich_of_html("<p>She said:</p><blockquote><p>We <b>wait</b>.</p><p>Then go.</p></blockquote><p>After</p>")
    assert short.text == "She said:\n\nWe wait.\n\nThen go.\n\nAfter"
    assert formatting(short) == [("blockquote", "We wait.\n\nThen go."), ("bold", "wait")]
    long = rich_of_html(f"<blockquote>{'word ' * 200}</blockquote>")
    assert [one.type for one in long.entities] == ["expandable_blockquote"]


def test_a_quote_in_a_quote_is_one_quote() -> None:
    rich = rich_of_html("<blockquote>a<blockquote>b</blockquote>c</blockquote>")
    assert formatting(rich) == [("blockquote", "a\n\nb\n\nc")]


def test_preformatted_text_keeps_its_spaces_and_lines() -> None:
    rich = rich_of_html("<p>x</p><pre>if a:\n    go()\n\nend</pre><p>y</p>")
    assert rich.text == "x\n\nif a:\n    go()\n\nend\n\ny"
    assert formatting(rich) == [("pre", "if a:\n    go()\n\nend")]


# --- pictures and what is embedded ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text", "image"),
    [
        (
            '<p>a</p><figure><img src="/q.jpg"><figcaption>The quay. Photo: Ann Lee</figcaption></figure><p>b</p>',
            "a\n\nb",
            ("The quay.", "Ann Lee"),
        ),
        (
            '<figure><img src="/q.jpg"><figcaption>The quay <i class="credit">Bo/Agency</i></figcaption></figure>',
            "",
            ("The quay", "Bo/Agency"),
        ),
        ('<figure><figcaption>First</figcaption><img src="/q.jpg"></figure>', "", ("First", None)),
        ('<div class="wp-caption"><img src="/q.jpg"><p class="wp-caption-text">Low</p></div>', "", ("Low", None)),
        ('<img src="/q.jpg" alt="A quay">', "", ("A quay", None)),
        ('<img src="/q.jpg" alt="IMG_2034.jpg">', "", (None, None)),
        ('<img src="/q.jpg" alt="Image 2">', "", (None, None)),
        ('<img data-src="/q.jpg" src="data:image/gif;base64,R0">', "", (None, None)),
        ('<img src="data:x"><noscript><img src="/q.jpg"></noscript>', "", (None, None)),
    ],
)
def test_what_stands_below_a_picture_goes_with_it(html: str, text: str, image: tuple[str | None, str | None]) -> None:
    rich = rich_of_html(html, PAGE)
    assert rich.text == text
    assert rich.images == (Image(url="https://news.example.org/q.jpg", caption=image[0], credit=image[1]),)


@pytest.mark.parametrize(
    "html",
    [
        "<figure><figcaption>Said all the same</figcaption></figure>",
        '<figure><img src="data:image/gif;base64,R0"><figcaption>Said all the same</figcaption></figure>',
        '<figure><img src="/pixel.gif" width="1"><figcaption>Said all the same</figcaption></figure>',
    ],
)
def test_where_no_picture_can_be_shown_its_caption_is_text(html: str) -> None:
    assert rich_of_html(html, PAGE).text == "Said all the same"


@pytest.mark.parametrize(
    ("caption", "own", "expected"),
    [
        ("Waves over the quay. Photograph: Ann Lee/Agency", None, ("Waves over the quay.", "Ann Lee/Agency")),
        ("Waves over the quay (Photo: Ann Lee)", None, ("Waves over the quay", "Ann Lee")),
        ("Waves over the quay (Ann Lee/AP)", None, ("Waves over the quay", "Ann Lee/AP")),
        ("Waves over the quay © Ann Lee", None, ("Waves over the quay", "Ann Lee")),
        ("Waves over the quay Foto: dpa", None, ("Waves over the quay", "dpa")),
        ("Photograph: Ann Lee", None, (None, "Ann Lee")),
        ("Waves", "Photograph: Ann Lee", ("Waves", "Ann Lee")),
        ("Waves Ann Lee", "Ann Lee", ("Waves", "Ann Lee")),
        ("The photo shows waves", None, ("The photo shows waves", None)),
        ("Waves (seen from the quay)", None, ("Waves (seen from the quay)", None)),
        (None, None, (None, None)),
    ],
)
def test_a_credit_is_told_from_its_caption(
    caption: str | None, own: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert credit_in(caption, own) == expected


def test_each_picture_of_a_gallery_has_the_caption_of_its_own_figure() -> None:
    inner = '<figure><img src="/1.jpg"><figcaption>One</figcaption></figure><figure><img src="/2.jpg"></figure>'
    rich = rich_of_html(f"<figure>{inner}<figcaption>All of them</figcaption></figure>", PAGE)
    assert [one.caption for one in rich.images] == ["One", None]
    assert rich.text == "All of them"


TWEET = (
    '<blockquote class="twitter-tweet"><p>Gusts of 81.</p>&mdash; Ann Lee (@ann_lee) '
    '<a href="https://twitter.com/ann_lee/status/12345?ref_src=twsrc">March 4, 2026</a></blockquote>'
)


@pytest.mark.parametrize(
    ("html", "embed"),
    [
        (TWEET, ("x", "https://twitter.com/ann_lee/status/12345", "Ann Lee (@ann_lee)")),
        (
            (
                '<blockquote class="instagram-media" data-instgrm-permalink="https://www.instagram.com/p/Ab1/?utm_source=x">'
                "<a>A post shared by Ann Lee (@ann.lee)</a></blockquote>"
            ),
            ("instagram", "https://www.instagram.com/p/Ab1/", "Ann Lee (@ann.lee)"),
        ),
        (
            '<blockquote class="tiktok-embed" cite="https://www.tiktok.com/@ann/video/99"><section></section></blockquote>',
            ("tiktok", "https://www.tiktok.com/@ann/video/99", "@ann"),
        ),
        (
            '<iframe src="https://www.youtube.com/embed/Abc-123_x?rel=0" title="The storm"></iframe>',
            ("youtube", "https://www.youtube.com/watch?v=Abc-123_x", "The storm"),
        ),
        (
            '<iframe src="//player.vimeo.com/video/123"></iframe>',
            ("vimeo", "https://vimeo.com/123", None),
        ),
        (
            '<iframe src="https://www.facebook.com/plugins/post.php?href=https%3A%2F%2Fwww.facebook.com%2Fann%2Fposts%2F1"></iframe>',
            ("facebook", "https://www.facebook.com/ann/posts/1", None),
        ),
        ('<iframe src="https://maps.example.org/m/1"></iframe>', ("frame", "https://maps.example.org/m/1", None)),
        (
            '<video src="/film.mp4" title="The storm">old browser</video>',
            ("video", "https://news.example.org/film.mp4", "The storm"),
        ),
        ('<video><source src="/film.mp4"></video>', ("video", "https://news.example.org/film.mp4", None)),
        ('<audio src="/talk.mp3"></audio>', ("audio", "https://news.example.org/talk.mp3", None)),
        ('<amp-youtube data-videoid="Abc"></amp-youtube>', ("youtube", "https://www.youtube.com/watch?v=Abc", None)),
        ('<amp-twitter data-tweetid="77"></amp-twitter>', ("x", "https://x.com/i/status/77", None)),
        ('<amp-iframe src="https://f.example.org/1"></amp-iframe>', ("frame", "https://f.example.org/1", None)),
        (
            '<div class="fb-post" data-href="https://www.facebook.com/a/posts/2"></div>',
            ("facebook", "https://www.facebook.com/a/posts/2", None),
        ),
    ],
)
def test_what_is_embedded_leaves_a_link(html: str, embed: tuple[str, str, str | None]) -> None:
    rich = rich_of_html(f"<p>See:</p>{html}", PAGE)
    assert [(one.kind, one.url, one.title) for one in rich.embeds] == [embed]
    assert rich.text.startswith("See:")


def test_words_in_an_embedded_post_are_a_quote() -> None:
    rich = rich_of_html(TWEET, PAGE)
    assert rich.text == "Gusts of 81.\n\n— Ann Lee (@ann_lee) March 4, 2026"
    assert [one.type for one in rich.entities] == ["blockquote", "text_link"]


@pytest.mark.parametrize(
    "html",
    [
        '<iframe src="https://www.googletagmanager.com/ns.html?id=1" height="0" width="0"></iframe>',
        '<iframe src="https://x.example/count" style="display:none"></iframe>',
        '<iframe src="javascript:void(0)"></iframe>',
        "<iframe></iframe>",
        '<video src="blob:https://x.example/1"></video>',
        '<amp-youtube data-videoid="../../evil"></amp-youtube>',
        "<amp-youtube></amp-youtube>",
    ],
)
def test_counting_frames_and_players_without_an_address_leave_nothing(html: str) -> None:
    assert rich_of_html(html, PAGE).embeds == ()


# --- anything ------------------------------------------------------------------------------------------------------

INLINE = ("b", "i", "u", "s", "code", "span", "em", "a", "mark")
BLOCK = ("p", "div", "blockquote", "h2", "ul", "ol", "li", "pre", "section", "dl", "dt", "dd")
TABLES = ("table", "tr", "td", "th", "tbody")
FIGURES = ("figure", "figcaption", "img", "video", "iframe", "noscript", "amp-img")
ODD = ("script", "style", "br", "hr", "template", "svg", "x-y", "option", "form")


def trees(*names: str) -> st.SearchStrategy[str]:
    """HTML of elements in elements; every leaf is a text."""
    return st.recursive(
        short_text.map(lambda text: text[:80].replace("<", "&lt;")),
        lambda inner: st.tuples(st.sampled_from(names), st.lists(inner, max_size=4)).map(_element),
        max_leaves=12,
    )


def _element(made: tuple[str, list[str]]) -> str:
    name, inner = made
    marks = {"a": ' href="/x?y=1"', "img": ' src="/p.jpg" alt="alt"', "iframe": ' src="https://f.example/"'}.get(
        name, ""
    )
    return f"<{name}{marks}>{''.join(inner)}</{name}>"


anything = st.one_of(
    any_text,
    trees(*INLINE, *BLOCK),
    trees(*INLINE, *BLOCK, *TABLES, *FIGURES, *ODD),
    st.text(alphabet="<>/=\"' abiuptrd&;#1x\n😀\u200f\ud83d"),
)


def assert_in_place(rich: Rich) -> None:
    """Every entity in range, on whole characters, nested as Telegram wants it; every link http(s)."""
    shown = Rendered(text=rich.text, entities=rich.entities)
    for one in shown.entities:
        words = covered(shown, one)
        assert words.strip() == words != ""
        assert (one.type == "text_link") == (one.url is not None)
        assert one.url is None or re.match(r"https?://", one.url)
        for other in shown.entities:
            assert_nested(one, other)


@given(anything)
@unhurried
def test_entities_are_always_in_place(html: str) -> None:
    for rich in (rich_of_html(html, PAGE), rich_of_plain(html, PAGE)):
        assert_in_place(rich)
        assert rich.text == rich.text.strip()
    assert rich_of_html(html, PAGE).text == text_of_html(html) or "<figure" in html or "wp-caption" in html
    assert rich_of_plain(html).text == text_of_plain(html)


def visible(html: str) -> str:
    """The characters of a page that are text, in the parser's own words."""
    tree = LexborHTMLParser(re.sub("[\ud800-\udfff]", "\ufffd", html))
    tree.strip_tags(sorted(DROPPED))
    return "".join(char for char in tree.body.text() if not char.isspace() and char.isprintable()) if tree.body else ""


def is_within(words: str, text: str) -> bool:
    """Whether the characters stand in the text in their order, other characters between them or not."""
    place = 0
    for char in words:
        place = text.find(char, place) + 1
        if not place:
            return False
    return True


@given(trees(*INLINE, *BLOCK, "br", "hr", "x-y", "section"))
@unhurried
def test_no_character_is_lost_and_none_changes_its_place(html: str) -> None:
    assert is_within(visible(html), rich_of_html(html, PAGE).text)


def numbered(html: str) -> tuple[str, list[str]]:
    """The same with a word of its own in the place of every text."""
    numbers = count()
    words: list[str] = []

    def word(_: re.Match[str]) -> str:
        words.append(f"w{next(numbers)}w")
        return f">{words[-1]}<"

    return re.sub(r">[^<>]*<", word, f">{html}<")[1:-1], words


@given(trees(*INLINE, *BLOCK, *TABLES, "figure", "figcaption", "img", "caption"))
@unhurried
def test_no_word_is_lost_in_tables_and_below_pictures(html: str) -> None:
    html, words = numbered(html)
    rich = rich_of_html(html, PAGE)
    said = f"{rich.text} {' '.join(f'{one.caption} {one.credit}' for one in rich.images)}"
    assert [word for word in words if word not in said] == []


@given(anything, st.integers(0, 200), st.integers(0, 200))
@unhurried
def test_a_part_of_a_text_has_the_formatting_of_that_part(html: str, start: int, stop: int) -> None:
    rich = rich_of_html(html, PAGE)
    part = rich[start:stop]
    assert part.text == rich.text[start:stop]
    assert_in_place(part)
    assert Rich.joined([rich[:start], rich[start:]]).text == rich.text


@given(anything)
@unhurried
def test_entities_become_marks_and_entities_again(html: str) -> None:
    rich = rich_of_html(html, PAGE)
    assert Rich.of(rich.text, rich.entities).entities == rich.entities


@given(anything, st.integers(0, 60), st.integers(0, 60))
@unhurried
def test_formatting_stays_where_words_are_left_out(html: str, start: int, length: int) -> None:
    rich = rich_of_html(html, PAGE)
    shorter = rich.text[:start] + rich.text[start + length :]
    kept = rich.like(shorter)
    assert kept.text == shorter
    assert_in_place(kept.stripped())


@given(any_text, st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70)), max_size=6))
@unhurried
def test_any_entities_are_clipped_to_the_text(text: str, ranges: list[tuple[int, int]]) -> None:
    text = re.sub("[\ud800-\udfff]", "?", text)
    given_ = [Entity(type="bold", offset=offset, length=length) for offset, length in ranges]
    rich = Rich.of(text, given_)
    rendered = Rendered(text=text, entities=rich.entities)
    for one in rendered.entities:
        assert covered(rendered, one)
        for other in rendered.entities:
            assert_nested(one, other)


def test_a_sentence_said_twice_leaves_the_formatting_of_the_rest() -> None:
    rich = Rich("One. One. Two", (Mark("bold", 10, 13), Mark("italic", 5, 9)))
    assert formatting(rich.like("One. Two")) == [("italic", "One."), ("bold", "Two")]
    assert formatting(rich.like("Something else")) == []


@given(any_text)
@unhurried
def test_any_rewriting_keeps_entities_in_place(text: str) -> None:
    assume(text)
    middle = len(text) // 2
    rich = Rich(text, (Mark("bold", 0, middle), Mark("italic", middle, len(text))))
    assert_in_place(rich.each(str.upper).each(lambda run: re.sub("[\ud800-\udfff]", "?", run)).stripped())


# --- in a message --------------------------------------------------------------------------------------------------

posts = st.builds(
    lambda rich, title, photo, caption, struck: Relayed(
        id=1,
        revision=1,
        blog="storm",
        title=title,
        text=rich.text,
        entities=rich.entities,
        embeds=rich.embeds,
        first_seen_at=datetime(2026, 3, 4, 14, 2, tzinfo=UTC),
        photo="https://news.example.org/q.jpg" if photo else None,
        pictures=tuple(
            Image(url=f"https://news.example.org/{name}.jpg", caption=caption, credit=f"{caption or ''}{name}")
            for name in "qrstu"[: (5 if struck else 1) if photo else 0]
        ),
        url=PAGE,
        struck=struck,
    ),
    anything.map(lambda html: rich_of_html(html, PAGE)),
    st.none() | short_text,
    st.booleans(),
    st.none() | short_text,
    st.booleans(),
)


@given(posts, st.sampled_from(["headline", "summary", "full"]), st.sampled_from(["en", "he"]))
@unhurried
def test_telegram_takes_every_message(post: Relayed, text: str, language: str) -> None:
    assert_telegram_takes(message(post, Style(text=text, language=language), Texts.of(language)))


@pytest.mark.parametrize("text", ["summary", "full"])
@pytest.mark.parametrize(
    "html",
    [
        "".join(f'<b>bold {n} <a href="/{n}">link</a></b> ' for n in range(300)),
        "".join(f"<blockquote>{n}</blockquote>" for n in range(300)),
        f"<b>{'example.com @someone #tag ' * 200}</b>",
        f"<blockquote>{'<p>Said. </p>' * 2000}</blockquote>",
        "<b><i><u><s>" * 500 + "deep",
        "".join(f'<iframe src="https://f.example/{n}" title="Frame {n}"></iframe>' for n in range(50)),
        "😀<b>😀</b>" * 3000,
    ],
)
def test_a_message_never_holds_more_than_telegram_takes(html: str, text: str) -> None:
    rich = rich_of_html(html, PAGE)
    post = Relayed(
        id=1,
        revision=1,
        blog="storm",
        title="A headline",
        text=rich.text,
        entities=rich.entities,
        embeds=rich.embeds,
        first_seen_at=datetime(2026, 3, 4, 14, 2, tzinfo=UTC),
        url=PAGE,
    )
    rendered = message(post, Style(text=text), T)
    assert_telegram_takes(rendered)
    assert any(one.type == "text_link" and one.url == PAGE for one in rendered.entities)


@pytest.mark.parametrize(
    "piece",
    [
        "<table><tr><td>",
        "<table><tr><td>a</td><td>",
        "<blockquote>",
        "<figure><img src=/a.jpg><figcaption>",
        "<figure>",
        "<ol><li>",
        "<b><i>",
        "<pre>",
        '<a href="/x">a',
        "<div class=wp-caption><img src=/a.jpg>",
        '<blockquote class="twitter-tweet">',
        "<video><source>",
        "<b>x</b> ",
        "<tr><td rowspan=99 colspan=99>x",
        "<th>heading</th>",
        "<amp-video>",
        "<lite-youtube>",
        '<div class="fb-post">x',
    ],
)
def test_hostile_nesting_costs_no_more_than_its_length(piece: str) -> None:
    """What grew with the square of the length would take minutes here."""
    words = "<i>word</i> " * 20_000
    for hostile in (piece * 1_900 + words, piece * 20_000, f"<table>{piece * 3_000}<tr>{'<td>x' * 20_000}</table>"):
        assert_in_place(rich_of_html(hostile, PAGE)[:2_000])


# --- how it looks --------------------------------------------------------------------------------------------------


def relayed(rich: Rich, **more: object) -> Relayed:
    fields: dict[str, object] = {
        "id": 1,
        "revision": 1,
        "blog": "storm",
        "title": "Harbour shut",
        "text": rich.text,
        "entities": rich.entities,
        "embeds": rich.embeds,
        "first_seen_at": datetime(2026, 3, 4, 14, 2, tzinfo=UTC),
        **more,
    }
    return Relayed(**fields)  # type: ignore[arg-type]


def shown(post: Relayed, text: str = "full") -> str:
    """A message with its formatting in brackets."""
    rendered = message(post, Style(text=text), T)
    edges: list[tuple[int, int, int, str]] = []
    for one in rendered.entities:
        edges.append((one.offset, 1, -one.length, f"[{one.type}:"))
        edges.append((one.offset + one.length, 0, one.length, "]"))
    raw, made, done = rendered.text.encode("utf-16-le"), "", 0
    for place, _, _, mark in sorted(edges):
        made += raw[done * 2 : place * 2].decode("utf-16-le") + mark
        done = place
    return made + raw[done * 2 :].decode("utf-16-le")


def test_a_full_text_keeps_its_quotes_links_and_emphasis() -> None:
    rich = rich_of_html('<p>She <b>said</b>:</p><blockquote>Go <a href="/home">home</a>.</blockquote>', PAGE)
    assert shown(relayed(rich)) == (
        "[bold:Harbour shut]\n\nShe [bold:said]:\n\n[blockquote:Go [text_link:home].]\n\n14:02 UTC"
    )


def test_a_first_paragraph_that_repeats_the_headline_goes_with_its_formatting() -> None:
    rich = rich_of_html("<p><b>Harbour shut</b></p><p>For <i>days</i>.</p>")
    assert shown(relayed(rich)) == "[bold:Harbour shut]\n\nFor [italic:days].\n\n14:02 UTC"


def test_a_summary_keeps_the_formatting_that_falls_inside_it() -> None:
    rich = rich_of_html(f"<p>The <b>quay</b> is shut.</p><p>{'More to come. ' * 60}<b>End</b></p>")
    short = shown(relayed(rich), "summary")
    assert "The [bold:quay] is shut." in short
    assert "End" not in short
    assert "[bold:quay]" in shown(relayed(rich, summary="The quay is shut."), "summary")
    assert "[bold:quay]" not in shown(relayed(rich, summary="A quay was closed."), "summary")


def test_a_text_longer_than_any_message_keeps_the_formatting_of_its_beginning() -> None:
    rich = rich_of_html(f"<p>The <b>quay</b> is shut.</p>{'<p>More to come. </p>' * 3000}")
    assert "The [bold:quay] is shut." in shown(relayed(rich))


def test_embeds_are_links_below_the_text_and_three_at_most() -> None:
    embeds = (
        Embed(kind="youtube", url="https://www.youtube.com/watch?v=1", title="The storm"),
        Embed(kind="x", url="https://x.com/ann/status/1", title="@ann"),
        Embed(kind="audio", url="https://a.example/talk.mp3"),
        Embed(kind="frame", url="https://maps.example.org/1"),
    )
    assert shown(relayed(Rich("The quay is shut."), embeds=embeds)) == (
        "[bold:Harbour shut]\n\nThe quay is shut.\n\n[text_link:▶ Video: The storm]\n"
        "[text_link:↗ Post by @ann on X]\n[text_link:♪ Audio on a.example]\n\n14:02 UTC"
    )


def test_a_post_that_the_text_links_to_is_not_named_again() -> None:
    assert "↗" not in shown(relayed(rich_of_html(TWEET, PAGE)))


def test_a_post_that_is_gone_struck_or_only_a_headline_names_no_embeds() -> None:
    rich = rich_of_html('<p>Text</p><iframe src="https://f.example/1" title="Frame"></iframe>')
    assert "Frame" in shown(relayed(rich))
    assert "Frame" not in shown(relayed(rich), "headline")
    assert "Frame" not in shown(relayed(rich, struck=True))
    assert "Frame" not in shown(relayed(rich, withdrawn_at=datetime(2026, 3, 4, 15, 0, tzinfo=UTC)))


def with_picture(rich: Rich, *pictures: Image) -> Relayed:
    return relayed(rich, photo=pictures[0].url, pictures=pictures)


QUAY = Image(url="https://p.example/q.jpg", caption="Waves over the quay", credit="Ann Lee/Agency")


def test_a_picture_has_its_credit_below_and_in_a_full_text_its_caption() -> None:
    post = with_picture(Rich("The quay is shut."), QUAY)
    assert "[italic:Waves over the quay · Photo: Ann Lee/Agency]\n14:02" in shown(post)
    assert "[italic:Photo: Ann Lee/Agency]\n14:02" in shown(post, "summary")


def test_an_album_names_everybody_whose_pictures_are_shown_once() -> None:
    wall = Image(url="https://p.example/w.jpg", caption="The wall", credit="Bo")
    pier = Image(url="https://p.example/p.jpg", credit="Bo")
    fifth = [Image(url=f"https://p.example/{number}.jpg", credit=f"Cy {number}") for number in range(2)]
    post = with_picture(Rich("The quay is shut."), QUAY, wall, pier, *fifth)
    assert "[italic:Photos: Ann Lee/Agency, Bo, and Cy 0]\n14:02" in shown(post)


def test_without_its_picture_a_credit_says_nothing() -> None:
    assert "Ann Lee" in shown(with_picture(Rich("The quay is shut."), QUAY))
    assert "Ann Lee" not in shown(relayed(Rich("The quay is shut."), pictures=()))
    assert "Ann Lee" not in shown(with_picture(Rich("The quay is shut. " * 80), QUAY))
    assert "Ann Lee" not in shown(replace(with_picture(Rich("Shut."), QUAY), withdrawn_at=datetime.now(UTC)))


def test_a_caption_that_repeats_the_text_is_left_out() -> None:
    picture = replace(QUAY, caption="The quay is shut")
    assert "[italic:Photo: Ann Lee/Agency]" in shown(with_picture(Rich("The quay is shut."), picture))


def test_offsets_count_utf16_units() -> None:
    rich = rich_of_html("😀 <b>😀😀</b> x")
    assert rich.entities == (Entity(type="bold", offset=3, length=4),)
    assert units(rich.text) == 9
