"""The one shape of every reader: what it is given, what it answers, how it joins the family.

A reader is two functions and a name. `sees` says in words why it would read a source, or None; `read` makes the
snapshot or raises `NotReadable`. Both are pure. To add a format: a module with the two, a `Reader` in it, a line in
`bot.sources.READERS`, and its name in `bot.core.formats`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from selectolax.lexbor import LexborHTMLParser

from bot.core.markup import ELEMENTS, is_too_deep, tidy
from bot.core.model import Page, Snapshot
from bot.sources.charset import decode_bytes
from bot.sources.prolog import Prolog, prolog_of

# An element with 512 around it, where browsers stop nesting. What looks for elements inside others takes time with the
# depth of each, so that a deep page would cost the square of its length.
_DEEPER_THAN_BROWSERS = " > ".join(["*"] * 513)
_LONGEST_REFUSAL = 600  # characters


FROM_DESCRIPTION = "(from description: nothing captured has confirmed it)"
"""Stands in the `why` of a reader that was written from descriptions of its format alone: others come before it."""


class NotReadable(Exception):
    """No live blog in it for us. Its text is one line: what was looked for and what was found.

    It may quote the page, so it is cut and kept to what a terminal can show.
    """

    def __init__(self, why: str) -> None:
        super().__init__(" ".join(tidy(why).split())[:_LONGEST_REFUSAL])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRules:
    """How a blog wants its page read. Every field is a key of the configuration but `kept`."""

    format: str = "auto"  # or the name of one reader
    identity: str = "auto"  # or "id", "link", "link+title"
    timezone: str = "UTC"  # of times that name no zone
    language: str = "en"
    kept: str | None = None  # the reader that read this page last time: kept while it still reads

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A page on its way through the readers; decoded and parsed once, however many look at it."""

    page: Page

    @cached_property
    def text(self) -> str:
        return decode_bytes(self.page.body, self.page.content_type)

    @cached_property
    def start(self) -> str:
        """The beginning, in lower case: enough to see what the bytes look like."""
        return self.text[:1000].lstrip("\ufeff \t\r\n").lower()

    @cached_property
    def prolog(self) -> Prolog:
        return prolog_of(self.text)

    @property
    def is_feed(self) -> bool:
        return self.prolog.root in ("rss", "feed", "rdf")

    @property
    def is_html(self) -> bool:
        return self.prolog.root in ELEMENTS

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or None where it is none. Raises `NotReadable` where it begins like JSON and is broken."""
        return parse_json(self.text) if self.start.startswith(("{", "[")) else None

    @property
    def tree(self) -> LexborHTMLParser:
        """The page parsed as browsers do; to be read, never changed. Raises `NotReadable` where it nests too deeply."""
        if self._tree is None:
            raise NotReadable("mark-up nested too deeply")
        return self._tree

    @cached_property
    def _tree(self) -> LexborHTMLParser | None:
        if is_too_deep(self.text):
            return None
        tree = LexborHTMLParser(self.text)
        return tree if tree.css_first(_DEEPER_THAN_BROWSERS) is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One format: when it reads, and how."""

    name: str
    sees: Callable[[Source], str | None]
    read: Callable[[Source, ReadRules], Snapshot]


def parse_json(text: str) -> Any:
    """JSON as publishers write it: control characters in strings pass. Raises `NotReadable` naming the fault's place.

    What stands after the first value (a semicolon, a second object) is left out.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    try:
        value = json.JSONDecoder(strict=False).raw_decode(text.lstrip("\ufeff \t\r\n"))[0]
        return _without_surrogates(value) if _HALF_A_PAIR.search(text) else value
    except json.JSONDecodeError as fault:
        raise NotReadable(f"broken JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}") from None
    except ValueError:
        raise NotReadable("broken JSON: a number too long to read") from None
    except RecursionError:
        raise NotReadable("broken JSON: nested too deeply") from None


_HALF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def _without_surrogates(value: Any) -> Any:
    """The same value with U+FFFD for halves of surrogate pairs, which cannot be written to anything."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(one) for one in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(one) for name, one in value.items()}
    return value
