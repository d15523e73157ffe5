"""The loop that asks. Each blog has one job; when a poll is over, what it found decides when the next one is.

A poll is fetch → read → diff → publish; what fails on the way is told once, and its end once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from bot.alarming import Alarms
from bot.asking import lasts
from bot.blog_alarms import BlogAlarms
from bot.core.facts import Came
from bot.core.found import Found
from bot.core.model import Page, Snapshot, Verdict
from bot.core.timing import BlogState, has_date, next_poll
from bot.desk import Desk
from bot.fetch import Fetcher, FetchFailed
from bot.judging import Judging
from bot.polling import Polling
from bot.reading import Reading
from bot.sources import NotReadable
from bot.vitals import Vitals
from config.settings import Blog, Settings
from storage import BlogState as StoredState
from storage import Store, StoreError

log = structlog.get_logger()

TELL_AFTER = 3  # failed polls in a row; a single time-out is nobody's concern
WITHOUT_END = 2**31  # polls of a blog as APScheduler counts them: one at a time is what `_turns` sees to
NOTE_EVERY = 60.0  # seconds between notes that a quiet blog was polled
LOOK_SECONDS = 5.0  # between looks at whether the clock was put back; by less, it only makes a poll that late


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
        self._judging = Judging(store, fetcher, reading)
        self._raised, self._alarms = alarms, BlogAlarms(alarms)
        self._polling = Polling(
            store=store,
            desk=desk,
            fetcher=fetcher,
            judging=self._judging,
            settings=settings,
            alarms=self._alarms,
            vitals=vitals,
            now=now,
        )
        # A late poll is better than none: without a grace time APScheduler would skip it in silence; and where a poll
        # is due when the one before is just about to end, it would forget the blog for good, had it room for only one.
        self._scheduler = AsyncIOScheduler(
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": WITHOUT_END}
        )
        self._states: defaultdict[str, BlogState] = defaultdict(BlogState)
        self._polled: dict[str, datetime] = {}
        self._noted: dict[str, float] = {}
        self._polls: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None  # once it was started
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one poll of a blog at a time

    async def start(self) -> None:
        await self._store.in_file(_ids(self._settings()), self._now().timestamp())
        for blog in await self._store.blogs():
            self._states[blog.id] = _as_known(BlogState(blog=blog.id), blog)
        await self._remember_alarms()
        self._polling.catch_up(await self._store.catching_up())
        for blog_ in self._settings().blogs:
            self._schedule(blog_, None)
        self._scheduler.start()
        self._looking = asyncio.create_task(self._look_at_the_clock())

    async def stop(self) -> None:
        """No new polls; one under way is ended before its transaction or after it, never inside."""
        if self._looking is not None:
            self._looking.cancel()
            self._scheduler.shutdown(wait=False)
        for poll in self._polls:
            poll.cancel()
        await asyncio.gather(*self._polls, return_exceptions=True)
        self._reading.close()

    async def _remember_alarms(self) -> None:
        """Blogs came into the file, left it or were renamed."""
        await self._raised.remember()
        await self._raised.only_of([blog.id for blog in self._settings().blogs])

    async def _look_at_the_clock(self) -> None:
        """Appointments are made by the wall's clock. Where it is put back, the next would be that much later."""
        loop = asyncio.get_running_loop()
        before = self._now().timestamp() - loop.time()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            after = self._now().timestamp() - loop.time()
            if after < before - LOOK_SECONDS:
                log.warning("clock put back", seconds=round(before - after))
                for blog in self._settings().blogs:
                    self._schedule(blog, None)
            before = after

    async def apply(self, before: Settings) -> None:
        """New settings are in force: touch only the blogs that changed."""
        settings = self._settings()
        await self._store.in_file(_ids(settings), self._now().timestamp())
        await self._remember_alarms()
        self._vitals.measures.keep_blogs([blog.id for blog in settings.blogs])
        for blog in before.blogs:
            if settings.blog(blog.id) is None:
                self._unschedule(blog.id)
        for blog in settings.blogs:
            known = before.blog(blog.id)
            if not blog.websub or (known is not None and known.url != blog.url):  # that was another's
                self._states[blog.id] = replace(self._states[blog.id], hub_until=None)
            if known is None or (known.schedule, known.url, known.timezone, known.websub) != (
                blog.schedule,
                blog.url,
                blog.timezone,
                blog.websub,
            ):
                self._schedule(blog, None)

    def next_polls(self) -> Mapping[str, datetime]:
        """When each blog is polled next."""
        return {job.id: job.trigger.run_date for job in self._scheduler.get_jobs()}

    def last_polls(self) -> Mapping[str, datetime]:
        """When each blog was last polled; fresher than the store, which quiet polls are noted in once a minute."""
        return dict(self._polled)

    def state(self, blog: str) -> BlogState:
        """What its polls have shown of a blog so far."""
        return self._states[blog]

    def _unschedule(self, blog: str) -> None:
        with contextlib.suppress(JobLookupError):  # it is being polled just now; `_poll` sees that it has left
            self._scheduler.remove_job(blog)
        self._polled.pop(blog, None)

    def _schedule(self, blog: Blog, started: datetime | None) -> None:
        state = replace(self._states[blog.id], blog=blog.id, daily=has_date(blog.url))
        at = next_poll(blog.schedule, blog.timezone, self._now(), started, state)
        self._scheduler.add_job(self._poll, DateTrigger(at), args=[blog.id], id=blog.id, replace_existing=True)

    async def _poll(self, id_: str) -> None:
        """One turn of one blog, and the appointment for the next."""
        poll = asyncio.current_task()
        assert poll is not None
        self._polls.add(poll)
        started = self._now()
        try:
            await self.poll_now(id_)
        except asyncio.CancelledError:
            log.debug("poll ended", blog=id_)  # we are being stopped
        finally:
            self._polls.discard(poll)
            blog = self._settings().blog(id_)
            if blog is not None and self._scheduler.running and self._scheduler.get_job(id_) is None:
                self._schedule(blog, started)

    async def poll_now(self, id_: str) -> None:
        """Ask the blog's pages, publish what is new, tell what went wrong; after the poll of it that is under way."""
        async with self._turns[id_]:
            self._polled[id_] = self._now()
            await self._turn(id_)

    async def _turn(self, id_: str) -> None:
        blog = self._settings().blog(id_)
        if blog is None:
            return
        began, outcome = time.monotonic(), "failed"
        try:
            outcome = await self._try(blog)
        except StoreError as error:
            self._states[id_] = replace(self._states[id_], failures=self._states[id_].failures + 1)
            log.error("nothing was written", blog=id_, why=str(error))
        self._vitals.polled(id_, outcome, time.monotonic() - began)

    async def _try(self, blog: Blog) -> str:
        """Ask, and note how it went: "changed", "unchanged" or "failed". StoreError where that could not be written."""
        try:
            found = await self._polling.ask(blog)
        except (FetchFailed, NotReadable) as error:
            await self._failed(blog, error)
        except StoreError:
            raise
        except Exception as error:
            log.exception("poll broke", blog=blog.id)
            await self._failed(blog, NotReadable(f"stumbled over it ({type(error).__name__}: {error})"))
        else:
            if self._settings().blog(blog.id) is not None:
                await self._worked(blog, found)
            return "changed" if found.read else "unchanged"
        return "failed"

    # --- what we are told instead of asking

    async def told(self, id_: str, url: str, page: Page, until: datetime) -> None:
        """The hub of the page at `url` sent this, and tells us of the next until then: news by the rules of a poll.

        Where what it sent says nothing by itself, the page is asked: then it was a word that there is something new.
        """
        async with self._turns[id_]:
            blog = self._settings().blog(id_)
            if blog is None:
                return
            try:
                if self._polling.catches_up(id_) or not await self._hear(blog, url, page):
                    await self._turn(id_)
                in_doubt = await self._is_in_doubt(id_, url)
            except StoreError as error:
                log.error("nothing was written", blog=id_, why=str(error))
            else:
                relied_on = None if self._states[id_].failures or in_doubt else until
                self._states[id_] = replace(self._states[id_], hub_until=relied_on)
                if in_doubt and self._scheduler.running:
                    self._schedule(blog, self._now())  # sooner than the appointment that relied on the hub

    async def _hear(self, blog: Blog, url: str, page: Page) -> bool:
        """Publish what a hub sent. False where the page is to be asked all the same."""
        heard = await self._judging.heard(blog, url, page, self._now())
        if heard is None:
            return False
        snapshot, verdict, lacks_some = heard
        return await self._pass_on(blog, url, snapshot, verdict, Came.HUB) and not lacks_some

    async def _is_in_doubt(self, id_: str, url: str) -> bool:
        """Whether posts are missing from a page: hubs tell nothing of that, so it is polled as usual."""
        page, _ = await self._store.page(id_, url)
        return bool(page and page.missing)

    async def handed(self, id_: str, page: Page, *, old: bool) -> bool:
        """Posts of the blog that its publisher's system handed to us: news at once, or stored where they are `old`.

        False where we have a newer version. It is written when this returns. NotReadable, StoreError.
        """
        async with self._turns[id_]:
            blog = self._settings().blog(id_)
            if blog is None:
                return False
            snapshot = await self._judging.read_handed(blog, page)
            begun = await self._judging.has_begun(blog) and not self._polling.catches_up(id_)
            if not self._states[id_].failures and not begun:
                await self._turn(id_)  # what stands on the page already is no news
            verdict = await self._judging.handed(blog, snapshot, self._now(), old=old)
            return await self._pass_on(blog, "", snapshot, verdict, Came.INTAKE)

    async def _pass_on(self, blog: Blog, url: str, snapshot: Snapshot, verdict: Verdict, came: Came) -> bool:
        if not verdict.accepted:
            return False
        told = await self._polling.relay(blog, url, snapshot, verdict, None, came)
        if told:
            await self._learn(blog.id)
        return True

    # --- what comes of it

    async def _worked(self, blog: Blog, found: Found) -> None:
        now, before = self._now(), self._states[blog.id]
        # A hub that had not told us of this is not relied on, nor one that may be about the old one of two pages.
        hub_until = None if found.told or found.missing or found.pages > 1 else before.hub_until
        self._states[blog.id] = replace(
            before, failures=0, retry_after=found.retry_at, max_age=found.max_age, hub_until=hub_until
        )
        if found.read:
            await self._learn(blog.id)
        if before.failures or now.timestamp() - self._noted.get(blog.id, 0.0) > NOTE_EVERY:
            self._noted[blog.id] = now.timestamp()
            await self._store.polled(blog.id, now.timestamp(), None)
        await self._alarms.answers_again(blog.id)

    async def _learn(self, id_: str) -> None:
        """What the store knows of a blog's life, after something was written of it."""
        if (stored := await self._store.blog(id_)) is not None:
            self._states[id_] = _as_known(self._states[id_], stored)

    async def _failed(self, blog: Blog, error: FetchFailed | NotReadable) -> None:
        now = self._now().timestamp()
        failures = await self._store.polled(blog.id, now, str(error))
        retry_at = error.retry_at if isinstance(error, FetchFailed) else None
        self._states[blog.id] = replace(self._states[blog.id], failures=failures, retry_after=retry_at)
        log.warning("poll failed", blog=blog.id, why=str(error), failures=failures)
        if lasts(error) or failures >= TELL_AFTER:
            await self._alarms.failed(blog.id, str(error), blog.url, self._polling.format_of(blog.id))


def _as_known(state: BlogState, stored: StoredState) -> BlogState:
    """With what the store knows of the blog's life, which a restart must not change."""
    hint = None if stored.interval_hint is None else int(stored.interval_hint)
    return replace(state, life=stored.life, interval_hint=hint)


def _ids(settings: Settings) -> list[tuple[str, str | None, str | None]]:
    return [(blog.id, blog.title or None, blog.was or None) for blog in settings.blogs]
