"""What is remembered of a blog: its pages, its posts, and by which keys they go."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from bot.core.model import Memory, PageMemory
from bot.core.pages import KnownPage, among_pages
from bot.core.publishing import Validators
from storage.rows import moment, page_memory, seen, to_json
from storage.spoken import Connection, Row

_BESIDE = 2  # pages beside this one that a diff hears of; what is older was left more than a day ago


def memory(db: Connection, blog: str, url: str, keys: Collection[str] | None = None) -> tuple[Memory, Validators]:
    """All that a diff of this page needs. `keys`: just what is remembered of these posts and of those on the page.

    A blog may have had a hundred thousand posts, and a poll is about some dozen of them.
    """
    row = db.execute("SELECT * FROM page WHERE blog = ? AND url = ?", (blog, url)).fetchone()
    started = db.execute("SELECT started FROM blog WHERE id = ?", (blog,)).fetchone()
    page = row and page_memory(row)
    remembered = among_pages(
        Memory(page=page, started=bool(started and started["started"])), *beside(db, blog, url, row)
    )
    remembered = replace(remembered, met_late=page is None and _met_late(db, blog, url))
    named = {*_named_by(page), *remembered.earlier}
    aliases, known = _everything(db, blog) if keys is None else _about(db, blog, {*keys, *named})
    return replace(remembered, seen={one["key"]: seen(one) for one in known}, aliases=aliases), validators(row)


def _met_late(db: Connection, blog: str, url: str) -> bool:
    """Whether the blog's only page so far named this address when it was first read."""
    pages = db.execute("SELECT * FROM page WHERE blog = ?", (blog,)).fetchall()
    return len(pages) == 1 and pages[0]["next_url"] == url and pages[0]["moved_at"] == pages[0]["accepted_at"]


def beside(db: Connection, blog: str, url: str, page: Row | None) -> tuple[list[PageMemory], list[PageMemory]]:
    """The blog's last pages but this one: those accepted before it, and after it."""
    others = db.execute("SELECT * FROM page WHERE blog = ? AND url <> ?", (blog, url)).fetchall()  # few are kept
    others = sorted(others, key=lambda one: one["accepted_at"])[-_BESIDE:]
    later = [one for one in others if page is not None and one["accepted_at"] > page["accepted_at"]]
    return [page_memory(one) for one in others if one not in later], [page_memory(one) for one in later]


def _everything(db: Connection, blog: str) -> tuple[dict[str, str], Iterable[Row]]:
    aliases = db.execute("SELECT alias, key FROM alias WHERE blog = ?", (blog,))
    return dict(map(tuple, aliases)), db.execute("SELECT * FROM known WHERE blog = ?", (blog,))


def _about(db: Connection, blog: str, keys: set[str]) -> tuple[dict[str, str], Iterable[Row]]:
    """What these keys stand for, and every other key of the same posts."""
    for _ in range(2):  # a key of one page, known by one of another page, known by the blog's own
        keys |= {row["key"] for row in _among(db, "alias", "alias", blog, keys)}
    aliases = {row["alias"]: row["key"] for row in _among(db, "alias", "key", blog, keys)}
    return aliases, _among(db, "known", "key", blog, keys | aliases.keys())


def _among(db: Connection, table: str, column: str, blog: str, keys: Iterable[str]) -> Iterable[Row]:
    chosen = f"SELECT t.* FROM json_each(?) j CROSS JOIN {table} t ON t.blog IS ? AND t.{column} = j.value"
    return db.execute(chosen, (to_json(list(keys)), blog))


def _named_by(page: PageMemory | None) -> Iterable[str]:
    return () if page is None else (*page.order, *page.pinned, *page.missing, *page.doubted)


def validators(page: Any) -> Validators:
    """Of a row of `page`, or of none."""
    if page is None:
        return Validators()
    return Validators(etag=page["etag"], last_modified=page["last_modified"], body_hash=page["body_hash"])


def page(db: Connection, blog: str, url: str) -> tuple[PageMemory | None, Validators]:
    """Just the page's part of the memory: all that a poll needs where nothing has changed."""
    row = db.execute("SELECT * FROM page WHERE blog = ? AND url = ?", (blog, url)).fetchone()
    return row and page_memory(row), validators(row)


def pages(db: Connection, blog: str) -> tuple[KnownPage, ...]:
    """The pages this blog has had, oldest first."""
    found = db.execute("SELECT url, next_url, moved_at, accepted_at FROM page WHERE blog = ?", (blog,))
    return known_pages(found.fetchall())


def known_pages(rows: Iterable[Row]) -> tuple[KnownPage, ...]:
    """Rows of `page`, oldest first."""
    rows = sorted(rows, key=lambda one: one["accepted_at"])
    return tuple(KnownPage(url=row["url"], next_url=row["next_url"], moved_at=moment(row["moved_at"])) for row in rows)
