"""The HTTP side: what the relay is told instead of asking. `server` listens; each room brings its own routes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp.web import AbstractRouteDef

from bot.core.model import Page
from bot.core.standing import Kind
from bot.fetch import Fetcher
from bot.house import House
from bot.readiness import Readiness
from bot.web import webhook, websub
from bot.web.dashboard import Dashboard
from bot.web.guard import Guard
from bot.web.health import Health
from bot.web.intake import Hand, Intake
from bot.web.server import Server
from bot.web.subscriber import Subscriber
from bot.web.webhook import Webhook
from bot.web.websub import Callbacks, Told
from config.settings import Settings
from storage import StoreError

__all__ = ["Side", "Web"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What there is of one bot: `told`, `hand` and `holds` (whether a blog with this address is polled here) are its
    poller's; `readiness` None: nothing that may not be ready."""

    house: House
    told: Told
    hand: Hand
    holds: Callable[[str], bool] = lambda url: True
    webhook: Webhook | None = None
    readiness: Readiness | None = None


class Web:
    """All of it, as `web.listen` was when we started; nothing of it where that is ""."""

    def __init__(
        self,
        sides: Sequence[Side],
        *,
        settings: Callable[[], Settings],
        fetcher: Fetcher,
        environ: Mapping[str, str],
        node: str = "",
    ) -> None:
        """`sides`: of all bots, main first, which answers for what is about none of them; `settings`: of all; `node`:
        our name where there may be others."""
        self._sides = {side.house.name: side for side in sides}
        self._settings, self._first = settings, sides[0].house
        self._alarms, self._node = self._first.alarms, node
        told = [self._hubs(side, fetcher) for side in sides]
        self._subscribers, self._callbacks = [one for one, _ in told], [one for _, one in told]
        self.guard = self._guarding(environ)
        self.dashboard = Dashboard([side.house for side in sides], self.guard)
        self.server = self._serving(environ) if settings().web.listen else None

    def _hubs(self, side: Side, fetcher: Fetcher) -> tuple[Subscriber, Callbacks]:
        """Leases stand in the store of the bot whose blog they are about."""
        house = side.house
        subscriber = Subscriber(
            store=house.store,
            fetcher=fetcher,
            settings=house.settings,
            public_url=house.settings().web.public_url,
            alarms=house.alarms,
            holds=side.holds,
        )
        callbacks = Callbacks(
            store=house.store,
            settings=house.settings,
            told=side.told,
            alarms=house.alarms,
            changed=subscriber.wake,
        )
        return subscriber, callbacks

    def _guarding(self, environ: Mapping[str, str]) -> Guard:
        return Guard(
            notes=self._first.store,
            environ=environ,
            password_env=lambda: self._settings().web.dashboard_password_env,
            public_url=self._settings().web.public_url,
            clock=self._first.clock,
        )

    def _serving(self, environ: Mapping[str, str]) -> Server:
        return Server(
            self._settings().web.listen,
            self._routes(environ),
            self._alarms,
            node=self._node,
            set_up=[self.dashboard.set_up],
            measured=self._first.vitals.measures.requested,
        )

    def _routes(self, environ: Mapping[str, str]) -> list[AbstractRouteDef]:
        intake = Intake(settings=self._settings, environ=environ, hand=self._hand)
        health = Health(
            measures={name: side.house.vitals.measures for name, side in self._sides.items()},
            readiness={name: side.readiness for name, side in self._sides.items() if side.readiness is not None},
            guard=self.guard,
        )
        brought = [side.webhook for side in self._sides.values() if side.webhook is not None]
        return [
            *self.dashboard.routes(),
            *websub.routes(*self._callbacks),
            *intake.routes(),
            *health.routes(),
            *(webhook.routes(*brought) if brought else ()),
        ]

    async def _hand(self, id_: str, page: Page, *, old: bool) -> bool:
        """To the poller of the blog's bot, as the file names it now."""
        blog = self._settings().blog(id_)
        side = self._sides.get(blog.bot) if blog else None
        if side is None:
            raise StoreError("its bot waits for the next start")
        return await side.hand(id_, page, old=old)

    async def run(self) -> None:
        """Until it is cancelled: listen, then ask hubs, which want to reach us at once."""
        try:
            if self.server is None:
                await self._alarms.ended(Kind.LISTEN, ending="it is switched off", part=self._node)
                await asyncio.Event().wait()
                return
            async with asyncio.TaskGroup() as together:
                together.create_task(self.server.run())
                await self.server.listening.wait()
                for subscriber in self._subscribers:
                    together.create_task(subscriber.run())
        finally:
            for callbacks in self._callbacks:
                await callbacks.stop()

    async def attempted(self) -> None:
        """Until it listens, or it is known that it cannot yet; at once where it is not to."""
        if self.server is not None:
            await self.server.attempted.wait()

    async def listens(self) -> None:
        """Until it does; at once where it is not to."""
        if self.server is not None:
            await self.server.listening.wait()

    def wake(self) -> None:
        """New settings are in force."""
        for subscriber in self._subscribers:
            subscriber.look_anew()
