"""Values as both databases keep them, and what a table says as a whole, whichever of them holds it. Pure.

Flags are the numbers 0 and 1 here, as in SQLite. What one of the two cannot keep is said in the same way of both:
SQLite has no negative zero (0.0 and -0.0 are one number); PostgreSQL keeps no NUL character in a text, which is left
out, as it is and as JSON writes it, just as the relay does when it runs there.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from storage.copying.tables import Kind, Table
from storage.errors import StoreError

# A NUL character in JSON, where the backslash is not one that was itself written as two.
_JSON_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_TYPES = {Kind.FLAG: int, Kind.WHOLE: int, Kind.REAL: float, Kind.TEXT: str, Kind.BYTES: bytes}

Row = tuple[Any, ...]


class Fitting:
    """Rows of a table, seen to be of its columns' kinds: SQLite takes any value for any column.

    `loses_nul`: they are to be kept where NUL characters are not. `shortened` counts the rows that had some.
    """

    def __init__(self, table: Table, *, loses_nul: bool) -> None:
        self._table, self._good = table, set[tuple[type, ...]]()
        self._types = tuple(_TYPES[one.kind] for one in table.columns)
        self._texts = tuple(n for n, one in enumerate(table.columns) if loses_nul and one.kind is Kind.TEXT)
        self.rows = self.shortened = 0

    def __call__(self, rows: Sequence[Row]) -> Sequence[Row]:
        for shape in {tuple(map(type, row)) for row in rows} - self._good:
            self._see(shape)
            self._good.add(shape)
        if self._texts:
            rows = [self._without_nul(row, number) for number, row in enumerate(rows, 1)]
        self.rows += len(rows)
        return rows

    def _see(self, shape: tuple[type, ...]) -> None:
        """Without what stands there: it may be secret."""
        for column, is_there, wanted in zip(self._table.columns, shape, self._types, strict=True):
            if is_there is not wanted and is_there is not type(None):
                raise StoreError(
                    f"{self._table.name}.{column.name}: has something that is not {column.kind.value}, in one of the"
                    f" rows after the first {self.rows:,}"
                )

    def _without_nul(self, row: Row, number: int) -> Row:
        for place in self._texts:
            text = row[place]
            if text and ("\0" in text or "\\u0000" in text):
                break
        else:
            return row
        fitted = tuple(without_nul(one) if isinstance(one, str) else one for one in row)
        if any(fitted[place] != row[place] for place in self._table.places):
            raise StoreError(
                f"{self._table.name}: the key of row {self.rows + number:,} has a NUL character, which PostgreSQL"
                " cannot keep"
            )
        self.shortened += fitted != row
        return fitted


def without_nul(text: str) -> str:
    """Without the character that PostgreSQL keeps in no text; in JSON also without its escape."""
    text = text.replace("\0", "")
    return _JSON_NUL.sub(r"\1", text) if text.startswith(("[", "{")) else text


class Digest:
    """How many rows there were, and a hash over all of them in their order.

    A row is hashed as Python's `marshal` wrote it in version 2: every number to its last bit, a text never as a number,
    and nothing that would depend on what else is in the memory.
    """

    def __init__(self) -> None:
        self.rows, self._sha = 0, sha256()

    def add(self, rows: Sequence[Row]) -> None:
        self.rows += len(rows)
        self._sha.update(b"".join([marshal.dumps(row, 2) for row in rows]))

    @property
    def hash(self) -> str:
        return self._sha.hexdigest()
