"""Settlements in: what became of each action, written for a whole batch of answers at once.

The answers of a batch are mostly alike but for their chats, so that a few statements write them all. Many statements
would cost more in handing the interpreter to and fro between threads than in SQLite. A chat has at most one answer in
a batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from bot.core.model import Lane
from bot.core.plan import Delete, Send
from bot.core.settle import Closed, Moved, Resting, RowAfter, Settlement
from storage import chats, unwanted
from storage.claims import Claim
from storage.rows import to_json
from storage.spoken import Connection

Settled = tuple[Claim, Settlement]
K = TypeVar("K")
V = TypeVar("V")


class _Answer(NamedTuple):
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
    unwanted.tidy(db)


def chats_now(db: Connection, claims: Sequence[Claim]) -> list[int | None]:
    """The claims' chats, each of which may have been joined with another that has its Telegram id now."""
    ids = to_json([claimed.chat for claimed in claims])
    there = {row[0] for row in db.execute("SELECT id FROM chat WHERE id IN (SELECT value FROM json_each(?))", (ids,))}
    return [claimed.chat if claimed.chat in there else _joined(db, claimed) for claimed in claims]


def _joined(db: Connection, claimed: Claim) -> int | None:
    found = chats.find(db, claimed.bot, claimed.telegram_id)
    return found.id if found else None


_THESE_ROWS = """bot = :bot AND post = :post AND thread = :thread
  AND chat IN (SELECT value FROM json_each(:chats))"""
# `sending` is the revision that was wanted when the row was claimed. What was wanted since gets its own chance: in the
# usual form, also where the one before was refused. A first send that leaves an edit behind has done its own part.
_SETTLE = f"""
UPDATE delivery SET sent = coalesce(:sent, sent), sending = NULL,
  wanted = CASE WHEN wanted = 0 THEN 0 ELSE max(wanted, coalesce(:sent, 0)) END,
  not_before = :not_before, attempts = :attempts, settled_at = :now,
  plain = CASE WHEN coalesce(:sent, sending) < wanted THEN FALSE ELSE :plain END,
  aside = CASE WHEN aside = 'closed' AND coalesce(:sent, sent) <> wanted THEN 'closed'
    WHEN aside = 'left' AND :sent IS NULL THEN 'left' WHEN sending < wanted THEN NULL ELSE :aside END,
  lane = CASE WHEN sent = 0 AND :sent IS NOT NULL AND lane <> {Lane.WITHDRAWAL:d} THEN {Lane.EDIT:d} ELSE lane END,
  first_sent_at = CASE WHEN :sent IS NULL THEN first_sent_at ELSE coalesce(first_sent_at, :now) END
WHERE {_THESE_ROWS}
"""
_TAKEN_AWAY = f"""
UPDATE delivery SET sent = 0, sending = NULL, first_sent_at = NULL, not_before = 0, attempts = 0, plain = FALSE,
  slept = FALSE, settled_at = :now, lane = {Lane.LIVE:d} WHERE {_THESE_ROWS}
"""
_WITHDRAWN = f"""
DELETE FROM delivery WHERE {_THESE_ROWS} AND EXISTS (SELECT 1 FROM post WHERE id = :post AND withdrawn_at IS NOT NULL)
"""
_LEFT = f"DELETE FROM delivery WHERE {_THESE_ROWS} AND aside = 'left' AND sent = 0"


def _settle_rows(db: Connection, answers: Sequence[_Answer], now: float) -> list[_Answer]:
    """The rows after the actions. Returns the answers that still have a row: else nobody keeps their message true."""
    taken = [answer for answer in answers if _is_taken_away(answer)]
    others = [answer for answer in answers if not _is_taken_away(answer)]
    for bound in _alike(taken, now):  # should the post return, it is sent anew
        db.execute(_WITHDRAWN, bound)
        db.execute(_TAKEN_AWAY, bound)
    settled = 0
    for bound in _alike(others, now):
        settled += db.execute(_SETTLE, bound).rowcount
        if bound["sent"] is None:
            db.execute(_LEFT, bound)
    every = sum([len(answer.made.rows) for answer in others])
    return others if settled == every else [answer for answer in others if _has_row(db, answer, now)]


def _is_taken_away(answer: _Answer) -> bool:
    return isinstance(answer.claimed.action, Delete) and bool(answer.made.gone)


def _alike(answers: Iterable[_Answer], now: float) -> Iterator[dict[str, Any]]:
    """Rows that differ in nothing but their chat, as one statement's parameters."""
    groups = _grouped(((answer.claimed.bot, row), answer.chat) for answer in answers for row in answer.made.rows)
    for (bot, row), ids in groups.items():
        yield {"bot": bot, "chats": to_json(ids), "now": now} | _columns(row)


def _columns(row: RowAfter) -> dict[str, Any]:
    return {name: getattr(row, name) for name in RowAfter.__slots__}


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _has_row(db: Connection, answer: _Answer, now: float) -> bool:
    there = f"SELECT 1 FROM delivery WHERE {_THESE_ROWS}"
    return any(db.execute(there, bound).fetchone() for bound in _alike([answer], now))


_MESSAGE = """
INSERT INTO message (id, bot, chat, thread, message_id, kind, picture, sent_at)
SELECT CAST(value ->> 0 AS BIGINT), :bot, CAST(value ->> 1 AS BIGINT), :thread, CAST(value ->> 2 AS BIGINT), :kind,
  :picture, :now FROM json_each(:sent)
"""
_SHOWN = """
INSERT INTO shown (post, chat, thread, message, revision, position)
SELECT :post, CAST(value ->> 1 AS BIGINT), :thread, CAST(value ->> 0 AS BIGINT), :revision, :position
FROM json_each(:sent)
"""


def _stand(db: Connection, answers: Sequence[_Answer], now: float) -> None:
    """Messages that were sent, and which posts they carry."""
    sent = [(answer, *message) for answer in answers for message in enumerate(answer.made.message_ids)]
    if not sent:
        return
    first = db.execute("SELECT coalesce(max(id), 0) + 1 FROM message").fetchone()[0]
    numbered = [(one, place, (number, one.chat, message)) for number, (one, place, message) in enumerate(sent, first)]
    messages = _grouped(
        ((one.claimed.bot, _thread(one), one.made.kind, _picture(one.made, place)), row) for one, place, row in numbered
    )
    for (bot, thread, kind, picture), rows in messages.items():
        about = {"bot": bot, "thread": thread, "kind": kind, "picture": picture}
        db.execute(_MESSAGE, about | {"now": now, "sent": to_json(rows)})
    carried = _grouped(
        ((post.id, post.revision, at, _thread(one)), row)
        for one, place, row in numbered
        for at, post in enumerate(one.claimed.posts, place)
    )
    for (post, revision, position, thread), rows in carried.items():
        about = {"post": post, "revision": revision, "position": position, "thread": thread}
        db.execute(_SHOWN, about | {"sent": to_json(rows)})


def _picture(made: Settlement, place: int) -> int | None:
    """Of the first message, or of another one of an album."""
    return made.others[place - 1] if 0 < place <= len(made.others) else made.picture


def _thread(answer: _Answer) -> int:
    return answer.claimed.action.rows[0].thread


def _settle_screens(db: Connection, answers: Sequence[_Answer]) -> None:
    """What stood in the chats before: messages that are gone, and what others say now."""
    answers = [answer for answer in answers if _is_about_what_stands(db, answer)]
    if gone := [(message,) for answer in answers for message in answer.made.gone]:
        db.executemany("DELETE FROM shown WHERE message = ?", gone)
        db.executemany("DELETE FROM message WHERE id = ?", gone)
    if edited := [answer for answer in answers if answer.made.edited is not None]:
        revisions = [(post.revision, one.made.edited, post.id) for one in edited for post in one.claimed.posts]
        db.executemany("UPDATE shown SET revision = ? WHERE message = ? AND post = ?", revisions)
        dropped = [(one.made.edited, post) for one in edited for post in one.made.dropped]
        db.executemany("DELETE FROM shown WHERE message = ? AND post = ?", dropped)
        # an edit that changed nothing tells nothing of the picture
        pictures = [(one.made.picture, one.made.edited) for one in edited]
        db.executemany("UPDATE message SET picture = coalesce(?, picture) WHERE id = ?", pictures)


def _is_about_what_stands(db: Connection, answer: _Answer) -> bool:
    """A message may have been forgotten meanwhile, and another have its number."""
    action = answer.claimed.action
    if isinstance(action, Send):
        return False
    about = (action.message.id, answer.chat, action.message.message_id)
    return (
        db.execute("SELECT 1 FROM message WHERE id = ? AND chat = ? AND message_id = ?", about).fetchone() is not None
    )


def _settle_chat(db: Connection, answer: _Answer, now: float) -> None:
    match answer.made.chat:
        case Closed() if _has_moved(db, answer):  # it is the old id where nobody is any more
            pass
        case Closed(why=why, thread=None):
            chats.close(db, answer.chat, why, now)
        case Closed(thread=int() as thread, may_open=True):
            chats.sleep_thread(db, answer.chat, thread, now)
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
