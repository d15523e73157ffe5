"""The one transaction that publishes: what a poll found, with the first chunk of every audience."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from bot.core.facts import Came
from bot.core.model import ChangeKind, Lane, Post
from bot.core.publishing import LANE_OF_CHANGE, PostWrite, Publishing
from storage import (
    cards,
    corrections,
    expansion,
    filters,
    handovers,
    key_events,
    memories,
    returning,
    returns,
    states,
    takedowns,
    threads,
)
from storage.errors import Overtaken
from storage.rows import (
    entities_json,
    insert,
    instant,
    page_columns,
    seen_columns,
    spaced,
    to_json,
    unspaced,
    upsert,
)
from storage.spoken import Connection


def publish(db: Connection, publishing: Publishing) -> list[int]:
    """Write one poll's outcome, with the first chunk of every audience. Returns the posts that people hear of.

    Overtaken where somebody else has published of the blog since that was read.
    """
    _take_turn(db, publishing.blog, publishing.turn)
    if returning.is_catching_up(db, publishing.blog, publishing.url):
        publishing = returning.as_told(publishing)
    _remember(db, publishing)
    steps: list[Callable[[], int | None]] = [partial(_write, db, publishing, write) for write in publishing.writes]
    if (handover := publishing.handover) is not None:
        steps.insert(0 if handover.begun else len(steps), partial(handovers.tell, db, publishing, handover))
    told = [post for step in steps if (post := step()) is not None]
    quiet = publishing.only_changes
    told += key_events.mark(db, publishing.blog, publishing.key_events, publishing.now, quiet=quiet)
    _advance(db, publishing)
    cards.look(db, publishing.blog, publishing.now)
    return told


def _take_turn(db: Connection, blog: str, turn: int | None) -> None:
    """First of all, since it is what others wait for where the engine lets writes go side by side."""
    if turn is None:
        db.execute("UPDATE blog SET turn = turn + 1 WHERE id = ?", (blog,))
        return
    taken = "UPDATE blog SET turn = turn + 1 WHERE id = ? AND turn = ? AND removed_at IS NULL"
    if db.execute(taken, (blog, turn)).rowcount != 1:
        raise Overtaken(f"{blog}: somebody else has published of it since this was read")


_ALIAS = """
INSERT INTO alias (blog, alias, key) VALUES (?, ?, ?) ON CONFLICT (blog, alias) DO UPDATE SET key = excluded.key
"""


def _remember(db: Connection, publishing: Publishing) -> None:
    rows = [seen_columns(publishing.blog, one) for one in publishing.seen]
    if rows:
        db.executemany(upsert("known", rows[0], key=("blog", "key")), rows)
    pairs = [(publishing.blog, alias, key) for alias, key in publishing.aliases.items()]
    db.executemany(_ALIAS, pairs)


def _advance(db: Connection, publishing: Publishing) -> None:
    """The page's memory and its validators, and the blog's row."""
    if publishing.page is not None:
        columns = {"blog": publishing.blog, "url": publishing.url, "accepted_at": publishing.now}
        columns |= page_columns(publishing.page)
        db.execute(upsert("page", columns, key=("blog", "url"), once=("accepted_at",)), columns)
        db.execute(
            "UPDATE page SET moved_at = coalesce(moved_at, ?) WHERE blog = ? AND url = ? AND next_url IS NOT NULL",
            (publishing.now, publishing.blog, publishing.url),
        )
    if (validators := publishing.validators) is not None:
        db.execute(
            "UPDATE page SET etag = ?, last_modified = ?, body_hash = ? WHERE blog = ? AND url = ?",
            (validators.etag, validators.last_modified, validators.body_hash, publishing.blog, publishing.url),
        )
    _live_on(db, publishing)


_SAYS = "CASE WHEN :speaks AND :about_the_blog THEN :{0} ELSE blog.{0} END"


def _live_on(db: Connection, publishing: Publishing) -> None:
    """What is known of the blog's life. A page that was left for another one has no say in it."""
    page = db.execute("SELECT * FROM page WHERE blog = ? AND url = ?", (publishing.blog, publishing.url)).fetchone()
    speaks = publishing.ended is not None and not memories.beside(db, publishing.blog, publishing.url, page)[1]
    ended = publishing.ended if page is None else page["ended"] and page["next_url"] is None  # a move is no end
    db.execute(
        f"""INSERT INTO blog (id, title, started, answered_at, ended_at, last_post_at, active_at, starts_at,
        interval_hint)
        VALUES (:id, :title, :started, :now, :ended_at, :last_post_at,
        coalesce(CAST(:active_at AS DOUBLE PRECISION), :first_at), :starts_at, :interval_hint)
        ON CONFLICT (id) DO UPDATE SET title = coalesce(excluded.title, blog.title),
        started = blog.started OR :started, answered_at = :now,
        ended_at = CASE WHEN NOT :speaks THEN blog.ended_at WHEN :ended THEN coalesce(blog.ended_at, :ended_at) END,
        starts_at = {_SAYS.format("starts_at")}, interval_hint = {_SAYS.format("interval_hint")},
        last_post_at = coalesce(max(blog.last_post_at, :last_post_at), blog.last_post_at, :last_post_at),
        active_at = coalesce(max(blog.active_at, :active_at), blog.active_at, :active_at, :first_at)""",
        {
            "id": publishing.blog,
            "title": publishing.title,
            "now": publishing.now,
            "started": publishing.url != "",
            "speaks": speaks,
            "ended": bool(ended),
            "ended_at": publishing.now if ended else None,
            "about_the_blog": publishing.about_the_blog,
            "starts_at": publishing.starts_at,
            "interval_hint": publishing.interval_hint,
            "last_post_at": _last_post_at(publishing),
            "active_at": _active_at(publishing),
            "first_at": publishing.now if any(not one.post.withdrawn for one in publishing.writes) else None,
        },
    )


_ACTIVITY = (ChangeKind.NEW, ChangeKind.EDITED, ChangeKind.RESTORED)


def _last_post_at(publishing: Publishing) -> float | None:
    """When the newest of these posts came: now, or for what stood there at first sight when it was published."""
    if any(write.change is ChangeKind.NEW for write in publishing.writes):
        return publishing.now
    return _stood(publishing, *(write.post.published_at for write in publishing.writes if write.change is None))


def _active_at(publishing: Publishing) -> float | None:
    """The same of posts and edits."""
    if any(write.change in _ACTIVITY for write in publishing.writes):
        return publishing.now
    stored = [write.post for write in publishing.writes if write.change is None]
    return _stood(publishing, *(time for post in stored for time in (post.published_at, post.modified_at)))


def _stood(publishing: Publishing, *times: datetime | None) -> float | None:
    """The latest of these times that is not in the future."""
    return max((at for at in map(instant, times) if at is not None and at <= publishing.now), default=None)


def _write(db: Connection, publishing: Publishing, write: PostWrite) -> int | None:
    """One post and whoever should hear of it; None where nobody should."""
    before = db.execute("SELECT * FROM post WHERE blog = ? AND key = ?", (publishing.blog, write.post.key)).fetchone()
    match write.change:
        case None | ChangeKind.NEW if before is None and _stays_down(db, publishing, write):
            takedowns.keep_down(db, _insert(db, publishing, write), publishing.now)
            return None
        case None if before is None:
            _insert(db, publishing, write)
            return None
        case ChangeKind.NEW if before is None:
            return _new(db, publishing, write)
        case None | ChangeKind.NEW:
            return None
        case _ if before is None:  # pruned: its messages are no longer followed
            return None
        case change if before["editors_word"] is not None:
            return takedowns.heard(db, before, change, _columns(write), publishing.now)
        case ChangeKind.WITHDRAWN:
            return _withdraw(db, publishing, before["id"])
        case _:
            return _rewrite(db, publishing, write, before)


def _stays_down(db: Connection, publishing: Publishing, write: PostWrite) -> bool:
    return takedowns.stays_down(db, publishing.blog, write.post.title, write.post.text)


def _new(db: Connection, publishing: Publishing, write: PostWrite) -> int:
    pages = [one for one in (publishing.url, publishing.page_url) if one]
    continues = threads.continues(db, publishing.blog, pages, write.post, publishing.now)
    post = _insert(db, publishing, write, continues)
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


def _insert(db: Connection, publishing: Publishing, write: PostWrite, continues: int | None = None) -> int:
    columns = _columns(write) | {
        "continues": continues,
        "blog": publishing.blog,
        "key": write.post.key,
        "came": Came.OLD if write.change is None and publishing.came is not Came.BASELINE else publishing.came,
        "first_seen_at": publishing.now,
        "public_at": _public_at(db, publishing, write),
        "withdrawn_at": publishing.now if write.post.withdrawn else None,
    }
    return insert(db, "post", columns)


def _public_at(db: Connection, publishing: Publishing, write: PostWrite) -> float | None:
    """When lists may show the post: at once, after the blog's hold, or (None) when an editor releases the blog."""
    if write.change is None:
        return publishing.now
    return None if states.held(db, publishing.blog) else publishing.now + publishing.hold


def _columns(write: PostWrite) -> dict[str, Any]:
    post: Post = write.post
    return {
        "title": post.title,
        "title_is_derived": post.title_is_derived,
        "text": post.text,
        "entities": entities_json(post.entities),
        "embeds": to_json([{"kind": one.kind, "url": one.url, "title": one.title} for one in post.embeds]),
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
    corrections.withdraw(db, post, publishing.now)
    change = {"post": post, "kind": "change", "lane": Lane.WITHDRAWAL, "blog": publishing.blog}
    expansion.begin(db, change | {"created_at": publishing.now, "not_before": publishing.now})
    return post


def _rewrite(db: Connection, publishing: Publishing, write: PostWrite, before: Any) -> int:
    """An edit or a return: the post's text at a new revision, and whoever has it or now matches it."""
    columns = _columns(write) | {"id": before["id"], "now": publishing.now}
    columns["restored"] = write.change is ChangeKind.RESTORED
    sets = ", ".join(f"{name} = :{name}" for name in _columns(write) if name != "published_at")
    db.execute(
        f"""UPDATE post SET {sets}, published_at = coalesce(:published_at, published_at), revision = revision + 1,
        updated_at = :now,
        withdrawn_at = CASE WHEN :restored THEN NULL ELSE withdrawn_at END WHERE id = :id""",
        columns,
    )
    if write.change is ChangeKind.RESTORED:
        returns.bring_back(
            db,
            before["id"],
            publishing.blog,
            public_at=before["public_at"],
            now=publishing.now,
            only_changes=publishing.only_changes,
        )
    else:
        _pass_on(db, publishing, write, before)
        corrections.follow(db, corrections.Edit.of_a_page(publishing, write), before)
    return int(before["id"])


def _pass_on(db: Connection, publishing: Publishing, write: PostWrite, before: Any) -> None:
    """An edit to whoever has the post, and the post to whoever follows what it has become only now: of a topic, a key
    event.
    """
    # One edit per quiet time: a change that still waits will carry this revision as well.
    times = {
        "not_before": publishing.now + publishing.edit_quiet,
        "sent_since": publishing.now - publishing.edits_for,
    }
    expansion.begin(db, _audience(publishing, write, before["id"], "change") | times)
    if publishing.only_changes:
        return
    told = returns.told(db, before["id"])
    if told is None or told["begun_at"] is None or before["withdrawn_at"] is not None:
        return
    _win(db, publishing, write, before)
    if key_events.is_gained(write.post, before):
        key_events.tell(db, before["id"], _audience(publishing, write, before["id"], "key"))


def _win(db: Connection, publishing: Publishing, write: PostWrite, before: Any) -> None:
    """Whoever wants the post only now, for a topic or for what it says. Where nobody can, nothing is looked at."""
    gained = set(write.topics) - set(unspaced(before["topics"]))
    said_before = None
    if filters.exist(db, publishing.blog):
        after = db.execute("SELECT * FROM post WHERE id = ?", (before["id"],)).fetchone()
        said_before = filters.said(before).text if filters.said(before) != filters.said(after) else None
    if gained or said_before is not None:
        more = {"lane": Lane.LIVE, "topics": spaced(sorted(gained)), "said_before": said_before}
        expansion.begin(db, _audience(publishing, write, before["id"], "gained") | more)
