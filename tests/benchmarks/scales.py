"""What one of each costs where several nodes share one PostgreSQL, on a server that keeps what it is given."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from statistics import linear_regression
from typing import Any

import asyncpg

from bot.cluster import Together, brought_to
from bot.core.model import ChangeKind
from bot.core.sharing import SHARDS
from storage.postgres import jobs
from storage.postgres.presence import Presence, Said
from storage.postgres.store import PostgresStore
from tests import postgres
from tests.benchmarks.ledgers import BLOG, DURABLE, Where, _at, _cpu, _measured

LOOKED = 200  # looks that are measured together
TOGETHER = 66  # polls that are noted together: two seconds of a thousand blogs, each asked every half minute


async def scale(chats: int, polls: int, nodes: int, seconds: float) -> dict[str, float]:
    """Every unit cost: microseconds of processor, bytes; as `tests.benchmarks.growth.Units` names them. With up to so
    many `nodes`, each state of theirs for so many seconds."""
    return await _ledger(chats, polls) | await _nodes(nodes, seconds)


# --- a bot's ledger


async def _ledger(chats: int, polls: int) -> dict[str, float]:
    async with _at("postgresql", 1) as where:
        assert where.server is not None
        (book,) = where.books
        await book.follow(chats, 0)
        async with _wire(where.server) as wire:
            await wire.execute("VACUUM ANALYZE")
            before, size = await _written(wire), await _size(wire)
            found = await _measured(where, chats, ChangeKind.NEW)
            wrote, grew = await _written(wire) - before, await _size(wire) - size
            return _delivered(found, wrote / chats, grew / chats) | await _nothing(where, wire, polls)


def _delivered(found: dict[str, float], wrote: float, grew: float) -> dict[str, float]:
    return {
        "expand_server": found["expand_server"],
        "expand_node": found["expand_client"],
        "deliver_server": found["server"] - found["expand_server"],
        "deliver_node": found["client"] - found["expand_client"],
        "deliver_wal": wrote,
        "deliver_bytes": grew,
        "deliveries_a_second": found["rate"],
    }


async def _nothing(where: Where, wire: asyncpg.Connection, polls: int) -> dict[str, float]:
    """Polls that find nothing: that they were made is written, of many together."""
    store = where.books[0].store
    blogs = [f"quiet-{number}" for number in range(TOGETHER)]
    await store.in_file([(blog, "Quiet", None) for blog in blogs], 1.0)
    times = max(1, polls // TOGETHER)
    before, server, node = await _written(wire), where.cpu(), _cpu()
    for number in range(times):
        await store.polls_answered(dict.fromkeys(blogs, 10.0 + number))
    server, node = where.cpu() - server, _cpu() - node
    wrote = await _written(wire) - before
    made = times * TOGETHER
    return {"poll_server": server / made * 1e6, "poll_store": node / made * 1e6, "poll_wal": wrote / made}


async def _written(wire: asyncpg.Connection) -> int:
    """Bytes of the log until now."""
    return int(await wire.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))


async def _size(wire: asyncpg.Connection) -> int:
    return int(await wire.fetchval("SELECT pg_database_size(current_database())"))


@contextlib.asynccontextmanager
async def _wire(server: postgres.Server) -> AsyncIterator[asyncpg.Connection]:
    wire = await asyncpg.connect(server.url())
    try:
        yield wire
    finally:
        await wire.close()


# --- nodes that have nothing to do


async def _nodes(most: int, seconds: float) -> dict[str, float]:
    server = postgres.server(*DURABLE)
    where = Where([], server)
    few = max(1, most // 4)
    states = [await _there(where, server, count, seconds) for count in (few, most)]
    counts = (float(few), float(most))
    present = linear_regression(counts, [one["server"] for one in states])
    wake = linear_regression(counts, [one["wake"] for one in states])
    look = await _looks(where, server.url(), (1, most, 8 * most))
    return {
        "present_server": max(0.0, present.slope),
        "wake_server": max(0.0, wake.intercept),
        "wake_each_server": max(0.0, wake.slope),
        "look_server": max(0.0, look),
        "shards_server": max(0.0, present.intercept),
    }


async def _there(where: Where, server: postgres.Server, count: int, seconds: float) -> dict[str, float]:
    """So many nodes without a lane, that share out all poll shards: what a second of them costs PostgreSQL, and what a
    publication costs that wakes them."""
    stores = [PostgresStore(server.url(), node=f"node {number}") for number in range(count)]
    nodes = [Together({}, {"main": one}, _poll, brought_to(one), shards=SHARDS, said=_said) for one in stores]
    await stores[0].in_file([(BLOG, "Storm", None)], 1.0)
    running = [asyncio.create_task(one.run()) for one in nodes]
    try:
        await asyncio.gather(*(one.begun.wait() for one in nodes))
        async with _wire(server) as wire:
            await _until_shared(wire)
            idle = await _costs(where, lambda: asyncio.sleep(seconds)) / seconds
            begun = time.monotonic()
            woken = int(seconds * 20)
            busy = await _costs(where, lambda: _wake(wire, stores[0].place.home, woken))
            return {"server": idle, "wake": max(0.0, busy - idle * (time.monotonic() - begun)) / woken}
    finally:
        for one in nodes:
            one.stop()
        await asyncio.gather(*running)
        for store in stores:
            await store.close()


async def _until_shared(wire: asyncpg.Connection) -> None:
    """Every shard is somebody's."""
    picked = f"SELECT count(*) FROM pgqueuer WHERE entrypoint = '{jobs.POLL}' AND status = 'picked'"
    async with asyncio.timeout(120):
        while await wire.fetchval(picked) < SHARDS:
            await asyncio.sleep(0.1)


async def _wake(wire: asyncpg.Connection, home: str, times: int) -> None:
    """As a publication does, twenty times a second; for a bot whose lane none of these nodes has."""
    for _ in range(times):
        async with wire.transaction():
            await jobs.put(wire, home, jobs.pump("nobody"))
        await asyncio.sleep(1 / 20)
    await wire.execute(f"DELETE FROM pgqueuer WHERE entrypoint = '{jobs.pump('nobody')}'")


async def _looks(where: Where, url: str, sessions: tuple[int, ...]) -> float:
    """What each further session adds to a look at who is there: microseconds."""
    store = PostgresStore(url)
    there: list[Presence] = []
    found = []
    try:
        for count in sessions:
            while len(there) < count:
                there.append(Presence(store.place, ["main"]))
                await there[-1].open()
                await there[-1].say(Said(name=f"node{len(there)}", version="", file="", started_at=0.0))
            beating = asyncio.create_task(_beat(there))
            found.append(await _costs(where, lambda: _look(there[0])) / LOOKED)
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
    finally:
        for one in there:
            await one.close()
        await store.close()
    return linear_regression([float(one) for one in sessions], found).slope


async def _look(presence: Presence) -> None:
    for _ in range(LOOKED):
        await presence.look()


async def _beat(there: Collection[Presence]) -> None:
    """None of them is silent for so long that it is ended."""
    while True:
        await asyncio.sleep(2.0)
        for one in list(there)[1:]:
            await one.look()


async def _costs(where: Where, work: Callable[[], Awaitable[Any]]) -> float:
    """Microseconds of PostgreSQL's processor."""
    before = where.cpu()
    await work()
    return (where.cpu() - before) * 1e6


async def _poll(shards: Collection[int] | None) -> None:
    """There are no blogs here."""


def _said() -> Said:
    return Said(name="node", version="0", file="", started_at=0.0)
