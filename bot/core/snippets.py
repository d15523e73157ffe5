"""The place in a post where the words of a search stand, cut to a line or two, with the words in bold.

Words are found as the search finds them: in any case, with or without accents, whole but for the last one, which may
be a beginning; in scripts that put no spaces between words, anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.clusters import within
from bot.core.entities import units
from bot.core.model import Entity
from bot.core.topics import UNSPACED
from bot.core.writing import clean

LONGEST = 160  # UTF-16 units of a snippet
_LOOKED_AT = 20_000  # characters of a post
_MARKED = 6  # words in bold: each takes of the hundred that a message may have
_NEAR = 100  # characters in which as many of the words as possible shall stand


@dataclass(frozen=True, slots=True)
class Snippet:
    text: str
    entities: tuple[Entity, ...]


def words_of(typed: str) -> list[str]:
    """What a person typed, without all that is neither letter, mark nor number: nothing of it can be an operator."""
    return "".join(one if unicodedata.category(one)[0] in "LMN" else " " for one in typed).split()


def snippet(text: str, words: Sequence[str], limit: int = LONGEST) -> Snippet | None:
    """None where none of the words stands in the text: then it was found by its headline."""
    line = " ".join(clean(text[:_LOOKED_AT]).split())
    places = places_of(line, words)
    if not places:
        return None
    start, end = _window(line, _best(places), limit - 2)
    before, after = "…" if start > 0 else "", "…" if end < len(line) else ""
    shown = before + line[start:end] + after
    marked = [
        _bold(shown, first - start + len(before), min(last, end) - start + len(before))
        for first, last, _ in places
        if start <= first < end
    ]
    return Snippet(shown, tuple(marked[:_MARKED]))


def places_of(text: str, words: Sequence[str]) -> list[tuple[int, int, int]]:
    """Where the words stand: first character, the one after the last, and which word; in the order of the text."""
    folded, origin = _folded(text)
    found: list[tuple[int, int, int]] = []
    for number, word in enumerate(words):
        matches = re.finditer(_pattern(word, last=number == len(words) - 1), folded)
        found += [(origin[match.start()], origin[match.end() - 1] + 1, number) for match in matches]
    return _apart(sorted(found))


def _pattern(word: str, *, last: bool) -> str:
    plain = re.escape(_folded(word)[0])
    if not plain or UNSPACED.search(word):
        return plain or r"(?!)"
    return rf"(?<![^\W_]){plain}" + (r"[^\W_]*" if last else r"(?![^\W_])")


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """Small letters without their accents, and for each the character it comes from."""
    if text.isascii():
        return text.lower(), range(len(text))
    letters, origin = list[str](), list[int]()
    for place, char in enumerate(text):
        for one in unicodedata.normalize("NFD", char.casefold()):
            if not unicodedata.combining(one):
                letters.append(one)
                origin.append(place)
    return "".join(letters), origin


def _apart(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """No two over each other: bold within bold says nothing."""
    kept: list[tuple[int, int, int]] = []
    for one in found:
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


def _best(places: list[tuple[int, int, int]]) -> int:
    """Where the most of the words stand close together; the first such place."""

    def near(first: int) -> int:
        return len({number for start, _, number in places if first <= start < first + _NEAR})

    return max((start for start, _, _ in places), key=lambda start: (near(start), -start))


def _window(line: str, place: int, limit: int) -> tuple[int, int]:
    """A stretch around `place` of at most `limit` units, from word to word where there are spaces."""
    if units(line) <= limit:
        return 0, len(line)
    start = max(place - limit // 3, 0)
    start = start and _word_start(line, start, place)
    end = start + within(line[start:], limit)
    if end >= len(line):  # room is left at the end: it is given to the beginning
        start = max(len(line) - limit, 0)
        return _word_start(line, start, place), len(line)
    space = line.rfind(" ", place, end)
    return start, space if space > place and space * 2 > start + end else end


def _word_start(line: str, start: int, place: int) -> int:
    """The first word that begins at `start` or after it, not after `place`; never inside of a character."""
    space = line.find(" ", max(start - 1, 0), place)
    start = space + 1 if space >= 0 else start
    while start < place and unicodedata.category(line[start])[0] == "M":
        start += 1
    return start


def _bold(text: str, start: int, end: int) -> Entity:
    return Entity(type="bold", offset=units(text[:start]), length=units(text[start:end]))
