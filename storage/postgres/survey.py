"""How the nodes are, for whoever asks: what they said, what PostgreSQL's locks say, and the jobs that wait."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

import asyncpg
import orjson

from bot.core.nodes import MISSED_FOR, Node, Nodes
from bot.core.sharing import SHARDS
from storage.postgres import jobs
from storage.postgres.place import Place
from storage.postgres.session import farewell, told

ANSWER_SECONDS = 3.0

_LOCKS = """
SELECT classid, objid, pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid IN (7302, 7303)
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_NODES = f"""
WITH lock AS ({_LOCKS})
SELECT n.*, extract(epoch FROM clock_timestamp())::float8 - (n.said_at - n.ahead) AS silent_for,
  n.session IN (SELECT pid FROM lock WHERE classid = 7303 AND objid::bigint = hashtext($1)::bigint & 4294967295) AS here
FROM node n ORDER BY n.name, n.started_at, n.session
"""
_LANES = f"""
WITH lock AS ({_LOCKS})
SELECT bot, coalesce(extract(epoch FROM a.backend_start), 0)::float8 AS since
FROM unnest($1::text[], $2::text[]) AS asked (bot, schema)
JOIN lock ON lock.classid = 7302 AND lock.objid::bigint = hashtext(schema)::bigint & 4294967295
LEFT JOIN pg_stat_activity a ON a.pid = lock.pid
"""
_FILE = "SELECT sha, at, who FROM applied_file ORDER BY id DESC LIMIT 1"
_HELD = """
SELECT payload FROM pgqueuer WHERE entrypoint = $1 AND status = 'picked' AND heartbeat > now() - interval '12 seconds'
"""
_WAITING = "SELECT entrypoint, count(*) FROM pgqueuer WHERE status = 'queued' AND entrypoint <> $1 GROUP BY entrypoint"


async def survey(wire: asyncpg.Connection, place: Place, bots: Collection[str]) -> Nodes:
    """On a session of the bot "main". StoreError where PostgreSQL does not answer."""
    with told():
        rows = await wire.fetch(_NODES, place.home, timeout=ANSWER_SECONDS)
        schemas = [Place(place.url, bot).schema for bot in bots]
        lanes = await wire.fetch(_LANES, list(bots), schemas, timeout=ANSWER_SECONDS)
        file = await wire.fetchrow(_FILE, timeout=ANSWER_SECONDS)
        held = await wire.fetch(_HELD, jobs.POLL, timeout=ANSWER_SECONDS)
        waiting = await wire.fetch(_WAITING, jobs.POLL, timeout=ANSWER_SECONDS)
    here = tuple(_node(row) for row in rows if row["here"])
    return Nodes(
        at=time.time(),
        here=here,
        gone=_gone(rows, {one.name for one in here}),
        bots=tuple(bots),
        lanes={row["bot"]: row["since"] for row in lanes},
        unheld=_unheld(held),
        jobs={row[0]: row[1] for row in waiting},
        file=file["sha"] if file else "",
        file_at=file["at"] if file else 0.0,
        file_who=file["who"] if file else "",
    )


async def nodes(place: Place, bots: Collection[str]) -> Nodes | None:
    """As `survey`, on a session of its own. None where the address has none of our tables, or those of a version before
    there were nodes: to ask makes none."""
    with told():
        wire = await place.session("status", ANSWER_SECONDS)
        try:
            made = "SELECT to_regclass('node') IS NOT NULL AND to_regclass('pgqueuer') IS NOT NULL"
            columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('node') AND attname = 'ahead'"
            if not (await wire.fetchval(made) and await wire.fetchval(columns)):
                return None
            return await survey(wire, place, bots)
        finally:
            await farewell(wire)


async def is_made(place: Place) -> bool:
    """Whether the address has tables of ours."""
    with told():
        wire = await place.session("status", ANSWER_SECONDS)
        try:
            return bool(await wire.fetchval("SELECT to_regclass('applied_file') IS NOT NULL"))
        finally:
            await farewell(wire)


def _node(row: asyncpg.Record) -> Node:
    plain = ("session", "name", "version", "file", "started_at", "shards", "trouble", "disk", "ahead")
    return Node(
        **{name: row[name] for name in plain},
        lanes=tuple(orjson.loads(row["lanes"])),
        silent_for=max(0.0, row["silent_for"]),
    )


def _gone(rows: Sequence[asyncpg.Record], here: Collection[str]) -> tuple[Node, ...]:
    """Each name once, as it was last; who is there by its name did come back."""
    last: dict[str, Node] = {}
    for row in rows:
        one = _node(row)
        if not row["here"] and one.name not in here and one.silent_for < MISSED_FOR:
            known = last.get(one.name)
            last[one.name] = one if known is None or one.silent_for < known.silent_for else known
    return tuple(last.values())


def _unheld(held: Sequence[asyncpg.Record]) -> tuple[int, ...]:
    having = {int(row["payload"] or b"0") for row in held}
    return tuple(shard for shard in range(SHARDS) if shard not in having)
