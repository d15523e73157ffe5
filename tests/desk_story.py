"""The sending half of the relay between a page that is played by hand and a bad road to Telegram, all in one loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.demo.telegram import Limits as LocalLimits
from bot.demo.telegram import LocalTelegram
from tests.fault_proxy import FaultProxy, calm
from tests.hurried import WallClock
from tests.newsroom import FILE, Newsroom, newsroom, post
from tests.screens import Findings, Follower, Truth, assert_true, is_true


@dataclass
class DeskStory:
    room: Newsroom
    wire: FaultProxy
    clock: Callable[[], float]
    truth: Truth = field(default_factory=Truth)
    followers: list[Follower] = field(default_factory=list)

    async def crowd(self, people: int, first: int = 10_000) -> None:
        await self.room.follow(*range(first, first + people))
        self.followers += [Follower(chat=person) for person in range(first, first + people)]

    async def group(self, chat: int, **more: Any) -> None:
        kind = "group" if chat > -1_000_000_000_000 else "supergroup"
        self.room.telegram.add_chat(chat, kind, f"Group {chat}")  # type: ignore[arg-type]
        await self.room.subscribe(chat, kind)
        self.followers.append(Follower(chat=chat, **more))

    async def publish(self, *keys: str) -> None:
        """New posts, or the next versions of known ones, in one poll."""
        posts = []
        for key in keys:
            version = len(self.truth.versions.get(key, ())) + 1
            headline, text = f"About {key} as of {version}", f"It has come to point {version} of {key}."
            self.truth.says(key, headline, text)
            posts.append(post(key, text, title=headline))
        await self.room.publish(*posts)

    async def take_away(self, key: str) -> None:
        self.truth.gone.add(key)
        await self.room.take_away(key)

    async def some_more(self, messages: int, seconds: float = 5.0) -> None:
        """For a while: until so many more messages were tried, or a few seconds."""
        with contextlib.suppress(TimeoutError):
            await self.wire.spoke(len(self.wire.spoken) + messages, seconds)

    async def ends_true(self, *, copies: int | None = None, seconds: float = 2400) -> Findings:
        self.wire.weather = calm
        waiting, telegram = list(self.followers), self.room.telegram
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while waiting:
                    while waiting and is_true(telegram, self.truth, waiting[-1]):
                        waiting.pop()
                    if waiting:
                        await asyncio.sleep(0.5)
        with contextlib.suppress(AssertionError):  # what still waits then is seen on the screens
            await self.room.quiet()
        await self.room.stop()
        return self.assert_true(copies=copies)

    def assert_true(self, *, copies: int | None = None) -> Findings:
        context = f"ills: {dict(self.wire.ills)}"
        return assert_true(
            self.room.telegram, self.truth, self.followers, doubts=self.wire.doubts, copies=copies, context=context
        )


@contextlib.asynccontextmanager
async def desk_story(
    folder: Path,
    *,
    telegram_limits: LocalLimits = LocalLimits(),  # noqa: B008 a frozen value
    delivery: str = 'edit_quiet = "0s"',
    **more: Any,
) -> AsyncIterator[DeskStory]:
    """On the hurried loop of the test, with a wall clock in its time. `more`: see `newsroom`."""
    more = {"clock": WallClock()} | more
    file = FILE.replace('edit_quiet = "0s"', delivery)
    async with (
        LocalTelegram(limits=telegram_limits) as telegram,
        FaultProxy(urlsplit(telegram.api_base).port or 0) as wire,
        newsroom(folder, telegram=telegram, api_base=wire.url, file=file, **more) as room,
    ):
        yield DeskStory(room, wire, more["clock"])
