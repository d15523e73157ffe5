"""A file of SQLite's as one end of a copy."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

from storage import copies, notes
from storage.copying.end import Key
from storage.copying.tables import IN_ORDER, Column, Kind, Table, counted, emptied, last_key, listed, quoted, selected
from storage.copying.values import Row
from storage.database import Connections
from storage.errors import StoreError, told
from storage.sole import sole_use

LOG_PAGES = 16_384  # of the write-ahead log, after which it is folded in

_KINDS = {"INTEGER": Kind.WHOLE, "REAL": Kind.REAL, "TEXT": Kind.TEXT, "BLOB": Kind.BYTES}
_OWN = ("sqlite_", "_sqlite_")  # how tables begin that SQLite, and sqlite-utils, keep for themselves

T = TypeVar("T")


async def open_end(path: Path, *, is_new: bool) -> SqliteEnd:
    """`is_new`: it may not be there yet. What is there is brought up to date, as whenever it is opened."""
    with told(path), contextlib.ExitStack() as opened:
        _look(path, is_new=is_new)
        lock = opened.enter_context(sole_use(path))
        await Connections(path).close()
        end = SqliteEnd(path, lock)
        opened.pop_all()
    return end


def _look(path: Path, *, is_new: bool) -> None:
    """Whether there is what is to be there."""
    if is_new:
        copies.make_room(path)
    elif not path.is_file():
        raise StoreError(f"{path}: there is no database")
    else:
        copies.refuse_others(path)


class SqliteEnd:
    """What is long takes place in a thread, one thing at a time."""

    keeps_nul = True

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path, self.name, self._lock = path, f"sqlite:///{path.resolve()}", lock
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
        for setting in ("synchronous = NORMAL", "temp_store = MEMORY", "cache_size = -65536"):
            self._db.execute(f"PRAGMA {setting}")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        self._db.execute(f"PRAGMA journal_size_limit = {LOG_PAGES * 4096}")

    async def close(self) -> None:
        self._db.close()
        self._lock.close()

    async def _do(self, work: Callable[..., T], *args: Any) -> T:
        def told_of() -> T:
            with told(self.path):
                return work(*args)

        return await asyncio.to_thread(told_of)

    async def tables(self) -> Mapping[str, Table]:
        return await self._do(self._tables)

    def _tables(self) -> Mapping[str, Table]:
        every = self._db.execute("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
        return {name: self._table(name) for name, _ in every.fetchall() if not name.startswith(_OWN)}

    def _table(self, name: str) -> Table:
        """What a full-text index keeps for itself is no table of this kind."""
        about = self._db.execute("SELECT name, type, pk FROM pragma_table_info(?)", (name,)).fetchall()
        columns = [Column(column, _kind(name, column, declared)) for column, declared, _ in about]
        if name in IN_ORDER:
            columns.insert(0, Column("rowid", Kind.WHOLE))
        key = sorted((place, column) for column, _, place in about if place)
        return Table(name, tuple(columns), tuple(column for _, column in key))

    async def freeze(self) -> None:
        """Nobody else writes from here on: whoever wants to is told that the database is locked."""
        self._db.execute("PRAGMA synchronous = FULL")
        await self._do(self._db.execute, "BEGIN IMMEDIATE")

    async def rows(self, table: Table, after: Key | None, most: int) -> Sequence[Row]:
        return await self._do(self._rows, table, after, most)

    def _rows(self, table: Table, after: Key | None, most: int) -> Sequence[Row]:
        marks = None if after is None else ["?"] * len(after)
        statement = f"{selected(table, listed(table.names), marks)} LIMIT {most}"
        return self._db.execute(statement, after or ()).fetchall()

    async def count(self, table: Table) -> int:
        return int((await self._do(lambda: self._db.execute(counted(table)).fetchone()))[0])

    async def last_key(self, table: Table) -> Key | None:
        found: Key | None = await self._do(lambda: self._db.execute(last_key(table)).fetchone())
        return found

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        await self._do(self._put, table, rows)

    def _put(self, table: Table, rows: Sequence[Row]) -> None:
        values = ", ".join("?" for _ in table.columns)
        with self._transaction():
            self._db.executemany(f"INSERT INTO {quoted(table.name)} ({listed(table.names)}) VALUES ({values})", rows)

    async def empty(self, table: Table) -> None:
        await self._do(self._empty, table)

    def _empty(self, table: Table) -> None:
        with self._transaction():
            self._db.execute(emptied(table))

    async def numbers(self) -> Mapping[str, int]:
        """Of the tables whose numbers are never used twice."""
        return dict(await self._do(lambda: self._db.execute("SELECT name, seq FROM sqlite_sequence").fetchall()))

    async def number_on(self, numbers: Mapping[str, int]) -> None:
        await self._do(self._number_on, numbers)

    def _number_on(self, numbers: Mapping[str, int]) -> None:
        known = dict(self._db.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        own = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
        with self._transaction():
            for (name,) in self._db.execute(own).fetchall():
                if numbers.get(name, 0) > known.get(name, 0):
                    self._db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
                    self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, numbers[name]))

    async def unanswered(self) -> int:
        """Here Telegram keeps them until they are dealt with."""
        return 0

    async def settle(self) -> None:
        """The log is folded in, so that the file is whole by itself."""
        await self._do(self._settle)

    def _settle(self) -> None:
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    async def note(self, name: str) -> str | None:
        found = await self._do(lambda: self._db.execute("SELECT text FROM note WHERE name = ?", (name,)).fetchone())
        return None if found is None else str(found[0])

    async def keep_note(self, name: str, text: str | None) -> None:
        await self._do(self._keep_note, name, text)

    def _keep_note(self, name: str, text: str | None) -> None:
        """In the transaction that has kept others from writing, if there is one, whose end it is."""
        if self._db.in_transaction:
            notes.keep(self._db, name, text)
            self._db.execute("COMMIT")
            return
        self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            notes.keep(self._db, name, text)
        self._db.execute("PRAGMA synchronous = NORMAL")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def _kind(table: str, column: str, declared: str) -> Kind:
    try:
        return _KINDS[declared]
    except KeyError:
        raise StoreError(f"{table}.{column}: columns of the type {declared or 'none'} are not known") from None
