"""The cards of blogs: each a post of ours that stands in no list, with a row for every chat that wants it.

Its revision rises in the transaction that changes what it shows, and chats are told twice a minute at most; that
something it showed was withdrawn, at once. What time alone changes (a blog falls quiet, a hold ends) and what others
wrote is seen when it is looked at, four times a minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from bot.core.card import KEY_EVENTS, LATEST, TOPICS, Card, posts_of, shown_by
from bot.core.model import Lane, Relayed
from bot.core.state import changes_at, state_of
from storage import expansion, states, unwanted
from storage.rows import insert, instant, relayed, to_json, unspaced
from storage.spoken import Connection, Row

CARD = "card"  # what `post.notice` calls it
KEY = "card:"  # and its key among the posts of the blog
EVERY = 30.0  # seconds between two changes in chats
LOOK = 15.0  # seconds after which each is looked at again: a look costs about a millisecond
AT_ONCE = 20  # that one turn looks at
DAY = 86_400.0
_COUNTED = 500  # of the newest posts, whose topics are counted

_AT = "coalesce(p.published_at, p.first_seen_at)"
_PUBLIC = "p.blog = :blog AND p.public_at <= :now AND p.withdrawn_at IS NULL"
_NEWEST = f"ORDER BY {_AT} DESC, p.first_seen_at DESC, p.id DESC LIMIT :limit"
_LATEST = f"SELECT p.* FROM post p INDEXED BY post_newest WHERE {_PUBLIC} {_NEWEST}"
_KEY_EVENTS = f"""
SELECT p.* FROM post p INDEXED BY post_key WHERE {_PUBLIC} AND (p.key_event OR p.pinned) {_NEWEST}
"""
_TOPICS = f"SELECT p.topics, p.first_seen_at FROM post p INDEXED BY post_newest WHERE {_PUBLIC} {_NEWEST}"


# --- what it shows -------------------------------------------------------------------------------------------------


def read(db: Connection, blog: str, now: float) -> Card:
    """The card as it is now for the chats, with the counts that it shows beside."""
    card = _read(db, blog, now)
    db.execute("UPDATE card SET shows = ? WHERE blog = ? AND shows IS NULL", (to_json(shown_by(card)), blog))
    return replace(card, topics=_topics(db, blog, now))


def _read(db: Connection, blog: str, now: float) -> Card:
    found = states.state(db, blog) or states.BlogState(id=blog, title=None)
    at = datetime.fromtimestamp(now, UTC)
    latest = _posts(db, _LATEST, blog, now, LATEST)
    return Card(
        title=found.title,
        state=state_of(found.life, at),
        at=at,
        starts_at=found.life.starts_at,
        url=_address(db, blog, latest),
        latest=latest,
        key_events=_posts(db, _KEY_EVENTS, blog, now, KEY_EVENTS),
    )


def _posts(db: Connection, statement: str, blog: str, now: float, limit: int) -> tuple[Relayed, ...]:
    rows = db.execute(statement, {"blog": blog, "now": now, "limit": limit})
    return tuple([relayed(row) for row in rows.fetchall()])


def _topics(db: Connection, blog: str, now: float) -> tuple[tuple[str, int], ...]:
    """The most used first, of the last day."""
    rows = db.execute(_TOPICS, {"blog": blog, "now": now, "limit": _COUNTED}).fetchall()
    counted = Counter(topic for row in rows if row["first_seen_at"] >= now - DAY for topic in unspaced(row["topics"]))
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:TOPICS])


def _address(db: Connection, blog: str, latest: tuple[Relayed, ...]) -> str | None:
    """The page that the blog went on to last; else the one that its newest post stands on."""
    moved = db.execute(
        """SELECT url FROM post WHERE id =
        (SELECT max(id) FROM post WHERE blog = ? AND key >= 'handover:' AND key < 'handover;')""",
        (blog,),
    ).fetchone()
    if moved is not None and moved["url"]:
        return str(moved["url"])
    return next((post.url.partition("#")[0] for post in latest if post.url), None)


# --- its revisions -------------------------------------------------------------------------------------------------


def look(db: Connection, blog: str, now: float) -> None:
    """Raise its revision where it would show something else than the one before."""
    row = db.execute("SELECT * FROM card WHERE blog = ?", (blog,)).fetchone()
    if row is None:
        return
    shows = shown_by(_read(db, blog, now))
    if row["shows"] is not None and to_json(shows) != row["shows"]:
        before = posts_of(orjson.loads(row["shows"]))
        _raise(db, row, now, urgent=_withdrawn_among(db, before - posts_of(shows)))
    again = {"blog": blog, "shows": to_json(shows), "look_at": _next_look(db, blog, now)}
    db.execute("UPDATE card SET shows = :shows, look_at = :look_at WHERE blog = :blog", again)


def look_and_advance(db: Connection, now: float) -> expansion.Came | None:
    """The cards whose time has come; then the next chunk of the most urgent publication. None: there is none."""
    due = db.execute("SELECT blog FROM card WHERE look_at <= ? ORDER BY look_at LIMIT ?", (now, AT_ONCE)).fetchall()
    for row in due:
        look(db, row["blog"], now)
    return expansion.advance(db, now)


def _withdrawn_among(db: Connection, numbers: set[int]) -> bool:
    found = db.execute(
        "SELECT 1 FROM post WHERE id IN (SELECT value FROM json_each(?)) AND withdrawn_at IS NOT NULL LIMIT 1",
        (to_json(sorted(numbers)),),
    )
    return found.fetchone() is not None


def _raise(db: Connection, card: Row, now: float, *, urgent: bool) -> None:
    db.execute("UPDATE post SET revision = revision + 1 WHERE id = ?", (card["post"],))
    if card["raised_at"] > now and not urgent:  # a change that waits will carry this as well
        return
    at = now if urgent else max(now, card["raised_at"] + EVERY)
    db.execute("UPDATE card SET raised_at = ? WHERE blog = ?", (at, card["blog"]))
    db.execute("DELETE FROM publication WHERE post = ? AND kind = 'change' AND done_at IS NOT NULL", (card["post"],))
    expansion.begin(
        db,
        {
            "post": card["post"],
            "kind": "change",
            "lane": Lane.WITHDRAWAL if urgent else Lane.DIGEST,
            "blog": card["blog"],
            "created_at": now,
            "not_before": at,
        },
    )


def _next_look(db: Connection, blog: str, now: float) -> float:
    """When it falls quiet, or starts; when the next post that is held comes out; or soon."""
    found = states.state(db, blog)
    turn = instant(changes_at(found.life, datetime.fromtimestamp(now, UTC))) if found else None
    waiting = db.execute(
        "SELECT min(not_before) FROM publication INDEXED BY publication_before"
        " WHERE blog = ? AND done_at IS NULL AND kind <> 'change' AND not_before > ?",
        (blog, now),
    ).fetchone()[0]
    return min(moment for moment in (turn, waiting, now + LOOK) if moment is not None)


# --- who has it ----------------------------------------------------------------------------------------------------


def follow(db: Connection, *, chat: int, thread: int, blog: str) -> None:
    """Make what a thread has of the card agree with what it chose: a row, or none any more."""
    place = {"chat": chat, "thread": thread, "blog": blog}
    wants = "SELECT 1 FROM subscription WHERE blog = :blog AND chat = :chat AND thread = :thread AND volume = 'card'"
    if db.execute(wants, place).fetchone() is not None:
        _make(db, blog)
        _give(db, "s.blog = :blog AND s.chat = :chat AND s.thread = :thread", place)
    elif (row := db.execute("SELECT post FROM card WHERE blog = ?", (blog,)).fetchone()) is not None:
        unwanted.take_back(db, post=row["post"], chat=chat, thread=thread)


def give_again(db: Connection, chat: int, thread: int | None = None) -> None:
    """A chat, or one topic of it, that came back has its cards again."""
    which = "s.chat = :chat" if thread is None else "s.chat = :chat AND s.thread = :thread"
    _give(db, which, {"chat": chat, "thread": thread})


def _make(db: Connection, blog: str) -> None:
    """When the first chat wants it."""
    if db.execute("SELECT 1 FROM card WHERE blog = ?", (blog,)).fetchone() is not None:
        return
    post = insert(db, "post", {"blog": blog, "key": KEY, "notice": CARD, "first_seen_at": 0.0})
    db.execute("INSERT INTO card (blog, post) VALUES (?, ?)", (blog, post))


def _give(db: Connection, which: str, bound: dict[str, Any]) -> None:
    """Rows for these subscriptions; one that was about to go stays."""
    db.execute(
        f"""INSERT INTO delivery (bot, post, chat, thread, wanted, lane, since, silent, aside)
        SELECT c.bot, k.post, s.chat, s.thread, p.revision, {Lane.DIGEST:d}, k.raised_at, TRUE,
        CASE WHEN c.open THEN NULL ELSE 'closed' END
        FROM subscription s CROSS JOIN card k ON k.blog = s.blog CROSS JOIN post p ON p.id = k.post
        CROSS JOIN chat c ON c.id = s.chat WHERE {which} AND s.volume = 'card'
        ON CONFLICT (bot, post, chat, thread) DO UPDATE SET
        wanted = excluded.wanted, lane = excluded.lane, plain = FALSE, attempts = 0,
        not_before = 0, aside = excluded.aside WHERE delivery.wanted = 0 OR delivery.aside = 'left'""",
        bound,
    )


def has_left(db: Connection, blog: str, now: float) -> bool:
    """Whether no chat shows the card any more. Of a blog about to be forgotten: else nobody would keep it true."""
    card = db.execute("SELECT post FROM card WHERE blog = ?", (blog,)).fetchone()
    if card is None:
        return True
    told = "SELECT done_at FROM publication WHERE post = ? AND kind = ?"
    begun = db.execute(told, (card["post"], expansion.TAKE_BACK)).fetchone()
    if begun is None:
        back = {"post": card["post"], "kind": expansion.TAKE_BACK, "lane": Lane.WITHDRAWAL, "blog": blog}
        expansion.begin(db, back | {"created_at": now, "not_before": now})
        return False
    return begun["done_at"] is not None and not unwanted.is_leaving(db, post=card["post"])


def _bring_back(db: Connection, blogs: Sequence[str]) -> None:
    """To these blogs' chats, where the card was about to leave."""
    leaving = db.execute(
        """SELECT q.id, k.blog FROM card k CROSS JOIN publication q ON q.post = k.post AND q.kind = ?
        WHERE k.blog IN (SELECT value FROM json_each(?))""",
        (expansion.TAKE_BACK, to_json(list(blogs))),
    )
    for row in leaving.fetchall():
        db.execute("DELETE FROM publication WHERE id = ?", (row["id"],))
        _give(db, "s.blog = :blog", {"blog": row["blog"]})


# --- the file ------------------------------------------------------------------------------------------------------


def in_file(db: Connection, blogs: Sequence[tuple[str, str | None, str | None]], now: float) -> None:
    """As `states.in_file`; the card of a blog that has another name goes along."""
    had = {row["blog"] for row in db.execute("SELECT blog FROM card").fetchall()}
    states.in_file(db, blogs, now)
    _bring_back(db, [blog for blog, _, _ in blogs])
    for blog, _, was in blogs:
        if was is not None and was in had and db.execute("SELECT 1 FROM blog WHERE id = ?", (was,)).fetchone() is None:
            _rename(db, was, blog)


def _rename(db: Connection, was: str, blog: str) -> None:
    """Where both have a card, that of the new name stands, in the chats of both."""
    if db.execute("SELECT 1 FROM card WHERE blog = ?", (blog,)).fetchone() is None:
        db.execute("UPDATE card SET blog = ?, look_at = 0 WHERE blog = ?", (blog, was))
        return
    theirs = db.execute("SELECT post FROM card WHERE blog = ?", (was,)).fetchone()["post"]
    for row in db.execute("SELECT chat, thread FROM delivery WHERE bot = 'main' AND post = ?", (theirs,)).fetchall():
        unwanted.take_back(db, post=theirs, chat=row["chat"], thread=row["thread"])
    db.execute("UPDATE post SET blog = ?, key = key || id WHERE id = ?", (blog, theirs))
    db.execute("DELETE FROM card WHERE blog = ?", (was,))
    db.execute("UPDATE card SET look_at = 0 WHERE blog = ?", (blog,))
    _give(db, "s.blog = :blog", {"blog": blog})
