"""The store: everything that may be asked of it stands in the doors, one for each room; behind them is one engine."""

from __future__ import annotations

from pathlib import Path

from storage import backups, copies, marks, notes
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
from storage.marks import CopiedTo


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
    """`folder`: where on this machine it takes room; None: elsewhere. `idle_seconds`: after so long there may be
    something to send that nobody told the sender of."""

    folder: Path | None = None
    idle_seconds = 0.5  # other processes (`push` on the command line) write to the same file

    def __init__(self, db: Engine) -> None:
        self._due, self._db = Due(), db

    def claim_sole_use(self) -> None:
        """Be the one relay on this database, where there may be only one, until the process ends in whatever way."""

    def forgot(self) -> bool:
        """Whether the last moments before we began may be missing, what was sent in them among the rest."""
        return False

    def held(self) -> bool:
        """Whether nobody else can be sending for this bot now. To be asked before anything is sent."""
        return True

    async def close(self) -> None:
        await self._db.close()

    # --- notes: small things that outlive the process

    async def note(self, name: str) -> str | None:
        return await self._db.read(notes.read, name)

    async def keep_note(self, name: str, text: str | None) -> None:
        await self._db.write(notes.keep, name, text)

    # --- being copied to another database

    async def refuse_where_it_is_not(self) -> None:
        """StoreError where no relay may run: this is a copy that is not whole, or went on at another place."""
        await self._db.read(marks.refuse_to_run)

    async def reopen(self) -> CopiedTo | None:
        """A relay may run again on what was copied to another place. Returns where to, None where it was not."""
        return await self._db.write(marks.reopen)

    # --- backups

    async def last_backup(self) -> Backup | None:
        """When the last backup was made, and where it went; None: none ever was."""
        return backups.last_backup(await self.note(copies.BACKUP))

    async def kept_backups(self) -> list[float]:
        """When the backups that are kept beside the database were made, oldest first."""
        return []
