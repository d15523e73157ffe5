"""Due rows out: what leaves next, in which chats. A claim marks rows as *sending* before anything is sent, so that
after a kill the rows in doubt are known.

The rows that wait lie in the index in *stretches*: one post in one lane, chat after chat. Of each stretch only the
chats that are wanted now are read, from where the last claim stopped: the queue may be a million rows long, and the
chats at its head may rest.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Container, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection, Row
from typing import Any, assert_never

from bot.core.lanes import Queue, Turns
from bot.core.model import Lane, Relayed
from bot.core.plan import Action, Delete, Drop, Edit, OnScreen, Rest, Send, Skip, Waiting, plan
from storage import states
from storage.expansion import TOP
from storage.rows import relayed, to_json

LOOK_AT = 200  # chats that one claim looks at: what it settles without a message must not take long
STRETCHES = 40  # of a lane that one claim looks at

_WAITS = "d.bot = :bot AND d.sent <> d.wanted AND d.aside IS NULL AND d.sending IS NULL"

_STRETCH = """
SELECT d.lane, d.since, d.post FROM delivery d INDEXED BY delivery_due
WHERE d.bot = :bot AND d.sent <> d.wanted AND d.aside IS NULL
AND (d.lane, d.since, d.post, d.chat) > (:lane, :since, :post, :chat)
ORDER BY d.lane, d.since, d.post LIMIT 1
"""
# CROSS JOIN keeps SQLite to the order of the index, and no sorting. A row behind one of its lane and thread that is
# being retried is left out here already, or it would stand in everybody's way. The + before :now keeps SQLite from
# comparing the value with the partial index's own condition, for which it would prepare the statement anew every time.
_HEADS = f"""
SELECT d.chat, c.telegram_id, c.kind, c.language FROM delivery d INDEXED BY delivery_due
CROSS JOIN chat c ON c.id = d.chat
WHERE {_WAITS} AND d.lane = :lane AND d.since = :since AND d.post = :post AND d.chat > :low AND d.chat <= :high
AND d.not_before <= :now AND c.open AND c.not_before <= :now
AND NOT EXISTS (SELECT 1 FROM delivery r INDEXED BY delivery_retried WHERE r.chat = d.chat AND r.thread = d.thread
  AND r.lane = d.lane AND (r.since, r.post) < (d.since, d.post) AND r.not_before > +:now
  AND r.sent <> r.wanted AND r.aside IS NULL AND r.not_before > 0)
ORDER BY d.chat
"""
_ROWS = f"""
SELECT d.chat, d.post, d.thread, d.lane, d.wanted, d.sent, d.since, d.not_before, d.attempts, d.plain, d.silent,
  p.withdrawn_at, p.blog, p.copied_chat FROM json_each(:chats) j
CROSS JOIN delivery d INDEXED BY delivery_waiting ON d.chat = j.value
CROSS JOIN post p ON p.id = d.post LEFT JOIN blog b ON b.id = p.blog
WHERE {_WAITS} AND (d.lane = 0 OR p.blog IS NULL OR b.held_at IS NULL AND NOT :all_held)
"""
_MESSAGES = """
SELECT s.post, s.thread, m.id, m.message_id, m.kind, m.picture FROM shown s JOIN message m ON m.id = s.message
WHERE s.chat = :chat AND s.post = :post AND s.thread = :thread ORDER BY s.message DESC LIMIT 1
"""
_THESE_ROWS = "bot = ? AND post = ? AND thread = ? AND chat IN (SELECT value FROM json_each(?))"
_MARK = f"UPDATE delivery SET sending = wanted WHERE {_THESE_ROWS}"
_SKIP = f"UPDATE delivery SET sent = wanted WHERE {_THESE_ROWS}"
_DROP = f"DELETE FROM delivery WHERE {_THESE_ROWS}"

Stretch = tuple[int, float, int]  # lane, since, post


@dataclass
class Due:
    """What one claim leaves to the next: whose turn it was, and where it stopped. Nothing depends on it."""

    turns: Turns = field(default_factory=Turns)
    hands: dict[Stretch, int] = field(default_factory=dict)  # the last chat that was looked at


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
    due: Due,
    *,
    bot: str,
    now: float,
    limit: int,
    busy: Container[int],
    on_withdrawal: Callable[[str | None], str],
) -> tuple[list[Claim], bool, bool]:
    """At most `limit` actions, the most urgent first, one per chat, none for the `busy` (Telegram's ids).

    Also says whether a busy chat was passed over, and whether the queue holds more than was looked at: rows that need
    no message are settled here, and there may be very many of them.
    """
    bound = {"bot": bot, "now": now, "all_held": bool(states.all_held(db))}
    heads, looked, decided = _Heads(db, due, bound, busy), 0, _Decided()
    while looked < LOOK_AT and (found := heads.take(limit - len(decided.actions))):
        looked += len(found)
        waiting = _waiting(db, bound | {"chats": to_json([row["chat"] for row in found])}, on_withdrawal)
        for row in found:
            decided.decide(row, waiting[row["chat"]], now)
    heads.close()
    settled = decided.write(db, bot)
    more = not decided.actions and looked >= LOOK_AT and settled
    return _claims(db, bot, decided.actions), heads.passed_over, more


class _Heads:
    """The chats to speak to next: the lanes and blogs in their turns, of each its oldest stretch first."""

    def __init__(self, db: Connection, due: Due, bound: dict[str, Any], busy: Container[int]) -> None:
        self._db, self._due, self._bound, self._busy = db, due, bound, busy
        self._seen: set[int] = set()
        self.passed_over = False  # a busy chat
        self._queues = self._all_queues()

    def take(self, count: int) -> list[Row]:
        """The next so many, each once; fewer at the end."""
        found: list[Row] = []
        while len(found) < count and self._queues:
            for queue, turns in self._due.turns.given(self._queues, count - len(found)).items():
                some = list(itertools.islice(self._queues[queue], turns))
                found += some
                if len(some) < turns:
                    del self._queues[queue]
        return found

    def close(self) -> None:
        """No statement may stand open over rows that are about to be written."""
        for chats in self._queues.values():
            chats.close()

    def _all_queues(self) -> dict[Queue, Generator[Row, None, None]]:
        stretches: dict[Queue, list[Stretch]] = defaultdict(list)
        for stretch in self._stretches():
            if (queue := self._queue_of(stretch)) is not None:
                stretches[queue].append(stretch)
        there = {one for queue in stretches.values() for one in queue}
        self._due.hands = {stretch: chat for stretch, chat in self._due.hands.items() if stretch in there}
        return {queue: self._chats(ones) for queue, ones in stretches.items()}

    def _stretches(self) -> Iterator[Stretch]:
        """In their order, from one to the next in one step however many chats it has."""
        after: dict[str, Any] = {"lane": -1, "since": 0.0, "post": 0, "chat": 0}
        of_lane = 0
        while row := self._db.execute(_STRETCH, self._bound | after).fetchone():
            of_lane = of_lane + 1 if row["lane"] == after["lane"] else 1
            after = {name: row[name] for name in ("lane", "since", "post")} | {"chat": TOP}
            if of_lane == STRETCHES:  # on to the next lane
                after["since"] = float(TOP)
            yield row["lane"], row["since"], row["post"]

    def _queue_of(self, stretch: Stretch) -> Queue | None:
        """None where an editor holds its blog, and where the post is gone and its rows are about to go."""
        lane, _, post = stretch
        row = self._db.execute("SELECT blog FROM post WHERE id = ?", (post,)).fetchone()
        if row is None:
            return None
        blog = row["blog"]
        if lane != Lane.WITHDRAWAL and blog is not None and (self._bound["all_held"] or states.held(self._db, blog)):
            return None
        return Lane(lane), blog or f"push {post}"

    def _chats(self, stretches: Sequence[Stretch]) -> Generator[Row, None, None]:
        for stretch in stretches:
            hand = self._due.hands.get(stretch, -1)
            yield from self._walk(stretch, hand, TOP)
            yield from self._walk(stretch, -1, hand)

    def _walk(self, stretch: Stretch, low: int, high: int) -> Generator[Row, None, None]:
        if low >= high:
            return
        lane, since, post = stretch
        place = {"lane": lane, "since": since, "post": post, "low": low, "high": high}
        for row in self._db.execute(_HEADS, self._bound | place):
            if row["telegram_id"] in self._busy:
                self.passed_over = True
            elif row["chat"] not in self._seen:
                self._seen.add(row["chat"])
                self._due.hands[stretch] = row["chat"]
                yield row


class _Decided:
    """What is to become of the rows that were looked at: written together once all is decided."""

    def __init__(self) -> None:
        self.actions: list[tuple[Row, Action]] = []
        self._skipped: list[tuple[int, Waiting]] = []
        self._dropped: list[tuple[int, Waiting]] = []

    def decide(self, place: Row, rows: Sequence[Waiting], now: float) -> None:
        """What a chat gets now, less the rows that need no message."""
        while rows:
            decided = plan(rows, now)
            match decided:
                case Send() | Edit() | Delete():
                    self.actions.append((place, decided))
                    return
                case Rest():
                    return
                case Skip(rows=done):
                    self._skipped += [(place["chat"], row) for row in done]
                case Drop(rows=done):
                    self._dropped += [(place["chat"], row) for row in done]
                case _:
                    assert_never(decided)
            rows = [row for row in rows if row not in done]

    def write(self, db: Connection, bot: str) -> bool:
        """Mark what leaves, settle what needs no message; whether there was any of the latter."""
        marked = [(place["chat"], row) for place, action in self.actions for row in action.rows]
        for statement, rows in ((_MARK, marked), (_SKIP, self._skipped), (_DROP, self._dropped)):
            alike: dict[tuple[int, int], list[int]] = defaultdict(list)
            for chat, row in rows:
                alike[row.post, row.thread].append(chat)
            for (post, thread), ids in alike.items():
                db.execute(statement, (bot, post, thread, to_json(ids)))
        return bool(self._skipped or self._dropped)


def _waiting(
    db: Connection, bound: dict[str, Any], on_withdrawal: Callable[[str | None], str]
) -> Mapping[int, list[Waiting]]:
    rows: dict[int, list[Waiting]] = defaultdict(list)
    for row in db.execute(_ROWS, bound).fetchall():
        message = _message(db, row) if row["sent"] else None
        how = on_withdrawal(row["blog"]) if row["withdrawn_at"] is not None else "notice"
        rows[row["chat"]].append(_value(row, message, how))
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


def _claims(db: Connection, bot: str, actions: Sequence[tuple[Row, Action]]) -> list[Claim]:
    posts = _posts(db, {post for _, action in actions for post in _carried(action)})
    return [
        Claim(
            bot=bot,
            chat=place["chat"],
            telegram_id=place["telegram_id"],
            kind=place["kind"],
            language=place["language"],
            action=action,
            posts=tuple(posts[post] for post in _carried(action) if post in posts),
        )
        for place, action in actions
    ]


def _carried(action: Action) -> tuple[int, ...]:
    return tuple(row.post for row in action.rows) if isinstance(action, Send) else action.message.posts


def _posts(db: Connection, ids: set[int]) -> dict[int, Relayed]:
    if not ids:
        return {}
    rows = db.execute("SELECT * FROM post WHERE id IN (SELECT value FROM json_each(?))", (to_json(list(ids)),))
    return {row["id"]: relayed(row) for row in rows}
