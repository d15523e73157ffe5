"""/alarms: what stands, and the button that lets what was refused be tried again."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.standing import Alarm, Kind
from bot.demo.telegram import Fault
from tests.newsroom import post
from tests.telegram_house import ADMIN, ANN, BEN, EDITOR, TelegramHouse, buttons, telegram_house

NO = "Bad Request: not enough rights to send photos"
AGAIN = "alarms:again"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


async def refused(house: TelegramHouse, *people: int) -> None:
    """A post that these do not get, and everybody else does."""
    await house.room.follow(ANN, BEN)
    faults = [
        house.telegram.fail(method="sendMessage", chat=one, times=2, error=Fault.refuse(400, NO)) for one in people
    ]
    await house.room.publish(post("a"))
    await house.room.quiet()
    for fault in faults:
        fault.lift()


async def test_where_nothing_stands_in_the_way_it_says_so(house: TelegramHouse) -> None:
    answer = await house.answer(ADMIN, "/alarms")
    assert answer.text == "Alarms\nNothing stands in the way."
    assert not answer.buttons


async def test_it_says_what_stands_and_what_ended_lately(house: TelegramHouse) -> None:
    alarms = house.house.alarms
    await alarms.raised(Kind.FAILING, "storm", "answers 404; nothing is sent", subject="storm (jsonld)")
    await alarms.raised(Kind.DISK, "", "1 GB is free", subject="The disk is nearly full")
    await alarms.ended(Kind.DISK, ending="room again")
    said = await house.ask(ADMIN, "/alarms")
    assert "storm (jsonld) · for " in said
    assert "answers 404; nothing is sent" in said
    assert said.index("storm (jsonld)") < said.index("The disk is nearly full · over ")
    assert "1 alarm: /alarms" in await house.ask(ADMIN, "/status")


async def test_what_was_refused_is_tried_again_by_a_press_and_once(house: TelegramHouse) -> None:
    await refused(house, ANN, BEN)
    screen = await house.answer(ADMIN, "/alarms")
    assert "Telegram refused deliveries · 2 deliveries in 2 chats · last " in screen.text
    assert NO in screen.text
    assert buttons(screen) == {"Try refused deliveries again (2)": AGAIN}
    pressed = await house.telegram.press(ADMIN, ADMIN, screen.id, AGAIN)
    assert pressed.text == "2 deliveries are tried again."
    for person in (ANN, BEN):
        await house.room.shows(person, "About a")
    await house.telegram.until(lambda: "Nothing stands in the way." in screen.text)
    (act,) = [one async for acts in house.room.store.every_act() for one in acts if one.act == "requeue"]
    assert (act.person, act.chats) == (ADMIN, 2)
    screen.buttons = (({"text": "again", "callback_data": AGAIN},),)
    assert (await house.telegram.press(ADMIN, ADMIN, screen.id, AGAIN)).text == "Nothing is refused now."
    await house.room.quiet()
    assert [len(house.room.screen(person)) for person in (ANN, BEN)] == [1, 1]


async def test_who_is_no_admin_may_not_press_it(house: TelegramHouse) -> None:
    await refused(house, ANN)
    for person in (EDITOR, ANN):
        screen = await house.answer(person, "/id")
        screen.buttons = (({"text": "again", "callback_data": AGAIN},),)
        assert (await house.telegram.press(person, person, screen.id, AGAIN)).text == "Only admins can do that."
    assert [one.rows for one in await house.room.store.refused("main")] == [1]


async def test_very_many_alarms_are_one_message_that_counts_the_rest(house: TelegramHouse) -> None:
    for number in range(120):
        alarm = Alarm(kind=Kind.BROKE, about="", part=f"{number}", subject="/latest", text="x" * 400, since=time.time())
        await house.room.store.begin_alarm(alarm)
    said = await house.ask(ADMIN, "/alarms")
    assert "and " in said.splitlines()[-1]
    assert said.splitlines()[-1].endswith("more")
