"""Times as a page shows them to its readers: "11:59 p.m. ET, July 12, 2023", "14.02 BST", "2 hr 13 min ago"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from bot.sources.times import of_our_days

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month{0}>[A-Z][a-z]{{2,8}})\.?"
_DATE = (
    rf"(?:{_MONTH.format(1)} (?P<day1>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year1>\d{{4}})"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? {_MONTH.format(2)},? (?P<year2>\d{{4}})"
    r"|(?P<year3>\d{4})-(?P<month3>\d\d)-(?P<day3>\d\d))"
)
_TIME = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?::\d\d)?(?: ?(?P<half>[aApP])\.? ?[mM]\b\.?)?"
    r"(?: \(?(?P<zone>[A-Z]{1,5})\)?)?"
)
_UPDATED = r"(?P<updated>(?:[Ll]ast )?[Uu]pdated:?(?: at)? )?"
_SHOWN = (
    re.compile(rf"{_UPDATED}(?:[Aa]t )?{_TIME}(?:,? (?:on )?(?:[A-Z][a-z]+day,? )?{_DATE})?"),
    re.compile(rf"{_UPDATED}(?:[A-Z][a-z]+day,? )?{_DATE},?(?: at)?[ T]{_TIME}Z?"),
)
_RELATIVE = re.compile(r"(?:\d+ ?(?:s|secs?|m|mins?|minutes?|h|hrs?|hours?|d|days?) ?)+ago", re.IGNORECASE)
_ANY_DATE = re.compile(_DATE)
# Names of zones as news pages write them; IST is India's, as most pages that write it are.
_PLACES = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "BST": "Europe/London",
    "CET": "Europe/Paris",
    "CEST": "Europe/Paris",
    "EET": "Europe/Kyiv",
    "EEST": "Europe/Kyiv",
    "MSK": "Europe/Moscow",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "AEST": "Australia/Brisbane",
    "SAST": "Africa/Johannesburg",
}
_HOURS = {"GMT": 0, "UTC": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_HOURS |= {"AEDT": 11, "HKT": 8, "SGT": 8}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A line that is only a time. `hour` is None for a relative one, `day` (year, month, day) where none is shown."""

    hour: int | None = None
    minute: int = 0
    zone: str | None = None
    day: tuple[int, int, int] | None = None
    is_update: bool = False  # "Updated 12:18 a.m.": the page's own time
    is_certain: bool = True  # with a.m., p.m., a zone or a date it cannot be a score

    def time(self, zone: tzinfo, day: tuple[int, int, int] | None) -> datetime | None:
        """The time in UTC; `zone` and `day` stand in for what is not shown. None where it remains unknown."""
        shown = self.day or day
        if self.hour is None or shown is None:
            return None
        try:
            local = datetime(*shown, self.hour, self.minute, tzinfo=_zone(self.zone) or zone)
            return of_our_days(local.astimezone(UTC))
        except (ValueError, OverflowError):
            return None


def clock_in(line: str) -> Clock | None:
    """The time a line shows, if the line is nothing else."""
    if len(line) > 60:
        return None
    if _RELATIVE.fullmatch(line):
        return Clock()
    found = next((match for pattern in _SHOWN if (match := pattern.fullmatch(line))), None)
    return _clock(found) if found else None


def date_in(line: str) -> tuple[int, int, int] | None:
    """The first date in a line, as year, month, day."""
    return next((day for found in _ANY_DATE.finditer(line) if (day := _day(found))), None)


def _clock(found: re.Match[str]) -> Clock | None:
    hour, half, zone = int(found["hour"]), (found["half"] or "").lower(), found["zone"]
    day = _day(found)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or int(found["minute"]) > 59 or (zone and _zone(zone) is None):
        return None
    return Clock(
        hour=hour,
        minute=int(found["minute"]),
        zone=zone,
        day=day,
        is_update=bool(found["updated"]),
        is_certain=bool(half or zone or day),
    )


def _day(found: re.Match[str]) -> tuple[int, int, int] | None:
    for number in ("1", "2", "3"):
        month, day, year = found[f"month{number}"], found[f"day{number}"], found[f"year{number}"]
        if year and (index := _month(month)):
            return int(year), index, int(day)
    return None


def _month(name: str) -> int | None:
    if name.isdigit():
        return int(name) if 1 <= int(name) <= 12 else None
    return _MONTHS.index(name[:3].lower()) + 1 if name[:3].lower() in _MONTHS else None


def _zone(name: str | None) -> tzinfo | None:
    if name in _HOURS:
        return timezone(timedelta(hours=_HOURS[name]))
    return ZoneInfo(_PLACES[name]) if name in _PLACES else None
