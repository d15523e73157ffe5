"""The store on SQLite. One writer thread, one reader thread, nothing of either on the event loop.

Each write is one transaction: all of it or nothing. The reader sees the last committed state (WAL) and is never
blocked by the writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import sqlite3
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from bot.core.model import Lane, Memory, PageMemory, Relayed
from bot.core.pages import KnownPage
from bot.core.publishing import Audience, Progress, Publishing, PushText, Validators
from storage import blogs, chats, claims, expansion, notes, posts, pushes, settling, states, subscriptions, waiting
from storage.chats import Chat
from storage.claims import Claim, Due
from storage.pushes import Push
from storage.schema import migrations, names
from storage.settling import Settled
from storage.states import BlogState
from storage.subscriptions import Subscription

P = ParamSpec("P")
T = TypeVar("T")
Query = Callable[Concatenate[sqlite3.Connection, P], T]


class StoreError(Exception):
    """The database would not do it; the text says what and where, in one line."""


class AlreadyRunning(StoreError):
    """Another relay runs on this database."""


def open_store(url: str) -> Store:
    """The store that `storage.url` names. Tables are made or brought up to date."""
    if not url.startswith("sqlite:///"):
        raise StoreError(
            f"storage.url: {url.split(':', maxsplit=1)[0]} is not available in this version; use sqlite:///…"
        )
    return Store(Path(url.removeprefix("sqlite:///")))


class Store:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None
        self._due = Due()
        with _told(path), contextlib.ExitStack() as opened:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writing = opened.enter_context(contextlib.closing(_connect(path)))
            _bring_up_to_date(self._writing, path)
            self._reading = opened.enter_context(contextlib.closing(_connect(path)))
            self._reading.execute("PRAGMA query_only = 1")
            opened.pop_all()  # from here on `close` closes them
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store-reader")

    def claim_sole_use(self) -> None:
        """Be the one relay on this database, until the process ends in whatever way."""
        with _told(self.path):
            lock = self.path.with_name(self.path.name + ".lock").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                lock.close()
                if isinstance(error, BlockingIOError):
                    raise AlreadyRunning(f"{self.path}: another relay runs on this database; stop it first") from None
                raise
        self._lock = lock

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.shutdown)
        await asyncio.to_thread(self._reader.shutdown)
        self._reading.close()
        self._writing.close()
        if self._lock is not None:
            self._lock.close()

    async def _write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work() -> T:
            with _told(self.path), _transaction(self._writing, "BEGIN IMMEDIATE") as db:
                return query(db, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def _read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def work() -> T:
            with _told(self.path), _transaction(self._reading, "BEGIN") as db:
                return query(db, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._reader, work)

    # --- blogs and publishing

    async def memory(self, blog: str, url: str) -> tuple[Memory, Validators]:
        return await self._read(blogs.memory, blog, url)

    async def page(self, blog: str, url: str) -> tuple[PageMemory | None, Validators]:
        return await self._read(blogs.page, blog, url)

    async def pages(self, blog: str) -> list[KnownPage]:
        return await self._read(blogs.pages, blog)

    async def publish(self, publishing: Publishing) -> list[int]:
        return await self._write(blogs.publish, publishing)

    async def expand(self, now: float) -> bool:
        """Take one chunk of the most urgent publication that is due. False: there is none."""
        return await self._write(expansion.advance, now)

    async def polled(self, blog: str, now: float, error: str | None) -> int:
        return await self._write(states.polled, blog, now, error)

    async def alarm(self, blog: str, text: str | None) -> None:
        await self._write(states.alarm, blog, text)

    async def in_file(self, ids: Sequence[tuple[str, str | None, str | None]], now: float) -> None:
        await self._write(states.in_file, ids, now)

    async def blogs(self) -> list[BlogState]:
        return await self._read(states.states)

    async def hold(self, blog: str | None, now: float) -> None:
        """Stop the relaying of a blog, or of all."""
        await self._write(states.hold, blog, now)

    async def release(self, blog: str | None, now: float) -> None:
        await self._write(states.release, blog, now)

    # --- deliveries

    async def claim(
        self,
        *,
        bot: str,
        now: float,
        limit: int,
        busy: Container[int],
        on_withdrawal: Callable[[str | None], str],
        settled: Sequence[Settled] = (),
    ) -> tuple[list[Claim], bool]:
        """At most `limit` actions, the most urgent first, and whether a busy chat was passed over.

        What came of earlier ones is written in the same transaction, before anything is claimed.
        """
        turn = partial(_turn, due=self._due, bot=bot, now=now, limit=limit, busy=busy, on_withdrawal=on_withdrawal)
        found, passed_over, more = await self._write(turn, settled)
        with contextlib.suppress(StoreError):  # what was settled is written; who asks again is told
            while more:  # rows that need no message are settled in turns, so that others can write between
                found, passed_over, more = await self._write(turn, ())
        return found, passed_over

    async def settle(self, settled: Sequence[Settled], now: float) -> None:
        await self._write(settling.settle, settled, now)

    async def release_claims(self, claims: Sequence[Claim]) -> None:
        await self._write(waiting.release_claims, claims)

    async def recover(self, bot: str, ambiguous: str, now: float) -> int:
        return await self._write(waiting.recover, bot, ambiguous, now)

    async def next_due(self, bot: str, now: float) -> float | None:
        """The instant at which something that waits for its time becomes due; None: nothing waits for a time."""
        dues = (await self._read(waiting.next_due, bot, now), await self._read(expansion.next_due, now))
        return min((due for due in dues if due is not None), default=None)

    async def queue(self, bot: str) -> dict[Lane, int]:
        return await self._read(waiting.queue, bot)

    async def recent_sends(self, since: float) -> list[tuple[int, str, float]]:
        return await self._read(waiting.recent_sends, since)

    # --- chats

    async def meet(
        self, *, bot: str, telegram_id: int, kind: str, title: str | None, language: str | None, now: float
    ) -> Chat:
        return await self._write(
            chats.meet, bot=bot, telegram_id=telegram_id, kind=kind, title=title, language=language, now=now
        )

    async def chat(self, bot: str, telegram_id: int) -> Chat | None:
        return await self._read(chats.find, bot, telegram_id)

    async def close_chat(self, chat: int, why: str, now: float) -> None:
        await self._write(chats.close, chat, why, now)

    async def reopen_chat(self, chat: int) -> None:
        await self._write(chats.reopen, chat)

    async def close_thread(self, chat: int, thread: int) -> None:
        await self._write(chats.close_thread, chat, thread)

    async def move_chat(self, bot: str, chat: int, to: int) -> None:
        await self._write(chats.move, bot, chat, to)

    async def forget(self, chat: int) -> None:
        await self._write(chats.forget, chat)

    async def subscribe(
        self, *, chat: int, thread: int, blog: str, topics: Sequence[str], now: float
    ) -> Subscription | None:
        return await self._write(subscriptions.subscribe, chat=chat, thread=thread, blog=blog, topics=topics, now=now)

    async def unsubscribe(self, *, chat: int, thread: int, blog: str | None) -> list[Subscription]:
        return await self._write(subscriptions.unsubscribe, chat=chat, thread=thread, blog=blog)

    async def subscriptions(self, chat: int, thread: int) -> list[Subscription]:
        return await self._read(subscriptions.subscriptions, chat, thread)

    async def every_subscription(self) -> list[Subscription]:
        return await self._read(subscriptions.every_subscription)

    async def take_in(self, bot: str, rows: Sequence[Subscription], now: float) -> int:
        return await self._write(subscriptions.take_in, bot, rows, now)

    async def audience(self, audience: Audience) -> int:
        return await self._read(subscriptions.audience, audience.blog, audience.topics)

    # --- posts

    async def latest(self, *, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._read(posts.latest, blogs=blogs, now=now, limit=limit)

    async def of_topic(self, *, topic: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._read(posts.of_topic, topic=topic, blogs=blogs, now=now, limit=limit)

    async def topics(self, *, blogs: Sequence[str], now: float, since: float = 0.0) -> dict[str, int]:
        return await self._read(posts.topics, blogs=blogs, now=now, since=since)

    async def search(self, *, words: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._read(posts.search, words=words, blogs=blogs, now=now, limit=limit)

    async def post(self, number: int) -> Relayed | None:
        return await self._read(posts.post, number)

    # --- editors

    async def draft(self, *, author: int, text: PushText, now: float) -> int:
        return await self._write(pushes.draft, author=author, text=text, now=now)

    async def push_shown_at(self, post: int, chat: int, message: int) -> None:
        await self._write(pushes.shown_at, post, chat, message)

    async def push(self, post: int) -> Push | None:
        return await self._read(pushes.find, post)

    async def send_push(self, post: int, *, audience: Audience, silent: bool, now: float) -> bool:
        return await self._write(pushes.send, post, audience=audience, silent=silent, now=now)

    async def cancel_push(self, post: int) -> bool:
        return await self._write(pushes.cancel, post)

    async def progress(self, bot: str, post: int) -> Progress:
        return await self._read(pushes.progress, bot, post)

    async def pushes_under_way(self, bot: str, since: float) -> list[Push]:
        return await self._read(pushes.under_way, bot, since)

    # --- notes: small things that outlive the process

    async def note(self, name: str) -> str | None:
        return await self._read(notes.read, name)

    async def keep_note(self, name: str, text: str | None) -> None:
        await self._write(notes.keep, name, text)


def _turn(
    db: sqlite3.Connection, /, settled: Sequence[Settled], due: Due, *, now: float, **about: Any
) -> tuple[list[Claim], bool, bool]:
    settling.settle(db, settled, now)
    return claims.claim(db, due, now=now, **about)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=10.0, check_same_thread=False, isolation_level=None, cached_statements=256)
    try:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA cache_size = -65536")  # KiB
    except sqlite3.Error:
        db.close()
        raise
    return db


def _bring_up_to_date(db: sqlite3.Connection, path: Path) -> None:
    """All that is missing, in one transaction; no writing where nothing is, since others may be at work."""
    _refuse_newer(db, path)
    if migrations.pending(Database(db)):
        with _transaction(db, "BEGIN IMMEDIATE"):
            migrations.apply(Database(db))


def _refuse_newer(db: sqlite3.Connection, path: Path) -> None:
    """A version that does not know all there is to fill in would leave it out."""
    newer = [one.name for one in migrations.applied(Database(db)) if one.name not in names()]
    if newer:
        raise StoreError(f"{path}: written by a newer version of the relay ({', '.join(newer)}); use that one")


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Iterator[sqlite3.Connection]:
    """All of it or nothing. A commit may fail as well: on a full disk, for one."""
    db.execute(begin)
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk may have rolled back by itself
            db.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Database and file errors as one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror or error}") from error
