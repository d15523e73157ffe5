"""Which blog of ours an address means that another bot has. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from bot.core.identity import link_key
from config.settings import Blog

_DATE = re.compile(r"\{date[^}]*\}")
_DAY = "0-a-day-0"  # in the place of a date


def feed_key(address: str) -> str:
    """An address without what does not matter to which feed it is: scheme (`feed:` as well), `www.`, a trailing slash,
    the fragment, and what campaigns add."""
    plain = re.sub(r"^feed:(//)?(?=https?:)", "", address.strip(), flags=re.IGNORECASE)
    plain = re.sub(r"^feed:", "https:", plain, flags=re.IGNORECASE)
    try:
        return link_key(plain.partition("#")[0])
    except ValueError:
        return address.strip()


class Feeds:
    """The blogs of our file, by every address they are known under."""

    def __init__(
        self,
        blogs: Iterable[Blog],
        known: Mapping[str, Iterable[str]],
        named: Mapping[str, str],
    ) -> None:
        """`known`: more addresses of each blog (by id), as its pages and WebSub have them; `named`: what the person who
        imports says, by address, against which nothing else counts."""
        self._named = {feed_key(address): blog for address, blog in named.items()}
        self._blogs: defaultdict[str, set[str]] = defaultdict(set)
        self._days: list[tuple[re.Pattern[str], str]] = []
        self._found: dict[tuple[str, ...], str | None] = {}
        for blog in blogs:
            for address in (blog.url, *known.get(blog.id, ())):
                self._learn(address, blog.id)

    def _learn(self, address: str, blog: str) -> None:
        if _DATE.search(address):
            parts = feed_key(_DATE.sub(_DAY, address)).split(_DAY)
            self._days.append((re.compile("[^/?]+".join(map(re.escape, parts))), blog))
        else:
            self._blogs[feed_key(address)].add(blog)

    def blogs_of(self, *addresses: str) -> set[str]:
        """The blogs that the first of these addresses means which means any; mostly one."""
        for key in (feed_key(address) for address in addresses if address):
            if key in self._named:
                return {self._named[key]}
            found = self._blogs.get(key) or {blog for day, blog in self._days if day.fullmatch(key)}
            if found:
                return set(found)
        return set()

    def blog_of(self, *addresses: str) -> str | None:
        """The one blog; None where there is none, or where they could be several."""
        if addresses not in self._found:
            found = self.blogs_of(*addresses)
            if len(self._found) > _REMEMBERED:
                self._found.clear()
            self._found[addresses] = found.pop() if len(found) == 1 else None
        return self._found[addresses]


_REMEMBERED = 10_000  # answers: a file names the same few feeds again and again
