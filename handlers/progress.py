"""How far a push is, shown in the message its editor pressed, from the press to the last chat and across restarts.

What an editor does about it afterwards (a pause, a correction, a recall) is shown there as well, to its own end.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.core.model import Button, Rendered
from bot.core.publishing import Audience, Progress
from bot.core.texts import Texts
from bot.desk import seconds_to_send
from handlers.asked import language_of
from handlers.house import House
from handlers.replies import rewrite
from storage import Sent, StoreError

log = structlog.get_logger()

LOOK_SECONDS = 0.5  # how soon a press shows
EDIT_SECONDS = 2.0  # at most so often for one push: edits count like messages
REST = 20.0  # times as long as counting took: of a million chats it takes a while
FOLLOWED_FOR = 86_400.0  # seconds after which nobody watches any more


async def show_progress(bot: Bot, house: House) -> None:
    """Until it is cancelled."""
    shown = _Shown(bot, house)
    while True:
        try:
            await shown.look()
        except StoreError as error:
            log.warning("progress not shown", why=str(error))
        await asyncio.sleep(LOOK_SECONDS)


# --- in words ------------------------------------------------------------------------------------------------------


def words(push: Sent, progress: Progress, audience: int, seconds: float, per_second: float, t: Texts) -> str:
    """ "Sent to 310 of 1,234; 922 to go, about 32 seconds left.", and at the end how many were reached how fast.

    `audience`: how many chats it was for, as long as not every row exists; `seconds`: how long it took.
    """
    if push.recalled:
        said = [_recalled(progress, t)]
    elif push.state == "stopped":
        said = [t.ngettext("Stopped: {n} chat has it, no other gets it.",
                           "Stopped: {n} chats have it, no other gets it.", progress.sent)]  # fmt: skip
    else:
        said = [_under_way(push, progress, audience, seconds, per_second, t)]
    return " ".join([*said, *_besides(push, progress, t)])


def is_over(progress: Progress) -> bool:
    """Whether nothing more happens by itself."""
    return progress.expanded and not (progress.waiting or progress.changing)


def _under_way(push: Sent, progress: Progress, audience: int, seconds: float, per_second: float, t: Texts) -> str:
    if progress.expanded and not progress.waiting:
        time_taken = _time(seconds, t)
        return t.ngettext(
            "Delivered to {n} chat in {time}.", "Delivered to {n} chats in {time}.", progress.sent, time=time_taken
        )
    away = progress.closed + progress.refused
    total = progress.sent + progress.waiting + away
    total = total if progress.expanded else max(total, audience)
    to_go = total - progress.sent - away
    counts = {"sent": t.number(progress.sent), "total": t.number(total), "left": t.number(to_go)}
    if push.paused_at is not None:
        return t.gettext("Paused: sent to {sent} of {total}; {left} to go.", **counts)
    soon = to_go - progress.asleep
    if not soon:
        return t.gettext("Sent to {sent} of {total}; {left} to go.", **counts)
    time_left = _time(max(1.0, seconds_to_send(soon, per_second)), t)
    return t.gettext("Sent to {sent} of {total}; {left} to go, about {time} left.", **counts, time=time_left)


def _recalled(progress: Progress, t: Texts) -> str:
    if progress.changing or not progress.expanded:
        return t.ngettext(
            "Recalled: it still stands in {n} chat, and goes from there.",
            "Recalled: it still stands in {n} chats, and goes from there.",
            progress.changing,
        )
    return t.gettext("Recalled: it is gone from every chat that could be reached.")


def _besides(push: Sent, progress: Progress, t: Texts) -> list[str]:
    """What else is to be said, a sentence each."""
    said: list[str] = []
    if progress.asleep and not push.recalled:
        said.append(t.ngettext("{n} waits for the end of quiet hours.",
                               "{n} wait for the end of quiet hours.", progress.asleep))  # fmt: skip
    if progress.closed:
        said.append(t.ngettext("{n} could not be reached.", "{n} could not be reached.", progress.closed))
    if progress.refused:
        said.append(t.ngettext("Telegram refused it in {n} chat.",
                               "Telegram refused it in {n} chats.", progress.refused))  # fmt: skip
    if progress.changing and not push.recalled:
        said.append(t.ngettext("{n} chat still gets the correction.",
                               "{n} chats still get the correction.", progress.changing))  # fmt: skip
    if progress.stuck:
        said.append(t.ngettext("In {n} chat Telegram would not change it.",
                               "In {n} chats Telegram would not change it.", progress.stuck))  # fmt: skip
    return said


def _time(seconds: float, t: Texts) -> str:
    return t.duration(timedelta(seconds=round(seconds) if seconds >= 1 else 0))


def buttons(push: Sent, *, going: bool, t: Texts) -> tuple[tuple[Button, ...], ...]:
    """What can be done about it now. `going`: it has not reached everybody yet."""
    number, rows = push.post.id, list[tuple[Button, ...]]()
    if push.recalled or push.state not in ("sent", "stopped"):
        return ()
    if going and push.state == "sent":
        on = Button(text=t.gettext("Resume"), data=f"after:resume:{number}")
        off = Button(text=t.gettext("Pause"), data=f"after:pause:{number}")
        rest = Button(text=t.gettext("Cancel the rest"), data=f"after:stop:{number}")
        rows.append((on if push.paused_at is not None else off, rest))
    correct = Button(text=t.gettext("Correct"), data=f"after:correct:{number}")
    recall = Button(text=t.gettext("Recall"), data=f"after:recall:{number}")
    rows.append((recall,) if push.post.copied else (correct, recall))
    return tuple(rows)


def is_going(push: Sent, progress: Progress) -> bool:
    """Whether there is still somebody who is to get it."""
    return push.state == "sent" and not push.recalled and (not progress.expanded or progress.waiting > 0)


# --- in its place --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Watched:
    """A push that somebody watches: its audience when we first looked, what was shown last, and when its message may
    be rewritten again."""

    audience: int
    t: Texts
    next_at: float
    shown: Rendered | None = None


class _Shown:
    def __init__(self, bot: Bot, house: House) -> None:
        self._bot, self._house = bot, house
        self._watched: dict[int, _Watched] = {}

    async def look(self) -> None:
        """One round over the pushes that something happened to lately and whose end was not shown yet."""
        pushes = await self._house.store.watched_pushes(self._house.clock() - FOLLOWED_FOR)
        self._watched = {push.post.id: self._watched[push.post.id] for push in pushes if push.post.id in self._watched}
        for push in pushes:
            if push.watched is not None:
                await self._show(push, *push.watched)

    async def _show(self, push: Sent, chat: int, message: int) -> None:
        store, number = self._house.store, push.post.id
        watched = self._watched.get(number) or await self._watch(push, chat)
        now = self._house.clock()
        if now < watched.next_at:
            return
        acted_at, began = await store.push_acted_at(number), time.monotonic()
        push = await store.sent_push(number) or push
        progress = await store.progress(self._house.bot, number)
        watched.next_at = now + max(EDIT_SECONDS, REST * (time.monotonic() - began))
        there = await self._rewrite(chat, message, self._says(push, progress, watched, now), watched)
        if not there or is_over(progress):
            await store.push_end_shown(number, acted_at)
            self._watched.pop(number, None)
        if is_over(progress):
            reached = {"chats": progress.sent, "closed": progress.closed, "refused": progress.refused}
            log.info("push finished", post=number, seconds=round(progress.seconds(push.at, now)), **reached)

    def _says(self, push: Sent, progress: Progress, watched: _Watched, now: float) -> Rendered:
        per_second = 1 / self._house.pace.interval
        text = words(push, progress, watched.audience, progress.seconds(push.at, now), per_second, watched.t)
        return Rendered(text=text, buttons=buttons(push, going=is_going(push, progress), t=watched.t))

    async def _watch(self, push: Sent, chat: int) -> _Watched:
        known = await self._house.store.chat(self._house.bot, chat)
        watched = _Watched(
            audience=await self._house.store.audience(
                Audience(blog=push.blog, topics=push.topics, language=push.language, only_chat=push.only_chat)
            ),
            t=Texts.of(language_of(known, None)),
            next_at=float("-inf"),
        )
        self._watched[push.post.id] = watched
        return watched

    async def _rewrite(self, chat: int, message: int, says: Rendered, watched: _Watched) -> bool:
        """False where the message is not there any more: nobody watches."""
        if says == watched.shown:
            return True
        try:
            await rewrite(self._bot, chat, message, says)
        except (BadRequest, Forbidden) as error:
            log.info("progress is watched no more", chat=chat, why=error.message)
            return False
        except TelegramError as error:
            log.warning("progress not shown", chat=chat, why=str(error))
        else:
            watched.shown = says
        return True
