"""Every key of a TOML file is found on its line, whatever stands around it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.places import Path, Places

FILE = '''# [[blogs]] in a comment counts for nothing
title = "a"   # = 5

[telegram]
updates = """
[not_a_table]
key = 1
"""
'quoted key' = 1
"dotted.\\u0041" = 2
a.b = { c = [1,
             { d = 2 } ], e = """x
""" }

[[blogs]]
id = "one"
words = [
    "[[blogs]]",  # ]
    'b',
]
[blogs.schedule]
every = "20s"
[[blogs.topics]]
id = "t0"
[[blogs.topics]]

id = "t1"
[[blogs]]
id = "two"
schedule.every = "5m"
[[blogs.topics]]
id = "t0"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("telegram",), 4),
        (("telegram", "updates"), 5),
        (("telegram", "quoted key"), 9),
        (("telegram", "dotted.A"), 10),
        (("telegram", "a"), 11),
        (("telegram", "a", "b", "c", 0), 11),
        (("telegram", "a", "b", "c", 1, "d"), 12),
        (("telegram", "a", "b", "e"), 12),
        (("blogs",), 15),
        (("blogs", 0), 15),
        (("blogs", 0, "words"), 17),
        (("blogs", 0, "words", 0), 18),
        (("blogs", 0, "words", 1), 19),
        (("blogs", 0, "schedule"), 21),
        (("blogs", 0, "schedule", "every"), 22),
        (("blogs", 0, "topics", 0, "id"), 24),
        (("blogs", 0, "topics", 1), 25),
        (("blogs", 0, "topics", 1, "id"), 27),
        (("blogs", 1), 28),
        (("blogs", 1, "schedule", "every"), 30),
        (("blogs", 1, "topics", 0, "id"), 32),
    ],
)
def test_a_key_is_found_on_its_line(path: Path, line: int) -> None:
    tomllib.loads(FILE)

    assert Places(FILE).line(path) == line


def test_what_is_missing_is_placed_in_the_table_around_it() -> None:
    assert Places(FILE).line(("blogs", 1, "url")) == 28
    assert Places(FILE).line(("blogs", 0, "schedule", "cron")) == 21
    assert Places(FILE).line(("storage", "url")) is None
    assert Places(FILE).line(()) is None


def test_windows_line_ends_count_once() -> None:
    assert Places(FILE.replace("\n", "\r\n")).line(("blogs", 1, "topics", 0, "id")) == 32


# Generated files: each value carries a mark that stands nowhere else, so its line is known without parsing.

NAMES = st.sampled_from(["a", "b", "c-d", "e_1", "7", '"q q"', "'x.y'", '"\\u00e4#"', "''"])
NOISE = st.sampled_from(["", "#", " ]", " }", " [[a]]", " a = 1", " \\n", " é", " ="])
COMMENT = st.sampled_from(["", "  # a = 1", " # ]]", '# """', "\t#'''"])


class Writer:
    """Writes values with marks, counted through the whole file."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.marks = 0

    def text(self) -> str:
        self.marks += 1
        mark, noise = f"mark{self.marks}.", self.draw(NOISE)
        quote = self.draw(st.sampled_from(['"', "'", '"""', "'''"]))
        if len(quote) == 1:
            return f"{quote}{mark}{noise}{quote}"
        inside = self.draw(st.sampled_from(["", "\n", f"\n{quote[:2]}\n", "\n# x\n[y]\nz = 1\n"]))
        return f"{quote}{mark}{noise}{inside} {quote}"

    def value(self, depth: int) -> str:
        match self.draw(st.sampled_from(["text", "text", "list", "table"] if depth else ["text"])):
            case "list":
                gap = self.draw(st.sampled_from(["", "\n", "\n  # ],\n"]))
                parts = [gap + self.value(depth - 1) + gap for _ in range(self.draw(st.integers(0, 3)))]
                return "[" + ",".join(parts) + gap + "]"
            case "table":
                return "{ " + ", ".join(self.pairs(depth - 1)) + " }"
            case _:
                return self.text()

    def pairs(self, depth: int) -> Iterator[str]:
        for name in self.draw(st.lists(NAMES, max_size=3, unique=True)):
            yield f"{name}{self.draw(st.sampled_from([' = ', '=', ' . z = ', '.z=']))}{self.value(depth)}"

    def file(self) -> Iterator[str]:
        for pair in self.pairs(2):
            yield pair + self.draw(COMMENT)
        for number in range(self.draw(st.integers(0, 4))):
            header = self.draw(
                st.sampled_from([f"[t{number}]", f"[ t{number} . 'u' ]", "[[many]]", "[[many]]\n[many.one]"])
            )
            yield header.replace("\n", self.draw(COMMENT) + "\n") + self.draw(COMMENT)
            yield from self.pairs(2)
            if header == "[[many]]" and self.draw(st.booleans()):
                yield "[[many.more]]"
                yield from self.pairs(1)


@st.composite
def files(draw: st.DrawFn) -> str:
    return "\n".join(Writer(draw).file()) + draw(st.sampled_from(["", "\n", "\n\n# end"]))


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))


@given(files(), st.booleans())
@settings(deadline=None)
def test_every_value_of_any_file_is_found_on_its_line(text: str, windows: bool) -> None:
    text = text.replace("\n", "\r\n") if windows else text
    lines = text.split("\n")
    where = Places(text)
    for path, value in leaves(tomllib.loads(text)):
        line = where.lines[path]
        assert value.split(".")[0] + "." in lines[line - 1]
