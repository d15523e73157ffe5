"""How far a push is, in words and in the message its editor pressed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.publishing import Progress
from bot.core.texts import Texts
from bot.demo.telegram import Fault, LocalTelegram
from handlers.progress import words
from tests.pushing import got, number, press, pushed, shown
from tests.telegram_house import (
    ANN,
    BEN,
    EDITOR,
    TelegramHouse,
    telegram_house,
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one, shown(one):
        yield one


@pytest.mark.parametrize(
    ("progress", "audience", "seconds", "said"),
    [
        (Progress(sent=310, waiting=922, aside=2, expanded=True), 1234, 9.0,
         "Sent to 310 of 1,234; 922 to go, 2 could not be reached, about 31 seconds left."),
        (Progress(sent=500, waiting=0, aside=0, expanded=False), 1234, 9.0,
         "Sent to 500 of 1,234; 734 to go, about 24 seconds left."),
        (Progress(sent=0, waiting=1, aside=0, expanded=True), 1, 0.0, "Sent to 0 of 1; 1 to go, about 1 second left."),
        (Progress(sent=1230, waiting=0, aside=4, expanded=True), 1234, 41.3,
         "Delivered to 1,230 chats in 41 seconds; 4 could not be reached."),
        (Progress(sent=1, waiting=0, aside=0, expanded=True), 1, 0.3, "Delivered to 1 chat in less than a second."),
        (Progress(sent=0, waiting=0, aside=0, expanded=True), 0, 0.3, "Delivered to 0 chats in less than a second."),
    ],
)  # fmt: skip
def test_progress_in_words(progress: Progress, audience: int, seconds: float, said: str) -> None:
    assert words(progress, audience, seconds, 30.0, Texts()) == said


async def test_progress_counts_those_who_cannot_be_reached(house: TelegramHouse) -> None:
    await house.room.follow(ANN, BEN)
    await house.room.quiet()
    house.telegram.deactivate(BEN)
    _, control = await pushed(house)
    await press(house, control, f"push:send:{number(control)}")
    await house.telegram.until(lambda: control.text.startswith("Delivered to 1 chat in"))
    assert control.text.endswith("; 1 could not be reached.")


async def test_progress_is_shown_in_place_while_it_goes_out(house: TelegramHouse) -> None:
    await house.room.follow(ANN, BEN)
    go_on = asyncio.Event()
    house.telegram.fail(method="sendMessage", chat=BEN, times=None, error=Fault.hold(go_on))
    _, control = await pushed(house)
    await press(house, control, f"push:send:{number(control)}")
    await house.telegram.until(lambda: control.text == "Sent to 1 of 2; 1 to go, about 1 second left.")
    go_on.set()
    await house.telegram.until(lambda: control.text.startswith("Delivered to 2 chats in"))


async def test_progress_goes_on_after_a_restart_and_ends_once(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        async with telegram_house(tmp_path, telegram=telegram) as before:
            for person in (EDITOR, ANN):
                telegram.add_user(person, f"Reader {person}", started=True)
            await before.room.subscribe(ANN, "private")
            _, control = await pushed(before)
            await press(before, control, f"push:send:{number(control)}")
            await got(before, ANN, "The bridge is closed.")
        async with telegram_house(tmp_path, telegram=telegram) as after:
            async with shown(after):
                await telegram.until(lambda: control.text.startswith("Delivered to 1 chat in"))
                edits = len(control.edits)
            async with shown(after):
                _, second = await pushed(after, "/push And open again.")
                await press(after, second, f"push:send:{number(second)}")
                await telegram.until(lambda: second.text.startswith("Delivered to 1 chat in"))
            assert len(control.edits) == edits


async def test_an_editor_who_deletes_the_message_is_not_shown_it_again(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    await press(house, control, f"push:send:{number(control)}")
    house.telegram.erase(EDITOR, control.id)
    await got(house, ANN, "The bridge is closed.")
    _, second = await pushed(house, "/push And open again.")
    await press(house, second, f"push:send:{number(second)}")
    await house.telegram.until(lambda: second.text.startswith("Delivered to 1 chat in"))
