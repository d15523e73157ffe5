"""A live blog that unfolds again on loopback while the real relay polls it over a bad road.

Every poll that is answered as it should be is written down, so what the relay has to publish is known exactly: each
post once, each edit once, and no withdrawal but those that happened, whatever came between.
"""

from __future__ import annotations

import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from bot.core import absence
from bot.core.diff import IGNORED_AT_MOST
from bot.core.identity import native_key
from bot.core.model import ChangeKind, Page, Post, Snapshot
from bot.demo.edition import Story
from bot.demo.replay import replay
from bot.sources import Source, read
from bot.sources.ldjson import address_of, find_blogs, listed
from storage import open_store
from tests.fault_proxy import FaultProxy, Ill, calm
from tests.newsroom import settings_of
from tests.polling import Watch
from tests.publisher import Publisher

STARTED = datetime(2024, 5, 4, 9, tzinfo=UTC)
MOST_ILLS = 3  # in a row
READER = 2001


class Odd(StrEnum):
    """What the page itself may be for once, beside what goes wrong on its way."""

    EMPTY = "200 and nothing"
    NO_POSTS = "the blog without its posts"
    STALE = "the page as it was some polls ago"
    FEED = "a feed of the posts instead of the page"
    PINS = "the pinned post elsewhere, twice or not at all"
    HOLE = "one post is missing"


ILLS = (*(ill for ill in Ill if ill is not Ill.TRICKLED), *Odd)


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A LiveBlogPosting as its publisher wrote it, and as the relay reads it."""

    snapshot: Snapshot
    node: Mapping[str, Any]
    updates: Mapping[str, Mapping[str, Any]]  # by key
    forms: Mapping[str, tuple[str | None, str]]

    @classmethod
    def of(cls, body: bytes) -> Self:
        page = Page(url="", body=body, fetched_at=datetime.now(UTC))
        node = max(find_blogs(Source(page=page)).blogs, key=lambda one: len(listed(one.get("liveBlogUpdate"))))
        updates = listed(node.get("liveBlogUpdate"))
        snapshot = read(page)
        forms = {post.key: form_of(replace(post, title=_headline(post))) for post in snapshot.posts}
        return cls(snapshot=snapshot, node=node, updates={_key(one, node): one for one in updates}, forms=forms)

    def page(self, posts: Sequence[Post], modified_at: datetime | None = None) -> bytes:
        """The publisher's own page with these posts. Those in another form than the captured one are rewritten.

        `modified_at` is the page's own mark of its age, where it is not to be the captured one.
        """
        mark = {} if modified_at is None else {"dateModified": modified_at.isoformat()}
        node = {**self.node, **mark, "liveBlogUpdate": [self._update(post) for post in posts]}
        script = json.dumps(node).replace("<", "\\u003c")
        return f'<!doctype html><title>Live</title><script type="application/ld+json">{script}</script>'.encode()

    def _update(self, post: Post) -> Mapping[str, Any]:
        update = self.updates[post.key]
        if form_of(post) == self.forms[post.key]:
            return update
        return {
            **update,
            "headline": post.title,
            "articleBody": "".join(f"<p>{escape(part, quote=False)}</p>" for part in post.text.split("\n\n")),
            "dateModified": update.get("datePublished"),
        }

    def feed(self, posts: Sequence[Post]) -> bytes:
        """The same posts as an RSS feed, as another reader finds them."""
        lines = (
            f"<item><guid isPermaLink='false'>{escape(post.key)}</guid>"
            + (f"<title>{escape(escape(post.title, quote=False))}</title>" if post.title else "")
            + f"<description>{escape(escape(post.text, quote=False))}</description></item>"
            for post in posts
        )
        return f"<rss version='2.0'><channel><title>Live</title>{''.join(lines)}</channel></rss>".encode()


def _key(update: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    found = native_key(str(update["url"]), address_of(node) or "")
    assert found is not None
    return found[0]


def _headline(post: Post) -> str | None:
    return None if post.title_is_derived else post.title


def form_of(post: Post) -> tuple[str | None, str]:
    """What a reader sees of it."""
    return post.title, post.text


def every_moment(story: Story) -> list[float]:
    return sorted({act.at for act in story.acts})


def few_moments(story: Story) -> list[float]:
    """As few as show every form of every post."""
    moments: list[float] = []
    unseen: set[str] = set()
    before = 0.0
    for act in story.acts:
        if act.post.key in unseen:
            moments.append(before)
            unseen.clear()
        unseen.add(act.post.key)
        before = act.at
    return [*moments, before]


@dataclass
class Oracle:
    """The page, the road to it, the relay, and what the relay should have published by now."""

    capture: Capture
    story: Story
    publisher: Publisher
    road: FaultProxy
    watch: Watch
    die: random.Random
    window: int | None
    ills: Sequence[Ill | Odd]
    dated: bool  # whether the page tells its own age
    forms: dict[str, tuple[str | None, str]] = field(default_factory=dict)  # as last told
    shown: tuple[Post, ...] = ()  # by the last poll that was answered well
    modified_at: datetime | None = None
    gone: set[str] = field(default_factory=set)
    expected: Counter[str] = field(default_factory=Counter)
    before: list[bytes] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    async def unfold(self, moments: Sequence[float], taken_away: Mapping[int, str] = {}) -> None:
        """Poll at these moments of the story; `taken_away`: which post the publisher takes down at which of them."""
        await self._poll(self._page([]), "the blog before its first post")
        for number, moment in enumerate(moments):
            if number in taken_away:
                self.gone.add(taken_away[number])
            posts = self._listed(moment)
            for ill in self._some_ills():
                await self._endure(ill, posts)
            self.modified_at = STARTED + timedelta(seconds=moment) if self.dated else None
            await self._show(posts)
        for _ in range(3):
            await self._poll(self.before[-1], "the same page once more")

    def _some_ills(self) -> list[Ill | Odd]:
        """A few in a row; no third stale copy, which would be believed."""
        ills = self.die.choices(self.ills, k=self.die.randrange(MOST_ILLS + 1)) if self.ills else []
        return ills if ills.count(Odd.STALE) <= IGNORED_AT_MOST else ills[:IGNORED_AT_MOST]

    def _page(self, posts: Sequence[Post]) -> bytes:
        return self.capture.page(posts, self.modified_at)

    def _listed(self, moment: float) -> tuple[Post, ...]:
        posts = [post for post in self.story.page_at(moment).posts if post.key not in self.gone]
        pinned = [post for post in posts if post.pinned]
        return (*pinned, *[post for post in posts if not post.pinned][: self.window])

    async def _show(self, posts: tuple[Post, ...]) -> None:
        """The page as it is; what it says now is what people have to be told."""
        changed = [post for post in posts if self.forms.get(post.key) != form_of(post)]
        expected = [f"{'edited' if post.key in self.forms else 'new'} {post.key}" for post in changed]
        self.forms |= {post.key: form_of(post) for post in changed}
        self.expected.update(line.split()[0] for line in expected)
        self.shown = posts
        self.before.append(self._page(posts))
        await self._poll(self.before[-1], f"{len(posts)} posts", expected)

    async def _endure(self, ill: Ill | Odd, posts: tuple[Post, ...]) -> None:
        if isinstance(ill, Ill):
            self.road.weather = lambda _: ill
            await self._poll(self._page(posts), ill.value)
            self.road.weather = calm
        elif ill is Odd.FEED and not self._comparable(posts):
            return
        elif (body := self._odd(ill)) is not None:
            await self._poll(body, ill.value)

    def _comparable(self, posts: tuple[Post, ...]) -> bool:
        """Whether so few posts come or change at the next poll that another reader in between does not hide it."""
        if absence.too_many(sum(post.key not in self.forms for post in posts), of=len(posts)):
            return False
        edited = sum(post.key in self.forms and self.forms[post.key] != form_of(post) for post in posts)
        return len(self.shown) > 3 and 5 * edited <= len(self.shown)

    def _odd(self, odd: Odd) -> bytes | None:
        """Another page than the last good one, which says nothing new."""
        match odd:
            case Odd.EMPTY:
                return b""
            case Odd.NO_POSTS:
                return self._page([])
            case Odd.STALE:
                return self.before[-1 - self.die.randrange(min(6, len(self.before)))] if self.before else None
            case Odd.FEED:
                return self.capture.feed(self.shown)
            case Odd.PINS:
                return self._page(list(self._with_other_pins()))
            case Odd.HOLE:
                spared = self.die.randrange(len(self.shown)) if len(self.shown) > 3 else None
                return self._page([post for at, post in enumerate(self.shown) if at != spared])

    def _with_other_pins(self) -> Iterator[Post]:
        pinned = [post for post in self.shown if post.pinned]
        others = [post for post in self.shown if not post.pinned]
        yield from self.die.choice(
            ([*others, *pinned], [*pinned, *others, *pinned], others, [*others[:1], *pinned, *others[1:]])
        )

    async def _poll(self, body: bytes, what: str, expected: Sequence[str] = ()) -> None:
        self.publisher.raw = body
        before = len(self.watch.desk.published)
        await self.watch.poll()
        told = [f"{one.kind} {one.key}" for one in self.watch.desk.published[before:] if one.post is not None]
        as_expected = sorted(told) == sorted(expected)
        line = f"{what}: {', '.join(told) or 'nothing'}"
        self.log.append(line if as_expected else f"{line} INSTEAD OF {', '.join(expected) or 'nothing'}")

    # --- what became of it -------------------------------------------------------------------------------------------

    @property
    def published(self) -> Counter[str]:
        about_posts = [one.kind for one in self.watch.desk.published if one.post is not None]
        return Counter(kind.value for kind in about_posts)

    @property
    def story_of_faults(self) -> str:
        """The polls that did not go as expected, each with those before it."""
        wrong = [at for at, line in enumerate(self.log) if "INSTEAD OF" in line]
        shown = sorted({near for at in wrong[:6] for near in range(max(0, at - 5), at + 1)})
        return "\n".join(["", *(f"{at}. {self.log[at]}" for at in shown)])

    async def assert_exact(self) -> None:
        """All was published, and nothing twice; what is kept, and what waits for a chat, is what the page says."""
        context = self.story_of_faults
        expected = +(self.expected + Counter(withdrawn=len(self.gone)))
        assert self.published == expected, context
        news = Counter(one.key for one in self.watch.desk.published if one.kind is ChangeKind.NEW)
        assert news == Counter(self.forms.keys()), context
        kept = await self.watch.store.latest(blogs=["storm"], now=self.watch.now.timestamp() + 1, limit=1000)
        said = Counter((None if one.title_is_derived else one.title, one.text) for one in kept)
        assert said == Counter(form for key, form in self.forms.items() if key not in self.gone), context
        waiting = await self.watch.store.queue("main")
        assert sum(waiting.values()) == len(self.forms) - len(self.gone), context


@contextlib.asynccontextmanager
async def oracle(
    folder: Path,
    capture: Capture,
    seed: int,
    *,
    window: int | None = None,
    ills: Sequence[Ill | Odd] = ILLS,
    dated: bool = False,
) -> AsyncIterator[Oracle]:
    """The relay before a blog that has not begun, with one chat that follows it."""
    story = replay(capture.snapshot, STARTED, 60, baseline=0)
    async with Publisher() as publisher, FaultProxy(urlsplit(publisher.url).port or 0) as road:
        text = f'[[blogs]]\nid = "storm"\nurl = "{road.url}/live"\n'
        watch = Watch(publisher, open_store(f"sqlite:///{folder}/relay.db"), settings_of(text), now=STARTED)
        await watch.open()
        now = STARTED.timestamp()
        chat = await watch.store.meet(
            bot="main", telegram_id=READER, kind="private", title=None, language="en", now=now
        )
        await watch.store.subscribe(chat=chat.id, thread=0, blog="storm", topics=(), now=now)
        try:
            yield Oracle(capture, story, publisher, road, watch, random.Random(seed), window, ills, dated)
        finally:
            await watch.close()
