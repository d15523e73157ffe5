"""Bytes → `Snapshot`, off the event loop. Feeds and large bodies go to a worker process with limits.

feedparser holds the interpreter while it works: in a thread it would still stand in the way of every send. A page that
takes too long or too much memory costs its worker process, not the relay.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from bot.core.model import Page, Snapshot
from bot.sources import NotReadable, ReadRules, read

LONGEST_SECONDS = 20.0
MOST_MEMORY = 2 * 1024**3  # bytes of address space; an interpreter with its libraries maps some hundred million
SMALL_BODY = 128 * 1024  # bytes that are read in a few milliseconds


class Reading:
    """One worker process, started when it is first needed."""

    def __init__(self, *, longest: float = LONGEST_SECONDS) -> None:
        self._longest = longest
        self._worker: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()

    async def read(self, page: Page, rules: ReadRules) -> Snapshot:
        """As `sources.read`. NotReadable also where the page takes too much time or memory."""
        if len(page.body) <= SMALL_BODY and not _is_feed(page.body):
            return read(page, rules)
        async with self._turn:
            return await self._read_apart(page, rules)

    async def _read_apart(self, page: Page, rules: ReadRules) -> Snapshot:
        worker = self._worker = self._worker or _start()
        try:
            async with asyncio.timeout(self._longest):
                return await asyncio.get_running_loop().run_in_executor(worker, read, page, rules)
        except TimeoutError:
            self.close()
            raise NotReadable(f"reading it takes more than {self._longest:.0f} s") from None
        except (BrokenProcessPool, MemoryError):
            self.close()
            raise NotReadable("reading it takes too much memory") from None

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        processes = list((worker._processes or {}).values())
        worker.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


def _is_feed(body: bytes) -> bool:
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf"))


def _start() -> ProcessPoolExecutor:
    # spawn: a fork would carry the database's connections and locks along
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context, initializer=_limit_memory)


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
