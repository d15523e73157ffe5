"""What may be asked of the store by editors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from bot.core.corrections import Correction
from bot.core.model import Relayed
from bot.core.publishing import Progress, PushText, Sending
from storage import (
    afterwards,
    audiences,
    audit,
    editorials,
    errands,
    held,
    pushes,
    standing,
    takedowns,
)
from storage.afterwards import Sent
from storage.audit import Act
from storage.door import Door
from storage.editorials import Editorial
from storage.errands import Errand
from storage.held import Fate, Held, Offer
from storage.pushes import Push
from storage.rows import to_json
from storage.takedowns import Restored

ACTS_AT_ONCE = 500  # that an export reads


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
        return await self._db.publish(pushes.send, post, sending=sending, now=now, person=person, chats=chats)

    async def ask_for_approval(self, post: int, sending: Sending) -> bool:
        return await self._db.write(pushes.ask, post, sending)

    async def take_back(self, post: int) -> bool:
        return await self._db.write(pushes.take_back, post)

    async def approve_push(self, post: int, *, person: int, now: float, chats: int | None = None) -> bool:
        return await self._db.publish(pushes.approve, post, person=person, now=now, chats=chats)

    async def reject_push(self, post: int, *, person: int, now: float) -> bool:
        return await self._db.write(pushes.reject, post, person=person, now=now)

    async def send_push_now(self, post: int, *, person: int | None, now: float) -> bool:
        return await self._db.publish(pushes.send_now, post, person=person, now=now)

    async def cancel_push(self, post: int, *, person: int | None = None, now: float = 0.0, words: str = "") -> bool:
        return await self._db.write(pushes.cancel, post, person=person, now=now, words=words)

    async def expire_drafts(self, before: float) -> int:
        return await self._db.write(pushes.expire, before)

    async def chats_by_blog(self) -> Mapping[str, int]:
        return await self._db.count(audiences.by_blog)

    async def chats_by_topic(self, blog: str) -> Mapping[str, int]:
        return await self._db.count(audiences.by_topic, blog)

    async def chats_by_language(self) -> Mapping[str, int]:
        return await self._db.count(audiences.by_language)

    # --- afterwards

    async def sent_push(self, post: int) -> Sent | None:
        return await self._db.read(afterwards.find, post)

    async def recent_pushes(self, limit: int, skip: int = 0) -> list[Sent]:
        return await self._db.read(afterwards.recent, limit, skip)

    async def pause_push(self, act: Act) -> bool:
        return await self._db.write(afterwards.pause, act)

    async def resume_push(self, act: Act) -> bool:
        return await self._db.publish(afterwards.resume, act)

    async def drop_the_rest(self, act: Act) -> bool:
        return await self._db.publish(afterwards.drop_the_rest, act)

    async def push_said_at(self, post: int, chat: int, message: int, preview: int) -> None:
        await self._db.write(afterwards.said_at, post, chat, message, preview)

    async def push_of_message(self, chat: int, message: int) -> int | None:
        return await self._db.read(afterwards.by_message, chat, message)

    async def drop_drafts_but_of(self, editors: Collection[int]) -> int:
        return await self._db.write(pushes.drop_drafts_but_of, to_json(list(editors)))

    async def progress(self, bot: str, post: int) -> Progress:
        return await self._db.count(afterwards.progress, bot, post)

    async def reached(self, bot: str, post: int) -> int:
        return await self._db.count(afterwards.reached, bot, post)

    async def is_on_the_wire(self, bot: str, post: int) -> bool:
        return await self._db.read(afterwards.is_on_the_wire, bot, post)

    async def watched_pushes(self, since: float) -> list[Sent]:
        return await self._db.read(afterwards.watched, since)

    async def push_acted_at(self, post: int) -> float | None:
        return await self._db.read(afterwards.acted_at, post)

    async def push_end_shown(self, post: int, acted_at: float | None) -> None:
        await self._db.write(afterwards.end_shown, post, acted_at)

    # --- posts taken down, corrected, restored

    async def withdraw(self, act: Act) -> bool:
        return await self._db.publish(takedowns.withdraw, act)

    async def correct(self, act: Act, correction: Correction, *, reply_in: str | None = None) -> bool:
        return await self._db.publish(takedowns.correct, act, correction, reply_in)

    async def restore(self, act: Act) -> Restored:
        return await self._db.publish(takedowns.restore, act)

    async def posts_of_message(self, bot: str, chat: int, message: int) -> list[Relayed]:
        return await self._db.read(standing.of_message, bot, chat, message)

    async def posts_of_link(self, url: str) -> list[Relayed]:
        return await self._db.read(standing.of_link, url)

    async def keep_errand(self, errand: Errand, now: float) -> int:
        return await self._db.write(errands.keep, errand, now)

    async def errand(self, number: int) -> Errand | None:
        return await self._db.read(errands.find, number)

    # --- posts held back

    async def held_posts(self, now: float) -> list[Held]:
        return await self._db.read(held.waiting, now)

    async def send_held_now(self, act: Act) -> bool:
        return await self._db.publish(held.send_now, act)

    async def drop_held(self, act: Act) -> bool:
        return await self._db.write(held.drop, act)

    async def fate(self, post: int) -> Fate:
        return await self._db.read(held.fate, post)

    async def offers(self) -> list[Offer]:
        return await self._db.read(held.offers)

    async def offered(self, made: Sequence[Offer]) -> None:
        await self._db.write(held.offered, made)

    async def forget_offers(self, past: Sequence[Offer]) -> None:
        await self._db.write(held.forget, past)

    # --- posts that editors add to a blog

    async def draft_editorial(
        self, *, author: int, blog: str, said: Correction, topics: Sequence[str], now: float, photo: str | None
    ) -> int:
        return await self._db.write(
            editorials.draft, author=author, blog=blog, said=said, topics=topics, now=now, photo=photo
        )

    async def editorial(self, post: int) -> Editorial | None:
        return await self._db.read(editorials.find, post)

    async def send_editorial(self, act: Act) -> bool:
        return await self._db.publish(editorials.send, act)

    # --- what was done

    async def did(self, act: Act) -> None:
        """Note what was done elsewhere than in the store."""
        await self._db.write(audit.note, act)

    async def acts_on(self, post: int) -> Sequence[Act]:
        return await self._db.read(audit.of_post, post)

    async def every_act(self) -> AsyncIterator[list[Act]]:
        """All that anybody did, oldest first, some at a time."""
        at: int | None = 0
        while at is not None:
            acts, at = await self._db.count(audit.after, at, ACTS_AT_ONCE)
            yield acts
