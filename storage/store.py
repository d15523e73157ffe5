"""The store: everything that may be asked of it stands in the doors, one for each room; behind them is one engine."""

from __future__ import annotations

from pathlib import Path

from storage import backups, copies, notes
from storage.backups import Backup
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
from storage.engine import Engine
from storage.looking import Due


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
    """`folder`: where on this machine it takes room; None: elsewhere."""

    folder: Path | None = None

    def __init__(self, db: Engine) -> None:
        self._due, self._db = Due(), db

    def claim_sole_use(self) -> None:
        """Be the one relay on this database, where there may be only one, until the process ends in whatever way."""

    async def close(self) -> None:
        await self._db.close()

    # --- notes: small things that outlive the process

    async def note(self, name: str) -> str | None:
        return await self._db.read(notes.read, name)

    async def keep_note(self, name: str, text: str | None) -> None:
        await self._db.write(notes.keep, name, text)

    # --- backups

    async def last_backup(self) -> Backup | None:
        """When the last backup was made, and where it went; None: none ever was."""
        return backups.last_backup(await self.note(copies.BACKUP))

    async def kept_backups(self) -> list[float]:
        """When the backups that are kept beside the database were made, oldest first."""
        return []
