"""What a store needs of a database: its rules run in transactions, and how much each is worth is said with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

from storage.spoken import Connection

P = ParamSpec("P")
T = TypeVar("T")
Query: TypeAlias = Callable[Concatenate[Connection, P], T]


class Engine(Protocol):
    """Each query is one transaction: all of it or nothing. StoreError where it cannot be done."""

    async def close(self) -> None: ...

    async def write(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """On the disk when it is done."""

    async def publish(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for what gives the sender something to do: wherever that runs, it hears of it at once."""

    async def erase(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for what is to leave no trace."""

    async def write_often(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for what is written many times a second. It outlives every end of this process; a machine that
        loses its power may forget the last second of it."""

    async def write_little(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write_often`, for what takes a millisecond or two."""

    async def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As of one moment."""

    async def count(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `read`, for what goes through very many rows: nobody who asks for little waits behind it."""
