"""How people are heard: we ask Telegram for updates, or Telegram brings them. The next start may choose the other way.

Telegram keeps what nobody has taken, for a day, whichever way it then goes; so a switch drops nothing that waits.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from telegram import Update, WebhookInfo
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram.ext import Application

from bot.alarming import Alarms
from bot.core.standing import Kind
from bot.request import AiohttpRequest
from bot.web.webhook import PATH, Webhook
from handlers import HEARD

log = structlog.get_logger()

POLL_SECONDS = 25  # how long Telegram holds an empty getUpdates
AT_ONCE = 100  # requests that Telegram may have under way; its most
LOOK_SECONDS = 180.0  # between looks at how the webhook fares
RETRY_SECONDS = 5.0  # after a setWebhook that did not work, then twice as long each time, up to a look's

App = Application[Any, Any, Any, Any, Any, Any]


class Asking(AiohttpRequest):
    """The transport of getUpdates. Telegram now and then does not know a token that it knows a moment later, and the
    library asks no more after that; so it is a failure like any other. Whether we have a bot at all was asked at the
    start."""

    async def do_request(self, *given: Any, **named: Any) -> tuple[int, bytes]:
        status, answer = await super().do_request(*given, **named)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
            raise NetworkError("Telegram does not know this bot")
        return status, answer


@contextlib.asynccontextmanager
async def by_polling(application: App) -> AsyncIterator[None]:
    """A webhook that is set is deleted first, and what waits behind it is kept."""
    assert application.updater is not None
    await application.updater.start_polling(timeout=POLL_SECONDS, allowed_updates=HEARD, bootstrap_retries=-1)
    await application.start()
    log.info("people are heard", bot=application.bot.username, by="polling")
    try:
        yield
    finally:
        await application.updater.stop()
        await application.stop()


@dataclass(slots=True, kw_only=True)
class ByWebhook:
    """`door` takes what Telegram brings to `public_url`, once `listens` returns; `alarms` tell the admins what keeps it
    from coming.

    When we stop, the webhook stays: Telegram keeps what it cannot bring, and brings it when we are back.
    """

    application: App
    door: Webhook
    public_url: str
    path: str = field(repr=False)
    secret: str = field(repr=False)
    alarms: Alarms
    listens: Callable[[], Awaitable[None]]
    _known: float = 0.0  # seconds since 1970, of the last error we looked at
    _late: int = 0
    _taken: int = 0

    @contextlib.asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        await self.application.start()
        self.door.open(self._handle)
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await self.application.stop()

    async def _handle(self, raw: dict[str, Any]) -> None:
        """As an update that was asked for: in its chat's turn, with our handlers."""
        application = self.application
        try:
            update = Update.de_json(raw, application.bot)
        except Exception as error:  # noqa: BLE001 whatever the library makes of what it does not know
            # It would be brought again for a day, and hold back what comes after it.
            log.error("update not understood", update=raw["update_id"], why=type(error).__name__)
            return
        processor = application.update_processor
        await application.create_task(processor.process_update(update, application.process_update(update)))

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
