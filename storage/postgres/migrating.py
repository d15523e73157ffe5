"""The tables, as numbered steps, taken by whoever comes first while the others wait."""

from __future__ import annotations

import asyncpg

from storage.postgres.tables import STEPS

LOCK = "SELECT pg_advisory_xact_lock(7300, 0)"


async def bring_up_to_date(wire: asyncpg.Connection) -> None:
    """All that is missing, in the transaction that was begun."""
    await wire.execute(LOCK)
    await wire.execute(
        "CREATE TABLE IF NOT EXISTS step (number BIGINT PRIMARY KEY, taken_at TIMESTAMPTZ DEFAULT now())"
    )
    last = await wire.fetchval("SELECT coalesce(max(number), 0) FROM step")
    for number, step in enumerate(STEPS[last:], last + 1):
        await wire.execute(step)
        await wire.execute("INSERT INTO step (number) VALUES ($1)", number)
