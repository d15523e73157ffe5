"""Making text shorter where a person would: after a sentence, else after a word, never inside a character."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.clusters import within
from bot.core.entities import settled, units
from bot.core.model import Entity
from bot.core.sentences import whole_sentences

_ELLIPSIS = "…"


def cut(
    text: str, entities: Sequence[Entity] = (), limit: int = 4096, language: str = "en"
) -> tuple[str, tuple[Entity, ...]]:
    """`text` in at most `limit` UTF-16 units, its entities clipped with it; unchanged but for trimming when it fits.

    Cut after the last whole sentence if that keeps at least a quarter of the limit, else as `shortened` does.
    """
    text, kept = settled(text, entities)
    if units(text) <= limit:
        return text, kept
    if limit <= 0:
        return "", ()
    sentences = text[: whole_sentences(text, within(text, limit), language)]
    if units(sentences) * 4 >= limit:
        return settled(sentences, kept)
    shorter = _words(text, limit - 1)
    return settled(shorter + _ELLIPSIS, settled(shorter, kept)[1])


def shortened(text: str, limit: int) -> str:
    """A `text` that does not fit `limit` UTF-16 units, cut after a word and with "…".

    Inside a word only where half of the room would be lost to it; "…" alone where not even one character fits.
    """
    return _words(text, limit - 1) + _ELLIPSIS if limit > 0 else ""


def _words(text: str, limit: int) -> str:
    return text[: _word_end(text, within(text, limit))].rstrip(" \n,;:–—-")


def _word_end(text: str, end: int) -> int:
    """Where the last whole word before `end` ends; `end` itself when that would lose half of it to one long word."""
    if end >= len(text) or text[end].isspace():
        return end
    space = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end))
    return space if space * 2 >= end else end
