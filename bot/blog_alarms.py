"""What stands in the way of a blog: what its pages show, by page, and that it cannot be polled."""

from __future__ import annotations

from collections.abc import Collection

from bot.alarming import Alarms
from bot.core import alarms
from bot.core.standing import Kind


class BlogAlarms:
    """`reader` is everywhere the one that has read the blog so far."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def stands(self, blog: str, url: str) -> bool:
        """Whether something is wrong with the page, as far as is known."""
        return self._alarms.find(Kind.PAGE, blog, url) is not None

    async def about(self, blog: str, url: str, alarm: str | None, reader: str | None) -> None:
        """What the page now says of itself. A blog on two pages may have an alarm on each."""
        if alarm is None:
            await self._as_it_should_be(blog, url)
        else:
            await self._alarms.raised(Kind.PAGE, blog, alarm, part=url, subject=alarms.subject(blog, reader))

    async def looked_at(self, blog: str, urls: Collection[str]) -> None:
        """All pages of the blog were looked at, and these are all: what was wrong with others is of no concern now."""
        for known in self._alarms.standing(Kind.PAGE, blog):
            if known.part not in urls:
                await self._as_it_should_be(blog, known.part)

    async def _as_it_should_be(self, blog: str, url: str) -> None:
        if (known := self._alarms.find(Kind.PAGE, blog, url)) is not None:
            await self._alarms.ended(Kind.PAGE, blog, f"as it should be again (it was: {known.text})", part=url)

    async def failed(self, blog: str, why: str, url: str, reader: str | None) -> None:
        """Polls fail, and that is to be told."""
        subject = alarms.subject(blog, reader)
        await self._alarms.raised(Kind.FAILING, blog, alarms.failed(why, url), subject=subject)

    async def answers_again(self, blog: str) -> None:
        """A poll went well."""
        await self._alarms.ended(Kind.FAILING, blog, "answers again")
