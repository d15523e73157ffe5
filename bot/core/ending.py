"""Whether a blog says of itself that it is over, or that it goes on elsewhere. Only its own plain words count:
announced end times are fiction, and silence is no end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.identity import fold
from bot.core.model import Post, Relayed

_LOOKED_AT = 4  # posts from the top, and the newest by time: farewells are not written in the middle
_LONGEST_FAREWELL = 600  # characters; a long post that mentions the end of a page is about something else
_PAGE = r"(?:live ?blog|live (?:page|coverage|updates?|story|feed|thread|stream|reporting)|coverage|blog|live)"
_WE_HAVE = r"\bwe(?: have|'ve)(?: now)? moved"
_WE_ARE = r"\b(?:we are|we're|i am|i'm)(?: now)?"
_OVER = r"(?:closed|closing|ended|ending|concluded|concluding|wrapped up|wrapping up|finished|over)"
_MOVED = re.compile(
    rf"\b(?:our|this|the) (?:\w+ )?{_PAGE}\b[^.!?]{{0,160}}\b(?:has|have)(?: now)? moved\b"
    rf"|{_WE_HAVE} (?:our|this|the) {_PAGE}\b|{_WE_HAVE} to a new (?:live )?(?:page|blog)\b"
    rf"|\b(?:our|the) {_PAGE}\b[^.!?]{{0,120}}\b(?:continues|is continuing) (?:here|on a new|in a new)\b",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    rf"\b(?:our|this|the) {_PAGE}\b[^.!?]{{0,80}}\b(?:is|are|has|have|will be)(?: now| been| being)* {_OVER}\b"
    rf"(?! (?:to|for) comments)"
    rf"|{_WE_ARE} (?:closing|wrapping up|ending|concluding)(?: down)? (?:our|this|the) {_PAGE}\b"
    rf"|\bthat(?:'s| is| was) (?:all|it) (?:from|for|in) (?:our|this|the) {_PAGE}\b"
    r"|\bthis (?:page|blog) (?:is|has)(?: now)?(?: been)? closed\b",
    re.IGNORECASE,
)
_TITLE_OF_THE_PAST = re.compile(r"\bas it happened\b|^highlights:", re.IGNORECASE)
_PINNED_OF_THE_PAST = re.compile(r"^what we covered(?: here)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """`moved` is the key of the post that says the blog goes on elsewhere; its link leads there."""

    ended: bool = False
    moved: str | None = None


def ending_of(title: str | None, posts: Sequence[Post]) -> Ending:
    """What a blog's headline and its last posts say about its end."""
    last = _last(posts)
    moved = next((post.key for post in last if says_it_moved(post)), None)
    over = (
        moved is not None
        or bool(_TITLE_OF_THE_PAST.search(fold(title or "")))
        or any(post.pinned and _PINNED_OF_THE_PAST.match(fold(post.title or "")) for post in posts[:1])
        or any(_says(_CLOSED, post) for post in last)
    )
    return Ending(ended=over, moved=moved)


def says_moved(text: str) -> bool:
    """Whether a text says that live coverage has moved to another page."""
    return len(text) <= _LONGEST_FAREWELL and bool(_MOVED.search(fold(text)))


def says_it_moved(post: Post | Relayed) -> bool:
    """Whether a post says that its blog goes on elsewhere."""
    return _says(_MOVED, post)


def _last(posts: Sequence[Post]) -> list[Post]:
    shown = [post for post in posts if not post.withdrawn]
    newest = max((post.published_at for post in shown if post.published_at), default=None)
    return [*shown[:_LOOKED_AT], *(post for post in shown[_LOOKED_AT:] if newest and post.published_at == newest)]


def _says(pattern: re.Pattern[str], post: Post | Relayed) -> bool:
    if len(post.text) > _LONGEST_FAREWELL:
        return False
    headline = "" if post.title_is_derived else post.title or ""
    return bool(pattern.search(fold(headline)) or pattern.search(fold(post.text)))
