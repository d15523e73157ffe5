"""What people write after a command, understood. Pure: names and numbers in, values out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from bot.core.topics import slug

# https://core.telegram.org/bots/features#commands; the name of a bot may follow, as people get it from the menu.
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{3,32}))?(?![\w@/])\s*", re.ASCII)
_CHANNEL = re.compile(r"@[A-Za-z][A-Za-z0-9_]{2,31}|-100[0-9]{5,13}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,100}", re.ASCII)
_CARRIED = re.compile(r"[0-9]{1,15}", re.ASCII)  # every database has room for these
_SIGNED = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_QUOTES = '"“”„‟«»'
_HEARD = re.compile(rf"(?<!\S)([-‐‒–—−])?(?:[{_QUOTES}]([^{_QUOTES}]+)[{_QUOTES}],?(?!\S)|(\S+))")
_LONGEST_NAME = 100  # characters that are compared with names
_LIKE_ENOUGH = 60  # of 100; below it a guess would only puzzle
_NEARLY_SAME = 75  # "natoo" and "nato" have 89, "strom" and "storm" 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A command as it was typed: its word in lower case, the bot it names, and where the rest begins (characters)."""

    name: str
    bot: str | None
    end: int

    def is_for(self, username: str) -> bool:
        """A command without a bot's name is for every bot that hears it."""
        return self.bot is None or self.bot.casefold() == username.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """How a blog or a topic may be called: by its id, or by its title."""

    id: str
    title: str


def spoken(text: str) -> Spoken | None:
    """The command that `text` begins with, if it does."""
    match = _COMMAND.match(text)
    return Spoken(name=match[1].lower(), bot=match[2], end=match.end()) if match else None


def channel_in(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The channel that is named, as `@channel` or by its numeric id, and the other words."""
    found = next((word for word in words if _CHANNEL.fullmatch(word)), None)
    return found, [word for word in words if word != found]


def number_in(words: Sequence[str], names: Iterable[Name]) -> tuple[int | None, list[str]]:
    """The number among `words`, wherever it stands, and the other words. A blog called "2024" is no number."""
    ids = {name.id for name in names}
    found = next((word for word in words if _NUMBER.fullmatch(word) and word not in ids), None)
    if found is None:
        return None, list(words)
    at = words.index(found)
    return int(found), [*words[:at], *words[at + 1 :]]


def numbered(carried: str, *, negative: bool = False) -> int | None:
    """The number that a button carries; None where it carries none, or one that none of ours can be."""
    found = (_SIGNED if negative else _CARRIED).fullmatch(carried)
    return int(found[0]) if found else None


def find_blog(asked: str, names: Sequence[Name]) -> Name | None:
    """By id, by title, or by a beginning that only one title has; in any case."""
    wanted = _folded(asked)
    begun = [name for name in names if wanted and _folded(name.title).startswith(wanted)]
    return _exactly(wanted, names) or (begun[0] if len(begun) == 1 else None)


def _exactly(wanted: str, names: Iterable[Name]) -> Name | None:
    return next((name for name in names if wanted in (name.id, _folded(name.title))), None)


def blog_in(words: Sequence[str], names: Sequence[Name]) -> tuple[Name | None, list[str]]:
    """The blog named among `words`, and the words that are left. Of several runs of words that name one the longest
    is meant, and a whole name before the beginning of one."""
    for count in range(len(words), 0, -1):
        runs = [(" ".join(words[at : at + count]), at) for at in range(len(words) - count + 1)]
        for run, at in runs:
            if found := _exactly(_folded(run), names):
                return found, [*words[:at], *words[at + count :]]
        for run, at in runs:
            if found := find_blog(run, names):
                return found, [*words[:at], *words[at + count :]]
    return None, list(words)


def find_topic(asked: str, topics: Iterable[Name]) -> Name | None:
    """By id or title, as people type it: in any case, with or without #, with spaces, hyphens or underscores."""
    return _spelled(topics).get(slug(asked))


def _spelled(topics: Iterable[Name]) -> dict[str, Name]:
    """By every way to call it; an id before a title of another."""
    topics = list(topics)
    titles = {spelling: topic for topic in reversed(topics) if (spelling := slug(topic.title))}
    return titles | {topic.id: topic for topic in topics}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A word of a list, or several between quotation marks; with a minus before it, it is to be left out."""

    text: str
    quoted: bool = False
    left_out: bool = False


def heard(text: str) -> list[Heard]:
    """Quotation marks of every sort, as telephones make them of the plain ones."""
    return [
        Heard(text=found[2] or found[3], quoted=bool(found[2]), left_out=bool(found[1]))
        for found in _HEARD.finditer(text)
    ]


def topics_in(words: Sequence[str], topics: Iterable[Name]) -> tuple[list[Name], list[str]]:
    """The topics that `words` name, the longest first where one name contains another, and the words that name none."""
    spelled = _spelled(topics)
    found: dict[Name, None] = {}
    unknown: list[str] = []
    at = 0
    while at < len(words):
        runs = ((count, slug(" ".join(words[at : at + count]))) for count in range(len(words) - at, 0, -1))
        count, topic = next(((count, spelled[run]) for count, run in runs if run in spelled), (1, None))
        if topic is not None:
            found[topic] = None
        elif word := words[at].strip(",;"):
            unknown.append(word)
        at += count
    return list(found), unknown


def nearest(asked: str, names: Iterable[Name]) -> Name | None:
    """The one that was probably meant."""
    spelled = {spelling: name for name in names for spelling in (_folded(name.title), name.id)}
    wanted, spellings = _folded(asked[:_LONGEST_NAME]), list(spelled)
    for measure in (fuzz.ratio, fuzz.WRatio):  # as a whole first, then as a part of it
        if best := process.extractOne(wanted, spellings, scorer=measure, score_cutoff=_LIKE_ENOUGH):
            return spelled[best[0]]
    return None


def nearly(asked: str, names: Iterable[Name]) -> Name | None:
    """The one of which `asked` is a slip of the fingers, and no word of its own."""
    spelled = {spelling: name for name in names for spelling in (_folded(name.title), name.id)}
    best = process.extractOne(
        _folded(asked[:_LONGEST_NAME]), list(spelled), scorer=fuzz.ratio, score_cutoff=_NEARLY_SAME
    )
    return spelled[best[0]] if best else None


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
