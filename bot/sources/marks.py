"""What feedparser loses of a feed, read with lxml beside it.

Tombstones (RFC 6721): it keeps only the last, and lets its link overwrite the feed's. FeedSync's `deleted`: it goes by
prefix. Ids: it takes them for relative addresses and resolves them, so that they change with the feed's.
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
class Mark:
    """A post's id byte by byte, and what its FeedSync mark says."""

    id: str | None = None
    deleted: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """`posts` has one mark for each post of the feed, in document order."""

    tombstones: tuple[Tombstone, ...] = ()
    posts: tuple[Mark, ...] = ()


def marks_in(feed: bytes) -> Marks:
    """The marks in a feed in UTF-8. Entities are not expanded, nothing is fetched; what is broken is passed over."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(feed, parser)
    except (etree.XMLSyntaxError, ValueError):
        return Marks()
    if root is None:
        return Marks()
    return Marks(tombstones=tuple(_tombstones(root)), posts=tuple(_marks(root)))


def _tombstones(root: Any) -> Iterator[Tombstone]:
    for mark in root.iter(_TOMBSTONE):
        ref = (mark.get("ref") or "").strip()
        if ref and ref.isprintable():  # no post is known by an id with unseen characters
            yield Tombstone(ref=ref, when=time_of(mark.get("when")))


def _marks(root: Any) -> Iterator[Mark]:
    for element in root.iter():
        namespace, name = _named(element.tag)
        if name in _POSTS:
            marks = [mark.get("deleted") for sync in _SYNC for mark in element.iterchildren(sync)]
            # Atom's `id` and RSS's `guid` stand in the namespace of their post.
            # Compared by hand: a broken namespace is one that lxml gives and does not take.
            called = f"{namespace}{'id' if name == 'entry' else 'guid'}"
            id_ = next((child for child in element if child.tag == called), None)
            yield Mark(
                id="".join(id_.itertext()).strip() or None if id_ is not None else None,
                deleted=next((mark for mark in marks if mark is not None), None),
            )


def _named(tag: object) -> tuple[str, str]:
    """An element's namespace (in braces, as lxml writes it) and name. By hand: broken names are names here."""
    if not isinstance(tag, str):  # a comment, an instruction
        return "", ""
    namespace, brace, name = tag.rpartition("}")
    return namespace + brace, name
