"""The store's statements as PostgreSQL reads them. Pure.

They are written so that both engines understand them wherever that is possible; what is left are names of parameters,
hints for SQLite's planner, and lists that are handed over as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial
from typing import NamedTuple


class Spoken(NamedTuple):
    """A statement with numbered parameters, and the names these had in their order; None where they had none."""

    text: str
    names: tuple[str, ...] | None


# A quoted text stays as it is; `::` is a cast.
_PARAMETER = re.compile(r"'(?:[^']|'')*'|\?|(?<!:):([a-z_][a-z_0-9]*)")
_NUMBERED = re.compile(r"'(?:[^']|'')*'|\$(\d+)")
_COMMENT = re.compile(r"--[^\n]*")
_OF_JSON = r"\(SELECT value FROM json_each\(((?::\w+)|\?)\)\)"
# Rows of one post in many chats are found by their key, each by itself, also where PostgreSQL has no statistics and
# would rather read all rows of the post.
_THESE_ROWS = re.compile(r"\bbot = (\$\d+) AND post = (\$\d+) AND thread = (\$\d+)\s+AND chat = ANY\((\$\d+)\)")
_BY_KEY = r"""ctid = ANY(ARRAY(SELECT k.row FROM unnest(CAST(\4 AS BIGINT[])) AS j(chat), LATERAL (
  SELECT d.ctid AS row FROM delivery d
  WHERE d.bot = \1 AND d.post = \2 AND d.chat = j.chat AND d.thread = \3 OFFSET 0) k))"""
# In this order: for each of a list, the rows that go with it. PostgreSQL keeps to that where the rows name the list.
_FOR_EACH = re.compile(r"(json_each\((?:(?::\w+)|\?)\) j)\s+CROSS JOIN (\w+) (?!ON\b)(\w+)(?:\s+INDEXED BY \w+)?\s+ON ")
_ENDS = re.compile(r"\(|\)|'(?:[^']|'')*'|\b(?:CROSS|LEFT|WHERE|GROUP|ORDER)\b")
# A list of numbers, and a list of lists.
_NUMBERS = re.compile(r"json_each\(((?::\w+)|\?)\) j\b(?=.*CAST\(j\.value AS BIGINT\))(?!.*j\.key)", re.DOTALL)
_LISTS = re.compile(r"json_each\(((?::\w+)|\?)\)(?: (j)\b)?")
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"/\*(.*?)\*/"), r"\1"),
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
    (re.compile(r"\bON CONFLICT \(blog, (key|url|alias)\)"), r"ON CONFLICT (blog, relay_short(\1))"),
    (re.compile(r"\bIS (?!NOT |NULL|DISTINCT|TRUE|FALSE)"), "IS NOT DISTINCT FROM "),
    (re.compile(r"\bIS NOT (?!NULL|DISTINCT|TRUE|FALSE)"), "IS DISTINCT FROM "),
)


@cache
def spoken(statement: str) -> Spoken:
    """What PostgreSQL is asked instead. Statements are few, and each is put together once."""
    text = _for_each(_COMMENT.sub("", statement))
    if "value ->> " in text:
        text = _LISTS.sub(r"jsonb_array_elements(CAST(\1 AS JSONB)) AS one_\2(value)", text).replace("one_j(", "j(")
    text = _NUMBERS.sub(r"unnest(CAST(\1 AS BIGINT[])) AS j(value)", text)
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

    text = _THESE_ROWS.sub(_BY_KEY, _PARAMETER.sub(numbered, text))
    return Spoken(text, tuple(names) if named else None)


def together(statements: Sequence[str]) -> str:
    """Spoken statements that write, as one that says how many rows each of them changed."""
    parts, counts, taken = list[str](), list[str](), 0
    for number, text in enumerate(statements):
        numbers = [int(one[1]) for one in _NUMBERED.finditer(text) if one[1]]
        parts.append(f"w{number} AS ({_NUMBERED.sub(partial(_further, by=taken), text)} RETURNING 1)")
        counts.append(f"(SELECT count(*) FROM w{number})")
        taken += max(numbers, default=0)
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _further(found: re.Match[str], by: int) -> str:
    return f"${int(found[1]) + by}" if found[1] else found[0]


def _for_each(text: str) -> str:
    if (found := _FOR_EACH.search(text)) is None:
        return text
    end = _end_of(text, found.end())
    condition = text[found.end() : end]
    rows = f"(SELECT * FROM {found[2]} {found[3]} WHERE {condition} OFFSET 0) {found[3]}"
    return f"{text[: found.start()]}{found[1]} JOIN LATERAL {rows} ON TRUE {text[end:]}"


def _end_of(text: str, start: int) -> int:
    """Where the condition is over that begins here."""
    depth = 0
    for one in _ENDS.finditer(text, start):
        depth += (one[0] == "(") - (one[0] == ")")
        if depth < 0 or (depth == 0 and one[0].isalpha()):
            return one.start()
    return len(text)
