"""A dump of PostgreSQL's that was put back: what waited in it counts as sent, and no number is given twice."""

from __future__ import annotations

import asyncpg
import pytest

from storage import StoreError, open_store
from storage.postgres import jobs
from storage.postgres.place import Place
from storage.postgres.returned import take_as_told
from storage.postgres.store import PostgresStore
from storage.returning import NUMBERS
from tests.ledger import BLOG, URL, Ledger

ANN, BEN = 2001, 2002
on_postgresql = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def both(url: str) -> dict[str, PostgresStore]:
    stores = {bot: open_store(url, bot) for bot in ("main", "es")}
    assert all(isinstance(one, PostgresStore) for one in stores.values())
    return stores  # type: ignore[return-value]


@on_postgresql
async def test_of_every_bot_what_waited_counts_as_sent_and_what_comes_then_is_news(fresh_url: str) -> None:
    stores = both(fresh_url)
    main, es = (Ledger(store) for store in stores.values())
    for ledger, person in ((main, ANN), (es, BEN)):
        await ledger.follow(person)
        await ledger.publish("a")
    told = await take_as_told(stores, main.now - 60, main.now)
    assert {bot: one.taken for bot, one in told.items()} == {"main": 1, "es": 1}
    for ledger, person in ((main, ANN), (es, BEN)):
        assert await ledger.run() == []
        assert await ledger.store.come_back(ledger.now) is None, "it is seen to"
        assert await ledger.store.caught_up(BLOG, [URL], [URL])
        (number,) = await ledger.publish("b")
        assert number > NUMBERS
        await ledger.run()
        assert ledger.shown(person) == ["b"]
        await ledger.store.close()


@on_postgresql
async def test_what_people_had_written_then_is_not_answered_again(fresh_url: str) -> None:
    stores, place = both(fresh_url), Place(fresh_url)
    await stores["main"].blogs()
    wire: asyncpg.Connection = await place.session("test")
    table = jobs.queries(wire, place.home).qbe.qualified.queue_table
    await jobs.put(wire, place.home, jobs.update("es"), b"{}")
    await jobs.put(wire, place.home, jobs.pump("es"))
    await take_as_told(stores, 1.0, 2.0)
    assert [row["entrypoint"] for row in await wire.fetch(f"SELECT entrypoint FROM {table}")] == [jobs.pump("es")]
    await wire.close()
    for store in stores.values():
        await store.close()


@on_postgresql
async def test_while_a_node_sends_nothing_is_done(fresh_url: str) -> None:
    stores = both(fresh_url)
    ledger = await stores["es"].ledger()
    assert ledger is not None
    with pytest.raises(StoreError, match="sends for the bot es; stop every node first"):
        await take_as_told(stores, 1.0, 2.0)
    await ledger.close()
    for store in stores.values():
        await store.close()
