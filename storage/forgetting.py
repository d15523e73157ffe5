"""What is left of a person beside their chat: their hand in what editors did. What they did stays, without its name."""

from __future__ import annotations

from sqlite3 import Connection

NOBODY = 0  # in the place of a person who was forgotten; NULL is the relay itself
_MENUS = "people with a menu of their own"  # the note that the handlers keep their numbers in


def person(db: Connection, telegram_id: int) -> None:
    """A person's own chat has their number; groups and channels have numbers below zero, and no hand in anything."""
    if telegram_id <= 0:
        return
    for table, column in (("push", "author"), ("push", "approved_by"), ("audit", "person")):
        db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (NOBODY, telegram_id))
    row = db.execute("SELECT text FROM note WHERE name = ?", (_MENUS,)).fetchone()
    if row is not None:
        left = " ".join(number for number in row["text"].split() if number != str(telegram_id))
        db.execute("UPDATE note SET text = ? WHERE name = ?", (left, _MENUS))
