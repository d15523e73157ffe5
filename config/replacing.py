"""Putting another text into the file: whole or not at all, and never over something that nobody else has."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

DRAFT = ".before-rollback"  # after the name of the file
_TRIES = 5


class CannotWrite(Exception):
    """The file was left as it is; the text says why, in one line."""


def put_back(path: Path, text: bytes, is_kept: Callable[[bytes], bool]) -> Path | None:
    """Let the file at `path` say `text`, atomically, with the permissions it has and at the end of whatever link.

    What stands there and is not kept elsewhere, as `is_kept` tells, is kept beside it first. Returns where, None where
    there was nothing to keep. CannotWrite where it cannot be done; then the file is as it was.
    """
    real = Path(os.path.realpath(path))
    try:
        for _ in range(_TRIES):
            before = _contents(real)
            if before == text:
                return None
            kept = None if before is None or is_kept(before) else _keep_beside(real, before)
            if _replace(real, text, before):
                return kept
    except OSError as error:
        raise CannotWrite(f"{path}: cannot be written: {error.strerror or error}{_hint(error)}") from None
    raise CannotWrite(f"{path}: somebody is writing it just now; try again")


def _hint(error: OSError) -> str:
    """A file that is mounted by itself can only be written in place, which a kill would leave half done."""
    return "; mount its folder instead of the file" if error.errno in _MOUNTED else ""


_MOUNTED = {errno.EBUSY, errno.EXDEV}


def _contents(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _keep_beside(path: Path, text: bytes) -> Path:
    """Under a name that nothing else has: an earlier draft stays as well."""
    number = 1
    while True:
        beside = path.with_name(f"{path.name}{DRAFT}{'' if number == 1 else f'-{number}'}")
        found = _contents(beside)
        if found == text:
            return beside
        if found is None:
            _write(beside, text, like=path)
            return beside
        number += 1


def _replace(path: Path, text: bytes, before: bytes | None) -> bool:
    """False where the file says something else by now than `before`; then nothing was done."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(part, text, like=path)
        if _contents(path) != before:
            return False
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync(path.parent)
    return True


def _write(path: Path, text: bytes, like: Path) -> None:
    """On the disk when it returns, and nobody's to read who may not read `like`."""
    mode = 0o600 if like.exists() else 0o666
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode), "wb") as file:
        if like.exists():
            _own_like(file.fileno(), like.stat())
            shutil.copystat(like, path)  # with what the system keeps beside the mode
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _own_like(file: int, owner: os.stat_result) -> None:
    made = os.fstat(file)
    if (made.st_uid, made.st_gid) != (owner.st_uid, owner.st_gid):
        os.fchown(file, owner.st_uid, owner.st_gid)


def _sync(folder: Path) -> None:
    """The new name is on the disk as well, where the file system knows how; the name is changed in any case."""
    number = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(number)
    finally:
        os.close(number)
