"""From one publication to a row per chat: key-set chunks with the cursor kept in the table.

A chunk reads the post's current revision and the subscriptions as they are, so an edit meanwhile is not lost and who
left is not in it. An expansion starts at a different chat each time and wraps, so that nobody is always last.
"""

from __future__ import annotations

import random
from sqlite3 import Connection, Row
from typing import Any

from bot.core.model import Lane
from storage.rows import to_json, unspaced

CHUNK = 500
TOP = 2**62  # above every id

_MATCHES = """
  (:any_topic OR (s.topics = ' ' AND NOT :gained)
   OR EXISTS (SELECT 1 FROM json_each(:topics) t WHERE instr(s.topics, ' ' || t.value || ' ')))
  AND (:push OR s.volume <> 'key' OR :is_key) AND s.created_at <= :begun_at
"""
_BETWEEN = "({0}, {1}) > (:low_chat, :low_thread) AND ({0}, {1}) <= (:high_chat, :high_thread)"
_RANGE = _BETWEEN.format("s.chat", "s.thread")

# Relayed posts: each subscription of the blog. A push: each chat once, in its first thread.
_SUBSCRIPTIONS = f"FROM subscription s WHERE s.blog = :blog AND {_RANGE}"
_CHATS = f"FROM subscription s WHERE (:blog IS NULL OR s.blog = :blog) AND {_RANGE}"
_ROWS = f"FROM delivery s WHERE s.bot = :bot AND s.post = :post AND {_RANGE}"

_END = "SELECT s.chat, {thread} AS thread {source} {group} ORDER BY 1, 2 LIMIT 1 OFFSET :chunk - 1"
_INSERT = """
INSERT INTO delivery (bot, post, chat, thread, wanted, lane, since, silent)
SELECT :bot, :post, s.chat, {thread}, :revision, :lane, :since, :silent
{source} AND {matches} AND EXISTS (SELECT 1 FROM chat WHERE chat.id = s.chat AND chat.open AND chat.bot = :bot) {group}
ON CONFLICT DO NOTHING
"""
_RAISE = f"""
UPDATE delivery AS s SET wanted = :revision, plain = 0,
  aside = CASE WHEN EXISTS (SELECT 1 FROM chat WHERE chat.id = s.chat AND chat.open) THEN NULL ELSE 'closed' END,
  attempts = CASE WHEN s.sent = s.wanted THEN 0 ELSE s.attempts END,
  not_before = CASE WHEN s.sent = s.wanted THEN 0 ELSE s.not_before END,
  lane = CASE WHEN s.sent = 0 AND s.sending IS NULL AND :lane <> {Lane.WITHDRAWAL:d} THEN s.lane ELSE :lane END,
  since = CASE WHEN s.sent = 0 AND s.sending IS NULL THEN s.since ELSE :since END
WHERE s.bot = :bot AND s.post = :post AND {_RANGE} AND s.wanted < :revision
  AND (s.first_sent_at IS NULL OR s.first_sent_at >= :sent_since) AND coalesce(s.aside, '') <> 'closed'
"""


def begin(db: Connection, columns: dict[str, Any]) -> None:
    """Open a publication, and take its first chunk where it is due. `columns` are those of `publication`."""
    if columns["kind"] == "change" and _joins_a_waiting_change(db, columns):
        return
    behind = _behind_another(db, columns)
    highest = db.execute("SELECT coalesce(max(id), 0) FROM chat").fetchone()[0]
    origin = random.randint(0, highest)  # noqa: S311
    columns = columns | {"origin": origin, "cursor_chat": origin, "cursor_thread": TOP}
    names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    number = db.execute(f"INSERT INTO publication ({names}) VALUES ({values})", columns).lastrowid
    due = columns["not_before"] <= columns["created_at"]
    if due and not behind and not held(db, columns["blog"], columns["lane"]):
        _first_chunk(db, number or 0, columns["created_at"])


def _behind_another(db: Connection, columns: dict[str, Any]) -> bool:
    """Posts of a blog reach each chat in the order they were published: the one before must be expanded first."""
    row = db.execute(
        "SELECT 1 FROM publication WHERE done_at IS NULL AND kind <> 'change' AND blog IS ? AND lane = ?",
        (columns["blog"], columns["lane"]),
    )
    return row.fetchone() is not None


def _first_chunk(db: Connection, number: int, now: float) -> None:
    """The stretch before the wrap may be short, or empty: then the one after it as well."""
    for _ in range(2):
        publication = db.execute("SELECT * FROM publication WHERE id = ?", (number,)).fetchone()
        if publication["done_at"] is None:
            _step(db, publication, now)


def _joins_a_waiting_change(db: Connection, columns: dict[str, Any]) -> bool:
    """A change that has not begun will carry the newest revision: ten quick edits leave as one."""
    row = db.execute(
        "SELECT 1 FROM publication WHERE post = ? AND kind = 'change' AND lane <= ? AND done_at IS NULL"
        " AND begun_at IS NULL",
        (columns["post"], columns["lane"]),
    )
    return row.fetchone() is not None


def cancel(db: Connection, post: int, now: float) -> None:
    """End what is still open of this post: a withdrawn post reaches nobody else."""
    db.execute("UPDATE publication SET done_at = ? WHERE post = ? AND done_at IS NULL", (now, post))


def held(db: Connection, blog: str | None, lane: int = Lane.LIVE) -> bool:
    """Whether an editor stopped the relaying of this blog. Withdrawals pass, and so do editors' own posts."""
    if blog is None or lane == Lane.WITHDRAWAL:
        return False
    row = db.execute(
        """SELECT 1 FROM blog WHERE id = ? AND held_at IS NOT NULL
        UNION ALL SELECT 1 FROM note WHERE name = 'hold all' LIMIT 1""",
        (blog,),
    )
    return row.fetchone() is not None


def advance(db: Connection, now: float) -> bool:
    """Take the next chunk of the most urgent publication that is due. False: there is none."""
    publication = db.execute(
        """SELECT publication.* FROM publication JOIN post ON post.id = publication.post
        LEFT JOIN blog ON blog.id = post.blog
        WHERE done_at IS NULL AND not_before <= :now AND (lane = 0 OR post.blog IS NULL OR (blog.held_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM note WHERE name = 'hold all')))
        ORDER BY lane, created_at, publication.id LIMIT 1""",
        {"now": now},
    ).fetchone()
    if publication is None:
        return False
    _step(db, publication, now)
    return True


def next_due(db: Connection, now: float) -> float | None:
    """When the next publication that waits for its time becomes due."""
    row = db.execute("SELECT min(not_before) FROM publication WHERE done_at IS NULL AND not_before > ?", (now,))
    due: float | None = row.fetchone()[0]
    return due


def _step(db: Connection, publication: Row, now: float) -> None:
    post = db.execute("SELECT * FROM post WHERE id = ?", (publication["post"],)).fetchone()
    fresh = publication["kind"] != "change"
    if fresh and post["withdrawn_at"] is not None:
        cancel(db, post["id"], now)
        return
    bound = _bound(publication, post, now)
    end = _expand(db, publication["kind"], bound)
    _keep_cursor(db, publication, end, now)


def _bound(publication: Row, post: Row, now: float) -> dict[str, Any]:
    """Everything a chunk's statements name."""
    topics = unspaced(publication["topics"]) or unspaced(post["topics"])
    push = post["blog"] is None
    return {
        "bot": "main",
        "post": post["id"],
        "revision": post["revision"],
        "lane": publication["lane"],
        "since": publication["created_at"],
        "silent": publication["silent"],
        "blog": publication["blog"],
        "push": push,
        "is_key": bool(post["pinned"] or post["key_event"]),
        "any_topic": push and not unspaced(publication["topics"]),
        "gained": publication["kind"] == "gained",
        "topics": to_json(topics),
        "begun_at": publication["begun_at"] or now,
        "sent_since": publication["sent_since"],
        "low_chat": publication["cursor_chat"],
        "low_thread": publication["cursor_thread"],
        "high_chat": publication["origin"] if publication["wrapped"] else TOP,
        "high_thread": TOP,
        "chunk": CHUNK,
    }


def _expand(db: Connection, kind: str, bound: dict[str, Any]) -> tuple[int, int] | None:
    """One chunk; returns its last (chat, thread), or None where the stretch is at its end."""
    if kind == "change":
        source, thread, group, statement = _ROWS, "s.thread", "", _RAISE
    else:
        source, thread, group = _audience(bound)
        statement = _INSERT.format(source=source, thread=thread, group=group, matches=_MATCHES)
    row = db.execute(_END.format(source=source, thread=thread, group=group), bound).fetchone()
    end = (row["chat"], TOP if group else row["thread"]) if row else None
    if end is not None:
        bound = bound | {"high_chat": end[0], "high_thread": end[1]}
    db.execute(statement, bound)
    return end


def _audience(bound: dict[str, Any]) -> tuple[str, str, str]:
    """Where the audience stands, which thread of a chat is meant, and how its rows are grouped."""
    if bound["push"]:
        return _CHATS, "min(s.thread)", "GROUP BY s.chat"
    return _SUBSCRIPTIONS, "s.thread", ""


def _keep_cursor(db: Connection, publication: Row, end: tuple[int, int] | None, now: float) -> None:
    done, wrapped, cursor = None, publication["wrapped"], end
    if end is None:
        done, wrapped, cursor = (now, 1, (0, 0)) if wrapped else (None, 1, (-1, 0))
    assert cursor is not None
    db.execute(
        """UPDATE publication SET begun_at = coalesce(begun_at, ?), wrapped = ?, cursor_chat = ?, cursor_thread = ?,
        done_at = ? WHERE id = ?""",
        (now, wrapped, *cursor, done, publication["id"]),
    )
