"""Making text shorter where a person would: after a sentence, else after a word, never inside a character.

A character here is what a reader sees as one: a letter with its accents, a flag, a family of four.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate, takewhile

import sentencex  # type: ignore[import-untyped]

from bot.core.entities import settled, units
from bot.core.model import Entity

_ELLIPSIS = "…"
_JOINER = "\u200d"
_VIRAMA = 9  # its canonical combining class: the consonant after it belongs to the same cluster
_LONGEST_CLUSTER = 64  # characters; beyond it is noise, and cut like text
_AFTERNOON = re.compile(r"\b[ap]\.\s?m\.\s*$", re.IGNORECASE)
_ZONE = re.compile(r"(?:[A-Z]{1,4}T|GMT|UTC|MSK|Eastern|Central|Mountain|Pacific|local)\b")


def cut(
    text: str, entities: Sequence[Entity] = (), limit: int = 4096, language: str = "en"
) -> tuple[str, tuple[Entity, ...]]:
    """`text` in at most `limit` UTF-16 units, its entities clipped with it; unchanged but for trimming when it fits.

    Cut after the last whole sentence if that keeps at least a quarter of the limit, else after a word and with "…".
    """
    text, kept = settled(text, entities)
    if units(text) <= limit:
        return text, kept
    if limit <= 0:
        return "", ()
    end = _within(text, limit)
    sentence = max((stop for stop in sentence_ends(text[: end + 200], language) if stop <= end), default=0)
    if units(text[:sentence]) * 4 >= limit:
        return settled(text[:sentence], kept)
    shorter = text[: _word_end(text, _within(text, limit - 1))].rstrip(" \n,;:–—-")
    return settled(shorter + _ELLIPSIS, settled(shorter, kept)[1])


def sentence_ends(text: str, language: str) -> tuple[int, ...]:
    """Indexes at which `text` has just finished a sentence or a paragraph; the end of the text is not one of them.

    "at 2 p.m. ET" is one sentence, which sentencex takes for two.
    """
    segments = sentencex.segment(language, text)
    stops = list(accumulate(len(each) for each in segments))
    return tuple(
        start + len(segment.rstrip())
        for start, segment, following in zip([0, *stops], segments, segments[1:], strict=False)
        if segment.strip() and not (_AFTERNOON.search(segment) and _ZONE.match(following.lstrip()))
    )


def _within(text: str, limit: int) -> int:
    """The most characters of `text` that fit `limit` units without parting a cluster."""
    lengths = accumulate(1 + (char > "\uffff") for char in text[:limit])
    end = sum(1 for _ in takewhile(lambda length: length <= limit, lengths))
    for place in range(end, max(0, end - _LONGEST_CLUSTER), -1):
        if not _joined(text, place):
            return place
    return end


def _word_end(text: str, end: int) -> int:
    """Where the last whole word before `end` ends; `end` itself when that would lose half of it to one long word."""
    if end >= len(text) or text[end].isspace():
        return end
    space = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end))
    return space if space * 2 >= end else end


def _joined(text: str, place: int) -> bool:
    """Whether the characters on both sides of `place` belong together.

    The rules of Unicode Standard Annex 29 as far as the standard library knows the properties they need.
    """
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if unicodedata.category(after) in {"Mn", "Mc", "Me"} or _extends(after) or before == _JOINER:
        return True
    if unicodedata.combining(before) == _VIRAMA and unicodedata.category(after) == "Lo":
        return True
    if _is_flag(before) and _is_flag(after):
        return _flags_before(text, place) % 2 == 1
    return _is_hangul(before) and "\u1160" <= after <= "\u11ff"


def _extends(char: str) -> bool:
    """Joiners, skin tones, and the tag characters of regional flags."""
    return char in {_JOINER, "\u200c"} or "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_hangul(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff" or "\uac00" <= char <= "\ud7a3"


def _flags_before(text: str, place: int) -> int:
    return sum(1 for _ in takewhile(_is_flag, reversed(text[:place])))
