"""What becomes of an update between the node that it came in at and the one that answers it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
import structlog

from bot.cluster.answering import TRIES, Answering
from bot.cluster.work import Work
from storage import StoreError, open_store
from storage.postgres import brought as brought_module
from storage.postgres import jobs
from storage.postgres.brought import Brought
from storage.postgres.place import Place
from tests import postgres

JOB = jobs.update("main")
WORDS = "the harbour master's secret"

_numbers = itertools.count()


@dataclass
class Lane:
    """Whoever answers: notes what it was given, and does what the test wants."""

    seen: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    breaks: bool = False

    async def answer(self, update: dict[str, Any]) -> None:
        self.seen.append(update["update_id"])
        await self.go_on.wait()
        if self.breaks:
            raise ValueError(update["text"])
        self.ended.append(update["update_id"])

    async def hears(self) -> None: ...
    async def run(self, ledger: Any) -> None: ...
    def stop(self) -> None: ...
    def wake(self) -> None: ...


@dataclass
class Node:
    brought: Brought
    work: Work
    held: bool = True

    async def takes(self, lane: Lane) -> Answering:
        await self.brought.take_over("main")
        answering = Answering("main", lane, lambda: self.held, self.brought)
        self.work.answer(JOB, answering.deal_with, lambda: answering.is_full)
        return answering

    async def leaves(self, answering: Answering, seconds: float = 0) -> None:
        self.work.leave(JOB)
        await self.work.settled()
        await answering.end(seconds)


@dataclass
class House:
    place: Place
    wire: asyncpg.Connection

    async def bring(self, *numbers: int, text: str = "") -> None:
        async with self.node() as node:
            await asyncio.gather(*(node.brought.bring("main", {"update_id": one, "text": text}) for one in numbers))

    @contextlib.asynccontextmanager
    async def node(self) -> AsyncIterator[Node]:
        node = Node(Brought(self.place), Work(self.place, _hold, shards=1))
        working = asyncio.create_task(node.work.run())
        try:
            yield node
        finally:
            node.work.stop()
            await asyncio.gather(working, return_exceptions=True)
            await node.brought.close()

    async def waiting(self, status: str = "queued") -> int:
        found = await self.wire.fetchval(
            "SELECT count(*) FROM pgqueuer WHERE entrypoint = $1 AND status::text = $2", JOB, status
        )
        return int(found)

    async def is_empty(self) -> None:
        """Until there is no job of an update left."""
        await until(lambda: self.wire.fetchval("SELECT count(*) = 0 FROM pgqueuer WHERE entrypoint = $1", JOB))


async def _hold(shards: Collection[int] | None) -> None: ...


async def until(there: Any) -> None:
    async with asyncio.timeout(60):
        while not (await found if asyncio.iscoroutine(found := there()) else found):  # noqa: ASYNC110 a database is asked
            await asyncio.sleep(0.02)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with postgres.schema() as name:
        url = postgres.shared().url(search_path=name)
        store, wire = open_store(url), await asyncpg.connect(url)
        await store.blogs()
        yield House(Place(url), wire)
        await store.close()
        await wire.close()


async def test_updates_are_begun_in_the_order_in_which_they_came(house: House) -> None:
    lane = Lane()
    lane.go_on.set()
    async with house.node() as node:
        for number in range(1, 60):
            await node.brought.bring("main", {"update_id": number})
        await node.takes(lane)
        for number in range(60, 120):
            await node.brought.bring("main", {"update_id": number})
        await until(lambda: len(lane.ended) == 119)
    assert lane.seen == list(range(1, 120))


async def test_what_is_brought_twice_to_two_nodes_at_once_is_one_job(house: House) -> None:
    async with house.node() as north, house.node() as south:
        both = (north, south)
        brings = [
            one.brought.bring("main", {"update_id": n}) for n in (*range(200), *range(199, -1, -1)) for one in both
        ]
        await asyncio.gather(*brings)
    assert await house.waiting() == 200


async def test_updates_of_another_bot_have_numbers_of_their_own(house: House) -> None:
    async with house.node() as node:
        await asyncio.gather(*(node.brought.bring(bot, {"update_id": 7}) for bot in ("main", "es", "main")))
    rows = await house.wire.fetch("SELECT entrypoint FROM pgqueuer WHERE entrypoint LIKE 'update %' ORDER BY 1")
    assert [row["entrypoint"] for row in rows] == ["update es", "update main"]


async def test_what_the_handlers_fail_at_is_not_tried_again_and_leaves_no_words_behind(house: House) -> None:
    lane = Lane(breaks=True)
    lane.go_on.set()
    with structlog.testing.capture_logs() as logs:
        await house.bring(1, 2, text=WORDS)
        async with house.node() as node:
            await node.takes(lane)
            await house.is_empty()
    assert lane.seen == [1, 2]
    told = [one for one in logs if one["event"] == "update broke"]
    assert [one["update"] for one in told] == [1, 2]
    kept = [str(dict(row)) for table in ("pgqueuer", "pgqueuer_log", "brought", "pgqueuer_statistics")
            for row in await house.wire.fetch(f"SELECT * FROM {table}")]  # fmt: skip
    assert kept
    assert not any("secret" in one for one in (*kept, *map(str, logs)))


async def test_what_was_in_hand_when_a_lane_was_lost_is_begun_again_by_the_next_owner_in_its_place(
    house: House,
) -> None:
    held, free = Lane(), Lane()
    free.go_on.set()
    async with house.node() as north, house.node() as south:
        await house.bring(1, 2)
        before = await north.takes(held)
        await until(lambda: held.seen == [1, 2])
        await north.leaves(before)
        await house.bring(3)
        await south.takes(free)
        await until(lambda: len(free.ended) == 3)
        await house.is_empty()
    assert free.seen == [1, 2, 3]
    assert held.ended == []


async def test_what_a_killed_owner_had_in_hand_does_not_wait_for_its_silence_to_be_noticed(house: House) -> None:
    held, free = Lane(), Lane()
    free.go_on.set()
    async with house.node() as north, house.node() as south:
        await house.bring(1)
        before = await north.takes(held)
        await until(lambda: held.seen == [1])
        await house.bring(2)
        await until(lambda: held.seen == [1, 2])
        assert await house.waiting("picked") == 2
        north.work.leave(JOB)  # as if it were killed: it takes nothing more, and what it has stays marked as its own
        await house.bring(3)
        await south.takes(free)  # the lane is theirs: nobody else can have these in hand
        await until(lambda: len(free.ended) == 3)
        await house.is_empty()
        await before.end(0)
    assert free.seen == [1, 2, 3]
    assert await house.waiting() == 0


async def test_what_was_dealt_with_and_not_yet_taken_off_the_list_is_not_dealt_with_again(house: House) -> None:
    await house.bring(1, 2)
    async with house.node() as node:
        await node.brought.dealt_with("main", 1)
        await house.wire.execute("UPDATE pgqueuer SET status = 'picked'")
        await node.brought.take_over("main")
    rows = await house.wire.fetch("SELECT payload, attempts FROM pgqueuer WHERE entrypoint = $1", JOB)
    assert [(bytes(row["payload"]), row["attempts"]) for row in rows] == [(b'{"update_id":2,"text":""}', 1)]


async def test_what_ended_its_owner_again_and_again_is_given_up(house: House) -> None:
    lane = Lane()
    lane.go_on.set()
    await house.bring(1, 2)
    await house.wire.execute("UPDATE pgqueuer SET attempts = $1 WHERE dedupe_key LIKE '1 %'", TRIES)
    with structlog.testing.capture_logs() as logs:
        async with house.node() as node:
            await node.takes(lane)
            await house.is_empty()
    assert lane.seen == [2]
    assert [one["update"] for one in logs if one["event"] == "update given up"] == [1]


async def test_who_cannot_be_sure_of_the_lane_begins_nothing(house: House) -> None:
    unsure, free = Lane(), Lane()
    free.go_on.set()
    await house.bring(1)
    async with house.node() as north, house.node() as south:
        north.held = False
        before = await north.takes(unsure)
        await asyncio.sleep(0.2)
        await north.leaves(before)
        await south.takes(free)
        await until(lambda: free.ended == [1])
    assert unsure.seen == []


async def test_no_more_is_in_hand_than_is_borne(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cluster.answering.MOST", 20)
    lane = Lane()
    await house.bring(*range(100))
    async with house.node() as node:
        await node.takes(lane)
        await until(lambda: len(lane.seen) >= 20)
        await asyncio.sleep(0.3)
        assert len(lane.seen) <= 30  # those that were taken together
        lane.go_on.set()
        await until(lambda: len(lane.ended) == 100)
    assert lane.seen == list(range(100))


async def test_a_node_that_ends_gives_back_what_it_has_in_hand(house: House) -> None:
    held, free = Lane(), Lane()
    free.go_on.set()
    await house.bring(1)
    async with house.node() as node:
        answering = await node.takes(held)
        await until(lambda: held.seen == [1])
        await node.leaves(answering)
    assert await house.waiting() == 1
    async with house.node() as node:
        await node.takes(free)
        await until(lambda: free.ended == [1])


async def test_an_update_that_cannot_be_kept_is_to_come_again(house: House) -> None:
    async with house.node() as node:
        await house.wire.execute("ALTER TABLE brought RENAME TO elsewhere")
        with pytest.raises(StoreError):
            await node.brought.bring("main", {"update_id": 1})
        await house.wire.execute("ALTER TABLE elsewhere RENAME TO brought")
        await node.brought.bring("main", {"update_id": 1})
    assert await house.waiting() == 1


async def test_numbers_of_updates_are_forgotten_after_some_days(house: House) -> None:
    await house.bring(1, 2)
    await house.wire.execute("UPDATE brought SET at = at - 4 * 86400 WHERE number = 1")
    await brought_module.prune(jobs.queries(house.wire, house.place.home))
    assert [row["number"] for row in await house.wire.fetch("SELECT number FROM brought")] == [2]


async def test_what_jobs_there_were_is_forgotten_after_a_day(house: House) -> None:
    lane = Lane()
    lane.go_on.set()
    await house.bring(1, 2)
    async with house.node() as node:
        await node.takes(lane)
        await house.is_empty()
    await house.wire.execute("UPDATE pgqueuer_log SET created = created - INTERVAL '2 days' WHERE status = 'queued'")
    before = await house.wire.fetchval("SELECT count(*) FROM pgqueuer_log")
    await jobs.prune(jobs.queries(house.wire, house.place.home), 1.0)
    assert await house.wire.fetchval("SELECT count(*) FROM pgqueuer_log WHERE status = 'queued'") == 0
    assert 0 < await house.wire.fetchval("SELECT count(*) FROM pgqueuer_log") < before
