"""Digits as people type them: an Arabic or Persian keyboard writes ۲۲:۳۰, and means 22:30."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """`text` with 0 to 9 for the decimal digits of every script, by Unicode's category Nd."""
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)
