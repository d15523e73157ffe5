"""Which engine each end of a copy has."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from storage.copying.end import End
from storage.errors import StoreError
from storage.marks import CopiedTo
from storage.opening import is_shared, open_store
from storage.sqlite import MAIN, path_of


@contextlib.asynccontextmanager
async def ends(source: str, target: str, bot: str = MAIN) -> AsyncIterator[tuple[End, End]]:
    """Both databases, for nobody but us. Addresses are as `storage.url` has them. StoreError where there is none to
    copy, or where a relay runs on one of them; nothing is made at the target then."""
    if _named(source, bot) == _named(target, bot):
        raise StoreError("FROM and TO are the same database")
    async with _opened(source, bot, is_new=False) as here, _opened(target, bot, is_new=True) as there:
        yield here, there


def _named(url: str, bot: str) -> object:
    return url if is_shared(url) else path_of(url, bot).resolve()


@contextlib.asynccontextmanager
async def _opened(url: str, bot: str, *, is_new: bool) -> AsyncIterator[End]:
    end = await _end(url, bot, is_new=is_new)
    try:
        yield end
    finally:
        await end.close()


async def _end(url: str, bot: str, *, is_new: bool) -> End:
    if not is_shared(url):
        from storage.copying import sqlite_end

        return await sqlite_end.open_end(path_of(url, bot), is_new=is_new)
    try:
        from storage.postgres import end
    except ImportError as error:
        raise StoreError(f"for PostgreSQL {error.name} is missing; install liveblog-relay[cluster]") from None
    return await end.open_end(url, bot, is_new=is_new)


async def reopened(url: str, bot: str = MAIN) -> CopiedTo | None:
    """A relay may run again on a database that was copied to another place. Returns where to, None where it was not."""
    async with _opened(url, bot, is_new=False):
        pass  # it is there, and nobody runs on it
    store = open_store(url, bot)
    try:
        return await store.reopen()
    finally:
        await store.close()
