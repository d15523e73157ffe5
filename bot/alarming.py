"""What stands in the way of a blog, told to the admins once, and its end once.

A page that is broken at every other poll would have both told all day. So what came back soon after it was told is
told again only if it stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine
from datetime import datetime, timedelta

import structlog

from bot.core import alarms
from storage import Store

log = structlog.get_logger()

AGAIN_AFTER = timedelta(minutes=30)  # the same of a blog is told no sooner than so long after it was told
BEFORE = ""  # stands for whichever page it was, of alarms that were told before we were started


class Alarms:
    """Those about what a page shows, by page, and the one about a blog that cannot be polled.

    `reader` is everywhere the one that has read the blog so far.
    """

    def __init__(
        self, store: Store, report: Callable[[str], Coroutine[None, None, None]], now: Callable[[], datetime]
    ) -> None:
        self._store, self._report, self._now = store, report, now
        self._raised: defaultdict[str, dict[str, str]] = defaultdict(dict)  # blog -> page -> alarm
        self._told: dict[tuple[str, str], datetime] = {}  # blog and what was told of it -> when
        self._hushed: set[tuple[str, str]] = set()  # what stands, and was told too lately to be told again

    async def remember(self) -> None:
        """What admins were told of before: when we are started, and when blogs come into the file or are renamed."""
        known, self._raised = self._raised, defaultdict(dict)
        for blog in await self._store.blogs():
            before = {BEFORE: blog.alarm} if blog.alarm else {}
            self._raised[blog.id] = known.get(blog.id, before)

    def stands(self, blog: str, url: str) -> bool:
        """Whether something is wrong with the page, as far as is known."""
        raised = self._raised[blog]
        return bool(raised.get(url, raised.get(BEFORE)))

    async def about(self, blog: str, url: str, alarm: str | None, reader: str | None) -> None:
        """What the page now says of itself. A blog on two pages may have an alarm on each."""
        raised = self._raised[blog]
        before, raised[url] = raised.get(url), alarm or ""
        if alarm != (before or None):
            told = _take(raised, alarm)
            await self._keep(blog)
            if before:
                await self._end(blog, before, None if alarm else f"as it should be again (it was: {before})")
            if alarm and not told:
                log.warning("alarm", blog=blog, page=url, alarm=alarm)
                await self._begin(blog, alarm, alarms.line(blog, reader, alarm))
        elif alarm and (blog, alarm) in self._hushed:
            await self._begin(blog, alarm, alarms.line(blog, reader, alarm))

    async def looked_at(self, blog: str, urls: Collection[str]) -> None:
        """All pages of the blog were looked at, and these are all: what was wrong with others is of no concern now."""
        raised = self._raised[blog]
        left = [raised.pop(url) for url in [*raised] if url not in urls]
        if any(left):
            await self._keep(blog)
        for alarm in filter(None, left):
            await self._end(blog, alarm, f"as it should be again (it was: {alarm})")

    async def _keep(self, blog: str) -> None:
        await self._store.alarm(blog, alarms.joined(*self._raised[blog].values()))

    async def failed(self, blog: str, why: str, url: str, reader: str | None) -> None:
        """Polls fail, and that is to be told."""
        before = await self._store.note(_failing(blog))
        if before is None:
            await self._store.keep_note(_failing(blog), why)
        if before is None or (blog, before) in self._hushed:
            await self._begin(blog, before or why, alarms.line(blog, reader, alarms.failed(why, url)))

    async def answers_again(self, blog: str) -> None:
        """A poll went well."""
        if (why := await self._store.note(_failing(blog))) is not None:
            await self._store.keep_note(_failing(blog), None)
            log.info("recovered", blog=blog)
            await self._end(blog, why, "answers again")

    async def _begin(self, blog: str, what: str, said: str) -> None:
        now, one = self._now(), (blog, what)
        self._told = {known: at for known, at in self._told.items() if abs(now - at) < AGAIN_AFTER}
        if one in self._told:
            self._hushed.add(one)
        else:
            self._told[one] = now
            self._hushed.discard(one)
            await self._report(said)

    async def _end(self, blog: str, what: str, said: str | None) -> None:
        if (blog, what) in self._hushed:
            self._hushed.discard((blog, what))
        elif said is not None:
            await self._report(f"{blog}: {said}")


def _take(raised: dict[str, str], alarm: str | None) -> bool:
    """Whether an alarm was told before we were started; then it is known from now on whose it is."""
    told = raised.get(BEFORE, "")
    if not alarm or alarm not in told:
        return False
    raised[BEFORE] = told.replace(alarm, "").strip("; ")
    return True


def _failing(blog: str) -> str:
    return f"failing {blog}"
