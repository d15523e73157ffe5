"""Where a blog is in its life. Pure: `now` is an argument, and only what was seen and said counts.

Silence is no end (a blog is *quiet*), and an end is none any more once a post comes: a blog that was over is live as
long as it goes on, whatever its page still says of itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

QUIET = timedelta(minutes=30)
"""So long after its newest post or edit a blog is quiet."""


class State(StrEnum):
    """The value is the word for it in the status."""

    UNREAD = "not read yet"
    NOT_STARTED = "not started"
    LIVE = "live"
    QUIET = "quiet"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What is known of a blog."""

    read: bool = False  # its page was accepted once
    last_post_at: datetime | None = None  # when the newest post came
    active_at: datetime | None = None  # when the newest post or edit came; None: it never had a post
    ended_at: datetime | None = None  # since when it says of itself that it is over; a blog that moved is not
    starts_at: datetime | None = None  # announced (schema.org's coverageStartTime)


def state_of(life: Life, now: datetime) -> State:
    """An announced start counts only as long as it lies ahead and nothing happens yet."""
    if not life.read:
        return State.UNREAD
    if life.ended_at is not None:
        goes_on = life.last_post_at is not None and life.last_post_at > life.ended_at
        return State.LIVE if goes_on and _is_recent(life.last_post_at, now) else State.ENDED
    if _is_recent(life.active_at, now):
        return State.LIVE
    lies_ahead = life.starts_at is not None and life.starts_at > now
    return State.NOT_STARTED if life.active_at is None or lies_ahead else State.QUIET


def _is_recent(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now - moment < QUIET


def changes_at(life: Life, now: datetime) -> datetime | None:
    """When the passing of time alone will make it another state; None: never."""
    last = life.active_at if life.ended_at is None else life.last_post_at
    moments = (last + QUIET if last else None, life.starts_at)
    return min((moment for moment in moments if moment is not None and moment > now), default=None)
