"""One limit of the bot's: so many messages in any second, evenly spaced, replies to people first.

Sends are spaced evenly a little below the limit; a short stall is made good at a measured speed, and never beyond what
a window that Telegram counts can hold (`bot.core.window`). After a pause nothing is caught up.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Iterable, Sequence

from bot.core.window import MARGIN, Window

CATCH_UP = 0.5  # seconds of a stall that are made good; a longer one is a pause
HURRY = 1.5  # times the even pace, while catching up
TICK = 0.010  # seconds a timer may be late, or several turns be given at once
FINEST = 0.001  # seconds; uvloop's timers know no fractions, and a loop that is woken too early spins
TOGETHER = 0.008  # seconds whose turns are given at once to those who take several: timers cost more than turns


class Allowance:
    """Turns to speak, in messages a second."""

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._now = clock
        self._per_second, self._window = per_second, Window(per_second)
        self.share = 1.0  # of the allowance that is used
        self._waiting: list[tuple[bool, int, int, asyncio.Future[list[float]]]] = []
        self._numbers = itertools.count()
        self._next = 0.0  # by the even pace
        self._soonest = 0.0  # while catching up
        self._last = float("-inf")  # turn given
        self._paused_until = 0.0
        self._alarm: asyncio.Handle | None = None
        self._alarm_at = 0.0  # uvloop's handles cannot always say it

    def resize(self, per_second: float) -> None:
        """In force at once, also for those who wait."""
        self._per_second = per_second
        self._window.resize(per_second)
        soon = self._now() + self.interval
        self._next, self._soonest = min(self._next, soon), min(self._soonest, soon)
        self._arm()

    def rest(self, seconds: float) -> None:
        """Nobody speaks for so long."""
        self._paused_until = max(self._paused_until, self._now() + seconds)
        self._next = max(self._next, self._paused_until)
        self._arm()

    def unrested(self) -> float:
        """Seconds since the last rest was over; below 0 while it rests."""
        return self._now() - self._paused_until

    async def turns(self, most: int, *, reply: bool = False) -> list[float]:
        """Wait until at least one message may leave. Returns a moment for each that may leave now, at most so many."""
        now = self._now()
        if not self._waiting and self._free_from(now) <= now:
            return self._take(most, now)
        turns: asyncio.Future[list[float]] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not reply, next(self._numbers), most, turns))
        self._arm()
        return await turns

    def together(self, turns: Sequence[float]) -> float:
        """These turns, waited for one after the other, are used at once. Returns the moment that stands for them."""
        now = self._now()
        for left in turns:
            self._window.unused(left)
        self._window.leave(now, len(turns))
        return now

    def remember(self, moments: Iterable[float]) -> None:
        """Somebody else sent for this bot then; what is too long ago counts no more."""
        since = self._now() - self._window.length
        for moment in moments:
            if moment > since:
                self._window.remember(moment)

    def unused(self, left: float) -> None:
        """Nothing leaves in this turn."""
        self._window.unused(left)

    def answered(self, left: float, messages: int = 1) -> None:
        """Telegram's answer to what left in this turn is here, or will not come. Without this word it counts longer."""
        self._window.answered(left, self._now(), messages)
        if self._waiting:
            self._arm()

    @property
    def interval(self) -> float:
        """Seconds between two sends at the present pace."""
        return 1.0 / (self._per_second * MARGIN * self.share)

    def _free_from(self, now: float) -> float:
        return max(self._next, self._soonest, self._paused_until, self._window.free_from(now))

    def _take(self, most: int, now: float) -> list[float]:
        """As many turns as there are at this moment."""
        taken, interval = [now], self.interval
        self._count(now, interval)
        while len(taken) < most and self._free_from(now) <= now:
            self._count(now, interval)
            taken.append(now)
        return taken

    def _count(self, now: float, interval: float) -> None:
        """A turn is given: when may the next one be?"""
        slack = CATCH_UP if now - self._last <= CATCH_UP + interval else 0.0
        self._next = max(self._next, now - slack) + interval
        self._soonest = max(self._soonest, now - TICK) + interval / HURRY
        self._last = now
        self._window.leave(now)

    def _arm(self) -> None:
        if not self._waiting:
            return
        now = self._now()
        most = self._waiting[0][2]
        together = min(TOGETHER, (most - 1) * self.interval)
        at = max(self._free_from(now), now + FINEST, self._last + together)
        if self._alarm is not None:
            if self._alarm_at <= at:  # it sees for itself
                return
            self._alarm.cancel()
        self._alarm, self._alarm_at = asyncio.get_running_loop().call_later(at - now, self._give), at

    def _give(self) -> None:
        """Let go who is next in line, and those whose moment a late timer has passed."""
        self._alarm = None
        now = self._now()
        while self._waiting and self._free_from(now) <= now:
            *_, most, turns = heapq.heappop(self._waiting)
            if not turns.done():  # who waited may have been cancelled
                turns.set_result(self._take(most, now))
        self._arm()

    def let_go(self) -> None:
        """Nobody waits any longer: the process is about to end."""
        for *_, turns in self._waiting:
            if not turns.done():
                turns.set_result([self._now()])
        self._waiting.clear()
