"""A bad road to the blog: whatever comes in the place of its page sends nothing false and withdraws nothing."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.demo.telegram import LocalTelegram
from bot.fetch import Fetcher
from bot.poller import Poller
from bot.reading import Reading
from tests.alarming import alarms_into
from tests.chaos import seeds
from tests.fault_proxy import FaultProxy, Ill, Slow, calm
from tests.newsroom import FILE, Newsroom, newsroom
from tests.publisher import Publisher
from tests.screens import Follower, Truth, assert_true, is_true

STILL = "is answered by the page as it was some time ago"
ILLS = (*Ill, Slow(back=0.05), STILL, None, None, None, None)


@dataclass
class BadRoad:
    """A page, the road to it, and the relay that polls whenever the test says so."""

    room: Newsroom
    publisher: Publisher
    road: FaultProxy
    poller: Poller
    truth: Truth
    followers: list[Follower]
    pages: list[bytes]  # as they were

    def publish(self, key: str) -> None:
        version = len(self.truth.versions.get(key, ())) + 1
        headline, text = f"About {key} as of {version}", f"It has come to point {version} of {key}."
        self.truth.says(key, headline, text)
        self.publisher.publish(key, headline, text)

    def take_away(self, key: str) -> None:
        self.truth.gone.add(key)
        self.publisher.take_away(key)

    async def poll(self, ill: Ill | Slow | str | None = None) -> None:
        """Once, with this on the way. None: as it should be."""
        self.publisher.raw = self.pages[-1] if ill == STILL and self.pages else None
        self.road.weather = (lambda _: ill) if isinstance(ill, Ill | Slow) else calm
        await self.poller.poll_now("storm")
        if ill is None:
            self.pages.append(self.publisher._html().encode())

    async def ends_true(self) -> None:
        for _ in range(4):
            await self.poll()
        telegram = self.room.telegram
        with contextlib.suppress(AssertionError):  # better told below
            await telegram.until(lambda: all(is_true(telegram, self.truth, one) for one in self.followers), seconds=60)
        await self.room.quiet()
        assert_true(telegram, self.truth, self.followers, copies=0, context="\n".join(self.room.reports))


@asynccontextmanager
async def bad_road(folder: Path) -> AsyncIterator[BadRoad]:
    async with (
        Publisher() as publisher,
        FaultProxy(urlsplit(publisher.url).port or 0) as road,
        LocalTelegram() as telegram,
    ):
        publisher.publish("old")
        publisher.url = f"{road.url}/live"
        file = FILE.replace("https://blog.example/live", publisher.url)
        async with newsroom(folder, telegram=telegram, file=file, baseline=False) as room:
            fetcher, reading = Fetcher(total_seconds=5.0), Reading()
            poller = Poller(
                store=room.store,
                desk=room.desk,
                fetcher=fetcher,
                reading=reading,
                settings=lambda: room.settings,
                alarms=alarms_into(room.reports, room.store),
                vitals=room.vitals,
            )
            await fetcher.open()
            await room.store.in_file([("storm", "Storm", None)], room.clock())
            await room.follow(2001, 2002)
            followers = [Follower(chat=2001), Follower(chat=2002)]
            one = BadRoad(room, publisher, road, poller, Truth(), followers, [])
            await one.poll()
            try:
                yield one
            finally:
                reading.close()
                await fetcher.close()


@pytest.mark.parametrize("ill", [*Ill, STILL])
async def test_whatever_comes_in_the_place_of_the_page_is_believed_by_nobody(tmp_path: Path, ill: Ill | str) -> None:
    async with bad_road(tmp_path) as blog:
        for key in "abcd":
            blog.publish(key)
            await blog.poll()
        blog.publish("b")
        await blog.poll()
        blog.publish("e")
        for _ in range(2):
            await blog.poll(ill)
        blog.publish("b")
        await blog.poll(ill)
        await blog.ends_true()


@pytest.mark.parametrize("seed", seeds(5))
async def test_on_any_road_every_change_arrives_once_and_nothing_is_made_up(tmp_path: Path, seed: int) -> None:
    die = random.Random(seed)
    async with bad_road(tmp_path) as blog:
        last = None
        for number in range(40):
            standing = [key for key in blog.truth.versions if key not in blog.truth.gone]
            act = die.random()
            if act < 0.3:
                blog.publish(f"p{number}")
            elif act < 0.5 and standing:
                blog.publish(die.choice(standing))
            elif act < 0.6 and len(standing) > 4 and number % 8 == 0:
                blog.take_away(die.choice(standing))
            ill = die.choice([one for one in ILLS if one != STILL or last is None])
            await blog.poll(ill)
            last = ill
        await blog.ends_true()
