"""What is kept of one post and one chat: the facts that `bot.core.why` explains: all by index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bot.core.facts import Came, ChatFacts, Delivered, Done, Facts, Following, PostFacts, PushFacts, Told
from bot.core.model import Lane, Volume
from bot.core.plan import Waiting, held_for
from bot.core.words import unkept
from storage import audit, chats, expansion, filters, states
from storage.corrections import CORRECTION
from storage.queued import waiting
from storage.rows import to_json, unspaced
from storage.spoken import Connection, Row

Zone = Callable[[str | None], str]
_TELLS = ("new", CORRECTION)  # the kinds of publication by which a post is first told
_MORE = ("gained", "key")  # and those that bring it to more chats


def facts(db: Connection, number: int, chat: int, now: float, zone: Zone) -> Facts:
    """`chat` is ours. `zone`: by whose clock a chat lives that chose none."""
    post = db.execute("SELECT * FROM post WHERE id = ? AND key <> ''", (number,)).fetchone()
    there = db.execute("SELECT * FROM chat WHERE id = ?", (chat,)).fetchone()
    acts = tuple(Done(at=one.at, act=one.act, person=one.person) for one in audit.of_post(db, number))
    found = Facts(number=number, chat=_chat(there) if there else None, post=None, was=was(db, number), acts=acts)
    if post is None or there is None:
        return found
    publications = db.execute("SELECT * FROM publication WHERE post = ? ORDER BY id", (number,)).fetchall()
    blog = db.execute("SELECT * FROM blog WHERE id = ?", (post["blog"],)).fetchone()
    return replace(
        found,
        post=_post(db, post),
        push=_push(db, number),
        told=tuple(_told(db, one, post, chat, now) for one in publications if one["kind"] in (*_TELLS, *_MORE)),
        followings=_followings(db, post, publications, chat),
        rows=_rows(db, post, there, now, zone),
        held_at=blog["held_at"] if blog else None,
        removed_at=blog["removed_at"] if blog else None,
        all_held=states.all_held(db),
    )


def was(db: Connection, number: int) -> bool:
    """Whether there is or ever was a post of this number: they are given in their order, the highest stays in use."""
    highest = db.execute("SELECT max(id) FROM post").fetchone()[0] or 0
    return 0 < number <= int(highest)


def _chat(row: Row) -> ChatFacts:
    names = ("id", "telegram_id", "closed_at", "closed_why", "was_closed_at", "reopened_at", "not_before")
    return ChatFacts(open=bool(row["open"]), choices=chats.choices(row), **{name: row[name] for name in names})


def _post(db: Connection, row: Row) -> PostFacts:
    names = ("id", "blog", "title", "notice", "revision", "first_seen_at", "updated_at", "withdrawn_at")
    more = ("editors_word", "paused_at")
    corrected = db.execute(
        f"SELECT min(first_seen_at) FROM post WHERE continues = ? AND notice = '{CORRECTION}'", (row["id"],)
    ).fetchone()
    return PostFacts(
        came=Came(row["came"]) if row["came"] else None,
        corrected_at=corrected[0],
        **{name: row[name] for name in (*names, *more)},
    )


def _push(db: Connection, number: int) -> PushFacts | None:
    row = db.execute("SELECT * FROM push WHERE post = ?", (number,)).fetchone()
    if row is None:
        return None
    names = ("state", "send_at", "blog", "language", "only_chat")
    return PushFacts(topics=unspaced(row["topics"]), **{name: row[name] for name in names})


# --- whom it was told ------------------------------------------------------------------------------------------------


def _told(db: Connection, row: Row, post: Row, chat: int, now: float) -> Told:
    names = ("kind", "created_at", "not_before", "begun_at")
    waits = row["begun_at"] is None and row["done_at"] is None and row["not_before"] <= now
    return Told(
        passed=row["done_at"] is not None or _has_passed(row, chat),
        behind=waits and not states.held(db, post["blog"]) and not expansion.is_due(db, row["id"], now),
        **{name: row[name] for name in names},
    )


def _has_passed(row: Row, chat: int) -> bool:
    """It goes from its origin to the last chat, and then from the first one to its origin."""
    if row["begun_at"] is None:
        return False
    if chat > row["origin"]:
        return bool(row["wrapped"]) or chat <= row["cursor_chat"]
    return bool(row["wrapped"]) and chat <= row["cursor_chat"]


def _followings(db: Connection, post: Row, publications: Sequence[Row], chat: int) -> tuple[Following, ...]:
    """By the audience that heard of it last, as an earlier one may have been taken back."""
    told = [one for one in publications if one["kind"] in _TELLS]
    if not told:
        rows = db.execute("SELECT * FROM subscription WHERE chat = ? AND blog IS ?", (chat, post["blog"]))
        return tuple(_following(one, post) for one in rows.fetchall())
    return tuple(_following(one, post) for one in expansion.of_chat(db, told[-1], post, chat))


def _following(row: Row, post: Row) -> Following:
    said, topics = filters.said(post), unspaced(post["topics"])
    followed = unkept(unspaced(row["words"]))
    without = unkept(unspaced(row["without"]))
    judged = "wants" in row.keys()  # noqa: SIM118 a row is no dict
    named = [one for one in unspaced(row["topics"]) if one in topics]
    return Following(
        volume=Volume(row["volume"]),
        topics=unspaced(row["topics"]),
        words=followed,
        without=without,
        named=(*named, *(one for one in followed if said.holds(one))),
        refused=tuple(one for one in without if said.holds(one)),
        is_key=bool(post["pinned"] or post["key_event"] or post["notice"] is not None),
        wants=judged and bool(row["wants"]),
        gets=judged and bool(row["gets"]),
        **{name: row[name] for name in ("blog", "thread", "created_at", "changed_at", "closed_at")},
    )


# --- what became of it there -----------------------------------------------------------------------------------------


def _rows(db: Connection, post: Row, chat: Row, now: float, zone: Zone) -> tuple[Delivered, ...]:
    rows = db.execute(
        "SELECT * FROM delivery WHERE bot = ? AND post = ? AND chat = ? ORDER BY thread",
        (chat["bot"], post["id"], chat["id"]),
    ).fetchall()
    waits = _waiting(db, chat, now, zone) if any(row["aside"] == "asleep" for row in rows) else []
    return tuple(_delivered(db, row, waits, chat, now) for row in rows)


def _waiting(db: Connection, chat: Row, now: float, zone: Zone) -> list[Waiting]:
    bound = {"bot": chat["bot"], "all_held": False, "chats": to_json([chat["id"]])}
    return list(waiting(db, bound, lambda blog: "notice", zone, asleep=True).get(chat["id"], []))


def _delivered(db: Connection, row: Row, waits: Iterable[Waiting], chat: Row, now: float) -> Delivered:
    names = ("thread", "wanted", "sent", "not_before", "attempts", "aside", "first_sent_at", "settled_at")
    messages = db.execute(
        """SELECT m.message_id, (SELECT count(*) FROM shown o WHERE o.message = m.id) AS posts
        FROM shown s JOIN message m ON m.id = s.message
        WHERE s.post = ? AND s.chat = ? AND s.thread = ? ORDER BY s.message""",
        (row["post"], row["chat"], row["thread"]),
    ).fetchall()
    found = Delivered(
        lane=Lane(row["lane"]),
        slept=bool(row["slept"]),
        sending=row["sending"] is not None,
        messages=tuple(one["message_id"] for one in messages),
        together=max((one["posts"] for one in messages), default=1),
        until=chat["wakes_at"] if row["aside"] == "asleep" else None,
        **{name: row[name] for name in names},
    )
    mine = next((one for one in waits if (one.post, one.thread) == (row["post"], row["thread"])), None)
    if row["aside"] != "asleep" or mine is None:
        return found
    habit, until = held_for(mine, waits, now, chats.choices(chat))
    return replace(found, habit=habit, until=until or found.until)
