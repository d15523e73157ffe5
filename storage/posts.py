"""Posts for people who ask: newest, by topic, by words. What is held back or withdrawn is in none of these lists."""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from sqlite3 import Connection, Row

from bot.core.model import Relayed
from storage.rows import relayed, to_json, unspaced

_PUBLIC = "p.public_at <= :now AND p.withdrawn_at IS NULL"
_AT = "coalesce(p.published_at, p.first_seen_at)"
_NEWEST = f"ORDER BY {_AT} DESC, p.first_seen_at DESC, p.id DESC LIMIT :limit"

# Scripts that put no spaces between words: there a word is found anywhere, not at the beginnings of words alone.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
MOST_WORDS = 12
LEAST_BEGINNING = 2  # letters; what begins with a single one is a good part of all there is


def latest(db: Connection, *, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
    """The newest posts of these blogs, newest first: by publication, then by first sight."""
    return _newest(db, blogs, "true", {"now": now}, limit)


def of_topic(db: Connection, *, topic: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
    return _newest(db, blogs, "instr(p.topics, ' ' || :topic || ' ')", {"now": now, "topic": topic}, limit)


def _newest(db: Connection, blogs: Sequence[str], which: str, bound: dict[str, object], limit: int) -> list[Relayed]:
    """The newest of each blog are the first in an index; the newest of all are among those."""
    found: list[Row] = []
    for blog in _in_file(db, blogs):
        found += db.execute(
            f"""SELECT p.id, {_AT} AS at, p.first_seen_at FROM post p
            WHERE p.blog = :blog AND {_PUBLIC} AND {which} {_NEWEST}""",
            bound | {"blog": blog, "limit": limit},
        )
    newest = heapq.nlargest(limit, found, key=lambda row: (row["at"], row["first_seen_at"], row["id"]))
    return _posts(db, (row["id"] for row in newest))


def _in_file(db: Connection, blogs: Sequence[str]) -> list[str]:
    rows = db.execute(
        "SELECT id FROM blog WHERE removed_at IS NULL AND id IN (SELECT value FROM json_each(?))",
        (to_json(list(blogs)),),
    )
    return [row["id"] for row in rows]


def _posts(db: Connection, numbers: Iterable[int]) -> list[Relayed]:
    return [found for number in numbers if (found := post(db, number)) is not None]


def topics(db: Connection, *, blogs: Sequence[str], now: float, since: float = 0.0) -> dict[str, int]:
    """How many public posts each topic has, the most used first; `since` counts only posts seen after it."""
    counted: Counter[str] = Counter()
    for blog in _in_file(db, blogs):
        rows = db.execute(
            f"""SELECT p.topics, count(*) AS posts FROM post p INDEXED BY post_newest
            WHERE p.blog = :blog AND {_PUBLIC} AND p.first_seen_at >= :since GROUP BY p.topics""",
            {"blog": blog, "now": now, "since": since},
        )
        for row in rows:  # few: posts of the same topics are one row
            counted.update(dict.fromkeys(unspaced(row["topics"]), row["posts"]))
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def search(db: Connection, *, words: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
    """Full text: every word must occur, the last one may be a beginning. Best first, as far as that can be told."""
    asked = words_of(words)[:MOST_WORDS]
    if not asked:
        return []
    anywhere = [word for word in asked if _UNSPACED.search(word)]
    match = _match([word for word in asked if word not in anywhere])
    inside = "".join(f" AND (instr(p.title, :w{at}) OR instr(p.text, :w{at}))" for at in range(len(anywhere)))
    bound = {"match": match, "blogs": to_json(_in_file(db, blogs)), "now": now, "limit": limit}
    rows = db.execute(
        f"""SELECT p.id {_MATCHING if match else _ALL} AND p.blog IN (SELECT value FROM json_each(:blogs))
        AND {_PUBLIC}{inside} {_BEST if match else _NEWEST}""",
        bound | {f"w{at}": word for at, word in enumerate(anywhere)},
    )
    return _posts(db, [row["id"] for row in rows])


_MATCHING = "FROM post_fts f JOIN post p ON p.id = f.rowid WHERE post_fts MATCH :match"
_ALL = "FROM post p WHERE true"
_BEST = "ORDER BY bm25(post_fts, 4.0, 1.0), p.id DESC LIMIT :limit"


def words_of(typed: str) -> list[str]:
    """What a person typed, without all that is neither letter, mark nor number: nothing of it can be an operator."""
    return "".join(one if unicodedata.category(one)[0] in "LMN" else " " for one in typed).split()


def _match(words: Sequence[str]) -> str:
    """An FTS5 query. Quoted, as AND, OR, NOT and NEAR are words here: https://sqlite.org/fts5.html#fts5_strings"""
    return " ".join(f'"{word}"' for word in words) + ("*" if words and len(words[-1]) >= LEAST_BEGINNING else "")


def post(db: Connection, number: int) -> Relayed | None:
    row = db.execute("SELECT * FROM post WHERE id = ?", (number,)).fetchone()
    return relayed(row) if row else None
