"""What a marked-up text begins with: its first element, and whether a DOCTYPE on the way declares entities."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ROOT = re.compile(r"<(?:([\w.-]+):)?([\w.-]+)")
_DOCTYPE_END = re.compile(r"[\[>]")
_LONGEST = 65_536  # characters of comments, declarations and spaces before the first element


@dataclass(frozen=True, slots=True, kw_only=True)
class Prolog:
    """`root` is the first element's name in lower case without its prefix, empty where there is no element."""

    root: str
    name: str  # the same as written, with its prefix
    start: int  # where the first element begins
    doctype: tuple[int, int] | None = None
    declares_entities: bool = False


def prolog_of(text: str) -> Prolog:
    """Reads comments, processing instructions and a DOCTYPE away, without ever following what they declare."""
    place, doctype, entities = 0, None, False
    while place < _LONGEST:
        place += len(text[place : place + _LONGEST]) - len(text[place : place + _LONGEST].lstrip("\ufeff \t\r\n"))
        end = _end_of_preliminary(text, place)
        if end is None:
            break
        if text[place : place + 9].lower() == "<!doctype":
            doctype, entities = (place, end), entities or "<!entity" in text[place:end].lower()
        place = end
    found = _ROOT.match(text, place)
    name = found[0][1:] if found else ""
    return Prolog(
        root=found[2].lower() if found else "", name=name, start=place, doctype=doctype, declares_entities=entities
    )


def _end_of_preliminary(text: str, place: int) -> int | None:
    """Where the comment, instruction or DOCTYPE at `place` ends; None where there is none, or no end of it."""
    for opening, closing in (("<!--", "-->"), ("<?", "?>")):
        if text.startswith(opening, place):
            return _after(text, closing, place + len(opening))
    if text[place : place + 9].lower() != "<!doctype":
        return None
    found = _DOCTYPE_END.search(text, place)
    if found is None or found[0] == ">":
        return found.end() if found else None
    inner = _after(text, "]", found.end())
    return _after(text, ">", inner) if inner else None


def _after(text: str, closing: str, place: int) -> int | None:
    end = text.find(closing, place)
    return end + len(closing) if end >= 0 else None
