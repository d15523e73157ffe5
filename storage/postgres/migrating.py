"""The tables, as numbered steps, taken by whoever comes first while the others wait."""

from __future__ import annotations

import asyncpg

from storage.errors import StoreError
from storage.postgres import jobs
from storage.postgres.place import MAIN, Place, quoted
from storage.postgres.shared_tables import SHARED_STEPS
from storage.postgres.tables import STEPS

LOCK = "SELECT pg_advisory_xact_lock(7300, 0)"
OLDEST = 140000  # the first that ends sessions which say nothing


async def bring_up_to_date(wire: asyncpg.Connection, place: Place) -> None:
    """All that is missing, in the transaction that was begun."""
    if int(await wire.fetchval("SHOW server_version_num")) < OLDEST:
        raise StoreError(f"PostgreSQL {await wire.fetchval('SHOW server_version')} is too old; 14 or newer is needed")
    await wire.execute(LOCK)
    if place.bot != MAIN:
        await wire.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(place.schema)}")
    await _take(wire, "step", STEPS)
    if place.bot == MAIN:
        await _take(wire, "shared_step", SHARED_STEPS)
        if place.is_plain:
            await jobs.install(wire, place.home)


async def _take(wire: asyncpg.Connection, table: str, steps: tuple[str, ...]) -> None:
    await wire.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (number BIGINT PRIMARY KEY, taken_at TIMESTAMPTZ DEFAULT now())"
    )
    last = await wire.fetchval(f"SELECT coalesce(max(number), 0) FROM {table}")
    if last > len(steps):
        raise StoreError("PostgreSQL: the database was written by a newer version of the relay; use that one")
    for number, step in enumerate(steps[last:], last + 1):
        await wire.execute(step)
        await wire.execute(f"INSERT INTO {table} (number) VALUES ($1)", number)
