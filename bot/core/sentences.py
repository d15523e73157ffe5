"""Where a sentence ends in a live blog, for everything that shortens a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, takewhile

import sentencex  # type: ignore[import-untyped]

from bot.core.clusters import is_joined

_BULLET = re.compile(r"\s*(?:[•·▪◦*–-]\s+)?")
_FIRST_OF_SEVERAL = re.compile(r"1\.\s+(?=[^\n]*\n+2\.\s)")
_MARK = re.compile(_BULLET.pattern + r"(?:\d{1,3}[.)]\s+)?")
# What sentencex takes for the end of a sentence and is not, in live blogs: a time before its zone, a rank or a title
# before a name, an initial, a "No." before its number.
_CLOCK = re.compile(r"\b[ap]\.\s?m\.$", re.IGNORECASE)
_ZONE = re.compile(r"(?:[A-Z]{1,4}T|UTC|MSK|Eastern|Central|Mountain|Pacific|local|on|and|to|at)\b")
_ABBREVIATION = re.compile(
    r"\b(?:Adm|Brig|Capt|Cmdr|Col|Cpl|Dr|Gen|Gov|Hon|Insp|Lt|Maj|Messrs|Mr|Mrs|Ms|Mx|Pres|Prof|Pvt|Rep|Reps|Rev|Sen"
    r"|Sens|Sgt|Spc|Sr|Supt|Mt|Ft|St|vs|v|approx|ca|cf|e\.g|i\.e)\.$"
    r"|(?:^|[\s(])[A-Z]\.$"
)
_NUMBER = re.compile(r"\bNos?\.$")
_STOPS_WITHOUT_SPACE = re.compile(r"[。！？｡．…؟۔።।॥][”’」』）)]*$")
# sentencex (1.0.32) breaks on a capital before one of these and a stop, "A\u00a0.": it takes it for one byte.
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")
_AHEAD = 200  # characters read beyond the room: whether a stop ends a sentence depends on what follows it


def sentence_ends(text: str, language: str) -> Iterator[int]:
    """Where each sentence of `text` ends. A line break ends one as well; the last end is that of the text."""
    start = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield from (start + end for end in _ends_in_line(line.rstrip(), language))
        start += len(line)


def whole_sentences(text: str, room: int, language: str) -> int:
    """Where the last sentence ends of those that fit `room` characters of a longer `text`; 0 where none does.

    An announcement ("Here is what we know:") is not left last, unless it is all that fits.
    """
    near = text[: room + _AHEAD].rstrip()
    last = min(room, len(near) - 1)  # `near` breaks off anywhere: its own end is none
    fitting = list(takewhile(lambda end: end <= last, sentence_ends(near, language)))
    telling = (end for end in reversed(fitting) if not text[:end].endswith(":"))
    return next(telling, fitting[0] if fitting else 0)


def without_bullet(text: str) -> str:
    """`text` without the mark of a list before its first line, and without white space around it."""
    bullet = _FIRST_OF_SEVERAL.match(text) or _BULLET.match(text)
    return text[bullet.end() if bullet else 0 :].strip()


def _ends_in_line(line: str, language: str) -> Iterator[int]:
    mark = _MARK.match(line)
    end = mark.end() if mark else 0
    for segment, following in pairwise([*_segments(line[end:], language), ""]):
        end += len(segment)
        if not following or not (is_joined(line, end) or _continues(segment, following)):
            yield end - len(segment) + len(segment.rstrip())


def _segments(line: str, language: str) -> list[str]:
    """As long as `line` together. One that sentencex breaks on is one sentence: whoever writes a page must not be able
    to stop us, and its panic (PyO3's) is no Exception, which would go through everything that handles those."""
    plain = _WIDE_SPACE.sub(" ", line).encode("utf-8", "replace").decode()
    try:
        return list(sentencex.segment(_code(language), plain))
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return [plain]


def _continues(segment: str, following: str) -> bool:
    """Whether a sentence goes on after what looked like its end."""
    if segment == segment.rstrip() and not _STOPS_WITHOUT_SPACE.search(segment):
        return True
    segment = segment.rstrip()
    if _CLOCK.search(segment) and _ZONE.match(following):
        return True
    if _NUMBER.search(segment):
        return following[0].isdigit()
    return bool(_ABBREVIATION.search(segment)) or (segment.endswith(".") and following[0].islower())


def _code(language: str) -> str:
    """sentencex knows languages by their plain code: `en` for `en-GB`."""
    return re.split(r"[-_]", language, maxsplit=1)[0].lower() or "en"
