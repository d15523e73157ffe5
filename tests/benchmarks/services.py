"""The whole relay as `run` starts it, with people who ask it things while it sends to very many."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bot.app import Relay
from bot.core.model import Lane
from bot.core.publishing import PushText, Sending
from storage import open_store
from tests.benchmarks.processes import Server, strict
from tests.benchmarks.relays import EDITOR, fill
from tests.benchmarks.server import NAMED
from tests.benchmarks.texts import TEXT

FILE = """
[telegram]
api_base = "{api_base}"
messages_per_second = {per_second}
paid_broadcast = true
[storage]
url = "sqlite:///{folder}/relay.db"
[web]
listen = "{listen}"
[access]
admins = [1001]
editors = [1002]
[[blogs]]
id = "storm"
title = "Storm"
url = "{page}"
schedule = {{ every = "1h" }}
"""


OTHER = """
[[blogs]]
id = "b{number}"
title = "Blog number {number}"
url = "{page}?{number}"
schedule = {{ every = "1h" }}
"""


@contextlib.asynccontextmanager
async def service(
    server: Server, folder: Path, per_second: float, *, blogs: int = 1, listen: str = ""
) -> AsyncIterator[Relay]:
    """Running, with the page read once. All blogs but the first are asked for in an hour."""
    config = folder / "relay.toml"
    about = {"api_base": server.api_base, "per_second": per_second, "page": server.page, "listen": listen}
    others = "".join(OTHER.format(number=number, page=server.page) for number in range(1, blogs))
    config.write_text(FILE.format(folder=folder, **about) + others)
    relay = Relay(config, {"TELEGRAM_BOT_TOKEN": server.token})
    running = asyncio.create_task(relay.run())
    await asyncio.wait({running, asyncio.create_task(relay.ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
    try:
        while not await relay.main.store.latest(blogs=["storm"], now=time.time(), limit=1):
            await asyncio.sleep(0.05)
        yield relay
    finally:
        relay.stop()
        await running


class Held:
    """How long the event loop was held: the longest time between two looks, with a timer's own lateness in it."""

    EVERY = 0.001

    def __init__(self) -> None:
        self.longest, self._looked = 0.0, asyncio.create_task(self._look())

    async def _look(self) -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(self.EVERY)
            now = time.monotonic()
            self.longest, before = max(self.longest, now - before - self.EVERY), now

    async def stop(self) -> float:
        """Milliseconds."""
        self._looked.cancel()
        await asyncio.gather(self._looked, return_exceptions=True)
        return self.longest * 1000


async def _answers(server: Server, first: int, *, until: asyncio.Event, least: int, gap: float) -> list[float]:
    """Milliseconds that replies to /latest took: a new person each time, so that no chat's own pace is in it."""
    took: list[float] = []
    while len(took) < least or not until.is_set():
        answer = await server.ask(f"ask {NAMED + first + len(took)} /latest")
        took.append(answer["seconds"] * 1000)
        await asyncio.sleep(gap)
    return took


async def crowd(chats: int, asked: int, per_second: float, gap: float = 0.1) -> dict[str, Any]:
    """A push to so many, and people who ask meanwhile; before it, how the relay answers when nothing else is to do."""
    with tempfile.TemporaryDirectory() as folder:
        async with strict(per_second) as server:
            store = open_store(f"sqlite:///{folder}/relay.db")
            fill(store, chats)
            await store.close()
            async with service(server, Path(folder), per_second) as relay:
                return await _measured(server, relay, asked, gap)


async def _measured(server: Server, relay: Relay, asked: int, gap: float) -> dict[str, Any]:
    always = asyncio.Event()
    always.set()
    await _answers(server, 0, until=always, least=3, gap=gap)  # what is made once is made
    held = Held()
    idle = await _answers(server, 100, until=always, least=asked, gap=gap)
    idle_held, memory, written = await held.stop(), _memory(), asyncio.Event()
    number = await relay.main.desk.draft(EDITOR, PushText(text=TEXT))
    held, peak = Held(), _memory()
    asking = asyncio.create_task(_answers(server, 100_000, until=written, least=asked, gap=gap))
    start = time.monotonic()
    await relay.main.desk.send(number, Sending(lane=Lane.BREAKING))
    published = time.monotonic() - start
    while not (await relay.main.store.progress("main", number)).expanded:
        peak = max(peak, _memory())
        await asyncio.sleep(0.2)
    rows = time.monotonic() - start
    written.set()
    busy = await asking
    return {
        "idle": idle,
        "busy": busy,
        "idle_held": idle_held,
        "busy_held": await held.stop(),
        "published": published * 1000,
        "rows": rows,
        "memory": (max(peak, _memory()) - memory) / 1e6,
        "memory_before": memory / 1e6,
    }


def _memory() -> int:
    """Bytes of this process that are in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
