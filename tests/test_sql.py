"""No word from outside stands in an SQL statement: all of it is bound.

Statements are put together from this package's own constants. Here everything that strangers can say carries a mark,
and no statement may show it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from storage import database
from tests.newsroom import post
from tests.telegram_house import ANN, EDITOR, GROUP, telegram_house

MARK = "zq7mark"
HOSTILE = f"{MARK}' OR 1=1 --"


class Watched(sqlite3.Connection):
    """Keeps what it was asked to do, before anything is bound."""

    statements: ClassVar[set[str]] = set()

    def execute(self, sql: str, *bound: Any) -> sqlite3.Cursor:
        self.statements.add(sql)
        return super().execute(sql, *bound)

    def executemany(self, sql: str, *bound: Any) -> sqlite3.Cursor:
        self.statements.add(sql)
        return super().executemany(sql, *bound)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    connect = sqlite3.connect

    def watched(*given: Any, **named: Any) -> sqlite3.Connection:
        return connect(*given, **named, factory=Watched)

    Watched.statements = set()
    monkeypatch.setattr(database.sqlite3, "connect", watched)
    return Watched.statements


async def test_whatever_pages_and_people_say_is_bound_and_in_no_statement(tmp_path: Path, statements: set[str]) -> None:
    async with telegram_house(tmp_path) as house:
        house.telegram.chats[GROUP].title = HOSTILE
        for who, where in ((ANN, None), (ANN, GROUP)):
            await house.ask(who, f"/subscribe storm {MARK} -{MARK}out", where)
        await house.room.publish(
            replace(post(HOSTILE, f"{HOSTILE} and a ferry"), title=HOSTILE, tags=(HOSTILE,), authors=(HOSTILE,))
        )
        for words in (
            f"/search {HOSTILE}", f'/search "{HOSTILE}"', f"/search {MARK}* NEAR({MARK})", f"/topic {HOSTILE}",
            f"/latest {HOSTILE}", f"/unsubscribe storm {MARK}", f"/start {MARK}", f"/mute {HOSTILE}", f"/{MARK}",
        ):  # fmt: skip
            await house.ask(ANN, words)
        for words in (f"/push {HOSTILE}", f"/note storm {HOSTILE}", f"/hold {HOSTILE}", f"/withdraw {HOSTILE}"):
            await house.ask(EDITOR, words)
        await house.telegram.inline(ANN, HOSTILE)
        await house.room.store.keep_note(HOSTILE, HOSTILE)
    assert len(statements) > 100
    assert [one for one in statements if MARK in one.casefold()] == []
