"""A connection as the store's functions know it, on top of asyncpg."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import orjson
from asyncpg import Connection as Wire
from asyncpg import Record
from asyncpg.prepared_stmt import PreparedStatement

from storage.postgres.bridge import wait
from storage.postgres.dialect import spoken

Given: TypeAlias = "Mapping[str, Any] | Sequence[Any]"
AT_ONCE = 64  # rows that are fetched together where nobody says how many are wanted

_READ = ("SELECT", "WITH", "VALUES")


class Cursor:
    """What was asked. Rows are fetched when somebody wants them, and so many as are wanted."""

    rowcount = -1  # how many there are is known at the end

    def __init__(self, statement: PreparedStatement, given: Sequence[Any]) -> None:
        self._statement, self._given = statement, given

    def fetchone(self) -> Record | None:
        return wait(self._statement.fetchrow(*self._given))

    def fetchall(self) -> list[Record]:
        return wait(self._statement.fetch(*self._given))

    def __iter__(self) -> Iterator[Record]:
        portal = wait(_opened(self._statement, self._given))
        while rows := wait(portal.fetch(AT_ONCE)):
            yield from rows
            if len(rows) < AT_ONCE:
                return

    def close(self) -> None:
        """Nothing stands open on our side."""


async def _opened(statement: PreparedStatement, given: Sequence[Any]) -> Any:
    return await statement.cursor(*given)


class Done:
    """What a statement changed, with the rows it gave back."""

    def __init__(self, rows: Sequence[Record], said: str) -> None:
        self._rows = iter(rows)
        self.rowcount = int(said.rsplit(" ", 1)[-1]) if said[-1:].isdigit() else -1

    def fetchone(self) -> Record | None:
        return next(self._rows, None)

    def fetchall(self) -> list[Record]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Record]:
        return self._rows

    def close(self) -> None:
        """Nothing stands open."""


class Connection:
    """Says the store's statements on one session. To be used within `bridge.run`."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._known: dict[str, tuple[PreparedStatement, list[Callable[[Any], Any] | None], tuple[str, ...] | None]] = {}

    def execute(self, statement: str, given: Given = ()) -> Cursor | Done:
        prepared, shapes, names = self._prepared(statement)
        bound = _bound(given, names, shapes)
        if statement.lstrip().startswith(_READ):
            return Cursor(prepared, bound)
        rows = wait(prepared.fetch(*bound))
        return Done(rows, prepared.get_statusmsg())

    def executemany(self, statement: str, every: Iterable[Given]) -> None:
        prepared, shapes, names = self._prepared(statement)
        wait(prepared.executemany([_bound(given, names, shapes) for given in every]))

    def _prepared(self, statement: str) -> tuple[PreparedStatement, list[Callable[[Any], Any] | None], Any]:
        if (known := self._known.get(statement)) is None:
            text, names = spoken(statement)
            prepared = wait(self.wire.prepare(text))
            shapes = [
                _SHAPES.get(one.name, _listed if one.kind == "array" else None) for one in prepared.get_parameters()
            ]
            known = self._known[statement] = prepared, shapes, names
        return known


def _bound(given: Given, names: tuple[str, ...] | None, shapes: Sequence[Callable[[Any], Any] | None]) -> list[Any]:
    values = [given[name] for name in names or ()] if isinstance(given, Mapping) else list(given)
    return [
        value if value is None or shape is None else shape(value) for value, shape in zip(values, shapes, strict=True)
    ]


def _listed(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


def _text(value: Any) -> str:
    """The one character that PostgreSQL keeps in no text is left out: as it is, and as JSON writes it."""
    text = value if isinstance(value, str) else str(value)
    return text.replace("\0", "").replace("\\u0000", "")


# SQLite takes any value for any column; PostgreSQL takes what the column is made for.
_SHAPES: Mapping[str, Callable[[Any], Any]] = {
    "bool": bool,
    "int2": int,
    "int4": int,
    "int8": int,
    "float8": float,
    "text": _text,
}
