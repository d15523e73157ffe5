"""Explicit deletions in feeds: Atom tombstones (RFC 6721) and FeedSync's `deleted`.

Read with lxml before feedparser, which keeps only the last tombstone of a feed and lets its link overwrite the feed's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from bot.sources.times import time_of

_TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
_SYNC = ("{http://feedsync.org/2007/feedsync}sync", "{http://www.microsoft.com/schemas/sse}sync")
_POSTS = frozenset(("entry", "item"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """`ref` is the id of the entry that is gone, `when` the time since which."""

    ref: str
    when: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A feed's deletions. `deleted` says for each entry, in document order, what its FeedSync mark says."""

    tombstones: tuple[Tombstone, ...] = ()
    deleted: tuple[str | None, ...] = ()


def marks_in(feed: bytes) -> Marks:
    """The marks of a feed in UTF-8. Entities are not expanded, nothing is fetched; what is broken is passed over."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(feed, parser)
    except (etree.XMLSyntaxError, ValueError):
        return Marks()
    if root is None:
        return Marks()
    return Marks(tombstones=tuple(_tombstones(root)), deleted=tuple(_deleted(root)))


def _tombstones(root: Any) -> Iterator[Tombstone]:
    for mark in root.iter(_TOMBSTONE):
        ref = (mark.get("ref") or "").strip()
        if ref:
            yield Tombstone(ref=ref, when=time_of(mark.get("when")))


def _deleted(root: Any) -> Iterator[str | None]:
    for element in root.iter():
        if isinstance(element.tag, str) and etree.QName(element).localname in _POSTS:
            marks = [mark.get("deleted") for name in _SYNC for mark in element.iterchildren(name)]
            yield next((mark for mark in marks if mark is not None), None)
