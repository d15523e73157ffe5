"""What becomes of a push after it was sent: stopped on its way, gone on with, its rest dropped; and how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.model import Lane, Relayed
from bot.core.publishing import Progress
from storage import audit, expansion
from storage.audit import Act
from storage.rows import relayed
from storage.spoken import Connection, Row

STOPPED = "stopped"  # what `push.state` is where the rest was dropped
_OUT = "('sent', 'stopped')"
_PLANNED = "('scheduled')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A push as those see it who look after it. Instants in seconds since 1970; `state` as in `Push`."""

    post: Relayed
    author: int
    state: str
    at: float  # sent, or to be sent
    paused_at: float | None = None
    blog: str | None = None  # its audience: the blog's followers; None: everybody's
    topics: tuple[str, ...] = ()
    language: str | None = None
    only_chat: int | None = None  # ours
    watched: tuple[int, int] | None = None  # chat and message (Telegram's ids) that show how far it is

    @property
    def recalled(self) -> bool:
        return self.post.withdrawn_at is not None


def find(db: Connection, post: int) -> Sent | None:
    """One that was sent, or is to be."""
    return next(iter(_sent(db, f"u.post = :post AND (u.state IN {_OUT} OR u.state IN {_PLANNED})", post=post)), None)


def recent(db: Connection, limit: int, skip: int = 0) -> list[Sent]:
    """The newest first, those that are still to be sent before all others."""
    order = f"ORDER BY u.state IN {_PLANNED} DESC, at DESC, u.post DESC LIMIT {limit:d} OFFSET {skip:d}"
    return _sent(db, f"u.state IN {_OUT} OR u.state IN {_PLANNED}", order)


def watched(db: Connection, since: float) -> list[Sent]:
    """Those that something happened to lately, and whose end was not shown yet."""
    return _sent(
        db,
        f"""u.state IN {_OUT} AND u.end_shown = 0 AND u.sent_at IS NOT NULL AND u.preview_message IS NOT NULL
        AND max(u.sent_at, coalesce(u.acted_at, 0)) >= :since""",
        index="INDEXED BY push_watched",
        since=since,
    )


def end_shown(db: Connection, post: int, acted_at: float | None) -> None:
    """Unless an editor did something since `acted_at`."""
    db.execute("UPDATE push SET end_shown = 1 WHERE post = ? AND acted_at IS ?", (post, acted_at))


def acted_at(db: Connection, post: int) -> float | None:
    row = db.execute("SELECT acted_at FROM push WHERE post = ?", (post,)).fetchone()
    return row["acted_at"] if row else None


def _sent(db: Connection, which: str, order: str = "", index: str = "", **bound: object) -> list[Sent]:
    rows = db.execute(
        f"""SELECT u.author, u.state, coalesce(u.sent_at, u.send_at, u.created_at) AS at, u.preview_chat,
        u.preview_message, u.topics AS for_topics, u.blog AS for_blog, u.language AS for_language,
        u.only_chat AS for_chat, p.* FROM push u {index} JOIN post p ON p.id = u.post
        WHERE p.blog IS NULL AND ({which}) {order}""",
        bound,
    )
    return [_value(row) for row in rows]


def _value(row: Row) -> Sent:
    return Sent(
        post=relayed(row),
        author=row["author"],
        state=row["state"],
        at=row["at"],
        paused_at=row["paused_at"],
        blog=row["for_blog"],
        topics=tuple(row["for_topics"].split()),
        language=row["for_language"],
        only_chat=row["for_chat"],
        watched=(row["preview_chat"], row["preview_message"]) if row["preview_message"] else None,
    )


# --- on its way ----------------------------------------------------------------------------------------------------


def pause(db: Connection, act: Act) -> bool:
    """Nothing of it leaves until `resume`, but for corrections of what is there. False: it is not on its way."""
    return _mark(db, act, "paused_at = :at", "p.paused_at IS NULL")


def resume(db: Connection, act: Act) -> bool:
    return _mark(db, act, "paused_at = NULL", "p.paused_at IS NOT NULL")


def _mark(db: Connection, act: Act, sets: str, where: str) -> bool:
    changed = db.execute(
        f"""UPDATE post AS p SET {sets} WHERE p.id = :post AND p.withdrawn_at IS NULL AND {where}
        AND EXISTS (SELECT 1 FROM push u WHERE u.post = p.id AND u.state = 'sent')""",
        {"post": act.post, "at": act.at},
    )
    return changed.rowcount > 0 and _note(db, act)


def drop_the_rest(db: Connection, act: Act) -> bool:
    """Who has it keeps it, nobody else gets it. It stays paused: what is on the wire may come back as not sent."""
    changed = db.execute(
        """UPDATE push SET state = 'stopped' WHERE post = :post AND state = 'sent'
        AND EXISTS (SELECT 1 FROM post p WHERE p.id = :post AND p.withdrawn_at IS NULL)""",
        {"post": act.post},
    )
    if not changed.rowcount:
        return False
    db.execute("UPDATE post SET paused_at = coalesce(paused_at, ?) WHERE id = ?", (act.at, act.post))
    assert act.post is not None
    expansion.cancel(db, act.post, act.at)
    rest = {"post": act.post, "kind": expansion.STOP, "lane": Lane.WITHDRAWAL}
    expansion.begin(db, rest | {"created_at": act.at, "not_before": act.at})
    return _note(db, act)


def _note(db: Connection, act: Act) -> bool:
    audit.note(db, act)
    db.execute("UPDATE push SET acted_at = ?, end_shown = 0 WHERE post = ?", (act.at, act.post))
    return True


# --- how far it is -------------------------------------------------------------------------------------------------


def progress(db: Connection, bot: str, post: int) -> Progress:
    """Counts every row of it, so it takes its time."""
    row = db.execute(
        """SELECT count(CASE WHEN sent > 0 THEN 1 END) AS sent,
        count(CASE WHEN sent = 0 AND (aside IS NULL OR aside = 'asleep' OR sending IS NOT NULL) THEN 1 END) AS waiting,
        count(CASE WHEN sent = 0 AND aside = 'asleep' THEN 1 END) AS asleep,
        count(CASE WHEN sent = 0 AND aside = 'closed' THEN 1 END) AS closed,
        count(CASE WHEN sent = 0 AND aside NOT IN ('closed', 'left', 'asleep') THEN 1 END) AS refused,
        count(CASE WHEN sent > 0 AND sent <> wanted AND aside IS NULL THEN 1 END) AS changing,
        count(CASE WHEN sent > 0 AND sent <> wanted AND aside NOT IN ('closed', 'left', 'asleep') THEN 1 END) AS stuck,
        max(first_sent_at) AS last_at
        FROM delivery WHERE bot = ? AND post = ?""",
        (bot, post),
    ).fetchone()
    open_ = db.execute("SELECT 1 FROM publication WHERE post = ? AND done_at IS NULL", (post,)).fetchone()
    counts = {name: row[name] for name in ("sent", "waiting", "asleep", "closed", "refused", "changing", "stuck")}
    return Progress(**counts, last_at=row["last_at"], expanded=open_ is None)


def reached(db: Connection, bot: str, post: int) -> int:
    """In how many chats it stands, or is on the wire to. Counts every row of it."""
    row = db.execute(
        "SELECT count(*) FROM delivery WHERE bot = ? AND post = ? AND (sent > 0 OR sending IS NOT NULL)", (bot, post)
    ).fetchone()
    return int(row[0])


def is_on_the_wire(db: Connection, bot: str, post: int) -> bool:
    """Whether it is being sent to somebody who has not got it, and it is not known yet as which message."""
    row = db.execute(
        """SELECT 1 FROM delivery INDEXED BY delivery_sending
        WHERE bot = ? AND post = ? AND sending IS NOT NULL AND sent = 0 LIMIT 1""",
        (bot, post),
    ).fetchone()
    return row is not None


# --- whose message is it -------------------------------------------------------------------------------------------


def said_at(db: Connection, post: int, chat: int, message: int, preview: int) -> None:
    """Where the editor wrote it, and where its preview stands (Telegram's ids): it can be corrected from either."""
    db.execute(
        "UPDATE push SET said_chat = ?, said_message = ?, shown_message = ? WHERE post = ?",
        (chat, message, preview, post),
    )


def by_message(db: Connection, chat: int, message: int) -> int | None:
    """The push that this message (Telegram's ids) was made from, previews, or is watched in."""
    row = db.execute(
        """SELECT post FROM push WHERE :chat IN (said_chat, preview_chat)
        AND ((said_chat = :chat AND :message IN (said_message, shown_message))
        OR (preview_chat = :chat AND preview_message = :message)) ORDER BY post DESC LIMIT 1""",
        {"chat": chat, "message": message},
    ).fetchone()
    return row["post"] if row else None
