"""One SQLite file, and who speaks to it: three threads, and the event loop itself for what takes a millisecond.

Each write is one transaction: all of it or nothing. Readers see the last committed state (WAL) and are never blocked
by the writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlite_utils import Database

from storage import copies, upgrading
from storage.engine import Query
from storage.errors import StoreError, told
from storage.schema import migrations

__all__ = ["Connections", "Query", "StoreError", "told"]

P = ParamSpec("P")
T = TypeVar("T")
LOG_BYTES = 64 * 2**20  # to which a write-ahead log that had to grow is cut again
BUSY_SECONDS = 10.0  # that a connection waits for another one
SYNC_SECONDS = 1.0  # so much of what is written `often` may be in the machine's memory alone


class Connections:
    """One connection that writes, one that reads and one that counts, each with its thread; and one that writes on the
    event loop, where no transaction waits for the disk or for somebody else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with told(path), contextlib.ExitStack() as opened:
            copies.make_room(path)
            _for_us_alone(path)
            copies.refuse_strangers(path)
            self.writing = opened.enter_context(contextlib.closing(_connect(path)))
            _bring_up_to_date(self.writing, path)
            self.at_once, self.reading, self.counting = (
                opened.enter_context(contextlib.closing(_connect(path))) for _ in range(3)
            )
            self.at_once.execute("PRAGMA synchronous = NORMAL")
            self.at_once.execute("PRAGMA wal_autocheckpoint = 0")  # the writer's thread does that
            self.at_once.execute("PRAGMA busy_timeout = 0")
            for connection in (self.reading, self.counting):
                connection.execute("PRAGMA query_only = 1")
            self.counting.execute("PRAGMA cache_size = -8192")  # it goes through everything once
            opened.pop_all()  # from here on `close` closes them
        self._writer, self._reader, self._counter = (
            ThreadPoolExecutor(1, thread_name_prefix=f"store-{name}") for name in ("writer", "reader", "counter")
        )
        self._synced_at = float("-inf")

    async def close(self) -> None:
        for thread in (self._writer, self._reader, self._counter):
            await asyncio.to_thread(thread.shutdown)
        for connection in (self.counting, self.reading, self.at_once, self.writing):
            connection.close()

    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One transaction, on the disk when it is done."""

        def work() -> T:
            with told(self.path):
                self.writing.execute("PRAGMA synchronous = FULL")
                before = self.writing.total_changes
                with _transaction(self.writing, "BEGIN IMMEDIATE") as db:
                    answer = query(db, *args, **kwargs)
                if self.writing.total_changes > before:  # else the disk was not asked for anything
                    self._synced_at = time.monotonic()
            return answer

        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    publish = write  # whoever sends lives with us, or looks now and then

    async def erase(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for what is to leave no trace in the file: what is deleted is overwritten, and the log is cut
        unless somebody reads in it just then."""
        answer = await self.write(query, *args, **kwargs)

        def cut() -> None:
            with told(self.path):
                self.writing.execute("PRAGMA busy_timeout = 0")
                self.writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                self.writing.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")

        await asyncio.get_running_loop().run_in_executor(self._writer, cut)
        return answer

    async def write_often(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for what is written many times a second. It outlives every end of this process; a machine that
        loses its power may forget the last second of it, and waiting for the disk each time would cost more than all
        the rest."""
        if self._is_to_sync():
            return await self.write(query, *args, **kwargs)

        def work() -> T:
            with told(self.path):
                self.writing.execute("PRAGMA synchronous = NORMAL")
                with _transaction(self.writing, "BEGIN IMMEDIATE") as db:
                    return query(db, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def write_little(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write_often`, for what takes a millisecond or two: here and now, unless somebody else is writing. To hand
        it to a thread would cost as much again, for two threads that want the interpreter wait for each other at every
        statement and every message."""
        if not self._is_to_sync():
            with contextlib.suppress(_Busy), told(self.path):
                return self._written_at_once(query, *args, **kwargs)
        return await self.write_often(query, *args, **kwargs)

    def _written_at_once(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            self.at_once.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise _Busy from None
            raise
        with _committed(self.at_once) as db:
            return query(db, *args, **kwargs)

    def _is_to_sync(self) -> bool:
        return time.monotonic() - self._synced_at > SYNC_SECONDS

    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work() -> T:
            with told(self.path), _transaction(self.reading, "BEGIN") as db:
                return query(db, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._reader, work)

    async def count(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, for what goes through very many rows: nobody who asks for little waits behind it."""

        def work() -> T:
            with told(self.path), _transaction(self.counting, "BEGIN") as db:
                return query(db, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._counter, work)


def _for_us_alone(path: Path) -> None:
    """A new file is nobody's to read but ours: it knows who follows what, and the secrets of hubs. SQLite gives its
    log and its index the same permissions. What is there already stays as its owner wants it."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(
        path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None, cached_statements=256
    )
    try:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file; one that has tables stays as it is
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
        db.execute("PRAGMA secure_delete = FAST")  # what is deleted is overwritten where its page is written anyway
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA cache_size = -65536")  # KiB
    except sqlite3.Error:
        db.close()
        raise
    return db


def _bring_up_to_date(db: sqlite3.Connection, path: Path) -> None:
    """All that is missing, in one transaction, with a copy first; no writing where nothing is missing, since others may
    be at work."""
    copies.refuse_newer(db, path)
    if not migrations.pending(Database(db)):
        return
    with upgrading.patience(db), _transaction(db, "BEGIN IMMEDIATE"):
        if migrations.pending(Database(db)):  # nobody else was first
            with upgrading.copied_first(db, path):
                migrations.apply(Database(db))


class _Busy(Exception):
    """Somebody else is writing."""


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Iterator[sqlite3.Connection]:
    db.execute(begin)
    with _committed(db):
        yield db


@contextlib.contextmanager
def _committed(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing. A commit may fail as well: on a full disk, for one."""
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk may have rolled back by itself
            db.execute("ROLLBACK")
        raise
