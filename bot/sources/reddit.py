"""reddit live threads: `/live/<thread>.json`, a Listing of LiveUpdates.

Posts do not change once they stand there, but for one thing: `stricken` strikes them through. Deleted ones vanish.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.core.model import Post, Snapshot, SnapshotKind
from bot.sources.feedkeys import FeedPost
from bot.sources.fields import Fields, body_of, fields_in, filled, id_of, line, rows_in, string
from bot.sources.parts import distinct_images, worded
from bot.sources.shape import NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of

_THREAD = re.compile(r"^(https?://[^/?#]+/live/\w+)")
_ID = re.compile(r"[\w-]+")
_GONE = "[deleted]"


def sees(source: Source) -> str | None:
    if not source.start.startswith("{") or '"Listing"' not in source.text or not _is_thread(source.json):
        return None
    return "a listing of reddit live updates" if _updates(source.json) else "a reddit listing without posts"


def _is_thread(value: Any) -> bool:
    """A Listing that holds nothing but live updates; an answer to `before=` is often empty."""
    listing = fields_in(value)
    children = fields_in(listing.get("data")).get("children")
    if listing.get("kind") != "Listing" or not isinstance(children, list):
        return False
    return all(fields_in(one).get("kind") == "LiveUpdate" for one in children)


def _updates(value: Any) -> list[Fields]:
    return [fields_in(one.get("data")) for one in rows_in(fields_in(value.get("data")).get("children"))]


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The newest posts of a thread; what has come since, where that was asked for with `before`."""
    if not _is_thread(source.json):
        raise NotReadable("no reddit live thread: there is no listing of live updates")
    updates = _updates(source.json)
    since = not updates or _asks_for(source.page.url, "before")
    thread = _THREAD.match(source.page.url)
    about = Snapshot(
        format="reddit",
        kind=SnapshotKind.DELTA if since else SnapshotKind.WINDOW,
        posts=(),
        url=thread[1] if thread else None,
    )
    return filled(about, [_post(one, about.url, rules) for one in updates], source, rules)


def _asks_for(url: str, name: str) -> bool:
    try:
        return name in parse_qs(urlsplit(url).query)
    except ValueError:
        return False


def _post(fields: Fields, thread: str | None, rules: ReadRules) -> FeedPost:
    markup = _markup(fields)
    author, key = line(fields.get("author")), id_of(fields.get("id"))
    body = body_of(markup, thread or "")
    post = Post(
        key="",
        published_at=time_of(fields.get("created_utc"), rules.zone),
        authors=(author,) if author and author != _GONE else (),
        images=distinct_images(body.images),
        url=f"{thread}/updates/{key}" if thread and key and _ID.fullmatch(key) else None,
        struck=fields.get("stricken") is True,
    )
    return FeedPost(post=worded(post, body), id=key, markup=markup)


def _markup(fields: Fields) -> str:
    """The body as HTML, which reddit escapes once more unless it is asked for `raw_json`."""
    markup = string(fields.get("body_html")) or html.escape(string(fields.get("body")) or "", quote=False)
    return html.unescape(markup) if markup.lstrip().startswith("&lt;") else markup


READER = Reader(name="reddit", sees=sees, read=read)
