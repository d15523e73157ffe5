"""What may be asked of the store about what is not as it should be."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.core.standing import Alarm, Refusal
from storage import alarms, refused
from storage.alarms import Telling
from storage.audit import Act
from storage.door import Door


class AlarmsDoor(Door):
    async def alarms(self, *, ended_since: float | None = None) -> list[Alarm]:
        """What stands, oldest first; with `ended_since` (seconds since 1970) also what has ended after it."""
        return await self._db.read(alarms.alarms, ended_since)

    async def begin_alarm(self, alarm: Alarm) -> Alarm:
        """It stands from now on; or what stands of the kind already goes on with this text. Returns what stands."""
        return await self._db.publish(alarms.begin, alarm)

    async def end_alarm(self, alarm: Alarm, ending: str | None, now: float) -> None:
        """It stands no more; who had heard of it is to hear `ending`, unless that is None."""
        await self._db.publish(alarms.end, alarm, ending, now)

    async def to_tell(self, people: Collection[int], now: float, since: float) -> list[Telling]:
        """What these people are still to hear of, and of what ended after `since`."""
        return await self._db.read(alarms.to_tell, people, now, since)

    async def heard(self, tellings: Sequence[Telling], now: float) -> None:
        """They have heard of these, each of its beginning or of its end."""
        await self._db.write(alarms.note_heard, tellings, now)

    async def forget_alarms(self, before: float) -> int:
        """Those that had ended by then. Returns how many."""
        return await self._db.write(alarms.forget, before)

    async def refused(self, bot: str) -> list[Refusal]:
        """What Telegram refused and is tried no more, by its reason."""
        return await self._db.count(refused.refused, bot)

    async def requeue_some(self, bot: str, act: Act, noted: int | None, why: str = "") -> tuple[int, int | None]:
        """One step of letting refused deliveries be tried again: how many, and under which number that is noted."""
        return await self._db.publish(refused.requeue, bot, act, noted, why)
