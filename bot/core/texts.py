"""The sentences people see, and times, numbers and durations as their language writes them.

Sentences are English where they are used, with named placeholders: `t.gettext("and {n} more", n="12")`. A further
language is a compiled gettext catalogue `bot/locales/<language>/LC_MESSAGES/relay.mo` and nothing else.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import TIMEDELTA_UNITS, format_skeleton, format_time, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal

_DOMAIN = "relay"
_LOCALES = Path(__file__).parents[1] / "locales"
_UNITS = tuple(timedelta(seconds=seconds) for _, seconds in TIMEDELTA_UNITS)  # largest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One language: its catalogue of sentences and its way of writing times and numbers. Times are aware."""

    language: str = "en"
    catalogue: gettext.NullTranslations = field(default_factory=gettext.NullTranslations, compare=False)
    locale: Locale = field(default_factory=lambda: Locale("en"), compare=False)

    @classmethod
    def of(cls, language: str, directory: Path = _LOCALES) -> Self:
        """The texts of `language` ("pt-BR", "de"), of its family where it has no catalogue, or English."""
        catalogue, locale = _found(language, directory)
        return cls(language=str(locale).replace("_", "-"), catalogue=catalogue, locale=locale)

    @property
    def rtl(self) -> bool:
        """Whether its sentences run from right to left."""
        return self.locale.text_direction == "rtl"

    # --- sentences ---

    def gettext(self, message: str, **values: str) -> str:
        """`message` in this language, its placeholders filled; as it stands when no values are given."""
        return _filled(self.catalogue.gettext(message), message, values)

    def ngettext(self, singular: str, plural: str, count: int, **values: str) -> str:
        """The form that fits `count`; `{n}` is the count as this language writes it."""
        message = self.catalogue.ngettext(singular, plural, count)
        return _filled(message, singular if count == 1 else plural, {"n": self.number(count), **values})

    def listed(self, words: Sequence[str]) -> str:
        """Several names as one phrase: "Ann, Bo, and Cy"."""
        return format_list(list(words), locale=self.locale)

    # --- times ---

    def time(self, at: datetime, zone: str) -> str:
        """ "14:02 EDT": the time in `zone` (an IANA name) with the zone's abbreviation on that day."""
        return f"{self.clock(at, zone)} {_abbreviation(_local(at, zone))}"

    def clock(self, at: datetime, zone: str) -> str:
        """ "14:02", for a place where the zone is already said."""
        return format_time(_local(at, zone), "HH:mm", locale=self.locale)

    def seconds(self, at: float, zone: str) -> str:
        """ "14:02:30 EDT", of an instant (seconds since 1970) that is near."""
        local = _local(datetime.fromtimestamp(at, UTC), zone)
        return f"{format_time(local, 'HH:mm:ss', locale=self.locale)} {_abbreviation(local)}"

    def day(self, at: datetime, zone: str, now: datetime) -> str:
        """ "May 3", with the year when it is not the year of `now`."""
        local = _local(at, zone)
        skeleton = "MMMd" if local.year == _local(now, zone).year else "yMMMd"
        return format_skeleton(skeleton, local, locale=self.locale)

    def moment(self, at: datetime, zone: str, now: datetime, *, abbreviated: bool = True) -> str:
        """The time, with its day when that is not the day of `now` in `zone`: "14:02 EDT", "May 3, 14:02 EDT"."""
        time = self.time(at, zone) if abbreviated else self.clock(at, zone)
        if _local(at, zone).date() == _local(now, zone).date():
            return time
        return self.gettext("{day}, {time}", day=self.day(at, zone, now), time=time)

    def ago(self, delta: timedelta) -> str:
        """ "5 minutes ago", rounded down to its largest unit; "just now" within a second."""
        whole, _ = _parted(delta)
        if not whole:
            return self.gettext("just now")
        return format_timedelta(-whole, threshold=1, add_direction=True, locale=self.locale)

    def duration(self, delta: timedelta) -> str:
        """ "2 hours 5 minutes": its two largest units, the rest cut off."""
        whole, rest = _parted(abs(delta))
        if not whole:
            return self.gettext("less than a second")
        smaller, _ = _parted(rest)
        lengths = (whole, smaller) if _is_next_unit(whole, smaller) else (whole,)
        return " ".join(format_timedelta(each, threshold=1, locale=self.locale) for each in lengths)

    # --- numbers ---

    def number(self, number: float) -> str:
        return format_decimal(number, locale=self.locale)


def _filled(message: str, english: str, values: Mapping[str, str]) -> str:
    """`message` with its placeholders filled. A translation with a wrong placeholder gives way to the English."""
    if not values:
        return message
    try:
        return message.format(**values)
    except (LookupError, ValueError):
        return english.format(**values)


def _local(at: datetime, zone: str) -> datetime:
    """`at` in `zone`; in its own where that day is outside the calendar, as some feeds' year 1 is."""
    try:
        return at.astimezone(ZoneInfo(zone))
    except OverflowError:
        return at


def _abbreviation(local: datetime) -> str:
    """ "EDT"; "UTC+5:30" where the zone database has only the bare offset of a zone."""
    name = local.tzname() or "UTC"
    if name[0] not in "+-":
        return name
    hours, minutes = name[:3], name[3:]
    return f"UTC{name[0]}{int(hours[1:])}" + (f":{minutes}" if minutes else "")


def _parted(delta: timedelta) -> tuple[timedelta, timedelta]:
    """`delta` as whole numbers of its largest unit, and what is left."""
    unit = next((each for each in _UNITS if delta >= each), None)
    if unit is None:
        return timedelta(0), delta
    rest = delta % unit
    return delta - rest, rest


def _is_next_unit(larger: timedelta, smaller: timedelta) -> bool:
    """Whether `smaller` counts the unit just below the one `larger` counts, as minutes do below hours."""
    places = [next((place for place, each in enumerate(_UNITS) if delta >= each), -1) for delta in (larger, smaller)]
    return places[1] == places[0] + 1


def _known(language: str) -> Locale | None:
    try:
        return Locale.parse(language.strip().replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return None


@lru_cache(maxsize=256)
def _found(language: str, directory: Path) -> tuple[gettext.NullTranslations, Locale]:
    """The catalogue and the locale for `language`; both English, and so of one piece, where there is no catalogue."""
    locale = _known(language)
    if locale is None or locale.language == "en":
        return gettext.NullTranslations(), locale or Locale("en")
    names = dict.fromkeys((str(locale), f"{locale.language}_{locale.territory}", locale.language))
    path = gettext.find(_DOMAIN, str(directory), list(names))
    if path is None:
        return gettext.NullTranslations(), Locale("en")
    with Path(path).open("rb") as file:
        return gettext.GNUTranslations(file), locale
