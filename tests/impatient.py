"""Runs the relay with a database that gives up a lock soon: `python -m tests.impatient …`, as the command line."""

from __future__ import annotations

import sqlite3
from typing import Any

from bot.__main__ import cli

SECONDS = 0.2


def hasten() -> None:
    usual = sqlite3.connect

    def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        return usual(*args, **kwargs | {"timeout": SECONDS})

    sqlite3.connect = connect


if __name__ == "__main__":
    hasten()
    cli(prog_name="liveblog-relay")
