"""What an editor wants to push, read from a message: own words, a photo, or the message it replies to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from telegram import Message, MessageEntity

from bot.core.entities import units
from bot.core.model import Entity
from bot.core.publishing import PushText
from bot.core.writing import tidy

# What an author gave the text. What Telegram finds by itself (addresses, tags, mentions) it finds again.
_GIVEN = frozenset(
    {
        MessageEntity.BOLD,
        MessageEntity.ITALIC,
        MessageEntity.UNDERLINE,
        MessageEntity.STRIKETHROUGH,
        MessageEntity.SPOILER,
        MessageEntity.BLOCKQUOTE,
        MessageEntity.EXPANDABLE_BLOCKQUOTE,
        MessageEntity.CODE,
        MessageEntity.PRE,
        MessageEntity.TEXT_LINK,
        MessageEntity.CUSTOM_EMOJI,
    }
)


class Unfit(Exception):
    """It cannot be pushed in this way: a video, say, that carries the command in its caption."""


def draft_of(message: Message, end: int) -> PushText | None:
    """What to push; None where there is nothing. `end`: where the command word ends, in characters."""
    said = words_of(message, end)
    if message.photo:
        return replace(said, photo=message.photo[-1].file_id)
    if message.effective_attachment:
        raise Unfit
    if said.text:
        return said
    return _content(message.reply_to_message) if message.reply_to_message else None


def source_of(message: Message, end: int) -> int:
    """The message that `draft_of` reads: this one, or the one that it replies to."""
    answered = message.reply_to_message
    if answered is None or message.photo or words_of(message, end).text:
        return message.message_id
    return answered.message_id


def words_of(message: Message, end: int) -> PushText:
    """The words after `end` (characters) with their formatting, and nothing else of the message."""
    written = message.text or message.caption or ""
    text, entities = tidy(written[end:], _entities(_given(message), units(written[:end])))
    return PushText(text=text, entities=entities)


def _content(message: Message) -> PushText | None:
    """Text and photos become our own, so that they can be corrected later; anything else is copied as it is."""
    if not says_something(message):
        return None
    text, entities = tidy(message.text or message.caption or "", _entities(_given(message), 0))
    if message.photo:
        return PushText(text=text, entities=entities, photo=message.photo[-1].file_id)
    if message.text:
        return PushText(text=text, entities=entities)
    return PushText(copied=(message.chat.id, message.message_id))


def says_something(message: Message) -> bool:
    """Whether a person said it. What Telegram notes in a chat (somebody joined, a topic was opened) has no content."""
    return bool(message.text or message.effective_attachment or message.checklist)


def _given(message: Message) -> tuple[MessageEntity, ...]:
    return tuple(one for one in (message.entities or message.caption_entities) if one.type in _GIVEN)


def _entities(given: Iterable[MessageEntity], before: int) -> list[Entity]:
    """Moved back by what stood `before` the text (UTF-16 units); what lay in that part falls away, `tidy` clips it."""
    return [
        Entity(
            type=str(one.type),
            offset=max(one.offset, before) - before,
            length=one.offset + one.length - max(one.offset, before),
            url=one.url,
            language=one.language,
            custom_emoji_id=one.custom_emoji_id,
        )
        for one in given
        if one.offset + one.length > before
    ]
