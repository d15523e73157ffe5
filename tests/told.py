"""A relay that is told: a real page, a hub that is not ours, and our poller, leases and web side; the clock by hand."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from bot.core.model import Page
from bot.core.websub import Lease, LeaseState
from bot.fetch import Fetcher
from bot.web.server import Server
from bot.web.subscriber import Subscriber
from bot.web.websub import Callbacks, routes
from storage import open_store
from tests.hub import HubServer
from tests.newsroom import settings_of
from tests.polling import Watch
from tests.ports import free_port
from tests.publisher import Publisher


@dataclass
class Told:
    """`look` is one round of the subscriber; whatever a hub sends arrives by itself."""

    watch: Watch
    hub: HubServer
    public_url: str
    fetcher: Fetcher
    session: aiohttp.ClientSession
    told_once: asyncio.Event = field(default_factory=asyncio.Event)
    callbacks: Callbacks = field(init=False)
    subscriber: Subscriber = field(init=False)

    def __post_init__(self) -> None:
        self.callbacks = Callbacks(
            store=self.watch.store,
            settings=lambda: self.watch.settings,
            told=self._tell,
            alarms=self.watch.alarms,
            clock=self.clock,
        )
        self.restart()

    async def _tell(self, id_: str, url: str, page: Page, until: datetime) -> None:
        await self.watch.poller.told(id_, url, page, until)
        self.told_once.set()

    def restart(self) -> None:
        """A subscriber that knows only what the store knows."""
        self.subscriber = Subscriber(
            store=self.watch.store,
            fetcher=self.fetcher,
            settings=lambda: self.watch.settings,
            public_url=self.public_url,
            alarms=self.watch.alarms,
            clock=self.clock,
        )

    def clock(self) -> float:
        return self.watch.clock()

    async def look(self, *, after: timedelta = timedelta(0)) -> None:
        self.watch.now += after
        await self.subscriber.round()

    async def lease(self) -> Lease:
        (lease,) = await self.watch.store.leases()
        return lease

    async def subscribed(self) -> Lease:
        """Polled once, and told from now on."""
        await self.watch.poll()
        await self.look()
        await self.hub.until(lambda: self.hub.happened["subscribed"] == 1)
        return await self.lease()

    async def deliver(self, lease: Lease, body: bytes, *, signature: str | None = None, **headers: str) -> int:
        """What a hub would send; signed with the lease's secret unless told otherwise. The status of the answer."""
        digest = hmac.new(lease.secret.encode(), body, hashlib.sha256).hexdigest()
        headers["X-Hub-Signature"] = f"sha256={digest}" if signature is None else signature
        async with self.session.post(lease.address, data=body, headers=headers) as answer:
            return answer.status

    async def confirm(self, lease: Lease, **query: str) -> tuple[int, str]:
        """What a hub asks to verify a lease; the status and text of the answer."""
        asked = {f"hub.{name}": value for name, value in query.items()}
        async with self.session.get(lease.address, params=asked) as answer:
            return answer.status, await answer.text()

    async def taken(self) -> None:
        """Until everything that was delivered was dealt with."""
        await asyncio.gather(*self.callbacks._taking)

    async def published(self, title: str) -> None:
        """Until the desk has published it."""
        async with asyncio.timeout(60):
            while not any(one.title == title for one in self.watch.desk.published):
                await self.watch.desk.next()

    async def delivered(self) -> None:
        """Until the hub has delivered something, and that was dealt with."""
        async with asyncio.timeout(60):
            await self.told_once.wait()
        await self.taken()

    async def state(self, state: LeaseState) -> None:
        """Until the hub has said so."""
        async with asyncio.timeout(60):
            while (await self.lease()).state is not state:  # noqa: ASYNC110 it is the store that knows
                await asyncio.sleep(0.02)

    def configure(self, *, websub: bool, url: str | None = None) -> None:
        page, on = url or self.watch.publisher.url, str(websub).lower()
        web = f'[web]\npublic_url = "{self.public_url}"\n'
        self.watch.settings = settings_of(f'{web}[[blogs]]\nid = "storm"\nurl = "{page}"\nwebsub = {on}\n')


@contextlib.asynccontextmanager
async def told(folder: Path, *, longest: int = 31 * 86_400) -> AsyncIterator[Told]:
    """The page names the hub in its headers."""
    async with contextlib.AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(Publisher())
        hub = await stack.enter_async_context(HubServer(folder, longest=longest))
        publisher.publish("old")
        publisher.headers["Link"] = f'<{hub.url}>; rel="hub", <{publisher.url}>; rel="self"'
        watch = Watch(publisher, open_store(f"sqlite:///{folder}/relay.db"), settings_of())
        await watch.open()
        stack.push_async_callback(watch.close)
        fetcher = Fetcher()
        await fetcher.open()
        stack.push_async_callback(fetcher.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        listen = f"127.0.0.1:{free_port()}"
        one = Told(watch, hub, f"http://{listen}", fetcher, session)
        one.configure(websub=True)
        server = Server(listen, routes(one.callbacks), watch.alarms)
        serving = asyncio.create_task(server.run())
        await server.listening.wait()
        try:
            yield one
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await one.callbacks.stop()
