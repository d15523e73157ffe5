"""The sentences people see, and times, numbers and durations as their language writes them.

Sentences are English where they are used, with named placeholders: `t.gettext("and {n} more", n="12")`. A further
language is a gettext catalogue `bot/locales/<language>/LC_MESSAGES/relay.po` and a line in `bot.core.languages`; it is
read as it stands, so that nothing has to be compiled before the program runs.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import TIMEDELTA_UNITS, format_skeleton, format_time, format_timedelta
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from bot.core.hours import written
from bot.core.languages import language_for, locale_of

_LOCALES = Path(__file__).parents[1] / "locales"
_MONTH = {"pl": "MMMM"}  # its short months are no form that a day can stand before
_DIGITS = {"arab": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"), "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")}
# A command with the words, numbers and isolated names that follow it.
_COMMAND = re.compile(
    "(?<![\\w/:.\u2068])/[a-z]+(?:@[A-Za-z0-9_]+)?"
    "(?: (?:@?[A-Za-z0-9_-]+(?::[A-Za-z0-9_-]+)*|\u2068[^\u2068\u2069]*\u2069))*",
    re.ASCII,
)
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
        return self._settled(_filled(self.catalogue.gettext(message), message, values))

    def ngettext(self, singular: str, plural: str, count: int, **values: str) -> str:
        """The form that fits `count`; `{n}` is the count as this language writes it."""
        message = self.catalogue.ngettext(singular, plural, count)
        return self._settled(_filled(message, singular if count == 1 else plural, {"n": self.number(count), **values}))

    def _settled(self, sentence: str) -> str:
        """Commands keep their slash in front of them where a sentence runs from right to left."""
        return _COMMAND.sub("\u2068\\g<0>\u2069", sentence) if self.rtl else sentence

    def listed(self, words: Sequence[str]) -> str:
        """Several names as one phrase: "Ann, Bo, and Cy"."""
        return format_list(list(words), locale=self.locale)

    # --- times ---

    def time(self, at: datetime, zone: str, *, seconds: bool = False) -> str:
        """ "14:02 EDT": the time in `zone` (an IANA name) with the zone's abbreviation on that day."""
        return f"{self.clock(at, zone, seconds=seconds)} {_abbreviation(_local(at, zone))}"

    def clock(self, at: datetime, zone: str, *, seconds: bool = False) -> str:
        """ "14:02", for a place where the zone is already said. Of 24 hours in every language."""
        return self._digits(format_time(_local(at, zone), "HH:mm:ss" if seconds else "HH:mm", locale=self.locale))

    def seconds(self, at: float, zone: str) -> str:
        """ "14:02:30 EDT", of an instant (seconds since 1970) that is near."""
        local = _local(datetime.fromtimestamp(at, UTC), zone)
        return f"{self._digits(format_time(local, 'HH:mm:ss', locale=self.locale))} {_abbreviation(local)}"

    def hour(self, minutes: int) -> str:
        """ "06:15", of minutes after midnight."""
        return self._digits(written(minutes))

    def day(self, at: datetime, zone: str, now: datetime) -> str:
        """ "May 3", with the year when it is not the year of `now`."""
        local = _local(at, zone)
        skeleton = f"{_MONTH.get(self.locale.language, 'MMM')}d"
        skeleton = skeleton if local.year == _local(now, zone).year else f"y{skeleton}"
        return self._digits(format_skeleton(skeleton, local, locale=self.locale))

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
        return self._digits(format_timedelta(-whole, threshold=1, add_direction=True, locale=self.locale))

    def duration(self, delta: timedelta) -> str:
        """ "2 hours 5 minutes": its two largest units, the rest cut off."""
        whole, rest = _parted(abs(delta))
        if not whole:
            return self.gettext("less than a second")
        smaller, _ = _parted(rest)
        if not _is_next_unit(whole, smaller):
            return self._length(whole)
        # Translators: two lengths of time as one, as in "2 hours 5 minutes"
        return self.gettext("{larger} {smaller}", larger=self._length(whole), smaller=self._length(smaller))

    def _length(self, delta: timedelta) -> str:
        return self._digits(format_timedelta(delta, threshold=1, locale=self.locale))

    # --- numbers ---

    def number(self, number: float) -> str:
        return self._digits(format_decimal(number, locale=self.locale, numbering_system="default"))

    def _digits(self, text: str) -> str:
        """With the digits of the language's own where it is written with others: Babel has 0 to 9 everywhere."""
        return text.translate(_DIGITS.get(self.locale.default_numbering_system, {}))


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


@lru_cache(maxsize=256)
def _found(language: str, directory: Path) -> tuple[gettext.NullTranslations, Locale]:
    """The catalogue and the locale for `language`; both English, and so of one piece, where there is no catalogue."""
    ours, locale = language_for(language), locale_of(language)
    if ours is None or locale is None or ours == "en":
        return gettext.NullTranslations(), locale if ours == "en" and locale else Locale("en")
    catalogue = _catalogue(ours, directory)
    if catalogue is None:
        return gettext.NullTranslations(), Locale("en")
    return catalogue, Locale(ours) if locale.script else locale  # what is written in one script is read in no other


@lru_cache(maxsize=64)
def _catalogue(language: str, directory: Path) -> gettext.GNUTranslations | None:
    path = directory / language / "LC_MESSAGES" / "relay.po"
    if not path.exists():
        return None
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
