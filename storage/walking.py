"""From one stretch to the next, through the index of what is due: step by step where a step costs nothing, and in one
stride where each question is a journey.

PostgreSQL keeps what was sent in its indexes until they are vacuumed. A walk from their beginning would go through all
that left since, each time: so it begins where the last one found the first row, and only now and then at the beginning,
for the rows that came back with an old place.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from bot.core.model import Lane
from storage import states
from storage.expansion import TOP, Came
from storage.spoken import Connection

STRETCHES = 40  # of each lane, the oldest ones, and as many beyond
ANEW_SECONDS = 0.25  # so old may be what is known of where a walk may begin

Stretch: TypeAlias = tuple[int, float, int]  # lane, since, post

_FIRST: Stretch = (-1, 0.0, 0)
# IS: on PostgreSQL a bot's tables hold nothing but its rows, and their indexes begin with what tells rows apart.
DUE = "d.bot IS :bot AND d.sent <> d.wanted AND d.aside IS NULL"


class Post(NamedTuple):
    """What is to be known of a stretch's post."""

    blog: str | None
    paused: bool
    held: bool  # its blog
    first: int = -1  # after this chat the first of its rows comes


class Walk(Protocol):
    """`all_held`: whether an editor stopped the relaying of all blogs. `hurried`: whether the walk left out the ground
    where nothing was a moment ago."""

    all_held: bool
    hurried: bool

    def oldest(self) -> list[Stretch]:
        """So many of each lane, in their order."""

    def beyond(self, after: Stretch) -> list[Stretch]:
        """The next ones, of whatever lane."""

    def post(self, stretch: Stretch) -> Post | None:
        """None where it is gone, and its rows are about to go."""


@dataclass
class Ground:
    """Where the first rows of each lane were, and when that was looked for from the beginning."""

    first: dict[int, tuple[float, int, int]] = field(default_factory=dict)  # by lane: since, post, chat before it
    looked_at: float = float("-inf")  # monotonic

    def came(self, where: Came) -> None:
        """No walk may begin behind it: an expansion that wraps comes to chats before the first that is known."""
        place = (where.since, where.post, where.after)
        self.first = {lane: min(first, place) for lane, first in self.first.items()}

    def anew(self) -> None:
        """The next walk is to begin at the beginning."""
        self.looked_at = float("-inf")


class Steps:
    """From one to the next in one step however many chats it has."""

    hurried = False

    _NEXT = f"""
    SELECT d.lane, d.since, d.post FROM delivery d INDEXED BY delivery_due
    WHERE {DUE} AND (d.lane, d.since, d.post, d.chat) > (:lane, :since, :post, :chat)
    ORDER BY d.lane, d.since, d.post LIMIT 1
    """

    def __init__(self, db: Connection, bot: str) -> None:
        self._db, self._bot = db, bot
        self.all_held = states.all_held(db)

    def oldest(self) -> list[Stretch]:
        found: list[Stretch] = []
        after, of_lane = _FIRST, 0
        while (stretch := self._next(after)) is not None:
            of_lane = of_lane + 1 if stretch[0] == after[0] else 1
            after = (stretch[0], float(TOP), 0) if of_lane == STRETCHES else stretch
            found.append(stretch)
        return found

    def beyond(self, after: Stretch) -> list[Stretch]:
        found: list[Stretch] = []
        while len(found) < STRETCHES and (stretch := self._next(after)) is not None:
            found.append(after := stretch)
        return found

    def post(self, stretch: Stretch) -> Post | None:
        row = self._db.execute("SELECT blog, paused_at FROM post WHERE id = ?", (stretch[2],)).fetchone()
        if row is None:
            return None
        return Post(row["blog"], row["paused_at"] is not None, states.held(self._db, row["blog"], stretch[0]))

    def _next(self, after: Stretch) -> Stretch | None:
        lane, since, post = after
        place = {"bot": self._bot, "lane": lane, "since": since, "post": post, "chat": TOP}
        row = self._db.execute(self._NEXT, place).fetchone()
        return (row["lane"], row["since"], row["post"]) if row else None


class Strides:
    """All of them in one statement, from the ground that is known."""

    _FROM = f"SELECT d.since, d.post, d.chat FROM delivery d WHERE {DUE} AND d.lane"
    _FIRST_ROW = "ORDER BY d.since, d.post, d.chat LIMIT 1"
    _WALK = f"""
    WITH RECURSIVE walk (lane, since, post, chat, number) AS (
      SELECT s.lane, f.since, f.post, f.chat, 1
      FROM unnest(CAST(:lanes AS BIGINT[]), CAST(:sinces AS FLOAT[]), CAST(:posts AS BIGINT[]),
        CAST(:chats AS BIGINT[])) AS s(lane, since, post, chat), LATERAL (
          {_FROM} = s.lane AND (d.since, d.post, d.chat) > (s.since, s.post, s.chat) {_FIRST_ROW}) f
      UNION ALL
      SELECT w.lane, n.since, n.post, n.chat, w.number + 1 FROM walk w, LATERAL (
          {_FROM} = w.lane AND (d.since, d.post, d.chat) > (w.since, w.post, {TOP}) {_FIRST_ROW}) n
      WHERE w.number < {STRETCHES})
    SELECT w.lane, w.since, w.post, w.chat, p.id IS NOT NULL AS there, p.blog, p.paused_at IS NOT NULL AS paused,
      b.held_at IS NOT NULL AS held, EXISTS (SELECT 1 FROM note WHERE name = '{states.HOLD_ALL}') AS all_held
    FROM walk w LEFT JOIN post p ON p.id = w.post LEFT JOIN blog b ON b.id = p.blog ORDER BY w.lane, w.since, w.post
    """

    def __init__(self, db: Connection, bot: str, ground: Ground) -> None:
        self._db, self._bot, self._ground = db, bot, ground
        self.hurried = time.monotonic() - ground.looked_at < ANEW_SECONDS
        self.all_held = False  # where nothing waits, nobody asks
        self._posts: dict[Stretch, Post | None] = {}

    def oldest(self) -> list[Stretch]:
        known = self._ground.first if self.hurried else {}
        if not self.hurried:
            self._ground.looked_at = time.monotonic()
        found = self._walked({int(lane): known.get(lane, _BEGINNING) for lane in Lane})
        for lane, since, post in reversed(found):  # the first of each lane stays
            about = self._posts[lane, since, post]
            self._ground.first[lane] = (since, post, about.first if about else -1)
        return found

    def beyond(self, after: Stretch) -> list[Stretch]:
        starts = {int(lane): _BEGINNING for lane in Lane if lane > after[0]}
        return self._walked(starts | {after[0]: (after[1], after[2], TOP)})[:STRETCHES]

    def post(self, stretch: Stretch) -> Post | None:
        return self._posts[stretch]

    def _walked(self, starts: dict[int, tuple[float, int, int]]) -> list[Stretch]:
        sinces, posts, chats = zip(*starts.values(), strict=True)
        places = {"lanes": list(starts), "sinces": list(sinces), "posts": list(posts), "chats": list(chats)}
        return [self._learned(row) for row in self._db.execute(self._WALK, places | {"bot": self._bot}).fetchall()]

    def _learned(self, row: Any) -> Stretch:
        stretch = (row["lane"], row["since"], row["post"])
        self.all_held = row["all_held"]
        held = row["lane"] != Lane.WITHDRAWAL and row["blog"] is not None and (row["held"] or row["all_held"])
        self._posts[stretch] = Post(row["blog"], row["paused"], held, row["chat"] - 1) if row["there"] else None
        return stretch


_BEGINNING = (float("-inf"), 0, 0)


def lanes_end(stretches: Iterable[Stretch]) -> Stretch | None:
    """Of the first lane that has more than the oldest, the last one of these."""
    of_lane: dict[int, int] = {}
    for stretch in stretches:
        of_lane[stretch[0]] = of_lane.get(stretch[0], 0) + 1
        if of_lane[stretch[0]] == STRETCHES:
            return stretch
    return None
