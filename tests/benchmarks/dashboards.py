"""The dashboard of a relay with very many blogs and subscriptions: how long its pages take, also while it sends."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import Relay
from bot.core.model import Lane
from bot.core.publishing import PushText, Sending
from storage import open_store
from tests.benchmarks.processes import strict
from tests.benchmarks.relays import EDITOR, fill
from tests.benchmarks.services import Held, service
from tests.benchmarks.texts import TEXT

PAGES: Mapping[str, str] = {
    "overview": "",
    "search": "?q=b9&page=2",
    "blog": "blogs/storm",
    "pushes": "pushes",
    "alarms": "alarms",
    "why": "why",
    "file": "file",
    "history": "history.json?range=30d",
}
MINUTES = 3 * 24 * 60
NAMES = ("delivered", "floods", "subscriptions", "queue", "latency_p50", "latency_p99", "polls", "failures")


async def dashboard(chats: int, blogs: int, asked: int, per_second: float) -> dict[str, Any]:
    """Milliseconds of every request, page by page, with nothing to do and while a push goes to everybody."""
    with tempfile.TemporaryDirectory() as folder:
        async with strict(per_second) as server:
            store = open_store(f"sqlite:///{folder}/relay.db")
            fill(store, chats)
            now = time.time() // 60 * 60
            for minute in range(0, MINUTES, 7):
                await store.keep_samples(now - 60 * minute, dict.fromkeys(NAMES, float(minute)))
            await store.close()
            async with service(server, Path(folder), per_second, blogs=blogs, listen="127.0.0.1:0") as relay:
                return await _measured(relay, asked)


async def _measured(relay: Relay, asked: int) -> dict[str, Any]:
    side = relay.web.server
    assert side is not None
    await side.listening.wait()
    assert side.address is not None
    async with aiohttp.ClientSession(f"http://127.0.0.1:{side.address[1]}") as session:
        await _took(session, "")
        held = Held()
        idle = {name: [await _took(session, path) for _ in range(asked)] for name, path in PAGES.items()}
        idle_held = await held.stop()
        await relay.main.desk.send(await relay.main.desk.draft(EDITOR, PushText(text=TEXT)), Sending(lane=Lane.LIVE))
        streams, held = [asyncio.create_task(_listen(session)) for _ in range(10)], Held()
        busy = {name: [await _took(session, path) for _ in range(asked)] for name, path in PAGES.items()}
        busy_held = await held.stop()
        for one in streams:
            one.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    return {"idle": idle, "busy": busy, "idle_held": idle_held, "busy_held": busy_held}


async def _took(session: aiohttp.ClientSession, path: str) -> float:
    began = time.monotonic()
    async with session.get(f"/{path}") as answer:
        await answer.read()
        assert answer.status == 200, (path, answer.status)
    return (time.monotonic() - began) * 1000


async def _listen(session: aiohttp.ClientSession) -> None:
    async with session.get("/live?view=overview") as answer:
        async for _ in answer.content.iter_any():
            pass
