"""Due rows out: what leaves next, in which chats. A claim marks rows as *sending* before anything is sent, so that
after a kill the rows in doubt are known. Which chats are looked at is told by `storage.looking`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple, assert_never

from bot.core.card import Card
from bot.core.choices import Choices
from bot.core.model import Lane, Relayed
from bot.core.plan import (
    Action,
    Delete,
    Drop,
    Edit,
    Pin,
    Rest,
    Send,
    Skip,
    Sleep,
    Waiting,
    plan,
)
from storage import cards, chats, sleeping
from storage.looking import ROWS_AT_ONCE, Due, Heads
from storage.queued import waiting
from storage.rows import relayed, to_json
from storage.spoken import Connection, Row, together

LOOK_AT = 200  # chats that one claim looks at: what it settles without a message must not take long

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
    bound: dict[str, Any] = {"bot": bot, "now": now}
    heads, decided, zone = Heads(db, due, bound, busy, without), _Decided(), cache(zone)
    bound["all_held"] = heads.all_held
    while decided.goes_on and (found := heads.take(min(limit - len(decided.actions), due.chats_at_once))):
        waits = waiting(db, bound | {"chats": to_json([row["chat"] for row in found])}, on_withdrawal, zone)
        for row in found:
            if row["chat"] in waits:
                decided.decide(row, waits[row["chat"]], now)
        due.rows_each = sum(map(len, waits.values())) / max(1, len(waits))
    heads.close(fruitful=bool(decided.actions))
    settled = decided.write(db, bot)
    if heads.hurried and not (decided.actions or settled):
        due.ground.anew()
        return Found([], Again.AT_ONCE)
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
        asked = [one for statement, rows in ((_MARK, marked), *settled) for one in _alike(statement, rows, bot)]
        together(db, asked)
        if self._wakes:
            sleeping.wake_at(db, self._wakes)
        for chat in self._woken:
            sleeping.wake(db, chat)
        return bool(self._skipped or self._dropped or self._asleep or self._woken)


def _alike(statement: str, rows: Iterable[tuple[int, Waiting]], bot: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Rows that differ in nothing but their chat, as one statement."""
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for chat, row in rows:
        alike[row.post, row.thread].append(chat)
    for (post, thread), ids in alike.items():
        yield statement, (bot, post, thread, to_json(ids))


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
