"""The strict local Telegram as a process of its own, so that its cost is not ours: prints its address, then serves.

It knows a few people by name; whoever else is written to is taken to be there, or a million people would have to be
made first. Limits, counting and the wire are the local Telegram's own.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import orjson
import uvloop

from bot.demo.telegram import Limits, LocalTelegram
from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.world import LocalBot
from tests.benchmarks.texts import TEXT
from tests.publisher import Publisher

NAMED = 2_000_000_000  # people from this number on are known and talk
POSTS = 20  # on the page


class Crowd(LocalTelegram):
    """Anybody may be written to."""

    async def _perform(self, bot: LocalBot, name: str, chat: int | None, arguments: Arguments) -> Any:
        if name != "sendMessage" or chat is None or chat in self.chats:
            return await super()._perform(bot, name, chat, arguments)
        if not bot.pace.open:
            self._admit(bot, name, chat, arguments)
        return {
            "message_id": len(self.calls),
            "from": {"id": bot.id, "is_bot": True, "first_name": "Relay", "username": "relay_bot"},
            "chat": {"id": chat, "first_name": "Reader", "type": "private"},
            "date": int(time.time()),
            "text": arguments.text("text"),
        }


class Desk:
    """What may be asked of it, one line each: `count`, or `ask PERSON WORDS`, answered with the seconds it took."""

    def __init__(self, telegram: LocalTelegram) -> None:
        self._telegram = telegram

    def count(self) -> dict[str, Any]:
        sends = [call for call in self._telegram.calls if call.method == "sendMessage"]
        taken = [call.at for call in sends if call.ok]
        refused = sum(call.code == 429 for call in self._telegram.calls)
        ends = {"first": taken[0], "last": taken[-1]} if taken else {"first": None, "last": None}
        self._telegram.calls.clear()
        return {"sent": len(taken), "refused": refused, "cpu": time.process_time()} | ends

    async def ask(self, person: int, words: str) -> dict[str, Any]:
        if person not in self._telegram.chats:
            self._telegram.add_user(person, started=True)
        chat = self._telegram.chats[person]
        before, start = len(chat.from_bot()), time.monotonic()
        self._telegram.say(person, person, words)
        await self._telegram.until(lambda: len(chat.from_bot()) > before, 30)
        return {"seconds": time.monotonic() - start}


async def serve(per_second: float | None) -> None:
    async with Crowd(limits=Limits(per_second=per_second, paid_per_second=per_second)) as telegram, Publisher() as page:
        for at in range(POSTS):
            page.publish(f"post {at}", body=f"{at}: {TEXT}")
        print(telegram.api_base, telegram.token, page.url, flush=True)
        desk, loop = Desk(telegram), asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            word, _, rest = line.strip().partition(" ")
            person, _, words = rest.partition(" ")
            answer = await desk.ask(int(person), words) if word == "ask" else desk.count()
            print(orjson.dumps(answer).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1]) or None))
