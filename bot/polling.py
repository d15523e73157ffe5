"""One poll of a blog: its pages are asked for, read and compared, and what is new is published.

What fails on the way is raised for the loop that polls; what a page shows that is not to be believed is told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from bot.asking import Asker, Question, lasts
from bot.blog_alarms import BlogAlarms
from bot.core import alarms
from bot.core.diff import says_anything
from bot.core.facts import Came
from bot.core.found import Found, together
from bot.core.model import Page, Snapshot, Verdict
from bot.core.pages import pages_to_poll
from bot.core.publishing import Validators
from bot.core.timing import BACK_OFF_CAP
from bot.desk import Desk
from bot.fetch import Fetcher, FetchFailed, validators_of
from bot.judging import Judging
from bot.outlook import Outlook
from bot.sources import NotReadable
from bot.sources.asking import Gathered
from bot.turns import Turns
from bot.vitals import Vitals
from config.settings import Blog, Settings
from storage import Outset, Store

log = structlog.get_logger()

TRIES = 3  # at a reading that somebody else overtakes
KEYS_LOGGED = 20  # of the posts that one poll changed in the same way


class Polling:
    """What the polls of all blogs share. One poll of a blog at a time: who calls sees to it."""

    def __init__(
        self,
        *,
        store: Store,
        desk: Desk,
        fetcher: Fetcher,
        judging: Judging,
        outlook: Outlook,
        settings: Callable[[], Settings],
        alarms: BlogAlarms,
        vitals: Vitals,
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._desk, self._asker, self._judging = store, desk, Asker(fetcher), judging
        self._outlook = outlook
        self._settings, self._alarms, self._vitals, self._now = settings, alarms, vitals, now
        self._formats: dict[str, str | None] = {}  # blog -> the reader that has read it so far
        self._turns = Turns()

    async def set_out(self, blog: Blog) -> Outset | None:
        """A reading of the blog begins: what others publish from now on overtakes it. None: it is not in the file."""
        if (outset := await self._store.outset(blog.id)) is None:
            return None
        self._turns.set_out(blog.id, outset.turn)
        self._outlook.learn(outset.blog)
        if not blog.websub:
            await self._outlook.rely_on_hub(blog.id, None)
        return outset

    def only_ours(self, id_: str, since: int | None) -> bool:
        """Whether between that turn and the last setting out nobody else has published of the blog."""
        return since is not None and self._turns.only_ours(id_, since)

    def format_of(self, id_: str) -> str | None:
        """The reader that has read the blog so far."""
        return self._formats.get(id_)

    async def ask(self, blog: Blog, outset: Outset) -> Found:
        """Ask every page of the blog once, and publish what is new. FetchFailed, NotReadable, StoreError.

        An older page may fail as long as another one answers. Overtaken where somebody else has published of the blog
        since it was set out: what a page showed before may be older than what is written now, so it is to be asked
        again.
        """
        urls = pages_to_poll(blog.url, blog.timezone, outset.pages, self._now())
        answers: dict[str, Found] = {}
        failure: FetchFailed | NotReadable | None = None
        for url in urls:
            try:
                answers[url] = await self._poll_page(blog, url, outset)
            except (FetchFailed, NotReadable) as error:
                failure = error
        if outset.catching_up:
            await self._caught_up(blog.id, urls, answers)
        if failure is None:
            await self._alarms.looked_at(blog.id, urls)
        elif not answers:
            raise failure
        asked_to_wait = failure.retry_at if isinstance(failure, FetchFailed) else None
        return together(list(answers.values()), pages=len(urls), retry_at=asked_to_wait)

    async def _caught_up(self, id_: str, asked: Collection[str], answers: Mapping[str, Found]) -> None:
        """After a restore, what each page shows first was told before; from its second reading on there is news."""
        read = [url for url, found in answers.items() if not found.refused]
        if await self._store.caught_up(id_, asked, read):
            log.info("caught up", blog=id_)

    async def _poll_page(self, blog: Blog, url: str, outset: Outset) -> Found:
        """Ask what is to be asked about a page; mostly its address. What was read counts, whatever fails after it.

        Where the changes cannot be had (a 404, say) the listing is asked for in their place.
        """
        page, validators = outset.page(url)
        self._formats[blog.id] = page.format if page else self._formats.get(blog.id)
        found, failure = Found(), None
        doubted = bool(page and (page.missing or page.doubted or self._alarms.stands(blog.id, url)))
        doubted = doubted or outset.catching_up  # the whole listing is asked for
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

    async def _publish(
        self, blog: Blog, url: str, snapshot: Snapshot | None, verdict: Verdict, page: Page | None, lists: bool = True
    ) -> int:
        told = await self.relay(blog, url, snapshot, verdict, page)
        if lists or verdict.alarm:
            await self._alarms.about(blog.id, url, verdict.alarm, self._formats.get(blog.id))
        return told

    async def relay(
        self,
        blog: Blog,
        url: str,
        snapshot: Snapshot | None,
        verdict: Verdict,
        page: Page | None,
        came: Came = Came.POLL,
    ) -> int:
        """Publish what is new by this verdict, and say how many posts chats are told of. `page`: whose validators hold
        from now on."""
        if self._settings().blog(blog.id) is None:
            return 0  # it has left the file, or got another name, since it was asked
        validators = validators_of(page) if page is not None and verdict.accepted else None
        told = await self._desk.relay(blog, url, snapshot, verdict, validators, came, turn=self._turns.of(blog.id))
        self._turns.took(blog.id)
        for kind, count in Counter(change.kind for change in verdict.changes).items():
            self._vitals.measures.changed(blog.id, kind.value, count)
        if verdict.changes:
            log.info("published", blog=blog.id, told=told, **_keys(verdict))
        if verdict.baseline:
            log.info("baseline", blog=blog.id, posts=len(verdict.stored))
        return told


def _keys(verdict: Verdict) -> dict[str, list[str]]:
    """The posts that changed, by how."""
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for change in verdict.changes:
        keys[change.kind.value].append(change.key)
    return {kind: [*some[:KEYS_LOGGED], *["…"][: len(some) > KEYS_LOGGED]] for kind, some in keys.items()}
