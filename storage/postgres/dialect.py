"""The store's statements as PostgreSQL reads them. Pure.

They are written so that both engines understand them wherever that is possible; what is left are names of parameters,
hints for SQLite's planner, and lists that are handed over as JSON.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Spoken(NamedTuple):
    """A statement with numbered parameters, and the names these had in their order; None where they had none."""

    text: str
    names: tuple[str, ...] | None


# A quoted text stays as it is; `::` is a cast.
_PARAMETER = re.compile(r"'(?:[^']|'')*'|\?|(?<!:):([a-z_][a-z_0-9]*)")
_COMMENT = re.compile(r"--[^\n]*")
_OF_JSON = r"\(SELECT value FROM json_each\(((?::\w+)|\?)\)\)"
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:NOT INDEXED|INDEXED BY \w+)\b"), ""),
    (re.compile(rf"\bNOT IN {_OF_JSON}"), r"<> ALL(\1)"),
    (re.compile(rf"\bIN {_OF_JSON}"), r"= ANY(\1)"),
    (re.compile(r"\+(?=:now)"), ""),
    (re.compile(r"\biif\((.*?), (.*?), (.*?)\)"), r"CASE WHEN \1 THEN \2 ELSE \3 END"),
    (re.compile(r"\binstr\("), "strpos("),
    (
        re.compile(r"\bpost_fts f CROSS JOIN post p ON p\.id = f\.rowid AND (.*?)\s+WHERE", re.DOTALL),
        r"post p WHERE \1 AND",
    ),
    (re.compile(r"\bpost_fts MATCH (:\w+|\?)"), r"p.sought @@ relay_sought(\1)"),
    (re.compile(r"\bf\.title MATCH (:\w+|\?)"), r"p.sought_title @@ relay_sought(\1)"),
    (re.compile(r"\bf\.rowid\b"), "p.id"),
    (re.compile(r"\bCROSS JOIN\b"), "JOIN"),
    (re.compile(r"\bgroup_concat\("), "string_agg("),
    (re.compile(r"\bvalue ->> (?=\d)"), "value::jsonb ->> "),
    (re.compile(r"\bIS (?!NOT |NULL|DISTINCT|TRUE|FALSE)"), "IS NOT DISTINCT FROM "),
    (re.compile(r"\bIS NOT (?!NULL|DISTINCT|TRUE|FALSE)"), "IS DISTINCT FROM "),
)


@cache
def spoken(statement: str) -> Spoken:
    """What PostgreSQL is asked instead. Statements are few, and each is put together once."""
    text = _COMMENT.sub("", statement)
    for written, said in _WORDS:
        text = written.sub(said, text)
    names: list[str] = []
    named = False

    def numbered(found: re.Match[str]) -> str:
        nonlocal named
        if found[0].startswith("'"):
            return found[0]
        if found[0] == "?":
            names.append("")
            return f"${len(names)}"
        named = True
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    text = _PARAMETER.sub(numbered, text)
    return Spoken(text, tuple(names) if named else None)
