"""The store on SQLite: one database, one relay. What may be asked of it stands in the doors, one for each room."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import IO

from storage import backups, copies, notes
from storage.backups import Backup
from storage.database import Connections, StoreError
from storage.door_alarms import AlarmsDoor
from storage.door_blogs import BlogsDoor
from storage.door_chats import ChatsDoor
from storage.door_deliveries import DeliveriesDoor
from storage.door_editors import EditorsDoor
from storage.door_files import FilesDoor
from storage.door_forums import ForumsDoor
from storage.door_posts import PostsDoor
from storage.door_retention import RetentionDoor
from storage.door_return import ReturnDoor
from storage.door_vitals import VitalsDoor
from storage.looking import Due
from storage.sole import AlreadyRunning, sole_use

__all__ = ["AlreadyRunning", "Store", "open_store", "path_of"]


def open_store(url: str) -> Store:
    """The store that `storage.url` names. Tables are made or brought up to date."""
    return Store(path_of(url))


def path_of(url: str) -> Path:
    """The file of the database that `storage.url` names."""
    if not url.startswith("sqlite:///"):
        raise StoreError(
            f"storage.url: {url.split(':', maxsplit=1)[0]} is not available in this version; use sqlite:///…"
        )
    return Path(url.removeprefix("sqlite:///"))


class Store(
    AlarmsDoor,
    BlogsDoor,
    ChatsDoor,
    DeliveriesDoor,
    EditorsDoor,
    FilesDoor,
    ForumsDoor,
    PostsDoor,
    RetentionDoor,
    ReturnDoor,
    VitalsDoor,
):
    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None
        self._due = Due()
        self._db = Connections(path)

    def claim_sole_use(self) -> None:
        """Be the one relay on this database, until the process ends in whatever way."""
        self._lock = sole_use(self.path)

    async def close(self) -> None:
        await self._db.close()
        if self._lock is not None:
            self._lock.close()

    # --- notes: small things that outlive the process

    async def note(self, name: str) -> str | None:
        return await self._db.read(notes.read, name)

    async def keep_note(self, name: str, text: str | None) -> None:
        await self._db.write(notes.keep, name, text)

    async def last_backup(self) -> Backup | None:
        """When the last backup was made, and where it went; None: none ever was."""
        return backups.last_backup(await self.note(copies.BACKUP))

    async def kept_backups(self) -> list[float]:
        """When the backups that are kept beside the database were made, oldest first."""
        return await asyncio.to_thread(backups.kept_backups, self.path)
