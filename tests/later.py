"""Runs the relay with its clock ahead, and may kill it at a step: `python -m tests.later SECONDS STEP …`, STEP "" for
none, as the command line."""

from __future__ import annotations

import sys
import time

usual = time.time


def put_ahead(seconds: float) -> None:
    """Before anything of the relay is imported that keeps the clock's function."""
    time.time = lambda: usual() + seconds


if __name__ == "__main__":
    put_ahead(float(sys.argv[1]))
    from bot.__main__ import cli
    from tests.killed_at import arm

    if sys.argv[2]:
        arm(sys.argv[2], 0)
    sys.argv[1:] = sys.argv[3:]
    cli(prog_name="liveblog-relay")
