"""Links that an editor writes below a text, a line each, to be buttons: `Read more | https://example.org`."""

from __future__ import annotations

import re

from bot.core.entities import units
from bot.core.model import Button
from bot.core.writing import line, safe_url

MOST = 8
LONGEST = 64  # UTF-16 units of a label
_LINK = re.compile(r"[ \t]*(\S.*?)[ \t]*\|[ \t]*([A-Za-z][A-Za-z0-9+.-]*://\S+)[ \t]*")


class BadLink(ValueError):
    """A line that is meant to be a button and cannot be one; the text is that line."""


class TooManyLinks(ValueError):
    """More than `MOST`."""


def links_below(text: str) -> tuple[str, tuple[Button, ...]]:
    """`text` without the last lines that are links, and their buttons in order; both errors above."""
    lines = text.rstrip().split("\n")
    buttons: list[Button] = []
    while lines and (match := _LINK.fullmatch(lines[-1])):
        buttons.insert(0, _button(match, lines.pop()))
        while lines and not lines[-1].strip():
            lines.pop()
    if len(buttons) > MOST:
        raise TooManyLinks(text)
    return ("\n".join(lines), tuple(buttons)) if buttons else (text, ())


def _button(match: re.Match[str], written: str) -> Button:
    words, address = line(match[1]), safe_url(match[2])
    if not words or units(words) > LONGEST or address is None:
        raise BadLink(written.strip())
    return Button(text=words, url=address)
