"""Backups in the folder beside the database: their names, how many are kept, and when the last one was made."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

from storage import copies, notes
from storage.copies import Copied, Told
from storage.errors import StoreError, told

FOLDER = "backups"


@dataclass(frozen=True, slots=True)
class Backup:
    """When the last backup was made (seconds since 1970), and where it went."""

    at: float
    file: str


def back_up(path: Path, file: Path | None, *, told_of: Told) -> Copied:
    """A backup of the database at `path`, into its folder of backups unless a file is named; noted in the database."""
    if not path.is_file():
        raise StoreError(f"{path}: there is no database yet")
    with told(path):
        to = file or _next_name(path)
        if file is None:
            to.parent.mkdir(mode=0o700, exist_ok=True)
        elif to.exists() and to.samefile(path):
            raise StoreError(f"{to}: is the database itself")
        copied = copies.copy(path, to, told_of=told_of)
        with contextlib.closing(copies.connect(path, "rw")) as db:
            text = json.dumps({"at": copied.made_at, "file": str(copied.file.resolve())})
            notes.keep(db, copies.BACKUP, text)
    return copied


def _next_name(path: Path) -> Path:
    return path.parent / FOLDER / f"{path.stem}-{copies.stamp(time.time())}.db"


def thin_backups(path: Path, keep: int) -> list[Path]:
    """Remove the oldest backups of this database, by their names, until so many are left. Returns what went."""
    with told(path):
        return copies.thin(path.parent / FOLDER, f"{path.stem}-", ".db", keep)


def kept_backups(path: Path) -> list[float]:
    """When the backups in this database's folder were made, by their names: seconds since 1970, oldest first."""
    return copies.times(path.parent / FOLDER, f"{path.stem}-", ".db")


def last_backup(note: str | None) -> Backup | None:
    """What the note says."""
    return None if note is None else Backup(**json.loads(note))
