"""The HTTP side: what the relay is told instead of asking. `server` listens; each room brings its own routes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp.web import AbstractRouteDef

from bot.core.standing import Kind
from bot.fetch import Fetcher
from bot.house import House
from bot.measures import Measures
from bot.readiness import Readiness
from bot.web.dashboard import Dashboard
from bot.web.guard import Guard
from bot.web.health import Health
from bot.web.intake import Hand, Intake
from bot.web.server import Server
from bot.web.subscriber import Subscriber
from bot.web.webhook import Webhook
from bot.web.webhook import routes as webhooks
from bot.web.websub import Callbacks, Told

__all__ = ["Web"]


class Web:
    """All of it, as `web.listen` was when we started; nothing of it where that is ""."""

    def __init__(
        self,
        *,
        house: House,
        fetcher: Fetcher,
        environ: Mapping[str, str],
        told: Told,
        hand: Hand,
        webhook: Webhook | None = None,
        readiness: Readiness | None = None,
    ) -> None:
        settings, self._alarms = house.settings, house.alarms
        web = settings().web
        self._subscriber = Subscriber(
            store=house.store, fetcher=fetcher, settings=settings, public_url=web.public_url, alarms=house.alarms
        )
        self._callbacks = Callbacks(
            store=house.store, settings=settings, told=told, alarms=house.alarms, changed=self._subscriber.wake
        )
        intake = Intake(settings=settings, environ=environ, hand=hand)
        self.guard = Guard(
            notes=house.store,
            environ=environ,
            password_env=lambda: settings().web.dashboard_password_env,
            public_url=web.public_url,
            clock=house.clock,
        )
        self.dashboard = Dashboard(house, self.guard)
        measures = house.vitals.measures
        health = Health(measures=measures, readiness=readiness, guard=self.guard)
        routes = [*self.dashboard.routes(), *self._callbacks.routes(), *intake.routes(), *health.routes()]
        routes += webhooks(webhook) if webhook else ()
        self.server = self._serving(web.listen, routes, measures) if web.listen else None

    def _serving(self, listen: str, routes: list[AbstractRouteDef], measures: Measures) -> Server:
        return Server(listen, routes, self._alarms, set_up=[self.dashboard.set_up], measured=measures.requested)

    async def run(self) -> None:
        """Until it is cancelled: listen, then ask hubs, which want to reach us at once."""
        try:
            if self.server is None:
                await self._alarms.ended(Kind.LISTEN, ending="it is switched off")
                await asyncio.Event().wait()
                return
            async with asyncio.TaskGroup() as both:
                both.create_task(self.server.run())
                await self.server.listening.wait()
                both.create_task(self._subscriber.run())
        finally:
            await self._callbacks.stop()

    async def listens(self) -> None:
        """Until it does; at once where it is not to."""
        if self.server is not None:
            await self.server.listening.wait()

    def wake(self) -> None:
        """New settings are in force."""
        self._subscriber.look_anew()
