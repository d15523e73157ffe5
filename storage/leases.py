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


def begin(db: Connection, lease: Lease) -> None:
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


def asked(db: Connection, callback: str, next_at: float) -> None:
    """The hub is asked once more; if it does not do it, we come back then."""
    db.execute(
        """UPDATE lease SET next_at = ?, failures = failures + 1,
        state = CASE state WHEN 'denied' THEN 'asked' ELSE state END WHERE callback = ?""",
        (next_at, callback),
    )


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
    db.execute("UPDATE lease SET state = 'leaving', next_at = ?, failures = 0 WHERE callback = ?", (now, callback))


def drop(db: Connection, callback: str) -> None:
    db.execute("DELETE FROM lease WHERE callback = ?", (callback,))
