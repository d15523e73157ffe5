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
from storage.spoken import Connection, together

Settled = tuple[Claim, Settlement]
K = TypeVar("K")
V = TypeVar("V")


class _Answer(NamedTuple):
    """A settlement, and the chat that it is about now."""

    claimed: Claim
    made: Settlement
    chat: int


class _Before(NamedTuple):
    """What is to be known before anything is written."""

    there: set[int]  # of the claims' chats
    message: int  # the first number that no message has
    unwanted: bool  # there are rows that nobody wants


def settle(db: Connection, settled: Sequence[Settled], now: float) -> None:
    """One write for a batch of answers. A chat that was forgotten meanwhile stays forgotten."""
    if not settled:
        return
    before = _before(db, [claimed for claimed, _ in settled])
    places = [_chat_now(db, claimed, before.there) for claimed, _ in settled]
    answers = [
        _Answer(claimed, made, chat) for (claimed, made), chat in zip(settled, places, strict=True) if chat is not None
    ]
    _settle_rows(db, answers, before.message, now)
    _settle_screens(db, answers)
    changed = [answer for answer in answers if answer.made.chat is not None]
    for answer in changed:
        _settle_chat(db, answer, now)
    if before.unwanted or changed:
        unwanted.tidy(db)


_BEFORE = """
SELECT id, (SELECT coalesce(max(id), 0) + 1 FROM message) AS message,
  EXISTS (SELECT 1 FROM delivery INDEXED BY delivery_unwanted WHERE wanted = 0) AS unwanted
FROM chat WHERE id IN (SELECT value FROM json_each(?))
"""


def _before(db: Connection, claims: Sequence[Claim]) -> _Before:
    rows = db.execute(_BEFORE, (to_json([claimed.chat for claimed in claims]),)).fetchall()
    if rows:
        return _Before({row["id"] for row in rows}, rows[0]["message"], bool(rows[0]["unwanted"]))
    return _Before(set(), db.execute("SELECT coalesce(max(id), 0) + 1 FROM message").fetchone()[0], True)


def chats_now(db: Connection, claims: Sequence[Claim]) -> list[int | None]:
    """The claims' chats, each of which may have been joined with another that has its Telegram id now."""
    ids = to_json([claimed.chat for claimed in claims])
    there = {row[0] for row in db.execute("SELECT id FROM chat WHERE id IN (SELECT value FROM json_each(?))", (ids,))}
    return [_chat_now(db, claimed, there) for claimed in claims]


def _chat_now(db: Connection, claimed: Claim, there: set[int]) -> int | None:
    if claimed.chat in there:
        return claimed.chat
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


def _settle_rows(db: Connection, answers: Sequence[_Answer], message: int, now: float) -> None:
    """The rows after the actions, and the messages that were sent, numbered from `message` on. Of what has no row any
    more nobody keeps the message true: it is not kept."""
    others = [answer for answer in answers if not _is_taken_away(answer)]
    for bound in _alike([answer for answer in answers if _is_taken_away(answer)], now):
        db.execute(_WITHDRAWN, bound)
        db.execute(_TAKEN_AWAY, bound)  # should the post return, it is sent anew
    rows = list(_alike(others, now))
    sent = list(_numbered(others, message))
    counts = together(db, [(_SETTLE, bound) for bound in rows] + list(_standing(sent, now)))
    together(db, [(_LEFT, bound) for bound in rows if bound["sent"] is None])
    if sum(counts[: len(rows)]) != sum([len(answer.made.rows) for answer in others]):
        _forget(db, [number for answer, _, number in sent if not _has_row(db, answer, now)])


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


_Sent = tuple[_Answer, int, int]  # a message, its place among those of an album, and our number of it


def _numbered(answers: Sequence[_Answer], first: int) -> Iterator[_Sent]:
    number = first
    for answer in answers:
        for place in range(len(answer.made.message_ids)):
            yield answer, place, number
            number += 1


def _standing(sent: Sequence[_Sent], now: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Messages that were sent, and which posts they carry."""
    messages = _grouped(
        (
            (one.claimed.bot, _thread(one), one.made.kind, _picture(one.made, place)),
            (number, one.chat, one.made.message_ids[place]),
        )
        for one, place, number in sent
    )
    for (bot, thread, kind, picture), rows in messages.items():
        about = {"bot": bot, "thread": thread, "kind": kind, "picture": picture}
        yield _MESSAGE, about | {"now": now, "sent": to_json(rows)}
    carried = _grouped(
        ((post.id, post.revision, at, _thread(one)), (number, one.chat))
        for one, place, number in sent
        for at, post in enumerate(one.claimed.posts, place)
    )
    for (post, revision, position, thread), shown in carried.items():
        about = {"post": post, "revision": revision, "position": position, "thread": thread}
        yield _SHOWN, about | {"sent": to_json(shown)}


def _picture(made: Settlement, place: int) -> int | None:
    """Of the first message, or of another one of an album."""
    return made.others[place - 1] if 0 < place <= len(made.others) else made.picture


def _thread(answer: _Answer) -> int:
    return answer.claimed.action.rows[0].thread


_OF_SHOWN = "message IN (SELECT value FROM json_each(:messages))"
_GONE = "DELETE FROM message WHERE id IN (SELECT value FROM json_each(:messages))"
_NOT_SHOWN = f"DELETE FROM shown INDEXED BY shown_message WHERE {_OF_SHOWN}"
# IS: by the message alone, of which a post has very many.
_SAYS = f"UPDATE shown INDEXED BY shown_message SET revision = :revision WHERE {_OF_SHOWN} AND post IS :post"
_PICTURE = "UPDATE message SET picture = :picture WHERE id IN (SELECT value FROM json_each(:messages))"


def _settle_screens(db: Connection, answers: Sequence[_Answer]) -> None:
    """What stood in the chats before: messages that are gone, and what others say now."""
    answers = _about_what_stands(db, answers)
    _forget(db, [message for answer in answers for message in answer.made.gone])
    edited = [(one, one.made.edited) for one in answers if one.made.edited is not None]
    says = _grouped(((post.id, post.revision), message) for one, message in edited for post in one.claimed.posts)
    dropped = _grouped((post, message) for one, message in edited for post in one.made.dropped)
    # an edit that changed nothing tells nothing of the picture
    pictures = _grouped((one.made.picture, message) for one, message in edited if one.made.picture is not None)
    together(
        db,
        [
            *((_SAYS, {"post": of[0], "revision": of[1], "messages": to_json(ids)}) for of, ids in says.items()),
            *((_PICTURE, {"picture": picture, "messages": to_json(ids)}) for picture, ids in pictures.items()),
        ],
    )
    together(
        db,
        [
            (f"{_NOT_SHOWN} AND post IS :post", {"post": post, "messages": to_json(ids)})
            for post, ids in dropped.items()
        ],
    )


def _forget(db: Connection, messages: Sequence[int]) -> None:
    if messages:
        together(db, [(one, {"messages": to_json(messages)}) for one in (_NOT_SHOWN, _GONE)])


_STANDING = "SELECT id, chat, message_id FROM message WHERE id IN (SELECT value FROM json_each(?))"


def _about_what_stands(db: Connection, answers: Sequence[_Answer]) -> list[_Answer]:
    """A message may have been forgotten meanwhile, and another have its number."""
    changes = [(one, one.claimed.action) for one in answers]
    about = [(one, action.message) for one, action in changes if not isinstance(action, Send)]
    if not about:
        return []
    ids = to_json([message.id for _, message in about])
    there = {tuple(row) for row in db.execute(_STANDING, (ids,))}
    return [one for one, message in about if (message.id, one.chat, message.message_id) in there]


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
