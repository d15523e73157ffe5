"""Not again and again: what was said a short while ago need not be said now."""

from __future__ import annotations

from collections.abc import Callable


class Once:
    """Kept in memory only; a restart may say it once more."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def stands(self, what: str) -> bool:
        """Whether it was said, and its time is not over."""
        return self._until.get(what, 0.0) > self._clock()

    def first(self, what: str, seconds: float) -> bool:
        """Whether this is the first time in so many seconds."""
        now = self._clock()
        self._until = {known: until for known, until in self._until.items() if until > now}
        if what in self._until:
            return False
        self._until[what] = now + seconds
        return True
