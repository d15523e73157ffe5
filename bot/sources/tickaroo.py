"""Tickaroo live blogs, by the answer that embeds are made of (`/api/embed/v4/prefetch/liveblog.json`), or in a page.

Written from what clients of it do: the answer holds `html`; in that mark-up `initialData` is JSON, escaped for an
attribute; in that JSON `schemaOrg` is JSON once more, as a string: a LiveBlogPosting without ids, whose bodies begin
with their headlines. Newer answers have the LiveBlogPosting in `schema` as well.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from bot.core.identity import fold
from bot.core.model import Post, Snapshot, SnapshotKind
from bot.sources import jsonld
from bot.sources.fields import fields_in, string
from bot.sources.parts import body_in, worded
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source, parse_json

_INITIAL = re.compile(r"\binitialData\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_SHORTEST = 3  # words of a headline that a body repeats; a shorter one may be how its first sentence begins


def sees(source: Source) -> str | None:
    if "initialData" not in source.text and '"schema"' not in source.text:
        return None
    return f"a Tickaroo embed {FROM_DESCRIPTION}" if next(_blogs(source), None) else None


def _blogs(source: Source) -> Iterator[str]:
    """The LiveBlogPostings in an answer or a page, as the JSON they are written in."""
    answer = {} if source.is_html else fields_in(source.json)
    page = source.text if source.is_html else string(answer.get("html")) or ""
    for found in _INITIAL.finditer(page):
        written = _schema_in(html.unescape(found[1] or found[2] or ""))
        if written and "liveBlogUpdate" in written:
            yield written
    schema = string(answer.get("schema"))
    if schema and "liveBlogUpdate" in schema:
        yield schema


def _schema_in(initial: str) -> str | None:
    """The schema in one embed's JSON; none where that is broken or another's."""
    try:
        return string(fields_in(parse_json(initial)).get("schemaOrg"))
    except NotReadable:
        return None


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The first blog embedded, read as the LiveBlogPosting it is. Several embeds in one page are not mixed."""
    blog = next(_blogs(source), None)
    if blog is None:
        raise NotReadable("no Tickaroo embed: there is no initialData with a schemaOrg that lists updates")
    address = source.page.url if source.is_html else ""  # an answer's own address is not the blog's
    body = blog.encode("utf-8", "replace")
    inner = replace(source.page, url=address, body=body, content_type="application/json; charset=utf-8")
    found = jsonld.read(Source(page=inner), rules)
    posts = tuple(_without_headline(post) for post in found.posts)
    return replace(found, format="tickaroo", kind=SnapshotKind.WINDOW, posts=posts)


def _without_headline(post: Post) -> Post:
    """A body without the headline it repeats in its first line. Its key was made before, from the whole."""
    title = post.title or ""
    rest = post.text[len(title) :]
    is_repeated = fold(post.text[: len(title)]) == fold(title) and rest[:1].isspace()
    if post.title_is_derived or len(title.split()) < _SHORTEST or not is_repeated:
        return post
    return worded(post, body_in(post)[len(title) :].stripped())


READER = Reader(name="tickaroo", sees=sees, read=read)
