"""The only place that builds things, and that knows the order of starting and stopping."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from telegram.error import InvalidToken, RetryAfter, TelegramError
from telegram.ext import Application, ApplicationBuilder, BaseRateLimiter, ExtBot

from bot.alarming import Alarms
from bot.applied import Applied
from bot.clock import Clock
from bot.core.standing import Kind
from bot.counting import Counting
from bot.desk import Desk
from bot.fetch import Fetcher
from bot.gauges import Gauges
from bot.listening import POLL_SECONDS, ByWebhook, by_polling
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
from config.settings import BadSettings, Settings, contents, parse_contents, token
from config.values import FREE_RATE
from config.watch import changes
from handlers import keep_topics, preview, register, set_menus, show_held, show_progress
from handlers.house import House
from handlers.updates import PerChat
from storage import Returned, Store, open_store

log = structlog.get_logger()

BOT = "main"
STOP_SECONDS = 11.0  # all of stopping; a supervisor's patience is often ten or fifteen
ANSWER_SECONDS = 4.0  # of these, for what people said by webhook
UNREACHABLE_PAUSE = 5.0
LONGEST_MISTAKES = 3000  # characters of what is wrong with a file, in one message
FILE_APPLIED = "it is applied now"


class StartFailed(Exception):
    """It cannot run; the text says why, in one line."""


class PaceLimiter(BaseRateLimiter[None]):
    """Everything that python-telegram-bot sends takes its turn as well, before deliveries: a person is waiting."""

    # These name a chat and are no messages.
    SILENT = frozenset({"getChat", "getChatMember", "getChatAdministrators", "sendChatAction", "leaveChat"})

    def __init__(self, pace: Pace, vitals: Vitals) -> None:
        self._pace, self._vitals = pace, vitals

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:
        chat = data.get("chat_id")
        if endpoint in self.SILENT or not isinstance(chat, int):
            return await callback(*args, **kwargs)
        left = await self._pace.reply(chat, group=chat < 0)
        try:
            answer = await callback(*args, **kwargs)
        except RetryAfter as error:
            self._pace.flooded(chat, error._retry_after.total_seconds())
            self._vitals.flooded()
            raise
        finally:
            self._pace.answered(chat, left, paid=False)
        self._pace.succeeded()
        self._vitals.replied()
        return answer


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
        self._aside: set[asyncio.Task[Any]] = set()

    def stop(self) -> None:
        self._stopped.set()

    async def run(self) -> None:
        """Until SIGTERM, SIGINT or `stop()`. StartFailed where it cannot begin."""
        store = open_store(self.settings.storage.url)
        try:
            store.claim_sole_use()
            self._returned = await store.come_back(self._clock())
            self._build(store)
            async with self._open():
                await self._live()
        finally:
            await store.close()

    def _build(self, store: Store) -> None:
        """Everything there is, each thing once."""
        telegram = self.settings.telegram
        self._store = store
        self._pace = Pace(_limits(self.settings))
        self._vitals = Vitals(self._pace, clock=self._clock)
        reach = Reach()
        self._request = AiohttpRequest(reach=reach)
        self._updates_request = AiohttpRequest(connections=2, read_seconds=POLL_SECONDS + 10.0, reach=reach)
        self._alarms = Alarms(store, admins=self._admins, say=self._say, now=self._now)
        self._telegram = Telegram(
            self._request,
            api_base=telegram.api_base,
            token=self._token,
            paid=telegram.paid_broadcast,
            rich=telegram.rich_messages,
        )
        self._watcher = self._build_watcher(reach)
        self._sender = Sender(
            store=store,
            telegram=self._telegram,
            pace=self._pace,
            vitals=self._vitals,
            settings=self._current,
            refused=self._watcher.refused,
            halted=self._watcher.halted,
            bot=BOT,
            clock=self._clock,
        )
        self._desk = Desk(store, self._current, wake=self._sender.wake, clock=self._clock)
        self._fetcher = Fetcher()
        self._poller = Poller(
            store=store,
            desk=self._desk,
            fetcher=self._fetcher,
            reading=Reading(),
            settings=self._current,
            alarms=self._alarms,
            vitals=self._vitals,
        )
        self._vitals.measures.register(Gauges(self._vitals, self._poller.last_polls))
        self._webhook = self._build_webhook()
        self._pruner = Pruner(store=store, settings=self._current)
        self._counting = Counting(store=store, vitals=self._vitals, bot=BOT)
        self._applied = Applied(
            path=self._path,
            environ=self._environ,
            text=self._first,
            settings=self._current,
            put=self._put,
            store=store,
            clock=self._clock,
        )
        self._house = House(
            store=store,
            desk=self._desk,
            settings=self._current,
            pace=self._pace,
            vitals=self._vitals,
            bot=BOT,
            clock=self._clock,
            reload=self._applied.reload,
            rollback=self._applied.rollback,
            next_polls=self._poller.next_polls,
            last_polls=self._poller.last_polls,
            alarms=self._alarms,
            preview=self._preview,
        )
        readiness = Readiness(
            store=store,
            vitals=self._vitals,
            settings=self._current,
            polls=self._poller,
            started=self.ready.is_set,
            lost_for=reach.lost_for,
            now=self._now,
        )
        self.web = Web(
            house=self._house,
            fetcher=self._fetcher,
            environ=self._environ,
            webhook=self._webhook,
            readiness=readiness,
            told=self._poller.told,
            hand=self._poller.handed,
        )
        self._application = self._build_application(telegram.api_base)
        register(self._application, self._house)

    def _build_watcher(self, reach: Reach) -> Watcher:
        watched = Watched(
            store=self._store,
            pace=self._pace,
            settings=self._current,
            polls=lambda: self._poller,
            floods=self._vitals.floods,
            lost_for=reach.lost_for,
        )
        return Watcher(watched, self._alarms, bot=BOT, now=self._now)

    def _build_application(self, api_base: str) -> Application[Any, Any, Any, Any, Any, Any]:
        base = api_base.rstrip("/")
        bot: ExtBot[None] = ExtBot(
            self._token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self._updates_request,
            rate_limiter=PaceLimiter(self._pace, self._vitals),
        )
        order = PerChat(functools.partial(self._store.chat, BOT))
        return ApplicationBuilder().bot(bot).concurrent_updates(order).build()

    def _build_webhook(self) -> Webhook | None:
        """Where updates are brought to, if they are."""
        if self.settings.telegram.updates != "webhook":
            return None
        return Webhook(path=webhook_path(self._token, BOT), secret=webhook_secret(self._token, BOT))

    def _current(self) -> Settings:
        return self.settings

    def _admins(self) -> tuple[int, ...]:
        return self.settings.access.admins

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        """Connections, opened before anything uses them and closed after everything has stopped."""
        await self._request.initialize()
        await self._updates_request.initialize()
        await self._fetcher.open()
        try:
            yield
        finally:
            await self._fetcher.close()
            await self._updates_request.shutdown()
            await self._request.shutdown()

    async def _live(self) -> None:
        """Start, stay, stop: pushes and polls end first, then people are heard no more, then the last sends land."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._reload_quietly(self._applied.reload)))
        sending = asyncio.create_task(self._sender.run())
        listening = asyncio.create_task(self._listen())
        watching = asyncio.create_task(self._watch())
        pruning = asyncio.create_task(self._pruner.run())
        counting = asyncio.create_task(self._counting.run())
        await self._drop_drafts()
        await self._applied.begin()
        await self._alarms.remember()
        await self._alarms.ended(Kind.FILE, ending=FILE_APPLIED)  # or we would not have started
        if self._webhook is None:
            await self._alarms.ended(Kind.WEBHOOK, ending="updates are asked for now")
        await self._poller.start()
        telling = asyncio.create_task(self._alarms.run())
        looking = asyncio.create_task(self._watcher.run())
        hearing = asyncio.create_task(self.web.run())
        self.ready.set()
        if self._returned is not None:
            self._tell_of_the_return(self._returned)
        log.info("running", blogs=len(self.settings.blogs), config=str(self._path))
        stopped = asyncio.create_task(self._stopped.wait())
        done, _ = await asyncio.wait(
            {stopped, sending, listening, watching, pruning, counting, hearing, telling, looking},
            return_when=asyncio.FIRST_COMPLETED,
        )
        try:
            for one in done:
                one.result()
        finally:
            log.info("stopping")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    others = (watching, pruning, counting, telling, looking, stopped)
                    await self._wind_down(sending, listening, hearing, *others)
            log.info("stopped")

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Something that nobody waits for, ended with the rest."""
        task = asyncio.create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    async def _wind_down(
        self,
        sending: asyncio.Task[None],
        listening: asyncio.Task[None],
        hearing: asyncio.Task[None],
        *others: asyncio.Task[Any],
    ) -> None:
        if self._webhook is not None:
            await self._webhook.close(ANSWER_SECONDS)
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await self._poller.stop()
        self._sender.stop()
        for one in (listening, *others, *self._aside):
            one.cancel()
        await asyncio.gather(sending, listening, *others, *self._aside, return_exceptions=True)

    async def _listen(self) -> None:
        """Hear people for as long as we run. Telegram may be out of reach when we start."""
        application = self._application
        await self._greet()
        async with application, self._heard():
            menus = asyncio.create_task(set_menus(application.bot, self._house))
            try:
                async with asyncio.TaskGroup() as loops:
                    for loop in (show_progress, show_held, keep_topics):
                        loops.create_task(loop(application.bot, self._house))
            finally:
                menus.cancel()

    def _heard(self) -> contextlib.AbstractAsyncContextManager[None]:
        """In the way that the file had when we started."""
        if self._webhook is None:
            return by_polling(self._application)
        return ByWebhook(
            application=self._application,
            door=self._webhook,
            public_url=self.settings.web.public_url,
            path=webhook_path(self._token, BOT),
            secret=webhook_secret(self._token, BOT),
            alarms=self._alarms,
        ).heard()

    async def _greet(self) -> None:
        """Ask Telegram who we are until it answers; a wrong token ends the attempt."""
        told = False
        while True:
            try:
                await self._application.bot.initialize()
            except InvalidToken:
                raise StartFailed("Telegram does not know this token; is TELEGRAM_BOT_TOKEN right?") from None
            except TelegramError as error:
                if not told:
                    log.warning("telegram not reached yet", why=str(error))
                told = True
                await asyncio.sleep(UNREACHABLE_PAUSE)
            else:
                return

    async def _watch(self) -> None:
        async for _ in self._changes:
            await self._reload_quietly(self._applied.saved)

    async def _reload_quietly(self, apply: Callable[[], Awaitable[object]]) -> None:
        """Apply the file; of a bad one the admins are told, once, and the last good one stays in force."""
        try:
            await apply()
        except BadSettings as error:
            log.error("file refused", mistakes=str(error).splitlines())
            mistakes = "; ".join(str(error).splitlines())[:LONGEST_MISTAKES]
            said = f"{mistakes}; the one before stays in force, readers notice nothing"
            await self._alarms.raised(Kind.FILE, "", said, subject="The new file is refused")
            return
        await self._alarms.ended(Kind.FILE, ending=FILE_APPLIED)

    async def _put(self, after: Settings) -> None:
        """Follow these settings from now on."""
        before, self.settings = self.settings, after
        self._pace.limits = _limits(after)
        self._telegram.paid = after.telegram.paid_broadcast
        self._telegram.rich = after.telegram.rich_messages
        await self._poller.apply(before)
        self.web.wake()
        self._sender.wake()
        await self._alarms.ended(Kind.FILE, ending=FILE_APPLIED)
        if before.access != after.access:
            await self._drop_drafts()
            self._spawn(set_menus(self._application.bot, self._house))

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
        for admin in self._admins():
            await self._say(admin, text)

    async def _drop_drafts(self) -> None:
        """Who is no editor any more has nothing left to press."""
        dropped = await self._desk.drop_drafts_of_others()
        if dropped:
            log.info("drafts of former editors dropped", drafts=dropped)

    async def _preview(self, editor: int, text: str) -> int:
        return await preview(self._application.bot, self._house, editor, text)

    async def _say(self, admin: int, text: str) -> bool:
        """Tell an admin, in Telegram; whether it came. Who cannot be reached there finds it in the log."""
        try:
            await self._application.bot.send_message(admin, text[:4000])
        except TelegramError as error:
            log.warning("admin not reached", admin=admin, why=str(error), text=text)
            return False
        return True


def _limits(settings: Settings) -> Limits:
    telegram = settings.telegram
    return Limits(
        per_second=telegram.messages_per_second,
        unpaid_per_second=min(FREE_RATE, telegram.messages_per_second) if telegram.paid_broadcast else None,
        per_chat_per_second=telegram.messages_per_chat_per_second,
        per_group_per_minute=telegram.messages_per_group_per_minute,
    )


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
