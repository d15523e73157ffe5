"""The Bot API's own objects, as a bot gets them: User, Chat, Message, ChatMember."""

from __future__ import annotations

from bot.demo.telegram.files import smaller
from bot.demo.telegram.values import Json, LocalMessage, Media
from bot.demo.telegram.world import LocalBot, LocalChat, Person, World

ANONYMOUS_ADMIN: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL_BOT: Json = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
ADMIN_RIGHTS = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
    "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories", "can_send_welcome_messages", "can_manage_tags",
)  # fmt: skip
GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics")
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages")
MEMBER_RIGHTS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
    "can_react_to_messages", "can_edit_tag",
)  # fmt: skip

RIGHT_TO_SEND = {
    "text messages": "can_send_messages", "photos": "can_send_photos", "videos": "can_send_videos",
    "documents": "can_send_documents", "animations": "can_send_other_messages",
    "audios": "can_send_audios", "voice notes": "can_send_voice_notes",
    "video notes": "can_send_video_notes",
}  # fmt: skip


def chat_json(chat: LocalChat) -> Json:
    """The Bot API's Chat."""
    if chat.person is not None:
        user = chat.person.user()
        return {"id": chat.id, **{k: user[k] for k in ("first_name", "username") if k in user}, "type": "private"}
    found: Json = {"id": chat.id, "title": chat.title}
    if chat.username:
        found["username"] = chat.username
    if chat.forum:
        found["is_forum"] = True
    found["type"] = chat.kind
    if chat.kind == "group":
        found["all_members_are_administrators"] = False
    return found


def full_chat_json(chat: LocalChat) -> Json:
    """The Bot API's ChatFullInfo."""
    gifts = dict.fromkeys(("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"), False)
    full = {
        **chat.brief,
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": {**gifts, "gifts_from_channels": False},
    }
    if chat.username:
        full["active_usernames"] = [chat.username]
    if chat.kind in {"group", "supergroup"}:
        full["permissions"] = dict.fromkeys(MEMBER_RIGHTS, True)
    if chat.linked is not None:
        full["linked_chat_id"] = chat.linked
    if chat.pinned:
        full["pinned_message"] = message_json(chat, chat.pinned[-1], None)
    return full


def message_json(chat: LocalChat, message: LocalMessage, world: World | None, *, reply: bool = True) -> Json:
    """The Bot API's Message. `world` knows the senders; without it the sender is left out."""
    found: Json = {"message_id": message.id, **sender_json(chat, message, world), "chat": chat.brief}
    if message.ephemeral_id:
        found |= {"ephemeral_message_id": message.ephemeral_id, **_receiver(message, world)}
    found["date"] = message.date
    if message.thread:
        found["message_thread_id"] = message.thread
        found["is_topic_message"] = True
    elif message.reply_to is not None and chat.kind == "supergroup":
        found["message_thread_id"] = _first_of_thread(chat, message)  # where there are no topics this is no topic
    if message.notice is not None:
        found.update(message.notice)
    if message.media is not None:
        _add_media(found, message)
    elif message.rich is not None:
        found["rich_message"] = message.rich
    elif message.text:
        found["text"] = message.text
        if message.entities:
            found["entities"] = message.entities
    if reply and (message.reply_to is not None or message.thread):
        _add_reply(found, chat, message, world)
    _add_rest(found, message)
    return found


def _receiver(message: LocalMessage, world: World | None) -> Json:
    if world is None or message.receiver is None:
        return {}
    bot = next((one for one in world.bots.values() if one.id == message.receiver), None)
    return {"receiver_user": bot.user if bot else world.people[message.receiver].user()}


def _first_of_thread(chat: LocalChat, message: LocalMessage) -> int:
    while message.reply_to is not None and message.reply_to in chat.by_id:
        message = chat.by_id[message.reply_to]
    return message.id


def sender_json(chat: LocalChat, message: LocalMessage, world: World | None) -> Json:
    if chat.kind == "channel":
        return {"sender_chat": chat.brief}
    if world is None:
        return {}
    if message.bot is not None:
        return {"from": world.bot_named(message.bot).user}
    if message.channel is not None:
        return {"from": CHANNEL_BOT, "sender_chat": world.chats[message.channel].brief}
    if message.user_id is None:
        return {"from": ANONYMOUS_ADMIN, "sender_chat": chat.brief}
    return {"from": world.people[message.user_id].user()}


def _add_media(found: Json, message: LocalMessage) -> None:
    if message.media is not None:
        found.update(media_json(message.media))
    if message.text:
        found["caption"] = message.text
        if message.entities:
            found["caption_entities"] = message.entities
        if message.caption_above:
            found["show_caption_above_media"] = True
    if message.spoiler:
        found["has_media_spoiler"] = True


def media_json(media: Media) -> Json:
    """The field of a Message that carries the file."""
    if media.kind == "photo":
        return {"photo": [_size(smaller(media)), _size(media)]}  # the last, biggest one is the picture itself
    about: Json = {"file_id": media.file_id, "file_unique_id": media.unique_id, "file_size": media.size}
    if media.name:
        about["file_name"] = media.name
    if media.mime:
        about["mime_type"] = media.mime
    if media.kind == "document":
        return {"document": about}
    about["duration"] = 1
    if media.kind in {"audio", "voice"}:
        return {media.kind: about}
    if media.kind == "video_note":
        return {"video_note": about | {"length": 240}}
    about |= {"width": media.width, "height": media.height}
    return {"animation": about, "document": about} if media.kind == "animation" else {"video": about}


def _size(media: Media) -> Json:
    return {
        "file_id": media.file_id,
        "file_unique_id": media.unique_id,
        "file_size": media.size,
        "width": media.width,
        "height": media.height,
    }


def _add_reply(found: Json, chat: LocalChat, message: LocalMessage, world: World | None) -> None:
    """In a topic a message that replies to nothing else replies to the one that opened the topic."""
    answered = chat.by_id.get(message.reply_to if message.reply_to is not None else message.thread)
    if answered is not None and not answered.deleted:
        found["reply_to_message"] = message_json(chat, answered, world, reply=False)


def _add_rest(found: Json, message: LocalMessage) -> None:
    if message.edited is not None:
        found["edit_date"] = message.edited
    if message.album is not None:
        found["media_group_id"] = message.album
    if message.buttons:
        found["reply_markup"] = {"inline_keyboard": message.buttons}
    if message.preview is not None and message.media is None:
        found["link_preview_options"] = message.preview
    if message.protected:
        found["has_protected_content"] = True
    if message.origin is not None:
        found["forward_origin"] = message.origin
        found.update(_old_forward(message.origin))
    if message.via_bot is not None:
        found["via_bot"] = message.via_bot


def _old_forward(origin: Json) -> Json:
    """The fields older than forward_origin, which the Bot API still sends."""
    if origin["type"] == "user":
        return {"forward_from": origin["sender_user"], "forward_date": origin["date"]}
    if origin["type"] == "channel":
        message_id = {"forward_from_message_id": origin["message_id"]}
        return {"forward_from_chat": origin["chat"], **message_id, "forward_date": origin["date"]}
    return {"forward_from_chat": origin["sender_chat"], "forward_date": origin["date"]}


def member_json(chat: LocalChat, user: Json, status: str) -> Json:
    """The Bot API's ChatMember. A private chat's other side is a member as well."""
    found: Json = {"user": user, "status": "left" if status == "stranger" else status}
    if status == "creator":
        found["is_anonymous"] = False
    if status == "administrator":
        rights = ADMIN_RIGHTS + (CHANNEL_RIGHTS if chat.kind == "channel" else GROUP_RIGHTS)
        found.update(dict.fromkeys(rights, True), can_be_edited=False, is_anonymous=False)
        found.update(dict.fromkeys(chat.lacking & found.keys() if user["is_bot"] else (), False))
    if status == "restricted":
        found.update(dict.fromkeys(MEMBER_RIGHTS, bool(chat.unwelcome)), is_member=True, until_date=0)
        found.update((RIGHT_TO_SEND[what], False) for what in chat.unwelcome)
    if status == "kicked":
        found["until_date"] = 0
    return found


def person_member(chat: LocalChat, person: Person) -> Json:
    default = "member" if chat.person is person else "left"
    return member_json(chat, person.user(), chat.members.get(person.id, default))


def bot_member(chat: LocalChat, bot: LocalBot) -> Json:
    return member_json(chat, bot.user, chat.bots.get(bot.id, "left"))
