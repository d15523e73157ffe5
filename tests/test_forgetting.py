"""After /forget nothing of a chat or its person is left: not in any table, and not in the bytes of the file."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storage import audit
from storage.audit import Act
from tests.newsroom import post
from tests.telegram_house import CHANNEL, TWO_BLOGS, TelegramHouse, telegram_house

ZOE = 7_654_321_098  # stands in no time and no other number
WORDS = ("zwiebelturm", "quittenmus", "Schlittenhund")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path, TWO_BLOGS.replace("[1002, 1003]", f"[1002, 1003, {ZOE}]")) as one:
        one.telegram.add_user(ZOE, "Zoe", "en", started=True)
        yield one


def hours_from_now(hours: int) -> int:
    """By the clocks of Kyiv, whenever this is run."""
    return (datetime.now(ZoneInfo("Europe/Kyiv")).hour + hours) % 24


async def lives(house: TelegramHouse) -> int:
    """Somebody follows, chooses, is sent something, and works as an editor. Our number of their chat."""
    for said in (
        f'/subscribe storm {WORDS[0]} "{WORDS[1]} mus" -{WORDS[2]}',
        "/unsubscribe storm -other",
        f"/subscribe storm ferries {WORDS[1]}",
        f"/unsubscribe storm {WORDS[1]}",
        "/subscribe election",
        "/timezone Kyiv",
        f"/quiet {hours_from_now(6)}:30-{hours_from_now(12)}:15",
        "/digest election 45m",
        "/mute 1m",
        "/mute off",
        "/search Zwiebelkuchen",
    ):
        await house.ask(ZOE, said)
    await house.room.publish(*(post(f"b{n}", "The ferry is late.") for n in range(3)))
    await house.telegram.until(lambda: any("About b0" in said for said in house.room.screen(ZOE)))
    await house.answer(ZOE, "/push Attention, all of you.")
    await house.telegram.until(lambda: any("Send" in str(one.buttons) for one in house.said(ZOE)))
    await house.telegram.tap(ZOE, ZOE, "Send")
    await house.room.quiet()
    await house.answer(ZOE, "/push A draft that stays one.")
    await house.room.store._db.write(audit.note, Act(at=1.0, act="hold", person=ZOE, words="why"))
    known = await house.room.store.chat("main", ZOE)
    assert known is not None
    return known.id


async def forget(house: TelegramHouse) -> None:
    house.telegram.say(ZOE, ZOE, "/forget")
    await house.newest_says(ZOE, "Delete everything about this chat?")
    await house.telegram.tap(ZOE, ZOE, "Delete everything")


def cells(path: Path) -> Iterator[tuple[str, str, object]]:
    """Every value of every table, with the names of its table and column."""
    with closing(sqlite3.connect(path)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            found = db.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in found.description]
            for row in found:
                yield from ((table, name, value) for name, value in zip(names, row, strict=True))


OURS = ("chat", "only_chat")  # columns that hold our own number of a chat


def traces(path: Path, chat: int) -> list[str]:
    found = [
        f"{table}.{name} = {value!r}"
        for table, name, value in cells(path)
        if any(word in str(value).casefold() for word in (str(ZOE), *map(str.casefold, WORDS)))
        or (name in OURS and value == chat)
    ]
    return sorted(set(found))


async def test_nothing_is_left_of_who_wants_to_be_forgotten(house: TelegramHouse) -> None:
    chat = await lives(house)
    path = house.room.store.path
    before = "\n".join(traces(path, chat))
    assert all(
        table in before
        for table in ("chat.telegram_id", "subscription.words", "message.chat", "delivery.chat", "shown.chat")
    )
    assert all(trace in before for trace in ("push.author", "push.preview_chat", "audit.person", "note.text"))
    await forget(house)
    assert traces(path, chat) == []
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT act, person, words FROM audit WHERE words = 'why'").fetchall() == [("hold", 0, "why")]


async def test_the_bytes_of_the_file_hold_nothing_of_them_either(house: TelegramHouse) -> None:
    await lives(house)
    path = house.room.store.path
    files = [path, path.with_name(f"{path.name}-wal")]
    sought = [word.casefold().encode() for word in WORDS] + [str(ZOE).encode(), ZOE.to_bytes(6, "big")]
    assert any(word in file.read_bytes() for file in files if file.exists() for word in sought)
    await forget(house)
    left = [(file.name, word) for file in files if file.exists() for word in sought if word in file.read_bytes()]
    assert left == []


async def test_a_channel_is_forgotten_and_its_admin_is_not(house: TelegramHouse) -> None:
    house.telegram.add_member(CHANNEL, ZOE, "administrator")
    await house.ask(ZOE, "/subscribe election")
    await house.ask(ZOE, f"/subscribe storm {WORDS[0]} @harbour_news")
    await house.answer(ZOE, "/forget @harbour_news")
    await house.telegram.tap(ZOE, ZOE, "Delete everything")
    assert await house.room.store.chat("main", CHANNEL) is None
    assert await house.follows(ZOE) == {"election": ()}
