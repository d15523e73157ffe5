"""From an API to the chats: the real asker, poller, store and sender; the clock and the polls are the test's."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.fetch import Fetcher
from bot.poller import Poller
from bot.reading import Reading
from tests.alarming import alarms_into
from tests.live_apis import Api
from tests.newsroom import FILE, Newsroom, newsroom
from tests.polling import MORNING

ANN = 2001


@dataclass
class Hand:
    """A clock that is turned by hand."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now


@dataclass
class House:
    """A newsroom whose page is an API."""

    room: Newsroom
    fetcher: Fetcher
    reading: Reading
    hand: Hand
    reports: list[str] = field(default_factory=list)
    poller: Poller = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The relay as it is after a kill: it remembers what is in the store, and nothing else."""
        self.poller = Poller(
            store=self.room.store,
            desk=self.room.desk,
            fetcher=self.fetcher,
            reading=self.reading,
            settings=lambda: self.room.settings,
            alarms=alarms_into(self.reports, self.room.store, self.hand),
            vitals=self.room.vitals,
            now=self.hand,
        )

    async def poll(self, times: int = 1, *, every: timedelta = timedelta(seconds=30)) -> None:
        for _ in range(times):
            self.hand.now += every
            await self.poller.poll_now("storm")

    async def screen(self) -> list[str]:
        """The first lines of what Ann has on her screen, once nothing waits any more."""
        await self.room.quiet()
        return [text.split("\n")[0] for text in self.room.screen(ANN)]


@contextlib.asynccontextmanager
async def house(folder: Path, api: Api, url: str, hand: Hand, more: str = "") -> AsyncIterator[House]:
    file = FILE.replace('url = "https://blog.example/live"', f'url = "{url}"\n{more}')
    async with newsroom(folder, file=file, baseline=False, clock=lambda: hand().timestamp()) as room:
        fetcher, reading = Fetcher(), Reading()
        await fetcher.open()
        try:
            await room.store.in_file([(blog.id, blog.title, None) for blog in room.settings.blogs], hand().timestamp())
            await room.follow(ANN)
            yield House(room, fetcher, reading, hand)
        finally:
            reading.close()
            await fetcher.close()
