"""What a database notes of being copied, so that no relay runs where it must not.

They are notes of the database itself: no copy has them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from storage import notes
from storage.errors import StoreError
from storage.spoken import Connection

COPIED_TO = "copied to"  # of one that is, or was, copied
COPIED_FROM = "copied from"  # of one that is not whole yet
MARKS = (COPIED_TO, COPIED_FROM)


@dataclass(frozen=True, slots=True)
class CopiedTo:
    """`name` is the database's own, by which a copy that was begun knows it again. `at` (seconds since 1970): since
    then the relay goes on at `to`; None: it has not gone there."""

    name: str
    to: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True)
class CopiedFrom:
    """The beginning of a copy of the database called `name`, which stands at `place`."""

    name: str
    place: str
    begun_at: float


def copied_to(text: str | None) -> CopiedTo | None:
    return None if text is None else CopiedTo(**json.loads(text))


def copied_from(text: str | None) -> CopiedFrom | None:
    return None if text is None else CopiedFrom(**json.loads(text))


def written(mark: CopiedTo | CopiedFrom) -> str:
    return json.dumps(asdict(mark))


def when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def refuse_to_run(db: Connection) -> None:
    """StoreError, in one line, where no relay may run on this database."""
    begun, gone = copied_from(notes.read(db, COPIED_FROM)), copied_to(notes.read(db, COPIED_TO))
    if begun is not None:
        raise StoreError(
            f"this database is a copy of {begun.place} that was begun on {when(begun.begun_at)} and is not whole;"
            " run the same `liveblog-relay db copy` again"
        )
    if gone is not None and gone.at is not None:
        raise StoreError(
            f"this database was copied to {gone.to} on {when(gone.at)}, and the relay goes on there; set storage.url"
            " to that, or see `liveblog-relay db reopen`"
        )


def reopen(db: Connection) -> CopiedTo | None:
    """A relay may run on it again. Returns where it had been copied to, None where it had not."""
    if (begun := copied_from(notes.read(db, COPIED_FROM))) is not None:
        raise StoreError(f"this database is a copy of {begun.place} that is not whole; no relay can run on it")
    gone = copied_to(notes.read(db, COPIED_TO))
    if gone is None or gone.at is None:
        return None
    notes.keep(db, COPIED_TO, written(CopiedTo(gone.name)))
    return gone
