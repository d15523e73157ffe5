"""What may be asked of the store about the topics that the bot opens in forums."""

from __future__ import annotations

from collections.abc import Collection

from storage import forums
from storage.door import Door
from storage.forums import ForumTopic


class ForumsDoor(Door):
    async def wish_for_topics(self, *, chat: int, blogs: Collection[str], asked_in: int, now: float) -> list[str]:
        """Ask for a forum topic for each of these blogs. Returns those that had none."""
        return await self._db.write(forums.wish, chat=chat, blogs=blogs, asked_in=asked_in, now=now)

    async def topics_wished(self, bot: str, now: float) -> list[ForumTopic]:
        return await self._db.read(forums.wished, bot, now)

    async def topics_to_close(self, bot: str, now: float) -> list[ForumTopic]:
        return await self._db.read(forums.to_close, bot, now)

    async def topics_to_reopen(self, bot: str, now: float) -> list[ForumTopic]:
        return await self._db.read(forums.to_reopen, bot, now)

    async def topic_tried(self, topic: ForumTopic) -> None:
        """To be called before it is opened: should we be killed, that is known."""
        await self._db.write(forums.tried, topic)

    async def topic_opened(self, topic: ForumTopic, thread: int, now: float) -> bool:
        return await self._db.publish(forums.opened, topic, thread, now)

    async def topic_later(self, topic: ForumTopic, until: float, *, in_doubt: bool) -> None:
        await self._db.write(forums.later, topic, until, in_doubt=in_doubt)

    async def topic_turned(self, topic: ForumTopic) -> None:
        """It was closed for the end of its blog, or opened again."""
        await self._db.write(forums.turned, topic)

    async def forget_topic(self, topic: ForumTopic) -> None:
        await self._db.write(forums.forget, topic)
