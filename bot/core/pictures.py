"""Pictures in a page's mark-up: which of them are shown to be looked at, and where they are."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from bot.core.addresses import absolute

ADDRESSES = ("src", "data-src", "data-url", "data-original")
"""Where an element has a picture's address, the first that is one. Those after `src` are for scripts that load late."""
_CAPTION = "figcaption, p.wp-caption-text"
_HIGHEST_FIGURE = 12  # elements between a caption and its figure
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


def caption_below(figure: LexborNode, base: str) -> LexborNode | None:
    """What stands below a figure's picture. None where there is no picture to go with, or it holds one itself."""
    first = figure.css_first("img, amp-img")
    if first is None or picture_of(first, base) is None:
        return None
    caption = figure.css_first(_CAPTION)
    if caption is None or not _is_of(caption, figure) or caption.css_first("img, amp-img") is not None:
        return None
    return caption


def _is_of(caption: LexborNode, figure: LexborNode) -> bool:
    """Whether it stands below this figure's picture, and not below that of a figure inside."""
    around = caption.parent
    for _ in range(_HIGHEST_FIGURE):
        if around is None or around.mem_id == figure.mem_id:
            return around is not None
        if around.tag == "figure":
            return False
        around = around.parent
    return False
