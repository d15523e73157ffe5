"""Posts that our editors add to a blog: drafts first, then posts of the blog that its page knows nothing of."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.corrections import Correction
from bot.core.model import Lane, Relayed
from storage import audit, cards, expansion, states
from storage.audit import Act
from storage.rows import OWN, entities_json, insert, relayed, spaced
from storage.spoken import Connection

SENT = "noted"  # what `push.state` is then


@dataclass(frozen=True, slots=True, kw_only=True)
class Editorial:
    """One with its state: "draft", "noted" or "cancelled"."""

    post: Relayed
    author: int
    state: str


def draft(
    db: Connection, *, author: int, blog: str, said: Correction, topics: Sequence[str], now: float, photo: str | None
) -> int:
    """Keep what an editor wrote for a blog; nobody hears of it, and it is in no list. Returns the post's number."""
    columns = {
        "key": f"{OWN}{secrets.token_hex(8)}",
        "title": said.title,
        "title_is_derived": said.title_is_derived,
        "text": said.text,
        "entities": entities_json(said.entities),
        "summary": said.summary,
        "photo": photo,
        "topics": spaced(topics),
        "first_seen_at": now,
    }
    post = insert(db, "post", columns)
    db.execute("INSERT INTO push (post, author, created_at, blog) VALUES (?, ?, ?, ?)", (post, author, now, blog))
    return post


def find(db: Connection, post: int) -> Editorial | None:
    row = db.execute(
        """SELECT p.*, u.author, u.state, u.blog AS for_blog FROM push u JOIN post p ON p.id = u.post
        WHERE u.post = ? AND p.key >= ? AND p.key < ?""",
        (post, OWN, OWN + "\uffff"),
    ).fetchone()
    if row is None:
        return None
    return Editorial(post=replace(relayed(row), blog=row["for_blog"]), author=row["author"], state=row["state"])


def send(db: Connection, act: Act) -> bool:
    """Into its blog's stream, once: False where it was sent or cancelled before. Where the blog is held it waits."""
    assert act.post is not None
    row = db.execute("SELECT blog FROM push WHERE post = ? AND state = 'draft'", (act.post,)).fetchone()
    if row is None:
        return False
    blog = row["blog"]
    db.execute("UPDATE push SET state = ?, sent_at = ? WHERE post = ?", (SENT, act.at, act.post))
    public_at = None if states.held(db, blog) else act.at
    db.execute(
        "UPDATE post SET blog = ?, first_seen_at = ?, public_at = ? WHERE id = ?", (blog, act.at, public_at, act.post)
    )
    news = {"post": act.post, "kind": "new", "lane": Lane.LIVE, "blog": blog, "ahead": 1}
    expansion.begin(db, news | {"created_at": act.at, "not_before": act.at})
    audit.note(db, replace(act, blog=blog))
    cards.look(db, blog, act.at)
    return True
