"""The sending half of the relay as it is: store, pace, sender, transport."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.core.diff import diff
from bot.core.model import Lane, Snapshot, SnapshotKind
from bot.core.publishing import Audience, PushText, Sending
from bot.desk import Desk
from bot.pace import Limits, Pace
from bot.request import AiohttpRequest
from bot.sender import Sender
from bot.telegram import Telegram
from bot.vitals import Vitals
from storage import Store, open_store
from tests.benchmarks.processes import Server, ready, strict
from tests.benchmarks.texts import BREAKING, TEXT
from tests.newsroom import URL, post, settings_of

OPEN = 100_000.0  # a second: no limit at all
EDITOR = 1002


def fill(store: Store, chats: int, *, blog: str = "storm") -> None:
    """So many people follow a blog, as if they had said so long ago."""
    people = f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {chats:d})"
    with contextlib.closing(sqlite3.connect(store.path)) as db, db:
        db.execute(
            f"""{people} INSERT OR IGNORE INTO chat (bot, telegram_id, kind, created_at)
            SELECT 'main', n, 'private', 1 FROM n"""
        )
        db.execute(
            f"""{people} INSERT INTO subscription (blog, chat, created_at)
            SELECT ?, chat.id, 1 FROM n JOIN chat ON chat.bot = 'main' AND chat.telegram_id = n""",
            (blog,),
        )


class Relay:
    """A store with followers, a desk, and a sender that runs once it is told to."""

    def __init__(self, folder: Path, server: Server, per_second: float) -> None:
        self.store = open_store(f"sqlite:///{folder}/relay.db")
        self._settings, self._request = settings_of(), AiohttpRequest()
        pace = Pace(Limits(per_second=per_second))
        self._sender = Sender(
            store=self.store,
            telegram=Telegram(self._request, api_base=server.api_base, token=server.token),
            pace=pace,
            vitals=Vitals(pace),
            settings=lambda: self._settings,
        )
        self.desk = Desk(self.store, lambda: self._settings, wake=self._sender.wake)
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._request.initialize()
        self._running = asyncio.create_task(self._sender.run())

    async def stop(self) -> None:
        if self._running is not None:
            self._sender.stop()
            await self._running
        await self._request.shutdown()
        await self.store.close()

    async def push(self, text: str, blog: str | None = None) -> tuple[int, float]:
        """An editor's push: its number, and the moment at which it was sent off."""
        number = await self.desk.draft(EDITOR, PushText(text=text))
        at = time.monotonic()
        await self.desk.send(number, Sending(audience=Audience(blog=blog), lane=Lane.BREAKING))
        return number, at

    async def publish(self, *keys: str) -> None:
        """The page as it is now, with these posts; the first time it is the baseline."""
        blog = self._settings.blog("storm")
        assert blog is not None
        posts = tuple(post(key, TEXT) for key in keys)
        snapshot = Snapshot(format="jsonld", kind=SnapshotKind.FULL, posts=posts, title="Storm", url=URL)
        memory, _ = await self.store.memory("storm", URL)
        await self.desk.relay(blog, URL, snapshot, diff(memory, snapshot, datetime.now(UTC)), None)

    async def sent(self, number: int, chats: int, every: float = 0.1) -> None:
        """Until a push is in so many chats, and written down."""
        while (await self.store.progress("main", number)).sent < chats:
            await asyncio.sleep(every)


@contextlib.asynccontextmanager
async def relay(server: Server, per_second: float) -> AsyncIterator[Relay]:
    with tempfile.TemporaryDirectory() as folder:
        one = Relay(Path(folder), server, per_second)
        try:
            yield one
        finally:
            await one.stop()


async def fan_out(count: int, per_second: float = OPEN, by: str = "ready") -> dict[str, Any]:
    """One push to so many chats; `by` says who plays Telegram: somebody fast, or somebody strict."""
    playing = ready() if by == "ready" else strict(per_second)
    async with playing as server, relay(server, per_second) as one:
        fill(one.store, count)
        await one.start()
        before, cpu = await server.ask(), time.process_time()
        number, pushed_at = await one.push(TEXT)
        await one.sent(number, count)
        cpu, counted = time.process_time() - cpu, await server.ask()
    assert counted["sent"] == count, counted
    span = counted["last"] - counted["first"]
    return {
        "rate": (count - 1) / span,
        "cpu": cpu / count * 1e6,
        "server_cpu": (counted["cpu"] - before["cpu"]) / count * 1e6,
        "refused": counted["refused"],
        "share": (count - 1) / span / per_second * 100,
        "first": (counted["first"] - pushed_at) * 1000,
        "last": counted["last"] - pushed_at,
    }


async def breaking(waiting: int, count: int, per_second: float) -> dict[str, Any]:
    """A push to so many chats while a post waits for very many, these among them."""
    async with ready() as server, relay(server, per_second) as one:
        fill(one.store, waiting)
        fill(one.store, count, blog="alarm")
        await one.publish("old")
        await one.publish("new", "old")
        while await one.store.expand(time.time()):
            pass
        await one.start()
        await asyncio.sleep(1)
        number, at = await one.push(BREAKING, "alarm")
        await one.sent(number, count)
        counted = await server.ask()
    first, last = counted["marked_first"], counted["marked_last"]
    return {"first": (first - at) * 1000, "share": (count - 1) / (last - first) / per_second * 100}
