"""How far a push is, shown in the message its editor pressed, from the press to the last chat and across restarts."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.core.model import Rendered
from bot.core.publishing import Audience, Progress
from bot.core.texts import Texts
from bot.desk import seconds_to_send
from handlers.asked import language_of
from handlers.house import House
from handlers.replies import rewrite
from storage import Push, StoreError

log = structlog.get_logger()

LOOK_SECONDS = 0.5  # how soon a press shows
EDIT_SECONDS = 2.0  # at most so often for one push: edits count like messages
REST = 20.0  # times as long as counting took: of a million chats it takes a while
FOLLOWED_FOR = 86_400.0  # seconds after which nobody watches any more
TOLD = "pushes whose end was shown"  # a note


async def show_progress(bot: Bot, house: House) -> None:
    """Until it is cancelled."""
    shown = _Shown(bot, house)
    while True:
        try:
            await shown.look()
        except StoreError as error:
            log.warning("progress not shown", why=str(error))
        await asyncio.sleep(LOOK_SECONDS)


def words(progress: Progress, audience: int, seconds: float, per_second: float, t: Texts) -> str:
    """ "Sent to 310 of 1,234; 922 to go, about 32 seconds left.", and at the end how many were reached how fast.

    `audience`: how many chats it was for, as long as not every row exists; `seconds` since it was sent.
    """
    aside = t.ngettext("{n} could not be reached", "{n} could not be reached", progress.aside)
    if progress.expanded and not progress.waiting:
        done = t.ngettext(
            "Delivered to {n} chat in {time}", "Delivered to {n} chats in {time}", progress.sent, time=_time(seconds, t)
        )
        return f"{done}; {aside}." if progress.aside else f"{done}."
    total = progress.sent + progress.waiting + progress.aside
    total = total if progress.expanded else max(total, audience)
    to_go = total - progress.sent - progress.aside
    parts = [t.gettext("{n} to go", n=t.number(to_go))]
    parts += [aside] if progress.aside else []
    parts += [t.gettext("about {time} left", time=_time(max(1.0, seconds_to_send(to_go, per_second)), t))]
    sent = t.gettext("Sent to {n} of {total}", n=t.number(progress.sent), total=t.number(total))
    return f"{sent}; {', '.join(parts)}."


def _time(seconds: float, t: Texts) -> str:
    return t.duration(timedelta(seconds=round(seconds) if seconds >= 1 else 0))


@dataclass(slots=True)
class _Watched:
    """A push that somebody watches: its audience when we first looked, and when its message may be rewritten again."""

    audience: int
    t: Texts
    next_at: float  # when its message may be rewritten again


class _Shown:
    def __init__(self, bot: Bot, house: House) -> None:
        self._bot, self._house = bot, house
        self._watched: dict[int, _Watched] = {}
        self._told: dict[int, None] | None = None

    async def look(self) -> None:
        """One round over the pushes that were sent lately and whose end was not shown yet."""
        since = self._house.clock() - FOLLOWED_FOR
        under_way = await self._house.store.pushes_under_way(self._house.bot, since)
        told = await self._already_told(under_way)
        for push in under_way:
            if push.post.id not in told and push.preview_chat and push.preview_message:
                await self._show(push, push.preview_chat, push.preview_message)

    async def _already_told(self, under_way: list[Push]) -> dict[int, None]:
        if self._told is None:
            note = await self._house.store.note(TOLD) or ""
            self._told = {int(number): None for number in note.split()}
        recent = {push.post.id for push in under_way}
        self._told = {number: None for number in self._told if number in recent}
        return self._told

    async def _show(self, push: Push, chat: int, message: int) -> None:
        watched = self._watched.get(push.post.id) or await self._watch(push, chat)
        now = self._house.clock()
        if now < watched.next_at:
            return
        began = time.monotonic()
        progress = await self._house.store.progress(self._house.bot, push.post.id)
        rest = REST * (time.monotonic() - began)
        seconds, per_second = now - (push.sent_at or now), 1 / self._house.pace.interval
        text = words(progress, watched.audience, seconds, per_second, watched.t)
        watched.next_at = now + max(EDIT_SECONDS, rest)
        there = await self._rewrite(chat, message, text)
        if not there or (progress.expanded and not progress.waiting):
            await self._end(push)

    async def _watch(self, push: Push, chat: int) -> _Watched:
        known = await self._house.store.chat(self._house.bot, chat)
        watched = _Watched(
            audience=await self._house.store.audience(Audience()),
            t=Texts.of(language_of(known, None)),
            next_at=float("-inf"),
        )
        self._watched[push.post.id] = watched
        return watched

    async def _rewrite(self, chat: int, message: int, text: str) -> bool:
        """False where the message is not there any more: nobody watches."""
        try:
            await rewrite(self._bot, chat, message, Rendered(text=text))
        except (BadRequest, Forbidden) as error:
            log.info("progress is watched no more", chat=chat, why=error.message)
            return False
        except TelegramError as error:
            log.warning("progress not shown", chat=chat, why=str(error))
        return True

    async def _end(self, push: Push) -> None:
        assert self._told is not None, "asked before anything is shown"
        self._told[push.post.id] = None
        self._watched.pop(push.post.id, None)
        await self._house.store.keep_note(TOLD, " ".join(map(str, self._told)))
