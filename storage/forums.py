"""Topics of forums that the bot opens, one for a blog: wished for, opened, closed with the blog, open again.

They are no posts, so they are no deliveries; but what is still to be done about them stands here and survives every
end of this process.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from storage import chats, subscriptions
from storage.rows import spaced, unspaced
from storage.spoken import Connection, Row

AT_ONCE = 20  # that one look finds


@dataclass(frozen=True, slots=True, kw_only=True)
class ForumTopic:
    """A topic that the bot opened for a blog or is to open (`thread` None). `asked_in`: the thread of the wish.

    `doubts`: how often it was to be opened while nobody knows what came of it. `ended_at`: when the blog ended.
    """

    chat: int  # ours
    telegram_id: int
    language: str | None
    blog: str
    thread: int | None
    asked_in: int
    doubts: int
    attempts: int
    ended_at: float | None


def wish(db: Connection, *, chat: int, blogs: Collection[str], asked_in: int, now: float) -> list[str]:
    """Ask for a topic for each of these blogs, which is to follow what the thread of the wish follows of it. Returns
    those that had none; what is wished for twice is opened once, and a topic that stopped following begins again."""
    return [blog for blog in blogs if _wish(db, chat, blog, asked_in, now)]


def _wish(db: Connection, chat: int, blog: str, asked_in: int, now: float) -> bool:
    row = db.execute("SELECT * FROM forum_topic WHERE chat = ? AND blog = ?", (chat, blog)).fetchone()
    topics = next((one.topics for one in subscriptions.subscriptions(db, chat, asked_in) if one.blog == blog), ())
    if row is not None and row["thread"] is not None:
        if any(one.blog == blog for one in subscriptions.subscriptions(db, chat, row["thread"])):
            return False
        _follow(db, chat, blog, row["thread"], asked_in, topics, now)
        return True
    db.execute(
        """INSERT INTO forum_topic (chat, blog, asked_in, topics, asked_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (chat, blog) DO UPDATE SET asked_in = excluded.asked_in, topics = excluded.topics,
        not_before = 0""",
        (chat, blog, asked_in, spaced(topics), now),
    )
    return row is None


_TOPIC = """
SELECT t.*, c.telegram_id, coalesce(c.chosen_language, c.language) AS language, b.ended_at FROM {}
CROSS JOIN chat c ON c.id = t.chat AND c.open AND c.bot = :bot
"""
_WISHED = _TOPIC.format("forum_topic t INDEXED BY forum_topic_wanted LEFT JOIN blog b ON b.id = t.blog")
_OF_BLOGS = _TOPIC.format("blog b CROSS JOIN forum_topic t INDEXED BY forum_topic_blog ON t.blog = b.id")
_FOLLOWS = """EXISTS (SELECT 1 FROM subscription s WHERE s.blog = t.blog AND s.chat = t.chat AND s.thread = t.thread
  AND s.closed_at IS NULL)"""
_ALL_SAID = """
  NOT EXISTS (SELECT 1 FROM delivery d INDEXED BY delivery_waiting WHERE d.chat = t.chat AND d.thread = t.thread
    AND d.sent <> d.wanted AND (d.aside IS NULL OR d.aside = 'asleep'))
  AND NOT EXISTS (SELECT 1 FROM publication q INDEXED BY publication_before
    WHERE q.blog = t.blog AND q.done_at IS NULL AND q.kind <> 'change')
"""
_NOTHING_ELSE_LIVES_THERE = """
  NOT EXISTS (SELECT 1 FROM subscription u INDEXED BY subscription_chat JOIN blog ub ON ub.id = u.blog
    WHERE u.chat = t.chat AND u.thread = t.thread AND ub.ended_at IS NULL AND ub.removed_at IS NULL)
"""


def wished(db: Connection, bot: str, now: float) -> list[ForumTopic]:
    """Those to be opened now."""
    rows = db.execute(
        f"{_WISHED} WHERE t.thread IS NULL AND t.not_before <= :now LIMIT {AT_ONCE}", {"bot": bot, "now": now}
    )
    return [_value(row) for row in rows]


def to_close(db: Connection, bot: str, now: float) -> list[ForumTopic]:
    """Those whose blog has ended and has nothing more to say there. What people closed, or opened again after us, is
    theirs to decide."""
    rows = db.execute(
        f"""{_OF_BLOGS} WHERE b.ended_at IS NOT NULL AND b.removed_at IS NULL AND t.thread IS NOT NULL
        AND t.closed_for IS NOT b.ended_at AND t.not_before <= :now AND {_FOLLOWS} AND {_NOTHING_ELSE_LIVES_THERE}
        AND {_ALL_SAID} LIMIT {AT_ONCE}""",
        {"bot": bot, "now": now},
    )
    return [_value(row) for row in rows]


def to_reopen(db: Connection, bot: str, now: float) -> list[ForumTopic]:
    """Those closed by us whose blog goes on."""
    rows = db.execute(
        f"""{_OF_BLOGS} WHERE b.ended_at IS NULL AND t.closed_for > 0 AND t.thread IS NOT NULL
        AND t.not_before <= :now AND {_FOLLOWS} LIMIT {AT_ONCE}""",
        {"bot": bot, "now": now},
    )
    return [_value(row) for row in rows]


def _value(row: Row) -> ForumTopic:
    return ForumTopic(**{name: row[name] for name in ForumTopic.__slots__})


def tried(db: Connection, topic: ForumTopic) -> None:
    """It is about to be opened: should we never hear of it again, that is known."""
    db.execute("UPDATE forum_topic SET doubts = doubts + 1 WHERE chat = ? AND blog = ?", (topic.chat, topic.blog))


def opened(db: Connection, topic: ForumTopic, thread: int, now: float) -> bool:
    """It is there, and follows the blog in the place of the thread where it was asked for. False: nobody wants it any
    more."""
    there = "chat = ? AND blog = ? AND thread IS NULL"
    row = db.execute(f"SELECT topics FROM forum_topic WHERE {there}", (topic.chat, topic.blog)).fetchone()
    if row is None:
        return False
    db.execute(
        f"UPDATE forum_topic SET thread = ?, doubts = 0, attempts = 0, not_before = 0 WHERE {there}",
        (thread, topic.chat, topic.blog),
    )
    _follow(db, topic.chat, topic.blog, thread, topic.asked_in, unspaced(row["topics"]), now)
    return True


def _follow(
    db: Connection, chat: int, blog: str, thread: int, instead_of: int, topics: Collection[str], now: float
) -> None:
    subscriptions.subscribe(db, chat=chat, thread=thread, blog=blog, topics=tuple(topics), now=now)
    if instead_of != thread:
        subscriptions.take_over(db, chat=chat, blog=blog, of=instead_of, by=thread)
        subscriptions.unsubscribe(db, chat=chat, thread=instead_of, blog=blog)


def later(db: Connection, topic: ForumTopic, until: float, *, in_doubt: bool) -> None:
    """It did not work now. Unless it is `in_doubt`, it surely was not done."""
    db.execute(
        """UPDATE forum_topic SET not_before = ?, attempts = attempts + 1,
        doubts = CASE WHEN thread IS NULL AND NOT ? THEN max(doubts - 1, 0) ELSE doubts END
        WHERE chat = ? AND blog = ?""",
        (until, in_doubt, topic.chat, topic.blog),
    )


def turned(db: Connection, topic: ForumTopic) -> None:
    """It is closed for the end of its blog, or open again since that goes on."""
    db.execute(
        "UPDATE forum_topic SET closed_for = ?, attempts = 0, not_before = 0 WHERE chat = ? AND blog = ?",
        (topic.ended_at, topic.chat, topic.blog),
    )


def forget(db: Connection, topic: ForumTopic) -> None:
    """It will not be opened, or is not there any more: then its subscription ends."""
    db.execute("DELETE FROM forum_topic WHERE chat = ? AND blog = ?", (topic.chat, topic.blog))
    if topic.thread is not None:
        chats.close_thread(db, topic.chat, topic.thread)
