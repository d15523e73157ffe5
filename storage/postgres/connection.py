"""A connection as the store's functions know it, on top of asyncpg."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import orjson
from asyncpg import Connection as Wire
from asyncpg import Record
from asyncpg.prepared_stmt import PreparedStatement

from storage.postgres.bridge import wait
from storage.postgres.dialect import Spoken, spoken, together

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
        self._rows, self._said = iter(rows), said

    @property
    def rowcount(self) -> int:
        return int(self._said.rsplit(" ", 1)[-1]) if self._said[-1:].isdigit() else -1

    def fetchone(self) -> Record | None:
        return next(self._rows, None)

    def fetchall(self) -> list[Record]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Record]:
        return self._rows

    def close(self) -> None:
        """Nothing stands open."""


class Known(NamedTuple):
    """A statement that this session has prepared."""

    prepared: PreparedStatement
    shapes: Sequence[Callable[[Any], Any] | None]  # what makes of a value what its column takes
    names: tuple[str, ...] | None
    reads: bool


class Connection:
    """Says the store's statements on one session. To be used within `bridge.run`.

    Each is prepared once in the life of the session, under a name: one without would be parsed and planned anew
    every time, which costs more than most of them do.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._known: dict[object, Known] = {}
        self._names = itertools.count()

    def execute(self, statement: str, given: Given = ()) -> Cursor | Done:
        known = self._prepared(statement)
        bound = _bound(_values(given, known.names), known.shapes)
        if known.reads:
            return Cursor(known.prepared, bound)
        rows = wait(known.prepared.fetch(*bound))
        return Done(rows, known.prepared.get_statusmsg())

    def executemany(self, statement: str, every: Iterable[Given]) -> None:
        known = self._prepared(statement)
        wait(known.prepared.executemany([_bound(_values(given, known.names), known.shapes) for given in every]))

    def together(self, asked: Sequence[tuple[str, Given]]) -> list[int]:
        """One journey for statements that write, each of them other rows than the rest, and none looks at what another
        one writes. How many rows each of them changed."""
        parts = [spoken(statement) for statement, _ in asked]
        key = tuple(statement for statement, _ in asked)
        known = self._known.get(key) or self._prepare(key, Spoken(together([part.text for part in parts]), None))
        values = [value for (_, given), part in zip(asked, parts, strict=True) for value in _values(given, part.names)]
        return list(wait(known.prepared.fetchrow(*_bound(values, known.shapes))))

    def _prepared(self, statement: str) -> Known:
        return self._known.get(statement) or self._prepare(statement, spoken(statement))

    def _prepare(self, key: object, said: Spoken) -> Known:
        # Never a name twice: whoever was called off while it was prepared may have left it there.
        prepared = wait(self.wire.prepare(said.text, name=f"relay_{next(self._names)}"))
        shapes = [_SHAPES.get(one.name, _listed if one.kind == "array" else None) for one in prepared.get_parameters()]
        known = self._known[key] = Known(prepared, shapes, said.names, said.text.lstrip().startswith(_READ))
        return known


def _values(given: Given, names: tuple[str, ...] | None) -> Sequence[Any]:
    return [given[name] for name in names or ()] if isinstance(given, Mapping) else list(given)


def _bound(values: Sequence[Any], shapes: Sequence[Callable[[Any], Any] | None]) -> list[Any]:
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
