"""Forgetting what is old, in chunks that each hold the writer for a few milliseconds.

Each statement finds its rows by a key or an index. What is begun is on record (the table `pruned`, a blog that is not
started any more), so that a kill between two chunks leaves nothing behind: the next round goes on from there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields

from storage import cards, chats, states
from storage.rows import to_json
from storage.spoken import Connection

CHUNK = 250  # rows that one transaction takes away
LOOKED_UP = 50  # old posts that one look finds at most
EMPTY_PAGES = 50  # of the file, given back in one transaction
MOST_EMPTY = 0.25  # of the file; less is left for what is written next
INCREMENTAL = 2  # what `PRAGMA auto_vacuum` answers where pages can be given back


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many rows went. `texts`: what pages said in posts of which only key, headline and hash are still known."""

    posts: int = 0
    deliveries: int = 0
    messages: int = 0
    changes: int = 0
    texts: int = 0
    pages: int = 0
    chats: int = 0
    subscriptions: int = 0
    blogs: int = 0
    drafts: int = 0
    alarms: int = 0

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    def counts(self) -> dict[str, int]:
        """Those that are not 0, by name."""
        return {one.name: count for one in fields(self) if (count := getattr(self, one.name))}


# --- posts ---------------------------------------------------------------------------------------------------------

# Old is what nothing has happened to since: not first seen, edited, withdrawn, made public, pushed or relayed. The
# highest number stays in use (by an empty post at least), or the next post would get it and with it the buttons of a
# push, or rows that are still to go.
_OLD = """
LEFT JOIN push ON push.post = p.id
WHERE p.first_seen_at < :before AND max(coalesce(p.updated_at, 0), coalesce(p.withdrawn_at, 0),
  coalesce(p.public_at, 0), coalesce(push.sent_at, 0)) < :before
AND NOT EXISTS (SELECT 1 FROM card WHERE card.post = p.id) AND (p.key <> '' OR p.id < (SELECT max(id) FROM post))
AND NOT EXISTS (SELECT 1 FROM publication q WHERE q.post = p.id AND coalesce(q.done_at, :before) >= :before)
"""
# Of no chat in which it waits, is on its way, or arrived lately and so may still be corrected; nor in one message with
# a younger post, whose withdrawal would rewrite the message without it.
_UNUSED = """
AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.bot IN (SELECT value FROM json_each(:bots)) AND d.post = p.id
  AND (d.sending IS NOT NULL OR (d.sent <> d.wanted AND coalesce(d.aside, 'asleep') = 'asleep')
    OR coalesce(d.settled_at, 0) >= :before))
AND NOT EXISTS (SELECT 1 FROM shown s CROSS JOIN shown o ON o.message = s.message AND o.post <> s.post
  CROSS JOIN post y ON y.id = o.post WHERE s.post = p.id AND max(y.first_seen_at, coalesce(y.updated_at, 0),
  coalesce(y.withdrawn_at, 0), coalesce(y.public_at, 0)) >= :before)
"""


def old_posts(db: Connection, before: float) -> list[int]:
    """The oldest posts that nobody needs any more. Looks at every row of each, so it takes its time."""
    rows = db.execute(
        f"""SELECT p.id FROM post p INDEXED BY post_first_seen {_OLD} {_UNUSED}
        ORDER BY p.first_seen_at, p.id LIMIT {LOOKED_UP}""",
        {"before": before, "bots": to_json(_bots(db))},
    )
    return [row["id"] for row in rows]


def let_go(db: Connection, post: int, before: float) -> Pruned:
    """Take an old post out of everything but the chats' rows, which `sweep` takes; unless something happened to it."""
    old = db.execute(f"SELECT 1 FROM post p {_OLD} AND p.id = :post", {"before": before, "post": post}).fetchone()
    return _let_go(db, post) if old else Pruned()


def _let_go(db: Connection, post: int) -> Pruned:
    if db.execute("SELECT max(id) FROM post").fetchone()[0] == post:
        db.execute("INSERT INTO post (key, first_seen_at) VALUES ('', 0)")
    db.execute("INSERT INTO pruned (post) VALUES (?) ON CONFLICT DO NOTHING", (post,))
    db.execute("DELETE FROM publication WHERE post = ?", (post,))
    for table in ("push", "overruled", "offer", "card"):
        db.execute(f"DELETE FROM {table} WHERE post = ?", (post,))
    return Pruned(posts=db.execute("DELETE FROM post WHERE id = ?", (post,)).rowcount)


def sweep(db: Connection) -> Pruned | None:
    """One chunk of what is left in chats of posts that are gone. None: nothing is."""
    row = db.execute("SELECT post FROM pruned LIMIT 1").fetchone()
    if row is None:
        return None
    if (swept := _sweep_screens(db, row["post"])) is not None:
        return swept
    for bot in _bots(db):
        if count := _sweep_rows(db, bot, row["post"]):
            return Pruned(deliveries=count)
    db.execute("DELETE FROM pruned WHERE post = ?", (row["post"],))
    return Pruned()


def _sweep_screens(db: Connection, post: int) -> Pruned | None:
    """What shows the post; a message goes with the last of its posts."""
    rows = db.execute(
        f"SELECT chat, thread, message FROM shown WHERE post = ? ORDER BY chat, thread, message LIMIT {CHUNK}", (post,)
    ).fetchall()
    if not rows:
        return None
    db.execute("DELETE FROM shown WHERE post = ? AND (chat, thread, message) <= (?, ?, ?)", (post, *rows[-1]))
    gone = db.execute(
        """DELETE FROM message WHERE id IN (SELECT value FROM json_each(?))
        AND NOT EXISTS (SELECT 1 FROM shown s WHERE s.message = message.id)""",
        (to_json([row["message"] for row in rows]),),
    )
    return Pruned(messages=gone.rowcount)


def _sweep_rows(db: Connection, bot: str, post: int) -> int:
    rows = db.execute(
        f"SELECT chat, thread FROM delivery WHERE bot = ? AND post = ? ORDER BY chat, thread LIMIT {CHUNK}", (bot, post)
    ).fetchall()
    if not rows:
        return 0
    gone = "DELETE FROM delivery WHERE bot = ? AND post = ? AND (chat, thread) <= (?, ?)"
    return db.execute(gone, (bot, post, *rows[-1])).rowcount


def _bots(db: Connection) -> list[str]:
    """Whose rows there are: one look each, however many rows."""
    found: list[str] = []
    while (row := db.execute("SELECT min(bot) FROM delivery WHERE bot > ?", (found[-1] if found else "",)).fetchone())[
        0
    ]:
        found.append(row[0])
    return found


def old_changes(db: Connection, before: float) -> list[int]:
    """Publications of edits long past, of posts that stay: a summary may be edited for months."""
    rows = db.execute(
        f"""SELECT q.id FROM post p INDEXED BY post_first_seen CROSS JOIN publication q ON q.post = p.id
        WHERE p.first_seen_at < :before AND q.done_at < :before
        AND q.kind NOT IN ('new', 'correction', 'take back') LIMIT {CHUNK}""",
        {"before": before},
    )
    return [row["id"] for row in rows]


def forget_changes(db: Connection, ids: Sequence[int]) -> Pruned:
    gone = db.execute("DELETE FROM publication WHERE id IN (SELECT value FROM json_each(?))", (to_json(ids),))
    return Pruned(changes=gone.rowcount)


# --- what pages said -----------------------------------------------------------------------------------------------

Known = tuple[str, str]  # blog, key


def old_texts(db: Connection, before: float) -> list[Known]:
    """Texts that no comparison needs any more, a chunk of them.

    A post that a page still lists keeps its text: a copy cut short, or decoded wrongly, would else look like an edit.
    """
    rows = db.execute(
        """SELECT k.blog, k.key FROM known k INDEXED BY known_text WHERE k.text <> '' AND k.first_seen_at < ?
        AND NOT EXISTS (SELECT 1 FROM post p WHERE p.blog = k.blog AND p.key = k.key) ORDER BY k.first_seen_at""",
        (before,),
    )
    listed: dict[str, set[str]] = {}
    found: list[Known] = []
    for blog, key in rows:
        if blog not in listed:
            listed[blog] = _listed(db, blog)
        if key not in listed[blog]:
            found.append((blog, key))
        if len(found) == CHUNK:
            break
    return found


def _listed(db: Connection, blog: str) -> set[str]:
    """Every key that a page of the blog shows, or that is missed there."""
    rows = db.execute(
        """SELECT value FROM page, json_each(page.listed) WHERE blog = :blog
        UNION ALL SELECT value FROM page, json_each(page.pinned) WHERE blog = :blog""",
        {"blog": blog},
    )
    return {row[0] for row in rows}


def empty_texts(db: Connection, known: Iterable[Known]) -> Pruned:
    emptied = "UPDATE known SET text = '' WHERE blog = ? AND key = ?"
    return Pruned(texts=sum(db.execute(emptied, one).rowcount for one in known))


def forget_pages(db: Connection, blog: str, in_use: Collection[str], before: float) -> Pruned:
    """Addresses of a blog that are never asked again: yesterday's, of the year before."""
    gone = db.execute(
        "DELETE FROM page WHERE blog = ? AND accepted_at < ? AND url NOT IN (SELECT value FROM json_each(?))",
        (blog, before, to_json(list(in_use))),
    )
    return Pruned(pages=gone.rowcount)


# --- chats ---------------------------------------------------------------------------------------------------------

# Who blocked the bot so long ago is forgotten with all that they followed. A group or channel may have silenced it for
# a while: one that follows something may come back for it, so it stays, and so does one that still shows something.
_LEFT = """
NOT open AND closed_at < :before AND (kind = 'private' OR (
  NOT EXISTS (SELECT 1 FROM subscription s WHERE s.chat = chat.id)
  AND NOT EXISTS (SELECT 1 FROM message m WHERE m.chat = chat.id)))
"""


def left_chats(db: Connection, before: float) -> list[int]:
    """Closed long ago, with nothing to come back for."""
    rows = db.execute(f"SELECT id FROM chat INDEXED BY chat_closed WHERE {_LEFT} LIMIT {CHUNK}", {"before": before})
    return [row["id"] for row in rows]


def forget_chat(db: Connection, chat: int, before: float) -> Pruned:
    """Unless it came back meanwhile."""
    left = db.execute(f"SELECT 1 FROM chat WHERE id = :chat AND {_LEFT}", {"chat": chat, "before": before}).fetchone()
    if left is None:
        return Pruned()
    chats.forget(db, chat)
    return Pruned(chats=1)


# --- blogs that left the file --------------------------------------------------------------------------------------


def slept_out(db: Connection, before: float) -> list[str]:
    """Blogs that left the file so long ago that their subscriptions need not wait any more."""
    rows = db.execute("SELECT id FROM blog WHERE removed_at < ?", (before,))
    return [row["id"] for row in rows]


def forget_blog(db: Connection, blog: str, before: float) -> Pruned | None:
    """One chunk of all that is known of it; what its posts leave in chats is for `sweep`. None: it is forgotten, or its
    card must leave the chats first.

    It is as if never read from the first chunk on: should it return while some of its posts are known and others not
    any more, they are its baseline, and not news.
    """
    gone = db.execute("UPDATE blog SET started = FALSE WHERE id = ? AND removed_at < ?", (blog, before))
    if gone.rowcount == 0 or not cards.has_left(db, blog, before):
        return None
    db.execute("DELETE FROM page WHERE blog = ?", (blog,))
    post = db.execute("SELECT id FROM post WHERE blog = ? LIMIT 1", (blog,)).fetchone()
    if post is not None:
        return _let_go(db, post["id"])
    for table, keys in (("known", "key"), ("alias", "alias"), ("subscription", "chat, thread")):
        chunk = f"SELECT {keys} FROM {table} WHERE blog = :blog LIMIT {CHUNK}"
        went = db.execute(f"DELETE FROM {table} WHERE blog = :blog AND ({keys}) IN ({chunk})", {"blog": blog}).rowcount
        if went:
            return Pruned(subscriptions=went if table == "subscription" else 0)
    db.execute("DELETE FROM forum_topic WHERE blog = ?", (blog,))
    db.executemany("DELETE FROM note WHERE name = ?", [(note.format(blog),) for note in states.NOTES])
    db.execute("DELETE FROM blog WHERE id = ?", (blog,))
    return Pruned(blogs=1)


# --- the file ------------------------------------------------------------------------------------------------------


def shrink(db: Connection) -> bool:
    """Give empty pages back where they are much of the file, a few at a time. False: enough of it is in use.

    Only for files made with `auto_vacuum = INCREMENTAL`; in others empty pages wait for what is written next.
    """
    pages, empty, mode = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "auto_vacuum")
    )
    if mode != INCREMENTAL or empty < EMPTY_PAGES or empty < MOST_EMPTY * pages:
        return False
    for _ in range(EMPTY_PAGES):  # it frees them step by step, and is asked for one step only where it returns nothing
        db.execute("PRAGMA incremental_vacuum(1)")
    return True
