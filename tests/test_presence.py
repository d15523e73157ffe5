"""Who is there, and in which order: the shares go by it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from bot.core.sharing import rank_of
from storage.postgres.place import Place
from storage.postgres.presence import Presence, Said
from storage.postgres.store import PostgresStore

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest_asyncio.fixture
async def place(fresh_url: str) -> AsyncIterator[Place]:
    """Where there are tables."""
    store = PostgresStore(fresh_url)
    await store.note("anything")
    yield Place(fresh_url)
    await store.close()


@contextlib.asynccontextmanager
async def node(place: Place, name: str) -> AsyncIterator[Presence]:
    """One that is there and has said how it is."""
    one = Presence(Place(place.url, node=name), ["main"])
    await one.open()
    await one.say(Said(name=name, version="", file="", started_at=1.0))
    yield one
    await one.close()


async def ranks(*nodes: Presence) -> list[int]:
    """By what each of them sees."""
    seen = [await one.look() for one in nodes]
    assert len({one.nodes for one in seen}) == 1
    return [rank_of(one.ours, one.nodes).ours for one in seen]


async def asked(place: Place, statement: str, *given: object) -> None:
    wire: asyncpg.Connection = await place.session("test")
    await wire.execute(statement, *given)
    await wire.close()


async def test_who_was_there_first_comes_first_whatever_number_its_session_has(place: Place) -> None:
    """They are numbers of processes, and begin again from the lowest: who came with one of those took its lane from
    whoever had it."""
    async with node(place, "rome") as rome, node(place, "oslo") as oslo, node(place, "bonn") as bonn:
        assert await ranks(rome, oslo, bonn) == [0, 1, 2]
        await asked(place, "UPDATE node SET arrived = CASE name WHEN 'rome' THEN 30 WHEN 'oslo' THEN 20 ELSE 10 END")
        assert await ranks(rome, oslo, bonn) == [2, 1, 0]


async def test_who_has_not_said_yet_how_it_is_comes_last(place: Place) -> None:
    async with node(place, "rome") as rome, node(place, "oslo") as oslo:
        await asked(place, "DELETE FROM node WHERE name = 'rome'")
        assert await ranks(rome, oslo) == [1, 0]


async def test_who_has_the_session_number_of_a_node_that_crashed_does_not_have_its_place(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def session(self: Place, does: str, **how: str) -> asyncpg.Connection:
        wire = await of_ours(self, does, **how)
        await wire.execute(
            "INSERT INTO node (session, name, version, file, started_at, said_at, lanes, shards, trouble, arrived)"
            " VALUES (pg_backend_pid(), 'bonn', '', '', 1, extract(epoch FROM now()), '[]', 0, '', -1)"
        )
        return wire

    async with node(place, "rome") as rome:
        of_ours = Place.session
        monkeypatch.setattr(Place, "session", session)
        async with node(place, "oslo") as oslo:
            assert await ranks(rome, oslo) == [0, 1]


async def test_who_comes_back_is_the_last(place: Place) -> None:
    async with node(place, "rome") as rome, node(place, "oslo") as oslo:
        await rome.close()
        async with node(place, "rome") as again:
            assert await ranks(oslo, again) == [0, 1]
