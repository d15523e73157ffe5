"""Copies of the database, whole and checked, made while others write in it.

A copy is marked as one (the note `copy`): whoever runs on it later has to know that the world went on without it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from storage import notes, schema
from storage.errors import StoreError, told

COPY = "copy"  # the note: when it was made, in seconds since 1970
BOT = "copy of bot"  # the note: whose
BACKUP = "last backup"  # the note in the database itself: when, and where to
PART = ".part"  # a copy that is not whole yet
PAGES = 512  # in one step
SYNC_BYTES = 32 * 2**20  # so much is written between two looks at the disk, which others wait for as well
REST_SECONDS = 0.01  # at most, after each step, for those who have something to send

Told = Callable[[int, int], None]  # so many pages of so many are done


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A whole copy: where it is, its size, and the instant whose state it has (seconds since 1970)."""

    file: Path
    size: int
    made_at: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A state of a database that stays as it was at this instant (seconds since 1970), whatever is written."""

    db: sqlite3.Connection
    at: float


@contextlib.contextmanager
def moment(path: Path, mode: str = "rw") -> Iterator[Moment]:
    """This one, for as long as it is looked at: an open transaction keeps every step of a copy to one state, and the
    copy from beginning anew at every write."""
    with told(path), contextlib.closing(connect(path, mode)) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield Moment(db, time.time())
        db.execute("ROLLBACK")


def copy(
    path: Path,
    to: Path,
    *,
    told_of: Told = lambda done, of: None,
    mode: str = "rw",
    of: Moment | None = None,
    bot: str | None = None,
) -> Copied:
    """The state of this moment, or of that one, in a file of its own, which only its owner may read. StoreError, with
    nothing left over. `bot`: whose it is; None: as the database itself says.

    Nobody waits for it: a reader of a write-ahead log stands in no writer's way, and what is written meanwhile does not
    make it begin again.
    """
    with told(path):
        _refuse_small_disk(path, to)
        part = to.with_name(to.name + PART)
        with _alone(part):
            try:
                with contextlib.nullcontext(of) if of else moment(path, mode) as now:
                    _written(now, part, told_of, bot)
                examine(part)
                size = part.stat().st_size
                part.replace(to)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        sync_folder(to)
    return Copied(file=to, size=size, made_at=now.at)


def _refuse_small_disk(path: Path, to: Path) -> None:
    needed = sum(file.stat().st_size for file in (path, _beside(path, "-wal")) if file.exists())
    free = shutil.disk_usage(to.parent).free
    if free < needed:
        raise StoreError(
            f"{to.parent}: a copy of {path} needs {_mb(needed)} there, and {_mb(free)} are free; make room"
        )


def _mb(size: int) -> str:
    return f"{size / 2**20:,.1f} MB"


@contextlib.contextmanager
def _alone(part: Path) -> Iterator[None]:
    """One that was left over is written anew, one that is being written is left alone."""
    number = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"{part}: another copy is being written there") from None
        os.fchmod(number, 0o600)
        os.ftruncate(number, 0)
        yield
    finally:
        os.close(number)


def _written(of: Moment, part: Path, told_of: Told, bot: str | None) -> None:
    with contextlib.closing(connect(part, "rw")) as target:
        target.execute("PRAGMA journal_mode = OFF")
        target.execute("PRAGMA synchronous = OFF")
        of.db.backup(target, pages=PAGES, progress=_Steps(part, target, told_of))
    with contextlib.closing(connect(part, "rw")) as target:
        target.execute("PRAGMA journal_mode = DELETE")  # one file, whole by itself
        if _has_notes(target):
            notes.keep(target, COPY, str(of.at))
            if bot is not None:
                notes.keep(target, BOT, bot)
    sync(part)


class _Steps:
    """After each step: what is written goes to the disk in small portions, and others have their turn."""

    def __init__(self, part: Path, target: sqlite3.Connection, told_of: Told) -> None:
        self._part, self._told_of = part, told_of
        self._bytes, self._before = 0, time.monotonic()
        self._step = PAGES * 4096

    def __call__(self, status: int, remaining: int, total: int) -> None:
        self._told_of(total - remaining, total)
        self._bytes += self._step
        if self._bytes >= SYNC_BYTES:
            self._bytes = 0
            sync(self._part)
        time.sleep(min(REST_SECONDS, (time.monotonic() - self._before) / 2))
        self._before = time.monotonic()


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """One that is there: it makes none. `mode` is "rw", "ro", or "immutable" for a file in which nobody writes."""
    how = "mode=ro&immutable=1" if mode == "immutable" else f"mode={mode}"
    db = sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, isolation_level=None, timeout=10.0)
    db.row_factory = sqlite3.Row
    return db


def _has_notes(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'note'").fetchone() is not None


def examine(path: Path) -> float | None:
    """Whether a file is a whole database of ours that this version can run on: StoreError where not.

    Returns the instant at which it was copied; None where it is no copy.
    """
    with told(path), contextlib.closing(connect(path, way_to_read(path))) as db:
        db.execute("PRAGMA trusted_schema = OFF")
        try:
            _refuse_others(db, path)
            wrong = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path}: is no whole database: {error}") from None
        if wrong != "ok":
            raise StoreError(f"{path}: is damaged: {' '.join(str(wrong).split())}")
        found = notes.read(db, COPY)
    return None if found is None else float(found)


def whose(path: Path) -> str | None:
    """The bot of a backup; None where it does not say."""
    with told(path), contextlib.closing(connect(path, way_to_read(path))) as db:
        return notes.read(db, BOT)


def way_to_read(path: Path) -> str:
    """Where a log stands beside it, what is in there counts."""
    wal = _beside(path, "-wal")
    return "ro" if wal.exists() and wal.stat().st_size else "immutable"


def _refuse_others(db: sqlite3.Connection, path: Path) -> None:
    if not _ours(_tables(db)):
        raise StoreError(f"{path}: is no database of Liveblog Relay")
    refuse_newer(db, path)


def refuse_others(path: Path) -> None:
    """StoreError where a file is no database of ours, or one of a newer version."""
    with contextlib.closing(connect(path, way_to_read(path))) as db:
        _refuse_others(db, path)


def refuse_strangers(path: Path) -> None:
    """Another program's database is left exactly as it is; a file without tables may become ours. StoreError."""
    with contextlib.closing(connect(path, "rw")) as db:
        tables = _tables(db)
    if tables and not _ours(tables):
        raise StoreError(f"{path}: is no database of Liveblog Relay; storage.url has to name another file")


def _tables(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _ours(tables: set[str]) -> bool:
    return {"_sqlite_migrations", "delivery", "note"} <= tables


def make_room(path: Path) -> None:
    """The folder for a file. StoreError where a folder has the file's name, or a file the folder's."""
    if path.is_dir():
        raise StoreError(f"{path}: is a folder; storage.url has to name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise StoreError(f"{path.parent}: is a file, and no folder in which {path.name} could be") from None


def refuse_newer(db: sqlite3.Connection, path: Path) -> None:
    """A version that does not know all there is to fill in would leave it out."""
    known = schema.names()
    newer = [one.name for one in schema.migrations.applied(Database(db)) if one.name not in known]
    if newer:
        raise StoreError(f"{path}: written by a newer version of the relay ({', '.join(newer)}); use that one")


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def sync(file: Path) -> None:
    number = os.open(file, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sync_folder(file: Path) -> None:
    """So that the names in its folder outlast a loss of power."""
    sync(file.parent)


def stamp(at: float) -> str:
    """An instant in the name of a file, by which names sort."""
    return f"{datetime.fromtimestamp(at, UTC):%Y%m%d-%H%M%S}"


STAMP = "[0-9]" * 8 + "-" + "[0-9]" * 6


def times(folder: Path, before: str, after: str) -> list[float]:
    """Of the copies with a time between these two parts of their names, these times; oldest first."""
    stamps = (one.name[len(before) : -len(after)] for one in folder.glob(f"{escape(before)}{STAMP}{escape(after)}"))
    return sorted(at for one in stamps if (at := _time(one)) is not None)


def _time(stamped: str) -> float | None:
    """None for digits that are no time."""
    try:
        return datetime.strptime(f"{stamped}Z", "%Y%m%d-%H%M%S%z").timestamp()
    except ValueError:
        return None


def thin(folder: Path, before: str, after: str, keep: int) -> list[Path]:
    """Of the copies with a time between these two parts of their names, remove all but the newest so many, and what was
    left over of those that were never whole. Returns the former."""
    names = f"{escape(before)}{STAMP}{escape(after)}"
    sweep(folder, names)
    old = sorted(folder.glob(names), key=lambda one: one.name, reverse=True)[keep:]
    for one in old:
        one.unlink()
    return old


def sweep(folder: Path, names: str) -> None:
    """Remove what was left over of copies with such names (a pattern) that were never whole."""
    for part in folder.glob(names + PART):
        with contextlib.suppress(StoreError), _alone(part):
            part.unlink()
