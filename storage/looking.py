"""Which chats a claim looks at.

The rows that wait lie in the index in *stretches*: one post in one lane, chat after chat. The queue may be a million
rows long in thousands of stretches, and most of it may be for chats that rest. So a claim looks at the oldest stretches
of each lane and at a few beyond them, at other ones each time, and gives a stretch up after so many chats that may not
be spoken to; the next claim goes on where this one stopped. Everything has its turn, and no claim takes long.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Container, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.core.card import Card
from bot.core.lanes import CHANGES, Queue, Turns
from bot.core.model import Lane
from storage.expansion import TOP
from storage.spoken import Connection, Row, far
from storage.walking import DUE, STRETCHES, Ground, Steps, Stretch, Strides, Walk, lanes_end

STAY = 8  # claims in which the stretches beyond stay the same, where they give something
PASSED_OVER = 1000  # chats that may not be spoken to, in one claim, …
FEWEST = 10  # … and of one stretch at least
ROWS_AT_ONCE = 500  # that wait in the chats of one claim, as far as that can be foreseen
AT_MOST = 200  # rows of a stretch that are read at once
HANDS = 10_000  # stretches of which is known where the last claim stopped

WAITS = f"{DUE} AND d.sending IS NULL"

# CROSS JOIN keeps SQLite to the order of the index, and no sorting. A row behind one of its lane and thread that is
# being retried is not free, or it would stand in everybody's way. The + before :now keeps SQLite from comparing the
# value with the partial index's own condition, for which it would prepare the statement anew every time.
_HEADS = f"""
SELECT d.chat, c.telegram_id, c.kind, c.language, c.wakes_at,
  c.quiet_from IS NOT NULL OR c.muted_until > 0 OR c.timezone IS NOT NULL AS chose,
  c.timezone, c.quiet_from, c.quiet_until, c.quiet_breaking, c.muted_until, c.chosen_language,
  CASE WHEN d.not_before <= :now AND c.open AND c.not_before <= :now
  THEN NOT EXISTS (SELECT 1 FROM delivery r INDEXED BY delivery_retried WHERE r.chat = d.chat AND r.thread = d.thread
    AND r.lane = d.lane AND (r.since, r.post) < (d.since, d.post) AND r.not_before > +:now
    AND r.sent <> r.wanted AND r.aside IS NULL AND r.not_before > 0) END AS free
FROM delivery d INDEXED BY delivery_due CROSS JOIN chat c ON c.id = d.chat
WHERE {WAITS} AND d.lane = :lane AND d.since = :since AND d.post = :post AND d.chat > :low AND d.chat <= :high
ORDER BY d.chat LIMIT :count
"""


@dataclass
class Due:
    """What one claim leaves to the next: whose turn it was, and where it stopped. Nothing depends on it."""

    turns: Turns = field(default_factory=Turns)
    hands: dict[Stretch, int] = field(default_factory=dict)  # the last chat that was looked at
    beyond: Stretch | None = None  # after which the look beyond the oldest goes on; None: right after those
    stayed: int = 0  # claims there
    cards: dict[int, tuple[int, Card]] = field(default_factory=dict)  # by post: a revision, and what it shows
    in_vain: int = 0  # how often in a row it came to the end, and nobody was found
    ground: Ground = field(default_factory=Ground)
    rows_each: float = 1.0  # that waited in each of the last chats: in the morning after a night it may be hundreds

    @property
    def chats_at_once(self) -> int:
        return max(1, int(ROWS_AT_ONCE / max(1.0, self.rows_each)))


class Heads:
    """The chats to speak to next: the lanes and blogs in their turns, of each its oldest stretch first."""

    def __init__(
        self, db: Connection, due: Due, bound: dict[str, Any], busy: Container[int], without: Collection[Lane]
    ) -> None:
        self._db, self._due, self._bound, self._busy, self._without = db, due, bound, busy, without
        self._seen: set[int] = set()
        self.passed_over = False  # a busy chat
        self.gave_up = False  # a stretch of which there is more
        self.goes_on = False  # there are stretches further on
        self._given_beyond = False  # somebody for whom the oldest stretches have nothing
        self._walk: Walk = Strides(db, bound["bot"], due.ground) if far(db) else Steps(db, bound["bot"])
        oldest = self._walk.oldest()
        self._oldest = dict.fromkeys(oldest)
        self._end_of_lane = lanes_end(oldest)
        self._beyond = self._walk.beyond(due.beyond or self._end_of_lane) if self._end_of_lane else []
        self.all_held, self.hurried = self._walk.all_held, self._walk.hurried
        self._count = 1  # chats that are wanted of a stretch just now
        self._queues = self._all_queues()

    def take(self, count: int) -> list[Row]:
        """The next so many, each once; fewer at the end."""
        found: list[Row] = []
        while len(found) < count and self._queues:
            for queue, turns in self._due.turns.given(self._queues, count - len(found)).items():
                self._count = turns
                some = list(itertools.islice(self._queues[queue], turns))
                found += some
                if len(some) < turns:
                    del self._queues[queue]
        return found

    def close(self, *, fruitful: bool) -> None:
        """No statement may stand open over rows that are about to be written."""
        for chats in self._queues.values():
            chats.close()
        self._move_on(fruitful=fruitful)

    def _move_on(self, *, fruitful: bool) -> None:
        """Where the next claim looks beyond the oldest. A stretch that was given up comes again in its time."""
        due = self._due
        due.stayed += 1
        if self._given_beyond and due.stayed < STAY:
            return
        due.stayed, at_the_end = 0, len(self._beyond) < STRETCHES
        due.beyond = None if at_the_end else self._beyond[-1]
        due.in_vain = 0 if fruitful else due.in_vain + at_the_end
        # the first time that it came to the end, it may have begun in the middle
        self.goes_on = bool(self._beyond) and (not at_the_end or due.in_vain < 2)

    def _all_queues(self) -> dict[Queue, Generator[Row, None, None]]:
        stretches: dict[Queue, list[Stretch]] = defaultdict(list)
        there = self._oldest | dict.fromkeys(self._beyond)
        for stretch in there:
            if (queue := self._queue_of(stretch)) is not None:
                stretches[queue].append(stretch)
        if len(self._due.hands) > HANDS:
            self._due.hands = {stretch: chat for stretch, chat in self._due.hands.items() if stretch in there}
        most = max(FEWEST, PASSED_OVER // len(there)) if there else 0
        return {queue: self._chats(ones, most) for queue, ones in stretches.items()}

    def _queue_of(self, stretch: Stretch) -> Queue | None:
        """None where its lane is left out, its post is paused, its blog is held, or its post is gone and its rows are
        about to go."""
        lane = Lane(stretch[0])
        if lane in self._without:
            return None
        post = self._walk.post(stretch)
        if post is None or post.held or (post.paused and lane not in CHANGES):
            return None
        return lane, post.blog or f"push {stretch[2]}"

    def _chats(self, stretches: Sequence[Stretch], most: int) -> Generator[Row, None, None]:
        for stretch in stretches:
            left = most
            for row in self._round(stretch):
                self._due.hands[stretch] = row["chat"]
                if self._is_free(row):
                    self._seen.add(row["chat"])
                    self._given_beyond |= stretch not in self._oldest
                    yield row
                elif (left := left - 1) == 0:
                    self.gave_up = True
                    break

    def _is_free(self, row: Row) -> bool:
        if row["free"] and row["telegram_id"] in self._busy:
            self.passed_over = True
            return False
        return bool(row["free"]) and row["chat"] not in self._seen

    def _round(self, stretch: Stretch) -> Iterator[Row]:
        """Its rows, from where the last claim stopped and round to there."""
        post = self._walk.post(stretch)
        first = post.first if post else -1
        hand = max(first, self._due.hands.get(stretch, -1))
        yield from self._rows(stretch, hand, TOP)
        if hand > first:
            yield from self._rows(stretch, first, hand)

    def _rows(self, stretch: Stretch, low: int, high: int) -> Iterator[Row]:
        """As many at once as are wanted; where more of them rest, more at once."""
        lane, since, post = stretch
        place = self._bound | {"lane": lane, "since": since, "post": post, "high": high}
        count = self._count
        while rows := self._db.execute(_HEADS, place | {"low": low, "count": count}).fetchall():
            yield from rows
            if len(rows) < count:
                return
            low, count = rows[-1]["chat"], min(AT_MOST, 4 * count)
