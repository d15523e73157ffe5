"""Subscriptions as CSV, for moving from another bot. Pure: text in, values out, and back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TextIO, TypeVar

from bot.core.model import Volume
from bot.core.wishes import Wish
from bot.core.words import typed
from storage import Subscription

HEADER = ("chat_id", "thread_id", "blog", "topics", "volume", "language")


MOST_MISTAKES = 50  # that are said one by one
LONGEST_ROW = 2**16  # characters; what anybody follows has a few hundred
_MOST_BLOGS = 20  # that a mistake names
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What cannot be understood, and where it stands."""

    place: str
    why: str


def short(cell: object) -> str:
    """A cell as a mistake names it."""
    said = repr(cell)
    return said if len(said) <= 60 else f"{said[:60]}…"


class BadRows(Exception):
    """The file cannot be taken as it is; one line for each mistake, each with its place in the file."""


def right(rows: Iterable[T | Wrong]) -> Iterator[T]:
    """Those that are understood. BadRows at the end, where there were others."""
    mistakes, count = [], 0
    for row in rows:
        if not isinstance(row, Wrong):
            yield row
            continue
        count += 1
        if count <= MOST_MISTAKES:
            mistakes.append(f"{row.place}: {row.why}")
    if count > MOST_MISTAKES:
        mistakes.append(f"and {count - MOST_MISTAKES:,} more mistakes")
    if count:
        raise BadRows("\n".join(mistakes))


def to_csv(subscriptions: Iterable[Subscription], *, header: bool = True) -> str:
    """The contract of `subscribers export`; empty: no thread, the whole blog, everything, the blog's language.

    Beside topics, `+word` is a plain word that is followed and `-word` one that is left out, `+power_cut` several.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if header:
        writer.writerow(HEADER)
    for one in subscriptions:
        volume = "" if one.volume is Volume.EVERYTHING else one.volume.value
        writer.writerow([one.telegram_id, one.thread or "", one.blog, _wish(one.wish), volume, one.language or ""])
    return out.getvalue()


def _wish(wish: Wish) -> str:
    return " ".join([*wish.topics, *(f"+{word}" for word in wish.words), *(f"-{word}" for word in wish.without)])


def from_csv(text: str, blogs: Iterable[str]) -> list[Subscription]:
    """The rows of a file whose blogs must be among `blogs`. BadRows names every mistake; then nothing is taken."""
    return list(right(read_csv(io.StringIO(text.removeprefix("\ufeff")), blogs)))


def read_csv(source: TextIO, blogs: Iterable[str]) -> Iterator[Subscription | Wrong]:
    """The same row by row, each of them or what is wrong with it, so that there may be millions.

    Bytes of `source` that are no text are expected as the error handler "surrogateescape" leaves them. Semicolons and
    tabs are as good as commas: spreadsheets of some countries write those.
    """
    lines, known = _Lines(source), frozenset(blogs)
    try:
        head = next(lines, "")
        sign = max(",;\t", key=head.count)
        if next(csv.reader([head.strip()], delimiter=sign), None) != list(HEADER):
            yield Wrong("1", f"the first line must be {','.join(HEADER)}")
            return
        lines.begin_row()
        for row in csv.reader(lines, delimiter=sign, strict=True):
            if row:
                yield _row(row, known, lines.number)
            lines.begin_row()
    except (csv.Error, _BadLine) as error:
        yield Wrong(str(lines.number), str(error))


class _BadLine(Exception):
    """One that cannot belong to any file of subscriptions."""


class _Lines:
    """The lines of a file, with the number of the last one: text, and no row of them longer than a row may be."""

    def __init__(self, source: TextIO) -> None:
        self._source, self.number = source, 0
        self.begin_row()

    def begin_row(self) -> None:
        self._size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._source.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._size += len(line)
        if not line.isascii():
            _refuse_other_encodings(line)
        if self._size > LONGEST_ROW or "\0" in line:
            raise _BadLine(f"is longer than {LONGEST_ROW:,} characters" if "\0" not in line else _NO_TEXT)
        return line


_NO_TEXT = "is not UTF-8 text; save the file as CSV in UTF-8"


def _refuse_other_encodings(line: str) -> None:
    try:
        line.encode()
    except UnicodeEncodeError:
        raise _BadLine(_NO_TEXT) from None


def _row(row: Sequence[str], known: AbstractSet[str], number: int) -> Subscription | Wrong:
    try:
        return _subscription(row, known)
    except ValueError as error:
        return Wrong(str(number), str(error))


def _subscription(row: Sequence[str], known: AbstractSet[str]) -> Subscription:
    if len(row) != len(HEADER):
        raise ValueError(f"has not {len(HEADER)} columns")
    chat, thread, blog, topics, volume, language = [cell.strip() for cell in row]
    if blog not in known:
        raise ValueError(f"no blog is called {short(blog)}; the file has {_some(known)}")
    wish = _wished(topics.split())
    return Subscription(
        telegram_id=_chat(chat),
        thread=_thread(thread),
        blog=blog,
        topics=wish.topics,
        words=wish.words,
        without=wish.without,
        volume=_volume(volume),
        language=_language(language),
    )


def _some(blogs: AbstractSet[str]) -> str:
    first = sorted(blogs)[:_MOST_BLOGS]
    return ", ".join(first) + (f" and {len(blogs) - len(first):,} more" if len(blogs) > len(first) else "")


def _wished(cells: Sequence[str]) -> Wish:
    return Wish(
        topics=tuple(cell for cell in cells if cell[0] not in "+-"),
        words=_words(cells, "+"),
        without=_words(cells, "-"),
    )


def _words(cells: Sequence[str], sign: str) -> tuple[str, ...]:
    """As people would have typed them, whatever the other bot made of them."""
    found = {cell: typed(cell[1:]) for cell in cells if cell[0] == sign}
    for cell, word in found.items():
        if not word:
            raise ValueError(f"topics {short(cell)} is no word; write {sign}word, or {sign}two_words")
    return tuple(dict.fromkeys(found.values()))


def _number(cell: str, name: str) -> int:
    if _WHOLE.fullmatch(cell):
        return int(cell)
    rounded = "; a spreadsheet has rounded it" if _ROUNDED.fullmatch(cell) else ""
    raise ValueError(f"{name} {short(cell)} is not a whole number{rounded}")


_WHOLE = re.compile(r"[-+]?[0-9]{1,19}")
_ROUNDED = re.compile(r"[-+]?[0-9]+[.,][0-9]+[Ee][-+]?[0-9]+")


def _chat(cell: str) -> int:
    number = _number(cell, "chat_id")
    if why := no_chat(number):
        raise ValueError(f"chat_id {why}")
    return number


def no_chat(number: int) -> str | None:
    """Why no chat has this id; None where one may: https://core.telegram.org/api/bots/ids.

    An id without the -100 in front of a channel's looks like somebody's own: only Telegram knows.
    """
    if not 0 < abs(number) < _LARGEST:
        return f"{number} is no chat"
    if -_CHANNELS < number < -2 * _CHANNELS:  # far above those of people
        return f"{number} is no chat: the minus before a channel or supergroup is missing, -{number}"
    return None


_LARGEST = 2**52  # they have at most 52 bits: https://core.telegram.org/bots/api#user
_CHANNELS = -1_000_000_000_000


def _thread(cell: str) -> int:
    number = _number(cell or "0", "thread_id")
    if not 0 <= number < 2**31:
        raise ValueError(f"thread_id {number} is no forum topic")
    return number


def _language(cell: str) -> str | None:
    if cell and not _CODE.fullmatch(cell):
        raise ValueError(f"language {short(cell)} is no code of a language, such as en or pt-BR")
    return cell or None


_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


def _volume(cell: str) -> Volume:
    try:
        return Volume(cell or Volume.EVERYTHING)
    except ValueError:
        raise ValueError(f"volume {short(cell)} is not one of {', '.join(Volume)}") from None
