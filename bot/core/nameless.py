"""Pages whose ids are none: they go from post to post, or are made anew at every request.

Such a page's posts are known by what they say from then on, as those of a page that has no ids at all. Ids that an
admin asked for (any `identity` but "auto") are never given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.core import judge, relink
from bot.core.identity import derived_keys
from bot.core.judge import Sight
from bot.core.model import KeyKind, Memory, PageMemory, Snapshot, SnapshotKind

_MOVED = "the page's ids have moved from one post to another post: they name places, so posts are known by their words"
_ANEW = (
    "the page makes new ids for its posts at every request, so posts are known by their words now;"
    ' identity = "link+title" in the file may tell them apart better'
)


def why_not(memory: Memory, page: PageMemory, snapshot: Snapshot, sights: Sequence[Sight]) -> str | None:
    """Why the ids of this page are to be given up now, in words for the admins; None where they are not."""
    if snapshot.identity != "auto" or page.ids_fail or snapshot.kind is SnapshotKind.DELTA:
        return None
    if judge.have_moved(sights):
        return _MOVED
    # once, a publisher may have changed its ids for good; twice in a row they are not worth remembering
    return _ANEW if page.anew and relink.renumbered(memory, page, sights) else None


def without_ids(snapshot: Snapshot) -> Snapshot:
    """The same posts under derived keys. A mark of deletion has nothing but its id, and keeps it."""
    shown = [post for post in snapshot.posts if not post.withdrawn]
    keys = iter(derived_keys(shown))
    posts = (
        post if post.withdrawn else replace(post, key=next(keys), key_kind=KeyKind.DERIVED) for post in snapshot.posts
    )
    return replace(snapshot, posts=tuple(posts))


def as_known(page: PageMemory | None, snapshot: Snapshot) -> Snapshot:
    """The snapshot as its page is remembered: without ids where they were given up."""
    fails = page is not None and page.ids_fail and page.format == snapshot.format and snapshot.identity == "auto"
    return without_ids(snapshot) if fails else snapshot
