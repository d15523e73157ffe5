"""What a process is made of: its bots with their parts, the web side, and who does what. Nothing is started here."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.applied import Applied
from bot.beginning import Beginning
from bot.clock import Clock
from bot.core.nodes import Nodes
from bot.core.sharing import SHARDS
from bot.fetch import Fetcher
from bot.house import Rollback
from bot.in_force import InForce
from bot.lane import BotLane
from bot.listening import Bring
from bot.parts import Parts, Shared
from bot.readiness import Readiness
from bot.reading import Reading
from bot.sharing import Alone, Sharing
from bot.version import VERSION
from bot.web import Side, Web
from config.settings import Settings
from config.values import MAIN_BOT
from storage import Store

START_SECONDS = 60.0  # within which a wrong token ends us; later it is one bot's trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What those who are built are told of the life around them. `settings` are those in force, `put` makes all follow
    others; `reload` and `rollback` as in `bot.house`; `started`: whether it polls, sends and listens."""

    settings: Callable[[], Settings]
    put: Callable[[Settings], Awaitable[None]]
    reload: Callable[[], Awaitable[list[str]]]
    rollback: Rollback
    started: Callable[[], bool]
    clock: Clock


class Node:
    """`bots` are the parts of each, by its name; `main` those of the first."""

    def __init__(self, begun: Beginning, stores: Mapping[str, Store], life: Life) -> None:
        self._begun, self._stores, self._life = begun, stores, life
        self._started_at, self._began = time.time(), time.monotonic()
        self._fetcher = Fetcher()
        self.applied = self._build_applied()
        shared = self._build_shared()
        self.bots = {
            bot.name: Parts(bot, begun.token(bot.name), shared, stores[bot.name]) for bot in life.settings().bots
        }
        self.main = self.bots[MAIN_BOT]
        sides = [self._side(parts) for parts in self.bots.values()]
        self.web = Web(
            sides,
            settings=life.settings,
            fetcher=self._fetcher,
            environ=begun.environ,
            node=begun.node if begun.is_shared else "",
        )
        self.sharing = self._build_sharing()

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Connections, opened before anything uses them and closed after everything has stopped."""
        async with contextlib.AsyncExitStack() as opened:
            await self._fetcher.open()
            opened.push_async_callback(self._fetcher.close)
            for parts in self.bots.values():
                await opened.enter_async_context(parts.opened())
            yield

    async def hold(self, shards: Collection[int] | None) -> None:
        """Poll the blogs of these shards, whichever bot's they are; None: all."""
        await asyncio.gather(*(parts.poller.hold(shards) for parts in self.bots.values()))

    def _build_applied(self) -> Applied | InForce:
        """The files are kept once for all bots."""
        how: dict[str, Any] = {
            "path": self._begun.path,
            "environ": self._begun.environ,
            "text": self._begun.text,
            "settings": self._life.settings,
            "put": self._life.put,
            "stores": self._stores,
            "clock": self._life.clock,
        }
        if self._begun.is_shared:
            return InForce(node=self._begun.node, url=self._begun.url, over=self._begun.over, **how)
        return Applied(**how)

    def _build_shared(self) -> Shared:
        return Shared(
            fetcher=self._fetcher,
            reading=Reading(),
            settings=self._life.settings,
            reload=self._life.reload,
            rollback=self._life.rollback,
            kept=self.applied.kept,
            nodes=self._nodes,
            listens=self._listens,
            clock=self._life.clock,
            starting=self._starting,
            others=lambda name: (parts for bot, parts in self.bots.items() if bot != name),
            bring=self._build_bring(),
        )

    def _build_bring(self) -> Bring | None:
        """Where whoever answers for a bot may be another node."""
        if not self._begun.is_shared:
            return None
        from bot.cluster import brought_to

        self._brought = brought_to(self._stores[MAIN_BOT])
        return self._brought.bring

    def _side(self, parts: Parts) -> Side:
        """What the web side is given of a bot."""
        readiness = Readiness(
            store=parts.store,
            vitals=parts.vitals,
            settings=parts.settings,
            polls=parts.poller,
            started=self._life.started,
            lost_for=parts.reach.lost_for,
        )
        return Side(
            house=parts.house,
            told=parts.poller.told,
            hand=parts.poller.handed,
            holds=parts.poller.holds,
            webhook=parts.webhook,
            readiness=readiness,
        )

    def _starting(self) -> bool:
        """Of a bot that is alone nothing else goes on, whenever its token turns out to be wrong."""
        is_alone = len(self.bots) == 1 and not self._begun.is_shared
        return is_alone or time.monotonic() - self._began < START_SECONDS

    def _build_sharing(self) -> Sharing:
        lanes = {name: BotLane(parts) for name, parts in self.bots.items() if self._begun.has_token(name)}
        if not isinstance(applied := self.applied, InForce):
            return Alone(lanes, self._stores, self.hold)
        from bot.cluster import Said, Together

        def said() -> Said:
            return Said(
                name=self._begun.node,
                version=VERSION,
                file=applied.name,
                started_at=self._started_at,
                trouble=applied.trouble,
                disk=applied.disk,
            )

        return Together(lanes, self._stores, self.hold, self._brought, shards=SHARDS, said=said, newest=applied.heard)

    def _nodes(self) -> Nodes | None:
        return self.sharing.nodes()

    async def _listens(self) -> None:
        await self.web.listens()
