"""`make bench`: a table on the terminal, and the same as JSON in var/bench.json."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import delivery, reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure and the floor it stands on. `ratio` is figure / floor."""

    name: str
    figure: float
    unit: str
    floor: float
    floor_is: str

    @property
    def ratio(self) -> float:
        return self.figure / self.floor


def all_measures() -> Iterable[Measure]:
    for one in reading.measures():
        yield Measure(**one)
    with tempfile.TemporaryDirectory() as folder:
        for one in asyncio.run(delivery.measures(Path(folder))):
            yield Measure(**one)


def main() -> None:
    table = Table("measure", "figure", "unit", "floor", "what the floor is", "ratio")
    found = []
    for one in all_measures():
        found.append(asdict(one) | {"ratio": one.ratio})
        table.add_row(one.name, f"{one.figure:,.1f}", one.unit, f"{one.floor:,.1f}", one.floor_is, f"{one.ratio:.2f}")
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    out = Path("var/bench.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
