"""Which post an earlier one is continued by: the few candidates out of the tables, the decision is `core.threads`."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.model import Post
from bot.core.threads import Earlier, continued, has_old_headline, links, tokens
from storage.rows import to_json
from storage.spoken import Connection, Row

_NEWEST = 200  # posts among which an address or a headline is looked for; an older one is found by its key alone
_COLUMNS = "post.id, post.key, title, url, first_seen_at"
_STANDS = "blog = :blog AND notice IS NULL AND withdrawn_at IS NULL"


def continues(db: Connection, blog: str, pages: Sequence[str], post: Post, now: float) -> int | None:
    """The post that this new one goes on with, before it is written; None for nearly all of them, and at once."""
    addresses = links(post)
    if not addresses and not has_old_headline(post.title):
        return None
    there = {row["id"]: row for row in (*_newest(db, blog), *_named(db, blog, tokens(addresses, pages)))}
    return continued(post, pages, [_value(row) for row in there.values()], now)


def _newest(db: Connection, blog: str) -> list[Row]:
    return db.execute(
        f"""SELECT {_COLUMNS} FROM post WHERE {_STANDS}
        ORDER BY coalesce(published_at, first_seen_at) DESC, first_seen_at DESC, id DESC LIMIT {_NEWEST}""",
        {"blog": blog},
    ).fetchall()


def _named(db: Connection, blog: str, keys: Sequence[str]) -> list[Row]:
    """By the key itself, or by another one that the post has had."""
    aliases = db.execute(
        "SELECT alias.key FROM json_each(?) j CROSS JOIN alias ON alias.blog = ? AND alias.alias = j.value",
        (to_json(keys), blog),
    )
    named = to_json([*keys, *(row["key"] for row in aliases)])
    chosen = f"SELECT {_COLUMNS} FROM json_each(:keys) j CROSS JOIN post ON post.key = j.value AND {_STANDS}"
    return db.execute(chosen, {"blog": blog, "keys": named}).fetchall()


def _value(row: Row) -> Earlier:
    return Earlier(id=row["id"], key=row["key"], title=row["title"], url=row["url"], at=row["first_seen_at"])
