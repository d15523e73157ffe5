"""The methods that put messages into chats."""

from __future__ import annotations

from typing import Any

from bot.demo.telegram.access import (
    check_may_send,
    check_topic,
    find_message,
    receiver_of,
    reply_target,
)
from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.formatting import caption_text, message_text
from bot.demo.telegram.keyboard import read_markup
from bot.demo.telegram.objects import message_json
from bot.demo.telegram.people import People
from bot.demo.telegram.rich import has_pictures, plain_text, rich_message
from bot.demo.telegram.values import Json, LocalMessage, Media, bad_request
from bot.demo.telegram.world import LocalBot, LocalChat

ALBUM_LIMIT = 10
NOT_COPIED, NOT_FORWARDED = "the message can't be copied", "the message can't be forwarded"
CHAT_ACTIONS = frozenset(
    {
        "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
        "choose_sticker", "find_location", "record_video_note", "upload_video_note",
    }
)  # fmt: skip


def send_message(world: People, bot: LocalBot, call: Arguments) -> Json:
    text, entities = message_text(call.text("text"), call.text("parse_mode"), call.entities("entities"))
    preview = link_preview(call)
    message = _prepare(world, bot, call, "text messages")
    message.text, message.entities, message.preview = text, entities, preview
    return _post(world, bot, call, message)


def send_rich_message(world: People, bot: LocalBot, call: Arguments) -> Json:
    """Where it has pictures, the bot must be allowed to send those as well."""
    rich = rich_message(world, bot, call)
    message = _prepare(world, bot, call, "text messages")
    if has_pictures(rich):
        check_may_send(bot, world.chat_of_message(message, bot), "photos")
    message.rich, message.text = rich, plain_text(rich)
    return _post(world, bot, call, message)


def send_photo(world: People, bot: LocalBot, call: Arguments) -> Json:
    return _send_file(world, bot, call, "photo")


def send_video(world: People, bot: LocalBot, call: Arguments) -> Json:
    return _send_file(world, bot, call, "video")


def send_animation(world: People, bot: LocalBot, call: Arguments) -> Json:
    return _send_file(world, bot, call, "animation")


def send_audio(world: People, bot: LocalBot, call: Arguments) -> Json:
    return _send_file(world, bot, call, "audio")


def send_voice(world: People, bot: LocalBot, call: Arguments) -> Json:
    return _send_file(world, bot, call, "voice")


def send_document(world: People, bot: LocalBot, call: Arguments) -> Json:
    return _send_file(world, bot, call, "document")


def _send_file(world: People, bot: LocalBot, call: Arguments, kind: str) -> Json:
    if not call.text(kind) and kind not in call.files:
        raise bad_request(f"there is no {kind} in the request")
    text, entities = caption_text(call.text("caption"), call.text("parse_mode"), call.entities("caption_entities"))
    message = _prepare(world, bot, call, _called(kind))
    message.media = world.files.of(bot.id, kind, call.text(kind), call, kind)
    if message.media is None:
        raise bad_request(f"there is no {kind} in the request")
    message.text, message.entities = text, entities
    message.caption_above = call.flag("show_caption_above_media")
    message.spoiler = call.flag("has_spoiler")
    return _post(world, bot, call, message)


def send_media_group(world: People, bot: LocalBot, call: Arguments) -> list[Json]:
    """All of them or none."""
    parts = call.structure("media", "can't parse media JSON object")
    if parts is None:
        raise bad_request('parameter "media" is required')
    if not isinstance(parts, list):
        raise bad_request("expected an Array of InputMedia")
    chat = _open(world, bot, call, "photos")
    reply_to = reply_target(world, bot, chat, call)
    contents = [_of_album(world, bot, call, part, number) for number, part in enumerate(parts, 1)]
    if not contents:
        raise bad_request("there are no messages to send")
    if len(contents) > ALBUM_LIMIT:
        raise bad_request("too many messages to send as an album")
    _check_album({media.kind for media, _, _, _ in contents})
    album = str(13_000_000_000 + next(world.numbers)) if len(contents) > 1 else None
    sent = []
    for media, text, entities, part in contents:
        message = _new(world, bot, chat, call)
        message.media, message.text, message.entities, message.album = media, text, entities, album
        message.reply_to, message.spoiler = reply_to, part.get("has_spoiler") is True
        message.id = world.next_id(chat)
        sent.append(message_json(chat, world.post(chat, message), world))
    return sent


def _of_album(
    world: People, bot: LocalBot, call: Arguments, part: Any, number: int
) -> tuple[Media, str, tuple[Json, ...], Json]:
    """After `on_message_send_failed` of the Bot API server."""
    why = world.files.code_of(part.get("media")) if isinstance(part, dict) else None
    if why is not None:
        raise bad_request(f'failed to send message #{number} with the error message "{why}"')
    return input_media(world, bot, call, part, album=True)


def _check_album(kinds: set[str]) -> None:
    if len(kinds) > 1 and not kinds <= {"photo", "video"}:
        raise bad_request("can't use the media of the specified type in the album")


def input_media(
    world: People, bot: LocalBot, call: Arguments, part: Any, *, album: bool = False
) -> tuple[Media, str, tuple[Json, ...], Json]:
    """An InputMedia: the file, its caption, and the rest."""
    if not isinstance(part, dict):
        raise bad_request("can't parse InputMedia: expected an Object")
    kind = str(part.get("type", ""))
    if not kind:
        raise bad_request("can't parse InputMedia: Can't find field \"type\"")
    text, entities = caption_text(
        str(part.get("caption") or ""), str(part.get("parse_mode") or ""), part.get("caption_entities")
    )
    if kind == "animation" and album:
        raise bad_request("can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup")
    if kind not in {"photo", "video", "animation", "audio", "document"}:
        raise bad_request(f'can\'t parse InputMedia: type "{kind}" is unsupported')
    media = world.files.of(bot.id, kind, str(part.get("media") or ""), call)
    if media is None:
        raise bad_request("can't parse InputMedia: media not found")
    return media, text, entities, part


def copy_message(world: People, bot: LocalBot, call: Arguments) -> Json:
    _, original = _original(world, bot, call, "message to copy")
    if original.notice is not None or original.protected:
        raise bad_request(NOT_COPIED)
    message = _prepare(world, bot, call, _content(original), NOT_COPIED)
    message.text, message.entities, message.media = original.text, original.entities, original.media
    message.preview, message.spoiler, message.rich = original.preview, original.spoiler, original.rich
    if call.given("caption") and original.media is not None:
        message.text, message.entities = caption_text(
            call.text("caption"), call.text("parse_mode"), call.entities("caption_entities")
        )
    _post(world, bot, call, message)
    return {"message_id": message.id}


def forward_message(world: People, bot: LocalBot, call: Arguments) -> Json:
    source, original = _original(world, bot, call, "message to forward")
    if original.notice is not None or original.protected:
        raise bad_request(NOT_FORWARDED)
    message = _prepare(world, bot, call, _content(original), NOT_FORWARDED)
    message.text, message.entities, message.media = original.text, original.entities, original.media
    message.rich, message.origin = original.rich, original.origin or world.origin(source, original)
    return _post(world, bot, call, message, markup=False)


def _content(message: LocalMessage) -> str:
    return "text messages" if message.media is None else _called(message.media.kind)


def _called(kind: str) -> str:
    """As tdlib's `can_send_message_content` calls it."""
    return {"voice": "voice notes", "video_note": "video notes"}.get(kind, f"{kind}s")


def _original(world: People, bot: LocalBot, call: Arguments, what: str) -> tuple[LocalChat, LocalMessage]:
    source = world.open_chat(bot, call.required("from_chat_id"), write=False)
    return source, find_message(source, call.whole("message_id"), what)


def send_chat_action(world: People, bot: LocalBot, call: Arguments) -> bool:
    action = call.text("action").lower()
    if action not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = world.open_chat(bot, call.text("chat_id"))  # Telegram does not look at the topic here
    world.happened("action", chat.id, action=action)
    return True


def _open(world: People, bot: LocalBot, call: Arguments, what: str, instead: str = "") -> LocalChat:
    chat = world.open_chat(bot, call.text("chat_id"))
    check_topic(bot, chat, call.whole("message_thread_id"))
    check_may_send(bot, chat, what, instead)
    return chat


def _prepare(world: People, bot: LocalBot, call: Arguments, what: str, instead: str = "") -> LocalMessage:
    chat = _open(world, bot, call, what, instead)
    reply_to = reply_target(world, bot, chat, call)
    message = _new(world, bot, chat, call)
    message.reply_to = reply_to
    message.receiver = None if instead else receiver_of(world, bot, chat, call)  # copies and forwards are for all
    return message


def _new(world: People, bot: LocalBot, chat: LocalChat, call: Arguments) -> LocalMessage:
    thread = call.whole("message_thread_id")
    message = LocalMessage(chat.id, 0, world.now(), bot=bot.profile.username)
    message.thread = thread if thread in chat.topics else 0
    message.silent, message.protected = call.flag("disable_notification"), call.flag("protect_content")
    return message


def _post(world: People, bot: LocalBot, call: Arguments, message: LocalMessage, *, markup: bool = True) -> Json:
    chat = world.chat_of_message(message, bot)
    if markup:
        message.buttons, message.markup = read_markup(call)
    if message.receiver is None:
        message.id = world.next_id(chat)
    else:
        message.ephemeral_id = next(world.numbers)
    return message_json(chat, world.post(chat, message), world)


def link_preview(call: Arguments) -> Json | None:
    options = call.structure("link_preview_options", "can't parse link preview options JSON object")
    if options is None:
        return {"is_disabled": True} if call.flag("disable_web_page_preview") else None
    if not isinstance(options, dict):
        raise bad_request("object expected as link preview options")
    kept = {name: value for name, value in options.items() if value}
    for name, value in kept.items():
        wanted = str if name == "url" else bool
        if not isinstance(value, wanted):
            raise bad_request(f'field "{name}" must be of type {"String" if wanted is str else "Boolean"}')
    return kept or None
