"""Who may do what. Editors and admins are user ids of the file; who leads a group or channel is Telegram's to say.

Everything is looked up when it is asked, at commands and presses alike: whoever lost a right has lost it at once.
"""

from __future__ import annotations

from enum import IntEnum

import structlog
from telegram import Bot, Chat, ChatFullInfo, Message, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, Forbidden, TelegramError

from config.settings import Settings

log = structlog.get_logger()

_LEADING = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


class Role(IntEnum):
    """What somebody is to this relay; each may do all that those before it may."""

    READER = 0
    EDITOR = 1
    ADMIN = 2


class CannotTell(Exception):
    """Telegram does not say who leads a chat."""


def role_of(person: User | None, settings: Settings) -> Role:
    """Nobody is anything in the name of a group or channel: an anonymous admin is a reader."""
    if person is None:
        return Role.READER
    if settings.is_admin(person.id):
        return Role.ADMIN
    return Role.EDITOR if settings.is_editor(person.id) else Role.READER


def person_of(message: Message) -> User | None:
    """Who wrote it, where it is a person: not an anonymous admin, and not a channel."""
    return None if message.sender_chat else message.from_user


async def may_decide(bot: Bot, message: Message) -> bool:
    """Whether who wrote this may decide what its chat follows: oneself, a group's admins, a channel's authors."""
    chat, sender = message.chat, message.sender_chat
    if chat.type in (ChatType.PRIVATE, ChatType.CHANNEL):
        return True
    if sender is None:
        return message.from_user is not None and await leads(bot, chat.id, message.from_user.id)
    return sender.id == chat.id or await _is_linked(bot, chat, sender)


async def may_press(bot: Bot, chat: int, person: User) -> bool:
    """The same of who pressed a button; behind a press there is always a person. Their own chat has their id."""
    return chat == person.id or await leads(bot, chat, person.id)


async def leads(bot: Bot, chat: int, person: int) -> bool:
    """Whether somebody is an admin of a group or channel. Small bots may not ask about members of every group, but
    the list of admins is open to each of its members. CannotTell where Telegram tells neither."""
    try:
        member = await bot.get_chat_member(chat, person)
    except BadRequest:
        return person in await _leaders(bot, chat)
    except TelegramError as error:
        raise CannotTell(str(error)) from error
    return member.status in _LEADING


async def _leaders(bot: Bot, chat: int) -> set[int]:
    try:
        return {member.user.id for member in await bot.get_chat_administrators(chat)}
    except TelegramError as error:
        raise CannotTell(str(error)) from error


async def _is_linked(bot: Bot, group: Chat, channel: Chat) -> bool:
    """Anybody may write as a channel of their own; only the group's own channel speaks for it."""
    try:
        return (await bot.get_chat(group.id)).linked_chat_id == channel.id
    except TelegramError as error:
        raise CannotTell(str(error)) from error


async def number_of(bot: Bot, name: str) -> int | None:
    """Telegram's number of what is called @name; None where Telegram does not tell."""
    try:
        return (await bot.get_chat(name)).id
    except TelegramError:
        return None


async def channel_where_we_post(bot: Bot, name: str) -> ChatFullInfo | None:
    """The channel of this @name or id, where the bot is an admin who may post; None where it is not."""
    try:
        chat = await bot.get_chat(name)
        if chat.type != ChatType.CHANNEL:
            return None
        member = await bot.get_chat_member(chat.id, bot.id)
    except (BadRequest, Forbidden) as error:
        log.info("channel not open to us", why=error.message)
        return None
    except TelegramError as error:
        raise CannotTell(str(error)) from error
    return chat if getattr(member, "can_post_messages", False) else None
