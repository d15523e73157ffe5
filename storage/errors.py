"""What the store says when it cannot: one line."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path


class StoreError(Exception):
    """The database would not do it; the text says what and where, in one line."""


class Overtaken(StoreError):
    """Nothing was written: since this was read, somebody else has published of the same blog, or it left the file."""


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Database and file errors as one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror or error}") from error
