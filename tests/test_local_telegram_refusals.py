"""What the local Telegram refuses, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.demo.telegram import LocalTelegram
from tests.raw_bot import CHANNEL, FORUM, GROUP, READER, STRANGER, SUPER, Bot, bot, telegram

__all__ = ["bot", "telegram"]  # fixtures


def button(**keys: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[keys]]}


@pytest.mark.parametrize(
    ("method", "parameters", "description"),
    [
        ("sendMessage", {"chat_id": READER}, "message text is empty"),
        ("sendMessage", {"chat_id": READER, "text": ""}, "message text is empty"),
        ("sendMessage", {"chat_id": READER, "text": " \n\u200b"}, "text must be non-empty"),
        ("sendMessage", {"chat_id": READER, "text": "a" * 4097}, "message is too long"),
        ("sendMessage", {"chat_id": READER, "text": "a" * 40_000}, "text is too long"),
        ("sendMessage", {"text": "a"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 999, "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": -999, "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": "@nobody", "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": "nobody", "text": "a"}, "chat not found"),
        ("sendMessage", {"chat_id": READER, "text": "a", "message_thread_id": 5}, "message thread not found"),
        ("sendMessage", {"chat_id": FORUM, "text": "a", "message_thread_id": 1}, "message thread not found"),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_parameters": {"message_id": 77}},
            "message to be replied not found",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_parameters": "{"},
            "can't parse reply parameters JSON object",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "link_preview_options": []},
            "object expected as link preview options",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": "{"},
            "can't parse reply keyboard markup JSON object",
        ),
        ("sendMessage", {"chat_id": READER, "text": "a", "reply_markup": []}, "object expected as reply markup"),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": {"inline_keyboard": [{}]}},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text="a")},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(url="https://example.org")},
            "can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text="a", url="https://a.b", callback_data="x")},
            "can't parse inline keyboard button: exactly one action must be specified, not url, callback_data",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text=" ", callback_data="x")},
            "inline keyboard button text must be non-empty",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text="a", callback_data="é" * 33)},
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            {"chat_id": READER, "text": "a", "reply_markup": button(text="a", url="file:///etc/passwd")},
            "inline keyboard button URL 'file:///etc/passwd' is invalid: Unsupported URL protocol",
        ),
        ("sendPhoto", {"chat_id": READER}, "there is no photo in the request"),
        ("sendPhoto", {"chat_id": READER, "photo": "attach://picture"}, "there is no photo in the request"),
        (
            "sendPhoto",
            {"chat_id": READER, "photo": "https://example.org/a.jpg", "caption": "a" * 1025},
            "message caption is too long",
        ),
        ("sendPhoto", {"chat_id": READER, "photo": "AgE" * 20}, "wrong file identifier/HTTP URL specified"),
        (
            "sendPhoto",
            {"chat_id": READER, "photo": "not an id"},
            "wrong remote file identifier specified: Wrong character in the string",
        ),
        (
            "sendPhoto",
            {"chat_id": READER, "photo": "ftp://example.org/a.jpg"},
            "invalid file HTTP URL specified: Unsupported URL protocol",
        ),
        ("sendPhoto", {"chat_id": READER, "photo": "https://example.org/gone.jpg"}, "failed to get HTTP URL content"),
        ("sendMediaGroup", {"chat_id": READER}, 'parameter "media" is required'),
        ("sendMediaGroup", {"chat_id": READER, "media": {}}, "expected an Array of InputMedia"),
        ("sendMediaGroup", {"chat_id": READER, "media": []}, "there are no messages to send"),
        (
            "sendMediaGroup",
            {"chat_id": READER, "media": [{"type": "photo", "media": "https://example.org/a.jpg"}] * 11},
            "too many messages to send as an album",
        ),
        (
            "sendMediaGroup",
            {"chat_id": READER, "media": [{"type": "sticker", "media": "https://example.org/a.jpg"}]},
            'can\'t parse InputMedia: type "sticker" is unsupported',
        ),
        ("sendChatAction", {"chat_id": READER, "action": "sleeping"}, "wrong parameter action in request"),
        ("copyMessage", {"chat_id": READER, "from_chat_id": READER, "message_id": 77}, "message to copy not found"),
        ("copyMessage", {"chat_id": READER}, 'parameter "from_chat_id" is required'),
        ("forwardMessage", {"chat_id": READER, "from_chat_id": 1, "message_id": 77}, "chat not found"),
        ("editMessageText", {"chat_id": READER, "message_id": 77, "text": "a"}, "message to edit not found"),
        ("editMessageText", {"text": "a"}, "message identifier is not specified"),
        (
            "editMessageText",
            {"chat_id": READER, "message_id": 77, "text": "a", "reply_markup": {"force_reply": True}},
            "inline keyboard expected",
        ),
        ("deleteMessage", {"chat_id": READER, "message_id": 77}, "message to delete not found"),
        ("deleteMessage", {"chat_id": READER}, "message identifier is not specified"),
        ("deleteMessages", {"chat_id": READER}, "message identifiers are not specified"),
        ("deleteMessages", {"chat_id": READER, "message_ids": [1] * 101}, "too many message identifiers specified"),
        ("pinChatMessage", {"chat_id": READER, "message_id": 77}, "message to pin not found"),
        ("unpinChatMessage", {"chat_id": READER}, "message to unpin not found"),
        (
            "answerCallbackQuery",
            {"callback_query_id": "5"},
            "query is too old and response timeout expired or query ID is invalid",
        ),
        ("getChatMember", {"chat_id": SUPER, "user_id": 999}, "PARTICIPANT_ID_INVALID"),
        ("getChatAdministrators", {"chat_id": READER}, "there are no administrators in the private chat"),
        ("createForumTopic", {"chat_id": SUPER, "name": "a"}, "the chat is not a forum"),
        ("createForumTopic", {"chat_id": FORUM, "name": "a"}, "not enough rights to create a topic"),
        ("getFile", {"file_id": "unknown"}, "invalid file_id"),
        ("setMyCommands", {"commands": [{"command": "Go!", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ("setMyCommands", {"commands": [{"command": "go", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        (
            "setMyCommands",
            {"commands": [], "scope": {"type": "planet"}},
            "can't parse BotCommandScope: Unsupported type specified",
        ),
        ("setMyCommands", {"commands": [], "language_code": "english"}, "invalid language code specified"),
        ("setWebhook", {"url": "ftp://127.0.0.1/x"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            "setWebhook",
            {"url": "http://127.0.0.1:1/", "secret_token": "ä"},
            "secret token contains unallowed characters",
        ),
    ],
)
async def test_bad_requests_are_refused_in_telegrams_words(
    telegram: LocalTelegram, bot: Bot, method: str, parameters: dict[str, Any], description: str
) -> None:
    telegram.files.refuse("https://example.org/gone.jpg")
    before = {chat.id: len(chat.messages) for chat in telegram.chats.values()}
    assert (await bot.answer(method, **parameters))[0] == 400
    assert await bot.refused(method, **parameters) == f"Bad Request: {description}"
    assert {chat.id: len(chat.messages) for chat in telegram.chats.values()} == before


async def test_refused_calls_leave_a_record_with_code_and_words(telegram: LocalTelegram, bot: Bot) -> None:
    await bot.refused("sendMessage", chat_id="501", text="")
    call = telegram.calls[-1]
    assert (call.method, call.chat, call.ok, call.code) == ("sendMessage", READER, False, 400)
    assert call.description == "Bad Request: message text is empty"
    assert call.at <= call.done


@pytest.mark.parametrize(
    ("act", "chat", "description"),
    [
        (lambda t: None, STRANGER, "bot can't initiate conversation with a user"),
        (lambda t: t.block(READER), READER, "bot was blocked by the user"),
        (lambda t: t.deactivate(READER), READER, "user is deactivated"),
        (lambda t: t.kick(GROUP), GROUP, "bot was kicked from the group chat"),
        (lambda t: t.kick(SUPER), SUPER, "bot was kicked from the supergroup chat"),
        (lambda t: t.kick(CHANNEL), CHANNEL, "bot was kicked from the channel chat"),
        (lambda t: t.kick(SUPER, status="left"), SUPER, "bot is not a member of the supergroup chat"),
        (lambda t: t.delete_chat(GROUP), GROUP, "the group chat was deleted"),
    ],
)
async def test_closed_chats_are_forbidden(
    telegram: LocalTelegram, bot: Bot, act: Callable[[LocalTelegram], object], chat: int, description: str
) -> None:
    act(telegram)
    for method, parameters in (("sendMessage", {"text": "a"}), ("editMessageText", {"text": "a", "message_id": 1})):
        status, answer = await bot.answer(method, chat_id=chat, **parameters)
        assert (status, answer["description"]) == (403, f"Forbidden: {description}")


async def test_a_restricted_bot_may_not_send(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.restrict(SUPER)
    telegram.restrict(CHANNEL)
    words = await bot.refused("sendMessage", chat_id=SUPER, text="a")
    assert words == "Bad Request: not enough rights to send text messages to the chat"
    words = await bot.refused("sendPhoto", chat_id=SUPER, photo="https://example.org/a.jpg")
    assert words == "Bad Request: not enough rights to send photos to the chat"
    words = await bot.refused("sendMessage", chat_id=CHANNEL, text="a")
    assert words == "Bad Request: need administrator rights in the channel chat"


async def test_a_bot_that_may_not_send_photos_may_send_texts(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.restrict(SUPER, what=["photos"])
    words = await bot.refused("sendPhoto", chat_id=SUPER, photo="https://example.org/a.jpg")
    assert words == "Bad Request: not enough rights to send photos to the chat"
    await bot.ok("sendMessage", chat_id=SUPER, text="a")
    member = (await bot.updates())[-1]["my_chat_member"]["new_chat_member"]
    assert (member["status"], member["can_send_photos"], member["can_send_messages"]) == ("restricted", False, True)
    telegram.unrestrict(SUPER)
    await bot.ok("sendPhoto", chat_id=SUPER, photo="https://example.org/a.jpg")


async def test_a_copy_does_not_say_which_right_it_lacks(telegram: LocalTelegram, bot: Bot) -> None:
    sent = await bot.ok("sendMessage", chat_id=READER, text="a")
    telegram.restrict(SUPER)
    original = {"chat_id": SUPER, "from_chat_id": READER, "message_id": sent["message_id"]}
    assert await bot.refused("copyMessage", **original) == "Bad Request: the message can't be copied"
    assert await bot.refused("forwardMessage", **original) == "Bad Request: the message can't be forwarded"


async def test_a_chat_that_takes_stars_or_is_closed_by_telegram_takes_no_message(
    telegram: LocalTelegram, bot: Bot
) -> None:
    telegram.charge(SUPER, 10)
    assert await bot.refused("sendMessage", chat_id=SUPER, text="a") == "Bad Request: ALLOW_PAYMENT_REQUIRED_10"
    telegram.charge(SUPER, 0)
    await bot.ok("sendMessage", chat_id=SUPER, text="a")
    telegram.censor(SUPER)
    assert await bot.refused("sendMessage", chat_id=SUPER, text="a") == "Bad Request: CHAT_RESTRICTED"


async def test_who_got_the_right_to_send_back_may_send(telegram: LocalTelegram, bot: Bot) -> None:
    for chat in (SUPER, CHANNEL):
        telegram.restrict(chat)
        telegram.unrestrict(chat)
        await bot.ok("sendMessage", chat_id=chat, text="a")


async def test_an_address_that_works_again_is_taken(telegram: LocalTelegram, bot: Bot) -> None:
    photo = {"chat_id": READER, "photo": "https://example.org/a.jpg"}
    await bot.ok("sendPhoto", **photo)
    telegram.files.refuse("https://example.org/a.jpg", "wrong type of the web page content")
    assert await bot.refused("sendPhoto", **photo) == "Bad Request: wrong type of the web page content"
    telegram.files.accept("https://example.org/a.jpg")
    await bot.ok("sendPhoto", **photo)
