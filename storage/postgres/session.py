"""One session with PostgreSQL, and one that is never opened again: it holds a bot's lane."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import asyncpg

from storage.errors import StoreError
from storage.postgres.connection import Connection
from storage.postgres.place import SILENT_MS, Place
from storage.postgres.planning import AS_WRITTEN

# What asyncpg says where the session is gone, in whatever state it finds that out.
GONE = (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError, OSError)

BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
PATIENCE_SECONDS = 60.0  # for one statement
UNDO_SECONDS = 2.0
BEAT_SECONDS = 0.8
SURE_SECONDS = 3.0  # after its last answer, for so long nobody else can have the lane: less than PostgreSQL's patience
LOST_SECONDS = 30.0  # without an answer; it may wait for somebody's long transaction, and sends nothing meanwhile


YOUNG = "SELECT clock_timestamp() - pg_postmaster_start_time() < INTERVAL '5 s'"


class LaneLost(StoreError):
    """The session that held the lane is gone, and with it the right to write its ledger."""


class Session:
    """Used by one transaction at a time, and opened again where it was lost."""

    def __init__(self, place: Place, does: str, patience: float = PATIENCE_SECONDS, **settings: str) -> None:
        """`patience`: seconds for one statement."""
        self._place, self._does, self._patience, self._settings = place, does, patience, settings
        self._turn = asyncio.Lock()
        self._db: Connection | None = None
        self._over = asyncio.Event()

    @contextlib.asynccontextmanager
    async def transaction(self, begin: str = BEGIN) -> AsyncIterator[Connection]:
        """All of it or nothing; StoreError where PostgreSQL does not do it. `begin` is asked in one journey."""
        with told():
            async with self._turn:
                db = await self._begin(begin)
                try:
                    yield db
                    await _commit(db)
                except BaseException:
                    await _undo(db)
                    raise

    async def _begin(self, begin: str) -> Connection:
        """Where the session was lost while nobody used it, another is opened: nothing was begun in it."""
        if self._over.is_set():
            raise asyncpg.InterfaceError("the session was closed")
        if self._db is not None and not self._db.wire.is_closed():
            with contextlib.suppress(*GONE):
                return await _begun(self._db, begin)
            self._db.wire.terminate()
        self._db = Connection(await self._connected())
        if self._over.is_set():  # it was closed meanwhile, and nobody waits for it any more
            self._db.wire.terminate()
        return await _begun(self._db, begin)

    async def _connected(self) -> asyncpg.Connection:
        return await self._place.session(self._does, self._patience, **self._settings)

    async def close(self) -> None:
        """For good, and soon: whoever still has something to ask opens no other one, that nobody would close."""
        self._over.set()
        try:
            async with asyncio.timeout(UNDO_SECONDS), self._turn:
                if self._db is not None:
                    await farewell(self._db.wire)
        except TimeoutError:
            if self._db is not None:
                self._db.wire.terminate()


class LaneSession(Session):
    """Holds the lane of a bot by an advisory lock of the session, on which its ledger is written.

    Lost, it is not opened again: what it was to write is refused, and that is the fence against a node that was
    stopped and goes on. PostgreSQL ends it where it is silent.
    """

    LOCK = "SELECT pg_try_advisory_lock(7302, hashtext(current_schema()))"

    def __init__(self, place: Place) -> None:
        silent = str(SILENT_MS)
        settings = {"idle_session_timeout": silent, "idle_in_transaction_session_timeout": silent}
        super().__init__(place, "lane", PATIENCE_SECONDS, **settings, **AS_WRITTEN)
        self._sure_from = float("-inf")  # when we last asked something that was answered
        self.forgot = False  # PostgreSQL has just been started: it may lack the last moments before

    async def take(self) -> bool:
        """Whether the lane is ours now. False: somebody else has it."""
        with told():
            asked = time.monotonic()
            wire = await self._connected()
            try:
                if await wire.fetchval(self.LOCK):
                    self.forgot = await wire.fetchval(YOUNG)
                    self._db, self._sure_from = Connection(wire), asked
            finally:
                if self._db is None:
                    await farewell(wire)
        return self._db is not None

    def held(self) -> bool:
        """Whether nobody else can have the lane now. Asked before anything is sent; it costs nothing."""
        return time.monotonic() - self._sure_from < SURE_SECONDS and not self._is_gone()

    async def keep(self) -> None:
        """Beat, until the session is lost: then LaneLost is raised."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if time.monotonic() - self._sure_from >= BEAT_SECONDS:
                await self._beat()

    async def _beat(self) -> None:
        try:
            async with asyncio.timeout(LOST_SECONDS - BEAT_SECONDS), self.transaction() as db:
                await db.wire.execute("SELECT 1")
        except (StoreError, TimeoutError) as error:
            self.let_go()
            raise LaneLost(str(error) or "PostgreSQL does not answer") from None

    def let_go(self) -> None:
        """At once, whatever is under way on it."""
        self._sure_from = float("-inf")
        if self._db is not None:
            self._db.wire.terminate()

    @contextlib.asynccontextmanager
    async def transaction(self, begin: str = BEGIN) -> AsyncIterator[Connection]:
        asked = time.monotonic()
        async with super().transaction(begin) as db:
            yield db
        self._sure_from = max(self._sure_from, asked)

    async def _begin(self, begin: str) -> Connection:
        if self._db is None or self._is_gone():
            raise LaneLost("the lane was lost")
        return await _begun(self._db, begin)

    def _is_gone(self) -> bool:
        return self._db is None or self._db.wire.is_closed()


async def farewell(wire: asyncpg.Connection) -> None:
    """End a session. Why PostgreSQL may have ended it before is of no concern any more."""
    with contextlib.suppress(*GONE, asyncpg.PostgresError, TimeoutError):
        await wire.close(timeout=UNDO_SECONDS)


async def _begun(db: Connection, begin: str) -> Connection:
    try:
        await db.wire.execute(begin)
    except BaseException:  # while it waited for its turn, say
        await _undo(db)
        raise
    return db


async def _commit(db: Connection) -> None:
    """PostgreSQL answers that it has rolled back where something had failed, and calls that a success."""
    if await db.wire.execute("COMMIT") != "COMMIT":
        raise StoreError("PostgreSQL: something had failed before, so that nothing is written")


async def _undo(db: Connection) -> None:
    """A session in which that is not to be done at once is ended, which undoes it as well."""
    undoing = asyncio.ensure_future(db.wire.execute("ROLLBACK"))
    undoing.add_done_callback(lambda done: done.cancelled() or done.exception())  # where nobody waits for it any more
    try:
        async with asyncio.timeout(UNDO_SECONDS):
            await asyncio.shield(undoing)
    except asyncio.CancelledError:  # perhaps the first that who is called off hears of it
        db.wire.terminate()
        raise
    except (*GONE, asyncpg.PostgresError, TimeoutError):
        db.wire.terminate()


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What PostgreSQL says, as one clear line, without the address: it may hold a password."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise StoreError(f"PostgreSQL: {' '.join(str(error).split())}") from error
    except (OSError, TimeoutError) as error:
        raise StoreError(f"PostgreSQL: {str(error) or 'does not answer'}") from error
