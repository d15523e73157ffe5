"""Looking at what `bot.core.readiness` judges: the loops, Telegram, and whether the database takes a write."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bot.core.readiness import Appointment, Signs, reasons
from bot.vitals import Vitals
from config.settings import Settings
from storage import Store, StoreError

PROBE_SECONDS = 2.0  # within which a tiny write is done
PROBE_EVERY = 5.0  # how long its answer stands
PROBED = "probed"  # the note that is written


class Probe:
    """A tiny write, one at a time: who asks while it is under way waits for the same one."""

    def __init__(self, write: Callable[[], Awaitable[None]]) -> None:
        self._write = write
        self._under_way: asyncio.Task[str | None] | None = None
        self._answered_at, self._answer = float("-inf"), None

    async def why_not(self) -> str | None:
        """Why nothing can be written; None: it can."""
        if time.monotonic() - self._answered_at < PROBE_EVERY:
            return self._answer
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._try())
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return await asyncio.shield(self._under_way)
        except TimeoutError:
            return f"nothing could be written within {PROBE_SECONDS:.0f} s"

    async def _try(self) -> str | None:
        answer: str | None = None
        try:
            await self._write()
        except StoreError as error:
            answer = str(error)
        self._answer, self._answered_at, self._under_way = answer, time.monotonic(), None
        return answer


class Readiness:
    """`started`: whether everything runs. The other two as `House` has them."""

    def __init__(
        self,
        *,
        store: Store,
        vitals: Vitals,
        settings: Callable[[], Settings],
        started: Callable[[], bool],
        last_polls: Callable[[], Mapping[str, datetime]],
        next_polls: Callable[[], Mapping[str, datetime]],
    ) -> None:
        self._store, self._vitals, self._settings, self._started = store, vitals, settings, started
        self._last_polls, self._next_polls = last_polls, next_polls
        self._probe = Probe(self._write)

    async def reasons(self) -> tuple[str, ...]:
        """Why the relay is not ready, a line each; none: it is."""
        if not self._started():
            return reasons(Signs(started=False), 0.0)
        vitals, why_not = self._vitals, await self._probe.why_not()
        now = vitals.clock()
        signs = Signs(
            store=why_not,
            telegram_fails_since=vitals.telegram.fails_since(now),
            sends_fail_since=vitals.sends.fails_since(now),
            sender_still_since=vitals.still_since(now),
            waiting=sum(vitals.counts.queue.values()),
            slowest=vitals.interval,
            polls=self._appointments(),
        )
        return reasons(signs, now)

    async def _write(self) -> None:
        await self._store.keep_note(PROBED, f"{self._vitals.clock():.0f}")

    def _appointments(self) -> dict[str, Appointment]:
        last, next_ = self._last_polls(), self._next_polls()
        return {
            blog.id: Appointment(last=_instant(last.get(blog.id)), next=_instant(next_.get(blog.id)))
            for blog in self._settings().blogs
        }


def _instant(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
