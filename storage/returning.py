"""A database that was put back from a copy: the world went on without it.

What waited in it may have been told since, and what pages published since is unknown to it. So that no chat gets
anything twice, both are taken as told: what waited here, and what a page shows at its first reading.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.core.model import ChangeKind
from bot.core.publishing import PostWrite, Publishing
from storage import audit, copies, notes
from storage.audit import Act
from storage.rows import to_json
from storage.spoken import Connection

CATCHING_UP = "catching up {}"  # a note about a blog: its pages that are yet to be read for the first time, or null
CHATS = 250  # settled in one transaction
NUMBERS = 1_000_000  # that posts may have got since, and that stand in buttons
PUT_BACK = "put back"  # the act

# What sleeps until later cannot have left, nor what has a later time of its own; a card stands once, and is sent where
# none is known. Nothing is tried of what was refused.
_TAKE = """
UPDATE delivery INDEXED BY delivery_waiting SET sent = wanted, sending = NULL, aside = NULL, slept = FALSE,
  not_before = 0, attempts = 0, settled_at = :now
WHERE chat = :chat AND sent <> wanted AND sent = 0
  AND (aside IS NULL OR aside = 'closed' OR aside = 'asleep' AND NOT EXISTS (
    SELECT 1 FROM chat WHERE chat.id = delivery.chat AND chat.wakes_at > :now))
  AND NOT EXISTS (SELECT 1 FROM post p WHERE p.id = delivery.post AND p.notice = 'card')
"""
_TOLD = "done_at IS NULL AND kind NOT IN ('change', 'stop', 'take back') AND not_before <= :now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What was done about a database that is a copy of the state at `made_at`: so many messages count as sent, and so
    many posts and pushes are still to go out at a time of their own."""

    made_at: float
    taken: int
    waiting: int


def made_at(db: Connection) -> float | None:
    """The instant of which the database is a copy; None where it is none, or was seen to before."""
    found = notes.read(db, copies.COPY)
    return None if found is None else float(found)


def waiting_chats(db: Connection, after: int) -> list[int]:
    """The next chats in which something waits."""
    rows = db.execute(
        f"""SELECT DISTINCT chat FROM delivery INDEXED BY delivery_waiting WHERE sent <> wanted AND chat > ?
        ORDER BY chat LIMIT {CHATS}""",
        (after,),
    )
    return [row["chat"] for row in rows]


def take_as_told(db: Connection, chats: Sequence[int], now: float) -> int:
    """What waits in these chats counts as sent. Returns how many messages that were."""
    return sum(db.execute(_TAKE, {"chat": chat, "now": now}).rowcount for chat in chats)


def settle(db: Connection, now: float) -> int:
    """All but the chats' rows: nothing goes on expanding, every page is read anew, and no number is given twice.

    Returns how many publications wait for a later time of their own.
    """
    told = [row["post"] for row in db.execute(f"SELECT post FROM publication WHERE {_TOLD}", {"now": now})]
    db.execute(
        f"UPDATE publication SET begun_at = coalesce(begun_at, :now), done_at = :now WHERE {_TOLD}", {"now": now}
    )
    db.execute(
        """UPDATE push SET state = 'sent', sent_at = :now WHERE state = 'scheduled'
        AND post IN (SELECT value FROM json_each(:told))""",
        {"now": now, "told": to_json(told)},
    )
    newest = db.execute("SELECT max(id) FROM post").fetchone()[0]
    if newest is not None:
        db.execute("INSERT INTO post (id, key, first_seen_at) VALUES (?, '', 0)", (newest + NUMBERS,))
    # What hubs were told since is not known here: each is asked at once, whatever was granted then.
    db.execute("UPDATE lease SET next_at = :now, failures = 0 WHERE next_at > :now", {"now": now})
    for row in db.execute("SELECT id FROM blog WHERE started").fetchall():
        notes.keep(db, CATCHING_UP.format(row["id"]), "null")
    copied = datetime.fromtimestamp(made_at(db) or now, UTC).isoformat(timespec="seconds")
    audit.note(db, Act(at=now, act=PUT_BACK, words=f"as of {copied}"))
    notes.keep(db, copies.COPY, None)
    waiting = "SELECT count(*) FROM publication WHERE done_at IS NULL AND kind = 'new' AND not_before > ?"
    return int(db.execute(waiting, (now,)).fetchone()[0])


# --- the first reading of each page ---------------------------------------------------------------------------------


def is_catching_up(db: Connection, blog: str, url: str) -> bool:
    """Whether what this page shows is to be taken as told. What was handed to us ("") is news."""
    found = notes.read(db, CATCHING_UP.format(blog))
    if found is None or not url:
        return False
    urls = json.loads(found)
    return urls is None or url in urls


def caught_up(db: Connection, blog: str, asked: Collection[str], read: Collection[str]) -> bool:
    """Of the pages that were asked for, these were read and accepted. Whether none of the blog is left."""
    name = CATCHING_UP.format(blog)
    found = notes.read(db, name)
    if found is None:
        return True
    urls = json.loads(found)
    if urls is None and not read:
        return False
    left = [url for url in asked if url not in read and (urls is None or url in urls)]
    notes.keep(db, name, to_json(left) if left else None)
    return not left


def as_told(publishing: Publishing) -> Publishing:
    """What a page shows for the first time since: changes of posts that are known go to whoever has them, and nobody
    hears of what is new."""
    writes = tuple(map(_as_told, publishing.writes))
    return replace(publishing, writes=writes, handover=None, correction_reply=False, only_changes=True)


def _as_told(write: PostWrite) -> PostWrite:
    return replace(write, change=None) if write.change is ChangeKind.NEW else write
