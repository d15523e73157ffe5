"""Who wants to hear of what, and what of it still waits when the wish ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.core.habits import parse_digest
from bot.core.model import Lane, Volume
from bot.core.wishes import Wish
from bot.core.words import kept, unkept
from storage import cards, chats, filters, sleeping
from storage.rows import spaced, to_json, unspaced
from storage.spoken import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A wish to hear of a blog in one chat and thread (0: none). No topics: the whole blog."""

    blog: str
    telegram_id: int
    thread: int = 0
    topics: tuple[str, ...] = ()
    volume: Volume = Volume.EVERYTHING
    language: str | None = None
    sound: bool = True
    pictures: bool = True
    digest: str = "1h"  # when its digests come: "30m", "3h", or times of day, "08:00 18:00"
    words: tuple[str, ...] = ()  # plain words that it follows beside the topics
    without: tuple[str, ...] = ()  # plain words that keep a post away

    @property
    def wish(self) -> Wish:
        return Wish(topics=self.topics, words=self.words, without=self.without)


def subscribe(
    db: Connection,
    *,
    chat: int,
    thread: int,
    blog: str,
    topics: Sequence[str],
    now: float,
    words: Sequence[str] = (),
    without: Sequence[str] = (),
    volume: str | None = None,
    language: str | None = None,
) -> Subscription | None:
    """Set what a thread follows of a blog. Returns the subscription it had before, None where it had none.

    Words as `bot.core.words.typed` makes them. What waits and is no longer wanted is dropped, as in `unsubscribe`. A
    forum topic that was closed opens: it spoke to us.
    """
    before = next((one for one in subscriptions(db, chat, thread) if one.blog == blog), None)
    wish = Wish(topics=(*topics,), words=(*words,), without=(*without,))
    put(db, chat=chat, thread=thread, blog=blog, wish=wish, now=now, volume=volume, language=language)
    chats.wake_thread(db, chat, thread, now)
    if before is not None:
        _keep_only(db, chat, thread, blog, before.wish, wish)
    if before is not None and volume not in (None, before.volume):
        _go_by_volume(db, chat, thread, blog, Volume(volume))
    cards.follow(db, chat=chat, thread=thread, blog=blog)
    return before


def put(
    db: Connection,
    *,
    chat: int,
    thread: int,
    blog: str,
    wish: Wish,
    now: float,
    volume: str | None = None,
    language: str | None = None,
) -> None:
    """The row alone: for a chat that is met in the same transaction, of which nothing else can be known."""
    db.execute(
        """INSERT INTO subscription AS s (blog, chat, thread, topics, words, without, volume, language, created_at)
        VALUES (:blog, :chat, :thread, :topics, :words, :without, coalesce(:volume, 'everything'), :language, :now)
        ON CONFLICT (blog, chat, thread) DO UPDATE SET topics = :topics, words = :words, without = :without,
        volume = coalesce(:volume, s.volume), language = coalesce(:language, s.language),
        changed_at = CASE WHEN (s.topics, s.words, s.without) = (:topics, :words, :without)
          AND coalesce(:volume, s.volume) = s.volume THEN s.changed_at ELSE :now END""",
        {
            "blog": blog,
            "chat": chat,
            "thread": thread,
            "topics": spaced(wish.topics),
            "words": spaced(kept(wish.words)),
            "without": spaced(kept(wish.without)),
            "volume": volume,
            "language": language,
            "now": now,
        },
    )


def _keep_only(db: Connection, chat: int, thread: int, blog: str, before: Wish, now: Wish) -> None:
    """What waits and was wanted, and is not wanted now, goes."""
    if now.covers(before):
        return
    waiting = db.execute(
        """SELECT p.* FROM delivery d INDEXED BY delivery_waiting JOIN post p ON p.id = d.post AND p.blog = :blog
        WHERE d.chat = :chat AND d.thread = :thread AND d.sent <> d.wanted AND d.sent = 0 AND p.notice IS NULL""",
        {"chat": chat, "thread": thread, "blog": blog},
    )
    unwanted = [
        post["id"] for post in waiting.fetchall() if not now.matches(unspaced(post["topics"]), filters.said(post))
    ]
    if unwanted:
        _drop(db, chat, _OF_POSTS, {"thread": thread, "posts": to_json(unwanted)})


def unsubscribe(db: Connection, *, chat: int, thread: int, blog: str | None) -> list[Subscription]:
    """End a thread's subscription of a blog (None: of all). What was not sent yet is dropped; what was sent follows."""
    ended = [one for one in subscriptions(db, chat, thread) if blog in (None, one.blog)]
    for one in ended:
        db.execute("DELETE FROM subscription WHERE blog = ? AND chat = ? AND thread = ?", (one.blog, chat, thread))
        _drop(db, chat, _OF_BLOG, {"thread": thread, "blog": one.blog})
        cards.follow(db, chat=chat, thread=thread, blog=one.blog)
    if ended:
        _drop(db, chat, _PUSHES_FOR_OTHERS, {})
    return ended


def lose_cards(db: Connection, chat: int) -> None:
    """End the subscriptions of a chat that show it cards, in every thread: those leave it."""
    rows = db.execute("SELECT blog, thread FROM subscription WHERE chat = ? AND volume = 'card'", (chat,))
    for row in rows.fetchall():
        unsubscribe(db, chat=chat, thread=row["thread"], blog=row["blog"])


_OF_BLOG = """thread = :thread AND EXISTS (SELECT 1 FROM post p WHERE p.id = delivery.post AND p.blog = :blog
  AND p.notice IS NOT 'card')"""
_POSTS_OF_BLOG = """thread = :thread AND EXISTS (SELECT 1 FROM post p WHERE p.id = delivery.post AND p.blog = :blog
  AND p.notice IS NULL)"""
_OF_BLOG_BUT_KEY = """thread = :thread AND EXISTS (SELECT 1 FROM post p WHERE p.id = delivery.post AND p.blog = :blog
  AND p.notice IS NULL AND NOT (p.pinned OR p.key_event))"""
_OF_POSTS = "thread = :thread AND post IN (SELECT value FROM json_each(:posts))"
_CORRECTIONS_OF_BLOG = """thread = :thread AND EXISTS (SELECT 1 FROM post p WHERE p.id = delivery.post
  AND p.blog = :blog AND p.notice = 'correction')"""
# Pushes go to chats: one waits as long as some thread of its chat follows what the push is for. One for a chat alone
# does not ask what that follows.
_PUSHES_FOR_OTHERS = """EXISTS (SELECT 1 FROM post p WHERE p.id = delivery.post AND p.blog IS NULL) AND NOT EXISTS (
  SELECT 1 FROM publication p WHERE p.post = delivery.post AND p.kind = 'new' AND (p.only_chat = :chat OR EXISTS (
  SELECT 1 FROM subscription s WHERE s.chat = :chat AND (p.blog IS NULL OR s.blog = p.blog))))"""


def _drop(db: Connection, chat: int, which: str, bound: dict[str, object]) -> None:
    """First sends that wait are dropped; one that is on its way is not tried again if it does not arrive."""
    bound = bound | {"chat": chat}
    waiting = "WHERE chat = :chat AND sent <> wanted AND sent = 0"
    db.execute(f"DELETE FROM delivery INDEXED BY delivery_waiting {waiting} AND sending IS NULL AND {which}", bound)
    db.execute(f"UPDATE delivery INDEXED BY delivery_waiting SET aside = 'left' {waiting} AND {which}", bound)


def take_over(db: Connection, *, chat: int, blog: str, of: int, by: int) -> None:
    """One thread follows a blog as another one of its chat does: as much of it, as loud."""
    columns = "volume, language, sound, pictures, digest, words, without"
    db.execute(
        f"""UPDATE subscription SET ({columns}) = (SELECT {columns} FROM subscription
        WHERE blog = :blog AND chat = :chat AND thread = :of)
        WHERE blog = :blog AND chat = :chat AND thread = :by AND EXISTS (SELECT 1 FROM subscription
        WHERE blog = :blog AND chat = :chat AND thread = :of)""",
        {"blog": blog, "chat": chat, "of": of, "by": by},
    )
    cards.follow(db, chat=chat, thread=by, blog=blog)


def subscriptions(db: Connection, chat: int, thread: int) -> list[Subscription]:
    rows = db.execute(
        """SELECT s.*, c.telegram_id FROM subscription s JOIN chat c ON c.id = s.chat
        WHERE s.chat = ? AND s.thread = ? ORDER BY s.created_at""",
        (chat, thread),
    )
    return [_value(row) for row in rows]


def subscription(db: Connection, chat: int, thread: int, blog: str) -> Subscription | None:
    """What a thread follows of one blog."""
    row = db.execute(
        """SELECT s.*, c.telegram_id FROM subscription s CROSS JOIN chat c ON c.id = s.chat
        WHERE s.blog = ? AND s.chat = ? AND s.thread = ?""",
        (blog, chat, thread),
    ).fetchone()
    return None if row is None else _value(row)


def followed_since(db: Connection, chat: int, thread: int) -> list[float]:
    """When each subscription of a thread was made."""
    rows = db.execute("SELECT created_at FROM subscription WHERE chat = ? AND thread = ?", (chat, thread))
    return [row["created_at"] for row in rows]


def subscriptions_after(db: Connection, after: Place, count: int) -> tuple[list[Subscription], Place | None]:
    """For an export: those of the next so many open chats, in a stable order, and where to go on."""
    chats_ = db.execute(
        """SELECT id, bot, telegram_id FROM chat WHERE (bot, telegram_id) > (?, ?) ORDER BY bot, telegram_id LIMIT ?""",
        (*after, count),
    ).fetchall()
    if not chats_:
        return [], None
    rows = db.execute(
        """SELECT s.*, c.telegram_id FROM json_each(?) j CROSS JOIN chat c ON c.id = CAST(j.value AS BIGINT) AND c.open
        CROSS JOIN subscription s ON s.chat = c.id ORDER BY j.key, s.thread, s.blog""",
        (to_json([row["id"] for row in chats_]),),
    )
    return [_value(row) for row in rows], (chats_[-1]["bot"], chats_[-1]["telegram_id"])


Place = tuple[str, int]  # a bot and Telegram's id of a chat
FROM_THE_FIRST: Place = ("", 0)


def _value(row: Row) -> Subscription:
    return Subscription(
        blog=row["blog"],
        telegram_id=row["telegram_id"],
        thread=row["thread"],
        topics=unspaced(row["topics"]),
        volume=Volume(row["volume"]),
        language=row["language"],
        sound=bool(row["sound"]),
        pictures=bool(row["pictures"]),
        digest=row["digest"],
        words=unkept(unspaced(row["words"])),
        without=unkept(unspaced(row["without"])),
    )


def choose(
    db: Connection,
    *,
    chat: int,
    thread: int,
    blog: str,
    volume: Volume,
    sound: bool,
    pictures: bool,
    digest: str,
    now: float | None = None,
) -> None:
    """How a thread wants to hear of a blog that it follows; what waits goes by that at once. `now` is noted with it.

    ValueError where `digest` says no times. Posts that wait and are none for this volume are dropped.
    """
    parse_digest(digest)
    db.execute(
        """UPDATE subscription SET volume = :volume, sound = :sound, pictures = :pictures, digest = :digest,
        changed_at = CASE WHEN volume = :volume THEN changed_at ELSE coalesce(:now, changed_at) END
        WHERE blog = :blog AND chat = :chat AND thread = :thread""",
        {
            "volume": volume.value,
            "sound": sound,
            "pictures": pictures,
            "digest": digest,
            "now": now,
            "blog": blog,
            "chat": chat,
            "thread": thread,
        },
    )
    _go_by_volume(db, chat, thread, blog, volume)
    cards.follow(db, chat=chat, thread=thread, blog=blog)


# What waits and is none for a volume: the same that `expansion` gives it not.
_NOT_FOR = {Volume.KEY: _OF_BLOG_BUT_KEY, Volume.CARD: _OF_BLOG, Volume.DIGEST: _CORRECTIONS_OF_BLOG}


def _go_by_volume(db: Connection, chat: int, thread: int, blog: str, volume: Volume) -> None:
    """What waits, or sleeps, is what this volume has, in its lane, and is decided anew."""
    bound = {"thread": thread, "blog": blog, "chat": chat}
    if volume in _NOT_FOR:
        _drop(db, chat, _NOT_FOR[volume], bound)
    lanes = (Lane.LIVE, Lane.DIGEST) if volume is Volume.DIGEST else (Lane.DIGEST, Lane.LIVE)
    db.execute(
        f"""UPDATE delivery INDEXED BY delivery_waiting SET lane = :to
        WHERE chat = :chat AND sent <> wanted AND sent = 0 AND lane = :from AND {_POSTS_OF_BLOG}""",
        bound | {"from": lanes[0], "to": lanes[1]},
    )
    sleeping.wake(db, chat)


def rechoose(
    db: Connection,
    chat: int,
    thread: int,
    blog: str,
    change: Callable[[Subscription], Subscription],
    at: float | None = None,
) -> Subscription | None:
    """Change a part of how a thread hears of a blog, whoever else changes another part. None: it does not follow it."""
    before = next((one for one in subscriptions(db, chat, thread) if one.blog == blog), None)
    if before is None:
        return None
    now = change(before)
    choose(
        db,
        chat=chat,
        thread=thread,
        blog=blog,
        volume=now.volume,
        sound=now.sound,
        pictures=now.pictures,
        digest=now.digest,
        now=at,
    )
    return now


def audience(db: Connection, blog: str | None, topics: Sequence[str]) -> int:
    """How many open chats a push would reach now: each once, whatever it subscribes to.

    All who follow, less the closed, and less those of whom only closed topics follow: so it need not look up a
    million chats, but it still takes its time.
    """
    asleep = [row["id"] for row in db.execute("SELECT id FROM blog WHERE removed_at IS NOT NULL")]
    if blog in asleep:
        return 0
    which = "s.blog = :blog" if blog is not None else _AWAKE if asleep else "true"
    if topics:
        which += f" AND {_FOLLOWS_ANY}"
    bound = {"blog": blog, "asleep": to_json(asleep), "topics": to_json(list(topics))}
    index = "" if blog is not None else "INDEXED BY subscription_chat"
    all_ = db.execute(f"SELECT count(DISTINCT s.chat) FROM subscription s {index} WHERE {which}", bound)
    closed = db.execute(
        f"""SELECT count(*) FROM chat INDEXED BY chat_closed WHERE NOT open
        AND EXISTS (SELECT 1 FROM subscription s INDEXED BY subscription_chat WHERE s.chat = chat.id AND {which})""",
        bound,
    )
    silent = db.execute(
        f"""SELECT count(DISTINCT s.chat) FROM subscription s INDEXED BY subscription_closed
        JOIN chat c ON c.id = s.chat AND c.open WHERE s.closed_at IS NOT NULL AND {which}
        AND s.chat NOT IN (SELECT s.chat FROM subscription s INDEXED BY subscription_chat
          WHERE s.chat IN (SELECT chat FROM subscription INDEXED BY subscription_closed WHERE closed_at IS NOT NULL)
          AND s.closed_at IS NULL AND {which})""",
        bound,
    )
    return int(all_.fetchone()[0] - closed.fetchone()[0] - silent.fetchone()[0])


_AWAKE = "s.blog NOT IN (SELECT value FROM json_each(:asleep))"
_FOLLOWS_ANY = """((s.topics = ' ' AND s.words = ' ') OR EXISTS
(SELECT 1 FROM json_each(:topics) t WHERE instr(s.topics, ' ' || t.value || ' ') > 0))"""
