"""What is wrong with a file, told all at once: each mistake with its key, its line and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from config import forms, places, values
from config.schedule import ScheduleTable
from config.topics import TopicTable

Loc = places.Path  # where in the document: ("blogs", 1, "schedule", "every")
Flaw = tuple[Loc, str]

# The tables of the file by name, lists of them without their numbers.
TABLES: Mapping[tuple[str, ...], type] = {
    (): values.Document,
    ("about",): values.About,
    ("telegram",): values.Telegram,
    ("storage",): values.Storage,
    ("delivery",): values.Delivery,
    ("web",): values.Web,
    ("access",): values.Access,
    ("defaults",): values.Defaults,
    ("defaults", "schedule"): ScheduleTable,
    ("blogs",): values.Blog,
    ("blogs", "schedule"): ScheduleTable,
    ("blogs", "topics"): TopicTable,
    ("bots",): values.Bot,
}
MANY = {("blogs",), ("blogs", "topics"), ("bots",)}
_SECRETS = re.compile(r"token|password|secret", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is wrong. `line` counts from 1; None where the file has no place for it. `blog` is an id."""

    key: str
    line: int | None
    text: str
    blog: str | None = None

    def words(self, path: Path | None) -> str:
        """One line for people: `config/relay.toml:23: blogs[1].schedule.every: … (blog ukraine)`."""
        place = f"{path or 'configuration'}{'' if self.line is None else f':{self.line}'}: "
        return place + (f"{self.key}: " if self.key else "") + self.text + (f" (blog {self.blog})" if self.blog else "")


class BadSettings(Exception):
    """The file cannot be used. Its text is one line per mistake, in the order of the file."""

    def __init__(self, mistakes: Iterable[Mistake], path: Path | None) -> None:
        self.mistakes = tuple(mistakes)
        self.path = path
        super().__init__("\n".join(mistake.words(path) for mistake in self.mistakes))


def keys(table: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that a table of the file may have."""
    return tuple(field.name for field in fields(TABLES[table]))


def write_table(table: tuple[str, ...]) -> str:
    """A table's name as its header stands in the file."""
    name = ".".join(table)
    if not table:
        return "the file's top level"
    return f"[[{name}]]" if table in MANY else "schedule" if table[-1] == "schedule" else f"[{name}]"


def write_key(loc: Loc) -> str:
    """`blogs[1].schedule.every`, counted from 0."""
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return key.removeprefix(".")


def flaw_of(error: Mapping[str, Any]) -> Flaw:
    """What pydantic found, in an admin's words."""
    loc: Loc = tuple(error["loc"])
    match error["type"]:
        case "unexpected_keyword_argument":
            return loc, _unknown(loc)
        case "missing":
            return loc, f"is missing; every {write_table(_table(loc[:-1]))} needs one"
        case "dataclass_type" | "dataclass_exact_type" | "tuple_type":
            return loc, _misshapen(loc, error["input"])
        case "value_error":
            return loc, str(error["ctx"]["error"])
        case _:
            return loc, str(error["msg"])


def _table(loc: Loc) -> tuple[str, ...]:
    return tuple(part for part in loc if isinstance(part, str))


def _unknown(loc: Loc) -> str:
    table, key = _table(loc[:-1]), str(loc[-1])
    said = f"is not a key of {write_table(table)}"
    if hint := forms.nearest(key, keys(table)):
        return said + hint
    if _SECRETS.search(key):
        return f"{said}; secrets come from the environment: {values.MAIN_TOKEN}, or a variable that an …_env key names"
    if homes := [write_table(other) for other in TABLES if key in keys(other) and other != table]:
        return f"{said}; it belongs in {' or '.join(dict.fromkeys(homes))}"
    return f"{said}; known are {', '.join(keys(table))}"


def _misshapen(loc: Loc, value: object) -> str:
    table = _table(loc)
    if table not in TABLES:
        return f"{forms.shown(value)} is not a list; write it in square brackets"
    if table[-1] == "schedule":
        return f'{forms.shown(value)} is not a schedule; write for example {{ every = "30s" }}'
    return f"is written as {forms.shown(value)}; write it as {write_table(table)}, with its keys below"
