"""What goes wrong while somebody waits, and what comes faster than it can be answered."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo.telegram import Fault
from tests.choosing import choose_in
from tests.telegram_house import (
    ANN,
    BEN,
    GROUP,
    ONE_BLOG,
    TelegramHouse,
    telegram_house,
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    """With one blog in the file."""
    async with telegram_house(tmp_path, ONE_BLOG) as one:
        yield one


# --- when things go wrong -------------------------------------------------------------------------------------------


async def test_a_fault_of_ours_is_one_sentence_and_a_report_to_the_admins(house: TelegramHouse) -> None:
    with closing(sqlite3.connect(house.room.store.path)) as db:
        db.execute("ALTER TABLE post RENAME TO lost")
    for _ in range(2):
        assert await house.ask(ANN, "/latest") == "Something went wrong here; the editors have been told."
    assert len(house.room.reports) == 1
    assert house.room.reports[0].startswith("/latest: StoreError")


async def test_an_answer_that_telegram_asks_patience_for_still_comes(house: TelegramHouse) -> None:
    house.telegram.fail(method="sendMessage", chat=ANN, error=Fault.refuse(429, "Too Many Requests", retry_after=1))
    assert "Live blogs" in await house.ask(ANN, "/blogs")


async def test_formatting_that_telegram_refuses_is_left_out(house: TelegramHouse) -> None:
    house.telegram.fail(method="sendMessage", chat=ANN, error=Fault.refuse(400, "Bad Request: can't parse entities"))
    answer = await house.answer(ANN, "/id")
    assert (answer.text, answer.entities) == (f"This chat: {ANN}\nYou: {ANN}", ())


async def test_who_blocks_the_bot_before_it_answers_breaks_nothing(house: TelegramHouse) -> None:
    house.telegram.fail(
        method="sendMessage", chat=ANN, error=Fault.refuse(403, "Forbidden: bot was blocked by the user")
    )
    house.telegram.say(ANN, ANN, "/blogs")
    assert "Topics" in await house.ask(ANN, "/topic")


async def test_a_button_from_nowhere_is_answered_and_does_nothing(house: TelegramHouse) -> None:
    answer = await house.answer(ANN, "/start")
    answer.buttons = (
        ({"text": "old", "callback_data": "gone:1"}, {"text": "other", "callback_data": "follow:regatta"}),
    )
    pressed = await house.telegram.press(ANN, ANN, answer.id, "gone:1")
    assert (pressed.text, pressed.show_alert) == ("This button means nothing any more.", True)
    pressed = await house.telegram.press(ANN, ANN, answer.id, "follow:regatta")
    assert pressed.text == "That live blog is not here any more."


async def test_commands_of_one_person_beyond_three_get_one_word_and_no_more(house: TelegramHouse) -> None:
    go_on = asyncio.Event()
    held = house.telegram.fail(method="sendMessage", chat=ANN, times=None, error=Fault.hold(go_on))
    for _ in range(6):
        house.telegram.say(ANN, ANN, "/blogs")
    await house.telegram.until(lambda: held.hits == 2)  # the first answer, and the request for patience
    assert "Live blogs" in await house.ask(BEN, "/blogs"), "others do not wait"
    go_on.set()
    await house.telegram.until(lambda: len(house.said(ANN)) == 4)
    assert "This chat" in await house.ask(ANN, "/id")
    said = [one.text.partition("\n")[0].partition(":")[0] for one in house.said(ANN)]
    assert sorted(said) == ["Live blogs", "Live blogs", "Live blogs", "One moment", "This chat"]


async def test_patience_is_asked_for_in_the_language_that_was_chosen(house: TelegramHouse) -> None:
    await house.ask(ANN, "/start")
    known = await house.room.store.chat("main", ANN)
    assert known is not None
    await choose_in(house.room.store, known.id, replace(known.choices, language="de"))
    go_on = asyncio.Event()
    held = house.telegram.fail(method="sendMessage", chat=ANN, times=None, error=Fault.hold(go_on))
    for _ in range(5):
        house.telegram.say(ANN, ANN, "/blogs")
    await house.telegram.until(lambda: held.hits == 2)
    go_on.set()
    await house.telegram.until(lambda: any(one.text.startswith("Einen Moment") for one in house.said(ANN)))


async def test_presses_are_never_dropped(house: TelegramHouse) -> None:
    go_on = asyncio.Event()
    greeting = await house.answer(ANN, "/start")
    held = house.telegram.fail(method="sendMessage", chat=ANN, error=Fault.hold(go_on))
    for _ in range(4):
        house.telegram.say(ANN, ANN, "/blogs")
    await held.reached.wait()
    press = asyncio.create_task(house.telegram.press(ANN, ANN, greeting.id, "follow:storm"))
    go_on.set()
    assert (await press).text.startswith("You now follow")
    assert await house.follows(ANN) == {"storm": ()}


async def test_answers_in_one_chat_come_in_the_order_of_the_questions(house: TelegramHouse) -> None:
    before = len(house.said(GROUP))
    for person, word in ((ANN, "id"), (BEN, "blogs"), (ANN, "topic"), (BEN, "id")):
        house.telegram.say(person, GROUP, f"/{word}")
    await house.telegram.until(lambda: len(house.said(GROUP)) == before + 4)
    first = [one.text.split("\n")[0].partition(":")[0] for one in house.said(GROUP)[before:]]
    assert first == ["This chat", "Live blogs", "Topics", "This chat"]
