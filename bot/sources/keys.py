"""Keys for the posts of one snapshot: the publisher's own ids where they are ids, derived ones where they are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.identity import are_positions, derived_keys, link_key, native_key, normal_title, short_hash
from bot.core.model import KeyKind, Post
from bot.sources.parts import alike

Key = tuple[str, KeyKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A post still without its key, the addresses that may hold its id (the best first), and the text's mark-up."""

    post: Post
    addresses: tuple[str, ...] = ()
    markup: str = ""


def keyed(candidates: Sequence[Candidate], blog_url: str, identity: str = "auto") -> tuple[list[Post], list[str]]:
    """Posts with their keys, and notes on ids that were refused.

    Refused are ids that are places in the list, and an id that unlike posts share. `identity` "id" takes every id as
    it is; "link" and "link+title" take the post's link (and headline) instead.
    """
    posts = [candidate.post for candidate in candidates]
    notes: list[str] = []
    if identity in ("link", "link+title"):
        found: list[Key | None] = [by_link(post, identity == "link+title") for post in posts]
    else:
        found = [_by_id(candidate, blog_url) for candidate in candidates]
    if identity == "auto":
        found, notes = _trusted(posts, found)
    return with_keys(posts, found), notes


def with_keys(posts: Sequence[Post], found: Sequence[Key | None]) -> list[Post]:
    """Posts with the keys found for them, derived ones where there is none."""
    derived = derived_keys(posts) if not all(found) else [""] * len(posts)
    return [
        replace(post, key=key[0] if key else other, key_kind=key[1] if key else KeyKind.DERIVED)
        for post, key, other in zip(posts, found, derived, strict=True)
    ]


def _by_id(candidate: Candidate, blog_url: str) -> Key | None:
    keys = (native_key(address, blog_url) for address in candidate.addresses)
    return next((key for key in keys if key), None)


def by_link(post: Post, with_title: bool) -> Key | None:
    """What the settings "link" and "link+title" know a post by."""
    if not post.url:
        return None
    title = f"+{short_hash(normal_title(post.title))}" if with_title else ""
    return link_key(post.url) + title, KeyKind.URL


def _trusted(posts: Sequence[Post], found: Sequence[Key | None]) -> tuple[list[Key | None], list[str]]:
    """Ids without those that are none, and why."""
    tokens = [key[0] for key in found if key]
    if len(tokens) == len(found) and are_positions(tokens, [post.published_at for post in posts]):
        return [None] * len(found), [f"ids {tokens[0]} to {tokens[-1]} are places in the list, so keys are derived"]
    shared = _shared(posts, found)
    notes = [f"id {token} is shared by unlike posts, so their keys are derived" for token in sorted(shared)]
    return [None if key and key[0] in shared else key for key in found], notes


def _shared(posts: Sequence[Post], found: Sequence[Key | None]) -> set[str]:
    first: dict[str, Post] = {}
    shared: set[str] = set()
    for post, key in zip(posts, found, strict=True):
        if key and not alike(first.setdefault(key[0], post), post):
            shared.add(key[0])
    return shared
