"""RSS and Atom, through feedparser (https://www.rssboard.org/rss-specification, RFC 4287), with their tombstones."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from time import struct_time
from typing import Any

import feedparser

from bot.core.ending import ending_of
from bot.core.markup import rich_of_html, rich_of_plain, text_of_plain
from bot.core.model import Image, Post, Snapshot, SnapshotKind
from bot.core.rich import Rich
from bot.sources.cadence import of_feed
from bot.sources.feedkeys import FeedPost, feed_keyed
from bot.sources.handover import next_page
from bot.sources.marks import Mark, Marks, Tombstone, marks_in
from bot.sources.parts import absolute, distinct_images, titled, unrepeated, worded
from bot.sources.prolog import Prolog
from bot.sources.shape import NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of

_Fields = Mapping[str, Any]
_NEVER = datetime.min.replace(tzinfo=UTC)
_REFERENCE = re.compile(r"&#(?:([0-9]{1,20})|[xX]([0-9a-fA-F]{1,20}));?")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_TAIL = 100_000  # characters at the end in which a feed must be closed
_OPENED = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_LAST_OPENED = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)\b|<!\[CDATA\[", re.IGNORECASE)


def sees_atom(source: Source) -> str | None:
    return "an Atom feed" if source.prolog.root == "feed" else None


def sees_rss(source: Source) -> str | None:
    return {"rss": "an RSS feed", "rdf": "an RSS 1.0 feed"}.get(source.prolog.root)


def read_atom(source: Source, rules: ReadRules) -> Snapshot:
    return _read(source, rules, "atom")


def read_rss(source: Source, rules: ReadRules) -> Snapshot:
    return _read(source, rules, "rss")


def _read(source: Source, rules: ReadRules, name: str) -> Snapshot:
    """The feed as a window of its blog; as a delta where it holds nothing but tombstones."""
    xml = _checked(source, name)
    marks = marks_in(xml)
    parsed = _parsed(xml)
    base = source.page.url
    url = absolute(_alternate(parsed.feed), base) or base
    read_posts = [
        _feed_post(fields, base if absolute(base, "") else url, rules, name == "atom") for fields in parsed.entries
    ]
    found = _with_marks(read_posts, marks.posts)
    posts, markup = feed_keyed(found, rules.identity, ids_may_repeat=name == "atom")
    posts = tuple(titled(post, rules.language) for post in _with_tombstones(posts, marks.tombstones))
    title = _line(parsed.feed.get("title")) or None
    ending = ending_of(title, posts)
    return Snapshot(
        format=name,
        kind=SnapshotKind.DELTA if (marks.tombstones and not found) or _lost(parsed, xml) else SnapshotKind.WINDOW,
        posts=posts,
        title=title,
        url=url or None,
        language=parsed.feed.get("language") or None,
        modified_at=_time(parsed.feed, "updated", rules),
        ended=ending.ended,
        next_url=next_page(markup[ending.moved], source, url) if ending.moved in markup else None,
        interval_hint=of_feed(parsed.feed),
        notes=tuple(_notes(parsed, marks, _lost(parsed, xml))),
    )


# --- before feedparser ---------------------------------------------------------------------------------------------


def _checked(source: Source, name: str) -> bytes:
    """The feed in UTF-8, without its DOCTYPE. Raises `NotReadable` for another format, an entity bomb, a cut feed."""
    prolog, text = source.prolog, source.text
    is_atom = prolog.root == "feed"
    if not source.is_feed or is_atom != (name == "atom"):
        wanted = "an Atom feed" if name == "atom" else "an RSS feed"
        raise NotReadable(f"no {wanted.partition(' ')[2]}: {_found(prolog)}")
    if prolog.declares_entities:
        raise NotReadable("the feed's DOCTYPE declares entities of its own, which are not expanded")
    if not _is_closed(text, prolog):
        raise NotReadable(f"the feed is cut off: <{prolog.name}> is never closed")
    xml = _REFERENCE.sub(_whole, text[prolog.start :])
    return f'<?xml version="1.0" encoding="utf-8"?>\n{xml}'.encode("utf-8", "replace")


def _whole(reference: re.Match[str]) -> str:
    """A reference to half of a surrogate pair as one to U+FFFD: parsers take it in, and break when asked for it."""
    number = int(reference[2] or reference[1], 16 if reference[2] else 10)
    return "&#xfffd;" if 0xD800 <= number <= 0xDFFF else reference[0]


def _found(prolog: Prolog) -> str:
    return f"the first element is <{prolog.name}>" if prolog.name else "there is no element"


def _is_closed(text: str, prolog: Prolog) -> bool:
    """Whether the first element ends, after the last post began and not as a word inside one."""
    name = re.escape(prolog.name)
    if re.compile(rf"<{name}(?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*/>").match(text, prolog.start):
        return True
    tail = max(0, len(text) - _TAIL)
    closings = [found.end() for found in re.compile(rf"</{name}\s*>").finditer(text, tail)]
    if not closings or _LAST_OPENED.search(text, closings[-1]):
        return False
    return text.rfind("<![CDATA[", 0, closings[-1]) <= text.rfind("]]>", 0, closings[-1])


def _parsed(xml: bytes) -> Any:
    """What feedparser makes of it. A stream, because it takes strings and bytes for addresses and file names first."""
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        return feedparser.parse(
            BytesIO(xml), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as fault:  # feedparser's many parsers raise what they like on hostile input
        raise NotReadable(f"the feed is broken: {type(fault).__name__} in feedparser") from fault


def _lost(parsed: Any, xml: bytes) -> int:
    """How many posts of a feed that is not well-formed could not be read: then absence says nothing."""
    return max(0, len(_OPENED.findall(xml)) - len(parsed.entries)) if parsed.bozo else 0


# --- posts ---------------------------------------------------------------------------------------------------------


def _feed_post(fields: _Fields, base: str, rules: ReadRules, is_atom: bool) -> FeedPost:
    content = next((_value(one, is_atom) for one in fields.get("content", ()) if one.get("value")), "")
    description = _value(fields.get("summary_detail", {}), is_atom)
    markup = content or description
    body = _body(markup, base)
    summary = _body(description, base).text if content else ""
    post = Post(
        key="",
        title=_line(_value(fields.get("title_detail", {}), is_atom)) or None,
        summary=summary if summary and summary != body.text else None,
        published_at=_time(fields, "published", rules),
        modified_at=_time(fields, "updated", rules),
        authors=tuple(dict.fromkeys(_authors(fields))),
        tags=tuple(dict.fromkeys(_line(tag.get("term")) for tag in fields.get("tags", ()) if tag.get("term"))),
        images=distinct_images([*_images(fields, base), *body.images]),
        url=absolute(_alternate(fields), base),
    )
    return FeedPost(post=worded(post, body), id=(fields.get("id") or "").strip() or None, markup=markup)


def _alternate(fields: _Fields) -> str | None:
    """The link a reader would follow. feedparser offers an id as a link where there is none."""
    links = [one for one in fields.get("links", ()) if one.get("rel", "alternate") == "alternate" and one.get("href")]
    page = next((one for one in links if "html" in one.get("type", "text/html")), links[0] if links else None)
    if page:
        return str(page["href"])
    return str(fields["link"]) if fields.get("guidislink") and fields.get("link") else None


def _time(fields: _Fields, name: str, rules: ReadRules) -> datetime | None:
    """A time by name. Membership comes first: asked for a missing `updated`, feedparser answers with `published`."""
    if name not in fields:
        return None
    time = time_of(fields[name], rules.zone)
    parsed = fields.get(f"{name}_parsed") if f"{name}_parsed" in fields else None
    return _moment(parsed) if time is None and parsed is not None else time


def _moment(parsed: struct_time) -> datetime | None:
    """feedparser's own reading of a time, which may lie before the first year of the calendar."""
    try:
        return time_of(timegm(parsed))
    except ValueError:
        return None


def _value(field: _Fields, is_atom: bool) -> str:
    """A text as HTML. What Atom calls `text` holds no references that are still to be decoded (RFC 4287, 3.1.1.1)."""
    value = str(field.get("value") or "")
    return value.replace("&", "&amp;") if is_atom and field.get("type") == "text/plain" else value


def _line(text: str | None) -> str:
    return " ".join(text_of_plain(text or "").split())


def _body(markup: str, base: str) -> Rich:
    """HTML where there is a tag in it, otherwise text."""
    is_html = _TAG.search(markup) and "</" in markup
    return unrepeated(rich_of_html(markup, base) if is_html else rich_of_plain(markup, base))


def _authors(fields: _Fields) -> Iterator[str]:
    for one in fields.get("authors", ()) or ({"name": fields.get("author")},):
        if one.get("name"):
            yield _line(one["name"])


def _images(fields: _Fields, base: str) -> Iterator[Image]:
    for one in [*fields.get("media_content", ()), *fields.get("enclosures", ()), *fields.get("media_thumbnail", ())]:
        kind = one.get("type") or one.get("medium") or "image"
        url = absolute(one.get("url") or one.get("href"), base)
        if url and kind.startswith("image"):
            yield Image(url=url)


# --- deletions -----------------------------------------------------------------------------------------------------


def _with_marks(found: Sequence[FeedPost], marks: Sequence[Mark]) -> list[FeedPost]:
    """Posts with their ids as written, and withdrawn where FeedSync says `deleted="true"`; no other word deletes."""
    if len(marks) != len(found):  # a feed so broken that the two parsers disagree
        return list(found)
    return [
        replace(one, id=mark.id or one.id, post=replace(one.post, withdrawn=mark.deleted == "true"))
        for one, mark in zip(found, marks, strict=True)
    ]


def _with_tombstones(posts: Sequence[Post], tombstones: Sequence[Tombstone]) -> list[Post]:
    """RFC 6721: a tombstone holds unless its entry was updated after it; an entry updated later is restored."""
    buried = {one.ref: one for one in sorted(tombstones, key=lambda one: one.when or _NEVER)}
    shown = [_buried(post, buried.pop(post.key, None)) for post in posts]
    return [*shown, *(Post(key=one.ref, modified_at=one.when, withdrawn=True) for one in buried.values())]


def _buried(post: Post, tombstone: Tombstone | None) -> Post:
    if tombstone is None:
        return post
    updated = post.modified_at or post.published_at
    if tombstone.when is None or (updated is not None and updated > tombstone.when):
        return post
    return replace(post, withdrawn=True, modified_at=tombstone.when)


def _notes(parsed: Any, marks: Marks, lost: int) -> Iterator[str]:
    if parsed.bozo:
        yield f"the feed is not well-formed: {' '.join(str(parsed.get('bozo_exception', '')).split())[:200]}"
    odd = sorted({mark.deleted for mark in marks.posts if mark.deleted not in (None, "true", "false")})
    if odd:
        yield f"sx:sync deleted is neither true nor false but {', '.join(odd)[:80]}: no deletion"
    if lost:
        yield f"{lost} posts could not be read, so that absence says nothing"


ATOM = Reader(name="atom", sees=sees_atom, read=read_atom)
RSS = Reader(name="rss", sees=sees_rss, read=read_rss)
