"""Posts that become key events after they were published: news to whoever follows those alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bot.core.model import Lane, Post
from storage import expansion
from storage.rows import to_json
from storage.spoken import Connection, Row


def is_key(post: Post) -> bool:
    return post.pinned or post.key_event


def is_gained(post: Post, before: Row) -> bool:
    """Whether an edit makes it a key event."""
    return is_key(post) and not (before["pinned"] or before["key_event"])


def tell(db: Connection, post: int, about: dict[str, Any]) -> None:
    """To followers of key events that lack it. `about`: its audience, as columns of `publication`."""
    expansion.begin(db, about | {"post": post, "kind": "key", "lane": Lane.LIVE})


# Few posts of a page are marked, and of those all but the new ones are known as such.
_MARKED = """
SELECT p.*, q.begun_at FROM json_each(:keys) j CROSS JOIN post p ON p.blog = :blog AND p.key = coalesce(
  (SELECT a.key FROM alias a WHERE a.blog = :blog AND a.alias = j.value), j.value)
LEFT JOIN publication q ON q.id = (SELECT max(id) FROM publication WHERE post = p.id AND kind = 'new')
WHERE p.withdrawn_at IS NULL AND NOT (p.pinned OR p.key_event)
"""


def mark(db: Connection, blog: str, keys: Collection[str], now: float, *, quiet: bool = False) -> list[int]:
    """Posts that the page marks, with no word of them changed. Returns those that somebody hears of.

    One of the baseline is marked and told to nobody, and so is what is `quiet`; one that nobody was told of yet goes
    out as what it is then.
    """
    if not keys:
        return []
    told = []
    for row in db.execute(_MARKED, {"blog": blog, "keys": to_json(list(keys))}).fetchall():
        db.execute("UPDATE post SET key_event = TRUE WHERE id = ?", (row["id"],))
        if row["begun_at"] is not None and not quiet:
            tell(db, row["id"], {"blog": blog, "created_at": now, "not_before": now})
            told.append(row["id"])
    return told
