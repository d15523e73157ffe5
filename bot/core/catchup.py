"""What happened since somebody last looked: the value behind /catchup. How it looks is decided elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.model import Relayed
from bot.core.render_lists import TopicLine

FIRST = timedelta(hours=24)
"""How far the first look goes back, unless the chat has followed for less."""

LATE = timedelta(hours=1)
"""So much older than the span a post may say it is: publishers date posts back, and we read them a moment later. What
is older than that was found, as on a page that is read for the first time; it did not happen."""

KEY_EVENTS, TOPICS, LATEST = 5, 5, 5  # in one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Catchup:
    """One answer, or one page of it. Posts newest first; no post stands in it twice.

    `title` is the blog's, None where several are told of. `since` is where the span begins; `until`, where it ends.
    Pages after the first have posts in `latest` alone. `more` counts the posts of the span that stand neither here
    nor on a page before this one.
    """

    title: str | None
    since: datetime
    until: datetime
    key_events: tuple[Relayed, ...] = ()
    topics: tuple[TopicLine, ...] = ()
    latest: tuple[Relayed, ...] = ()
    more: int = 0
    first: bool = True  # page

    @property
    def empty(self) -> bool:
        """Nothing happened."""
        return not (self.key_events or self.latest or self.more)


def since_when(looked_at: float | None, followed_since: Iterable[float], now: float) -> float:
    """Where the span begins, in seconds since 1970: at the last look; at the first one a day ago, or when the chat
    began to follow (the first of its subscriptions) where that was later."""
    if looked_at is not None:
        return min(looked_at, now)
    return max(now - FIRST.total_seconds(), min(followed_since, default=0.0))


def counted(posts: dict[str, int], titles: dict[str, str], most: int = TOPICS) -> tuple[TopicLine, ...]:
    """The topics of the posts in the span, the most used first: `posts` by topic id, and `titles`."""
    ordered = sorted(posts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(TopicLine(id=id_, title=titles.get(id_, id_), posts=count) for id_, count in ordered[:most])


def whole_milliseconds(instant: float) -> float:
    """As a button carries it: the span of all pages is exactly that of the first."""
    return math.floor(instant * 1000) / 1000


def zone_of(zones: Sequence[str]) -> str:
    """The zone in which the span is told: the blogs' own where they share one."""
    return zones[0] if zones and len(set(zones)) == 1 else "UTC"
