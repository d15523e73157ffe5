"""What stands in the way of a blog, told to the admins once, and its end once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Coroutine

import structlog

from bot.core import alarms
from storage import Store

log = structlog.get_logger()


class Alarms:
    """Those about what a page shows, by page, and the one about a blog that cannot be polled.

    `reader` is everywhere the one that has read the blog so far.
    """

    def __init__(self, store: Store, report: Callable[[str], Coroutine[None, None, None]]) -> None:
        self._store, self._report = store, report
        # blog -> page -> the alarm that the admins were told of
        self._raised: defaultdict[str, dict[str, str]] = defaultdict(dict)

    async def remember(self) -> None:
        """What admins were told of before we were started."""
        for blog in await self._store.blogs():
            if blog.alarm is not None and (pages := await self._store.pages(blog.id)):
                self._raised[blog.id][pages[-1].url] = blog.alarm

    def stands(self, blog: str, url: str) -> bool:
        return bool(self._raised[blog].get(url))

    async def about(self, blog: str, url: str, alarm: str | None, reader: str | None) -> None:
        """What the page now says of itself: each alarm once, with its end; a blog on two pages may have one on each."""
        raised = self._raised[blog]
        before, raised[url] = raised.get(url), alarm or ""
        if alarm == (before or None):
            return
        standing = [text for text in raised.values() if text]
        await self._store.alarm(blog, "; ".join(standing) or None)
        if alarm:
            log.warning("alarm", blog=blog, page=url, alarm=alarm)
            await self._report(alarms.line(blog, reader, alarm))
        else:
            await self._report(f"{blog}: as it should be again (it was: {before})")

    async def failed(self, blog: str, why: str, url: str, reader: str | None) -> None:
        """Polls fail, and that is to be told."""
        if await self._store.note(_failing(blog)) is None:
            await self._store.keep_note(_failing(blog), why)
            await self._report(alarms.line(blog, reader, alarms.failed(why, url)))

    async def answers_again(self, blog: str) -> None:
        """A poll went well."""
        if await self._store.note(_failing(blog)) is not None:
            await self._store.keep_note(_failing(blog), None)
            log.info("recovered", blog=blog)
            await self._report(f"{blog}: answers again")


def _failing(blog: str) -> str:
    return f"failing {blog}"
