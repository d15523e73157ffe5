"""24liveblog, by its API (`/v1/retrieve_server/x/event/<event>/news/`).

Written from what clients of it do: `data.news` lists posts with `nid`, `newstitle`, `contents` (HTML) and `created`;
the answer about the event itself has `data.event` with `title` and `closed`.
"""

from __future__ import annotations

from typing import Any

from bot.core.model import Post, Snapshot, SnapshotKind
from bot.sources.feedkeys import FeedPost
from bot.sources.fields import (
    Fields,
    body_of,
    fields_in,
    filled,
    id_of,
    line,
    rows_in,
    string,
)
from bot.sources.parts import distinct_images, worded
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of


def sees(source: Source) -> str | None:
    if not source.start.startswith("{") or '"news"' not in source.text or not _is_answer(source.json):
        return None
    return f"news of a 24liveblog event {FROM_DESCRIPTION}"


def _is_answer(value: Any) -> bool:
    news = _said(value).get("news")
    if not isinstance(news, list):
        return False
    return all("nid" in fields_in(one) for one in news) and (bool(news) or "err_code" in value)


def _said(value: Any) -> Fields:
    return fields_in(fields_in(value).get("data"))


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The newest posts, or the ones before `last_nid`."""
    if not _is_answer(source.json):
        raise NotReadable("no 24liveblog event: there is no list of news with a nid each")
    said = _said(source.json)
    event = fields_in(said.get("event"))
    about = Snapshot(
        format="live24",
        kind=SnapshotKind.WINDOW,
        posts=(),
        title=line(event.get("title")),
        ended=event.get("closed") in (True, 1, "1"),
    )
    return filled(about, [_post(one, source.page.url, rules) for one in rows_in(said["news"])], source, rules)


def _post(fields: Fields, base: str, rules: ReadRules) -> FeedPost:
    markup = string(fields.get("contents")) or ""
    body = body_of(markup, base)
    post = Post(
        key="",
        title=line(fields.get("newstitle")),
        published_at=time_of(fields.get("created"), rules.zone),
        images=distinct_images(body.images),
    )
    return FeedPost(post=worded(post, body), id=id_of(fields.get("nid")), markup=markup)


READER = Reader(name="live24", sees=sees, read=read)
