"""Pages of a list that grows at its top while people turn them.

A page is named by a post and a direction, never by a number: what comes in meanwhile shifts nothing, and nothing is
shown twice. All of it fits the data of a button, so that one from before a restart still works.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from bot.core.model import Relayed
from bot.core.wishes import Wish

DATA = 64
"""Bytes that a button can carry: core.telegram.org/bots/api#inlinekeyboardbutton."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TURN = re.compile(r"([on])([0-9a-z]{1,12})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The page that begins right after this post (`older`), or the one that ends right before it."""

    older: bool
    post: int

    def __str__(self) -> str:
        return ("o" if self.older else "n") + base36(self.post)

    @classmethod
    def read(cls, word: str) -> Turn | None:
        """None where the word is none of ours."""
        found = _TURN.fullmatch(word)
        return cls(older=found[1] == "o", post=int(found[2], 36)) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Posts that became public after `since` and not after `until` (seconds since 1970), and that do not say they are
    older than `oldest`."""

    since: float
    until: float
    oldest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which posts a list is of: those that are wanted of these blogs, by id; with all the words; of a span. Only posts
    that are public, and never a notice of ours."""

    blogs: Mapping[str, Wish] = field(default_factory=dict)
    words: str = ""
    span: Span | None = None
    key_events: bool | None = None  # True: only what is pinned or a key event
    but: frozenset[int] = frozenset()  # without these posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Posts, newest first, and whether there are newer and older ones beside them."""

    posts: tuple[Relayed, ...]
    newer: bool = False
    older: bool = False

    def first(self, count: int) -> Page:
        """The newest so many of them."""
        return Page(posts=self.posts[:count], newer=self.newer, older=self.older or count < len(self.posts))

    def last(self, count: int) -> Page:
        """The oldest so many of them."""
        cut = len(self.posts) - count
        return self if cut <= 0 else Page(posts=self.posts[cut:], newer=True, older=self.older)


def base36(number: int) -> str:
    digits = _DIGITS[number % 36]
    while number := number // 36:
        digits = _DIGITS[number % 36] + digits
    return digits


def digest(words: str) -> str:
    """Eight letters that stand for words too long for a button or a link; of letters that both may carry."""
    return base64.urlsafe_b64encode(blake2b(words.encode(), digest_size=6).digest()).decode()


def fits(data: str) -> bool:
    return len(data.encode()) <= DATA
