"""Posts with several pictures: an album, which is as many messages, the first of them with the text.

What changes in an album takes a call for each of its messages, and each call may fail. So one is made at a time: what
stands in the chat is written down after each, and what is still to be done follows from what stands there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.core.model import Rendered
from bot.core.plan import OnScreen

MOST = 4  # pictures; Telegram takes ten, and counts each as a message
BLANK = "blank"  # the address, as it were, of the picture that stands where one was withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call. `places`: which of a post's messages it is about, counted among those that stand."""

    places: tuple[int, ...] = (0,)
    removes: bool = False
    picture: str | None = None  # the address of what is to be seen there then; None: nothing, or the blank one
    last: bool = True  # then all is as it should be


WHOLE = Step()  # what is sent, and any message that stands by itself


def checksum(picture: str | None) -> int:
    """Which picture this is, in a number that fits a column; None is the blank one."""
    return zlib.crc32((picture or BLANK).encode())


def pictures(rendered: Rendered) -> tuple[str, ...]:
    """The addresses of all of them in their order."""
    return (rendered.photo, *rendered.others) if rendered.photo else ()


def kind_of(rendered: Rendered, picture: str | None) -> str:
    """What one of them is: "photo" unless an editor sent something else."""
    kinds = dict(zip(pictures(rendered), rendered.kinds, strict=False))
    return kinds.get(picture or "", "photo")


def numbers(message: OnScreen, step: Step) -> tuple[int, ...]:
    """Telegram's, of the messages that a step is about."""
    every = (message.message_id, *(one.message_id for one in message.others))
    return tuple([every[place] for place in step.places])


def next_step(message: OnScreen, rendered: Rendered, *, revision: int, plain: bool) -> Step:
    """What is to be done first that these messages show what was rendered of the post's `revision`.

    A message that is there cannot be joined by another: a picture that came later is not shown. `plain`: deleting was
    refused, so that what must go is blanked.
    """
    standing = (message.picture, *(one.picture for one in message.others))
    shown = assigned(standing, pictures(rendered))
    changed = [place for place, found in enumerate(standing) if found != checksum(shown[place])]
    gone = tuple(place for place in changed if place and shown[place] is None)
    steps = [Step(places=(place,), picture=shown[place]) for place in changed if place and (plain or place not in gone)]
    if message.revision < revision or 0 in changed or not message.others:
        steps.insert(0, Step(picture=shown[0]))
    if gone and not plain:
        steps.append(Step(places=gone, removes=True))
    return replace(steps[0], last=len(steps) == 1) if steps else Step(picture=shown[0])


def assigned(standing: Sequence[int | None], wanted: Iterable[str]) -> list[str | None]:
    """Which picture each of the messages is to show: what stands there already stays; None: there is none for it."""
    left = list(wanted)
    first = left[0] if left else None
    shown = [_taken(left, found) for found in standing]
    if shown[0] is None and first is not None and not left:  # they all stand further on, but here is the text
        shown = [first, *(None if one == first else one for one in shown[1:])]
    return [one if one is not None or not left else left.pop(0) for one in shown]


def _taken(left: list[str], found: int | None) -> str | None:
    """The picture that stands there, out of those that are left."""
    for one in left:
        if checksum(one) == found:
            left.remove(one)
            return one
    return None
