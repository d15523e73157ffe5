"""How a lane ended: lost with the store, which is no mistake of ours, or by a mistake, which ends the node."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from bot.cluster.together import Together, brought_to, loss_in
from bot.cluster.work import Work
from storage import Store, StoreError
from storage.postgres.presence import Said
from storage.postgres.session import LaneLost
from storage.postgres.store import PostgresStore
from tests import postgres

LOST = LaneLost("the lane was lost")


@pytest.mark.parametrize(
    "ended",
    [
        LOST,
        ExceptionGroup("loops", [LOST]),
        ExceptionGroup("loops", [ExceptionGroup("inner", [LOST]), StoreError("x")]),
    ],
)
def test_what_the_store_said_is_a_loss_also_where_several_loops_heard_it(ended: BaseException) -> None:
    assert loss_in(ended) is LOST


@pytest.mark.parametrize("ended", [None, ValueError("ours"), ExceptionGroup("loops", [LOST, ValueError("ours")])])
def test_a_mistake_of_ours_is_no_loss_whatever_stands_beside_it(ended: BaseException | None) -> None:
    assert loss_in(ended) is None


class Slow:
    """A lane that ends when it is allowed to."""

    def __init__(self) -> None:
        self.runs, self.ends, self.may_end, self.over = (asyncio.Event() for _ in range(4))

    async def run(self, ledger: Store) -> None:
        await ledger.titles()  # a session of the ledger's own
        self.runs.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ends.set()
            await self.may_end.wait()
            self.over.set()

    def stop(self) -> None: ...

    def wake(self) -> None: ...

    async def hears(self) -> None: ...

    async def answer(self, update: dict[str, Any]) -> None: ...


async def _polls(shards: Collection[int] | None) -> None: ...


async def test_a_node_that_is_called_off_while_a_lane_ends_lets_it_end_and_leaves_nothing_open() -> None:
    async with postgres.schema() as name:
        store, lane = PostgresStore(postgres.shared().url(search_path=name), node=name), Slow()
        await store.blogs()  # the tables are there
        said = Said(name=name, version="1", file="", started_at=0.0)
        node = Together({"main": lane}, {"main": store}, _polls, brought_to(store), shards=1, said=lambda: said)
        running = asyncio.create_task(node.run())
        await lane.runs.wait()
        running.cancel()
        await lane.ends.wait()
        running.cancel()
        lane.may_end.set()
        await asyncio.gather(running, return_exceptions=True)
        assert lane.over.is_set()
        await store.close()
        wire = await asyncpg.connect(postgres.shared().url())
        left = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE $1"
        async with asyncio.timeout(60):
            while await wire.fetchval(left, f"liveblog-relay {name} %"):  # noqa: ASYNC110 a backend ends by itself
                await asyncio.sleep(0.05)
        await wire.close()


class Idle(Slow):
    async def run(self, ledger: Store) -> None:
        await asyncio.Event().wait()


class Lost:
    """A ledger whose lane is lost when it is told to be."""

    def __init__(self) -> None:
        self.lane, self.is_lost = self, asyncio.Event()

    async def keep(self) -> None:
        await self.is_lost.wait()
        raise LOST

    def let_go(self) -> None: ...

    def held(self) -> bool:
        return False

    async def close(self) -> None: ...


@pytest.mark.parametrize("turns", range(-3, 6))
async def test_a_lane_that_is_lost_about_when_people_begin_to_be_heard_takes_no_more_updates(turns: int) -> None:
    """Each that it took and gave back would count as a try of whoever answers."""
    store, ledger, asked, heard = PostgresStore("postgresql:///nowhere"), Lost(), asyncio.Event(), asyncio.Event()

    async def take_over(bot: str) -> None:
        asked.set()
        await heard.wait()

    brought: Any = SimpleNamespace(take_over=take_over)
    node = Together({"main": Idle()}, {"main": store}, _polls, brought, shards=1, said=_nothing)
    node._work, node._giving["main"] = Work(store.place, _polls, shards=1), asyncio.Event()
    having = asyncio.create_task(node._have("main", ledger))  # type: ignore[arg-type]
    await asked.wait()
    first, second = (ledger.is_lost, heard) if turns >= 0 else (heard, ledger.is_lost)
    first.set()
    for _ in range(abs(turns)):
        await asyncio.sleep(0)
    second.set()
    await having
    assert node._work._answers == {}


def _nothing() -> Said:
    return Said(name="", version="", file="", started_at=0.0)
