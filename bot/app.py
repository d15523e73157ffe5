"""The service's life: the only place that knows the order of starting and stopping. `bot/node.py` builds the rest."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from bot.beginning import Beginning
from bot.clock import Clock
from bot.file_watch import FileWatch
from bot.in_force import InForce
from bot.lane import StartFailed
from bot.node import Life, Node
from bot.parts import Parts
from bot.perseverance import Perseverance
from bot.web import Web
from config.settings import Settings
from config.watch import changes
from handlers import set_menus
from storage import Returned, StoreError

__all__ = ["Relay", "StartFailed", "run"]

log = structlog.get_logger()

STOP_SECONDS = 11.0  # all of stopping; a supervisor's patience is often ten or fifteen
ANSWER_SECONDS = 4.0  # of these, for what people said by webhook


class Relay:
    """The service, with all its bots. `run()` is all of its life; `ready` is set once it polls, sends and listens."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._path = path
        self._changes = changes(path)  # counted from before the file is read, so that no save is missed
        self._beginning = Beginning(path, environ)
        self.settings: Settings = self._beginning.settings
        self._clock = Clock()
        self.ready = asyncio.Event()
        self._stopped = asyncio.Event()
        self._returned: dict[str, Returned] = {}  # bots whose database is a copy that was put back
        self._guarded = Perseverance()
        self._loops: set[asyncio.Task[Any]] = set()  # that go on for as long as we run
        self._aside: set[asyncio.Task[Any]] = set()  # that end by themselves
        self._hearing: asyncio.Task[Any] | None = None

    def stop(self) -> None:
        self._stopped.set()

    async def run(self) -> None:
        """Until SIGTERM, SIGINT or `stop()`. StartFailed where it cannot begin."""
        async with self._beginning.stores() as stores:
            self.settings = self._beginning.settings
            for bot, store in stores.items():
                store.claim_sole_use()
                await store.refuse_where_it_is_not()
                if (returned := await store.come_back(self._clock())) is not None:
                    self._returned[bot] = returned
            self._node = Node(self._beginning, stores, self._life())
            self._file = self._watch()
            async with self._node.opened():
                await self._live()

    def _life(self) -> Life:
        return Life(
            settings=lambda: self.settings,
            put=self._put,
            reload=self._reload,
            rollback=self._rollback,
            started=self.ready.is_set,
            clock=self._clock,
        )

    def _watch(self) -> FileWatch:
        where = self._beginning.node if self._beginning.is_shared else ""
        return FileWatch(self._node.applied, self._changes, self._node.main.alarms, where)

    @property
    def web(self) -> Web:
        return self._node.web

    @property
    def main(self) -> Parts:
        """What the bot "main" is made of."""
        return self._node.main

    # --- its life

    async def _live(self) -> None:
        """Start, stay, stop: pushes and polls end first, then people are heard no more, then the last sends land."""
        try:
            await self._start()
            done, _ = await asyncio.wait(self._loops, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            log.info("stopping")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._wind_down()
            log.info("stopped")

    async def _start(self) -> None:
        self._mind_signals()
        if self._beginning.is_shared:
            await self._node.hold(())  # until it is known which shards are ours
        self._sharing = self._begin(self._node.sharing.run())
        for work in (self._file.run(), self._stopped.wait()):
            self._begin(work)
        await self._recollect()
        self._look_after_each_other()
        for one in self._node.bots.values():
            await one.poller.start()
            one.open_door()
            self._begin(one.lateness.run())
        self._hearing = self._begin(self._node.web.run())
        if await self._comes(self._node.sharing.begun.wait()) and await self._comes(self._node.web.attempted()):
            self._begun()

    def _begun(self) -> None:
        self.ready.set()
        for bot, returned in self._returned.items():
            self._tell_of_the_return(self._node.bots[bot], returned)
        log.info("running", blogs=len(self.settings.blogs), config=str(self._path))

    async def _comes(self, about: Coroutine[Any, Any, Any]) -> bool:
        """Whether it does, before we are told to stop or something ends that is to go on for as long as we run."""
        coming = asyncio.ensure_future(about)
        await asyncio.wait({coming, *self._loops}, return_when=asyncio.FIRST_COMPLETED)
        if not coming.done():
            coming.cancel()
        return coming.done()

    def _look_after_each_other(self) -> None:
        """What others keep is followed, and what they say is wrong or over is known here as well."""
        if isinstance(self._node.applied, InForce):
            self._begin(self._node.applied.run())
            for parts in self._node.bots.values():
                self._begin(parts.alarms.keep_up())

    def _mind_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._file.reload()))

    async def _recollect(self) -> None:
        """What stood before, and is different now that we have started."""
        await self._drop_drafts()
        await self._node.applied.begin()
        await self._node.main.alarms.remember()
        await self._file.is_good()  # or we would not have started

    def _begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Something that goes on for as long as we run: its end is ours."""
        task = asyncio.create_task(work)
        self._loops.add(task)
        return task

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Something that nobody waits for, ended with the rest."""
        task = asyncio.create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _wind_down(self) -> None:
        for parts in self._node.bots.values():
            if parts.webhook is not None:
                await parts.webhook.close(ANSWER_SECONDS)
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        for parts in self._node.bots.values():
            await parts.poller.stop()
        self._node.sharing.stop()
        others = {*self._loops, *self._aside} - {self._sharing}
        for one in others:
            one.cancel()
        await asyncio.gather(self._sharing, *others, return_exceptions=True)

    async def _reload(self) -> list[str]:
        changes = await self._node.applied.reload()
        await self._file.is_good()
        return changes

    async def _rollback(self, name: str, *, person: int | None = None, who: str = "rollback") -> list[str]:
        changes = await self._node.applied.rollback(name, person=person, who=who)
        await self._file.is_good()
        return changes

    async def _put(self, after: Settings) -> None:
        """Follow these settings from now on."""
        before, self.settings = self.settings, after
        try:
            for name, parts in self._node.bots.items():
                await parts.poller.apply(before.of(name))
        except StoreError:
            self.settings = before  # of nothing that it says was anything done yet
            raise
        for parts in self._node.bots.values():
            parts.follow(parts.settings())
            parts.wake()
        self._node.web.wake()
        if before.access != after.access:
            await self._drop_drafts()
            for parts in self._node.bots.values():
                self._spawn(set_menus(parts.application.bot, parts.house))

    def _tell_of_the_return(self, parts: Parts, returned: Returned) -> None:
        at = datetime.fromtimestamp(returned.made_at, UTC)
        log.warning("put back from a copy", as_of=at.isoformat(), taken_as_sent=returned.taken, later=returned.waiting)
        text = f"The database was put back as it was on {at:%d %b %Y, %H:%M} UTC."
        if returned.taken:
            text += f" {returned.taken:,} messages that waited then count as sent, so that nobody gets them twice."
        if returned.waiting:
            text += (
                f" {returned.waiting:,} posts that had a later time still go out: look at /pushes and the held posts."
            )
        self._spawn(
            _say_to_all(parts, f"{text}\nWhat editors took down, corrected or held since then is to be done again.")
        )

    async def _drop_drafts(self) -> None:
        """Who is no editor any more has nothing left to press."""
        for parts in self._node.bots.values():
            dropped = await self._guarded(parts.desk.drop_drafts_of_others())
            if dropped:
                log.info("drafts of former editors dropped", drafts=dropped)


async def _say_to_all(parts: Parts, text: str) -> None:
    for admin in parts.admins():
        await parts.say(admin, text)


def run(path: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Run the service in the foreground until it is told to stop."""

    async def all_of_it() -> None:
        await Relay(path, environ).run()

    gc.freeze()  # no look for circles goes through all that was read of the program: it would hold everything up
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(all_of_it())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it installs."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
