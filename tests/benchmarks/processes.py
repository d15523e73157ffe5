"""Other processes: what plays Telegram, and the clients that are measured, each fresh."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass
class Server:
    """What plays Telegram in this run. `page` is a live blog, where it has one."""

    process: asyncio.subprocess.Process
    api_base: str
    token: str
    page: str = ""

    async def ask(self, line: str = "count") -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n".encode())
        answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return answer


def ready() -> contextlib.AbstractAsyncContextManager[Server]:
    """As fast as can be, without limits."""
    return _server("tests.benchmarks.answerer")


def strict(per_second: float) -> contextlib.AbstractAsyncContextManager[Server]:
    """The local Telegram; 0: without limits."""
    return _server("tests.benchmarks.server", str(per_second))


def page_server() -> contextlib.AbstractAsyncContextManager[Server]:
    """Very many live blogs below one address; asked anything, it puts a new post on each."""
    return _server("tests.benchmarks.pages")


@contextlib.asynccontextmanager
async def _server(module: str, *words: str) -> AsyncIterator[Server]:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", module, *words]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield Server(process, *(await process.stdout.readline()).decode().split())
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def measured(name: str, **asked: Any) -> dict[str, Any]:
    """One run of one client, in a process of its own; what it found."""
    command = [sys.executable, "-m", "tests.benchmarks.child", name, json.dumps(asked)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the benchmark {name} {asked} failed:\n{done.stderr.decode()[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
