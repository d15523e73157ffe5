"""Cron expressions as crontab(5) reads them, on top of APScheduler's trigger.

APScheduler 3 counts weekdays from Monday = 0 and wants day of month *and* weekday to match; crontab(5) counts from
Sunday = 0 (7 is Sunday too) and, where both are given, is content with either. Admins write crontab(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from apscheduler.triggers.cron import CronTrigger

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS = re.compile(r"(\*|[0-7]|[a-z]{3})(?:-([0-7]|[a-z]{3}))?(?:/([1-7]))?")
_LEAP_YEAR = datetime(2020, 1, 1, tzinfo=UTC)  # from here every date that exists is less than eight years away
_TICK = timedelta(microseconds=1)


def check_cron(expression: str) -> None:
    """ValueError, saying what would be right, where `expression` is none or names a date that never comes."""
    if why := _flaw(expression):
        raise ValueError(f'"{expression[:60]}" is not a cron expression ({why}); write five fields, as in */2 * * * *')


def _flaw(expression: str) -> str | None:
    try:
        triggers = _triggers(expression, "UTC")
    except ValueError as error:
        return str(error).rstrip(".")
    return "that date never comes" if _next(triggers, _LEAP_YEAR) is None else None


def firings(expression: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """The times of a valid expression later than `after`, in UTC, without end."""
    triggers = _triggers(expression, timezone)
    while (found := _next(triggers, after + _TICK)) is not None:
        yield found
        after = found


def _next(triggers: tuple[CronTrigger, ...], earliest: datetime) -> datetime | None:
    found = [trigger.get_next_fire_time(None, earliest) for trigger in triggers]
    return min((one.astimezone(UTC) for one in found if one is not None), default=None)


@lru_cache(maxsize=1024)
def _triggers(expression: str, timezone: str) -> tuple[CronTrigger, ...]:
    fields = expression.lower().split()
    if len(fields) != 5:
        raise ValueError(f"it has {len(fields)} fields")
    minute, hour, day, month, weekday = fields
    both_given = not day.startswith("*") and not weekday.startswith("*")
    pairs = [(day, "*"), ("*", _named(weekday))] if both_given else [(day, _named(weekday))]
    return tuple(CronTrigger.from_crontab(f"{minute} {hour} {a} {month} {b}", timezone=timezone) for a, b in pairs)


def _named(field: str) -> str:
    """The weekday field with names for numbers, so that both sides mean the same days."""
    if field == "*":
        return field
    wanted = {day for part in field.split(",") for day in weekdays(part)}
    return ",".join(WEEKDAYS[day] for day in sorted(wanted))


def weekdays(part: str) -> list[int]:
    """The days (0 is Sunday) of one part of the field: `2`, `mon-fri`, `*/2`; a range may pass over the weekend."""
    match = _DAYS.fullmatch(part)
    if match is None:
        raise ValueError(f'"{part}" is no weekday')
    start, end, step = match[1], match[2], int(match[3] or 1)
    first = 0 if start == "*" else _number(start)
    last = _number(end) if end else 6 if start == "*" or match[3] else first
    return [day % 7 for day in range(first, last + (7 if last < first else 0) + 1, step)]


def _number(day: str) -> int:
    if day.isdigit():
        return int(day)
    if day not in WEEKDAYS:
        raise ValueError(f'"{day}" is no weekday')
    return WEEKDAYS.index(day)
