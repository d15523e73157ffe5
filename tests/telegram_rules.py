"""What Telegram would say of a message: an oracle for tests, written from its rules and not from our code."""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import urlsplit

from hypothesis import settings
from hypothesis import strategies as st

from bot.core.model import Entity, Rendered
from bot.demo.telegram.formatting import EMPTY, caption_text, message_text

NESTS_ANYWHERE = {"bold", "italic", "underline", "strikethrough", "spoiler"}

# What pages have in them: mark-up that is none, families joined by ZWJ, flags, skin tones, keycaps, accents on
# accents, two directions, overrides, control characters, halves of surrogate pairs, and words without an end.
PIECES = (
    *(
        "word and word. ",
        "At 2 p.m. ET it stopped. ",
        "x" * 300,
        "日本語の文章。",
        "…",
        " ",
        "\n",
        "\n\n\n",
        "\r\n",
        "\r",
        "\t",
    ),
    *(
        "<b>bold</b>",
        "&amp;",
        "*star* _line_ `code` [a](http://b.c)",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
    ),
    *("@someone", "#tag", "/forget", "http://example.org/x", "#a ", "example.com "),
    *("👨‍👩‍👧‍👦", "🇺🇦🇩🇪", "👍🏽", "1️⃣", "😀", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"),
    *("e\u0301", "a\u030a", "Z\u0333\u0325\u0317", "क्षत्रिय", "각"),
    *("שלום עולם. ", "مرحبا ", "\u202eevil\u202c", "\u2066open", "\u2069", "\u200f", "\u200e"),
    *("\x00", "\x1b[0m", "\u00a0", "\u2028", "\ufeff", "\u200b", "\ud83d", "\ude00"),
)

any_text = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.tuples(st.sampled_from(PIECES), st.integers(1, 10_000)).map(lambda each: (each[0] * each[1])[:10_000]),
    st.text(alphabet=st.characters(), max_size=30),  # lone surrogates and all
)

unhurried = settings(deadline=None)  # a slow machine is not a wrong result
short_text = any_text.map(lambda text: text[:1500])  # several of them in one example


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le")  # strict: a lone surrogate fails here


def covered(rendered: Rendered, entity: Entity) -> str:
    """The words `entity` covers; fails when it is out of range, empty, or splits a surrogate pair."""
    raw = utf16(rendered.text)
    assert entity.offset >= 0
    assert entity.length > 0
    assert (entity.offset + entity.length) * 2 <= len(raw), "an entity reaches past the text"
    raw[: entity.offset * 2].decode("utf-16-le")
    return raw[entity.offset * 2 : (entity.offset + entity.length) * 2].decode("utf-16-le")


def server_text(text: str) -> str:
    """What the server keeps of a text: controls to spaces, some characters gone, trimmed (td, clean_input_string)."""
    gone = {*range(0x2028, 0x202F), 0x0333, 0x033F, 0x030A, 0x0D}
    text = re.sub("[\u200e\u200f](?=[\u200e\u200f])", "\u200c", text)
    spaced = "".join(" " if ord(char) < 32 and char != "\n" else char for char in text if ord(char) not in gone)
    return spaced.strip(" \n")


def links(rendered: Rendered) -> list[str]:
    return [entity.url or "" for entity in rendered.entities if entity.type == "text_link"]


def assert_telegram_takes(rendered: Rendered) -> None:
    """Every rule a message must keep to be taken, and taken as it is."""
    assert len(utf16(rendered.text)) // 2 <= (1024 if rendered.photo else 4096)
    assert server_text(rendered.text) == rendered.text
    assert len(rendered.entities) <= 100
    for entity in rendered.entities:
        words = covered(rendered, entity)
        assert words.strip(), "an entity covers white space only"
        assert entity.type != "text_link" or urlsplit(entity.url or "").scheme.lower() in {"http", "https"}
    for one in rendered.entities:
        for other in rendered.entities:
            assert_nested(one, other)
    if not EMPTY.fullmatch(rendered.text):
        assert_local_telegram_keeps(rendered)


def assert_local_telegram_keeps(rendered: Rendered) -> None:
    """Our strict local Telegram takes it, changes no character, and keeps every link where it was."""
    given = [
        {name: value for name, value in dataclasses.asdict(entity).items() if value is not None}
        for entity in rendered.entities
    ]
    text, kept = (caption_text if rendered.photo else message_text)(rendered.text, "", given)
    assert text == rendered.text
    found = {(one["type"], one["offset"], one["length"]) for one in kept}
    assert {(each.type, each.offset, each.length) for each in rendered.entities if each.type == "text_link"} <= found


def assert_nested(one: Entity, other: Entity) -> None:
    if one is other or one.offset > other.offset or other.offset >= one.offset + one.length:
        return
    assert other.offset + other.length <= one.offset + one.length or (
        one.offset == other.offset and one.length < other.length
    ), "entities cross"
    assert one.type in NESTS_ANYWHERE or other.type in NESTS_ANYWHERE or "blockquote" in one.type + other.type
