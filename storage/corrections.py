"""A corrected headline, told in a reply to the message of its post: a post of ours that stands in no list.

At most one of them stands below a post. What is corrected again before it went out, or soon after, is told in the same
reply; later in a new one, and the one before goes. It says what the headline says, and goes with its post.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from bot.core.headlines import is_correction
from bot.core.model import Lane
from bot.core.publishing import PostWrite, Publishing
from storage import expansion
from storage.rows import insert
from storage.spoken import Connection, Row

CORRECTION = "correction"  # what `post.notice` calls it
APART = 600.0  # seconds between two replies to one post

_STANDING = f"continues = ? AND notice = '{CORRECTION}' AND withdrawn_at IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an edit makes of a post, and when the chats that got it after `sent_since` are to see it.

    `reply`: whether a correction is told; `language` is the blog's.
    """

    title: str | None
    title_is_derived: bool
    text: str
    now: float
    not_before: float
    sent_since: float = 0.0
    reply: bool = False
    language: str = "en"

    @classmethod
    def of_a_page(cls, publishing: Publishing, write: PostWrite) -> Self:
        return cls(
            title=write.post.title,
            title_is_derived=write.post.title_is_derived,
            text=write.post.text,
            now=publishing.now,
            not_before=publishing.now + publishing.edit_quiet,
            sent_since=publishing.now - publishing.edits_for,
            reply=publishing.correction_reply,
            language=publishing.language,
        )


def follow(db: Connection, edit: Edit, before: Row) -> None:
    """After an edit of the post `before`: what is to be told of it, and what was told already."""
    if (edit.title or "") == (before["title"] or ""):
        return
    last = _last(db, before["id"])
    if last is not None and last["begun_at"] is None:
        _tell_instead(db, edit, last)
        return
    again = last is not None and edit.now < last["begun_at"] + APART
    if edit.reply and not again and _corrects(edit, before, before["title"]):
        withdraw(db, before["id"], edit.now)
        _begin(db, edit, before)
    elif last is not None:
        _keep_true(db, edit, last)


def keep_true(db: Connection, post: int, now: float) -> None:
    """Whatever happened to the post, what was told of it goes along: with its headline, and with itself."""
    row = db.execute("SELECT * FROM post WHERE id = ?", (post,)).fetchone()
    last = _last(db, post)
    if last is None:
        return
    if row["withdrawn_at"] is not None:
        withdraw(db, post, now)
    elif row["title"] != last["title"]:
        edit = Edit(title=row["title"], title_is_derived=False, text=row["text"], now=now, not_before=now)
        _keep_true(db, edit, last)


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


def _corrects(edit: Edit, before: Row, was: str | None) -> bool:
    if before["title_is_derived"] or edit.title_is_derived or not was or not edit.title:
        return False
    return is_correction(was, edit.title, edit.language, f"{before['text']}\n{edit.text}")


def _tell_instead(db: Connection, edit: Edit, last: Row) -> None:
    """Ten quick corrections are told as one, and one that was taken back not at all."""
    if _corrects(edit, last, last["was"]):
        db.execute("UPDATE post SET title = ? WHERE id = ?", (edit.title, last["id"]))
    else:
        withdraw(db, last["continues"], edit.now)


def _keep_true(db: Connection, edit: Edit, last: Row) -> None:
    """What was told says the headline of now, without another word."""
    db.execute("UPDATE post SET title = ?, revision = revision + 1 WHERE id = ?", (edit.title or "", last["id"]))
    change = _publication(last["id"], last["blog"], "change", Lane.EDIT, edit.now)
    expansion.begin(db, change | {"not_before": edit.not_before, "sent_since": edit.sent_since})


def _begin(db: Connection, edit: Edit, before: Row) -> None:
    """To the chats that have the post, as soon as the edit itself goes out."""
    told = "SELECT 1 FROM publication WHERE post = ? AND kind = 'new' AND begun_at IS NOT NULL"
    if before["withdrawn_at"] is not None or db.execute(told, (before["id"],)).fetchone() is None:
        return
    columns = {
        "blog": before["blog"],
        "key": f"correction:{before['id']}:{before['revision'] + 1}",
        "title": edit.title,
        "url": before["url"],
        "notice": CORRECTION,
        "continues": before["id"],
        "was": before["title"],
        "first_seen_at": edit.now,
    }
    post = insert(db, "post", columns)
    told_now = _publication(post, before["blog"], CORRECTION, Lane.LIVE, edit.now)
    expansion.begin(db, told_now | {"not_before": edit.not_before, "sent_since": edit.sent_since})


def _publication(post: int, blog: str | None, kind: str, lane: Lane, now: float) -> dict[str, Any]:
    return {"post": post, "kind": kind, "lane": lane, "blog": blog, "created_at": now, "not_before": now}
