"""Due rows out, settlements in. A claim marks rows as *sending* before anything is sent, so that after a kill the
rows in doubt are known."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any, assert_never

from bot.core.model import Lane, Relayed
from bot.core.plan import Action, Delete, Drop, Edit, OnScreen, Plan, Rest, Send, Skip, Waiting, plan
from bot.core.settle import Closed, Moved, Resting, RowAfter, Settlement
from storage import chats, states
from storage.expansion import TOP
from storage.rows import relayed, to_json

LOOK_AT = 500  # chats that one claim looks at: what it settles without a message must not take long

_WAITS = "d.bot = :bot AND d.sent <> d.wanted AND d.aside IS NULL AND d.sending IS NULL"

# CROSS JOIN keeps SQLite to the order of the index: the most urgent rows first, and no sorting. A row behind one of its
# lane and thread that is being retried is left out here already, or it would stand in everybody's way.
_HEADS = f"""
SELECT d.chat, d.lane, d.since, d.post, c.telegram_id FROM delivery d INDEXED BY delivery_due
CROSS JOIN chat c ON c.id = d.chat
WHERE {_WAITS} AND (d.lane, d.since, d.post, d.chat) > (:lane, :since, :post, :chat) AND d.not_before <= :now
AND c.open AND c.not_before <= :now
AND NOT EXISTS (SELECT 1 FROM delivery r INDEXED BY delivery_retried WHERE r.chat = d.chat AND r.thread = d.thread
  AND r.lane = d.lane AND (r.since, r.post) < (d.since, d.post) AND r.not_before > :now
  AND r.sent <> r.wanted AND r.aside IS NULL AND r.not_before > 0)
ORDER BY d.lane, d.since, d.post
"""
_ROWS = f"""
SELECT d.*, p.withdrawn_at, p.blog, p.copied_chat FROM json_each(:chats) j
CROSS JOIN delivery d INDEXED BY delivery_waiting ON d.chat = j.value
CROSS JOIN post p ON p.id = d.post LEFT JOIN blog b ON b.id = p.blog
WHERE {_WAITS} AND (d.lane = 0 OR p.blog IS NULL OR b.held_at IS NULL AND NOT :all_held)
"""
_MESSAGES = """
SELECT s.post, s.thread, m.id, m.message_id, m.kind, m.picture FROM shown s JOIN message m ON m.id = s.message
WHERE s.chat = :chat AND s.post = :post AND s.thread = :thread ORDER BY s.message DESC LIMIT 1
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
) -> tuple[list[Claim], bool, bool]:
    """At most `limit` actions, the most urgent first, one per chat, none for the `busy` (Telegram's ids).

    Also says whether a busy chat was passed over, and whether the queue holds more than was looked at: rows that need
    no message are settled here, and there may be very many of them.
    """
    bound = {"bot": bot, "now": now, "all_held": states.all_held(db)}
    heads, looked, before = _Heads(db, bound, busy), 0, db.total_changes
    actions: dict[int, Action] = {}
    while looked < LOOK_AT and (found := heads.take(limit - len(actions))):
        looked += len(found)
        waiting = _waiting(db, bound | {"chats": to_json(found)}, on_withdrawal)
        for chat in found:
            if (action := _next_action(db, bot, chat, waiting[chat], now)) is not None:
                actions[chat] = action
    more = not actions and looked >= LOOK_AT and db.total_changes > before
    return _claims(db, bot, actions), heads.passed_over, more


class _Heads:
    """The chats whose rows are due first, read only as far as asked: the queue may be a million rows long."""

    def __init__(self, db: Connection, bound: dict[str, Any], busy: AbstractSet[int]) -> None:
        self._db, self._bound, self._busy = db, bound, busy
        self._any_held = bound["all_held"] or db.execute("SELECT 1 FROM blog WHERE held_at IS NOT NULL").fetchone()
        self._chats = self._walk()
        self.passed_over = False  # a busy chat

    def take(self, count: int) -> list[int]:
        """The next so many, each once; fewer at the end."""
        return list(itertools.islice(self._chats, count))

    def _walk(self) -> Iterator[int]:
        """Rows in their order. Of a held post one look is enough, however many wait for it."""
        seen: set[int] = set()
        after: dict[str, Any] | None = {"lane": -1, "since": 0.0, "post": 0, "chat": 0}
        while after is not None:
            rows, after = self._db.execute(_HEADS, self._bound | after), None
            for row in rows:
                if self._any_held and row["lane"] != Lane.WITHDRAWAL and self._is_held(row["post"]):
                    # behind all of its chats: SQLite enters the index there, and not at the post's first row
                    after = {name: row[name] for name in ("lane", "since", "post")} | {"chat": TOP}
                    break
                if row["telegram_id"] in self._busy:
                    self.passed_over = True
                elif row["chat"] not in seen:
                    seen.add(row["chat"])
                    yield row["chat"]

    def _is_held(self, post: int) -> bool:
        row = self._db.execute("SELECT blog FROM post WHERE id = ?", (post,)).fetchone()
        return states.held(self._db, row["blog"])


def _next_action(db: Connection, bot: str, chat: int, rows: Sequence[Waiting], now: float) -> Action | None:
    """What a chat gets now, after settling the rows that need no message; None: nothing yet."""
    while rows:
        decided = plan(rows, now)
        _carry_out(db, bot, chat, decided)
        match decided:
            case Send() | Edit() | Delete():
                return decided
            case Rest():
                return None
            case Skip(rows=done) | Drop(rows=done):
                rows = [row for row in rows if row not in done]
            case _:
                assert_never(decided)
    return None


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
    """One write for a batch of answers. A chat that was forgotten meanwhile stays forgotten."""
    for claimed, settlement in settled:
        chat = chat_of(db, claimed)
        if chat is None:
            continue
        shown = _settle_rows(db, claimed, chat, settlement, now)
        _settle_screen(db, claimed, chat, settlement, shown, now)
        _settle_chat(db, claimed, chat, settlement, now)


def chat_of(db: Connection, claimed: Claim) -> int | None:
    """The claim's chat, which may have been joined with another that has its Telegram id now."""
    if db.execute("SELECT 1 FROM chat WHERE id = ?", (claimed.chat,)).fetchone() is not None:
        return claimed.chat
    joined = chats.find(db, claimed.bot, claimed.telegram_id)
    return joined.id if joined else None


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


def _settle_rows(db: Connection, claimed: Claim, chat: int, settlement: Settlement, now: float) -> bool:
    """The rows after the action. False where there are none any more: nobody keeps their message true."""
    taken_away = isinstance(claimed.action, Delete) and settlement.gone is not None
    known = False
    for row in settlement.rows:
        bound = _bound_row(claimed, chat, row) | {"now": now}
        if taken_away:  # should the post return, it is sent anew
            db.execute(_WITHDRAWN, bound)
            db.execute(_TAKEN_AWAY, bound)
            continue
        known |= db.execute(_SETTLE, bound).rowcount > 0
        if row.sent is None:
            db.execute(_LEFT, bound)
    return known


def _bound_row(claimed: Claim, chat: int, row: RowAfter) -> dict[str, Any]:
    return {"bot": claimed.bot, "chat": chat} | {name: getattr(row, name) for name in RowAfter.__slots__}


def _settle_screen(db: Connection, claimed: Claim, chat: int, settlement: Settlement, known: bool, now: float) -> None:
    """What stands in the chat now: new messages, others gone, revisions shown."""
    for message_id in settlement.message_ids if known else ():
        _stands(db, claimed, chat, message_id, settlement, now)
    if settlement.gone is not None:
        db.execute("DELETE FROM shown WHERE message = ?", (settlement.gone,))
        db.execute("DELETE FROM message WHERE id = ?", (settlement.gone,))
    if settlement.edited is not None:
        revisions = [(post.revision, settlement.edited, post.id) for post in claimed.posts]
        db.executemany("UPDATE shown SET revision = ? WHERE message = ? AND post = ?", revisions)
        # an edit that changed nothing tells nothing of the picture
        db.execute(
            "UPDATE message SET picture = coalesce(?, picture) WHERE id = ?", (settlement.picture, settlement.edited)
        )


def _stands(db: Connection, claimed: Claim, chat: int, message_id: int, made: Settlement, now: float) -> None:
    thread = claimed.action.rows[0].thread
    message = db.execute(
        "INSERT INTO message (bot, chat, thread, message_id, kind, picture, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (claimed.bot, chat, thread, message_id, made.kind, made.picture, now),
    ).lastrowid
    db.executemany(
        "INSERT INTO shown (post, chat, thread, message, revision, position) VALUES (?, ?, ?, ?, ?, ?)",
        [(post.id, chat, thread, message, post.revision, at) for at, post in enumerate(claimed.posts)],
    )


def _settle_chat(db: Connection, claimed: Claim, chat: int, settlement: Settlement, now: float) -> None:
    match settlement.chat:
        case Closed() if _has_moved(db, claimed, chat):  # it is the old id where nobody is any more
            pass
        case Closed(why=why, thread=None):
            chats.close(db, chat, why, now)
        case Closed(thread=int() as thread):
            chats.close_thread(db, chat, thread)
        case Moved(to=to):
            chats.move(db, claimed.bot, chat, to)
        case Resting(until=until):
            db.execute("UPDATE chat SET not_before = ? WHERE id = ?", (until, chat))
        case None:
            pass


def _has_moved(db: Connection, claimed: Claim, chat: int) -> bool:
    row = db.execute("SELECT telegram_id FROM chat WHERE id = ?", (chat,)).fetchone()
    return row is not None and row["telegram_id"] != claimed.telegram_id
