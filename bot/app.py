"""The service's life: the only place that knows the order of starting and stopping. `bot/parts.py` builds the rest."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.clock import Clock
from bot.core.standing import Kind
from bot.file_watch import FILE_APPLIED, FileWatch
from bot.parts import Given, Parts
from bot.perseverance import Perseverance
from bot.web import Web
from config.settings import Settings, contents, parse_contents, token
from config.watch import changes
from handlers import keep_topics, set_menus, show_held, show_progress
from storage import Returned, Store, StoreError, open_store

log = structlog.get_logger()

STOP_SECONDS = 11.0  # all of stopping; a supervisor's patience is often ten or fifteen
ANSWER_SECONDS = 4.0  # of these, for what people said by webhook
UNREACHABLE_PAUSE = 5.0


class StartFailed(Exception):
    """It cannot run; the text says why, in one line."""


class Relay:
    """The service. `run()` is all of its life; `ready` is set once it polls, sends and listens."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._path, self._environ = path, environ
        self._changes = changes(path)  # counted from before the file is read, so that no save is missed
        self._first = contents(path)
        self.settings: Settings = parse_contents(self._first, path, environ)
        self._token = token(environ)
        self._clock = Clock()
        self.ready = asyncio.Event()
        self._stopped = asyncio.Event()
        self._returned: Returned | None = None  # the database is a copy that was put back
        self._guarded = Perseverance()
        self._loops: set[asyncio.Task[Any]] = set()  # that go on for as long as we run
        self._aside: set[asyncio.Task[Any]] = set()  # that end by themselves
        self._hearing: asyncio.Task[Any] | None = None

    def stop(self) -> None:
        self._stopped.set()

    async def run(self) -> None:
        """Until SIGTERM, SIGINT or `stop()`. StartFailed where it cannot begin."""
        store = open_store(self.settings.storage.url)
        try:
            store.claim_sole_use()
            self._returned = await store.come_back(self._clock())
            self._parts = self._build(store)
            async with self._parts.opened():
                await self._live()
        finally:
            await store.close()

    def _build(self, store: Store) -> Parts:
        given = Given(
            path=self._path,
            environ=self._environ,
            text=self._first,
            token=self._token,
            settings=self._current,
            put=self._put,
            started=self.ready.is_set,
            clock=self._clock,
        )
        return Parts(given, store)

    @property
    def web(self) -> Web:
        return self._parts.web

    def _current(self) -> Settings:
        return self.settings

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
        parts, file = self._parts, FileWatch(self._parts.applied, self._changes, self._parts.alarms)
        self._mind_signals(file)
        self._sending = self._begin(parts.sender.run())
        for work in (self._listen(), file.run(), parts.pruner.run(), parts.counting.run(), self._stopped.wait()):
            self._begin(work)
        await self._recollect()
        await parts.poller.start()
        self._begin(parts.alarms.run())
        self._begin(parts.watcher.run())
        self._hearing = self._begin(parts.web.run())
        self.ready.set()
        if self._returned is not None:
            self._tell_of_the_return(self._returned)
        log.info("running", blogs=len(self.settings.blogs), config=str(self._path))

    def _mind_signals(self, file: FileWatch) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(file.reload()))

    async def _recollect(self) -> None:
        """What stood before, and is different now that we have started."""
        await self._drop_drafts()
        await self._parts.applied.begin()
        await self._parts.alarms.remember()
        await self._parts.alarms.ended(Kind.FILE, ending=FILE_APPLIED)  # or we would not have started
        if self._parts.webhook is None:
            await self._parts.alarms.ended(Kind.WEBHOOK, ending="updates are asked for now")

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
        if self._parts.webhook is not None:
            await self._parts.webhook.close(ANSWER_SECONDS)
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        await self._parts.poller.stop()
        self._parts.sender.stop()
        others = {*self._loops, *self._aside} - {self._sending}
        for one in others:
            one.cancel()
        await asyncio.gather(self._sending, *others, return_exceptions=True)

    async def _listen(self) -> None:
        """Hear people for as long as we run. Telegram may be out of reach when we start."""
        application = self._parts.application
        await self._greet()
        async with application, self._parts.heard():
            menus = asyncio.create_task(set_menus(application.bot, self._parts.house))
            try:
                async with asyncio.TaskGroup() as loops:
                    for loop in (show_progress, show_held, keep_topics):
                        loops.create_task(loop(application.bot, self._parts.house))
            finally:
                menus.cancel()

    async def _greet(self) -> None:
        """Ask Telegram who we are until it answers; a wrong token ends the attempt."""
        told = False
        while True:
            try:
                await self._parts.application.bot.initialize()
            except InvalidToken:
                raise StartFailed("Telegram does not know this token; is TELEGRAM_BOT_TOKEN right?") from None
            except TelegramError as error:
                if not told:
                    log.warning("telegram not reached yet", why=str(error))
                told = True
                await asyncio.sleep(UNREACHABLE_PAUSE)
            else:
                return

    async def _put(self, after: Settings) -> None:
        """Follow these settings from now on."""
        before, self.settings = self.settings, after
        try:
            await self._parts.poller.apply(before)
        except StoreError:
            self.settings = before  # of nothing that it says was anything done yet
            raise
        self._parts.follow(after)
        self._parts.web.wake()
        self._parts.sender.wake()
        await self._parts.alarms.ended(Kind.FILE, ending=FILE_APPLIED)
        if before.access != after.access:
            await self._drop_drafts()
            self._spawn(set_menus(self._parts.application.bot, self._parts.house))

    def _tell_of_the_return(self, returned: Returned) -> None:
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
            self._say_to_all(f"{text}\nWhat editors took down, corrected or held since then is to be done again.")
        )

    async def _say_to_all(self, text: str) -> None:
        for admin in self._parts.admins():
            await self._parts.say(admin, text)

    async def _drop_drafts(self) -> None:
        """Who is no editor any more has nothing left to press."""
        dropped = await self._guarded(self._parts.desk.drop_drafts_of_others())
        if dropped:
            log.info("drafts of former editors dropped", drafts=dropped)


def run(path: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Run the service in the foreground until it is told to stop."""

    async def all_of_it() -> None:
        await Relay(path, environ).run()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(all_of_it())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it installs."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
