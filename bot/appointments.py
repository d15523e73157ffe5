"""When each blog is polled next: one appointment for each, and the polls that are under way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import datetime
from typing import Any

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

log = structlog.get_logger()

WITHOUT_END = 2**31  # polls of a blog as APScheduler counts them: that there is one at a time is seen to by who polls


class Appointments:
    """`poll` is called with the blog when its time has come."""

    def __init__(self, poll: Callable[[str], Coroutine[Any, Any, None]]) -> None:
        self._poll = poll
        # A late poll is better than none: without a grace time APScheduler would skip it in silence; and where a poll
        # is due when the one before is just about to end, it would forget the blog for good, had it room for only one.
        self._scheduler = AsyncIOScheduler(
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": WITHOUT_END}
        )
        self._under_way: dict[asyncio.Task[None], str] = {}

    @property
    def are_kept(self) -> bool:
        """Whether polls come: from `start` until `stop`."""
        return bool(self._scheduler.running)

    def start(self) -> None:
        self._scheduler.start()

    async def stop(self) -> None:
        """No new polls; one under way is ended before its transaction or after it, never inside."""
        if self.are_kept:
            self._scheduler.shutdown(wait=False)
        await self._end(self._under_way)

    def make(self, blog: str, at: datetime) -> None:
        """In the place of the one it has."""
        self._scheduler.add_job(self._keep, DateTrigger(at), args=[blog], id=blog, replace_existing=True)

    def has(self, blog: str) -> bool:
        return self._scheduler.get_job(blog) is not None

    def cancel(self, blog: str) -> None:
        with contextlib.suppress(JobLookupError):  # it is being polled just now
            self._scheduler.remove_job(blog)

    def times(self) -> Mapping[str, datetime]:
        return {job.id: job.trigger.run_date for job in self._scheduler.get_jobs()}

    async def let_end(self, blogs: Collection[str], seconds: float) -> None:
        """Until no poll of these is under way; after so long they are ended, as in `stop`."""
        polls = [poll for poll, blog in self._under_way.items() if blog in blogs]
        if polls:
            await asyncio.wait(polls, timeout=seconds)
            await self._end(polls)

    async def _end(self, polls: Collection[asyncio.Task[None]]) -> None:
        polls = list(polls)
        for poll in polls:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)

    async def _keep(self, blog: str) -> None:
        poll = asyncio.current_task()
        assert poll is not None
        self._under_way[poll] = blog
        try:
            await self._poll(blog)
        except asyncio.CancelledError:
            log.debug("poll ended", blog=blog)  # we are being stopped, or it is another's now
        finally:
            del self._under_way[poll]
