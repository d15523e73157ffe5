"""Posts for people who ask: newest, by topic, by words. What is held back or withdrawn is in none of these lists."""

from __future__ import annotations

import heapq
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.core.model import Relayed
from bot.core.paging import Page, Sought, Span, Turn
from bot.core.snippets import words_of
from bot.core.wishes import Wish
from bot.core.words import searchable
from storage.rows import relayed, to_json, unspaced
from storage.spoken import Connection, Row

_PUBLIC = "p.public_at <= :now AND p.withdrawn_at IS NULL"
_AT = "coalesce(p.published_at, p.first_seen_at)"
_PLACE = f"{_AT}, p.first_seen_at, p.id"
_COLUMNS = f"p.id, {_AT} AS at, p.first_seen_at"
_DOWN = f"ORDER BY {_AT} DESC, p.first_seen_at DESC, p.id DESC"
_UP = f"ORDER BY {_AT}, p.first_seen_at, p.id"
_OF_TOPICS = "EXISTS (SELECT 1 FROM json_each(:topics) t WHERE instr(p.topics, ' ' || t.value || ' ') > 0)"
_IN_SPAN = f"p.public_at > :since AND p.public_at <= :until AND {_AT} >= :oldest"
_KEY = "(p.key_event OR p.pinned)"

# Scripts that put no spaces between words: there a word is found anywhere, not at the beginnings of words alone.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
MOST_WORDS = 12
LEAST_BEGINNING = 2  # letters; what begins with a single one is a good part of all there is


def latest(db: Connection, *, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
    """The newest posts of these blogs, newest first: by publication, then by first sight."""
    found = page(db, sought=Sought(blogs=dict.fromkeys(blogs, Wish())), now=now, limit=limit, turn=None)
    return list(found.posts) if found else []


def page(db: Connection, *, sought: Sought, now: float, limit: int, turn: Turn | None) -> Page | None:
    """So many of the posts that are sought: the newest, or those beside the post of a turn. None where that post is
    kept no more. Where a turn to newer ones finds none, it is the first page."""
    place = _place(db, turn) if turn else {}
    if place is None:
        return None
    found = _found(db, sought, place | {"now": now, "limit": limit + 1}, turn)
    if turn is not None and not turn.older and not found:
        return page(db, sought=sought, now=now, limit=limit, turn=None)
    more, shown = len(found) > limit, found[:limit]
    if turn is None or turn.older:
        return Page(posts=tuple(_posts(db, shown)), newer=turn is not None, older=more)
    return Page(posts=tuple(_posts(db, shown[::-1])), newer=more, older=True)


def _place(db: Connection, turn: Turn) -> dict[str, Any] | None:
    """Where a post stands in the order of lists, be it withdrawn or not."""
    row = db.execute(f"SELECT {_COLUMNS} FROM post p WHERE p.id = ?", (turn.post,)).fetchone()
    return {"at": row["at"], "seen": row["first_seen_at"], "id": row["id"]} if row else None


def _found(db: Connection, sought: Sought, bound: dict[str, Any], turn: Turn | None) -> list[int]:
    """The numbers of the posts, in the direction of the turn."""
    beside = _beside(turn) if turn else ""
    up = turn is not None and not turn.older
    where, more = _where(sought)
    rows: list[Row] = []
    for blog in _in_file(db, list(sought.blogs)):
        asked = f"{_from(sought)} WHERE p.blog = :blog AND {_PUBLIC}{where}{beside}"
        wanted = _wanted(db, sought.blogs[blog], _COLUMNS, asked, _UP if up else _DOWN, bound | more | {"blog": blog})
        rows += itertools.islice(wanted, bound["limit"])
    pick = heapq.nsmallest if up else heapq.nlargest
    chosen = pick(bound["limit"], rows, key=lambda row: (row["at"], row["first_seen_at"], row["id"]))
    return [row["id"] for row in chosen]


def _beside(turn: Turn) -> str:
    """SQLite seeks to a time in the index, but not to a row of values."""
    than = "<" if turn.older else ">"
    return f" AND {_AT} {than}= :at AND ({_PLACE}) {than} (:at, :seen, :id)"


def _from(sought: Sought) -> str:
    """The newest of each blog are the first in an index, as are its key events; words have an index of their own."""
    if _match(_spaced(sought.words)):
        return "FROM post_fts f CROSS JOIN post p ON p.id = f.rowid AND post_fts MATCH :match"
    if sought.key_events:
        return "FROM post p INDEXED BY post_key"
    return "FROM post p INDEXED BY post_newest"


def _where(sought: Sought) -> tuple[str, dict[str, Any]]:
    """What is asked for beside the blog, as conditions and what is bound in them. Words that cannot be looked for
    are found nowhere."""
    where, bound = "", dict[str, Any]()
    if sought.span is not None:
        where += f" AND {_IN_SPAN}"
        bound |= _bound(sought.span)
    if sought.key_events:
        where += f" AND {_KEY}"
    if sought.but:
        where += " AND p.id NOT IN (SELECT value FROM json_each(:but))"
        bound["but"] = to_json(sorted(sought.but))
    if sought.words:
        inside = [word for word in words_of(sought.words)[:MOST_WORDS] if _UNSPACED.search(word)]
        match = _match(_spaced(sought.words))
        where += "".join(f" AND (instr(p.title, :w{at}) > 0 OR instr(p.text, :w{at}) > 0)" for at in range(len(inside)))
        where += "" if match or inside else " AND false"
        bound |= {"match": match} | {f"w{at}": word for at, word in enumerate(inside)}
    return where, bound


def _wanted(db: Connection, wish: Wish, columns: str, asked: str, order: str, bound: dict[str, Any]) -> Iterator[Row]:
    """What is wanted of a blog, in this order. Topics alone stand in the index; for words each post is read."""
    if wish.reads_posts:
        rows = db.execute(f"SELECT {columns}, p.topics, p.title, p.text {asked} {order}", bound)
        return (row for row in rows if _matches(wish, row))
    if wish.topics:
        asked, bound = f"{asked} AND {_OF_TOPICS}", bound | {"topics": to_json(list(wish.topics))}
    limit = "LIMIT :limit" if "limit" in bound else ""
    return iter(db.execute(f"SELECT {columns} {asked} {order} {limit}", bound))


def _matches(wish: Wish, row: Row) -> bool:
    topics = unspaced(row["topics"])
    return wish.matches(topics, searchable(row["title"], row["text"], topics))


def _bound(span: Span) -> dict[str, float]:
    return {"since": span.since, "until": span.until, "oldest": span.oldest}


def _in_file(db: Connection, blogs: Sequence[str]) -> list[str]:
    rows = db.execute(
        "SELECT id FROM blog WHERE removed_at IS NULL AND id IN (SELECT value FROM json_each(?))",
        (to_json(list(blogs)),),
    )
    return [row["id"] for row in rows]


def _posts(db: Connection, numbers: Iterable[int]) -> list[Relayed]:
    return [found for number in numbers if (found := post(db, number)) is not None]


# --- counted -------------------------------------------------------------------------------------------------------


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


def tally(db: Connection, *, sought: Sought, now: float, turn: Turn | None = None) -> tuple[int, dict[str, int]]:
    """How many posts of the span are sought, beyond the post of a turn where one is given, and how many of them each
    topic has."""
    where, more = _where(sought)
    where += _beside(turn) if turn else ""
    more |= (_place(db, turn) if turn else None) or {}
    posts, counted = 0, Counter[str]()
    for blog in _in_file(db, list(sought.blogs)):
        asked = f"FROM post p INDEXED BY post_newest WHERE p.blog = :blog AND {_PUBLIC}{where}"
        wish, bound = sought.blogs[blog], more | {"blog": blog, "now": now}
        alike = ("p.topics", "") if wish.reads_posts else ("p.topics, count(*) AS posts", "GROUP BY p.topics")
        for row in _wanted(db, wish, alike[0], asked, alike[1], bound):
            many = 1 if wish.reads_posts else row["posts"]
            posts += many
            counted.update(dict.fromkeys(unspaced(row["topics"]), many))
    return posts, dict(counted)


def told_lately(db: Connection, *, blogs: Sequence[str], now: float, since: float, limit: int) -> list[Relayed]:
    """The newest posts of all these blogs that say they are from after `since`, so many at most."""
    found: list[Row] = []
    for blog in _in_file(db, blogs):
        found += db.execute(
            f"""SELECT {_COLUMNS} FROM post p INDEXED BY post_newest
            WHERE p.blog = :blog AND {_PUBLIC} AND {_AT} >= :since {_DOWN} LIMIT :limit""",
            {"blog": blog, "now": now, "since": since, "limit": limit},
        )
    newest = heapq.nlargest(limit, found, key=lambda row: (row["at"], row["first_seen_at"], row["id"]))
    return _posts(db, (row["id"] for row in newest))


# --- words ---------------------------------------------------------------------------------------------------------


def search(db: Connection, *, words: str, blogs: Sequence[str], now: float, limit: int) -> list[Relayed]:
    """Full text: every word must occur, the last one may be a beginning. Newest first: of a live blog people want the
    newest word on a thing, and pages in the order of time do not shift."""
    if not words_of(words):
        return []
    found = page(db, sought=Sought(blogs=dict.fromkeys(blogs, Wish()), words=words), now=now, limit=limit, turn=None)
    return list(found.posts) if found else []


def _spaced(typed: str) -> list[str]:
    return [word for word in words_of(typed)[:MOST_WORDS] if not _UNSPACED.search(word)]


def _match(words: Sequence[str]) -> str:
    """An FTS5 query. Quoted, as AND, OR, NOT and NEAR are words here: https://sqlite.org/fts5.html#fts5_strings"""
    return " ".join(f'"{word}"' for word in words) + ("*" if words and len(words[-1]) >= LEAST_BEGINNING else "")


def post(db: Connection, number: int) -> Relayed | None:
    row = db.execute("SELECT * FROM post WHERE id = ?", (number,)).fetchone()
    return relayed(row) if row else None
