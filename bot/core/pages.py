"""Which addresses of a blog to poll: one as a rule, two for a while when it moves on to the next day's page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.model import Memory, PageMemory
from bot.core.timing import resolve_url

TOGETHER = timedelta(hours=6)  # late corrections still come on the old page


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """A page that was accepted once, and where it says the coverage went on."""

    url: str
    next_url: str | None = None
    moved_at: datetime | None = None


def among_pages(memory: Memory, earlier: Iterable[PageMemory], later: Iterable[PageMemory]) -> Memory:
    """The memory of a page that stands between these pages of its blog."""
    after = list(later)
    return replace(memory, earlier=_listed(earlier), later=_listed(after), left=bool(after))


def _listed(pages: Iterable[PageMemory]) -> frozenset[str]:
    return frozenset(key for page in pages for key in (*page.order, *page.pinned))


def pages_to_poll(template: str, timezone: str, known: Sequence[KnownPage], now: datetime) -> tuple[str, ...]:
    """The addresses to poll now, the older page first. `known` are the pages accepted so far, oldest first.

    A `{date}` address is polled beside its forerunner for six hours, and an old page for as long as its successor was
    never accepted (it may answer 404 for hours). A page that names another one is followed likewise.
    """
    by_url = {page.url: page for page in known}
    starts = _starts(template, timezone, known, now)
    return tuple(dict.fromkeys(url for start in starts for url in _followed(start, by_url, now)))


def pages_in_use(template: str, timezone: str, known: Sequence[KnownPage], now: datetime) -> frozenset[str]:
    """The addresses to remember: those to poll, those that lead there, and the last one that was accepted."""
    by_url = {page.url: page for page in known}
    starts = _starts(template, timezone, known, now)
    return frozenset(url for start in [*starts, *(page.url for page in known[-1:])] for url in _chain(start, by_url))


def _starts(template: str, timezone: str, known: Sequence[KnownPage], now: datetime) -> list[str]:
    before, today = (resolve_url(template, moment, timezone) for moment in (now - TOGETHER, now))
    latest = [] if any(page.url == today for page in known) else [page.url for page in known[-1:]]
    return list(dict.fromkeys([*latest, before, today]))


def _followed(start: str, known: dict[str, KnownPage], now: datetime) -> list[str]:
    """A page and those it handed over to, without the ones left behind long ago; pages in a circle are all kept."""
    chain = _chain(start, known)
    last = known.get(chain[-1])
    if last is not None and last.next_url is not None:
        return chain
    return [one for one in chain if not _left_behind(one, known, now)]


def _chain(start: str, known: dict[str, KnownPage]) -> list[str]:
    """A page and those it handed over to, each once."""
    chain: list[str] = []
    url: str | None = start
    while url is not None and url not in chain:
        chain.append(url)
        url = known[url].next_url if url in known else None
    return chain


def _left_behind(url: str, known: dict[str, KnownPage], now: datetime) -> bool:
    """Moved from long ago, to a page that was accepted since."""
    page = known.get(url)
    if page is None or page.moved_at is None:
        return False
    return page.next_url in known and now - page.moved_at > TOGETHER
