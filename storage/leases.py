"""What hubs were asked to tell us, and until when they do. Instants are seconds since 1970.

Each change touches only its own columns: a hub may verify a lease while it is being asked for once more.
"""

from __future__ import annotations

from bot.core.websub import Lease, LeaseState
from storage.spoken import Connection, Row


def every(db: Connection) -> list[Lease]:
    return [_lease(row) for row in db.execute("SELECT * FROM lease ORDER BY blog, callback")]


def find(db: Connection, callback: str) -> Lease | None:
    row = db.execute("SELECT * FROM lease WHERE callback = ?", (callback,)).fetchone()
    return _lease(row) if row else None


def _lease(row: Row) -> Lease:
    return Lease(**dict(row) | {"state": LeaseState(row["state"])})


def begin(db: Connection, lease: Lease) -> bool:
    """False where the page has one: somebody else was quicker, and two would tell us everything twice."""
    if db.execute(_STANDING, (lease.blog, lease.page)).fetchone() is not None:
        return False
    db.execute(
        """INSERT INTO lease (callback, address, blog, page, topic, hub, secret, state, until, next_at, failures)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            lease.callback,
            lease.address,
            lease.blog,
            lease.page,
            lease.topic,
            lease.hub,
            lease.secret,
            lease.state,
            lease.until,
            lease.next_at,
            lease.failures,
        ),
    )
    return True


_STANDING = "SELECT 1 FROM lease WHERE blog = ? AND page = ? AND state <> 'leaving'"


def asked(db: Connection, callback: str, due: float, next_at: float) -> bool:
    """The hub is asked once more, since that was due then; if it does not do it, we come back at `next_at`.

    False where somebody else was quicker.
    """
    asked = db.execute(
        """UPDATE lease SET next_at = ?, failures = failures + 1,
        state = CASE state WHEN 'denied' THEN 'asked' ELSE state END WHERE callback = ? AND next_at = ?""",
        (next_at, callback, due),
    )
    return asked.rowcount == 1


def grant(db: Connection, callback: str, until: float, next_at: float) -> None:
    """The hub has verified it, or verified it anew."""
    db.execute(
        """UPDATE lease SET state = 'live', until = ?, next_at = ?, failures = 0
        WHERE callback = ? AND state <> 'leaving'""",
        (until, next_at, callback),
    )


def deny(db: Connection, callback: str, next_at: float) -> None:
    db.execute(
        "UPDATE lease SET state = 'denied', until = NULL, next_at = ? WHERE callback = ? AND state <> 'leaving'",
        (next_at, callback),
    )


def leave(db: Connection, callback: str, now: float) -> None:
    """One that is being left already keeps its time."""
    db.execute(
        "UPDATE lease SET state = 'leaving', next_at = ?, failures = 0 WHERE callback = ? AND state <> 'leaving'",
        (now, callback),
    )


def drop(db: Connection, callback: str) -> None:
    db.execute("DELETE FROM lease WHERE callback = ?", (callback,))
