"""How a post that was taken down comes back: to the chats that show its withdrawal, and as news to the others."""

from __future__ import annotations

from typing import Any

from bot.core.model import Lane
from storage import expansion
from storage.spoken import Connection


def told(db: Connection, post: int) -> Any:
    """The publication by which people heard of the post, or will; None for baseline and backfill.

    One that has not begun will find whoever follows the topics that the post has by then.
    """
    return db.execute(
        "SELECT * FROM publication WHERE post = ? AND kind = 'new' ORDER BY id DESC LIMIT 1", (post,)
    ).fetchone()


def bring_back(
    db: Connection, post: int, blog: str, *, public_at: float | None, now: float, only_changes: bool = False
) -> None:
    """Not before its first time, which is `public_at`. `only_changes`: not to those who lack it."""
    expansion.cancel(db, post, now)
    audience = {"post": post, "lane": Lane.LIVE, "blog": blog, "created_at": now}
    expansion.begin(db, audience | {"kind": "change", "not_before": now})
    if told(db, post) is not None and not only_changes:
        expansion.begin(db, audience | {"kind": "new", "not_before": max(now, public_at or 0.0)})
