"""How many there are: each count goes through one index alone, and through all of it. They belong on the connection
that counts."""

from __future__ import annotations

from collections import Counter

from storage.spoken import Connection

POSTS = "SELECT blog, count(*) FROM post WHERE blog IS NOT NULL GROUP BY blog"
NOTICES = "SELECT blog, count(*) FROM post INDEXED BY post_notice WHERE notice IS NOT NULL GROUP BY blog"
FOLLOWED = "SELECT blog, count(*) FROM subscription GROUP BY blog"
CLOSED = """
SELECT s.blog, count(*) FROM chat INDEXED BY chat_closed CROSS JOIN subscription s INDEXED BY subscription_chat
ON s.chat = chat.id WHERE NOT chat.open GROUP BY s.blog
"""


def posts_by_blog(db: Connection) -> Counter[str]:
    """Of those that are no word of our own."""
    return _less(db, POSTS, NOTICES)


def subscriptions_by_blog(db: Connection) -> Counter[str]:
    """Of open chats."""
    return _less(db, FOLLOWED, CLOSED)


def _less(db: Connection, every: str, some: str) -> Counter[str]:
    counted = Counter(dict(db.execute(every).fetchall()))
    counted.subtract(dict(db.execute(some).fetchall()))
    return counted


def open_chats(db: Connection, bot: str) -> int:
    """All of them, less the closed ones, of which there is an index."""
    row = db.execute(
        """SELECT (SELECT count(*) FROM chat WHERE bot = :bot) -
        (SELECT count(*) FROM chat INDEXED BY chat_closed WHERE NOT open AND bot = :bot)""",
        {"bot": bot},
    ).fetchone()
    return int(row[0])
