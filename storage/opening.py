"""Which engine an address names."""

from __future__ import annotations

from storage.errors import StoreError
from storage.sqlite import MAIN, SqliteStore, path_of
from storage.store import Store

POSTGRESQL = ("postgresql://", "postgres://")


def is_shared(url: str) -> bool:
    """Whether several nodes may work on it."""
    return url.startswith(POSTGRESQL)


def open_store(url: str, bot: str = MAIN, node: str = "") -> Store:
    """The store of a bot, where `storage.url` says. Tables are made or brought up to date.

    `node`: how we are called among others who work on it.
    """
    if not is_shared(url):
        return SqliteStore(path_of(url, bot))
    try:
        from storage.postgres.store import PostgresStore
    except ImportError as error:
        raise StoreError(
            f"storage.url: for PostgreSQL {error.name} is missing; install liveblog-relay[cluster]"
        ) from None
    return PostgresStore(url, bot, node)


async def is_made(url: str, bot: str = MAIN) -> bool:
    """Whether there are tables of ours at this address, for this bot. To ask makes none. StoreError."""
    if not is_shared(url):
        return path_of(url, bot).exists()
    store = open_store(url)  # which says what is missing where PostgreSQL cannot be spoken to
    from storage.postgres.place import Place
    from storage.postgres.survey import is_made as is_made_there

    await store.close()
    return await is_made_there(Place(url, bot))
