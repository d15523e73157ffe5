"""The sending half of the relay as it is, with a real store and the local Telegram; the page is played by hand."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.core.diff import diff
from bot.core.model import Lane, Post, Snapshot, SnapshotKind
from bot.core.publishing import Audience, PushText, Sending
from bot.demo.telegram import Limits as LocalLimits
from bot.demo.telegram import LocalTelegram
from bot.demo.telegram.values import PATIENCE
from bot.desk import Desk
from bot.pace import Limits, Pace
from bot.request import AiohttpRequest
from bot.sender import Sender
from bot.telegram import Telegram
from bot.vitals import Vitals
from config.settings import Settings, parse_settings
from storage import Store, open_store

URL = "https://blog.example/live"
FAST = Limits(per_second=2000.0, per_chat_per_second=1000.0, per_group_per_minute=60_000.0)

FILE = """
[delivery]
edit_quiet = "0s"
[access]
admins = [1001]
editors = [1002]
[[blogs]]
id = "storm"
title = "Storm"
url = "https://blog.example/live"
[[blogs.topics]]
id = "ferries"
title = "Ferries"
words = ["ferry"]
"""


def settings_of(text: str = FILE) -> Settings:
    return parse_settings(text, None, {})


def post(key: str, text: str | None = None, **fields: object) -> Post:
    about = {"title": f"About {key}", "text": text or f"What {key} has to tell."} | fields
    return Post(key=key, url=f"{URL}#{key}", **about)  # type: ignore[arg-type]


@dataclass
class Newsroom:
    """A blog called storm, whoever follows it, and what happens on its page."""

    telegram: LocalTelegram
    store: Store
    settings: Settings
    pace: Pace
    vitals: Vitals
    sender: Sender
    desk: Desk
    reports: list[str]
    posts: list[Post] = field(default_factory=list)
    running: asyncio.Task[None] | None = None
    clock: Callable[[], float] = time.time

    async def follow(self, *people: int, topics: Sequence[str] = (), thread: int = 0) -> None:
        """These people write to the bot and subscribe."""
        for person in people:
            if person not in self.telegram.chats:
                self.telegram.add_user(person, f"Reader {person}")
                self.telegram.say(person, person, "/start")
            await self.subscribe(person, "private", topics=topics, thread=thread)

    async def subscribe(self, chat: int, kind: str, *, topics: Sequence[str] = (), thread: int = 0) -> None:
        met = await self.store.meet(
            bot="main", telegram_id=chat, kind=kind, title=None, language=None, now=self.clock()
        )
        await self.store.subscribe(chat=met.id, thread=thread, blog="storm", topics=topics, now=self.clock())

    async def publish(self, *posts: Post) -> int:
        """The page gets these posts on top, or in the place of those with the same key; the relay reads it once."""
        fresh = {one.key: one for one in posts}
        known = [fresh.pop(old.key, old) for old in self.posts]
        self.posts = [*reversed(fresh.values()), *known]
        return await self.poll()

    async def take_away(self, key: str) -> None:
        """The page marks a post as deleted."""
        await self.publish(replace(next(one for one in self.posts if one.key == key), withdrawn=True))

    async def poll(self) -> int:
        snapshot = Snapshot(
            format="jsonld",
            kind=SnapshotKind.FULL,
            posts=tuple(self.posts),
            title="Storm",
            url=URL,
            modified_at=datetime.now(UTC),  # a page that brings a post back says that it is no old copy
        )
        memory, _ = await self.store.memory("storm", URL)
        blog = self.settings.blog("storm")
        assert blog is not None
        verdict = diff(memory, snapshot, datetime.fromtimestamp(self.clock(), UTC))
        return await self.desk.relay(blog, URL, snapshot, verdict, None)

    async def push(self, text: str, **audience: object) -> int:
        number = await self.desk.draft(1002, PushText(text=text))
        sending = Sending(audience=Audience(**audience), lane=Lane.BREAKING)  # type: ignore[arg-type]
        assert await self.desk.send(number, sending)
        return number

    def screen(self, chat: int) -> list[str]:
        """What the bot's messages in a chat say now."""
        return [message.text for message in self.telegram.chats[chat].from_bot() if message.visible]

    async def shows(self, chat: int, *texts: str) -> None:
        """Until the chat's messages begin with these texts, in this order, and there are no others."""
        await self.telegram.until(lambda: _begin(self.screen(chat), texts))

    async def quiet(self) -> None:
        """Until nothing waits any more."""
        end = time.monotonic() + PATIENCE
        while await self.store.expand(self.clock()) or any((await self.store.queue("main")).values()):
            assert time.monotonic() < end, f"still waiting: {await self.store.queue('main')}"
            await asyncio.sleep(0.01)

    def start(self) -> None:
        self.running = asyncio.create_task(self.sender.run())

    async def stop(self) -> None:
        if self.running is not None:
            self.sender.stop()
            await self.running
            self.running = None


def _begin(screen: list[str], texts: Sequence[str]) -> bool:
    return len(screen) == len(texts) and all(said.startswith(text) for said, text in zip(screen, texts, strict=True))


@contextlib.asynccontextmanager
async def newsroom(
    folder: Path,
    *,
    file: str = FILE,
    limits: Limits = FAST,
    telegram_limits: LocalLimits = LocalLimits(),  # noqa: B008 a frozen value
    telegram: LocalTelegram | None = None,
    start: bool = True,
    baseline: bool = True,
    api_base: str = "",
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Newsroom]:
    """Everything from the store to the chats, sending unless told not to; the baseline of the page is empty.

    `baseline`: whether the page was read once before. `api_base`: where the sender finds Telegram, if not at the
    local one itself.
    """
    async with contextlib.AsyncExitStack() as stack:
        local = telegram or await stack.enter_async_context(LocalTelegram(limits=telegram_limits))
        request = AiohttpRequest()
        await request.initialize()
        stack.push_async_callback(request.shutdown)
        store = open_store(f"sqlite:///{folder}/relay.db")
        stack.push_async_callback(store.close)
        settings, reports = settings_of(file), list[str]()
        pace = Pace(limits, clock=asyncio.get_running_loop().time)  # which a test may hurry
        vitals = Vitals(pace, clock=clock)
        ways = {"paid": settings.telegram.paid_broadcast, "rich": settings.telegram.rich_messages}

        def note(why: str | None) -> None:
            """What Telegram says, however many chats it says it of."""
            if why is not None and why not in reports:
                reports.append(why)

        sender = Sender(
            store=store,
            telegram=Telegram(request, api_base=api_base or local.api_base, token=local.token, **ways),
            pace=pace,
            vitals=vitals,
            settings=lambda: settings,
            refused=note,
            halted=note,
            clock=clock,
        )
        desk = Desk(store, lambda: settings, wake=sender.wake, clock=clock)
        room = Newsroom(local, store, settings, pace, vitals, sender, desk, reports, clock=clock)
        stack.push_async_callback(room.stop)
        if baseline:
            await room.poll()
        if start:
            room.start()
        yield room
