"""How people are heard: we ask Telegram for updates, or Telegram brings them. The next start may choose the other way.

Telegram keeps what nobody has taken, for a day, whichever way it then goes; so a switch drops nothing that waits.

Where there are several nodes, both ways lead into the database first (`bring`), and from there to whoever answers for
the bot (`handle`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from telegram import Update, WebhookInfo
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter, TelegramError
from telegram.ext import Application

from bot.alarming import Alarms
from bot.core.standing import Kind
from bot.request import AiohttpRequest
from bot.web.webhook import PATH, Handle, Webhook
from handlers import HEARD
from handlers.updates import begun_later
from storage import StoreError

log = structlog.get_logger()

POLL_SECONDS = 25  # how long Telegram holds an empty getUpdates
AT_ONCE = 100  # requests that Telegram may have under way; its most
LOOK_SECONDS = 180.0  # between looks at how the webhook fares
RETRY_SECONDS = 5.0  # after a setWebhook that did not work, then twice as long each time, up to a look's
KEEP_SECONDS = 0.5  # after an update that could not be kept
CONTEST_SECONDS = 60.0  # between looks at whether somebody else asks for updates as well
CONTESTED = (
    "another program asks Telegram for this bot's updates with the same token: what people write reaches one of the"
    " two. If that is a second relay, chats get everything twice: stop it, or give it a token of its own"
)

App = Application[Any, Any, Any, Any, Any, Any]
Bring = Callable[[str, dict[str, Any]], Coroutine[Any, Any, None]]  # keeps an update of a bot for who answers for it


async def handle(application: App, raw: dict[str, Any], *, to_the_end: bool = False) -> None:
    """What was brought, as an update that was asked for: in its chat's turn, with our handlers; `to_the_end`: also what
    they go on with after that turn, as with an album of which other parts are still to come."""
    try:
        update = Update.de_json(raw, application.bot)
    except Exception as error:  # noqa: BLE001 whatever the library makes of what it does not know
        # It would be brought again for a day, and hold back what comes after it.
        log.error("update not understood", update=raw["update_id"], why=type(error).__name__)
        return
    processor, later = application.update_processor, begun_later()
    await application.create_task(processor.process_update(update, application.process_update(update)))
    if to_the_end:
        await asyncio.gather(*later, return_exceptions=True)  # what they met with is told where they began


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """It goes on meanwhile, and is over when this is."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _stop(application: App) -> None:
    """Also where it was called off in the middle of its start: the library then believes that it runs."""
    if application.updater is not None and application.updater.running:
        await application.updater.stop()
    if application.running:
        await application.stop()


class Brought(asyncio.Queue[object]):
    """Where the library puts what it was given, before it asks for what comes after: there it is kept by `bring`, and
    what is not kept is asked for again."""

    def __init__(self, bring: Handle) -> None:
        super().__init__()
        self._bring = bring

    async def put(self, item: object) -> None:
        if isinstance(item, Update):
            await self._keep(item.to_dict())
        else:
            await super().put(item)  # the library's own word to itself

    async def _keep(self, update: dict[str, Any]) -> None:
        """Sooner or later."""
        told = False
        while True:
            try:
                await self._bring(update)
            except StoreError as error:
                if not told:
                    log.warning("update not kept yet", why=str(error))
                told = True
                await asyncio.sleep(KEEP_SECONDS)
            else:
                return


class Asking(AiohttpRequest):
    """The transport of getUpdates. Telegram now and then does not know a token that it knows a moment later, and the
    library asks no more after that; so it is a failure like any other. Whether we have a bot at all was asked at the
    start."""

    async def do_request(self, *given: Any, **named: Any) -> tuple[int, bytes]:
        status, answer = await super().do_request(*given, **named)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
            raise NetworkError("Telegram does not know this bot")
        return status, answer


@dataclass(slots=True, kw_only=True)
class ByPolling:
    """Telegram gives updates to one program at a time: `alarms` tell the admins where another one asks as well."""

    application: App
    alarms: Alarms
    _fresh: int = 0  # conflicts since the last look
    _met: int = 0  # and without a quiet time before that

    @contextlib.asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        """A webhook that is set is deleted first, and what waits behind it is kept."""
        try:
            await self._ask()
            log.info("people are heard", bot=self.application.bot.username, by="polling")
            async with _beside(self._look_now_and_then()):
                yield
        finally:
            await _stop(self.application)

    async def _ask(self) -> None:
        updater = self.application.updater
        assert updater is not None
        await updater.start_polling(
            timeout=POLL_SECONDS, allowed_updates=HEARD, bootstrap_retries=-1, error_callback=self.failed
        )
        await self.application.start()

    async def handle(self, raw: dict[str, Any]) -> None:
        """One that was kept, by us or by who asked before."""
        await handle(self.application, raw, to_the_end=True)

    def failed(self, error: TelegramError) -> None:
        """It is asked again in any case."""
        if isinstance(error, Conflict):
            self._fresh += 1
        else:
            logging.getLogger("telegram.ext.Updater").warning("no updates: %s", error)

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(CONTEST_SECONDS)
            await self.look()

    async def look(self) -> None:
        """One conflict says nothing: a question from before a restart may still have been under way."""
        fresh, self._fresh = self._fresh, 0
        self._met = self._met + fresh if fresh else 0
        if self._met > 1:
            await self.alarms.raised(Kind.WEBHOOK, "", CONTESTED, subject="Updates")
        elif not fresh:
            await self.alarms.ended(Kind.WEBHOOK, ending="nobody else asks for updates")


@dataclass(slots=True, kw_only=True)
class ByWebhook:
    """`door` takes what Telegram brings to `public_url`, once `listens` returns; `alarms` tell the admins what keeps it
    from coming. `is_shared`: it is open on every node, and leads to us by way of the database.

    When we stop, the webhook stays: Telegram keeps what it cannot bring, and brings it when we are back.
    """

    application: App
    door: Webhook
    public_url: str
    path: str = field(repr=False)
    secret: str = field(repr=False)
    alarms: Alarms
    listens: Callable[[], Awaitable[None]]
    is_shared: bool = False
    _known: float = 0.0  # seconds since 1970, of the last error we looked at
    _late: int = 0
    _taken: int = 0

    @contextlib.asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        try:
            await self.application.start()
            if not self.is_shared:
                self.door.open(self.handle)
            async with _beside(self._keep()):
                yield
        finally:
            await _stop(self.application)

    async def handle(self, raw: dict[str, Any]) -> None:
        """Telegram brings a chat's next update only when this one is answered for: unless it was kept before, nothing
        that comes later is waited for."""
        await handle(self.application, raw, to_the_end=self.is_shared)

    # --- that it is set, and works

    async def _keep(self) -> None:
        """Set it, and look at it every few minutes: somebody else may have, or Telegram cannot reach us.

        What waits is brought as soon as it is set, and after a pause where nobody opens: so we listen first.
        """
        await self.listens()
        await self._until_set(begin=True)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        try:
            info = await self.application.bot.get_webhook_info()
        except TelegramError as error:
            log.info("webhook not known", why=str(error))
            return
        if info.url != self._address:
            log.warning("webhook changed by somebody else")
            await self._until_set()
        else:
            await self._judge(info)

    async def _until_set(self, *, begin: bool = False) -> None:
        pause = RETRY_SECONDS
        while True:
            try:
                await self._set(begin=begin)
            except TelegramError as error:
                if isinstance(error, RetryAfter):
                    pause = error._retry_after.total_seconds() + 1.0
                elif isinstance(error, NetworkError) and not isinstance(error, BadRequest):  # the library's is one too
                    log.warning("telegram not reached yet", why=str(error))
                else:
                    await self._tell(
                        f"Telegram refuses the webhook: {error}; nobody is heard, it is tried again, the rest runs"
                    )
                await asyncio.sleep(pause)
                pause = min(pause * 2, LOOK_SECONDS)
            else:
                log.info("people are heard", bot=self.application.bot.username, by="webhook")
                return

    async def _set(self, *, begin: bool) -> None:
        """At the start anew, so that what waits is brought at once, and not after Telegram's next pause."""
        bot = self.application.bot
        info = await bot.get_webhook_info()
        self._known = info.last_error_date.timestamp() if info.last_error_date else self._known
        if begin and info.url == self._address and info.pending_update_count:
            await bot.delete_webhook(drop_pending_updates=False)
        await bot.set_webhook(
            self._address,
            secret_token=self.secret,
            allowed_updates=HEARD,
            max_connections=AT_ONCE,
            drop_pending_updates=False,
        )

    async def _judge(self, info: WebhookInfo) -> None:
        """What went wrong since the last look and still holds something up is told, once, and its end."""
        at = info.last_error_date.timestamp() if info.last_error_date else 0.0
        fresh, self._known = at > self._known, max(at, self._known)
        ours, self._late = self.door.late > self._late, self.door.late
        came, self._taken = self.door.taken > self._taken, self.door.taken
        if fresh and info.pending_update_count and not (ours and "503" in (info.last_error_message or "")):
            await self._tell(
                f"Telegram cannot bring what people write: {info.last_error_message}; it keeps that for a day and tries"
                " again; look at web.public_url, its certificate, and the proxy in front of web.listen"
            )
        elif not fresh and (came or not info.pending_update_count):
            await self.alarms.ended(Kind.WEBHOOK, ending="Telegram brings what people write again")

    async def _tell(self, text: str) -> None:
        text = text.replace(self.path, "…").replace(self.secret, "…")
        await self.alarms.raised(Kind.WEBHOOK, "", text, subject="The webhook")

    @property
    def _address(self) -> str:
        return f"{self.public_url.rstrip('/')}{PATH}{self.path}"
