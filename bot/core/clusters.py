"""What a reader sees as one character: a letter with its accents, a flag, a family of four. It is never parted.

The rules of Unicode Standard Annex 29 as far as the standard library knows the properties they need.
"""

from __future__ import annotations

import unicodedata
from itertools import accumulate, takewhile

_JOINER = "\u200d"
_VIRAMA = 9  # its canonical combining class: the consonant after it belongs to the same cluster
_LONGEST = 64  # characters; beyond it is noise, and parted like text


def within(text: str, limit: int) -> int:
    """The most characters of `text` that fit `limit` UTF-16 units without parting a cluster; 0 where not even the
    first one does."""
    lengths = accumulate(1 + (char > "\uffff") for char in text[: max(limit, 0)])
    end = sum(1 for _ in takewhile(lambda length: length <= limit, lengths))
    for place in range(end, max(-1, end - _LONGEST), -1):
        if not is_joined(text, place):
            return place
    return end


def is_joined(text: str, place: int) -> bool:
    """Whether the characters on both sides of `place` belong together."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if unicodedata.category(after) in {"Mn", "Mc", "Me"} or _extends(after) or before == _JOINER:
        return True
    if unicodedata.combining(before) == _VIRAMA and unicodedata.category(after) == "Lo":
        return True
    if _is_flag(before) and _is_flag(after):
        return _flags_before(text, place) % 2 == 1
    return _is_hangul(before) and "\u1160" <= after <= "\u11ff"


def _extends(char: str) -> bool:
    """Joiners, skin tones, and the tag characters of regional flags."""
    return char in {_JOINER, "\u200c"} or "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_hangul(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff" or "\uac00" <= char <= "\ud7a3"


def _flags_before(text: str, place: int) -> int:
    return sum(1 for _ in takewhile(_is_flag, reversed(text[:place])))
