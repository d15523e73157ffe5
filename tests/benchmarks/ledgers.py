"""The ledger by itself: publish, expand, claim and settle, with nobody sending. On SQLite, and on a PostgreSQL of our
own that keeps what it was given as one in earnest does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import asyncpg.protocol
import pytest

from bot.core.model import ChangeKind, Done, Post
from bot.core.publishing import PostWrite, Publishing
from bot.core.settle import settle
from storage import Claim, Store
from storage.postgres.connection import Connection
from storage.settling import Settled
from storage.spoken import Connection as Spoken
from tests import postgres
from tests.benchmarks.texts import TEXT
from tests.engines import opened

AT_ONCE = 15  # messages of one claim: what the sender asks for at a thousand a second
DURABLE = ("fsync = on", "synchronous_commit = on", "full_page_writes = on")
OLD_POSTS = 10  # that the rows of yesterday belong to
BLOG, URL = "storm", "https://blog.example/live"
TICKS = os.sysconf("SC_CLK_TCK")

NUMBERS = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {:d})"
FOLLOWED = (
    "INSERT INTO chat (bot, telegram_id, kind, created_at) SELECT 'main', n, 'private', 1 FROM n",
    f"""INSERT INTO subscription (blog, chat, created_at)
    SELECT '{BLOG}', c.id, 1 FROM n JOIN chat c ON c.telegram_id = n AND c.bot = 'main'""",
)
YESTERDAY = (
    f"INSERT INTO post (blog, key, first_seen_at, public_at) SELECT '{BLOG}', 'old ' || n, 2, 2 FROM n",
    """INSERT INTO delivery (bot, post, chat, wanted, sent, lane, since, first_sent_at, settled_at)
    SELECT 'main', p.id, c.id, 1, 1, 4, 2, 2, 2 FROM n JOIN post p ON p.key = 'old ' || n JOIN chat c ON c.id <= {:d}
    ORDER BY p.id, c.id""",
    """INSERT INTO message (bot, chat, thread, message_id, kind, sent_at)
    SELECT bot, chat, 0, post, 'text', 2 FROM delivery ORDER BY post, chat""",
    """INSERT INTO shown (post, chat, thread, message, revision)
    SELECT message_id, chat, 0, id, 1 FROM message ORDER BY message_id, chat""",
)


class Listened(asyncpg.protocol.Protocol):
    """Knows every session that was opened."""

    every: ClassVar[list[Listened]] = []

    def connection_made(self, transport: Any) -> None:
        self.every.append(self)
        super().connection_made(transport)


STATEMENTS = [0]


@contextlib.contextmanager
def _listened() -> Iterator[None]:
    """Every session that is opened meanwhile counts what it asks."""
    asked = Connection._prepared

    def counting(db: Connection, statement: str) -> Any:
        STATEMENTS[0] += 1
        return asked(db, statement)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asyncpg.protocol, "Protocol", Listened)
        patched.setattr(Connection, "_prepared", counting)
        yield


def _journeys() -> int:
    """Questions that waited for an answer."""
    return sum(one.queries_count for one in Listened.every)


@dataclass
class Book:
    """One bot's store, and what it is asked as the sender would."""

    url: str
    store: Store
    answers: list[Settled] = field(default_factory=list)  # to what was claimed before
    on_the_wire: list[Claim] = field(default_factory=list)
    busy: set[int] = field(default_factory=set)
    message: int = 1_000_000

    async def follow(self, chats: int, old: int) -> None:
        """So many people follow the blog, and have been sent so many messages."""
        blog = [(BLOG, "Storm", None)]
        await self.store.in_file(blog, 1.0)
        await self.store.publish(Publishing(blog=BLOG, url=URL, now=2.0, writes=()))
        each = max(1, old // OLD_POSTS)
        await self._fill(FOLLOWED, max(chats, each))
        if old:
            await self._fill([one.format(each) for one in YESTERDAY], OLD_POSTS)

    async def _fill(self, statements: Sequence[str], numbers: int) -> None:
        """On PostgreSQL in a session of its own, which plans for very many rows and takes its time."""
        said = [_numbered(one, numbers) for one in statements]
        if not self.url.startswith("postgresql"):
            await self.store._db.write(_filled, said)
            return
        wire = await asyncpg.connect(self.url)
        for one in said:
            await wire.execute(one)
        await wire.close()

    async def publish(self, change: ChangeKind, number: int) -> None:
        post = Post(key=f"new {number}", title=f"{TEXT} {change.value}", text=f"{TEXT} {change.value}")
        writes = (PostWrite(change=change, post=post),)
        await self.store.publish(Publishing(blog=BLOG, url=URL, now=time.time(), writes=writes))
        while await self.store.expand(time.time()):
            pass

    async def send(self) -> int:
        """All that waits; how many it was."""
        sent = 0
        while claims := await self._claim():
            sent += len(claims)
        await self.store.settle(self.answers, time.time())
        self.answers = []
        return sent

    async def _claim(self) -> list[Claim]:
        """One batch is claimed while the one before it is sent, and the answers to the one before that are written."""
        found = await self.store.claim(
            bot="main",
            now=time.time(),
            limit=AT_ONCE,
            busy=self.busy,
            on_withdrawal=lambda blog: "notice",
            settled=self.answers,
        )
        self.busy.difference_update(claim.telegram_id for claim, _ in self.answers)
        self.answers = [(claim, self._answered(claim)) for claim in self.on_the_wire]
        self.on_the_wire = found.claims
        self.busy.update(claim.telegram_id for claim in found.claims)
        if not found.claims and self.answers:
            await self.store.settle(self.answers, time.time())
            self.busy.difference_update(claim.telegram_id for claim, _ in self.answers)
            self.answers = []
        return found.claims

    def _answered(self, claim: Claim) -> Any:
        self.message += 1
        rendered = {post.id: post.revision for post in claim.posts}
        return settle(claim.action, rendered, Done(message_ids=(self.message,)), time.time(), "resend")


def _filled(db: Spoken, statements: Sequence[str]) -> None:
    for one in statements:
        db.execute(one)


def _numbered(statement: str, numbers: int) -> str:
    """With the numbers up to this one as a table `n`, where it asks for them."""
    head, _, rest = statement.partition("SELECT")
    return f"{head} {NUMBERS.format(numbers)} SELECT {rest}" if "FROM n" in rest else statement


@dataclass(frozen=True)
class Where:
    """An engine, and what it has used of the processor."""

    books: Sequence[Book]
    server: postgres.Server | None

    def cpu(self) -> float:
        """Seconds of all of the server's processes, those that have ended as well."""
        if self.server is None:
            return 0.0
        main = int((self.server.folder / "data" / "postmaster.pid").read_text().split()[0])
        parents = {one: _stat(one) for one in (int(one.name) for one in Path("/proc").glob("[0-9]*"))}
        return sum(
            sum(map(int, stat[11:15] if one == main else stat[11:13])) / TICKS
            for one, stat in parents.items()
            if stat and (one == main or int(stat[1]) == main)
        )

    async def transactions(self) -> int:
        """That have written until now, this one as well."""
        if self.server is None:
            return 0
        wire = await asyncpg.connect(self.server.url())
        count = await wire.fetchval("SELECT pg_current_xact_id()::text::int8")
        await wire.close()
        return int(count)


def _stat(process: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return []


@contextlib.asynccontextmanager
async def _at(engine: str, bots: int) -> AsyncIterator[Where]:
    with tempfile.TemporaryDirectory() as folder, _listened():
        server = postgres.server(*DURABLE) if engine == "postgresql" else None
        urls = [f"sqlite:///{folder}/{bot}.db" for bot in range(bots)]
        if server is not None:
            urls = [await _database(server, f"bot{bot}") for bot in range(bots)]
        where = Where([Book(url, opened(url)) for url in urls], server)
        try:
            yield where
        finally:
            for book in where.books:
                await book.store.close()


async def _database(server: postgres.Server, name: str) -> str:
    wire = await asyncpg.connect(server.url())
    await wire.execute(f"CREATE SCHEMA {name}")
    await wire.close()
    return server.url(search_path=name)


async def ledger(engine: str, chats: int, old: int = 0, bots: int = 1) -> dict[str, Any]:
    """A post to so many chats by each bot, then its edit in all of them; of each what a delivery cost. `old` rows are
    there from before."""
    async with _at(engine, bots) as where:
        for book in where.books:
            await book.follow(chats, old)
        if where.server is not None:
            wire = await asyncpg.connect(where.server.url())
            await wire.execute("VACUUM ANALYZE")
            await wire.close()
        new = await _measured(where, chats, ChangeKind.NEW)
        return {"new": new, "edited": await _measured(where, chats, ChangeKind.EDITED)}


async def pruned(chats: int, rounds: int = 10) -> dict[str, Any]:
    """A post to so many chats is sent and then forgotten, again and again: the room (MB) that the tables take after
    each round, and what one step of forgetting costs both ends (ms of CPU)."""
    async with _at("postgresql", 1) as where:
        assert where.server is not None
        book, sizes, steps, spent = where.books[0], list[float](), 0, 0.0
        await book.follow(chats, 0)
        wire = await asyncpg.connect(where.server.url())
        for number in range(rounds):
            await book.publish(ChangeKind.NEW, number)
            await book.send()
            before = _cpu() + where.cpu()
            async for _ in book.store.prune(time.time() + 1):
                steps += 1
            spent += _cpu() + where.cpu() - before
            await _vacuumed(wire)
            sizes.append(await wire.fetchval(ROOM) / 1e6)
        await wire.close()
    return {"sizes": sizes, "step": spent / steps * 1e3}


ROOM = """
SELECT sum(pg_total_relation_size(relid))::float FROM pg_stat_user_tables
WHERE relname IN ('delivery', 'message', 'shown')
"""
# What PostgreSQL does by itself where it is due, and within a minute; here that would be the next round.
DUE = """
SELECT format('VACUUM %I.%I', schemaname, relname) FROM pg_stat_user_tables
WHERE relname IN ('delivery', 'message', 'shown') AND n_dead_tup > 20000 + n_live_tup * 0.1
"""


async def _vacuumed(wire: asyncpg.Connection) -> None:
    await asyncio.sleep(1.5)  # so long sessions keep to themselves what they have counted
    for row in await wire.fetch(DUE):
        await wire.execute(row[0])


async def _measured(where: Where, chats: int, change: ChangeKind) -> dict[str, float]:
    before, transactions = time.monotonic(), await where.transactions()
    journeys, statements = _journeys(), STATEMENTS[0]
    server, client = where.cpu(), _cpu()
    await asyncio.gather(*(book.publish(change, 1) for book in where.books))
    expanded = _cpu() - client, where.cpu() - server
    sent = sum(await asyncio.gather(*(book.send() for book in where.books)))
    client, server, seconds = _cpu() - client, where.cpu() - server, time.monotonic() - before
    assert sent >= chats * len(where.books), sent
    return {
        "rate": sent / seconds,
        "client": client / sent * 1e6,
        "server": server / sent * 1e6,
        "expand_client": expanded[0] / sent * 1e6,
        "expand_server": expanded[1] / sent * 1e6,
        "journeys": (_journeys() - journeys) / sent,
        "statements": (STATEMENTS[0] - statements) / sent,
        "transactions": (await where.transactions() - transactions - 1) / sent,
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
