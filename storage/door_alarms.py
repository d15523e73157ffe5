"""What may be asked of the store about what is not as it should be."""

from __future__ import annotations

from bot.core.standing import Alarm, Refusal
from storage import alarms, refused
from storage.audit import Act
from storage.door import Door


class AlarmsDoor(Door):
    async def alarms(self, *, ended_since: float | None = None) -> list[Alarm]:
        """What stands, oldest first; with `ended_since` (seconds since 1970) also what has ended after it."""
        return await self._db.read(alarms.alarms, ended_since)

    async def refused(self, bot: str) -> list[Refusal]:
        """What Telegram refused and is tried no more, by its reason."""
        return await self._db.count(refused.refused, bot)

    async def requeue_some(self, bot: str, act: Act, noted: int | None, why: str = "") -> tuple[int, int | None]:
        """One step of letting refused deliveries be tried again: how many, and under which number that is noted."""
        return await self._db.write(refused.requeue, bot, act, noted, why)
