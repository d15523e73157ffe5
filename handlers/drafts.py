"""What an editor wants to push, read from a message: own words, files, or the message it replies to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from telegram import Message, MessageEntity

from bot.core.entities import units
from bot.core.links import links_below
from bot.core.model import Entity, Media
from bot.core.publishing import PushText
from bot.core.writing import tidy

Parts = Callable[[Message], Sequence[Message]]  # the messages of the album that one is of, or that one alone

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
    """It cannot be pushed in this way: paid media, say, that carry the command in their caption."""


def alone(message: Message) -> Sequence[Message]:
    return [message]


def draft_of(message: Message, end: int, parts: Parts = alone) -> PushText | None:
    """What to push; None where there is nothing. `end`: where the command word ends, in characters.

    Links below the text become buttons; what `links_below` raises passes through.
    """
    said = _said(message, end)
    files = [media_of(one) for one in parts(message)] if message.effective_attachment else []
    if None in files:
        raise Unfit
    if files or said.text:
        return _with_files(said, files)
    content = _content(message.reply_to_message, parts) if message.reply_to_message else None
    return replace(content, buttons=said.buttons or content.buttons) if content else None


def source_of(message: Message, end: int) -> int:
    """The message that `draft_of` reads: this one, or the one that it replies to."""
    answered = message.reply_to_message
    if answered is None or message.effective_attachment or _said(message, end).text:
        return message.message_id
    return answered.message_id


def words_of(message: Message, end: int) -> PushText:
    """The words after `end` (characters) with their formatting, and nothing else of the message."""
    return _words((message.text or message.caption or "")[end:], message, end)


def _words(words: str, message: Message, end: int) -> PushText:
    before = (message.text or message.caption or "")[:end]
    text, entities = tidy(words, _entities(_given(message), units(before)))
    return PushText(text=text, entities=entities)


def _said(message: Message, end: int) -> PushText:
    """The words of a message behind the command, and the links below them."""
    words, buttons = links_below((message.text or message.caption or "")[end:])
    return replace(_words(words, message, end), buttons=buttons)


def _content(message: Message, parts: Parts) -> PushText | None:
    """Text and files become our own, so that they can be corrected later; anything else is copied as it is."""
    if not says_something(message):
        return None
    album = parts(message)
    bearing = next((one for one in album if one.caption), message)
    text, entities = tidy(bearing.text or bearing.caption or "", _entities(_given(bearing), 0))
    if message.text:
        return PushText(text=text, entities=entities)
    files = [media_of(one) for one in album]
    if None in files:
        return PushText(copied=(message.chat.id, message.message_id))
    return _with_files(PushText(text=text, entities=entities), files)


def _with_files(said: PushText, files: Sequence[Media | None]) -> PushText:
    known = tuple(one for one in files if one)
    if len(known) == 1 and known[0].kind == "photo":
        return replace(said, photo=known[0].file)
    return replace(said, media=known)


def files_in(said: PushText) -> tuple[Media, ...]:
    return said.media or ((Media(kind="photo", file=said.photo),) if said.photo else ())


def media_of(message: Message) -> Media | None:
    """The file of a message, where it is of a kind that can be sent again with a text of ours."""
    if message.photo:
        return Media(kind="photo", file=message.photo[-1].file_id)
    files = {  # an animation is a document as well, for older programs
        "video": message.video,
        "animation": message.animation,
        "audio": message.audio,
        "voice": message.voice,
        "document": message.document,
    }
    return next((Media(kind=kind, file=file.file_id) for kind, file in files.items() if file), None)


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
