"""Lengths of time and hours of the day as people type them: "2h", "90 min", "22:30-6:15"."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.core.digits import plain

LONGEST = timedelta(days=30)

_SECONDS = {
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
}
_PART = re.compile(r"([0-9]{1,5})\s*([a-z]+)\.?\s*(?:,\s*)?")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4])(?:[:.h]([0-5][0-9]))?")
_BETWEEN = re.compile(r"\s*(?:-|–|—|−|\bto\b|\s)\s*")


def length(text: str) -> timedelta | None:
    """ "2h", "30m", "1h 30m", "90 min", "2 days". None where it is no length of time, or a longer one than LONGEST."""
    rest, seconds = plain(text.strip().casefold()), 0
    while rest:
        part = _PART.match(rest)
        if part is None or part[2] not in _SECONDS:
            return None
        seconds += int(part[1]) * _SECONDS[part[2]]
        rest = rest[part.end() :]
    return timedelta(seconds=seconds) if 0 < seconds <= LONGEST.total_seconds() else None


def clock(text: str) -> int | None:
    """ "7", "07:00", "22.30" as minutes after midnight; midnight may be 24 as well."""
    found = _CLOCK.fullmatch(plain(text.strip()))
    if found is None:
        return None
    minutes = int(found[1]) * 60 + int(found[2] or 0)
    return minutes % 1440 if minutes <= 1440 else None


def hours(text: str) -> tuple[int, int] | None:
    """ "22:30-6:15", "22 7", "23 to 6": from when to when, in minutes after midnight. None where it says no such."""
    times = [clock(part) for part in _BETWEEN.split(text.strip().casefold())]
    if len(times) != 2 or times[0] is None or times[1] is None or times[0] == times[1]:
        return None
    return times[0], times[1]


def written(minutes: int) -> str:
    """ "06:15"."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
