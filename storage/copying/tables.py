"""What there is to copy: the tables that both databases have, by what they say of themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from storage.errors import StoreError
from storage.marks import MARKS


class Kind(Enum):
    """Of the values of a column. SQLite has no flags of its own: there they are whole numbers."""

    FLAG = "a flag"
    WHOLE = "a whole number"
    REAL = "a number"
    TEXT = "a text"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """`key`: the columns by whose order rows are read, and of which each row has its own."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.columns)

    @property
    def places(self) -> tuple[int, ...]:
        """Where in a row its key stands."""
        return tuple(map(self.names.index, self.key))


# The order of these rows means something (it is that of the file) and stands in no column of theirs: in SQLite's rowid.
IN_ORDER = frozenset({"blog"})
# What a database notes of being copied is its own.
LEFT_OUT: Mapping[str, str] = {"note": "name NOT IN ({})".format(", ".join(f"'{one}'" for one in MARKS))}


def agreed(there: Mapping[str, Table], here: Mapping[str, Table]) -> tuple[Table, ...]:
    """The tables that are to be copied, by their names. StoreError where the one database has what the other has not:
    nothing is left behind."""
    if odd := sorted(there.keys() ^ here.keys()):
        raise StoreError(f"only one of the two databases has the table {odd[0]}; both must be of this version")
    return tuple(_of_both(there[name], here[name]) for name in sorted(there))


def _of_both(there: Table, here: Table) -> Table:
    if odd := sorted(set(there.names) ^ set(here.names)):
        raise StoreError(
            f"only one of the two databases has the column {there.name}.{odd[0]}; both must be of this version"
        )
    if there.key != here.key or not there.key:
        raise StoreError(f"the table {there.name} has not the same key in both databases")
    kinds = {one.name: one.kind for one in here.columns}
    return replace(there, columns=tuple(_common(there.name, one, kinds[one.name]) for one in there.columns))


def _common(table: str, column: Column, kind: Kind) -> Column:
    if column.kind is kind:
        return column
    if {column.kind, kind} == {Kind.FLAG, Kind.WHOLE}:
        return replace(column, kind=Kind.FLAG)
    raise StoreError(f"{table}.{column.name}: is {column.kind.value} in the one database and {kind.value} in the other")


# --- statements, as both engines understand them -------------------------------------------------------------------


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def listed(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))


def selected(table: Table, what: str, marks: Sequence[str] | None) -> str:
    """`what` of its rows, by their key; `marks`: how the parameters are written that are the key after which."""
    these = [LEFT_OUT[table.name]] if table.name in LEFT_OUT else []
    if marks is not None:
        these.append(f"({listed(table.key)}) > ({', '.join(marks)})")
    where = f" WHERE {' AND '.join(these)}" if these else ""
    return f"SELECT {what} FROM {quoted(table.name)}{where} ORDER BY {listed(table.key)}"


def last_key(table: Table) -> str:
    where = f" WHERE {LEFT_OUT[table.name]}" if table.name in LEFT_OUT else ""
    down = ", ".join(f"{quoted(one)} DESC" for one in table.key)
    return f"SELECT {listed(table.key)} FROM {quoted(table.name)}{where} ORDER BY {down} LIMIT 1"


def counted(table: Table) -> str:
    where = f" WHERE {LEFT_OUT[table.name]}" if table.name in LEFT_OUT else ""
    return f"SELECT count(*) FROM {quoted(table.name)}{where}"


def emptied(table: Table) -> str:
    where = f" WHERE {LEFT_OUT[table.name]}" if table.name in LEFT_OUT else ""
    return f"DELETE FROM {quoted(table.name)}{where}"
