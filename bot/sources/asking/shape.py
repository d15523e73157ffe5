"""What asking is made of. A turn is a generator: it yields addresses, is sent their answers, returns what it gathered.

So which address comes next may depend on an answer, and still nothing here touches the network. `bot.asking` asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import orjson

from bot.core.model import Page, PageMemory, Post, Snapshot, SnapshotKind
from bot.sources.feedkeys import FeedPost, feed_keyed
from bot.sources.fields import Fields, fields_in, rows_in
from bot.sources.shape import NotReadable, Source

LARGEST_MERGED = 6 * 1024 * 1024  # bytes; an answer above this is read by itself, and nothing is asked after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One address to be fetched."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    needed: bool = True  # without its answer there is nothing to read; the answer of another may fail, and is None
    conditional: bool = False  # the page's own address: its validators, and no other's, may go with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known when a turn begins. `polls` counts those of this page since the relay was started."""

    page: PageMemory | None = None
    polls: int = 0

    @property
    def cursor(self) -> str | None:
        return self.page.cursor if self.page else None

    @property
    def ended(self) -> bool:
        return self.page is not None and self.page.ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The answers of one turn as one page to read, and what asking found out beside what stands in it."""

    page: Page
    kind: SnapshotKind | None = None  # None: as the reader says
    cursor: str | None = None
    gone: tuple[str, ...] = ()  # ids of posts that were taken away: an explicit mark
    edited: tuple[str, ...] = ()  # ids of posts that are named as changed, not as new
    ended: bool | None = None  # None: as the answers say
    doubt: str | None = None
    conditional: bool = False  # the validators of `page` are its own address's, and may be kept
    retry_at: datetime | None = None  # a follow-up was told to come back later

    def completes(self, snapshot: Snapshot, identity: str) -> Snapshot:
        """The snapshot of `page`, with what asking found out."""
        posts = (replace(post, only_edited=post.only_edited or post.key in self.edited) for post in snapshot.posts)
        return replace(
            snapshot,
            kind=self.kind or snapshot.kind,
            posts=(*_marks(self.gone, snapshot.url, identity), *posts),
            ended=snapshot.ended if self.ended is None else self.ended,
            cursor=self.cursor,
            doubt=self.doubt,
        )


Answers = Sequence[Page | None]
Turn = Generator[tuple[Ask, ...], Answers, Gathered]
StartTurn = Callable[[Known, datetime], Turn]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How one page is asked for. `listing` is what shows the blog; `changes` what says what is different since."""

    format: str | None
    listing: StartTurn
    changes: StartTurn | None = None  # None: the listing is asked for at every poll


def fixed(url: str) -> Asking:
    """A page that is always the same address: nearly all of them."""

    def listing(known: Known, now: datetime) -> Turn:
        (page,) = yield (Ask(url=url, conditional=True),)
        assert page is not None
        return Gathered(page=page, conditional=True)

    return Asking(format=None, listing=listing)


def _marks(gone: Sequence[str], blog_url: str | None, identity: str) -> tuple[Post, ...]:
    """Tombstones, under the keys that their posts have."""
    found = [FeedPost(post=Post(key="", url=_address_of(id_, blog_url), withdrawn=True), id=id_) for id_ in gone]
    return feed_keyed(found, identity, ids_may_repeat=True)[0]


def _address_of(id_: str, blog_url: str | None) -> str | None:
    return f"{blog_url}?update={id_}" if blog_url else None


# --- answers --------------------------------------------------------------------------------------------------------


def json_of(page: Page | None) -> Any:
    """An answer as JSON, or None where it is none of moderate size; the reader will say what is wrong with it."""
    if page is None or len(page.body) > LARGEST_MERGED:
        return None
    try:
        return Source(page=page).json
    except NotReadable:
        return None


def answer_of(page: Page | None) -> Fields:
    return fields_in(json_of(page))


def merged(first: Page, value: Any) -> Page:
    """The page that several answers make together. Its validators would be no address's."""
    return replace(first, body=_written(value), content_type="application/json", etag=None, last_modified=None)


def _written(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # numbers beyond 64 bits, as the tolerant parser lets pass
        return json.dumps(value).encode()


def rows(answer: Fields, name: str) -> list[Fields]:
    return rows_in(answer.get(name))


# --- addresses ------------------------------------------------------------------------------------------------------


def query_of(url: str, *without: str) -> dict[str, str]:
    """What the configured address asks for beside (a token, a number of posts)."""
    return {name: value for name, value in parse_qsl(urlsplit(url).query) if name not in without}


def with_query(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def path_of(url: str) -> str:
    """An address without query and fragment."""
    return url.partition("#")[0].partition("?")[0]


def next_address(answer: Fields, root: str) -> str | None:
    """Where an answer says that it goes on; None unless that is on the host that was configured."""
    href = fields_in(fields_in(answer.get("_links")).get("next")).get("href")
    if not isinstance(href, str) or not href.strip():
        return None
    try:
        url = urljoin(root, href.strip())
        return url if _origin(url) == _origin(root) else None
    except ValueError:
        return None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
