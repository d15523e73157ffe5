"""A dump of PostgreSQL's own tools holds all there is, and can be put back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import asyncpg

from storage import open_store
from tests import postgres


async def test_a_dump_is_put_back_without_a_complaint() -> None:
    server = postgres.shared()
    wire = await asyncpg.connect(server.url())
    for name in ("dumped", "put_back"):
        await wire.execute(f"DROP DATABASE IF EXISTS {name}")
        await wire.execute(f"CREATE DATABASE {name}")
    await wire.close()
    for bot in ("main", "es"):
        store = open_store(server.url("dumped"), bot)
        await store.in_file([("storm", "Storm", None)], 1.0)
        await store.close()
    dump = server.folder / "relay.dump"
    _run(server, "pg_dump", "--format", "custom", "--file", str(dump), "--dbname", server.url("dumped"))
    _run(server, "pg_restore", "--no-owner", "--exit-on-error", "--dbname", server.url("put_back"), str(dump))
    wire = await asyncpg.connect(server.url("put_back"))
    assert await wire.fetchval("SELECT count(*) FROM blog") == 1
    assert await wire.fetchval("SELECT count(*) FROM bot_es.post") == 0
    await wire.close()


def _run(server: postgres.Server, name: str, *words: str) -> None:
    owner = "postgres" if os.geteuid() == 0 else None
    program = server.binaries / name if (server.binaries / name).exists() else Path(name)
    done = subprocess.run([str(program), *words], user=owner, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
