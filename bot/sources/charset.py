"""Bytes to text, once and as a whole: decoding in pieces is what leaves U+FFFD in the middle of words."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_IN_HEADER = re.compile(r"charset\s*=\s*(?:[\"']\s*)?([\w.:-]+)", re.IGNORECASE)
_IN_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)[\"']", re.IGNORECASE)
_IN_META = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*(?:[\"']\s*)?([\w.:-]+)", re.IGNORECASE)
_SEARCHED = 4096  # bytes; WHATWG asks for a declaration within 1024, publishers put it later
# Names that WHATWG's Encoding standard reads as windows-1252, and servers say without meaning it.
_LATIN = frozenset(("iso8859-1", "ascii", "cp1252", "windows-1252", "latin-1"))
_NEVER = frozenset(("utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"))


def decode_bytes(body: bytes, content_type: str | None = None) -> str:
    """The text of a body: by its byte order mark, the header's charset, its own declaration, UTF-8, windows-1252.

    A charset under which the bytes make no sense is passed over. Never fails: a few broken bytes become U+FFFD.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, "replace").removeprefix("\ufeff")
    for name in _candidates(body, content_type):
        try:
            return body.decode(name)
        except UnicodeError:
            continue
    return _damaged(body)


def _candidates(body: bytes, content_type: str | None) -> Iterator[str]:
    declared = [name for name in map(_known, _declared(body, content_type)) if name]
    if any(name in _LATIN for name in declared[:1]):
        yield "utf-8"  # no Latin text is valid UTF-8 by accident
    yield from declared
    yield "utf-8"


def _declared(body: bytes, content_type: str | None) -> Iterator[str]:
    header = _IN_HEADER.search(content_type or "")
    if header:
        yield header[1]
    for pattern in (_IN_XML, _IN_META):
        found = pattern.search(body[:_SEARCHED])
        if found:
            name = found[1].decode("ascii", "replace")
            # A declaration that could be read byte by byte stands in no UTF-16 document (WHATWG).
            yield "utf-8" if name.lower().startswith("utf-16") else name


def _known(name: str) -> str | None:
    """Python's name of a charset, None for what is none, or is not one of pages."""
    try:
        found = codecs.lookup(name).name
        b"a".decode(name)  # refuses codecs that are no text encodings
    except (LookupError, UnicodeError, ValueError):
        return None
    if found in _NEVER:
        return None
    return "cp1252" if found in _LATIN else found


def _damaged(body: bytes) -> str:
    """UTF-8 with some broken bytes, or windows-1252: whichever leaves less to guess."""
    text = body.decode("utf-8", "replace")
    foreign = sum(char > "\x7f" for char in text)
    return text if text.count("\ufffd") * 2 <= foreign else body.decode("cp1252", "replace")
