"""Settlements in: what became of each action, written for a whole batch of answers at once.

A batch is a few statements over many rows rather than many statements: each of them costs more in handing the
interpreter to and fro between threads than in SQLite. A chat has at most one answer in a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from bot.core.model import Lane
from bot.core.plan import Delete
from bot.core.settle import Closed, Moved, Resting, RowAfter, Settlement
from storage import chats
from storage.claims import Claim
from storage.rows import to_json

Settled = tuple[Claim, Settlement]


@dataclass(frozen=True, slots=True)
class _Answer:
    """A settlement, and the chat that it is about now."""

    claimed: Claim
    made: Settlement
    chat: int


def settle(db: Connection, settled: Sequence[Settled], now: float) -> None:
    """One write for a batch of answers. A chat that was forgotten meanwhile stays forgotten."""
    if not settled:
        return
    places = chats_now(db, [claimed for claimed, _ in settled])
    answers = [
        _Answer(claimed, made, chat) for (claimed, made), chat in zip(settled, places, strict=True) if chat is not None
    ]
    known = _settle_rows(db, answers, now)
    _stand(db, known, now)
    _settle_screens(db, answers)
    for answer in answers:
        if answer.made.chat is not None:
            _settle_chat(db, answer, now)


def chats_now(db: Connection, claims: Sequence[Claim]) -> list[int | None]:
    """The claims' chats, each of which may have been joined with another that has its Telegram id now."""
    ids = to_json([claimed.chat for claimed in claims])
    there = {row[0] for row in db.execute("SELECT id FROM chat WHERE id IN (SELECT value FROM json_each(?))", (ids,))}
    return [claimed.chat if claimed.chat in there else _joined(db, claimed) for claimed in claims]


def _joined(db: Connection, claimed: Claim) -> int | None:
    found = chats.find(db, claimed.bot, claimed.telegram_id)
    return found.id if found else None


_THIS_ROW = "bot = :bot AND post = :post AND chat = :chat AND thread = :thread"
# `sending` is the revision that was wanted when the row was claimed. What was wanted since gets its own chance: in the
# usual form, also where the one before was refused. A first send that leaves an edit behind has done its own part.
_SETTLE = f"""
UPDATE delivery SET sent = coalesce(:sent, sent), wanted = max(wanted, coalesce(:sent, 0)), sending = NULL,
  not_before = :not_before, attempts = :attempts, settled_at = :now,
  plain = CASE WHEN coalesce(:sent, sending) < wanted THEN 0 ELSE :plain END,
  aside = CASE WHEN aside = 'closed' AND coalesce(:sent, sent) <> wanted THEN 'closed'
    WHEN aside = 'left' AND :sent IS NULL THEN 'left' WHEN sending < wanted THEN NULL ELSE :aside END,
  lane = CASE WHEN sent = 0 AND :sent IS NOT NULL AND lane <> {Lane.WITHDRAWAL:d} THEN {Lane.EDIT:d} ELSE lane END,
  first_sent_at = CASE WHEN :sent IS NULL THEN first_sent_at ELSE coalesce(first_sent_at, :now) END
WHERE {_THIS_ROW}
"""
_TAKEN_AWAY = f"""
UPDATE delivery SET sent = 0, sending = NULL, first_sent_at = NULL, not_before = 0, attempts = 0, plain = 0,
  settled_at = :now, lane = {Lane.LIVE:d} WHERE {_THIS_ROW}
"""
_WITHDRAWN = f"""
DELETE FROM delivery WHERE {_THIS_ROW} AND EXISTS (SELECT 1 FROM post WHERE id = :post AND withdrawn_at IS NOT NULL)
"""
_LEFT = f"DELETE FROM delivery WHERE {_THIS_ROW} AND aside = 'left' AND sent = 0"


def _settle_rows(db: Connection, answers: Sequence[_Answer], now: float) -> list[_Answer]:
    """The rows after the actions. Returns the answers that still have a row: else nobody keeps their message true."""
    taken = [answer for answer in answers if _is_taken_away(answer)]
    others = [answer for answer in answers if not _is_taken_away(answer)]
    if taken:  # should the post return, it is sent anew
        db.executemany(_WITHDRAWN, list(_bound_rows(taken, now)))
        db.executemany(_TAKEN_AWAY, list(_bound_rows(taken, now)))
    rows = list(_bound_rows(others, now))
    settled = db.executemany(_SETTLE, rows).rowcount if rows else 0
    if unsent := [row for row in rows if row["sent"] is None]:
        db.executemany(_LEFT, unsent)
    return others if settled == len(rows) else [answer for answer in others if _has_row(db, answer)]


def _is_taken_away(answer: _Answer) -> bool:
    return isinstance(answer.claimed.action, Delete) and answer.made.gone is not None


def _bound_rows(answers: Sequence[_Answer], now: float) -> Iterator[dict[str, Any]]:
    for answer in answers:
        for row in answer.made.rows:
            yield _bound_row(answer, row, now)


def _bound_row(answer: _Answer, row: RowAfter, now: float) -> dict[str, Any]:
    return {
        "bot": answer.claimed.bot,
        "chat": answer.chat,
        "post": row.post,
        "thread": row.thread,
        "sent": row.sent,
        "not_before": row.not_before,
        "attempts": row.attempts,
        "plain": row.plain,
        "aside": row.aside,
        "now": now,
    }


def _has_row(db: Connection, answer: _Answer) -> bool:
    return any(
        db.execute(f"SELECT 1 FROM delivery WHERE {_THIS_ROW}", _bound_row(answer, row, 0.0)).fetchone()
        for row in answer.made.rows
    )


def _stand(db: Connection, answers: Sequence[_Answer], now: float) -> None:
    """Messages that were sent, and which posts they carry."""
    sent = [(answer, message) for answer in answers for message in answer.made.message_ids]
    if not sent:
        return
    first = db.execute("SELECT coalesce(max(id), 0) + 1 FROM message").fetchone()[0]
    numbered = list(enumerate(sent, first))
    db.executemany(
        """INSERT INTO message (id, bot, chat, thread, message_id, kind, picture, sent_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (number, one.claimed.bot, one.chat, _thread(one), message, one.made.kind, one.made.picture, now)
            for number, (one, message) in numbered
        ],
    )
    db.executemany(
        "INSERT INTO shown (post, chat, thread, message, revision, position) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (post.id, one.chat, _thread(one), number, post.revision, at)
            for number, (one, _) in numbered
            for at, post in enumerate(one.claimed.posts)
        ],
    )


def _thread(answer: _Answer) -> int:
    return answer.claimed.action.rows[0].thread


def _settle_screens(db: Connection, answers: Sequence[_Answer]) -> None:
    """What stood in the chats before: messages that are gone, and what others say now."""
    if gone := [(answer.made.gone,) for answer in answers if answer.made.gone is not None]:
        db.executemany("DELETE FROM shown WHERE message = ?", gone)
        db.executemany("DELETE FROM message WHERE id = ?", gone)
    if edited := [answer for answer in answers if answer.made.edited is not None]:
        revisions = [(post.revision, one.made.edited, post.id) for one in edited for post in one.claimed.posts]
        db.executemany("UPDATE shown SET revision = ? WHERE message = ? AND post = ?", revisions)
        # an edit that changed nothing tells nothing of the picture
        pictures = [(one.made.picture, one.made.edited) for one in edited]
        db.executemany("UPDATE message SET picture = coalesce(?, picture) WHERE id = ?", pictures)


def _settle_chat(db: Connection, answer: _Answer, now: float) -> None:
    match answer.made.chat:
        case Closed() if _has_moved(db, answer):  # it is the old id where nobody is any more
            pass
        case Closed(why=why, thread=None):
            chats.close(db, answer.chat, why, now)
        case Closed(thread=int() as thread):
            chats.close_thread(db, answer.chat, thread)
        case Moved(to=to):
            chats.move(db, answer.claimed.bot, answer.chat, to)
        case Resting(until=until):
            db.execute("UPDATE chat SET not_before = ? WHERE id = ?", (until, answer.chat))
        case None:
            pass


def _has_moved(db: Connection, answer: _Answer) -> bool:
    row = db.execute("SELECT telegram_id FROM chat WHERE id = ?", (answer.chat,)).fetchone()
    return row is not None and row["telegram_id"] != answer.claimed.telegram_id
