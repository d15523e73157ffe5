"""What may happen to a cluster in the middle of its work: courses of events at any size, and what came of them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests import postgres
from tests.cluster import BOTS, Cluster, cluster
from tests.newsstand import Newsstand
from tests.tcp_proxy import TcpProxy

NODES = ("a", "b", "c")
WATCHED = 2.0  # seconds for which somebody who might speak out of turn is watched, while there is much to say
# A server that is restarted in the middle keeps what it said it had.
DURABLE = ("fsync = on", "synchronous_commit = on", "full_page_writes = on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many chats follow each bot's blog, and how fast Telegram lets a bot speak (messages a second)."""

    chats: int
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Counted from what Telegram was told, for all bots. `gap`: the longest silence of a bot, in seconds; `nodes`: who
    spoke for the first bot, in turn; `speakers`: for any bot; `late`: what was said by a node that had no right to any
    more; CPU in microseconds for each message."""

    lost: int
    repeated: int
    disorder: int
    refused: int
    gap: float
    nodes: Sequence[str]
    speakers: Sequence[str]
    shares: Sequence[float]  # of the allowance, by bot
    cpu_nodes: float
    cpu_postgres: float
    cpu_telegram: float
    late: int = 0
    away: float = 0.0  # seconds for which there was no PostgreSQL


async def kills(folder: Path, size: Size, times: int = 4) -> Outcome:
    """Whoever speaks is killed with -9, again and again, and started again by its supervisor."""
    async with _fan_out(folder, size) as one:
        async with _more(one):
            for _ in range(times):
                await one.taken(one.telegram.taken + size.chats / (times + 1))
                await one.somebody_ready(other_than=one.speaker())
                speaker = one.speaker()
                await one.nodes[speaker].kill()
                await one.nodes[speaker].start()
                await one.speaks(other_than=speaker)
        return await _outcome(one)


async def stop(folder: Path, size: Size, seconds: float = 10) -> Outcome:
    """Whoever speaks stands still for so long, and then goes on as if nothing had been."""
    async with _fan_out(folder, size) as one:
        async with _more(one):
            await one.taken(one.whole / 4)
            zombie, stopped = one.nodes[one.speaker()], time.monotonic()
            zombie.send(signal.SIGSTOP)
            await one.speaks(other_than=zombie.name)
            await asyncio.sleep(stopped + seconds - time.monotonic())
            awake = time.monotonic()
            zombie.send(signal.SIGCONT)
            await asyncio.sleep(WATCHED)
        return await _outcome(one, zombie.name, since=awake)


async def restart(folder: Path, size: Size, how: str = "fast", down: float = 0.0) -> Outcome:
    """PostgreSQL ends, in one of its ways ("fast", "immediate"), and is started again after so many seconds."""
    server = await asyncio.to_thread(postgres.server, *DURABLE)
    async with _fan_out(folder, size, server=server) as one:
        await one.taken(one.whole / 3)
        gone = time.monotonic()
        await asyncio.to_thread(server.stop, how)
        await asyncio.sleep(down)
        await asyncio.to_thread(server.start)
        away = time.monotonic() - gone
        return replace(await _outcome(one), away=away)


async def cut_off(folder: Path, size: Size, *, silently: bool, seconds: float = 10) -> Outcome:
    """Whoever speaks has no way to PostgreSQL for so long; the others have, and Telegram is there for all."""
    server = postgres.shared()
    async with contextlib.AsyncExitStack() as roads:
        proxies = {name: await roads.enter_async_context(TcpProxy(server.socket)) for name in NODES}
        one = await roads.enter_async_context(_fan_out(folder, size, proxies=proxies))
        async with _more(one):
            await one.taken(one.whole / 4)
            lonely, cut = one.speaker(), time.monotonic()
            await (proxies[lonely].silence() if silently else proxies[lonely].cut())
            await one.speaks(other_than=lonely)
            taken_over = time.monotonic()
            await asyncio.sleep(cut + seconds - time.monotonic())
            proxies[lonely].mend()
            await asyncio.sleep(WATCHED)
        return await _outcome(one, lonely, since=taken_over)


async def roll(folder: Path, size: Size) -> Outcome:
    """A new version comes: every node is told to stop, waited for, and started again, one after the other."""
    async with _fan_out(folder, size) as one:
        async with _more(one):
            await one.taken(one.whole / 4)
            for name in NODES:
                code = await one.nodes[name].terminate()
                assert code == 0, f"node {name} ended with {code}:\n{one.logs()}"
                await one.start(name)
        return await _outcome(one)


async def allowance(folder: Path, size: Size) -> Outcome:
    """Three bots on two nodes, and nothing happens."""
    async with _fan_out(folder, size, nodes=NODES[:2], bots=BOTS) as one:
        return await _outcome(one)


async def polls(folder: Path, blogs: int, every: float) -> float:
    """Very many blogs on two nodes, one of which is killed. The longest time without a poll of some blog, less the
    interval."""
    async with Newsstand(blogs) as stand, cluster(folder) as one:
        one.configure(stand.tables(f"{every:g}s"))
        await one.start("a", "b")
        await one.until(lambda: stand.known == blogs, max(120, 3 * every + blogs / 5))
        since = time.monotonic()
        await asyncio.sleep(every)
        await one.nodes["a"].kill()
        await asyncio.sleep(2 * every + 15)
        return stand.longest(since, time.monotonic()) - every


# --- what they share


@contextlib.asynccontextmanager
async def _fan_out(
    folder: Path,
    size: Size,
    *,
    nodes: Sequence[str] = NODES,
    bots: Sequence[str] = BOTS[:1],
    server: postgres.Server | None = None,
    proxies: dict[str, TcpProxy] | None = None,
) -> AsyncIterator[Cluster]:
    """A cluster that has just begun to send one post to everybody."""
    async with cluster(folder, per_second=size.per_second, bots=bots, server=server) as one:
        await one.crowd(size.chats)
        for name in nodes:
            one.node(name, proxies[name] if proxies else None)
        await one.start(*nodes)
        await one.baseline()
        await one.begin_counting()
        one.publish("one")
        await one.taken(1)
        yield one


@contextlib.asynccontextmanager
async def _more(one: Cluster) -> AsyncIterator[None]:
    """There is always something to send meanwhile, and never so much for a chat that it becomes a digest."""

    async def publish() -> None:
        for number in itertools.count(2):
            await one.taken(one.whole - 0.2 * len(one.chats) * len(one.bots))
            one.publish(f"number {number}")

    publishing = asyncio.create_task(publish())
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)


async def _outcome(one: Cluster, zombie: str = "", since: float = 0.0) -> Outcome:
    """Once all is out; `zombie` is whoever should have said nothing since then."""
    told = await one.all_out()
    every = list(told.values())
    messages = sum(1 for bot in every for _ in bot.taken) or 1
    nodes, server, listener = (seconds / messages * 1e6 for seconds in await one.cpu())
    return Outcome(
        lost=one.lost(told),
        repeated=sum(bot.repeated() for bot in every),
        disorder=sum(bot.disorder(one.texts) for bot in every),
        refused=sum(bot.refused() for bot in every),
        gap=max(bot.gap() for bot in every),
        nodes=every[0].nodes(),
        speakers=sorted({node for bot in every for node in bot.nodes()}),
        shares=[bot.rate() / one.per_second for bot in every],
        cpu_nodes=nodes,
        cpu_postgres=server,
        cpu_telegram=listener,
        late=sum(len(bot.said(zombie, since, float("inf"))) for bot in every),
    )
