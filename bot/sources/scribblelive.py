"""ScribbleLive, by its API (`/api/rest/event/<id>/…`), as JSON or JSONP.

Written from descriptions: `Posts` with `Id`, `Content` (HTML), `Created` and `LastModified` as `/Date(<ms>)/`,
`IsDeleted` and `IsStuck`. `/page/<n>` answers a page, `/all` the whole event, `/since` what changed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlsplit

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
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source, parse_json
from bot.sources.times import time_of

_CALL = re.compile(r"[\ufeff\s]*(?:/\*\*/\s*)?[\w$.]{1,80}\s*\((?=\s*\{)")
_DATE = re.compile(r"/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/")
_YES = (True, 1, "1", "true", "True")


def sees(source: Source) -> str | None:
    if '"Posts"' not in source.text or not _is_answer(answer_in(source)):
        return None
    return f"posts of a ScribbleLive event {FROM_DESCRIPTION}"


def answer_in(source: Source) -> Any:
    """The JSON, without the call that JSONP puts around it."""
    call = _CALL.match(source.text)
    return parse_json(source.text[call.end() :]) if call else source.json


def _is_answer(value: Any) -> bool:
    event = fields_in(value)
    posts = event.get("Posts")
    if not isinstance(posts, list):
        return False
    return all("Id" in fields_in(one) for one in posts) and (bool(posts) or "Pages" in event or "Id" in event)


def read(source: Source, rules: ReadRules) -> Snapshot:
    answer = answer_in(source)
    if not _is_answer(answer):
        raise NotReadable("no ScribbleLive event: there is no list of Posts with an Id each")
    kind = _kind(source.page.url)
    about = Snapshot(format="scribblelive", kind=kind, posts=(), title=line(answer.get("Title")))
    return filled(about, [_post(one, source.page.url, rules) for one in rows_in(answer["Posts"])], source, rules)


def _kind(url: str) -> SnapshotKind:
    """What the address asked for."""
    try:
        path = f"{urlsplit(url).path.lower()}/"
    except ValueError:
        return SnapshotKind.WINDOW
    if "/since/" in path:
        return SnapshotKind.DELTA
    return SnapshotKind.FULL if "/all/" in path else SnapshotKind.WINDOW


def _post(fields: Fields, base: str, rules: ReadRules) -> FeedPost:
    published, changed = time_in(fields.get("Created"), rules.zone), time_in(fields.get("LastModified"), rules.zone)
    key = id_of(fields.get("Id"))
    if fields.get("IsDeleted") in _YES:
        return FeedPost(post=Post(key="", published_at=published, modified_at=changed, withdrawn=True), id=key)
    markup = string(fields.get("Content")) or ""
    author = line(fields_in(fields.get("Creator")).get("Name"))
    body = body_of(markup, base)
    post = Post(
        key="",
        published_at=published,
        modified_at=changed,
        authors=(author,) if author else (),
        images=distinct_images(body.images),
        pinned=fields.get("IsStuck") in _YES,
    )
    return FeedPost(post=worded(post, body), id=key, markup=markup)


def time_in(value: object, zone: tzinfo = UTC) -> datetime | None:
    """`/Date(<milliseconds>)/`; the zone that may follow only says how to show it."""
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    return time_of(int(found[1]) if found else value, zone)


READER = Reader(name="scribblelive", sees=sees, read=read)
