"""OPML, the list of feeds that readers of feeds hand to each other: http://opml.org/spec2.opml.

An `outline` with an `xmlUrl` is a feed, whatever outlines it stands in; `htmlUrl` is its page; `category` has its
categories between commas, each perhaps a path ("/harbour/ferries"), of which the last part counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from bot.moving.follows import Follow, NotThatFile, Wrong, checked

MOST_BYTES = 32 * 2**20
DEEPEST = 64
LONGEST_TAG = 2**20
_AT_ONCE = 2**16


def read(file: Path, chat: int) -> Iterator[Follow | Wrong]:
    """What `chat` follows by this file. NotThatFile where it is no OPML, or one that no reader of feeds would write."""
    if file.stat().st_size > MOST_BYTES:
        raise NotThatFile(f"is larger than {MOST_BYTES // 2**20} MB; no list of feeds is")
    reading = _Reading(chat)
    with file.open("rb") as source:
        while block := source.read(_AT_ONCE):
            yield from reading.feed(block)
    yield from reading.feed(b"")


class _Reading:
    """Element by element, so that nothing of the file is kept but what is yielded."""

    def __init__(self, chat: int) -> None:
        self._chat, self._depth, self._read = chat, 0, 0
        self._found: list[Follow | Wrong] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._refuse_entities

    def feed(self, block: bytes) -> list[Follow | Wrong]:
        try:
            self._parser.Parse(block, not block)
            self._read += len(block)
        except expat.ExpatError as error:
            raise NotThatFile(f"{error.lineno}: is no whole XML: {expat.ErrorString(error.code)}") from None
        if self._read - self._parser.CurrentByteIndex > LONGEST_TAG:
            raise NotThatFile(f"{self._parser.CurrentLineNumber}: has a tag of more than {LONGEST_TAG // 2**20} MB")
        found, self._found = self._found, []
        return found

    def _refuse_entities(self, *_: Any) -> None:
        raise NotThatFile(f"{self._parser.CurrentLineNumber}: declares entities, which no OPML needs")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name.lower() != "opml":
            raise NotThatFile(f"{self._parser.CurrentLineNumber}: is no OPML: it begins with <{name[:40]}>")
        if self._depth > DEEPEST:
            raise NotThatFile(f"{self._parser.CurrentLineNumber}: has outlines more than {DEEPEST} deep")
        about = {key.lower(): value for key, value in attributes.items()}
        if name.lower() == "outline" and "xmlurl" in about:
            place = str(self._parser.CurrentLineNumber)
            words = tuple(_category(one) for one in about.get("category", "").split(",") if _category(one))
            page = about.get("htmlurl", "").strip()
            self._found.append(checked(place, self._chat, about["xmlurl"], page=page, categories=words))

    def _end(self, name: str) -> None:
        self._depth -= 1


def _category(path: str) -> str:
    return path.strip().rstrip("/").rpartition("/")[2].strip()


def written(title: str, feeds: Iterable[tuple[str, str]]) -> str:
    """An OPML of these feeds (title, address)."""
    outlines = "".join(
        f'    <outline type="rss" text={quoteattr(name)} title={quoteattr(name)} xmlUrl={quoteattr(address)}/>\n'
        for name, address in feeds
    )
    head = f"  <head><title>{escape(title)}</title></head>\n"
    begins = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
    return f"{begins}{head}  <body>\n{outlines}  </body>\n</opml>\n"
