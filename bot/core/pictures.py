"""Pictures in a page's mark-up: which of them are shown to be looked at, and where they are."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from bot.core.addresses import absolute

ADDRESSES = ("src", "data-src", "data-url", "data-original")
"""Where an element has a picture's address, the first that is one. Those after `src` are for scripts that load late."""
_NO_PICTURES = ("emoji", "smiley", "avatar")
_SAYS_NOTHING = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp|svg)|(?:embedded )?(?:image|photo|picture|img|foto|bild)(?: permalink)?[\s\d_-]*",
    re.IGNORECASE,
)


def picture_of(node: LexborNode, base: str) -> tuple[str, str | None] | None:
    """The address of a picture and what its `alt` says; None for emoji, avatars and counting pixels."""
    marks = node.attributes
    url = next((found for name in ADDRESSES if (found := absolute(marks.get(name), base))), None)
    if url is None or {marks.get("width"), marks.get("height")} & {"0", "1"}:
        return None
    if any(word in (marks.get("class") or "") for word in _NO_PICTURES):
        return None
    words = " ".join((marks.get("alt") or "").split())
    return url, words if words and not _SAYS_NOTHING.fullmatch(words) else None
