"""A file to move in with: of which kind it is, and its subscriptions in our words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.languages import language_for
from bot.moving import databases, opml, rssbot
from bot.moving.feeds import Feeds
from bot.moving.follows import Follow, NotThatFile, Wrong, right
from bot.subscribers import read_csv
from config.settings import Blog
from storage import Subscription

FORMATS = ("csv", "opml", "rssbot", *databases.BOTS)
MOST_FEEDS = 100_000  # that one file may name

_SQLITE = b"SQLite format 3\0"
_PACKED = {
    b"\x1f\x8b": "compressed with gzip: unpack it first",
    b"PK\x03\x04": "a zip, or a spreadsheet: unpack it first, or save it as CSV",
    b"BZh": "compressed with bzip2: unpack it first",
    b"\xfd7zXZ": "compressed with xz: unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first",
}


def format_of(file: Path) -> str:
    """By what is in it. NotThatFile for a database of which nothing is known."""
    with file.open("rb") as source:
        begins = source.read(4096)
    if begins.startswith(_SQLITE):
        bot = databases.bot_of(file)
        if bot is None and databases.is_ours(file):
            raise NotThatFile("is a database of Liveblog Relay; `restore` puts it back")
        if bot is None:
            raise NotThatFile(f"is a database of none of these bots: {', '.join(databases.BOTS)}")
        return bot
    if what := next((what for sign, what in _PACKED.items() if begins.startswith(sign)), None):
        raise NotThatFile(f"is {what}; nothing is unpacked here")
    text = begins.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff\0").lstrip()
    return {b"<": "opml", b"[": "rssbot", b"{": "rssbot"}.get(text[:1], "csv")


@dataclass(kw_only=True)
class Tally:
    """What was found in a file: counts of subscriptions, by feed, by blog, or by why they are left out."""

    read: int = 0
    taken: int = 0
    matched: Counter[str] = field(default_factory=Counter)
    unmatched: Counter[str] = field(default_factory=Counter)
    unsure: dict[str, tuple[str, ...]] = field(default_factory=dict)  # blogs that an unmatched feed could mean
    left_out: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)  # that are no topics of ours

    def count(self, one: Subscription, topics: AbstractSet[str]) -> Subscription:
        """One that is taken as it stands; `topics` are those of its blog."""
        self.read += 1
        self.taken += 1
        if len(self.categories) < MOST_FEEDS:
            self.categories.update(word for word in one.topics if word not in topics)
        return one


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file of this format. `feeds` say which blog of ours each of its feeds is; `chat` is whose it is where it names
    none."""

    file: Path
    format: str
    blogs: Mapping[str, Blog]
    feeds: Feeds
    chat: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it says of each subscription all that we know of one."""
        return self.format == "csv"

    def subscriptions(self, tally: Tally) -> Iterator[Subscription]:
        """Row by row, counted in `tally`. BadRows at the end where some are wrong; NotThatFile where all is."""
        if self.is_ours:
            known = {blog.id: {topic.id for topic in blog.topics} for blog in self.blogs.values()}
            for one in right(self._of_csv()):
                yield tally.count(one, known[one.blog])
            return
        for follow in right(self._follows()):
            found = self._subscription(follow, tally)
            if found is not None:
                yield found

    def _of_csv(self) -> Iterator[Subscription | Wrong]:
        with self.file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as source:
            yield from read_csv(source, self.blogs)

    def _follows(self) -> Iterable[Follow | Wrong]:
        readers: dict[str, Callable[[], Iterable[Follow | Wrong]]] = {
            "opml": lambda: opml.read(self.file, self.chat or 0),
            "rssbot": lambda: rssbot.read(self.file),
        }
        return readers.get(self.format, lambda: databases.read(self.file, self.format, self.chat))()

    def _subscription(self, follow: Follow, tally: Tally) -> Subscription | None:
        tally.read += 1
        if follow.left_out:
            tally.left_out[follow.left_out] += 1
            return None
        blog = self.feeds.blog_of(follow.feed, follow.page)
        counted = tally.unmatched if blog is None else tally.matched
        counted[follow.feed] += 1
        if len(counted) > MOST_FEEDS:
            raise NotThatFile(f"names more than {MOST_FEEDS:,} feeds")
        if blog is None:
            self._doubt(follow, tally)
            return None
        tally.taken += 1
        return Subscription(
            blog=blog,
            telegram_id=follow.chat,
            topics=self._topics(blog, follow, tally),
            language=language_for(follow.language),
            sound=follow.sound,
        )

    def _doubt(self, follow: Follow, tally: Tally) -> None:
        if follow.feed not in tally.unsure and (several := self.feeds.blogs_of(follow.feed, follow.page)):
            tally.unsure[follow.feed] = tuple(sorted(several))

    def _topics(self, blog: str, follow: Follow, tally: Tally) -> tuple[str, ...]:
        """The topics that its categories name; where they name none, all of the blog is followed, as there."""
        known = {word.casefold(): one.id for one in self.blogs[blog].topics for word in (one.title, one.id)}
        found = [known.get(word.casefold()) for word in follow.categories]
        tally.categories.update(word for word, id_ in zip(follow.categories, found, strict=True) if id_ is None)
        return tuple(dict.fromkeys(id_ for id_ in found if id_ is not None))
