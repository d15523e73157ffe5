"""Databases full of strange values, for tests that copy them; and a copying that dies in the middle.

`python -m tests.copying STEP PASSES FROM TO` copies as `liveblog-relay db copy` does, and kills itself as kill -9 does,
before or after the step that passed so often.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from storage import open_store
from storage.copying import ends
from storage.copying.sqlite_end import SqliteEnd
from storage.copying.tables import Column, Kind, Table, agreed
from storage.copying.values import Row
from storage.postgres.end import PostgresEnd

LONG = "A long text. " * 5000
TEXTS = (
    "",
    " ",
    "Two boats lost",
    "Łódź 🚢 𐍈 \U0010ffff",
    "\\",
    '{"a": ["\\u00e9", 1.0]}',
    "'; --",
    "\t\r\n",
    "[]",
    "e\u0301",
)
WHOLES = (0, 1, -1, 2**62, -(2**62), 2**31, -(2**53))
REALS = (0.0, 0.1 + 0.2, 5e-324, -1.7976931348623157e308, 1_750_000_000.123456, 1e-7, 3.0)


async def fill(source: str, target: str, rows: int = 12, seed: int = 0) -> None:
    """Every table of the source, with rows of values of all kinds; nothing at the target."""
    dice = random.Random(seed)
    await open_store(source).close()
    async with ends(source, target) as (end, other):
        for table in agreed(await end.tables(), await other.tables()):
            await end.put(table, [strange(table, number, dice) for number in range(1, rows + 1)])


def strange(table: Table, number: int, dice: random.Random) -> Row:
    """The rows of a table differ in each column that may have to, which are its numbers and texts."""
    return tuple(
        1 + number * 3 if one.name in ("id", "rowid") and one.kind is Kind.WHOLE else _value(one, number, dice)
        for one in table.columns
    )


def _value(column: Column, number: int, dice: random.Random) -> Any:
    match column.kind:
        case Kind.FLAG:
            return dice.randrange(2)
        case Kind.WHOLE:
            return dice.choice(WHOLES) + number * 2**33
        case Kind.REAL:
            return dice.choice(REALS)
        case Kind.BYTES:
            return bytes(range(256)) + str(number).encode()
        case Kind.TEXT:
            text = LONG if column.name == "text" and number % 5 == 0 else dice.choice(TEXTS)
            return f"{text}{number}"


def held(path: Path) -> Mapping[str, list[Row]]:
    """All that stands in a file of SQLite's, but for what it notes of being copied; and the numbers it gave."""
    with closing(sqlite3.connect(path)) as db:
        names = [
            row[0] for row in db.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main'")
        ]
        ours = sorted(one for one in names if not one.startswith(("sqlite_", "_sqlite")))
        every = {one: sorted(db.execute(f"SELECT * FROM {one}").fetchall(), key=repr) for one in ours}
        every["note"] = [row for row in every["note"] if not row[0].startswith("copied")]
        every["order"] = db.execute("SELECT rowid, id FROM blog ORDER BY rowid").fetchall()
        every["numbers"] = sorted(db.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        return every


# --- a copying that dies -------------------------------------------------------------------------------------------

STEPS = ("put", "number_on", "settle", "freeze", "keep_note", "empty")


def arm(step: str, passes: int, *, after: bool) -> None:
    """Whichever end it is: steps are counted over both."""
    left = passes

    def deadly(usual: Callable[..., Any]) -> Callable[..., Any]:
        async def die(*args: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0 and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = await usual(*args)
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return die

    for end in (SqliteEnd, PostgresEnd):
        setattr(end, step, deadly(getattr(end, step)))


def main(words: Sequence[str]) -> None:
    from bot.__main__ import cli

    step, passes, *rest = words
    arm(step.removeprefix("after "), int(passes), after=step.startswith("after "))
    cli(["db", "copy", *rest])


if __name__ == "__main__":
    main(sys.argv[1:])
