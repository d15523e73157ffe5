"""Which subscriptions want a post, as a condition on `subscription s`: its topics, its words, and what it leaves out.

The same rule as `bot.core.wishes.Wish.matches`. What the post says is bound once for a chunk, as a set that is looked
up; a subscription without words of its own is not asked for any.
"""

from __future__ import annotations

from typing import Any

from bot.core.words import Searchable, searchable
from storage.rows import to_json, unspaced
from storage.spoken import Connection, Row

_NOTHING = Searchable("", frozenset())


def _holds(column: str, when: str) -> str:
    """Whether one of the words of a column stands in the post. They hold letters, digits and `_`, so that they need no
    escaping; the set of the post's words is made once for a statement, and only where somebody needs it."""
    listed = f"""'["' || replace(trim(s.{column}), ' ', '","') || '"]'"""
    return f"""EXISTS (SELECT 1 FROM json_each({listed}) w WHERE w.value IN (SELECT value FROM json_each(:words_{when}))
      OR (instr(w.value, '_') > 0 AND instr(:said_{when}, ' ' || replace(w.value, '_', ' ') || ' ') > 0))"""


_OF_TOPICS = "EXISTS (SELECT 1 FROM json_each(:{0}) t WHERE instr(s.topics, ' ' || t.value || ' ') > 0)"

# The CASE makes one condition of it: of many, SQLite would rather sort the chats than see that they are in order. And
# it leaves off where the answer is known, as a condition does and a value does not.
WANTS = f"""
  CASE WHEN (:any_topic OR (s.topics = ' ' AND s.words = ' ') OR {_OF_TOPICS.format("topics")}
   OR (s.words <> ' ' AND {_holds("words", "now")}))
  AND (s.without = ' ' OR NOT {_holds("without", "now")})
  AND (NOT :gained OR {_OF_TOPICS.format("gained_topics")}
   OR (s.words <> ' ' AND {_holds("words", "now")} AND NOT {_holds("words", "before")})
   OR (s.without <> ' ' AND {_holds("without", "before")})) THEN TRUE END
"""
# The few that an edit can have won without a topic.
WITH_WORDS = "subscription s INDEXED BY subscription_words WHERE (s.words <> ' ' OR s.without <> ' ') AND"


def exist(db: Connection, blog: str | None) -> bool:
    """Whether anybody looks at the words of this blog's posts."""
    row = db.execute(
        """SELECT 1 FROM subscription INDEXED BY subscription_words
        WHERE (words <> ' ' OR without <> ' ') AND blog = ? LIMIT 1""",
        (blog,),
    )
    return row.fetchone() is not None


def said(post: Row) -> Searchable:
    """What a post says now; nothing where it is an editor's own or our word about the blog, which are for everybody."""
    if post["blog"] is None or post["notice"] is not None:
        return _NOTHING
    return searchable(post["title"], post["text"], unspaced(post["topics"]))


def bound(db: Connection, publication: Row, post: Row) -> dict[str, Any]:
    """What `WANTS` names of what the post says."""
    now = said(post) if exist(db, publication["blog"]) else _NOTHING
    before = now if publication["said_before"] is None else parsed(publication["said_before"])
    return {
        "said_now": now.text,
        "words_now": to_json(sorted(now.words)),
        "said_before": before.text,
        "words_before": to_json(sorted(before.words)),
    }


def parsed(text: str) -> Searchable:
    return Searchable(text, frozenset(text.split()))
