"""Posts that their blog holds back for a while, and the editors they were offered to: send now, or never."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.core.model import Lane
from storage import audit, cards, states, takedowns
from storage.audit import Act
from storage.rows import upsert
from storage.spoken import Connection, Row

SEND_NOW, DROP = "send now", "drop"
_MOST = 500  # that one look finds
_HELD = f"""q.done_at IS NULL AND q.begun_at IS NULL AND q.kind = 'new' AND q.lane = {Lane.LIVE:d}
  AND q.not_before > q.created_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A post that waits: until `at` (seconds since 1970), or, where its blog was stopped, until that is released."""

    post: int
    blog: str
    at: float
    revision: int
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A message in an editor's chat in which a held post stands; `revision` 0: in a list of several."""

    post: int
    person: int
    message: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a held post: "waits", "sent", "dropped", "went out", "withdrawn" (by its page) or "gone"."""

    what: str
    person: int | None = None
    at: float = 0.0


def waiting(db: Connection, now: float) -> list[Held]:
    """Soonest first."""
    rows = db.execute(
        f"""SELECT q.post, p.blog, q.not_before AS at, p.revision, b.held_at IS NOT NULL OR :all_held AS stopped
        FROM publication q INDEXED BY publication_open JOIN post p ON p.id = q.post JOIN blog b ON b.id = p.blog
        WHERE {_HELD} AND p.notice IS NULL AND p.withdrawn_at IS NULL
        AND (q.not_before > :now OR b.held_at IS NOT NULL OR :all_held) ORDER BY q.not_before, q.id LIMIT {_MOST}""",
        {"now": now, "all_held": states.all_held(db)},
    )
    return [Held(**{name: row[name] for name in row.keys()} | {"stopped": bool(row["stopped"])}) for row in rows]  # noqa: SIM118


def send_now(db: Connection, act: Act) -> bool:
    """Before whatever its blog still holds back. False: it waits no more, or its blog is stopped."""
    assert act.post is not None
    row = _of_a_blog(db, act.post)
    if row is None or row["withdrawn_at"] is not None or states.held(db, row["blog"]):
        return False
    changed = db.execute(
        f"UPDATE publication AS q SET not_before = :now, ahead = TRUE WHERE q.post = :post AND {_HELD}",
        {"now": act.at, "post": act.post},
    )
    if not changed.rowcount:
        return False
    db.execute("UPDATE post SET public_at = ? WHERE id = ?", (act.at, act.post))
    audit.note(db, replace(act, act=SEND_NOW, blog=row["blog"]))
    cards.look(db, row["blog"], act.at)
    return True


def drop(db: Connection, act: Act) -> bool:
    """Never sent, in no list, and it stays down until somebody restores it. False: it waits no more."""
    assert act.post is not None
    waits = _of_a_blog(db, act.post) is not None and _waits(db, act.post)
    return waits and takedowns.withdraw(db, replace(act, act=DROP))


def _of_a_blog(db: Connection, post: int) -> Row | None:
    """No push, which waits for its time in the same way, and no notice of ours."""
    row: Row | None = db.execute(
        "SELECT * FROM post WHERE id = ? AND blog IS NOT NULL AND notice IS NULL", (post,)
    ).fetchone()
    return row


def _waits(db: Connection, post: int) -> bool:
    return db.execute(f"SELECT 1 FROM publication q WHERE q.post = ? AND {_HELD}", (post,)).fetchone() is not None


def fate(db: Connection, post: int) -> Fate:
    row = _of_a_blog(db, post)
    if row is None:
        return Fate(what="gone")
    said = db.execute(
        "SELECT * FROM audit WHERE post = ? AND act IN (?, ?, 'withdraw') ORDER BY id DESC LIMIT 1",
        (post, SEND_NOW, DROP),
    ).fetchone()
    if said is not None and (said["act"] == SEND_NOW) == (row["withdrawn_at"] is None):
        return Fate(what="sent" if said["act"] == SEND_NOW else "dropped", person=said["person"], at=said["at"])
    if row["withdrawn_at"] is not None:
        return Fate(what="withdrawn", at=row["withdrawn_at"])
    if _waits(db, post):
        return Fate(what="waits")
    return Fate(what="went out", at=row["public_at"] or row["first_seen_at"])


# --- whom it was offered to ----------------------------------------------------------------------------------------


def offers(db: Connection) -> list[Offer]:
    """Those whose message does not say yet what became of the post."""
    rows = db.execute("SELECT post, person, message, revision FROM offer ORDER BY person, message, post")
    return [Offer(post=row[0], person=row[1], message=row[2], revision=row[3]) for row in rows]


def offered(db: Connection, made: Iterable[Offer]) -> None:
    rows = [{"post": one.post, "person": one.person, "message": one.message, "revision": one.revision} for one in made]
    if rows:
        db.executemany(upsert("offer", rows[0], key=("post", "person", "message")), rows)


def forget(db: Connection, past: Iterable[Offer]) -> None:
    rows = [(one.post, one.person, one.message) for one in past]
    db.executemany("DELETE FROM offer WHERE post = ? AND person = ? AND message = ?", rows)
