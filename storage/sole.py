"""One relay on one database: a lock that dies with its process."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from storage.errors import StoreError, told


class AlreadyRunning(StoreError):
    """Another relay runs on this database."""


def sole_use(path: Path) -> IO[str]:
    """Be the only one who runs on this database, or puts another one in its place, until the file is closed."""
    with told(path):
        lock = path.with_name(path.name + ".lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            if isinstance(error, BlockingIOError):
                raise AlreadyRunning(f"{path}: another relay runs on this database; stop it first") from None
            raise
    return lock
