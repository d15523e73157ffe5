"""From words to blogs and topics; where there is none of that name, one sentence with the nearest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.core.writing import isolated
from handlers.arguments import Name, blog_in, find_blog, nearest, nearly, topics_in
from handlers.asked import Where, Wrong
from handlers.blogs import Known, topics_of

MOST_WORDS = 30  # every run of them may be a name


async def all_blogs(where: Where) -> list[Known]:
    """Wrong where this bot has none."""
    blogs = await where.blogs.all()
    if not blogs:
        raise Wrong(where.t.gettext("There is no live blog here yet."))
    return blogs


async def blogs_of(where: Where, words: Sequence[str]) -> list[Known]:
    """The blog that is named, or all of them where none is. Wrong where there is no such blog."""
    blogs = await all_blogs(where)
    if not words:
        return blogs
    found = find_blog(" ".join(words), names(blogs))
    if found is None:
        raise unknown_blog(where, " ".join(words), blogs)
    return [one for one in blogs if one.id == found.id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """`[blog] [topic…] [word…]`: no blog where none was named and there are several; words that name no topic."""

    known: Known | None
    topics: list[Name] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


async def meant(where: Where, words: Sequence[str], followed: Iterable[str] = ()) -> Meant:
    """The blog may be left out where there is but one. Wrong where a blog was meant and none is so called.

    `followed` are topics that may be named although no post has them any more.
    """
    blogs = await all_blogs(where)
    if len(words) > MOST_WORDS:
        raise Wrong(where.t.gettext("Those are too many words; name a live blog and some of its topics."))
    if len(blogs) == 1:
        return await _in_the_only(where, blogs[0], words, followed)
    if not words:
        return Meant(known=None)
    named, rest = blog_in(words, names(blogs))
    if named is None:
        if (by_topics := _by_its_topics(words, blogs)) is None:
            raise unknown_blog(where, words[0], blogs)
        return Meant(known=by_topics[0], topics=by_topics[1])
    known = next(one for one in blogs if one.id == named.id)
    topics, unknown = topics_in(rest, await topics_known(where, [known], followed))
    return Meant(known=known, topics=topics, unknown=unknown)


async def _in_the_only(where: Where, known: Known, words: Sequence[str], followed: Iterable[str]) -> Meant:
    """A topic may be called as the title of its blog begins: here it is the topic that is meant."""
    names_ = await topics_known(where, [known], followed)
    topics, unknown = topics_in([word for word in words if word.casefold() != known.id], names_)
    if unknown:
        _, rest = blog_in(words, [known.name])
        topics, unknown = topics_in(rest, names_)
    if unknown and nearly(unknown[0], [known.name, *names_]) == known.name:
        raise unknown_blog(where, unknown[0], [known])
    return Meant(known=known, topics=topics, unknown=unknown)


def _by_its_topics(words: Sequence[str], blogs: Iterable[Known]) -> tuple[Known, list[Name]] | None:
    """The blog is left out, but only one has these topics."""
    found = [(one, topics_in(words, topics_of([one], {}))) for one in blogs]
    fitting = [(one, topics) for one, (topics, unknown) in found if not unknown]
    return fitting[0] if len(fitting) == 1 else None


async def topics_known(where: Where, blogs: list[Known], followed: Iterable[str] = ()) -> list[Name]:
    counts = await where.house.store.topics(blogs=[one.id for one in blogs], now=where.house.clock())
    return topics_of(blogs, dict.fromkeys(followed, 0) | counts)


def names(blogs: Iterable[Known]) -> list[Name]:
    return [one.name for one in blogs]


def unknown_blog(where: Where, asked: str, blogs: Iterable[Known]) -> Wrong:
    t, meant = where.t, nearest(asked, names(blogs))
    if meant is None:
        return Wrong(t.gettext("I know no live blog “{name}”; /blogs lists them.", name=where.named(asked)))
    return Wrong(
        t.gettext(
            "I know no live blog “{name}”; did you mean {nearest}? /blogs lists them.",
            name=where.named(asked),
            nearest=called(where, meant),
        )
    )


def called(where: Where, name: Name) -> str:
    """The title, with the id to type where the title does not tell it."""
    title = where.named(name.title)
    if name.title.casefold() == name.id:
        return title
    return where.t.gettext("{title} ({id})", title=title, id=isolated(name.id, rtl=where.t.rtl))
