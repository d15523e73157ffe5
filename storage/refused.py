"""Deliveries that Telegram refused: what it said is in `aside`, where they stay until their post changes, or until
somebody has them tried again.
"""

from __future__ import annotations

from dataclasses import replace

from bot.core.standing import Refusal
from storage import audit
from storage.audit import Act
from storage.spoken import Connection

ROWS = 500  # put back in one transaction

# In the words of the partial index, or SQLite would not use it.
REFUSED = "aside IS NOT NULL AND aside NOT IN ('closed', 'left', 'asleep') AND sent <> wanted"
_THESE = f"FROM delivery INDEXED BY delivery_refused WHERE bot = :bot AND {REFUSED}"


def refused(db: Connection, bot: str) -> list[Refusal]:
    """By what Telegram said, those that most were refused for first. Looks at every refused row and at no other."""
    rows = db.execute(
        f"""SELECT aside AS why, count(*) AS rows, count(DISTINCT chat) AS chats, max(settled_at) AS last_at,
        max(post) AS newest_post {_THESE} GROUP BY aside""",
        {"bot": bot},
    )
    return sorted((Refusal(**row) for row in map(dict, rows)), key=lambda one: (-one.rows, one.why))


# Where the chat, or its topic, was closed meanwhile it waits for that. What was refused is tried in its usual form.
_PUT_BACK = """
UPDATE delivery AS d SET attempts = 0, not_before = 0, plain = FALSE,
  aside = CASE WHEN NOT EXISTS (SELECT 1 FROM chat c WHERE c.id = d.chat AND c.open) THEN 'closed' END
WHERE d.bot = :bot AND d.post = :post AND d.chat = :chat AND d.thread = :thread
"""


def requeue(db: Connection, bot: str, act: Act, noted: int | None = None, why: str = "") -> tuple[int, int | None]:
    """One step: some of the rows that were refused before `act.at`, for the reason `why` ("": any) become due.

    Returns how many, and the number under which the act is noted: None as long as there were none. What is refused
    again meanwhile is refused later than the act, and so no row is put back twice.
    """
    which = "AND aside = :why AND settled_at <= :before" if why else "AND settled_at <= :before"
    rows = db.execute(
        f"SELECT post, chat, thread {_THESE} {which} AND sending IS NULL LIMIT {ROWS}",
        {"bot": bot, "why": why, "before": act.at},
    ).fetchall()
    db.executemany(_PUT_BACK, [{"bot": bot} | dict(row) for row in rows])
    return len(rows), _noted(db, act, len(rows), noted) if rows else noted


def _noted(db: Connection, act: Act, rows: int, noted: int | None) -> int:
    """In the transaction of each step, so that after a kill it says how far it came."""
    if noted is None:
        return audit.note(db, replace(act, chats=rows))
    db.execute("UPDATE audit SET chats = chats + ? WHERE id = ?", (rows, noted))
    return noted
