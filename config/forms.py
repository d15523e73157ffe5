"""The forms of the file's values. Each function makes a value of what stands there, or says what would be right.

The texts are read by admins, after the key: "blogs[0].title: is 300 characters long; write at most 200".
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from bot.core.durations import parse_duration, write_duration
from bot.core.timing import resolve_url

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LARGEST_USER_ID = 2**52  # the Bot API: "at most 52 significant bits"


class Wrong(ValueError):
    """What stands in the file is not right; the text says what would be."""


def shown(value: object) -> str:
    """A value as the file would write it, short enough for one line."""
    if isinstance(value, str):
        return f'"{value if len(value) <= 60 else value[:59] + "…"}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    return str(value)[:60]


def printable(words: str) -> str:
    """One line that moves no cursor: what is not for printing is written as an escape."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in words)


def listed(words: Iterable[str], last: str = "or") -> str:
    """Words as a sentence lists them: "a", "b" or "c"."""
    *most, end = [f'"{word}"' for word in words]
    return f"{', '.join(most)} {last} {end}" if most else end


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean "…"?' where something known is close to the word, in whatever case, else nothing."""
    plain = {one.lower(): one for one in known}
    close = difflib.get_close_matches(word.lower(), list(plain), n=1)
    return f'; did you mean "{plain[close[0]]}"?' if close else ""


def text(value: object) -> str:
    """One line of text, without the spaces around it."""
    if not isinstance(value, str):
        raise Wrong(f"{shown(value)} is not text; write it in quotes")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value.strip()):
        raise Wrong("must be one line of text, without tabs or other control characters")
    return value.strip()


def text_up_to(longest: int) -> Callable[[object], str]:
    def short_text(value: object) -> str:
        line = text(value)
        if len(line) > longest:
            raise Wrong(f"is {len(line)} characters long; write at most {longest}")
        return line

    return short_text


def switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"{shown(value)} is neither true nor false; write one of them, without quotes")
    return value


def choice(*known: str) -> Callable[[object], str]:
    def one_of(value: object) -> str:
        if value not in known:
            word = value if isinstance(value, str) else ""
            raise Wrong(f"{shown(value)} is not known here; write {listed(known)}{nearest(word, known)}")
        return str(value)

    return one_of


def rate(value: object) -> float:
    """Any number above 0. A boolean is an int to Python, but not to an admin."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise Wrong(f"{shown(value)} is not a number above 0; write for example 30 or 0.5")
    return value


def whole(least: int, most: int, hint: str = "") -> Callable[[object], int]:
    def whole_number(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Wrong(f"{shown(value)} is not a whole number from {least} to {most}{hint}")
        return value

    return whole_number


def user_id(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < LARGEST_USER_ID:
        raise Wrong(
            f"{shown(value)} is not a Telegram user id; write the number that /id tells, without quotes, not a name"
        )
    return value


def duration(value: object) -> timedelta:
    if not isinstance(value, str):
        raise Wrong(f"{shown(value)} is not a duration; write for example 20s, 5m or 2d, in quotes")
    return parse_duration(value)


def interval(value: object) -> timedelta:
    """The time from one poll to the next, from 1s."""
    length = duration(value)
    if length < timedelta(seconds=1):
        raise Wrong(f'"{write_duration(length)}" is too short; the shortest is 1s')
    return length


def short_id(value: object) -> str:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise Wrong(f"{shown(value)} is not an id; use up to 31 small letters, digits and hyphens, no hyphen first")
    return value


def short_id_or_none(value: object) -> str:
    return "" if value == "" else short_id(value)


def timezone(value: object) -> str:
    name = text(value)
    if name not in _timezones():
        hint = nearest(name, _timezones()) or "; write for example Europe/Berlin or UTC"
        raise Wrong(f"{shown(name)} is not a time zone{hint}")
    return name


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def language(value: object) -> str:
    code = text(value)
    try:
        Locale.parse(code, sep="-")
    except (ValueError, UnknownLocaleError):
        raise Wrong(f"{shown(code)} is not a language code; write for example en, de or pt-BR") from None
    return code


def web_address(value: object) -> str:
    """An http(s) address, without a slash at its end."""
    address = text(value)
    _check_address(address)
    return address.rstrip("/")


def web_address_or_none(value: object) -> str:
    return "" if value == "" else web_address(value)


def page_address(value: object) -> str:
    """An http(s) address in which `{date:…}` may stand; it must be one on every day."""
    template = text(value)
    _check_address(resolve_url(template, datetime(2026, 1, 2, tzinfo=UTC), "UTC"))
    return template


def _check_address(address: str) -> None:
    parts = _split(address)
    if (
        parts is None
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or re.search(r"[\s<>\"{}\\^`]", address)
    ):
        raise Wrong(f"{shown(address)} is not a web address; write one that starts with https:// or http://")
    if parts.username is not None:
        raise Wrong("carries a user name or password; addresses are shown to people, so write it without")


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port, parts.hostname
    except ValueError:
        return None
    return parts


def storage_url(value: object) -> str:
    url = text(value)
    if url.startswith(("postgresql://", "postgres://")):
        if (parts := _split(url)) and len(parts.path) > 1:
            return url
        raise Wrong(f"{shown(hide_password(url))} names no database; write for example postgresql://user@host/db")
    if not url.startswith("sqlite:///") or url.endswith("/") or url == "sqlite:///:memory:":
        raise Wrong(
            f"{shown(hide_password(url))} is not a storage address; write for example sqlite:///var/relay.db,"
            " sqlite:////abs/path or postgresql://user@host/db"
        )
    return url


def hide_password(url: str) -> str:
    """An address as it may be shown."""
    return re.sub(r"//([^/@:]*):[^/]*@", r"//\1:…@", url)


def listen_address(value: object) -> str:
    """Host and port, or nothing at all."""
    address = text(value)
    match = re.fullmatch(r"(?:[^\s/:\[\]]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", address)
    if address and (match is None or int(match[1]) > 65535):
        raise Wrong(f'{shown(address)} is not host:port; write for example 127.0.0.1:8080, or "" to switch it off')
    return address


def environment_name(value: object) -> str:
    """Never repeats the value: people write the secret itself here."""
    if not isinstance(value, str) or not ENVIRONMENT_NAME.fullmatch(value):
        raise Wrong("must name an environment variable, such as RELAY_SECRET; the secret itself stays out of the file")
    return value


def environment_name_or_none(value: object) -> str:
    return "" if value == "" else environment_name(value)


def words(value: object) -> tuple[str, ...]:
    """What a topic looks for: a list of texts, none of them empty."""
    if not isinstance(value, list) or not value:
        raise Wrong(f'{shown(value)} is not a list of words; write for example ["NATO", "Vilnius"]')
    return tuple(dict.fromkeys(_word(one) for one in value))


def _word(value: Any) -> str:
    word = text(value)
    if not any(letter.isalnum() for letter in word):
        raise Wrong(f"{shown(value)} has no letter or digit, so no post would ever match it")
    return word
