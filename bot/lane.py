"""All that is done once for a bot, begun and ended together: whoever has the bot's lane does it, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.core.standing import Kind
from bot.ending import called_off, to_its_end
from bot.parts import Parts
from bot.vitals import Counts
from config.values import MAIN_BOT
from handlers import keep_topics, set_menus, show_held, show_progress
from storage import Store

log = structlog.get_logger()

UNREACHABLE_PAUSE = 5.0
WRONG_TOKEN_PAUSE = 30.0


class StartFailed(Exception):
    """It cannot run; the text says why, in one line."""


class BotLane:
    """Sends for a bot, answers people who speak to it, tells its admins what is wrong, counts, forgets."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stopped, self._hears = asyncio.Event(), asyncio.Event()

    def stop(self) -> None:
        self._stopped.set()

    def wake(self) -> None:
        """Something is to be sent, or an alarm to be told."""
        self._parts.wake()
        self._parts.alarms.look()

    async def hears(self) -> None:
        await self._hears.wait()

    async def answer(self, update: dict[str, Any]) -> None:
        await self._parts.listening.handle(update)

    async def run(self, ledger: Store) -> None:
        """Sending begins first: where a node was lost, that is what readers wait for. When it ends, people are heard no
        more first, then the last sends land."""
        parts = self._parts
        sender = parts.begin_sending(ledger)
        sending = asyncio.create_task(sender.run())
        aside = [asyncio.create_task(_after(sender.looked, work)) for work in self._aside()]
        stopped = asyncio.create_task(self._stopped.wait())
        try:
            done, _ = await asyncio.wait({sending, stopped, *aside}, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
            sender.stop()
            await called_off(*aside)
            await sending
        finally:
            try:
                await to_its_end(called_off(sending, stopped, *aside))
            finally:
                self._stopped, self._hears = asyncio.Event(), asyncio.Event()
                parts.vitals.counted(Counts())  # what waits is another's concern now

    def _aside(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        parts = self._parts
        return self._listen, parts.pruner.run, parts.counting.run, self._look_after_it

    async def _look_after_it(self) -> None:
        """Alarms that stood before stand, before anybody looks for new ones."""
        alarms = self._parts.alarms
        await alarms.remember()
        if self._parts.webhook is None:
            await alarms.ended(Kind.WEBHOOK, ending="updates are asked for now")
        async with asyncio.TaskGroup() as both:
            both.create_task(alarms.run())
            both.create_task(self._parts.watcher.run())
            if (watch := self._parts.nodes_watch) is not None:
                both.create_task(watch.run())

    async def _listen(self) -> None:
        """Hear people. Telegram may be out of reach when we start."""
        application, house = self._parts.application, self._parts.house
        await self._greet()
        await application.initialize()
        async with self._parts.listening.heard():
            self._hears.set()
            menus = asyncio.create_task(set_menus(application.bot, house))
            try:
                async with asyncio.TaskGroup() as loops:
                    for loop in (show_progress, show_held, keep_topics):
                        loops.create_task(loop(application.bot, house))
            finally:
                menus.cancel()

    async def _greet(self) -> None:
        """Ask Telegram who we are until it answers. A wrong token keeps us from starting; once we run, others go on."""
        told = halted = False
        while True:
            try:
                await self._parts.application.bot.initialize()
            except InvalidToken:
                why = self._wrong_token()
                if self._parts.starting():
                    raise StartFailed(why) from None
                self._parts.watcher.halted(why)
                halted = True
                await asyncio.sleep(WRONG_TOKEN_PAUSE)
            except TelegramError as error:
                if not told:
                    log.warning("telegram not reached yet", bot=self._parts.name, why=str(error))
                told = True
                await asyncio.sleep(UNREACHABLE_PAUSE)
            else:
                if halted:
                    self._parts.watcher.halted(None)
                return

    def _wrong_token(self) -> str:
        name = self._parts.name
        of_bot = "" if name == MAIN_BOT else f" of the bot {name}"
        return f"Telegram does not know this token{of_bot}; is {self._parts.token_env} right?"


async def _after(this: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
    await this.wait()
    await work()
