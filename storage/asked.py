"""Words that people search for and that no button can carry: kept for the pages after the first, and no longer."""

from __future__ import annotations

from bot.core.paging import digest
from storage.spoken import Connection

KEPT = 30 * 86_400.0  # seconds since they were last asked for


def keep(db: Connection, words: str, now: float) -> str:
    """What stands for them in a button. Nothing says who asked."""
    short = digest(words)
    db.execute("DELETE FROM asked WHERE asked_at < ?", (now - KEPT,))
    db.execute(
        "INSERT INTO asked (digest, words, asked_at) VALUES (?, ?, ?) ON CONFLICT (digest) DO UPDATE SET asked_at = ?",
        (short, words, now, now),
    )
    return short


def words(db: Connection, short: str) -> str | None:
    row = db.execute("SELECT words FROM asked WHERE digest = ?", (short,)).fetchone()
    return row["words"] if row else None
