"""Editors' own posts: a draft that only its author may send, then a publication like any other."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from bot.core.model import Lane, Relayed
from bot.core.publishing import Audience, PushText
from storage import expansion
from storage.rows import entities_json, relayed, spaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """An editor's post with its state: "draft", "sent" or "cancelled"."""

    post: Relayed
    author: int
    state: str
    preview_chat: int | None = None
    preview_message: int | None = None
    sent_at: float | None = None


def draft(db: Connection, *, author: int, text: PushText, now: float) -> int:
    """Keep what an editor wrote; nobody hears of it. Returns the post's number."""
    copied_chat, copied_message = text.copied or (None, None)
    post = db.execute(
        """INSERT INTO post (key, text, entities, photo, copied_chat, copied_message, first_seen_at)
        VALUES ('push:' || hex(randomblob(8)), ?, ?, ?, ?, ?, ?)""",
        (text.text, entities_json(text.entities), text.photo, copied_chat, copied_message, now),
    ).lastrowid
    db.execute("INSERT INTO push (post, author, created_at) VALUES (?, ?, ?)", (post, author, now))
    return post or 0


def shown_at(db: Connection, post: int, chat: int, message: int) -> None:
    """Where the preview stands (Telegram's ids), so that progress can be shown in it, also after a restart."""
    db.execute("UPDATE push SET preview_chat = ?, preview_message = ? WHERE post = ?", (chat, message, post))


def find(db: Connection, post: int) -> Push | None:
    row = db.execute("SELECT * FROM push WHERE post = ?", (post,)).fetchone()
    return _push(db, row) if row else None


def _push(db: Connection, row: Any) -> Push:
    post = db.execute("SELECT * FROM post WHERE id = ?", (row["post"],)).fetchone()
    names = ("author", "state", "preview_chat", "preview_message", "sent_at")
    return Push(post=relayed(post), **{name: row[name] for name in names})


def send(
    db: Connection, post: int, *, audience: Audience, silent: bool, now: float, lane: Lane = Lane.BREAKING
) -> bool:
    """From draft to publication, once: False where it was sent or cancelled already."""
    changed = db.execute(
        "UPDATE push SET state = 'sent', sent_at = ?, silent = ? WHERE post = ? AND state = 'draft'",
        (now, silent, post),
    )
    if changed.rowcount == 0:
        return False
    expansion.begin(
        db,
        {
            "post": post,
            "kind": "new",
            "lane": lane,
            "blog": audience.blog,
            "topics": spaced(audience.topics),
            "silent": silent,
            "created_at": now,
            "not_before": now,
        },
    )
    return True


def cancel(db: Connection, post: int) -> bool:
    """Drop a draft: False where it was sent or cancelled already."""
    return db.execute("UPDATE push SET state = 'cancelled' WHERE post = ? AND state = 'draft'", (post,)).rowcount == 1
