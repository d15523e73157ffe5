"""Readings of a blog are written one after the other, on however many nodes they are made.

Every publishing raises the blog's turn by one. Who reads notes the turn first; where somebody else has published since,
what was read may be older than what is written, so it is refused, and read anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.model import PageMemory
from bot.core.pages import KnownPage
from bot.core.publishing import Validators
from storage import memories, returning, states
from storage.rows import page_memory
from storage.spoken import Connection
from storage.states import BlogState


@dataclass(frozen=True, slots=True, kw_only=True)
class Outset:
    """How a blog stands when a reading of it begins."""

    blog: BlogState
    turn: int
    pages: tuple[KnownPage, ...]  # oldest first
    memories: Mapping[str, tuple[PageMemory, Validators]]  # of each page, by its address
    catching_up: bool  # the database was put back, and some page is yet to be read for the first time since

    def page(self, url: str) -> tuple[PageMemory | None, Validators]:
        """What is remembered of a page; nothing where it was never accepted."""
        return self.memories.get(url, (None, Validators()))


def outset(db: Connection, blog: str) -> Outset | None:
    """None where the blog is not in the file, or has another name there."""
    row = db.execute(_SET_OUT, (blog,)).fetchone()
    if row is None:
        return None
    pages = db.execute("SELECT * FROM page WHERE blog = ?", (blog,)).fetchall()  # few are kept
    return Outset(
        blog=states.known(row),
        turn=row["turn"],
        pages=memories.known_pages(pages),
        memories={one["url"]: (page_memory(one), memories.validators(one)) for one in pages},
        catching_up=bool(row["catching_up"]),
    )


_SET_OUT = f"""
SELECT *, {states.ALARM} AS alarm,
EXISTS (SELECT 1 FROM note WHERE name = '{returning.CATCHING_UP.format("")}' || blog.id) AS catching_up
FROM blog WHERE id = ? AND removed_at IS NULL
"""


def turn(db: Connection, blog: str) -> int | None:
    """The blog's turn alone."""
    row = db.execute("SELECT turn FROM blog WHERE id = ? AND removed_at IS NULL", (blog,)).fetchone()
    return None if row is None else int(row["turn"])
