"""What may be asked of the store about how the relay is: what was measured, and what is counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping

from storage import counts, samples
from storage.door import Door


class VitalsDoor(Door):
    async def keep_samples(self, at: float, values: Mapping[str, float]) -> None:
        """What was measured in the minute that began at `at`, by name."""
        await self._db.write_often(samples.keep, at, values)

    async def history(self, names: Collection[str], since: float) -> Mapping[str, list[tuple[float, float]]]:
        """(Instant at which a minute began, value) of each name, oldest first."""
        return await self._db.count(samples.history, names, since)

    async def thin_samples(self, before: float, forgotten: float) -> AsyncIterator[None]:
        """Put what was measured before the one instant together, and forget what was before the other, by chunks."""
        while await self._db.write(samples.forget, forgotten):
            yield
        while await self._db.write(samples.thin, before):
            yield

    async def open_chats(self, bot: str) -> int:
        return await self._db.count(counts.open_chats, bot)

    async def posts_by_blog(self) -> Mapping[str, int]:
        return await self._db.count(counts.posts_by_blog)

    async def subscriptions_by_blog(self) -> Mapping[str, int]:
        """Of open chats. Looks at every subscription, so it takes its time."""
        return await self._db.count(counts.subscriptions_by_blog)
