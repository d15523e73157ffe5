"""How far a push is, in words and in the message its editor pressed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.model import Relayed
from bot.core.publishing import Progress
from bot.core.texts import Texts
from bot.demo.telegram import Fault, LocalTelegram
from handlers.progress import is_over, words
from storage import Sent
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


def push(state: str = "sent", *, paused: bool = False, recalled: bool = False) -> Sent:
    at = datetime(2026, 5, 3, 14, 2, tzinfo=UTC)
    post = Relayed(
        id=7, revision=1, blog=None, title=None, text="Closed.", first_seen_at=at, withdrawn_at=at if recalled else None
    )
    return Sent(post=post, author=EDITOR, state=state, at=0.0, paused_at=1.0 if paused else None)


@pytest.mark.parametrize(
    ("progress", "audience", "seconds", "said"),
    [
        (Progress(sent=310, waiting=922, closed=2, expanded=True), 1234, 9.0,
         "Sent to 310 of 1,234; 922 to go, about 31 seconds left. 2 could not be reached."),
        (Progress(sent=500, waiting=0, expanded=False), 1234, 9.0,
         "Sent to 500 of 1,234; 734 to go, about 24 seconds left."),
        (Progress(sent=0, waiting=1, expanded=True), 1, 0.0, "Sent to 0 of 1; 1 to go, about 1 second left."),
        (Progress(sent=1230, waiting=0, closed=3, refused=1, expanded=True), 1234, 41.3,
         "Delivered to 1,230 chats in 41 seconds. 3 could not be reached. Telegram refused it in 1 chat."),
        (Progress(sent=1, waiting=0, expanded=True), 1, 0.3, "Delivered to 1 chat in less than a second."),
        (Progress(sent=0, waiting=0, expanded=True), 0, 0.3, "Delivered to 0 chats in less than a second."),
        (Progress(sent=5, waiting=2, asleep=2, expanded=True), 7, 3.0,
         "Sent to 5 of 7; 2 to go. 2 wait for the end of quiet hours."),
        (Progress(sent=5, waiting=0, changing=3, expanded=True), 5, 3.0,
         "Delivered to 5 chats in 3 seconds. 3 chats still get the correction."),
        (Progress(sent=5, waiting=0, stuck=1, expanded=True), 5, 3.0,
         "Delivered to 5 chats in 3 seconds. In 1 chat Telegram would not change it."),
    ],
)  # fmt: skip
def test_progress_in_words(progress: Progress, audience: int, seconds: float, said: str) -> None:
    assert words(push(), progress, audience, seconds, 30.0, Texts()) == said


@pytest.mark.parametrize(
    ("what", "progress", "said", "over"),
    [
        (push(paused=True), Progress(sent=3, waiting=4, expanded=True), "Paused: sent to 3 of 7; 4 to go.", False),
        (push("stopped", paused=True), Progress(sent=3, waiting=0, expanded=True),
         "Stopped: 3 chats have it, no other gets it.", True),
        (push(recalled=True), Progress(sent=3, waiting=0, changing=2, expanded=True),
         "Recalled: it still stands in 2 chats, and goes from there.", False),
        (push(recalled=True), Progress(sent=0, waiting=0, expanded=True),
         "Recalled: it is gone from every chat that could be reached.", True),
    ],
)  # fmt: skip
def test_what_an_editor_did_is_said_first(what: Sent, progress: Progress, said: str, over: bool) -> None:
    assert words(what, progress, 7, 1.0, 30.0, Texts()) == said
    assert is_over(progress) is over


async def test_progress_counts_those_who_cannot_be_reached(house: TelegramHouse) -> None:
    await house.room.follow(ANN, BEN)
    await house.room.quiet()
    house.telegram.deactivate(BEN)
    _, control = await pushed(house)
    await press(house, control, f"push:send:{number(control)}")
    await house.telegram.until(lambda: control.text.startswith("Delivered to 1 chat in"))
    assert control.text.endswith(" 1 could not be reached.")


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
