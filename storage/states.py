"""Which blogs there are, and how they are: polled, failing, held, in the file or asleep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.model import Lane
from bot.core.state import Life
from storage import alarms, audit, counts, notes
from storage.audit import Act
from storage.rows import moment, moved, to_json
from storage.spoken import Connection, Row


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
    active_at: float | None = None  # newest post or edit
    starts_at: float | None = None
    interval_hint: float | None = None  # seconds
    failures: int = 0
    error: str | None = None
    alarm: str | None = None
    hub_until: float | None = None  # its hub is relied on to tell us of its news until then
    posts: int = 0  # counted where that was asked for
    subscriptions: int = 0  # of open chats; counted likewise
    told_until: float | None = None  # its hub tells us of its news until then; looked up with the counts

    @property
    def life(self) -> Life:
        return Life(
            read=self.started,
            last_post_at=moment(self.last_post_at),
            active_at=moment(self.active_at),
            ended_at=moment(self.ended_at),
            starts_at=moment(self.starts_at),
        )


_LOOKED_UP = frozenset({"posts", "subscriptions", "told_until"})


def states(db: Connection) -> list[BlogState]:
    """Every blog that is in the file, in its order of first appearance. Nothing is counted."""
    return [known(row) for row in db.execute(f"{_SELECT} WHERE removed_at IS NULL ORDER BY rowid")]


def some(db: Connection, blogs: Collection[str]) -> list[BlogState]:
    """Those of these that are in the file."""
    chosen = f"{_SELECT} WHERE removed_at IS NULL AND id IN (SELECT value FROM json_each(?))"
    return [known(row) for row in db.execute(chosen, (to_json(sorted(blogs)),))]


def state(db: Connection, blog: str) -> BlogState | None:
    row = db.execute(f"{_SELECT} WHERE id = ?", (blog,)).fetchone()
    return known(row) if row else None


ALARM = """(SELECT group_concat(text, '; ') FROM alarm INDEXED BY alarm_standing
WHERE kind = 'page' AND about = blog.id AND alarm.ended_at IS NULL)"""
_SELECT = f"SELECT *, {ALARM} AS alarm FROM blog"


def counted(db: Connection) -> list[BlogState]:
    """The same with their posts and subscriptions. Looks at every subscription, so it takes its time."""
    posts, followed = counts.posts_by_blog(db), counts.subscriptions_by_blog(db)
    told = dict(db.execute(_TOLD).fetchall())
    return [
        replace(
            one,
            posts=posts[one.id],
            subscriptions=followed[one.id],
            told_until=told.get(one.id),
        )
        for one in states(db)
    ]


_TOLD = "SELECT blog, max(until) FROM lease WHERE state = 'live' GROUP BY blog"


def titles(db: Connection) -> dict[str, str]:
    """What each blog in the file is called by its page."""
    return dict(db.execute("SELECT id, title FROM blog WHERE removed_at IS NULL AND title <> ''").fetchall())


def known(row: Row) -> BlogState:
    """A row of `blog`, with what its pages are said to be like (`ALARM`)."""
    found = {name: row[name] for name in BlogState.__slots__ if name not in _LOOKED_UP}
    return BlogState(**found | {"started": bool(row["started"])})


# --- what a poll leaves behind -------------------------------------------------------------------------------------


def polled(db: Connection, blog: str, now: float, error: str | None) -> int:
    """Note that a poll was made, and how it failed. Returns how many polls have failed in a row."""
    if error is None:
        answered(db, {blog: now})
        return 0
    row = db.execute(
        "UPDATE blog SET polled_at = ?, error = ?, failures = failures + 1 WHERE id = ? RETURNING failures",
        (now, error, blog),
    ).fetchone()
    return int(row["failures"]) if row else 0


def answered(db: Connection, polls: Mapping[str, float]) -> None:
    """Note polls that went well, by blog: the instants at which they ended. What is known of a later one stands."""
    db.executemany(
        """UPDATE blog SET polled_at = :at, answered_at = :at, error = NULL, failures = 0
        WHERE id = :id AND (polled_at IS NULL OR polled_at < :at)""",
        [{"id": id_, "at": at} for id_, at in sorted(polls.items())],
    )


def rely_on_hub(db: Connection, blog: str, until: float | None) -> None:
    db.execute("UPDATE blog SET hub_until = ? WHERE id = ?", (until, blog))


# --- hold and release ----------------------------------------------------------------------------------------------

HOLD_ALL = "hold all"


def all_held(db: Connection) -> bool:
    return notes.read(db, HOLD_ALL) is not None


def held(db: Connection, blog: str | None, lane: int = Lane.LIVE) -> bool:
    """Whether an editor stopped the relaying of this blog. Withdrawals pass, and so do editors' own posts (None)."""
    if blog is None or lane == Lane.WITHDRAWAL:
        return False
    row = db.execute("SELECT 1 FROM blog WHERE id = ? AND held_at IS NOT NULL", (blog,))
    return row.fetchone() is not None or all_held(db)


def hold(db: Connection, blog: str | None, now: float, person: int | None = None, words: str = "") -> None:
    """Stop relaying a blog; None: every blog, also one that joins the file meanwhile.

    What was not public yet stays so until the release, also where its own time comes before that.
    """
    audit.note(db, Act(at=now, act="hold", person=person, blog=blog, words=words))
    if blog is None:
        notes.keep(db, HOLD_ALL, str(now))
    else:
        db.execute(
            """INSERT INTO blog (id, held_at) VALUES (?, ?)
            ON CONFLICT (id) DO UPDATE SET held_at = coalesce(blog.held_at, excluded.held_at)""",
            (blog, now),
        )
    for one in _these(db, blog):
        db.execute("UPDATE post SET public_at = NULL WHERE blog = ? AND public_at > ?", (one, now))


def release(db: Connection, blog: str | None, now: float, person: int | None = None, words: str = "") -> int:
    """Relaying goes on; what came meanwhile becomes public and goes to the audience of this moment.

    A post that has to wait for the blog's own hold still does. Returns how many new posts waited.
    """
    audit.note(db, Act(at=now, act="release", person=person, blog=blog, words=words))
    if blog is None:
        notes.keep(db, HOLD_ALL, None)
    these = _these(db, blog)
    waited = 0 if blog is not None and all_held(db) else sum(_waiting(db, one) for one in these)
    db.executemany("UPDATE blog SET held_at = NULL WHERE id = ?", [(one,) for one in these])
    for one in () if all_held(db) else these:
        db.execute(
            """UPDATE publication SET not_before = max(not_before, :now)
            WHERE done_at IS NULL AND begun_at IS NULL AND kind <> 'change' AND blog = :blog
            AND post IN (SELECT id FROM post WHERE blog = :blog)""",
            {"blog": one, "now": now},
        )
        db.execute(
            """UPDATE post SET public_at = max(:now, coalesce(
            (SELECT max(not_before) FROM publication WHERE post = post.id AND kind = 'new'), :now))
            WHERE blog = :blog AND public_at IS NULL AND notice IS NULL""",
            {"blog": one, "now": now},
        )
    return waited


def _waiting(db: Connection, blog: str) -> int:
    """Its new posts that nobody was sent yet."""
    row = db.execute(
        """SELECT count(DISTINCT post) FROM publication INDEXED BY publication_before
        WHERE blog = ? AND done_at IS NULL AND kind <> 'change' AND begun_at IS NULL AND EXISTS
        (SELECT 1 FROM post p WHERE p.id = publication.post AND p.blog IS NOT NULL AND p.notice IS NULL)""",
        (blog,),
    ).fetchone()
    return int(row[0])


def _these(db: Connection, blog: str | None) -> Iterable[str]:
    if blog is not None:
        return (blog,)
    return [row["id"] for row in db.execute("SELECT id FROM blog").fetchall()]


# --- the file ------------------------------------------------------------------------------------------------------

# By blog, and what else a row of it is known by.
_TABLES: Mapping[str, Sequence[str]] = {
    "page": ("url",),
    "known": ("key",),
    "alias": ("alias",),
    "post": ("key",),
    "subscription": ("chat", "thread"),
    "publication": (),
    "forum_topic": ("chat",),
    "push": (),
    "audit": (),
}
NOTES = ("catching up {}",)  # notes about one blog, by its id


def in_file(db: Connection, blogs: Sequence[tuple[str, str | None, str | None]], now: float) -> None:
    """Note which blogs (id, title, former id) the file has; those it lost sleep, those that return wake."""
    ids = [blog for blog, _, _ in blogs]
    for blog, title, was in blogs:
        if was and was not in ids and db.execute("SELECT 1 FROM blog WHERE id = ?", (was,)).fetchone():
            _rename(db, was, blog)
        db.execute(
            """INSERT INTO blog (id, title) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET
            removed_at = NULL, title = coalesce(excluded.title, blog.title)""",
            (blog, title),
        )
    db.execute(
        """UPDATE blog SET removed_at = ? WHERE removed_at IS NULL
        AND id NOT IN (SELECT value FROM json_each(?))""",
        (now, to_json(ids)),
    )


def _rename(db: Connection, was: str, blog: str) -> None:
    """Everything of the one is the other's. Where both have lived, what the new one has stands."""
    if db.execute("SELECT started FROM blog WHERE id = ? AND started", (blog,)).fetchone():
        db.execute("DELETE FROM blog WHERE id = ?", (was,))
    else:
        db.execute("DELETE FROM blog WHERE id = ?", (blog,))
        db.execute("UPDATE blog SET id = ?, hub_until = NULL WHERE id = ?", (blog, was))
    for table, key in _TABLES.items():
        moved(db, table, "blog", key, was=was, to=blog)
    for table in ("page", "known", "alias", "subscription", "forum_topic"):
        db.execute(f"DELETE FROM {table} WHERE blog = ?", (was,))
    for note in NOTES:
        notes.rename(db, note.format(was), note.format(blog))
    alarms.rename(db, was, blog)
