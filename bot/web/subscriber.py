"""Asks hubs to tell us, asks again before a lease ends, and asks them to stop (WebSub 5.1).

Everything stands in the store before a hub is asked, with the time to try again: whatever becomes of the request, of us
or of the hub, the next round knows what to do. What the hub answers comes in by `bot.web.websub`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog

from bot.alarming import Alarms
from bot.core import websub
from bot.core.model import Page
from bot.core.pages import pages_to_poll
from bot.core.standing import Kind
from bot.core.websub import Lease, LeaseState
from bot.fetch import Fetcher, FetchFailed
from bot.resolving import is_private
from bot.sources.hubs import HubOfPage, hub_of
from bot.web.websub import PATH, POLLED
from config.settings import Blog, Settings
from storage import Store, StoreError

log = structlog.get_logger()

LOOK_SECONDS = 15.0  # between rounds, where nothing is due sooner
SOONEST_SECONDS = 0.5
NO_HUB_SECONDS = 6 * 3600.0  # until a page that named no hub is looked at again


class Subscriber:
    """`public_url`: the address under which hubs reach us; without one, nothing is asked.

    Whoever polls a page (`holds`, by the address of its blog) asks its hub. Where two nodes believe that for a moment,
    the store lets one of them ask.
    """

    def __init__(
        self,
        *,
        store: Store,
        fetcher: Fetcher,
        settings: Callable[[], Settings],
        public_url: str,
        alarms: Alarms,
        holds: Callable[[str], bool] = lambda url: True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._fetcher, self._settings, self._holds = store, fetcher, settings, holds
        self._base, self._alarms, self._clock = public_url.rstrip("/"), alarms, clock
        self._woken = asyncio.Event()
        self._look_at: dict[str, float] = {}  # when a page without a lease is looked at again, by its address
        self._failures: dict[str, int] = {}  # likewise: how often in a row it did not answer

    def wake(self) -> None:
        """A lease has changed: what is due next may be sooner."""
        self._woken.set()

    def look_anew(self) -> None:
        """The file has changed: also what names no hub may do so now."""
        self._look_at.clear()
        self._woken.set()

    async def run(self) -> None:
        """Until it is cancelled. Leases outlive us: after a restart they are renewed in their time."""
        while True:
            self._woken.clear()
            try:
                pause = await self.round()
            except StoreError as error:
                log.error("leases not looked after", why=str(error))
                pause = LOOK_SECONDS
            except Exception:
                log.exception("leases broke")
                pause = LOOK_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def round(self) -> float:
        """Do what is due. Returns the seconds until something else may be."""
        pages = await self._pages()
        await self._want_no_more()
        await self._leave_what_is_not_wanted(pages)
        leases, now = await self._leases(), self._clock()
        leaving = (one for one in leases if one.state is LeaseState.LEAVING and one.next_at <= now)
        await asyncio.gather(
            *(self._end(lease) for lease in leaving),
            *(self._begin_or_renew(blog, url, _standing(leases, blog, url)) for blog, url in pages),
        )
        soonest = min((one.next_at for one in await self._leases()), default=float("inf")) - self._clock()
        return min(max(soonest, SOONEST_SECONDS), LOOK_SECONDS)

    async def _pages(self) -> list[tuple[Blog, str]]:
        """The pages that are polled now of the blogs that want to be told; two while one moves on to the next."""
        now, wanted = datetime.fromtimestamp(self._clock(), UTC), list[tuple[Blog, str]]()
        for blog in self._settings().blogs:
            if blog.websub and self._base and self._holds(blog.url):
                known = await self._store.pages(blog.id)
                wanted += [(blog, url) for url in pages_to_poll(blog.url, blog.timezone, known, now)]
        return wanted

    async def _leases(self) -> list[Lease]:
        """Those of the pages that are polled here. Of a blog that left the file, only the page is known."""
        leases, settings = await self._store.leases(), self._settings()
        homes = ((one, settings.blog(one.blog)) for one in leases)
        return [one for one, blog in homes if self._holds(blog.url if blog else one.page)]

    # --- what is wanted no more

    async def _leave_what_is_not_wanted(self, pages: Iterable[tuple[Blog, str]]) -> None:
        wanted = {(blog.id, url) for blog, url in pages}
        for lease in await self._leases():
            if lease.state is not LeaseState.LEAVING and ((lease.blog, lease.page) not in wanted or self._moved(lease)):
                await self._leave(lease)

    def _moved(self, lease: Lease) -> bool:
        """Our own address has changed since: the hub speaks to the wrong one."""
        return lease.address != self._address(lease.callback)

    def _address(self, callback: str) -> str:
        return f"{self._base}{PATH}{callback}"

    async def _leave(self, lease: Lease) -> None:
        if lease.state is LeaseState.LIVE and not self._moved(lease):
            await self._store.leave_lease(lease.callback, self._clock())
        else:  # nothing to end, or nobody there to confirm it
            await self._store.drop_lease(lease.callback)

    async def _end(self, lease: Lease) -> None:
        """Ask the hub to stop. It confirms by asking us; after some attempts the lease is left to run out."""
        if lease.failures >= websub.PATIENCE:
            await self._store.drop_lease(lease.callback)
            return
        if not await self._store.asked_for_lease(
            lease.callback, lease.next_at, self._clock() + websub.pause(lease.failures)
        ):
            return
        blog = self._settings().blog(lease.blog)  # without it, nothing in the file vouches for a private hub
        form = {"hub.mode": "unsubscribe", "hub.topic": lease.topic, "hub.callback": lease.address}
        try:
            await self._fetcher.post(lease.hub, form, home=blog.url if blog else "")
        except FetchFailed as error:
            log.info("hub not told to stop", blog=lease.blog, hub=lease.hub, why=str(error))

    # --- what is wanted

    async def _begin_or_renew(self, blog: Blog, url: str, standing: Lease | None) -> None:
        now = self._clock()
        if (standing.next_at if standing else self._look_at.get(url, 0.0)) > now:
            return
        again = now + websub.pause(standing.failures if standing else 0)
        if standing and not await self._store.asked_for_lease(standing.callback, standing.next_at, again):
            return
        found = await self._look(blog, url, standing)
        if found is None:
            return
        if standing is not None and found == HubOfPage(hub=standing.hub, topic=standing.topic):
            lease = replace(standing, failures=standing.failures + 1)
        else:
            if standing is not None:
                await self._leave(standing)
            lease = self._lease(blog, url, found, now)
            if not await self._store.begin_lease(lease):
                return
        if lease.state is LeaseState.LIVE and not lease.is_live(now):
            log.warning("hub lease ended", blog=blog.id, hub=lease.hub)
        await self._ask(blog, lease)

    def _lease(self, blog: Blog, url: str, found: HubOfPage, now: float) -> Lease:
        callback = secrets.token_urlsafe(24)
        return Lease(
            callback=callback,
            address=self._address(callback),
            blog=blog.id,
            page=url,
            topic=found.topic,
            hub=found.hub,
            secret=secrets.token_urlsafe(32),
            next_at=now + websub.pause(0),
            failures=1,
        )

    async def _look(self, blog: Blog, url: str, standing: Lease | None) -> HubOfPage | None:
        """Which hub the page names now. One that does not answer is taken to name the same as before."""
        try:
            page = await self._fetcher.fetch(url, home=blog.url)
        except FetchFailed as error:
            if standing is not None:
                return HubOfPage(hub=standing.hub, topic=standing.topic)
            failures = self._failures[url] = self._failures.get(url, 0) + 1
            self._look_at[url] = self._clock() + websub.pause(failures)
            log.info("hub not known yet", blog=blog.id, why=str(error))
            return None
        assert isinstance(page, Page), "it was asked without conditions"
        self._failures.pop(url, None)
        found = hub_of(page)
        why = _refused(found, blog.url) if found is not None else "its page names no hub"
        if why is None:
            return found
        self._look_at[url] = self._clock() + NO_HUB_SECONDS
        if standing is not None:
            await self._leave(standing)
        await self._tell(blog.id, why)
        return None

    async def _ask(self, blog: Blog, lease: Lease) -> None:
        form = {
            "hub.mode": "subscribe",
            "hub.topic": lease.topic,
            "hub.callback": lease.address,
            "hub.lease_seconds": str(websub.ASKED_SECONDS),
            "hub.secret": lease.secret,
        }
        log.info("hub asked", blog=blog.id, hub=lease.hub, topic=lease.topic)
        try:
            await self._fetcher.post(lease.hub, form, home=blog.url)
        except FetchFailed as error:
            log.warning("hub not asked", blog=blog.id, hub=lease.hub, why=str(error))
            if lease.failures >= websub.PATIENCE:
                await self._tell(blog.id, f"its hub {lease.hub} {error}")

    async def _tell(self, blog: str, text: str) -> None:
        log.warning("hub does not tell", blog=blog, why=text)
        await self._alarms.raised(Kind.HUB, blog, f"{text}; {POLLED}", subject=blog)

    async def _want_no_more(self) -> None:
        """What stood about the hubs of blogs that are to be polled alone now."""
        wanted = {blog.id for blog in self._settings().blogs if blog.websub and self._base}
        for alarm in self._alarms.standing(Kind.HUB):
            if alarm.about not in wanted:
                await self._alarms.ended(Kind.HUB, alarm.about, "no hub is asked any more")


def _standing(leases: Iterable[Lease], blog: Blog, url: str) -> Lease | None:
    of_page = (one for one in leases if one.blog == blog.id and one.page == url)
    return next((one for one in of_page if one.state is not LeaseState.LEAVING), None)


def _refused(found: HubOfPage, home: str) -> str | None:
    """Why a page's hub is not to be used: a page must not choose whom we speak to behind a firewall."""
    for what, address in (("hub", found.hub), ("topic", found.topic)):
        if urlsplit(address).hostname != urlsplit(home).hostname and is_private(address):
            return f"its page names a {what} in a private network"
    return None
