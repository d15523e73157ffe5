"""Looking at what `bot.core.readiness` judges: the loops, Telegram, and whether the database takes a write."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from bot.core.readiness import Seen, reasons
from bot.core.signs import late
from bot.vitals import Vitals
from config.settings import Settings
from storage import Store, StoreError

PROBE_SECONDS = 2.0  # within which a tiny write is done
PROBE_EVERY = 5.0  # how long its answer stands
PROBED = "probed"  # the note that is written


class Polls(Protocol):
    """When blogs are polled next, and were last, by id; `holds`: whether one with this address is polled here at all,
    and not by another node."""

    def holds(self, url: str) -> bool: ...

    def next_polls(self) -> Mapping[str, datetime]: ...

    def last_polls(self) -> Mapping[str, datetime]: ...


class Probe:
    """A tiny write, one at a time: who asks while it is under way waits for the same one."""

    def __init__(self, write: Callable[[], Awaitable[None]]) -> None:
        self._write = write
        self._under_way: asyncio.Task[str | None] | None = None
        self._answered_at = float("-inf")
        self._answer: str | None = None

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
        finally:
            self._under_way = None
        self._answer, self._answered_at = answer, time.monotonic()
        return answer


class Readiness:
    """`started`: whether everything runs; `lost_for`: for how many seconds Telegram has not answered; `wall`: what time
    it is by the clock on the wall, which polls are arranged by, also where that was put back."""

    def __init__(
        self,
        *,
        store: Store,
        vitals: Vitals,
        settings: Callable[[], Settings],
        polls: Polls,
        started: Callable[[], bool],
        lost_for: Callable[[], float],
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._vitals, self._settings, self._polls = store, vitals, settings, polls
        self._started, self._lost_for, self._wall = started, lost_for, wall
        self._began = wall()
        self._probe = Probe(self._write)

    async def reasons(self) -> tuple[str, ...]:
        """Why the relay is not ready, a line each; none: it is."""
        if not self._started():
            return reasons(Seen(started=False))
        vitals, why_not = self._vitals, await self._probe.why_not()
        seen = Seen(
            store=why_not,
            telegram_lost_for=self._lost_for(),
            stuck=vitals.stuck(),
            late=self._late(),
        )
        return reasons(seen)

    async def _write(self) -> None:
        await self._store.keep_note(PROBED, f"{self._vitals.clock():.0f}")

    def _late(self) -> tuple[str, ...]:
        blogs = [blog.id for blog in self._settings().blogs if self._polls.holds(blog.url)]
        return tuple(late(blogs, self._wall(), self._polls.next_polls(), self._polls.last_polls(), self._began))
