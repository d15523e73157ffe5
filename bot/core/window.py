"""What may still count at Telegram's side: a sliding window, seen from where messages leave.

A message counts when it arrives, and we know only when it left and when its answer came. So it holds its place from the
moment it leaves until a full window after the moment by which it was counted at the latest: as late as its journey took
longer than the fastest one. As long as no more places are held than the limit allows, the window at the other side
holds no more either, wherever it begins and whatever became of the evenness on the way.
"""

from __future__ import annotations

import heapq
import math

MARGIN = 0.97  # of the allowance is the even pace; the rest is for journeys of different lengths
JITTER = 0.005  # seconds that every journey may differ from another without our seeing it
LONGEST = 0.5  # seconds beyond the fastest journey that a message is waited for
HORIZON = 30.0  # seconds; the fastest journey is that of the last one or two such spans
KNOWN_AFTER = 8  # journeys; before, all of a journey may have been the way there
STEADY = 4  # windows whose journeys make the mean


class Journeys:
    """How long a message and its answer take at least."""

    __slots__ = ("_before", "_count", "_now", "_until")

    def __init__(self) -> None:
        self._before = self._now = math.inf
        self._until, self._count = -math.inf, 0

    @property
    def fastest(self) -> float:
        """Seconds; 0 as long as too few are known."""
        return min(self._before, self._now) if self._count >= KNOWN_AFTER else 0.0

    def took(self, seconds: float, now: float) -> None:
        if now >= self._until:
            self._before, self._now, self._until = self._now, math.inf, now + HORIZON
        self._now = min(self._now, seconds)
        self._count += 1


class Window:
    """At most `most` messages within any `length` seconds: 30 in one second, or for 0.5 a second one in two."""

    __slots__ = ("_counted", "_flying", "_journeys", "_stray", "_unanswered", "length", "most")

    def __init__(self, limit: float) -> None:
        self._counted: list[float] = []  # a heap: until when each answered message holds its place
        self._unanswered: dict[float, int] = {}  # how many left at a moment, oldest first
        self._flying = 0  # the sum of these
        self._journeys = Journeys()
        self._stray = 0.0  # mean of how much longer than the fastest journeys take
        self.length = 0.0
        self.resize(limit)

    def resize(self, limit: float) -> None:
        """A new limit, in messages a second, for what was sent before as well."""
        before, self.most = self.length, max(1, math.floor(limit))
        self.length = self.most / limit
        self._counted = [until - before + self.length for until in self._counted]

    def leave(self, now: float, messages: int = 1) -> None:
        self._unanswered[now] = self._unanswered.get(now, 0) + messages
        self._flying += messages

    def remember(self, counted: float) -> None:
        """It was counted at this moment, though we did not send it."""
        heapq.heappush(self._counted, counted + JITTER + self.length)

    def unused(self, left: float) -> None:
        """It did not leave after all."""
        if left in self._unanswered:
            self._flying -= 1
            self._unanswered[left] -= 1
            if not self._unanswered[left]:
                del self._unanswered[left]

    def answered(self, left: float, now: float, messages: int = 1) -> None:
        """The answer to what left then is here: from the latest moment by which it was counted, a window is enough."""
        self._journeys.took(now - left, now)
        counted = left + JITTER + self._share_of(min(LONGEST, now - left - self._journeys.fastest))
        for _ in range(messages):
            if left in self._unanswered:
                self.unused(left)
                heapq.heappush(self._counted, counted + self.length)

    def _share_of(self, stray: float) -> float:
        """All of it where few stray. Where answers differ widely, it is not the way there: the pace must not suffer."""
        self._stray += (stray - self._stray) / (STEADY * self.most)
        room = self.length * (1 / MARGIN - 1) - JITTER
        return stray if self._stray <= room else stray * room / self._stray

    def free_from(self, now: float) -> float:
        """The moment from which one more may leave, or be asked for again; not after `now` if it may at once."""
        while self._counted and self._counted[0] <= now:
            heapq.heappop(self._counted)
        while len(self._counted) + self._flying >= self.most:
            held = self._held_until(next(iter(self._unanswered)), now) if self._unanswered else math.inf
            if held > now:
                return min(held, self._counted[0]) if self._counted else held
            self._flying -= self._unanswered.pop(next(iter(self._unanswered)))
        return now

    def _held_until(self, left: float, now: float) -> float:
        """How long an unanswered message holds its place. One that is overdue may have been counted only now."""
        usual, overdue = left + JITTER + self.length, now > left + self._journeys.fastest
        return usual + LONGEST if overdue and usual <= now else usual
