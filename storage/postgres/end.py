"""A schema of PostgreSQL's as one end of a copy."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import asyncpg

from storage.copying.end import Key
from storage.copying.tables import Column, Kind, Table, counted, emptied, last_key, quoted, selected
from storage.copying.values import Row
from storage.errors import StoreError
from storage.postgres import jobs
from storage.postgres.migrating import bring_up_to_date
from storage.postgres.place import Place, shown
from storage.postgres.session import farewell, told

# What nodes tell each other, and how far the tables are: of this database and these nodes alone.
OWN = frozenset({"step", "shared_step", "node", "brought"})
OF_PGQUEUER = "pgqueuer"  # how its tables begin
NODE = "db copy"  # how our session is called, for whoever looks at the server

_KINDS = {
    "boolean": Kind.FLAG,
    "bigint": Kind.WHOLE,
    "integer": Kind.WHOLE,
    "double precision": Kind.REAL,
    "text": Kind.TEXT,
    "bytea": Kind.BYTES,
}
# What is made out of other columns PostgreSQL makes itself.
_COLUMNS = """
SELECT c.relname AS tabled, a.attname AS named, format_type(a.atttypid, NULL) AS kind
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
  AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY c.relname, a.attnum
"""
_AS = {Kind.FLAG: "::int", Kind.REAL: " + 0.0::float8"}
_FLAGS = {None: None, 0: False, 1: True}
_MARKS = tuple(f"${number}" for number in range(1, 10))
# The key of each table: its primary one, else the first that is unique; its columns as they are, or shortened.
_KEYS = """
SELECT DISTINCT ON (c.relname) c.relname AS tabled, i.indisprimary AS is_primary,
  ARRAY(SELECT pg_get_indexdef(i.indexrelid, part, true) FROM generate_series(1, i.indnkeyatts) part) AS parts
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
WHERE c.relnamespace = current_schema()::regnamespace AND i.indisunique AND i.indpred IS NULL
ORDER BY c.relname, i.indisprimary DESC, x.relname
"""
_PART = re.compile(r'(?:relay_short\()?"?(\w+)"?\)?')
# What nodes hold for as long as they are there (`storage.postgres.presence`), lanes and writers: with all of them in
# our hands none begins, sends or writes meanwhile.
_LOCK = "SELECT pg_try_advisory_lock($1, hashtext($2))"
_NODES_LOCK, _LANE_LOCK, _WRITERS_LOCK = 7303, 7302, 7301
_NODES = "SELECT n.name FROM {home}.node n JOIN pg_stat_activity a ON a.pid = n.session ORDER BY n.name LIMIT 1"
_COPYING = """
SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND classid = 7303
  AND objid = hashtext($1)::oid AND application_name = 'liveblog-relay db copy' AND granted
"""
_NUMBERED = """
SELECT table_name AS tabled, column_name AS named,
  pg_get_serial_sequence(quote_ident(table_schema) || '.' || quote_ident(table_name), column_name) AS numbers
FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'
"""
# Whatever takes its time here is not to be ended for it.
_PATIENT = {
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "synchronous_commit": "off",  # the note at the end waits for the disk, and so for all that came before it
}


async def open_end(url: str, bot: str, *, is_new: bool) -> PostgresEnd:
    """`is_new`: its tables may not be there yet. What is there is brought up to date, as whenever it is opened."""
    place = Place(url, bot, NODE)
    with told():
        wire = await place.session("", None, **_PATIENT)
    end = PostgresEnd(place, wire, shown(url) + (f" (bot {bot})" if bot != "main" else ""))
    try:
        with told():
            await end.open(is_new=is_new)
    except BaseException:
        await end.close()
        raise
    return end


class PostgresEnd:
    """One session, which holds the bot's lane and the right to write."""

    keeps_nul = False

    def __init__(self, place: Place, wire: asyncpg.Connection, name: str) -> None:
        self.name, self._place, self._wire = name, place, wire
        self._frozen: Any = None  # the transaction in which all is read as of one moment
        self._reading: Any = None  # one in which a stream is read
        # of which table, after which key, and where it comes from
        self._stream: tuple[str, Key | None, Any] | None = None
        self._in_order: frozenset[str] = frozenset()  # tables that have an index in the order of their key

    async def open(self, *, is_new: bool) -> None:
        home, schema = self._place.home, self._place.schema
        if not await self._wire.fetchval(_LOCK, _NODES_LOCK, home):
            raise StoreError(f"{self.name}: {await self._who()}")
        if not is_new and await self._wire.fetchval("SELECT to_regclass('delivery')") is None:
            raise StoreError(f"{self.name}: there is no database of Liveblog Relay")
        async with self._wire.transaction():
            await bring_up_to_date(self._wire, self._place)
        for lock in (_LANE_LOCK, _WRITERS_LOCK):
            if not await self._wire.fetchval(_LOCK, lock, schema):
                raise StoreError(f"{self.name}: another relay runs on this database; stop it first")

    async def _who(self) -> str:
        """Why it cannot be had: who is there."""
        if await self._wire.fetchval(_COPYING, self._place.home):
            return "another `db copy` is at work on this database"
        home, name = quoted(self._place.home), None
        if await self._wire.fetchval("SELECT to_regclass($1)", f"{home}.node") is not None:
            name = await self._wire.fetchval(_NODES.format(home=home))
        return f"the relay runs on this database{f', on the node {name}' if name else ''}; stop all of it first"

    async def close(self) -> None:
        await farewell(self._wire)

    async def tables(self) -> Mapping[str, Table]:
        columns: dict[str, list[Column]] = {}
        with told():
            keys = {row["tabled"]: row for row in await self._wire.fetch(_KEYS)}
            for row in await self._wire.fetch(_COLUMNS):
                if row["tabled"] not in OWN and not row["tabled"].startswith(OF_PGQUEUER):
                    column = Column(row["named"], _kind(row["tabled"], row["named"], row["kind"]))
                    columns.setdefault(row["tabled"], []).append(column)
        self._in_order = frozenset(name for name, key in keys.items() if key["is_primary"])
        return {name: Table(name, tuple(some), _key(keys.get(name))) for name, some in columns.items()}

    async def freeze(self) -> None:
        """The others wait for the right to write, which is ours."""
        with told():
            self._frozen = self._wire.transaction(isolation="repeatable_read", readonly=True)
            await self._frozen.start()

    async def rows(self, table: Table, after: Key | None, most: int) -> Sequence[Row]:
        with told():
            if table.name in self._in_order:
                found = await self._wire.fetch(f"{_rows_of(table, after)} LIMIT {most}", *(after or ()))
            else:
                found = await self._streamed(table, after, most)
        return [tuple(row) for row in found]

    async def _streamed(self, table: Table, after: Key | None, most: int) -> Sequence[asyncpg.Record]:
        """Of a table whose index has its key shortened, so that it is in no order: sorted once, on the server's disk,
        and read as it is wanted."""
        if self._stream is None or self._stream[:2] != (table.name, after):
            await self._begin_stream(table, after)
        assert self._stream is not None
        portal = self._stream[2]
        found: Sequence[asyncpg.Record] = await portal.fetch(most)
        if found:
            self._stream = table.name, tuple(found[-1][place] for place in table.places), portal
        else:
            await self._end_stream()
        return found

    async def _begin_stream(self, table: Table, after: Key | None) -> None:
        await self._end_stream()
        if self._frozen is None:
            self._reading = self._wire.transaction()
            await self._reading.start()
        portal = await self._wire.cursor(_rows_of(table, after), *(after or ()))
        self._stream = table.name, after, portal

    async def _end_stream(self) -> None:
        self._stream = None
        if self._reading is not None:
            await self._reading.commit()
            self._reading = None

    async def count(self, table: Table) -> int:
        with told():
            return int(await self._wire.fetchval(counted(table)))

    async def last_key(self, table: Table) -> Key | None:
        with told():
            found = await self._wire.fetchrow(last_key(table))
        return None if found is None else tuple(found)

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        with told():
            await self._wire.copy_records_to_table(
                table.name, schema_name=self._place.schema, columns=table.names, records=_flagged(table, rows)
            )

    async def empty(self, table: Table) -> None:
        with told():
            await self._wire.execute(emptied(table))

    async def numbers(self) -> Mapping[str, int]:
        given: dict[str, int] = {}
        with told():
            for row in await self._wire.fetch(_NUMBERED):
                about = await self._wire.fetchrow(f"SELECT last_value, is_called FROM {row['numbers']}")
                if about["is_called"] and row["named"] == "id":
                    given[row["tabled"]] = about["last_value"]
        return given

    async def number_on(self, numbers: Mapping[str, int]) -> None:
        with told():
            for row in await self._wire.fetch(_NUMBERED):
                highest = f"SELECT coalesce(max({quoted(row['named'])}), 0) FROM {quoted(row['tabled'])}"
                last = max(await self._wire.fetchval(highest), numbers.get(row["tabled"], 0))
                await self._wire.execute("SELECT setval($1::regclass, $2, $3)", row["numbers"], max(last, 1), last > 0)

    async def unanswered(self) -> int:
        if not self._place.is_plain:
            return 0
        table = jobs.settings(self._place.home).qualified.queue_table
        with told():
            if await self._wire.fetchval("SELECT to_regclass($1)", table) is None:
                return 0
            name = jobs.update(self._place.bot)
            return int(await self._wire.fetchval(f"SELECT count(*) FROM {table} WHERE entrypoint = $1", name))

    async def settle(self) -> None:
        """A planner that knows nothing of a million rows would read all of them."""
        for name in await self.tables():
            with told():
                await self._wire.execute(f"VACUUM (ANALYZE) {quoted(name)}")

    async def note(self, name: str) -> str | None:
        with told():
            found = await self._wire.fetchval("SELECT text FROM note WHERE name = $1", name)
        return None if found is None else str(found)

    async def keep_note(self, name: str, text: str | None) -> None:
        with told():
            await self._thaw()
            async with self._on_the_disk():
                await self._wire.execute("DELETE FROM note WHERE name = $1", name)
                if text is not None:
                    await self._wire.execute("INSERT INTO note (name, text) VALUES ($1, $2)", name, text)

    async def _thaw(self) -> None:
        await self._end_stream()
        if self._frozen is not None:
            await self._frozen.commit()
            self._frozen = None

    @contextlib.asynccontextmanager
    async def _on_the_disk(self) -> AsyncIterator[None]:
        async with self._wire.transaction():
            await self._wire.execute("SET LOCAL synchronous_commit = on")
            yield


def _rows_of(table: Table, after: Key | None) -> str:
    return selected(table, _said(table), None if after is None else _MARKS[: len(after)])


def _said(table: Table) -> str:
    """Flags as numbers, and no negative zero, as SQLite has it."""
    return ", ".join(quoted(one.name) + _AS.get(one.kind, "") for one in table.columns)


def _flagged(table: Table, rows: Sequence[Row]) -> Sequence[Row]:
    """Numbers that are flags here as flags."""
    flags = frozenset(place for place, one in enumerate(table.columns) if one.kind is Kind.FLAG)
    if not flags:
        return rows
    try:
        return [tuple([_FLAGS[one] if place in flags else one for place, one in enumerate(row)]) for row in rows]
    except KeyError:
        names = ", ".join(table.names[place] for place in sorted(flags))
        raise StoreError(f"{table.name}: has a number that is no flag, in one of the columns {names}") from None


def _kind(table: str, column: str, named: str) -> Kind:
    try:
        return _KINDS[named]
    except KeyError:
        raise StoreError(f"{table}.{column}: columns of the type {named} are not known") from None


def _key(about: asyncpg.Record | None) -> tuple[str, ...]:
    parts = [] if about is None else [_PART.fullmatch(one) for one in about["parts"]]
    return tuple(part[1] for part in parts if part is not None)
