"""Runs of formatting over a text: counted, moved, and brought into the shape Telegram accepts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate

from bot.core.model import Entity

_SPLITTABLE = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_CODE = frozenset({"pre", "code"})
_MARKS = re.compile("[\u200e\u200f]+(?=[\u200e\u200f])")
# Others Telegram finds by itself (mentions, hashtags, addresses), or they need more than an `Entity` carries.
SENDABLE = _SPLITTABLE | _QUOTES | _CODE | {"text_link", "custom_emoji"}


def units(text: str) -> int:
    """UTF-16 code units in `text`: two for a character beyond the Basic Multilingual Plane."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def shifted(entity: Entity, offset: int, length: int | None = None) -> Entity:
    return replace(entity, offset=offset, length=entity.length if length is None else length)


def settled(text: str, entities: Iterable[Entity]) -> tuple[str, tuple[Entity, ...]]:
    """`text` without white space around it, and the entities that remain, ordered, in range, properly nested.

    Of several direction marks in a row all but the last become joiners, as Telegram does it (td, MessageEntity.cpp).
    """
    lead = units(text[: len(text) - len(text.lstrip())])
    text = _MARKS.sub(lambda marks: "\u200c" * len(marks[0]), text.strip())
    clipped = [_clipped(shifted(each, each.offset - lead), units(text)) for each in entities]
    if not clipped:
        return text, ()
    edges = frozenset(accumulate((1 + (char > "\uffff") for char in text), initial=0))
    blank = [char.isspace() for char in text for _ in range(1 + (char > "\uffff"))]
    return text, tuple(nested(each for each in clipped if each and _covers_text(each, edges, blank)))


def _clipped(entity: Entity, end: int) -> Entity | None:
    start = max(entity.offset, 0)
    length = min(entity.offset + entity.length, end) - start
    return shifted(entity, start, length) if length > 0 else None


def _covers_text(entity: Entity, edges: frozenset[int], blank: list[bool]) -> bool:
    """Whether it begins and ends between characters and covers more than white space."""
    stop = entity.offset + entity.length
    return entity.offset in edges and stop in edges and not all(blank[entity.offset : stop])


def nested(entities: Iterable[Entity]) -> list[Entity]:
    """Entities with any two either apart or one inside the other: a crossing one is parted where they cross."""
    waiting = sorted(entities, key=_order, reverse=True)
    placed: list[Entity] = []
    around: list[Entity] = []  # those the next one may stand inside, outermost first
    while waiting:
        entity = waiting.pop()
        while around and _stop(around[-1]) <= entity.offset:
            around.pop()
        if around and _stop(entity) > _stop(around[-1]):
            first = _stop(around[-1]) - entity.offset
            waiting.append(shifted(entity, entity.offset + first, entity.length - first))
            waiting.append(shifted(entity, entity.offset, first))
            waiting.sort(key=_order, reverse=True)
        elif all(_may_hold(outer, entity) for outer in around):
            placed.append(entity)
            around.append(entity)
    return placed


def _order(entity: Entity) -> tuple[int, int, bool, str]:
    """By place, longer first, and links outside of what decorates them; the type last, so that order is total."""
    return entity.offset, -entity.length, entity.type in _SPLITTABLE, entity.type


def _stop(entity: Entity) -> int:
    return entity.offset + entity.length


def _may_hold(outer: Entity, inner: Entity) -> bool:
    """The Bot API's rules of nesting (core.telegram.org/bots/api#formatting-options)."""
    if outer.type == inner.type or outer.type in _CODE:
        return False
    if inner.type in _CODE:
        return outer.type in _QUOTES
    if inner.type in _SPLITTABLE or outer.type in _SPLITTABLE:
        return True
    return outer.type in _QUOTES and inner.type not in _QUOTES
