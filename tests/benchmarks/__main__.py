"""`make bench`: a table on the terminal, and the same with every single run as JSON in var/bench.json."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from tests.benchmarks import scaling
from tests.benchmarks.measure import Measure, circumstances, markdown, renewed, table, write_into
from tests.benchmarks.processes import ROOT
from tests.benchmarks.runs import BENCHMARKS, QUICK, WHOLE

PAGE = ROOT / "docs" / "performance.md"
SCALE_PAGE = ROOT / "docs" / "scale.md"


def main() -> None:
    asked = _arguments()
    size, command = (QUICK, "make bench-quick") if asked.quick else (WHOLE, "make bench")
    notes, found = Console(stderr=True), list[Measure]()
    for name in asked.only or BENCHMARKS:
        notes.print(f"measuring: {name}", style="dim")
        found += BENCHMARKS[name](size)
    Console(width=None if sys.stdout.isatty() else 190).print(table(found), circumstances(command))
    out = Path("var/bench.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"made": circumstances(command), "measures": [one.as_json() for one in found]}, indent=2))
    if asked.write_docs:
        for page, part in ((PAGE, False), (SCALE_PAGE, True)):
            if there := [one for one in found if (one.group in scaling.GROUPS) is part]:
                write_into(page, partial(_made, measures=there, command=command, only=asked.only))


def _made(before: str, measures: Sequence[Measure], command: str, only: Sequence[str] | None) -> str:
    """Those that were not measured stay as they are."""
    if not only:
        return markdown(measures, command)
    words = " ".join(f"--only {name}" for name in only)
    return renewed(before, measures, f'{command} BENCH="{words}"')


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="smaller sizes and single runs")
    parser.add_argument("--write-docs", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="just this one; may be repeated")
    return parser.parse_args()


if __name__ == "__main__":
    main()
