"""Whether an edit of a headline is a correction that people should hear of: a number, a name or a "not" has changed.

Formatting, case, accents, typing errors and other words for the same never are one; nor is what is added to a headline
that stays true, nor a headline written anew. Where capitals say nothing (German nouns, Titles Like This, scripts
without capitals) a name is one only where the post's text shows it to be.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.core.headline_words import MAGNITUDES, NEGATING_PARTS, NEGATIONS, NUMBERS, ONES, SHORT_MAGNITUDES
from bot.core.identity import fold

_CLOCK = re.compile(r"^\d{1,2}[:.h]\d{2}(?: ?[ap]\.?m\.?)?(?: ?\(?[A-Z]{2,4}\)?)? ?[-:|]? ")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,' ]\d{2,3})*[.,' ]\d{3}(?![\d])(?![.,]\d{3})")
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_NUMERALS = "[一二三四五六七八九十百千万亿两]"
_CHINESE = re.compile(f"(?<!{_NUMERALS}){_NUMERALS}++(?=[人名岁歲年月日艘个個死伤傷位件次架])")
_DIGITS_OF = {one: str(at) for at, one in enumerate("零一二三四五六七八九")} | {"两": "2", "十": "10"}
_ENDINGS = frozenset(("", "n", "an", "ian", "ish", "ese", "i", "s", "er", "es", "a", "e", "y"))  # of China, Chinese
_SHORTEST_NAME = 4  # letters, of which typing errors can be told from other names
_GERMAN = frozenset(("de", "lb"))  # all nouns have capitals
_TITLE_CASE = 0.6  # of a headline's longer words, from which on capitals say nothing
_KEPT = 0.5  # of the other words, in a headline that was corrected and not written anew


@dataclass(frozen=True, slots=True)
class _Word:
    """As it is written, and as it is compared."""

    shown: str
    plain: str
    first: bool  # of its headline, or after a colon or a stop


def is_correction(before: str, after: str, language: str = "en", text: str = "") -> bool:
    """Whether the headline `after` corrects a number, a name or a negation of `before`.

    `language` is the blog's; `text` is what the post says, before and after: it tells names from other words.
    """
    language = re.split("[-_]", language.lower())[0]
    was, now = _Headline.of(before, language), _Headline.of(after, language)
    if was.plain == now.plain or not was.words or not now.words:
        return False
    gone, come = _less_typing_errors(_missing(was.words, now.words), _missing(now.words, was.words), language)
    if not _is_mostly_kept(was, now):
        return False
    return (
        _numbers_differ(was, now, gone, come, language)
        or _negations_differ(was, now, gone, come, language)
        or _names_differ(was, now, gone, come, language, text)
    )


@dataclass(frozen=True, slots=True)
class _Headline:
    text: str
    plain: str
    words: tuple[_Word, ...]

    @classmethod
    def of(cls, headline: str, language: str) -> _Headline:
        text = _GROUPED.sub(_joined, _latin_digits(_CLOCK.sub("", fold(headline))))
        text = _CHINESE.sub(lambda found: f" {''.join(_DIGITS_OF.get(one, one) for one in found[0])} ", text)
        words = tuple(_words(text))
        return cls(text, " ".join(word.plain for word in words), words)


def _joined(found: re.Match[str]) -> str:
    return re.sub(r"\D", "", found[0])


def _latin_digits(text: str) -> str:
    """The digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(one, one)) for one in text).replace("٬", "").replace("٫", ".")


def _words(text: str) -> Iterator[_Word]:
    end = 0
    for found in _TOKEN.finditer(text):
        between = text[end : found.start()]
        yield _Word(found[0], _plain(found[0]), end == 0 or any(mark in between for mark in '.:!?"|'))
        end = found.end()


def _plain(word: str) -> str:
    """Without case, accents and a possessive s."""
    if word[0].isdigit():
        return word.replace(",", ".")
    letters = unicodedata.normalize("NFD", word.casefold().replace("’", "'"))
    bare = "".join(one for one in letters if not "\u0300" <= one <= "\u036f" and not "\u064b" <= one <= "\u065f")
    return unicodedata.normalize("NFC", bare).removesuffix("'s").replace("أ", "ا").replace("إ", "ا").replace("آ", "ا")


# --- what went and what came ---------------------------------------------------------------------------------------


def _missing(words: Sequence[_Word], others: Sequence[_Word]) -> list[_Word]:
    """Those that the others lack."""
    left = Counter(word.plain for word in others)
    missing = []
    for word in words:
        if left[word.plain]:
            left[word.plain] -= 1
        else:
            missing.append(word)
    return missing


def _less_typing_errors(gone: list[_Word], come: list[_Word], language: str) -> tuple[list[_Word], list[_Word]]:
    """Without pairs that are the same word once wrong and once right. Two words that both mean something are none."""
    kept, left = [], list(come)
    for word in gone:
        other = next((one for one in left if _is_typing_error(word, one, language)), None)
        if other is None:
            kept.append(word)
        else:
            left.remove(other)
    return kept, left


def _is_typing_error(a: _Word, b: _Word, language: str) -> bool:
    if any(word.plain[0].isdigit() for word in (a, b)) or min(len(a.plain), len(b.plain)) < 3:
        return False
    if all(_meaning(word, language) for word in (a, b)):
        return _meaning(a, language) == _meaning(b, language)
    short, long = sorted((a.plain, b.plain), key=len)
    if len(short) == len(long):
        return _is_swapped(short, long)
    return len(long) == len(short) + 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def _is_swapped(a: str, b: str) -> bool:
    """Two neighbouring letters have changed places."""
    apart = [at for at, (one, other) in enumerate(zip(a, b, strict=True)) if one != other]
    return len(apart) == 2 and apart[1] == apart[0] + 1 and a[apart[0]] == b[apart[1]] and a[apart[1]] == b[apart[0]]


def _meaning(word: _Word, language: str) -> str:
    number = _number(word, language)
    return number if number is not None else "not" if _negates(word, language) else ""


def _is_mostly_kept(was: _Headline, now: _Headline) -> bool:
    """Whether at least half of the words of the shorter one stand in both: else it is another headline."""
    if not any(" " in one.text.strip() for one in (was, now)):  # words are not told apart there
        return bool(set(was.text) & set(now.text))
    shorter, longer = sorted((was.words, now.words), key=len)
    return len(shorter) - len(_missing(shorter, longer)) >= _KEPT * len(shorter) - 1


# --- numbers -------------------------------------------------------------------------------------------------------


def _number(word: _Word, language: str) -> str | None:
    """Its value, as text; None where it is no number."""
    if word.plain[0].isdigit():
        return word.plain.lstrip("0").rstrip(".") or "0"
    found = NUMBERS.get(language, {}).get(word.plain)
    return None if found is None else str(found)


def _numbers(words: Iterable[_Word], language: str) -> Counter[str]:
    return Counter(number for word in words if (number := _number(word, language)) is not None)


def _numbers_differ(
    was: _Headline, now: _Headline, gone: Sequence[_Word], come: Sequence[_Word], language: str
) -> bool:
    """A number went. One that only came is news, unless it stands where "a" or "un" stood."""
    before, after = _numbers(was.words, language), _numbers(now.words, language)
    typed = _numbers(gone, language)
    if any(number in typed for number in (before - after)):
        return True
    ones = ONES.get(language, frozenset())
    if (after - before) & _numbers(come, language) and any(word.plain in ones for word in gone):
        return True
    counted, counts = _magnitudes(was), _magnitudes(now)
    return bool(counted - counts) and bool(counts - counted)


def _magnitudes(headline: _Headline) -> set[str]:
    """Millions, billions, …: written out, or as letters right behind a number."""
    found = {size for word in headline.words for size in (_magnitude(word.plain),) if size}
    short = re.findall(r"\d ?(k|mn|mio|mrd|m|bn|tn)\b", headline.text.lower())
    return found | {SHORT_MAGNITUDES[one] for one in short}


def _magnitude(word: str) -> str | None:
    return next((size for beginning, size in MAGNITUDES if word.startswith(beginning)), None)


# --- negations -----------------------------------------------------------------------------------------------------


def _negates(word: _Word, language: str) -> bool:
    return word.plain in NEGATIONS.get(language, NEGATIONS["en"]) or word.plain.endswith("n't")


def _negations_differ(
    was: _Headline, now: _Headline, gone: Sequence[_Word], come: Sequence[_Word], language: str
) -> bool:
    if parts := NEGATING_PARTS.get(language):
        return _parts(was.text, parts) != _parts(now.text, parts)
    less, more = (sum(_negates(word, language) for word in words) for words in (gone, come))
    return less != more


def _parts(text: str, parts: Sequence[str]) -> int:
    return sum(text.count(part) for part in parts)


# --- names ---------------------------------------------------------------------------------------------------------


def _names_differ(
    was: _Headline, now: _Headline, gone: Sequence[_Word], come: Sequence[_Word], language: str, text: str
) -> bool:
    """One name stands where another stood."""
    left = [word for word in gone if _is_name(word, was, language, text) and not _is_among(word, now.words)]
    new = [word for word in come if _is_name(word, now, language, text) and not _is_among(word, was.words)]
    return bool(left and new)


def _is_among(word: _Word, others: Iterable[_Word]) -> bool:
    return any(_is_of_one_name(word.plain, other.plain) for other in others)


def _is_of_one_name(a: str, b: str) -> bool:
    """Iran and Iranian, Москва and Москве: another form, and not another name."""
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same]:
        same += 1
    if same < _SHORTEST_NAME:
        return a == b
    return {a[same:], b[same:]} <= _ENDINGS or same >= 0.75 * max(len(a), len(b))


def _is_name(word: _Word, headline: _Headline, language: str, text: str) -> bool:
    if not word.shown[0].isupper() or _meaning(word, language) or _magnitude(word.plain):
        return False
    if _is_acronym(word, headline):
        return True
    if language in _GERMAN:
        return _is_in_full_name(word, headline)
    if word.first or _is_in_capitals(headline):
        return _is_shown_a_name(word, text)
    return True


def _is_acronym(word: _Word, headline: _Headline) -> bool:
    """NATO, EU; not in a headline that shouts."""
    loud = sum(one.shown.isupper() for one in headline.words if len(one.shown) > 1)
    return 2 <= len(word.shown) <= 6 and word.shown.isupper() and loud <= len(headline.words) / 2


def _is_in_full_name(word: _Word, headline: _Headline) -> bool:
    """Two words with capitals side by side within it: Olaf Scholz."""
    pairs = zip(headline.words, headline.words[1:], strict=False)
    return any(word in pair and all(one.shown[0].isupper() and not one.first for one in pair) for pair in pairs)


def _is_in_capitals(headline: _Headline) -> bool:
    longer = [word for word in headline.words if len(word.shown) >= _SHORTEST_NAME and not word.first]
    capital = sum(word.shown[0].isupper() for word in longer)
    return len(longer) > 1 and capital >= _TITLE_CASE * len(longer)


def _is_shown_a_name(word: _Word, text: str) -> bool:
    """Whether the text has it with a capital within a sentence, and nowhere without."""
    escaped = re.escape(word.shown.removesuffix("'s"))
    within = re.search(rf"(?<=[^\W\d_] |[,;] ){escaped}\b", text)
    return within is not None and not re.search(rf"\b{re.escape(word.shown.lower())}\b", text)
