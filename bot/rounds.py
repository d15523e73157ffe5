"""One round of asking a blog's pages, and what comes of it: what is new is published, what fails is told."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from bot.asking import lasts
from bot.blog_alarms import BlogAlarms
from bot.core.found import Found
from bot.fetch import FetchFailed
from bot.outlook import Outlook
from bot.polling import TRIES, Polling
from bot.sources import NotReadable
from bot.vitals import Vitals
from config.settings import Blog, Settings
from storage import Overtaken, StoreError

log = structlog.get_logger()

TELL_AFTER = 3  # failed polls in a row; a single time-out is nobody's concern


class Rounds:
    """One of a blog at a time: who calls sees to it."""

    def __init__(
        self,
        *,
        polling: Polling,
        outlook: Outlook,
        settings: Callable[[], Settings],
        alarms: BlogAlarms,
        vitals: Vitals,
    ) -> None:
        self._polling, self._outlook, self._settings = polling, outlook, settings
        self._alarms, self._vitals = alarms, vitals

    async def of(self, id_: str) -> None:
        """Nothing of it raises."""
        blog = self._settings().blog(id_)
        if blog is None:
            return
        began, outcome = time.monotonic(), "failed"
        try:
            outcome = await self._try(blog)
        except StoreError as error:
            self._outlook.not_written(id_)
            log.error("nothing was written", blog=id_, why=str(error))
        self._vitals.polled(id_, outcome, time.monotonic() - began)

    async def _try(self, blog: Blog) -> str:
        """Ask, and note how it went: "changed", "unchanged", "overtaken" or "failed". StoreError where that could not
        be written."""
        try:
            found = await self._ask(blog)
        except (FetchFailed, NotReadable) as error:
            await self._failed(blog, error)
        except Overtaken as error:
            log.info("overtaken", blog=blog.id, why=str(error))
            return "overtaken"
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
        """Again where somebody else has published of it meanwhile: what its page showed may be older than that."""
        for left in reversed(range(TRIES)):
            outset = await self._polling.set_out(blog)
            if outset is None:
                break
            try:
                return await self._polling.ask(blog, outset)
            except Overtaken:
                if not left:
                    raise
        raise Overtaken(f"{blog.id}: it is not in the file that is in force")

    async def _worked(self, blog: Blog, found: Found) -> None:
        await self._outlook.worked(blog.id, found)
        await self._alarms.answers_again(blog.id)

    async def _failed(self, blog: Blog, error: FetchFailed | NotReadable) -> None:
        retry_at = error.retry_at if isinstance(error, FetchFailed) else None
        failures = await self._outlook.failed(blog.id, str(error), retry_at)
        log.warning("poll failed", blog=blog.id, why=str(error), failures=failures)
        if lasts(error) or failures >= TELL_AFTER:
            await self._alarms.failed(blog.id, str(error), blog.url, self._polling.format_of(blog.id))
