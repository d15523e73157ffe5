"""What was measured, a value for each name and minute: of two days every minute, before that means of ten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from storage.spoken import Connection

MINUTE = 60
TOGETHER = 10  # minutes that one row stands for, once they are old
STRETCHES = 12  # of so many minutes, that one transaction puts together
CHUNK = 500  # rows that one transaction takes away


def keep(db: Connection, at: float, values: Mapping[str, float]) -> None:
    """The values of the minute that began at `at`, in the place of those that it has."""
    db.executemany(
        """INSERT INTO sample (name, at, value, minutes) VALUES (?, ?, ?, 1)
        ON CONFLICT (name, at) DO UPDATE SET value = excluded.value, minutes = excluded.minutes""",
        [(name, at, value) for name, value in values.items()],
    )


def history(db: Connection, names: Collection[str], since: float) -> dict[str, list[tuple[float, float]]]:
    """(Instant at which the minute began, value) of each name, oldest first; nothing where nothing was measured."""
    of_name = "SELECT at, value FROM sample WHERE name = ? AND at >= ? ORDER BY at"
    return {name: [(at, value) for at, value in db.execute(of_name, (name, since))] for name in names}


def thin(db: Connection, before: float) -> bool:
    """Put some of the minutes before then together, the oldest first. False: there are none."""
    span = MINUTE * TOGETHER
    before = before // span * span
    oldest = db.execute("SELECT min(at) FROM sample INDEXED BY sample_minute WHERE minutes = 1").fetchone()[0]
    if oldest is None or oldest >= before:
        return False
    low = oldest // span * span
    bound = {"low": low, "high": min(before, low + span * STRETCHES), "span": span}
    rows = db.execute(
        "SELECT name FROM sample INDEXED BY sample_minute WHERE minutes = 1 AND at >= :low AND at < :high", bound
    )
    for name in {row["name"] for row in rows}:
        _put_together(db, bound | {"name": name})
    return True


def _put_together(db: Connection, bound: dict[str, float | str]) -> None:
    """One name's rows of some stretches: each stretch becomes one row, at its beginning."""
    these = "FROM sample WHERE name = :name AND at >= :low AND at < :high"
    stretches: dict[float, list[tuple[float, int]]] = defaultdict(list)
    for at, value, minutes in db.execute(f"SELECT at, value, minutes {these}", bound):
        stretches[at // bound["span"] * bound["span"]].append((value, minutes))
    db.execute(f"DELETE {these}", bound)
    db.executemany(
        "INSERT INTO sample (name, at, value, minutes) VALUES (?, ?, ?, ?)",
        [(bound["name"], at, *_mean(values)) for at, values in stretches.items()],
    )


def _mean(values: Collection[tuple[float, int]]) -> tuple[float, int]:
    """The mean, and what it stands for: at least two minutes, so that it is not put together again."""
    minutes = sum(count for _, count in values)
    return sum(value * count for value, count in values) / minutes, max(2, minutes)


def forget(db: Connection, before: float) -> bool:
    """Some of the rows before then, the oldest first. False: there are none."""
    gone = db.execute(
        f"""DELETE FROM sample WHERE (name, at) IN
        (SELECT name, at FROM sample INDEXED BY sample_at WHERE at < ? ORDER BY at LIMIT {CHUNK})""",
        (before,),
    )
    return gone.rowcount > 0
