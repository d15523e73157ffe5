"""What stands below a picture: what it shows, and whose it is."""

from __future__ import annotations

import re

_LONGEST = 120  # characters of a credit; more is a sentence
_NAMED = re.compile(
    r"[\s.(\[|–—-]*(?<!\w)(?:photographs?|photos?|pictures?|images?|pics?|fotos?|bild(?:er)?|credits?|source|quelle|crédit)"
    r"(?: credits?| by| de)?\s*:\s*(?P<who>[^:\n]{2,120}?)[\s)\]]*$",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"[\s.]*(?:©|\(c\)|copyright)\s*(?P<who>[^\n]{2,120}?)\s*$", re.IGNORECASE)
_BRACKETED = re.compile(
    r"\s*[(\[](?P<who>[^()\[\]\n]*(?:/|\b(?:AP|AFP|Reuters|Getty|EPA|PA|dpa)\b)[^()\[\]\n]*)[)\]]\.?\s*$"
)


def credit_in(caption: str | None, credit: str | None = None) -> tuple[str | None, str | None]:
    """A caption without the credit at its end, and the credit; `credit` is the page's own, where it marks one."""
    text = " ".join((caption or "").split())
    if credit:
        own = " ".join(credit.split())
        rest = text.removesuffix(own).rstrip() if text != own else ""
        return rest or None, _bare(own)
    for pattern in (_NAMED, _SIGNED, _BRACKETED):
        found = pattern.search(text[-2 * _LONGEST :])
        if found and len(found["who"]) <= _LONGEST:
            rest = text[: len(text) - len(text[-2 * _LONGEST :]) + found.start()]
            return _closed(rest, text) or None, _bare(found["who"])
    return text or None, None


def _bare(credit: str) -> str | None:
    """A credit without the word for one before it, which the reader of a message gets in a language of their own."""
    found = _NAMED.fullmatch(credit) or _SIGNED.fullmatch(credit)
    return (found["who"] if found else credit).strip(" ()[].") or None


def _closed(rest: str, text: str) -> str:
    """The caption, with the full stop that the credit's pattern took from it."""
    return rest.rstrip(" (|–—-") + text[len(rest)] if text[len(rest) : len(rest) + 1] == "." else rest.rstrip(" (|–—-")
