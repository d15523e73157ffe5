"""A page and what is remembered of it → a verdict. Before a hole is believed, its post is asked for by itself.

That can be done where a publisher shows any post by its id (`bot.sources.asking.standing`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import structlog

from bot.core import hearsay
from bot.core.absence import about_to_be_believed, spared
from bot.core.diff import confirm, diff, needs_all
from bot.core.judge import own_key
from bot.core.model import Memory, Page, Snapshot, SnapshotKind, Verdict
from bot.fetch import Fetcher, FetchFailed
from bot.reading import Reading
from bot.sources import NotReadable, ReadRules
from bot.sources.asking import Gathered
from bot.sources.asking.standing import address_of_post, readers_of_posts
from config.settings import Blog
from storage import Store

log = structlog.get_logger()

T = TypeVar("T")
COMPARED_AT_ONCE = 60  # posts
MOST_AT_ONCE = 3  # posts asked for by themselves; the others wait for the next poll
GONE = (404, 410)


class Judging:
    """Reads a page, and compares it with what the store remembers. Writes nothing."""

    def __init__(self, store: Store, fetcher: Fetcher, reading: Reading) -> None:
        self._store, self._fetcher, self._reading = store, fetcher, reading

    async def read(
        self, blog: Blog, url: str, page: Page, kept: str | None, gathered: Gathered | None, now: datetime
    ) -> tuple[Snapshot, Verdict]:
        """What a page shows, and what is different. NotReadable where it shows no live blog.

        `url` is the page's name in the store, `kept` the reader that has read it so far.
        """
        snapshot = await self._reading.read(page, rules_of(blog, kept))
        if gathered is not None:
            snapshot = gathered.completes(snapshot, blog.identity)
        memory, _ = await self._store.memory(blog.id, url, [post.key for post in snapshot.posts])
        known = memory
        if await _beside(len(snapshot.posts), lambda: needs_all(known, snapshot)):
            memory, _ = await self._store.memory(blog.id, url)
        if snapshot.kind is SnapshotKind.DELTA:
            return snapshot, diff(memory, snapshot, now)
        shown = {own_key(memory, post.key) for post in snapshot.posts}
        return snapshot, await self._judged(blog, url, memory, shown, lambda known: diff(known, snapshot, now))

    async def heard(self, blog: Blog, url: str, page: Page, now: datetime) -> tuple[Snapshot, Verdict, bool] | None:
        """What a hub sent of a page, and whether it lacks posts that the page had, so that the page is to be asked.

        None where it cannot be compared with the page as it was last read.
        """
        known, _ = await self._store.page(blog.id, url)
        if known is None:
            return None  # a first sight is a baseline, and that takes the whole page
        try:
            snapshot = hearsay.delta_of(await self._reading.read(page, rules_of(blog, known.format)))
        except NotReadable as error:
            log.info("hub not understood", blog=blog.id, why=str(error))
            return None
        memory, _ = await self._store.memory(blog.id, url, [post.key for post in snapshot.posts])
        if not hearsay.is_comparable(memory, snapshot):
            return None
        return snapshot, diff(memory, snapshot, now), hearsay.lacks_some(memory, snapshot)

    async def read_handed(self, blog: Blog, page: Page) -> Snapshot:
        """What a publisher's system handed to us, which is no page. NotReadable."""
        rules = replace(rules_of(blog, None), format="sourcefabric")
        return hearsay.delta_of(await self._reading.read(page, rules))

    async def withdrawn(self, blog: Blog, snapshot: Snapshot) -> frozenset[str]:
        """Which of these posts are withdrawn now, by the keys they are remembered by."""
        memory, _ = await self._store.memory(blog.id, "", [post.key for post in snapshot.posts])
        return hearsay.withdrawn(memory, snapshot)

    async def handed(
        self, blog: Blog, snapshot: Snapshot, now: datetime, *, old: bool, withdrawn: Collection[str] | None
    ) -> Verdict:
        """What is different in what was handed to us. `old`: nobody is to be told of it.

        `withdrawn`: the posts that were so when it came in, and what was withdrawn since then stays so; None: it came
        after all that is known.
        """
        memory, _ = await self._store.memory(blog.id, "", [post.key for post in snapshot.posts])
        if withdrawn is not None:
            left = hearsay.less(snapshot, memory, hearsay.withdrawn(memory, snapshot) - frozenset(withdrawn))
            if snapshot.posts and not left.posts:
                return Verdict(accepted=False)
            snapshot = left
        verdict = diff(hearsay.memory_of_handed(memory, snapshot.format, old=old), snapshot, now)
        return replace(verdict, page=None)

    async def again(self, blog: Blog, url: str, now: datetime) -> Verdict:
        """The page is as it was when it was last accepted."""
        memory, _ = await self._store.memory(blog.id, url, ())
        return await self._judged(blog, url, memory, (), lambda known: confirm(known, now))

    async def _judged(
        self, blog: Blog, url: str, memory: Memory, shown: Collection[str], judge: Callable[[Memory], Verdict]
    ) -> Verdict:
        """What `judge` says once the ripe holes were asked for. `shown`: the keys that the page lists."""
        sparing = await self._sparing(blog, url, memory, shown)
        verdict = await _beside(max(len(shown), len(sparing.seen)), lambda: judge(sparing))
        if verdict.accepted and verdict.page is None and sparing is not memory:
            return replace(verdict, page=sparing.page)
        return verdict

    async def _sparing(self, blog: Blog, url: str, memory: Memory, shown: Collection[str]) -> Memory:
        """A post that turns out to stand elsewhere is no hole of the page any more.

        One of which nothing could be learnt stays a hole, and is not believed yet.
        """
        page = memory.page
        if page is None or not page.missing:
            return memory
        ripe = about_to_be_believed(page, shown)
        addresses = {key: at for key in ripe if (at := address_of_post(url, page.format, key)) is not None}
        standing, unsure = set[str](), set(list(addresses)[MOST_AT_ONCE:])
        for key, address in list(addresses.items())[:MOST_AT_ONCE]:
            stands = await self._stands(blog, address, key, memory, page.format)
            log.info("asked for by itself", blog=blog.id, post=key, asked=address, stands=stands)
            if stands is not False:
                (unsure if stands is None else standing).add(key)
        return replace(memory, page=spared(page, standing, unsure)) if standing or unsure else memory

    async def _stands(self, blog: Blog, address: str, key: str, memory: Memory, reader: str) -> bool | None:
        """Whether the post is shown there; None where there was no answer, or none that shows the blog."""
        try:
            page = await self._fetcher.fetch(address, home=blog.url)
        except FetchFailed as error:
            return False if error.status in GONE else None
        assert isinstance(page, Page)
        found = set[str]()
        for name in readers_of_posts(reader):
            found |= await self._keys(page, replace(rules_of(blog, None), format=name), memory)
        return key in found if found else None  # a page without any post is some other page: of consent, of an outage

    async def _keys(self, page: Page, rules: ReadRules, memory: Memory) -> set[str]:
        try:
            snapshot = await self._reading.read(page, rules)
        except NotReadable:
            return set()
        return {own_key(memory, post.key) for post in snapshot.posts if not post.withdrawn}


async def _beside(posts: int, work: Callable[[], T]) -> T:
    """Few posts are compared in a millisecond or two. Of many, the loop must not wait: a thread gives way to it."""
    return await asyncio.to_thread(work) if posts > COMPARED_AT_ONCE else work()


def rules_of(blog: Blog, kept: str | None) -> ReadRules:
    return ReadRules(
        format=blog.format, identity=blog.identity, timezone=blog.timezone, language=blog.language, kept=kept
    )
