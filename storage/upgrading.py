"""Before an older database is brought up to date, a copy of it is laid beside it."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from storage import copies, notes
from storage.backups import last_backup
from storage.errors import StoreError

KEPT = 2  # copies from before
WAIT_SECONDS = 900.0  # for another process that is at it: it copies first
FRESH_SECONDS = 3600.0  # a backup so young is as good as a copy

log = structlog.get_logger()


@contextlib.contextmanager
def patience(db: sqlite3.Connection) -> Iterator[None]:
    """As long as somebody else may take to copy and upgrade."""
    before = db.execute("PRAGMA busy_timeout").fetchone()[0]
    db.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000:.0f}")
    try:
        yield
    finally:
        db.execute(f"PRAGMA busy_timeout = {before}")


@contextlib.contextmanager
def copied_first(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """A new database needs no copy. What goes wrong afterwards names the copy; the transaction undoes the rest."""
    if not _has_data(db):
        yield
        return
    kept = _copy(db, path)
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(
            f"{path}: cannot be brought up to date: {error}; it is as it was, and there is a copy of it: {kept}"
        ) from error


def _has_data(db: sqlite3.Connection) -> bool:
    tables = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'note'"
    return db.execute(tables).fetchone() is not None


def _copy(db: sqlite3.Connection, path: Path) -> Path:
    backup = last_backup(notes.read(db, copies.BACKUP))
    if backup is not None and 0 <= time.time() - backup.at < FRESH_SECONDS and Path(backup.file).is_file():
        return Path(backup.file)
    to = path.with_name(f"{path.name}.before-{copies.stamp(time.time())}")
    log.info("older database", copying_megabytes=round(path.stat().st_size / 2**20))  # a large one takes its time
    try:
        copies.copy(path, to)
    except StoreError as error:
        raise StoreError(
            f"{error} (a copy comes before an upgrade; or with the version before, `liveblog-relay backup FILE` on"
            " another disk, and start this one within the hour)"
        ) from None
    copies.thin(path.parent, f"{path.name}.before-", "", KEPT)
    log.warning("copied before an upgrade", copy=str(to))
    return to
