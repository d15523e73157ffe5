"""Telegram counts text in UTF-16 code units: a character beyond U+FFFF counts two."""

from __future__ import annotations


def length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def part(text: str, offset: int, size: int) -> str:
    """The characters at these units; half a character comes out as a lone surrogate."""
    units = text.encode("utf-16-le", "surrogatepass")
    return units[2 * offset : 2 * (offset + size)].decode("utf-16-le", "surrogatepass")


def starts(text: str) -> list[int]:
    """For every character, and for the end, the unit where it begins."""
    if text.isascii():
        return list(range(len(text) + 1))
    found, at = [], 0
    for character in text:
        found.append(at)
        at += 2 if character > "\uffff" else 1
    return [*found, at]
