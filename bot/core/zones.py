"""Time zones as people name them: by a city, or as the zone database does ("Europe/Kyiv").

Cities are those of the database, in English and in the language of who asks (as Babel has them), and the large ones
beside them that have no zone of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from rapidfuzz import fuzz, process

from bot.core.words import typed, without_accents

_NEAR = 70  # of 100
_LONGEST = 60  # characters that are compared
_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")

# Where most of those live who read a language; the first is the likeliest.
_OF_LANGUAGE = MappingProxyType(
    {
        "en": ("Europe/London", "America/New_York", "America/Los_Angeles"),
        "de": ("Europe/Berlin", "Europe/Zurich"),
        "fr": ("Europe/Paris", "America/Toronto"),
        "es": ("Europe/Madrid", "America/Mexico_City", "America/Bogota", "America/Argentina/Buenos_Aires"),
        "pt": ("America/Sao_Paulo", "Europe/Lisbon"),
        "it": ("Europe/Rome",),
        "pl": ("Europe/Warsaw",),
        "uk": ("Europe/Kyiv",),
        "ru": ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Almaty"),
        "tr": ("Europe/Istanbul",),
        "ar": ("Africa/Cairo", "Asia/Riyadh", "Asia/Dubai", "Africa/Casablanca"),
        "fa": ("Asia/Tehran", "Asia/Kabul"),
        "hi": ("Asia/Kolkata",),
        "id": ("Asia/Jakarta", "Asia/Makassar"),
        "ja": ("Asia/Tokyo",),
        "zh": ("Asia/Shanghai", "Asia/Taipei", "Asia/Hong_Kong"),
    }
)
_OTHER_CITIES = MappingProxyType(
    {
        "Africa/Casablanca": "rabat fes marrakesh tangier",
        "Africa/Cairo": "alexandria giza",
        "Africa/Johannesburg": "cape_town durban pretoria",
        "Africa/Lagos": "abuja",
        "America/Chicago": "houston dallas austin san_antonio minneapolis new_orleans st_louis milwaukee nashville",
        "America/Denver": "salt_lake_city albuquerque",
        "America/Los_Angeles": "san_francisco seattle san_diego portland las_vegas sacramento la",
        "America/Mexico_City": "guadalajara puebla",
        "America/New_York": "new_york_city nyc washington boston miami philadelphia atlanta charlotte pittsburgh",
        "America/Sao_Paulo": "rio_de_janeiro brasilia belo_horizonte curitiba porto_alegre rio",
        "America/Bogota": "medellin cali",
        "America/Argentina/Buenos_Aires": "rosario",
        "America/Toronto": "ottawa montreal quebec",
        "Asia/Dubai": "abu_dhabi sharjah",
        "Asia/Ho_Chi_Minh": "hanoi",
        "Asia/Jakarta": "bandung surabaya medan semarang",
        "Asia/Jerusalem": "tel_aviv haifa",
        "Asia/Karachi": "lahore islamabad",
        "Asia/Kolkata": "delhi new_delhi mumbai bombay bangalore bengaluru chennai hyderabad pune ahmedabad calcutta",
        "Asia/Makassar": "bali denpasar",
        "Asia/Riyadh": "jeddah mecca medina",
        "Asia/Shanghai": "beijing peking shenzhen guangzhou chengdu wuhan tianjin",
        "Asia/Tehran": "mashhad isfahan shiraz tabriz",
        "Asia/Tokyo": "osaka kyoto yokohama nagoya sapporo fukuoka",
        "Asia/Yekaterinburg": "chelyabinsk ufa perm",
        "Australia/Sydney": "canberra",
        "Europe/Amsterdam": "rotterdam the_hague utrecht",
        "Europe/Athens": "thessaloniki",
        "Europe/Berlin": "munich hamburg cologne frankfurt stuttgart leipzig dresden hannover dusseldorf bonn nuremberg"
        " munchen koln nurnberg",
        "Europe/Brussels": "antwerp ghent",
        "Europe/Istanbul": "ankara izmir bursa antalya",
        "Europe/Kyiv": "kiev kharkiv odesa odessa lviv dnipro zaporizhzhia vinnytsia",
        "Europe/Lisbon": "porto lisboa",
        "Europe/London": "manchester birmingham liverpool glasgow edinburgh leeds bristol cardiff",
        "Europe/Madrid": "barcelona valencia seville bilbao malaga zaragoza",
        "Europe/Moscow": "saint_petersburg st_petersburg petersburg sochi kazan rostov voronezh",
        "Europe/Paris": "lyon marseille toulouse nice bordeaux lille strasbourg nantes",
        "Europe/Rome": "milan naples turin florence venice bologna palermo genoa roma milano torino",
        "Europe/Stockholm": "gothenburg malmo",
        "Europe/Warsaw": "krakow gdansk wroclaw poznan lodz katowice warszawa",
        "Europe/Zurich": "geneva basel bern lausanne",
    }
)


@lru_cache(maxsize=1)
def all_zones() -> frozenset[str]:
    """The names that people may choose: those of places, and UTC."""
    return frozenset(zone for zone in available_timezones() if zone.partition("/")[0] in _AREAS) | {"UTC"}


def find(text: str, language: str = "en") -> str | None:
    """The zone that somebody names by it, or by a city in it; None where there is none of that name."""
    wanted = _plain(text)
    return _by_name().get(wanted) or _by_city(language).get(wanted) or _by_city("en").get(wanted)


def nearest(text: str, language: str = "en") -> str | None:
    """The zone whose city was probably meant."""
    cities = _by_city("en") | _by_city(language)
    found = process.extractOne(_plain(text[:_LONGEST]), list(cities), scorer=fuzz.ratio, score_cutoff=_NEAR)
    return cities[found[0]] if found else None


def guesses(language: str, others: Iterable[str] = ()) -> list[str]:
    """Where somebody may live, by their language; then `others`, each clock once."""
    likely = _OF_LANGUAGE.get(language.partition("-")[0], ())
    return [zone for zone in dict.fromkeys([*likely, *others]) if zone in all_zones()]


def city(zone: str, language: str = "en") -> str:
    """ "Kyiv" for Europe/Kyiv, in that language where it has a name of its own for it."""
    places = _locale(language).time_zones
    for name in (zone, get_global("zone_aliases").get(zone), *_former(zone)):
        if name in places and "city" in places[name]:
            return str(places[name]["city"])
    return zone.rpartition("/")[2].replace("_", " ")


def _former(zone: str) -> list[str]:
    """What the database called it before: Babel may still know it so."""
    return [old for old, new in get_global("zone_aliases").items() if new == zone]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    return {_plain(zone): zone for zone in all_zones()}


@lru_cache(maxsize=32)
def _by_city(language: str) -> dict[str, str]:
    """Where two zones have a city of one name, the shorter name is the zone of today."""
    zones = sorted(all_zones(), key=lambda zone: (-len(zone), zone))
    own = {_plain(zone.rpartition("/")[2]): zone for zone in zones}
    named = {_plain(city(zone, language)): zone for zone in zones} if language != "en" else {}
    others = {name: zone for zone, names in _OTHER_CITIES.items() for name in names.split()}
    return own | others | named


def _plain(text: str) -> str:
    return without_accents(typed(text))


@lru_cache(maxsize=32)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
