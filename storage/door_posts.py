"""What may be asked of the store about posts."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.model import Relayed
from storage import (
    posts,
)
from storage.door import Door


class PostsDoor(Door):
    async def latest(self, *, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._db.read(posts.latest, blogs=blogs, now=now, limit=limit)

    async def of_topic(self, *, topic: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._db.read(posts.of_topic, topic=topic, blogs=blogs, now=now, limit=limit)

    async def topics(self, *, blogs: Sequence[str], now: float, since: float = 0.0) -> dict[str, int]:
        return await self._db.count(posts.topics, blogs=blogs, now=now, since=since)

    async def search(self, *, words: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._db.count(posts.search, words=words, blogs=blogs, now=now, limit=limit)

    async def post(self, number: int) -> Relayed | None:
        return await self._db.read(posts.post, number)
