"""What time it is, for all that waits.

Rows wait until an instant, and posts leave in the order of theirs. A wall clock that is put back, by a time server or
by an admin, would make them wait for as long as it was put back by, and turn their order round.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Seconds since 1970: the wall's clock where it goes forward; where it is put back, on from where it was.

    It is right again at the next start, or when the wall's clock has come as far.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._last, self._at = wall(), steady()

    def __call__(self) -> float:
        at = self._steady()
        self._last, self._at = max(self._wall(), self._last + at - self._at), at
        return self._last
