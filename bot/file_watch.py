"""The file is applied whenever it was saved, and when somebody asks for it aside from a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from bot.alarming import Alarms
from bot.applied import Applied
from bot.core.standing import Kind
from config.settings import BadSettings
from storage import StoreError

log = structlog.get_logger()

AGAIN_SECONDS = 2.0  # after a store that failed
LONGEST_MISTAKES = 3000  # characters of what is wrong with a file, in one message
FILE_APPLIED = "it is applied now"


class FileWatch:
    """`changes` yields when the file was saved. Of a file that cannot be applied the admins are told, once, and the
    one before stays in force."""

    def __init__(self, applied: Applied, changes: AsyncIterator[None], alarms: Alarms) -> None:
        self._applied, self._changes, self._alarms = applied, changes, alarms

    async def run(self) -> None:
        """Until it is cancelled."""
        async for _ in self._changes:
            await self._follow(self._applied.saved)

    async def reload(self) -> None:
        """Read it now."""
        await self._follow(self._applied.reload)

    async def _follow(self, apply: Callable[[], Awaitable[object]]) -> None:
        while True:
            if await self._is_dealt_with(apply):
                return
            await asyncio.sleep(AGAIN_SECONDS)

    async def _is_dealt_with(self, apply: Callable[[], Awaitable[object]]) -> bool:
        """False where the store failed: the file is to be read again, whatever it then says."""
        try:
            await apply()
        except BadSettings as error:
            log.error("file refused", mistakes=str(error).splitlines())
            mistakes = "; ".join(str(error).splitlines())[:LONGEST_MISTAKES]
            said = f"{mistakes}; the one before stays in force, readers notice nothing"
            await self._alarms.raised(Kind.FILE, "", said, subject="The new file is refused")
        except StoreError as error:
            log.error("file not applied yet", why=str(error))
            said = f"{error}; the one before stays in force until the database takes it, which is tried again"
            await self._alarms.raised(Kind.FILE, "", said, subject="The new file is not applied yet")
            return False
        else:
            await self._alarms.ended(Kind.FILE, ending=FILE_APPLIED)
        return True
