"""After a dump was put back: what waited in it counts as sent, as with a copy on SQLite (`storage.returning`)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from storage import copies
from storage.errors import StoreError
from storage.postgres import jobs
from storage.postgres.place import MAIN
from storage.postgres.session import farewell, told
from storage.postgres.store import PostgresStore
from storage.returning import NUMBERS, Returned

# Posts get their numbers from a sequence, which knows nothing of those that were given since.
_SKIP = "SELECT setval(pg_get_serial_sequence('post', 'id'), coalesce(max(id), 0) + $1) FROM post"


async def take_as_told(stores: Mapping[str, PostgresStore], made_at: float, now: float) -> dict[str, Returned]:
    """See to the bots' databases, which are a dump of the state at `made_at`. StoreError where a node runs on them: it
    may have sent what waited.

    What people had written and nobody had answered then was answered since.
    """
    async with contextlib.AsyncExitStack() as held:
        for bot, store in stores.items():
            ledger = await store.ledger()
            if ledger is None:
                raise StoreError(f"a relay runs on this database and sends for the bot {bot}; stop every node first")
            held.push_async_callback(ledger.close)
            beating = asyncio.create_task(ledger.lane.keep())
            held.callback(beating.cancel)
        found = {}
        for bot, store in stores.items():
            await _skip_numbers(store)
            await store.keep_note(copies.COPY, str(made_at))
            found[bot] = await store.come_back(now) or Returned(made_at=made_at, taken=0, waiting=0)
        return found


async def _skip_numbers(store: PostgresStore) -> None:
    place = store.place
    with told():
        wire = await place.session("restore")
        try:
            await wire.execute(_SKIP, NUMBERS)
            if place.bot == MAIN and place.is_plain:
                await jobs.forget_updates(jobs.queries(wire, place.home))
        finally:
            await farewell(wire)
