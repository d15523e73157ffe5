"""What we are told of a blog instead of asking: by its hub, and by its publisher's system. It may come in at any node.

Who tells us waits for a poll of the blog that is under way here, and is judged in the order in which it came. Where
another node has published of the blog since it came in, that order is not known: then a hub's word is just a word that
there is something new, and what was handed to us brings back nothing that was withdrawn meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.core.facts import Came
from bot.core.model import Page, Snapshot, Verdict
from bot.judging import Judging
from bot.outlook import Outlook
from bot.polling import TRIES, Polling
from config.settings import Blog, Settings
from storage import Overtaken, Store, StoreError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Push:
    """What was handed to us, and how the blog stood when it came in."""

    snapshot: Snapshot
    old: bool  # nobody is to be told of it
    since: int | None
    withdrawn: frozenset[str]  # of its posts


class Tidings:
    """`turns`: one reading of a blog at a time. `poll` asks the blog's pages, in the turn that was taken; `sooner`
    makes a new appointment for that."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Callable[[], Settings],
        judging: Judging,
        polling: Polling,
        outlook: Outlook,
        turns: Mapping[str, asyncio.Lock],
        poll: Callable[[str], Awaitable[None]],
        sooner: Callable[[Blog], None],
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._settings, self._judging, self._polling = store, settings, judging, polling
        self._outlook, self._turns, self._poll, self._sooner, self._now = outlook, turns, poll, sooner, now

    # --- by a hub

    async def told(self, id_: str, url: str, page: Page, until: datetime) -> None:
        """As `Poller.told`."""
        since = await self._store.turn(id_)
        async with self._turns[id_]:
            blog = self._settings().blog(id_)
            try:
                if blog is not None:
                    await self._take_word(blog, url, page, until, since)
            except StoreError as error:
                log.error("nothing was written", blog=id_, why=str(error))

    async def _take_word(self, blog: Blog, url: str, page: Page, until: datetime, since: int | None) -> None:
        outset = await self._polling.set_out(blog)
        if outset is None:
            return
        can_be_heard = not outset.catching_up and self._polling.only_ours(blog.id, since)
        if not can_be_heard or not await self._hear(blog, url, page):
            await self._poll(blog.id)
        in_doubt = await self._is_in_doubt(blog.id, url)
        relied_on = None if self._outlook[blog.id].failures or in_doubt else until
        await self._outlook.rely_on_hub(blog.id, relied_on)
        if in_doubt:
            self._sooner(blog)  # than the appointment that relied on the hub

    async def _hear(self, blog: Blog, url: str, page: Page) -> bool:
        """Publish what a hub sent. False where the page is to be asked all the same."""
        heard = await self._judging.heard(blog, url, page, self._now())
        if heard is None:
            return False
        snapshot, verdict, lacks_some = heard
        try:
            return await self._pass_on(blog, url, snapshot, verdict, Came.HUB) and not lacks_some
        except Overtaken:
            return False

    async def _is_in_doubt(self, id_: str, url: str) -> bool:
        """Whether posts are missing from a page: hubs tell nothing of that, so it is polled as usual."""
        page, _ = await self._store.page(id_, url)
        return bool(page and page.missing)

    # --- by its publisher's system

    async def handed(self, id_: str, page: Page, *, old: bool) -> bool:
        """As `Poller.handed`."""
        blog = self._settings().blog(id_)
        if blog is None:
            return False
        snapshot, since = await self._judging.read_handed(blog, page), await self._store.turn(id_)
        withdrawn = await self._judging.withdrawn(blog, snapshot)
        async with self._turns[id_]:
            return await self._take(id_, _Push(snapshot=snapshot, old=old, since=since, withdrawn=withdrawn))

    async def _take(self, id_: str, push: _Push) -> bool:
        """Judged again where somebody else was quicker: it is as new as it was."""
        for _ in range(TRIES - 1):
            try:
                return await self._try(id_, push)
            except Overtaken:
                log.info("overtaken", blog=id_, by="intake")
        return await self._try(id_, push)

    async def _try(self, id_: str, push: _Push) -> bool:
        blog = self._settings().blog(id_)
        if blog is None:
            return False
        outset = await self._polling.set_out(blog)
        if outset is None:
            raise StoreError(f"{id_} is not in the file that is in force")
        withdrawn = None if self._polling.only_ours(id_, push.since) else push.withdrawn
        if not outset.blog.failures and (outset.catching_up or not outset.blog.started):
            await self._poll(id_)  # what stands on the page already is no news
        verdict = await self._judging.handed(blog, push.snapshot, self._now(), old=push.old, withdrawn=withdrawn)
        return await self._pass_on(blog, "", push.snapshot, verdict, Came.INTAKE)

    async def _pass_on(self, blog: Blog, url: str, snapshot: Snapshot, verdict: Verdict, came: Came) -> bool:
        if not verdict.accepted:
            return False
        if await self._polling.relay(blog, url, snapshot, verdict, None, came):
            await self._outlook.look_again(blog.id)
        return True
