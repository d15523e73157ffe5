"""Notices when the file was saved, however an editor or a cluster saves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from hashlib import sha256
from pathlib import Path

from watchfiles import awatch

QUIET_SECONDS = 0.3  # this long without further change counts as saved
LOOK_SECONDS = 1.0  # notices do not cross every mount: look by ourselves too, and stay within two seconds of saving


def changes(path: str | Path, quiet: float = QUIET_SECONDS) -> AsyncGenerator[None, None]:
    """Yields once after every change of what the file at `path` says, counted from this call, until it is closed.

    The folder is watched, not the file: editors put a new file in its place, clusters turn a link to another folder. A
    file that is missing for a moment changes nothing until it is back, and neither does one saved as it was.
    """
    path = Path(path).absolute()
    return _changes(path, quiet, _contents(path))


async def _changes(path: Path, quiet: float, known: bytes | None) -> AsyncGenerator[None, None]:
    while True:
        async with aclosing(_signs(path.parent)) as signs:
            async for _ in signs:
                found = await _settled(path, quiet, known)
                if found not in (known, None):
                    known = found
                    yield


async def _signs(folder: Path) -> AsyncGenerator[None, None]:
    """Something happened in the folder, or it is time to look; ends when the folder is no longer the one it was."""
    before = await asyncio.to_thread(_identity, folder)
    yield  # something may have happened before the watch began
    try:
        async with aclosing(_watch(folder)) as notices:
            async for _ in notices:
                yield
                if await asyncio.to_thread(_identity, folder) != before:
                    return
    except OSError:  # no folder, or the system's watches are used up: just look
        await asyncio.sleep(LOOK_SECONDS)


def _watch(folder: Path) -> AsyncGenerator[object, None]:
    return awatch(
        folder,
        watch_filter=None,
        recursive=False,
        step=100,
        debounce=200,
        rust_timeout=round(LOOK_SECONDS * 1000),
        yield_on_timeout=True,
    )


async def _settled(path: Path, quiet: float, known: bytes | None) -> bytes | None:
    """What the file says once it is what we know or has stayed for `quiet` seconds; None while it is missing."""
    before = await asyncio.to_thread(_contents, path)
    while before != known:
        await asyncio.sleep(quiet)
        after = await asyncio.to_thread(_contents, path)
        if after == before:
            break
        before = after
    return before


def _contents(path: Path) -> bytes | None:
    try:
        return sha256(path.read_bytes()).digest()
    except OSError:
        return None


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        about = folder.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino
