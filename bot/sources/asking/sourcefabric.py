"""Sourcefabric Live Blog 3: a blog's posts by page, its own state, and what changed by Elasticsearch's range.

Times have whole seconds, so changes are asked for from two seconds before the newest known one: a later post of the
same second is not skipped.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from datetime import UTC, datetime, timedelta

import orjson

from bot.core.model import Page
from bot.sources.asking.shape import (
    Answers,
    Ask,
    Asking,
    Gathered,
    Known,
    Turn,
    answer_of,
    merged,
    next_address,
    path_of,
    query_of,
    with_query,
)
from bot.sources.fields import Fields, fields_in, rows_in
from bot.sources.times import any_time_of, time_of

OVERLAP = timedelta(seconds=2)
MOST_PAGES = 10
PER_PAGE = "50"

_ADDRESS = re.compile(r"(https?://[^?#]+/)client_blogs/([0-9a-f]{24})(?:/posts)?/?")


def asking(url: str) -> Asking | None:
    """For a blog's address in the API, or that of its posts."""
    found = _ADDRESS.fullmatch(path_of(url))
    if found is None:
        return None
    root, blog = found[1], f"{found[1]}client_blogs/{found[2]}"
    query = {"max_results": PER_PAGE} | query_of(url, "source", "page")

    def listing(known: Known, now: datetime) -> Turn:
        state_url = with_query(blog, query_of(url, "source", "page", "max_results"))
        first, state = yield (Ask(url=with_query(f"{blog}/posts", query)), Ask(url=state_url, needed=False))
        assert first is not None
        answers, _ = yield from _pages(first, root, MOST_PAGES if known.cursor is None else 1)
        said = answer_of(state).get("blog_status")
        ended = said == "closed" if isinstance(said, str) else known.ended
        cursor = _before_what_waits(_newest(answers, now), answers, now)
        return Gathered(page=_as_one(first, answers), cursor=cursor, ended=ended)

    def changes(known: Known, now: datetime) -> Turn:
        assert known.cursor is not None
        asked = query | {"source": _since(known.cursor)}
        (first,) = yield (Ask(url=with_query(f"{blog}/posts", asked)),)
        assert first is not None
        answers, whole = yield from _pages(first, root, MOST_PAGES)
        cursor = _newest(answers, now)
        if whole:
            cursor = _before_what_waits(cursor, answers, now)
        elif not _rises(answers):  # what is missing may lie anywhere
            cursor = known.cursor
        rows = _all_rows(answers)
        rows.reverse()  # the newest on top, as everywhere: posts of one second have nothing else to tell their order
        page = merged(first, {"_items": rows}) if rows else first
        return Gathered(page=page, cursor=cursor or known.cursor, ended=known.ended)

    return Asking(format="sourcefabric", listing=listing, changes=changes)


def _since(cursor: str) -> str:
    """The query for what changed since, oldest first, so that a reading cut short goes on where it stopped."""
    after = f"{datetime.fromisoformat(cursor) - OVERLAP:%Y-%m-%dT%H:%M:%S+00:00}"
    wanted = {"range": {"_updated": {"gte": after}}}
    query = {"query": {"filtered": {"filter": {"and": [wanted]}}}, "sort": [{"_updated": {"order": "asc"}}]}
    return orjson.dumps(query).decode()


def _pages(first: Page, root: str, most: int) -> Generator[tuple[Ask, ...], Answers, tuple[list[Fields], bool]]:
    """The first answer and those it leads to; and whether they were all there were."""
    answers, seen = [answer_of(first)], {first.url}
    while (address := next_address(_listing(answers[-1]), root)) is not None and address not in seen:
        if len(answers) == most:
            return answers, False
        seen.add(address)
        (page,) = yield (Ask(url=address, needed=False),)
        if (listed := _listed(answer := answer_of(page))) is None:
            return answers, False
        if not listed:
            break
        answers.append(answer)
    return answers, True


def _listed(answer: Fields) -> list[Fields] | None:
    """The posts of an answer; None where it lists none."""
    items = _listing(answer).get("_items")
    return rows_in(items) if isinstance(items, list) else None


def _listing(answer: Fields) -> Fields:
    """The object with the posts: the answer, or its `posts` where a page embeds them."""
    return answer if "_items" in answer else fields_in(answer.get("posts"))


def _all_rows(answers: Sequence[Fields]) -> list[Fields]:
    return [row for answer in answers for row in _listed(answer) or ()]


def _times(rows: Sequence[Fields]) -> list[datetime]:
    found = (time_of(row.get("_updated")) for row in rows)
    return [time for time in found if time is not None]


def _rises(answers: Sequence[Fields]) -> bool:
    times = _times(_all_rows(answers))
    return times == sorted(times)


def _newest(answers: Sequence[Fields], now: datetime) -> str | None:
    """The time of the newest change; never later than now, or nothing would ever follow it."""
    newest = max(_times(_all_rows(answers)), default=None)
    return _written(min(newest, now)) if newest else None


def _before_what_waits(cursor: str | None, answers: Sequence[Fields], now: datetime) -> str | None:
    """The cursor, held back at a post that is to be published later: nothing will say that its time has come."""
    waiting = [row for row in _all_rows(answers) if (due := any_time_of(row.get("published_date"))) and due > now]
    return min((one for one in (cursor, *map(_written, _times(waiting))) if one), default=None)


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _as_one(first: Page, answers: Sequence[Fields]) -> Page:
    return merged(first, {"_items": _all_rows(answers)}) if len(answers) > 1 else first
