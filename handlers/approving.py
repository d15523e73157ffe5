"""The second pair of eyes: with `second_approval` a push goes out when another editor approves it, and only then."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog
from telegram.error import TelegramError

from bot.core.model import Rendered
from bot.core.publishing import Sending
from bot.core.texts import Texts
from handlers import pushing_screens
from handlers.asked import Effect, Pressed, Where, Wrong, language_of, named
from handlers.replies import rewrite, send
from storage import Chat, Push

log = structlog.get_logger()

ACTS = ("approve", "reject")


def is_needed(where: Where, sending: Sending) -> bool:
    """What goes to nobody but its author needs no second look."""
    return where.house.settings().access.second_approval and sending.audience.only_chat is None


async def ask(pressed: Pressed, found: Push) -> Effect:
    """Its author pressed Send: every other editor who ever wrote to the bot gets the preview and two buttons."""
    others = await _others(pressed, found.author)
    if not others:
        raise Wrong(_nobody(pressed))
    if not await pressed.house.store.ask_for_approval(found.post.id, found.sending):
        raise Wrong(await pushing_screens.why_not(pressed, found))
    asked = await asyncio.gather(*(_ask(pressed, found, chat) for chat in others))
    if not any(asked):
        await pressed.house.store.take_back(found.post.id)
        raise Wrong(_nobody(pressed))
    return Effect(
        toast=pressed.t.gettext("Another editor has to approve it."),
        rewritten=await pushing_screens.waiting(pressed, found, sum(asked)),
    )


def _nobody(where: Where) -> str:
    return where.t.gettext("Another editor has to approve it, and I can reach none: ask one to write to me first.")


async def _others(where: Where, author: int) -> list[Chat]:
    """The private chats of the other editors, as far as they are open."""
    access = where.house.settings().access
    people = [one for one in dict.fromkeys((*access.editors, *access.admins)) if one != author]
    chats = [await where.house.store.chat(where.house.bot, one) for one in people]
    return [chat for chat in chats if chat is not None and chat.open]


async def _ask(pressed: Pressed, found: Push, chat: Chat) -> bool:
    """False where they cannot be reached after all."""
    there = _in(pressed, chat)
    try:
        await send(pressed.bot, chat.telegram_id, pushing_screens.preview(there, found.post))
        question = await pushing_screens.question(there, found, _name(pressed, there.t))
        await send(pressed.bot, chat.telegram_id, question)
    except TelegramError as error:
        log.warning("editor not asked", chat=chat.telegram_id, why=str(error))
        return False
    return True


def _in(pressed: Pressed, chat: Chat) -> Pressed:
    """The same, said in another chat."""
    return replace(pressed, chat=chat, thread=0, t=Texts.of(language_of(chat, None)))


def _name(pressed: Pressed, t: Texts) -> str:
    return named(pressed.query.from_user.full_name, t)


async def press(pressed: Pressed, found: Push, act: str) -> Effect:
    """Another editor's press, which decides where it is the first; its author's never does."""
    if found.author == pressed.query.from_user.id:
        raise Wrong(pressed.t.gettext("Another editor has to approve it."))
    if found.state != "waiting":
        return await _too_late(pressed, found)
    return await (_reject if act == "reject" else _approve)(pressed, found)


async def _too_late(pressed: Pressed, found: Push) -> Effect:
    why = await pushing_screens.why_not(pressed, found)
    return Effect(toast=why, rewritten=pressed.say(why))


async def _approve(pressed: Pressed, found: Push) -> Effect:
    person = pressed.query.from_user.id
    chats = await pressed.house.store.audience(found.sending.audience)
    if not await pressed.house.desk.approve(found.post.id, person=person, chats=chats):
        return await _too_late(pressed, found)
    now = await pressed.house.store.push(found.post.id)
    if now is not None and now.state == "scheduled":
        there = await _at_the_author(pressed, found)
        said = there.t.gettext("{name} approved it.", name=_name(pressed, there.t))
        await _tell(there, found, await pushing_screens.scheduled(there, now, besides=said))
    said = pressed.t.gettext("You approved it.")
    return Effect(toast=said, rewritten=pressed.say(said))


async def _reject(pressed: Pressed, found: Push) -> Effect:
    if not await pressed.house.desk.reject(found.post.id, person=pressed.query.from_user.id):
        return await _too_late(pressed, found)
    there = await _at_the_author(pressed, found)
    said = there.t.gettext("{name} rejected it: this goes to nobody.", name=_name(pressed, there.t))
    await _tell(there, found, there.say(said))
    said = pressed.t.gettext("You rejected it: this goes to nobody.")
    return Effect(toast=said, rewritten=pressed.say(said))


async def _at_the_author(pressed: Pressed, found: Push) -> Pressed:
    chat = await pressed.house.store.chat(pressed.house.bot, found.preview_chat) if found.preview_chat else None
    return _in(pressed, chat) if chat else pressed


async def _tell(there: Pressed, found: Push, shown: Rendered) -> None:
    """Where its author watches. What is decided stands, whether they can be told or not."""
    if not found.preview_chat or not found.preview_message:
        return
    try:
        await rewrite(there.bot, found.preview_chat, found.preview_message, shown)
    except TelegramError as error:
        log.info("author not told", chat=found.preview_chat, why=str(error))
