"""When chats want to hear: digests at their times, quiet hours, a mute. Pure; instants are seconds since 1970.

Times of day are a zone's own. One that a zone leaves out, when its clocks go forward, comes as much later; one that it
has twice, when they go back, comes the first time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.core.choices import Quiet

DAY = 24 * 60  # minutes
SHORTEST = 5  # minutes between two digests; who wants more wants every post
MOST_TIMES = 12  # of day

_EVERY = re.compile(r"([0-9]{1,4})([mh])")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


class Habit(StrEnum):
    """For what a chat lets its posts wait."""

    MUTE = "mute"
    QUIET = "quiet"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """When digests come: every so many minutes, counted from the zone's midnight, or at times of day.

    Times are minutes after midnight, ascending. One of the two is given.
    """

    every: int = 0
    times: tuple[int, ...] = ()

    def __str__(self) -> str:
        """As it stands in `subscription.digest`: the inverse of `parse_digest`."""
        if self.times:
            return " ".join(f"{at // 60:02}:{at % 60:02}" for at in self.times)
        return f"{self.every // 60}h" if self.every % 60 == 0 else f"{self.every}m"


HOURLY = Digest(every=60)


def parse_digest(text: str) -> Digest:
    """The times that `text` writes: "30m", "3h", or "08:00 18:00". ValueError, saying what would be right."""
    words = text.replace(",", " ").split()
    if len(words) == 1 and (match := _EVERY.fullmatch(words[0].lower())):
        every = int(match[1]) * (60 if match[2] == "h" else 1)
        if not SHORTEST <= every <= DAY:
            raise ValueError(f'"{text[:40]}" is no time between digests; they come every {SHORTEST}m to 24h')
        return Digest(every=every)
    found = [_TIME.fullmatch(word) for word in words]
    if not words or not all(found) or len(words) > MOST_TIMES:
        raise ValueError(f'"{text[:40]}" says no times for digests; write for example 30m, 3h or 08:00 18:00')
    return Digest(times=tuple(sorted({int(one[1]) * 60 + int(one[2]) for one in found if one})))


@lru_cache(maxsize=4096)
def next_digest(text: str, zone: str, after: float) -> float:
    """The first moment for a digest later than `after`. `text` as in `parse_digest`, checked when it was chosen: what
    cannot be read means hourly, for a chat that is not told of its posts would be worse off.
    """
    try:
        digest = parse_digest(text)
    except ValueError:
        digest = HOURLY
    where = zone_of(zone)
    today = datetime.fromtimestamp(after, where).date()
    days = [today + timedelta(days=ahead) for ahead in (-1, 0, 1, 2)]
    return min(at for day in days if (at := _next_of_day(digest, where, day, after)) > after)


def _next_of_day(digest: Digest, where: ZoneInfo, day: date, after: float) -> float:
    """The first of a day's moments later than `after`, or the last of them."""
    if digest.times:
        moments = [_instant(where, day, at) for at in digest.times]
        return min((at for at in moments if at > after), default=max(moments))
    start, end, every = _instant(where, day, 0), _instant(where, day, DAY), digest.every * 60
    passed = max(0.0, after - start) // every + 1 if after >= start else 0
    return min(start + passed * every, end)


@lru_cache(maxsize=4096)
def quiet_until(quiet: Quiet, zone: str, now: float) -> float | None:
    """When the quiet hours end that `now` lies in; None where it lies in none. From a time to the same one are none."""
    if quiet.start == quiet.end:
        return None
    where = zone_of(zone)
    today = datetime.fromtimestamp(now, where).date()
    length = (quiet.end - quiet.start) % DAY
    for day in (today - timedelta(days=1), today):
        until = _instant(where, day, quiet.start + length)
        if _instant(where, day, quiet.start) <= now < until:
            return until
    return None


def _instant(where: ZoneInfo, day: date, minutes: int) -> float:
    """That time of that day; of the days after it, where there are more minutes than a day has."""
    days, minutes = divmod(minutes, DAY)
    at = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), where)
    return at.timestamp()


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC where this machine's database lacks it, as an older one may."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return ZoneInfo("UTC")
