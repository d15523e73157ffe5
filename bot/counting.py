"""The loop that counts and keeps: what stands in the database, now and then, and a sample of everything each minute.

Counting goes through very many rows. It does so on a connection and a thread of its own, and rests nine times as long
as it took, so that it is a tenth of the time busy with this at most.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from bot.core.lately import HOUR
from bot.vitals import SUMS, Counted, Counts, Vitals
from storage import Store, StoreError

log = structlog.get_logger()

EVERY = 15.0  # seconds between counts
REST = 9.0  # times as long as a count took
MINUTE = 60
MOST_AT_ONCE = 60  # minutes; of longer ago nothing is known any more, however far a clock was put forward


class Counting:
    def __init__(self, *, store: Store, vitals: Vitals, bot: str = "main") -> None:
        self._store, self._vitals, self._bot = store, vitals, bot
        self._busy = 0.0  # seconds that the last count took

    async def run(self) -> None:
        """Until it is cancelled."""
        await self._remember()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._count_on())
            both.create_task(self._keep_on())

    async def _count_on(self) -> None:
        while True:
            try:
                await self.count()
            except StoreError as error:
                log.warning("not counted", why=str(error))
            await asyncio.sleep(max(EVERY, self._busy * REST))

    async def count(self) -> None:
        """How many there are of everything. Others may count between two of these."""
        began, store = time.monotonic(), self._store
        queue = await store.queue(self._bot)
        asleep = await store.chats_asleep(self._bot)
        chats = await store.open_chats(self._bot)
        posts, followed = await store.posts_by_blog(), await store.subscriptions_by_blog()
        blogs = {
            blog.id: Counted(posts=posts.get(blog.id, 0), subscriptions=followed.get(blog.id, 0))
            for blog in await store.blogs()
        }
        self._busy = time.monotonic() - began
        self._vitals.counted(
            Counts(queue=queue, asleep_chats=asleep, open_chats=chats, blogs=blogs, counted_at=self._vitals.clock())
        )

    async def _keep_on(self) -> None:
        minute = self._minute()
        while True:
            await asyncio.sleep((minute + 1) * MINUTE - self._vitals.clock())
            minute = max(minute, self._minute() - MOST_AT_ONCE)
            while minute < self._minute():
                await self._keep(minute)
                minute += 1

    async def _keep(self, minute: int) -> None:
        """A sample of a minute that is over."""
        try:
            await self._store.keep_samples(minute * MINUTE, self._vitals.sample(minute * MINUTE, MINUTE))
        except StoreError as error:
            log.warning("minute not kept", why=str(error))

    async def _remember(self) -> None:
        """What happened in the last hour, before we were started."""
        now = self._vitals.clock()
        try:
            history = await self._store.history(SUMS, now - HOUR)
        except StoreError as error:
            log.warning("last hour not known", why=str(error))
        else:
            self._vitals.remember(history)

    def _minute(self) -> int:
        return int(self._vitals.clock() / MINUTE)
