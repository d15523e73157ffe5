"""What happened lately: how many in each second, and how long it took. Of fixed size, whatever happens.

Seconds are of any clock; one that is put back counts on in the second where it was.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

HOUR = 3600

# Between two neighbours lies a tenth or less: what is told of the middle of a bucket is right to some percent.
_STEPS = (10, 11, 12, 13, 15, 16, 18, 20, 22, 25, 27, 30, 33, 36, 39, 43, 47, 50, 56, 62, 68, 75, 82, 91)
# Upper bounds in seconds, from a millisecond to more than a day; what took longer still stands beyond the last one.
BOUNDS: tuple[float, ...] = (
    *(round(step * 10.0**power, 4) for power in range(-4, 4) for step in _STEPS),
    100_000.0,
)


class Lately:
    """How many happened in each of the last so many seconds."""

    def __init__(self, seconds: int = HOUR) -> None:
        self._counts = [0] * seconds
        self._at = 0  # the newest second

    def add(self, now: float, count: int = 1) -> None:
        if now >= self._at + 1:
            self._go_on(int(now))
        self._counts[self._at % len(self._counts)] += count

    def put(self, second: int, count: int) -> None:
        """What is known of an earlier second from elsewhere; nothing where that is too long ago."""
        if second > self._at:
            self._go_on(second)
        if second > self._at - len(self._counts):
            self._counts[second % len(self._counts)] += count

    def between(self, since: int, until: int) -> int:
        """In the seconds from `since`, and before `until`."""
        size = len(self._counts)
        first, end = max(since, self._at - size + 1), min(until, self._at + 1)
        return sum([self._counts[second % size] for second in range(first, end)])

    def last(self, seconds: int, now: float) -> int:
        """In so many seconds up to now; the one that has just begun is one of them."""
        end = max(int(now), self._at) + 1
        return self.between(end - seconds, end)

    def _go_on(self, second: int) -> None:
        """Seconds in which nothing happened."""
        size = len(self._counts)
        for passed in range(max(self._at + 1, second - size + 1), second + 1):
            self._counts[passed % size] = 0
        self._at = second


class Durations:
    """How long each took, of those that ended lately and of all: a ring of counts by `BOUNDS`, a slot for each stretch
    of time."""

    def __init__(self, seconds: float = 300.0, slots: int = 10) -> None:
        """Lately: in the last so many `seconds`, to a slot."""
        self._stretch = seconds / slots
        self._ring = [_nothing() for _ in range(slots)]
        self._newest = self._ring[0]
        self._number, self._end = 0, self._stretch
        self.total, self.sum = _nothing(), 0.0  # since the beginning

    def add(self, now: float, took: float) -> None:
        if now >= self._end:
            self._go_on(now)
        bucket = bisect_left(BOUNDS, took)
        self._newest[bucket] += 1
        self.total[bucket] += 1
        self.sum += took

    def quantiles(self, now: float, *shares: float) -> list[float | None]:
        """The seconds within which these shares (0..1) of all that ended lately were done; None where nothing was."""
        if now >= self._end:
            self._go_on(now)
        counts = [sum(counted) for counted in zip(*self._ring, strict=True)]
        return [quantile(counts, share) for share in shares]

    def _go_on(self, now: float) -> None:
        """Old slots are empty again."""
        number = int(now / self._stretch)
        for passed in range(max(self._number + 1, number - len(self._ring) + 1), number + 1):
            self._ring[passed % len(self._ring)] = _nothing()
        self._number, self._end = number, (number + 1) * self._stretch
        self._newest = self._ring[number % len(self._ring)]


def _nothing() -> list[int]:
    return [0] * (len(BOUNDS) + 1)


def quantile(counts: Sequence[int], share: float) -> float | None:
    """By these counts, one for each of `BOUNDS` and one for what is beyond; within a bucket all are taken to be spread
    evenly. None: there are none."""
    of_them = sum(counts) * share
    if not any(counts):
        return None
    for bucket, count in enumerate(counts):
        if count and of_them <= count:
            low = BOUNDS[bucket - 1] if bucket else 0.0
            high = BOUNDS[min(bucket, len(BOUNDS) - 1)]
            return low + (high - low) * of_them / count
        of_them -= count
    return BOUNDS[-1]


def up_to(counts: Sequence[int], bounds: Iterable[float]) -> list[int]:
    """How many were done within each of these, which are some of `BOUNDS`."""
    return [sum(counts[: BOUNDS.index(bound) + 1]) for bound in bounds]
