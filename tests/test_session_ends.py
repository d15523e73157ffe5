"""Sessions of PostgreSQL that end while somebody uses them, or while they are being opened."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from bot.ending import called_off, to_its_end
from storage import StoreError
from storage.postgres import brought, session
from storage.postgres.brought import Brought
from storage.postgres.connection import Connection
from storage.postgres.session import Session


class Wire:
    """Answers nothing but BEGIN, until it is lost."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()

    def is_closed(self) -> bool:
        return self.lost.is_set()

    def terminate(self) -> None:
        self.lost.set()

    async def close(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 as asyncpg says it
        self.lost.set()

    async def execute(self, query: str) -> str:
        if not query.startswith("BEGIN") or self.is_closed():
            await self.lost.wait()
            raise asyncpg.ConnectionDoesNotExistError("lost")
        return "BEGIN"


class Silent:
    """A place whose server never answers, unless it is told to."""

    def __init__(self) -> None:
        self.asked, self.answers, self.wire = asyncio.Event(), asyncio.Event(), Wire()

    async def session(self, *_: Any, **__: Any) -> Wire:
        self.asked.set()
        await self.answers.wait()
        return self.wire


async def use(one: Session) -> None:
    async with one.transaction():
        pass


@pytest.mark.parametrize("turns", range(6))
async def test_who_is_called_off_about_when_the_session_is_lost_ends(turns: int) -> None:
    """Whoever tries again whatever the store says hears that it is called off all the same."""
    one, wire = Session(SimpleNamespace(session=None), "lane"), Wire()  # type: ignore[arg-type]
    one._db = Connection(wire)  # type: ignore[arg-type]
    begun = asyncio.Event()

    async def again_and_again() -> None:
        while True:
            try:
                async with one.transaction() as db:
                    begun.set()
                    await db.wire.execute("INSERT")
            except StoreError:
                if wire.is_closed():
                    one._db = Connection(Wire())  # type: ignore[arg-type]

    task = asyncio.create_task(again_and_again())
    await begun.wait()
    wire.terminate()
    for _ in range(turns):
        await asyncio.sleep(0)
    await asyncio.wait_for(to_its_end(called_off(task)), 60)


async def test_a_session_that_is_just_being_opened_is_closed_soon_and_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "UNDO_SECONDS", 0.05)
    place = Silent()
    one = Session(place, "reader")  # type: ignore[arg-type]
    using = asyncio.create_task(use(one))
    await place.asked.wait()
    await asyncio.wait_for(one.close(), 60)
    place.answers.set()
    with pytest.raises(StoreError):
        await using
    assert place.wire.is_closed()
    with pytest.raises(StoreError, match="the session was closed"):
        await use(one)


async def test_updates_that_cannot_be_written_keep_nobody_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "UNDO_SECONDS", 0.05)
    monkeypatch.setattr(brought, "CLOSE_SECONDS", 0.05)
    place = Silent()
    one = Brought(place)  # type: ignore[arg-type]
    bringing = asyncio.create_task(one.bring("main", {"update_id": 1}))
    await place.asked.wait()
    await asyncio.wait_for(one.close(), 60)
    with pytest.raises(StoreError, match="updates could not be written"):
        await bringing
