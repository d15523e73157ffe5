"""The Bot API's methods by name, which is read in any case, and which of them Telegram's limits count."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.demo.telegram import asking, editing, ephemeral, forums, profile, sending
from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.people import People
from bot.demo.telegram.world import LocalBot

Method = Callable[[People, LocalBot, Arguments], Any | Awaitable[Any]]

COUNTED: dict[str, Method] = {
    "sendMessage": sending.send_message,
    "sendRichMessage": sending.send_rich_message,
    "sendPhoto": sending.send_photo,
    "sendVideo": sending.send_video,
    "sendAnimation": sending.send_animation,
    "sendAudio": sending.send_audio,
    "sendVoice": sending.send_voice,
    "sendDocument": sending.send_document,
    "sendMediaGroup": sending.send_media_group,
    "copyMessage": sending.copy_message,
    "forwardMessage": sending.forward_message,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "editEphemeralMessageText": ephemeral.edit_text,
    "editEphemeralMessageReplyMarkup": ephemeral.edit_reply_markup,
    "deleteEphemeralMessage": ephemeral.delete,
}
FREE: dict[str, Method] = {
    "getMe": profile.get_me,
    "getUpdates": profile.get_updates,
    "setWebhook": profile.set_webhook,
    "deleteWebhook": profile.delete_webhook,
    "getWebhookInfo": profile.get_webhook_info,
    "sendChatAction": sending.send_chat_action,
    "pinChatMessage": editing.pin_chat_message,
    "unpinChatMessage": editing.unpin_chat_message,
    "unpinAllChatMessages": editing.unpin_all_chat_messages,
    "answerCallbackQuery": asking.answer_callback_query,
    "answerInlineQuery": asking.answer_inline_query,
    "getChat": asking.get_chat,
    "getChatMember": asking.get_chat_member,
    "getChatAdministrators": asking.get_chat_administrators,
    "getChatMemberCount": asking.get_chat_member_count,
    "leaveChat": asking.leave_chat,
    "createForumTopic": forums.create_forum_topic,
    "editForumTopic": forums.edit_forum_topic,
    "closeForumTopic": forums.close_forum_topic,
    "reopenForumTopic": forums.reopen_forum_topic,
    "deleteForumTopic": forums.delete_forum_topic,
    "getFile": asking.get_file,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyName": profile.set_my_name,
    "getMyName": profile.get_my_name,
    "setMyDescription": profile.set_my_description,
    "getMyDescription": profile.get_my_description,
    "setMyShortDescription": profile.set_my_short_description,
    "getMyShortDescription": profile.get_my_short_description,
    "logOut": profile.log_out,
    "close": profile.close,
}
METHODS = COUNTED | FREE
_CANONICAL = {name.lower(): name for name in METHODS}


def method_name(name: str) -> str:
    """As the documentation writes it; unknown ones stay as they are."""
    return _CANONICAL.get(name.lower(), name)
