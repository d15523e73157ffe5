"""What is spoken of now far more than before: topics, and names that stand in the posts themselves. Pure.

A name is a run of capitalised words ("Bank of England"), an acronym, or a single capitalised word inside of a
sentence. Languages differ: German writes every noun with a capital, so there a single word is no name; English
headlines may capitalise every word, and then say nothing; scripts without capitals have no names of this kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from bot.core.model import Relayed
from bot.core.remembering import remembered
from bot.core.topics import slug

RECENT, EARLIER = timedelta(hours=6), timedelta(hours=48)
"""What is trending now, compared with the time before it."""

FEWEST = 3  # recent posts; a topic or a name with less is no trend
MUCH_MORE = 2.0
SHOWN = 5  # names
READ = 300  # posts that are looked at, the newest
_TEXT = 800  # characters of a post
_LONGEST = 40  # of a name: it has to fit a button

_NOUNS = frozenset({"de", "lb", "nds", "gsw"})  # languages that capitalise all nouns
_LINKING = "of de la le les du des der den dem von van zu zum zur del della di da do dos das y e i en al el bin ibn ben"
_LINKS = frozenset(_LINKING.split())
_OPENING = """
a an the this that these those in on at by for from with without after before as and but or if when while where who
what why how it its he she they we i you his her their our my your there here no not new more most some all both
one two three four five six seven eight nine ten first last former many now then also
el la los las un una en y pero il lo gli le i uno nel nella e ma les des une et mais dans pour o os as um uma
der die das ein eine den dem des im am und aber nach vor bei mit für von in auf
breaking update live watch video exclusive mr mrs ms dr sir
"""
_OPENERS = frozenset(_OPENING.split())
"""Words that begin sentences and headlines, and are no part of the name after them."""

_WORD = re.compile(r"[^\W\d_][\w’'.&-]*[^\W_]|[^\W\d_]")
_GENITIVE = re.compile(r"[’']s?$")
_OWNING = ("’s", "'s", "’", "'")
_STOP_WITHIN = re.compile(r"\b([A-Z]|St|Mt|Dr|Mr|Mrs|Ms)\.(?=\w|\s[A-Z])")
_ENDS = re.compile(r"[.!?…:;\n“”\"()–—|•]")
_TITLE_CASE = 0.8  # of the longer words of a headline


@dataclass(frozen=True, slots=True)
class Trend:
    """A name, and how many of the recent posts have it."""

    name: str
    posts: int


def trending(recent: dict[str, int], earlier: dict[str, int]) -> set[str]:
    """Topics that make up far more of the recent posts than of those before. Shares, because a live blog has busy
    and quiet hours; and with nothing before there is nothing to compare with."""
    return _rising(recent, earlier, sum(recent.values()), sum(earlier.values()))


def _rising(recent: dict[str, int], earlier: dict[str, int], all_recent: int, all_earlier: int) -> set[str]:
    if not all_earlier:
        return set()
    return {
        one
        for one, count in recent.items()
        if count >= FEWEST and count / all_recent >= MUCH_MORE * earlier.get(one, 0) / all_earlier
    }


def trending_names(posts: Sequence[tuple[Relayed, str]], known: Iterable[str], now: datetime) -> list[Trend]:
    """The names in these posts, each with its blog's language, that are spoken of now far more than before; the most
    spoken of first. Names that are topics already (`known`, as slugs) are left to those."""
    told = [(post.published_at or post.first_seen_at, _names_of(post, language)) for post, language in posts]
    recent = [names for at, names in told if at > now - RECENT]
    earlier = [names for at, names in told if now - RECENT - EARLIER < at <= now - RECENT]
    lately, before = _tally(recent), _tally(earlier)
    risen = _rising(lately, before, len(recent), len(earlier))
    ordered = sorted(risen, key=lambda name: (-lately[name], -len(name), name))
    return [Trend(name, lately[name]) for name in _told_apart(ordered, set(known))[:SHOWN]]


def _names_of(post: Relayed, language: str) -> frozenset[str]:
    title = "" if post.title_is_derived else post.title or ""
    return names_in(f"{title}\n{post.text[:_TEXT]}", language)


def _tally(posts: Iterable[frozenset[str]]) -> Counter[str]:
    return Counter(name for names in posts for name in names)


def _told_apart(ordered: Iterable[str], known: set[str]) -> list[str]:
    """Of names that share a word ("Angela Merkel", "Merkel") the one that is spoken of more; of equals the longer."""
    kept: list[str] = []
    taken: set[str] = set()
    for name in ordered:
        words = {word.casefold() for word in name.split() if word.casefold() not in _LINKS}
        if not words & taken and slug(name) not in known:
            kept.append(name)
            taken |= words
    return kept


# --- the names in one post -----------------------------------------------------------------------------------------


@remembered
def names_in(text: str, language: str) -> frozenset[str]:
    """The names in a headline, on the first line, and the text below it."""
    title, _, body = text.partition("\n")
    family = language.partition("-")[0].casefold()
    found = _names(body, family)
    if not _is_title_case(title):
        found |= _names(title, family)
    return frozenset(found)


def _names(text: str, family: str) -> set[str]:
    """A word that begins a sentence has its capital from there: alone it is a name where it stands elsewhere too."""
    sure, doubtful = set[str](), set[str]()
    for sentence in _ENDS.split(_without_stops(text)):
        for run, opens in _runs(sentence):
            name = " ".join(run)
            if len(name) <= _LONGEST and _may_be(run, family):
                (doubtful if opens and len(run) == 1 and not _is_acronym(run[0]) else sure).add(name)
    return sure | {name for name in doubtful if any(name in other.split() for other in sure)}


def _without_stops(text: str) -> str:
    """Stops within a word are none: "U.S.", "St. Petersburg"."""
    return _STOP_WITHIN.sub(r"\1", text)


def _runs(sentence: str) -> Iterable[tuple[list[str], bool]]:
    """Capitalised words that stand together, and whether they begin the sentence."""
    run, opens, last = list[str](), True, 0
    for match in _WORD.finditer(sentence):
        word = match[0]
        if run and not sentence[last : match.start()].isspace():
            yield from _trimmed(run, opens)
            run, opens = [], False
        last = match.end()
        if word[0].isupper():
            run.append(_GENITIVE.sub("", word).strip(".-&"))
            if not word.endswith(_OWNING):
                continue
        elif run and word in _LINKS:
            run.append(word)
            continue
        if run:  # a small word ends the name, and so does a genitive
            yield from _trimmed(run, opens)
        run, opens = [], False
    yield from _trimmed(run, opens)


def _trimmed(run: list[str], opens: bool) -> Iterable[tuple[list[str], bool]]:
    words = list(run)
    while words and (words[0].casefold() in _OPENERS or words[0] in _LINKS):
        words, opens = words[1:], False
    while words and words[-1] in _LINKS:
        words = words[:-1]
    if words:
        yield words, opens


def _may_be(run: Sequence[str], family: str) -> bool:
    if len(run) == 1:
        word = run[0]
        plain = len(word) < 3 or word.casefold() in _calendar(family) or word.casefold() in _OPENERS
        return _is_acronym(word) or not (plain or family in _NOUNS)
    return not all(word.casefold() in _calendar(family) | _LINKS | _OPENERS for word in run)


def _is_acronym(word: str) -> bool:
    return len(word) >= 3 and word.isupper()


def _is_title_case(title: str) -> bool:
    longer = [word for word in _WORD.findall(title) if len(word) > 3]
    capitals = sum(word[0].isupper() for word in longer)
    return len(longer) >= 4 and capitals >= _TITLE_CASE * len(longer)


@lru_cache(maxsize=64)
def _calendar(family: str) -> frozenset[str]:
    """Days and months, which several languages write with a capital and which are no news."""
    names: set[str] = set()
    for language in {family, "en"}:
        try:
            locale = Locale.parse(language)
        except (UnknownLocaleError, ValueError):
            continue
        for width in ("wide", "abbreviated"):
            named = [*locale.days["format"][width].values(), *locale.months["format"][width].values()]
            names |= {name.casefold().strip(".") for name in named}
    return frozenset(names)
