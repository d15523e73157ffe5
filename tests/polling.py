"""A poller whose polls come when the test says so, with a real server before it and a real store behind it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.facts import Came
from bot.core.model import Change, Snapshot, Verdict
from bot.core.publishing import Validators
from bot.desk import Desk
from bot.fetch import Fetcher
from bot.pace import Limits, Pace
from bot.poller import Poller
from bot.reading import Reading
from bot.vitals import Vitals
from config.settings import Blog, Settings
from storage import Store
from tests.alarming import AtOnce, alarms_into
from tests.publisher import Publisher

MORNING = datetime(2024, 5, 4, 9, 0, tzinfo=UTC)


class NotedDesk(Desk):
    """A desk that notes what it has published."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.published: list[Change] = []
        self._published = asyncio.Event()

    async def relay(
        self,
        blog: Blog,
        url: str,
        snapshot: Snapshot | None,
        verdict: Verdict,
        validators: Validators | None,
        came: Came = Came.POLL,
        *,
        turn: int | None = None,
    ) -> int:
        told = await super().relay(blog, url, snapshot, verdict, validators, came, turn=turn)
        self.published += verdict.changes
        self._published.set()
        return told

    async def next(self) -> None:
        """Until it publishes again."""
        self._published.clear()
        await self._published.wait()


@dataclass
class Watch:
    """A poller whose next poll comes when the test says so."""

    publisher: Publisher
    store: Store
    settings: Settings
    now: datetime = MORNING
    reports: list[str] = field(default_factory=list)
    alarms: AtOnce = field(init=False)
    poller: Poller = field(init=False)
    desk: NotedDesk = field(init=False)

    def __post_init__(self) -> None:
        self._fetcher, self._reading = Fetcher(), Reading()
        self.desk = NotedDesk(self.store, lambda: self.settings, clock=self.clock)
        self.alarms = alarms_into(self.reports, self.store, lambda: self.now)
        self.poller = Poller(
            store=self.store,
            desk=self.desk,
            fetcher=self._fetcher,
            reading=self._reading,
            settings=lambda: self.settings,
            alarms=self.alarms,
            vitals=Vitals(Pace(Limits())),
            now=lambda: self.now,
        )

    def clock(self) -> float:
        return self.now.timestamp()

    async def open(self) -> None:
        await self._fetcher.open()
        blogs = [(blog.id, blog.title or None, blog.was or None) for blog in self.settings.blogs]
        await self.store.in_file(blogs, self.clock())

    async def close(self) -> None:
        self._reading.close()
        await self._fetcher.close()
        await self.store.close()

    async def poll(self, times: int = 1, *, after: timedelta = timedelta(seconds=30)) -> None:
        for _ in range(times):
            await self.poller.poll_now("storm")
            self.now += after

    def last_polls(self) -> dict[str, datetime]:
        return dict(self.poller.last_polls())

    async def titles(self) -> list[str]:
        posts = await self.store.latest(blogs=["storm"], now=self.now.timestamp() + 1, limit=100)
        return sorted(post.title or "" for post in posts)
