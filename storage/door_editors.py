"""What may be asked of the store by editors."""

from __future__ import annotations

from bot.core.publishing import Audience, Progress, PushText
from storage import (
    pushes,
)
from storage.door import Door
from storage.pushes import Push


class EditorsDoor(Door):
    async def draft(self, *, author: int, text: PushText, now: float) -> int:
        return await self._db.write(pushes.draft, author=author, text=text, now=now)

    async def push_shown_at(self, post: int, chat: int, message: int) -> None:
        await self._db.write(pushes.shown_at, post, chat, message)

    async def push(self, post: int) -> Push | None:
        return await self._db.read(pushes.find, post)

    async def send_push(self, post: int, *, audience: Audience, silent: bool, now: float) -> bool:
        return await self._db.write(pushes.send, post, audience=audience, silent=silent, now=now)

    async def cancel_push(self, post: int) -> bool:
        return await self._db.write(pushes.cancel, post)

    async def progress(self, bot: str, post: int) -> Progress:
        return await self._db.count(pushes.progress, bot, post)

    async def pushes_under_way(self, bot: str, since: float) -> list[Push]:
        return await self._db.read(pushes.under_way, bot, since)
