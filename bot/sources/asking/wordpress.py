"""Automattic's Liveblog: pages of a blog (`get-entries/<page>/<newest>`) and what changed (`entries/<from>/<to>`).

As its own script asks: both times are rounded to the ten seconds in which it refreshes, so that caches answer. Rows of
what changed say what is new, what was edited and what was deleted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

from bot.core.model import Page
from bot.sources.asking.shape import (
    Ask,
    Asking,
    Gathered,
    Known,
    Turn,
    answer_of,
    merged,
    path_of,
    query_of,
    rows,
    with_query,
)
from bot.sources.fields import Fields, id_of
from bot.sources.times import time_of

REFRESH = 10  # seconds
OVERLAP = 30  # seconds; a row may be written a little after the time it bears
MOST_PAGES = 20  # at first sight; what stands behind them is stored when it turns up, and told to nobody

_ADDRESS = re.compile(r"(https?://[^?#]+/liveblog/v1/\d+)(?:/(?:get-entries|entries)(?:/[^?#]*)?)?/?")


def asking(url: str) -> Asking | None:
    """For any of the addresses of a blog's answers, or for the blog's own in front of them."""
    found = _ADDRESS.fullmatch(path_of(url))
    if found is None:
        return None
    blog, query = found[1], query_of(url)

    def listing(known: Known, now: datetime) -> Turn:
        (first,) = yield (Ask(url=with_query(f"{blog}/get-entries/1/latest", query)),)
        assert first is not None
        answers = [answer_of(first)]
        if known.cursor is None:  # first sight: what stands on the pages behind is known from now on
            pages = range(2, min(_pages(answers[0]), MOST_PAGES) + 1)
            newest = _newest(answers[0])
            behind = [with_query(f"{blog}/get-entries/{number}/{newest}", query) for number in pages]
            more = yield tuple(Ask(url=one, needed=False) for one in behind)
            answers += takewhile(lambda one: rows(one, "entries"), map(answer_of, more))
        page = _as_one(first, answers)
        return Gathered(page=page, cursor=_cursor(answers, now) or known.cursor)

    def changes(known: Known, now: datetime) -> Turn:
        since = max(int(known.cursor or 0) - OVERLAP, 0) // REFRESH * REFRESH
        until = max(int(now.timestamp()) // REFRESH * REFRESH, since + REFRESH)
        (page,) = yield (Ask(url=with_query(f"{blog}/entries/{since}/{until}/", query)),)
        assert page is not None
        answer = answer_of(page)
        ended = True if known.ended else None
        return Gathered(page=page, cursor=_cursor([answer], now) or known.cursor, ended=ended)

    return Asking(format="wordpress", listing=listing, changes=changes)


def _pages(answer: Fields) -> int:
    count = answer.get("pages")
    return count if isinstance(count, int) else 1


def _newest(answer: Fields) -> str:
    """The row from which pages are counted, so that they hold still while new posts come."""
    row = max(rows(answer, "entries"), key=_when, default=None)
    return f"{id_of(row.get('id'))}-{_when(row)}" if row and _when(row) else "latest"


def _as_one(first: Page, answers: Sequence[Fields]) -> Page:
    if len(answers) == 1:
        return first
    return merged(first, {**answers[0], "entries": [row for answer in answers for row in rows(answer, "entries")]})


def _cursor(answers: Sequence[Fields], now: datetime) -> str | None:
    """The time of the newest row, in seconds since 1970; never later than now, or nothing would ever follow it."""
    newest = max((_when(row) for answer in answers for row in rows(answer, "entries")), default=0)
    return str(min(newest, int(now.timestamp()))) if newest else None


def _when(row: Fields) -> int:
    time = time_of(row.get("timestamp"))
    return max(int(time.timestamp()), 0) if time else 0
