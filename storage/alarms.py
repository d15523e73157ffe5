"""Alarms, and who has heard of them and of their ends.

An alarm is a row from its beginning to its end; whoever is to hear of either and has no such note in `heard` is told.
So a restart tells nothing twice, and forgets no end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.core.standing import BY_TEXT, TOLD_WHEN_OVER, Alarm, Kind
from storage.rows import insert, moved, to_json
from storage.spoken import Connection, Row

AGAIN_AFTER = 1800.0  # seconds: what was told and ended and comes back is told no sooner
EVERYBODY = 0  # for a person: as good as told to all the admins there are


@dataclass(frozen=True, slots=True)
class Telling:
    """An alarm that somebody (a Telegram user id) is to hear of; of its end, where it has ended."""

    alarm: Alarm
    person: int


def alarms(db: Connection, ended_since: float | None = None) -> list[Alarm]:
    """Those that stand, oldest first; `ended_since`: and, before them, those that have ended after it."""
    stand = [_alarm(row) for row in db.execute(f"{_SELECT} INDEXED BY alarm_standing WHERE ended_at IS NULL {_ORDER}")]
    if ended_since is None:
        return stand
    ended = f"{_SELECT} INDEXED BY alarm_ended WHERE ended_at IS NOT NULL AND ended_at > ? {_ORDER}"
    return [*(_alarm(row) for row in db.execute(ended, (ended_since,))), *stand]


_SELECT = "SELECT *, EXISTS (SELECT 1 FROM heard h WHERE h.alarm = alarm.id) AS told FROM alarm"
_ORDER = "ORDER BY since, id"
_COLUMNS = ("id", "about", "part", "subject", "text", "since", "ended_at", "ending")


def _alarm(row: Row) -> Alarm:
    return Alarm(kind=Kind(row["kind"]), told=bool(row["told"]), **{name: row[name] for name in _COLUMNS})


# --- begun and ended -----------------------------------------------------------------------------------------------

_THIS = "kind = :kind AND about = :about AND part = :part"
_TOLD_LAST = f"""
SELECT max(h.at) FROM alarm INDEXED BY alarm_of CROSS JOIN heard h ON h.alarm = alarm.id
WHERE {_THIS} AND (NOT :by_text OR text = :text) AND h.at BETWEEN :since - {AGAIN_AFTER} AND :since
"""


def begin(db: Connection, alarm: Alarm) -> Alarm:
    """It stands from its `since` on; or what stands of the kind already goes on with this text. Returns what stands."""
    bound = {name: getattr(alarm, name) for name in ("kind", "about", "part", "subject", "text", "since")}
    standing = _standing(db, bound)
    if standing is not None and alarm.kind in BY_TEXT and standing.text != alarm.text:
        end(db, standing, None, alarm.since)
        standing = None
    if standing is None:
        _insert(db, bound, alarm.kind)
    elif (standing.text, standing.subject) != (alarm.text, alarm.subject):
        db.execute(f"UPDATE alarm SET text = :text, subject = :subject WHERE {_THIS} AND ended_at IS NULL", bound)
    begun = _standing(db, bound)
    assert begun is not None
    return begun


def _insert(db: Connection, bound: dict[str, Any], kind: Kind) -> None:
    last = db.execute(_TOLD_LAST, bound | {"by_text": kind in BY_TEXT}).fetchone()[0]
    alarm = insert(db, "alarm", bound | {"tell_at": bound["since"] if last is None else last + AGAIN_AFTER})
    if kind in TOLD_WHEN_OVER:
        db.execute("INSERT INTO heard (alarm, person, at) VALUES (?, ?, ?)", (alarm, EVERYBODY, bound["since"]))


def _standing(db: Connection, bound: dict[str, Any]) -> Alarm | None:
    row = db.execute(f"{_SELECT} INDEXED BY alarm_standing WHERE {_THIS} AND ended_at IS NULL", bound).fetchone()
    return _alarm(row) if row else None


def end(db: Connection, alarm: Alarm, ending: str | None, now: float) -> None:
    """It stands no more; `ending` is what those hear who had heard of it, None: nothing."""
    db.execute("UPDATE alarm SET ended_at = ?, ending = ? WHERE id = ? AND ended_at IS NULL", (now, ending, alarm.id))


def rename(db: Connection, was: str, blog: str) -> None:
    """What stands about the one stands about the other, unless it stands there already."""
    moved(db, "alarm", "about", ("kind", "part"), was=was, to=blog, only="ended_at IS NULL")


def forget(db: Connection, before: float) -> int:
    """Those that had ended by then."""
    ids = to_json([row["id"] for row in db.execute(_ENDED, (before,))])
    db.execute("DELETE FROM heard WHERE alarm IN (SELECT value FROM json_each(?))", (ids,))
    return db.execute("DELETE FROM alarm WHERE id IN (SELECT value FROM json_each(?))", (ids,)).rowcount


_ENDED = "SELECT id FROM alarm INDEXED BY alarm_ended WHERE ended_at IS NOT NULL AND ended_at < ? LIMIT 1000"

# --- told ----------------------------------------------------------------------------------------------------------

_PERSON = "CAST(p.value AS BIGINT)"
_HEARD = f"SELECT 1 FROM heard h WHERE h.alarm = alarm.id AND h.person IN ({EVERYBODY}, {_PERSON})"
_TO_TELL = f"""
SELECT alarm.*, 0 AS told, {_PERSON} AS person
FROM alarm INDEXED BY alarm_standing CROSS JOIN json_each(:people) p ON TRUE
WHERE ended_at IS NULL AND tell_at <= :now AND NOT EXISTS ({_HEARD})
UNION ALL
SELECT alarm.*, 1 AS told, {_PERSON} AS person
FROM alarm INDEXED BY alarm_ended CROSS JOIN json_each(:people) p ON TRUE
WHERE ended_at IS NOT NULL AND ended_at > :since AND ending IS NOT NULL AND EXISTS ({_HEARD} AND h.end_at IS NULL)
AND NOT EXISTS (SELECT 1 FROM heard h WHERE h.alarm = alarm.id AND h.person = {_PERSON} AND h.end_at IS NOT NULL)
ORDER BY 1
"""


def to_tell(db: Connection, people: Iterable[int], now: float, since: float) -> list[Telling]:
    """What these people (Telegram user ids) are still to hear of: what stands, and what has ended after `since` and
    they know of."""
    rows = db.execute(_TO_TELL, {"people": to_json(list(people)), "now": now, "since": since})
    return [Telling(_alarm(row), row["person"]) for row in rows]


def note_heard(db: Connection, tellings: Iterable[Telling], now: float) -> None:
    """They have heard it."""
    db.executemany(
        """INSERT INTO heard (alarm, person, at, end_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (alarm, person) DO UPDATE SET end_at = excluded.end_at""",
        [(one.alarm.id, one.person, now, None if one.alarm.ended_at is None else now) for one in tellings],
    )
