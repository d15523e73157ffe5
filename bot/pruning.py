"""The loop that forgets: every hour what is older than `storage.keep_days`, a few rows at a time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog

from bot.core.pages import pages_in_use
from config.settings import Settings
from storage import Pruned, Store, StoreError

log = structlog.get_logger()
T = TypeVar("T")

FIRST, EVERY, SPREAD = 180.0, 3600.0, 600.0  # seconds: after the start, between rounds, and added by chance
DRAFTS_KEPT = timedelta(days=1)  # of pushes that nobody sent
MINUTES_KEPT = timedelta(days=2)  # of what is measured; then ten of them become one
SAMPLES_KEPT = timedelta(days=30)
REST = 3.0  # times as long as a chunk took: the store is at most a quarter of the time busy with this


class Pruner:
    def __init__(
        self,
        *,
        store: Store,
        settings: Callable[[], Settings],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        rest: float = REST,
    ) -> None:
        self._store, self._settings, self._now, self._rest = store, settings, now, rest

    async def run(self) -> None:
        """Until it is cancelled; a chunk that is being written then is written."""
        pause = FIRST
        while True:
            await asyncio.sleep(pause + random.uniform(0.0, SPREAD))  # noqa: S311
            try:
                await self.round()
            except StoreError as error:
                log.error("not pruned", why=str(error))
            pause = EVERY

    async def round(self) -> Pruned:
        """Everything that is old by now. Returns, and logs, how much that was."""
        began, total = time.monotonic(), Pruned()
        before = (self._now() - self._settings().kept_for).timestamp()
        async for chunk in self._chunks(before):
            total += chunk
        if total != Pruned():
            log.info("pruned", seconds=round(time.monotonic() - began, 1), **total.counts())
        return total

    async def _chunks(self, before: float) -> AsyncIterator[Pruned]:
        """Each chunk, with a rest after it that is longer where the store is slower."""
        now = self._now()
        async for _ in self._rested(self._store.thin_samples(_before(now, MINUTES_KEPT), _before(now, SAMPLES_KEPT))):
            yield Pruned()
        yield Pruned(drafts=await self._store.expire_drafts((self._now() - DRAFTS_KEPT).timestamp()))
        yield Pruned(alarms=await self._store.forget_alarms(before))
        async for chunk in self._rested(self._store.prune(before)):
            yield chunk
        for blog in self._settings().blogs:
            in_use = pages_in_use(blog.url, blog.timezone, await self._store.pages(blog.id), self._now())
            yield await self._store.forget_pages(blog.id, in_use, before)

    async def _rested(self, chunks: AsyncIterator[T]) -> AsyncIterator[T]:
        """With a rest after each, by what it took."""
        began = time.monotonic()
        async for chunk in chunks:
            yield chunk
            await asyncio.sleep((time.monotonic() - began) * self._rest)
            began = time.monotonic()


def _before(now: datetime, age: timedelta) -> float:
    return (now - age).timestamp()
