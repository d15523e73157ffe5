"""What may happen very often, told seldom: its first time at once, then once a minute how often since."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

EVERY = 60.0  # seconds between two tellings of the same
MOST = 200  # that are told apart


class Seldom(Generic[K]):
    """Counts by what happened. Beyond the first so many kinds, a new one is as good as the last."""

    def __init__(self) -> None:
        self._told_at: dict[K, float] = {}
        self._untold: dict[K, int] = {}

    def happened(self, what: K, now: float) -> bool:
        """Whether to tell of it at once; else it is counted."""
        if what not in self._told_at and len(self._told_at) < MOST:
            self._told_at[what] = now
            return True
        known = what if what in self._told_at else next(reversed(self._told_at))
        self._untold[known] = self._untold.get(known, 0) + 1
        return False

    def due(self, now: float) -> list[tuple[K, int]]:
        """What is to be told by now, and how often it happened since it was told last."""
        over = [what for what, at in self._told_at.items() if now - at >= EVERY] if self._told_at else []
        counted = [(what, self._untold.pop(what)) for what in over if what in self._untold]
        for what in over:
            del self._told_at[what]
        self._told_at |= dict.fromkeys((what for what, _ in counted), now)
        return counted
