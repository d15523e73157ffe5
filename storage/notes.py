"""Small things that outlive the process, each under a name."""

from __future__ import annotations

from sqlite3 import Connection


def read(db: Connection, name: str) -> str | None:
    row = db.execute("SELECT text FROM note WHERE name = ?", (name,)).fetchone()
    return row["text"] if row else None


def keep(db: Connection, name: str, text: str | None) -> None:
    """None forgets it."""
    if text is None:
        db.execute("DELETE FROM note WHERE name = ?", (name,))
    else:
        db.execute("INSERT OR REPLACE INTO note (name, text) VALUES (?, ?)", (name, text))
