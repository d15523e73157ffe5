"""Editing, deleting and pinning what stands in the local Telegram's chats."""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.telegram import LocalTelegram
from tests.raw_bot import CHANNEL, READER, SUPER, Bot, bot, telegram

__all__ = ["bot", "telegram"]  # fixtures


LINK = {"inline_keyboard": [[{"text": "a", "url": "https://example.org/"}]]}


async def test_an_edit_keeps_what_stood_there_before(telegram: LocalTelegram, bot: Bot) -> None:
    sent = await bot.ok("sendMessage", chat_id=READER, text="one", reply_markup=LINK)
    edited = await bot.ok("editMessageText", chat_id=READER, message_id=sent["message_id"], text="two")
    assert (edited["text"], edited["edit_date"] >= edited["date"]) == ("two", True)
    assert "reply_markup" not in edited  # an edit that names no buttons takes them away
    message = telegram.chats[READER].newest()
    assert [version.text for version in message.edits] == ["one"]
    assert message.edits[0].buttons[0][0]["text"] == "a"


@pytest.mark.parametrize(
    ("method", "content", "send"),
    [
        ("editMessageText", {"text": "<b>a</b> ", "parse_mode": "HTML"}, ("sendMessage", {"text": "<b>a</b>"})),
        (
            "editMessageCaption",
            {"caption": "<b>a</b>"},
            ("sendPhoto", {"photo": "https://a.org/a.jpg", "caption": "<b>a</b>"}),
        ),
        (
            "editMessageMedia",
            {"media": {"type": "photo", "media": "https://a.org/a.jpg", "caption": "a"}},
            ("sendPhoto", {"photo": "https://a.org/a.jpg", "caption": "a"}),
        ),
        ("editMessageReplyMarkup", {}, ("sendMessage", {"text": "a"})),
    ],
)
async def test_an_edit_that_changes_nothing_is_refused(
    bot: Bot, method: str, content: dict[str, Any], send: tuple[str, dict[str, Any]]
) -> None:
    same = {"chat_id": READER, "reply_markup": LINK, "parse_mode": "HTML"}
    sent = await bot.ok(send[0], **same, **send[1])
    words = await bot.refused(method, message_id=sent["message_id"], **(same | content))
    assert words == (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as "
        "a current content and reply markup of the message"
    )


async def test_text_and_caption_are_edited_each_by_its_own_method(bot: Bot) -> None:
    text = (await bot.ok("sendMessage", chat_id=READER, text="a"))["message_id"]
    photo = (await bot.ok("sendPhoto", chat_id=READER, photo="https://example.org/a.jpg"))["message_id"]
    words = await bot.refused("editMessageText", chat_id=READER, message_id=photo, text="b")
    assert words == "Bad Request: there is no text in the message to edit"
    words = await bot.refused("editMessageCaption", chat_id=READER, message_id=text, caption="b")
    assert words == "Bad Request: there is no caption in the message to edit"


async def test_a_text_message_can_become_a_photo(telegram: LocalTelegram, bot: Bot) -> None:
    number = (await bot.ok("sendMessage", chat_id=READER, text="a"))["message_id"]
    media = {"type": "photo", "media": "https://example.org/a.jpg", "caption": "now with a picture"}
    edited = await bot.ok("editMessageMedia", chat_id=READER, message_id=number, media=media)
    assert (edited["caption"], len(edited["photo"])) == ("now with a picture", 2)
    assert "text" not in edited
    assert telegram.chats[READER].screen() == ["now with a picture"]


async def test_only_its_own_messages_can_be_edited_by_a_bot(telegram: LocalTelegram, bot: Bot) -> None:
    said = telegram.say(READER, READER, "mine")
    words = await bot.refused("editMessageText", chat_id=READER, message_id=said, text="yours")
    assert words == "Bad Request: message can't be edited"


async def test_a_message_with_a_reply_keyboard_can_not_be_edited(bot: Bot) -> None:
    keyboard = {"keyboard": [["yes", "no"]]}
    sent = await bot.ok("sendMessage", chat_id=READER, text="well?", reply_markup=keyboard)
    words = await bot.refused("editMessageText", chat_id=READER, message_id=sent["message_id"], text="b")
    assert words == "Bad Request: message can't be edited"


async def test_an_old_message_is_still_edited_but_not_deleted(telegram: LocalTelegram, bot: Bot) -> None:
    for chat in (READER, CHANNEL):
        number = (await bot.ok("sendMessage", chat_id=chat, text="a"))["message_id"]
        telegram.age(chat, number, hours=48)
        await bot.ok("editMessageText", chat_id=chat, message_id=number, text="b")
        words = await bot.refused("deleteMessage", chat_id=chat, message_id=number)
        assert words.startswith("Bad Request: message can't be deleted")
        assert telegram.chats[chat].screen() == ["b"]


async def test_what_was_deleted_is_gone_for_every_later_call(telegram: LocalTelegram, bot: Bot) -> None:
    number = (await bot.ok("sendMessage", chat_id=READER, text="a"))["message_id"]
    assert await bot.ok("deleteMessage", chat_id=READER, message_id=number) is True
    assert telegram.chats[READER].screen() == []
    assert (
        await bot.refused("deleteMessage", chat_id=READER, message_id=number)
        == "Bad Request: message to delete not found"
    )
    words = await bot.refused("editMessageText", chat_id=READER, message_id=number, text="b")
    assert words == "Bad Request: message to edit not found"


async def test_deleting_several_passes_over_those_that_are_not_there(telegram: LocalTelegram, bot: Bot) -> None:
    numbers = [(await bot.ok("sendMessage", chat_id=READER, text=str(n)))["message_id"] for n in range(3)]
    assert await bot.ok("deleteMessages", chat_id=READER, message_ids=[*numbers[:2], 4711]) is True
    assert telegram.chats[READER].screen() == ["2"]


async def test_a_pin_needs_rights_in_groups_and_none_in_private(telegram: LocalTelegram, bot: Bot) -> None:
    for chat in (READER, SUPER):
        await bot.ok("sendMessage", chat_id=chat, text="card")
    assert await bot.ok("pinChatMessage", chat_id=READER, message_id=telegram.chats[READER].newest().id) is True
    assert [message.text for message in telegram.chats[READER].pinned] == ["card"]
    words = await bot.refused("pinChatMessage", chat_id=SUPER, message_id=telegram.chats[SUPER].newest().id)
    assert words == "Bad Request: not enough rights to manage pinned messages in the chat"
    assert (await bot.ok("getChat", chat_id=READER))["pinned_message"]["text"] == "card"
    assert await bot.ok("unpinChatMessage", chat_id=READER) is True
    assert telegram.chats[READER].pinned == []
