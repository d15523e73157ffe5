"""Two bots in one process: "main" relays the blog storm, "es" another page as tormenta. Each has its own readers."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bot.demo.telegram import BotProfile, LocalTelegram
from bot.demo.telegram.world import LocalBot, LocalChat
from tests.ports import free_port
from tests.publisher import Publisher
from tests.service import Service

MAIN_TOKEN, ES_TOKEN = "100:local-test-token", "200:another-test-token"
ADMIN = 1001

ES_BLOG = """
[[blogs]]
id = "tormenta"
title = "Tormenta"
url = "{url}"
schedule = {{ every = "1s" }}
bot = "es"
"""
ES_BOT = """
[[bots]]
name = "es"
token_env = "ES_BOT_TOKEN"
"""


@dataclass
class TwoBots(Service):
    """`spanish` is the page of the second bot's blog."""

    spanish: Publisher | None = None
    door: str = ""  # where it listens

    @property
    def es(self) -> LocalBot:
        return self.telegram.bot_named(ES_TOKEN)

    async def follow(self, bot: str, blog: str, *people: int) -> None:
        """These people follow a blog with this bot, as if they had said so long ago."""
        token, store = ES_TOKEN if bot == "es" else MAIN_TOKEN, self.store(bot)
        for person in people:
            if person not in self.telegram.people:
                self.telegram.add_user(person, f"Reader {person}")
            self.telegram.say(person, person, "hello", bot=token)
            chat = await store.meet(
                bot="main", telegram_id=person, kind="private", title=None, language="en", now=time.time()
            )
            await store.subscribe(chat=chat.id, thread=0, blog=blog, topics=(), now=time.time())
        await store.close()
        self.telegram.bot_named(token).updates.drop()

    def chat(self, bot: str, person: int) -> LocalChat:
        return self.es.private[person] if bot == "es" else self.telegram.chats[person]

    def said(self, bot: str, person: int) -> list[str]:
        """The first lines of what stands in somebody's chat with this bot."""
        return [one.text.split("\n")[0] for one in self.chat(bot, person).from_bot()]

    def times(self, bot: str, headline: str, people: range) -> Counter[int]:
        """How often each of them got this."""
        return Counter({person: self.said(bot, person).count(headline) for person in people})

    async def sees(self, bot: str, person: int, *headlines: str, seconds: float = 60) -> None:
        """Until exactly these stand there, in this order."""
        try:
            await self.telegram.until(lambda: self.said(bot, person) == list(headlines), seconds)
        except AssertionError as error:
            raise AssertionError(f"{self.said(bot, person)}: {error}\n{self.log[-3000:]}") from None

    async def both_read(self) -> None:
        await self.baseline("main", 120)
        await self.baseline("es", 120)


@contextlib.asynccontextmanager
async def two_bots(folder: Path, database: str = "") -> AsyncIterator[TwoBots]:
    profiles = {MAIN_TOKEN: BotProfile(), ES_TOKEN: BotProfile(username="es_bot", first_name="Relevo")}
    async with LocalTelegram(tokens=profiles) as telegram, Publisher() as publisher, Publisher() as spanish:
        publisher.publish("old")
        spanish.publish("viejo")
        door = f"127.0.0.1:{free_port()}"
        one = TwoBots(
            folder,
            telegram,
            publisher,
            extra=ES_BLOG.format(url=spanish.url) + ES_BOT,
            environ={"ES_BOT_TOKEN": ES_TOKEN},
            web=f'listen = "{door}"',
            database=database,
            spanish=spanish,
            door=f"http://{door}/",
        )
        one.configure()
        telegram.add_user(ADMIN, "Ada")
        telegram.say(ADMIN, ADMIN, "hello")
        telegram.first_bot.updates.drop()
        try:
            yield one
        finally:
            if one.process is not None:
                await one.kill()
