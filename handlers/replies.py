"""Replies out: a `Rendered` becomes a message of the Bot API. Formatting goes as entities, never as mark-up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyParameters,
)
from telegram.constants import ChatType
from telegram.error import BadRequest, RetryAfter

from bot.core.albums import kind_of, pictures
from bot.core.model import Entity, Rendered
from bot.core.render import plainest
from bot.request import NotSent
from handlers.richly import rewrite_richly, send_richly

log = structlog.get_logger()
T = TypeVar("T")
Album: TypeAlias = InputMediaPhoto | InputMediaVideo | InputMediaAudio | InputMediaDocument

TRIES = 4
GENERAL = 1
LONGEST_WAIT = 60.0  # seconds; who has waited longer for an answer has left
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def thread_of(message: Message) -> int:
    """The forum topic a message stands in, 0 for none: a thread of replies in an ordinary group is no topic, and the
    topic called General is written to without a number."""
    thread = (message.message_thread_id or 0) if message.is_topic_message else 0
    return 0 if thread == GENERAL else thread


async def answer(message: Message, rendered: Rendered) -> int:
    """Answers `message` where it stands; in groups it is quoted, so that it is clear who is answered."""
    group = message.chat.type in (ChatType.GROUP, ChatType.SUPERGROUP)
    return await send(
        message.get_bot(),
        message.chat.id,
        rendered,
        thread=thread_of(message),
        to=(message.message_id or None) if group else None,  # an ephemeral command has no id
    )


async def send(bot: Bot, chat: int, rendered: Rendered, *, thread: int = 0, to: int | None = None) -> int:
    """Sends it, in whichever of its shapes, and returns the message's id."""
    try:
        return await patiently(lambda: _send(bot, chat, rendered, thread=thread, to=to))
    except BadRequest as error:
        if rendered.photo or rendered.copied or not rendered.entities:
            raise
        log.warning("reply refused, sent plainly", chat=chat, why=error.message)
        plain = Rendered(text=plainest(rendered).text, buttons=rendered.buttons)
        return await patiently(lambda: _send(bot, chat, plain, thread=thread, to=to))


async def _send(bot: Bot, chat: int, rendered: Rendered, *, thread: int, to: int | None) -> int:
    quoted = ReplyParameters(to, allow_sending_without_reply=True) if to else None
    topic = thread or None
    if rendered.copied is not None:
        copy = await bot.copy_message(
            chat, *rendered.copied, message_thread_id=topic, reply_parameters=quoted, reply_markup=keyboard(rendered)
        )
        return copy.message_id
    if rendered.others:
        first, *_ = await bot.send_media_group(chat, _album(rendered), message_thread_id=topic, reply_parameters=quoted)
        return first.message_id
    if rendered.photo is not None:
        sent = await _ways(bot)[kind_of(rendered, rendered.photo)](
            chat,
            rendered.photo,
            caption=rendered.text,
            caption_entities=entities(rendered),
            message_thread_id=topic,
            reply_parameters=quoted,
            reply_markup=keyboard(rendered),
        )
        return sent.message_id
    about = {
        "chat_id": chat,
        "message_thread_id": topic,
        "reply_parameters": quoted,
        "reply_markup": keyboard(rendered),
    }
    if (number := await send_richly(bot, rendered, {name: one for name, one in about.items() if one})) is not None:
        return number
    sent = await bot.send_message(
        chat,
        rendered.text,
        entities=entities(rendered),
        message_thread_id=topic,
        reply_parameters=quoted,
        reply_markup=keyboard(rendered),
        link_preview_options=NO_PREVIEW,
    )
    return sent.message_id


def _ways(bot: Bot) -> dict[str, Callable[..., Awaitable[Message]]]:
    """By the kind of a file."""
    return {
        "photo": bot.send_photo,
        "video": bot.send_video,
        "animation": bot.send_animation,
        "audio": bot.send_audio,
        "voice": bot.send_voice,
        "document": bot.send_document,
    }


_OF_ALBUM: dict[str, Callable[..., Album]] = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "audio": InputMediaAudio,
    "document": InputMediaDocument,
}


def _album(rendered: Rendered) -> list[Album]:
    """The first bears the text."""
    first, *others = [(_OF_ALBUM[kind_of(rendered, one)], one) for one in pictures(rendered)]
    bearing = first[0](first[1], caption=rendered.text, caption_entities=entities(rendered))
    return [bearing, *(form(one) for form, one in others)]


async def rewrite(bot: Bot, chat: int, message: int, rendered: Rendered) -> None:
    """Another text and other buttons in the place of a message of ours; nothing where it says that already."""
    place = {"chat_id": chat, "message_id": message, "reply_markup": keyboard(rendered)}
    about = {name: one for name, one in place.items() if one}
    if rendered.rich is not None and await patiently(lambda: rewrite_richly(bot, rendered, about)):
        return
    try:
        await patiently(
            lambda: bot.edit_message_text(
                rendered.text,
                chat_id=chat,
                message_id=message,
                entities=entities(rendered),
                reply_markup=keyboard(rendered),
                link_preview_options=NO_PREVIEW,
            )
        )
    except BadRequest as error:
        if "message is not modified" not in error.message.lower():
            raise


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Again after a 429, and where no connection was made; an answer that was lost may have arrived, and is not."""
    for tried in range(1, TRIES):
        try:
            return await call()
        except RetryAfter as error:
            wait = (
                error.retry_after if isinstance(error.retry_after, int | float) else error.retry_after.total_seconds()
            )
            if wait > LONGEST_WAIT:
                raise
        except NotSent:
            wait = 2.0 ** (tried - 2)
        await asyncio.sleep(wait)
    return await call()


def entities(rendered: Rendered) -> list[MessageEntity]:
    return [_entity(one) for one in rendered.entities]


def _entity(one: Entity) -> MessageEntity:
    return MessageEntity(
        one.type, one.offset, one.length, url=one.url, language=one.language, custom_emoji_id=one.custom_emoji_id
    )


def keyboard(rendered: Rendered) -> InlineKeyboardMarkup | None:
    if not rendered.buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(one.text, url=one.url, callback_data=one.data) for one in row]
            for row in rendered.buttons
        ]
    )
