"""What may be asked of the store by editors."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.core.publishing import Progress, PushText, Sending
from storage import (
    audiences,
    pushes,
)
from storage.door import Door
from storage.pushes import Push
from storage.rows import to_json


class EditorsDoor(Door):
    async def draft(self, *, author: int, text: PushText, now: float) -> int:
        return await self._db.write(pushes.draft, author=author, text=text, now=now)

    async def push_shown_at(self, post: int, chat: int, message: int) -> None:
        await self._db.write(pushes.shown_at, post, chat, message)

    async def push(self, post: int) -> Push | None:
        return await self._db.read(pushes.find, post)

    async def push_under(self, chat: int, message: int) -> Push | None:
        return await self._db.read(pushes.under, chat, message)

    async def link_push(self, post: int, text: PushText) -> bool:
        return await self._db.write(pushes.link, post, text)

    async def choose_sending(self, post: int, sending: Sending) -> bool:
        return await self._db.write(pushes.choose, post, sending)

    async def send_push(
        self, post: int, *, sending: Sending, now: float, person: int | None = None, chats: int | None = None
    ) -> bool:
        return await self._db.write(pushes.send, post, sending=sending, now=now, person=person, chats=chats)

    async def ask_for_approval(self, post: int, sending: Sending) -> bool:
        return await self._db.write(pushes.ask, post, sending)

    async def take_back(self, post: int) -> bool:
        return await self._db.write(pushes.take_back, post)

    async def approve_push(self, post: int, *, person: int, now: float, chats: int | None = None) -> bool:
        return await self._db.write(pushes.approve, post, person=person, now=now, chats=chats)

    async def reject_push(self, post: int, *, person: int, now: float) -> bool:
        return await self._db.write(pushes.reject, post, person=person, now=now)

    async def send_push_now(self, post: int, *, person: int | None, now: float) -> bool:
        return await self._db.write(pushes.send_now, post, person=person, now=now)

    async def cancel_push(self, post: int, *, person: int | None = None, now: float = 0.0) -> bool:
        return await self._db.write(pushes.cancel, post, person=person, now=now)

    async def expire_drafts(self, before: float) -> int:
        return await self._db.write(pushes.expire, before)

    async def cancel_drafts_of_others(self, editors: Collection[int]) -> int:
        return await self._db.write(pushes.cancel_of_others, to_json(list(editors)))

    async def chats_by_blog(self) -> Mapping[str, int]:
        return await self._db.count(audiences.by_blog)

    async def chats_by_topic(self, blog: str) -> Mapping[str, int]:
        return await self._db.count(audiences.by_topic, blog)

    async def chats_by_language(self) -> Mapping[str, int]:
        return await self._db.count(audiences.by_language)

    async def progress(self, bot: str, post: int) -> Progress:
        return await self._db.count(pushes.progress, bot, post)

    async def pushes_under_way(self, bot: str, since: float) -> list[Push]:
        return await self._db.read(pushes.under_way, bot, since)
