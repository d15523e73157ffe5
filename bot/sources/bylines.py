"""The line that says who wrote a post."""

from __future__ import annotations

import re

from bot.sources.parts import names_in

BYLINE = re.compile(r"^(?:(?:analysis|opinion|reporting|report|written)\s+)?(?:from|by)\s+(\S.{1,200})$", re.IGNORECASE)
_EMPLOYER = re.compile(r"^[A-Z][\w.&-]*['’]s\s+")
_PLACE = re.compile(r"\s+in\s+[A-Z][^,]*$")


def people_in(names: str) -> tuple[str, ...]:
    """The people in "CNN's Ada Byron and Alan Turing in Kyiv"; "CNN staff" stays as it is."""
    people = (_PLACE.sub("", _EMPLOYER.sub("", name)).strip() for name in names_in(names))
    return tuple(one for one in people if one)


def authors_of(byline: str | None) -> tuple[str, ...]:
    """The people in a whole byline, with or without its "From" or "By"."""
    if not byline:
        return ()
    found = BYLINE.match(byline)
    return people_in(found[1] if found else byline)
