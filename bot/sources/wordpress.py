"""Automattic's Liveblog for WordPress, by its REST answers (`/wp-json/liveblog/v1/<post>/…`).

`get-entries/<page>/…` answers a page of the blog with `page` and `pages`; `entries/<from>/<to>` what changed between
two times, with `latest_timestamp`. A row says what it is: `new`, `update` (its `id` is that of the post it changes,
`timestamp` the time of the edit and `entry_time` that of the post) or `delete`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.core.model import Post, Snapshot, SnapshotKind
from bot.sources.cadence import of_answer
from bot.sources.feedkeys import FeedPost
from bot.sources.fields import Fields, body_of, fields_in, filled, id_of, line, rows_in, string
from bot.sources.parts import absolute, distinct_images, worded
from bot.sources.shape import NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of

_TYPES = ("new", "update", "delete")  # of two rows about one post at one time, the later word counts
_SIGNS = ("page", "pages", "latest_timestamp", "refresh_interval")


def sees(source: Source) -> str | None:
    if not source.start.startswith("{") or '"entries"' not in source.text or not _is_answer(source.json):
        return None
    what = "a page" if _kind(source.json) is SnapshotKind.WINDOW else "the changes"
    return f"{what} of a WordPress Liveblog"


def _is_answer(value: Any) -> bool:
    answer = fields_in(value)
    rows = rows_in(answer.get("entries"))
    if not rows:
        return "entries" in answer and any(sign in answer for sign in _SIGNS)
    return all(row.get("type") in _TYPES and "id" in row for row in rows)


def _kind(answer: Fields) -> SnapshotKind:
    """Only an answer that counts its pages lists the blog; every other says nothing of what it leaves out."""
    return SnapshotKind.WINDOW if "page" in answer else SnapshotKind.DELTA


def read(source: Source, rules: ReadRules) -> Snapshot:
    answer = source.json
    if not _is_answer(answer):
        raise NotReadable("no WordPress Liveblog: there are no entries of type new, update or delete")
    about = Snapshot(format="wordpress", kind=_kind(answer), posts=(), interval_hint=of_answer(answer))
    rows = rows_in(answer.get("entries"))
    fresh = {id_of(row.get("id")) for row in rows if row["type"] == "new"}
    found = [_post(row, source.page.url, rules) for row in _last_words(rows)]
    if about.kind is SnapshotKind.DELTA:
        found = [replace(one, post=replace(one.post, only_edited=one.id not in fresh)) for one in found]
    return filled(about, found, source, rules)


def _last_words(rows: list[Fields]) -> list[Fields]:
    """One row for each post, the last that was said of it; of two at one time the first: the newest stand on top."""
    last: dict[str | None, Fields] = {}
    for row in rows:
        key = id_of(row.get("id"))
        known = last.get(key)
        if known is None or _when(row) > _when(known):
            last[key] = row
    return list(last.values())


def _when(row: Fields) -> tuple[float, int]:
    time = time_of(row.get("timestamp"))
    return time.timestamp() if time else 0.0, _TYPES.index(row["type"])


def _post(row: Fields, base: str, rules: ReadRules) -> FeedPost:
    changed = time_of(row.get("timestamp"), rules.zone)
    published = time_of(row.get("entry_time"), rules.zone) or changed
    key = id_of(row.get("id"))
    if row["type"] == "delete":
        return FeedPost(post=Post(key="", published_at=published, modified_at=changed, withdrawn=True), id=key)
    markup = string(row.get("render")) or string(row.get("content")) or ""
    body = body_of(markup, base)
    post = Post(
        key="",
        published_at=published,
        modified_at=changed,
        authors=_authors(row),
        images=distinct_images(body.images),
        url=absolute(row.get("share_link"), base),
        key_event=row.get("key_event") is True,
    )
    return FeedPost(post=worded(post, body), id=key, markup=markup)


def _authors(row: Fields) -> tuple[str, ...]:
    """`authors` since version 1.9; before, `author_link`: a name, or a link around one."""
    names = [line(one.get("name")) for one in rows_in(row.get("authors"))] or [line(row.get("author_link"))]
    return tuple(name for name in names if name)


READER = Reader(name="wordpress", sees=sees, read=read)
