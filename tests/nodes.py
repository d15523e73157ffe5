"""Several nodes that poll, and are told, with stores of their own on one database; the page is one real server."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.core.model import Change, ChangeKind, Page, Snapshot
from bot.sources import ReadRules
from config.settings import Settings
from tests.engines import opened
from tests.newsroom import settings_of
from tests.polling import Watch
from tests.publisher import Publisher


class Pause:
    """Somebody has what a page says, and is not to go on before `over`."""

    def __init__(self) -> None:
        self.begun, self.over = asyncio.Event(), asyncio.Event()


@dataclass
class Nodes:
    """`watches` are the nodes; `published` is what all of them have published."""

    publisher: Publisher
    watches: list[Watch]
    die: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def published(self) -> list[Change]:
        return [change for one in self.watches for change in one.desk.published]

    def told(self, kind: ChangeKind = ChangeKind.NEW) -> Counter[str]:
        """How often each post was, by its key."""
        return Counter(change.key for change in self.published if change.kind is kind)

    async def poll(self, times: int = 1) -> None:
        """All nodes at once, so many times."""
        for _ in range(times):
            await asyncio.gather(*(self._poll(one) for one in self.watches))
            for one in self.watches:
                one.now = max(node.now for node in self.watches)

    async def _poll(self, one: Watch) -> None:
        for _ in range(self.die.randrange(6)):  # now the one is quicker, now the other
            await asyncio.sleep(0)
        await one.poll()

    async def texts(self) -> dict[str, str]:
        """What stands in lists, by headline."""
        one = self.watches[0]
        posts = await one.store.latest(blogs=["storm"], now=one.now.timestamp() + 1, limit=100)
        return {post.title or "": post.text for post in posts}

    def shown(self) -> dict[str, str]:
        """What the page says."""
        return {one["headline"]: one["articleBody"] for one in self.publisher.posts}


@contextlib.contextmanager
def paused(node: Watch) -> Iterator[Pause]:
    """The node's next reading waits, with the bytes in its hands; the test must end the pause."""
    reading, pause = node._reading, Pause()
    before = reading.read

    async def read(page: Page, rules: ReadRules) -> Snapshot:
        reading.read = before  # type: ignore[method-assign]
        pause.begun.set()
        await pause.over.wait()
        return await before(page, rules)

    reading.read = read  # type: ignore[method-assign]
    try:
        yield pause
    finally:
        pause.over.set()
        reading.read = before  # type: ignore[method-assign]


@contextlib.asynccontextmanager
async def nodes(url: str, count: int = 2, more: str = "", **publishing: Any) -> AsyncIterator[Nodes]:
    """Of a blog called storm, in whose file stands `more`."""
    async with Publisher(**publishing) as publisher:
        publisher.publish("old")
        settings = _settings(publisher, more)
        watches = [Watch(publisher, opened(url), settings) for _ in range(count)]
        for one in watches:
            await one.open()
        try:
            yield Nodes(publisher, watches)
        finally:
            for one in watches:
                await one.close()


def _settings(publisher: Publisher, more: str) -> Settings:
    web = '[web]\npublic_url = "http://127.0.0.1:9"\n'
    return settings_of(f'{web}[[blogs]]\nid = "storm"\nurl = "{publisher.url}"\n{more}\n')
