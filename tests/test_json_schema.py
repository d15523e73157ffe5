"""What editors are told of the file: all of its keys, in the words of the default file, and nothing stricter than the
relay itself."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from config.json_schema import comments, json_schema, written
from config.mistakes import TABLES, keys
from config.settings import BadSettings, default_file, parse_settings
from tests.telegram_house import ONE_BLOG, TWO_BLOGS

SCHEMA = json_schema()
JUDGE = Draft7Validator(SCHEMA)
DOCUMENT = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text()
BLOG = {"id": "a", "url": "https://example.org/live"}
ALL_KEYS = [(table, key) for table in TABLES for key in keys(table) if table]


def shape(table: tuple[str, ...], key: str = "") -> Any:
    """What the schema says of a table, or of a key in it."""
    found = SCHEMA
    for name in (*table, *([key] if key else [])):
        found = found.get("items", found)["properties"][name]
    return found


def refused(raw: Any) -> bool:
    return not JUDGE.is_valid(raw)


def applies(text: str) -> bool:
    try:
        parse_settings(text, None, {})
    except BadSettings:
        return False
    return True


# --- what it says --------------------------------------------------------------------------------------------------


def test_the_schema_in_the_package_is_the_one_of_this_version() -> None:
    assert files("config").joinpath("relay.schema.json").read_text(encoding="utf-8") == written(), "run: make schema"


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert "$ref" not in json.dumps(SCHEMA), "editors differ in what they make of references"


@pytest.mark.parametrize(("table", "key"), ALL_KEYS)
def test_every_key_is_there_with_the_words_of_the_default_file(table: tuple[str, ...], key: str) -> None:
    assert shape(table, key)["description"] == dict(comments())[*table, key]


@pytest.mark.parametrize("table", TABLES)
def test_no_table_takes_a_key_that_the_relay_does_not_know(table: tuple[str, ...]) -> None:
    found = shape(table)
    found = found.get("items", found)
    assert set(found["properties"]) == set(keys(table))
    assert found["additionalProperties"] is False


def test_defaults_are_written_as_the_file_writes_them() -> None:
    assert shape(("delivery",), "edits_for")["default"] == "2d"
    assert shape(("defaults",), "schedule")["default"] == {"every": "30s"}
    assert shape(("access",), "admins")["default"] == []
    assert "default" not in shape(("blogs",), "hold"), "a blog inherits it"
    assert shape(("blogs",), "hold")["description"].endswith("left out, what [defaults] says")


@pytest.mark.parametrize(("table", "key"), ALL_KEYS)
def test_its_defaults_and_examples_are_right_by_itself(table: tuple[str, ...], key: str) -> None:
    found = shape(table, key)
    said = [*found.get("examples", ()), *([found["default"]] if "default" in found else [])]
    assert [one for one in said if not Draft7Validator(found).is_valid(one)] == []


# --- what it takes -------------------------------------------------------------------------------------------------

GOOD = [
    default_file(),
    ONE_BLOG,
    TWO_BLOGS,
    *(
        one if one.startswith("[[blogs]]") else one + '[[blogs]]\nid = "a"\nurl = "https://example.org"\n'
        for one in re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
        if not one.startswith(("schedule", "[[blogs."))
    ),
]


@pytest.mark.parametrize("text", GOOD)
def test_a_good_file_is_taken_by_both(text: str) -> None:
    assert applies(text)
    assert [error.message for error in JUDGE.iter_errors(tomllib.loads(text))] == []


def test_every_time_zone_is_one() -> None:
    zone = Draft7Validator(shape(("blogs",), "timezone"))
    assert [name for name in available_timezones() if not zone.is_valid(name)] == []


BAD: list[dict[str, Any]] = [
    {},
    {"blogs": []},
    {"blogs": [{"id": "a"}]},
    {"blogs": [BLOG | {"schedule": {}}]},
    {"blogs": [BLOG | {"schedule": {"every": "0s"}}]},
    {"blogs": [BLOG | {"schedule": {"every": "1m", "cron": "* * * * *"}}]},
    {"blogs": [BLOG | {"schedule": {"every": "1m", "otherwise": "5m"}}]},
    {"blogs": [BLOG | {"hold": "often"}]},
    {"blogs": [BLOG | {"url": "ftp://example.org"}]},
    {"blogs": [BLOG | {"text": "Full"}]},
    {"blogs": [BLOG | {"titel": "A"}]},
    {"blogs": [BLOG], "telegram": {"messages_per_second": 0}},
    {"blogs": [BLOG], "access": {"admins": ["@ada"]}},
    {"blogs": [BLOG], "telegramm": {}},
]


@pytest.mark.parametrize("raw", BAD, ids=str)
def test_what_people_get_wrong_is_underlined(raw: dict[str, Any]) -> None:
    assert refused(raw)
    assert not applies(toml(raw))


def toml(raw: dict[str, Any]) -> str:
    return "\n".join(f"{key} = {_value(value)}" for key, value in raw.items())


def _value(value: Any) -> str:
    """In one line; TOML's strings, numbers and lists are written as JSON's."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


GUESSES = [
    *(
        "",
        " ",
        "20s",
        " 20s\t",
        "0s",
        "1s",
        "000m",
        "005h",
        "2d ",
        "12:00-24:00",
        "6:00 – 7:30",
        "22:00-2:00",
        "* * * * *",
    ),
    *(
        "HTTPS://EXAMPLE.ORG/a",
        " http://example.org ",
        "http:example.org",
        "https://x/{date}",
        "{date:%Y}://x",
        "https://",
    ),
    *("en", "pt-BR", "zh-Hant-TW", "C", "en ", "de_DE", "UTC", "Etc/GMT+1", "auto", "main", "id", "link+title", "full"),
    *("sqlite:///a.db", "sqlite:////a", "postgres://h/d", "postgresql://u:p@h/d", ":80", "[::1]:80", "a:99999", "A_1"),
    *("a", "-a", "a" * 31, "a" * 32, "é" * 200, " " + "x" * 200 + " ", "x" * 201, "a\nb", "\u2028", "\x1c", "polling"),
]
scalars = st.one_of(
    st.sampled_from(GUESSES),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.integers(-(2**54), 2**54),
    st.integers(-2, 60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["every", "between", "otherwise", "cron", "adaptive", "id", "x"]), inner, max_size=3
        )
    ),
    max_leaves=4,
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A good file in which some keys say anything."""
    raw: dict[str, Any] = {"blogs": [dict(BLOG)]}
    for table, key in draw(st.lists(st.sampled_from(ALL_KEYS), min_size=1, max_size=3)):
        value = draw(values)
        match table:
            case ("blogs",):
                raw["blogs"][0][key] = value
            case ("bots",):
                raw["bots"] = [{"name": "es", "token_env": "ES"} | {key: value}]
            case (("blogs" | "defaults") as where, "schedule"):
                said = {"every": "20s"} if key != "cron" else {}
                _put(
                    raw["blogs"][0] if where == "blogs" else raw.setdefault("defaults", {}),
                    "schedule",
                    said | {key: value},
                )
            case ("blogs", "topics"):
                raw["blogs"][0]["topics"] = [{"id": "t"} | {key: value}]
            case (name,):
                raw.setdefault(name, {})[key] = value
    return raw


def _put(table: dict[str, Any], key: str, value: Any) -> None:
    table[key] = value


@given(documents())
@example({"blogs": [BLOG | {"url": "{date:%Y}://x"}]})
def test_whatever_the_schema_refuses_the_relay_refuses_too(raw: dict[str, Any]) -> None:
    text = toml(raw)
    assert tomllib.loads(text) == raw
    assert not (refused(raw) and applies(text))
