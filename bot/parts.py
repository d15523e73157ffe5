"""What a running relay is made of: each thing built once and given what it needs. Nothing is started here."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from telegram.error import TelegramError
from telegram.ext import Application, ApplicationBuilder, ExtBot

from bot.alarming import Alarms
from bot.applied import Applied
from bot.clock import Clock
from bot.counting import Counting
from bot.desk import Desk
from bot.fetch import Fetcher
from bot.gauges import Gauges
from bot.limiter import PaceLimiter
from bot.listening import POLL_SECONDS, Asking, ByWebhook, by_polling
from bot.pace import Limits, Pace
from bot.poller import Poller
from bot.pruning import Pruner
from bot.readiness import Readiness
from bot.reading import Reading
from bot.request import AiohttpRequest, Reach
from bot.sender import Sender
from bot.telegram import Telegram
from bot.vitals import Vitals
from bot.watcher import Watched, Watcher
from bot.web import Web
from bot.web.webhook import Webhook
from config.secrets import webhook_path, webhook_secret
from config.settings import Settings
from config.values import FREE_RATE
from handlers import preview, register
from handlers.house import House
from handlers.updates import PerChat
from storage import Store

log = structlog.get_logger()

BOT = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the parts are built from. `text` is what stood in the file at `path` when it was read for the first time;
    `settings` are those in force; `put` makes all of it follow others; `started`: whether it polls, sends and
    listens."""

    path: Path
    environ: Mapping[str, str]
    text: bytes
    token: str
    settings: Callable[[], Settings]
    put: Callable[[Settings], Awaitable[None]]
    started: Callable[[], bool]
    clock: Clock


class Parts:
    """All of them, for one bot, around one store."""

    def __init__(self, given: Given, store: Store) -> None:
        self._given, self._settings, self.clock, self.store = given, given.settings, given.clock, store
        self.pace = Pace(limits_of(self._settings()))
        self.vitals = Vitals(self.pace, clock=self.clock)
        self._reach = Reach()
        self._request = AiohttpRequest(reach=self._reach)
        self._updates_request = Asking(connections=2, read_seconds=POLL_SECONDS + 10.0, reach=self._reach)
        self.alarms = Alarms(store, admins=self.admins, say=self.say, now=self.now)
        self._build_the_road()
        self._build_what_looks_after_it()
        self.house = self._build_house()
        self.webhook = self._build_webhook()
        self.web = self._build_web()
        self.application = self._build_application()
        register(self.application, self.house)

    def _build_the_road(self) -> None:
        """From the pages to the chats."""
        store, pace, vitals, settings, telegram = self.store, self.pace, self.vitals, self._settings, self._telegram()
        self.telegram = telegram
        self.watcher = self._build_watcher()
        self.sender = Sender(
            store=store,
            telegram=telegram,
            pace=pace,
            vitals=vitals,
            settings=settings,
            refused=self.watcher.refused,
            halted=self.watcher.halted,
            bot=BOT,
            clock=self.clock,
        )
        self.desk = Desk(store, settings, wake=self.sender.wake, clock=self.clock)
        self.fetcher = Fetcher()
        self.poller = Poller(
            store=store,
            desk=self.desk,
            fetcher=self.fetcher,
            reading=Reading(),
            settings=settings,
            alarms=self.alarms,
            vitals=vitals,
        )

    def _telegram(self) -> Telegram:
        telegram = self._settings().telegram
        return Telegram(
            self._request,
            api_base=telegram.api_base,
            token=self._given.token,
            paid=telegram.paid_broadcast,
            rich=telegram.rich_messages,
        )

    def _build_watcher(self) -> Watcher:
        watched = Watched(
            store=self.store,
            pace=self.pace,
            settings=self._settings,
            polls=lambda: self.poller,
            floods=self.vitals.floods,
            lost_for=self._reach.lost_for,
            stuck=self.vitals.stuck,
        )
        return Watcher(watched, self.alarms, bot=BOT, now=self.now)

    def _build_what_looks_after_it(self) -> None:
        self.vitals.measures.register(Gauges(self.vitals, self.poller.last_polls))
        self.pruner = Pruner(store=self.store, settings=self._settings)
        self.counting = Counting(store=self.store, vitals=self.vitals, bot=BOT)
        self.applied = Applied(
            path=self._given.path,
            environ=self._given.environ,
            text=self._given.text,
            settings=self._settings,
            put=self._given.put,
            store=self.store,
            clock=self.clock,
        )

    def _build_house(self) -> House:
        return House(
            store=self.store,
            desk=self.desk,
            settings=self._settings,
            pace=self.pace,
            vitals=self.vitals,
            bot=BOT,
            clock=self.clock,
            reload=self.applied.reload,
            rollback=self.applied.rollback,
            next_polls=self.poller.next_polls,
            last_polls=self.poller.last_polls,
            alarms=self.alarms,
            preview=self._preview,
        )

    def _build_webhook(self) -> Webhook | None:
        """Where updates are brought to, if they are."""
        if self._settings().telegram.updates != "webhook":
            return None
        token = self._given.token
        return Webhook(path=webhook_path(token, BOT), secret=webhook_secret(token, BOT))

    def _build_web(self) -> Web:
        readiness = Readiness(
            store=self.store,
            vitals=self.vitals,
            settings=self._settings,
            polls=self.poller,
            started=self._given.started,
            lost_for=self._reach.lost_for,
        )
        return Web(
            house=self.house,
            fetcher=self.fetcher,
            environ=self._given.environ,
            webhook=self.webhook,
            readiness=readiness,
            told=self.poller.told,
            hand=self.poller.handed,
        )

    def _build_application(self) -> Application[Any, Any, Any, Any, Any, Any]:
        base = self._settings().telegram.api_base.rstrip("/")
        bot: ExtBot[None] = ExtBot(
            self._given.token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self._updates_request,
            rate_limiter=PaceLimiter(self.pace, self.vitals),
        )
        order = PerChat(functools.partial(self.store.chat, BOT))
        return ApplicationBuilder().bot(bot).concurrent_updates(order).build()

    def heard(self) -> contextlib.AbstractAsyncContextManager[None]:
        """People, in the way that the file had when we started."""
        if self.webhook is None:
            return by_polling(self.application)
        token = self._given.token
        return ByWebhook(
            application=self.application,
            door=self.webhook,
            public_url=self._settings().web.public_url,
            path=webhook_path(token, BOT),
            secret=webhook_secret(token, BOT),
            alarms=self.alarms,
            listens=self.web.listens,
        ).heard()

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Connections, opened before anything uses them and closed after everything has stopped."""
        await self._request.initialize()
        await self._updates_request.initialize()
        await self.fetcher.open()
        try:
            yield
        finally:
            await self.fetcher.close()
            await self._updates_request.shutdown()
            await self._request.shutdown()

    def follow(self, after: Settings) -> None:
        """What was built from other settings goes on with these; the rest looks them up."""
        self.pace.limits = limits_of(after)
        self.telegram.paid = after.telegram.paid_broadcast
        self.telegram.rich = after.telegram.rich_messages

    def admins(self) -> tuple[int, ...]:
        return self._settings().access.admins

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    async def say(self, admin: int, text: str) -> bool:
        """Tell an admin, in Telegram; whether it came. Who cannot be reached there finds it in the log."""
        try:
            await self.application.bot.send_message(admin, text[:4000])
        except TelegramError as error:
            log.warning("admin not reached", admin=admin, why=str(error), text=text)
            return False
        return True

    async def _preview(self, editor: int, text: str) -> int:
        return await preview(self.application.bot, self.house, editor, text)


def limits_of(settings: Settings) -> Limits:
    telegram = settings.telegram
    return Limits(
        per_second=telegram.messages_per_second,
        unpaid_per_second=min(FREE_RATE, telegram.messages_per_second) if telegram.paid_broadcast else None,
        per_chat_per_second=telegram.messages_per_chat_per_second,
        per_group_per_minute=telegram.messages_per_group_per_minute,
    )
