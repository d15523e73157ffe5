"""Processes of the interpreter that need not read all of the relay first: a process that has read it forks for each.

They are processes like any other, with a number, an environment, a folder and an output of their own, that can be
killed; only the second and a half of CPU in which each would have read the same modules is spent once. What it is like
to start in earnest is tested where the command line is.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

READ = ["bot.cli", "bot.app", "bot.cluster", "storage.postgres.store", "storage.sqlite"]
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(READ)


class Begun:
    """As asyncio's own, as far as tests need it."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid is not None
        self._process, self.pid = process, process.pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(process.sentinel, self._note)

    def _note(self) -> None:
        self._loop.remove_reader(self._process.sentinel)
        self._process.join()
        self.returncode = self._process.exitcode
        self._ended.set()

    async def wait(self) -> int:
        """Its exit code; negative: the signal that ended it."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def begin(words: Sequence[str], *, folder: Path, environ: Mapping[str, str], out: Path) -> Begun:
    """`words`: as after `python`, "-m" and a module first, or "-c" and a program. What it says goes to the end of the
    file `out`."""
    process = _forks.Process(target=_become, args=(list(words), str(folder), dict(environ), str(out)))
    process.start()
    return Begun(process)


def _become(words: Sequence[str], folder: str, environ: Mapping[str, str], out: str) -> None:
    there = os.open(out, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for one in (1, 2):
        os.dup2(there, one)
    os.close(there)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    how, what, *rest = words
    sys.argv = [what if how == "-m" else how, *rest]
    if how == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(what, {"__name__": "__main__"})
