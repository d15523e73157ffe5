"""What was measured, as plots: few enough points for a screen, and a drawing for who has no scripts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.web.dashboard.words import compact

MOST = 360  # points of a series
WIDTH, HEIGHT = 600, 160  # of a drawing, in its own units
RANGES = {"1h": 3600.0, "24h": 86_400.0, "7d": 7 * 86_400.0, "30d": 30 * 86_400.0}
USUAL = "24h"

Points = Sequence[tuple[float, float]]  # (seconds since 1970, value), oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """`names`: of what was measured; `labels`: what people call these; `unit` follows each number."""

    id: str
    title: str
    names: tuple[str, ...]
    labels: tuple[str, ...]
    unit: str = ""


PLOTS = (
    Plot(id="delivered", title="Delivered a minute", names=("delivered",), labels=("messages",)),
    Plot(
        id="latency",
        title="From publishing to delivered",
        names=("latency_p50", "latency_p99"),
        labels=("half within", "99 % within"),
        unit=" s",
    ),
    Plot(id="subscriptions", title="Subscriptions", names=("subscriptions",), labels=("subscriptions",)),
    Plot(id="queue", title="Waiting to leave", names=("queue",), labels=("deliveries",)),
    Plot(id="floods", title="Refused as too fast (429)", names=("floods",), labels=("429s",)),
    Plot(id="polls", title="Polls a minute", names=("polls", "failures"), labels=("polls", "failed")),
)
NAMES = tuple(name for plot in PLOTS for name in plot.names)


def table(history: Mapping[str, Points], names: Sequence[str], since: float, until: float) -> dict[str, list[object]]:
    """Columns for a plot: "at", and one for each name, None where nothing was measured. At most `MOST` rows, each the
    mean of its stretch of time."""
    span = max(60.0, -(-(until - since) // (MOST * 60)) * 60)
    columns = {name: _means(history.get(name, ()), span) for name in names}
    stretches = sorted({at for column in columns.values() for at in column if at >= since // span})
    rows: dict[str, list[object]] = {"at": [at * span for at in stretches]}
    for name, column in columns.items():
        rows[name] = [_rounded(column[at]) if at in column else None for at in stretches]
    return rows


def _means(points: Points, span: float) -> dict[float, float]:
    sums: dict[float, tuple[float, int]] = {}
    for at, value in points:
        total, number = sums.get(at // span, (0.0, 0))
        sums[at // span] = total + value, number + 1
    return {at: total / number for at, (total, number) in sums.items()}


def _rounded(value: float) -> float:
    return round(value, 3 if abs(value) < 100 else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series as a path of a drawing; `latest` is its last value in words."""

    label: str
    path: str
    latest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A plot for who has no scripts. `summary` says in words what it shows."""

    plot: Plot
    lines: tuple[Line, ...]
    most: str
    summary: str


def drawing(plot: Plot, rows: Mapping[str, Sequence[object]], since: float, until: float) -> Drawing:
    columns = {name: _known(rows, name) for name in plot.names}
    top = max((value for column in columns.values() for _, value in column), default=0.0)
    lines = tuple(
        Line(
            label=label,
            path=_path(columns[name], since, until, top or 1.0),
            latest=_number(columns[name][-1][1], plot) if columns[name] else "–",
        )
        for name, label in zip(plot.names, plot.labels, strict=True)
    )
    return Drawing(plot=plot, lines=lines, most=_number(top, plot), summary=_summary(plot, lines, columns))


def _known(rows: Mapping[str, Sequence[object]], name: str) -> list[tuple[float, float]]:
    found = []
    for at, value in zip(rows["at"], rows.get(name, ()), strict=True):
        if isinstance(at, int | float) and isinstance(value, int | float):
            found.append((float(at), float(value)))
    return found


def _path(points: Points, since: float, until: float, top: float) -> str:
    length = max(until - since, 1.0)
    marks = (
        f"{(at - since) / length * WIDTH:.1f} {HEIGHT - 4 - value / top * (HEIGHT - 12):.1f}" for at, value in points
    )
    path = "L".join(marks)
    return f"M{path}" if path else ""


def _number(value: float, plot: Plot) -> str:
    return f"{compact(value)}{plot.unit}"


def _summary(plot: Plot, lines: Sequence[Line], columns: Mapping[str, Points]) -> str:
    said = []
    for line, column in zip(lines, columns.values(), strict=True):
        values = [value for _, value in column]
        if values:
            said.append(
                f"{line.label}: from {_number(min(values), plot)} to {_number(max(values), plot)}, last {line.latest}"
            )
    return f"{plot.title}. {'; '.join(said) or 'nothing measured yet'}."
