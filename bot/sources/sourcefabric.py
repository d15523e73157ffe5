"""Sourcefabric Live Blog 3, by its API (`/api/client_blogs/<id>/posts`).

Deleted posts stay listed with `deleted`. Highlighting and pinning a post raise its `_updated` but not its
`content_updated_date`. A post is made of parts, in its group `main`: texts, pictures, embeds, quotes, scorecards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.core.embeds import of_address
from bot.core.markup import rich_of_html
from bot.core.model import Image, Post, Snapshot, SnapshotKind
from bot.core.rich import Rich
from bot.sources.cadence import of_answer
from bot.sources.feedkeys import FeedPost
from bot.sources.fields import Fields, fields_in, filled, id_of, line, rows_in, string
from bot.sources.parts import absolute, distinct_images, unrepeated, worded
from bot.sources.shape import NotReadable, Reader, ReadRules, Source
from bot.sources.times import any_time_of, time_of

_ADVERT = re.compile(r"\badvert", re.IGNORECASE)
_RENDITIONS = ("baseImage", "viewImage", "original", "thumbnail")
_SINCE = re.compile(r'"_updated"\s*:\s*\{\s*"g')  # Elasticsearch's range: gt, gte


def sees(source: Source) -> str | None:
    if not source.start.startswith("{") or '"_items"' not in source.text:
        return None
    return "posts of a Sourcefabric Live Blog" if _listing(source.json) is not None else None


def _listing(value: Any) -> Fields | None:
    """The object with the posts: the answer, or its `posts` where a page embeds them."""
    for listing in (fields_in(value), fields_in(fields_in(value).get("posts"))):
        listed = listing.get("_items")
        if isinstance(listed, list) and all("groups" in fields_in(one) for one in listed):
            return listing
    return None


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The posts as listed, which is by their last change; what changed since a time, where the address asks for it."""
    listing = _listing(source.json)
    if listing is None:
        raise NotReadable("no Sourcefabric Live Blog: there is no list of posts with groups")
    rows = rows_in(listing["_items"])
    wanted = [row for row in rows if _is_ours(row, source.page.fetched_at)]
    changes = [time for row in rows if (time := time_of(row.get("_updated"), rules.zone))]
    left_out = len(rows) - len(wanted)
    about = Snapshot(
        format="sourcefabric",
        kind=SnapshotKind.DELTA if _asks_for_changes(source.page.url) else SnapshotKind.WINDOW,
        posts=(),
        modified_at=max(changes, default=None),
        ended=fields_in(source.json).get("blog_status") == "closed",
        interval_hint=of_answer(fields_in(source.json)),
        notes=(f"{left_out} posts are adverts, comments or not due yet",) if left_out else (),
    )
    return filled(about, [_post(row, source.page.url, rules) for row in wanted], source, rules)


def _asks_for_changes(url: str) -> bool:
    try:
        queries = parse_qs(urlsplit(url).query).get("source", [])
    except ValueError:
        return False
    return any(_SINCE.search(query) for query in queries)


def _is_ours(row: Fields, now: datetime) -> bool:
    """False for readers' comments, for adverts, and for what is to be published later."""
    due = any_time_of(row.get("published_date"))
    kinds = [str(part.get("item_type")) for part in _parts(row)]
    is_advert = bool(kinds) and all(_ADVERT.search(kind) for kind in kinds)
    is_comment = row.get("post_status") == "comment" or "comment" in kinds
    return not (is_advert or is_comment or (due is not None and due > now))


def _parts(row: Fields) -> list[Fields]:
    groups = [group for group in rows_in(row.get("groups")) if group.get("id") != "root"]
    return [fields_in(ref.get("item")) for group in groups for ref in rows_in(group.get("refs"))]


def _post(row: Fields, base: str, rules: ReadRules) -> FeedPost:
    published = time_of(row.get("published_date") or row.get("firstcreated"), rules.zone)
    changed = time_of(row.get("content_updated_date") or row.get("_updated"), rules.zone)
    key = id_of(row.get("_id"))
    # A draft may have been published before: then it was taken back. If not, a mark alone is told to nobody.
    if row.get("deleted") is True or row.get("post_status", "open") != "open":
        return FeedPost(post=Post(key="", published_at=published, modified_at=changed, withdrawn=True), id=key)
    parts = [(part, _body(part, base)) for part in _parts(row)]
    body = unrepeated(Rich.joined((one for _, one in parts if one.text or one.embeds), "\n\n").stripped())
    post = Post(
        key="",
        published_at=published,
        modified_at=changed,
        authors=_authors(row),
        tags=_tags(row.get("tags")),
        images=distinct_images(image for part, one in parts for image in _images(part, one, base)),
        pinned=row.get("sticky") is True,
        key_event=row.get("lb_highlight") is True,
    )
    markup = "\n".join(string(part.get("text")) or "" for part, _ in parts)
    return FeedPost(post=worded(post, body), id=key, markup=markup)


def _body(part: Fields, base: str) -> Rich:
    """A part as text. An embed that a script would put there is known by its address alone."""
    markup, meta = string(part.get("text")) or "", fields_in(part.get("meta"))
    if part.get("item_type") == "quote" and "<blockquote" not in markup.lower():
        markup = f"<blockquote>{markup}</blockquote>"
    body = rich_of_html(markup, base)
    if body.embeds or part.get("item_type") != "embed":
        return body
    embed = of_address(absolute(meta.get("original_url"), base), line(meta.get("title")))
    return replace(body, embeds=(embed,)) if embed else body


def _authors(row: Fields) -> tuple[str, ...]:
    names = (line(fields_in(row.get("publisher")).get("display_name")), line(row.get("byline")))
    return next(((name,) for name in names if name), ())


def _tags(value: object) -> tuple[str, ...]:
    return tuple(tag for tag in value if isinstance(tag, str)) if isinstance(value, list) else ()


def _images(part: Fields, body: Rich, base: str) -> Iterator[Image]:
    """The picture a part names, else those in its mark-up."""
    meta = fields_in(part.get("meta"))
    renditions = fields_in(fields_in(meta.get("media")).get("renditions"))
    addresses = (absolute(fields_in(renditions.get(size)).get("href"), base) for size in _RENDITIONS)
    named = next((url for url in addresses if url), None)
    if named:
        shown = next(iter(body.images), Image(url=named))
        caption, credit = line(meta.get("caption")), line(meta.get("credit"))
        yield Image(url=named, caption=caption or shown.caption, credit=credit or shown.credit)
    else:
        yield from body.images


READER = Reader(name="sourcefabric", sees=sees, read=read)
