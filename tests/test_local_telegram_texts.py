"""Texts, entities, HTML and links of the local Telegram, against oracles of their own."""

from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.telegram.finding import find_entities
from bot.demo.telegram.formatting import caption_text, formatted, message_text
from bot.demo.telegram.links import checked_link
from bot.demo.telegram.nesting import SPLITTABLE, nested
from bot.demo.telegram.utf16 import length, part, starts
from bot.demo.telegram.values import Refusal

# Letters, a flag, an emoji made of several characters, an accent: what breaks counting, and nothing that is cleaned.
CHARACTERS = st.sampled_from(["a", "Z", "é", "中", "🎉", "👩‍🚀", "🇺🇦", "e\u0301", "\U0001d54f", "-"])
TEXTS = st.lists(CHARACTERS, min_size=1, max_size=12).map("".join)


def refusal(text: str, parse_mode: str = "", entities: object = None) -> str:
    with pytest.raises(Refusal) as refused:
        formatted(text, parse_mode, entities)
    assert refused.value.code == 400
    return refused.value.description.removeprefix("Bad Request: ")


def bold(offset: int, size: int) -> dict[str, Any]:
    return {"type": "bold", "offset": offset, "length": size}


# --- counting ---------------------------------------------------------------------------------------------------------


@given(st.text())
def test_length_counts_utf16_code_units(text: str) -> None:
    assert length(text) == sum(2 if ord(character) > 0xFFFF else 1 for character in text)
    assert starts(text)[-1] == length(text)


@given(TEXTS, st.data())
def test_parts_put_together_are_the_text(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.sampled_from(starts(text)))
    assert part(text, 0, cut) + part(text, cut, length(text) - cut) == text


def test_a_text_of_4096_units_is_taken_and_one_more_is_not() -> None:
    assert message_text("🎉" * 2048, "", None)[0] == "🎉" * 2048
    with pytest.raises(Refusal, match="message is too long"):
        message_text("🎉" * 2048 + "a", "", None)


def test_a_caption_of_1024_units_is_taken_and_one_more_is_not() -> None:
    assert caption_text("é" * 1024, "", None)[0] == "é" * 1024
    with pytest.raises(Refusal, match="message caption is too long"):
        caption_text("é" * 1025, "", None)


def test_markup_does_not_count_towards_the_limit() -> None:
    text, entities = message_text("<b>" + "a" * 4096 + "</b>", "HTML", None)
    assert len(text) == 4096
    assert entities == (bold(0, 4096),)


# --- entities ---------------------------------------------------------------------------------------------------------


def in_range(text: str, offset: int, size: int) -> bool:
    """An oracle that decodes: half a character does not."""
    units = text.encode("utf-16-le")
    try:
        for piece in (units[: 2 * offset], units[2 * offset : 2 * (offset + size)]):
            piece.decode("utf-16-le")
    except UnicodeDecodeError:
        return False
    return 2 * (offset + size) <= len(units)


@given(TEXTS, st.integers(0, 30), st.integers(1, 30))
def test_an_entity_is_taken_just_when_it_covers_whole_characters_of_the_text(text: str, offset: int, size: int) -> None:
    if in_range(text, offset, size):
        kept, entities = formatted(text, "", [bold(offset, size)])
        assert (kept, entities) == (text, (bold(offset, size),))
    else:
        why = refusal(text, "", [bold(offset, size)])
        assert why.startswith(("entity begin", "entity beginning"))


@pytest.mark.parametrize(
    ("entity", "why"),
    [
        (bold(5, 1), "entity begins after the end of the text at UTF-16 offset 5"),
        (bold(1, 1), "entity begins in a middle of a UTF-16 symbol at byte offset 4"),
        (bold(0, 1), "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4"),
        (bold(2, 3), "entity beginning at UTF-16 offset 2 ends after the end of the text at UTF-16 offset 5"),
        (bold(-1, 3), "receive an entity with incorrect offset -1"),
        (bold(0, -3), "receive an entity with incorrect length -3"),
        ({"type": "blink", "offset": 0, "length": 2}, "can't parse MessageEntity: Unsupported type specified"),
        ({"type": "bold", "length": 2}, "can't parse MessageEntity: Can't find field \"offset\""),
        ({"type": "text_link", "offset": 0, "length": 2}, "can't parse MessageEntity: Can't find field \"url\""),
        (
            {"type": "text_link", "offset": 0, "length": 2, "url": "javascript:alert(1)"},
            "entity URL 'javascript:alert(1)' is invalid: Wrong port number specified in the URL",
        ),
        ("bold", "can't parse MessageEntity: expected an Object"),
    ],
)
def test_a_wrong_entity_is_refused_in_telegrams_words(entity: Any, why: str) -> None:
    assert refusal("🎉ab", "", [entity]) == why


def test_white_space_around_the_text_goes_and_entities_move_along() -> None:
    assert formatted("  \n hello \n", "", [bold(4, 7)]) == ("hello", (bold(0, 5),))


def test_white_space_that_an_entity_covers_stays_in_front() -> None:
    assert formatted("  hello", "", [bold(1, 6)]) == (" hello", (bold(0, 6),))


def test_carriage_returns_vanish_under_an_entity() -> None:
    assert formatted("a\r\nb c", "", [bold(0, 4)]) == ("a\nb c", (bold(0, 3),))


def test_what_telegram_finds_by_itself_is_not_taken_from_the_bot() -> None:
    claimed = [{"type": "hashtag", "offset": 0, "length": 5}]
    assert formatted("plain #tag", "", claimed)[1] == ({"type": "hashtag", "offset": 6, "length": 4},)


def test_entities_beyond_the_hundredth_are_passed_over() -> None:
    text = "a b " * 150
    many = [bold(4 * n, 1) for n in range(150)]
    assert len(formatted(text, "", many)[1]) == 100


def test_with_a_parse_mode_the_entities_are_not_looked_at() -> None:
    assert formatted("<b>a</b>", "HTML", [bold(0, 99)]) == ("a", (bold(0, 1),))


ENTITIES = st.lists(
    st.builds(
        lambda kind, offset, size: {"type": kind, "offset": offset, "length": size},
        st.sampled_from([*SPLITTABLE, "code", "pre", "blockquote"]),
        st.integers(0, 20),
        st.integers(1, 20),
    ),
    max_size=6,
)


def covered(entities: list[dict[str, Any]], kind: str) -> set[int]:
    spans = [range(one["offset"], one["offset"] + one["length"]) for one in entities if one["type"] == kind]
    return {unit for span in spans for unit in span}


@given(ENTITIES)
def test_nesting_keeps_what_is_bold_outside_code_and_never_adds_any(entities: list[dict[str, Any]]) -> None:
    kept = nested(entities)
    code = covered(kept, "code") | covered(kept, "pre")
    for kind in SPLITTABLE:
        before, after = covered(entities, kind), covered(kept, kind)
        assert after <= before
        assert before - code <= after


@given(ENTITIES)
def test_nested_entities_never_cross_each_other(entities: list[dict[str, Any]]) -> None:
    fixed = [one for one in nested(entities) if one["type"] not in SPLITTABLE]
    for one in fixed:
        for other in fixed:
            begins_inside = one["offset"] < other["offset"] < one["offset"] + one["length"]
            assert not begins_inside or other["offset"] + other["length"] <= one["offset"] + one["length"]


# --- HTML -------------------------------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Mn"]), min_size=1))
def test_an_escaped_text_comes_out_as_it_went_in(text: str) -> None:
    assert formatted(html.escape(text), "HTML", None)[0] == formatted(text, "", None)[0]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a</b><strong>b</strong>", "ab", [bold(0, 2)]),
        ("<i>a <u>b</u></i>", "a b", [("italic", 0, 2), ("italic", 2, 1), ("underline", 2, 1)]),
        ("<s>a</s>", "a", [("strikethrough", 0, 1)]),
        ('<span class="tg-spoiler">a</span>', "a", [("spoiler", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
        ('<pre><code class="language-py">x = 1</code></pre>', "x = 1", [("pre", 0, 5, {"language": "py"})]),
        ("<code>a</code>", "a", [("code", 0, 1)]),
        ('<a href="HTTPS://Example.org">a</a>', "a", [("text_link", 0, 1, {"url": "https://example.org/"})]),
        ('<a href="tg://user?id=7">a</a>', "a", [("text_mention", 0, 1, {"user": {"id": 7}})]),
        ("<a>example.org</a>", "example.org", [("text_link", 0, 11, {"url": "http://example.org/"})]),
        ('<a href="nowhere">a</a>', "a", []),
        ("&lt;b&gt; &amp;&quot;&#39;&#x1F389; &nbsp; &lt", "<b> &\"'🎉 &nbsp; <", []),
        ("🎉<b>a</b>", "🎉a", [bold(2, 1)]),
        ("<B>a</b >", "a", [bold(0, 1)]),
        ("<b></b>a", "a", []),
        ('<tg-emoji emoji-id="5">👍</tg-emoji>', "👍", [("custom_emoji", 0, 2, {"custom_emoji_id": "5"})]),
    ],
)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[Any]) -> None:
    wanted = [
        one if isinstance(one, dict) else {"type": one[0], "offset": one[1], "length": one[2], **dict(*one[3:])}
        for one in entities
    ]
    assert formatted(source, "HTML", None) == (text, tuple(wanted))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("é<p>a</p>", 'Unsupported start tag "p" at byte offset 2'),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<a href", 'Unclosed start tag "a" at byte offset 0'),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        ("<a href=x/y>a</a>", "Unexpected end of name token at byte offset 8"),
        ("<a =x>a</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<tg-emoji>a</tg-emoji>", "Invalid custom emoji identifier specified"),
    ],
)
def test_broken_html_is_refused_with_the_place(source: str, why: str) -> None:
    assert refusal(source, "HTML") == f"can't parse entities: {why}"


def test_other_parse_modes_are_refused_in_one_clear_sentence() -> None:
    assert "reads parse_mode HTML and entities, not Markdown" in refusal("*a*", "MarkdownV2")
    assert refusal("a", "RTF") == "unsupported parse_mode"


# --- found in the text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start now", [("bot_command", "/start")]),
        ("see /help@relay_bot!", [("bot_command", "/help@relay_bot")]),
        ("and/or 5/6", []),
        ("🎉 @relay_bot", [("mention", "@relay_bot")]),
        ("mail a.b@example.org", [("email", "a.b@example.org")]),
        ("(https://example.org/a_(b)).", [("url", "https://example.org/a_(b)")]),
        ("read example.com/x, please", [("url", "example.com/x")]),
        ("e.g. this.that", []),
        ("#NATO #1 $USD", [("hashtag", "#NATO"), ("cashtag", "$USD")]),
    ],
)
def test_commands_mentions_tags_and_addresses_are_found(text: str, found: list[tuple[str, str]]) -> None:
    assert [(one["type"], part(text, one["offset"], one["length"])) for one in find_entities(text)] == found


def test_nothing_is_found_inside_a_link() -> None:
    text, entities = formatted('<a href="https://example.org/">see @relay_bot</a>', "HTML", None)
    assert [one["type"] for one in entities] == ["text_link"]
    assert text == "see @relay_bot"


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("example.org", "http://example.org/"),
        ("https://Example.org:8080?a=b c", "https://example.org:8080/?a=b%20c"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        ("tg://resolve?domain=relay_bot", "tg://resolve?domain=relay_bot"),
        ("https://user:word@example.org/", "https://user:word@example.org/"),
    ],
)
def test_an_address_is_kept_in_telegrams_form(link: str, kept: str) -> None:
    assert checked_link(link) == kept


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("ftp://example.org/", "Unsupported URL protocol"),
        ("http://localhost/", "Wrong HTTP URL"),
        ("http:///x", "URL host is empty"),
        ("http://example.org:99999/", "Wrong port number specified in the URL"),
        ("http://exa mple.org/", "Disallowed character in URL host"),
        ("http://example%zz.org/", "Wrong percent-encoded symbol in URL host"),
    ],
)
def test_an_unusable_address_is_refused(link: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        checked_link(link)
