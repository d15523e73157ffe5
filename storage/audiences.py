"""Whom a push may be for, and how many that is now: each open chat once, whatever it subscribes to."""

from __future__ import annotations

from collections import Counter

from bot.core.publishing import Audience
from storage import subscriptions
from storage.rows import to_json
from storage.spoken import Connection

# In what language a chat reads: the first part of the tag that it chose, was imported with, or has in its client.
_TAG = "coalesce(c.chosen_language, s.language, c.language, '')"
LANGUAGE = f"lower(substr({_TAG}, 1, instr({_TAG} || '-', '-') - 1))"

_AWAKE = """s.closed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM blog b WHERE b.id = s.blog AND b.removed_at IS NOT NULL)"""
_ALL_OF_IT = "s.topics = ' ' AND s.words = ' '"
_FOLLOWS = f"""(s.blog = :blog OR :blog IS NULL) AND (NOT :some OR ({_ALL_OF_IT}) OR EXISTS
  (SELECT 1 FROM json_each(:topics) t WHERE instr(s.topics, ' ' || t.value || ' ') > 0))"""


def count(db: Connection, audience: Audience) -> int:
    """How many open chats a push would reach now."""
    if audience.only_chat is not None:
        row = db.execute("SELECT count(*) FROM chat WHERE id = ? AND open", (audience.only_chat,)).fetchone()
        return int(row[0])
    if audience.language is None:
        return subscriptions.audience(db, audience.blog, audience.topics)
    return _reading(db, audience)


def _reading(db: Connection, audience: Audience) -> int:
    found = db.execute(
        f"""SELECT count(DISTINCT s.chat) FROM subscription s JOIN chat c ON c.id = s.chat AND c.open
        WHERE {LANGUAGE} = :language AND {_AWAKE} AND {_FOLLOWS}""",
        {
            "language": audience.language,
            "blog": audience.blog,
            "some": bool(audience.topics),
            "topics": to_json(list(audience.topics)),
        },
    )
    return int(found.fetchone()[0])


def by_blog(db: Connection) -> dict[str, int]:
    """Of each blog that somebody follows. Takes a look at every subscription, so it takes its time."""
    rows = db.execute(
        f"""SELECT s.blog, count(DISTINCT s.chat) FROM subscription s JOIN chat c ON c.id = s.chat AND c.open
        WHERE {_AWAKE} GROUP BY s.blog"""
    )
    return {row[0]: row[1] for row in rows}


def by_language(db: Connection) -> dict[str, int]:
    """Of each language that is known of a chat that follows something; the most common first. As `by_blog`."""
    rows = db.execute(
        f"""SELECT {LANGUAGE} AS language, count(DISTINCT s.chat) AS chats FROM subscription s
        JOIN chat c ON c.id = s.chat AND c.open WHERE {_AWAKE} GROUP BY 1 ORDER BY 2 DESC, 1"""
    )
    return {language: chats for language, chats in rows if language}


def by_topic(db: Connection, blog: str) -> dict[str, int]:
    """Of each topic that somebody follows in a blog, with all who follow the whole of it; under "" those alone.

    A chat may follow other topics in other threads: chats are put together by all that they follow.
    """
    rows = db.execute(
        f"""SELECT followed, everything, count(*) FROM (
        SELECT group_concat(s.topics, ' ') AS followed, max({_ALL_OF_IT}) AS everything FROM subscription s
        JOIN chat c ON c.id = s.chat AND c.open WHERE s.blog = ? AND {_AWAKE} GROUP BY s.chat) AS chats
        GROUP BY 1, 2""",
        (blog,),
    )
    of_topic, of_all = Counter[str](), 0
    for followed, everything, chats in rows:
        of_all += chats if everything else 0
        of_topic.update(dict.fromkeys(followed.split(), 0 if everything else chats))
    return {"": of_all} | {topic: chats + of_all for topic, chats in of_topic.items()}
