"""The session that holds a bot's lane: what it may write, and when it may not any more."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from storage import StoreError
from storage.postgres import session
from storage.postgres.session import LaneLost
from storage.postgres.store import Ledger, PostgresStore
from tests.service import ROOT

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
async def ours(fresh_url: str) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(fresh_url)
    yield store
    await store.close()


@pytest.fixture
async def ledger(ours: PostgresStore) -> AsyncIterator[Ledger]:
    ledger = await ours.ledger()
    assert ledger is not None
    yield ledger
    await ledger.close()


async def ended(ours: PostgresStore) -> None:
    """As PostgreSQL ends the lane's session, for whatever reason."""
    wire = await asyncpg.connect(ours.place.url)
    ends = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7302"
    await wire.fetch(f"{ends} AND objid = hashtext(current_schema())::bigint & 4294967295")
    await wire.close()


async def test_a_lane_is_one_node_s(ours: PostgresStore, ledger: Ledger, fresh_url: str) -> None:
    other = PostgresStore(fresh_url)
    assert ledger.held()
    assert await other.ledger() is None
    await ledger.close()
    taken = await other.ledger()
    assert taken is not None
    assert taken.held()
    await taken.close()
    await other.close()


async def test_lanes_of_several_bots_are_each_for_itself(ours: PostgresStore, ledger: Ledger, fresh_url: str) -> None:
    other = PostgresStore(fresh_url, "es")
    taken = await other.ledger()
    assert taken is not None
    assert taken.held()
    await ledger.keep_note("who", "ours")
    assert ledger.held()
    await taken.close()
    await other.close()


async def test_whose_session_ended_writes_nothing_more(ours: PostgresStore, ledger: Ledger) -> None:
    await ledger.keep_note("who", "ours")
    await ended(ours)
    with pytest.raises(StoreError):
        await ledger.keep_note("who", "a zombie's")
    with pytest.raises(LaneLost):  # and it is not opened again
        await ledger.keep_note("who", "a zombie's")
    assert not ledger.held()
    assert await ours.note("who") == "ours"


async def test_who_keeps_a_lane_hears_that_it_was_lost(ours: PostgresStore, ledger: Ledger) -> None:
    await ended(ours)
    with pytest.raises(LaneLost):
        async with asyncio.timeout(60):
            await ledger.lane.keep()


async def test_a_lane_that_is_kept_stays_ours(ledger: Ledger) -> None:
    """For longer than PostgreSQL bears with a session that says nothing."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(6):
            await ledger.lane.keep()
    assert ledger.held()
    await ledger.keep_note("who", "ours")


async def test_what_goes_wrong_while_a_lane_is_taken_leaves_it_to_others(
    ours: PostgresStore, fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = PostgresStore(fresh_url)
    with monkeypatch.context() as broken:
        broken.setattr(session, "YOUNG", "SELECT 1 / 0")
        with pytest.raises(StoreError, match="division by zero"):
            await other.ledger()
    taken = await ours.ledger()
    assert taken is not None
    await taken.close()
    await other.close()


STOPPED = """
import asyncio, sys
from storage.postgres.store import PostgresStore

async def main():
    store = PostgresStore(sys.argv[1])
    ledger = await store.ledger()
    keeping = asyncio.create_task(ledger.lane.keep())
    print("taken", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print("held" if ledger.held() else "not held", flush=True)
    try:
        await ledger.keep_note("who", "a zombie's")
    except Exception as error:
        print(type(error).__name__, flush=True)

asyncio.run(main())
"""


async def test_who_was_stopped_and_goes_on_finds_its_lane_another_s(ours: PostgresStore, fresh_url: str) -> None:
    node = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STOPPED, fresh_url, cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert node.stdout is not None
    assert node.stdin is not None
    try:
        assert await node.stdout.readline() == b"taken\n"
        assert await ours.ledger() is None
        os.kill(node.pid, signal.SIGSTOP)
        async with asyncio.timeout(60):
            while (ledger := await ours.ledger()) is None:  # noqa: ASYNC110 only trying tells
                await asyncio.sleep(0.1)
        await ledger.keep_note("who", "ours")
        node.stdin.write(b"\n")
        await node.stdin.drain()
        os.kill(node.pid, signal.SIGCONT)
        assert await node.stdout.readline() == b"not held\n"
        assert (await node.stdout.readline()).strip() in (b"LaneLost", b"StoreError")
        assert await ours.note("who") == "ours"
        await ledger.close()
    finally:
        os.kill(node.pid, signal.SIGKILL)
        await node.wait()


async def test_a_session_that_was_silent_for_too_long_is_left_without_a_word(
    ours: PostgresStore, ledger: Ledger
) -> None:
    """Whoever closes it hears nothing of why PostgreSQL ended it: that is known already, and ends no process."""
    async with asyncio.timeout(60):
        while (other := await ours.ledger()) is None:  # noqa: ASYNC110 only trying tells
            await asyncio.sleep(0.1)
    await other.close()
    await ledger.close()
