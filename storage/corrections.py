"""A corrected headline, told in a reply to the message of its post: a post of ours that stands in no list.

At most one of them stands below a post. What is corrected again before it went out, or soon after, is told in the same
reply; later in a new one, and the one before goes. It says what the headline says, and goes with its post.
"""

from __future__ import annotations

from sqlite3 import Connection, Row
from typing import Any

from bot.core.headlines import is_correction
from bot.core.model import Lane
from bot.core.publishing import PostWrite, Publishing
from storage import expansion

CORRECTION = "correction"  # what `post.notice` calls it
APART = 600.0  # seconds between two replies to one post

_STANDING = f"continues = ? AND notice = '{CORRECTION}' AND withdrawn_at IS NULL"


def follow(db: Connection, publishing: Publishing, write: PostWrite, before: Row) -> None:
    """After an edit of the post `before`: what is to be told of it, and what was told already."""
    title = write.post.title or ""
    if title == (before["title"] or ""):
        return
    last = _last(db, before["id"])
    if last is not None and last["begun_at"] is None:
        _tell_instead(db, publishing, write, last)
        return
    again = last is not None and publishing.now < last["begun_at"] + APART
    if publishing.correction_reply and not again and _corrects(publishing, write, before, before["title"]):
        withdraw(db, before["id"], publishing.now)
        _begin(db, publishing, before, title)
    elif last is not None:
        _keep_true(db, publishing, last, title)


def withdraw(db: Connection, post: int, now: float) -> None:
    """No word of it is left in any chat: its post is withdrawn, or is to be told of anew."""
    for row in db.execute(f"SELECT id, blog FROM post WHERE {_STANDING}", (post,)).fetchall():
        db.execute("UPDATE post SET withdrawn_at = ?, revision = revision + 1 WHERE id = ?", (now, row["id"]))
        expansion.cancel(db, row["id"], now)
        expansion.begin(db, _publication(row["id"], row["blog"], "change", Lane.WITHDRAWAL, now))


def _last(db: Connection, post: int) -> Row | None:
    """The correction that stands or waits; `begun_at` is None for one that nobody has been told of."""
    row: Row | None = db.execute(
        f"""SELECT *, (SELECT begun_at FROM publication q WHERE q.post = post.id AND q.kind = '{CORRECTION}')
        AS begun_at FROM post WHERE {_STANDING} ORDER BY id DESC LIMIT 1""",
        (post,),
    ).fetchone()
    return row


def _corrects(publishing: Publishing, write: PostWrite, before: Row, was: str | None) -> bool:
    if before["title_is_derived"] or write.post.title_is_derived or not was or not write.post.title:
        return False
    return is_correction(was, write.post.title, publishing.language, f"{before['text']}\n{write.post.text}")


def _tell_instead(db: Connection, publishing: Publishing, write: PostWrite, last: Row) -> None:
    """Ten quick corrections are told as one, and one that was taken back not at all."""
    if _corrects(publishing, write, last, last["was"]):
        db.execute("UPDATE post SET title = ? WHERE id = ?", (write.post.title, last["id"]))
    else:
        withdraw(db, last["continues"], publishing.now)


def _keep_true(db: Connection, publishing: Publishing, last: Row, title: str) -> None:
    """What was told says the headline of now, without another word."""
    db.execute("UPDATE post SET title = ?, revision = revision + 1 WHERE id = ?", (title, last["id"]))
    change = _publication(last["id"], last["blog"], "change", Lane.EDIT, publishing.now)
    expansion.begin(db, change | _in_time(publishing))


def _begin(db: Connection, publishing: Publishing, before: Row, title: str) -> None:
    """To the chats that have the post, as soon as the edit itself goes out."""
    told = "SELECT 1 FROM publication WHERE post = ? AND kind = 'new' AND begun_at IS NOT NULL"
    if before["withdrawn_at"] is not None or db.execute(told, (before["id"],)).fetchone() is None:
        return
    post = db.execute(
        """INSERT INTO post (blog, key, title, url, notice, continues, was, first_seen_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            publishing.blog,
            f"correction:{before['id']}:{before['revision'] + 1}",
            title,
            before["url"],
            CORRECTION,
            before["id"],
            before["title"],
            publishing.now,
        ),
    ).lastrowid
    assert post is not None
    told_now = _publication(post, publishing.blog, CORRECTION, Lane.LIVE, publishing.now)
    expansion.begin(db, told_now | _in_time(publishing))


def _publication(post: int, blog: str | None, kind: str, lane: Lane, now: float) -> dict[str, Any]:
    return {"post": post, "kind": kind, "lane": lane, "blog": blog, "created_at": now, "not_before": now}


def _in_time(publishing: Publishing) -> dict[str, float]:
    return {
        "not_before": publishing.now + publishing.edit_quiet,
        "sent_since": publishing.now - publishing.edits_for,
    }
