"""Posts for people who ask: newest, by topic, by words. What is held back or withdrawn is in none of these lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from sqlite3 import Connection

from bot.core.model import Relayed
from storage.rows import relayed, to_json, unspaced

_PUBLIC = "p.blog IS NOT NULL AND p.public_at <= :now AND p.withdrawn_at IS NULL AND b.removed_at IS NULL"
_NEWEST = "ORDER BY coalesce(p.published_at, p.first_seen_at) DESC, p.first_seen_at DESC, p.id DESC LIMIT :limit"
_FROM = "SELECT p.* FROM post p JOIN blog b ON b.id = p.blog"


def latest(db: Connection, *, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
    """The newest posts of these blogs, newest first: by publication, then by first sight."""
    rows = db.execute(
        f"{_FROM} WHERE p.blog IN (SELECT value FROM json_each(:blogs)) AND {_PUBLIC} {_NEWEST}",
        {"blogs": to_json(list(blogs)), "now": now, "limit": limit},
    )
    return [relayed(row) for row in rows]


def of_topic(db: Connection, *, topic: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
    rows = db.execute(
        f"""{_FROM} WHERE p.blog IN (SELECT value FROM json_each(:blogs)) AND {_PUBLIC}
        AND instr(p.topics, ' ' || :topic || ' ') {_NEWEST}""",
        {"blogs": to_json(list(blogs)), "topic": topic, "now": now, "limit": limit},
    )
    return [relayed(row) for row in rows]


def topics(db: Connection, *, blogs: Sequence[str], now: float, since: float = 0.0) -> dict[str, int]:
    """How many public posts each topic has, the most used first; `since` counts only posts seen after it."""
    rows = db.execute(
        f"""SELECT p.topics FROM post p JOIN blog b ON b.id = p.blog
        WHERE p.blog IN (SELECT value FROM json_each(:blogs)) AND {_PUBLIC} AND p.first_seen_at >= :since""",
        {"blogs": to_json(list(blogs)), "now": now, "since": since},
    )
    return dict(Counter(topic for row in rows for topic in unspaced(row["topics"])).most_common())


def search(db: Connection, *, words: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
    """Full text: every word must occur, the last one may be a beginning. Best first."""
    asked = match_of(words)
    if not asked:
        return []
    rows = db.execute(
        f"""SELECT p.* FROM post_fts f JOIN post p ON p.id = f.rowid JOIN blog b ON b.id = p.blog
        WHERE post_fts MATCH :match AND p.blog IN (SELECT value FROM json_each(:blogs)) AND {_PUBLIC}
        ORDER BY bm25(post_fts, 4.0, 1.0), p.id DESC LIMIT :limit""",
        {"match": asked, "blogs": to_json(list(blogs)), "now": now, "limit": limit},
    )
    return [relayed(row) for row in rows]


def match_of(words: str) -> str:
    """What a person typed as an FTS5 query: each word quoted, so that nothing of it is an operator."""
    found = re.findall(r"\w+", words)[:12]
    return " ".join(f'"{word}"' for word in found) + ("*" if found else "")


def post(db: Connection, number: int) -> Relayed | None:
    row = db.execute("SELECT * FROM post WHERE id = ?", (number,)).fetchone()
    return relayed(row) if row else None
