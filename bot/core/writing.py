"""Telegram text: characters, entities, links, and a small builder that keeps their offsets right.

Lengths and offsets count UTF-16 code units, as the Bot API does (core.telegram.org/bots/api#messageentity). Text from
outside is never mark-up here: no parse mode exists, only entities that we put ourselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bot.core.cutting import cut
from bot.core.entities import SENDABLE, settled, shifted, units
from bot.core.model import Button, Entity, Rendered

__all__ = [
    "Writing",
    "clean",
    "cut",
    "hashtag",
    "host",
    "isolated",
    "line",
    "safe_url",
    "tidy",
    "units",
]

MESSAGE = 4096  # UTF-16 units in a message
CAPTION = 1024  # and under a photo
ENTITIES = 100  # Telegram drops whatever formatting follows the hundredth entity

_LONGEST_URL = 2048
_LINE = 2000  # characters; no more of what is to be one line is looked at, however much a page sends
_OF_HOST = r"(?:[A-Za-z0-9.\-_!$,~*'();&+=\u0080-\U0010ffff]|%[0-9A-Fa-f]{2})"
_HOST = re.compile(rf"(?=.*\.){_OF_HOST}+|\[[0-9A-Fa-f:.]+\]")
_USERINFO = re.compile(f"{_OF_HOST}*")
_PORT = re.compile(r":[0-9]+$")
_UNSEEN = re.compile(r"[\s\u180e\u200b-\u200f\u2800\ufffc\ufeff\U000e0000-\U000e007f]*")  # td, is_empty_string
_FOUND = re.compile(r"://|\.[^\W\d]{2}|[@#$]\w|(?<![\w@/<>])/\w")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPEN, _CLOSE = "\u2068", "\u2069"  # FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE
_RIGHT_TO_LEFT = {"R", "AL"}

# What is dropped or replaced, so that what we count is what the server keeps. It turns control characters into
# spaces and deletes U+2028 to U+202E and three vertical strokes (td, MessageEntity.cpp, clean_input_string).
# Isolates of other people are dropped because an unclosed one would disorder what follows it on the line.
_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)]),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]),
    **dict.fromkeys((0x0A, 0x0B, 0x0C, 0x85, 0x2028, 0x2029), "\n"),
    0x09: " ",
}
_STROKES: dict[int, None] = dict.fromkeys((0x0333, 0x033F, 0x030A))
_CROWD = re.compile(r"[^\w\s]{31,}")


def clean(text: str) -> str:
    """Text from outside as Telegram would keep it: no control characters, lone surrogates or bidi overrides.

    Composed (NFC), because Telegram deletes the combining ring of a decomposed å.
    """
    text = _mended(text).replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
    composed = unicodedata.normalize("NFC", _CROWD.sub(_thinned, text))
    return unicodedata.normalize("NFC", composed.translate(_STROKES))


def _thinned(crowd: re.Match[str]) -> str:
    """At most thirty marks on one letter (Unicode Standard Annex 15, stream-safe text): normalising more takes
    quadratic time."""
    kept: list[str] = []
    marks = 0
    for char in crowd[0]:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= 30:
            kept.append(char)
    return "".join(kept)


def line(text: str) -> str:
    """The beginning of `text` cleaned and on one line, as a headline or a name; "" where there is nothing to see."""
    return _visible(" ".join(clean(text[:_LINE]).split()))


def paragraphs(text: str, most: int = MESSAGE) -> str:
    """The beginning of `text`, surely enough for `most` units, cleaned and with at most one empty line in a row."""
    lines = (each.strip() for each in clean(text[: 4 * most + _LINE]).split("\n"))
    return _visible(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())


def _visible(text: str) -> str:
    return "" if _UNSEEN.fullmatch(text) else text


def _mended(text: str) -> str:
    """Surrogates in pairs become their character, lone ones U+FFFD; neither moves an offset."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def finds(text: str) -> int:
    """At most how many addresses, mentions, tags and commands Telegram finds in `text` by itself.

    They count against the hundred: a text full of them would cost the formatting, and the link, that follow it.
    """
    return len(_FOUND.findall(text))


def fitted(text: str, limit: int, language: str = "en", most: int = ENTITIES) -> str:
    """`text` cut to `limit` units, and further until Telegram finds no more than `most` things in it."""
    short = cut(text, (), limit, language)[0]
    while short and finds(short) > most:
        short = cut(short, (), units(short) * 3 // 4, language)[0]
    return short


def tidy(text: str, entities: Iterable[Entity] = ()) -> tuple[str, tuple[Entity, ...]]:
    """Text that came with its own entities, as Telegram would keep it: cleaned, trimmed, every entity valid.

    Entities out of range, empty, inside a character or crossing each other are clipped or dropped, never refused.
    """
    text = _mended(text)
    moves = {0: 0}
    kept: list[str] = []
    before = after = 0
    for char in text:
        new = "" if char == "\r" else char.translate(_CONTROLS).translate(_STROKES)
        kept.append(new)
        before += 1 + (char > "\uffff")
        after += len(new) + (new > "\uffff")
        moves[before] = after
    return settled("".join(kept), (moved for each in entities if (moved := _moved(each, moves, before))))


def _moved(entity: Entity, moves: dict[int, int], end: int) -> Entity | None:
    """`entity` where its characters are now; None where it has none, splits one, or is not ours to send."""
    start = moves.get(entity.offset)
    stop = moves.get(min(entity.offset + entity.length, end))
    if start is None or stop is None or stop <= start:
        return None
    match entity.type:
        case "text_link":
            url = safe_url(entity.url)
            return replace(entity, offset=start, length=stop - start, url=url) if url else None
        case "custom_emoji" if not (entity.custom_emoji_id or "").isdecimal():
            return None
        case kind if kind in SENDABLE:
            return shifted(entity, start, stop - start)
    return None


def safe_url(url: str | None) -> str | None:
    """`url` when it is an http(s) address that Telegram takes and every client reads alike, else None.

    Telegram refuses the whole message for one bad link, so its rules for the host are kept here (td, `parse_url` and
    LinkManager): a dot in it, and of ASCII only what belongs there. Backslashes and control characters are refused
    because readers of addresses disagree about them; spaces are escaped.
    """
    address = (url or "").strip().replace(" ", "%20")
    if len(address) > _LONGEST_URL or any(_is_unfit(char) for char in address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:  # a port or an IPv6 address that is none
        return None
    named = _PORT.sub("", parts.netloc.rpartition("@")[2])
    people = parts.netloc.rpartition("@")[0].replace(":", "")
    usable = parts.scheme.lower() in {"http", "https"} and port != 0 and bool(_HOST.fullmatch(named))
    return address if usable and _USERINFO.fullmatch(people) else None


def _is_unfit(char: str) -> bool:
    return char == "\\" or char.isspace() or "\ud800" <= char <= "\udfff" or ord(char) in _CONTROLS


def host(url: str) -> str:
    """The name a reader knows the site of `url` by. An endless one keeps its end, which says whose it is."""
    name = (urlsplit(url).hostname or "").removeprefix("www.")
    return name if len(name) <= 50 else "…" + name[-49:]


def hashtag(word: str) -> str:
    """`word` as a hashtag. Telegram's are letters, digits and underscores, with a letter in them; else no #."""
    tag = re.sub(r"[\W_]+", "_", line(word)).strip("_")
    return f"#{tag}" if any(char.isalpha() for char in tag) else tag


def isolated(text: str, *, rtl: bool = False) -> str:
    """`text` wrapped in isolates when it runs against a line written left to right (or, with `rtl`, the other way).

    See Unicode Standard Annex 9: without them a right-to-left headline drags the times and names beside it along.
    """
    against = {"L"} if rtl else _RIGHT_TO_LEFT
    if any(unicodedata.bidirectional(char) in against for char in text):
        return f"{_OPEN}{text}{_CLOSE}"
    return text


class Writing:
    """Builds a message piece by piece: `Writing().bold("Headline").newline(2).link("Read", "https://…")`.

    Pieces are cleaned as they come; formatting never covers the white space or the isolates at a piece's edges.
    `rtl` is the direction of the language the sentences are in.
    """

    def __init__(self, *, rtl: bool = False) -> None:
        self._text: list[str] = []
        self._entities: list[Entity] = []
        self._rtl = rtl
        self.length = 0  # in UTF-16 units
        self.formatting = 0  # how many of Telegram's hundred entities it takes, with those Telegram finds by itself

    def __bool__(self) -> bool:
        return self.length > 0

    def write(self, text: str, *types: str, url: str | None = None, isolate: bool = False) -> Writing:
        """Appends `text` formatted as all of `types`; `url` makes it a link as well, where it is a safe one."""
        text = clean(text)
        return self._append(text, isolated(text, rtl=self._rtl) if isolate else text, types, url)

    def sentence(self, text: str, *types: str, url: str | None = None) -> Writing:
        """Appends a sentence of ours, in which foreign words were already cleaned and `isolated`."""
        return self._append(text, text, types, url)

    def _append(self, text: str, wrapped: str, types: Iterable[str], url: str | None) -> Writing:
        inner = text.strip()
        start = self.length + wrapped.index(text) + units(text[: len(text) - len(text.lstrip())])
        address = safe_url(url)
        if inner and address:
            self._entities.append(Entity(type="text_link", offset=start, length=units(inner), url=address))
        if inner:
            self._entities += [Entity(type=each, offset=start, length=units(inner)) for each in dict.fromkeys(types)]
            found = 0 if address else finds(inner)  # each parts what covers it into three; nothing is found in a link
            self.formatting += bool(address) + found + len(set(types)) * (1 + 2 * found)
        self._text.append(wrapped)
        self.length += units(wrapped)
        return self

    def formatted(self, text: str, entities: Iterable[Entity], cost: int) -> Writing:
        """Appends text that was cleaned already with entities of its own. `cost`: how much of the hundred it takes."""
        self._entities += [shifted(each, each.offset + self.length) for each in entities]
        self._text.append(text)
        self.length += units(text)
        self.formatting += cost
        return self

    def plain(self, text: str) -> Writing:
        return self.write(text)

    def bold(self, text: str) -> Writing:
        return self.write(text, "bold")

    def italic(self, text: str) -> Writing:
        return self.write(text, "italic")

    def strike(self, text: str) -> Writing:
        return self.write(text, "strikethrough")

    def code(self, text: str) -> Writing:
        return self.write(text, "code")

    def link(self, text: str, url: str | None) -> Writing:
        return self.write(text, url=url)

    def newline(self, count: int = 1) -> Writing:
        return self.write("\n" * count)

    def join(self, *others: Writing, between: str = "") -> Writing:
        """Appends other writings with `between` before each, passing over empty ones; none leads an empty text."""
        for other in others:
            if other and self and between:
                self.write(between)
            self._entities += [shifted(each, each.offset + self.length) for each in other._entities]
            self._text += other._text
            self.length += other.length
            self.formatting += other.formatting
        return self

    def done(self) -> tuple[str, tuple[Entity, ...]]:
        return settled("".join(self._text), self._entities)

    def rendered(self, *, photo: str | None = None, buttons: Sequence[tuple[Button, ...]] = ()) -> Rendered:
        text, entities = self.done()
        return Rendered(text=text, entities=entities, photo=photo, buttons=tuple(buttons))
