"""Clients that are no relay: the floors, and what python-telegram-bot does with the same messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import orjson
from telegram import Bot
from telegram.request import BaseRequest, HTTPXRequest

from bot.core.window import MARGIN
from bot.request import AiohttpRequest
from tests.benchmarks.processes import Server, ready
from tests.benchmarks.texts import TEXT

IN_FLIGHT = 30

Post = Callable[[int], Awaitable[object]]


async def _flood(post: Post, count: int) -> None:
    """So many at once, and nothing else."""
    people = iter(range(1, count + 1))

    async def one() -> None:
        for person in people:
            await post(person)

    await asyncio.gather(*(one() for _ in range(IN_FLIGHT)))


async def _evenly(post: Post, count: int, per_second: float) -> None:
    """One after the other at this pace, not waiting for answers; a late timer is made good at once."""
    loop, under_way = asyncio.get_running_loop(), set()
    start = loop.time()
    for at in range(count):
        ahead = start + at / per_second - loop.time()
        if ahead > 0:
            await asyncio.sleep(ahead)
        sending = asyncio.ensure_future(post(at + 1))
        under_way.add(sending)
        sending.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)


async def clocked(server: Server, count: int, work: Awaitable[None]) -> dict[str, Any]:
    """Messages a second, and the CPU microseconds that a message costs all of this process and all of the server's."""
    before = (await server.ask())["cpu"]
    wall, cpu = time.perf_counter(), time.process_time()
    await work
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    counted = await server.ask()
    assert counted["sent"] == count, counted
    theirs = (counted["cpu"] - before) / count
    return {"rate": count / wall, "cpu": cpu / count * 1e6, "server_cpu": theirs * 1e6}


async def bare(count: int) -> dict[str, Any]:
    """aiohttp and ready bodies."""
    async with ready() as server, aiohttp.ClientSession() as session:
        return await clocked(server, count, _flood(_poster(server, session), count))


async def paced(count: int, per_second: float) -> dict[str, Any]:
    """The same at the relay's pace."""
    async with ready() as server, aiohttp.ClientSession() as session:
        return await clocked(server, count, _evenly(_poster(server, session), count, per_second * MARGIN))


def _poster(server: Server, session: aiohttp.ClientSession) -> Post:
    url, headers = f"{server.api_base}/bot{server.token}/sendMessage", {"Content-Type": "application/json"}
    body = orjson.dumps({"text": TEXT, "chat_id": 0, "link_preview_options": {"is_disabled": True}})
    before, after = body.split(b'"chat_id":0')

    async def post(person: int) -> None:
        async with session.post(url, data=b'%b"chat_id":%d%b' % (before, person, after), headers=headers) as answer:
            await answer.read()

    return post


async def stock(count: int) -> dict[str, Any]:
    """`Bot.send_message` as it comes, on httpx."""
    return await _of_library(HTTPXRequest(connection_pool_size=IN_FLIGHT), count)


async def library(count: int) -> dict[str, Any]:
    """`Bot.send_message` on our transport."""
    return await _of_library(AiohttpRequest(), count)


async def _of_library(request: BaseRequest, count: int) -> dict[str, Any]:
    async with ready() as server, Bot(server.token, base_url=f"{server.api_base}/bot", request=request) as bot:
        return await clocked(server, count, _flood(lambda person: bot.send_message(person, TEXT), count))
