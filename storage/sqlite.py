"""The store on SQLite: one file, one relay."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import IO

from storage import backups
from storage.database import Connections
from storage.errors import StoreError
from storage.places import MAIN, of_bot
from storage.sole import AlreadyRunning, sole_use
from storage.store import Store

__all__ = ["MAIN", "AlreadyRunning", "SqliteStore", "path_of"]


def path_of(url: str, bot: str = MAIN) -> Path:
    """The file of a bot's database, by what `storage.url` names: that of the bot "main", or one beside it."""
    if not url.startswith("sqlite:///"):
        kind = url.split(":", maxsplit=1)[0]
        raise StoreError(f"storage.url: this is about a file of SQLite's, and {kind} is none; use sqlite:///…")
    return of_bot(Path(url.removeprefix("sqlite:///")), bot)


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
