"""A PostgreSQL of our own, for as long as the tests run: a folder, a socket in it, no network, nothing of the system's.

One for each process of tests, started when the first test wants it. Where no PostgreSQL is installed these tests are
skipped; with RELAY_POSTGRES=required in the environment that is a failure instead.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt", "/usr/local/opt", "/usr/pgsql")
# Nothing has to outlive the machine here; what has to outlive a kill of the server sets it otherwise.
QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
ALWAYS = ("listen_addresses = ''", "max_connections = 200", "autovacuum_naptime = 5s", "timezone = 'UTC'")

_numbers = itertools.count()


@dataclass(frozen=True)
class Server:
    """`folder` has the data, the socket and the log."""

    folder: Path
    binaries: Path

    def url(self, database: str = "postgres", **settings: str) -> str:
        more = "".join(f"&{name}={value}" for name, value in settings.items())
        return f"postgresql://relay@/{database}?host={self.folder}{more}"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / ".s.PGSQL.5432"

    def start(self) -> None:
        log = self.folder / "log"
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(log), "-w", "-t", "60", "start")

    def stop(self, how: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", how, "-w", "-t", "60", "stop")

    def fill(self, *settings: str) -> None:
        """Make an empty cluster."""
        self._run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "relay", "-E", "UTF8", "--no-sync",
                  "--locale=C")  # fmt: skip
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write("\n".join((*ALWAYS, *settings, f"unix_socket_directories = '{self.folder}'", "")))

    def _run(self, name: str, *words: str) -> None:
        """As `postgres` where we are root, since PostgreSQL refuses to run as root."""
        done = subprocess.run(
            [str(self.binaries / name), *words],
            user="postgres" if os.geteuid() == 0 else None,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.strip()}")


def server(*settings: str) -> Server:
    """One more server, running; it ends with this process."""
    binaries = _binaries()
    if binaries is None:
        _without("no PostgreSQL is installed here")
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="relay-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    one = Server(folder, binaries)
    one.fill(*settings)
    one.start()
    atexit.register(_end, one)
    return one


@functools.cache
def shared() -> Server:
    """The one of this process."""
    return server(*QUICK)


@contextlib.asynccontextmanager
async def schema(of: Server | None = None) -> AsyncIterator[str]:
    """The name of a schema that has nothing in it and goes with all that came into it, and into those named after
    it. `of`: the server; the shared one unless told."""
    of, name = of or shared(), f"test_{os.getpid()}_{next(_numbers)}"
    await _ask(of, f"CREATE SCHEMA {name}")
    try:
        yield name
    finally:
        await _drop(of, name)


async def _drop(of: Server, name: str) -> None:
    """What a process that was killed had asked for is still being done, and may want what we have while we want what
    it has: then PostgreSQL ends one of the two."""
    there = f"SELECT nspname FROM pg_namespace WHERE nspname = '{name}' OR nspname LIKE '{name}\\_%'"
    for one in [row[0] for row in await _ask(of, there)]:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(asyncpg.DeadlockDetectedError):
                    await _ask(of, f'DROP SCHEMA "{one}" CASCADE')
                    break


async def _ask(of: Server, question: str) -> list[asyncpg.Record]:
    wire = await asyncpg.connect(of.url())
    try:
        rows: list[asyncpg.Record] = await wire.fetch(question)
        return rows
    finally:
        await wire.close()


def _end(one: Server) -> None:
    one.stop()
    shutil.rmtree(one.folder, ignore_errors=True)


def is_there() -> bool:
    """Whether a PostgreSQL is installed here."""
    return _binaries() is not None


def _binaries() -> Path | None:
    """Where the server's programs are; Debian keeps them off the path."""
    if os.geteuid() == 0 and not _is_there(lambda: pwd.getpwnam("postgres")):
        return None
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent
    there = [one.parent for place in PLACES for one in Path(place).glob("*/bin/initdb")]
    return max(
        there,
        default=None,
        key=lambda one: [int(part) for part in one.parts[-2].split("@")[-1].split(".") if part.isdigit()],
    )


def _is_there(asked: Callable[[], object]) -> bool:
    try:
        asked()
    except KeyError:
        return False
    return True


def _without(why: str) -> None:
    if os.environ.get("RELAY_POSTGRES") == "required":
        pytest.fail(f"{why}, and RELAY_POSTGRES=required says that there must be one")
    pytest.skip(why)
