"""Which addresses of a blog to poll: one as a rule, two for a while when it moves on to the next day's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.timing import resolve_url

TOGETHER = timedelta(hours=6)  # late corrections still come on the old page


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """A page that was accepted once, and where it says the coverage went on."""

    url: str
    next_url: str | None = None
    moved_at: datetime | None = None


def pages_to_poll(template: str, timezone: str, known: Sequence[KnownPage], now: datetime) -> tuple[str, ...]:
    """The addresses to poll now, the older page first. `known` are the pages accepted so far, oldest first.

    A `{date}` address is polled beside its forerunner for six hours, and an old page for as long as its successor was
    never accepted (it may answer 404 for hours). A page that names another one is followed likewise.
    """
    by_url = {page.url: page for page in known}
    before, today = (resolve_url(template, moment, timezone) for moment in (now - TOGETHER, now))
    starts = dict.fromkeys([before, today])
    if today not in by_url and known:
        starts = dict.fromkeys([known[-1].url, *starts])
    return tuple(dict.fromkeys(url for start in starts for url in _followed(start, by_url, now)))


def _followed(start: str, known: dict[str, KnownPage], now: datetime) -> list[str]:
    """A page and those it handed over to, without the ones left behind long ago; pages in a circle are all kept."""
    chain, url = [], start
    while url not in chain:
        chain.append(url)
        page = known.get(url)
        if page is None or page.next_url is None:
            return [one for one in chain if not _left_behind(one, known, now)]
        url = page.next_url
    return chain


def _left_behind(url: str, known: dict[str, KnownPage], now: datetime) -> bool:
    """Moved from long ago, to a page that was accepted since."""
    page = known.get(url)
    if page is None or page.moved_at is None:
        return False
    return page.next_url in known and now - page.moved_at > TOGETHER
