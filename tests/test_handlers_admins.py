"""What admins ask: how everything is, when blogs are polled, the file; and the menus Telegram shows to whom."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.nodes import Node, Nodes
from bot.core.standing import Kind
from bot.demo.telegram import Fault
from config.settings import BadSettings, parse_settings
from handlers import COMMANDS, set_menus
from handlers.access import Role
from storage import StoreError
from tests.newsroom import post
from tests.telegram_house import ADMIN, ANN, EDITOR, STRANGER, TWO_BLOGS, TelegramHouse, telegram_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


def change(house: TelegramHouse, statement: str) -> None:
    with closing(sqlite3.connect(house.room.store.path)) as db:
        db.execute(statement)
        db.commit()


# --- /status --------------------------------------------------------------------------------------------------------


async def test_status_tells_blogs_queue_and_pace(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    await house.room.publish(post("a"), post("b"))
    await house.room.quiet()
    house.polls = {"storm": datetime.now(UTC) + timedelta(seconds=17)}
    said = await house.ask(ADMIN, "/status")
    assert "Queue: empty" in said
    assert "Pace: 1,940 of 2,000 messages a second allowed" in said
    [storm] = [line for line in said.splitlines() if line.startswith("live · last new post")]
    assert "2 posts · 1 subscription · next in 1" in storm
    assert "not read yet · 0 posts" in said


async def test_status_names_the_nodes_where_there_are_several(house: TelegramHouse) -> None:
    a = Node(session=1, name="rome", version="1", file="f", started_at=1.0)
    house.nodes = Nodes(at=1.0, here=(a,))
    assert "Nodes" not in await house.ask(ADMIN, "/status")
    house.nodes = Nodes(at=1.0, here=(a, replace(a, session=2, name="oslo")))
    assert "Nodes: rome and oslo" in await house.ask(ADMIN, "/status")


async def test_status_says_when_the_last_backup_was_made(house: TelegramHouse) -> None:
    assert "No backup was made yet" in await house.ask(ADMIN, "/status")
    made = time.time() - 7300
    await house.room.store.keep_note("last backup", json.dumps({"at": made, "file": "/backups/relay.db"}))
    assert "Last backup: 2 hours ago" in await house.ask(ADMIN, "/status")


async def test_status_counts_what_waits_by_lane(tmp_path: Path) -> None:
    async with telegram_house(tmp_path) as house:
        await house.room.follow(ANN)
        await house.ask(EDITOR, "/hold storm")
        await house.ask(EDITOR, "/release storm")
        await house.room.stop()
        await house.room.publish(post("a"))
        assert "Queue: 1 live" in await house.ask(ADMIN, "/status")


async def test_status_puts_trouble_first_and_says_what_it_is(house: TelegramHouse) -> None:
    change(house, "INSERT OR IGNORE INTO blog (id) VALUES ('election')")
    change(house, "UPDATE blog SET failures = 4, error = 'HTTP 503' WHERE id = 'election'")
    await house.house.alarms.raised(Kind.PAGE, "election", "two posts vanished", part="https://blog.example/election")
    await house.ask(EDITOR, "/hold election")
    said = await house.ask(ADMIN, "/status")
    assert said.index("Election night (election)") < said.index("Storm over the harbour (storm)")
    assert "failed 4 times: HTTP 503" in said
    assert "alarm: two posts vanished" in said
    assert "held: new posts and edits wait" in said
    await house.ask(EDITOR, "/hold all")
    assert "Every live blog is held." in await house.ask(ADMIN, "/status")


async def test_status_of_very_many_blogs_is_one_message_that_counts_the_rest(tmp_path: Path) -> None:
    file = TWO_BLOGS + "".join(
        f'[[blogs]]\nid = "b{n}"\ntitle = "Blog number {n} with a long title"\nurl = "https://blog.example/{n}"\n'
        for n in range(150)
    )
    async with telegram_house(tmp_path, file) as house:
        for command in ("/status", "/schedule", "/blogs"):
            said = await house.ask(ADMIN, command)
            assert len(said) <= 4096
            assert "more" in said.splitlines()[-1]


# --- /schedule ------------------------------------------------------------------------------------------------------


async def test_schedule_says_when_in_the_blogs_own_zone(house: TelegramHouse) -> None:
    said = await house.ask(ADMIN, "/schedule")
    assert "every 20 s" in said
    assert "every 5 min" in said
    assert said.count("next poll: ") == 2
    [storm] = [line for line in said.splitlines() if line.startswith("next poll") and ("EST" in line or "EDT" in line)]
    assert storm.count(":") == 3, "with seconds"


async def test_schedule_of_one_blog_shows_the_next_five_beginning_with_the_arranged_one(house: TelegramHouse) -> None:
    at = (datetime.now(UTC) + timedelta(minutes=3)).replace(microsecond=0)
    house.polls = {"election": at}
    said = await house.ask(ADMIN, "/schedule election")
    times = said.splitlines()[-1].removeprefix("next polls: ").split(", ")
    assert len(times) >= 5
    assert f"{at:%H:%M:%S} UTC" in times[0:2]
    assert f"{at + timedelta(minutes=5):%H:%M:%S} UTC" in said


async def test_schedule_of_an_unknown_blog_names_the_nearest(house: TelegramHouse) -> None:
    assert "did you mean Election night (election)?" in await house.ask(ADMIN, "/schedule electon")


# --- /reload --------------------------------------------------------------------------------------------------------


async def test_reload_says_what_changed(house: TelegramHouse) -> None:
    assert (await house.ask(ADMIN, "/reload")).startswith("The file was read again")
    house.changes = ["blog storm: every 10 s instead of every 20 s", "blog regatta is new"]
    said = await house.ask(ADMIN, "/reload")
    assert said.splitlines() == ["The file was applied.", *house.changes]


async def test_reload_of_a_bad_file_lists_every_mistake_on_a_line_of_its_own(house: TelegramHouse) -> None:
    with pytest.raises(BadSettings) as caught:
        parse_settings('[telegram]\nupdate = "polling"\n[[blogs]]\nid = "A B"\n', Path("relay.toml"), {})
    house.changes = caught.value
    said = await house.ask(ADMIN, "/reload")
    assert said.startswith("The file is refused; the last good one stays in force.")
    mistakes = str(caught.value).splitlines()
    assert len(mistakes) >= 3
    assert all(mistake in said.splitlines() for mistake in mistakes)


async def test_a_thousand_mistakes_fit_one_message(house: TelegramHouse) -> None:
    text = "".join(f'[[blogs]]\nid = "B {n}"\n' for n in range(500))
    with pytest.raises(BadSettings) as caught:
        parse_settings(text, Path("relay.toml"), {})
    house.changes = caught.value
    said = await house.ask(ADMIN, "/reload")
    assert len(said) <= 4096
    assert said.splitlines()[-1].startswith("and ")


@pytest.mark.parametrize("command", ["/status", "/schedule", "/reload"])
@pytest.mark.parametrize("person", [ANN, EDITOR, STRANGER])
async def test_only_admins_may(house: TelegramHouse, command: str, person: int) -> None:
    assert await house.ask(person, command) == f"{command} is for this relay's admins."


async def test_whoever_joins_the_file_may_at_once(house: TelegramHouse) -> None:
    access = replace(house.settings.access, admins=(ADMIN, ANN))
    house.settings = replace(house.settings, access=access)
    assert (await house.ask(ANN, "/status")).startswith("Status")
    assert (await house.ask(ANN, "/push")).startswith("Push what?")


# --- menus ----------------------------------------------------------------------------------------------------------


def names(role: Role) -> list[str]:
    return [command.name for command in COMMANDS if command.who <= role]


def menu(house: TelegramHouse, person: int) -> list[str]:
    return [command["command"] for command in house.telegram.menu(person, person)]


async def test_everybody_sees_the_commands_that_are_for_them(house: TelegramHouse) -> None:
    await set_menus(house.application.bot, house.house)
    assert menu(house, ANN) == names(Role.READER)
    assert menu(house, EDITOR) == names(Role.EDITOR)
    assert menu(house, ADMIN) == names(Role.ADMIN)


async def test_who_leaves_the_file_loses_the_longer_menu(house: TelegramHouse) -> None:
    await set_menus(house.application.bot, house.house)
    house.settings = replace(house.settings, access=replace(house.settings.access, editors=(), admins=(EDITOR,)))
    await set_menus(house.application.bot, house.house)
    assert menu(house, EDITOR) == names(Role.ADMIN)
    assert menu(house, ADMIN) == names(Role.READER)


async def test_an_admin_who_never_wrote_keeps_nobody_from_a_menu(house: TelegramHouse) -> None:
    house.settings = replace(house.settings, access=replace(house.settings.access, admins=(777, ADMIN)))
    await set_menus(house.application.bot, house.house)
    assert menu(house, ADMIN) == names(Role.ADMIN)


async def test_an_editor_who_writes_for_the_first_time_gets_the_longer_menu(house: TelegramHouse) -> None:
    house.settings = replace(house.settings, access=replace(house.settings.access, editors=(STRANGER,)))
    await set_menus(house.application.bot, house.house)
    assert menu(house, STRANGER) == names(Role.READER)
    house.telegram.say(STRANGER, STRANGER, "hello")
    await house.telegram.until(lambda: menu(house, STRANGER) == names(Role.EDITOR))
    await house.ask(STRANGER, "/id")
    house.settings = replace(house.settings, access=replace(house.settings.access, editors=()))
    await set_menus(house.application.bot, house.house)
    assert menu(house, STRANGER) == names(Role.READER)


async def test_menus_that_telegram_does_not_take_just_now_break_nothing(house: TelegramHouse) -> None:
    house.telegram.fail(method="setMyCommands", error=Fault.refuse(500, "Internal Server Error"))
    await set_menus(house.application.bot, house.house)
    assert menu(house, ADMIN) == []
    await set_menus(house.application.bot, house.house)
    assert menu(house, ADMIN) == names(Role.ADMIN)


async def test_menus_that_cannot_be_remembered_just_now_break_nothing(
    house: TelegramHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(name: str, words: str) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(house.room.store, "keep_note", full)
    await set_menus(house.application.bot, house.house)
    assert menu(house, ADMIN) == names(Role.ADMIN)


# --- every command --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
@pytest.mark.parametrize("rest", ["", "storm", "nonsense 7 @", "\U0001f300" * 50, "a " * 300, "%s {0} {x} <b>", "-100"])
async def test_no_command_fails_whatever_follows_it(house: TelegramHouse, name: str, rest: str) -> None:
    said = await house.ask(ADMIN, f"/{name} {rest}")
    assert said
    assert not said.startswith("Something went wrong")
    assert not house.room.reports
