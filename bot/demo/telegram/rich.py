"""Rich messages: an InputRichMessage as it was sent to the RichMessage that Telegram keeps, or its refusal.

Shapes and limits are the documentation's (https://core.telegram.org/bots/api#rich-messages); refusals of single blocks
are tdlib's, after `get_web_page_blocks` of its WebPageBlock.cpp. What the servers say beyond a limit is not documented:
those words are ours. Only `blocks` are read here, of them what is written below, and nothing as HTML or Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.links import checked_link
from bot.demo.telegram.objects import media_json
from bot.demo.telegram.people import People
from bot.demo.telegram.values import Json, bad_request
from bot.demo.telegram.world import LocalBot

TEXT_LIMIT = 32_768  # characters
BLOCK_LIMIT = 500  # nested ones, list items and table rows as well
DEPTH_LIMIT = 16
MEDIA_LIMIT = 50
COLUMN_LIMIT = 20
STYLES = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "subscript", "superscript", "marked", "code"}
)
ALIGNS, VALIGNS = frozenset({"left", "center", "right"}), frozenset({"top", "middle", "bottom"})


def rich_message(world: People, bot: LocalBot, call: Arguments) -> Json:
    """What the call asks for, as it is kept: `blocks`, and `is_rtl` where it is."""
    asked = call.structure("rich_message", "can't parse rich message JSON object")
    if asked is None:
        raise bad_request("rich message must be non-empty")
    if not isinstance(asked, dict):
        raise bad_request("can't parse rich message: expected an Object")
    if [name for name in ("html", "markdown", "blocks") if asked.get(name)] != ["blocks"]:
        raise bad_request("can't parse rich message: the local Telegram reads blocks, not HTML or Markdown")
    reader = _Reader(world, bot, call)
    kept: Json = {"blocks": reader.blocks(asked["blocks"], 1)}
    reader.check()
    return kept | {"is_rtl": True} if asked.get("is_rtl") is True else kept


def has_pictures(rich: Json) -> bool:
    return any(block["type"] == "photo" for block in _all(rich["blocks"]))


def _all(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        yield block
        yield from _all(block.get("blocks", []))


def plain_text(rich: Json) -> str:
    """All its words, a line for each block, as one reads them with every block open."""
    return "\n".join(line for block in rich["blocks"] for line in _lines(block))


def _lines(block: Json) -> Iterator[str]:
    match block["type"]:
        case "list":
            for item in block["items"]:
                yield "\n".join(f"{item['label']} {line}" for inner in item["blocks"] for line in _lines(inner))
        case "details":
            yield words(block["summary"])
            for inner in block["blocks"]:
                yield from _lines(inner)
        case "table":
            for row in block["cells"]:
                yield " | ".join(words(cell.get("text", "")) for cell in row)
        case "photo":
            yield f"[photo] {words(block.get('caption', {}).get('text', ''))}".strip()
        case "divider":
            return
        case _:
            yield words(block["text"])


def words(text: Any) -> str:
    """The words of a RichText."""
    if isinstance(text, str):
        return text
    if isinstance(text, list):
        return "".join(words(one) for one in text)
    return words(text["text"])


@dataclass(slots=True)
class _Reader:
    """Reads blocks and counts what there are limits for."""

    world: People
    bot: LocalBot
    call: Arguments
    characters: int = 0
    count: int = 0
    media: int = 0
    depth: int = field(default=0)

    def check(self) -> None:
        if self.characters > TEXT_LIMIT:
            raise bad_request("message is too long")
        if self.count > BLOCK_LIMIT:
            raise bad_request("rich message has too many blocks")
        if self.depth > DEPTH_LIMIT:
            raise bad_request("rich message is nested too deeply")
        if self.media > MEDIA_LIMIT:
            raise bad_request("rich message has too many media")

    def blocks(self, given: Any, depth: int) -> list[Json]:
        if not isinstance(given, list):
            raise bad_request("can't parse rich message: expected an Array of InputRichBlock")
        return [self._block(one, depth) for one in given]

    def _block(self, given: Any, depth: int) -> Json:
        if not isinstance(given, dict):
            raise bad_request("block must be non-empty")
        self._nested(depth)
        self.count += 1
        kind = given.get("type")
        read = _BLOCKS.get(kind) if isinstance(kind, str) else None
        if read is None:
            raise bad_request(f'can\'t parse InputRichBlock: type "{kind}" is unsupported')
        return {"type": kind, **read(self, given, depth)}

    def _nested(self, depth: int) -> None:
        self.depth = max(self.depth, depth)
        if depth > 4 * DEPTH_LIMIT:
            raise bad_request("rich message is nested too deeply")

    def text(self, given: Any, depth: int) -> Any:
        """A RichText."""
        self._nested(depth)
        if isinstance(given, str):
            self.characters += len(given)
            return given
        if isinstance(given, list):
            return [self.text(one, depth) for one in given]
        if not isinstance(given, dict) or given.get("type") not in {*STYLES, "url"}:
            raise bad_request("can't parse RichText")
        kept: Json = {"type": given["type"], "text": self.text(given.get("text"), depth + 1)}
        return kept | {"url": _address(given.get("url"))} if given["type"] == "url" else kept

    def words_of(self, given: Json, depth: int) -> Json:
        return {"text": self.text(given.get("text"), depth)}

    def heading(self, given: Json, depth: int) -> Json:
        if given.get("size") not in range(1, 7):
            raise bad_request("invalid section heading size specified")
        return self.words_of(given, depth) | {"size": given["size"]}

    def divider(self, given: Json, depth: int) -> Json:
        return {}

    def details(self, given: Json, depth: int) -> Json:
        kept: Json = {"summary": self.text(given.get("summary"), depth)}
        kept["blocks"] = self.blocks(given.get("blocks"), depth + 1)
        return kept | {"is_open": True} if given.get("is_open") is True else kept

    def listing(self, given: Json, depth: int) -> Json:
        items = given.get("items")
        if not isinstance(items, list) or not items:
            raise bad_request("list must be non-empty")
        return {"items": [self._list_item(one, depth) for one in items]}

    def _list_item(self, given: Any, depth: int) -> Json:
        if not isinstance(given, dict) or not given.get("blocks"):
            raise bad_request("list item must be non-empty")
        self.count += 1
        return {"label": "•", "blocks": self.blocks(given["blocks"], depth + 1)}

    def table(self, given: Json, depth: int) -> Json:
        rows = given.get("cells")
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise bad_request("can't parse InputRichBlock: expected an Array of Array of RichBlockTableCell")
        if max(map(len, rows), default=0) > COLUMN_LIMIT:
            raise bad_request("rich message has too many table columns")
        self.count += len(rows)
        flags = {name: True for name in ("is_bordered", "is_striped") if given.get(name) is True}
        return {"cells": [[self._cell(cell, depth) for cell in row] for row in rows], **flags}

    def _cell(self, given: Any, depth: int) -> Json:
        if not isinstance(given, dict):
            raise bad_request("table cell must be non-empty")
        align, valign = given.get("align", "left"), given.get("valign", "top")
        if align not in ALIGNS or valign not in VALIGNS:
            raise bad_request("can't parse RichBlockTableCell: wrong alignment")
        kept: Json = {"text": self.text(given.get("text", ""), depth + 1), "align": align, "valign": valign}
        return kept | {"is_header": True} if given.get("is_header") is True else kept

    def photo(self, given: Json, depth: int) -> Json:
        """An address is fetched as those of other photos are."""
        about = given.get("photo")
        if not isinstance(about, dict) or about.get("type") != "photo":
            raise bad_request("can't parse InputRichBlock: expected an InputMediaPhoto")
        media = self.world.files.of(self.bot.id, "photo", str(about.get("media") or ""), self.call)
        if media is None:
            raise bad_request("can't parse InputMedia: media not found")
        self.media += 1
        caption = given.get("caption")
        kept = media_json(media)
        return kept | {"caption": self.words_of(caption, depth + 1)} if isinstance(caption, dict) else kept


_BLOCKS: dict[str, Callable[[_Reader, Json, int], Json]] = {
    "paragraph": _Reader.words_of,
    "footer": _Reader.words_of,
    "heading": _Reader.heading,
    "divider": _Reader.divider,
    "details": _Reader.details,
    "list": _Reader.listing,
    "table": _Reader.table,
    "photo": _Reader.photo,
}


def _address(given: Any) -> str:
    try:
        return checked_link(str(given or ""))
    except ValueError as error:
        raise bad_request(f"can't parse RichText: URL '{given}' is invalid: {error}") from None
