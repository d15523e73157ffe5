"""Looks after what nobody else notices: every half minute, and when something was refused.

It asks for little each time: counts that are kept anyway, the few rows that were refused, one look at the disk.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.alarming import Alarms
from bot.core import signs
from bot.core.standing import Kind
from bot.pace import Pace
from storage import Store, StoreError

log = structlog.get_logger()

EVERY_SECONDS = 30.0
TOGETHER_SECONDS = 2.0  # what is refused within so long is told as one

Space = Callable[[Path], tuple[int, int]]


def space_of(path: Path) -> tuple[int, int]:
    """Bytes that are free, and all, of the file system that holds the path."""
    usage = shutil.disk_usage(path)
    return usage.free, usage.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is looked at. `floods`: how many 429s came in the last so many seconds; `lost_for`: for how many seconds
    Telegram has not answered; `stuck`: whether nothing leaves although something waits; `space`: bytes that are free,
    and all, where a path is."""

    store: Store
    pace: Pace
    floods: Callable[[int], int]
    lost_for: Callable[[], float] = lambda: 0.0
    stuck: Callable[[], signs.Stuck | None] = lambda: None
    space: Space = space_of


class Watcher:
    """The sender tells it what was `refused`, and why everything is `halted`."""

    def __init__(
        self,
        watched: Watched,
        alarms: Alarms,
        *,
        bot: str = "main",
        of_all: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`of_all`: look at what is not about this bot alone as well; of several, one does."""
        self._watched, self._alarms, self._bot, self._now = watched, alarms, bot, now
        self._of_all = (self._at_the_disk, self._at_backups) if of_all else ()
        self._began = now()
        self._slow_since: datetime | None = None  # the pace is too slow
        self._halted: str | None = None
        self._takes = False  # Telegram took something since we were started
        self._news = asyncio.Event()

    def refused(self, why: str) -> None:
        """Telegram took something in no form. What is written of it is looked at soon."""
        self._news.set()

    def halted(self, why: str | None) -> None:
        """Telegram takes nothing from this bot; None: it does again."""
        self._halted, self._takes = why, why is None
        self._news.set()

    async def run(self) -> None:
        """Look, until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self.look()
            until = loop.time() + EVERY_SECONDS
            while (left := until - loop.time()) > 0 and await self._hears_of_something(left):
                await self._each(self._at_refusals, self._at_halts)

    async def _hears_of_something(self, seconds: float) -> bool:
        """Within so long, and what comes right after it as well."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        await asyncio.sleep(TOGETHER_SECONDS)
        self._news.clear()
        return True

    async def look(self) -> None:
        """At everything."""
        await self._each(
            self._at_refusals,
            self._at_halts,
            self._at_floods,
            self._at_reach,
            self._at_what_waits,
            self._at_mistakes,
            *self._of_all,
        )

    async def _each(self, *looks: Callable[[], Awaitable[None]]) -> None:
        """Each for itself: what cannot be looked at hides nothing else."""
        for look in looks:
            try:
                await look()
            except (StoreError, OSError) as error:
                log.error("not looked at", what=look.__name__, why=str(error))
            except Exception:
                log.exception("looking broke", what=look.__name__)

    async def _say(self, wrong: bool, kind: Kind, subject: str, text: str, ending: str) -> None:
        if wrong:
            await self._alarms.raised(kind, "", text, subject=subject)
        else:
            await self._alarms.ended(kind, ending=ending)

    async def _at_refusals(self) -> None:
        refusals = await self._watched.store.refused(self._bot)
        standing = {one.part for one in self._alarms.standing(Kind.REFUSED)}
        for refusal in signs.told_apart(refusals, standing):
            said = signs.of_refusal(refusal)
            await self._alarms.raised(Kind.REFUSED, "", said, part=refusal.why, subject="Telegram refused deliveries")
        for why in standing - {one.why for one in refusals}:
            ending = f"no delivery is refused any more for “{why}”"
            await self._alarms.ended(Kind.REFUSED, ending=ending, part=why)

    async def _at_halts(self) -> None:
        if self._halted is not None:
            said = f"{self._halted}; what waits is kept, and sent when it takes them again"
            await self._alarms.raised(Kind.HALTED, "", said, subject="Telegram takes no messages")
        elif self._takes:
            await self._alarms.ended(Kind.HALTED, ending="it does again, and what waited is on its way")

    async def _at_floods(self) -> None:
        pace, now = self._watched.pace, self._now()
        self._slow_since = (self._slow_since or now) if pace.share < signs.SLOW_SHARE else None
        slow_for = (now - self._slow_since).total_seconds() if self._slow_since else 0.0
        lately, stands = self._watched.floods(signs.OF_LATE), self._alarms.find(Kind.FLOODS) is not None
        if stands and (now - self._began).total_seconds() < signs.OF_LATE:
            return  # it was told before we were started, and we cannot know yet
        wrong = signs.piling_up(stands, lately, pace.share, slow_for)
        said = signs.of_floods(lately, pace.share)
        await self._say(wrong, Kind.FLOODS, "Telegram asks for patience", said, "not for ten minutes now")

    async def _at_the_disk(self) -> None:
        path = self._watched.store.folder
        if path is None:
            return
        free, total = await asyncio.to_thread(self._watched.space, path)
        wrong = signs.nearly_full(self._alarms.find(Kind.DISK) is not None, free, total)
        said = f"{signs.of_space(free, total)} at {path}; {signs.FULL}"
        await self._say(wrong, Kind.DISK, "The disk is nearly full", said, signs.of_space(free, total))

    async def _at_reach(self) -> None:
        lost_for = self._watched.lost_for()
        wrong = signs.is_unreachable(lost_for)
        if wrong or lost_for == 0.0:
            said, ending = "nothing is sent and nobody is heard", "it answers again, and what waited is on its way"
            await self._say(wrong, Kind.UNREACHABLE, "Telegram could not be reached", said, ending)

    async def _at_what_waits(self) -> None:
        """Where its cause is known, that is told instead."""
        stuck, find = self._watched.stuck(), self._alarms.find
        known = self._watched.lost_for() or find(Kind.HALTED) or find(Kind.UNREACHABLE)
        if stuck is None:
            await self._alarms.ended(Kind.STUCK, ending="what waited is on its way")
        elif not known or find(Kind.STUCK):
            await self._alarms.raised(Kind.STUCK, "", signs.of_stuck(stuck), subject="Nothing leaves")

    async def _at_backups(self) -> None:
        store = self._watched.store
        kept, last = await store.kept_backups(), await store.last_backup()
        times = [datetime.fromtimestamp(at, UTC) for at in kept]
        newest = datetime.fromtimestamp(last.at, UTC) if last else None
        since = signs.backups_stopped(times, newest, self._now())
        if since is None:
            await self._alarms.ended(Kind.BACKUP, ending="there is a new one, or none is kept any more")
        else:
            said = signs.of_backups(since)
            await self._alarms.raised(Kind.BACKUP, "", said, subject="Backups have stopped")

    async def _at_mistakes(self) -> None:
        for alarm in self._alarms.standing(Kind.BROKE):
            last = max(self._alarms.noted_at(alarm), self._began)
            if signs.is_over(self._now(), last):
                await self._alarms.ended(Kind.BROKE, ending="it did not happen again for 30 minutes", part=alarm.part)
