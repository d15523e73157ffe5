"""Numbers and lengths of time as the dashboard writes them. Pure; English only."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.texts import Texts
from bot.core.writing import cut, line

ENGLISH = Texts.of("en")
_FEW_SECONDS = 10.0


def count(number: float, one: str, many: str = "") -> str:
    """ "1 blog", "1,204 blogs"."""
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


def short(text: str, most: int = 160) -> str:
    """One line of so many characters: errors and texts may quote a page at length."""
    return cut(line(text[: most * 8]), (), most)[0]


def seconds(length: float | None) -> str:
    """ "0.8 s", "12 s", "4 min 20 s"; a dash where there is none."""
    if length is None:
        return "–"
    if length < _FEW_SECONDS:
        return f"{max(length, 0.1):.1f} s"
    return said(length)


def said(length: float) -> str:
    """ "45 s", "2 min", "3 h 20 min": its two largest units."""
    whole = max(0, round(length))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _two(whole, 60, "min", 1, "s")
    if whole < 86400:
        return _two(whole, 3600, "h", 60, "min")
    return _two(whole, 86400, "d", 3600, "h")


def _two(whole: int, larger: int, name: str, smaller: int, small_name: str) -> str:
    rest = whole % larger // smaller
    return f"{whole // larger} {name}" + (f" {rest} {small_name}" if rest else "")


def rate(per_second: float) -> str:
    """ "0", "4.2", "986"."""
    return f"{per_second:,.1f}" if 0 < per_second < _FEW_SECONDS else f"{per_second:,.0f}"


def compact(number: float) -> str:
    """ "987", "12.4 k", "1.2 M": for the axis of a plot."""
    for size, name in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + f" {name}"
    return f"{number:.1f}".removesuffix(".0")


def instant(at: float) -> str:
    """For machines: "2026-05-03T14:02:31Z"."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(at: float, now: float) -> str:
    """For people without scripts: "14:02:31" of UTC, with its day where that is another."""
    then, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    day = "" if then.date() == today.date() else f"{ENGLISH.day(then, 'UTC', today)}, "
    return f"{day}{then:%H:%M:%S}"
