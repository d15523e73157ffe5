"""Addresses as pages write them: relative, with spaces around them, or none at all."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

_LONGEST = 4_000
# What joining and splitting would give back as it is; most links of a page are written so.
_WHOLE = re.compile(r"https?://[A-Za-z0-9.-]*[A-Za-z0-9](?:/[!-\"$->@-Z^-~]*)?(?:\?[!-\"$-Z^-~]+)?(?:#[!-Z^-~]+)?")


def absolute(address: object, base: str) -> str | None:
    """An http(s) address made absolute; None for anything that is not one."""
    if not isinstance(address, str) or not (text := address.strip()) or len(text) > _LONGEST:
        return None
    if _WHOLE.fullmatch(text):
        return text
    try:
        whole = urljoin(base, text)
        parts = urlsplit(whole)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or not is_id(whole):
        return None
    return whole


def is_id(text: str) -> bool:
    """Whether a string may be an id or an address: something, and nothing in it that cannot be seen."""
    return bool(text) and text.isprintable() and " " not in text
