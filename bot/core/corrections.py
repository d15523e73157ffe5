"""What an editor corrects a post to, and whether two posts say the same. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.core.entities import units
from bot.core.identity import normal_title
from bot.core.model import Entity
from bot.core.relink import alike
from bot.core.writing import line, tidy

_TELLING_WORDS = 4  # a shorter headline ("Summary", "What we know") comes back every day
_LONG = 12  # words; of fewer, a single other one makes another story
_NEARLY = 92  # of 100
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """All that a post says then. `photo` None: the picture stays."""

    text: str
    entities: tuple[Entity, ...] = ()
    title: str | None = None
    title_is_derived: bool = False
    summary: str | None = None
    photo: str | None = None


def of_a_blog(text: str, entities: Sequence[Entity], *, has_headline: bool = True) -> Correction:
    """The first line is the headline, what follows is the text. One line alone is the headline of a post that has
    one, and else the text."""
    first, _, rest = text.partition("\n")
    if not has_headline:
        return Correction(title=line(first), title_is_derived=True, text=text, entities=tuple(entities))
    before = units(text) - units(rest)
    moved = [one for one in entities if one.offset + one.length > before]
    body, formatting = tidy(rest, [_moved_back(one, before) for one in moved] if rest else [])
    return Correction(title=line(first), text=body, entities=formatting)


def _moved_back(one: Entity, before: int) -> Entity:
    start = max(one.offset, before)
    return Entity(
        type=one.type,
        offset=start - before,
        length=one.offset + one.length - start,
        url=one.url,
        language=one.language,
        custom_emoji_id=one.custom_emoji_id,
    )


def says_the_same(title: str | None, text: str, other_title: str | None, other_text: str) -> bool:
    """Whether one post is the other, published again: the same words, or nearly so and no other number in them.

    A live blog says much in nearly the same words ("The 14:05 ferry is late"), and that is news.
    """
    if not (text.strip() and other_text.strip()):
        return not (text.strip() or other_text.strip()) and _is_the_same_headline(title, other_title)
    one, other = normal_title(text), normal_title(other_text)
    if one == other:
        return True
    if _NUMBER.findall(one) != _NUMBER.findall(other):
        return False
    if len(one.split()) >= _LONG and fuzz.ratio(one, other) >= _NEARLY:
        return True
    return _is_the_same_headline(title, other_title) and alike(text, other_text)


def _is_the_same_headline(title: str | None, other: str | None) -> bool:
    one = normal_title(title)
    return one == normal_title(other) and len(one.split()) >= _TELLING_WORDS
