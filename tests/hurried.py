"""An event loop whose seconds are short, so that a minute of Telegram's patience lasts a second of ours.

Everything that counts in the loop's time hurries alike: our pace, the local Telegram's limits, time-outs, retries.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


TURN = 0.01  # real seconds that one turn of the loop counts at most


class Selector(selectors.DefaultSelector):
    """Tells how long it waited, and how much of that counts, in real seconds."""

    def __init__(self, times: float, waited: Callable[[float, float], None]) -> None:
        super().__init__()
        self._times, self._waited = times, waited

    def select(self, timeout: float | None = None) -> Any:
        wanted = timeout / self._times if timeout and timeout > 0 else timeout
        began = time.monotonic()
        events = super().select(wanted)
        waited = counts = time.monotonic() - began
        if wanted is not None:  # what came meanwhile comes before what is due then, however late we hear of both
            counts = min(waited, max(wanted, 0.0) * (0.9 if events else 1.0))
        self._waited(waited, counts)
        return events


class HurriedLoop(asyncio.SelectorEventLoop):
    """Its clock runs so many times as fast as the sun, and not while the machine does something else: a third of a
    second of that would be twenty seconds here, in which everybody gave up waiting for everybody."""

    def __init__(self, times: float) -> None:
        self._times, self._past, self._turned = times, 0.0, time.monotonic()
        super().__init__(Selector(times, self._turn))

    def time(self) -> float:
        return (self._past + min(time.monotonic() - self._turned, TURN)) * self._times

    def _turn(self, waited: float, counts: float) -> None:
        now = time.monotonic()
        self._past += min(now - self._turned - waited, TURN) + counts
        self._turned = now


def hurried(times: float) -> Callable[[Callable[..., Awaitable[T]]], Callable[..., T]]:
    """Run an async test on such a loop."""

    def decorated(test: Callable[..., Awaitable[T]]) -> Callable[..., T]:
        @functools.wraps(test)
        def run(*args: Any, **kwargs: Any) -> T:
            with asyncio.Runner(loop_factory=lambda: HurriedLoop(times)) as runner:
                return runner.run(test(*args, **kwargs))  # type: ignore[arg-type]

        return run

    return decorated


class WallClock:
    """Seconds since 1970 in the loop's time; `jump` sets it, as an admin or a time server may."""

    def __init__(self) -> None:
        self._from = time.time() - asyncio.get_running_loop().time()

    def __call__(self) -> float:
        return self._from + asyncio.get_running_loop().time()

    def jump(self, seconds: float) -> None:
        self._from += seconds
