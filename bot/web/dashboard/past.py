"""What was measured, for plots: looked up once a minute, since more often nothing is measured."""

from __future__ import annotations

from dataclasses import dataclass

from bot.house import House
from bot.web.dashboard.plots import NAMES, PLOTS, RANGES, Drawing, drawing, table

MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time, in seconds since 1970; `rows` are columns of one length, `drawings` the same for who has no
    scripts."""

    since: float
    until: float
    rows: dict[str, list[object]]
    drawings: tuple[Drawing, ...]


class Past:
    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[str, Stretch] = {}

    async def of(self, span: str) -> Stretch:
        """Of one of `RANGES`, as it was when this minute's first page asked."""
        now, known = self._house.clock(), self._known.get(span)
        if known is None or known.until // MINUTE != now // MINUTE:
            known = self._known[span] = await self._look(span, now)
        return known

    async def _look(self, span: str, until: float) -> Stretch:
        since = until - RANGES[span]
        rows = table(await self._house.store.history(NAMES, since), NAMES, since, until)
        drawings = tuple(drawing(plot, rows, since, until) for plot in PLOTS)
        return Stretch(since=since, until=until, rows=rows, drawings=drawings)
