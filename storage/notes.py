"""Small things that outlive the process, each under a name."""

from __future__ import annotations

from storage.spoken import Connection


def read(db: Connection, name: str) -> str | None:
    row = db.execute("SELECT text FROM note WHERE name = ?", (name,)).fetchone()
    return row["text"] if row else None


def keep(db: Connection, name: str, text: str | None) -> None:
    """None forgets it."""
    if text is None:
        db.execute("DELETE FROM note WHERE name = ?", (name,))
    else:
        db.execute(
            "INSERT INTO note (name, text) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text",
            (name, text),
        )


def rename(db: Connection, was: str, to: str) -> None:
    """In the place of what stood there; nothing where nothing was noted."""
    if (text := read(db, was)) is not None:
        keep(db, to, text)
        keep(db, was, None)
