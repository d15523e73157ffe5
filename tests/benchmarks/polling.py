"""What a poll costs: asking, reading, comparing and writing, of very many blogs."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from bot.alarming import Alarms
from bot.desk import Desk
from bot.fetch import Fetcher
from bot.pace import Limits, Pace
from bot.poller import Poller
from bot.reading import Reading
from bot.vitals import Vitals
from storage import open_store
from tests.benchmarks.processes import Server, page_server
from tests.benchmarks.reading import LARGEST, in_a_page, json_page
from tests.newsroom import settings_of
from tests.publisher import Publisher

AT_ONCE = 20


async def _nobody(person: int, text: str) -> bool:
    """Telling is done aside, and no part of a poll."""
    return True


async def _each(blogs: int, work: Callable[[int], Awaitable[object]]) -> dict[str, float]:
    """All blogs once: CPU microseconds for each, and how many a second."""
    numbers = iter(range(blogs))

    async def some() -> None:
        for number in numbers:
            await work(number)

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return {"cpu": (time.process_time() - cpu) / blogs * 1e6, "rate": blogs / (time.perf_counter() - wall)}


async def polls(blogs: int) -> dict[str, Any]:
    """First sight, unchanged, changed; and the bare requests with `json.loads` where there is a body."""
    async with page_server() as server:
        with tempfile.TemporaryDirectory() as folder:
            found = await _relay(server, Path(folder), blogs)
        return found | {"bare": await _bare(server, blogs, '"1"'), "bare_changed": await _bare(server, blogs, '"0"')}


async def _relay(server: Server, folder: Path, blogs: int) -> dict[str, Any]:
    tables = (f'[[blogs]]\nid = "b{at}"\nurl = "{server.api_base}/b{at}"\n' for at in range(blogs))
    settings, store, fetcher = settings_of("".join(tables)), open_store(f"sqlite:///{folder}/relay.db"), Fetcher()
    desk, reading = Desk(store, lambda: settings), Reading()
    poller = Poller(
        store=store,
        desk=desk,
        fetcher=fetcher,
        reading=reading,
        settings=lambda: settings,
        alarms=Alarms(store, admins=tuple, say=_nobody),
        vitals=Vitals(Pace(Limits())),
    )
    await store.in_file([(blog.id, None, None) for blog in settings.blogs], time.time())
    await fetcher.open()
    try:

        async def poll(number: int) -> None:
            await poller.poll_now(f"b{number}")

        found = {"first": await _each(blogs, poll), "unchanged": await _each(blogs, poll)}
        await server.ask("turn")
        return found | {"changed": await _each(blogs, poll)}
    finally:
        reading.close()
        await fetcher.close()
        await store.close()


class Held:
    """The longest that the event loop computed without a look at what else there is to do; not what it waited."""

    def __init__(self) -> None:
        self.longest, self._looking = 0.0, asyncio.create_task(self._look())

    async def _look(self) -> None:
        before = time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now = time.thread_time()
            self.longest, before = max(self.longest, now - before), now

    async def stop(self) -> float:
        """Milliseconds."""
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)
        return self.longest * 1000


async def large(posts: int) -> dict[str, Any]:
    """A page of so many posts seen for the first time, unchanged but for a byte, and with every post edited."""
    with tempfile.TemporaryDirectory() as folder:
        async with Publisher() as publisher:
            page = in_a_page(json_page(posts), LARGEST)
            publisher.raw = page
            settings = settings_of(f'[[blogs]]\nid = "storm"\nurl = "{publisher.url}"\n')
            store, fetcher, reading = open_store(f"sqlite:///{folder}/relay.db"), Fetcher(), Reading()
            desk = Desk(store, lambda: settings)
            poller = Poller(
                store=store,
                desk=desk,
                fetcher=fetcher,
                reading=reading,
                settings=lambda: settings,
                alarms=Alarms(store, admins=tuple, say=_nobody),
                vitals=Vitals(Pace(Limits())),
            )
            await store.in_file([("storm", None, None)], time.time())
            await fetcher.open()
            try:
                found = {"first": await _held(poller)}
                publisher.raw = page + b" "
                found["same"] = await _held(poller)
                publisher.raw = page.replace(b"harbour", b"port")
                return found | {"edited": await _held(poller)}
            finally:
                reading.close()
                await fetcher.close()
                await store.close()


async def _held(poller: Poller) -> float:
    held = Held()
    await poller.poll_now("storm")
    return await held.stop()


async def _bare(server: Server, blogs: int, etag: str) -> dict[str, float]:
    async with aiohttp.ClientSession() as session:

        async def ask(number: int) -> None:
            async with session.get(f"{server.api_base}/b{number}", headers={"If-None-Match": etag}) as answer:
                body = await answer.read()
                if answer.status != 304:
                    json.loads(body)

        return await _each(blogs, ask)
