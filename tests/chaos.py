"""A relay as a process of its own, on bad roads to Telegram and to the blog, with a crowd that follows.

What the page says is written down as it is said, so that at the end of a story every screen can be held against it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.demo.telegram import Limits
from bot.demo.telegram.limits import Pace
from bot.sender import IN_FLIGHT
from bot.settling import BATCH_ROWS
from storage import Subscription
from tests.fault_proxy import FaultProxy
from tests.screens import Findings, Follower, Truth, assert_true, is_true
from tests.service import Service, service

TOPICS = '[[blogs.topics]]\nid = "ferries"\ntitle = "Ferries"\nwords = ["ferry"]\n'
IN_DOUBT = IN_FLIGHT + BATCH_ROWS  # what one kill may bring a second time, at most
PEOPLE, GROUPS, SUPERGROUPS = 10_000, -4_000, -1_000_000_005_000


def seeds(usual: int) -> list[int]:
    """The seeds of a story: so many fixed ones, or those named in CHAOS_SEEDS: "7,12", "100-160", or a number of new
    ones, "50x"."""
    named = os.environ.get("CHAOS_SEEDS", "")
    if not named:
        return list(range(1, usual + 1))
    if named.endswith("x"):
        return [random.SystemRandom().randrange(1 << 31) for _ in range(int(named[:-1]))]
    found: list[int] = []
    for part in named.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


@dataclass
class Chaos:
    """A service, the roads to it, what the page said and who should have heard it."""

    relay: Service
    wire: FaultProxy  # to Telegram
    road: FaultProxy  # to the blog's server
    truth: Truth = field(default_factory=Truth)
    followers: list[Follower] = field(default_factory=list)
    kills: int = 0

    # --- who follows -------------------------------------------------------------------------------------------------

    async def follow(self, followers: Iterable[Follower]) -> None:
        """They all follow the blog, as if imported from another bot."""
        fresh = list(followers)
        self.followers += fresh
        store = self.relay.store()
        rows = [
            Subscription(
                blog="storm", telegram_id=one.chat, thread=one.thread, topics=(one.topic,) if one.topic else ()
            )
            for one in fresh
        ]
        await store.take_in("main", rows, time.time())
        await store.close()

    async def crowd(self, people: int, first: int = PEOPLE) -> None:
        for person in range(first, first + people):
            self.relay.telegram.add_user(person, f"Reader {person}", started=True)
        await self.follow(Follower(chat=person) for person in range(first, first + people))

    def group(self, number: int = 0) -> int:
        """A basic group that the bot is in; its id."""
        chat = GROUPS - number
        self.relay.telegram.add_user(2001, "Ann", started=True)
        self.relay.telegram.add_chat(chat, "group", f"Group {number}", admins=[2001])
        return chat

    def forum(self, number: int = 0, topics: int = 2) -> tuple[int, list[int]]:
        """A forum, and the threads of its topics."""
        chat = SUPERGROUPS - number
        self.relay.telegram.add_user(2001, "Ann", started=True)
        self.relay.telegram.add_chat(chat, "supergroup", f"Forum {number}", forum=True, admins=[2001])
        return chat, [self.relay.telegram.add_topic(chat, f"Topic {at}") for at in range(topics)]

    def fill_up(self, groups: Iterable[int], seconds_left: float) -> None:
        """Telegram counts by the minute in groups, and these have had all of theirs: more fits in so many seconds."""
        telegram = self.relay.telegram
        pace = telegram.first_bot.pace = Pace(Limits(per_group_per_minute=20))
        then = asyncio.get_running_loop().time() - 60 + seconds_left
        for group in groups:
            for _ in range(20):
                assert pace.admit(then, group, group=True, paid=False) == 0

    # --- what the page says ------------------------------------------------------------------------------------------

    def publish(self, key: str, topic: str = "") -> None:
        """A new post, or the next version of one."""
        version = len(self.truth.versions.get(key, ())) + 1
        headline = f"About {key} as of {version}"
        about = "The ferry" if topic else "It"
        text = f"{about} has come to point {version} of {key}."
        self.truth.says(key, headline, text, topic)
        self.relay.publisher.publish(key, headline, text)

    def take_away(self, key: str) -> None:
        self.truth.gone.add(key)
        self.relay.publisher.take_away(key)

    # --- what happens to the relay -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Until it has asked for the page, which it then knows."""
        polled = asyncio.create_task(self.relay.publisher.polled(seconds=60))
        await asyncio.sleep(0)
        await self.relay.start()
        await polled

    async def kill(self, unwritten: int = IN_DOUBT) -> None:
        """kill -9. `unwritten`: how many answers it may have had that it had not written down."""
        self.kills += 1
        await self.relay.kill()
        await self.wire.died(unwritten)

    async def polled(self, times: int = 1) -> None:
        await self.relay.publisher.polled(times, seconds=60)

    # --- how it ends -------------------------------------------------------------------------------------------------

    async def comes_true(self, seconds: float = 60) -> None:
        """Until every screen has all it should and says what the page says."""
        waiting = list(self.followers)
        telegram = self.relay.telegram
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while waiting:
                    while waiting and is_true(telegram, self.truth, waiting[-1]):
                        waiting.pop()
                    if waiting:
                        await asyncio.sleep(0.05)
        self.assert_true()

    async def ends_true(self, *, copies: int | None = None, seconds: float = 60) -> Findings:
        """It comes true, stays so for another poll and to the end of the process, and there are no more copies than
        what was on the wire when something was cut."""
        await self.comes_true(seconds)
        await self.polled(2)
        assert await self.relay.terminate() == 0, self.relay.log[-3000:]
        return self.assert_true(copies=copies)

    def assert_true(self, *, copies: int | None = None) -> Findings:
        return assert_true(
            self.relay.telegram,
            self.truth,
            self.followers,
            doubts=self.wire.doubts,
            copies=copies,
            context=f"ills: {dict(self.wire.ills)}, kills: {self.kills}\n{self.relay.log[-2500:]}",
        )


@contextlib.asynccontextmanager
async def chaos(
    folder: Path, *, every: str = "1s", topics: str = TOPICS, **more: str | Sequence[str]
) -> AsyncIterator[Chaos]:
    """`more` are fields of the service."""
    async with (
        service(folder, extra=topics, every=every) as relay,
        FaultProxy(urlsplit(relay.telegram.api_base).port or 0) as wire,
        FaultProxy(urlsplit(relay.publisher.url).port or 0) as road,
    ):
        relay.publisher.url = f"{road.url}/live"
        for name, value in {"api_base": wire.url, **more}.items():
            setattr(relay, name, value)
        relay.configure()
        try:
            yield Chaos(relay, wire, road)
        finally:
            if relay.process is not None and relay.process.returncode is None:
                await relay.kill()
            relay.process = None
