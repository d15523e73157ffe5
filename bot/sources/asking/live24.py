"""24liveblog: the newest posts at one address, those before them by `last_nid`. Asked for at first sight alone."""

from __future__ import annotations

import re
from datetime import datetime

from bot.sources.asking.shape import (
    Ask,
    Asking,
    Gathered,
    Known,
    Turn,
    answer_of,
    fixed,
    merged,
    path_of,
    query_of,
    with_query,
)
from bot.sources.fields import Fields, fields_in, id_of, rows_in

MOST_PAGES = 5

_ADDRESS = re.compile(r"https?://[^?#]+/retrieve_server/\w+/event/\d+/news/?")


def asking(url: str) -> Asking | None:
    """For the address of an event's news."""
    if not _ADDRESS.fullmatch(path_of(url)):
        return None
    query = query_of(url)
    limit = int(query["limit"]) if query.get("limit", "").isdigit() else 0

    def listing(known: Known, now: datetime) -> Turn:
        if known.page is not None or not limit:
            return (yield from fixed(url).listing(known, now))
        (first,) = yield (Ask(url=url),)
        assert first is not None
        answers = [answer_of(first)]
        while len(_news(answers[-1])) >= limit and len(answers) < MOST_PAGES:
            before = id_of(_news(answers[-1])[-1].get("nid")) or ""
            address = with_query(path_of(url), query | {"last_nid": before})
            (page,) = yield (Ask(url=address, needed=False),)
            if not _news(answer := answer_of(page)) or _news(answer) == _news(answers[-1]):
                break
            answers.append(answer)
        if len(answers) == 1:
            return Gathered(page=first)
        news = [row for answer in answers for row in _news(answer)]
        return Gathered(page=merged(first, {**answers[0], "data": {**fields_in(answers[0]["data"]), "news": news}}))

    return Asking(format="live24", listing=listing)


def _news(answer: Fields) -> list[Fields]:
    return rows_in(fields_in(answer.get("data")).get("news"))
