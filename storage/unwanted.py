"""`wanted` 0: what a chat shall not have any more. Its message is taken away, then its row goes.

A row with nothing on the screen needs no message and goes at once; one that is on its way goes when its answer is here.
"""

from __future__ import annotations

from typing import Any

from bot.core.model import Lane
from storage.spoken import Connection

STANDS = """SELECT 1 FROM shown s
  WHERE s.post = delivery.post AND s.chat = delivery.chat AND s.thread = delivery.thread"""
# A card that waits for its pin has `sent` 0 beside the message that stands.
_WHICH_STANDS = (
    f"UPDATE delivery INDEXED BY delivery_unwanted SET sent = ({STANDS.replace('SELECT 1', 'SELECT max(s.revision)')})"
)
_SAFE = f"sent = 0 AND sending IS NULL AND EXISTS ({STANDS})"
_NOWHERE = "sent = 0 AND sending IS NULL"


# Ahead of everything else, as withdrawals do.
TAKE_BACK = f"""
UPDATE delivery AS s SET wanted = 0, lane = {Lane.WITHDRAWAL:d}, plain = FALSE, attempts = 0, not_before = 0,
  aside = CASE WHEN aside = 'closed' THEN 'closed' END WHERE s.bot = :bot AND {{}}
"""


def take_back(db: Connection, *, post: int, chat: int, thread: int) -> None:
    """This post is to leave this thread."""
    bound: dict[str, Any] = {"post": post, "chat": chat, "thread": thread}
    row = db.execute("SELECT bot FROM chat WHERE id = ?", (chat,)).fetchone()
    if row is not None:
        here = "s.post = :post AND s.chat = :chat AND s.thread = :thread"
        db.execute(TAKE_BACK.format(here), bound | {"bot": row["bot"]})
    tidy(db)


def is_leaving(db: Connection, *, post: int | None = None, chat: int | None = None) -> bool:
    """Whether anything is still to be taken away: of this post, or in this chat. Where nobody is, nothing ever is."""
    row = db.execute(
        """SELECT 1 FROM delivery INDEXED BY delivery_unwanted WHERE wanted = 0
        AND (post = :post OR :post IS NULL) AND (chat = :chat OR :chat IS NULL)
        AND (aside IS NULL OR sending IS NOT NULL) LIMIT 1""",
        {"post": post, "chat": chat},
    )
    return row.fetchone() is not None


def tidy(db: Connection) -> None:
    """Rows that nobody wants: those with nothing on the screen go. There are few unwanted rows, and mostly none."""
    unwanted = "FROM delivery INDEXED BY delivery_unwanted WHERE wanted = 0 AND sent = 0 LIMIT 1"
    if db.execute(f"SELECT 1 {unwanted}").fetchone() is None:
        return
    db.execute(f"{_WHICH_STANDS} WHERE wanted = 0 AND {_SAFE}")
    db.execute(f"DELETE FROM delivery INDEXED BY delivery_unwanted WHERE wanted = 0 AND {_NOWHERE}")
