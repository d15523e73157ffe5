"""Rows whose chat does not want them yet. Asleep they are in no index of what is due; `chat.wakes_at` says when they
are looked at again. What then becomes of them is decided anew, by what the chat wants by that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from storage.rows import to_json
from storage.spoken import Connection

CHATS, ROWS = 200, 600  # that one step wakes at most, and a chat more where that has very many rows

# Of a post and thread, in many chats.
SLEEP = """
UPDATE delivery SET aside = 'asleep', slept = TRUE
WHERE bot = ? AND post = ? AND thread = ? AND chat IN (SELECT value FROM json_each(?))
"""
_WAKES_AT = """
UPDATE chat SET wakes_at = :until WHERE id IN (SELECT value FROM json_each(:chats))
AND (wakes_at IS NULL OR wakes_at > :until)
"""
# The + before :now keeps SQLite from comparing the value with the partial index's own condition.
_SLEPT_OUT = """
SELECT id FROM chat INDEXED BY chat_asleep WHERE bot = :bot AND wakes_at IS NOT NULL AND wakes_at <= +:now
ORDER BY wakes_at LIMIT :count
"""


def wake_at(db: Connection, wakes: Mapping[float, Iterable[int]]) -> None:
    """When to look at these chats again, by the instant; one that is to be looked at earlier stays so."""
    for until, chats in wakes.items():
        db.execute(_WAKES_AT, {"until": until, "chats": to_json(list(chats))})


def wake(db: Connection, chat: int) -> int:
    """All its rows at once, so that those that may leave together do. Returns how many there were."""
    woken = db.execute(
        """UPDATE delivery INDEXED BY delivery_waiting SET aside = NULL
        WHERE chat = ? AND sent <> wanted AND aside = 'asleep'""",
        (chat,),
    )
    db.execute("UPDATE chat SET wakes_at = NULL WHERE id = ? AND wakes_at IS NOT NULL", (chat,))
    return woken.rowcount


def has_slept_out(db: Connection, bot: str, now: float) -> bool:
    return db.execute(_SLEPT_OUT, {"bot": bot, "now": now, "count": 1}).fetchone() is not None


def wake_some(db: Connection, bot: str, now: float) -> bool:
    """One step: chats whose time has come, those first that should have been woken first. False: there is none."""
    rows = 0
    chats = [row["id"] for row in db.execute(_SLEPT_OUT, {"bot": bot, "now": now, "count": CHATS}).fetchall()]
    for chat in chats:
        rows += wake(db, chat)
        if rows >= ROWS:
            break
    return bool(chats)


def next_waking(db: Connection, bot: str, now: float) -> float | None:
    """When the next chat is woken, of those whose time has not come yet."""
    row = db.execute(
        """SELECT min(wakes_at) FROM chat INDEXED BY chat_asleep
        WHERE bot = :bot AND wakes_at IS NOT NULL AND wakes_at > +:now""",
        {"bot": bot, "now": now},
    ).fetchone()
    at: float | None = row[0]
    return at


def chats_asleep(db: Connection, bot: str) -> int:
    """In how many chats something waits for its time."""
    row = db.execute("SELECT count(*) FROM chat INDEXED BY chat_asleep WHERE bot = ? AND wakes_at IS NOT NULL", (bot,))
    return int(row.fetchone()[0])
