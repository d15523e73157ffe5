"""New York Times live pages, written from descriptions.

`#live-feed-items` holds posts, and short updates by reporters without a headline. More of them load as a reader
scrolls, so the page is a window. A post's permalink is the fragment in the link of its headline.
"""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from bot.core.model import Post, Snapshot
from bot.sources.assembly import Blog, assembled
from bot.sources.bylines import authors_of
from bot.sources.dom import (
    Head,
    attribute,
    body_of,
    head_of,
    images_of,
    line_of,
    outermost,
    shown_time,
)
from bot.sources.keys import Candidate
from bot.sources.parts import absolute, worded
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source

_FEED = "#live-feed-items"
_POSTS = "[data-testid=live-blog-post], [data-testid=reporter-update]"
_HEADLINE = ".live-blog-post-headline"
_BYLINE = "[data-testid=byline], [itemprop=author], .live-blog-post-byline, .byline"
_NO_TEXT = f"{_HEADLINE}, {_BYLINE}, header, footer, time, figure, figcaption, button, [data-testid=share-tools]"


def sees(source: Source) -> str | None:
    if not source.is_html or "live-feed-items" not in source.text:
        return None
    return f"the feed of a New York Times live page {FROM_DESCRIPTION}" if _posts(source) else None


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The posts that the page came with, as a window."""
    nodes = _posts(source)
    if not nodes:
        raise NotReadable("no live-blog-post or reporter-update in #live-feed-items, as New York Times pages have")
    head = head_of(source)
    candidates = [_candidate(node, head, rules) for node in nodes]
    blog = Blog(format="nyt", url=head.url, title=head.title, language=head.language, modified_at=head.modified_at)
    return assembled([one for one in candidates if one.post.title or one.post.text], blog, source, rules)


def _posts(source: Source) -> list[LexborNode]:
    feed = source.tree.css_first(_FEED) if source.is_html else None
    return outermost(feed.css(_POSTS)) if feed is not None else []


def _candidate(node: LexborNode, head: Head, rules: ReadRules) -> Candidate:
    fragment = _fragment(node)
    post = Post(
        key="",
        title=line_of(node.css_first(_HEADLINE)),
        published_at=shown_time(node, "time", rules.zone),
        authors=authors_of(line_of(node.css_first(_BYLINE))),
        images=images_of(node, head.url, "figure img"),
        url=absolute(f"#{fragment}", head.url) if fragment else None,
    )
    body = body_of(node, head.url, _NO_TEXT)
    return Candidate(post=worded(post, body), addresses=(f"#{fragment}",) if fragment else (), markup=node.html or "")


def _fragment(node: LexborNode) -> str | None:
    """The fragment in the headline's link; a short update has no headline, and may have an id."""
    links = (attribute(link, "href") or "" for link in node.css(f"{_HEADLINE} a[href]"))
    return next((one for one in (link.partition("#")[2] for link in links) if one), None) or attribute(node, "id")


READER = Reader(name="nyt", sees=sees, read=read)
