"""That each benchmark runs and finds something. How fast is nobody's business here."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import runs
from tests.benchmarks.measure import BEGIN, END, Measure, circumstances, markdown, renewed, write_into
from tests.benchmarks.processes import ROOT, measured
from tests.benchmarks.runs import BENCHMARKS, TINY


@functools.cache
def measured_once(name: str, asked: str) -> dict[str, Any]:
    return measured(name, **json.loads(asked))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them are the same run at this size: it is made once."""
    monkeypatch.setattr(runs, "measured", lambda name, **asked: measured_once(name, json.dumps(asked)))
    measures = list(BENCHMARKS[name](TINY))
    assert measures
    assert all(one.figure >= 0 and one.floor > 0 for one in measures)
    assert all(len(one.words()) == 6 for one in measures)


def test_a_ratio_is_the_median_of_the_runs_own_ratios() -> None:
    one = Measure(group="g", name="n", unit="ms", figures=[2, 30, 4], floors=[1, 10, 4], floor_is="f")
    assert (one.figure, one.floor, one.ratio) == (4, 4, 2.0)


def test_the_table_is_written_between_its_markers_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"By hand.\n{BEGIN}\nold\n{END}\nBy hand as well.\n")
    one = Measure(group="Group", name="a name", unit="ms", figures=[2], floors=[1], floor_is="a floor", note="a note")
    write_into(page, lambda before: markdown([one], "make bench"))
    text = page.read_text()
    assert "old" not in text
    assert "| a name (a note) | 2.0 | ms | 1.0 | a floor | 2.00 |" in text
    assert circumstances("make bench") in text
    assert text.startswith("By hand.\n")
    assert text.endswith("By hand as well.\n")


def test_what_was_measured_alone_takes_its_place_and_the_rest_stays(tmp_path: Path) -> None:
    def one(group: str, figure: float) -> Measure:
        return Measure(group=group, name="a name", unit="ms", figures=[figure], floors=[1], floor_is="a floor")

    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    write_into(page, lambda before: markdown([one("First", 2), one("Second", 3)], "make bench"))
    write_into(page, lambda before: renewed(before, [one("Second", 4), one("Third", 5)], "make bench-quick"))
    text = page.read_text()
    figures = re.findall(r"\*\*(\w+)\*\*|a name \| ([\d.]+) ", text)
    assert ["".join(found) for found in figures] == ["First", "2.0", "Second", "4.0", "Third", "5.0"]
    assert text.count(circumstances("make bench")) == 1
    assert text.count(circumstances("make bench-quick")) == 2
    again = text
    write_into(page, lambda before: renewed(before, [one("Second", 4)], "make bench-quick"))
    assert page.read_text() == again


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("By hand.")
    with pytest.raises(ValueError, match="markers"):
        write_into(page, lambda before: "table")
    assert page.read_text() == "By hand."


def test_the_documentation_has_the_markers() -> None:
    text = (ROOT / "docs" / "performance.md").read_text()
    assert 0 < text.index(BEGIN) < text.index(END)
