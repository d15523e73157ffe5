"""The file is applied whenever it was saved, and when somebody asks for it aside from a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

from bot.alarming import Alarms
from bot.applied import Applied, Older
from bot.core.standing import Kind
from config.settings import BadSettings
from storage import StoreError

log = structlog.get_logger()

AGAIN_SECONDS = 2.0  # after a store that failed
LONGEST_MISTAKES = 3000  # characters of what is wrong with a file, in one message
FILE_APPLIED = "it is applied now"


class FileWatch:
    """`changes` yields when the file was saved. Of a file that cannot be applied the admins are told, once, and the
    one before stays in force. `node`: whose disk it stands on, where there are several."""

    def __init__(self, applied: Applied, changes: AsyncIterator[None], alarms: Alarms, node: str = "") -> None:
        self._applied, self._changes, self._alarms, self._node = applied, changes, alarms, node

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
        except Older as error:
            log.info("file left aside", why=str(error))
        except BadSettings as error:
            log.error("file refused", mistakes=str(error).splitlines())
            mistakes = "; ".join(str(error).splitlines())[:LONGEST_MISTAKES]
            await self._raised("refused", f"{mistakes}; the one before stays in force, readers notice nothing")
        except StoreError as error:
            log.error("file not applied yet", why=str(error))
            said = f"{error}; the one before stays in force until the database takes it, which is tried again"
            await self._raised("not applied yet", said)
            return False
        else:
            await self.is_good()
        return True

    async def _raised(self, how: str, said: str) -> None:
        where = f" on {self._node}" if self._node else ""
        await self._alarms.raised(Kind.FILE, "", said, subject=f"The new file{where} is {how}", part=self._node)

    async def is_good(self) -> None:
        """What stands in the file now is as it should be."""
        await self._alarms.ended(Kind.FILE, ending=FILE_APPLIED, part=self._node)
