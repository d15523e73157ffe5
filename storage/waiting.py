"""What waits, how many and until when; and what is to be done about it when we start or stop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from bot.core.model import Lane
from storage import unwanted
from storage.claims import Claim
from storage.rows import to_json
from storage.settling import chats_now
from storage.spoken import Connection

_RECENT = 100_000  # messages: more than a minute of them, at any pace that Telegram grants


def release_claims(db: Connection, claims: Sequence[Claim]) -> None:
    """Claims that were never sent: as they were before."""
    for claimed, chat in zip(claims, chats_now(db, claims), strict=True):
        rows = [(claimed.bot, row.post, chat, row.thread) for row in claimed.action.rows]
        db.executemany(
            "UPDATE delivery SET sending = NULL WHERE bot = ? AND post = ? AND chat = ? AND thread = ?", rows
        )
        db.executemany(
            """DELETE FROM delivery WHERE bot = ? AND post = ? AND chat = ? AND thread = ?
            AND aside = 'left' AND sent = 0""",
            rows,
        )
    unwanted.tidy(db)


# IS, and both kinds by themselves: PostgreSQL has no index of what is on its way, so that a claim need write none, and
# looks through what waits and what nobody wants.
_ON_THE_WIRE = """
SELECT post, chat, thread FROM delivery INDEXED BY delivery_sending
WHERE bot IS :bot AND sending IS NOT NULL AND sent <> wanted
UNION ALL SELECT post, chat, thread FROM delivery INDEXED BY delivery_sending
WHERE bot IS :bot AND sending IS NOT NULL AND wanted = 0 AND sent = 0
"""
_IN_DOUBT = """
{} WHERE bot = :bot AND post = :post AND thread = :thread AND chat IN (SELECT value FROM json_each(:chats))
AND sending IS NOT NULL
"""


def recover(db: Connection, bot: str, ambiguous: str, now: float) -> int:
    """After a kill: the rows in doubt. Edits are done again, first sends as configured. Returns how many."""
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    for post, chat, thread in db.execute(_ON_THE_WIRE, {"bot": bot}).fetchall():
        places[post, thread].append(chat)
    recovered = 0
    for (post, thread), chats in places.items():
        bound = {"bot": bot, "now": now, "post": post, "thread": thread, "chats": to_json(chats)}
        recovered += _recover(db, ambiguous, bound)
    unwanted.tidy(db)
    return recovered


def _recover(db: Connection, ambiguous: str, bound: dict[str, Any]) -> int:
    given_up = db.execute(f"{_IN_DOUBT.format('DELETE FROM delivery')} AND sent = 0 AND aside = 'left'", bound)
    if ambiguous == "drop":  # but for a card that is there, and was just being pinned
        arrived = _IN_DOUBT.format("UPDATE delivery SET sent = sending, first_sent_at = :now")
        db.execute(f"{arrived} AND sent = 0 AND NOT EXISTS ({unwanted.STANDS})", bound)
    doubtful = db.execute(_IN_DOUBT.format("UPDATE delivery SET sending = NULL"), bound)
    return given_up.rowcount + doubtful.rowcount


def in_doubt(db: Connection, bot: str) -> list[tuple[int, str]]:
    """(Telegram id, kind) of chats to which something may just have been said, that nobody knows of."""
    rows = db.execute(
        """SELECT c.telegram_id, c.kind FROM delivery d INDEXED BY delivery_sending JOIN chat c ON c.id = d.chat
        WHERE d.bot = ? AND d.sending IS NOT NULL""",
        (bot,),
    )
    return [(row["telegram_id"], row["kind"]) for row in rows]


def next_due(db: Connection, bot: str, now: float) -> float | None:
    """When something that waits for its time may become due: a retry, or a chat whose rest ends."""
    row = db.execute(
        """SELECT min(at) FROM (
        SELECT min(not_before) AS at FROM delivery INDEXED BY delivery_retried
        WHERE bot = :bot AND sent <> wanted AND aside IS NULL AND not_before > 0 AND not_before > +:now
        UNION ALL
        SELECT min(not_before) FROM chat INDEXED BY chat_resting
        WHERE bot = :bot AND open AND not_before > 0 AND not_before > +:now) AS waiting""",
        {"bot": bot, "now": now},
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
        WHERE m.id > (SELECT max(id) FROM message) - ? AND m.sent_at > ? ORDER BY m.sent_at""",
        (_RECENT, since),
    )
    return [(row["telegram_id"], row["kind"], row["sent_at"]) for row in rows]
