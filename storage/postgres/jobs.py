"""The jobs that nodes leave for each other, on PgQueuer: that there is something to send, and what Telegram brought.

They are put into its tables by the session, and within the transaction, that writes what they are about.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import asyncpg
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.db import AsyncpgDriver
from pgqueuer.domain.settings import DBSettings
from pgqueuer.queries import Queries
from pgqueuer.types import Channel

POLL = "poll"  # one job for each poll shard, for ever


def pump(bot: str) -> str:
    """What is asked of whoever sends for the bot: look."""
    return f"pump {bot}"


def update(bot: str) -> str:
    """What is asked of whoever answers for the bot: this is what Telegram brought."""
    return f"update {bot}"


def is_update(name: str) -> bool:
    return name.startswith(update(""))


@functools.cache
def settings(home: str) -> DBSettings:
    """Where PgQueuer's tables stand. Channels are one for the whole database: its name says whose it is."""
    return DBSettings(db_schema=home, channel=Channel(f"{home}_jobs"))


def queue(home: str) -> str:
    """The table of what is still to be done, by its whole name."""
    return settings(home).qualified.queue_table


def queries(wire: asyncpg.Connection, home: str) -> Queries:
    """PgQueuer's statements on this session."""
    of = settings(home)
    return Queries(AsyncpgDriver(wire), qbe=QueryBuilderEnvironment(of), qbq=QueryQueueBuilder(of))


async def install(wire: asyncpg.Connection, home: str) -> None:
    """Its tables, where they are missing, in the transaction that was begun."""
    asked = queries(wire, home)
    if not await asked.schema_is_installed():
        await asked.install(create_schema=False)


async def put(wire: asyncpg.Connection, home: str, name: str, said: bytes | None = None) -> None:
    """Leave a job, in the transaction that was begun."""
    await queries(wire, home).enqueue(name, said)


async def put_updates(wire: asyncpg.Connection, home: str, some: Sequence[tuple[str, int, bytes]]) -> None:
    """Leave a job for each of these (bot, its number, its JSON), in this order, in the transaction that was begun.

    Its key begins with the number: by that it is known whether the update was dealt with.
    """
    names = [update(bot) for bot, _, _ in some]
    keys: list[str | None] = [f"{number} {name}" for name, (_, number, _) in zip(names, some, strict=True)]
    said: list[bytes | None] = [one for _, _, one in some]
    await queries(wire, home).enqueue(names, said, [0] * len(some), dedupe_key=keys, on_conflict="skip")


async def begin_shards(asked: Queries, shards: int) -> None:
    """Every poll shard has its job; those that are missing are left now."""
    said: list[bytes | None] = [str(number).encode() for number in range(shards)]
    keys: list[str | None] = [f"{POLL} {number}" for number in range(shards)]
    await asked.enqueue([POLL] * shards, said, [0] * shards, dedupe_key=keys, on_conflict="skip")


async def forget_updates(asked: Queries) -> None:
    """Nobody answers what Telegram brought before."""
    table = asked.qbe.qualified.queue_table
    await asked.driver.execute(f"DELETE FROM {table} WHERE entrypoint LIKE $1", f"{update('')}%")


async def prune(asked: Queries, days: float) -> None:
    """Forget what jobs there were before so many days."""
    names = asked.qbe.qualified
    for table in (names.queue_table_log, names.statistics_table):  # the one is counted up into the other, and stays
        await asked.driver.execute(f"DELETE FROM {table} WHERE created < now() - $1 * INTERVAL '1 day'", days)
