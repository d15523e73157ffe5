"""From one bot's pages to another's: a link each, which needs no script and no memory of who looks at what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bot.web.dashboard.watching import Watching
from config.values import MAIN_BOT
from storage import StoreError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A bot in the switch. `home` leads from the top to its first page; `alarms` that stand, None: not known."""

    name: str
    home: str
    alarms: int | None


class Switch:
    """`watching`: of each bot, by its name. Where there is one there is nothing to switch."""

    def __init__(self, watching: Mapping[str, Watching]) -> None:
        self._watching = watching

    def watching(self, bot: str) -> Watching:
        return self._watching[bot]

    @staticmethod
    def home(bot: str) -> str:
        """Of a bot's pages, from the top: those of "main" stand where they stand without others."""
        return "" if bot == MAIN_BOT else f"bots/{bot}/"

    async def shown(self) -> tuple[Shown, ...]:
        if len(self._watching) == 1:
            return ()
        return tuple([Shown(name=bot, home=self.home(bot), alarms=await self._alarms(bot)) for bot in self._watching])

    async def _alarms(self, bot: str) -> int | None:
        """One whose database is ill hides nobody else."""
        try:
            return len((await self._watching[bot].look()).alarms)
        except StoreError as error:
            log.error("dashboard could not look", bot=bot, why=str(error))
            return None
