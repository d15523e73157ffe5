"""CNN live story pages, both generations of their mark-up, written from descriptions.

From 2019 to 2023 `#posts-and-button` holds `article#h_…`, since about October 2023 articles are `live-story-post`s
whose share button has the permalink. The time shown, like `data-last-updated`, is that of the last edit: it orders
nothing, names nothing, and is no time of publication.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from selectolax.lexbor import LexborNode

from bot.core.model import Post, Snapshot, SnapshotKind
from bot.sources.assembly import Blog, assembled
from bot.sources.bylines import authors_of
from bot.sources.clock import clock_in
from bot.sources.dom import Head, attribute, body_of, head_of, images_of, line_of, outermost
from bot.sources.keys import Candidate
from bot.sources.parts import absolute, is_called_summary, worded
from bot.sources.shape import FROM_DESCRIPTION, NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of

_OLD = "#posts-and-button"
_NEW = ".live-story-post, article[data-component-name=live-story-post]"
_ID = re.compile(r"\bh_[0-9a-f]{32}\b")
_INDEX = re.compile(r"/(?:index\.html?)?(?:[?#].*)?$")
_COUNT = re.compile(r">\s*(\d{1,4}) Posts?\s*<")
_HEADLINE = ".live-story-post__headline"
_BYLINE = ".live-story-post__byline"
_BODIES = ".live-story-post__content, .live-story-post__body"
_NO_TEXT = (
    "header, time, figure, figcaption, button, .image_live-story, [data-editable=metaCaption], "
    f".live-story-post__header, {_HEADLINE}, {_BYLINE}, .live-story-post__timestamp, [class*=social-share]"
)


def sees(source: Source) -> str | None:
    if not source.is_html:
        return None
    if "live-story-post" in source.text and source.tree.css_first(_NEW) is not None:
        return f"CNN's live-story-posts {FROM_DESCRIPTION}"
    if "posts-and-button" in source.text and _old_posts(source):
        return f"CNN's articles of before 2024 {FROM_DESCRIPTION}"
    return None


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The page as a full blog where it says that it has as many posts as it shows, else as a window.

    More posts may load as a reader scrolls, so that without its word nothing is known of what is not there.
    """
    nodes = _posts(source)
    if not nodes:
        raise NotReadable("no live-story-post, and no article in #posts-and-button, as CNN's live pages have")
    head = head_of(source)
    candidates = [one for node in nodes if (one := _candidate(node, head, rules)).post.title or one.post.text]
    shown = len({one.addresses[0] if one.addresses else one for one in candidates})
    blog = Blog(
        format="cnn",
        url=head.url,
        kind=SnapshotKind.FULL if _declared(source) == shown else SnapshotKind.WINDOW,
        title=head.title,
        language=head.language,
        modified_at=head.modified_at,
    )
    return assembled(_with_summary(candidates), blog, source, rules)


def _posts(source: Source) -> list[LexborNode]:
    if not source.is_html:
        return []
    return outermost(source.tree.css(_NEW)) or _old_posts(source)


def _old_posts(source: Source) -> list[LexborNode]:
    listing = source.tree.css_first(_OLD)
    return outermost(listing.css("article")) if listing is not None else []


def _declared(source: Source) -> int | None:
    found = _COUNT.search(source.text)
    return int(found[1]) if found else None


def _with_summary(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The posts, the first marked as pinned where it is the summary that stays on top. No time tells: only its name."""
    if len(candidates) < 2 or not is_called_summary(candidates[0].post.title):
        return list(candidates)
    return [replace(candidates[0], post=replace(candidates[0].post, pinned=True)), *candidates[1:]]


def _candidate(node: LexborNode, head: Head, rules: ReadRules) -> Candidate:
    url = _permalink(node, head.url)
    id_ = _ID.search(url or "")
    post = Post(
        key="",
        title=line_of(node.css_first(f"{_HEADLINE}, header h2, h2")),
        modified_at=_last_edit(node, rules),
        authors=authors_of(line_of(node.css_first(f"{_BYLINE}, header p"))),
        images=images_of(node, head.url, "img, .image_live-story[data-url]"),
        url=url,
    )
    body = body_of(_body(node), head.url, _NO_TEXT)
    return Candidate(post=worded(post, body), addresses=(id_[0],) if id_ else (), markup=node.html or "")


def _body(node: LexborNode) -> LexborNode:
    """Where the text stands; without a place of its own, it is all that is not something else."""
    return node.css_first(_BODIES) or node.css_first(".post-content-rendered") or node


def _permalink(node: LexborNode, blog_url: str) -> str | None:
    """The address on the share button, else the one that CNN gives an article of this id."""
    buttons = (attribute(one, "data-url", "href") for one in node.css('[data-url*="h_"], a[href*="/h_"]'))
    shared = next((one for one in buttons if one and _ID.search(one)), None)
    if shared:
        return absolute(shared, blog_url)
    id_ = _ID.fullmatch(attribute(node, "id") or "")
    return absolute(f"{_INDEX.sub('', blog_url)}/{id_[0]}", blog_url) if id_ else None


def _last_edit(node: LexborNode, rules: ReadRules) -> datetime | None:
    marked = time_of(attribute(node, "data-last-updated"), rules.zone)
    if marked:
        return marked
    spans = (line_of(span) for span in node.css("header span, .live-story-post__timestamp"))
    clocks = (clock_in(shown) for shown in spans if shown)
    return next((time for one in clocks if one and (time := one.time(rules.zone, None))), None)


READER = Reader(name="cnn", sees=sees, read=read)
