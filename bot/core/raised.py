"""Raised figures: without them ten to the sixth would be read as 106."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

_RAISED = str.maketrans("0123456789+-−()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾")
_MOST = 6


def raised(node: LexborNode) -> str | None:
    """What a `sup` says in characters that are raised themselves; None for words ("1st") and for what holds more than
    a number. Compared, they are the plain ones (`bot.core.identity.fold`).
    """
    inner = node.child
    if inner is None or inner.tag != "-text" or inner.next is not None:
        return None
    words = (inner.text_content or "").strip()
    is_number = 0 < len(words) <= _MOST and all(ord(char) in _RAISED for char in words)
    return words.translate(_RAISED) if is_number else None
