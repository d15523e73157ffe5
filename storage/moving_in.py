"""Subscriptions that move in from another bot: very many at once, beside a relay that runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from bot.core.model import Volume
from storage import cards, subscriptions
from storage.rows import insert
from storage.spoken import Connection
from storage.subscriptions import Subscription

GENERAL = 1  # the number of the topic that is spoken to without one: https://core.telegram.org/api/forum
_CHANNELS = -1_000_000_000_000  # https://core.telegram.org/api/bots/ids


def take_in(db: Connection, bot: str, rows: Iterable[Subscription], now: float, *, only_new: bool = False) -> int:
    """From another bot. Importing the same rows twice changes nothing. Returns how many were new.

    `only_new`: what a thread follows already stays as its people chose it, for that bot knew less of it.
    """
    return sum(_is_new(db, bot, one, now, only_new=only_new) for one in rows)


def _is_new(db: Connection, bot: str, one: Subscription, now: float, *, only_new: bool) -> bool:
    chat = _chat(db, bot, one.telegram_id)
    if chat is None:
        _meet(db, bot, one, now)
        return True
    before = subscriptions.subscription(db, chat, _thread(one), one.blog)
    if before is None or not (only_new or _says_the_same(before, one)):
        _follow(db, chat, one, now)
    if before is None and not one.sound:
        _silence(db, chat, one)
    return before is None


def _chat(db: Connection, bot: str, telegram_id: int) -> int | None:
    row = db.execute("SELECT id FROM chat WHERE bot = ? AND telegram_id = ?", (bot, telegram_id)).fetchone()
    return None if row is None else int(row["id"])


def _says_the_same(before: Subscription, one: Subscription) -> bool:
    """Most of what is imported again: then nothing is written, and a relay that runs waits for nobody."""
    return before.wish == one.wish and before.volume is one.volume and one.language in (None, before.language)


def _meet(db: Connection, bot: str, one: Subscription, now: float) -> None:
    """A chat of which nothing was known: nothing can wait for it, or stand in it."""
    columns = {"bot": bot, "telegram_id": one.telegram_id, "kind": _kind(one.telegram_id), "created_at": now}
    chat = insert(db, "chat", columns)
    place = {"chat": chat, "thread": _thread(one), "blog": one.blog}
    about = {"volume": one.volume.value, "language": one.language}
    subscriptions.put(db, **place, wish=one.wish, now=now, **about)  # type: ignore[arg-type]
    if not one.sound:
        _silence(db, chat, one)
    if one.volume is Volume.CARD:
        cards.follow(db, **place)  # type: ignore[arg-type]


def _follow(db: Connection, chat: int, one: Subscription, now: float) -> None:
    subscriptions.subscribe(
        db,
        chat=chat,
        thread=_thread(one),
        blog=one.blog,
        topics=one.topics,
        words=one.words,
        without=one.without,
        now=now,
        volume=one.volume.value,
        language=one.language,
    )


def _silence(db: Connection, chat: int, one: Subscription) -> None:
    where = (one.blog, chat, _thread(one))
    db.execute("UPDATE subscription SET sound = FALSE WHERE blog = ? AND chat = ? AND thread = ?", where)


def lacking(db: Connection, bot: str, rows: Iterable[Subscription]) -> int:
    """How many of these would be new."""
    return sum(not _follows(db, bot, one) for one in rows)


def _follows(db: Connection, bot: str, one: Subscription) -> bool:
    chat = _chat(db, bot, one.telegram_id)
    return chat is not None and subscriptions.subscription(db, chat, _thread(one), one.blog) is not None


def _thread(one: Subscription) -> int:
    return 0 if one.thread == GENERAL else one.thread


def _kind(telegram_id: int) -> str:
    """What a bare Telegram id tells of its chat: people are positive, supergroups and channels lie far below zero."""
    if telegram_id > 0:
        return "private"
    return "supergroup" if telegram_id < _CHANNELS else "group"


class Seen:
    """The places that a file named so far, on the disk: there may be more than fit into the memory."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE seen (chat, thread, blog, PRIMARY KEY (chat, thread, blog)) WITHOUT ROWID")

    def fresh(self, rows: Iterable[Subscription]) -> Sequence[Subscription]:
        """Those that it had not named before."""
        return [one for one in rows if self._is_fresh(one)]

    def _is_fresh(self, one: Subscription) -> bool:
        place = (one.telegram_id, _thread(one), one.blog)
        return self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", place).rowcount > 0

    def close(self) -> None:
        self._db.close()
