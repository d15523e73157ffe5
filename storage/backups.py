"""Backups in the folder beside the database: their names, how many are kept, and when the last one was made."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from storage import copies, notes
from storage.copies import Copied, Moment, Told
from storage.errors import StoreError, told
from storage.places import MAIN, of_bot

FOLDER = "backups"


@dataclass(frozen=True, slots=True)
class Backup:
    """When the last backup was made (seconds since 1970), and where it went."""

    at: float
    file: str


def back_up(path: Path, file: Path | None, *, bots: Sequence[str] = (MAIN,), told_of: Told) -> list[Copied]:
    """A backup of the databases of these bots, "main" first, whose own stands at `path`; into its folder of backups
    unless a file is named. Noted in each of them.

    Those of the others stand beside that of "main" by the rule of the databases, and all are of one moment. That of
    "main" is finished last: where it stands, the others do.
    """
    sources = {bot: of_bot(path, bot) for bot in bots}
    for source in sources.values():
        if not source.is_file():
            raise StoreError(f"{source}: there is no database yet")
    with told(path):
        to = file or _next_name(path)
        if file is None:
            to.parent.mkdir(mode=0o700, exist_ok=True)
        with contextlib.ExitStack() as opened:
            moments = {bot: opened.enter_context(copies.moment(source)) for bot, source in sources.items()}
            return [_copied(sources[bot], of_bot(to, bot), moments[bot], bot, told_of) for bot in reversed(bots)][::-1]


def _copied(path: Path, to: Path, of: Moment, bot: str, told_of: Told) -> Copied:
    if to.exists() and to.samefile(path):
        raise StoreError(f"{to}: is the database itself")
    copied = copies.copy(path, to, told_of=told_of, of=of, bot=bot)
    with contextlib.closing(copies.connect(path, "rw")) as db:
        text = json.dumps({"at": copied.made_at, "file": str(copied.file.resolve())})
        notes.keep(db, copies.BACKUP, text)
    return copied


def _next_name(path: Path) -> Path:
    return path.parent / FOLDER / f"{path.stem}-{copies.stamp(time.time())}.db"


def thin_backups(path: Path, keep: int) -> list[Path]:
    """Remove the oldest backups of this database, by their names, until so many are left, and what other bots have
    beside them. Returns what went."""
    with told(path):
        gone = copies.thin(path.parent / FOLDER, f"{path.stem}-", ".db", keep)
        others = _without_main(path)
        for one in others:
            one.unlink()
    return [*gone, *others]


def _without_main(path: Path) -> list[Path]:
    """Backups of other bots whose set is gone, or was never whole. One that is being made is newer than all."""
    folder, names = path.parent / FOLDER, f"{escape(path.stem)}-{copies.STAMP}"
    copies.sweep(folder, f"{names}.*.db")
    sets = sorted(one.name for one in folder.glob(f"{names}.db"))
    length = len(path.stem) + len("-20260304-031500")
    others = folder.glob(f"{names}.*.db")
    return sorted(one for one in others if sets and f"{one.name[:length]}.db" < sets[0])


def kept_backups(path: Path) -> list[float]:
    """When the backups in this database's folder were made, by their names: seconds since 1970, oldest first."""
    return copies.times(path.parent / FOLDER, f"{path.stem}-", ".db")


def last_backup(note: str | None) -> Backup | None:
    """What the note says."""
    return None if note is None else Backup(**json.loads(note))
