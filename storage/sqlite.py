"""The store on SQLite: what may be asked of it, and which statements answer."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Container, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

from bot.core.model import Lane, Memory, PageMemory, Relayed
from bot.core.pages import KnownPage
from bot.core.publishing import Audience, Progress, Publishing, PushText, Validators
from bot.core.settle import Moved
from bot.core.websub import Lease
from storage import (
    blogs,
    chats,
    claims,
    expansion,
    leases,
    notes,
    posts,
    pruning,
    pushes,
    settling,
    states,
    subscriptions,
    waiting,
)
from storage.chats import Chat
from storage.claims import Again, Claim, Found
from storage.database import Connections, StoreError, told
from storage.looking import Due
from storage.pruning import Pruned
from storage.pushes import Push
from storage.settling import Settled
from storage.states import BlogState
from storage.subscriptions import Subscription

CHATS_AT_ONCE = 1000  # that an export reads


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
        self._db = Connections(path)

    def claim_sole_use(self) -> None:
        """Be the one relay on this database, until the process ends in whatever way."""
        with told(self.path):
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
        await self._db.close()
        if self._lock is not None:
            self._lock.close()

    # --- blogs and publishing

    async def memory(self, blog: str, url: str, keys: Collection[str] | None = None) -> tuple[Memory, Validators]:
        """What a diff of this page needs; of all the blog's posts, unless `keys` says of which."""
        return await self._db.read(blogs.memory, blog, url, keys)

    async def page(self, blog: str, url: str) -> tuple[PageMemory | None, Validators]:
        return await self._db.read(blogs.page, blog, url)

    async def pages(self, blog: str) -> list[KnownPage]:
        return await self._db.read(blogs.pages, blog)

    async def publish(self, publishing: Publishing) -> list[int]:
        return await self._db.write(blogs.publish, publishing)

    async def expand(self, now: float) -> bool:
        """Take one chunk of the most urgent publication that is due. False: there is none."""
        return await self._db.write_often(expansion.advance, now)

    async def polled(self, blog: str, now: float, error: str | None) -> int:
        return await self._db.write(states.polled, blog, now, error)

    async def alarm(self, blog: str, text: str | None) -> None:
        await self._db.write(states.alarm, blog, text)

    async def in_file(self, ids: Sequence[tuple[str, str | None, str | None]], now: float) -> None:
        await self._db.write(states.in_file, ids, now)

    async def blogs(self, *, counted: bool = False) -> list[BlogState]:
        """The blogs in the file; `counted`: with how many posts and subscriptions, which may take a second."""
        return await (self._db.count(states.counted) if counted else self._db.read(states.states))

    async def blog(self, id_: str) -> BlogState | None:
        """One blog, without counts."""
        return await self._db.read(states.state, id_)

    async def titles(self) -> dict[str, str]:
        return await self._db.read(states.titles)

    async def hold(self, blog: str | None, now: float) -> None:
        """Stop the relaying of a blog, or of all."""
        await self._db.write(states.hold, blog, now)

    async def release(self, blog: str | None, now: float) -> None:
        await self._db.write(states.release, blog, now)

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
        without: Collection[Lane] = (),
    ) -> Found:
        """At most `limit` actions, the most urgent first, one per chat, none for the `busy` (Telegram's ids), none
        looked for in the lanes `without`.

        What came of earlier ones is written in the same transaction, before anything is claimed.
        """
        turn = partial(
            _turn, due=self._due, bot=bot, now=now, limit=limit, busy=busy, on_withdrawal=on_withdrawal, without=without
        )
        found: Found = await self._writes(settled)(turn, settled)
        with contextlib.suppress(StoreError):  # what was settled is written; who asks again is told
            while found.again is Again.AT_ONCE and not found.claims:  # in turns: others can do theirs between
                await asyncio.sleep(0)
                found = await self._db.write_little(turn, ())
        return found

    async def settle(self, settled: Sequence[Settled], now: float) -> None:
        await self._writes(settled)(settling.settle, settled, now)

    def _writes(self, settled: Sequence[Settled]) -> Callable[..., Coroutine[Any, Any, Any]]:
        """On the event loop, but for two chats that are found to be one: that takes a look at every post."""
        moves = any(isinstance(made.chat, Moved) for _, made in settled)
        return self._db.write_often if moves else self._db.write_little

    async def release_claims(self, claims: Sequence[Claim]) -> None:
        await self._db.write(waiting.release_claims, claims)

    async def recover(self, bot: str, ambiguous: str, now: float) -> int:
        return await self._db.write(waiting.recover, bot, ambiguous, now)

    async def next_due(self, bot: str, now: float) -> float | None:
        """The instant at which something that waits for its time becomes due; None: nothing waits for a time."""
        dues = (await self._db.read(waiting.next_due, bot, now), await self._db.read(expansion.next_due, now))
        return min((due for due in dues if due is not None), default=None)

    async def queue(self, bot: str) -> dict[Lane, int]:
        return await self._db.count(waiting.queue, bot)

    async def recent_sends(self, since: float) -> list[tuple[int, str, float]]:
        return await self._db.count(waiting.recent_sends, since)

    # --- chats

    async def meet(
        self, *, bot: str, telegram_id: int, kind: str, title: str | None, language: str | None, now: float
    ) -> Chat:
        return await self._db.write(
            chats.meet, bot=bot, telegram_id=telegram_id, kind=kind, title=title, language=language, now=now
        )

    async def chat(self, bot: str, telegram_id: int) -> Chat | None:
        return await self._db.read(chats.find, bot, telegram_id)

    async def close_chat(self, chat: int, why: str, now: float) -> None:
        await self._db.write(chats.close, chat, why, now)

    async def reopen_chat(self, chat: int) -> None:
        await self._db.write(chats.reopen, chat)

    async def close_thread(self, chat: int, thread: int) -> None:
        await self._db.write(chats.close_thread, chat, thread)

    async def move_chat(self, bot: str, chat: int, to: int) -> None:
        await self._db.write(chats.move, bot, chat, to)

    async def forget(self, chat: int) -> None:
        await self._db.write(chats.forget, chat)

    async def subscribe(
        self, *, chat: int, thread: int, blog: str, topics: Sequence[str], now: float
    ) -> Subscription | None:
        return await self._db.write(
            subscriptions.subscribe, chat=chat, thread=thread, blog=blog, topics=topics, now=now
        )

    async def unsubscribe(self, *, chat: int, thread: int, blog: str | None) -> list[Subscription]:
        return await self._db.write(subscriptions.unsubscribe, chat=chat, thread=thread, blog=blog)

    async def subscriptions(self, chat: int, thread: int) -> list[Subscription]:
        return await self._db.read(subscriptions.subscriptions, chat, thread)

    async def every_subscription(self) -> AsyncIterator[list[Subscription]]:
        """Those of open chats, a few at a time: they may be millions."""
        after: subscriptions.Place | None = subscriptions.FROM_THE_FIRST
        while after is not None:
            rows, after = await self._db.count(subscriptions.subscriptions_after, after, CHATS_AT_ONCE)
            yield rows

    async def take_in(self, bot: str, rows: Sequence[Subscription], now: float) -> int:
        return await self._db.write(subscriptions.take_in, bot, rows, now)

    async def audience(self, audience: Audience) -> int:
        return await self._db.count(subscriptions.audience, audience.blog, audience.topics)

    # --- posts

    async def latest(self, *, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._db.read(posts.latest, blogs=blogs, now=now, limit=limit)

    async def of_topic(self, *, topic: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._db.read(posts.of_topic, topic=topic, blogs=blogs, now=now, limit=limit)

    async def topics(self, *, blogs: Sequence[str], now: float, since: float = 0.0) -> dict[str, int]:
        return await self._db.count(posts.topics, blogs=blogs, now=now, since=since)

    async def search(self, *, words: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
        return await self._db.count(posts.search, words=words, blogs=blogs, now=now, limit=limit)

    async def post(self, number: int) -> Relayed | None:
        return await self._db.read(posts.post, number)

    # --- editors

    async def draft(self, *, author: int, text: PushText, now: float) -> int:
        return await self._db.write(pushes.draft, author=author, text=text, now=now)

    async def push_shown_at(self, post: int, chat: int, message: int) -> None:
        await self._db.write(pushes.shown_at, post, chat, message)

    async def push(self, post: int) -> Push | None:
        return await self._db.read(pushes.find, post)

    async def send_push(self, post: int, *, audience: Audience, silent: bool, now: float) -> bool:
        return await self._db.write(pushes.send, post, audience=audience, silent=silent, now=now)

    async def cancel_push(self, post: int) -> bool:
        return await self._db.write(pushes.cancel, post)

    async def progress(self, bot: str, post: int) -> Progress:
        return await self._db.count(pushes.progress, bot, post)

    async def pushes_under_way(self, bot: str, since: float) -> list[Push]:
        return await self._db.read(pushes.under_way, bot, since)

    # --- retention

    async def prune(self, before: float) -> AsyncIterator[Pruned]:
        """Forget what is older, chunk by chunk: what each took away. It may be left off anywhere."""
        async for chunk in self._sweep():
            yield chunk
        for blog in await self._db.count(pruning.slept_out, before):
            while (went := await self._db.write(pruning.forget_blog, blog, before)) is not None:
                yield went
                async for chunk in self._sweep():
                    yield chunk
        while posts := await self._db.count(pruning.old_posts, before):
            for post in posts:
                yield await self._db.write(pruning.let_go, post, before)
                async for chunk in self._sweep():
                    yield chunk
        async for chunk in self._prune_the_rest(before):
            yield chunk

    async def _sweep(self) -> AsyncIterator[Pruned]:
        while (swept := await self._db.write(pruning.sweep)) is not None:
            yield swept

    async def _prune_the_rest(self, before: float) -> AsyncIterator[Pruned]:
        while changes := await self._db.count(pruning.old_changes, before):
            yield await self._db.write(pruning.forget_changes, changes)
        while texts := await self._db.count(pruning.old_texts, before):
            yield await self._db.write(pruning.empty_texts, texts)
        while left := await self._db.count(pruning.left_chats, before):
            yield await self._db.write(pruning.forget_chats, left, before)
        while await self._db.write(pruning.shrink):
            yield Pruned()

    async def forget_pages(self, blog: str, in_use: Collection[str], before: float) -> Pruned:
        """Of a blog's pages accepted before then, all but these."""
        return await self._db.write(pruning.forget_pages, blog, in_use, before)

    # --- leases at hubs (WebSub)

    async def leases(self) -> list[Lease]:
        return await self._db.read(leases.every)

    async def lease(self, callback: str) -> Lease | None:
        return await self._db.read(leases.find, callback)

    async def begin_lease(self, lease: Lease) -> None:
        await self._db.write(leases.begin, lease)

    async def asked_for_lease(self, callback: str, next_at: float) -> None:
        await self._db.write(leases.asked, callback, next_at)

    async def grant_lease(self, callback: str, until: float, next_at: float) -> None:
        await self._db.write(leases.grant, callback, until, next_at)

    async def deny_lease(self, callback: str, next_at: float) -> None:
        await self._db.write(leases.deny, callback, next_at)

    async def leave_lease(self, callback: str, now: float) -> None:
        await self._db.write(leases.leave, callback, now)

    async def drop_lease(self, callback: str) -> None:
        await self._db.write(leases.drop, callback)

    # --- notes: small things that outlive the process

    async def note(self, name: str) -> str | None:
        return await self._db.read(notes.read, name)

    async def keep_note(self, name: str, text: str | None) -> None:
        await self._db.write(notes.keep, name, text)


def _turn(db: sqlite3.Connection, /, settled: Sequence[Settled], due: Due, *, now: float, **about: Any) -> Found:
    settling.settle(db, settled, now)
    return claims.claim(db, due, now=now, **about)
