"""The loop that asks. Each blog has one appointment; when a poll is over, what it found decides when the next one is.

A poll is fetch → read → diff → publish; what fails on the way is told once, and its end once. Where there are several
nodes, each polls the blogs of the shards it holds.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from bot.alarming import Alarms
from bot.appointments import Appointments
from bot.blog_alarms import BlogAlarms
from bot.core.model import Page
from bot.core.sharing import shard_of
from bot.core.timing import BlogState, has_date, next_poll
from bot.desk import Desk
from bot.fetch import Fetcher
from bot.judging import Judging
from bot.outlook import Outlook
from bot.polling import Polling
from bot.reading import Reading
from bot.rounds import Rounds
from bot.tidings import Tidings
from bot.vitals import Vitals
from config.settings import Blog, Settings
from storage import Store, StoreError

log = structlog.get_logger()

LOOK_SECONDS = 5.0  # between looks at whether the clock was put back; by less, it only makes a poll that late
NOTE_SECONDS = 1.0  # for what is yet to be noted of polls when a shard goes, or all of us
LET_END_SECONDS = 1.0  # for polls under way of what another node is to poll; it asks anew what they would have found


class Poller:
    def __init__(
        self,
        *,
        store: Store,
        desk: Desk,
        fetcher: Fetcher,
        reading: Reading,
        settings: Callable[[], Settings],
        alarms: Alarms,
        vitals: Vitals,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._reading, self._settings, self._vitals, self._now = store, reading, settings, vitals, now
        self._alarms, self._outlook = alarms, Outlook(store, now)
        judging, blog_alarms = Judging(store, fetcher, reading), BlogAlarms(alarms)
        polling = Polling(
            store=store,
            desk=desk,
            fetcher=fetcher,
            judging=judging,
            outlook=self._outlook,
            settings=settings,
            alarms=blog_alarms,
            vitals=vitals,
            now=now,
        )
        self._rounds = Rounds(
            polling=polling, outlook=self._outlook, settings=settings, alarms=blog_alarms, vitals=vitals
        )
        self._appointments = Appointments(self._poll)
        self._shards: frozenset[int] | None = None  # that are polled here; None: all
        self._holding = asyncio.Lock()
        self._polled: dict[str, datetime] = {}
        self._looking: asyncio.Task[None] | None = None  # once it was started
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one reading of a blog at a time
        self._tidings = Tidings(
            store=store,
            settings=settings,
            judging=judging,
            polling=polling,
            outlook=self._outlook,
            turns=self._turns,
            poll=self._rounds.of,
            sooner=self._sooner,
            now=now,
        )

    async def start(self) -> None:
        await self._store.in_file(_ids(self._settings()), self._now().timestamp())
        polled = await self._outlook.learn_all()
        await self._remember_alarms()
        for blog in self._here():
            taken = self._shards is not None
            self._schedule(blog, polled.get(blog.id) if taken else None, taken_over=taken)
        self._appointments.start()
        self._looking = asyncio.create_task(self._look_around())

    async def stop(self) -> None:
        """No new polls; one under way is ended before its transaction or after it, never inside."""
        if self._looking is not None:
            self._looking.cancel()
        await self._appointments.stop()
        await self._note()
        self._reading.close()

    async def _remember_alarms(self) -> None:
        """Blogs came into the file, left it or were renamed."""
        await self._alarms.remember()
        await self._alarms.only_of([blog.id for blog in self._settings().blogs])

    async def _look_around(self) -> None:
        """Appointments are made by the wall's clock: where it is put back, the next would be that much later.

        Other nodes begin and end alarms as well, also about blogs that are ours now.
        """
        loop = asyncio.get_running_loop()
        before = self._now().timestamp() - loop.time()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            after = self._now().timestamp() - loop.time()
            if after < before - LOOK_SECONDS:
                log.warning("clock put back", seconds=round(before - after))
                for blog in self._here():
                    self._schedule(blog, None)
            before = after
            if self._shards is not None:
                await self._alarms.remember()

    # --- which blogs are polled, and when

    async def apply(self, before: Settings) -> None:
        """New settings are in force: touch only the blogs that changed."""
        settings = self._settings()
        for blog in settings.blogs:
            known = before.blog(blog.id)
            if not blog.websub or (known is not None and known.url != blog.url):  # that was another's
                await self._outlook.rely_on_hub(blog.id, None)
        await self._store.in_file(_ids(settings), self._now().timestamp())
        await self._remember_alarms()
        self._vitals.measures.keep_blogs([blog.id for blog in settings.blogs])
        for blog in before.blogs:
            if settings.blog(blog.id) is None:
                self._unschedule(blog.id)
        for blog in settings.blogs:
            known = before.blog(blog.id)
            if not self.holds(blog.url):
                self._unschedule(blog.id)  # its address may be another host's now
            elif known is None or _polled_by(known) != _polled_by(blog):
                self._schedule(blog, None)

    async def hold(self, shards: Collection[int] | None) -> None:
        """Poll the blogs of these shards (`bot.core.sharing.shard_of`) from now on, and no others; None: all.

        To be called at any time, also before `start`. Whoever polled them before may have been silent for a while, so
        what is due is polled within two seconds. When it returns, nothing of a shard that left is being polled, and
        what is known of its blogs is in the store.
        """
        async with self._holding:
            before = {blog.id for blog in self._here()}
            self._shards = None if shards is None else frozenset(shards)
            if not self._appointments.are_kept:
                return
            here = {blog.id for blog in self._here()}
            left = before - here
            for id_ in left:
                self._unschedule(id_)
            await self._take_over(here - before)
            await self._appointments.let_end(left, LET_END_SECONDS)
            await self._note()

    def holds(self, url: str) -> bool:
        """Whether a blog with this address is polled here."""
        return self._shards is None or shard_of(url) in self._shards

    def _here(self) -> Iterable[Blog]:
        return (blog for blog in self._settings().blogs if self.holds(blog.url))

    async def _take_over(self, blogs: Collection[str]) -> None:
        """What the store does not say of them now, their polls will find there."""
        if not blogs:
            return
        polled: Mapping[str, datetime] = {}
        try:
            polled = await self._outlook.learn_all(blogs)
        except StoreError as error:
            log.error("last polls not known", why=str(error))
        await self._alarms.remember()
        for id_ in blogs:
            if (blog := self._settings().blog(id_)) is not None and self.holds(blog.url):
                self._schedule(blog, polled.get(id_), taken_over=True)

    async def _note(self) -> None:
        """Nobody waits long for it: without it, the next poll of a blog comes sooner than it need."""
        try:
            async with asyncio.timeout(NOTE_SECONDS):
                await self._outlook.note()
        except (StoreError, TimeoutError) as error:
            log.error("polls not noted", why=str(error) or "the database does not answer")

    def next_polls(self) -> Mapping[str, datetime]:
        """When each blog that is polled here is polled next."""
        return self._appointments.times()

    def last_polls(self) -> Mapping[str, datetime]:
        """When each blog that is polled here was last polled; fresher than the store."""
        return dict(self._polled)

    def state(self, blog: str) -> BlogState:
        """What its polls have shown of a blog so far."""
        return self._outlook[blog]

    def _unschedule(self, blog: str) -> None:
        self._appointments.cancel(blog)
        self._polled.pop(blog, None)

    def _schedule(self, blog: Blog, started: datetime | None, *, taken_over: bool = False) -> None:
        state = replace(self._outlook[blog.id], blog=blog.id, daily=has_date(blog.url))
        at = next_poll(blog.schedule, blog.timezone, self._now(), started, state, taken_over=taken_over)
        self._appointments.make(blog.id, at)

    def _sooner(self, blog: Blog) -> None:
        if self._appointments.are_kept and self.holds(blog.url):
            self._schedule(blog, self._now())

    # --- polls

    async def _poll(self, id_: str) -> None:
        """One turn of one blog, and the appointment for the next."""
        started = self._now()
        try:
            await self.poll_now(id_)
        finally:
            blog = self._settings().blog(id_)
            goes_on = self._appointments.are_kept and not self._appointments.has(id_)
            if goes_on and blog is not None and self.holds(blog.url):
                self._schedule(blog, started)

    async def poll_now(self, id_: str) -> None:
        """Ask the blog's pages, publish what is new, tell what went wrong; after the poll of it that is under way."""
        async with self._turns[id_]:
            self._polled[id_] = self._now()
            await self._rounds.of(id_)

    # --- what we are told instead of asking

    async def told(self, id_: str, url: str, page: Page, until: datetime) -> None:
        """The hub of the page at `url` sent this, and tells us of the next until then: news by the rules of a poll.

        Where what it sent says nothing by itself, the page is asked: then it was a word that there is something new.
        """
        await self._tidings.told(id_, url, page, until)

    async def handed(self, id_: str, page: Page, *, old: bool) -> bool:
        """Posts of the blog that its publisher's system handed to us: news at once, or stored where they are `old`.

        False where we have a newer version. It is written when this returns. NotReadable, StoreError.
        """
        return await self._tidings.handed(id_, page, old=old)


def _polled_by(blog: Blog) -> tuple[object, ...]:
    """What its appointments go by."""
    return blog.schedule, blog.url, blog.timezone, blog.websub


def _ids(settings: Settings) -> list[tuple[str, str | None, str | None]]:
    return [(blog.id, blog.title or None, blog.was or None) for blog in settings.blogs]
