"""Chats and their subscriptions. A chat's number is ours; Telegram's id is an attribute of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

from bot.core.model import Volume
from storage.rows import spaced, to_json, unspaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat as we know it."""

    id: int
    bot: str
    telegram_id: int
    kind: str
    title: str | None = None
    language: str | None = None
    open: bool = True
    closed_why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A wish to hear of a blog in one chat and thread (0: none). No topics: the whole blog."""

    blog: str
    telegram_id: int
    thread: int = 0
    topics: tuple[str, ...] = ()
    volume: Volume = Volume.EVERYTHING
    language: str | None = None


def meet(
    db: Connection, *, bot: str, telegram_id: int, kind: str, title: str | None, language: str | None, now: float
) -> Chat:
    """The chat with this Telegram id, made or brought up to date. One that was closed opens: it spoke to us."""
    row = _find(db, bot, telegram_id)
    if row is None:
        db.execute(
            "INSERT INTO chat (bot, telegram_id, kind, title, language, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (bot, telegram_id, kind, title, language, now),
        )
    elif (row["kind"], row["title"], row["language"]) != (kind, title, language or row["language"]):
        db.execute(
            "UPDATE chat SET kind = ?, title = ?, language = coalesce(?, language) WHERE id = ?",
            (kind, title, language, row["id"]),
        )
    if row is not None and not row["open"]:
        reopen(db, row["id"])
    return _chat(_find(db, bot, telegram_id))


def find(db: Connection, bot: str, telegram_id: int) -> Chat | None:
    row = _find(db, bot, telegram_id)
    return _chat(row) if row else None


def _find(db: Connection, bot: str, telegram_id: int) -> Any:
    return db.execute("SELECT * FROM chat WHERE bot = ? AND telegram_id = ?", (bot, telegram_id)).fetchone()


def _chat(row: Row) -> Chat:
    return Chat(**{name: row[name] for name in Chat.__slots__} | {"open": bool(row["open"])})


def close(db: Connection, chat: int, why: str, now: float) -> None:
    """Nobody there: nothing waits for it any more. Its subscriptions stay, for the day it comes back."""
    db.execute(
        "UPDATE chat SET open = 0, closed_at = coalesce(closed_at, ?), closed_why = ? WHERE id = ?", (now, why, chat)
    )
    db.execute(
        """UPDATE delivery INDEXED BY delivery_waiting SET aside = 'closed', sending = NULL
        WHERE chat = ? AND sent <> wanted""",
        (chat,),
    )


def reopen(db: Connection, chat: int) -> None:
    """What it has on screen becomes true again; what it missed while closed is not sent after it."""
    db.execute("UPDATE chat SET open = 1, closed_at = NULL, closed_why = NULL, not_before = 0 WHERE id = ?", (chat,))
    db.execute(
        "DELETE FROM delivery INDEXED BY delivery_waiting WHERE chat = ? AND sent <> wanted AND sent = 0", (chat,)
    )
    db.execute(
        """UPDATE delivery INDEXED BY delivery_waiting SET aside = NULL, attempts = 0, not_before = 0
        WHERE chat = ? AND sent <> wanted AND aside = 'closed'""",
        (chat,),
    )


def close_thread(db: Connection, chat: int, thread: int) -> None:
    """A closed or deleted forum topic ends its own subscriptions, not the group's."""
    db.execute("DELETE FROM subscription WHERE chat = ? AND thread = ?", (chat, thread))
    db.execute(
        """UPDATE delivery INDEXED BY delivery_waiting SET aside = 'closed', sending = NULL
        WHERE chat = ? AND thread = ? AND sent <> wanted""",
        (chat, thread),
    )


def move(db: Connection, bot: str, chat: int, to: int) -> None:
    """A group became a supergroup: one update. Its old message ids are dead, so nothing there follows edits."""
    already = _find(db, bot, to)
    if already is not None and already["id"] == chat:
        return
    if already is not None:  # the supergroup spoke before we heard of the move
        db.execute("UPDATE OR IGNORE subscription SET chat = ? WHERE chat = ?", (chat, already["id"]))
        db.execute("UPDATE OR IGNORE delivery SET chat = ? WHERE chat = ?", (chat, already["id"]))
        forget(db, already["id"])
    db.execute("DELETE FROM shown WHERE message IN (SELECT id FROM message WHERE chat = ?)", (chat,))
    db.execute("DELETE FROM message WHERE chat = ?", (chat,))
    db.execute("UPDATE chat SET telegram_id = ?, kind = 'supergroup', not_before = 0 WHERE id = ?", (to, chat))


def forget(db: Connection, chat: int) -> None:
    """Everything we know of a chat."""
    db.execute("DELETE FROM shown WHERE message IN (SELECT id FROM message WHERE chat = ?)", (chat,))
    for table in ("message", "subscription", "delivery"):
        db.execute(f"DELETE FROM {table} WHERE chat = ?", (chat,))
    db.execute("DELETE FROM chat WHERE id = ?", (chat,))


def subscribe(
    db: Connection,
    *,
    chat: int,
    thread: int,
    blog: str,
    topics: Sequence[str],
    now: float,
    volume: str | None = None,
    language: str | None = None,
) -> Subscription | None:
    """Set what a thread follows of a blog. Returns the subscription it had before, None where it had none."""
    before = _subscription(db, chat, thread, blog)
    db.execute(
        """INSERT INTO subscription (blog, chat, thread, topics, volume, language, created_at)
        VALUES (:blog, :chat, :thread, :topics, coalesce(:volume, 'everything'), :language, :now)
        ON CONFLICT (blog, chat, thread) DO UPDATE SET topics = :topics, volume = coalesce(:volume, volume),
        language = coalesce(:language, language)""",
        {
            "blog": blog,
            "chat": chat,
            "thread": thread,
            "topics": spaced(topics),
            "volume": volume,
            "language": language,
            "now": now,
        },
    )
    return before


def unsubscribe(db: Connection, *, chat: int, thread: int, blog: str | None) -> list[Subscription]:
    """End a thread's subscription of a blog (None: of all). What was not sent yet is dropped; what was sent follows."""
    ended = [one for one in subscriptions(db, chat, thread) if blog in (None, one.blog)]
    for one in ended:
        db.execute("DELETE FROM subscription WHERE blog = ? AND chat = ? AND thread = ?", (one.blog, chat, thread))
        db.execute(
            """DELETE FROM delivery INDEXED BY delivery_waiting WHERE chat = ? AND thread = ? AND sent <> wanted
            AND sent = 0 AND sending IS NULL AND post IN (SELECT id FROM post WHERE blog = ?)""",
            (chat, thread, one.blog),
        )
    return ended


def _subscription(db: Connection, chat: int, thread: int, blog: str) -> Subscription | None:
    return next((one for one in subscriptions(db, chat, thread) if one.blog == blog), None)


def subscriptions(db: Connection, chat: int, thread: int) -> list[Subscription]:
    rows = db.execute(
        """SELECT s.*, c.telegram_id FROM subscription s JOIN chat c ON c.id = s.chat
        WHERE s.chat = ? AND s.thread = ? ORDER BY s.created_at""",
        (chat, thread),
    )
    return [_value(row) for row in rows]


def every_subscription(db: Connection) -> list[Subscription]:
    """For an export: open chats, in a stable order."""
    rows = db.execute(
        """SELECT s.*, c.telegram_id FROM subscription s JOIN chat c ON c.id = s.chat AND c.open
        ORDER BY c.telegram_id, s.thread, s.blog"""
    )
    return [_value(row) for row in rows]


def take_in(db: Connection, bot: str, rows: Iterable[Subscription], now: float) -> int:
    """From another bot. Importing the same rows twice changes nothing. Returns how many were new."""
    new = 0
    for one in rows:
        chat = find(db, bot, one.telegram_id) or meet(
            db, bot=bot, telegram_id=one.telegram_id, kind=_kind(one.telegram_id), title=None, language=None, now=now
        )
        new += (
            subscribe(
                db,
                chat=chat.id,
                thread=one.thread,
                blog=one.blog,
                topics=one.topics,
                now=now,
                volume=one.volume.value,
                language=one.language,
            )
            is None
        )
    return new


def _kind(telegram_id: int) -> str:
    """What a bare Telegram id tells of its chat: people are positive, supergroups and channels begin with -100."""
    if telegram_id > 0:
        return "private"
    return "supergroup" if str(telegram_id).startswith("-100") else "group"


def _value(row: Row) -> Subscription:
    return Subscription(
        blog=row["blog"],
        telegram_id=row["telegram_id"],
        thread=row["thread"],
        topics=unspaced(row["topics"]),
        volume=Volume(row["volume"]),
        language=row["language"],
    )


def audience(db: Connection, blog: str | None, topics: Sequence[str]) -> int:
    """How many open chats a push would reach now: each once, whatever it subscribes to."""
    row = db.execute(
        """SELECT count(DISTINCT s.chat) FROM subscription s JOIN chat c ON c.id = s.chat AND c.open
        WHERE (:blog IS NULL OR s.blog = :blog) AND (:any OR s.topics = ' ' OR EXISTS
        (SELECT 1 FROM json_each(:topics) t WHERE instr(s.topics, ' ' || t.value || ' ')))""",
        {"blog": blog, "any": not topics, "topics": to_json(list(topics))},
    ).fetchone()
    return int(row[0])
