"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.core.markup import rich_of_html, text_of_plain
from bot.core.model import Image, Post, Snapshot, SnapshotKind
from bot.core.rich import Rich
from bot.sources.feedkeys import FeedPost
from bot.sources.fields import Fields, filled, id_of, line, string
from bot.sources.parts import absolute, distinct_images, unrepeated, worded
from bot.sources.shape import NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/")


def sees(source: Source) -> str | None:
    if not source.start.startswith("{") or "jsonfeed.org/version/" not in source.text:
        return None
    return f"a JSON Feed, {source.json['version']}" if _is_feed(source.json) else None


def _is_feed(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(_VERSION.match(str(value.get("version"))))


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The feed as a window of its blog. `expired` means that it is finished; `next_url` only leads to older posts."""
    feed = source.json
    if not _is_feed(feed):
        raise NotReadable("no JSON Feed: there is no version of jsonfeed.org")
    listed = feed.get("items")
    fields = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    url = absolute(feed.get("home_page_url"), source.page.url) or source.page.url
    base = source.page.url if absolute(source.page.url, "") else url
    found = [_feed_post(one, base, rules) for one in fields]
    about = Snapshot(
        format="jsonfeed",
        kind=SnapshotKind.WINDOW,
        posts=(),
        title=line(feed.get("title")),
        url=url or None,
        language=string(feed.get("language")),
        ended=feed.get("expired") is True,
        notes=() if isinstance(listed, list) else ("the feed has no list of items",),
    )
    return filled(about, found, source, rules)


def _tags(value: object) -> Iterator[str]:
    for tag in value if isinstance(value, list) else ():
        if name := line(tag):
            yield name


def _feed_post(fields: Fields, base: str, rules: ReadRules) -> FeedPost:
    html, plain = string(fields.get("content_html")), string(fields.get("content_text"))
    body = unrepeated(rich_of_html(html, base) if html else Rich(text_of_plain(plain or "")))
    post = Post(
        key="",
        title=line(fields.get("title")),
        summary=line(fields.get("summary")),
        published_at=time_of(fields.get("date_published"), rules.zone),
        modified_at=time_of(fields.get("date_modified"), rules.zone),
        authors=tuple(_authors(fields)),
        tags=tuple(_tags(fields.get("tags"))),
        images=distinct_images([*_images(fields, base), *body.images]),
        url=absolute(fields.get("url"), base) or absolute(fields.get("external_url"), base),
    )
    return FeedPost(post=worded(post, body), id=id_of(fields.get("id")), markup=html or plain or "")


def _authors(fields: Fields) -> Iterator[str]:
    """`authors` since 1.1, `author` before."""
    people = fields.get("authors") or [fields.get("author")]
    for one in people if isinstance(people, list) else [people]:
        name = line(one.get("name")) if isinstance(one, Mapping) else None
        if name:
            yield name


def _images(fields: Fields, base: str) -> Iterator[Image]:
    attached = fields.get("attachments")
    files = [one for one in attached if isinstance(one, Mapping)] if isinstance(attached, list) else []
    pictures = [one.get("url") for one in files if str(one.get("mime_type")).startswith("image/")]
    for address in (fields.get("image"), fields.get("banner_image"), *pictures):
        url = absolute(address, base)
        if url:
            yield Image(url=url)


READER = Reader(name="jsonfeed", sees=sees, read=read)
