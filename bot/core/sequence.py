"""Snapshots one after the other, as the relay would take them: what `liveblog-relay diff` shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.diff import diff, remember
from bot.core.identity import same_address
from bot.core.model import Memory, PageMemory, Snapshot, Verdict
from bot.core.pages import among_pages

POLLS_APART = timedelta(seconds=30)


def verdicts(snapshots: Iterable[Snapshot | None], now: datetime) -> Iterator[Verdict | None]:
    """One verdict a snapshot, each counted as one poll; None stands for a poll that brought nothing readable.

    A snapshot of another address continues the blog on another page, as a hand-over does.
    """
    memory = Memory()
    pages: list[tuple[str | None, PageMemory | None]] = []
    for poll, snapshot in enumerate(snapshots):
        if snapshot is None:
            yield None
            continue
        at = _page_of(snapshot, pages)
        earlier, later = ([page for _, page in some if page] for some in (pages[:at], pages[at + 1 :]))
        memory = among_pages(replace(memory, page=pages[at][1]), earlier, later)
        verdict = diff(memory, snapshot, now + poll * POLLS_APART)
        memory = remember(memory, verdict)
        pages[at] = (pages[at][0], memory.page)
        yield verdict


def _page_of(snapshot: Snapshot, pages: list[tuple[str | None, PageMemory | None]]) -> int:
    """Which page this is a snapshot of. One that does not say its address is the page before it."""
    for at, (url, _) in enumerate(pages):
        if snapshot.url and url and same_address(snapshot.url, url):
            return at
    if pages and (snapshot.url is None or pages[-1][0] is None):
        return len(pages) - 1
    pages.append((snapshot.url, None))
    return len(pages) - 1
