"""Alarms, and who has heard of them."""

from __future__ import annotations

from sqlite3 import Connection, Row

from bot.core.standing import Alarm, Kind


def alarms(db: Connection, ended_since: float | None = None) -> list[Alarm]:
    """Those that stand, oldest first; `ended_since`: and, before them, those that have ended after it."""
    stand = [_alarm(row) for row in db.execute(f"{_SELECT} INDEXED BY alarm_standing WHERE ended_at IS NULL {_ORDER}")]
    if ended_since is None:
        return stand
    ended = f"{_SELECT} INDEXED BY alarm_ended WHERE ended_at IS NOT NULL AND ended_at > ? {_ORDER}"
    return [*(_alarm(row) for row in db.execute(ended, (ended_since,))), *stand]


_SELECT = "SELECT *, EXISTS (SELECT 1 FROM heard h WHERE h.alarm = alarm.id) AS told FROM alarm"
_ORDER = "ORDER BY since, id"
_COLUMNS = ("id", "about", "part", "subject", "text", "since", "ended_at")


def _alarm(row: Row) -> Alarm:
    return Alarm(kind=Kind(row["kind"]), told=bool(row["told"]), **{name: row[name] for name in _COLUMNS})
