"""What a delivery costs, from the publishing transaction to the settled row, against a bare loop of ready bodies."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from bot.core.publishing import Audience, PushText
from bot.desk import Desk
from bot.pace import Limits, Pace
from bot.request import AiohttpRequest
from bot.sender import Sender
from bot.telegram import Telegram
from storage import Store, open_store
from tests.newsroom import settings_of

CHATS = 3000
IN_FLIGHT = 30


@dataclass
class Server:
    """The local Telegram of this run, and after `counted()` what it saw."""

    process: asyncio.subprocess.Process
    api_base: str
    token: str

    async def counted(self) -> tuple[int, int, float]:
        """Messages taken, 429s, seconds from the first to the last."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n")
        sent, refused, span = (await self.process.stdout.readline()).split()
        return int(sent), int(refused), float(span)


@contextlib.asynccontextmanager
async def server(chats: int, per_second: float = 0.0) -> AsyncIterator[Server]:
    words = [sys.executable, "-m", "tests.benchmarks.server", str(chats), str(per_second)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    base, token = (await process.stdout.readline()).decode().split()
    try:
        yield Server(process, base, token)
    finally:
        process.kill()
        await process.wait()


async def measures(folder: Path) -> list[dict[str, Any]]:
    floor_rate, floor_cpu = await _bare()
    rate, cpu, first = await _relay(folder, 100_000.0)
    found = [
        _measure("messages a second, limiter open", rate, "1/s", floor_rate, "bare aiohttp loop, ready bodies"),
        _measure("CPU per delivered message, store included", cpu, "µs", floor_cpu, "the same loop"),
        _measure("publish to first delivery", first, "ms", 50.0, "the bar: 50 ms"),
    ]
    for allowance, chats in ((30.0, 300), (1000.0, 5000)):
        found.append(await _share(folder / str(allowance), allowance, chats))
    return found


def _measure(name: str, figure: float, unit: str, floor: float, floor_is: str) -> dict[str, Any]:
    return {"name": name, "figure": figure, "unit": unit, "floor": floor, "floor_is": floor_is}


async def _bare() -> tuple[float, float]:
    """Messages a second and CPU microseconds a message of a loop that does nothing but post."""
    async with server(CHATS) as one, aiohttp.ClientSession() as session:
        url, people = f"{one.api_base}/bot{one.token}/sendMessage", iter(range(1, CHATS + 1))

        async def post() -> None:
            for person in people:
                body = orjson.dumps({"chat_id": person, "text": "All ports closed."})
                async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
                    await answer.read()

        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(post() for _ in range(IN_FLIGHT)))
        return CHATS / (time.perf_counter() - wall), (time.process_time() - cpu) / CHATS * 1e6


async def _relay(folder: Path, per_second: float, chats: int = CHATS) -> tuple[float, float, float]:
    """Messages a second, CPU microseconds a message, and milliseconds from publishing to the first delivery."""
    async with server(chats) as one, relay(folder, one, per_second, chats) as (store, desk):
        number = await desk.draft(1002, PushText(text="All ports closed."))
        wall, cpu = time.perf_counter(), time.process_time()
        await desk.send(number, Audience())
        await _until(store, number, 1)
        first = time.perf_counter() - wall
        await _until(store, number, chats)
        return chats / (time.perf_counter() - wall), (time.process_time() - cpu) / chats * 1e6, first * 1000


async def _share(folder: Path, allowance: float, chats: int) -> dict[str, Any]:
    """How much of a strict allowance is used, in percent; a 429 would be told in the name."""
    async with server(chats, allowance) as one, relay(folder, one, allowance, chats) as (store, desk):
        number = await desk.draft(1002, PushText(text="All ports closed."))
        await desk.send(number, Audience())
        await _until(store, number, chats)
        sent, refused, span = await one.counted()
        share = 100.0 * (sent - 1) / span / allowance
        return _measure(f"share of {allowance:.0f}/s used ({refused} 429s)", share, "%", 100.0, "all of it")


async def _until(store: Store, number: int, sent: int) -> None:
    while (await store.progress("main", number)).sent < sent:
        await asyncio.sleep(0.002 if sent == 1 else 0.1)


@contextlib.asynccontextmanager
async def relay(folder: Path, one: Server, per_second: float, chats: int) -> AsyncIterator[tuple[Store, Desk]]:
    """A sender at this pace, with so many chats that follow a blog."""
    folder.mkdir(parents=True, exist_ok=True)
    store = open_store(f"sqlite:///{folder}/relay.db")
    for person in range(1, chats + 1):
        met = await store.meet(bot="main", telegram_id=person, kind="private", title=None, language=None, now=1.0)
        await store.subscribe(chat=met.id, thread=0, blog="storm", topics=(), now=1.0)
    request, settings = AiohttpRequest(), settings_of()
    await request.initialize()

    async def report(text: str) -> None:
        print(text)

    sender = Sender(
        store=store,
        telegram=Telegram(request, api_base=one.api_base, token=one.token),
        pace=Pace(Limits(per_second=per_second)),
        settings=lambda: settings,
        report=report,
    )
    running = asyncio.create_task(sender.run())
    try:
        yield store, Desk(store, lambda: settings, wake=sender.wake)
    finally:
        sender.stop()
        await running
        await request.shutdown()
        await store.close()
