"""A copy in the place of the database: at every moment either the old one or the new one stands there, whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storage import copies, notes
from storage.copies import Told
from storage.errors import StoreError, told
from storage.places import MAIN
from storage.sole import sole_use

FRESH = ".restoring"
KEPT = ".replaced-"
SIDES = ("-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """What stands there now is the state at `made_at` (seconds since 1970); what stood there is `kept`.

    `acts`: what editors did since then, by the kept database, as far as it can be read.
    """

    made_at: float
    kept: Path | None
    acts: Mapping[str, int] = field(default_factory=dict)


def put_back(
    file: Path, path: Path, *, bot: str = MAIN, resend: bool = False, told_of: Told = lambda done, of: None
) -> PutBack:
    """Put the copy `file` in the place of the database at `path`, on which no relay may run.

    `resend`: it is to go on as if nothing had left it since. StoreError where the copy is none, or where the database
    is in use; then everything is as it was.
    """
    return put_all_back({bot: (file, path)}, resend=resend, told_of=told_of)[bot]


def put_all_back(
    places: Mapping[str, tuple[Path, Path]], *, resend: bool = False, told_of: Told = lambda done, of: None
) -> dict[str, PutBack]:
    """The same for several bots, by their names: all of it or, up to the moment at which names change, nothing."""
    with contextlib.ExitStack() as undone:
        fresh = [undone.enter_context(_fresh(file, path, bot, resend, told_of)) for bot, (file, path) in places.items()]
        put = [_place(one) for one in fresh]
        return dict(zip(places, put, strict=True))


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A copy that is ready to take the place of the database at `path`."""

    file: Path
    path: Path
    made_at: float


@contextlib.contextmanager
def _fresh(file: Path, path: Path, bot: str, resend: bool, told_of: Told) -> Iterator[_Fresh]:
    """No relay begins meanwhile, and what came to no use is left nowhere."""
    if not file.is_file():
        raise StoreError(f"{file}: there is no such file")
    path = path.resolve()
    fresh = path.with_name(path.name + FRESH)
    with told(path):
        copies.make_room(path)
        if path.exists() and file.samefile(path):
            raise StoreError(f"{file}: is the database itself")
        with contextlib.closing(sole_use(path)):
            made_at = copies.examine(file) or file.stat().st_mtime
            _refuse_another_bots(file, bot)
            try:
                copies.copy(file, fresh, told_of=told_of, mode=copies.way_to_read(file))
                _mark(fresh, None if resend else made_at)
                _belong_as_before(fresh, path)
                yield _Fresh(fresh, path, made_at)
            finally:
                fresh.unlink(missing_ok=True)


def _refuse_another_bots(file: Path, bot: str) -> None:
    whose = copies.whose(file)
    if whose not in (None, bot):
        raise StoreError(f"{file}: is a backup of the bot {whose}, not of {bot}; --bot {whose} restores it alone")


def _place(fresh: _Fresh) -> PutBack:
    with told(fresh.path):
        kept = _keep(fresh.path)
        fresh.file.replace(fresh.path)
        copies.sync_folder(fresh.path)
    return PutBack(made_at=fresh.made_at, kept=kept, acts=_acts_since(kept, fresh.made_at) if kept else {})


def _mark(fresh: Path, made_at: float | None) -> None:
    with contextlib.closing(copies.connect(fresh, "rw")) as db:
        notes.keep(db, copies.COPY, None if made_at is None else str(made_at))
    copies.sync(fresh)


def _belong_as_before(fresh: Path, path: Path) -> None:
    """To whom the database belonged, or else its folder: who restores is often not who runs the relay."""
    before = path if path.exists() else path.parent
    about = before.stat()
    if before == path:
        fresh.chmod(about.st_mode & 0o777)
    if (about.st_uid, about.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(PermissionError):
            os.chown(fresh, about.st_uid, about.st_gid)


def _keep(path: Path) -> Path | None:
    """What stands there gets a second name; its log is folded in first, so that it fits nothing that comes after it."""
    sides = [path.with_name(path.name + end) for end in SIDES]
    kept = path.with_name(f"{path.name}{KEPT}{copies.stamp(time.time())}")
    if path.exists():
        _fold(path)
        _link(path, kept)
    if sides[0].exists() and sides[0].stat().st_size:
        _link(sides[0], kept.with_name(kept.name + SIDES[0]))
    copies.sync_folder(path)
    for one in sides:
        one.unlink(missing_ok=True)
    return kept if kept.exists() else None


def _fold(path: Path) -> None:
    """A damaged one is kept as it is, with its log."""
    with contextlib.closing(copies.connect(path, "rw")) as db:
        try:
            busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return
            busy = True
        except sqlite3.DatabaseError:
            return
    if busy:
        raise StoreError(f"{path}: another program uses it; end that first")


def _link(file: Path, name: Path) -> None:
    if name.exists() and name.samefile(file):  # a restore that was killed within this very second
        return
    try:
        name.hardlink_to(file)
    except OSError:  # a file system without
        shutil.copy2(file, name)
        copies.sync(name)


def _acts_since(kept: Path, at: float) -> Mapping[str, int]:
    with contextlib.suppress(sqlite3.Error), contextlib.closing(copies.connect(kept, copies.way_to_read(kept))) as db:
        return Counter(row["act"] for row in db.execute("SELECT act FROM audit WHERE at > ? ORDER BY id", (at,)))
    return {}
