"""A blog that goes on on another page: whoever follows it is told so once, by a post of ours that stands in no list.

The publisher's own post that says so is as good: it and ours share their audience, each chat gets one of them.
"""

from __future__ import annotations

from typing import Any

from bot.core.ending import says_it_moved
from bot.core.identity import plain_address
from bot.core.model import Lane
from bot.core.publishing import Handover, Publishing
from storage import expansion, posts
from storage.rows import insert
from storage.spoken import Connection

MOVED = "moved"  # what `post.notice` calls it
_LAST = 20  # posts among which the publisher's own word is looked for: it is the last of its page, or nearly


def tell(db: Connection, publishing: Publishing, handover: Handover) -> int | None:
    """The post that tells it, or None where it was told before. Written with what else the poll brought, or not."""
    key = f"handover:{plain_address(handover.key)}"
    if db.execute("SELECT 1 FROM post WHERE blog = ? AND key = ?", (publishing.blog, key)).fetchone():
        return None
    columns = {"blog": publishing.blog, "key": key, "title": handover.title, "url": handover.url, "notice": MOVED}
    post = insert(db, "post", columns | {"first_seen_at": publishing.now})
    expansion.begin(db, _audience(db, publishing, post))
    return post


def _audience(db: Connection, publishing: Publishing, post: int) -> dict[str, Any]:
    """In its place among the blog's posts, without a sound."""
    return {
        "post": post,
        "kind": "new",
        "lane": Lane.LIVE,
        "blog": publishing.blog,
        "silent": True,
        "unless": _said_by_the_publisher(db, publishing.blog),
        "created_at": publishing.now,
        "not_before": publishing.now + publishing.hold,
    }


def _said_by_the_publisher(db: Connection, blog: str) -> int | None:
    """The post of the page being left that says that the blog moves, where people were told of it."""
    rows = db.execute(
        """SELECT p.id FROM post p WHERE p.blog = :blog AND p.notice IS NULL AND p.withdrawn_at IS NULL
        AND p.first_seen_at >= (SELECT coalesce(max(accepted_at), 0) FROM page WHERE blog = :blog)
        AND EXISTS (SELECT 1 FROM publication q WHERE q.post = p.id AND q.kind = 'new')
        ORDER BY p.first_seen_at DESC, p.id DESC LIMIT :last""",
        {"blog": blog, "last": _LAST},
    )
    last = (posts.post(db, row["id"]) for row in rows.fetchall())
    return next((post.id for post in last if post is not None and says_it_moved(post)), None)
