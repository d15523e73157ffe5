"""Pictures in a page's mark-up: which of them are shown to be looked at, and where they are."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from bot.core.addresses import absolute

ADDRESSES = ("src", "data-src", "data-url", "data-original")
"""Where an element has a picture's address, the first that is one. Those after `src` are for scripts that load late."""
_NO_PICTURES = ("emoji", "smiley", "avatar")


def picture_of(node: LexborNode, base: str) -> tuple[str, str | None] | None:
    """The address of a picture and its `alt`; None for emoji, avatars and counting pixels."""
    marks = node.attributes
    url = next((found for name in ADDRESSES if (found := absolute(marks.get(name), base))), None)
    if url is None or {marks.get("width"), marks.get("height")} & {"0", "1"}:
        return None
    if any(word in (marks.get("class") or "") for word in _NO_PICTURES):
        return None
    return url, " ".join((marks.get("alt") or "").split()) or None
