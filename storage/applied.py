"""The configuration files that were in force last, so that each of them can be brought back."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from storage import audit
from storage.audit import Act
from storage.rows import to_json
from storage.spoken import Connection, Row

KEPT = 5  # files
NAME = 16  # digits of a file's digest that name it: as many as fit a button with room to spare


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedFile:
    """A file as it stood on the disk, byte for byte, and how it came into force."""

    text: bytes
    at: float
    who: str  # "start", "saved", "reload", "rollback" or "dashboard"

    @property
    def name(self) -> str:
        """What it is called in buttons and on the command line: the same text has the same name."""
        return name_of(self.text)


def name_of(text: bytes) -> str:
    return sha256(text).hexdigest()[:NAME]


def keep(db: Connection, file: AppliedFile, act: Act | None = None) -> bool:
    """Note that this file is in force now, and who did it where that was a person. False: it was the newest before."""
    if act is not None:
        audit.note(db, act)
    last = newest(db)
    if last is not None and last.text == file.text:
        return False
    db.execute("DELETE FROM applied_file WHERE sha = ?", (file.name,))
    db.execute(
        "INSERT INTO applied_file (at, who, sha, text) VALUES (?, ?, ?, ?)", (file.at, file.who, file.name, file.text)
    )
    db.execute(
        "DELETE FROM applied_file WHERE id NOT IN (SELECT id FROM applied_file ORDER BY id DESC LIMIT ?)", (KEPT,)
    )
    return True


def replace(db: Connection, file: AppliedFile, following: str, act: Act | None = None) -> AppliedFile | None:
    """As `keep`, said by a node that follows the file of the name `following` so far. Returns what it replaces without
    that node having followed it: somebody else was quicker. None: nothing."""
    last = newest(db)
    keep(db, file, act)
    return last if last is not None and last.name not in (following, file.name) else None


def kept(db: Connection) -> list[AppliedFile]:
    """The newest first; that one is in force, where a relay runs."""
    return [_file(row) for row in db.execute("SELECT * FROM applied_file ORDER BY id DESC")]


def newest(db: Connection) -> AppliedFile | None:
    row = db.execute("SELECT * FROM applied_file ORDER BY id DESC LIMIT 1").fetchone()
    return _file(row) if row else None


def find(db: Connection, name: str) -> AppliedFile | None:
    row = db.execute("SELECT * FROM applied_file WHERE sha = ?", (name,)).fetchone()
    return _file(row) if row else None


def _file(row: Row) -> AppliedFile:
    return AppliedFile(text=row["text"], at=row["at"], who=row["who"])


# --- whom a change is about ----------------------------------------------------------------------------------------

_FOLLOWED = """
SELECT j.value, (SELECT count(*) FROM subscription s WHERE s.blog = j.value) FROM json_each(:blogs) j
"""
# Through the closed chats, who are few, whatever the number of blogs.
_CLOSED = """
SELECT s.blog, count(*) FROM chat INDEXED BY chat_closed CROSS JOIN subscription s INDEXED BY subscription_chat
ON s.chat = chat.id WHERE NOT chat.open AND s.blog IN (SELECT value FROM json_each(:blogs)) GROUP BY s.blog
"""


def followers(db: Connection, blogs: list[str]) -> dict[str, int]:
    """How many subscriptions of open chats each of these blogs has, in the file or asleep; those without are left out.

    Looks at the subscriptions of these blogs alone, which may still be a million.
    """
    bound = {"blogs": to_json(blogs)}
    closed = dict(db.execute(_CLOSED, bound).fetchall())
    counted = ((blog, count - closed.get(blog, 0)) for blog, count in db.execute(_FOLLOWED, bound).fetchall())
    return {blog: count for blog, count in counted if count}
