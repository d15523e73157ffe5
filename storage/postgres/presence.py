"""By which a node is seen: a session that looks, a few times a second, who is there and who has which lane.

PostgreSQL ends it where it is silent, as it ends the session of a lane: who is stopped or cut off is gone for all.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import asyncpg
import orjson

from bot.core.nodes import MISSED_FOR, Nodes
from storage.postgres.place import SILENT_MS, Place
from storage.postgres.session import farewell, told
from storage.postgres.survey import survey

ANSWER_SECONDS = 3.0  # a look takes a thousandth of that

_THERE = "SELECT pg_advisory_lock_shared(7303, hashtext(current_schema()))"
_NOT_THERE = "SELECT pg_advisory_unlock_shared(7303, hashtext(current_schema()))"
_HASHES = "SELECT name, hashtext(name)::bigint & 4294967295 FROM unnest($1::text[]) AS name"
# Who has not said yet how it is, is the last.
_LOOK = """
SELECT classid::bigint, objid::bigint, pid = pg_backend_pid() AS ours,
  coalesce((SELECT arrived FROM node WHERE session = pid), (1::bigint << 62) + pid) AS arrived,
  coalesce((SELECT sha FROM applied_file ORDER BY id DESC LIMIT 1), '') AS file
FROM pg_locks
WHERE locktype = 'advisory' AND granted AND classid IN (7302, 7303)
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_SAY = """
INSERT INTO node (session, name, version, file, started_at, said_at, lanes, shards, trouble, disk, ahead)
VALUES (pg_backend_pid(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $5 - extract(epoch FROM clock_timestamp())::float8)
ON CONFLICT (session) DO UPDATE SET name = excluded.name, version = excluded.version, file = excluded.file,
  started_at = excluded.started_at, said_at = excluded.said_at, lanes = excluded.lanes, shards = excluded.shards,
  trouble = excluded.trouble, disk = excluded.disk, ahead = excluded.ahead
"""
# Who went without a goodbye is missed until it is back, or for a day.
_BACK = f"""
DELETE FROM node WHERE (name = $1 OR said_at - ahead < extract(epoch FROM now()) - {MISSED_FOR}) AND session NOT IN (
  SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 7303
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
_GOODBYE = "DELETE FROM node WHERE session = pg_backend_pid()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A number for each node that is there, in the order in which they came, and which of them is ours; the bots whose
    lane somebody has; and the name of the newest file that is kept, "" where there is none."""

    nodes: frozenset[int]
    ours: int
    taken: frozenset[str]
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a node says of itself. `file`: the name of the configuration that it follows; `disk`: how the file on its
    disk differs from that; `trouble`: in one line."""

    name: str
    version: str
    file: str
    started_at: float
    lanes: Collection[str] = ()
    shards: int = 0
    trouble: str = ""
    disk: str = ""


class Presence:
    def __init__(self, place: Place, bots: Collection[str]) -> None:
        self._place, self._bots = place, tuple(bots)
        self._wire: asyncpg.Connection | None = None
        self._lanes: Mapping[int, str] = {}
        self._home = 0

    async def open(self) -> None:
        """Be there from now on, as the last that came. StoreError where PostgreSQL cannot be had."""
        with told():
            silent = str(SILENT_MS)
            self._wire = wire = await self._place.session("node", idle_session_timeout=silent)
            await wire.execute(_GOODBYE)  # for a node that crashed, where its session had the number that ours has
            await wire.execute(_THERE)
            await wire.execute(_BACK, self._place.node)
            schemas = {Place(self._place.url, bot).schema: bot for bot in self._bots}
            hashes = {row[0]: row[1] for row in await wire.fetch(_HASHES, [*schemas, self._place.home])}
            self._lanes = {hashes[schema]: bot for schema, bot in schemas.items()}
            self._home = hashes[self._place.home]

    async def look(self) -> Seen:
        """Who is there now. StoreError where we are not any more."""
        with told():
            rows = await self._open().fetch(_LOOK, timeout=ANSWER_SECONDS)
        here = [row for row in rows if row["classid"] == 7303 and row["objid"] == self._home]
        lanes = [row["objid"] for row in rows if row["classid"] == 7302]
        return Seen(
            nodes=frozenset(row["arrived"] for row in here),
            ours=next(row["arrived"] for row in here if row["ours"]),
            taken=frozenset(self._lanes[about] for about in lanes if about in self._lanes),
            file=rows[0]["file"],
        )

    async def say(self, said: Said) -> None:
        """For whoever asks how the nodes are."""
        lanes = orjson.dumps(sorted(said.lanes)).decode()
        with told():
            about = (said.name, said.version, said.file, said.started_at, time.time(), lanes, said.shards, said.trouble)
            await self._open().execute(_SAY, *about, said.disk, timeout=ANSWER_SECONDS)

    async def survey(self) -> Nodes:
        """How all nodes are."""
        return await survey(self._open(), self._place, self._bots)

    async def leave(self) -> None:
        """Others count on us no more, and nobody is to miss us; the session stays, for what we still do."""
        with told():
            await self._open().execute(_GOODBYE, timeout=ANSWER_SECONDS)
            await self._open().execute(_NOT_THERE, timeout=ANSWER_SECONDS)

    def _open(self) -> asyncpg.Connection:
        if self._wire is None:
            raise asyncpg.InterfaceError("there is no session")
        return self._wire

    def let_go(self) -> None:
        """At once."""
        if self._wire is not None:
            self._wire.terminate()

    async def close(self) -> None:
        if self._wire is not None:
            await farewell(self._wire)
