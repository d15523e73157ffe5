"""Rich messages: headings, details that open, tables, pictures. Values, and their form in the Bot API.

As with entities there is no mark-up: text from outside is text in a field, so that nothing a page says can be taken
for a tag (https://core.telegram.org/bots/api#inputrichmessage with `blocks`, of Bot API 10.2 and later).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, assert_never

from bot.core.entities import units
from bot.core.model import Entity
from bot.core.writing import Writing

# https://core.telegram.org/bots/api#rich-message-formatting-options
LONGEST, MOST_BLOCKS, MOST_PICTURES = 32_768, 500, 50
STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler", "code"})


@dataclass(frozen=True, slots=True)
class Words:
    """Text with its formatting."""

    text: str
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    words: Words
    size: int = 3  # 1 to 6, 1 is the largest


@dataclass(frozen=True, slots=True)
class Paragraph:
    words: Words


@dataclass(frozen=True, slots=True)
class Listing:
    """A list with a dot before each line."""

    lines: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    address: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The first row is its head; numbers stand to the right."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Details:
    """What opens at a tap."""

    summary: Words
    blocks: tuple[Block, ...]


Block = Heading | Paragraph | Listing | Picture | Table | Details


@dataclass(frozen=True, slots=True)
class RichMessage:
    """`rtl`: it is read from right to left."""

    blocks: tuple[Block, ...]
    rtl: bool = False


def words(writing: Writing) -> Words:
    return Words(*writing.done())


def without_pictures(message: RichMessage) -> RichMessage:
    """The same, for where one of them may be what Telegram could not take."""
    return RichMessage(_without_pictures(message.blocks), message.rtl)


def _without_pictures(blocks: Iterable[Block]) -> tuple[Block, ...]:
    return tuple(
        Details(one.summary, _without_pictures(one.blocks)) if isinstance(one, Details) else one
        for one in blocks
        if not isinstance(one, Picture)
    )


# --- in the Bot API ------------------------------------------------------------------------------------------------


def as_json(message: RichMessage) -> dict[str, Any]:
    """The Bot API's InputRichMessage. Nothing is looked for in the text: a page's words call nobody's name."""
    found: dict[str, Any] = {"blocks": [_block(one) for one in message.blocks], "skip_entity_detection": True}
    return found | {"is_rtl": True} if message.rtl else found


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(words=said, size=size):
            return {"type": "heading", "text": rich_text(said), "size": size}
        case Paragraph(words=said):
            return {"type": "paragraph", "text": rich_text(said)}
        case Listing(lines=lines):
            return {"type": "list", "items": [{"blocks": [_block(Paragraph(line))]} for line in lines]}
        case Picture(address=address, caption=caption):
            photo = {"type": "photo", "photo": {"type": "photo", "media": address}}
            return photo | {"caption": {"text": caption}} if caption else photo
        case Table(rows=rows):
            return {"type": "table", "cells": [_cells(row, head=not at) for at, row in enumerate(rows)]}
        case Details(summary=summary, blocks=blocks):
            return {"type": "details", "summary": rich_text(summary), "blocks": [_block(one) for one in blocks]}
    assert_never(block)


def _cells(row: Sequence[str], *, head: bool) -> list[dict[str, Any]]:
    cells = [{"text": cell, "align": "right" if at else "left", "valign": "top"} for at, cell in enumerate(row)]
    return [cell | {"is_header": True} for cell in cells] if head else cells


def rich_text(said: Words) -> Any:
    """The Bot API's RichText: a string, or runs of it each in what it is formatted as."""
    ends = {place for one in said.entities for place in (one.offset, one.offset + one.length)}
    cuts = sorted({0, units(said.text), *ends})
    raw = said.text.encode("utf-16-le")
    runs = [
        _run(raw[2 * start : 2 * stop].decode("utf-16-le"), start, stop, said.entities)
        for start, stop in pairwise(cuts)
    ]
    return runs[0] if len(runs) == 1 else runs or ""


def _run(text: str, start: int, stop: int, entities: Iterable[Entity]) -> Any:
    run: Any = text
    for one in entities:
        if one.offset > start or one.offset + one.length < stop:
            continue
        if one.type == "text_link":
            run = {"type": "url", "text": run, "url": one.url}
        elif one.type in STYLES:
            run = {"type": one.type, "text": run}
    return run
