"""From one publication to a row per chat: key-set chunks with the cursor kept in the table.

A chunk reads the post's current revision and the subscriptions as they are, so an edit meanwhile is not lost and who
left is not in it. An expansion starts at a different chat each time and wraps, so that nobody is always last.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from bot.core.model import Lane
from storage import filters, states, unwanted
from storage.audiences import LANGUAGE
from storage.rows import insert, to_json, unspaced
from storage.spoken import Connection, Row

CHUNK = 1000
STOP = "stop"  # the kind of a publication that drops the rows that were never sent
TAKE_BACK = "take back"  # and of one by which every chat is to lose the post
TOP = 2**62  # above every id

_RANGE = """(s.chat, s.thread) > (:low_chat, :low_thread) AND (s.chat, s.thread) <= (:high_chat, :high_thread)"""

# Relayed posts: each subscription of the blog. A push: each chat once, in its first thread.
# NOT INDEXED: by the key itself, whose order the chunks follow, and by no partial index.
_OF_BLOG = f"FROM subscription s NOT INDEXED WHERE s.blog = :blog AND {_RANGE}"
_OF_WORDS = f"FROM {filters.WITH_WORDS} s.blog = :blog AND {_RANGE}"
_OF_ALL = f"FROM subscription s INDEXED BY subscription_chat WHERE {_RANGE}"
_ROWS = f"FROM delivery s WHERE s.bot = :bot AND s.post = :post AND {_RANGE}"

_END = "SELECT s.chat, s.thread {source} ORDER BY s.chat, s.thread LIMIT 1 OFFSET :chunk - 1"
_END_OF_CHATS = f"SELECT s.chat, {TOP} AS thread {{source}} GROUP BY s.chat ORDER BY s.chat LIMIT 1 OFFSET :chunk - 1"

_MATCHES = f"""
  {filters.WANTS}
  AND (:push OR s.volume IN ('everything', 'digest') OR s.volume = 'key' AND :is_key)
  AND (NOT :only_key OR s.volume = 'key') AND s.closed_at IS NULL AND s.created_at <= :audience_of
  AND (CAST(:unless AS BIGINT) IS NULL OR NOT EXISTS (SELECT 1 FROM delivery d
    WHERE d.bot = :bot AND d.post = :unless AND d.chat = s.chat AND d.thread = s.thread))
  AND EXISTS (SELECT 1 FROM chat c WHERE c.id = s.chat AND c.open AND c.bot = :bot
    AND (CAST(:language AS TEXT) IS NULL OR {LANGUAGE} = :language))
"""
_INSERT = """
INSERT INTO delivery (bot, post, chat, thread, wanted, lane, since, silent)
SELECT :bot, :post, s.chat, {thread}, :revision, {lane}, :since, :silent {source} AND {matches} {group}
ON CONFLICT DO NOTHING
"""
_LANE = f"CASE WHEN s.volume = 'digest' AND NOT :notice THEN {Lane.DIGEST:d} ELSE :lane END"
# A correction: who had the post before, or has it still as it was, and wants to hear of the blog.
_HAVE_IT = f"FROM delivery s WHERE s.bot = :bot AND s.post = :about AND {_RANGE}"
_READ_IT = """
  s.sent > 0 AND s.first_sent_at >= :sent_since
  AND (s.first_sent_at < :since OR s.sent < (SELECT revision FROM post WHERE id = :about))
  AND EXISTS (SELECT 1 FROM subscription u WHERE u.blog = :blog AND u.chat = s.chat AND u.thread = s.thread
    AND u.volume IN ('everything', 'key') AND u.closed_at IS NULL)
  AND EXISTS (SELECT 1 FROM chat WHERE chat.id = s.chat AND chat.open AND chat.bot = :bot)
"""
# The subscriptions of a blog that left the file sleep. Who has a push in one thread gets it in no other.
_OF_A_PUSH = """
  AND NOT EXISTS (SELECT 1 FROM blog b WHERE b.id = s.blog AND b.removed_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.bot = :bot AND d.post = :post AND d.chat = s.chat)
"""
# A chat that a push alone is for need not follow anything.
_ONE_CHAT = """
INSERT INTO delivery (bot, post, chat, thread, wanted, lane, since, silent)
SELECT :bot, :post, c.id, 0, :revision, :lane, :since, :silent FROM chat c
WHERE c.id = :only_chat AND c.open AND c.bot = :bot ON CONFLICT DO NOTHING
"""

_HAS_GONE = "UPDATE push SET state = 'sent', sent_at = ? WHERE post = ? AND state = 'scheduled'"

# What was never sent keeps its place, since its first sending is what waits; a raised row that still waited as well.
_RAISE = f"""
UPDATE delivery AS s SET wanted = :revision, plain = FALSE,
  aside = CASE WHEN s.aside = 'left' THEN 'left' WHEN s.aside = 'asleep' AND s.sent = 0 THEN 'asleep'
    WHEN EXISTS (SELECT 1 FROM chat WHERE chat.id = s.chat AND chat.open) THEN NULL ELSE 'closed' END,
  attempts = CASE WHEN s.sent = s.wanted THEN 0 ELSE s.attempts END,
  not_before = CASE WHEN s.sent = s.wanted THEN 0 ELSE s.not_before END,
  lane = CASE WHEN s.sent > 0 OR :lane = {Lane.WITHDRAWAL:d} THEN :lane
    WHEN s.lane = {Lane.WITHDRAWAL:d} THEN {Lane.LIVE:d} ELSE s.lane END,
  since = CASE WHEN s.sent = s.wanted THEN :since ELSE s.since END
WHERE s.bot = :bot AND s.post = :post AND {_RANGE} AND s.wanted < :revision AND s.wanted > 0
  AND (s.first_sent_at IS NULL OR s.first_sent_at >= :sent_since)
"""
_NEVER_SENT = f"""
DELETE FROM delivery AS s WHERE s.bot = :bot AND s.post = :post AND {_RANGE} AND s.sent = 0 AND s.sending IS NULL
"""

# What is on the wire: should it come back as not sent, it is dropped.
_NOT_AGAIN = f"""
UPDATE delivery AS s SET aside = 'left' WHERE s.bot = :bot AND s.post = :post AND {_RANGE} AND s.sent = 0
"""
_TAKE_BACK = unwanted.TAKE_BACK.format(f"s.post = :post AND {_RANGE}")

# Posts of a blog reach each chat in the order they were published: what came before must be expanded first, also where
# it waits for a longer hold. Pushes wait for pushes alone, and a scheduled one stands in nobody's way.
_DUE = f"""
SELECT p.* FROM publication p JOIN post ON post.id = p.post LEFT JOIN blog ON blog.id = post.blog
WHERE p.done_at IS NULL AND p.not_before <= :now AND (p.id = :id OR :id IS NULL)
  AND (p.lane = {Lane.WITHDRAWAL:d} OR post.blog IS NULL OR (blog.held_at IS NULL AND NOT :all_held))
  AND (p.kind IN ('change', 'correction') OR p.ahead OR NOT EXISTS (
    SELECT 1 FROM publication q INDEXED BY publication_before
    WHERE q.done_at IS NULL AND q.id < p.id AND q.kind <> 'change' AND q.kind <> 'correction'
    AND q.blog IS p.blog AND q.lane = p.lane
    AND (SELECT before.blog FROM post before WHERE before.id = q.post) IS post.blog
    AND (post.blog IS NOT NULL OR q.not_before <= :now)))
ORDER BY p.lane, p.created_at, p.id LIMIT 1
"""


class Came(NamedTuple):
    """Where rows may have come into the queue: of this post, at chats after this one (ours)."""

    since: float
    post: int
    after: int


def begin(db: Connection, columns: dict[str, Any]) -> None:
    """Open a publication, and take its first chunk where it is due. `columns` are those of `publication`."""
    if columns["kind"] == "change" and _joins_a_waiting_change(db, columns):
        return
    highest = db.execute("SELECT coalesce(max(id), 0) FROM chat").fetchone()[0]
    origin = random.randint(0, highest)  # noqa: S311
    columns = columns | {"origin": origin, "cursor_chat": origin, "cursor_thread": TOP}
    number = insert(db, "publication", columns)
    # The stretch before the wrap may be short, or empty: then the one after it as well.
    for _ in range(2):
        advance(db, columns["created_at"], number)


def _joins_a_waiting_change(db: Connection, columns: dict[str, Any]) -> bool:
    """A change that has not begun will carry the newest revision: ten quick edits leave as one."""
    row = db.execute(
        "SELECT 1 FROM publication WHERE post = ? AND kind = 'change' AND lane <= ? AND done_at IS NULL"
        " AND begun_at IS NULL",
        (columns["post"], columns["lane"]),
    )
    return row.fetchone() is not None


def cancel(db: Connection, post: int, now: float) -> None:
    """End what is still open of this post."""
    db.execute("UPDATE publication SET done_at = ? WHERE post = ? AND done_at IS NULL", (now, post))


def begin_again(db: Connection) -> None:
    """What is under way starts over, as subscriptions changed their place; rows that are there stay as they are."""
    db.execute(
        "UPDATE publication SET wrapped = FALSE, cursor_chat = origin, cursor_thread = ? WHERE done_at IS NULL", (TOP,)
    )


def advance(db: Connection, now: float, number: int | None = None) -> Came | None:
    """Take the next chunk of the most urgent publication that is due, or of this one. None: there is none."""
    bound = {"now": now, "id": number, "all_held": states.all_held(db)}
    publication = db.execute(_DUE, bound).fetchone()
    if publication is None:
        return None
    return _step(db, publication, now)


def is_due(db: Connection, number: int, now: float) -> bool:
    """Whether a publication may go on now: its time has come, and nothing has to go before it."""
    bound = {"now": now, "id": number, "all_held": states.all_held(db)}
    return db.execute(_DUE, bound).fetchone() is not None


def next_due(db: Connection, now: float) -> float | None:
    """When the next publication that waits for its time becomes due."""
    row = db.execute("SELECT min(not_before) FROM publication WHERE done_at IS NULL AND not_before > ?", (now,))
    due: float | None = row.fetchone()[0]
    return due


def _step(db: Connection, publication: Row, now: float) -> Came:
    post = db.execute("SELECT * FROM post WHERE id = ?", (publication["post"],)).fetchone()
    bound = _bound(publication, post)
    came = Came(bound["since"], bound["post"], bound["low_chat"] - 1)  # it may go on in another thread of that chat
    if publication["kind"] != "change" and post["withdrawn_at"] is not None:
        cancel(db, post["id"], now)
        return came
    bound |= filters.bound(db, publication, post)
    if publication["begun_at"] is None and (publication["kind"] == "new" or post["withdrawn_at"] is not None):
        db.execute(_HAS_GONE, (now, post["id"]))
    match publication["kind"]:
        case "change":
            end = _raise(db, bound, post)
        case kind if kind == STOP:
            end = _chunk(db, _END.format(source=_ROWS), (_NEVER_SENT, _NOT_AGAIN), bound)
        case kind if kind == TAKE_BACK:
            end = _chunk(db, _END.format(source=_ROWS), (_TAKE_BACK,), bound)
            unwanted.tidy(db)
        case "correction":
            statement = _INSERT.format(thread="s.thread", lane=":lane", source=_HAVE_IT, matches=_READ_IT, group="")
            end = _chunk(db, _END.format(source=_HAVE_IT), (statement,), bound)
        case _:
            end = _insert(db, bound)
    _keep_cursor(db, publication, end, now)
    return came


_OF_CHAT = f"""
SELECT s.*, coalesce({filters.WANTS}, FALSE) AS wants, coalesce({_MATCHES}, FALSE) AS gets
FROM subscription s INDEXED BY subscription_chat WHERE s.chat = :here AND (s.blog = :blog OR :blog IS NULL)
ORDER BY s.thread, s.blog
"""


def of_chat(db: Connection, publication: Row, post: Row, chat: int) -> list[Row]:
    """What a chat follows of an audience's blog (of all, where it names none), and of each whether it `wants` what the
    post says now and `gets` it by all that an audience asks for."""
    bound = _bound(publication, post) | filters.bound(db, publication, post) | {"here": chat}
    return db.execute(_OF_CHAT, bound).fetchall()


def _bound(publication: Row, post: Row) -> dict[str, Any]:
    """Everything a chunk's statements name."""
    asked, push = unspaced(publication["topics"]), post["blog"] is None
    notice = post["notice"] is not None
    return {
        "bot": "main",
        "post": post["id"],
        "revision": post["revision"],
        "lane": publication["lane"],
        "since": max(publication["created_at"], publication["not_before"]) if push else publication["created_at"],
        "silent": publication["silent"],
        "blog": publication["blog"],
        "push": push,
        "notice": notice,
        "unless": publication["unless"],
        "about": post["continues"],
        "is_key": bool(post["pinned"] or post["key_event"] or notice),
        "language": publication["language"],
        "only_chat": publication["only_chat"],
        "any_topic": notice or (push and not asked),
        "gained": publication["kind"] == "gained",
        "only_key": publication["kind"] == "key",
        "gained_topics": to_json(asked),
        "by_words_alone": publication["kind"] == "gained" and not asked,
        "topics": to_json(asked if push else unspaced(post["topics"])),
        "audience_of": publication["not_before"],
        "sent_since": publication["sent_since"],
        "low_chat": publication["cursor_chat"],
        "low_thread": publication["cursor_thread"],
        "high_chat": publication["origin"] if publication["wrapped"] else TOP,
        "high_thread": TOP,
        "chunk": CHUNK,
    }


def _insert(db: Connection, bound: dict[str, Any]) -> tuple[int, int] | None:
    """One chunk of an audience; returns its last (chat, thread), or None where the stretch is at its end."""
    if bound["only_chat"] is not None:
        db.execute(_ONE_CHAT, bound)
        return None
    source = _OF_ALL if bound["blog"] is None else _OF_WORDS if bound["by_words_alone"] else _OF_BLOG
    if not bound["push"]:
        statement = _INSERT.format(thread="s.thread", lane=_LANE, source=source, matches=_MATCHES, group="")
        return _chunk(db, _END.format(source=source), (statement,), bound)
    matches = _MATCHES + _OF_A_PUSH
    parts = {"thread": "min(s.thread)", "lane": ":lane", "group": "GROUP BY s.chat"}
    statement = _INSERT.format(source=source, matches=matches, **parts)
    return _chunk(db, _END_OF_CHATS.format(source=source), (statement,), bound)


def _raise(db: Connection, bound: dict[str, Any], post: Row) -> tuple[int, int] | None:
    """One chunk of the rows there are. Of a withdrawn post, what was never sent is forgotten."""
    statements = (_RAISE,) if post["withdrawn_at"] is None else (_NEVER_SENT, _RAISE)
    return _chunk(db, _END.format(source=_ROWS), statements, bound)


def _chunk(db: Connection, last: str, statements: tuple[str, ...], bound: dict[str, Any]) -> tuple[int, int] | None:
    row = db.execute(last, bound).fetchone()
    end = (row["chat"], row["thread"]) if row else None
    if end is not None:
        bound = bound | {"high_chat": end[0], "high_thread": end[1]}
    for statement in statements:
        db.execute(statement, bound)
    return end


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
