"""Which posts an editor means: those of the message that is answered, of one that was forwarded, or of a link."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from telegram import Message, MessageEntity, MessageOriginChannel

from bot.core.model import Relayed
from handlers.access import number_of
from handlers.asked import Asked, Wrong
from handlers.house import House

# https://core.telegram.org/api/links#message-links: a private chat's by its bare number, with its thread or without.
_MESSAGE = re.compile(
    r"(?:https?://)?(?:t|telegram)\.(?:me|dog)/(?:c/(?P<number>\d{1,15})|(?P<name>[A-Za-z]\w{3,31}))"
    r"/(?:\d+/)?(?P<message>\d{1,15})(?:\?\S*)?",
    re.ASCII,
)
_LINK = re.compile(r"https?://\S+|(?:t|telegram)\.me/\S+", re.IGNORECASE)
_CHANNELS = -1_000_000_000_000  # https://core.telegram.org/api/bots/ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """One post or several, and where the words begin that follow (in characters of the message's text)."""

    posts: list[Relayed]
    end: int


async def meant(asked: Asked) -> Meant:
    """Wrong where nothing is named, or what is named carries no post."""
    link = _LINK.match(asked.rest)
    if link is not None:
        words = asked.rest[link.end() :]
        end = asked.end + link.end() + len(words) - len(words.lstrip())
        return Meant(posts=await _of_link(asked, link[0]), end=end)
    answered = [one async for one in of_answered(asked)]
    posts = next(filter(None, answered), [])
    if not posts and not answered:
        raise Wrong(asked.t.gettext("Which post? Answer its message with this command, or write its link after it."))
    if not posts:
        raise Wrong(asked.t.gettext("That message carries no post that I know; a link to the post will do."))
    return Meant(posts=posts, end=asked.end)


async def push_of(house: House, chat: int, message: int) -> list[Relayed]:
    """The push that was made from this message (Telegram's ids), or that it previews."""
    number = await house.store.push_of_message(chat, message)
    found = await house.store.post(number) if number is not None else None
    return [found] if found is not None else []


async def of_answered(asked: Asked) -> AsyncIterator[list[Relayed]]:
    """What each way of reading the answered message finds; nothing where none is answered."""
    house, message = asked.house, asked.message
    answered, elsewhere = message.reply_to_message, message.external_reply
    if answered is not None:
        yield await house.store.posts_of_message(house.bot, message.chat.id, answered.message_id)
        yield await push_of(house, message.chat.id, answered.message_id)
        yield await _of_origin(house, answered.forward_origin)
        for url in _links(answered):
            yield await house.store.posts_of_link(url)
    if elsewhere is not None and elsewhere.chat and elsewhere.message_id:
        yield await house.store.posts_of_message(house.bot, elsewhere.chat.id, elsewhere.message_id)


async def _of_origin(house: House, origin: object) -> list[Relayed]:
    """Of what was forwarded only a channel's messages keep their number."""
    if not isinstance(origin, MessageOriginChannel):
        return []
    return await house.store.posts_of_message(house.bot, origin.chat.id, origin.message_id)


def _links(message: Message) -> Iterator[str]:
    """The last first: the link to a post stands at its end."""
    entities = message.entities or message.caption_entities
    found = (message.parse_entities() if message.text else message.parse_caption_entities()) if entities else {}
    for entity, words in reversed(found.items()):
        if entity.type == MessageEntity.TEXT_LINK and entity.url:
            yield entity.url
        elif entity.type == MessageEntity.URL:
            yield words


async def _of_link(asked: Asked, link: str) -> list[Relayed]:
    posts = await of_message_link(asked, link) or await _of_address(asked, link)
    if not posts:
        raise Wrong(asked.t.gettext("No post that I know stands behind that link."))
    return posts


async def _of_address(asked: Asked, link: str) -> list[Relayed]:
    """As it stands, then without what people's apps put behind it."""
    for address in dict.fromkeys((link, link.rstrip(".,;:!?)"), link.partition("?")[0], link.rstrip("/") + "/")):
        if posts := await asked.house.store.posts_of_link(address):
            return posts
    return []


async def of_message_link(asked: Asked, link: str) -> list[Relayed]:
    """What the message of a link carries; nothing where it is no link to a message."""
    found = _MESSAGE.fullmatch(link)
    if found is None:
        return []
    chat = _CHANNELS - int(found["number"]) if found["number"] else await number_of(asked.bot, f"@{found['name']}")
    if chat is None:
        return []
    return await asked.house.store.posts_of_message(asked.house.bot, chat, int(found["message"]))
