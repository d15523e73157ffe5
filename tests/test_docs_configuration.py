"""Every key of the configuration stands in its documentation and in the default file, with the default it has."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.durations import parse_duration
from bot.core.formats import FORMATS
from bot.core.timing import Schedule
from config.difference import NEXT_START
from config.mistakes import MANY, TABLES, keys
from config.settings import BadSettings, default_file, parse_settings
from config.values import Blog, Defaults

DOCUMENT = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text()
HEADINGS = {
    **{table: f"[[{'.'.join(table)}]]" if table in MANY else f"[{'.'.join(table)}]" for table in TABLES if table},
    ("defaults", "schedule"): "Schedules",
    ("blogs", "schedule"): "Schedules",
}
INHERITED = {field.name for field in fields(Defaults)}
ALL_KEYS = [
    (table, key)
    for table in HEADINGS
    for key in keys(table)
    if not (table == ("blogs",) and key in INHERITED | {"topics"})  # those have sections of their own
]


def rows(heading: str) -> dict[str, list[str]]:
    """The table of one section, by key."""
    sections = re.split(r"^#+ ", DOCUMENT, flags=re.MULTILINE)[1:]
    (found,) = [part for part in sections if part.splitlines()[0].strip("`") == heading]
    cells = [line.strip("| ").split(" | ") for line in found.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[1:] for row in cells}


@pytest.mark.parametrize(("table", "key"), ALL_KEYS)
def test_every_key_is_documented_under_its_table(table: tuple[str, ...], key: str) -> None:
    meaning, _default, allowed, applies = rows(HEADINGS[table])[key]

    assert meaning
    assert allowed
    waits = {".".join((*table, key)), table[0]} & NEXT_START
    assert applies == ("next start" if waits else "at once")


@pytest.mark.parametrize(("table", "key"), ALL_KEYS)
def test_the_documented_default_is_the_one_in_force(table: tuple[str, ...], key: str) -> None:
    (field,) = [field for field in fields(TABLES[table]) if field.name == key]
    said = rows(HEADINGS[table])[key][1].strip("`")
    if field.default is MISSING:
        assert said == "required"
    elif table[-1] not in {"schedule", "topics"}:
        assert same(tomllib.loads(f"x = {said}")["x"], field.default)


def same(written: Any, default: Any) -> bool:
    if isinstance(default, timedelta):
        return parse_duration(written) == default
    if isinstance(default, Schedule):
        return Schedule(every=parse_duration(written["every"])) == default
    return bool((tuple(written) if isinstance(written, list) else written) == default)


@pytest.mark.parametrize("heading", sorted(set(HEADINGS.values())))
def test_nothing_is_documented_that_does_not_exist(heading: str) -> None:
    known = {key for table, one in HEADINGS.items() if one == heading for key in keys(table)}

    assert rows(heading).keys() <= known


def test_every_reader_is_documented() -> None:
    assert {name: row[0] for name, row in rows("Readers").items()} == {one.name: one.description for one in FORMATS}


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL))
def test_the_examples_are_right(example: str) -> None:
    blog = '[[blogs]]\nid = "a"\nurl = "https://example.org"\n'
    if example.startswith("schedule"):
        texts = [blog + line for line in example.splitlines()]
    elif example.startswith("[[blogs]]"):
        texts = [example]
    else:
        texts = [blog + example if example.startswith("[[blogs.") else example + blog]

    assert all(parse_settings(text, None, {}).blogs for text in texts)


def test_the_mistakes_shown_are_told_in_those_words() -> None:
    text = "\n" * 6 + "[telegram]\nmessages_per_secnd = 3\n\n" + '[[blogs]]\nid = "a"\nurl = "https://example.org"\n'
    text += "\n" * 7 + '[[blogs]]\nid = "ukraine"\nurl = "https://example.org"\nschedule = { every = "20x" }\n'
    text += "\n" * 7 + '[[blogs]]\nid = "storm"\n'
    with pytest.raises(BadSettings) as caught:
        parse_settings(text, Path("config/relay.toml"), {})

    assert str(caught.value) in DOCUMENT


@pytest.mark.parametrize(("table", "key"), [*ALL_KEYS, (("blogs",), "schedule"), (("blogs",), "topics")])
def test_every_key_stands_in_the_default_file(table: tuple[str, ...], key: str) -> None:
    """Further bots only as a comment: an example would want a token."""
    text = re.sub(r"^# (\[\[bots|name = |token_env = )", r"\1", default_file(), flags=re.MULTILINE)
    found: Any = tomllib.loads(text)
    for name in table:
        found = found[name][0] if isinstance(found[name], list) else found[name]

    assert key in found or (table[-1] == "schedule" and f"{key} = " in text)


def test_the_default_file_says_what_the_defaults_are() -> None:
    written = tomllib.loads(default_file())
    defaults = {
        field.name: field.default for field in fields(Blog) if field.name not in {"id", "url", "title", "topics"}
    }
    for table in ("about", "telegram", "storage", "delivery", "web", "access", "defaults"):
        for field in fields(TABLES[(table,)]):
            assert same(written[table][field.name], field.default), f"{table}.{field.name}"
    for key in written["blogs"][0].keys() & defaults.keys():
        assert same(written["blogs"][0][key], defaults[key]), f"blogs.{key}"
