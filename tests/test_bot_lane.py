"""All that is done once for a bot: what comes first, and what ends it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bot.lane import BotLane


class Sending:
    """A sender that looks when it is told to."""

    def __init__(self) -> None:
        self.looked, self._stopped = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        await self._stopped.wait()

    def stop(self) -> None:
        self._stopped.set()


class Lane(BotLane):
    def __init__(self, sending: Sending, counts: list[object]) -> None:
        vitals = SimpleNamespace(counted=counts.append)
        super().__init__(SimpleNamespace(begin_sending=lambda ledger: sending, vitals=vitals))  # type: ignore[arg-type]
        self.begun = asyncio.Event()

    def _aside(self) -> Any:
        return (self._work,)

    async def _work(self) -> None:
        self.begun.set()
        await asyncio.Event().wait()


@pytest.fixture
def sending() -> Sending:
    return Sending()


async def test_nothing_else_begins_before_it_was_looked_for_what_waits(sending: Sending) -> None:
    """Where a node was lost, its readers wait for the next message."""
    lane = Lane(sending, [])
    running = asyncio.create_task(lane.run(SimpleNamespace()))  # type: ignore[arg-type]
    for _ in range(10):
        await asyncio.sleep(0)
    assert not lane.begun.is_set()
    sending.looked.set()
    await lane.begun.wait()
    lane.stop()
    await running


async def test_told_to_stop_before_anything_was_looked_for_it_ends(sending: Sending) -> None:
    counts: list[object] = []
    lane = Lane(sending, counts)
    lane.stop()
    await lane.run(SimpleNamespace())  # type: ignore[arg-type]
    assert not lane.begun.is_set()
    assert len(counts) == 1
