"""Looks at how everything stands: once a second at most, however many are watching."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import structlog

from bot.core.publishing import Progress
from bot.house import House
from bot.web.dashboard.rows import is_going
from bot.web.dashboard.situation import Pushed, Situation, Watched
from storage import BlogState, Sent, StoreError

log = structlog.get_logger()

FRESH = 0.9  # seconds for which one look is enough
ENDED_WITHIN = 24 * 3600.0  # alarms that ended so lately are shown
PUSHES = 8
COUNT_AGAIN = 2.0  # seconds between counts of a push that is on its way, and of one that has arrived:
COUNT_SETTLED = 60.0
PATIENCE = 0.05  # seconds that a page waits for a count
RATIO = 10.0  # counting takes this part of the time at most
REMEMBERED = 200  # pushes


class Watching:
    def __init__(self, house: House) -> None:
        self._house = house
        self._counts = Counts(house)
        self._latest: Situation | None = None
        self._done = 0  # acts, since we were started
        self._looking = asyncio.Lock()

    async def look(self) -> Situation:
        """As it stands, or stood a moment ago. Nothing is counted meanwhile: numbers come from the vitals."""
        async with self._looking:
            latest = self._latest
            if latest is not None and 0 <= self._house.clock() - latest.at < FRESH:
                return latest
            return await self._look_anew()

    async def _look_anew(self) -> Situation:
        """What was done while we looked may not be seen: then once more."""
        while True:
            done = self._done
            self._latest = situation = await self._look()
            if done == self._done:
                return situation

    async def pushes(self, limit: int, skip: int = 0) -> tuple[Pushed, ...]:
        """The newest first."""
        return await self._counts.known(await self._house.store.recent_pushes(limit, skip))

    def forget(self) -> None:
        """Something was done: what is known is old."""
        self._done += 1
        self._latest = None
        self._counts.forget()

    async def stop(self) -> None:
        await self._counts.stop()

    async def _look(self) -> Situation:
        house = self._house
        store, now = house.store, house.clock()
        states, all_held, pushes = await asyncio.gather(store.blogs(), store.all_held(), self.pushes(PUSHES))
        alarms = await store.alarms(ended_since=now - ENDED_WITHIN)
        ended = sorted((one for one in alarms if one.ended_at is not None), key=lambda one: -(one.ended_at or 0.0))
        return Situation(
            at=now,
            now=house.vitals.now(),
            blogs=self._blogs(states),
            alarms=tuple(one for one in alarms if one.ended_at is None),
            ended=tuple(ended),
            pushes=pushes,
            all_held=all_held,
            stuck=house.vitals.stuck(),
            backup=await store.last_backup(),
            nodes=house.nodes(),
        )

    def _blogs(self, states: Iterable[BlogState]) -> tuple[Watched, ...]:
        known = {state.id: state for state in states}
        last, following = self._house.last_polls(), self._house.next_polls()
        return tuple(
            Watched(
                blog=blog,
                state=(state := known.get(blog.id) or BlogState(id=blog.id, title=None)),
                polled=last[blog.id].timestamp() if blog.id in last else state.polled_at,
                next_poll=following[blog.id].timestamp() if blog.id in following else None,
            )
            for blog in self._house.blogs()
        )


class Counts:
    """How far pushes are. Counting goes through all of a push's rows, so nobody waits for it: what is shown is what was
    counted last, and those that are looked at are counted again in turn."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[int, Progress] = {}
        self._due: dict[int, float] = {}
        self._wanted: dict[int, None] = {}
        self._counting: asyncio.Task[None] | None = None

    async def known(self, pushes: Sequence[Sent]) -> tuple[Pushed, ...]:
        """What was counted last; a little patience for those that never were."""
        now, out = self._house.clock(), [one.post.id for one in pushes if one.state != "scheduled"]
        self._wanted |= {post: None for post in out if self._due.get(post, 0.0) <= now}
        if self._wanted and (self._counting is None or self._counting.done()):
            self._counting = asyncio.create_task(self._count())
        if self._counting is not None and any(post not in self._known for post in out):
            await asyncio.wait({self._counting}, timeout=PATIENCE)
        return tuple(Pushed(push=one, progress=self._known.get(one.post.id)) for one in pushes)

    def forget(self) -> None:
        self._due.clear()

    async def stop(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)

    async def _count(self) -> None:
        while self._wanted:
            post = next(iter(self._wanted))
            del self._wanted[post]
            began = self._house.clock()
            try:
                progress = await self._house.store.progress(self._house.bot, post)
            except StoreError as error:
                log.error("push not counted", post=post, why=str(error))
                continue
            now = self._house.clock()
            pause = COUNT_AGAIN if is_going(progress) else COUNT_SETTLED
            self._known[post], self._due[post] = progress, now + max(pause, (now - began) * RATIO)
            while len(self._known) > REMEMBERED:
                oldest = next(iter(self._known))
                del self._known[oldest]
                self._due.pop(oldest, None)
