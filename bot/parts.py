"""What is built for each bot: each thing once and given what it needs. Nothing is started here."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from telegram.error import BadRequest, NetworkError, TelegramError
from telegram.ext import Application, ApplicationBuilder, ExtBot

from bot.alarming import Alarms
from bot.applied import Kept
from bot.clock import Clock
from bot.core.nodes import Nodes
from bot.counting import Counting
from bot.desk import Desk
from bot.fetch import Fetcher
from bot.gauges import Gauges
from bot.house import Rollback
from bot.lateness import Lateness
from bot.limiter import PaceLimiter
from bot.listening import POLL_SECONDS, Asking, Bring, Brought, ByPolling, ByWebhook
from bot.nodes_watch import NodesWatch
from bot.pace import Limits, Pace
from bot.poller import Poller
from bot.pruning import Pruner
from bot.reading import Reading
from bot.request import AiohttpRequest, Reach
from bot.sender import Sender
from bot.telegram import Telegram
from bot.vitals import Vitals
from bot.watcher import Watched, Watcher
from bot.web.webhook import Webhook
from config.secrets import webhook_path, webhook_secret
from config.settings import Settings
from config.values import FREE_RATE, MAIN_BOT, Bot
from handlers import preview, register
from handlers.house import House
from handlers.updates import PerChat
from storage import Store

log = structlog.get_logger()

LONG_REST = 5.0  # seconds
BOT = "main"  # as the rows of a bot's own store call it


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all bots of this process have in common. `settings` are those in force; `reload`, `rollback` and `kept` are
    those of `bot.applied`; `nodes`: how all nodes are, None where there is one alone; `listens` returns once strangers
    can reach us; `starting` tells whether a wrong token still keeps us from running; `others` are those of the other
    bots, who speak for one that cannot; `bring` keeps an update of a bot for whoever answers for it, where that may be
    another node."""

    fetcher: Fetcher
    reading: Reading
    settings: Callable[[], Settings]
    reload: Callable[[], Awaitable[list[str]]]
    rollback: Rollback
    kept: Callable[[], Awaitable[list[Kept]]]
    nodes: Callable[[], Nodes | None]
    listens: Callable[[], Awaitable[None]]
    clock: Clock
    starting: Callable[[], bool]
    others: Callable[[str], Iterable[Parts]]
    bring: Bring | None = None


class Parts:
    """All of them, for one bot, around its store."""

    def __init__(self, bot: Bot, token: str, shared: Shared, store: Store) -> None:
        self.name, self.token_env, self._token = bot.name, bot.token_env, token
        self._shared, self.clock, self.store = shared, shared.clock, store
        self._whole = shared.settings()
        self._ours = self._whole.of(bot.name)
        self.pace = Pace(limits_of(self.settings()))
        self.vitals = Vitals(self.pace, clock=self.clock)
        self.reach = Reach()
        self._request = AiohttpRequest(reach=self.reach)
        self._updates_request = Asking(connections=2, read_seconds=POLL_SECONDS + 10.0, reach=self.reach)
        self.alarms = Alarms(store, admins=self.admins, say=self.say, now=self.now)
        self._sender: Sender | None = None
        self._ledger = store
        self._build_the_road()
        self._build_what_looks_after_it()
        self.house = self._build_house()
        self.webhook = self._build_webhook()
        self.application = self._build_application()
        register(self.application, self.house)
        self.listening = self._build_listening()

    def settings(self) -> Settings:
        """What the file says of this bot."""
        if (whole := self._shared.settings()) is not self._whole:
            self._whole, self._ours = whole, whole.of(self.name)
        return self._ours

    def nodes(self) -> Nodes | None:
        return self._shared.nodes()

    def begin_sending(self, ledger: Store) -> Sender:
        """A sender that writes through this; there is one at a time."""
        self._ledger = ledger
        self._sender = Sender(
            store=ledger,
            telegram=self.telegram,
            pace=self.pace,
            vitals=self.vitals,
            settings=self.settings,
            refused=self.watcher.refused,
            halted=self.watcher.halted,
            bot=BOT,
            clock=self.clock,
        )
        return self._sender

    def wake(self) -> None:
        """There is something to send, if it is sent from here."""
        if self._sender is not None:
            self._sender.wake()

    def open_door(self) -> None:
        """Where others may answer for the bot, what Telegram brings is taken here from now on, whoever does."""
        if self.webhook is not None and self._shared.bring is not None:
            self.webhook.open(functools.partial(self._shared.bring, self.name))

    def _build_the_road(self) -> None:
        """From the pages to the chats."""
        self.telegram = self._telegram()
        self.watcher = self._build_watcher()
        self.desk = Desk(self.store, self.settings, wake=self.wake, clock=self.clock)
        self.poller = Poller(
            store=self.store,
            desk=self.desk,
            fetcher=self._shared.fetcher,
            reading=self._shared.reading,
            settings=self.settings,
            alarms=self.alarms,
            vitals=self.vitals,
        )

    def _telegram(self) -> Telegram:
        telegram = self.settings().telegram
        return Telegram(
            self._request,
            api_base=telegram.api_base,
            token=self._token,
            paid=telegram.paid_broadcast,
            rich=telegram.rich_messages,
        )

    def _build_watcher(self) -> Watcher:
        watched = Watched(
            store=self.store,
            pace=self.pace,
            floods=self.vitals.floods,
            lost_for=self.reach.lost_for,
            stuck=self.vitals.stuck,
        )
        return Watcher(watched, self.alarms, bot=BOT, of_all=self.name == MAIN_BOT, now=self.now)

    def _build_what_looks_after_it(self) -> None:
        self.lateness = Lateness(self.poller, self.settings, self.alarms)
        self.nodes_watch = NodesWatch(self.nodes, self.alarms) if self.name == MAIN_BOT else None
        self.vitals.measures.register(Gauges(self.vitals, self.poller.last_polls, self.nodes))
        self.pruner = Pruner(store=self.store, settings=self.settings)
        self.counting = Counting(store=self.store, vitals=self.vitals, bot=BOT)

    def _build_house(self) -> House:
        return House(
            store=self.store,
            desk=self.desk,
            settings=self.settings,
            pace=self.pace,
            vitals=self.vitals,
            bot=BOT,
            name=self.name,
            clock=self.clock,
            reload=self._shared.reload,
            rollback=self._shared.rollback,
            kept=self._shared.kept,
            next_polls=self.poller.next_polls,
            last_polls=self.poller.last_polls,
            alarms=self.alarms,
            nodes=self.nodes,
            preview=self._preview,
        )

    def _build_webhook(self) -> Webhook | None:
        """Where updates are brought to, if they are."""
        if self.settings().telegram.updates != "webhook":
            return None
        return Webhook(path=webhook_path(self._token, self.name), secret=webhook_secret(self._token, self.name))

    def _build_application(self) -> Application[Any, Any, Any, Any, Any, Any]:
        base = self.settings().telegram.api_base.rstrip("/")
        bot: ExtBot[None] = ExtBot(
            self._token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self._updates_request,
            rate_limiter=PaceLimiter(self.pace, self.vitals),
        )
        order = PerChat(functools.partial(self.store.chat, BOT))
        builder = ApplicationBuilder().bot(bot).concurrent_updates(order)
        if self._shared.bring is not None:
            builder = builder.update_queue(Brought(functools.partial(self._shared.bring, self.name)))
        return builder.build()

    def _build_listening(self) -> ByPolling | ByWebhook:
        """How people are heard, in the way that the file had when we started."""
        if self.webhook is None:
            return ByPolling(application=self.application, alarms=self.alarms)
        return ByWebhook(
            application=self.application,
            door=self.webhook,
            public_url=self.settings().web.public_url,
            path=webhook_path(self._token, self.name),
            secret=webhook_secret(self._token, self.name),
            alarms=self.alarms,
            listens=self._shared.listens,
            is_shared=self._shared.bring is not None,
        )

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Connections, opened before anything uses them and closed after everything has stopped."""
        await self._request.initialize()
        await self._updates_request.initialize()
        try:
            yield
        finally:
            await self.application.shutdown()
            await self._updates_request.shutdown()
            await self._request.shutdown()

    def follow(self, after: Settings) -> None:
        """What was built from other settings goes on with these; the rest looks them up."""
        self.pace.limits = limits_of(after)
        self.telegram.paid = after.telegram.paid_broadcast
        self.telegram.rich = after.telegram.rich_messages

    def admins(self) -> tuple[int, ...]:
        return self.settings().access.admins

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def starting(self) -> bool:
        """Whether a wrong token still keeps us from running."""
        return self._shared.starting()

    async def say(self, admin: int, text: str) -> bool:
        """Tell an admin, in Telegram; whether it came. Where this bot is silent, or may not write to them, another one
        does. Who cannot be reached there finds it in the log."""
        if not self._ledger.held():
            return False  # whoever sends for this bot by now tells them
        if self._is_silent() and await self._said_by_another(admin, text):
            return True
        try:
            await self.application.bot.send_message(admin, text[:4000])
        except TelegramError as error:
            if not _is_out_of_reach(error) and await self._said_by_another(admin, text):
                return True
            log.warning("admin not reached", bot=self.name, admin=admin, why=str(error), text=text)
            return False
        return True

    async def _said_by_another(self, admin: int, text: str) -> bool:
        for other in (one for one in self._shared.others(self.name) if not one._is_silent()):
            with contextlib.suppress(TelegramError):
                await other.application.bot.send_message(admin, f"Bot {self.name}: {text}"[:4000])
                return True
        return False

    def _is_silent(self) -> bool:
        """For a while, as Telegram told it to be, or where it does not know its token."""
        return self.pace.unrested() < -LONG_REST

    async def _preview(self, editor: int, text: str) -> int:
        return await preview(self.application.bot, self.house, editor, text)


def _is_out_of_reach(error: TelegramError) -> bool:
    """Telegram itself, and so every bot. What it refuses is of the same class in the library."""
    return isinstance(error, NetworkError) and not isinstance(error, BadRequest)


def limits_of(settings: Settings) -> Limits:
    telegram = settings.telegram
    return Limits(
        per_second=telegram.messages_per_second,
        unpaid_per_second=min(FREE_RATE, telegram.messages_per_second) if telegram.paid_broadcast else None,
        per_chat_per_second=telegram.messages_per_chat_per_second,
        per_group_per_minute=telegram.messages_per_group_per_minute,
    )
