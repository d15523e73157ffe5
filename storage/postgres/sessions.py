"""Who speaks to the database: sessions that write, read and count, opened when somebody first wants them.

Writes about one bot wait for each other, on whatever node: an advisory lock of the transaction is to PostgreSQL what
`BEGIN IMMEDIATE` is to SQLite, so that every rule may rely on what it has read. Bots do not wait for each other.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, ParamSpec, TypeVar

import asyncpg

from storage.engine import Query
from storage.errors import StoreError
from storage.postgres import bridge
from storage.postgres.connection import Connection
from storage.postgres.migrating import bring_up_to_date

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_SECONDS = 10.0
LOCK = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
WRITERS = 7301  # the class of these locks
# What asyncpg says where the session is gone, in whatever state it finds that out.
GONE = (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError, OSError)


class Session:
    """One session, used by one transaction at a time, and opened again where it was lost."""

    def __init__(self, url: str, **settings: str) -> None:
        self._url, self._settings = url, settings
        self._turn = asyncio.Lock()
        self._db: Connection | None = None

    @contextlib.asynccontextmanager
    async def transaction(self, **how: Any) -> AsyncIterator[Connection]:
        """All of it or nothing; StoreError where PostgreSQL does not do it."""
        with told():
            async with self._turn:
                db, begun = await self._begin(how)
                try:
                    yield db
                    await begun.commit()
                except BaseException:
                    await self._undo(db, begun)
                    raise

    async def _begin(self, how: Mapping[str, Any]) -> tuple[Connection, Any]:
        """Where the session was lost while nobody used it, another is opened: nothing was begun in it."""
        if self._db is not None and not self._db.wire.is_closed():
            with contextlib.suppress(*GONE):
                return self._db, await _started(self._db, how)
            self._db.wire.terminate()
        self._db = Connection(await self._connected())
        return self._db, await _started(self._db, how)

    async def _undo(self, db: Connection, begun: Any) -> None:
        """A session in which that is not to be done is ended, which undoes it as well."""
        try:
            await asyncio.shield(begun.rollback())
        except (*GONE, asyncpg.PostgresError, asyncio.CancelledError):
            db.wire.terminate()

    async def _connected(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._url, timeout=CONNECT_SECONDS, statement_cache_size=0, server_settings=self._settings
        )

    async def close(self) -> None:
        async with self._turn:
            if self._db is not None:
                await self._db.wire.close()


async def _started(db: Connection, how: Mapping[str, Any]) -> Any:
    begun = db.wire.transaction(**how)
    await begun.start()
    return begun


class Sessions:
    """What the doors ask of it is what they ask of the one on SQLite."""

    def __init__(self, url: str, bot: str = "main") -> None:
        self._bot = bot
        self._writing = Session(url, application_name="liveblog-relay writer")
        self._reading, self._counting = (
            Session(url, application_name=f"liveblog-relay {name}", default_transaction_read_only="on")
            for name in ("reader", "counter")
        )
        self._ready = asyncio.Lock()
        self._is_ready = False

    async def close(self) -> None:
        for one in (self._counting, self._reading, self._writing):
            await one.close()

    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One transaction, on the disk when it is done."""
        await self._opened()
        async with self._writing.transaction(isolation="read_committed") as db:
            await db.wire.execute(LOCK, WRITERS, self._bot)
            return await bridge.run(query, db, *args, **kwargs)

    erase = write
    write_often = write
    write_little = write

    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As of one moment."""
        return await self._as_of_now(self._reading, query, *args, **kwargs)

    async def count(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, for what goes through very many rows: nobody who asks for little waits behind it."""
        return await self._as_of_now(self._counting, query, *args, **kwargs)

    async def _as_of_now(self, session: Session, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        await self._opened()
        async with session.transaction(isolation="repeatable_read", readonly=True) as db:
            return await bridge.run(query, db, *args, **kwargs)

    async def _opened(self) -> None:
        if self._is_ready:
            return
        async with self._ready:
            if not self._is_ready:
                async with self._writing.transaction() as db:
                    await bring_up_to_date(db.wire)
                self._is_ready = True


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What PostgreSQL says, as one clear line, without the address: it may hold a password."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise StoreError(f"PostgreSQL: {' '.join(str(error).split())}") from error
    except (OSError, TimeoutError) as error:
        raise StoreError(f"PostgreSQL: {error or 'does not answer'}") from error
