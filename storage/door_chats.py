"""What may be asked of the store about chats, and what they follow and chose."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from bot.core.choices import Choices
from bot.core.publishing import Audience
from storage import (
    audiences,
    chats,
    moving_in,
    subscriptions,
    unwanted,
)
from storage.chats import Chat
from storage.door import Door
from storage.subscriptions import Subscription

CHATS_AT_ONCE = 1000  # that an export reads


class ChatsDoor(Door):
    async def meet(
        self, *, bot: str, telegram_id: int, kind: str, title: str | None, language: str | None, now: float
    ) -> Chat:
        return await self._db.write(
            chats.meet, bot=bot, telegram_id=telegram_id, kind=kind, title=title, language=language, now=now
        )

    async def chat(self, bot: str, telegram_id: int) -> Chat | None:
        return await self._db.read(chats.find, bot, telegram_id)

    async def rechoose(self, chat: int, change: Callable[[Choices], Choices]) -> Choices | None:
        """Change a part of what a chat chose: `change` is given what it has. None: the chat was forgotten."""
        return await self._db.publish(chats.rechoose, chat, change)

    async def looked(self, chat: int, at: float) -> None:
        """What happened up to then was told there."""
        await self._db.write(chats.looked, chat, at)

    async def close_chat(self, chat: int, why: str, now: float) -> None:
        await self._db.write(chats.close, chat, why, now)

    async def reopen_chat(self, chat: int, now: float | None = None) -> None:
        await self._db.publish(chats.reopen, chat, now)

    async def close_thread(self, chat: int, thread: int) -> None:
        await self._db.write(chats.close_thread, chat, thread)

    async def sleep_thread(self, chat: int, thread: int, now: float) -> None:
        await self._db.write(chats.sleep_thread, chat, thread, now)

    async def wake_thread(self, chat: int, thread: int, now: float | None = None) -> None:
        await self._db.publish(chats.wake_thread, chat, thread, now)

    async def move_chat(self, bot: str, chat: int, to: int) -> None:
        await self._db.publish(chats.move, bot, chat, to)

    async def lose_cards(self, chat: int) -> None:
        """Take the cards of a chat back, whose subscriptions end with them."""
        await self._db.publish(subscriptions.lose_cards, chat)

    async def is_losing(self, chat: int) -> bool:
        """Whether something is still to be taken away there."""
        return await self._db.read(lambda db: unwanted.is_leaving(db, chat=chat))

    async def forget(self, chat: int) -> None:
        """Everything about a chat, so that the file does not hold it any more either."""
        await self._db.erase(chats.forget_all, chat)

    async def subscribe(
        self,
        *,
        chat: int,
        thread: int,
        blog: str,
        topics: Sequence[str],
        now: float,
        words: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> Subscription | None:
        """Set what a thread follows of a blog: topics, words beside them, and words that keep a post away.

        Returns the subscription it had before.
        """
        return await self._db.publish(
            subscriptions.subscribe,
            chat=chat,
            thread=thread,
            blog=blog,
            topics=topics,
            now=now,
            words=words,
            without=without,
        )

    async def rechoose_for(
        self,
        chat: int,
        thread: int,
        blog: str,
        change: Callable[[Subscription], Subscription],
        at: float | None = None,
    ) -> Subscription | None:
        """Change a part of how a thread hears of a blog. None: it does not follow it any more."""
        return await self._db.publish(subscriptions.rechoose, chat, thread, blog, change, at)

    async def unsubscribe(self, *, chat: int, thread: int, blog: str | None) -> list[Subscription]:
        return await self._db.publish(subscriptions.unsubscribe, chat=chat, thread=thread, blog=blog)

    async def subscriptions(self, chat: int, thread: int) -> list[Subscription]:
        return await self._db.read(subscriptions.subscriptions, chat, thread)

    async def followed_since(self, chat: int, thread: int) -> list[float]:
        """When each subscription of a thread was made."""
        return await self._db.read(subscriptions.followed_since, chat, thread)

    async def every_subscription(self) -> AsyncIterator[list[Subscription]]:
        """Those of open chats, a few at a time: they may be millions."""
        after: subscriptions.Place | None = subscriptions.FROM_THE_FIRST
        while after is not None:
            rows, after = await self._db.count(subscriptions.subscriptions_after, after, CHATS_AT_ONCE)
            yield rows

    async def take_in(self, bot: str, rows: Sequence[Subscription], now: float, *, only_new: bool = False) -> int:
        """From another bot; `only_new`: what is followed already stays as it is. Returns how many were new."""
        return await self._db.publish(moving_in.take_in, bot, rows, now, only_new=only_new)

    async def lacking(self, bot: str, rows: Sequence[Subscription]) -> int:
        """How many of these `take_in` would find new."""
        return await self._db.count(moving_in.lacking, bot, rows)

    async def audience(self, audience: Audience) -> int:
        return await self._db.count(audiences.count, audience)
