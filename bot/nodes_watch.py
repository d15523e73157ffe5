"""What is wrong with the nodes, as the admins are told it: looked at by whoever sends for the bot "main"."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from bot.alarming import Alarms
from bot.core.nodes import Nodes, Wrong, back, wrong
from bot.core.standing import Alarm, Kind

log = structlog.get_logger()

EVERY_SECONDS = 5.0
# What is over within so many seconds is told to nobody: a restart, a lane that is handed over, a file on its way.
PATIENCE: Mapping[Kind, float] = {
    Kind.NODE: 60.0,
    Kind.TROUBLE: 20.0,
    Kind.LANE: 30.0,
    Kind.SHARDS: 60.0,
    Kind.CLOCK: 20.0,
}
SUBJECTS: Mapping[Kind, str] = {
    Kind.NODE: "Node {part} is gone",
    Kind.TROUBLE: "Node {part} is in trouble",
    Kind.LANE: "Nobody sends for the bot {part}",
    Kind.SHARDS: "Nobody polls",
    Kind.CLOCK: "The clock of node {part} is wrong",
}

OF_A_NODE = frozenset({Kind.FILE, Kind.LISTEN})  # which each raises and ends of itself

Key = tuple[Kind, str]


class NodesWatch:
    """`nodes`: how they are, None where there is one alone; `steady`: seconds that only go on."""

    def __init__(
        self, nodes: Callable[[], Nodes | None], alarms: Alarms, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._nodes, self._alarms, self._steady = nodes, alarms, steady
        self._since: dict[Key, float] = {}

    async def run(self) -> None:
        """Look, until it is cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("looking broke", what="nodes")
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """What stands long enough is told, and its end."""
        if (nodes := self._nodes()) is None:
            return
        now, found = self._steady(), {(one.kind, one.part): one for one in wrong(nodes)}
        self._since = {key: self._since.get(key, now) for key in found}
        for key, since in self._since.items():
            if now - since >= PATIENCE[key[0]]:
                await self._tell(found[key])
        for alarm in self._alarms.standing():
            if alarm.kind in PATIENCE and (alarm.kind, alarm.part) not in found:
                await self._alarms.ended(alarm.kind, ending=back(alarm.kind, alarm.part, nodes), part=alarm.part)
            await self._forget_who_is_gone(alarm, nodes)

    async def _tell(self, one: Wrong) -> None:
        subject = SUBJECTS[one.kind].format(part=one.part)
        await self._alarms.raised(one.kind, "", one.text, part=one.part, subject=subject)

    async def _forget_who_is_gone(self, alarm: Alarm, nodes: Nodes) -> None:
        """What was wrong on a node that is gone is of no concern any more."""
        is_there = alarm.part in {one.name for one in nodes.here}
        if alarm.kind in OF_A_NODE and alarm.part and not is_there:
            await self._alarms.ended(alarm.kind, ending="its node is gone", part=alarm.part)
