"""The first sentences of a post, as many as fit, each of them whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import sentencex  # type: ignore[import-untyped]

from bot.core.cutting import cut
from bot.core.entities import units
from bot.core.model import Post, Relayed

_ELLIPSIS = "…"
_HEADLINE = 100  # units, of a headline made from the text
_BULLET = re.compile(r"\s*(?:[•·▪◦*–-]\s+)?")
# What sentencex takes for the end of a sentence and is not, in live blogs: a time before its zone, a rank or a title
# before a name, an initial, a number's "No.".
_CLOCK = re.compile(r"\b[ap]\.\s?m\.$", re.IGNORECASE)
_ZONE = re.compile(r"(?:[A-Z]{1,4}T|UTC|MSK|Eastern|Central|Mountain|Pacific|local|on|and|to|at)\b")
_ABBREVIATION = re.compile(
    r"\b(?:Adm|Brig|Capt|Cmdr|Col|Cpl|Dr|Gen|Gov|Hon|Insp|Lt|Maj|Messrs|Mr|Mrs|Ms|Mx|Pres|Prof|Pvt|Rep|Reps|Rev|Sen"
    r"|Sens|Sgt|Spc|Sr|Supt|Mt|Ft|St|No|Nos|vs|v|approx|ca|cf|e\.g|i\.e)\.$"
    r"|(?:^|[\s(])[A-Z]\.$"
)
_STOPS_WITHOUT_SPACE = re.compile(r"[。！？｡．…؟۔።।॥][”’」』）)]*$")
_LONGEST = 20_000  # characters; further sentences would not fit any message


def summary(post: Post | Relayed, max_chars: int, language: str) -> str:
    """The publisher's own summary, else the first sentences, in at most `max_chars` UTF-16 units.

    It ends with "…" only when not even one sentence fits; an announcement ("Here is what we know:") is not left last.
    """
    text = ((post.summary or "").strip() or post.text.strip())[:_LONGEST]
    if units(text) <= max_chars:
        return text
    ends = list(_ends(text, language))
    fitting = [end for end in ends if units(text[:end]) <= max_chars]
    while len(fitting) > 1 and text[: fitting[-1]].endswith(":"):
        fitting.pop()
    return text[: fitting[-1]] if fitting else _shortened(text[: ends[0]], max_chars)


def first_sentence(text: str, language: str) -> str:
    """The first sentence, without the bullet before it."""
    text = _without_bullet(text[:_LONGEST])
    return text[: next(_ends(text, language))] if text else ""


def headline_of(text: str, language: str) -> str | None:
    """A headline made from the text: its first sentence, cut to about 100 characters. None where there is no text."""
    sentence = " ".join(first_sentence(text, language).split())
    return (sentence if units(sentence) <= _HEADLINE else _shortened(sentence, _HEADLINE)) or None


def _without_bullet(text: str) -> str:
    bullet = _BULLET.match(text)
    return text[bullet.end() if bullet else 0 :].strip()


def _ends(text: str, language: str) -> Iterator[int]:
    """Where each sentence ends. A line break ends one as well; the last end is that of the text."""
    start = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield from (start + end for end in _ends_in_line(line.rstrip(), language))
        start += len(line)


def _ends_in_line(line: str, language: str) -> Iterator[int]:
    bullet = _BULLET.match(line)
    end = bullet.end() if bullet else 0
    segments = sentencex.segment(_code(language), line[end:].encode("utf-8", "replace").decode())
    for segment, following in pairwise([*segments, ""]):
        end += len(segment)
        if not following or not _continues(segment, following):
            yield end - len(segment) + len(segment.rstrip())


def _continues(segment: str, following: str) -> bool:
    """Whether a sentence goes on after what looked like its end."""
    if segment == segment.rstrip() and not _STOPS_WITHOUT_SPACE.search(segment):
        return True
    segment = segment.rstrip()
    if _CLOCK.search(segment) and _ZONE.match(following):
        return True
    return bool(_ABBREVIATION.search(segment)) or (segment.endswith(".") and following[0].islower())


def _code(language: str) -> str:
    """sentencex knows languages by their plain code: `en` for `en-GB`."""
    return re.split(r"[-_]", language, maxsplit=1)[0].lower() or "en"


def _shortened(sentence: str, limit: int) -> str:
    """As many whole words as fit with "…" after them; a single word that is too long is cut between characters."""
    kept = ""
    for word in re.finditer(r"\S+", sentence):
        if units(sentence[: word.end()]) >= limit:
            break
        kept = sentence[: word.end()]
    if not kept:
        return cut(sentence.split(maxsplit=1)[0], limit=limit)[0]
    return kept.rstrip(",;:–—-") + _ELLIPSIS
