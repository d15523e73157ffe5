"""Several relays on one PostgreSQL, each a process of its own, between a publisher and a Telegram that are not theirs.

What is outside of them can be ended, stopped and cut off here; what they did is counted from what Telegram was told.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from storage import open_store
from tests import postgres
from tests.counting import Told, by_bot
from tests.publisher import Publisher
from tests.quick_telegram import Call
from tests.tcp_proxy import TcpProxy

ROOT = Path(__file__).parents[1]
BOTS = ("main", "es", "fr")
NUMBERS = {name: 100 + at for at, name in enumerate(BOTS)}  # as Telegram knows them
LOOK = 0.05  # seconds
PIPE, NOWHERE = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
LARGEST_LINE = 1 << 27  # bytes that Telegram's process may tell at once
TICKS = os.sysconf("SC_CLK_TCK")

_numbers = itertools.count()

HEAD = """
[telegram]
api_base = "{api_base}"
messages_per_second = {per_second}
paid_broadcast = true
[storage]
url = "postgresql://relay@/{database}"
[delivery]
edit_quiet = "0s"
[web]
listen = ""
[access]
admins = [1001]
editors = [1002]
"""
BOT = """
[[bots]]
name = "{name}"
token_env = "{variable}"
"""
BLOG = """
[[blogs]]
id = "storm-{bot}"
title = "Storm"
url = "{url}?{bot}"
schedule = {{ every = "{every}" }}
bot = "{bot}"
"""


@dataclass
class Node:
    """One relay: its process, which leads a group of its own, and what it logs."""

    name: str
    folder: Path
    environ: Mapping[str, str]
    process: asyncio.subprocess.Process | None = None
    cpu_before: float = 0.0  # seconds, of the processes it had before this one

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        assert self.process is not None, f"node {self.name} does not run"
        return self.process.pid

    async def start(self) -> None:
        with self.log.open("ab") as out:
            out.write(f"--- started at {time.monotonic():.3f}\n".encode())
            out.flush()
            self.process = await asyncio.create_subprocess_exec(
                *_ending_with_us(), sys.executable, "-m", "bot", "run", "--config", str(self.folder / "relay.toml"),
                cwd=ROOT, env=os.environ | self.environ, stdin=NOWHERE, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def says(self, what: str) -> bool:
        """Whether its log has it, since it was started last."""
        return what in self.log.read_text().rpartition("--- started at")[2]

    async def ready(self, seconds: float = 60) -> None:
        """Until it says that it runs."""
        async with asyncio.timeout(seconds):
            while not self.says('"running"'):
                assert self.process is not None
                assert self.process.returncode is None, f"node {self.name} ended:\n{self.log.read_text()[-3000:]}"
                await asyncio.sleep(LOOK)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def kill(self) -> None:
        """kill -9, and whatever it had begun with it."""
        self.cpu_before += cpu_of(self.pid)
        os.killpg(self.pid, signal.SIGKILL)
        await self.ended()

    async def terminate(self) -> int:
        """SIGTERM; its exit code."""
        self.cpu_before += cpu_of(self.pid)
        self.send(signal.SIGTERM)
        return await self.ended()

    async def ended(self, seconds: float = 60) -> int:
        assert self.process is not None
        async with asyncio.timeout(seconds):
            code = await self.process.wait()
        self.process = None
        return code

    @property
    def cpu(self) -> float:
        """Seconds of all its processes so far."""
        return self.cpu_before + (cpu_of(self.pid) if self.process else 0.0)


def _ending_with_us() -> list[str]:
    """What ends a process when the tests are ended in whatever way, where there is such a thing."""
    return ["setpriv", "--pdeathsig", "SIGKILL"] if shutil.which("setpriv") else []


class Telegram:
    """The process of `tests.quick_telegram`."""

    def __init__(self, process: asyncio.subprocess.Process, api_base: str) -> None:
        self._process, self.api_base = process, api_base
        self._turn = asyncio.Lock()
        self.cpu = 0.0  # seconds, when it was asked last
        self.taken, self.speaks = 0, dict[int, str]()  # messages so far, and who spoke last for which bot
        self.calls: list[Call] = []
        self.polled: list[tuple[float, int, str]] = []  # when each long poll began, of which bot, from which node

    async def look(self) -> int:
        """How many messages it has taken so far."""
        self.taken, last = await self._ask("taken")
        self.speaks = dict(last)
        return self.taken

    async def told(self) -> dict[int, Told]:
        """All that was said so far, by bot."""
        answer = await self._ask("told")
        self.calls += [Call(*call) for call in answer["calls"]]
        self.polled += [tuple(poll) for poll in answer["polled"]]
        self.cpu = answer["cpu"]
        return by_bot(self.calls)

    async def _ask(self, line: str) -> Any:
        return await asyncio.shield(self._asked(line))  # who asked may lose interest, the answer comes all the same

    async def _asked(self, line: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._turn:
            self._process.stdin.write(f"{line}\n".encode())
            return orjson.loads(await self._process.stdout.readline())


@contextlib.asynccontextmanager
async def telegram(per_second: float) -> AsyncIterator[Telegram]:
    command = [*_ending_with_us(), sys.executable, "-m", "tests.quick_telegram", str(per_second)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE, limit=LARGEST_LINE)
    assert process.stdout is not None
    try:
        yield Telegram(process, (await process.stdout.readline()).decode().strip())
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@dataclass
class Cluster:
    """`chats` are the readers of every bot's blog, by Telegram's id; `texts` what was published to them, in order."""

    folder: Path
    server: postgres.Server
    database: str
    telegram: Telegram
    publisher: Publisher
    per_second: float
    bots: Sequence[str]
    every: str
    nodes: dict[str, Node] = field(default_factory=dict)
    chats: range = range(0)
    texts: list[str] = field(default_factory=list)
    _used: tuple[float, ...] = ()

    def configure(self, blogs: str | None = None) -> None:
        """The one file of all nodes; `blogs` in the place of each bot's own."""
        about = {"api_base": self.telegram.api_base, "per_second": self.per_second, "database": self.database}
        bots = "".join(BOT.format(name=name, variable=_variable(name)) for name in self.bots if name != "main")
        own = "".join(BLOG.format(bot=name, url=self.publisher.url, every=self.every) for name in self.bots)
        (self.folder / "relay.toml").write_text(HEAD.format(**about) + bots + (own if blogs is None else blogs))

    def node(self, name: str, proxy: TcpProxy | None = None) -> Node:
        """One more, not started yet; with a proxy it reaches PostgreSQL by that alone."""
        tokens = {_variable(bot): f"{NUMBERS[bot]}:{name}" for bot in self.bots}
        where = {"PGHOST": str(self.server.folder)}
        if proxy is not None:
            where = {"PGHOST": "127.0.0.1", "PGPORT": str(proxy.port), "PGSSLMODE": "disable"}
        named = {"LIVEBLOG_RELAY_NODE": name, "LIVEBLOG_RELAY_LISTEN": ""}
        self.nodes[name] = Node(name, self.folder, tokens | where | named)
        return self.nodes[name]

    async def start(self, *names: str) -> None:
        """These nodes, new or ended ones, until all run."""
        some = [self.nodes.get(name) or self.node(name) for name in names]
        for one in some:
            await one.start()
        await asyncio.gather(*(one.ready() for one in some))

    async def crowd(self, count: int) -> None:
        """So many people follow every bot's blog, as if they had said so long ago."""
        self.chats = range(1, count + 1)
        for name in self.bots:
            store = open_store(self.server.url(self.database), bot=name)
            await store.chat(name, 0)  # its tables are there
            await store.close()
            await self._fill(name)

    async def _fill(self, bot: str) -> None:
        wire = await asyncpg.connect(self.server.url(self.database))
        if bot != "main":
            await wire.execute(f'SET search_path = "bot_{bot}"')
        await wire.execute(
            f"""INSERT INTO chat (bot, telegram_id, kind, created_at)
            SELECT 'main', n, 'private', 1 FROM generate_series(1, {len(self.chats)}) AS n"""
        )
        await wire.execute(
            "INSERT INTO subscription (blog, chat, created_at) SELECT $1, id, 1 FROM chat", f"storm-{bot}"
        )
        await wire.close()

    async def baseline(self, seconds: float = 60) -> None:
        """Until every blog's page was read for the first time."""
        async with asyncio.timeout(seconds):
            for bot in self.bots:
                store = open_store(self.server.url(self.database), bot=bot)
                while not any(blog.started for blog in await store.blogs()):  # noqa: ASYNC110 others write it
                    await asyncio.sleep(LOOK)
                await store.close()

    def publish(self, *keys: str) -> None:
        """A post on the page of every bot's blog."""
        for key in keys:
            self.publisher.publish(key, headline=f"Post {key}")
            self.texts.append(f"Post {key}")

    # --- waiting, and counting

    @property
    def whole(self) -> int:
        """How many messages there are to be once all is out."""
        return len(self.chats) * len(self.texts) * len(self.bots)

    async def taken(self, messages: float, seconds: float = 120) -> None:
        """Until Telegram has taken so many."""
        await self.until(lambda: self.telegram.taken >= messages, seconds)

    async def speaks(self, other_than: str, bot: str = "main", seconds: float = 60) -> str:
        """Until another node speaks for the bot; its name."""
        await self.until(lambda: self.speaker(bot) != other_than, seconds)
        return self.speaker(bot)

    async def somebody_ready(self, other_than: str) -> None:
        """Until another node stands by."""
        others = [node for node in self.nodes.values() if node.process is not None and node.name != other_than]
        waiting = [asyncio.create_task(node.ready()) for node in others]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def until(self, there: Callable[[], bool], seconds: float) -> None:
        """Until it is so; Telegram is looked at before each look."""
        try:
            async with asyncio.timeout(seconds):
                await self.telegram.look()
                while not there():
                    await asyncio.sleep(LOOK)
                    await self.telegram.look()
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s; Telegram has {self.telegram.taken}\n{self.logs()}") from None

    def speaker(self, bot: str = "main") -> str:
        """The node whose message came last, when Telegram was looked at last."""
        return self.telegram.speaks.get(NUMBERS[bot], "")

    async def all_out(self, seconds: float = 180) -> dict[str, Told]:
        """Until every chat has every post; what was said, by bot. A repeat counts for no other message that is
        missing."""
        deadline = time.monotonic() + seconds
        await self.taken(self.whole, seconds)
        while True:
            told = await self.told()
            if not self.lost(told) or time.monotonic() > deadline:
                await asyncio.sleep(1)  # what is said once too often would come now
                return await self.told()
            await asyncio.sleep(0.1)

    async def told(self) -> dict[str, Told]:
        told = await self.telegram.told()
        return {bot: told.get(NUMBERS[bot], Told(())) for bot in self.bots}

    def lost(self, told: Mapping[str, Told]) -> int:
        return sum(one.lost(self.chats, self.texts) for one in told.values())

    def logs(self, characters: int = 2000) -> str:
        """The ends of all logs, for a failed assertion."""
        return "\n".join(f"--- {one.name}:\n{one.log.read_text()[-characters:]}" for one in self.nodes.values())

    async def begin_counting(self) -> None:
        """What was used so far is not of this."""
        self._used = await self._all_used()

    async def cpu(self) -> list[float]:
        """Seconds since then: of the nodes, of PostgreSQL, of Telegram."""
        return [now - before for now, before in zip(await self._all_used(), self._used, strict=True)]

    async def _all_used(self) -> tuple[float, ...]:
        await self.told()
        return sum(one.cpu for one in self.nodes.values()), cpu_of_postgres(self.server), self.telegram.cpu


def _variable(bot: str) -> str:
    return "TELEGRAM_BOT_TOKEN" if bot == "main" else f"{bot.upper()}_BOT_TOKEN"


@contextlib.asynccontextmanager
async def cluster(
    folder: Path,
    *,
    per_second: float = 1000,
    bots: Sequence[str] = BOTS[:1],
    every: str = "1s",
    server: postgres.Server | None = None,
) -> AsyncIterator[Cluster]:
    """No node of it is started yet; whichever still runs at the end is ended."""
    server = server or postgres.shared()
    async with _database(server) as database, telegram(per_second) as listener, Publisher() as publisher:
        publisher.publish("old")
        one = Cluster(folder, server, database, listener, publisher, per_second, bots, every)
        one.configure()
        try:
            yield one
        finally:
            for node in one.nodes.values():
                if node.process is not None:
                    await node.kill()


@contextlib.asynccontextmanager
async def _database(server: postgres.Server) -> AsyncIterator[str]:
    name = f"cluster_{os.getpid()}_{next(_numbers)}"
    wire = await asyncpg.connect(server.url())
    await wire.execute(f"CREATE DATABASE {name}")
    await wire.close()
    yield name
    wire = await asyncpg.connect(server.url())
    await wire.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await wire.close()


# --- what processes cost


def cpu_of(pid: int) -> float:
    """Seconds of a process and of its children, those that live and those that ended."""
    found, children = 0.0, _children()
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        waiting += children.get(one, ())
        found += _cpu(one)
    return found


def cpu_of_postgres(server: postgres.Server) -> float:
    """Seconds of the server and all its sessions."""
    return cpu_of(int((server.folder / "data" / "postmaster.pid").read_text().split("\n")[0]))


def _cpu(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS  # utime, stime, and both of children that were waited for
    return 0.0


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append(int(stat.parent.name))
    return found
