"""What is remembered of blogs, and the one transaction that publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from bot.core.model import ChangeKind, Lane, Memory, PageMemory, Post
from bot.core.pages import KnownPage
from bot.core.publishing import LANE_OF_CHANGE, PostWrite, Publishing, Validators
from storage import expansion, notes
from storage.rows import (
    instant,
    moment,
    page_columns,
    page_memory,
    seen,
    seen_columns,
    spaced,
    to_json,
    unspaced,
    upsert,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlogState:
    """A blog as /blogs, /status and the poller see it. Instants in seconds since 1970, None where it never was."""

    id: str
    title: str | None
    started: bool = False
    ended_at: float | None = None
    held_at: float | None = None
    polled_at: float | None = None
    answered_at: float | None = None
    last_post_at: float | None = None
    failures: int = 0
    error: str | None = None
    alarm: str | None = None
    posts: int = 0
    subscriptions: int = 0


def memory(db: Connection, blog: str, url: str) -> tuple[Memory, Validators]:
    """All that a diff of this page needs."""
    rows = db.execute(
        "SELECT known.*, post.text FROM known LEFT JOIN post USING (blog, key) WHERE known.blog = ?", (blog,)
    )
    known = {row["key"]: seen(row) for row in rows}
    aliases = {row["alias"]: row["key"] for row in db.execute("SELECT alias, key FROM alias WHERE blog = ?", (blog,))}
    page = db.execute("SELECT * FROM page WHERE blog = ? AND url = ?", (blog, url)).fetchone()
    started = db.execute("SELECT started FROM blog WHERE id = ?", (blog,)).fetchone()
    remembered = Memory(
        seen=known, aliases=aliases, page=page and page_memory(page), started=bool(started and started["started"])
    )
    return remembered, _validators(page)


def _validators(page: Any) -> Validators:
    if page is None:
        return Validators()
    return Validators(etag=page["etag"], last_modified=page["last_modified"], body_hash=page["body_hash"])


def page(db: Connection, blog: str, url: str) -> tuple[PageMemory | None, Validators]:
    """Just the page's part of the memory: all that a poll needs where nothing has changed."""
    row = db.execute("SELECT * FROM page WHERE blog = ? AND url = ?", (blog, url)).fetchone()
    return row and page_memory(row), _validators(row)


def pages(db: Connection, blog: str) -> list[KnownPage]:
    """The pages this blog has had, oldest first."""
    rows = db.execute("SELECT url, next_url, moved_at FROM page WHERE blog = ? ORDER BY accepted_at", (blog,))
    return [KnownPage(url=row["url"], next_url=row["next_url"], moved_at=moment(row["moved_at"])) for row in rows]


def publish(db: Connection, publishing: Publishing) -> list[int]:
    """Write one poll's outcome, with the first chunk of every audience. Returns the posts that people hear of."""
    _remember(db, publishing)
    told = [post for write in publishing.writes if (post := _write(db, publishing, write)) is not None]
    _advance(db, publishing)
    return told


def _remember(db: Connection, publishing: Publishing) -> None:
    rows = [seen_columns(publishing.blog, one) for one in publishing.seen]
    if rows:
        db.executemany(upsert("known", rows[0], ("blog", "key")), rows)
    pairs = [(publishing.blog, alias, key) for alias, key in publishing.aliases.items()]
    db.executemany("INSERT OR REPLACE INTO alias (blog, alias, key) VALUES (?, ?, ?)", pairs)


def _advance(db: Connection, publishing: Publishing) -> None:
    """The blog's row, the page's memory and its validators."""
    db.execute(
        """INSERT INTO blog (id, title, started, answered_at) VALUES (:id, :title, 1, :now)
        ON CONFLICT (id) DO UPDATE SET title = coalesce(excluded.title, title), started = 1, answered_at = :now,
        ended_at = CASE WHEN :ended IS NULL THEN ended_at WHEN :ended THEN coalesce(ended_at, :now) END""",
        {"id": publishing.blog, "title": publishing.title, "now": publishing.now, "ended": publishing.ended},
    )
    if publishing.page is not None:
        columns = {"blog": publishing.blog, "url": publishing.url, "accepted_at": publishing.now}
        columns |= page_columns(publishing.page)
        db.execute(upsert("page", columns, ("blog", "url")), columns)
        db.execute(
            "UPDATE page SET moved_at = coalesce(moved_at, ?) WHERE blog = ? AND url = ? AND next_url IS NOT NULL",
            (publishing.now, publishing.blog, publishing.url),
        )
    if (validators := publishing.validators) is not None:
        db.execute(
            "UPDATE page SET etag = ?, last_modified = ?, body_hash = ? WHERE blog = ? AND url = ?",
            (validators.etag, validators.last_modified, validators.body_hash, publishing.blog, publishing.url),
        )


def _write(db: Connection, publishing: Publishing, write: PostWrite) -> int | None:
    """One post and whoever should hear of it; None where nobody should."""
    before = db.execute("SELECT * FROM post WHERE blog = ? AND key = ?", (publishing.blog, write.post.key)).fetchone()
    match write.change:
        case None:
            _insert(db, publishing, write) if before is None else None
            return None
        case ChangeKind.NEW:
            return _new(db, publishing, write) if before is None else None
        case _ if before is None:  # pruned: its messages are no longer followed
            return None
        case ChangeKind.WITHDRAWN:
            return _withdraw(db, publishing, before["id"])
        case _:
            return _rewrite(db, publishing, write, before)


def _new(db: Connection, publishing: Publishing, write: PostWrite) -> int:
    post = _insert(db, publishing, write)
    db.execute("UPDATE blog SET last_post_at = ? WHERE id = ?", (publishing.now, publishing.blog))
    expansion.begin(db, _audience(publishing, write, post, "new") | {"not_before": publishing.now + publishing.hold})
    return post


def _audience(publishing: Publishing, write: PostWrite, post: int, kind: str) -> dict[str, Any]:
    assert write.change is not None
    return {
        "post": post,
        "kind": kind,
        "lane": LANE_OF_CHANGE[write.change],
        "blog": publishing.blog,
        "created_at": publishing.now,
        "not_before": publishing.now,
    }


def _insert(db: Connection, publishing: Publishing, write: PostWrite) -> int:
    columns = _columns(write) | {
        "blog": publishing.blog,
        "key": write.post.key,
        "first_seen_at": publishing.now,
        "public_at": _public_at(db, publishing, write),
        "withdrawn_at": publishing.now if write.post.withdrawn else None,
    }
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    return db.execute(f"INSERT INTO post ({names}) VALUES ({values})", columns).lastrowid or 0


def _public_at(db: Connection, publishing: Publishing, write: PostWrite) -> float | None:
    """When lists may show the post: at once, after the blog's hold, or (None) when an editor releases the blog."""
    if write.change is None:
        return publishing.now
    return None if expansion.held(db, publishing.blog) else publishing.now + publishing.hold


def _columns(write: PostWrite) -> dict[str, Any]:
    post: Post = write.post
    return {
        "title": post.title,
        "title_is_derived": post.title_is_derived,
        "text": post.text,
        "summary": write.summary,
        "published_at": instant(post.published_at),
        "authors": to_json(post.authors),
        "topics": spaced(write.topics),
        "images": to_json([{"url": one.url, "caption": one.caption, "credit": one.credit} for one in post.images]),
        "photo": post.images[0].url if post.images else None,
        "url": post.url,
        "pinned": post.pinned,
        "key_event": post.key_event,
        "struck": post.struck,
    }


def _withdraw(db: Connection, publishing: Publishing, post: int) -> int:
    """Out of every list in the same transaction; out of every chat ahead of everything else."""
    db.execute(
        "UPDATE post SET withdrawn_at = ?, revision = revision + 1 WHERE id = ? AND withdrawn_at IS NULL",
        (publishing.now, post),
    )
    expansion.cancel(db, post, publishing.now)
    change = {"post": post, "kind": "change", "lane": Lane.WITHDRAWAL, "blog": publishing.blog}
    expansion.begin(db, change | {"created_at": publishing.now, "not_before": publishing.now})
    return post


def _rewrite(db: Connection, publishing: Publishing, write: PostWrite, before: Any) -> int:
    """An edit or a return: the post's text at a new revision, and whoever has it or now matches it."""
    columns = _columns(write) | {"id": before["id"], "now": publishing.now}
    columns["restored"] = write.change is ChangeKind.RESTORED
    sets = ", ".join(f"{name} = :{name}" for name in _columns(write))
    db.execute(
        f"""UPDATE post SET {sets}, revision = revision + 1, updated_at = :now,
        withdrawn_at = CASE WHEN :restored THEN NULL ELSE withdrawn_at END WHERE id = :id""",
        columns,
    )
    _raise(db, publishing, write, before)
    return int(before["id"])


def _raise(db: Connection, publishing: Publishing, write: PostWrite, before: Any) -> None:
    post, restored = before["id"], write.change is ChangeKind.RESTORED
    change = _audience(publishing, write, post, "change")
    if not restored:  # one edit per quiet time: a change that still waits will carry this revision as well
        change |= {"not_before": publishing.now + publishing.edit_quiet}
        change |= {"sent_since": publishing.now - publishing.edits_for}
    expansion.begin(db, change)
    if not was_published(db, post):
        return
    gained = set(write.topics) - set(unspaced(before["topics"]))
    if restored:
        expansion.begin(db, _audience(publishing, write, post, "new"))
    elif gained:
        topics = {"lane": Lane.LIVE, "topics": spaced(sorted(gained))}
        expansion.begin(db, _audience(publishing, write, post, "gained") | topics)


def was_published(db: Connection, post: int) -> bool:
    """False for baseline and backfill, which nobody was told of."""
    return db.execute("SELECT 1 FROM publication WHERE post = ? AND kind = 'new'", (post,)).fetchone() is not None


def polled(db: Connection, blog: str, now: float, error: str | None) -> int:
    """Note that a poll was made, and how it failed. Returns how many polls have failed in a row."""
    db.execute(
        """INSERT INTO blog (id, polled_at, answered_at, failures, error)
        VALUES (:id, :now, CASE WHEN :error IS NULL THEN :now END, :error IS NOT NULL, :error)
        ON CONFLICT (id) DO UPDATE SET polled_at = :now, error = :error,
        answered_at = CASE WHEN :error IS NULL THEN :now ELSE answered_at END,
        failures = CASE WHEN :error IS NULL THEN 0 ELSE failures + 1 END""",
        {"id": blog, "now": now, "error": error},
    )
    row = db.execute("SELECT failures FROM blog WHERE id = ?", (blog,)).fetchone()
    return int(row["failures"])


def alarm(db: Connection, blog: str, text: str | None) -> None:
    """Set the blog's alarm, or clear it."""
    db.execute(
        "INSERT INTO blog (id, alarm) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET alarm = excluded.alarm", (blog, text)
    )


HOLD_ALL = "hold all"


def hold(db: Connection, blog: str | None, now: float) -> None:
    """Stop relaying a blog; None: every blog, also one that joins the file meanwhile."""
    if blog is None:
        notes.keep(db, HOLD_ALL, str(now))
        return
    db.execute(
        "INSERT INTO blog (id, held_at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET held_at = coalesce(held_at, ?)",
        (blog, now, now),
    )


def release(db: Connection, blog: str | None, now: float) -> None:
    """Relaying goes on; what came meanwhile becomes public and goes to the audience of this moment."""
    if blog is None:
        notes.keep(db, HOLD_ALL, None)
    db.execute("UPDATE blog SET held_at = NULL WHERE :blog IS NULL OR id = :blog", {"blog": blog})
    db.execute(
        "UPDATE post SET public_at = :now WHERE (:blog IS NULL OR blog = :blog) AND blog IS NOT NULL"
        " AND public_at IS NULL",
        {"blog": blog, "now": now},
    )


def in_file(db: Connection, blogs: Sequence[tuple[str, str | None, str | None]], now: float) -> None:
    """Note which blogs (id, title, former id) the file has; those it lost sleep, those that return wake."""
    for blog, title, was in blogs:
        if was and db.execute("SELECT 1 FROM blog WHERE id = ?", (was,)).fetchone():
            _rename(db, was, blog)
        db.execute(
            """INSERT INTO blog (id, title) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET
            removed_at = NULL, title = coalesce(excluded.title, title)""",
            (blog, title),
        )
    ids = to_json([blog for blog, _, _ in blogs])
    db.execute(
        """UPDATE blog SET removed_at = ? WHERE removed_at IS NULL
        AND id NOT IN (SELECT value FROM json_each(?))""",
        (now, ids),
    )


def _rename(db: Connection, was: str, blog: str) -> None:
    if db.execute("SELECT started FROM blog WHERE id = ? AND started", (blog,)).fetchone():
        return  # both have lived: nothing to carry over
    db.execute("DELETE FROM blog WHERE id = ?", (blog,))
    db.execute("UPDATE blog SET id = ? WHERE id = ?", (blog, was))
    for table in ("page", "known", "alias", "post", "subscription", "publication"):
        db.execute(f"UPDATE OR IGNORE {table} SET blog = ? WHERE blog = ?", (blog, was))


def states(db: Connection) -> list[BlogState]:
    """Every blog that is in the file, in its order of first appearance."""
    rows = db.execute(
        """SELECT blog.*, (SELECT count(*) FROM known WHERE known.blog = blog.id) AS posts,
        (SELECT count(*) FROM subscription s JOIN chat ON chat.id = s.chat AND chat.open
         WHERE s.blog = blog.id) AS subscriptions
        FROM blog WHERE removed_at IS NULL ORDER BY rowid"""
    )
    return [_state(row) for row in rows]


def _state(row: Any) -> BlogState:
    columns = {name: row[name] for name in BlogState.__slots__}
    return BlogState(**columns | {"started": bool(row["started"])})
