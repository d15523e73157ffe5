"""What others tell us of a blog, made ready to be compared by the rules of a poll. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.core.absence import backfill, newest_first
from bot.core.judge import own_key
from bot.core.model import Memory, PageMemory, Snapshot, SnapshotKind


def delta_of(snapshot: Snapshot) -> Snapshot:
    """However much was sent, what is absent from it says nothing: hubs may send the whole page or only its news."""
    return replace(snapshot, kind=SnapshotKind.DELTA)


def is_comparable(memory: Memory, snapshot: Snapshot) -> bool:
    """Whether what a hub sent can stand for a look at the page: else the page is asked.

    It cannot where another reader read it, where there is no post in it, while copies of the page are being doubted,
    and where it reaches further back than the page did: older posts would look like news.
    """
    page = memory.page
    if page is None or not memory.started or page.format != snapshot.format or page.ignored or not snapshot.posts:
        return False
    listed = [post for post in newest_first(snapshot.posts, page.order) if not post.pinned and not post.withdrawn]
    return not backfill(page, SnapshotKind.WINDOW, listed, memory.seen)


def lacks_some(memory: Memory, snapshot: Snapshot) -> bool:
    """Whether posts are absent between those that were sent: then they may have been taken away, as the page will say.

    It may as well be that just these few were sent.
    """
    page, shown = memory.page, {own_key(memory, post.key) for post in snapshot.posts}
    if page is None:
        return False
    standing = [key for key in page.order if key in memory.seen and not memory.seen[key].withdrawn]
    lowest = max((place for place, key in enumerate(standing) if key in shown), default=0)
    return not shown.issuperset(standing[:lowest])


def memory_of_handed(memory: Memory, format_: str, *, old: bool) -> Memory:
    """What posts that were handed to us are compared with: what is remembered of them, and no page's order.

    `old` ones are stored like a baseline: nobody is told of them.
    """
    if old:
        return replace(memory, page=None, started=False)
    return replace(memory, page=PageMemory(format=format_, kind=SnapshotKind.DELTA), started=True)


def withdrawn(memory: Memory, snapshot: Snapshot) -> frozenset[str]:
    """Which of the snapshot's posts are remembered as withdrawn, by the keys they are remembered by."""
    keys = (own_key(memory, post.key) for post in snapshot.posts)
    return frozenset(key for key in keys if key in memory.seen and memory.seen[key].withdrawn)


def less(snapshot: Snapshot, memory: Memory, withdrawn: Collection[str]) -> Snapshot:
    """Without the posts that were withdrawn after the snapshot was made; what withdraws them as well stays."""
    left = (post for post in snapshot.posts if post.withdrawn or own_key(memory, post.key) not in withdrawn)
    return replace(snapshot, posts=tuple(left))
