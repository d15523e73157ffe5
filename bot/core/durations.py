"""Lengths of time as people write them: `0s 20s 5m 48h 2d`."""

from __future__ import annotations

import re
from datetime import timedelta

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST = timedelta(days=3650)
_WRITTEN = re.compile(r"([0-9]{1,12})([smhd])")
_SPOKEN = {"s": "s", "m": "min", "h": "h", "d": "d"}


def parse_duration(text: str) -> timedelta:
    """The length of time that `text` writes. ValueError, saying what would be right, where it writes none."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text[:40]}" is not a duration; write for example 20s, 5m or 2d')
    seconds = int(match[1]) * SECONDS[match[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f'"{text[:40]}" is longer than {LONGEST.days}d, the longest that makes sense')
    return timedelta(seconds=seconds)


def write_duration(length: timedelta) -> str:
    """As it stands in the file: the inverse of `parse_duration`, in the largest unit that fits ("90s", "5m")."""
    count, unit = _split(length)
    return f"{count}{unit}"


def say_duration(length: timedelta) -> str:
    """For reading: "20 s", "5 min", "48 h", "2 d"."""
    count, unit = _split(length)
    return f"{count} {_SPOKEN[unit]}"


def _split(length: timedelta) -> tuple[int, str]:
    seconds = round(length.total_seconds())
    unit = next((unit for unit in "dhm" if seconds and seconds % SECONDS[unit] == 0), "s")
    return seconds // SECONDS[unit], unit
