"""What a rule of the store asks things of: a connection, whichever engine it leads to.

Statements are written so that both SQLite and PostgreSQL understand them, or as SQLite does where
`storage.postgres.dialect` knows what the other says instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol


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
