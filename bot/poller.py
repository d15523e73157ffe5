"""The loop that asks. Each blog has one job; when a poll is over, what it found decides when the next one is.

A poll is fetch → read → diff → publish; what fails on the way is told once, and its end once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from bot.core.diff import confirm, diff, needs_all
from bot.core.model import Page, Snapshot, Verdict
from bot.core.pages import pages_to_poll
from bot.core.timing import BlogState, next_poll
from bot.desk import Desk
from bot.fetch import Fetcher, FetchFailed, validators_of
from bot.reading import Reading
from bot.sources import NotReadable, ReadRules
from config.settings import Blog, Settings
from storage import Store, StoreError

log = structlog.get_logger()

T = TypeVar("T")
COMPARED_AT_ONCE = 60  # posts
TELL_AFTER = 3  # failed polls in a row; a single time-out is nobody's concern
NOTE_EVERY = 60.0  # seconds between notes that a quiet blog was polled
LOOK_SECONDS = 5.0  # between looks at whether the clock was put back; by less, it only makes a poll that late


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one poll brought: posts that somebody hears of, and what the server said about when to come again."""

    told: int = 0
    ended: bool = False
    max_age: int | None = None


class Poller:
    def __init__(
        self,
        *,
        store: Store,
        desk: Desk,
        fetcher: Fetcher,
        reading: Reading,
        settings: Callable[[], Settings],
        report: Callable[[str], Coroutine[None, None, None]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._desk, self._fetcher, self._reading = store, desk, fetcher, reading
        self._settings, self._report, self._now = settings, report, now
        # A late poll is better than none: without a grace time APScheduler would skip it in silence.
        self._scheduler = AsyncIOScheduler(job_defaults={"misfire_grace_time": None, "coalesce": True})
        self._states: defaultdict[str, BlogState] = defaultdict(BlogState)
        # blog -> page -> the alarm that the admins were told of
        self._alarms: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._polled: dict[str, datetime] = {}
        self._noted: dict[str, float] = {}
        self._polls: set[asyncio.Task[None]] = set()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one poll of a blog at a time

    async def start(self) -> None:
        await self._store.in_file(_ids(self._settings()), self._now().timestamp())
        for blog in await self._store.blogs():
            last_post = datetime.fromtimestamp(blog.last_post_at, UTC) if blog.last_post_at else None
            self._states[blog.id] = BlogState(blog=blog.id, last_post_at=last_post, ended=blog.ended_at is not None)
            if blog.alarm is not None and (pages := await self._store.pages(blog.id)):
                self._alarms[blog.id][pages[-1].url] = blog.alarm
        for blog_ in self._settings().blogs:
            self._schedule(blog_, None)
        self._scheduler.start()
        self._looking = asyncio.create_task(self._look_at_the_clock())

    async def stop(self) -> None:
        """No new polls; one under way is ended before its transaction or after it, never inside."""
        self._looking.cancel()
        self._scheduler.shutdown(wait=False)
        for poll in self._polls:
            poll.cancel()
        await asyncio.gather(*self._polls, return_exceptions=True)
        self._reading.close()

    async def _look_at_the_clock(self) -> None:
        """Appointments are made by the wall's clock. Where it is put back, the next would be that much later."""
        loop = asyncio.get_running_loop()
        before = self._now().timestamp() - loop.time()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            after = self._now().timestamp() - loop.time()
            if after < before - LOOK_SECONDS:
                log.warning("the clock was put back", seconds=round(before - after))
                for blog in self._settings().blogs:
                    self._schedule(blog, None)
            before = after

    async def apply(self, before: Settings) -> None:
        """New settings are in force: touch only the blogs that changed."""
        settings = self._settings()
        await self._store.in_file(_ids(settings), self._now().timestamp())
        for blog in before.blogs:
            if settings.blog(blog.id) is None:
                self._unschedule(blog.id)
        for blog in settings.blogs:
            known = before.blog(blog.id)
            if known is None or (known.schedule, known.url, known.timezone) != (
                blog.schedule,
                blog.url,
                blog.timezone,
            ):
                self._schedule(blog, None)

    def next_polls(self) -> Mapping[str, datetime]:
        """When each blog is polled next."""
        return {job.id: job.trigger.run_date for job in self._scheduler.get_jobs()}

    def last_polls(self) -> Mapping[str, datetime]:
        """When each blog was last polled; fresher than the store, which quiet polls are noted in once a minute."""
        return dict(self._polled)

    def _unschedule(self, blog: str) -> None:
        with contextlib.suppress(JobLookupError):  # it is being polled just now; `_poll` sees that it has left
            self._scheduler.remove_job(blog)

    def _schedule(self, blog: Blog, started: datetime | None) -> None:
        state = replace(self._states[blog.id], blog=blog.id)
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
        try:
            await self._try(blog)
        except StoreError as error:
            self._states[id_] = replace(self._states[id_], failures=self._states[id_].failures + 1)
            log.error("nothing was written", blog=id_, error=str(error))

    async def _try(self, blog: Blog) -> None:
        """Ask, and note how it went. StoreError where that could not be written."""
        try:
            found = await self._ask(blog)
        except (FetchFailed, NotReadable) as error:
            await self._failed(blog, error)
        except StoreError:
            raise
        except Exception as error:
            log.exception("poll broke", blog=blog.id)
            await self._failed(blog, NotReadable(f"stumbled over it ({type(error).__name__}: {error})"))
        else:
            await self._worked(blog, found)

    async def _ask(self, blog: Blog) -> Found:
        """Ask every page of the blog once. An older page may fail as long as another one answers."""
        urls = pages_to_poll(blog.url, blog.timezone, await self._store.pages(blog.id), self._now())
        found: list[Found] = []
        failure: FetchFailed | NotReadable | None = None
        for url in urls:
            try:
                found.append(await self._poll_page(blog, url))
            except (FetchFailed, NotReadable) as error:
                failure = error
        if failure is not None and not found:
            raise failure
        return Found(
            told=sum(one.told for one in found), ended=found[-1].ended, max_age=max((o.max_age or 0) for o in found)
        )

    async def _poll_page(self, blog: Blog, url: str) -> Found:
        page, known = await self._store.page(blog.id, url)
        fetched = await self._fetcher.fetch(url, known, home=blog.url)
        if isinstance(fetched, Page):
            return await self._take(blog, url, fetched, page.format if page else None)
        if page is not None and (page.missing or page.doubted or page.ignored or self._alarms[blog.id].get(url)):
            memory, _ = await self._store.memory(blog.id, url, ())
            await self._publish(blog, url, None, confirm(memory, self._now()), None)
        return Found(ended=bool(page and page.ended), max_age=fetched.max_age)

    async def _take(self, blog: Blog, url: str, page: Page, kept: str | None) -> Found:
        snapshot = await self._reading.read(page, _rules(blog, kept))
        memory, _ = await self._store.memory(blog.id, url, [post.key for post in snapshot.posts])
        if await _beside(len(snapshot.posts), lambda: needs_all(memory, snapshot)):
            memory, _ = await self._store.memory(blog.id, url)
        known, now = memory, self._now()
        verdict = await _beside(max(len(snapshot.posts), len(known.seen)), lambda: diff(known, snapshot, now))
        told = await self._publish(blog, url, snapshot, verdict, page)
        return Found(told=told, ended=snapshot.ended, max_age=page.max_age)

    async def _publish(
        self, blog: Blog, url: str, snapshot: Snapshot | None, verdict: Verdict, page: Page | None
    ) -> int:
        validators = validators_of(page) if page is not None and verdict.accepted else None
        told = await self._desk.relay(blog, url, snapshot, verdict, validators)
        for change in verdict.changes:
            log.info(change.kind.value, blog=blog.id, post=change.key, title=change.title, why=change.why or None)
        if verdict.baseline:
            log.info("baseline", blog=blog.id, posts=len(verdict.stored))
        await self._alarm(blog, url, verdict.alarm)
        return told

    async def _alarm(self, blog: Blog, url: str, alarm: str | None) -> None:
        """Each alarm once, with its end; a blog on two pages may have one on each."""
        alarms = self._alarms[blog.id]
        before, alarms[url] = alarms.get(url), alarm or ""
        if alarm == (before or None):
            return
        standing = [text for text in alarms.values() if text]
        await self._store.alarm(blog.id, "; ".join(standing) or None)
        if alarm:
            log.warning("alarm", blog=blog.id, page=url, alarm=alarm)
            await self._report(f"{blog.id}: {alarm}")
        else:
            await self._report(f"{blog.id}: as it should be again (it was: {before})")

    async def _worked(self, blog: Blog, found: Found) -> None:
        now, before = self._now(), self._states[blog.id]
        self._states[blog.id] = BlogState(
            blog=blog.id,
            last_post_at=now if found.told else before.last_post_at,
            ended=found.ended,
            max_age=found.max_age,
        )
        if before.failures or now.timestamp() - self._noted.get(blog.id, 0.0) > NOTE_EVERY:
            self._noted[blog.id] = now.timestamp()
            await self._store.polled(blog.id, now.timestamp(), None)
        if await self._store.note(_failing(blog)) is not None:
            await self._store.keep_note(_failing(blog), None)
            log.info("recovered", blog=blog.id)
            await self._report(f"{blog.id}: answers again")

    async def _failed(self, blog: Blog, error: FetchFailed | NotReadable) -> None:
        now = self._now().timestamp()
        failures = await self._store.polled(blog.id, now, str(error))
        retry_at = error.retry_at if isinstance(error, FetchFailed) else None
        self._states[blog.id] = replace(self._states[blog.id], failures=failures, retry_after=retry_at)
        log.warning("poll failed", blog=blog.id, why=str(error), failures=failures)
        lasting = isinstance(error, NotReadable) or error.lasting
        if (lasting or failures >= TELL_AFTER) and await self._store.note(_failing(blog)) is None:
            await self._store.keep_note(_failing(blog), str(error))
            await self._report(f"{blog.id}: {error} ({blog.url}). Nothing was sent or withdrawn; it is tried again.")


async def _beside(posts: int, work: Callable[[], T]) -> T:
    """Few posts are compared in a millisecond or two. Of many, the loop must not wait: a thread gives way to it."""
    return await asyncio.to_thread(work) if posts > COMPARED_AT_ONCE else work()


def _failing(blog: Blog) -> str:
    return f"failing {blog.id}"


def _ids(settings: Settings) -> list[tuple[str, str | None, str | None]]:
    return [(blog.id, blog.title or None, blog.was or None) for blog in settings.blogs]


def _rules(blog: Blog, kept: str | None) -> ReadRules:
    return ReadRules(
        format=blog.format, identity=blog.identity, timezone=blog.timezone, language=blog.language, kept=kept
    )
