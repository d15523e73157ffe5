"""The methods that change, delete and pin what stands in chats."""

from __future__ import annotations

from bot.demo.telegram.access import DELETABLE_FOR, check_right, find_message
from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.formatting import caption_text, message_text
from bot.demo.telegram.keyboard import Rows, read_markup
from bot.demo.telegram.objects import message_json
from bot.demo.telegram.people import People
from bot.demo.telegram.rich import plain_text, rich_message
from bot.demo.telegram.sending import input_media, link_preview
from bot.demo.telegram.values import Json, LocalMessage, Media, bad_request
from bot.demo.telegram.world import LocalBot, LocalChat

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def edit_message_text(world: People, bot: LocalBot, call: Arguments) -> Json:
    """A text may become a rich message and a rich message a text."""
    if call.given("rich_message"):
        return _edit_richly(world, bot, call)
    text, entities = message_text(call.text("text"), call.text("parse_mode"), call.entities("entities"))
    preview = link_preview(call)
    buttons = _buttons(call)
    chat, message = _own(world, bot, call)
    if message.media is not None:
        raise bad_request("there is no text in the message to edit")
    now = (message.text, message.entities, message.preview, message.buttons)
    if message.rich is None and (text, entities, preview, buttons) == now:
        raise bad_request(NOT_MODIFIED)
    message.preview, message.rich = preview, None
    world.change(message, text=text, entities=entities, buttons=buttons)
    return message_json(chat, message, world)


def _edit_richly(world: People, bot: LocalBot, call: Arguments) -> Json:
    rich, buttons = rich_message(world, bot, call), _buttons(call)
    chat, message = _own(world, bot, call)
    if message.media is not None:
        raise bad_request("there is no text in the message to edit")
    if (rich, buttons) == (message.rich, message.buttons):
        raise bad_request(NOT_MODIFIED)
    message.rich = rich
    world.change(message, text=plain_text(rich), entities=(), buttons=buttons)
    return message_json(chat, message, world)


def edit_message_caption(world: People, bot: LocalBot, call: Arguments) -> Json:
    text, entities = caption_text(call.text("caption"), call.text("parse_mode"), call.entities("caption_entities"))
    buttons = _buttons(call)
    chat, message = _own(world, bot, call)
    if message.media is None:
        raise bad_request("there is no caption in the message to edit")
    return _changed(world, chat, message, text, entities, message.media, buttons)


def edit_message_media(world: People, bot: LocalBot, call: Arguments) -> Json:
    """Gives any message of the bot another picture, video or file, a text message too."""
    part = call.structure("media", "can't parse input media JSON object")
    if part is None:
        raise bad_request('parameter "media" is required')
    buttons = _buttons(call)
    chat, message = _own(world, bot, call)
    if message.media is not None and message.media.kind == "voice":  # td, MessagesManager::can_edit_message_media
        raise bad_request("message can't be edited")
    media, text, entities, _ = input_media(world, bot, call, part)
    _check_album(message, media)
    message.rich = None
    return _changed(world, chat, message, text, entities, media, buttons)


def _buttons(call: Arguments) -> Rows:
    buttons, other = read_markup(call)
    if other is not None:
        raise bad_request("inline keyboard expected")
    return buttons


def _check_album(message: LocalMessage, media: Media) -> None:
    if message.album is None or message.media is None:
        return
    if {message.media.kind, media.kind} & {"document", "audio", "animation"} and message.media.kind != media.kind:
        raise bad_request("can't change media type in the album")


def edit_message_reply_markup(world: People, bot: LocalBot, call: Arguments) -> Json:
    buttons = _buttons(call)
    chat, message = _own(world, bot, call)
    return _changed(world, chat, message, message.text, message.entities, message.media, buttons)


def _changed(
    world: People,
    chat: LocalChat,
    message: LocalMessage,
    text: str,
    entities: tuple[Json, ...],
    media: Media | None,
    buttons: Rows,
) -> Json:
    now = (message.text, message.entities, message.media, message.buttons)
    if (text, entities, media, buttons) == now:
        raise bad_request(NOT_MODIFIED)
    world.change(message, text=text, entities=entities, media=media, buttons=buttons)
    return message_json(chat, message, world)


def _own(world: People, bot: LocalBot, call: Arguments) -> tuple[LocalChat, LocalMessage]:
    """The bot's own message, or the refusal. After tdlib's `can_edit_message`: own ones have no time limit, but
    forwards and messages with a reply keyboard cannot be edited."""
    if not call.given("chat_id") and not call.given("message_id"):
        raise bad_request("message identifier is not specified")
    chat = world.open_chat(bot, call.text("chat_id"))
    message = find_message(chat, call.whole("message_id"), "message to edit")
    foreign = message.bot != bot.profile.username and message.via_bot != bot.user
    if chat.kind == "channel" and chat.bots[bot.id] != "administrator":
        raise bad_request("message can't be edited")
    if foreign or message.origin is not None or message.markup is not None or message.notice is not None:
        raise bad_request("message can't be edited")
    return chat, message


def delete_message(world: People, bot: LocalBot, call: Arguments) -> bool:
    if not call.text("chat_id"):
        raise bad_request("chat identifier is not specified")
    if call.whole("message_id") == 0:
        raise bad_request("message identifier is not specified")
    chat = world.open_chat(bot, call.text("chat_id"))
    message = find_message(chat, call.whole("message_id"), "message to delete")
    _check_deletable(world, bot, chat, message)
    world.delete(message)
    return True


def delete_messages(world: People, bot: LocalBot, call: Arguments) -> bool:
    """Those that are not there are passed over."""
    numbers = message_ids(call)
    chat = world.open_chat(bot, call.text("chat_id"))
    found = [chat.by_id[number] for number in numbers if number in chat.by_id and not chat.by_id[number].deleted]
    for message in found:
        _check_deletable(world, bot, chat, message)
    for message in found:
        world.delete(message)
    return True


def message_ids(call: Arguments, most: int = 100) -> list[int]:
    numbers = call.structure("message_ids", "can't parse message_ids JSON object")
    if not numbers and not isinstance(numbers, list):
        raise bad_request("message identifiers are not specified")
    if not isinstance(numbers, list):
        raise bad_request("expected an Array of message identifiers")
    if len(numbers) > most:
        raise bad_request("too many message identifiers specified")
    found = [Arguments({"id": number}).whole("id") for number in numbers]
    if not found:
        raise bad_request("message identifiers are not specified")
    if min(found) <= 0:
        raise bad_request("invalid message identifier specified")
    return found


def _check_deletable(world: People, bot: LocalBot, chat: LocalChat, message: LocalMessage) -> None:
    """After the documentation of deleteMessage and tdlib's `can_delete_channel_message` and `can_revoke_message`."""
    old = world.now() - message.date >= DELETABLE_FOR
    own = message.bot == bot.profile.username
    admin = chat.bots[bot.id] == "administrator"
    if old or (chat.kind == "channel" and not admin) or not (own or admin or chat.kind == "private"):
        private = chat.kind in {"private", "group"}
        raise bad_request("message can't be deleted for everyone" if private else "message can't be deleted")


def pin_chat_message(world: People, bot: LocalBot, call: Arguments) -> bool:
    chat = world.open_chat(bot, call.text("chat_id"))
    message = find_message(chat, call.whole("message_id"), "message to pin")
    check_right(bot, chat, "manage pinned messages in the chat")
    if not message.pinned:
        message.pinned = True
        world.happened("pinned", chat.id, message)
        notice = world.new_message(chat, thread=message.thread)
        notice.bot, notice.notice = (
            bot.profile.username,
            {"pinned_message": message_json(chat, message, world, reply=False)},
        )
        world.post(chat, notice)
    return True


def unpin_chat_message(world: People, bot: LocalBot, call: Arguments) -> bool:
    """Without a message id the newest pinned one."""
    chat = world.open_chat(bot, call.text("chat_id"))
    check_right(bot, chat, "manage pinned messages in the chat")
    pinned = chat.pinned
    message = find_message(chat, call.whole("message_id"), "message to unpin") if call.whole("message_id") else None
    if message is None:
        if not pinned:
            raise bad_request("message to unpin not found")
        message = pinned[-1]
    message.pinned = False
    world.happened("unpinned", chat.id, message)
    return True


def unpin_all_chat_messages(world: People, bot: LocalBot, call: Arguments) -> bool:
    chat = world.open_chat(bot, call.text("chat_id"))
    check_right(bot, chat, "manage pinned messages in the chat")
    for message in chat.pinned:
        message.pinned = False
        world.happened("unpinned", chat.id, message)
    return True
