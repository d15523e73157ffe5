"""Two relays on one PostgreSQL, each a process of its own, that people speak to: by webhooks through a proxy that takes
them in turns, or asked for by whichever has the lane. Telegram and the page are the test's."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiohttp
import asyncpg
from aiohttp import web

from bot.demo.telegram import LocalTelegram
from storage import Store, open_store
from tests import postgres
from tests.forking import Begun, begin
from tests.ports import free_port
from tests.publisher import Publisher

ROOT = Path(__file__).parents[1]
LOOK = 0.05  # seconds
NAMES = ("north", "south")
ADMIN, EDITOR = 1001, 1002
BY_WEBHOOK, BY_POLLING = "webhook", "polling"

_HAVING = "SELECT name FROM node n JOIN pg_stat_activity a ON a.pid = n.session WHERE lanes LIKE '%\"main\"%'"


class InTurns:
    """A balancer: one request to the one, the next to the other; what cannot be reached is passed over."""

    def __init__(self, ports: Collection[int]) -> None:
        self._ports = tuple(ports)
        self._turns = itertools.count()
        self.passed = dict.fromkeys(ports, 0)  # requests, by who took them
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.Response:
        first = next(self._turns)
        for step in range(len(self._ports)):
            port = self._ports[(first + step) % len(self._ports)]
            with contextlib.suppress(aiohttp.ClientConnectorError):
                return await self._ask(port, request)
        return web.Response(status=502)

    async def _ask(self, port: int, request: web.Request) -> web.Response:
        kept = {name: value for name, value in request.headers.items() if name.lower() not in {"host", "connection"}}
        address = f"http://127.0.0.1:{port}/{request.match_info['path']}"
        try:
            async with self._session.request(
                request.method, address, data=await request.read(), headers=kept
            ) as answer:
                self.passed[port] += 1
                again = {name: value for name, value in answer.headers.items() if name == "Retry-After"}
                return web.Response(status=answer.status, body=await answer.read(), headers=again)
        except aiohttp.ClientConnectorError:
            raise
        except aiohttp.ClientError:
            return web.Response(status=502)  # killed while it had it: whether it took it nobody knows


@dataclass
class Node:
    name: str
    port: int
    nodes: Nodes
    process: Begun | None = None

    @property
    def log(self) -> str:
        path = self.nodes.folder / f"{self.name}.log"
        return path.read_text() if path.exists() else ""

    def says(self, what: str) -> int:
        """How often its log has it."""
        return self.log.count(what)

    async def start(self) -> None:
        """Until it takes part and is reached at its port."""
        before = self.says('"running"'), self.says('"listening"')
        named = {"LIVEBLOG_RELAY_NODE": self.name, "LIVEBLOG_RELAY_LISTEN": f"127.0.0.1:{self.port}"}
        self.process = begin(
            ("-m", "bot", "run", "--config", str(self.nodes.config)),
            folder=ROOT,
            environ=os.environ | {"TELEGRAM_BOT_TOKEN": self.nodes.telegram.token} | named,
            out=self.nodes.folder / f"{self.name}.log",
        )
        await self.nodes.until(lambda: self.says('"running"') > before[0] and self.says('"listening"') > before[1], 180)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def kill(self) -> None:
        self.send(signal.SIGCONT)
        self.send(signal.SIGKILL)
        await self.ended()

    async def terminate(self) -> int:
        self.send(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        assert self.process is not None
        async with asyncio.timeout(60):
            code = await self.process.wait()
        self.process = None
        return code


@dataclass
class Nodes:
    folder: Path
    telegram: LocalTelegram
    publisher: Publisher
    server: postgres.Server
    schema: str
    proxy: InTurns
    ports: tuple[int, ...]
    updates: str = BY_WEBHOOK
    access: str = f"admins = [{ADMIN}]\neditors = [{EDITOR}]"
    all: list[Node] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url(search_path=self.schema)

    @property
    def config(self) -> Path:
        return self.folder / "relay.toml"

    def configure(self, updates: str) -> None:
        self.updates = updates
        self.config.write_text(
            f"""
[telegram]
api_base = "{self.telegram.api_base}"
messages_per_second = 500
messages_per_chat_per_second = 50
messages_per_group_per_minute = 6000
updates = "{updates}"
[storage]
url = "{self.url}"
[delivery]
edit_quiet = "0s"
[web]
public_url = "{self.proxy.url}"
[access]
{self.access}
[[blogs]]
id = "storm"
title = "Storm"
url = "{self.publisher.url}"
schedule = {{ every = "1s" }}
"""
        )

    def store(self) -> Store:
        return open_store(self.url)

    async def begin(self, updates: str = BY_WEBHOOK) -> None:
        """Both, until people are heard."""
        self.configure(updates)
        await asyncio.gather(*(one.start() for one in self.all))
        await self.heard()

    async def heard(self, times: int = 1) -> None:
        """Until people were heard so often, by whichever node."""
        await self.until(lambda: sum(one.says("people are heard") for one in self.all) >= times, 120)

    async def until(self, there: Callable[[], object], seconds: float = 60) -> None:
        try:
            await self.telegram.until(there, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def logs(self, characters: int = 2500) -> str:
        return "\n".join(f"--- {one.name}:\n{one.log[-characters:]}" for one in self.all)

    async def owner(self) -> Node:
        """Who has the lane."""
        async with asyncio.timeout(60):
            while True:
                having = {row["name"] for row in await self.ask(_HAVING)}
                found = [one for one in self.all if one.process is not None and one.name in having]
                if len(found) == 1:
                    return found[0]
                await asyncio.sleep(LOOK)

    async def other(self) -> Node:
        owner = await self.owner()
        return next(one for one in self.all if one is not owner)

    def arrive(self, *people: int) -> None:
        for person in people:
            self.telegram.add_user(person, f"Reader {person}", started=True)

    def answers(self, chat: int) -> list[str]:
        """What the bot said there, oldest first."""
        return [one.text for one in self.telegram.chats[chat].messages if one.bot]

    async def answered(self, *chats: int, times: int = 1, seconds: float = 60) -> None:
        await self.until(lambda: all(len(self.answers(one)) >= times for one in chats), seconds)

    async def ask(self, query: str, *given: object) -> list[asyncpg.Record]:
        """Of what all nodes share."""
        wire = await asyncpg.connect(self.url)
        try:
            rows: list[asyncpg.Record] = await wire.fetch(query, *given)
            return rows
        finally:
            await wire.close()

    async def all_dealt_with(self, seconds: float = 60) -> None:
        """Until no update waits anywhere."""
        await self.until(lambda: not self.telegram.first_bot.updates.waiting, seconds)
        async with asyncio.timeout(seconds):
            while await self.ask("SELECT FROM pgqueuer WHERE entrypoint LIKE 'update %'"):  # noqa: ASYNC110
                await asyncio.sleep(LOOK)


@contextlib.asynccontextmanager
async def two_nodes(folder: Path, server: postgres.Server | None = None) -> AsyncIterator[Nodes]:
    """Neither is started yet."""
    server = server or postgres.shared()
    ports = tuple(free_port() for _ in NAMES)
    async with (
        postgres.schema(server) as schema,
        LocalTelegram() as telegram,
        Publisher() as publisher,
        InTurns(ports) as proxy,
    ):
        publisher.publish("old")
        telegram.first_bot.webhook.retry = 0.01
        one = Nodes(folder, telegram, publisher, server, schema, proxy, ports)
        one.all = [Node(name, port, one) for name, port in zip(NAMES, ports, strict=True)]
        one.configure(BY_WEBHOOK)
        try:
            yield one
        finally:
            for node in one.all:
                if node.process is not None:
                    await node.kill()
