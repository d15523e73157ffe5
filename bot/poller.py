"""The loop that asks. Each blog has one job; when a poll is over, what it found decides when the next one is.

A poll is fetch → read → diff → publish; what fails on the way is told once, and its end once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from bot.alarming import Alarms
from bot.asking import Asker, Question, lasts
from bot.blog_alarms import BlogAlarms
from bot.core import alarms
from bot.core.diff import says_anything
from bot.core.facts import Came
from bot.core.found import Found, together
from bot.core.model import Page, Snapshot, Verdict
from bot.core.pages import pages_to_poll
from bot.core.publishing import Validators
from bot.core.timing import BACK_OFF_CAP, BlogState, has_date, next_poll
from bot.desk import Desk
from bot.fetch import Fetcher, FetchFailed, validators_of
from bot.judging import Judging
from bot.reading import Reading
from bot.sources import NotReadable
from bot.sources.asking import Gathered
from bot.vitals import Vitals
from config.settings import Blog, Settings
from storage import BlogState as StoredState
from storage import Store, StoreError

log = structlog.get_logger()

KEYS_LOGGED = 20  # of the posts that one poll changed in the same way
TELL_AFTER = 3  # failed polls in a row; a single time-out is nobody's concern
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
        self._store, self._desk, self._asker, self._reading = store, desk, Asker(fetcher), reading
        self._settings, self._vitals, self._now = settings, vitals, now
        self._judging = Judging(store, fetcher, reading)
        self._raised, self._alarms = alarms, BlogAlarms(alarms)
        # A late poll is better than none: without a grace time APScheduler would skip it in silence.
        self._scheduler = AsyncIOScheduler(job_defaults={"misfire_grace_time": None, "coalesce": True})
        self._states: defaultdict[str, BlogState] = defaultdict(BlogState)
        self._formats: dict[str, str | None] = {}  # blog -> the reader that has read it so far
        self._polled: dict[str, datetime] = {}
        self._noted: dict[str, float] = {}
        self._catching_up: set[str] = set()  # blogs whose pages are read for the first time since a restore
        self._polls: set[asyncio.Task[None]] = set()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one poll of a blog at a time

    async def start(self) -> None:
        await self._store.in_file(_ids(self._settings()), self._now().timestamp())
        for blog in await self._store.blogs():
            self._states[blog.id] = _as_known(BlogState(blog=blog.id), blog)
        await self._remember_alarms()
        self._catching_up = set(await self._store.catching_up())
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
            if not blog.websub:
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
            found = await self._ask(blog)
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

    async def _ask(self, blog: Blog) -> Found:
        """Ask every page of the blog once. An older page may fail as long as another one answers."""
        urls = pages_to_poll(blog.url, blog.timezone, await self._store.pages(blog.id), self._now())
        answers: dict[str, Found] = {}
        failure: FetchFailed | NotReadable | None = None
        for url in urls:
            try:
                answers[url] = await self._poll_page(blog, url)
            except (FetchFailed, NotReadable) as error:
                failure = error
        await self._caught_up(blog.id, urls, answers)
        if failure is None:
            await self._alarms.looked_at(blog.id, urls)
        elif not answers:
            raise failure
        asked_to_wait = failure.retry_at if isinstance(failure, FetchFailed) else None
        return together(list(answers.values()), pages=len(urls), retry_at=asked_to_wait)

    async def _caught_up(self, id_: str, asked: Collection[str], answers: Mapping[str, Found]) -> None:
        """After a restore, what each page shows first was told before; from its second reading on there is news."""
        if id_ not in self._catching_up:
            return
        read = [url for url, found in answers.items() if not found.refused]
        if await self._store.caught_up(id_, asked, read):
            self._catching_up.discard(id_)
            log.info("caught up", blog=id_)

    async def _poll_page(self, blog: Blog, url: str) -> Found:
        """Ask what is to be asked about a page; mostly its address. What was read counts, whatever fails after it.

        Where the changes cannot be had (a 404, say) the listing is asked for in their place.
        """
        page, validators = await self._store.page(blog.id, url)
        self._formats[blog.id] = page.format if page else self._formats.get(blog.id)
        found, failure = Found(), None
        doubted = bool(page and (page.missing or page.doubted or self._alarms.stands(blog.id, url)))
        doubted = doubted or blog.id in self._catching_up  # the whole listing is asked for
        for question in self._asker.questions(blog.id, url, page, self._now(), reader=blog.format, doubted=doubted):
            if not (question.due or failure):
                continue
            try:
                found, failure = found.then(await self._answer(blog, question, validators, failure)), None
            except (FetchFailed, NotReadable) as error:
                self._asker.list_soon(blog.id, url)
                log.info("a question failed", blog=blog.id, page=url, lists=question.lists, why=str(error))
                failure = failure or error
                if not lasts(error):
                    break
        if failure is not None:
            raise failure
        return found

    async def _answer(self, blog: Blog, asked: Question, validators: Validators, after: Exception | None) -> Found:
        """One question about a page. `after`: the failure in whose place it is asked."""
        page, url = asked.known.page, asked.url
        instead = alarms.instead(str(after)) if after is not None and page is not None else None
        gathered = await self._asker.ask(asked, validators, home=blog.url)
        if isinstance(gathered, Gathered):
            kept = page.format if page else None
            return await self._take(blog, url, gathered.page, kept, gathered, lists=asked.lists, instead=instead)
        missing = False
        if asked.doubted or (page and page.ignored):
            verdict = await self._judging.again(blog, url, self._now())
            missing = bool(verdict.page and verdict.page.missing)
            await self._publish(blog, url, None, verdict, None)
        return Found(missing=missing, max_age=gathered.max_age, retry_at=self._soon(gathered.retry_at))

    async def _take(
        self,
        blog: Blog,
        url: str,
        page: Page,
        kept: str | None,
        gathered: Gathered | None = None,
        *,
        lists: bool = True,
        instead: str | None = None,
    ) -> Found:
        """Read a page, and publish what is new. `lists`: it shows the blog, so that it may end an alarm.

        `instead`: the alarm for which it is read.
        """
        snapshot, verdict = await self._judging.read(blog, url, page, kept, gathered, self._now())
        self._formats[blog.id] = snapshot.format
        verdict = replace(verdict, alarm=alarms.joined(verdict.alarm, instead))
        told_later = gathered.retry_at if gathered else None
        found = Found(max_age=page.max_age, retry_at=told_later or self._soon(page.retry_at))
        if not lists and not says_anything(verdict):
            return found
        own = page if gathered is None or gathered.conditional else None
        told = await self._publish(blog, url, snapshot, verdict, own, lists=lists)
        missing = bool(verdict.page and verdict.page.missing)
        return replace(found, told=told, read=True, missing=missing, refused=not verdict.accepted)

    def _soon(self, retry_at: datetime | None) -> datetime | None:
        """A wish that came with a good answer: it may be a slip, and is granted for a while only."""
        return min(retry_at, self._now() + BACK_OFF_CAP) if retry_at is not None else None

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
                if id_ in self._catching_up or not await self._hear(blog, url, page):
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
            begun = await self._judging.has_begun(blog) and id_ not in self._catching_up
            if not self._states[id_].failures and not begun:
                await self._turn(id_)  # what stands on the page already is no news
            verdict = await self._judging.handed(blog, snapshot, self._now(), old=old)
            return await self._pass_on(blog, "", snapshot, verdict, Came.INTAKE)

    async def _pass_on(self, blog: Blog, url: str, snapshot: Snapshot, verdict: Verdict, came: Came) -> bool:
        if not verdict.accepted:
            return False
        told = await self._relay(blog, url, snapshot, verdict, None, came)
        if told:
            await self._learn(blog.id)
        return True

    # --- what comes of it

    async def _publish(
        self, blog: Blog, url: str, snapshot: Snapshot | None, verdict: Verdict, page: Page | None, lists: bool = True
    ) -> int:
        told = await self._relay(blog, url, snapshot, verdict, page)
        if lists or verdict.alarm:
            await self._alarms.about(blog.id, url, verdict.alarm, self._formats.get(blog.id))
        return told

    async def _relay(
        self,
        blog: Blog,
        url: str,
        snapshot: Snapshot | None,
        verdict: Verdict,
        page: Page | None,
        came: Came = Came.POLL,
    ) -> int:
        if self._settings().blog(blog.id) is None:
            return 0  # it has left the file, or got another name, since it was asked
        validators = validators_of(page) if page is not None and verdict.accepted else None
        told = await self._desk.relay(blog, url, snapshot, verdict, validators, came)
        for kind, count in Counter(change.kind for change in verdict.changes).items():
            self._vitals.measures.changed(blog.id, kind.value, count)
        if verdict.changes:
            log.info("published", blog=blog.id, told=told, **_keys(verdict))
        if verdict.baseline:
            log.info("baseline", blog=blog.id, posts=len(verdict.stored))
        return told

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
            await self._alarms.failed(blog.id, str(error), blog.url, self._formats.get(blog.id))


def _as_known(state: BlogState, stored: StoredState) -> BlogState:
    """With what the store knows of the blog's life, which a restart must not change."""
    hint = None if stored.interval_hint is None else int(stored.interval_hint)
    return replace(state, life=stored.life, interval_hint=hint)


def _keys(verdict: Verdict) -> dict[str, list[str]]:
    """The posts that changed, by how."""
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for change in verdict.changes:
        keys[change.kind.value].append(change.key)
    return {kind: [*some[:KEYS_LOGGED], *["…"][: len(some) > KEYS_LOGGED]] for kind, some in keys.items()}


def _ids(settings: Settings) -> list[tuple[str, str | None, str | None]]:
    return [(blog.id, blog.title or None, blog.was or None) for blog in settings.blogs]
