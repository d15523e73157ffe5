"""The file's JSON Schema, for editors: what may stand there, with every default, and the words of the default file.

The shapes come from the annotations of `config.values`, the descriptions from the comments of the file that `init`
writes: each is said in one place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from bot.core.durations import write_duration
from bot.core.timing import Schedule, Window
from config.mistakes import MANY, TABLES
from config.settings import default_file
from config.shapes import Json
from config.values import Defaults, Document

Table = tuple[str, ...]  # as in `config.mistakes.TABLES`
NAME = "relay.schema.json"  # beside the file, as its first line says


def written() -> str:
    """As it stands in the package and beside a file."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def json_schema() -> Json:
    """Whole in itself, in the draft that editors know best. What it refuses the relay refuses too, but not the other
    way round: that blogs name bots that exist, for example, only the relay looks at."""
    whole = TypeAdapter(Document).json_schema()
    definitions = whole.pop("$defs")
    found = _table((), definitions | {Document.__name__: whole}, dict(comments()))
    about = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Liveblog Relay"}
    found["properties"]["blogs"]["minItems"] = 1
    return about | found | {"required": ["blogs"]}


def _table(table: Table, definitions: Json, told: dict[Table, str]) -> Json:
    """One table of the file, with those inside it."""
    shape = definitions[TABLES[table].__name__]
    properties = {
        key: _described(_property(table, key, one, definitions, told), told.get((*table, key), ""), one)
        for key, one in shape["properties"].items()
    }
    kept = {name: one for name, one in shape.items() if name not in {"title", "description", "properties"}}
    return kept | {"properties": properties}


def _described(found: Json, words: str, shape: Json) -> Json:
    return ({"description": words} if words else {}) | found


def _property(table: Table, key: str, shape: Json, definitions: Json, told: dict[Table, str]) -> Json:
    inner = (*table, key)
    if inner in MANY:
        return {"type": "array", "items": _table(inner, definitions, told)}
    found = _table(inner, definitions, told) if inner in TABLES else _bare(shape)
    return found | _default(table, key, found)


def _bare(shape: Json) -> Json:
    """Without what is said by us. Where the value may be missing, the key is left out: TOML has no null."""
    chosen = next((one for one in shape.get("anyOf", ()) if one.get("type") != "null"), shape)
    return {name: one for name, one in chosen.items() if name not in {"title", "default"}}


def _default(table: Table, key: str, found: Json) -> Json:
    """What a key that is left out means. Of a blog's own keys that `[defaults]` has too, that table says it."""
    default = next(one.default for one in fields(TABLES[table]) if one.name == key)
    inherited = table == ("blogs",) and key in {one.name for one in fields(Defaults)}
    is_table = (*table, key) in TABLES and not isinstance(default, Schedule)
    if inherited or is_table or default in (MISSING, None) or (default == () and "minItems" in found):
        return {}
    return {"default": _written(default)}


def _written(value: Any) -> Any:
    """A value as the file writes it."""
    match value:
        case timedelta():
            return write_duration(value)
        case Window():
            return str(value)
        case tuple():
            return [_written(one) for one in value]
        case _ if is_dataclass(value):
            said = {one.name: getattr(value, one.name) for one in fields(value)}
            return {name: _written(one) for name, one in said.items() if one}
        case _:
            return value


# --- the words of the default file ---------------------------------------------------------------------------------

_HEADER = re.compile(r"(?:# )?\[\[?([a-z.]+)\]\]?(?:\s+# (.*))?")
_PAIR = re.compile(r"(# |#   )?(\w+) = .*?(?:\s# (.*))?")
_MORE = re.compile(r"\s+# (.*)")


def comments() -> Iterator[tuple[Table, str]]:
    """What the default file says of each table and key, in its order. Pairs indented behind # are of a schedule."""
    table: Table = ()
    about: Table = ()  # of which the comment is
    words: list[str] = []
    for line in [*default_file().splitlines(), "[end]"]:
        if (more := _MORE.fullmatch(line)) and about:
            words.append(more[1])
            continue
        yield from _all_places(about, " ".join(words))
        about, words = (), []
        if header := _HEADER.fullmatch(line):
            table = about = tuple(header[1].split("."))
            words = [header[2]] if header[2] else []
        elif pair := _PAIR.fullmatch(line):
            about = (*table, "schedule", pair[2]) if pair[1] == "#   " else (*table, pair[2])
            words = [pair[3]] if pair[3] else []


def _all_places(about: Table, words: str) -> Iterator[tuple[Table, str]]:
    """A key that a blog inherits means in `[defaults]` what it means there, and the other way round."""
    if not words:
        return
    yield about, words
    if about[:2] == ("blogs", "schedule"):
        yield ("defaults", *about[1:]), words
    if about[0] == "defaults" and len(about) == 2 and about[1] != "schedule":
        yield ("blogs", *about[1:]), f"{words}; left out, what [defaults] says"
