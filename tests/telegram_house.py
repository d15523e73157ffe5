"""The handlers as they run: python-telegram-bot's Application over the local Telegram, with a real store and sender."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from telegram.ext import Application, ApplicationBuilder, ExtBot

from bot.applied import kept_files
from bot.core.model import Post
from bot.core.nodes import Nodes
from bot.demo.telegram import LocalMessage, LocalTelegram
from bot.limiter import PaceLimiter
from bot.request import AiohttpRequest
from config.settings import Settings
from handlers import preview, register
from handlers.house import House
from handlers.updates import PerChat
from tests.alarming import alarms_into
from tests.newsroom import Newsroom, newsroom, post, settings_of

ADMIN, EDITOR, OTHER_EDITOR = 1001, 1002, 1003
ANN, BEN, STRANGER = 2001, 2002, 2003
GROUP, FORUM, CHANNEL = -4001, -1_000_000_004_002, -1_000_000_004_003
US = "relay_bot"

TWO_BLOGS = """
[about]
operator = "The Harbour Post"
contact = "desk@harbour.example"
[delivery]
edit_quiet = "0s"
[access]
admins = [1001]
editors = [1002, 1003]
[[blogs]]
id = "storm"
title = "Storm over the harbour"
url = "https://blog.example/live"
timezone = "America/New_York"
schedule = { every = "20s" }
[[blogs.topics]]
id = "ferries"
title = "Ferries"
words = ["ferry"]
[[blogs.topics]]
id = "old-town"
title = "Old Town"
words = ["old town"]
[[blogs]]
id = "election"
title = "Election night"
url = "https://blog.example/election"
schedule = { every = "5m" }
[[blogs.topics]]
id = "turnout"
title = "Turnout"
"""
ONE_BLOG = TWO_BLOGS[: TWO_BLOGS.rindex('[[blogs]]\nid = "election"')]


@dataclass
class TelegramHouse:
    """A bot that listens and sends, people who write to it, and a page that the test plays."""

    room: Newsroom
    settings: Settings
    application: Application[Any, Any, Any, Any, Any, Any]
    house: House
    polls: Mapping[str, datetime] = field(default_factory=dict)
    changes: list[str] | Exception = field(default_factory=list)  # what the next reload or rollback says
    brought_back: list[tuple[str, int | None, str]] = field(default_factory=list)  # by which name, for whom
    nodes: Nodes | None = None  # where there are several

    @property
    def telegram(self) -> LocalTelegram:
        return self.room.telegram

    async def ask(self, person: int, text: str = "", chat: int | None = None, **how: Any) -> str:
        """Somebody writes; the text of the next message that the bot puts into that chat."""
        return (await self.answer(person, text, chat, **how)).text

    async def answer(self, person: int, text: str = "", chat: int | None = None, **how: Any) -> LocalMessage:
        """The same, as the message."""
        where = person if chat is None else chat
        before = len(self.said(where))
        self.telegram.say(person, where, text, **how)
        await self.telegram.until(lambda: len(self.said(where)) > before)
        return self.said(where)[before]

    async def unanswered(self, person: int, text: str = "", chat: int | None = None, **how: Any) -> None:
        """Somebody writes, and the bot stays silent: what it says next answers the question that follows."""
        where = person if chat is None else chat
        before = len(self.said(where))
        self.telegram.say(person, where, text, **how)
        self.telegram.say(person, where, f"/id@{US}", thread=how.get("thread", 0))
        await self.telegram.until(lambda: len(self.said(where)) > before)
        assert [one.text.partition(":")[0] for one in self.said(where)[before:]] == ["This chat"]

    def said(self, chat: int) -> list[LocalMessage]:
        """All that the bot ever put into a chat, oldest first."""
        return [one for one in self.telegram.chats[chat].messages if one.bot]

    async def follows(self, chat: int, thread: int = 0) -> dict[str, tuple[str, ...]]:
        """What a chat follows: topics by blog."""
        known = await self.room.store.chat("main", chat)
        if known is None:
            return {}
        return {one.blog: one.topics for one in await self.room.store.subscriptions(known.id, thread)}

    async def newest_says(self, chat: int, words: str) -> None:
        await self.telegram.until(lambda: any(words in one.text for one in self.said(chat)[-1:]))


def buttons(message: LocalMessage) -> dict[str, str]:
    """What the buttons carry, by their label."""
    return {button["text"]: button["callback_data"] for row in message.buttons for button in row}


def carried(message: LocalMessage) -> list[str]:
    """The same, in their order."""
    return list(buttons(message).values())


def boats(count: int) -> list[Post]:
    """Posts about ferries."""
    return [post(f"boat-{n}", f"The ferry number {n} is late again.") for n in range(count)]


@contextlib.asynccontextmanager
async def telegram_house(
    folder: Path, file: str = TWO_BLOGS, telegram: LocalTelegram | None = None
) -> AsyncIterator[TelegramHouse]:
    """Everything at work; entered again with the same folder and Telegram it is the same relay after a restart."""
    async with newsroom(folder, file=file, telegram=telegram) as room:
        request, polling = AiohttpRequest(), AiohttpRequest(connections=2)
        bot: ExtBot[None] = ExtBot(
            room.telegram.token,
            base_url=f"{room.telegram.api_base}/bot",
            request=request,
            get_updates_request=polling,
            rate_limiter=PaceLimiter(room.pace, room.vitals),
        )
        order = PerChat(partial(room.store.chat, "main"))
        application = ApplicationBuilder().bot(bot).concurrent_updates(order).build()
        one = TelegramHouse(room, settings_of(file), application, None)  # type: ignore[arg-type]
        one.house = _house(one)
        register(application, one.house)
        if telegram is None:
            populate(room.telegram)
        async with application:
            assert application.updater is not None
            await application.updater.start_polling(poll_interval=0, timeout=5)
            await application.start()
            try:
                yield one
            finally:
                await application.updater.stop()
                await application.stop()


def _house(one: TelegramHouse) -> House:
    room = one.room

    async def reload() -> list[str]:
        if isinstance(one.changes, Exception):
            raise one.changes
        return one.changes

    async def rollback(name: str, *, person: int | None = None, who: str = "rollback") -> list[str]:
        one.brought_back.append((name, person, who))
        return await reload()

    return House(
        store=room.store,
        desk=room.desk,
        settings=lambda: one.settings,
        pace=room.pace,
        vitals=room.vitals,
        reload=reload,
        rollback=rollback,
        next_polls=lambda: one.polls,
        alarms=alarms_into(room.reports, room.store),
        kept=lambda: kept_files({"main": room.store}, one.settings, one.house.now()),
        nodes=lambda: one.nodes,
        preview=lambda editor, text: preview(one.application.bot, one.house, editor, text),
    )


def populate(telegram: LocalTelegram) -> None:
    for person, name in ((ADMIN, "Ada"), (EDITOR, "Edi"), (OTHER_EDITOR, "Eve"), (ANN, "Ann"), (BEN, "Ben")):
        telegram.add_user(person, name, started=True)
    telegram.add_user(STRANGER, "Sam")
    telegram.add_chat(GROUP, "group", "Harbour watch", admins=[ANN])
    telegram.add_chat(FORUM, "supergroup", "Harbour forum", forum=True, admins=[ANN])
    telegram.add_chat(CHANNEL, "channel", "Harbour news", admins=[ANN], username="harbour_news")
    for chat in (GROUP, FORUM):
        telegram.add_member(chat, BEN)
        telegram.add_member(chat, EDITOR)
