"""Who did what, when, to how many: written in the transaction of the act itself, and kept when its post is gone."""

from __future__ import annotations

from dataclasses import dataclass

from storage.rows import insert
from storage.spoken import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that somebody did. `person` is a Telegram user id, None for the relay itself or its command line."""

    at: float
    act: str  # "push", "cancel", "pause", "resume", "correct", "recall", "withdraw", "restore", "hold", "release", …
    person: int | None = None
    post: int | None = None
    blog: str | None = None
    chats: int | None = None
    words: str = ""  # why, or what was changed


def note(db: Connection, act: Act) -> int:
    """Returns the number under which it stands."""
    return insert(db, "audit", {name: getattr(act, name) for name in Act.__slots__})


def of_post(db: Connection, post: int) -> list[Act]:
    """What was done about a post, oldest first."""
    return [_act(row) for row in db.execute("SELECT * FROM audit WHERE post = ? ORDER BY id", (post,))]


def after(db: Connection, number: int, limit: int) -> tuple[list[Act], int | None]:
    """The next ones in their order, and the number to go on from; None at the end."""
    rows = db.execute("SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?", (number, limit)).fetchall()
    return [_act(row) for row in rows], rows[-1]["id"] if rows else None


def _act(row: Row) -> Act:
    return Act(**{name: row[name] for name in Act.__slots__})
