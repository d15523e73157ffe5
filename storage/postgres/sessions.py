"""Who speaks to the database: sessions that write, read and count, opened when somebody first wants them.

Writes about one bot wait for each other, on whatever node: an advisory lock of the transaction is to PostgreSQL what
`BEGIN IMMEDIATE` is to SQLite, so that every rule may rely on what it has read. Bots do not wait for each other.
"""

from __future__ import annotations

import asyncio
from typing import ParamSpec, TypeVar

from storage.engine import Query
from storage.postgres import bridge, jobs
from storage.postgres.migrating import bring_up_to_date
from storage.postgres.place import Place
from storage.postgres.planning import AS_WRITTEN
from storage.postgres.session import BEGIN, PATIENCE_SECONDS, Session

P = ParamSpec("P")
T = TypeVar("T")

COUNT_SECONDS = 600.0  # for what goes through very many rows
WRITERS = 7301  # the class of these locks
# In one journey each.
LOCK = f"SELECT pg_advisory_xact_lock({WRITERS}, hashtext(current_schema()))"
WRITE = f"{BEGIN}; {LOCK}"
# What is written so does not wait for the disk: it comes there within three times `wal_writer_delay`, 0.6 s.
WRITE_OFTEN = f"{BEGIN}; SET LOCAL synchronous_commit = off; {LOCK}"
READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Sessions:
    """What the doors ask of it is what they ask of the one on SQLite.

    `writing`: on which session is written, if not on one of our own. `parent`: who reads and counts for us as well.
    """

    def __init__(self, place: Place, writing: Session | None = None, parent: Sessions | None = None) -> None:
        self.place = place
        self._writing = writing or Session(place, "writer", PATIENCE_SECONDS, **AS_WRITTEN)
        self._reading: Session = parent._reading if parent else _of_readers(place, "reader")
        self._counting: Session = parent._counting if parent else _of_readers(place, "counter", COUNT_SECONDS)
        self._own = (self._writing,) if parent else (self._counting, self._reading, self._writing)
        self._ready = asyncio.Lock()
        self._is_ready = parent is not None

    async def close(self) -> None:
        for one in self._own:
            await one.close()

    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One transaction, on the disk when it is done."""
        return await self._written(WRITE, query, *args, **kwargs)

    erase = write

    async def write_often(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for what is written many times a second: a server that loses its power may forget the last second
        of it."""
        return await self._written(WRITE_OFTEN, query, *args, **kwargs)

    write_little = write_often

    async def _written(self, begin: str, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        await self.opened()
        async with self._writing.transaction(begin) as db:
            return await bridge.run(query, db, *args, **kwargs)

    async def publish(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`; that there is something to send is told in the same transaction."""
        await self.opened()
        async with self._writing.transaction(WRITE) as db:
            answer = await bridge.run(query, db, *args, **kwargs)
            if self.place.is_plain:
                await jobs.put(db.wire, self.place.home, jobs.pump(self.place.bot))
            return answer

    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As of one moment."""
        return await self._as_of_now(self._reading, query, *args, **kwargs)

    async def count(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, for what goes through very many rows: nobody who asks for little waits behind it."""
        return await self._as_of_now(self._counting, query, *args, **kwargs)

    async def _as_of_now(self, session: Session, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        await self.opened()
        async with session.transaction(READ) as db:
            return await bridge.run(query, db, *args, **kwargs)

    async def opened(self) -> None:
        """The tables are there, and up to date."""
        if self._is_ready:
            return
        async with self._ready:
            if not self._is_ready:
                async with self._writing.transaction() as db:
                    await bring_up_to_date(db.wire, self.place)
                self._is_ready = True


def _of_readers(place: Place, does: str, patience: float = PATIENCE_SECONDS) -> Session:
    return Session(place, does, patience, default_transaction_read_only="on")
