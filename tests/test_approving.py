"""Two pairs of eyes: with `second_approval` another editor has to let a push go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo.telegram import Fault, LocalMessage, LocalTelegram
from tests.pushing import audited, got, number, press, pushed, shown
from tests.telegram_house import (
    ADMIN,
    ANN,
    BEN,
    EDITOR,
    OTHER_EDITOR,
    TWO_BLOGS,
    TelegramHouse,
    buttons,
    telegram_house,
)

FILE = TWO_BLOGS.replace("[access]\n", "[access]\nsecond_approval = true\n")
TEXT = "The bridge is closed."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path, FILE) as one, shown(one):
        await one.room.follow(BEN)
        await meet(one, ADMIN, OTHER_EDITOR)
        yield one


async def meet(house: TelegramHouse, *people: int) -> None:
    """They wrote to the bot once."""
    for person in people:
        await house.ask(person, "/id")


async def asked(house: TelegramHouse, *people: int) -> tuple[LocalMessage, dict[int, LocalMessage]]:
    """An editor pushed and pressed Send: their message with the buttons, and the questions to the others."""
    _, control = await pushed(house)
    assert await press(house, control, f"push:send:{number(control)}") == "Another editor has to approve it."
    return control, {person: house.said(person)[-1] for person in people}


async def answer(house: TelegramHouse, person: int, question: LocalMessage, label: str) -> str:
    return (await house.telegram.press(person, person, question.id, buttons(question)[label])).text


async def test_another_editor_lets_it_go(house: TelegramHouse) -> None:
    control, questions = await asked(house, ADMIN, OTHER_EDITOR)
    await house.telegram.until(lambda: control.text == "It waits for another editor: 2 were asked.")
    assert list(buttons(control)) == ["Cancel"]
    assert [one.text for one in house.said(ADMIN)[-2:]] == [
        TEXT,
        "Edi wants to send this. Do you approve?\nTo 1 chat, about 1 second.",
    ]
    await house.room.quiet()
    assert TEXT not in house.room.screen(BEN)
    assert await answer(house, OTHER_EDITOR, questions[OTHER_EDITOR], "Approve") == "You approved it."
    await got(house, BEN, TEXT)
    await house.telegram.until(lambda: control.text.startswith("Delivered to 1 chat"))
    await house.telegram.until(lambda: questions[OTHER_EDITOR].text == "You approved it.")
    assert await answer(house, ADMIN, questions[ADMIN], "Reject") == "This push was sent before."
    await house.telegram.until(lambda: questions[ADMIN].text == "This push was sent before.")
    assert await audited(house) == [("approve", OTHER_EDITOR, None), ("push", EDITOR, 1)]


async def test_another_editor_stops_it(house: TelegramHouse) -> None:
    control, questions = await asked(house, ADMIN, OTHER_EDITOR)
    assert await answer(house, ADMIN, questions[ADMIN], "Reject") == "You rejected it: this goes to nobody."
    await house.telegram.until(lambda: control.text == "Ada rejected it: this goes to nobody.")
    assert await answer(house, OTHER_EDITOR, questions[OTHER_EDITOR], "Approve") == (
        "Another editor rejected this push."
    )
    await house.room.quiet()
    assert TEXT not in house.room.screen(BEN)
    assert await audited(house) == [("reject", ADMIN, None)]


async def test_of_two_editors_at_once_the_first_press_decides(house: TelegramHouse) -> None:
    _, questions = await asked(house, ADMIN, OTHER_EDITOR)
    presses = [
        answer(house, ADMIN, questions[ADMIN], "Approve"),
        answer(house, OTHER_EDITOR, questions[OTHER_EDITOR], "Approve"),
        answer(house, ADMIN, questions[ADMIN], "Approve"),
    ]
    said = await asyncio.gather(*presses)
    assert sorted(said) == ["This push was sent before."] * 2 + ["You approved it."]
    await got(house, BEN, TEXT)
    await house.room.quiet()
    assert house.room.screen(BEN).count(TEXT) == 1
    assert [act for act, _, _ in await audited(house)] == ["approve", "push"]


async def test_its_author_cannot_approve_it_but_can_cancel_it(house: TelegramHouse) -> None:
    control, questions = await asked(house, OTHER_EDITOR)
    question = questions[OTHER_EDITOR]
    await house.telegram.until(lambda: list(buttons(control)) == ["Cancel"])
    kept = control.buttons
    control.buttons = ((*question.buttons[0], {"text": "Send", "callback_data": f"push:send:{number_of(question)}"}),)
    for label in ("Approve", "Reject", "Send"):
        assert await press(house, control, buttons(control)[label]) == "Another editor has to approve it."
    control.buttons = kept
    assert await press(house, control, buttons(control)["Cancel"]) == "Cancelled."
    assert await answer(house, OTHER_EDITOR, question, "Approve") == "This push was cancelled before."


def number_of(question: LocalMessage) -> str:
    return buttons(question)["Approve"].rpartition(":")[2]


async def test_who_is_no_editor_any_more_cannot_approve(house: TelegramHouse) -> None:
    _, questions = await asked(house, OTHER_EDITOR)
    house.settings = replace(house.settings, access=replace(house.settings.access, editors=(EDITOR,)))
    assert await answer(house, OTHER_EDITOR, questions[OTHER_EDITOR], "Approve") == "Only editors can do that."
    await house.room.quiet()
    assert TEXT not in house.room.screen(BEN)


async def test_with_no_other_editor_in_reach_it_says_so_and_stays_a_draft(tmp_path: Path) -> None:
    async with telegram_house(tmp_path, FILE) as house, shown(house):
        await house.room.follow(BEN)
        _, control = await pushed(house)
        sentence = "Another editor has to approve it, and I can reach none: ask one to write to me first."
        assert await press(house, control, f"push:send:{number(control)}") == sentence
        await meet(house, OTHER_EDITOR)
        house.telegram.fail(
            chat=OTHER_EDITOR, error=Fault.refuse(403, "Forbidden: bot was blocked by the user"), times=1
        )
        assert await press(house, control, f"push:send:{number(control)}") == sentence
        assert await press(house, control, f"push:send:{number(control)}") == "Another editor has to approve it."


async def test_what_goes_to_its_author_alone_needs_nobody(house: TelegramHouse) -> None:
    _, control = await pushed(house)
    push = number(control)
    for label in ("Audience", "Only me"):
        await press(house, control, buttons(control)[label])
        await house.telegram.until(lambda label=label: label not in buttons(control))
    before = len(house.said(EDITOR))
    assert await press(house, control, f"push:send:{push}") == "On its way."
    await house.telegram.until(lambda: len(house.said(EDITOR)) == before + 1)
    assert house.said(EDITOR)[-1].text == TEXT


async def test_a_scheduled_push_is_approved_and_waits_for_its_time(house: TelegramHouse) -> None:
    _, control = await pushed(house)
    push = number(control)
    for label in ("Schedule", "In an hour"):
        await press(house, control, buttons(control)[label])
        await house.telegram.until(lambda label=label: label not in buttons(control))
    assert await press(house, control, f"push:send:{push}") == "Another editor has to approve it."
    question = house.said(OTHER_EDITOR)[-1]
    assert "It goes out at " in question.text
    await answer(house, OTHER_EDITOR, question, "Approve")
    await house.telegram.until(lambda: control.text.startswith("Eve approved it.\nIt goes out at "))
    assert [act for act, _, _ in await audited(house)] == ["approve", "schedule"]
    await house.room.quiet()
    assert TEXT not in house.room.screen(BEN)
    assert await press(house, control, buttons(control)["Send now"]) == "On its way."
    await got(house, BEN, TEXT)


async def test_a_question_outlives_a_restart(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        for person in (EDITOR, OTHER_EDITOR, ANN):
            telegram.add_user(person, f"Reader {person}", started=True)
        async with telegram_house(tmp_path, FILE, telegram) as before:
            await before.room.subscribe(ANN, "private")
            await meet(before, OTHER_EDITOR)
            _, questions = await asked(before, OTHER_EDITOR)
        async with telegram_house(tmp_path, FILE, telegram) as after:
            assert await answer(after, OTHER_EDITOR, questions[OTHER_EDITOR], "Approve") == "You approved it."
            await got(after, ANN, TEXT)
