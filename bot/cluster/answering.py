"""The updates of one bot that this node has in hand: from when its lane hears people until it is left."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import orjson
import structlog
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job

from bot.logs import where
from bot.sharing import Lane
from storage import StoreError
from storage.postgres.brought import Brought

log = structlog.get_logger()

MOST = 512  # in hand; the rest waits in the database
TRIES = 5  # times that whoever had it in hand was gone: then it may be the update itself that ends us


class Answering:
    """`held`: whether nobody else can have the lane now."""

    def __init__(self, bot: str, lane: Lane, held: Callable[[], bool], brought: Brought) -> None:
        self._bot, self._lane, self._held, self._brought = bot, lane, held, brought
        self._in_hand: set[asyncio.Task[None]] = set()
        self._is_over = False

    @property
    def is_full(self) -> bool:
        return len(self._in_hand) >= MOST

    async def deal_with(self, job: Job) -> None:
        """Jobs that are given one after the other are begun so. What is cancelled, on either side, is for others: a
        job that ended by being cancelled would be PgQueuer's to forget."""
        if self._is_over or not self._held():
            raise for_others()
        task = asyncio.create_task(self._answer(job))
        self._in_hand.add(task)
        task.add_done_callback(self._in_hand.discard)
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            await _cancelled(task)
        if task.cancelled():
            raise for_others()

    async def end(self, seconds: float) -> None:
        """Begin nothing more, and give what was begun so long to end; the rest is for others."""
        self._is_over = True
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=seconds)
        for task in list(self._in_hand):
            await _cancelled(task)

    async def _answer(self, job: Job) -> None:
        update = orjson.loads(job.payload or b"{}")
        number = update["update_id"]
        if job.attempts < TRIES:
            await self._try(update, number)
        else:
            log.error("update given up", bot=self._bot, update=number, tries=job.attempts)
        with contextlib.suppress(StoreError):  # then it is not written that the job is done, either
            await self._brought.dealt_with(self._bot, number)

    async def _try(self, update: dict[str, object], number: int) -> None:
        """Once: what we fail at is not tried again. What the error says may be a person's words."""
        try:
            await self._lane.answer(update)
        except Exception as error:  # noqa: BLE001 whatever it is, the next update is answered
            log.error("update broke", bot=self._bot, update=number, where=where(error))


def for_others() -> RetryRequested:
    return RetryRequested(reason="for others")


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
