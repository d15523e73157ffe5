"""A large database: what of its pace a sender keeps while another process copies it, or takes subscriptions in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from storage import Store
from tests.benchmarks.processes import ROOT, Server, strict
from tests.benchmarks.relays import Relay, fill
from tests.benchmarks.texts import TEXT

CONFIG = """
[storage]
url = "sqlite:///{folder}/relay.db"
[[blogs]]
id = "storm"
url = "http://127.0.0.1:1/live"
"""
HEADER = "chat_id,thread_id,blog,topics,volume,language\n"
FIRST_MOVED = 10_000_000  # chats that move in have numbers of their own
LOOK = 0.1  # seconds
IDLE = 5.0  # seconds in which nothing else is done


def deliver(store: Store, posts: int) -> None:
    """So many posts are in every chat of the database, as they would be after days of sending."""
    with contextlib.closing(sqlite3.connect(store.path)) as db, db:
        for number in range(1, posts + 1):
            text = {"post": 1000 + number, "key": f"old-{number}"}
            db.execute("INSERT INTO post (id, blog, key, first_seen_at) VALUES (:post, 'storm', :key, 1)", text)
            db.execute(
                """INSERT INTO delivery (bot, post, chat, wanted, sent, lane, since, first_sent_at, settled_at)
                SELECT 'main', :post, id, 1, 1, 2, 1, 1, 1 FROM chat""",
                text,
            )
            db.execute(
                """INSERT INTO message (bot, chat, thread, message_id, kind, sent_at)
                SELECT 'main', id, 0, :post, 'text', 1 FROM chat""",
                text,
            )
            db.execute(
                """INSERT INTO shown (post, chat, thread, message, revision)
                SELECT :post, chat, 0, id, 1 FROM message WHERE message_id = :post""",
                text,
            )


async def volume(chats: int, posts: int, moved: int, per_second: float) -> dict[str, Any]:
    """A push to so many chats, and meanwhile a backup, then `moved` subscriptions that move in: rates of the sender
    before and during each, and what each took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with strict(per_second) as server, _busy(server, folder, chats, posts, per_second):
            size = (folder / "relay.db").stat().st_size
            backup = await _beside(server, folder, "backup", str(folder / "copy.db"))
            (folder / "moved.csv").write_text(HEADER + "".join(f"{FIRST_MOVED + n},,storm,,,\n" for n in range(moved)))
            taken = await _beside(server, folder, "subscribers", "import", str(folder / "moved.csv"))
        out = await _ran(folder, "subscribers", "export", str(folder / "out.csv"))
        put_back = await _ran(folder, "restore", str(folder / "copy.db"))
    return {"size": size / 1e6, "backup": backup, "import": taken, "export": out, "restore": put_back}


@contextlib.asynccontextmanager
async def _busy(server: Server, folder: Path, chats: int, posts: int, per_second: float) -> AsyncIterator[None]:
    """A relay that sends for as long as it is needed."""
    (folder / "relay.toml").write_text(CONFIG.format(folder=folder))
    relay = Relay(folder, server, per_second)
    try:
        fill(relay.store, chats)
        deliver(relay.store, posts)
        await relay.start()
        number = await _pushed(relay)
        pushing = asyncio.create_task(_push_on(relay, number, chats))
        yield
        pushing.cancel()
        await asyncio.gather(pushing, return_exceptions=True)
    finally:
        await relay.stop()


async def _pushed(relay: Relay) -> int:
    """Once each row stands: it is to be waiting for everybody, not to be written."""
    number, _ = await relay.push(TEXT)
    while await relay.store.expand(time.time()):
        pass
    return number


async def _push_on(relay: Relay, number: int, chats: int) -> None:
    """The next one when the last one is out; to count a million rows is work as well, so that is looked at rarely."""
    while True:
        await relay.sent(number, chats, every=max(0.1, chats / 100_000))
        number = await _pushed(relay)


async def _beside(server: Server, folder: Path, *words: str) -> dict[str, float]:
    """A verb beside the sender: the sender's rate while nothing else is done and while it runs."""
    doing = asyncio.create_task(asyncio.sleep(IDLE))
    before = await _rate(server, doing)
    running = asyncio.create_task(_ran(folder, *words))
    during = await _rate(server, running)
    return {"before": before, "during": during} | await running


async def _rate(server: Server, until: asyncio.Task[Any]) -> float:
    await server.ask()  # counting begins anew with each answer
    start = time.monotonic()
    while not until.done():
        await asyncio.sleep(LOOK)
    return float((await server.ask())["sent"] / (time.monotonic() - start))


async def _ran(folder: Path, *words: str) -> dict[str, float]:
    """Seconds that a verb took, and the most memory it had (MB)."""
    start = time.monotonic()
    words = ("-m", "bot", *words, "--config", str(folder / "relay.toml"))
    process = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL)
    peak = 0
    while process.returncode is None:
        peak = max(peak, _memory(process.pid))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), LOOK)
    if process.returncode:
        raise RuntimeError(f"{words[2:]} ended with {process.returncode}")
    return {"seconds": time.monotonic() - start, "memory": peak / 1e6}


def _memory(process: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
