"""What is left of a person beside their chat: their hand in what editors did. What they did stays, without its name."""

from __future__ import annotations

import json

from storage.spoken import Connection

NOBODY = 0  # in the place of a person who was forgotten; NULL is the relay itself
_MENUS = "menus that Telegram shows"  # the note in which the handlers keep them by name, a person's by their number


def person(db: Connection, telegram_id: int) -> None:
    """A person's own chat has their number; groups and channels have numbers below zero, and no hand in anything."""
    if telegram_id <= 0:
        return
    for table, column in (("push", "author"), ("push", "approved_by"), ("audit", "person")):
        db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (NOBODY, telegram_id))
    row = db.execute("SELECT text FROM note WHERE name = ?", (_MENUS,)).fetchone()
    if row is not None:
        left = {name: shown for name, shown in json.loads(row["text"]).items() if str(telegram_id) not in name.split()}
        db.execute("UPDATE note SET text = ? WHERE name = ?", (json.dumps(left), _MENUS))
