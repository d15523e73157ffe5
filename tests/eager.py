"""Runs the relay as one that renews leases however short they are: `python -m tests.eager …`, as the command line."""

from __future__ import annotations

from bot.__main__ import cli
from bot.core import websub

if __name__ == "__main__":
    websub.RENEWED_AT_MOST = 0.0
    cli(prog_name="liveblog-relay")
