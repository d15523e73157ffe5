"""Times as publishers write them, to aware UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

from bot.core.remembering import remembered

_NUMBER = re.compile(r"\d{9,16}(?:\.\d+)?")
_FIRST_YEAR, _LAST_YEAR = 1990, 2099  # what lies beyond is a slip, or an attempt to stand on top for ever
_MILLISECONDS = 10**11  # an epoch above this is in milliseconds: in seconds it would be the year 5138


def time_of(value: object, zone: tzinfo = UTC) -> datetime | None:
    """A time in ISO 8601, RFC 822 or as an epoch (seconds or milliseconds), in UTC; None for anything else.

    `zone` is where the page's clock stands, for times that name none. Years without live blogs are no time either.
    """
    return of_our_days(any_time_of(value, zone))


def any_time_of(value: object, zone: tzinfo = UTC) -> datetime | None:
    """The same of any year: an embargo until 9999 is one."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _epoch(float(value))
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > 60:
        return None
    return _epoch(float(text)) if _NUMBER.fullmatch(text) else _written(text, zone)


def of_our_days(time: datetime | None) -> datetime | None:
    """A time of the years in which there are live blogs; None for any other."""
    return time if time is not None and _FIRST_YEAR <= time.year <= _LAST_YEAR else None


@remembered
def _written(text: str, zone: tzinfo) -> datetime | None:
    found = _iso(text) or _rfc822(text)
    if found is None:
        return None
    try:
        return found.replace(tzinfo=found.tzinfo or zone).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r"\s+([+-]\d\d:?\d\d|Z)$", r"\1", text))
    except ValueError:
        return None


def _rfc822(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _epoch(number: float) -> datetime | None:
    seconds = number / 1000 if abs(number) >= _MILLISECONDS else number
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None
