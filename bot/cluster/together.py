"""One node among others: it looks who is there, takes its share of the lanes and poll shards, and gives back the rest.

Lanes are advisory locks of PostgreSQL's sessions, shards are jobs of PgQueuer: who is gone, stopped or cut off has
neither, whatever it believes itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from pgqueuer.models import Job

from bot.cluster.answering import Answering
from bot.cluster.work import Do, Work
from bot.core.nodes import Nodes
from bot.core.sharing import Looked, Rank, rank_of, to_give, to_take
from bot.ending import called_off, to_its_end
from bot.sharing import Hold, Lane
from storage import Store, StoreError
from storage.postgres import jobs
from storage.postgres.brought import Brought
from storage.postgres.place import MAIN
from storage.postgres.presence import Presence, Said, Seen
from storage.postgres.store import Ledger, PostgresStore

log = structlog.get_logger()

LOOK_SECONDS = 0.25
SAY_SECONDS = 2.0  # between what a node says of itself where nothing changed
ASK_SECONDS = 2.0  # between questions how all nodes are
AGAIN_SECONDS = 0.3  # after PostgreSQL was lost
AWAY_SECONDS = 30.0  # for which it was lost: that is worth saying,
TOLD_SECONDS = 60.0  # for so long
ANSWER_SECONDS = 4.0  # for what people said, before a lane is given back


class Together:
    """`said`: what this node says of itself, without what it has; `shards`: how many there are in all; `newest`: hears
    the name of the newest file that is kept, several times a second. `lanes`: those that can be ours; there are as many
    as `stores`."""

    def __init__(
        self,
        lanes: Mapping[str, Lane],
        stores: Mapping[str, Store],
        hold: Hold,
        brought: Brought,
        *,
        shards: int,
        said: Callable[[], Said],
        newest: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._lanes, self._hold, self._brought = lanes, hold, brought
        self._stores = {bot: store for bot, store in stores.items() if isinstance(store, PostgresStore)}
        self._place = self._stores[MAIN].place
        self._shards, self._said, self._newest = shards, said, newest
        self.begun = asyncio.Event()
        self._stopped = asyncio.Event()
        self._own: dict[str, asyncio.Task[None]] = {}  # lanes that are ours, or that we give back
        self._giving: dict[str, asyncio.Event] = {}  # by lane that is ours: that it is to be given back
        self._looked = Looked()
        self._nodes: Nodes | None = None
        self._asked_at = float("-inf")
        self._work: Work | None = None
        self._last: tuple[float, Said | None] = (0.0, None)
        self._cut_off_at: float | None = None
        self._was_away: tuple[float, float] = (float("-inf"), 0.0)  # when we were back, and after how many seconds

    async def run(self) -> None:
        """Until `stop()`. What ends it otherwise is a mistake of ours."""
        try:
            while not self._stopped.is_set():
                await self._until_cut_off()
        finally:
            await to_its_end(self._end())

    async def _end(self) -> None:
        await self._end_lanes()
        await self._brought.close()

    async def _end_lanes(self) -> None:
        await called_off(*self._own.values())

    def stop(self) -> None:
        self._stopped.set()

    def nodes(self) -> Nodes | None:
        return self._nodes

    async def _until_cut_off(self) -> None:
        presence = Presence(self._place, list(self._stores))
        self._work = work = Work(self._place, self._hold, shards=self._shards)
        try:
            await presence.open()
            await self._say(presence, work)
            await self._take_part(presence, work)
        except StoreError as error:
            await self._lose(str(error))
        finally:
            await presence.close()

    async def _take_part(self, presence: Presence, work: Work) -> None:
        working = asyncio.create_task(work.run())
        try:
            while not self._stopped.is_set():
                await self._look(presence, work)
                if working.done():
                    working.result()
                await self._pause()
            await self._give_back(presence, work, working)
        finally:
            work.stop()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stopped.wait()

    async def _look(self, presence: Presence, work: Work) -> None:
        seen = await presence.look()
        rank = rank_of(seen.ours, seen.nodes)
        work.share(rank.share(self._shards))
        self._newest(seen.file)
        await self._share_lanes(seen, rank)
        await self._say(presence, work)
        await self._ask(presence)
        if self._cut_off_at is not None or not self.begun.is_set():
            log.info("takes part", nodes=rank.of)
            self._come_back()
            self.begun.set()

    async def _give_back(self, presence: Presence, work: Work, working: asyncio.Task[None]) -> None:
        """What is under way ends first. Lanes and shards do so side by side, and others count on us no more: what is
        given back is theirs at once, however long the rest takes."""
        await presence.leave()
        work.stop()
        for giving in self._giving.values():
            giving.set()
        await asyncio.gather(working, *self._own.values())

    async def _lose(self, why: str) -> None:
        """We cannot know any more what is ours: so nothing is."""
        if self._cut_off_at is None:
            log.error("cut off", why=why)
            self._cut_off_at = time.monotonic()
        await to_its_end(self._end_lanes())
        self._own.clear()
        self._giving.clear()
        self._looked = Looked()
        self._last = 0.0, None
        await asyncio.sleep(AGAIN_SECONDS)

    def _come_back(self) -> None:
        if self._cut_off_at is not None:
            now = time.monotonic()
            self._was_away = now, now - self._cut_off_at
            self._cut_off_at = None

    # --- lanes

    async def _share_lanes(self, seen: Seen, rank: Rank) -> None:
        self._see_to_ended()
        now = time.monotonic()
        self._looked = self._looked.again(self._lanes, seen.nodes, seen.taken, now)
        ours = [one for one in self._own if not self._giving[one].is_set()]
        for bot in to_give(self._stores, ours, rank, self._looked.spared):
            self._giving[bot].set()
        for bot in to_take(self._stores, list(self._own), self._looked, rank, now):
            await self._try(bot, rank)

    def _see_to_ended(self) -> None:
        """A mistake of ours ends us as well."""
        for bot in [one for one, task in self._own.items() if task.done()]:
            del self._giving[bot]
            self._own.pop(bot).result()

    async def _try(self, bot: str, rank: Rank) -> None:
        """Somebody else may be quicker."""
        ledger = await self._stores[bot].ledger()
        if ledger is not None:
            log.info("lane taken", bot=bot)
            self._giving[bot] = asyncio.Event()
            if len(self._own) >= rank.share(len(self._stores)):
                self._looked = self._looked.sparing(bot, time.monotonic())
            self._own[bot] = asyncio.create_task(self._have(bot, ledger))

    async def _have(self, bot: str, ledger: Ledger) -> None:
        """Until it is given back or lost; then nothing more is sent."""
        lane, work = self._lanes[bot], self._work
        assert work is not None
        answering = Answering(bot, lane, ledger.held, self._brought)
        work.answer(jobs.pump(bot), _waking(lane))
        lives = [asyncio.create_task(life) for life in (lane.run(ledger), ledger.lane.keep())]
        hearing = asyncio.create_task(self._hear(bot, answering, work))
        given = asyncio.create_task(self._giving[bot].wait())
        aside = [hearing, given]
        try:
            await _first(given, *lives)
            if given.done():
                hearing.cancel()
                aside.append(answered := asyncio.create_task(_answered(bot, answering, work)))
                await _first(answered, *lives)
                lane.stop()
                await _first(*lives)
        finally:
            if not lives[0].done():
                ledger.lane.let_go()  # whatever it is in the middle of
            hearing.cancel()  # or it may begin to take what people say after we have left it
            work.leave(jobs.pump(bot))
            work.leave(jobs.update(bot))
            ended = await to_its_end(_ended(ledger, answering, *lives, *aside))
        _tell(bot, ended)

    async def _hear(self, bot: str, answering: Answering, work: Work) -> None:
        """From when it can be done on; until then what people say waits."""
        await self._lanes[bot].hears()
        while True:
            try:
                await self._brought.take_over(bot)
            except StoreError as error:
                log.warning("updates not taken over yet", bot=bot, why=str(error))
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                break
        work.answer(jobs.update(bot), answering.deal_with, lambda: answering.is_full)

    # --- what is said of us

    async def _say(self, presence: Presence, work: Work) -> None:
        said = self._said()
        trouble = "; ".join(one for one in (said.trouble, self._absence()) if one)
        said = replace(said, lanes=tuple(sorted(self._own)), shards=work.shards, trouble=trouble)
        at, last = self._last
        if said != last or time.monotonic() - at >= SAY_SECONDS:
            await presence.say(said)
            self._last = time.monotonic(), said

    def _absence(self) -> str:
        """Nobody could be told while it lasted."""
        back_at, seconds = self._was_away
        if seconds < AWAY_SECONDS or time.monotonic() - back_at > TOLD_SECONDS:
            return ""
        return f"PostgreSQL did not answer it for {seconds:.0f} s; it does again"

    async def _ask(self, presence: Presence) -> None:
        if time.monotonic() - self._asked_at >= ASK_SECONDS:
            self._nodes = await presence.survey()
            self._asked_at = time.monotonic()


async def _ended(ledger: Ledger, answering: Answering, *lives: asyncio.Task[Any]) -> Sequence[Any]:
    """All of it, and the sessions are closed. An exception for each that ended with one."""
    await answering.end(0)
    ended = await called_off(*lives)
    await ledger.close()
    return ended


def _tell(bot: str, ended: Sequence[Any]) -> None:
    """How a lane ended; a mistake of ours is raised."""
    why = next((lost for one in ended if (lost := loss_in(one)) is not None), None)
    if why is not None:
        log.warning("lane lost", bot=bot, why=str(why))
        return
    for one in ended:
        if isinstance(one, Exception):
            raise one
    log.info("lane given back", bot=bot)


def loss_in(ended: BaseException | None) -> StoreError | None:
    """What the store said; also where loops that run side by side heard nothing but that, in whatever group."""
    if isinstance(ended, BaseExceptionGroup) and ended.split(StoreError)[1] is None:
        return loss_in(ended.exceptions[0])
    return ended if isinstance(ended, StoreError) else None


def _waking(lane: Lane) -> Do:
    async def wake(job: Job) -> None:
        lane.wake()

    return wake


async def _first(*of: asyncio.Task[Any]) -> None:
    await asyncio.wait(of, return_when=asyncio.FIRST_COMPLETED)


async def _answered(bot: str, answering: Answering, work: Work) -> None:
    """What people said, and we have in hand, before a lane is another's."""
    work.leave(jobs.update(bot))
    await work.settled()
    await answering.end(ANSWER_SECONDS)


def brought_to(main: Store) -> Brought:
    """Where updates are kept: beside what all nodes share. `main`: the store of the bot of that name."""
    assert isinstance(main, PostgresStore)
    return Brought(main.place)
