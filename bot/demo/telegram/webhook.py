"""Webhooks: updates are brought to the bot, one after the other, each until it was taken."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import aiohttp
import orjson

from bot.demo.telegram.updates import USUAL, WEBHOOK_ACTIVE, WEBHOOK_SET, Updates
from bot.demo.telegram.values import Json, Refusal, bad_request

LOOPBACK = re.compile(r"https?://(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?(?:/|$)", re.IGNORECASE)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header


class Webhook:
    """Where a bot wants its updates. Unlike Telegram it takes plain http, but only on this machine."""

    def __init__(self, updates: Updates) -> None:
        self.url = ""
        self.retry = 0.2  # seconds before the next try; Telegram waits longer and longer
        self._updates = updates
        self._secret = ""
        self._connections = 40
        self._error: tuple[int, str] | None = None
        self._running: asyncio.Task[None] | None = None

    def refuse_poll(self) -> None:
        if self.url:
            raise Refusal(409, WEBHOOK_ACTIVE)

    def set(self, url: str, secret: str, connections: int) -> None:
        if url and not re.match(r"https?://", url):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if url and not LOOPBACK.match(url):
            raise bad_request("bad webhook: the local Telegram brings updates to addresses on this machine only")
        self.stop()
        self.url, self._secret, self._connections, self._error = url, secret, connections, None
        if url:
            self._updates.interrupt(Refusal(409, WEBHOOK_SET))
            self._running = asyncio.get_running_loop().create_task(self._bring())

    def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            self._running = None

    def info(self) -> Json:
        found: Json = {"url": self.url, "has_custom_certificate": False}
        found["pending_update_count"] = len(self._updates.waiting)
        if self.url:
            found["max_connections"] = self._connections
            found["ip_address"] = "127.0.0.1"
        if self._updates.allowed != USUAL:
            found["allowed_updates"] = sorted(self._updates.allowed)
        if self._error is not None:
            found["last_error_date"], found["last_error_message"] = self._error
        return found

    async def _bring(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            while True:
                while not self._updates.waiting:
                    self._updates.arrived.clear()
                    await self._updates.arrived.wait()
                update = self._updates.waiting[0]
                if await self._taken(session, update):
                    self._updates.confirm(update["update_id"] + 1)
                else:
                    await asyncio.sleep(self.retry)

    async def _taken(self, session: aiohttp.ClientSession, update: Any) -> bool:
        headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: self._secret} if self._secret else {})
        try:
            async with session.post(self.url, data=orjson.dumps(update), headers=headers) as answer:
                if 200 <= answer.status < 300:
                    return True
                why = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError) as error:
            why = f"Connection failed: {type(error).__name__}"
        self._error = int(time.time()), why
        return False
