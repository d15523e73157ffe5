"""The jobs of this node, by PgQueuer: poll shards that it has, and what it is told about the lanes that it has."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from pgqueuer.types import QueueEntrypoint

from bot.cluster.answering import for_others
from bot.ending import called_off
from bot.sharing import Hold
from storage.postgres import brought, jobs
from storage.postgres.place import SILENT_MS, Place
from storage.postgres.session import GONE, farewell, told

log = structlog.get_logger()
logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)  # what it meets with we say ourselves, in one line

LOOK = timedelta(seconds=0.5)  # between looks for jobs that nobody told us of
SILENCE = timedelta(seconds=4)  # of a node that has a job: then it is another's
BEGIN_SECONDS = 5.0  # between looks at whether every shard has its job
AT_ONCE = 10  # jobs that are taken together
ANSWER_SECONDS = 10.0  # of one statement
KEPT_DAYS = 1.0  # of what jobs there were
PRUNE_SECONDS = 3600.0

Do = Callable[[Job], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Answer:
    do: Do
    is_full: Callable[[], bool]


class Manager(QueueManager):
    """Takes the jobs that are `wanted`, which may change at any time."""

    wanted: Callable[[], set[str]] = set

    def entrypoints_below_capacity_limits(self) -> set[QueueEntrypoint]:
        wanted = self.wanted()
        return {name for name in self.entrypoint_registry if name in wanted}

    def learn(self, name: str, do: Callable[[Job], Awaitable[None]]) -> None:
        """What to do about jobs of this name. What somebody said is not forgotten because a statement went wrong."""
        if name not in self.entrypoint_registry:
            kept = jobs.is_update(name)
            self.entrypoint(name, accepts_context=False, on_failure="hold" if kept else "delete")(do)


class Work:
    """For as long as its session lives; then there is another one. `shards`: how many there are in all."""

    def __init__(self, place: Place, hold: Hold, *, shards: int) -> None:
        self._place, self._hold, self._every_shard = place, hold, shards
        self._share = 0
        self._having: dict[int, asyncio.Event] = {}  # shards that we have, and that we have them no more
        self._news = asyncio.Event()  # about them
        self._over = asyncio.Event()
        self._manager: Manager | None = None
        self._answers: dict[str, _Answer] = {}

    @property
    def shards(self) -> int:
        """How many poll shards we have."""
        return len(self._having)

    async def run(self) -> None:
        """Until `stop()`. StoreError where the session is lost."""
        with told():
            silent = str(SILENT_MS)
            wire = await self._place.session("jobs", patience=ANSWER_SECONDS, idle_session_timeout=silent)
            wire.add_termination_listener(lambda _: self.stop())
            try:
                await self._work(wire)
            finally:
                await self._give_all_back()
                await farewell(wire)

    async def _work(self, wire: asyncpg.Connection) -> None:
        home = self._place.home
        queries = jobs.queries(wire, home)
        self._manager = manager = Manager(queries, channel=jobs.settings(home).channel)
        manager.wanted = self._wanted
        manager.learn(jobs.POLL, self._have)
        for name in self._answers:
            manager.learn(name, self._doing(name))
        aside = [asyncio.create_task(work) for work in (self._see_to_shards(), self._look_after(queries), self._end())]
        try:
            await manager.run(dequeue_timeout=LOOK, batch_size=AT_ONCE, heartbeat_timeout=SILENCE)
        finally:
            await called_off(*aside)
        if wire.is_closed():
            raise asyncpg.InterfaceError("the session of the jobs was lost")

    def stop(self) -> None:
        """Give everything back, and end."""
        self._over.set()
        self._news.set()

    async def _end(self) -> None:
        await self._over.wait()
        if self._manager is not None:
            self._manager.shutdown.set()

    # --- what we take

    def answer(self, name: str, do: Do, is_full: Callable[[], bool] = bool) -> None:
        """From now on jobs of this name are ours, but while we have enough of them."""
        self._answers[name] = _Answer(do, is_full)
        if self._manager is not None:
            self._manager.learn(name, self._doing(name))

    def leave(self, name: str) -> None:
        """Take no more jobs of this name."""
        self._answers.pop(name, None)

    async def settled(self) -> None:
        """Whatever was being taken is taken, and given to whoever is to do it: who gives its lane to somebody else has
        no job of it in hand that it does not know."""
        if self._manager is None:
            return
        with contextlib.suppress(asyncpg.PostgresError, *GONE, TimeoutError):  # then nothing is taken, either
            for _ in range(2):  # what is asked waits for what was asked before; the second time for what is given back
                await self._manager.queries.driver.execute("SELECT 1")
                await asyncio.sleep(0)

    def _wanted(self) -> set[str]:
        """These and no others. PgQueuer asks whenever it takes some."""
        polls = {jobs.POLL} if self.shards < self._share and not self._over.is_set() else set()
        return polls | {name for name, answer in self._answers.items() if not answer.is_full()}

    def _doing(self, name: str) -> Callable[[Job], Awaitable[None]]:
        async def doing(job: Job) -> None:
            if (answer := self._answers.get(name)) is None:  # the lane went after the job was taken
                raise for_others()
            try:
                await answer.do(job)
            except RetryRequested:
                raise
            except Exception as error:
                log.exception("job broke", job=name, why=type(error).__name__)
                raise

        return doing

    # --- poll shards

    def share(self, shards: int) -> None:
        """So many of them are ours at most."""
        if shards != self._share:
            self._share = shards
            self._news.set()

    async def _have(self, job: Job) -> None:
        """A shard is ours until it is one too many, or all is over; then it is anybody's."""
        shard, past = int(job.payload or b"0"), asyncio.Event()
        self._having[shard] = past
        self._news.set()
        await past.wait()
        raise for_others()

    async def _see_to_shards(self) -> None:
        """The pollers hear of every change, and of a shard that goes before it is gone."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._settle_shards()

    async def _settle_shards(self) -> None:
        most = 0 if self._over.is_set() else self._share
        too_many = sorted(self._having)[most:]
        await self._hold([one for one in self._having if one not in too_many])
        for shard in too_many:
            self._having.pop(shard).set()

    async def _give_all_back(self) -> None:
        self._over.set()
        await self._settle_shards()

    async def _look_after(self, queries: Queries) -> None:
        """Every shard has a job, whatever became of it; and what is long past is forgotten."""
        prune_at = 0.0
        while True:
            with contextlib.suppress(asyncpg.PostgresError, *GONE, TimeoutError):  # the manager finds that out as well
                await jobs.begin_shards(queries, self._every_shard)
                if (now := time.monotonic()) >= prune_at:
                    prune_at = now + PRUNE_SECONDS
                    await jobs.prune(queries, KEPT_DAYS)
                    await brought.prune(queries)
            await asyncio.sleep(BEGIN_SECONDS)
