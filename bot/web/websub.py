"""What hubs say to us: whether a lease is wanted (WebSub 5.3), that it was denied (5.2), and what is new (7)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Protocol

import structlog
from aiohttp import web

from bot.alarming import Alarms
from bot.core import websub
from bot.core.model import Page
from bot.core.standing import Kind
from bot.core.websub import Lease, LeaseState
from bot.web.connections import is_known
from bot.web.server import LARGEST_BODY
from config.settings import Settings
from storage import Store, StoreError

log = structlog.get_logger()

PATH = "/websub/"
WAITING_AT_MOST = 4  # deliveries of one blog; a poll sees everything that one refused would have told
DENIED_SECONDS = 6 * 3600.0  # until a hub that denied is asked again
MOST_OF_A_REASON = 200
POLLED = "its page is polled as usual"  # what it means for readers


class Told(Protocol):
    """As `Poller.told`."""

    def __call__(self, id_: str, url: str, page: Page, until: datetime) -> Coroutine[None, None, None]: ...


def routes(*doors: Callbacks) -> list[web.RouteDef]:
    """The doors of all bots: who made a lease is who knows its callback."""

    async def find(request: web.Request) -> tuple[Callbacks, Lease] | None:
        for door in doors:
            if (lease := await door.lease(request.match_info["callback"])) is not None:
                return door, lease
        return None

    async def confirm(request: web.Request) -> web.Response:
        if (found := await find(request)) is None:
            raise web.HTTPNotFound
        return await found[0].confirm(request, found[1])

    async def deliver(request: web.Request) -> web.Response:
        if (found := await find(request)) is None:
            raise web.HTTPGone  # the hub may forget us (7)
        return await found[0].deliver(request, found[1])

    return [web.get(PATH + "{callback}", confirm, allow_head=False), web.post(PATH + "{callback}", deliver)]


class Callbacks:
    """The addresses at which hubs tell of one bot's blogs; `told` takes what they send, `changed` is called when a
    lease begins anew."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Callable[[], Settings],
        told: Told,
        alarms: Alarms,
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._settings, self._told = store, settings, told
        self._alarms, self._changed, self._clock = alarms, changed, clock
        self._taking: set[asyncio.Task[None]] = set()
        self._waiting: Counter[str] = Counter()
        self.forged: Counter[str] = Counter()  # deliveries of a blog whose signature was not the hub's
        self._in_doubt: set[str] = set()  # callbacks whose wrong signature is in the log

    async def stop(self) -> None:
        """What was taken and not published is left to the next poll."""
        for task in self._taking:
            task.cancel()
        await asyncio.gather(*self._taking, return_exceptions=True)

    # --- verification

    async def confirm(self, request: web.Request, lease: Lease) -> web.Response:
        """Echo the challenge of what we asked for; everything else is none of ours."""
        mode, topic = request.query.get("hub.mode", ""), request.query.get("hub.topic", "")
        if topic != lease.topic:
            raise web.HTTPNotFound
        if mode == "denied":
            await self._denied(lease, request.query.get("hub.reason", ""))
            return web.Response()
        challenge = request.query.get("hub.challenge", "")
        if not challenge or not lease.expects(mode, topic):
            raise web.HTTPNotFound
        if mode == "subscribe":
            await self._granted(lease, websub.granted(request.query.get("hub.lease_seconds")))
        else:
            await self._store.drop_lease(lease.callback)
            log.info("hub tells no more", blog=lease.blog, hub=lease.hub)
        return web.Response(text=challenge, content_type="text/plain")

    async def _granted(self, lease: Lease, seconds: float) -> None:
        now = self._clock()
        await self._store.grant_lease(lease.callback, now + seconds, now + websub.renewal(seconds))
        self._changed()
        await self._alarms.ended(Kind.HUB, lease.blog, "its hub tells us")
        log.info("hub tells", blog=lease.blog, hub=lease.hub, seconds=round(seconds))

    async def _denied(self, lease: Lease, reason: str) -> None:
        if lease.state is LeaseState.LEAVING:
            return
        await self._store.deny_lease(lease.callback, self._clock() + DENIED_SECONDS)
        log.warning("hub denies", blog=lease.blog, hub=lease.hub, why=reason[:MOST_OF_A_REASON])
        said = f"its hub {lease.hub} does not want to tell us; {POLLED}"
        await self._alarms.raised(Kind.HUB, lease.blog, said, subject=lease.blog)

    async def lease(self, callback: str) -> Lease | None:
        """Which of ours that is."""
        return await self._store.lease(callback)

    # --- content distribution

    async def deliver(self, request: web.Request, lease: Lease) -> web.Response:
        """Take what is new and say so at once; it is read and published after the answer."""
        if not self._wants(lease):
            raise web.HTTPGone
        is_known(request)
        if self._waiting[lease.blog] >= WAITING_AT_MOST:
            return web.Response(status=503, headers={"Retry-After": "5"})
        self._waiting[lease.blog] += 1  # from its first byte on: many at once would be many bodies in memory
        try:
            body = await request.read()
            if websub.is_signed(lease.secret, body, request.headers.get("X-Hub-Signature")):
                self._in_doubt.discard(lease.callback)
                self._take(lease, self._page(lease, body, request.headers.get("Content-Type")))
            else:
                self._doubt(lease)
        finally:
            self._waiting[lease.blog] -= 1
        return web.Response(status=202)

    def _wants(self, lease: Lease) -> bool:
        blog = self._settings().blog(lease.blog)
        return blog is not None and blog.websub and lease.state in (LeaseState.LIVE, LeaseState.ASKED)

    def _page(self, lease: Lease, body: bytes, content_type: str | None) -> Page:
        now = datetime.fromtimestamp(self._clock(), UTC)
        return Page(
            url=lease.topic, body=websub.unpacked(body, LARGEST_BODY), content_type=content_type, fetched_at=now
        )

    def _doubt(self, lease: Lease) -> None:
        """Answered like a right one and ignored (7.1): who sent it is to learn nothing."""
        self.forged[lease.blog] += 1
        if lease.callback not in self._in_doubt:
            self._in_doubt.add(lease.callback)
            log.warning("hub did not sign", blog=lease.blog, hub=lease.hub)

    def _take(self, lease: Lease, page: Page) -> None:
        self._waiting[lease.blog] += 1
        task = asyncio.create_task(self._pass_on(lease, page))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def _pass_on(self, lease: Lease, page: Page) -> None:
        try:
            until = datetime.fromtimestamp(lease.until or self._clock(), UTC)
            await self._told(lease.blog, lease.page, page, until)
        except StoreError as error:
            log.error("nothing was written", blog=lease.blog, why=str(error))
        except Exception:
            log.exception("hub broke something", blog=lease.blog)
        finally:
            self._waiting[lease.blog] -= 1
