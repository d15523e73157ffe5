"""Answers that go to the one who asked alone, in groups that can do that: over the local Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.telegram import Fault, LocalMessage
from handlers.menus import set_menus
from tests.telegram_house import ANN, BEN, CHANNEL, FORUM, GROUP, TelegramHouse, boats, buttons, telegram_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    """The bot leads the group, and the groups' menus are set."""
    async with telegram_house(tmp_path) as one:
        await one.room.stop()
        await one.room.publish(*boats(12))
        await set_menus(one.application.bot, one.house)
        one.telegram.promote(GROUP)
        yield one


async def press(house: TelegramHouse, message: LocalMessage, label: str, person: int = BEN) -> None:
    edits = len(message.edits)
    await house.telegram.press(person, GROUP, -message.ephemeral_id, buttons(message)[label])
    await house.telegram.until(lambda: len(message.edits) > edits)


@pytest.mark.parametrize("command", ["/latest", "/topic ferries", "/topic", "/search ferry", "/catchup"])
async def test_lists_go_to_the_asker_alone_where_the_bot_leads_the_group(house: TelegramHouse, command: str) -> None:
    answer = await house.answer(BEN, command, GROUP)
    assert (answer.receiver, answer.id) == (BEN, 0)
    assert answer.reply_to is not None


async def test_what_the_group_should_see_everybody_sees(house: TelegramHouse) -> None:
    for command in ("/help", "/blogs", "/subscribe storm"):
        assert (await house.answer(ANN, command, GROUP)).receiver is None


async def test_pages_are_turned_in_the_ephemeral_message(house: TelegramHouse) -> None:
    message = await house.answer(BEN, "/latest", GROUP)
    await press(house, message, "Older")
    assert "About boat-6" in message.text
    await press(house, message, "Newer")
    assert "About boat-11" in message.text
    assert len(house.said(GROUP)) == 1


async def test_a_page_comes_anew_where_the_ephemeral_message_is_gone(house: TelegramHouse) -> None:
    message = await house.answer(BEN, "/latest", GROUP)
    house.telegram.fail(method="editEphemeralMessageText", error=Fault.refuse(400, "Bad Request: MESSAGE_ID_INVALID"))
    await house.telegram.press(BEN, GROUP, -message.ephemeral_id, buttons(message)["Older"])
    await house.telegram.until(lambda: len(house.said(GROUP)) == 2)
    assert house.said(GROUP)[1].receiver == BEN
    assert "About boat-6" in house.said(GROUP)[1].text


async def test_an_ephemeral_command_is_answered_alone_by_a_bot_that_leads_nothing(house: TelegramHouse) -> None:
    thread = house.telegram.add_topic(FORUM, "Boats")
    answer = await house.answer(BEN, "/latest storm", FORUM, thread=thread, ephemeral=True)
    assert (answer.receiver, answer.thread) == (BEN, thread)
    wrong = await house.answer(BEN, "/latest strom", FORUM, ephemeral=True)
    assert wrong.receiver == BEN
    assert "did you mean" in wrong.text


async def test_where_telegram_refuses_everybody_gets_the_usual_answer_and_it_is_not_asked_for_a_while(
    house: TelegramHouse,
) -> None:
    house.telegram.chats[GROUP].without_ephemeral = True
    for _ in range(3):
        answer = await house.answer(BEN, "/latest", GROUP)
        assert answer.receiver is None
        assert answer.reply_to is not None
    sends = [call.ok for call in house.telegram.calls if call.method == "sendMessage" and call.chat == GROUP]
    assert sends == [False, True, True, True]
    assert len(house.said(GROUP)) == 3


async def test_a_bot_that_only_is_a_member_gives_the_usual_answer(house: TelegramHouse) -> None:
    assert (await house.answer(BEN, "/latest", FORUM)).receiver is None
    assert len(house.said(FORUM)) == 1


async def test_an_older_server_makes_the_usual_answer_of_it_once(house: TelegramHouse) -> None:
    house.telegram.ephemeral = False
    message = await house.answer(BEN, "/latest", GROUP)
    assert (message.receiver, message.reply_to is not None) == (None, True)
    edits = len(message.edits)
    await house.telegram.press(ANN, GROUP, message.id, buttons(message)["Older"])
    await house.telegram.until(lambda: len(message.edits) > edits)
    assert len(house.said(GROUP)) == 1


async def test_a_lost_answer_is_not_given_again(house: TelegramHouse) -> None:
    house.telegram.fail(method="sendMessage", chat=GROUP, error=Fault.lose_answer())
    await house.answer(BEN, "/latest", GROUP)
    await house.answer(BEN, "/help", GROUP)
    assert [one.receiver for one in house.said(GROUP)] == [BEN, None]


async def test_private_chats_channels_and_anonymous_admins_get_the_usual_answer(house: TelegramHouse) -> None:
    assert (await house.answer(ANN, "/latest")).receiver is None
    assert (await house.answer(ANN, "/latest", GROUP, anonymous=True)).receiver is None
    assert (await house.answer(ANN, "/latest", CHANNEL)).receiver is None


async def test_what_one_person_was_told_alone_the_group_has_not_seen(house: TelegramHouse) -> None:
    assert "About boat-11" in await house.ask(BEN, "/catchup", GROUP)
    assert "About boat-11" in await house.ask(ANN, "/catchup", GROUP)
    house.telegram.chats[GROUP].without_ephemeral = True
    assert "About boat-11" in await house.ask(ANN, "/catchup", GROUP)
    assert "Nothing new" in await house.ask(BEN, "/catchup", GROUP)


async def test_groups_menus_say_which_commands_nobody_else_sees(house: TelegramHouse) -> None:
    alone = [one["command"] for one in house.telegram.menu(BEN, GROUP) if one.get("is_ephemeral")]
    assert alone == ["catchup", "latest", "topic", "search", "why"]
    assert not any("is_ephemeral" in one for one in house.telegram.menu(BEN, BEN))
