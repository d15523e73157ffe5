"""When something is not as it should be, and when it is again: from what can be counted. Pure.

What begins at one value ends at another one, so that nothing flutters between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bot.core.standing import Refusal

# --- 429s pile up

MANY_FLOODS, OF_LATE = 20, 600  # so many in so many seconds
SLOW_SHARE, SLOW_SECONDS = 0.5, 120.0  # or so little of the allowance for so long


def piling_up(stands: bool, lately: int, share: float, slow_for: float) -> bool:
    """Whether Telegram asks for patience too often. `lately`: how often in the last ten minutes; `share` of the
    allowance is in use, and for `slow_for` seconds it has been less than `SLOW_SHARE`.

    It ends after ten minutes without a 429.
    """
    if stands:
        return lately > 0 or share < SLOW_SHARE
    return lately >= MANY_FLOODS or slow_for >= SLOW_SECONDS


def of_floods(lately: int, share: float) -> str:
    """What is wrong, and what it means for readers."""
    answers = _counted(lately, "answer of the last ten minutes was", "answers of the last ten minutes were")
    return f"{answers} 429, and {share:.0%} of the allowance is in use; posts reach readers later"


# --- the disk is nearly full

MEGABYTE, GIGABYTE = 10**6, 10**9
LEAST_FREE, MOST_FREE = 200 * MEGABYTE, 2 * GIGABYTE
SMALL_PART = 0.05
ENOUGH_AGAIN = 1.25  # times what is too little


def nearly_full(stands: bool, free: int, total: int) -> bool:
    """Whether a file system has too few bytes left: a twentieth, which on large ones is more than need be."""
    too_little = min(max(LEAST_FREE, SMALL_PART * total), MOST_FREE)
    return free < too_little * (ENOUGH_AGAIN if stands else 1.0)


FULL = "once nothing is left, nothing is read or sent until there is room, and nothing is lost"


def of_space(free: int, total: int) -> str:
    return f"{_size(free)} of {_size(total)} are free"


def _size(count: int) -> str:
    return f"{count / GIGABYTE:.1f} GB" if count >= GIGABYTE else f"{count / MEGABYTE:.0f} MB"


# --- polls are late

LATE_AFTER = timedelta(minutes=2)  # behind its appointment; a poll takes seconds, and thousands of blogs share a core
STILL_LATE = timedelta(seconds=20)  # after a machine was suspended, everything is late for a moment
STUCK_AFTER = timedelta(minutes=15)  # in one poll: all its requests together have shorter time limits


def is_late(now: datetime, appointed: datetime | None, begun: datetime) -> bool:
    """Whether a blog is not polled when its schedule says so.

    `appointed`: when it is polled next, None while it is being polled; `begun`: when that, or our watch, began.
    """
    if appointed is not None:
        return now - appointed > LATE_AFTER
    return now - begun > STUCK_AFTER


def late(
    blogs: Iterable[str],
    now: datetime,
    appointed: Mapping[str, datetime],
    begun: Mapping[str, datetime],
    watched_since: datetime,
) -> list[str]:
    """Those of the blogs that are not polled when their schedules say so, by when each is polled next and was last.

    All by the clock that appointments are made by, the wall's: our own goes on where that is put back.
    """
    return [one for one in blogs if is_late(now, appointed.get(one), begun.get(one, watched_since))]


def of_lateness(begun: datetime | None) -> str:
    """What is wrong, and what it means for readers. `begun`: when its last poll was."""
    since = f" since {begun.astimezone(UTC):%H:%M} UTC" if begun is not None else ""
    return f"not polled{since}, though its schedule says so; its readers hear of nothing new"


# --- Telegram cannot be reached

UNREACHABLE_SECONDS = 120.0


def is_unreachable(lost_for: float) -> bool:
    """After so many seconds in which nothing was answered. Any answer ends it."""
    return lost_for >= UNREACHABLE_SECONDS


# --- something waits, and nothing leaves

STUCK_SECONDS = 60.0
SLOW_TURNS = 5  # a pace of one message in a minute is slow, and not stuck


@dataclass(frozen=True, slots=True)
class Stuck:
    """So many deliveries wait, and for so many seconds none has left."""

    waiting: int
    seconds: float


def stuck(waiting: int, seconds: float, interval: float) -> Stuck | None:
    """Whether nothing leaves although something waits: the alarm, the dashboard and `/readyz` all ask this.

    `seconds`: for how long nothing was done, or all that was tried has failed; `interval` lies between two messages at
    the present pace.
    """
    is_so = waiting > 0 and seconds > STUCK_SECONDS + SLOW_TURNS * interval
    return Stuck(waiting, seconds) if is_so else None


def of_stuck(found: Stuck) -> str:
    """What is wrong, and what it means for readers."""
    waits = _counted(found.waiting, "delivery waits", "deliveries wait")
    return f"{waits} and none has left for a minute; readers hear of nothing new, and nothing is lost"


# --- backups are not made any more

RHYTHM = timedelta(days=2)  # two backups so close together were made by a schedule
NO_BACKUP_FOR = timedelta(days=3)


def backups_stopped(kept: Sequence[datetime], last: datetime | None, now: datetime) -> datetime | None:
    """Since when a schedule that made backups makes them no more; None: it does, or there is none.

    `kept`: when those in the folder of backups were made, oldest first; `last`: when one was made, wherever it went.
    """
    if not any(later - one <= RHYTHM for one, later in pairwise(kept)):
        return None
    newest = max(kept[-1], last or kept[-1])
    return newest if now - newest > NO_BACKUP_FOR else None


def of_backups(last: datetime) -> str:
    """What is wrong, and what it means for readers."""
    when = f"{last.astimezone(UTC):%-d %b %H:%M} UTC"
    return f"the last one is of {when}; if the disk fails, what people did since is lost; readers notice nothing"


# --- a mistake of ours

QUIET_AFTER = timedelta(minutes=30)


def is_over(now: datetime, last: datetime) -> bool:
    """Whether what happened last then does not happen any more."""
    return now - last >= QUIET_AFTER


# --- refused deliveries

REASONS_AT_MOST = 10  # that are told apart at a time; /alarms and `status` have them all


def told_apart(refusals: Sequence[Refusal], standing: Collection[str]) -> list[Refusal]:
    """Of which reasons the admins are told: those they know of, then those that most were refused for."""
    known = [one for one in refusals if one.why in standing]
    others = sorted((one for one in refusals if one.why not in standing), key=lambda one: (-one.rows, one.why))
    return known + others[: max(0, REASONS_AT_MOST - len(known))]


def of_refusal(refusal: Refusal) -> str:
    """What is wrong, and what it means for readers."""
    rows, chats = _counted(refusal.rows, "delivery", "deliveries"), _counted(refusal.chats, "chat", "chats")
    return (
        f"“{refusal.why}”, {rows} in {chats}, the newest of post {refusal.newest_post}; who was to read them does not, "
        "until they are tried again or their post changes"
    )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
