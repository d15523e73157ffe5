"""Text that comes piece by piece, with white space and formatting where a browser would show them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.core.rich import Mark, Rich

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_FIXED = frozenset(("pre", "code"))  # no other formatting inside
_MOST = 1_000  # runs; no message holds as many
_LONG_QUOTE = 500  # characters; a longer one is folded until a reader opens it


@dataclass(slots=True)
class Run:
    """Formatting that has begun. It starts at the next word, for the white space before that is none of it."""

    type: str
    url: str | None = None
    start: int = -1
    stop: int = -1

    @property
    def mark(self) -> Mark:
        is_long = self.type == "blockquote" and self.stop - self.start > _LONG_QUOTE
        return Mark("expandable_blockquote" if is_long else self.type, self.start, self.stop, self.url)


@dataclass(slots=True)
class Flow:
    """What was said so far, and what waits for the next word: line breaks, a space, a list's bullet, formatting."""

    space: bool = False
    bullet: str = ""
    verbatim: int = 0  # how many preformatted elements are open: there, spaces and line breaks count
    _breaks: int = 0
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _fresh: list[Run] = field(default_factory=list)
    _runs: list[Run] = field(default_factory=list)
    _open: set[str] = field(default_factory=set)

    def say(self, text: str) -> None:
        """A piece of text as it stands between two tags."""
        if self.verbatim:
            self._say_as_it_is(text)
            return
        words = " ".join(text.split())
        if not words:
            self.space = self.space or bool(text)
            return
        if text[0].isspace():
            self.space = True
        self._put(words)
        self.space = text[-1].isspace()

    def _say_as_it_is(self, text: str) -> None:
        text = _LINE_ENDS.sub("\n", text).expandtabs(4)
        words = text.strip("\n")
        self._breaks = min(2, self._breaks + len(text) - len(text.lstrip("\n")))
        if not words.strip():
            self.space = self.space or bool(words)
            return
        self._put(words)
        self._breaks = min(2, len(text) - len(text.rstrip("\n")))

    def part(self, breaks: int) -> None:
        """The edge of a block: at least so many line breaks, two of which are an empty line. After a bullet, none."""
        if breaks > self._breaks and not self.bullet:
            self._breaks = breaks

    def line_break(self) -> None:
        if not self.bullet:
            self._breaks = min(2, self._breaks + 1)

    def point(self, bullet: str, *, is_first: bool) -> None:
        """The beginning of a list's next line, whatever gap the one before it left."""
        self._breaks = max(self._breaks, 1) if is_first else 1
        self.bullet = bullet

    def begin(self, type_: str, url: str | None = None) -> Run | None:
        """Formatting from here on; None inside the same, and inside code."""
        if type_ in self._open or self._open & _FIXED or len(self._runs) >= _MOST:
            return None
        run = Run(type_, url)
        self._open.add(type_)
        self._fresh.append(run)
        self._runs.append(run)
        return run

    def end(self, run: Run) -> None:
        run.stop = self._length
        self._open.discard(run.type)
        if run.start < 0:
            self._fresh.remove(run)

    def insert(self, rich: Rich) -> None:
        """Text that was made by a way of its own."""
        if not rich.text:
            return
        self._put(rich.text)
        start = self._length - len(rich.text)
        allowed = (one for one in rich.marks[: _MOST - len(self._runs)] if one.type not in self._open)
        self._runs += [Run(one.type, one.url, one.start + start, one.stop + start) for one in allowed]

    def rich(self) -> Rich:
        marks = tuple(run.mark for run in self._runs if 0 <= run.start < run.stop)
        return Rich("".join(self._parts), marks).stripped()

    def _put(self, words: str) -> None:
        """Words, after the white space that waits before them, with which new formatting begins."""
        if self._length and (self._breaks or self.space):
            self._add("\n" * self._breaks if self._breaks and self._parts[-1][-1] != "•" else " ")
        if self._fresh or self.bullet:
            self._begin_what_waits()
        self._add(words)
        self._breaks = 0
        self.space = False

    def _begin_what_waits(self) -> None:
        """Quotes begin with the bullet of a list, what is inside a line after it."""
        for run in self._fresh:
            if run.type == "blockquote":
                run.start = self._length
        if self.bullet:
            self._add(self.bullet)
            self.bullet = ""
        for run in self._fresh:
            if run.start < 0:
                run.start = self._length
        self._fresh.clear()

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
