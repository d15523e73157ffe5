"""A moment as people type it: "18:30", "in 20 min", "tomorrow 7:00". Pure: what time it is, and where, is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.core.digits import plain

LONGEST = timedelta(days=366)

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_UNIT = r"(s|m|h|d|secs?|mins?|hrs?|seconds?|minutes?|hours?|days?)"
_LENGTH = re.compile(rf"([0-9]{{1,6}}|an?|half an)\s*{_UNIT}(?![a-z])\.?", re.ASCII)
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?\s?(am|pm)?", re.ASCII)
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED = {"noon": time(12), "midnight": time(0)}


class Twist(StrEnum):
    """What is worth a word, since it may not be what was meant."""

    TOMORROW = "tomorrow"  # that time has passed today
    SKIPPED = "skipped"  # clocks are put forward over it: it is as much later
    TWICE = "twice"  # clocks are put back over it: the first of the two that is still to come


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant in UTC, and what is to be said of it."""

    at: datetime
    twist: Twist | None = None


class NoMoment(Exception):
    """These words name no moment that could be waited for."""


class Past(NoMoment):
    """They name one that has passed."""


class TooFar(NoMoment):
    """They name one that is more than a year away."""


def moment_in(words: str, now: datetime, zone: str) -> Moment:
    """The moment that `words` name in `zone` (an IANA name), after `now` (aware). NoMoment where they name none."""
    said = " ".join(plain(words).casefold().removesuffix(".").split()).removeprefix("at ")
    seconds = _length(said)
    found = _on_a_day(said, now, ZoneInfo(zone)) if seconds is None else _later(now, seconds)
    if found.at <= now:
        raise Past(words)
    if found.at - now > LONGEST:
        raise TooFar(words)
    return found


def _later(now: datetime, seconds: float) -> Moment:
    return Moment(at=now.astimezone(UTC) + timedelta(seconds=min(seconds, 10 * LONGEST.total_seconds())))


def _length(said: str) -> float | None:
    """ "in 1 hour 30 min" or "+1h30m" in seconds."""
    rest = said.removeprefix("+") if said.startswith("+") else said.removeprefix("in ")
    if rest == said:
        return None
    seconds, at = 0.0, 0
    while match := _LENGTH.match(rest, at):
        count = {"a": 1.0, "an": 1.0, "half an": 0.5}.get(match[1])
        seconds += (float(match[1]) if count is None else count) * _SECONDS[match[2][0]]
        at = match.end()
        at += len(rest[at:]) - len(rest[at:].lstrip().removeprefix("and ").lstrip())
    return seconds if at == len(rest) and at else None


def _on_a_day(said: str, now: datetime, zone: ZoneInfo) -> Moment:
    """A time of day, alone or with a day before or after it."""
    first, _, after = said.partition(" ")
    before, _, last = said.rpartition(" ")
    for day, clock in (("", said), (first, after), (last, before)):
        at = _clock(clock.removeprefix("at "))
        if at is not None and (not day or _is_day(day)):
            return _found(day, at, now, zone)
    raise NoMoment(said)


def _clock(said: str) -> time | None:
    """ "18:30", "6.30 pm", "7am", "noon". A number alone may mean anything."""
    match = _CLOCK.fullmatch(said)
    if match is None or not (match[2] or match[3]):
        return _NAMED.get(said)
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _is_day(word: str) -> bool:
    return word in ("today", "tomorrow", *_WEEKDAYS) or _DATE.fullmatch(word) is not None


def _found(day: str, at: time, now: datetime, zone: ZoneInfo) -> Moment:
    today = now.astimezone(zone).date()
    if day == "tomorrow":
        return _in_zone(today + timedelta(days=1), at, now, zone)
    if day in _WEEKDAYS:
        found = _in_zone(today + timedelta(days=(_WEEKDAYS.index(day) - today.weekday()) % 7), at, now, zone)
        return found if found.at > now else _in_zone(today + timedelta(days=7), at, now, zone)
    if day and day != "today":
        return _in_zone(_date(day), at, now, zone)
    found = _in_zone(today, at, now, zone)
    if day or found.at > now:
        return found
    later = _in_zone(today + timedelta(days=1), at, now, zone)
    return Moment(at=later.at, twist=later.twist or Twist.TOMORROW)


def _date(day: str) -> date:
    try:
        return date(*(int(number) for number in day.split("-")))
    except ValueError:
        raise NoMoment(day) from None


def _in_zone(day: date, at: time, now: datetime, zone: ZoneInfo) -> Moment:
    """That time on the zone's clocks. In a gap, as much after it as it lies behind its beginning."""
    local = datetime.combine(day, at)
    if not 1 < local.year < 9999:  # an offset would take it out of the calendar
        return Moment(at=local.replace(tzinfo=UTC))
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != local:
        return Moment(at=first, twist=Twist.SKIPPED)
    if first == second:
        return Moment(at=first)
    return Moment(at=first if first > now else second, twist=Twist.TWICE)
