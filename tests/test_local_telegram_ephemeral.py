"""Ephemeral messages in the local Telegram: what it takes, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.telegram import LocalTelegram
from tests.raw_bot import ADMIN, CHANNEL, READER, STRANGER, SUPER, Bot, bot, telegram

__all__ = ["bot", "telegram"]  # fixtures

ALONE = {"receiver_user_id": READER}


@pytest.fixture
async def leading(telegram: LocalTelegram) -> LocalTelegram:
    telegram.add_member(SUPER, READER)
    telegram.promote(SUPER)
    return telegram


async def whisper(bot: Bot, **more: Any) -> Any:
    return await bot.ok("sendMessage", chat_id=SUPER, text="psst", ephemeral_message_parameters=ALONE, **more)


async def test_a_bot_that_leads_the_group_tells_one_member_alone(leading: LocalTelegram, bot: Bot) -> None:
    sent = await whisper(bot)
    assert (sent["message_id"], sent["receiver_user"]["id"]) == (0, READER)
    message = leading.chats[SUPER].ephemeral[sent["ephemeral_message_id"]]
    assert (message.receiver, message.text) == (READER, "psst")


async def test_it_is_edited_and_deleted_by_its_own_number_and_no_other_way(leading: LocalTelegram, bot: Bot) -> None:
    number = (await whisper(bot))["ephemeral_message_id"]
    where = {"chat_id": SUPER, "receiver_user_id": READER, "ephemeral_message_id": number}
    assert await bot.ok("editEphemeralMessageText", **where, text="hush") is True
    assert leading.chats[SUPER].ephemeral[number].text == "hush"
    assert "MESSAGE_ID_INVALID" in await bot.refused(
        "editEphemeralMessageText", **where | {"receiver_user_id": ADMIN}, text="no"
    )
    assert "not found" in await bot.refused("editMessageText", chat_id=SUPER, message_id=number, text="no")
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "x"}]]}
    assert await bot.ok("editEphemeralMessageReplyMarkup", **where, reply_markup=markup) is True
    assert await bot.ok("deleteEphemeralMessage", **where) is True
    assert "MESSAGE_ID_INVALID" in await bot.refused("deleteEphemeralMessage", **where)


@pytest.mark.parametrize(
    ("chat", "whom", "why"),
    [
        (SUPER, {}, "receiver_user_id"),
        (SUPER, {"receiver_user_id": STRANGER}, "USER_NOT_PARTICIPANT"),
        (READER, ALONE, "can't be sent in the chat"),
        (CHANNEL, ALONE, "can't be sent in the chat"),
    ],
)
async def test_there_must_be_a_member_of_a_group_to_tell(
    leading: LocalTelegram, bot: Bot, chat: int, whom: dict[str, int], why: str
) -> None:
    assert why in await bot.refused("sendMessage", chat_id=chat, text="a", ephemeral_message_parameters=whom)


async def test_a_bot_that_leads_nothing_needs_an_action_of_the_last_seconds(telegram: LocalTelegram, bot: Bot) -> None:
    telegram.add_member(SUPER, READER)
    alone: dict[str, Any] = {"chat_id": SUPER, "text": "a", "ephemeral_message_parameters": ALONE}
    assert "CHAT_ADMIN_REQUIRED" in await bot.refused("sendMessage", **alone)
    await bot.ok("setMyCommands", commands=[{"command": "latest", "description": "a", "is_ephemeral": True}])
    number = telegram.say(READER, SUPER, "/latest", ephemeral=True)
    (update,) = await bot.updates()
    assert (update["message"]["message_id"], update["message"]["ephemeral_message_id"]) == (0, number)
    assert update["message"]["receiver_user"]["id"] == telegram.first_bot.id
    answer = {"reply_parameters": {"ephemeral_message_id": number}}
    assert (await bot.ok("sendMessage", **alone, **answer))["ephemeral_message_id"] > number
    assert "must be ephemeral" in await bot.refused("sendMessage", chat_id=SUPER, text="a", **answer)
    telegram.chats[SUPER].ephemeral[number].date -= 16
    assert "CHAT_ADMIN_REQUIRED" in await bot.refused("sendMessage", **alone, **answer)


async def test_only_its_receiver_sees_the_buttons(leading: LocalTelegram, bot: Bot) -> None:
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "x"}]]}
    number = (await whisper(bot, reply_markup=markup))["ephemeral_message_id"]
    with pytest.raises(LookupError, match="does not see"):
        await leading.press(ADMIN, SUPER, -number, "x")


async def test_commands_are_ephemeral_only_where_the_menu_says_so(leading: LocalTelegram, bot: Bot) -> None:
    await bot.ok("setMyCommands", commands=[{"command": "latest", "description": "a"}])
    with pytest.raises(ValueError, match="no ephemeral command"):
        leading.say(READER, SUPER, "/latest", ephemeral=True)
    assert "is_ephemeral" in await bot.refused(
        "setMyCommands", commands=[{"command": "latest", "description": "a", "is_ephemeral": "yes"}]
    )


async def test_an_older_server_passes_over_what_it_does_not_know(leading: LocalTelegram, bot: Bot) -> None:
    leading.ephemeral = False
    assert (await whisper(bot))["message_id"] > 0
    where = {"chat_id": SUPER, "receiver_user_id": READER, "ephemeral_message_id": 1}
    assert "method not found" in await bot.refused("editEphemeralMessageText", **where, text="a")
