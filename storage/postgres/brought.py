"""What Telegram brought, to whatever node: noted once, and left as a job for whoever answers for the bot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pgqueuer.queries import Queries

from storage.errors import StoreError
from storage.postgres import jobs
from storage.postgres.connection import Connection
from storage.postgres.place import Place
from storage.postgres.session import Session

AT_ONCE = 100  # that are written together, if so many wait
PATIENCE_SECONDS = 15.0  # Telegram's is longer
CLOSE_SECONDS = 3.0
KEPT_DAYS = 3.0  # Telegram brings nothing that is older than a day

_KEEP = """
INSERT INTO brought (bot, number, at) SELECT one.bot, one.number, $3 FROM unnest($1::text[], $2::bigint[])
AS one (bot, number) ON CONFLICT DO NOTHING RETURNING bot, number
"""
_DEALT_WITH = """
UPDATE brought b SET done = TRUE FROM unnest($1::text[], $2::bigint[]) AS one (bot, number)
WHERE b.bot = one.bot AND b.number = one.number
"""
_DONE_BEFORE = """
DELETE FROM {queue} q USING brought b
WHERE q.entrypoint = $1 AND b.bot = $2 AND b.number = split_part(q.dedupe_key, ' ', 1)::bigint AND b.done
"""
_IN_HAND_BEFORE = """
UPDATE {queue} SET status = 'queued', queue_manager_id = NULL, attempts = attempts + 1, execute_after = now(),
  updated = now()
WHERE entrypoint = $1 AND status IN ('picked', 'failed')
"""


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """`said`: the update as JSON; None: it was dealt with."""

    bot: str
    number: int
    said: bytes | None
    told: asyncio.Future[None]


class Brought:
    """On a session of its own, where wishes that come together are written together."""

    def __init__(self, place: Place) -> None:
        """`place`: that of what all nodes share."""
        self._place, self._session = place, Session(place, "updates", PATIENCE_SECONDS)
        self._waiting: list[_Wish] = []
        self._writing: asyncio.Task[None] | None = None

    async def bring(self, bot: str, update: dict[str, Any]) -> None:
        """It is dealt with once, by whoever answers for the bot, whatever becomes of us. StoreError where that cannot
        be promised: it is to come again."""
        await self._write_soon(bot, update["update_id"], orjson.dumps(update))

    async def dealt_with(self, bot: str, number: int) -> None:
        """Whoever comes after us does not do it again. It may be done with already."""
        await self._write_soon(bot, number, None)

    async def take_over(self, bot: str) -> None:
        """Whoever had the bot's lane before has it no more: what they had in hand comes again, in its old place, but
        not what they had dealt with."""
        job, queue = jobs.update(bot), jobs.queue(self._place.home)
        async with self._session.transaction() as db:
            await db.wire.execute(_DONE_BEFORE.format(queue=queue), job, bot)
            await db.wire.execute(_IN_HAND_BEFORE.format(queue=queue), job)

    async def close(self) -> None:
        """What is being written has a moment; who brought the rest hears that it is to come again."""
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=CLOSE_SECONDS)
            self._writing.cancel()
        await self._session.close()

    async def _write_soon(self, bot: str, number: int, said: bytes | None) -> None:
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Wish(bot, number, said, told))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await told

    async def _write_all(self) -> None:
        while some := self._waiting[:AT_ONCE]:
            del self._waiting[:AT_ONCE]
            try:
                await self._write(some)
            except StoreError as error:
                _tell(some, error)
            except BaseException as error:
                _tell(some, StoreError(f"updates could not be written: {type(error).__name__}"))
                raise
            else:
                _tell(some, None)

    async def _write(self, some: Sequence[_Wish]) -> None:
        """In the order of their numbers: that is the order of a chat's updates, and nodes that are brought the same
        ones wait for each other instead of going round in a circle."""
        new = {(one.bot, one.number): one.said for one in some if one.said is not None}
        past = [(one.bot, one.number) for one in some if one.said is None]
        async with self._session.transaction() as db:
            if new:
                await self._keep(db, {key: new[key] for key in sorted(new)})
            if past:
                await db.wire.execute(_DEALT_WITH, *_columns(sorted(past)))

    async def _keep(self, db: Connection, new: dict[tuple[str, int], bytes]) -> None:
        kept = {(bot, number) for bot, number in await db.wire.fetch(_KEEP, *_columns(list(new)), time.time())}
        fresh = [(bot, number, said) for (bot, number), said in new.items() if (bot, number) in kept]
        if fresh:
            await jobs.put_updates(db.wire, self._place.home, fresh)


def _columns(some: Sequence[tuple[str, int]]) -> tuple[list[str], list[int]]:
    return [bot for bot, _ in some], [number for _, number in some]


def _tell(some: Sequence[_Wish], error: StoreError | None) -> None:
    for one in some:
        if one.told.done():
            continue  # nobody waits any more
        if error is None:
            one.told.set_result(None)
        else:
            one.told.set_exception(error)


async def prune(asked: Queries) -> None:
    """Forget which updates there were some days ago, on a session of what all nodes share."""
    await asked.driver.execute("DELETE FROM brought WHERE at < $1", time.time() - KEPT_DAYS * 86_400)
