"""ScribbleLive: an event's last page, and what changed since a time, as posts, edits and deletes apart.

Written from what clients of it do: `/event/<id>/page/last/` lists the newest posts, `/event/<id>/all/` the whole event
(`Max`, `Order`) or what changed (`Since`, in UTC).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.model import Page, SnapshotKind
from bot.sources.asking.shape import (
    LARGEST_MERGED,
    Ask,
    Asking,
    Gathered,
    Known,
    Turn,
    merged,
    path_of,
    query_of,
    rows,
    with_query,
)
from bot.sources.fields import Fields, fields_in, id_of
from bot.sources.scribblelive import answer_in, time_in
from bot.sources.shape import NotReadable, Source

OVERLAP = timedelta(seconds=2)
AT_FIRST = {"Order": "desc", "Max": "500"}
PER_PAGE = {"Order": "desc", "PageSize": "50"}
_OURS = ("since", "max", "order", "pagesize", "include", "callback", "jsonp")

_ADDRESS = re.compile(r"(https?://[^?#]+/event/\d+)(?:/(?:page/(?:\d+|last)|all|posts))?/?")


def asking(url: str) -> Asking | None:
    """For an event, a page of it or all of it, with the Token that the API wants."""
    found = _ADDRESS.fullmatch(path_of(url))
    query = {name: value for name, value in query_of(url).items() if name.lower() not in _OURS}
    names = {name.lower() for name in query}
    if found is None or "token" not in names:
        return None
    event, query = found[1], query if "format" in names else query | {"Format": "json"}

    def listing(known: Known, now: datetime) -> Turn:
        first = known.cursor is None
        address = with_query(f"{event}/all/", query | AT_FIRST) if first else None
        (page,) = yield (Ask(url=address or with_query(f"{event}/page/last/", query | PER_PAGE)),)
        assert page is not None
        answer = _answer(page)
        return Gathered(page=page, kind=SnapshotKind.WINDOW, cursor=_cursor(answer, now), ended=_ended(answer, known))

    def changes(known: Known, now: datetime) -> Turn:
        assert known.cursor is not None
        since = datetime.fromisoformat(known.cursor) - OVERLAP
        asked = query | {"Order": "desc", "Since": f"{since:%Y/%m/%d %H:%M:%S}"}
        (page,) = yield (Ask(url=with_query(f"{event}/all/", asked)),)
        assert page is not None
        answer = _answer(page)
        fresh = {id_of(row.get("Id")) for row in rows(answer, "Posts")}
        return Gathered(
            page=merged(page, {**answer, "Posts": list(_all_rows(answer))}) if answer else page,
            kind=SnapshotKind.DELTA,
            cursor=_cursor(answer, now) or known.cursor,
            edited=tuple(id_ for row in rows(answer, "Edits") if (id_ := id_of(row.get("Id"))) and id_ not in fresh),
            ended=_ended(answer, known),
        )

    return Asking(format="scribblelive", listing=listing, changes=changes)


def _answer(page: Page) -> Fields:
    if len(page.body) > LARGEST_MERGED:
        return {}
    try:
        return fields_in(answer_in(Source(page=page)))
    except NotReadable:
        return {}


def _all_rows(answer: Fields) -> Iterator[dict[str, Any]]:
    """Each post once, as it was said of last: what was deleted has a mark, however it was named."""
    deleted = {id_of(row.get("Id")): {**row, "IsDeleted": 1} for row in rows(answer, "Deletes")}
    edited = {id_of(row.get("Id")): dict(row) for row in rows(answer, "Edits")}
    posted = {id_of(row.get("Id")): dict(row) for row in rows(answer, "Posts")}
    yield from {**posted, **edited, **deleted}.values()


def _cursor(answer: Fields, now: datetime) -> str | None:
    """The time of the newest change; never later than now, or nothing would ever follow it."""
    found = (time_in(row.get("LastModified") or row.get("Created")) for row in _all_rows(answer))
    newest = max((time for time in found if time is not None), default=None)
    return min(newest, now).astimezone(UTC).isoformat(timespec="seconds") if newest else None


def _ended(answer: Fields, known: Known) -> bool | None:
    """`IsLive`, of an event that had posts; before them it has only not begun."""
    if "IsLive" not in answer:
        return known.ended or None
    return answer["IsLive"] in (0, "0", False) and (known.cursor is not None or bool(rows(answer, "Posts")))
