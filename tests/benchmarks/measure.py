"""A figure and the floor it stands on, and how both are shown."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Several runs of one figure, each with the floor taken beside it. `floor_is` says what the floor is."""

    group: str
    name: str
    unit: str
    figures: Sequence[float]
    floors: Sequence[float]
    floor_is: str
    note: str = ""

    @property
    def figure(self) -> float:
        return median(self.figures)

    @property
    def floor(self) -> float:
        return median(self.floors)

    @property
    def ratio(self) -> float:
        """The median of the runs' own ratios: what disturbs a run disturbs its floor as well."""
        return median(one / floor for one, floor in zip(self.figures, self.floors, strict=True))

    def as_json(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in Measure.__slots__}
        return values | {"figure": self.figure, "floor": self.floor, "ratio": self.ratio}

    def words(self) -> tuple[str, ...]:
        """The cells of its row."""
        name = f"{self.name} ({self.note})" if self.note else self.name
        return name, _number(self.figure), self.unit, _number(self.floor), self.floor_is, f"{self.ratio:.2f}"


HEADS = ("measure", "figure", "unit", "floor", "what the floor is", "ratio")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 1 else f"{value:,.2f}"


def table(measures: Sequence[Measure]) -> Table:
    """For a terminal."""
    shown, group = Table(*HEADS), None
    for one in measures:
        if group not in (None, one.group):
            shown.add_section()
        group = one.group
        shown.add_row(*one.words())
    return shown


def markdown(measures: Sequence[Measure], command: str) -> str:
    """For the documentation: the same, and how it was made."""
    return "\n".join([circumstances(command), "", *(part for _, part in _groups(measures))])


def renewed(before: str, measures: Sequence[Measure], command: str) -> str:
    """What stands there, with these groups in the place of what they were, and how these alone were made."""
    head, *parts = re.split(r"^(?=\*\*)", before.strip() + "\n", flags=re.MULTILINE)
    known = {part.partition("**\n")[0].removeprefix("**"): part.strip() + "\n" for part in parts}
    made = {group: f"{part}\n{circumstances(command)}\n" for group, part in _groups(measures)}
    return "\n".join([head.strip(), "", *(known | made).values()])


def _groups(measures: Sequence[Measure]) -> Iterator[tuple[str, str]]:
    for group in dict.fromkeys(one.group for one in measures):
        lines = [f"**{group}**", "", f"| {' | '.join(HEADS)} |", "| --- | ---: | --- | ---: | --- | ---: |"]
        lines += [f"| {' | '.join(one.words())} |" for one in measures if one.group == group]
        yield group, "\n".join([*lines, ""])


def circumstances(command: str) -> str:
    """When, with what and on what it was measured."""
    when = dt.datetime.now(dt.UTC).date().isoformat()
    cores = len(os.sched_getaffinity(0))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    busy = os.getloadavg()[2]
    return (
        f"Made by `{command}` on {when}: {python}, {platform.system()} on {platform.machine()}, {cores} cores shared by"
        f" the relay and what plays Telegram; load over the last quarter of an hour {busy:.1f}."
    )


def write_into(path: Path, made: Callable[[str], str]) -> None:
    """Between the two markers: what is `made` of what stands there. The rest of the page is written by hand."""
    before, _, rest = path.read_text().partition(BEGIN)
    inside, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{path}: the markers {BEGIN} and {END} are missing")
    path.write_text(f"{before}{BEGIN}\n\n{made(inside)}\n{END}{after}")
