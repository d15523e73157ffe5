"""One end of a copy: a database out of which, or into which, is copied, whichever its engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from storage.copying.tables import Table
from storage.copying.values import Row

Key = tuple[Any, ...]


class End(Protocol):
    """Nobody else may run, or write, on it for as long as it is open. StoreError where it cannot be done."""

    name: str  # its address as it may be shown: without a password
    keeps_nul: bool  # whether its texts may have the character NUL

    async def close(self) -> None: ...

    async def tables(self) -> Mapping[str, Table]:
        """All of the store's: what is the engine's own is none of them."""

    async def freeze(self) -> None:
        """From here on all that is read is as of one moment, until `note` is kept."""

    async def rows(self, table: Table, after: Key | None, most: int) -> Sequence[Row]:
        """The next ones by their key, at most so many."""

    async def count(self, table: Table) -> int: ...

    async def last_key(self, table: Table) -> Key | None: ...

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        """All of them or none."""

    async def empty(self, table: Table) -> None: ...

    async def numbers(self) -> Mapping[str, int]:
        """The highest number that each table gave to a row, also to one that is gone; where that is known."""

    async def number_on(self, numbers: Mapping[str, int]) -> None:
        """No number is given twice: neither one of these, nor one that a row has."""

    async def unanswered(self) -> int:
        """How many updates Telegram has handed over that nobody has dealt with: they stand in none of the tables."""

    async def settle(self) -> None:
        """All that was put is on the disk, and known to the planner of statements."""

    async def note(self, name: str) -> str | None: ...

    async def keep_note(self, name: str, text: str | None) -> None:
        """On the disk when it is done."""
