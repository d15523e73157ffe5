"""Al Jazeera's live blogs, by the GraphQL answers its own pages are made of (`/graphql?operationName=…`).

Written from what clients of it do. `ArchipelagoSingleLiveBlogQuery` and `SingleLiveBlogChildrensQuery` answer
`data.article`: the summary in `content`, `isLive`, and in `children` the ids of all posts. `LiveBlogUpdateQuery`
answers one post in `data.posts`, or null where it was withdrawn or is not public yet. Answers may stand in one list;
what they say is one blog then.

`date` and `modified_gmt` name no zone and are UTC. Every post has the blog's address for its `link`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.core.model import Post, Snapshot, SnapshotKind
from bot.sources.feedkeys import FeedPost
from bot.sources.fields import Fields, body_of, fields_in, filled, id_of, line, string
from bot.sources.parts import absolute, distinct_images, worded
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of

_SITE = "https://www.aljazeera.com/"


def sees(source: Source) -> str | None:
    if not source.start.startswith(("{", "[")) or '"data"' not in source.text:
        return None
    found = _articles(source.json) or _updates(source.json)
    return f"answers of Al Jazeera's GraphQL {FROM_DESCRIPTION}" if found else None


def _answers(value: Any) -> list[Fields]:
    """What the answers say, of one or of a list of them."""
    return [fields_in(fields_in(one).get("data")) for one in (value if isinstance(value, list) else [value])]


def _articles(value: Any) -> list[Fields]:
    """The live blog itself, by whatever name the query gave it."""
    found = [fields_in(one) for said in _answers(value) for name, one in said.items() if name != "posts"]
    return [one for one in found if isinstance(one.get("children"), list)]


def _updates(value: Any) -> list[Fields]:
    found = [fields_in(said.get("posts")) for said in _answers(value)]
    return [one for one in found if {"id", "title", "content"} <= one.keys()]


def _merged(articles: Sequence[Fields]) -> dict[str, Any]:
    """The blog as all queries together describe it."""
    return {name: value for article in articles for name, value in article.items()}


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The blog: full where every post that it lists is there, else what there is of it.

    Raises `NotReadable` where posts are listed by their ids alone: an id can be told to nobody.
    """
    articles, updates = _articles(source.json), _updates(source.json)
    if not articles and not updates:
        raise NotReadable(f"no live blog of Al Jazeera: {_what_is_missing(source.json)}")
    blog = _merged(articles)
    children = [key for key in map(id_of, blog.get("children", ())) if key]
    bodies = {id_of(one.get("id")): one for one in updates}
    lacking = sum(key not in bodies for key in children)
    base = absolute(blog.get("link"), _SITE)
    found = [_post(one, base) for one in _in_order(bodies, children)]
    if summary := _summary(blog):
        found.insert(0, summary)
    if lacking and not found:
        raise NotReadable(
            f"{lacking} posts are listed by id alone: their texts come with LiveBlogUpdateQuery, one by one"
        )
    about = Snapshot(
        format="aljazeera",
        kind=SnapshotKind.FULL if articles and not lacking else SnapshotKind.DELTA,
        posts=(),
        title=line(blog.get("title")),
        url=base or next((one.post.url.partition("?")[0] for one in found if one.post.url), None),
        ended=blog.get("isLive") is False and bool(children),
        notes=(f"{lacking} posts are listed by id alone",) if lacking else (),
    )
    return filled(about, found, source, rules)


def _what_is_missing(value: Any) -> str:
    if any("posts" in said and said["posts"] is None for said in _answers(value)):
        return "the post asked for is withdrawn, or not public yet"
    return "there is no article with children, and no post"


def _in_order(bodies: dict[str | None, Fields], children: Sequence[str]) -> list[Fields]:
    """Posts that the blog does not list (yet) on top, the others as it lists them."""
    listed = [bodies[key] for key in children if key in bodies]
    return [*(one for key, one in bodies.items() if key not in set(children)), *listed]


def _summary(blog: Fields) -> FeedPost | None:
    """What stands on top of the page: the day in a few points. A post of its own, pinned."""
    markup, key = string(blog.get("content")), id_of(blog.get("id"))
    if markup is None or key is None:
        return None
    base = absolute(blog.get("link"), _SITE)
    body = body_of(markup, _SITE)
    post = Post(
        key="",
        published_at=time_of(blog.get("date")),
        modified_at=time_of(blog.get("modified_gmt")),
        images=distinct_images(body.images),
        url=base,
        pinned=True,
    )
    return FeedPost(post=worded(post, body), id=key, markup=markup)


def _post(fields: Fields, blog_url: str | None) -> FeedPost:
    markup, key = string(fields.get("content")) or "", id_of(fields.get("id"))
    page = blog_url or absolute(fields.get("link"), _SITE)
    body = body_of(markup, _SITE)
    post = Post(
        key="",
        title=line(fields.get("title")) if fields.get("shouldDisplayTitle") is not False else None,
        published_at=time_of(fields.get("date")),
        modified_at=time_of(fields.get("modified_gmt")),
        authors=tuple(name for one in _listed(fields.get("author")) if (name := _name(one))),
        images=distinct_images(body.images),
        url=absolute(f"{page.partition('#')[0].partition('?')[0]}?update={key}", _SITE) if page and key else None,
    )
    return FeedPost(post=worded(post, body), id=key, markup=markup)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _name(author: object) -> str | None:
    return line(author) or line(fields_in(author).get("name"))


READER = Reader(name="aljazeera", sees=sees, read=read)
