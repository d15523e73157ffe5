"""Who wants to hear of what, and what of it still waits when the wish ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from sqlite3 import Connection, Row

from bot.core.model import Volume
from storage import chats
from storage.rows import spaced, to_json, unspaced


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


def subscribe(
    db: Connection,
    *,
    chat: int,
    thread: int,
    blog: str,
    topics: Sequence[str],
    now: float,
    volume: str | None = None,
    language: str | None = None,
) -> Subscription | None:
    """Set what a thread follows of a blog. Returns the subscription it had before, None where it had none.

    What waits for topics that are no longer among them is dropped, as in `unsubscribe`. A forum topic that was closed
    opens: it spoke to us.
    """
    before = next((one for one in subscriptions(db, chat, thread) if one.blog == blog), None)
    db.execute(
        """INSERT INTO subscription (blog, chat, thread, topics, volume, language, created_at)
        VALUES (:blog, :chat, :thread, :topics, coalesce(:volume, 'everything'), :language, :now)
        ON CONFLICT (blog, chat, thread) DO UPDATE SET topics = :topics, volume = coalesce(:volume, volume),
        language = coalesce(:language, language)""",
        {
            "blog": blog,
            "chat": chat,
            "thread": thread,
            "topics": spaced(topics),
            "volume": volume,
            "language": language,
            "now": now,
        },
    )
    chats.wake_thread(db, chat, thread)
    if before is None:
        chats.reopen_thread(db, chat, thread)
    elif topics and not (before.topics and set(before.topics) <= set(topics)):
        _drop(db, chat, _OTHER_TOPICS, {"thread": thread, "blog": blog, "topics": to_json(list(topics))})
    return before


def unsubscribe(db: Connection, *, chat: int, thread: int, blog: str | None) -> list[Subscription]:
    """End a thread's subscription of a blog (None: of all). What was not sent yet is dropped; what was sent follows."""
    ended = [one for one in subscriptions(db, chat, thread) if blog in (None, one.blog)]
    for one in ended:
        db.execute("DELETE FROM subscription WHERE blog = ? AND chat = ? AND thread = ?", (one.blog, chat, thread))
        _drop(db, chat, _OF_BLOG, {"thread": thread, "blog": one.blog})
    if ended:
        _drop(db, chat, _PUSHES_FOR_OTHERS, {})
    return ended


_OF_BLOG = "thread = :thread AND EXISTS (SELECT 1 FROM post p WHERE p.id = delivery.post AND p.blog = :blog)"
_OTHER_TOPICS = """thread = :thread AND EXISTS (SELECT 1 FROM post p WHERE p.id = delivery.post AND p.blog = :blog
  AND NOT EXISTS (SELECT 1 FROM json_each(:topics) t WHERE instr(p.topics, ' ' || t.value || ' ')))"""
# Pushes go to chats: one waits as long as some thread of its chat follows what the push is for.
_PUSHES_FOR_OTHERS = """EXISTS (SELECT 1 FROM post p WHERE p.id = delivery.post AND p.blog IS NULL) AND NOT EXISTS (
  SELECT 1 FROM publication p JOIN subscription s ON s.chat = :chat AND (p.blog IS NULL OR s.blog = p.blog)
  WHERE p.post = delivery.post)"""


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


def subscriptions(db: Connection, chat: int, thread: int) -> list[Subscription]:
    rows = db.execute(
        """SELECT s.*, c.telegram_id FROM subscription s JOIN chat c ON c.id = s.chat
        WHERE s.chat = ? AND s.thread = ? ORDER BY s.created_at""",
        (chat, thread),
    )
    return [_value(row) for row in rows]


def subscriptions_after(db: Connection, after: Place, count: int) -> tuple[list[Subscription], Place | None]:
    """For an export: those of the next so many open chats, in a stable order, and where to go on."""
    chats_ = db.execute(
        """SELECT id, bot, telegram_id FROM chat WHERE (bot, telegram_id) > (?, ?) ORDER BY bot, telegram_id LIMIT ?""",
        (*after, count),
    ).fetchall()
    if not chats_:
        return [], None
    rows = db.execute(
        """SELECT s.*, c.telegram_id FROM json_each(?) j CROSS JOIN chat c ON c.id = j.value AND c.open
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
        words=unspaced(row["words"]),
        without=unspaced(row["without"]),
    )


def choose(
    db: Connection, *, chat: int, thread: int, blog: str, volume: Volume, sound: bool, pictures: bool, digest: str
) -> None:
    """How a thread wants to hear of a blog that it follows."""
    db.execute(
        """UPDATE subscription SET volume = ?, sound = ?, pictures = ?, digest = ?
        WHERE blog = ? AND chat = ? AND thread = ?""",
        (volume.value, sound, pictures, digest, blog, chat, thread),
    )


def take_in(db: Connection, bot: str, rows: Iterable[Subscription], now: float) -> int:
    """From another bot. Importing the same rows twice changes nothing. Returns how many were new."""
    return sum(_take_in(db, bot, one, now) is None for one in rows)


def _take_in(db: Connection, bot: str, one: Subscription, now: float) -> Subscription | None:
    chat = chats.find(db, bot, one.telegram_id) or chats.meet(
        db, bot=bot, telegram_id=one.telegram_id, kind=_kind(one.telegram_id), title=None, language=None, now=now
    )
    return subscribe(
        db,
        chat=chat.id,
        thread=0 if one.thread == GENERAL else one.thread,
        blog=one.blog,
        topics=one.topics,
        now=now,
        volume=one.volume.value,
        language=one.language,
    )


GENERAL = 1  # the number of the topic that is spoken to without one: https://core.telegram.org/api/forum
_CHANNELS = -1_000_000_000_000  # https://core.telegram.org/api/bots/ids


def _kind(telegram_id: int) -> str:
    """What a bare Telegram id tells of its chat: people are positive, supergroups and channels lie far below zero."""
    if telegram_id > 0:
        return "private"
    return "supergroup" if telegram_id < _CHANNELS else "group"


def audience(db: Connection, blog: str | None, topics: Sequence[str]) -> int:
    """How many open chats a push would reach now: each once, whatever it subscribes to.

    All who follow, less the closed: so it need not look up a million chats, but it still takes its time.
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
    return int(all_.fetchone()[0] - closed.fetchone()[0])


_AWAKE = "s.blog NOT IN (SELECT value FROM json_each(:asleep))"
_FOLLOWS_ANY = """(s.topics = ' ' OR EXISTS
(SELECT 1 FROM json_each(:topics) t WHERE instr(s.topics, ' ' || t.value || ' ')))"""
