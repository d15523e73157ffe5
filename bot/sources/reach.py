"""Live pages of Reach (Mirror and its sisters) and of the Express: the posts as the page shows them.

These have the true times and authors of single posts, and only the newest posts.
"""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from bot.core.model import Post, Snapshot
from bot.sources.assembly import Blog, assembled
from bot.sources.dom import Head, attribute, body_of, head_of, images_of, line_of, outermost
from bot.sources.keys import Candidate
from bot.sources.parts import absolute, names_in, worded
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of

_REACH = ".live-event-entry[id]"
_EXPRESS = ".live-events__entry[id]"
_NO_TEXT = ".entry-info, time, mark, figure, figcaption, h2, h3, button, .image-container"
_KEY_EVENT = "key event"


def sees(source: Source) -> str | None:
    if not source.is_html:
        return None
    if "live-event-entry" in source.text and source.tree.css_first(_REACH) is not None:
        return "the posts of a Reach live page"
    if "live-events__entry" in source.text and source.tree.css_first(_EXPRESS) is not None:
        return f"the posts of an Express live page {FROM_DESCRIPTION}"
    return None


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The newest posts: the page lists few of many."""
    nodes = outermost(source.tree.css(_REACH) or source.tree.css(_EXPRESS)) if source.is_html else []
    if not nodes:
        raise NotReadable("no live-event-entry or live-events__entry with an id, as posts of Reach and Express are")
    head = head_of(source)
    blog = Blog(format="reach", url=head.url, title=head.title, language=head.language, modified_at=head.modified_at)
    return assembled([_candidate(node, head) for node in nodes], blog, source, rules)


def _candidate(node: LexborNode, head: Head) -> Candidate:
    id_ = attribute(node, "id") or ""
    mark = line_of(node.css_first("mark")) or ""
    is_key = attribute(node, "data-type") == "key-event" or mark.lower() == _KEY_EVENT
    post = Post(
        key="",
        title=line_of(node.css_first("h2, h3")),
        published_at=time_of(attribute(node, "data-post-time", "data-sort-time")),
        modified_at=time_of(attribute(node, "data-last-modified-time", "data-update-time")),
        authors=() if mark.lower() == _KEY_EVENT else names_in(mark),
        images=images_of(node, head.url),
        url=absolute(f"#{id_}", head.url),
        key_event=is_key,
    )
    body = body_of(node, head.url, _NO_TEXT)
    return Candidate(post=worded(post, body), addresses=(id_,), markup=node.html or "")


READER = Reader(name="reach", sees=sees, read=read)
