"""Keys for the posts of a feed. Feeds misuse their ids in known ways, and each way has its answer here.

Atom (RFC 4287, 4.2.6): the id, compared byte by byte; two entries with one id are revisions. RSS 2.0: the guid, else
the link, else link and date, else what the post says. JSON Feed 1.1: the id, which may be a number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.identity import link_key, same_address
from bot.core.model import KeyKind, Post
from bot.sources.keys import Key, by_link, with_keys
from bot.sources.parts import alike, merged

_BUMPED = re.compile(r"(https?://.+)#\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPost:
    """A post still without its key. `id` is the feed's own; `markup` what its text was made from."""

    post: Post
    id: str | None = None
    markup: str = ""


def feed_keyed(
    found: Sequence[FeedPost], identity: str, *, ids_may_repeat: bool
) -> tuple[tuple[Post, ...], dict[str, str]]:
    """Posts with their keys, each key once, and the posts' mark-up by key.

    `ids_may_repeat`: two posts with one id are revisions of it and the newest stands (Atom); otherwise unlike posts
    with one id show that it is none. `identity` is the setting of that name.
    """
    posts = [one.post for one in found]
    named = with_keys(posts, _keys(found, identity, ids_may_repeat))
    return merged(named), {post.key: one.markup for post, one in zip(named, found, strict=True)}


def _keys(found: Sequence[FeedPost], identity: str, ids_may_repeat: bool) -> list[Key | None]:
    if identity in ("link", "link+title"):
        return [by_link(one.post, identity == "link+title") or _by_id(one, ids_may_repeat) for one in found]
    misused = set() if ids_may_repeat or identity == "id" else _misused(found)
    links = Counter(one.post.url for one in found if one.id is None or one.id in misused)
    dated = Counter((one.post.url, one.post.published_at) for one in found if one.id is None or one.id in misused)
    return [
        _by_id(one, ids_may_repeat)
        if one.id is not None and one.id not in misused
        else _without_id(one.post, links[one.post.url] == 1, dated[one.post.url, one.post.published_at] == 1)
        for one in found
    ]


def _misused(found: Sequence[FeedPost]) -> set[str]:
    """Ids that unlike posts share."""
    first: dict[str, Post] = {}
    return {one.id for one in found if one.id is not None and not alike(first.setdefault(one.id, one.post), one.post)}


def _by_id(one: FeedPost, byte_by_byte: bool) -> Key | None:
    if one.id is None or not one.id.isprintable():
        return None
    if byte_by_byte:
        return one.id, KeyKind.NATIVE
    bumped = _BUMPED.fullmatch(one.id)
    # The BBC counts re-publications in the guid's fragment: `…/articles/cz07#3` is the article `…/articles/cz07`.
    plain = bumped[1] if bumped and one.post.url and same_address(bumped[1], one.post.url) else one.id
    # A feed that moves to https is the same feed.
    return re.sub(r"^http://", "https://", plain, flags=re.IGNORECASE), KeyKind.NATIVE


def _without_id(post: Post, link_is_unique: bool, date_is_unique: bool) -> Key | None:
    """The link, else link and date; None where both are shared or missing."""
    if not post.url or not (link_is_unique or (date_is_unique and post.published_at)):
        return None
    date = "" if link_is_unique or not post.published_at else f"@{post.published_at:%Y%m%dT%H%M%S}"
    return link_key(post.url) + date, KeyKind.URL
