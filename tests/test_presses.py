"""Buttons that nobody of ours made: what a tampered, an outworn or a foreign press does is said, and is nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram import Update

from bot.core.model import Lane
from bot.core.publishing import Audience, PushText, Sending
from bot.demo.telegram import Fault
from handlers.hearing import PRESSES
from storage import Subscription
from tests.newsroom import post
from tests.telegram_house import (
    ADMIN,
    ANN,
    BEN,
    CHANNEL,
    EDITOR,
    FORUM,
    GROUP,
    OTHER_EDITOR,
    TelegramHouse,
    telegram_house,
)

HUGE = "9" * 40
ARGUMENTS = [
    "", ":", "::", ":::::::", "-", "--5", "-5", "0", "1", HUGE, f"-{HUGE}", "²", "٣", "storm", "storm:", "storm:+",
    "storm:+ ", "storm:nothing", "storm:+-", "\x00", "%s", "'; DROP TABLE post; --", '"', "*", "ok", "x" * 50,
    *(f"{act}:{number}" for act in ("send", "drop", "show", "cancel", "pause", "resume", "stop", "correct", "recall",
      "yes", "no", "page", "one", "restore", "approve", "reject", "now", "silent", "lane", "to", "at", "who", "when",
      "links", "back", "1", "5", HUGE) for number in ("", "-1", "0", "1", "77", "7.5", HUGE)),
    "to:1:b:storm", "to:1:t:storm:nothing", "to:1:l:", "to:1:me", "at:1:yesterday", "at:1:18:30",
    ":s", ":s:storm", ":V:storm:z", ":V:e", ":Q:storm", ":Q:1-2", ":Z:Nowhere/City", ":L:xx", ":M:99999d", ":M:x",
    ":F:storm:x", ":D:storm:9", ":B:2", ":N:storm:2", ":P:", ":U:", ":h", f"{HUGE}:h", "--1:h", f"-{HUGE}:h",
    "storm:0:0:o1", "storm:zzzzzzzzzz:zzzzzzzzzz:o1", ":1:0:o1", ":0:1:ozzzzzzzzzzzz", ":0:1:", "nowhere:0:1:o1",
    ":5:ozzzzzzzzzzzz", f":{HUGE}:o1", ":5:q1", ":0:o1", "storm:5:", "o1:", "o1:AAAAAAAA", "ozzzzzzzzzzzz:storm:ferry",
    "::=", "::=nothing", "o1:storm:=x", "::\"", "::***", "::NEAR(", "::a AND", ":nowhere:ferry",
]  # fmt: skip


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        await one.room.publish(post("boat", "The ferry is late."))
        yield one


@pytest.mark.parametrize("word", sorted(PRESSES))
async def test_a_button_that_carries_anything_breaks_nothing(house: TelegramHouse, word: str) -> None:
    question = await house.answer(ADMIN, "/id")
    for argument in ARGUMENTS:
        data = f"{word}:{argument}".encode()[:64].decode(errors="ignore")
        question.buttons = (({"text": "a button", "callback_data": data},),)
        await house.telegram.press(ADMIN, ADMIN, question.id, data)
        assert house.room.reports == [], data
    assert all(one.wish.words != ("",) for one in await _followed(house, ADMIN))


async def _followed(house: TelegramHouse, chat: int) -> list[Subscription]:
    known = await house.room.store.chat("main", chat)
    return await house.room.store.subscriptions(known.id, 0) if known else []


@pytest.mark.parametrize("data", ["leave:{}", "forget:{}", "set:{}:h", "set:{}:U:storm", "set:{}:M:3h", "set:{}:L:de"])
async def test_a_number_of_somebody_elses_chat_in_a_button_opens_no_door(house: TelegramHouse, data: str) -> None:
    theirs = (ANN, GROUP, FORUM, CHANNEL)
    for chat in (GROUP, FORUM, ANN):
        await house.ask(ANN, "/subscribe storm", chat)
    await house.ask(ANN, "/subscribe storm @harbour_news")
    before = [await house.room.store.chat("main", chat) for chat in theirs]
    question = await house.answer(BEN, "/id")
    for chat in theirs:
        question.buttons = (({"text": "a button", "callback_data": data.format(chat)},),)
        pressed = await house.telegram.press(BEN, BEN, question.id, data.format(chat))
        assert pressed.show_alert, chat
        assert pressed.text in (
            "Only the admins of that channel can decide that.",
            "Telegram does not tell me who the admins are; please try again.",
        )
    assert [await house.room.store.chat("main", chat) for chat in theirs] == before
    assert all([await _followed(house, chat) for chat in theirs])
    assert house.room.reports == []


@pytest.mark.parametrize("act", ["send", "drop", "show"])
async def test_the_buttons_of_a_held_post_do_nothing_to_somebody_elses_scheduled_push(
    house: TelegramHouse, act: str
) -> None:
    await house.ask(ANN, "/subscribe storm")
    number = await house.room.desk.draft(EDITOR, PushText(text="At eight"))
    at = house.room.clock() + 3600
    assert await house.room.desk.send(number, Sending(audience=Audience(), lane=Lane.LIVE, at=at))
    question = await house.answer(OTHER_EDITOR, "/id")
    question.buttons = (({"text": "a button", "callback_data": f"held:{act}:{number}"},),)
    pressed = await house.telegram.press(OTHER_EDITOR, OTHER_EDITOR, question.id, f"held:{act}:{number}")
    assert pressed.text == "It is not there any more."
    push = await house.room.store.push(number)
    assert push is not None
    assert (push.state, push.post.withdrawn_at) == ("scheduled", None)
    await house.room.quiet()
    assert not any("At eight" in said for said in house.room.screen(ANN))


async def test_what_was_pressed_is_said_anew_where_the_message_cannot_be_changed(house: TelegramHouse) -> None:
    shown = await house.answer(ANN, "/settings")
    refused = Fault.refuse(400, "Bad Request: message can't be edited")
    house.telegram.fail(method="editMessageText", chat=ANN, error=refused)
    await house.telegram.tap(ANN, ANN, "Quiet hours")
    await house.newest_says(ANN, "New posts wait until they are over.")
    await house.telegram.tap(ANN, ANN, "Done")  # of the new one
    assert house.said(ANN)[-1].id != shown.id
    assert house.room.reports == []


async def test_where_telegram_does_not_say_what_the_bot_may_no_topic_is_opened(house: TelegramHouse) -> None:
    shown = await house.answer(ANN, "/subscribe", FORUM)
    refused = Fault.refuse(400, "Bad Request: member list is inaccessible")
    for method in ("getChatMember", "getChatMember"):
        house.telegram.fail(method=method, chat=FORUM, error=refused)
    pressed = await house.telegram.press(ANN, FORUM, shown.id, "forum:")
    assert pressed.text == "Telegram does not tell me who the admins are; please try again."
    assert house.room.reports == []


async def _press_under_a_forgotten_message(house: TelegramHouse, chat: int, kind: str, data: str) -> None:
    """https://core.telegram.org/bots/api#inaccessiblemessage"""
    person = {"id": ANN, "is_bot": False, "first_name": "Ann"}
    message = {"chat": {"id": chat, "type": kind}, "message_id": 999_999, "date": 0}
    query = {"id": "77", "from": person, "chat_instance": "1", "message": message, "data": data}
    update = Update.de_json({"update_id": 1, "callback_query": query}, house.application.bot)
    await house.application.process_update(update)


async def test_under_a_message_that_telegram_forgot_a_person_is_heard_and_a_group_asked_to_type(
    house: TelegramHouse,
) -> None:
    await house.ask(ANN, "/subscribe storm", GROUP)
    await house.ask(ANN, "/start")
    for word in ("leave", "forget", "set"):
        await _press_under_a_forgotten_message(house, GROUP, "group", f"{word}:{GROUP}:U:storm")
        await _press_under_a_forgotten_message(house, GROUP, "group", f"{word}::U:storm")
    assert await house.follows(GROUP) == {"storm": ()}
    before = len(house.said(ANN))
    await _press_under_a_forgotten_message(house, ANN, "private", "set::M:3h")
    await house.telegram.until(lambda: len(house.said(ANN)) > before)
    assert "Muted until" in house.said(ANN)[-1].text
    assert house.room.reports == []


READING = ("catch", "latest", "topic", "found")


@pytest.mark.parametrize("word", sorted({*PRESSES} - {*READING}))
async def test_who_decides_nothing_in_a_group_is_refused_in_a_sentence(house: TelegramHouse, word: str) -> None:
    assert "You now" not in await house.ask(ANN, "/subscribe storm", GROUP)
    before, question = await _followed(house, GROUP), await house.answer(BEN, "/id", GROUP)
    key = "" if word == "set" else f"{GROUP}"
    for argument in ("", "storm", f"{GROUP}", f"{CHANNEL}", f"{key}:U:storm", "yes:1", "send:1", "restore:1", "page:0"):
        data = f"{word}:{argument}"
        question.buttons = (({"text": "a button", "callback_data": data},),)
        pressed = await house.telegram.press(BEN, GROUP, question.id, data)
        assert pressed.text, data
        assert pressed.show_alert, data
    assert await _followed(house, GROUP) == before
    assert house.room.reports == []
