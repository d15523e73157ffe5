"""Plain words that people follow or leave out: how a post and a word are brought into the form in which they compare.

Folded as the words of topics are (`bot.core.topics`), in any case, whole words only. A word typed without accents
finds the one that has them and the other way round. In scripts without spaces every character is a word, so that a
word is found wherever it stands. Several words that belong together are one, with `_` between.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.core.identity import fold
from bot.core.topics import UNSPACED

LONGEST = 60  # characters of one word, or of several in quotes
MOST = 60  # words that one subscription may have of each sort

# Marks that people leave out when they type: accents of Latin and Greek letters and the dots of ё, vowel signs of
# Arabic and Hebrew. Everywhere else a mark makes another letter.
_ACCENTS = re.compile(
    "(?<=[a-z\u0250-\u03ff\u0435])[\u0300-\u036f]+|[\u0591-\u05bd\u05bf\u05c1\u05c2\u0640\u064b-\u0652]"
)
_BARRED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i"})  # letters whose stroke is no mark
_BETWEEN = re.compile(rf"\s+|(?<={UNSPACED.pattern})(?=\S)|(?=(?:{UNSPACED.pattern}))")


@dataclass(frozen=True, slots=True)
class Searchable:
    """What a post says, for looking up words. `text` has every word between spaces, `words` each of them once."""

    text: str
    words: frozenset[str]

    def holds(self, word: str) -> bool:
        """Whether a word from `typed` stands in it, or in case of several all of them side by side."""
        plain = without_accents(word)
        if "_" in plain:
            return f" {plain.replace('_', ' ')} " in self.text
        return plain in self.words


@lru_cache(maxsize=32)
def searchable(title: str | None, text: str, topics: Sequence[str] = ()) -> Searchable:
    """Headline, text and topics of a post; no word reaches from one of them into the next."""
    parts = [_words_of(without_accents(_folded(part))) for part in (title or "", text, *topics)]
    return Searchable(
        " \n ".join(["", *(" ".join(part) for part in parts), ""]), frozenset(w for p in parts for w in p)
    )


def typed(words: str) -> str:
    """What somebody typed as one word to look for, "power cut" as "power_cut"; "" where it has no letter or digit."""
    return "_".join(_words_of(_folded(words)))


def shown(word: str) -> str:
    """The inverse of `typed`, for people to read."""
    return re.sub(rf"(?<={UNSPACED.pattern}) (?={UNSPACED.pattern})", "", word.replace("_", " "))


def without_accents(word: str) -> str:
    """A folded word as it is compared."""
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", word))).translate(_BARRED)


def kept(words: Iterable[str]) -> tuple[str, ...]:
    """Words as the store keeps them: each as it was typed, and beside it the form in which it is compared."""
    return tuple(dict.fromkeys(form for word in words for form in (word, without_accents(word))))


def unkept(forms: Sequence[str]) -> tuple[str, ...]:
    """The inverse of `kept`: the words as they were typed."""
    beside = {plain for form in forms if (plain := without_accents(form)) != form}
    return tuple(form for form in forms if form not in beside)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", fold(text).casefold().replace("i\u0307", "i"))  # İ in small letters


def _words_of(folded: str) -> list[str]:
    plain = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in folded)
    return [word for word in _BETWEEN.split(plain) if without_accents(word)]
