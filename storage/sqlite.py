"""The store on SQLite: one database, one relay. What may be asked of it stands in the doors, one for each room."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from storage import notes
from storage.database import Connections, StoreError, told
from storage.door_alarms import AlarmsDoor
from storage.door_blogs import BlogsDoor
from storage.door_chats import ChatsDoor
from storage.door_deliveries import DeliveriesDoor
from storage.door_editors import EditorsDoor
from storage.door_files import FilesDoor
from storage.door_forums import ForumsDoor
from storage.door_posts import PostsDoor
from storage.door_retention import RetentionDoor
from storage.door_vitals import VitalsDoor
from storage.looking import Due


class AlreadyRunning(StoreError):
    """Another relay runs on this database."""


def open_store(url: str) -> Store:
    """The store that `storage.url` names. Tables are made or brought up to date."""
    if not url.startswith("sqlite:///"):
        raise StoreError(
            f"storage.url: {url.split(':', maxsplit=1)[0]} is not available in this version; use sqlite:///…"
        )
    return Store(Path(url.removeprefix("sqlite:///")))


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
    VitalsDoor,
):
    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None
        self._due = Due()
        self._db = Connections(path)

    def claim_sole_use(self) -> None:
        """Be the one relay on this database, until the process ends in whatever way."""
        with told(self.path):
            lock = self.path.with_name(self.path.name + ".lock").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                lock.close()
                if isinstance(error, BlockingIOError):
                    raise AlreadyRunning(f"{self.path}: another relay runs on this database; stop it first") from None
                raise
        self._lock = lock

    async def close(self) -> None:
        await self._db.close()
        if self._lock is not None:
            self._lock.close()

    # --- notes: small things that outlive the process

    async def note(self, name: str) -> str | None:
        return await self._db.read(notes.read, name)

    async def keep_note(self, name: str, text: str | None) -> None:
        await self._db.write(notes.keep, name, text)
