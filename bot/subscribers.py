"""Subscriptions as CSV, for moving from another bot. Pure: text in, values out, and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.core.model import Volume
from bot.core.wishes import Wish
from bot.core.words import typed
from storage import Subscription

HEADER = ("chat_id", "thread_id", "blog", "topics", "volume", "language")


MOST_MISTAKES = 50  # that are said one by one
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What cannot be understood, and where it stands."""

    place: str
    why: str


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


def read_csv(lines: Iterable[str], blogs: Iterable[str]) -> Iterator[Subscription | Wrong]:
    """The same row by row, each of them or what is wrong with it, so that there may be millions."""
    reader, known = csv.DictReader(lines, strict=True), frozenset(blogs)
    try:
        if mistake := _header_mistake(reader.fieldnames):
            yield mistake
            return
        for row in reader:
            try:
                yield _subscription(row, known)
            except ValueError as error:
                yield Wrong(str(reader.line_num), str(error))
    except csv.Error as error:
        yield Wrong(str(reader.line_num), str(error))


def _header_mistake(names: Iterable[str] | None) -> Wrong | None:
    found = [name.strip() for name in names or ()]
    return None if found == list(HEADER) else Wrong("1", f"the first line must be {','.join(HEADER)}")


def _subscription(row: Mapping[str, str | None], known: frozenset[str]) -> Subscription:
    if None in row.values() or None in row:
        raise ValueError(f"has not {len(HEADER)} columns")
    cells = {name: (value or "").strip() for name, value in row.items()}
    if cells["blog"] not in known:
        raise ValueError(f"no blog is called {cells['blog']!r}; the file has {', '.join(sorted(known))}")
    wish = _wished(cells["topics"].split())
    return Subscription(
        telegram_id=_number(cells["chat_id"], "chat_id"),
        thread=_number(cells["thread_id"] or "0", "thread_id"),
        blog=cells["blog"],
        topics=wish.topics,
        words=wish.words,
        without=wish.without,
        volume=_volume(cells["volume"]),
        language=cells["language"] or None,
    )


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
            raise ValueError(f"topics {cell!r} is no word; write {sign}word, or {sign}two_words")
    return tuple(dict.fromkeys(found.values()))


def _number(cell: str, name: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise ValueError(f"{name} {cell!r} is not a whole number") from None


def _volume(cell: str) -> Volume:
    try:
        return Volume(cell or Volume.EVERYTHING)
    except ValueError:
        raise ValueError(f"volume {cell!r} is not one of {', '.join(Volume)}") from None
