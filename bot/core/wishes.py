"""What a subscription wants of its blog: topics and plain words that it follows, and words that keep a post away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.core.words import Searchable, without_accents


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """No topics and no words: the whole blog. Words as `bot.core.words.typed` makes them."""

    topics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not (self.topics or self.words)

    @property
    def reads_posts(self) -> bool:
        """Whether what a post says has a part in it, and not its topics alone."""
        return bool(self.words or self.without)

    def matches(self, topics: Collection[str], said: Searchable) -> bool:
        """Whether a post with these topics, which says this, is wanted."""
        named = any(topic in topics for topic in self.topics) or any(said.holds(word) for word in self.words)
        return (self.is_whole or named) and not any(said.holds(word) for word in self.without)

    def with_(self, more: Wish) -> Wish:
        """With what is asked for beside it. Topics and words add up, and the whole blog takes their place; what is
        left out stays so until it is asked for by name."""
        named = _followed(more)
        without = _all(self.without, more.without)
        without = tuple(word for word in without if word in more.without or without_accents(word) not in named)
        if self.is_whole or (more.is_whole and not more.without):
            return Wish(without=without)
        return Wish(topics=_all(self.topics, more.topics), words=_all(self.words, more.words), without=without)

    def less(self, fewer: Wish) -> Wish | None:
        """Without what is named. None: nothing is left to follow."""
        gone = _plain((*fewer.words, *fewer.without))
        left = Wish(
            topics=tuple(topic for topic in self.topics if topic not in fewer.topics),
            words=tuple(word for word in self.words if without_accents(word) not in gone),
            without=tuple(word for word in self.without if without_accents(word) not in gone),
        )
        return None if left.is_whole and not self.is_whole else left

    def named(self, asked: Wish) -> Wish:
        """What of `asked` is in it, where a word may be one that it follows or one that it leaves out."""
        gone = _plain((*asked.words, *asked.without))
        return Wish(
            topics=tuple(topic for topic in asked.topics if topic in self.topics),
            words=tuple(word for word in self.words if without_accents(word) in gone),
            without=tuple(word for word in self.without if without_accents(word) in gone),
        )

    def covers(self, narrower: Wish) -> bool:
        """Whether whatever `narrower` matches, this one does: nothing that waits has to go."""
        more = self.is_whole or (
            not narrower.is_whole
            and set(narrower.topics) <= set(self.topics)
            and _plain(narrower.words) <= _plain(self.words)
        )
        return more and _plain(self.without) <= _plain(narrower.without)

    def conflict(self) -> str | None:
        """A word that it follows and leaves out at once."""
        followed = _followed(self)
        return next((word for word in self.without if without_accents(word) in followed), None)


def _followed(wish: Wish) -> set[str]:
    return _plain((*(topic.replace("-", "_") for topic in wish.topics), *wish.words))


def _all(before: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    """Each once: a word that differs in its accents alone stays as it was."""
    there = {without_accents(word): word for word in reversed((*before, *more))}
    return tuple(dict.fromkeys(there[without_accents(word)] for word in (*before, *more)))


def _plain(words: Sequence[str]) -> set[str]:
    return {without_accents(word) for word in words}
