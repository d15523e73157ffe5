"""Bytes → `Snapshot`, off the event loop. Feeds and all but the smallest bodies go to worker processes with limits.

feedparser holds the interpreter while it works: in a thread it would still stand in the way of every send. A page that
takes too long or too much memory costs its worker process, not the relay; and not the other blogs, for there are two
workers, and pages known to be slow share one. What cost too much is not read again until it changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from selectolax.lexbor import SelectolaxError

from bot.core.model import Page, Snapshot
from bot.fetch import body_hash
from bot.sources import NotReadable, ReadRules, read

WORKERS = 2
LONGEST_SECONDS = 30.0  # by the clock, on a machine that is busy with other things
MOST_CPU = 5  # whole seconds; the largest page captured takes a tenth of one
MOST_MEMORY = 1024**3  # bytes of address space; an interpreter with its libraries maps some hundred million
SMALL_BODY = 8 * 1024  # bytes that are read in a few milliseconds, whatever they are
SLOW = 1.0  # seconds; from here on a page has to wait for others like it
MOST_REMEMBERED = 1000  # pages


class TooCostly(NotReadable):
    """It took more time or memory than any page may; it will again."""


class Reading:
    """Worker processes, each started when it is first needed."""

    def __init__(self, *, longest: float = LONGEST_SECONDS, most_cpu: int = MOST_CPU) -> None:
        self._workers = [_Worker(longest, most_cpu) for _ in range(WORKERS)]
        self._free: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in reversed(self._workers):
            self._free.put_nowait(worker)
        self._slow_turn = asyncio.Lock()
        self._slow: set[str] = set()  # addresses
        self._refused: dict[str, str] = {}  # the hash of a body -> why it is not read again

    async def read(self, page: Page, rules: ReadRules) -> Snapshot:
        """As `sources.read`. NotReadable also where the page takes too much time or memory."""
        if len(page.body) <= SMALL_BODY and not _is_feed(page.body):
            return read(page, rules)
        async with self._slow_turn if page.url in self._slow else contextlib.nullcontext():
            return await self._read_apart(page, rules)

    async def _read_apart(self, page: Page, rules: ReadRules) -> Snapshot:
        about = f"{body_hash(page.body)} {rules}"
        if about in self._refused:
            raise TooCostly(self._refused[about])
        worker = await self._free.get()
        start = time.monotonic()
        try:
            return await worker.read(page, rules)
        except TooCostly as refusal:
            self._refused[about] = str(refusal)
            _forget_the_oldest(self._refused)
            raise
        finally:
            self._free.put_nowait(worker)
            self._note(page.url, time.monotonic() - start)

    def _note(self, url: str, took: float) -> None:
        if took < SLOW:
            self._slow.discard(url)
        elif len(self._slow) < MOST_REMEMBERED:
            self._slow.add(url)

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process at a time; a new one after one that had to be ended."""

    def __init__(self, longest: float, most_cpu: int) -> None:
        self._longest, self._most_cpu = longest, most_cpu
        self._pool: ProcessPoolExecutor | None = None

    async def read(self, page: Page, rules: ReadRules) -> Snapshot:
        pool = self._pool = self._pool or _start()
        reading = pool.submit(_read_within, page, rules, self._most_cpu)
        try:
            async with asyncio.timeout(self._longest):
                return await asyncio.wrap_future(reading)
        except TimeoutError:
            self.close()
            raise TooCostly(f"reading it takes more than {self._longest:.0f} s") from None
        except (BrokenProcessPool, MemoryError):  # which of the two limits ended it is nobody's concern
            self.close()
            most = f"{self._most_cpu} s of computing or {MOST_MEMORY // 1024**2} MB of memory"
            raise TooCostly(f"reading it takes more than {most}") from None

    def close(self) -> None:
        """End the process, whatever it is doing."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


def _forget_the_oldest(refused: dict[str, str]) -> None:
    if len(refused) > MOST_REMEMBERED:
        del refused[next(iter(refused))]


def _is_feed(body: bytes) -> bool:
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf"))


# --- in the worker -------------------------------------------------------------------------------------------------


def _start() -> ProcessPoolExecutor:
    # spawn: a fork would carry the database's connections and locks along
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context, initializer=_limit_memory)


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read_within(page: Page, rules: ReadRules, most_cpu: int) -> Snapshot:
    """Read, or be ended by the system: no exception reaches a parser that is busy in C."""
    used = int(time.process_time()) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + most_cpu, resource.RLIM_INFINITY))
    try:
        return read(page, rules)
    except SelectolaxError:  # what the parser says where it gets no memory
        raise MemoryError from None
