"""Where in a TOML file a key stands, so that a mistake can name its line.

`tomllib` keeps no places. This walks over text that `tomllib` has already accepted, and so need not judge it: it only
has to know where keys begin and where values end.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]*")
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_STRINGS = (
    # Up to two quotes may stand directly before the closing three.
    re.compile(r'"""((?:[^"\\]|\\.|"(?!""))*)"""(?:""|")?', re.DOTALL),
    re.compile(r"'''(.*?)'''(?:''|')?", re.DOTALL),
    re.compile(r'"((?:[^"\\\n]|\\.)*)"'),
    re.compile(r"'([^'\n]*)'"),
)
_NAMED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


class Places:
    """The lines (from 1) of every key, table and list element of a valid TOML text."""

    def __init__(self, text: str) -> None:
        self._lines = _Walk(text.replace("\r\n", "\n")).lines

    def line(self, path: Path) -> int | None:
        """The line of `path`, or of the nearest table around it; None where not even that stands in the file."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return None

    @property
    def lines(self) -> Mapping[Path, int]:
        return self._lines


class _Walk:
    """One pass over the text. `at` is the offset of what comes next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._ends = list(accumulate(len(line) + 1 for line in text.split("\n")))
        self._counts: dict[Path, int] = {}  # how many [[tables]] of a name there are so far
        self._document()

    def _document(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        start, many = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        names = self._key()
        self.at = self.text.index("]", self.at) + (2 if many else 1)
        path: Path = ()
        for name in names[:-1]:
            path = self._current((*path, name))
            self._mark(path, start)
        path = (*path, names[-1])
        if many:
            self._mark(path, start)
            self._counts[path] = self._counts.get(path, 0) + 1
        path = self._current(path)
        self.lines[path] = self._line(start)  # a header is the better place than the first mention of its name
        return path

    def _current(self, path: Path) -> Path:
        """The table that `path` means at this point: the last one, where it names a list of tables."""
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _pair(self, table: Path) -> None:
        start, path = self.at, table
        for name in self._key():
            path = (*path, name)
            self._mark(path, start)
        self.at = self.text.index("=", self.at) + 1
        self._value(path)

    def _key(self) -> list[str]:
        names = [self._name()]
        self._skip(_SPACE)
        while self.text.startswith(".", self.at):
            self.at += 1
            names.append(self._name())
            self._skip(_SPACE)
        return names

    def _name(self) -> str:
        self._skip(_SPACE)
        for string in _STRINGS[2:]:
            if match := string.match(self.text, self.at):
                self.at = match.end()
                return _ESCAPE.sub(_unescaped, match[1]) if match[0][0] == '"' else match[1]
        start = self.at
        self._skip(_BARE_KEY)
        return self.text[start : self.at]

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        for string in _STRINGS:
            if match := string.match(self.text, self.at):
                self.at = match.end()
                return
        if self.text.startswith("[", self.at):
            self._list(path)
        elif self.text.startswith("{", self.at):
            self._inline_table(path)
        else:
            self._skip(_SCALAR)

    def _list(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._until("]"):
            self._mark((*path, index), self.at)
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._until("}"):
            self._pair(path)

    def _until(self, end: str) -> bool:
        """Step over blanks and a comma; False once the closing bracket is passed."""
        self._skip(_BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1
            self._skip(_BLANK)
        if self.text.startswith(end, self.at):
            self.at += 1
            return False
        return self.at < len(self.text)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        if match := pattern.match(self.text, self.at):
            self.at = match.end()
        return self.at

    def _mark(self, path: Path, start: int) -> None:
        self.lines.setdefault(path, self._line(start))

    def _line(self, offset: int) -> int:
        return bisect_right(self._ends, offset) + 1


def _unescaped(match: re.Match[str]) -> str:
    letter, digits = match[0][1], match[0][2:]
    return chr(int(digits, 16)) if digits else _NAMED.get(letter, letter)
