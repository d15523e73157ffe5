"""The copying of one database into another, and the comparing afterwards.

A copy that was begun goes on where it was: every chunk is there or is not, and what is there says how far it came. What
is there is compared with its source first, so that one which changed meanwhile is noticed, and copied anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

from storage import marks
from storage.copying.end import End, Key
from storage.copying.tables import Table, agreed
from storage.copying.values import Digest, Fitting, Row
from storage.errors import StoreError
from storage.marks import COPIED_FROM, COPIED_TO, CopiedFrom, CopiedTo

FIRST_ROWS, MOST_ROWS = 200, 5000  # in one chunk
CHUNK_BYTES = 4 * 2**20  # about so much is in the memory at a time, whatever the rows
SAMPLE = 50  # every so manieth row is looked at for how long they are

Told = Callable[[str, int], None]  # what is being done, and that so many more rows are done


@dataclass(frozen=True, slots=True)
class Compared:
    """A table as each of the two databases has it: how many rows, and a hash over all of them."""

    table: str
    rows: tuple[int, int]
    hashes: tuple[str, str]

    @property
    def same(self) -> bool:
        return self.rows[0] == self.rows[1] and self.hashes[0] == self.hashes[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMade:
    """`at` (seconds since 1970): since then the relay may go on there, and must not here. `begun_before`: this was the
    rest of a copy, of which the tables `anew` were copied again since they had changed in the source; `without_nul`:
    in so many rows were NUL characters, which PostgreSQL does not keep; `unanswered`: so many updates of Telegram were
    left behind, with which no node had dealt."""

    tables: tuple[Compared, ...]
    at: float
    begun_before: bool
    anew: tuple[str, ...]
    without_nul: int
    unanswered: int


class Differs(StoreError):
    """The two are not the same after all, and the copy is not to be used; `tables` says where."""

    def __init__(self, tables: tuple[Compared, ...]) -> None:
        self.tables = tables
        first = next(one for one in tables if not one.same)
        super().__init__(f"{first.table}: is not the same in both databases after the copy; it must not be used")


async def copy(source: End, target: End, told_of: Told = lambda what, rows: None) -> CopyMade:
    """All of the store's tables from the one into the other, compared row by row when it is done. From then on a relay
    may run on the target, and none on the source."""
    work = _Copying(source, target, agreed(await source.tables(), await target.tables()), told_of)
    return await work.run()


async def rows_to_copy(source: End) -> int:
    """How many there are, for whoever wants to see how far it is."""
    return sum([await source.count(one) for one in (await source.tables()).values()])


class _Copying:
    def __init__(self, source: End, target: End, tables: Sequence[Table], told_of: Told) -> None:
        self.source, self.target, self.tables, self.told_of = source, target, tables, told_of
        self.anew: list[str] = []
        self.without_nul = 0

    async def run(self) -> CopyMade:
        begun_before = await self._begin()
        await self.source.freeze()
        for table in self.tables:
            await self._copy(table)
        await self.target.number_on(await self.source.numbers())
        await self.target.settle()
        compared = tuple([await self._compared(table) for table in self.tables])
        if not all(one.same for one in compared):
            raise Differs(compared)
        unanswered = await self.source.unanswered()
        return CopyMade(
            tables=compared,
            at=await self._end(),
            begun_before=begun_before,
            anew=tuple(self.anew),
            without_nul=self.without_nul,
            unanswered=unanswered,
        )

    # --- whether it may be done, and what is noted of it

    async def _begin(self) -> bool:
        """Whether it had been begun before."""
        begun = marks.copied_from(await self.target.note(COPIED_FROM))
        mine = await self._mine(begun)
        if begun is None:
            await self._refuse_what_is_not_empty()
            mark = CopiedFrom(mine, self.source.name, time.time())
            await self.target.keep_note(COPIED_FROM, marks.written(mark))
            return False
        if begun.name != mine:
            raise StoreError(
                f"{self.target.name}: holds the beginning of a copy of another database, {begun.place}; go on with"
                " that one, or copy into an empty database"
            )
        return True

    async def _mine(self, begun: CopiedFrom | None) -> str:
        """The source's own name, given to it when it is first copied."""
        if (half := marks.copied_from(await self.source.note(COPIED_FROM))) is not None:
            raise StoreError(f"{self.source.name}: is a copy of {half.place} that is not whole; finish that one first")
        gone = marks.copied_to(await self.source.note(COPIED_TO))
        if gone is None:
            gone = CopiedTo(uuid.uuid4().hex)
            await self.source.keep_note(COPIED_TO, marks.written(gone))
        if gone.at is not None and (begun is None or begun.name != gone.name):
            raise StoreError(
                f"{self.source.name}: was copied to {gone.to} on {marks.when(gone.at)}, and is not what the relay goes"
                " on with; copy from there, or see `liveblog-relay db reopen`"
            )
        return gone.name

    async def _refuse_what_is_not_empty(self) -> None:
        for table in self.tables:
            if await self.target.last_key(table) is not None:
                raise StoreError(
                    f"{self.target.name}: is not empty (there is something in the table {table.name}), and was left as"
                    " it is; copy into an empty database"
                )

    async def _end(self) -> float:
        """At no moment may a relay run on both: here it ends before it begins there."""
        at = time.time()
        name = marks.copied_to(await self.source.note(COPIED_TO))
        assert name is not None, "it was given when this began"
        gone = CopiedTo(name.name, self.target.name, at)
        await self.source.keep_note(COPIED_TO, marks.written(gone))
        await self.target.keep_note(COPIED_FROM, None)
        return at

    # --- copying

    async def _copy(self, table: Table) -> None:
        last = await self.target.last_key(table)
        if last is not None:
            last = await self._same_so_far(table, last)
        fitting = self._fitting(self.source, table)
        async with contextlib.aclosing(_chunks(self.source, table, fitting, last)) as chunks:
            async for rows in chunks:
                await self.target.put(table, rows)
                self.told_of(f"copying {table.name}", len(rows))

    async def _same_so_far(self, table: Table, last: Key) -> Key | None:
        """From where to go on. What is there and is not, or no longer, what the source begins with is taken away."""
        what = f"looking at {table.name}"
        there = await self._digest(self.target, table, self._fitting(self.target, table), what)
        here = await self._digest(self.source, table, self._fitting(self.source, table), most=there.rows)
        if (there.rows, there.hash) == (here.rows, here.hash):
            return last
        self.anew.append(table.name)
        await self.target.empty(table)
        self.told_of(f"copying {table.name}", -there.rows)
        return None

    # --- comparing

    async def _compared(self, table: Table) -> Compared:
        what, fitting = f"comparing {table.name}", self._fitting(self.source, table)
        here, there = await asyncio.gather(
            self._digest(self.source, table, fitting, what),
            self._digest(self.target, table, self._fitting(self.target, table)),
        )
        self.without_nul += fitting.shortened
        return Compared(table.name, (here.rows, there.rows), (here.hash, there.hash))

    async def _digest(
        self, end: End, table: Table, fitting: Fitting, what: str | None = None, most: int | None = None
    ) -> Digest:
        """Of the first so many rows, or of all."""
        digest = Digest()
        async with contextlib.aclosing(_chunks(end, table, fitting, None)) as chunks:
            async for rows in chunks:
                some = rows if most is None else rows[: most - digest.rows]
                digest.add(some)
                if what is not None:
                    self.told_of(what, len(some))
                if digest.rows == most:
                    break
        return digest

    def _fitting(self, end: End, table: Table) -> Fitting:
        return Fitting(table, loses_nul=end is self.source and end.keeps_nul and not self.target.keeps_nul)


async def _chunks(end: End, table: Table, fitting: Fitting, after: Key | None) -> AsyncGenerator[Sequence[Row], None]:
    """Rows after this key, some at a time; while they are dealt with the next ones are fetched."""
    most = FIRST_ROWS
    fetched: asyncio.Task[Sequence[Row]] = asyncio.create_task(_fetched(end, table, after, most))
    try:
        while found := await fetched:
            rows = fitting(found)
            last = tuple(rows[-1][place] for place in table.places)
            most = _next_most(rows, most)
            fetched = asyncio.create_task(_fetched(end, table, last, most))
            yield rows
    finally:
        with contextlib.suppress(StoreError):
            await fetched  # a database does one thing at a time, and what was begun is not to be stopped


async def _fetched(end: End, table: Table, after: Key | None, most: int) -> Sequence[Row]:
    return await end.rows(table, after, most)


def _next_most(rows: Sequence[Row], most: int) -> int:
    """So many that they take about as much room as is meant for them."""
    sample = rows[::SAMPLE]
    size = max(1, sum(len(repr(row)) for row in sample) // len(sample))
    return max(1, min(MOST_ROWS, 4 * most, CHUNK_BYTES // size))
