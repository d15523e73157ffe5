"""Every node sees to it that the blogs it polls are polled in time: nobody else knows when that is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from bot.alarming import Alarms
from bot.core import signs
from bot.core.standing import Kind
from bot.readiness import Polls
from config.settings import Settings

log = structlog.get_logger()

EVERY_SECONDS = 30.0


class Lateness:
    """`wall`: what time it is by the clock on the wall, which polls are arranged by, also where that was put back."""

    def __init__(
        self,
        polls: Polls,
        settings: Callable[[], Settings],
        alarms: Alarms,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._polls, self._settings, self._alarms, self._wall = polls, settings, alarms, wall
        self._began = wall()
        self._late: dict[str, datetime] = {}  # blogs that are late, and since which look

    async def run(self) -> None:
        """Look, until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.look()
            except Exception:
                log.exception("looking broke", what="lateness")

    async def look(self) -> None:
        """What is late twice is told. A blog that is polled elsewhere by now is that node's concern."""
        now, begun, ours = self._wall(), self._polls.last_polls(), self._ours()
        late = signs.late(ours, now, self._polls.next_polls(), begun, self._began)
        self._late = {one: self._late.get(one, now) for one in late}
        for blog, since in self._late.items():
            if now - since >= signs.STILL_LATE:
                await self._alarms.raised(Kind.LATE, blog, signs.of_lateness(begun.get(blog)), subject=blog)
        for alarm in self._alarms.standing(Kind.LATE):
            if alarm.about in ours and alarm.about not in self._late:
                await self._alarms.ended(Kind.LATE, alarm.about, "is polled again")

    def _ours(self) -> list[str]:
        return [blog.id for blog in self._settings().blogs if self._polls.holds(blog.url)]
