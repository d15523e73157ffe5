"""Whose turn it is to speak: which lane, and within a lane which blog.

Withdrawals and breaking pushes go before everything and use the whole allowance: they are few, and they end. Of the
rest live posts get most turns, and edits and digests a share that they keep however much live news there is. Within a
lane the blogs take turns, so that a blog with a hundred thousand readers does not hold up one with ten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TypeAlias

from bot.core.model import Lane

URGENT = (Lane.WITHDRAWAL, Lane.BREAKING)
CHANGES = (Lane.WITHDRAWAL, Lane.EDIT)  # the lanes of what changes messages
# Of eight turns five are for live posts, two for edits, one for digests and cards.
ROTA = (Lane.LIVE, Lane.EDIT, Lane.LIVE, Lane.LIVE, Lane.DIGEST, Lane.LIVE, Lane.EDIT, Lane.LIVE)

Queue: TypeAlias = tuple[Lane, str]  # a lane, and a blog in it; an editor's push is like a blog of its own


class Turns:
    """Remembers who was served last, so that turns are fair also where each is given by itself."""

    def __init__(self) -> None:
        self._number = 0
        self._served: dict[Queue, int] = {}

    def given(self, waiting: Collection[Queue], count: int) -> dict[Queue, int]:
        """How many of the next `count` turns each of the waiting queues gets, the most urgent queue first."""
        if len(waiting) == 1:
            return dict.fromkeys(waiting, count)
        lanes = {lane for lane, _ in waiting}
        given = Counter(self._next(waiting, lanes) for _ in range(count))
        self._served = {queue: at for queue, at in self._served.items() if queue in waiting}
        return {queue: given[queue] for queue in sorted(given)}

    def _next(self, waiting: Collection[Queue], lanes: Collection[Lane]) -> Queue:
        lane = lane_of(lanes, self._number)
        queue = min((one for one in waiting if one[0] is lane), key=lambda one: (self._served.get(one, -1), one))
        self._number += 1
        self._served[queue] = self._number
        return queue


def lane_of(waiting: Collection[Lane], turn: int) -> Lane:
    """The lane that turn number `turn` belongs to: the rota's, or the most urgent one where nobody waits in that."""
    first = min(waiting)
    due = ROTA[turn % len(ROTA)]
    return due if first not in URGENT and due in waiting else first
