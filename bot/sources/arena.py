"""Arena live blogs, by their API (`/v1/liveblog/<site>/<slug>`).

Written from what clients of it do: `eventInfo` with `name` and `modifiedAt`, `posts` with `_id`, `createdAt` and
`updatedAt` in milliseconds, and `message` with `title` and `text` (HTML). Its `/ldjson` is read as LiveBlogPosting.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    if not source.start.startswith("{") or '"eventInfo"' not in source.text or not _is_answer(source.json):
        return None
    return f"posts of an Arena live blog {FROM_DESCRIPTION}"


def _is_answer(value: Any) -> bool:
    posts = fields_in(value).get("posts")
    if not isinstance(fields_in(value).get("eventInfo"), Mapping) or not isinstance(posts, list):
        return False
    return all("message" in fields_in(one) for one in posts)


def read(source: Source, rules: ReadRules) -> Snapshot:
    answer = source.json
    if not _is_answer(answer):
        raise NotReadable("no Arena live blog: there is no eventInfo with a list of posts beside it")
    event = answer["eventInfo"]
    about = Snapshot(
        format="arena",
        kind=SnapshotKind.WINDOW,
        posts=(),
        title=line(event.get("name")),
        modified_at=time_of(event.get("modifiedAt"), rules.zone),
    )
    return filled(about, [_post(one, source.page.url, rules) for one in rows_in(answer["posts"])], source, rules)


def _post(fields: Fields, base: str, rules: ReadRules) -> FeedPost:
    message = fields_in(fields.get("message"))
    markup = string(message.get("text")) or ""
    body = body_of(markup, base)
    post = Post(
        key="",
        title=line(message.get("title")),
        published_at=time_of(fields.get("createdAt"), rules.zone),
        modified_at=time_of(fields.get("updatedAt"), rules.zone),
        images=distinct_images(body.images),
    )
    return FeedPost(post=worded(post, body), id=id_of(fields.get("_id")) or id_of(fields.get("key")), markup=markup)


READER = Reader(name="arena", sees=sees, read=read)
