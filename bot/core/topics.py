"""Which topics a post belongs to: the admin's words in its text, and the publisher's own tags."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from bot.core.identity import fold
from bot.core.model import Topic

# Scripts written without spaces between words, where a word may stand anywhere.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_LONGEST_ID = 64


def topics_of(title: str | None, text: str, tags: Sequence[str], topics: Sequence[Topic]) -> tuple[str, ...]:
    """Ids of the post's topics: the admin's in their order, then the publisher's tags that are none of them.

    An admin's topic matches by one of its words, standing whole in headline or text in any case, or by a tag of its
    name or id. Words are plain text, never patterns.
    """
    places = (fold(title or "").casefold(), fold(text).casefold())
    tag_ids = [tag_id for tag_id in map(slug, tags) if tag_id]
    own = [topic.id for topic in topics if _by_tag(topic, tag_ids) or _by_word(topic, places)]
    taken = {name for topic in topics for name in _names(topic)}
    return tuple(dict.fromkeys([*own, *(tag_id for tag_id in tag_ids if tag_id not in taken)]))


def holds(folded: str, word: str) -> bool:
    """Whether a folded, casefolded text holds a word or phrase as a whole: no letter or digit goes on at its ends."""
    word = fold(word).casefold()
    return bool(word) and any(
        _parted(folded[max(0, start - 1) : start], word[0])
        and _parted(folded[start + len(word) : start + len(word) + 1], word[-1])
        for start in _occurrences(folded, word)
    )


def slug(tag: str) -> str:
    """A publisher's tag as a topic id: lower case, words joined by `-`, letters of any script."""
    plain = unicodedata.normalize("NFKC", tag).casefold().replace("'", "").replace("’", "")
    return re.sub(r"[\W_]+", "-", plain).strip("-")[:_LONGEST_ID].strip("-")


def _by_word(topic: Topic, places: Sequence[str]) -> bool:
    return any(holds(folded, word) for word in topic.words for folded in places)


def _by_tag(topic: Topic, tag_ids: Sequence[str]) -> bool:
    return any(name in tag_ids for name in _names(topic))


def _names(topic: Topic) -> tuple[str, str]:
    return topic.id, slug(topic.title)


def _occurrences(text: str, word: str) -> Iterator[int]:
    start = text.find(word)
    while start >= 0:
        yield start
        start = text.find(word, start + 1)


def _parted(neighbour: str, edge: str) -> bool:
    """Whether a word may end between `edge` and the character beside it."""
    if not neighbour or UNSPACED.match(edge):
        return True
    return neighbour != "_" and unicodedata.category(neighbour)[0] not in "LNM"
