"""/rollback: what was in force is listed with what going back would change, and brought back by who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.applied import CannotWrite, NotKept
from storage import AppliedFile
from tests.telegram_house import ADMIN, ANN, EDITOR, GROUP, TWO_BLOGS, TelegramHouse, buttons, carried, telegram_house

FASTER = TWO_BLOGS.replace('every = "20s"', 'every = "10s"')
BROKEN = TWO_BLOGS.replace("edit_quiet", "edit_quite")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        (tmp_path / "relay.toml").write_text(TWO_BLOGS)
        one.settings = replace(one.settings, path=tmp_path / "relay.toml")
        yield one


async def kept(house: TelegramHouse, *texts: str) -> list[str]:
    """These files were in force, one after the other, and the one of now after them. Their names."""
    files = [AppliedFile(text=text.encode(), at=1_772_600_000.0, who="saved") for text in (*texts, TWO_BLOGS)]
    for file in files:
        await house.room.store.keep_file(file)
    return [file.name for file in files]


async def test_it_lists_what_was_in_force_with_what_going_back_would_change(house: TelegramHouse) -> None:
    names = await kept(house, BROKEN, "# the same\n" + TWO_BLOGS, FASTER)
    shown = await house.answer(ADMIN, "/rollback")
    rows = [part.splitlines()[1] for part in shown.text.split("\n\n")[1:]]
    assert rows == [
        "It is in force.",
        "1 blog changes its interval.",
        "It means the same as the one in force.",
        "This version does not take it any more.",
    ]
    assert carried(shown) == [f"file:look:{names[2]}", f"file:look:{names[1]}"]


async def test_nothing_kept_is_one_sentence(house: TelegramHouse) -> None:
    assert await house.ask(ADMIN, "/rollback") == "No file was kept yet."


async def test_a_file_is_seen_and_then_brought_back_for_who_pressed(house: TelegramHouse) -> None:
    name, _ = await kept(house, FASTER)
    shown = await house.answer(ADMIN, "/rollback")
    await house.telegram.press(ADMIN, ADMIN, shown.id, f"file:look:{name}")
    await house.telegram.until(lambda: "storm: every 20 s → every 10 s" in shown.text)
    assert list(buttons(shown)) == ["Bring it back", "The other files"]
    house.changes = ["1 blog changes its interval."]
    answer = await house.telegram.press(ADMIN, ADMIN, shown.id, f"file:back:{name}")
    assert answer.text == "The file is back and in force."
    assert house.brought_back == [(name, ADMIN, "rollback")]
    await house.telegram.until(lambda: "1 blog changes its interval." in shown.text)
    await house.telegram.press(ADMIN, ADMIN, shown.id, "file:list")
    await house.telegram.until(lambda: shown.text.startswith("The files that were in force last"))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            CannotWrite("relay.toml: cannot be written: Read-only file system"),
            "Nothing has changed: relay.toml: cannot",
        ),
        (NotKept("gone"), "This file is kept no more; /rollback lists those that are."),
    ],
)
async def test_what_cannot_be_brought_back_says_why(house: TelegramHouse, error: Exception, says: str) -> None:
    name, _ = await kept(house, FASTER)
    shown = await house.answer(ADMIN, "/rollback")
    await house.telegram.press(ADMIN, ADMIN, shown.id, f"file:look:{name}")
    await house.telegram.until(lambda: "back?" in shown.text)
    house.changes = error
    answer = await house.telegram.press(ADMIN, ADMIN, shown.id, f"file:back:{name}")
    assert answer.text.startswith(says)
    assert "back?" in shown.text


async def test_a_second_press_says_that_nothing_else_has_changed(house: TelegramHouse) -> None:
    name, _ = await kept(house, FASTER)
    shown = await house.answer(ADMIN, "/rollback")
    await house.telegram.press(ADMIN, ADMIN, shown.id, f"file:look:{name}")
    await house.telegram.until(lambda: "back?" in shown.text)
    answer = await house.telegram.press(ADMIN, ADMIN, shown.id, f"file:back:{name}")
    assert answer.text == "The file is in force, and nothing else has changed."


@pytest.mark.parametrize("person", [EDITOR, ANN])
async def test_only_admins_may_ask_and_press(house: TelegramHouse, person: int) -> None:
    name, _ = await kept(house, FASTER)
    assert await house.ask(person, "/rollback") == "/rollback is for this relay's admins."
    house.telegram.add_member(GROUP, ADMIN)
    shown = await house.answer(ADMIN, "/rollback@relay_bot", GROUP)
    house.telegram.add_member(GROUP, person)
    answer = await house.telegram.press(person, GROUP, shown.id, f"file:look:{name}")
    assert answer.text == "Only admins can do that."
    assert not house.brought_back
