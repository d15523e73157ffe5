from __future__ import annotations

import dataclasses
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.model import Entity, Rendered
from bot.core.writing import (
    ENTITIES,
    Writing,
    clean,
    cut,
    finds,
    fitted,
    hashtag,
    host,
    isolated,
    line,
    paragraphs,
    safe_url,
    tidy,
    units,
)
from bot.demo.telegram.finding import find_entities
from bot.demo.telegram.links import checked_link
from tests.telegram_rules import any_text, assert_telegram_takes, covered, unhurried, utf16

FAMILY = "👨‍👩‍👧‍👦"


def rendered(done: tuple[str, tuple[Entity, ...]]) -> Rendered:
    return Rendered(text=done[0], entities=done[1])


# --- counting and cleaning -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("abc", 3), ("é", 1), ("😀", 2), (FAMILY, 11), ("🇺🇦", 4), ("日本", 2)]
)
def test_units_are_utf16_code_units(text: str, count: int) -> None:
    assert units(text) == count


@unhurried
@given(any_text)
def test_clean_text_counts_as_utf16_does(text: str) -> None:
    assert units(clean(text)) * 2 == len(utf16(clean(text)))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b\x1bc\x7fd\x9fe", "abcde"),
        ("one\r\ntwo\rthree\u2028four\u2029five\x85six", "one\ntwo\nthree\nfour\nfive\nsix"),
        ("tab\tbed", "tab bed"),
        ("\u202egnp.exe\u202c \u2066open", "gnp.exe open"),
        ("\ufeffmark", "mark"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("both halves \ud83d\ude00", "both halves 😀"),
        ("A\u030angstro\u0308m", "Ångström"),
        (FAMILY, FAMILY),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_telegram_would_drop_is_dropped_before_we_count(text: str, kept: str) -> None:
    assert clean(text) == kept


@unhurried
@given(any_text)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_line_is_one_line() -> None:
    assert line("  A headline\n over\u00a0two \t lines ") == "A headline over two lines"


def test_a_tower_of_accents_is_lowered() -> None:
    tower, low = "e" + "\u0301\u0316" * 40_000, "e" + "\u0301\u0316" * 15

    assert clean(f"{tower}! {'👍🏽' * 40}") == f"{clean(low)}! {'👍🏽' * 40}"


@pytest.mark.parametrize("text", ["", " \n ", "\u200b\u200d", "\u2800", "\u00a0\u3000", "\U000e0067", "\ufffc"])
def test_what_nobody_sees_is_no_text(text: str) -> None:
    assert line(text) == paragraphs(text) == ""


def test_paragraphs_keep_one_empty_line_between_them() -> None:
    assert paragraphs("\n one  \n\n\n\n two\nthree \n") == "one\n\ntwo\nthree"


# --- cutting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("Fits.", 5, "Fits."),
        ("  Fits.  ", 5, "Fits."),
        ("One here. Two there. Three.", 22, "One here. Two there."),
        ("One here. Two there. Three.", 20, "One here. Two there."),
        ("One here. Two there. Three.", 19, "One here."),
        ("It stopped at 2 p.m. ET on Monday. All of it, everywhere.", 40, "It stopped at 2 p.m. ET on Monday."),
        ("Mr. Smith went. He came back later than that.", 20, "Mr. Smith went."),
        ("It is bad. The order came from Lt. Gov. Ann Lee of the north.", 40, "It is bad."),
        ("All is well. Here is what we know:\nNothing at all", 40, "All is well."),
        ("Oh. " + "word " * 40, 50, "Oh. word word word word word word word word word…"),
        ("a sentence, that goes on and on", 12, "a sentence…"),
        ("First paragraph\n\nSecond paragraph goes on", 25, "First paragraph"),
        ("x" * 300, 10, "xxxxxxxxx…"),
        ("short " + "x" * 300, 20, "short xxxxxxxxxxxxx…"),
        ("今日は晴れです。明日は雨でしょう。", 12, "今日は晴れです。"),
        ("anything", 0, ""),
        ("anything", 1, "…"),
    ],
)  # fmt: skip
def test_a_cut_falls_after_a_sentence_else_after_a_word(text: str, limit: int, short: str) -> None:
    assert cut(text, (), limit)[0] == short


@pytest.mark.parametrize(
    "cluster", [FAMILY, "🇺🇦", "👍🏽", "1️⃣", "e\u0301\u0323", "क्ष", "한\u11ab", "🏴\U000e0067\U000e0062\U000e007f", "😀"]
)
@pytest.mark.parametrize("limit", range(14, 40))
def test_a_cut_never_falls_inside_what_a_reader_sees_as_one_character(cluster: str, limit: int) -> None:
    short, _ = cut(cluster * 40, (), limit)

    assert units(short) <= limit
    stem = short.removesuffix("…")
    assert stem == cluster * (len(stem) // len(cluster))


@pytest.mark.parametrize("cluster", [FAMILY, "🇺🇦", "👍🏽", "e\u0301\u0323", "क्ष", "e" + "\u0301" * 60])
def test_where_not_even_the_first_character_fits_only_the_ellipsis_is_left(cluster: str) -> None:
    for limit in range(1, units(cluster) + 1):
        assert cut(f"{cluster}bc", (Entity(type="bold", offset=0, length=4),), limit) == ("…", ())
    assert cut(f"{cluster}bc", (), units(cluster) + 1)[0] == f"{cluster}…"


def test_endless_combining_marks_are_cut_all_the_same() -> None:
    short, _ = cut("e" + "\u0301" * 5000, (), 100)

    assert 50 < units(short) <= 100


def test_formatting_is_cut_with_its_text() -> None:
    bold, link = (
        Entity(type="bold", offset=0, length=9),
        Entity(type="text_link", offset=10, length=9, url="https://e.org"),
    )
    late = Entity(type="italic", offset=21, length=6)

    assert cut("One here. Two there. Three.", (bold, link, late), 20) == ("One here. Two there.", (bold, link))
    assert cut("One here and Two there", (Entity(type="bold", offset=0, length=22),), 12)[1][0].length == 8


@unhurried
@given(any_text, st.integers(0, 200))
def test_a_cut_fits_and_is_the_beginning_of_the_text(text: str, limit: int) -> None:
    whole, _ = tidy(text)
    short, _ = cut(whole, (), limit)

    assert units(short) <= limit
    assert whole.startswith(short.removesuffix("…"))
    assert short == short.strip()


@unhurried
@given(any_text)
def test_telegram_never_finds_more_than_we_reckon_with(text: str) -> None:
    assert len(find_entities(clean(text))) <= finds(clean(text))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("plain words, 3.5 percent of U.S. voters; and/or </b>", 0),
        ("#tag @name $USD /help", 4),
        ("see https://example.org/a/b?c=d#e and example.com", 4),
    ],
)
def test_finds_are_reckoned_high_and_not_absurdly_so(text: str, count: int) -> None:
    assert finds(text) == count


@pytest.mark.parametrize("piece", ["#a ", "@someone ", "http://example.org/x ", "a.co,", "/go "])
def test_a_text_of_nothing_but_finds_is_cut_until_there_are_few(piece: str) -> None:
    short = fitted(piece * 300, 4096, most=40)

    assert 25 < finds(short) <= 40
    assert finds(fitted("plain words " * 50, 400, most=0)) == 0


# --- entities that came with a text --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "given", "kept"),
    [
        ("bold", ("bold", 0, 4), ("bold", 0, 4)),
        ("  bold  ", ("bold", 0, 8), ("bold", 0, 4)),
        ("😀 bold", ("bold", 3, 4), ("bold", 3, 4)),
        ("a\x00\x00bold", ("bold", 3, 4), ("bold", 1, 4)),
        ("a\r\nbold", ("bold", 3, 4), ("bold", 2, 4)),
        ("\ud83d\ude00 bold", ("bold", 3, 4), ("bold", 3, 4)),
        ("bold", ("bold", 0, 400), ("bold", 0, 4)),
        ("bold", ("bold", 4, 1), None),
        ("bold", ("bold", -1, 3), None),
        ("bold", ("bold", 1, 0), None),
        ("bold", ("bold", 1, -1), None),
        ("a   b", ("bold", 1, 3), None),
        ("😀😀", ("bold", 1, 2), None),
        ("  if x:\n    y", ("pre", 2, 12), ("pre", 0, 11)),
    ],
)
def test_formatting_stays_on_its_words(
    text: str, given: tuple[str, int, int], kept: tuple[str, int, int] | None
) -> None:
    kind, offset, length = given
    _, entities = tidy(text, [Entity(type=kind, offset=offset, length=length)])

    assert [(each.type, each.offset, each.length) for each in entities] == ([kept] if kept else [])


def test_formatting_given_rightly_is_kept_exactly() -> None:
    text = "Bold and linked, spoiled and quoted\nsays she"
    given = (
        Entity(type="blockquote", offset=0, length=35),
        Entity(type="bold", offset=0, length=15),
        Entity(type="text_link", offset=9, length=6, url="https://example.org/a?b=c"),
        Entity(type="spoiler", offset=17, length=8),
        Entity(type="pre", offset=36, length=8, language="python"),
    )

    assert tidy(text, given) == (text, given)


def test_crossing_formatting_is_parted_where_it_crosses() -> None:
    _, entities = tidy(
        "one two three", [Entity(type="bold", offset=0, length=7), Entity(type="italic", offset=4, length=9)]
    )

    assert [(each.type, each.offset, each.length) for each in entities] == [
        ("bold", 0, 7),
        ("italic", 4, 3),
        ("italic", 7, 6),
    ]


@pytest.mark.parametrize("kind", ["bold", "code", "pre", "blockquote", "text_link"])
def test_the_same_formatting_twice_is_once(kind: str) -> None:
    once = Entity(type=kind, offset=0, length=10, url="https://example.org/")

    assert tidy("some words", [dataclasses.replace(once, length=4), once, once]) == ("some words", (once,))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "tg://user?id=1", "data:text/html,x", "", None])
def test_a_link_that_is_not_http_loses_the_link_and_keeps_the_words(url: str | None) -> None:
    assert tidy("words", [Entity(type="text_link", offset=0, length=5, url=url)]) == ("words", ())


@pytest.mark.parametrize("kind", ["text_mention", "custom_emoji", "date_time", "mention", "hashtag", "", "nonsense"])
def test_formatting_that_cannot_be_sent_as_it_is_leaves_its_words(kind: str) -> None:
    assert tidy("words", [Entity(type=kind, offset=0, length=5)]) == ("words", ())


kinds = st.sampled_from(["bold", "italic", "spoiler", "text_link", "code", "pre", "blockquote", "custom_emoji"])
wild_entities = st.lists(
    st.builds(
        Entity,
        type=kinds,
        offset=st.integers(-3, 80),
        length=st.integers(-1, 80),
        url=st.sampled_from([None, "https://example.org/", "javascript:x"]),
        custom_emoji_id=st.sampled_from([None, "5368324170671202286"]),
    ),
    max_size=12,
)


@unhurried
@given(any_text, wild_entities, st.integers(0, 300))
def test_whatever_formatting_comes_telegram_takes_what_leaves(text: str, entities: list[Entity], limit: int) -> None:
    tidied = tidy(text[:2000], entities)

    assert_telegram_takes(rendered(tidied))
    assert tidy(*tidied) == tidied
    short = cut(*tidied, limit)
    assert_telegram_takes(rendered(short))
    assert units(short[0]) <= limit


# --- links, tags, directions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a?b=c&d#e", "https://example.org/a?b=c&d#e"),
        ("HTTP://EXAMPLE.ORG", "HTTP://EXAMPLE.ORG"),
        (" https://example.org/a b ", "https://example.org/a%20b"),
        ("https://münchen.example/straße", "https://münchen.example/straße"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        ("https://ann:pw@example.org:443", "https://ann:pw@example.org:443"),
        ("https://example%2Eorg.example/", "https://example%2Eorg.example/"),
        ("https://example.org?q=[x]{y}|z", "https://example.org?q=[x]{y}|z"),
        ("http://[::1]/x", "http://[::1]/x"),
        ("http://localhost:8080/x", None),
        ("https://exa mple.org/", "https://exa%20mple.org/"),
        ("https://example%.org/", None),
        ("https://exa<b>mple.org/", None),
        ("https://a{b}@example.org/", None),
        ("https://example.org:0/", None),
        ("https://example.org:x/", None),
        ("https://example.org:/", None),
        ("javascript:alert(1)", None),
        ("ftp://example.org", None),
        ("//example.org/x", None),
        ("/relative", None),
        ("https://", None),
        ("https://evil.example\\@example.org", None),
        ("https://example.org/\x00", None),
        ("https://example.org/\u202egnp", None),
        ("https://example.org/\ud800", None),
        ("java\nscript:alert(1)", None),
        ("http://[::1", None),
        ("http://example.org:99999/", None),
        ("https://example.org/" + "x" * 3000, None),
        (None, None),
    ],
)
def test_only_plain_http_addresses_are_links(url: str | None, kept: str | None) -> None:
    assert safe_url(url) == kept


@unhurried
@given(st.text(alphabet="aZ0.:/@[]%?#-_\\ {}é\u0301א", max_size=30))
def test_an_address_we_link_is_one_telegram_takes(rest: str) -> None:
    url = safe_url(f"https://{rest}")

    assert url is None or checked_link(url)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.example.org/x", "example.org"),
        ("https://example.org@evil.example/", "evil.example"),
        ("https://" + "example.org." * 20 + "evil.example/", "…org.example.org.example.org.evil.example"),
    ],
)  # fmt: skip
def test_a_link_is_named_after_the_site_it_leads_to(url: str, name: str) -> None:
    assert host(url)[0] == name[0]
    assert host(url).endswith(name[1:])
    assert len(host(url)) <= 50


@pytest.mark.parametrize(
    ("word", "tag"),
    [
        ("nato", "#nato"),
        ("us-election", "#us_election"),
        ("us--election!", "#us_election"),
        ("G7", "#G7"),
        ("2024", "2024"),
        ("Київ", "#Київ"),
        ("a b\x00c", "#a_bc"),
        ("--", ""),
        ("<b>", "#b"),
    ],
)
def test_a_hashtag_has_only_what_telegram_takes_for_one(word: str, tag: str) -> None:
    assert hashtag(word) == tag


def test_a_right_to_left_piece_is_isolated_in_a_left_to_right_line() -> None:
    assert isolated("שלום") == "\u2068שלום\u2069"
    assert isolated("hello") == "hello"
    assert isolated("hello", rtl=True) == "\u2068hello\u2069"
    assert isolated("שלום 3", rtl=True) == "שלום 3"


# --- the builder ---------------------------------------------------------------------------------------------------


def test_pieces_follow_each_other_with_the_right_offsets() -> None:
    text, entities = (
        Writing()
        .bold("😀 Headline")
        .newline(2)
        .plain("By ")
        .italic("Ann")
        .plain(" ")
        .link("here", "https://e.org")
        .done()
    )

    assert text == "😀 Headline\n\nBy Ann here"
    assert entities == (
        Entity(type="bold", offset=0, length=11),
        Entity(type="italic", offset=16, length=3),
        Entity(type="text_link", offset=20, length=4, url="https://e.org"),
    )


def test_formatting_leaves_the_white_space_and_the_isolates_around_it_alone() -> None:
    writing = Writing().plain("14:02 ").write(" שלום ", "bold", url="https://e.org", isolate=True).plain(" end")
    done = rendered(writing.done())

    assert done.text == "14:02 \u2068 שלום \u2069 end"
    assert [covered(done, each) for each in done.entities] == ["שלום", "שלום"]
    assert [each.type for each in done.entities] == ["text_link", "bold"]


def test_a_link_to_nowhere_is_plain_text() -> None:
    assert Writing().link("here", "javascript:alert(1)").done() == ("here", ())


def test_empty_writings_bring_no_separators() -> None:
    writing = Writing().join(Writing(), Writing().plain("a"), Writing(), Writing().strike("b"), between=" · ")

    assert writing.done() == ("a · b", (Entity(type="strikethrough", offset=4, length=1),))


@unhurried
@given(st.lists(st.tuples(any_text, st.sampled_from(["", "bold", "link", "bold+strikethrough"])), max_size=6))
@example([("#a " * 32, "bold"), ("0", "link")])
@example([("#a " * 34, "bold"), ("0", "link")])
def test_whatever_is_written_telegram_takes_and_nothing_visible_is_lost(pieces: list[tuple[str, str]]) -> None:
    writing = Writing()
    for text, how in pieces:
        writing.write(
            text[:200],
            *(each for each in how.split("+") if each in {"bold", "strikethrough"}),
            url="https://e.org" if how == "link" else None,
        )
    done = writing.done()

    if writing.formatting <= ENTITIES:  # beyond it Telegram drops what comes last
        assert_telegram_takes(rendered(done))
    assert done[0] == tidy("".join(clean(text[:200]) for text, _ in pieces))[0]
    assert not any(unicodedata.category(char) == "Cs" for char in done[0])
