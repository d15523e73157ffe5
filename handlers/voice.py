"""How answers reach people: in groups, to the one who asked alone where Telegram can do that, else to everybody.

Ephemeral messages are newer than python-telegram-bot 22.8, so their fields travel beside its own:
https://core.telegram.org/bots/api#ephemeral-messages-and-commands. Any bot may answer an ephemeral command or a press
within 15 seconds; one that leads the group, whatever was said there. A server or a chat that does not know them gets
the usual answer: the person sees exactly one.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import structlog
from telegram import Bot, CallbackQuery, Message
from telegram.constants import ChatType
from telegram.error import BadRequest, EndPointNotFound, Forbidden, TelegramError

from bot.core.model import Rendered
from handlers.access import person_of
from handlers.asked import Effect
from handlers.house import House
from handlers.once import Once
from handlers.replies import NO_PREVIEW, answer, entities, keyboard, patiently, rewrite, send, thread_of

log = structlog.get_logger()

REFUSED_FOR = 3600.0
"""Seconds in which a chat that refused an ephemeral answer is not asked again."""

GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)


class Heard(Enum):
    """Who has an answer now."""

    NOBODY = "nobody"
    ASKER = "asker"
    CHAT = "chat"


class Voice:
    def __init__(self, house: House) -> None:
        self._refused = Once(house.clock)

    async def answer(self, message: Message, rendered: Rendered, *, alone: bool = False) -> Heard:
        """`alone`: for the asker, where that can be done. What was asked by an ephemeral command always is."""
        try:
            if self._is_for_one(message, alone=alone):
                heard = await self._to_asker(message, rendered)
                if heard is not Heard.NOBODY:
                    return heard
            await answer(message, rendered)
        except TelegramError as error:  # blocked meanwhile, or no right to write there: there is nobody to tell
            log.warning("reply not delivered", chat=message.chat.id, why=str(error))
            return Heard.NOBODY
        return Heard.CHAT

    def _is_for_one(self, message: Message, *, alone: bool) -> bool:
        if message.chat.type not in GROUPS or person_of(message) is None:
            return False
        return ephemeral_id(message) > 0 or (alone and not self._refused.stands(_room(message)))

    async def _to_asker(self, message: Message, rendered: Rendered) -> Heard:
        """NOBODY where it was refused."""
        person, command = person_of(message), ephemeral_id(message)
        assert person is not None, "looked at before"
        to = {"ephemeral_message_id": command} if command else _quoted(message)
        try:
            sent = await _whisper(message.get_bot(), message.chat.id, rendered, thread_of(message), person.id, to=to)
        except BadRequest as error:
            log.info("no ephemeral answer", chat=message.chat.id, why=error.message)
            self._remember(message, command)
            return Heard.NOBODY
        if ephemeral_id(sent) > 0:
            return Heard.ASKER
        self._remember(message, command)  # a server that passes over what it does not know: everybody has it
        return Heard.CHAT

    def _remember(self, message: Message, command: int) -> None:
        if not command:  # refused though there was an ephemeral command: it was too old, which says nothing of the chat
            self._refused.first(_room(message), REFUSED_FOR)

    # --- below a button --------------------------------------------------------------------------------------------

    async def show(self, query: CallbackQuery, effect: Effect) -> None:
        """What a press did, where it was pressed."""
        message = query.message
        if message is None:
            return
        try:
            if isinstance(message, Message) and ephemeral_id(message) > 0:
                await self._show_to_one(query, message, effect)
            else:
                await _show_to_all(query, effect)
        except (BadRequest, Forbidden, EndPointNotFound) as error:
            log.warning("press not shown", chat=message.chat.id, why=error.message)

    async def _show_to_one(self, query: CallbackQuery, message: Message, effect: Effect) -> None:
        """An ephemeral message may be gone, as after a restart of the app: then the page comes as a new one."""
        said = [effect.said]
        if effect.rewritten is not None:
            try:
                await _rewrite(query.get_bot(), message, query.from_user.id, effect.rewritten)
            except (BadRequest, EndPointNotFound) as error:
                log.info("ephemeral answer not changed", chat=message.chat.id, why=error.message)
                said.insert(0, effect.rewritten)
        for one in filter(None, said):
            await _whisper(
                query.get_bot(), message.chat.id, one, thread_of(message), query.from_user.id, query=query.id
            )


async def _show_to_all(query: CallbackQuery, effect: Effect) -> None:
    """A message that Telegram lets nobody change any more, or that is gone, says it as a new one."""
    message, said = query.message, [effect.said]
    assert message is not None, "looked at before"
    if effect.rewritten is not None:
        try:
            await rewrite(query.get_bot(), message.chat.id, message.message_id, effect.rewritten)
        except BadRequest as error:
            log.info("message not changed", chat=message.chat.id, why=error.message)
            said.insert(0, effect.rewritten)
    thread = thread_of(message) if isinstance(message, Message) else 0
    for one in filter(None, said):
        await send(query.get_bot(), message.chat.id, one, thread=thread)


def ephemeral_id(message: Message) -> int:
    """Its number among the ephemeral messages; 0 where it is none."""
    number = message.api_kwargs.get("ephemeral_message_id", 0)
    return number if isinstance(number, int) else 0


def _room(message: Message) -> str:
    return f"ephemeral {message.chat.id}"


def _quoted(message: Message) -> dict[str, Any]:
    """So that an older server makes the usual answer of it."""
    return {"message_id": message.message_id, "allow_sending_without_reply": True}


async def _whisper(
    bot: Bot,
    chat: int,
    rendered: Rendered,
    thread: int,
    receiver: int,
    *,
    to: dict[str, Any] | None = None,
    query: str = "",
) -> Message:
    whom: dict[str, Any] = {"receiver_user_id": receiver} | ({"callback_query_id": query} if query else {})
    return await patiently(
        lambda: bot.send_message(
            chat,
            rendered.text,
            entities=entities(rendered),
            message_thread_id=thread or None,
            reply_markup=keyboard(rendered),
            link_preview_options=NO_PREVIEW,
            api_kwargs={"ephemeral_message_parameters": whom} | ({"reply_parameters": to} if to else {}),
        )
    )


async def _rewrite(bot: Bot, message: Message, receiver: int, rendered: Rendered) -> None:
    markup = keyboard(rendered)
    await patiently(
        lambda: bot.do_api_request(
            "editEphemeralMessageText",
            api_kwargs={
                "chat_id": message.chat.id,
                "receiver_user_id": receiver,
                "ephemeral_message_id": ephemeral_id(message),
                "text": rendered.text,
                "entities": [one.to_dict() for one in entities(rendered)],
                "link_preview_options": NO_PREVIEW.to_dict(),
            }
            | ({"reply_markup": markup.to_dict()} if markup else {}),
        )
    )
