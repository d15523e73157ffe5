"""Which turn each blog is at, as far as what we read of it goes: by this the store sees whether others were quicker."""

from __future__ import annotations

from collections import defaultdict, deque

REMEMBERED = 100  # turns of a blog that were ours


class Turns:
    """A reading of a blog sets out from a turn, and goes on by one with all that it publishes."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}
        self._ours: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def set_out(self, blog: str, turn: int) -> None:
        self._at[blog] = turn

    def of(self, blog: str) -> int:
        """KeyError where no reading of it was begun."""
        return self._at[blog]

    def took(self, blog: str) -> None:
        """What was read is published."""
        self._at[blog] += 1
        self._ours[blog].append(self._at[blog])

    def only_ours(self, blog: str, since: int) -> bool:
        """Whether all that was published of it since that turn was published here, up to the last setting out."""
        later = range(since + 1, self._at[blog] + 1)
        return len(later) <= REMEMBERED and set(later) <= {*self._ours[blog]}
