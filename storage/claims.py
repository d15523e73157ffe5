"""Due rows out: what leaves next, in which chats. A claim marks rows as *sending* before anything is sent, so that
after a kill the rows in doubt are known. Which chats are looked at is told by `storage.looking`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from sqlite3 import Connection, Row
from typing import Any, NamedTuple, assert_never

from bot.core.card import Card
from bot.core.choices import Choices
from bot.core.model import Lane, Relayed
from bot.core.plan import (
    DIGEST_AT_MOST,
    MERGE_AT_MOST,
    Action,
    Beside,
    Delete,
    Drop,
    Edit,
    OnScreen,
    Pin,
    Rest,
    Send,
    Skip,
    Sleep,
    Waiting,
    plan,
)
from storage import cards, chats, sleeping, states
from storage.corrections import CORRECTION
from storage.looking import ROWS_AT_ONCE, WAITS, Due, Heads
from storage.rows import relayed, to_json

ROWS = 2 * MERGE_AT_MOST  # of a chat, in one lane of a thread, that one decision looks at
LOOK_AT = 200  # chats that one claim looks at: what it settles without a message must not take long

_ROWS = f"""
SELECT d.chat, d.post, d.thread, d.lane, d.wanted, d.sent, d.since, d.not_before, d.attempts, d.plain,
  d.silent OR coalesce(CASE WHEN p.blog IS NULL THEN (SELECT max(f.sound) FROM subscription f
    INDEXED BY subscription_chat WHERE f.chat = d.chat AND f.thread = d.thread) ELSE s.sound END, 1) = 0,
  d.slept, p.withdrawn_at IS NOT NULL, p.copied_chat IS NOT NULL, p.notice, p.blog,
  CASE WHEN s.volume = 'digest' AND p.notice IS NULL THEN s.digest ELSE '' END, coalesce(s.pictures, 1),
  p.editors_word, p.continues, s.language
FROM json_each(:chats) j
CROSS JOIN delivery d INDEXED BY delivery_waiting ON d.chat = j.value
CROSS JOIN post p ON p.id = d.post LEFT JOIN blog b ON b.id = p.blog
LEFT JOIN subscription s ON s.blog = p.blog AND s.chat = d.chat AND s.thread = d.thread
WHERE {WAITS} AND (d.lane = 0 OR p.blog IS NULL OR b.held_at IS NULL AND NOT :all_held)
  AND (p.paused_at IS NULL OR d.sent > 0 OR d.lane = 0)
"""


class _Row(NamedTuple):
    """The columns of the statement above, whose names would be looked up for every message."""

    chat: int
    post: int
    thread: int
    lane: int
    wanted: int
    sent: int
    since: float
    not_before: float
    attempts: int
    plain: int
    silent: int
    slept: int
    withdrawn: int
    copied: int
    notice: str | None
    blog: str | None
    digest: str
    pictures: int
    editors_word: str | None
    continues: int | None
    language: str | None


# The messages of an album were written together: their numbers are as far apart as their positions.
_MESSAGES = """
SELECT s.revision, s.position, m.id, m.message_id, m.kind, m.picture FROM shown s JOIN message m ON m.id = s.message
WHERE s.chat = :chat AND s.post = :post AND s.thread = :thread ORDER BY s.message DESC LIMIT 10
"""
_STANDS = "SELECT 1 FROM post WHERE id = ? AND withdrawn_at IS NULL"
_THESE_ROWS = "bot = ? AND post = ? AND thread = ? AND chat IN (SELECT value FROM json_each(?))"
_MARK = f"UPDATE delivery SET sending = wanted WHERE {_THESE_ROWS}"
_SKIP = f"UPDATE delivery SET sent = wanted WHERE {_THESE_ROWS}"
_DROP = f"DELETE FROM delivery WHERE {_THESE_ROWS}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One action in one chat, marked as being sent, with the posts it carries as they are now."""

    bot: str
    chat: int  # ours
    telegram_id: int
    kind: str
    language: str | None  # None: the blog's own
    action: Action
    posts: tuple[Relayed, ...]  # in the message's order
    card: Card | None = None  # what it shows, where the post is the card of a blog


class Again(IntEnum):
    """When to ask for more, where nothing was found."""

    ANY_TIME = 0
    RESTED = 1  # a busy chat was passed over
    SOON = 2  # not everybody was looked at
    AT_ONCE = 3  # there may be somebody further on


class Found(NamedTuple):
    """At most one action for each chat, the most urgent first."""

    claims: list[Claim]
    again: Again


def claim(
    db: Connection,
    due: Due,
    *,
    bot: str,
    now: float,
    limit: int,
    busy: Container[int],
    on_withdrawal: Callable[[str | None], str],
    zone: Callable[[str | None], str] = lambda blog: "UTC",
    without: Collection[Lane] = (),
) -> Found:
    """At most `limit` actions, none for the `busy` (Telegram's ids), none looked for in the lanes `without`. Rows that
    need no message now are settled here, and there may be very many of them: then only some."""
    bound = {"bot": bot, "now": now, "all_held": bool(states.all_held(db))}
    heads, decided, zone = Heads(db, due, bound, busy, without), _Decided(), cache(zone)
    while decided.goes_on and (found := heads.take(min(limit - len(decided.actions), due.chats_at_once))):
        waiting = _waiting(db, bound | {"chats": to_json([row["chat"] for row in found])}, on_withdrawal, zone)
        for row in found:
            if row["chat"] in waiting:
                decided.decide(row, waiting[row["chat"]], now)
        due.rows_each = sum(map(len, waiting.values())) / max(1, len(waiting))
    heads.close(fruitful=bool(decided.actions))
    settled = decided.write(db, bot)
    again = Again.AT_ONCE if settled else _again(heads) if decided.goes_on else max(_again(heads), Again.SOON)
    return Found(_claims(db, due, bound, decided.actions), again)


def _again(heads: Heads) -> Again:
    if heads.goes_on and not (heads.gave_up or heads.passed_over):
        return Again.AT_ONCE
    if heads.goes_on or heads.gave_up:
        return Again.SOON
    return Again.RESTED if heads.passed_over else Again.ANY_TIME


_NOTHING_CHOSEN = Choices()


class _Decided:
    """What is to become of the rows that were looked at: written together once all is decided."""

    def __init__(self) -> None:
        self.actions: list[tuple[Row, Action]] = []
        self._looked = self._rows = 0  # at so many chats, and what waits there
        self._skipped: list[tuple[int, Waiting]] = []
        self._dropped: list[tuple[int, Waiting]] = []
        self._asleep: list[tuple[int, Waiting]] = []
        self._wakes: dict[float, list[int]] = defaultdict(list)  # when -> chats
        self._woken: list[int] = []

    @property
    def goes_on(self) -> bool:
        """Whether there may be more in one transaction: others wait for it."""
        return self._looked < LOOK_AT and self._rows < ROWS_AT_ONCE

    def decide(self, place: Row, rows: Sequence[Waiting], now: float) -> None:
        """What a chat gets now, less the rows that need no message. One that has slept out first has all its rows."""
        self._looked, self._rows = self._looked + 1, self._rows + len(rows)
        if place["wakes_at"] is not None and place["wakes_at"] <= now:
            self._woken.append(place["chat"])
            return
        choices = chats.choices(place) if place["chose"] else _NOTHING_CHOSEN
        while rows:
            decided = plan(rows, now, choices)
            match decided:
                case Send() | Edit() | Delete() | Pin():
                    self.actions.append((place, decided))
                    return
                case Rest():
                    return
                case Skip(rows=done):
                    self._skipped += [(place["chat"], row) for row in done]
                case Drop(rows=done):
                    self._dropped += [(place["chat"], row) for row in done]
                case Sleep(rows=done, until=until):
                    self._asleep += [(place["chat"], row) for row in done]
                    self._wakes[until].append(place["chat"])
                case _:
                    assert_never(decided)
            over = {(row.post, row.thread) for row in done}
            rows = [row for row in rows if (row.post, row.thread) not in over]

    def write(self, db: Connection, bot: str) -> bool:
        """Mark what leaves, settle what needs no message now; whether there was any of the latter."""
        marked = [(place["chat"], row) for place, action in self.actions for row in action.rows]
        settled = ((_SKIP, self._skipped), (_DROP, self._dropped), (sleeping.SLEEP, self._asleep))
        for statement, rows in ((_MARK, marked), *settled):
            alike: dict[tuple[int, int], list[int]] = defaultdict(list)
            for chat, row in rows:
                alike[row.post, row.thread].append(chat)
            for (post, thread), ids in alike.items():
                db.execute(statement, (bot, post, thread, to_json(ids)))
        if self._wakes:
            sleeping.wake_at(db, self._wakes)
        for chat in self._woken:
            sleeping.wake(db, chat)
        return bool(self._skipped or self._dropped or self._asleep or self._woken)


def _waiting(
    db: Connection,
    bound: dict[str, Any],
    on_withdrawal: Callable[[str | None], str],
    zone: Callable[[str | None], str],
) -> Mapping[int, list[Waiting]]:
    rows = _rows(db, bound)
    waiting: dict[int, list[Waiting]] = defaultdict(list)
    for chat, ones in rows.items():
        for row in ones if len(ones) <= ROWS else _first_of_each(ones):
            message = _message(db, row) if row.sent or row.notice == cards.CARD else None
            answers = _answered(db, row) if row.continues is not None and not row.sent else None
            waiting[chat].append(_value(row, message, answers, _how_it_goes(row, on_withdrawal), zone(row.blog)))
    return waiting


def _rows(db: Connection, bound: dict[str, Any]) -> Mapping[int, list[_Row]]:
    """All that waits in these chats; where it is very much, in the first of them: the others have their turn soon."""
    rows: dict[int, list[_Row]] = defaultdict(list)
    with closing(db.execute(_ROWS, bound)) as found:
        for number, row in enumerate(map(_Row._make, found)):
            if number >= ROWS_AT_ONCE and row.chat not in rows:
                break
            rows[row.chat].append(row)
    return rows


def _how_it_goes(row: _Row, on_withdrawal: Callable[[str | None], str]) -> str:
    """What our own editors take down neither stays nor stays readable, whatever the blog does with withdrawals; and
    of a correction nothing stays where its post is gone."""
    if not row.withdrawn:
        return "notice"
    how = on_withdrawal(row.blog)
    if row.notice == CORRECTION and how != "keep":
        return "delete"
    return "notice" if row.editors_word == "withdrawn" and how in ("keep", "strike") else how


def _first_of_each(rows: Sequence[_Row]) -> Iterator[_Row]:
    """Of each lane of a thread as many as a decision may need: order holds there, and a chat may have waited long."""
    taken: Counter[tuple[int, int]] = Counter()
    digests = {(row.thread, row.lane) for row in rows if row.slept or row.digest}
    for row in sorted(rows, key=lambda one: (one.lane, one.since, one.post)):
        place = (row.thread, row.lane)
        taken[place] += 1
        if taken[place] <= (DIGEST_AT_MOST if place in digests else ROWS):
            yield row


def _value(row: _Row, message: OnScreen | None, answers: int | None, on_withdrawal: str, zone: str) -> Waiting:
    return Waiting(
        post=row.post,
        thread=row.thread,
        lane=Lane(row.lane),
        wanted=row.wanted,
        sent=row.sent,
        since=row.since,
        not_before=row.not_before,
        attempts=row.attempts,
        plain=bool(row.plain),
        silent=bool(row.silent),
        withdrawn=bool(row.withdrawn),
        on_withdrawal=on_withdrawal,
        copied=bool(row.copied),
        alone=row.blog is None or row.notice is not None,
        card=row.notice == cards.CARD,
        blog=row.blog,
        zone=zone,
        digest=row.digest,
        slept=bool(row.slept),
        pictures=bool(row.pictures),
        message=message,
        answers=answers,
        language=row.language,
    )


def _answered(db: Connection, row: _Row) -> int | None:
    """Telegram's number of the message that shows the post which this one goes on with, in the same thread: of an
    album the first. A notice in the place of a post is nothing to go on with."""
    assert row.continues is not None, "looked at before"
    there = _standing(db, row, row.continues)
    if not there or not db.execute(_STANDS, (row.continues,)).fetchone():
        return None
    return int(_newest(there)[0]["message_id"])


def _standing(db: Connection, row: _Row, post: int) -> list[Row]:
    """The messages that show a post where this row is to be seen, the last one first."""
    return db.execute(_MESSAGES, {"chat": row.chat, "post": post, "thread": row.thread}).fetchall()


def _message(db: Connection, row: _Row) -> OnScreen | None:
    there = _standing(db, row, row.post)
    if not there:
        return None
    first, *others = _newest(there)
    posts = db.execute("SELECT post FROM shown WHERE message = ? ORDER BY position", (first["id"],))
    return OnScreen(
        id=first["id"],
        message_id=first["message_id"],
        kind=first["kind"],
        picture=first["picture"],
        posts=tuple([one[0] for one in posts]),
        others=tuple(Beside(id=one["id"], message_id=one["message_id"], picture=one["picture"]) for one in others),
        revision=first["revision"] if others or row.notice == cards.CARD else 0,
    )


def _newest(there: Sequence[Row]) -> list[Row]:
    """The message sent last, or the album, of these that carry a post, the newest first."""
    if len(there) == 1 or there[0]["kind"] != "photo":
        return [there[0]]
    album = there[0]["id"] - there[0]["position"]
    return [one for one in reversed(there) if one["kind"] == "photo" and one["id"] - one["position"] == album]


def _claims(db: Connection, due: Due, bound: dict[str, Any], actions: Sequence[tuple[Row, Action]]) -> list[Claim]:
    posts = _posts(db, {post for _, action in actions for post in _carried(action)})
    return [
        Claim(
            bot=bound["bot"],
            chat=place["chat"],
            telegram_id=place["telegram_id"],
            kind=place["kind"],
            language=_language(place, action),
            action=action,
            posts=tuple(posts[post] for post in _carried(action) if post in posts),
            card=_card(db, due, posts, action, bound["now"]) if action.rows[0].card else None,
        )
        for place, action in actions
    ]


def _card(db: Connection, due: Due, posts: Mapping[int, Relayed], action: Action, now: float) -> Card | None:
    """Read once for each revision, however many chats get it: every change of what it shows is a revision."""
    post = posts.get(action.rows[0].post)
    if post is None or post.blog is None:
        return None
    known = due.cards.get(post.id)
    if known is None or known[0] != post.revision:
        known = due.cards[post.id] = (post.revision, cards.read(db, post.blog, now))
    return known[1]


def _language(place: Row, action: Action) -> str | None:
    """What the chat chose; else what its subscription was brought along with; else its app's. None: the blog's."""
    return place["chosen_language"] or action.rows[0].language or place["language"]


def _carried(action: Action) -> tuple[int, ...]:
    return tuple(row.post for row in action.rows) if isinstance(action, Send) else action.message.posts


def _posts(db: Connection, ids: set[int]) -> dict[int, Relayed]:
    if not ids:
        return {}
    rows = db.execute("SELECT * FROM post WHERE id IN (SELECT value FROM json_each(?))", (to_json(list(ids)),))
    return {row["id"]: relayed(row) for row in rows}
