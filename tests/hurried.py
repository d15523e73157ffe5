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


class Selector(selectors.DefaultSelector):
    def __init__(self, times: float) -> None:
        super().__init__()
        self._times = times

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout / self._times if timeout and timeout > 0 else timeout)


class HurriedLoop(asyncio.SelectorEventLoop):
    """Its clock runs so many times as fast as the sun."""

    def __init__(self, times: float) -> None:
        self._times = times
        super().__init__(Selector(times))

    def time(self) -> float:
        return super().time() * self._times


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
