"""From words to what is wished of a blog, and from a wish to words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.topics import slug
from bot.core.wishes import Wish
from bot.core.words import LONGEST, MOST, shown, typed
from handlers.arguments import Name, find_topic, heard, nearly
from handlers.asked import Where, Wrong
from handlers.blogs import Known
from handlers.naming import called, meant, topics_known

MOST_NAMED = 12  # topics and words in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """A blog, None where none was named, what is wished of it, and words that are nearly the name of a topic."""

    known: Known | None
    wish: Wish
    doubts: tuple[tuple[str, Name], ...] = ()


async def wished(where: Where, text: str, followed: Iterable[str] = ()) -> Wished:
    """`[blog] [topic…] [word…] ["several words"…] [-word…]`. Wrong where something of it cannot be looked for."""
    parts = heard(text)
    plain = await meant(where, [one.text for one in parts if not (one.quoted or one.left_out)], followed)
    known = plain.known
    topics = await topics_known(where, [known], followed) if known else []
    quoted = [one.text for one in parts if one.quoted and not one.left_out]
    named = [(text, find_topic(text, topics)) for text in quoted]
    words = [*plain.unknown, *(text for text, topic in named if topic is None)]
    wish = Wish(
        topics=_each(topic.id for topic in [*plain.topics, *(topic for _, topic in named if topic)]),
        words=_each(_word(where, word) for word in words),
        without=_each(_left_out(where, one.text, topics) for one in parts if one.left_out),
    )
    doubts = tuple((word, topic) for word in words if (topic := nearly(word, topics)) and topic.id not in wish.topics)
    return Wished(known=known, wish=wish, doubts=doubts)


def _each(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _word(where: Where, text: str) -> str:
    word = typed(text)
    if not word:
        raise Wrong(where.t.gettext("“{word}” is no word to look for.", word=where.named(text)))
    if len(word) > LONGEST:
        raise Wrong(where.t.gettext("“{word}” is too long to look for; a word or two do.", word=where.named(text)))
    return word


def _left_out(where: Where, text: str, topics: Sequence[Name]) -> str:
    """A topic is left out by its id, which is among what its posts say."""
    topic = find_topic(text, topics) if slug(text) else None
    return _word(where, topic.id if topic else text)


def check(where: Where, known: Known, wish: Wish) -> None:
    """Wrong where a subscription cannot be so."""
    if (word := wish.conflict()) is not None:
        raise Wrong(
            where.t.gettext(
                "“{word}” cannot be followed and left out at once; /unsubscribe {id} {typed} takes it back.",
                word=where.named(shown(word)),
                id=known.id,
                typed=where.named(to_type(word)),
            )
        )
    if max(len(wish.words), len(wish.without)) > MOST:
        raise Wrong(where.t.gettext("Those are too many words: {n} is the most.", n=where.t.number(MOST)))


def to_type(word: str) -> str:
    """How a word is written after a command."""
    text = shown(word)
    return f'"{text}"' if " " in text else text


# --- and in words --------------------------------------------------------------------------------------------------


async def what(where: Where, known: Known, wish: Wish) -> str:
    """ "NATO and “bakhmut” in Russia-Ukraine war, without “football”", or the blog alone."""
    titles = {name.id: name.title for name in await topics_known(where, [known])} if wish.topics else {}
    return said(where, known.title, wish, titles)


def said(where: Where, title: str, wish: Wish, titles: dict[str, str]) -> str:
    t, blog = where.t, where.named(title)
    followed = [where.named(titles.get(topic, topic)) for topic in wish.topics] + quoted(where, wish.words)
    if followed:
        blog = t.gettext("{topics} in {blog}", topics=_listed(where, followed), blog=blog)
    if not wish.without:
        return blog
    return t.gettext("{what}, without {words}", what=blog, words=_listed(where, quoted(where, wish.without)))


def quoted(where: Where, words: Sequence[str]) -> list[str]:
    return [where.t.gettext("“{word}”", word=where.named(shown(word))) for word in words]


def _listed(where: Where, names: Sequence[str]) -> str:
    others = len(names) - MOST_NAMED
    rest = [where.t.ngettext("{n} other", "{n} others", others)] if others > 0 else []
    return where.t.listed([*names[:MOST_NAMED], *rest])


def doubt(where: Where, wished: Wished) -> str:
    """That a word is looked for which may have been meant as a topic; "" where there is none."""
    return " ".join(
        where.t.gettext(
            "I will look for the word “{word}”; did you mean the topic {topic}?",
            word=where.named(word),
            topic=called(where, topic),
        )
        for word, topic in wished.doubts[:2]
    )
