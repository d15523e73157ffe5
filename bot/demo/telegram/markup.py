"""Telegram's HTML, read as strictly as tdlib's `parse_html` does, error texts included."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.demo.telegram.links import kept_link, mentioned
from bot.demo.telegram.utf16 import length
from bot.demo.telegram.values import Json, Refusal, bad_request

TYPES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji", "tg-time": "date_time",
}  # fmt: skip
LITERALS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
TAG_NAME = re.compile(r"[^\s>]*")
ATTRIBUTE_NAME = re.compile(r"[^\s=>/\"']*")
NAME_TOKEN = re.compile(r"[A-Za-z0-9.\-]*")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The plain text and its entities, or the Bot API's refusal."""
    return _Reader(source).read()


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    date: int
    offset: int
    position: int  # in the pieces read so far, for <a> without an address


@dataclass(slots=True)
class _Reader:
    source: str
    at: int = 0
    pieces: list[str] = field(default_factory=list)
    offset: int = 0
    open: list[_Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def read(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            if self.source[self.at] != "<":
                self._text()
            elif self.source.startswith("</", self.at):
                self._end_tag()
            else:
                self._start_tag()
        if self.open:
            raise _unparsed(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        for entity in self.entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return "".join(self.pieces), self.entities

    def _text(self) -> None:
        end = self.source.find("<", self.at)
        end = len(self.source) if end < 0 else end
        piece = decoded(self.source[self.at : end])
        self.pieces.append(piece)
        self.offset += length(piece)
        self.at = end

    def _start_tag(self) -> None:
        begin = self.at
        tag = self._word(TAG_NAME, begin + 1)
        if self.at >= len(self.source):
            raise self._error("Unclosed start tag", begin)
        if tag not in TYPES:
            raise self._error(f'Unsupported start tag "{tag}"', begin)
        argument, date = self._attributes(tag, begin)
        if tag == "span" and argument != "spoiler":
            raise self._error('Tag "span" must have class "tg-spoiler"', begin)
        self.open.append(_Open(tag, argument, date, self.offset, len(self.pieces)))

    def _attributes(self, tag: str, begin: int) -> tuple[str, int]:
        argument, date = "", 0
        while True:
            self._skip_space()
            if self.source[self.at : self.at + 1] == ">":
                self.at += 1
                return argument, date
            name = self._name(tag, begin)
            value = self._value(tag, begin)
            if value is None:
                argument = "1" if (tag, name) == ("blockquote", "expandable") else argument
            elif (tag, name) == ("tg-time", "unix"):
                date = int(value) if value.lstrip("-").isdigit() else 0
            else:
                argument = _argument(tag, name, value, argument)

    def _name(self, tag: str, begin: int) -> str:
        name = self._word(ATTRIBUTE_NAME, self.at, lower=False)
        if not name:
            closed = self.at < len(self.source)
            what = f'Empty attribute name in the tag "{tag}"' if closed else f'Unclosed start tag "{tag}"'
            raise self._error(what, begin)
        return name

    def _value(self, tag: str, begin: int) -> str | None:
        self._skip_space()
        if self.at >= len(self.source):
            raise self._error(f'Unclosed start tag "{tag}"', begin)
        if self.source[self.at] != "=":
            return None
        self.at += 1
        self._skip_space()
        if self.at >= len(self.source):
            raise self._error(f'Unclosed start tag "{tag}"', begin)
        value = self._quoted() if self.source[self.at] in "'\"" else self._token()
        if self.at >= len(self.source):
            raise self._error("Unclosed start tag", begin)
        return value

    def _quoted(self) -> str:
        end = self.source.find(self.source[self.at], self.at + 1)
        end = len(self.source) if end < 0 else end
        value = decoded(self.source[self.at + 1 : end])
        self.at = end + 1
        return value

    def _token(self) -> str:
        begin = self.at
        value = self._word(NAME_TOKEN, begin)
        if self.at < len(self.source) and not (self.source[self.at].isspace() or self.source[self.at] == ">"):
            raise self._error("Unexpected end of name token", begin)
        return value

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise self._error("Unexpected end tag", begin)
        tag = self._word(TAG_NAME, begin + 2)
        self._skip_space()
        if self.source[self.at : self.at + 1] != ">":
            raise self._error("Unclosed end tag", begin)
        self.at += 1
        opened = self.open.pop()
        if tag and tag != opened.tag:
            raise _unparsed(
                f'Unmatched end tag at byte offset {self._bytes(begin)}, expected "</{opened.tag}>", found "</{tag}>"'
            )
        if self.offset > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        size = self.offset - opened.offset
        entity: Json = {"offset": opened.offset, "length": size, "type": TYPES[opened.tag]}
        last = self.entities[-1] if self.entities else {}
        together = (last.get("offset"), last.get("length")) == (opened.offset, size)
        if opened.tag == "a":
            entity = self._link(entity, opened)
        elif opened.tag == "pre" and together and last.get("type") == "code" and last.get("language"):
            last["type"], entity = "pre", {}
        elif opened.tag == "code" and together and last.get("type") == "pre" and opened.argument:
            last["language"], entity = opened.argument, {}
        elif opened.tag == "code" and opened.argument:
            entity["language"] = opened.argument
        elif opened.tag == "blockquote" and opened.argument:
            entity["type"] = "expandable_blockquote"
        elif opened.tag == "tg-emoji":
            entity["custom_emoji_id"] = _emoji(opened.argument)
        elif opened.tag == "tg-time":
            entity = _time(entity, opened)
        if entity:
            self.entities.append(entity)

    def _link(self, entity: Json, opened: _Open) -> Json:
        url = opened.argument or "".join(self.pieces[opened.position :])
        user = mentioned(url)
        if user is not None:
            return {**entity, "type": "text_mention", "user": {"id": user}}
        link = kept_link(url)
        return {**entity, "url": link} if link else {}

    def _word(self, pattern: re.Pattern[str], begin: int, *, lower: bool = True) -> str:
        match = pattern.match(self.source, begin)
        assert match is not None  # all of them match nothing too
        self.at = match.end()
        return match[0].lower() if lower else match[0]

    def _skip_space(self) -> None:
        while self.at < len(self.source) and self.source[self.at].isspace():
            self.at += 1

    def _bytes(self, at: int) -> int:
        return len(self.source[:at].encode())

    def _error(self, what: str, begin: int) -> Refusal:
        return _unparsed(f"{what} at byte offset {self._bytes(begin)}")


def _unparsed(what: str) -> Refusal:
    return bad_request(f"can't parse entities: {what}")


def _argument(tag: str, name: str, value: str, before: str) -> str:
    match tag, name:
        case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "format"):
            return value
        case ("code", "class") if value.startswith("language-"):
            return value.removeprefix("language-")
        case ("span", "class") if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case ("blockquote", "expandable"):
            return "1"
    return before


def _emoji(argument: str) -> str:
    if not argument.isdigit() or int(argument) == 0:
        raise _unparsed("Invalid custom emoji identifier specified")
    return argument


def _time(entity: Json, opened: _Open) -> Json:
    if opened.date <= 0:
        return {}
    shape = {"date_time_format": opened.argument} if opened.argument else {}
    return {**entity, "unix_time": opened.date, **shape}


def decoded(text: str) -> str:
    """Only the four names Telegram knows and numbers; everything else stays as it is written."""
    return REFERENCE.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    if match[3]:
        return LITERALS.get(match[3], match[0])
    number = int(match[1], 16) if match[1] else int(match[2])
    if 0xD800 <= number <= 0xDFFF:
        raise bad_request(
            "can't parse entities: Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        )
    return chr(number) if 0 < number < 0x10FFFF else match[0]
