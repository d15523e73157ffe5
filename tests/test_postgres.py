"""What is so on PostgreSQL alone: one set of tables with SQLite, and several relays on one database."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from storage import StoreError, open_store
from storage.postgres import bridge
from storage.postgres.connection import Connection
from storage.postgres.store import PostgresStore
from storage.spoken import Connection as Spoken
from tests import postgres
from tests.ledger import Ledger

on_postgresql = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

# what SQLite says by itself: the order in which rows came, and the words of its search
ONLY_THERE = {("blog", "rowid"), ("post", "sought"), ("post", "sought_title"), ("step", "number"), ("step", "taken_at")}
# what nodes share, which one machine has no need of; PgQueuer's tables bear its name
SHARED = ("node", "brought", "shared_step", "pgqueuer")
COLUMNS = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"


@on_postgresql
async def test_both_engines_keep_the_same_columns(fresh_url: str, tmp_path: Path) -> None:
    other = PostgresStore(fresh_url)
    await other.note("anything")
    wire = await asyncpg.connect(fresh_url)
    there = {tuple(row) for row in await wire.fetch(COLUMNS) if not row[0].startswith(SHARED)}
    await wire.close()
    await other.close()
    await open_store(f"sqlite:///{tmp_path}/relay.db").close()
    assert there - ONLY_THERE == columns_of(tmp_path / "relay.db")


def columns_of(path: Path) -> set[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ours = [one for one in tables if not one.startswith(("sqlite_", "_sqlite", "post_fts"))]
        return {(table, row[1]) for table in ours for row in db.execute(f"PRAGMA table_info({table})")}


@on_postgresql
async def test_two_relays_that_start_at_once_make_the_tables_once(fresh_url: str) -> None:
    relays = [PostgresStore(fresh_url) for _ in range(4)]
    await asyncio.gather(*(one.keep_note(f"from {number}", "here") for number, one in enumerate(relays)))
    assert [await relays[0].note(f"from {number}") for number in range(4)] == ["here"] * 4
    for one in relays:
        await one.close()


@on_postgresql
async def test_what_two_relays_read_and_write_at_once_comes_one_after_the_other(fresh_url: str) -> None:
    """As on SQLite: a rule may rely on what it has read until its transaction is over."""

    def one_more(db: Spoken) -> None:
        row = db.execute("SELECT text FROM note WHERE name = 'count'").fetchone()
        number = int(row["text"]) + 1 if row else 1
        db.execute(
            "INSERT INTO note (name, text) VALUES ('count', ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text",
            (str(number),),
        )

    relays = [PostgresStore(fresh_url) for _ in range(3)]
    await asyncio.gather(*(one._db.write(one_more) for one in relays for _ in range(20)))
    assert await relays[0].note("count") == "60"
    for one in relays:
        await one.close()


@on_postgresql
async def test_posts_that_one_relay_publishes_leave_through_another(fresh_url: str) -> None:
    reads, sends = PostgresStore(fresh_url), PostgresStore(fresh_url)
    ledger = Ledger(reads)
    await ledger.follow(2001)
    await ledger.follow(2002)
    await ledger.publish("a")
    ledger.store = sends
    await ledger.run()
    await reads.close()
    await sends.close()
    assert ledger.revisions(2001, "a") == ledger.revisions(2002, "a") == [1]


@on_postgresql
async def test_a_session_that_broke_is_opened_again(fresh_url: str) -> None:
    store = PostgresStore(fresh_url)
    await store.keep_note("a", "1")
    wire = await asyncpg.connect(fresh_url)
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'liveblog-relay%'"
    await wire.execute(ours)
    await wire.close()
    with contextlib.suppress(StoreError):  # where it is noticed by asking
        await store.keep_note("a", "2")
    await store.keep_note("a", "3")
    assert await store.note("a") == "3"
    await store.close()


async def test_a_server_that_is_not_there_is_one_clear_line_without_the_password() -> None:
    store = PostgresStore("postgresql://relay:secret@127.0.0.1:9/relay")
    with pytest.raises(StoreError) as refused:
        await store.note("anything")
    assert "secret" not in str(refused.value)
    assert str(refused.value).startswith("postgresql://relay@127.0.0.1:9/relay cannot be reached: ")
    assert len(str(refused.value).splitlines()) == 1


@on_postgresql
async def test_a_claim_passes_over_what_another_session_is_settling(fresh_url: str) -> None:
    """Whoever lost the lane and does not know it yet neither waits for the rows nor takes them."""
    ledger, wire = Ledger(PostgresStore(fresh_url)), await asyncpg.connect(fresh_url)
    here = [await ledger.follow(person) for person in (2001, 2002, 2003)]
    await ledger.publish("a")
    await ledger.expand()
    begun = wire.transaction()
    await begun.start()
    try:
        await wire.execute("UPDATE delivery SET sent = wanted WHERE chat = $1", here[0])
        async with asyncio.timeout(60):
            assert {claim.chat for claim in await ledger.claim(limit=1)} == {here[1]}
            assert {claim.chat for claim in await ledger.claim()} == {here[2]}
    finally:
        await begun.rollback()
    assert {claim.chat for claim in await ledger.claim()} == {here[0]}
    await wire.close()
    await ledger.store.close()


@on_postgresql
async def test_what_a_query_left_undone_is_not_written_either(fresh_url: str) -> None:
    """PostgreSQL calls a commit of what had failed a success."""

    def forgets_what_failed(db: Spoken) -> None:
        db.execute("INSERT INTO note (name, text) VALUES ('a', 'b')")
        with contextlib.suppress(asyncpg.PostgresError):
            db.execute("INSERT INTO note (name, text) VALUES ('a', 'b')")

    store = PostgresStore(fresh_url)
    with pytest.raises(StoreError, match="nothing is written"):
        await store._db.write(forgets_what_failed)
    assert await store.note("a") is None
    await store.close()


@on_postgresql
async def test_who_is_interrupted_while_it_waits_for_its_turn_leaves_the_session_usable(fresh_url: str) -> None:
    store, wire = PostgresStore(fresh_url), await asyncpg.connect(fresh_url)
    await store.keep_note("a", "1")
    begun = wire.transaction()
    await begun.start()
    await wire.execute("SELECT pg_advisory_xact_lock(7301, hashtext(current_schema()))")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await store.keep_note("a", "2")
    await begun.rollback()
    await store.keep_note("b", "3")
    assert (await store.note("a"), await store.note("b")) == ("1", "3")
    await wire.close()
    await store.close()


@on_postgresql
async def test_long_lists_are_fetched_no_further_than_they_are_read(fresh_url: str) -> None:
    """A stretch of a million chats of which fifty are wanted."""
    wire = await asyncpg.connect(fresh_url)
    db: Any = Connection(wire)

    def some() -> list[int]:
        rows = iter(db.execute("SELECT number FROM (SELECT generate_series(1, 1000000000) AS number) AS every"))
        return [next(rows)["number"] for _ in range(3)]

    async with asyncio.timeout(60), wire.transaction():
        assert await bridge.run(some) == [1, 2, 3]
    await wire.close()


async def test_what_goes_wrong_while_somebody_waits_reaches_who_asked() -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise StoreError("as it is")

    def asks() -> str:
        try:
            bridge.wait(fails())
        except StoreError as error:
            return f"told: {error}"
        return "not told"

    assert await bridge.run(asks) == "told: as it is"


def test_the_servers_of_these_tests_listen_nowhere_but_in_their_folder() -> None:
    server = postgres.shared()
    assert "listen_addresses = ''" in (server.folder / "data" / "postgresql.conf").read_text()


@on_postgresql
async def test_who_is_called_off_in_the_middle_of_a_first_question_keeps_nobody_from_asking(fresh_url: str) -> None:
    """The server knows it under its name already; on our side nobody does."""

    class CalledOff:
        def __init__(self, wire: asyncpg.Connection) -> None:
            self._wire = wire

        async def prepare(self, *how: Any, **more: Any) -> Any:
            self.left = await self._wire.prepare(*how, **more)
            raise asyncio.CancelledError

    wire = await asyncpg.connect(fresh_url)
    db = Connection(wire)
    db.wire = called_off = CalledOff(wire)
    with pytest.raises(asyncio.CancelledError):
        await bridge.run(lambda: db.execute("SELECT 1").fetchone())
    db.wire = wire
    assert tuple(await bridge.run(lambda: db.execute("SELECT 2").fetchone())) == (2,)
    assert called_off.left.get_name() in {
        row["name"] for row in await wire.fetch("SELECT name FROM pg_prepared_statements")
    }
    await wire.close()
