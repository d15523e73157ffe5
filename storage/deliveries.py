"""Due rows out, settlements in. A claim marks rows as *sending* before anything is sent, so that after a kill the
rows in doubt are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

from bot.core.model import Lane, Relayed
from bot.core.plan import Action, Delete, Drop, Edit, OnScreen, Plan, Send, Skip, Waiting, plan
from bot.core.settle import Closed, Moved, Resting, RowAfter, Settlement
from storage import chats
from storage.rows import relayed, to_json

_FREE = """d.bot = :bot AND d.sent <> d.wanted AND d.aside IS NULL AND d.sending IS NULL
  AND (d.lane = 0 OR p.blog IS NULL OR b.held_at IS NULL AND NOT :all_held)"""

# CROSS JOIN keeps SQLite to the order of the index: the most urgent rows first, and no sorting.
_HEADS = f"""
SELECT d.chat, c.telegram_id FROM delivery d INDEXED BY delivery_due
CROSS JOIN chat c ON c.id = d.chat CROSS JOIN post p ON p.id = d.post LEFT JOIN blog b ON b.id = p.blog
WHERE {_FREE} AND d.not_before <= :now AND c.open AND c.not_before <= :now
ORDER BY d.lane, d.since, d.post
"""
_ROWS = f"""
SELECT d.*, p.withdrawn_at, p.blog, p.copied_chat FROM json_each(:chats) j
CROSS JOIN delivery d INDEXED BY delivery_waiting ON d.chat = j.value
CROSS JOIN post p ON p.id = d.post LEFT JOIN blog b ON b.id = p.blog WHERE {_FREE}
"""
_MESSAGES = """
SELECT s.post, s.thread, m.id, m.message_id, m.kind, m.picture FROM shown s JOIN message m ON m.id = s.message
WHERE s.chat = :chat AND s.post = :post AND s.thread = :thread ORDER BY m.id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One action in one chat, marked as being sent, with the posts it carries as they are now."""

    bot: str
    chat: int  # ours
    telegram_id: int
    kind: str
    language: str | None
    action: Action
    posts: tuple[Relayed, ...]  # in the message's order


def claim(
    db: Connection,
    *,
    bot: str,
    now: float,
    limit: int,
    busy: AbstractSet[int],
    on_withdrawal: Callable[[str | None], str],
) -> tuple[list[Claim], bool]:
    """At most `limit` actions, the most urgent first, one per chat, none for the `busy` (Telegram's ids).

    Also says whether a busy chat was passed over.
    """
    bound = {"bot": bot, "now": now, "all_held": all_held(db)}
    wanted, passed_over = _heads(db, bound, limit, busy)
    if not wanted:
        return [], passed_over
    waiting = _waiting(db, bound | {"chats": to_json(wanted)}, on_withdrawal)
    plans = {chat: plan(waiting[chat], now) for chat in wanted}
    for chat, decided in plans.items():
        _carry_out(db, bot, chat, decided)
    actions = {chat: one for chat, one in plans.items() if isinstance(one, Send | Edit | Delete)}
    return _claims(db, bot, actions), passed_over or len(actions) < len(plans)


def _heads(db: Connection, bound: dict[str, Any], limit: int, busy: AbstractSet[int]) -> tuple[list[int], bool]:
    """The chats whose rows are due first. Read only as far as needed: the queue may be a million rows long."""
    chosen: dict[int, None] = {}
    passed_over = False
    for row in db.execute(_HEADS, bound):
        if row["telegram_id"] in busy:
            passed_over = True
            continue
        chosen[row["chat"]] = None
        if len(chosen) == limit:
            break
    return list(chosen), passed_over


def all_held(db: Connection) -> bool:
    return db.execute("SELECT 1 FROM note WHERE name = 'hold all'").fetchone() is not None


def _waiting(
    db: Connection, bound: dict[str, Any], on_withdrawal: Callable[[str | None], str]
) -> Mapping[int, list[Waiting]]:
    rows: dict[int, list[Waiting]] = defaultdict(list)
    for row in db.execute(_ROWS, bound).fetchall():
        message = _message(db, row) if row["sent"] else None
        rows[row["chat"]].append(_value(row, message, on_withdrawal(row["blog"])))
    return rows


def _value(row: Row, message: OnScreen | None, on_withdrawal: str) -> Waiting:
    return Waiting(
        post=row["post"],
        thread=row["thread"],
        lane=Lane(row["lane"]),
        wanted=row["wanted"],
        sent=row["sent"],
        since=row["since"],
        not_before=row["not_before"],
        attempts=row["attempts"],
        plain=bool(row["plain"]),
        silent=bool(row["silent"]),
        withdrawn=row["withdrawn_at"] is not None,
        on_withdrawal=on_withdrawal,
        copied=row["copied_chat"] is not None,
        message=message,
    )


def _message(db: Connection, row: Row) -> OnScreen | None:
    found = db.execute(_MESSAGES, {"chat": row["chat"], "post": row["post"], "thread": row["thread"]}).fetchone()
    if found is None:
        return None
    posts = db.execute("SELECT post FROM shown WHERE message = ? ORDER BY position", (found["id"],))
    return OnScreen(
        id=found["id"],
        message_id=found["message_id"],
        kind=found["kind"],
        picture=found["picture"],
        posts=tuple(one["post"] for one in posts),
    )


def _carry_out(db: Connection, bot: str, chat: int, decided: Plan) -> None:
    """What a plan means for the rows before anything is sent."""
    match decided:
        case Send(rows=rows) | Edit(rows=rows) | Delete(rows=rows):
            statement = "UPDATE delivery SET sending = wanted WHERE bot = ? AND post = ? AND chat = ? AND thread = ?"
        case Skip(rows=rows):
            statement = "UPDATE delivery SET sent = wanted WHERE bot = ? AND post = ? AND chat = ? AND thread = ?"
        case Drop(rows=rows):
            statement = "DELETE FROM delivery WHERE bot = ? AND post = ? AND chat = ? AND thread = ?"
        case _:
            return
    db.executemany(statement, [(bot, row.post, chat, row.thread) for row in rows])


def _claims(db: Connection, bot: str, actions: Mapping[int, Action]) -> list[Claim]:
    posts = _posts(db, {post for action in actions.values() for post in _carried(action)})
    places = {row["id"]: row for row in _places(db, list(actions))}
    return [
        Claim(
            bot=bot,
            chat=chat,
            telegram_id=places[chat]["telegram_id"],
            kind=places[chat]["kind"],
            language=places[chat]["language"],
            action=action,
            posts=tuple(posts[post] for post in _carried(action) if post in posts),
        )
        for chat, action in actions.items()
    ]


def _carried(action: Action) -> tuple[int, ...]:
    return tuple(row.post for row in action.rows) if isinstance(action, Send) else action.message.posts


def _posts(db: Connection, ids: set[int]) -> dict[int, Relayed]:
    rows = db.execute("SELECT * FROM post WHERE id IN (SELECT value FROM json_each(?))", (to_json(list(ids)),))
    return {row["id"]: relayed(row) for row in rows}


def _places(db: Connection, ids: list[int]) -> list[Row]:
    return db.execute("SELECT * FROM chat WHERE id IN (SELECT value FROM json_each(?))", (to_json(ids),)).fetchall()


def settle(db: Connection, settled: Sequence[tuple[Claim, Settlement]], now: float) -> None:
    """One write for a batch of answers."""
    for claimed, settlement in settled:
        _settle_rows(db, claimed, settlement, now)
        _settle_screen(db, claimed, settlement, now)
        _settle_chat(db, claimed, settlement, now)


def _settle_rows(db: Connection, claimed: Claim, settlement: Settlement, now: float) -> None:
    for row in settlement.rows:
        db.execute(
            """UPDATE delivery SET sent = coalesce(:sent, sent), wanted = max(wanted, coalesce(:sent, 0)),
            sending = NULL, not_before = :not_before, attempts = :attempts,
            plain = CASE WHEN :sent < wanted THEN 0 ELSE :plain END, aside = :aside, settled_at = :now,
            first_sent_at = CASE WHEN :sent IS NULL THEN first_sent_at ELSE coalesce(first_sent_at, :now) END
            WHERE bot = :bot AND post = :post AND chat = :chat AND thread = :thread""",
            _bound_row(claimed, row) | {"now": now},
        )


def _bound_row(claimed: Claim, row: RowAfter) -> dict[str, Any]:
    return {"bot": claimed.bot, "chat": claimed.chat} | {name: getattr(row, name) for name in RowAfter.__slots__}


def _settle_screen(db: Connection, claimed: Claim, settlement: Settlement, now: float) -> None:
    """What stands in the chat now: new messages, others gone, revisions shown."""
    for message_id in settlement.message_ids:
        _stands(db, claimed, message_id, settlement, now)
    if settlement.gone is not None:
        db.execute("DELETE FROM shown WHERE message = ?", (settlement.gone,))
        db.execute("DELETE FROM message WHERE id = ?", (settlement.gone,))
    if settlement.edited is not None:
        revisions = [(post.revision, settlement.edited, post.id) for post in claimed.posts]
        db.executemany("UPDATE shown SET revision = ? WHERE message = ? AND post = ?", revisions)
        db.execute("UPDATE message SET picture = ? WHERE id = ?", (settlement.picture, settlement.edited))


def _stands(db: Connection, claimed: Claim, message_id: int, made: Settlement, now: float) -> None:
    thread = claimed.action.rows[0].thread
    message = db.execute(
        "INSERT INTO message (bot, chat, thread, message_id, kind, picture, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (claimed.bot, claimed.chat, thread, message_id, made.kind, made.picture, now),
    ).lastrowid
    db.executemany(
        "INSERT INTO shown (post, chat, thread, message, revision, position) VALUES (?, ?, ?, ?, ?, ?)",
        [(post.id, claimed.chat, thread, message, post.revision, at) for at, post in enumerate(claimed.posts)],
    )


def _settle_chat(db: Connection, claimed: Claim, settlement: Settlement, now: float) -> None:
    match settlement.chat:
        case Closed(why=why, thread=None):
            chats.close(db, claimed.chat, why, now)
        case Closed(thread=int() as thread):
            chats.close_thread(db, claimed.chat, thread)
        case Moved(to=to):
            chats.move(db, claimed.bot, claimed.chat, to)
        case Resting(until=until):
            db.execute("UPDATE chat SET not_before = ? WHERE id = ?", (until, claimed.chat))
        case None:
            pass


def release_claims(db: Connection, claims: Iterable[Claim]) -> None:
    """Claims that were never sent: as they were before."""
    rows = [(one.bot, row.post, one.chat, row.thread) for one in claims for row in one.action.rows]
    db.executemany("UPDATE delivery SET sending = NULL WHERE bot = ? AND post = ? AND chat = ? AND thread = ?", rows)


def recover(db: Connection, bot: str, ambiguous: str, now: float) -> int:
    """After a kill: the rows in doubt. Edits are done again, first sends as configured. Returns how many."""
    if ambiguous == "drop":
        db.execute(
            """UPDATE delivery INDEXED BY delivery_sending SET sent = sending, first_sent_at = ?
            WHERE bot = ? AND sending IS NOT NULL AND sent = 0""",
            (now, bot),
        )
    return db.execute(
        "UPDATE delivery INDEXED BY delivery_sending SET sending = NULL WHERE bot = ? AND sending IS NOT NULL", (bot,)
    ).rowcount


def next_due(db: Connection, bot: str, now: float) -> float | None:
    """When the next waiting row that is not due yet becomes so: a retry, or a chat whose rest ends."""
    row = db.execute(
        """SELECT min(max(d.not_before, c.not_before)) FROM delivery d INDEXED BY delivery_due
        JOIN chat c ON c.id = d.chat AND c.open WHERE d.bot = ? AND d.sent <> d.wanted AND d.aside IS NULL
        AND d.sending IS NULL AND max(d.not_before, c.not_before) > ?""",
        (bot, now),
    ).fetchone()
    due: float | None = row[0]
    return due


def queue(db: Connection, bot: str) -> dict[Lane, int]:
    """How many rows wait, by lane."""
    rows = db.execute(
        """SELECT lane, count(*) AS waiting FROM delivery INDEXED BY delivery_due
        WHERE bot = ? AND sent <> wanted AND aside IS NULL GROUP BY lane""",
        (bot,),
    )
    return {Lane(row["lane"]): row["waiting"] for row in rows}


def recent_sends(db: Connection, since: float) -> list[tuple[int, str, float]]:
    """(Telegram id, kind, instant) of messages sent lately: what Telegram's limits still remember after a restart."""
    rows = db.execute(
        """SELECT c.telegram_id, c.kind, m.sent_at FROM message m JOIN chat c ON c.id = m.chat
        WHERE m.id > (SELECT max(id) - 5000 FROM message) AND m.sent_at > ? ORDER BY m.sent_at""",
        (since,),
    )
    return [(row["telegram_id"], row["kind"], row["sent_at"]) for row in rows]
