"""Webhooks: updates are brought to the bot, each until it was taken, those of a chat one after the other.

As the Bot API server's WebhookActor (github.com/tdlib/telegram-bot-api) does it in its mode `--local`, which also takes
plain http and any port: several lines side by side, in each the next only when the one before was taken; a refusal is
tried again at once, then after twice as long each time, or when its `Retry-After` says; redirects are refusals.
"""

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
ANSWERED_WITHIN = 60.0  # seconds
LONGEST_PAUSE = 60  # of Telegram's seconds, between two tries
LONGEST_RETRY_AFTER = 3600

Line = tuple[str, int]
Busy = set[Line]


class Webhook:
    """Where a bot wants its updates. Unlike Telegram it takes plain http, but only on this machine."""

    def __init__(self, updates: Updates) -> None:
        self.url = ""
        self.retry = 0.2  # how long one of Telegram's seconds between two tries lasts here
        self._updates = updates
        self._secret = ""
        self._connections = 40
        self._error: tuple[int, str] | None = None
        self._running: asyncio.Task[None] | None = None

    def refuse_poll(self) -> None:
        if self.url:
            raise Refusal(409, WEBHOOK_ACTIVE)

    def set(self, url: str, secret: str, connections: int) -> None:
        """Begin anew, with all that waits. The same once more changes nothing, not even how long is waited."""
        if url and not re.match(r"https?://", url):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if url and not LOOPBACK.match(url):
            raise bad_request("bad webhook: the local Telegram brings updates to addresses on this machine only")
        if url and (url, secret, connections) == (self.url, self._secret, self._connections):
            return
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
        """Every line's first update; what comes after it waits for it."""
        busy: Busy = set()
        places = asyncio.Semaphore(self._connections)
        timeout = aiohttp.ClientTimeout(total=ANSWERED_WITHIN)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as lines:
            while True:
                self._updates.arrived.clear()
                for update in self._updates.waiting:
                    line = _line(update)
                    if line not in busy:
                        busy.add(line)
                        ended = lines.create_task(self._until_taken(session, places, update))
                        ended.add_done_callback(lambda _, line=line: self._next(busy, line))  # type: ignore[misc]
                await self._updates.arrived.wait()

    def _next(self, busy: Busy, line: Line) -> None:
        busy.discard(line)
        self._updates.arrived.set()

    async def _until_taken(self, session: aiohttp.ClientSession, places: asyncio.Semaphore, update: Json) -> None:
        pause, fails = 1, 0
        while True:
            async with places:
                after = await self._taken(session, update)
            if after is None:
                self._updates.taken(update)
                return
            if not after and fails:
                pause = min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep((after or (pause if fails else 0)) * self.retry)
            fails += 1

    async def _taken(self, session: aiohttp.ClientSession, update: Any) -> int | None:
        """None: it was; else the seconds until it may be brought again, 0 where the bot does not say."""
        headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: self._secret} if self._secret else {})
        after = 0
        try:
            body = orjson.dumps(update)
            async with session.post(self.url, data=body, headers=headers, allow_redirects=False) as answer:
                if 200 <= answer.status < 300:
                    return None
                why = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                said = answer.headers.get("Retry-After", "")
                after = min(int(said), LONGEST_RETRY_AFTER) if said.isascii() and said.isdecimal() else 0
        except TimeoutError:
            why = "Read timeout expired"
        except aiohttp.ClientConnectorError:
            why = "Connection refused"
        except aiohttp.ClientError:
            why = "Webhook connection closed"
        self._error = int(time.time()), why
        return after


def _line(update: Json) -> Line:
    """In which order updates are brought: messages of a chat in one line, presses and queries by person."""
    kind = next(name for name in update if name != "update_id")
    about = update[kind]
    if kind in {"callback_query", "inline_query", "chosen_inline_result"}:
        return kind, about["from"]["id"]
    family = "message" if "message" in kind or "post" in kind else kind
    return family, about["chat"]["id"] if "chat" in about else update["update_id"]
