"""Who does what. One node does all of it; several share it out (`bot.cluster`). The poller and the sender are the same.

What there is to share: the bots' lanes (all that must be done once for a bot, its sender first), and the poll shards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol

from bot.core.nodes import Nodes
from bot.ending import called_off
from storage import Store

Hold = Callable[[Collection[int] | None], Awaitable[None]]  # poll the blogs of these shards; None: all of them


class Lane(Protocol):
    """All that is done once for a bot, on whatever node."""

    async def run(self, ledger: Store) -> None:
        """Until `stop()`, and then to an orderly end; what it sends for is written through `ledger`. Cancelled, it ends
        at once and nothing more is sent."""

    def stop(self) -> None: ...

    def wake(self) -> None:
        """There is something to send."""

    async def hears(self) -> None:
        """Until it can answer people; Telegram may be out of reach."""

    async def answer(self, update: dict[str, Any]) -> None:
        """Deal with what Telegram brought, as its JSON says, to its end."""


class Sharing(Protocol):
    """What this node is to do, and when it is to leave it to others."""

    begun: asyncio.Event  # it takes part

    async def run(self) -> None:
        """Until `stop()`: then everything is given back first."""

    def stop(self) -> None: ...

    def nodes(self) -> Nodes | None:
        """How all nodes were a moment ago; None where there is one alone, or nothing is known yet."""


class Alone:
    """One node, that does all of it from start to end."""

    def __init__(self, lanes: Mapping[str, Lane], stores: Mapping[str, Store], hold: Hold) -> None:
        self._lanes, self._stores, self._hold = lanes, stores, hold
        self.begun = asyncio.Event()

    async def run(self) -> None:
        running = [asyncio.create_task(lane.run(self._stores[bot])) for bot, lane in self._lanes.items()]
        try:
            await self._hold(None)
            self.begun.set()
            await asyncio.gather(*running)
        finally:
            await called_off(*running)

    def stop(self) -> None:
        for lane in self._lanes.values():
            lane.stop()

    def nodes(self) -> Nodes | None:
        return None
