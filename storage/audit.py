"""Who did what, when, to how many: written in the transaction of the act itself, and kept when its post is gone."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection


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


def note(db: Connection, act: Act) -> None:
    columns = Act.__slots__
    db.execute(
        f"INSERT INTO audit ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})",
        {name: getattr(act, name) for name in columns},
    )
