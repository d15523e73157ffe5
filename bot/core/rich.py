"""Text with its formatting as one value: cut, joined and rewritten with every mark in its place.

Marks count characters, as Python does, so that a part of a text can never begin inside one; `entities` are the same in
the UTF-16 units of the Bot API (core.telegram.org/bots/api#messageentity).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from bot.core.entities import nested
from bot.core.model import Embed, Entity, Image

_MOST = 300
"""Entities of one text. No message holds more than 100 of them, nor more than 4096 units of text."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One run of formatting: an entity's type, and the characters from `start` up to `stop`."""

    type: str
    start: int
    stop: int
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Rich:
    """A text, its formatting, and the pictures and embeds that stood in it and are no text."""

    text: str = ""
    marks: tuple[Mark, ...] = ()
    images: tuple[Image, ...] = ()
    embeds: tuple[Embed, ...] = ()

    @classmethod
    def of(cls, text: str, entities: Iterable[Entity], embeds: tuple[Embed, ...] = ()) -> Rich:
        """Of a text and its entities, clipped to it. Those that part a character are left out."""
        given = list(entities)
        if not given:
            return cls(text, (), (), embeds)
        units = _units(text)
        places = {unit: place for place, unit in enumerate(units)}
        marks: list[Mark] = []
        for one in given:
            start, stop = places.get(one.offset), places.get(min(one.offset + one.length, units[-1]))
            if start is not None and stop is not None and start < stop:
                marks.append(Mark(one.type, start, stop, one.url))
        return cls(text, tuple(marks), (), embeds)

    @classmethod
    def joined(cls, pieces: Iterable[Rich], between: str = "") -> Rich:
        texts: list[str] = []
        marks: list[Mark] = []
        length = 0
        given = list(pieces)
        for piece in given:
            if texts:
                length += len(between)
            marks += [_moved(mark, length) for mark in piece.marks]
            texts.append(piece.text)
            length += len(piece.text)
        images = tuple(image for piece in given for image in piece.images)
        return cls(between.join(texts), tuple(marks), images, tuple(one for piece in given for one in piece.embeds))

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The marks as Telegram takes them: in range, without white space at their edges, properly nested."""
        if not self.marks:
            return ()
        trimmed = (one for mark in self.marks if (one := self._trimmed(mark)))
        units = _units(self.text)
        found = nested(
            Entity(type=one.type, offset=units[one.start], length=units[one.stop] - units[one.start], url=one.url)
            for one in trimmed
        )
        return tuple(found[:_MOST])

    def __bool__(self) -> bool:
        return bool(self.text)

    def __getitem__(self, part: slice) -> Rich:
        """A part of the text with the formatting that falls inside; what is no text stays with it."""
        start, stop, _ = part.indices(len(self.text))
        clipped = (replace(one, start=max(one.start, start), stop=min(one.stop, stop)) for one in self.marks)
        marks = tuple(_moved(one, -start) for one in clipped if one.start < one.stop)
        return Rich(self.text[start:stop], marks, self.images, self.embeds)

    def stripped(self) -> Rich:
        lead = len(self.text) - len(self.text.lstrip())
        end = len(self.text.rstrip())
        return self if (lead, end) == (0, len(self.text)) else self[lead : max(lead, end)]

    def marked(self, type_: str) -> Rich:
        """All of the text formatted as `type_` as well."""
        return replace(self, marks=(Mark(type_, 0, len(self.text)), *self.marks)) if self.text else self

    def like(self, text: str) -> Rich:
        """The same words written as `text`: with other white space, or with some of them left out.

        Where `text` has words that this one has not, it keeps no formatting.
        """
        if text == self.text or not self.marks:
            return self if text == self.text else Rich(text, (), self.images, self.embeds)
        kept = _places(self.text, text)
        if kept is None:
            return replace(self, text=text, marks=())
        starts, stops = _nearest(kept, len(text))
        moved = (replace(one, start=starts[one.start], stop=stops[one.stop]) for one in self.marks)
        return replace(self, text=text, marks=tuple(one for one in moved if one.start < one.stop))

    def each(self, change: Callable[[str], str]) -> Rich:
        """Every run of text between two edges of formatting rewritten by `change`."""
        if not self.marks:
            return replace(self, text=change(self.text))
        edges = sorted({0, len(self.text), *(edge for one in self.marks for edge in (one.start, one.stop))})
        runs = [change(self.text[start:stop]) for start, stop in pairwise(edges)]
        places = dict(zip(edges, accumulate(map(len, runs), initial=0), strict=True))
        moved = (replace(one, start=places[one.start], stop=places[one.stop]) for one in self.marks)
        return replace(self, text="".join(runs), marks=tuple(one for one in moved if one.start < one.stop))

    def _trimmed(self, mark: Mark) -> Mark | None:
        start, stop = max(mark.start, 0), min(mark.stop, len(self.text))
        while start < stop and self.text[start].isspace():
            start += 1
        while start < stop and self.text[stop - 1].isspace():
            stop -= 1
        return replace(mark, start=start, stop=stop) if start < stop else None


def _moved(mark: Mark, by: int) -> Mark:
    return Mark(mark.type, mark.start + by, mark.stop + by, mark.url) if by else mark


def _units(text: str) -> Sequence[int]:
    """For every place between characters, how many UTF-16 units stand before it."""
    if not text or max(text) <= "\uffff":
        return range(len(text) + 1)
    return list(accumulate((1 + (char > "\uffff") for char in text), initial=0))


def _places(old: str, new: str) -> list[int] | None:
    """For every character of `old` its place in `new`, -1 where it was left out or is white space.

    Read from the end, so that of a text said twice the second is the one that was kept. None where `new` has a
    character more.
    """
    kept = [-1] * len(old)
    at = len(old)
    for place in range(len(new) - 1, -1, -1):
        if new[place].isspace():
            continue
        at = old.rfind(new[place], 0, at)
        if at < 0:
            return None
        kept[at] = place
    return kept


def _nearest(kept: Sequence[int], end: int) -> tuple[list[int], list[int]]:
    """For every place between characters of the old text, where what follows it now begins, and where what is before
    it now ends."""
    starts = [end] * (len(kept) + 1)
    for at in range(len(kept) - 1, -1, -1):
        starts[at] = kept[at] if kept[at] >= 0 else starts[at + 1]
    stops = list(accumulate((place + 1 for place in kept), max, initial=0))
    return starts, stops
