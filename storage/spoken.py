"""What a rule of the store asks things of: a connection, whichever engine it leads to.

Statements are written so that both SQLite and PostgreSQL understand them, or as SQLite does where
`storage.postgres.dialect` knows what the other says instead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, cast


class Row(Protocol):
    """One row: by the name of a column, or by its place."""

    def __getitem__(self, column: Any, /) -> Any: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> Iterable[str]: ...


class Answer(Protocol):
    """What came of a statement. Rows may be fetched as they are wanted: nothing may be written before that is over."""

    @property
    def rowcount(self) -> int:
        """Of what was written."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """In a transaction that somebody else began, and will end."""

    def execute(self, statement: str, given: Any = ..., /) -> Answer: ...
    def executemany(self, statement: str, every: Iterable[Any], /) -> object: ...


class Far(Connection, Protocol):
    """To a server: what is asked travels there, and the answer back."""

    def together(self, asked: Sequence[tuple[str, Any]], /) -> list[int]: ...


AT_ONCE = 4  # statements that travel together: each number of them is one more that the server has to keep


def far(db: Connection) -> Far | None:
    """The connection, where each journey costs more than most statements; None where there is none to make."""
    return None if isinstance(db, sqlite3.Connection) else cast(Far, db)


def together(db: Connection, asked: Sequence[tuple[str, Any]]) -> list[int]:
    """Statements that write, each of them other rows than the rest, and none looks at what another one writes. How
    many rows each of them changed."""
    if (there := far(db)) is None:
        return [db.execute(*one).rowcount for one in asked]
    counts: list[int] = []
    for at in range(0, len(asked), AT_ONCE):
        some = asked[at : at + AT_ONCE]
        counts += there.together(some) if len(some) > 1 else [there.execute(*some[0]).rowcount]
    return counts
