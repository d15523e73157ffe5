"""The store on SQLite: one file, one relay."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import IO

from storage import backups
from storage.database import Connections
from storage.errors import StoreError
from storage.sole import AlreadyRunning, sole_use
from storage.store import Store

__all__ = ["AlreadyRunning", "SqliteStore", "open_store", "path_of"]


def open_store(url: str) -> Store:
    """The store that `storage.url` names. Tables are made or brought up to date."""
    return SqliteStore(path_of(url))


def path_of(url: str) -> Path:
    """The file of the database that `storage.url` names."""
    if not url.startswith("sqlite:///"):
        raise StoreError(
            f"storage.url: {url.split(':', maxsplit=1)[0]} is not available in this version; use sqlite:///…"
        )
    return Path(url.removeprefix("sqlite:///"))


class SqliteStore(Store):
    def __init__(self, path: Path) -> None:
        super().__init__(Connections(path))
        self.path, self.folder = path, path.absolute().parent
        self._lock: IO[str] | None = None

    def claim_sole_use(self) -> None:
        self._lock = sole_use(self.path)

    async def close(self) -> None:
        await super().close()
        if self._lock is not None:
            self._lock.close()

    async def kept_backups(self) -> list[float]:
        return await asyncio.to_thread(backups.kept_backups, self.path)
