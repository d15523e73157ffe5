"""What stands on a screen, as the chat page is told it: plain text with entities, never mark-up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bot.demo.telegram import LocalChat, LocalMessage, LocalTelegram, Media, Version

JsonObject = dict[str, Any]

NOTICES = {
    "pinned_message": "a message was pinned",
    "forum_topic_closed": "the topic was closed",
    "forum_topic_reopened": "the topic was reopened",
    "migrate_to_chat_id": "the group became a supergroup",
    "migrate_from_chat_id": "the group became a supergroup",
    "new_chat_members": "the bot joined the group",
    "left_chat_member": "the bot left the group",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A chat the visitor sees, and who they are in it: the first of `people`, or another one they choose."""

    chat_id: int
    people: tuple[int, ...]
    title: str
    subtitle: str
    hints: tuple[str, ...]  # what to try while the chat is empty
    colour: int = 0


def chat_on_screen(telegram: LocalTelegram, seat: Seat) -> JsonObject:
    chat = telegram.chats[seat.chat_id]
    return {
        "id": chat.id,
        "kind": chat.kind,
        "title": seat.title,
        "subtitle": seat.subtitle,
        "colour": seat.colour,
        "forum": chat.forum,
        "topics": _topics(chat),
        "people": [{"id": person, "name": telegram.people[person].first_name} for person in seat.people],
        "hints": list(seat.hints),
        "commands": {str(person): telegram.menu(person, chat.id) for person in seat.people},
        "messages": [message_on_screen(telegram, message) for message in chat.messages],
    }


def _topics(chat: LocalChat) -> list[JsonObject]:
    if not chat.forum:
        return []
    own = [
        {"id": topic.id, "name": topic.name, "closed": topic.closed}
        for topic in chat.topics.values()
        if not topic.deleted
    ]
    return [{"id": 0, "name": "General"}, *own]


def message_on_screen(telegram: LocalTelegram, message: LocalMessage) -> JsonObject:
    return {
        "id": message.id or -message.ephemeral_id,
        "alone": _alone(message),
        "chat": message.chat_id,
        "date": message.date,
        "from": _sender(telegram, message),
        "via": message.via_bot["username"] if message.via_bot else None,
        "text": message.text,
        "entities": list(message.entities),
        "rich": _rich(telegram, message),
        "photo": _photo(message.media),
        "album": message.album,
        "file": message.media.name or message.media.kind if message.media and not message.photo else None,
        "kind": message.media.kind if message.media else None,
        "buttons": [[_button(button) for button in row] for row in message.buttons],
        "thread": message.thread,
        "reply_to": message.reply_to,
        "was": _was(message),
        "deleted": message.deleted,
        "pinned": message.pinned,
        "notice": _notice(message),
    }


def _alone(message: LocalMessage) -> int | None:
    """The one person who sees it; None where everybody does."""
    if not message.ephemeral_id:
        return None
    return message.receiver if message.bot is not None else message.user_id


def _sender(telegram: LocalTelegram, message: LocalMessage) -> JsonObject:
    if message.bot is not None:
        bot = telegram.bot_named(message.bot)
        return {"id": bot.id, "name": bot.profile.first_name, "bot": True}
    person = telegram.people.get(message.user_id or 0)
    return {"id": message.user_id or 0, "name": person.first_name if person else "Admin", "bot": False}


def _photo(media: Media | None) -> JsonObject | None:
    if media is None or media.kind != "photo":
        return None
    return {"url": media.url, "width": media.width, "height": media.height}


def _rich(telegram: LocalTelegram, message: LocalMessage) -> JsonObject | None:
    """A rich message, its pictures by the addresses under which a browser finds them."""
    if message.rich is None:
        return None
    return {"rtl": bool(message.rich.get("is_rtl")), "blocks": _blocks(telegram, message.rich["blocks"])}


def _blocks(telegram: LocalTelegram, blocks: list[JsonObject]) -> list[JsonObject]:
    return [_block(telegram, block) for block in blocks]


def _block(telegram: LocalTelegram, block: JsonObject) -> JsonObject:
    match block["type"]:
        case "photo":
            media = telegram.files.by_id[block["photo"][-1]["file_id"]].media
            return {"type": "photo", "photo": _photo(media), "caption": block.get("caption", {}).get("text", "")}
        case "details":
            return block | {"blocks": _blocks(telegram, block["blocks"])}
        case "list":
            items = [{"blocks": _blocks(telegram, one["blocks"])} for one in block["items"]]
            return {"type": "list", "items": items}
    return block


def _button(button: JsonObject) -> JsonObject:
    shown = {"text": button["text"]}
    for ours, theirs in (("url", "url"), ("data", "callback_data")):
        if theirs in button:
            shown[ours] = button[theirs]
    if "copy_text" in button:
        shown["copy_text"] = button["copy_text"]["text"]
    return shown


def _was(message: LocalMessage) -> list[JsonObject]:
    """What a reader saw before, oldest first, each with the moment it was replaced. New buttons alone are no edit."""
    now = Version(message.text, message.entities, message.media, message.buttons, message.edited or message.date)
    versions = [*message.edits, now]
    return [
        {"text": before.text, "entities": list(before.entities), "until": after.date}
        for before, after in pairwise(versions)
        if (before.text, before.entities, before.media) != (after.text, after.entities, after.media)
    ]


def _notice(message: LocalMessage) -> str | None:
    if message.notice is None:
        return None
    if "forum_topic_created" in message.notice:
        return f"topic “{message.notice['forum_topic_created']['name']}” was opened"
    return next((words for field, words in NOTICES.items() if field in message.notice), "the chat was changed")
