"""LiveBlogPosting in the manner of each publisher known for it: read, and followed over an insertion and an edit.

Every miniature has its publisher's ids, times, escapes and gaps; the words are invented.
"""

from __future__ import annotations

import html as markup
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.model import Post, Snapshot, SnapshotKind
from tests.blog_builders import Blog
from tests.pages import html, snapshot

START = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
IST = timedelta(hours=5, minutes=30)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the newsroom of a publisher wrote, before its page makes something of it."""

    number: int
    title: str
    body: str
    edited: int = 0  # minutes after its publication

    @property
    def published(self) -> datetime:
        return START + timedelta(minutes=7 * self.number)

    @property
    def modified(self) -> datetime:
        return self.published + timedelta(minutes=self.edited)


FIRST = Told(number=1, title="Ferries stay in port", body="The harbour master closed the quay. Two boats wait outside.")
SECOND = Told(
    number=2, title="Power is back in Eastmoor", body="Engineers mended the line at noon. 400 homes had none."
)
THIRD = Told(
    number=3, title="Schools open late on Friday", body="Head teachers decided it together. Buses run as usual."
)
FOURTH = Told(number=4, title="Sea wall holds", body="Divers looked at all of it. They found one crack, and closed it.")

Page = Callable[[Sequence[Told]], str]


def iso(time: datetime, offset: timedelta = timedelta()) -> str:
    """A time as written in a zone so far from UTC."""
    local = (time + offset).strftime("%Y-%m-%dT%H:%M:%S")
    minutes = int(offset.total_seconds() // 60)
    return f"{local}Z" if not minutes else f"{local}+{minutes // 60:02}:{minutes % 60:02}"


def hex_id(told: Told, length: int) -> str:
    return f"{told.number:x}c0ffee5eed".ljust(length, "7")


def blog(url: str, updates: Sequence[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "url": url,
        "headline": "Storm hits the coast",
        "datePublished": iso(START),
        "coverageStartTime": iso(START),
        "liveBlogUpdate": list(updates),
    } | fields


def update(told: Told, **fields: Any) -> dict[str, Any]:
    usual = {
        "@type": "BlogPosting",
        "headline": told.title,
        "articleBody": told.body,
        "datePublished": iso(told.published),
        "dateModified": iso(told.modified),
    }
    return {name: value for name, value in (usual | fields).items() if value is not None}


def cnn(posts: Sequence[Told]) -> str:
    """The id in the path, a pinned summary on top, one author for all, an end that is fiction."""
    url = "https://edition.cnn.com/weather/live-news/storm-03-04-26/index.html"
    base = url.removesuffix("index.html")
    summary = Told(number=0, title="What we covered here", body="All about the storm, in short.", edited=90)
    rows = [update(one, url=f"{base}h_{hex_id(one, 32)}", author="Ann Lee, CNN") for one in (summary, *posts)]
    end = iso(START + timedelta(hours=24))
    return html(blog(url, rows, dateModified=iso(START), coverageEndTime=end))


def bbc(posts: Sequence[Told]) -> str:
    """Updates in a graph, known by the asset in their `@id`; modified when they were published."""
    url = "https://www.bbc.co.uk/news/live/c1storm"
    rows = [
        update(one, **{"@id": f"{url}#post-asset:{hex_id(one, 8)}", "dateModified": iso(one.published)})
        for one in posts
    ]
    return html({"@graph": [{"@type": "WebPage", "url": url}, blog(url, rows), {"@type": "NewsArticle"}]})


def guardian(posts: Sequence[Told]) -> str:
    """A list of objects; a bare `@id`; the page's headline and times on every update."""
    url = "https://www.theguardian.com/uk-news/live/2026/mar/04/storm"
    rows = [
        update(one, **{"@id": hex_id(one, 24), "headline": "Storm hits the coast", "datePublished": iso(START)})
        | {"dateModified": iso(START + timedelta(hours=3))}
        for one in posts
    ]
    return html([{"@type": "NewsArticle", "url": url}, blog(url, rows), {"@type": "WebPage"}])


def reach(posts: Sequence[Told]) -> str:
    """HTML in the bodies; publication with an offset and modification in UTC."""
    url = "https://www.mirror.co.uk/news/storm-live-33386398"
    rows = [
        update(one, url=f"{url}#{4200 + one.number}", datePublished=iso(one.published, timedelta(hours=1)))
        | {"articleBody": "".join(f"<p>{part}.</p>" for part in one.body.rstrip(".").split(". "))}
        for one in posts
    ]
    return html(blog(url, rows))


def express(posts: Sequence[Told]) -> str:
    """Escaped twice, excerpts only, an author who is a string."""
    url = "https://www.express.co.uk/news/storm-live"
    rows = [
        update(
            one, url=f"{url}#live-991-{hex_id(one, 5)}", author="Bo Ray", articleBody=_escaped(f"It's so: {one.body}")
        )
        for one in posts
    ]
    return html(blog(url, rows, coverageEndTime=iso(START + timedelta(days=1))))


def _escaped(text: str) -> str:
    return markup.escape(markup.escape(text).replace("&#x27;", "&#39;"))


def independent(posts: Sequence[Told]) -> str:
    """One of several scripts; the id in a fragment; times of writing, long before the release."""
    url = "https://www.independent.co.uk/news/storm-b2392480.html"
    rows = [
        update(
            one, url=f"{url}/#liveblogPost{1288900 + one.number}", datePublished=iso(one.published - timedelta(hours=5))
        )
        for one in posts
    ]
    return html({"@type": "Organization"}, {"@type": "BreadcrumbList"}, blog(url, rows), {"@type": "WebPage"})


def repubblica(posts: Sequence[Told]) -> str:
    """No id at all; a headline with a line break at its end; placeholders; `type` where `@type` is meant."""
    url = "https://www.repubblica.it/esteri/2026/03/04/diretta/tempesta-419364605/"
    rows = [
        update(one, headline=f"{one.title}\n", articleBody=f"{one.body}\n[[ge:rep-locali:{one.number}]]")
        for one in posts
    ]
    return html(blog(url, rows, about={"type": "Thing", "name": "Storm"}))


def times_of_india(posts: Sequence[Told]) -> str:
    """Places in the list for ids; a clock before the headline; excerpts."""
    url = "https://timesofindia.indiatimes.com/india/storm/liveblog/108.cms"
    rows = [
        update(
            one, url=f"{url}#post{place}", datePublished=iso(one.published, IST), dateModified=iso(one.modified, IST)
        )
        | {"headline": f"{one.published + IST:%H:%M}(IST) \u200b{one.title}", "articleBody": f"{one.body[:40]}…"}
        for place, one in enumerate(posts, 1)
    ]
    return html(blog(url, rows))


def sky(posts: Sequence[Told]) -> str:
    """The newest ten, by a number in the fragment."""
    url = "https://news.sky.com/story/storm-latest-12541713"
    return html(blog(url, [update(one, url=f"{url}#{90 + one.number}") for one in posts[:10]]))


def ap(posts: Sequence[Told]) -> str:
    """A list of objects; breaks instead of paragraphs."""
    url = "https://apnews.com/live/storm"
    rows = [
        update(one, url=f"{url}#0000018d-{hex_id(one, 12)}", articleBody=one.body.replace(". ", ".<br/><br/>"))
        for one in posts
    ]
    return html([blog(url, rows), {"@type": "NewsMediaOrganization"}])


def g1(posts: Sequence[Told]) -> str:
    """The id in the query; the page twice, as itself and as its AMP variant."""
    url = "https://g1.globo.com/sp/ao-vivo/tempestade.ghtml"
    amp = "https://g1.globo.com/google/amp/sp/ao-vivo/tempestade.ghtml"
    scripts = [
        blog(one, [update(told, url=f"{one}?postId={hex_id(told, 10)}") for told in posts]) for one in (amp, url)
    ]
    return html(*scripts)


@dataclass(frozen=True, kw_only=True)
class Manner:
    """A publisher's page, and what is to be expected of it."""

    page: Page
    kind: SnapshotKind = SnapshotKind.WINDOW
    has_titles: bool = True
    has_times: bool = True
    whole: bool = True
    pinned: int = 0
    written_before: timedelta = timedelta()


MANNERS = {
    "CNN": Manner(page=cnn, kind=SnapshotKind.FULL, pinned=1),
    "BBC": Manner(page=bbc),
    "Guardian": Manner(page=guardian, has_titles=False, has_times=False),
    "Reach": Manner(page=reach, kind=SnapshotKind.FULL),
    "Express": Manner(page=express, whole=False),
    "Independent": Manner(page=independent, written_before=timedelta(hours=5)),
    "Repubblica": Manner(page=repubblica, kind=SnapshotKind.FULL),
    "Times of India": Manner(page=times_of_india, whole=False),
    "Sky": Manner(page=sky),
    "AP": Manner(page=ap, kind=SnapshotKind.FULL),
    "G1": Manner(page=g1),
}
every = pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)


def read(manner: Manner, *posts: Told) -> Snapshot:
    """The page as read under an address that says nothing about it."""
    return snapshot(manner.page(posts), url="")


def told(found: Snapshot) -> list[Post]:
    return [post for post in found.posts if not post.pinned]


@every
def test_each_post_is_read_as_it_was_written(manner: Manner) -> None:
    found = read(manner, THIRD, SECOND, FIRST)
    assert (found.format, found.kind, found.title) == ("jsonld", manner.kind, "Storm hits the coast")
    assert sum(post.pinned for post in found.posts) == manner.pinned
    assert [post.title for post in told(found) if not post.title_is_derived] == (
        [THIRD.title, SECOND.title, FIRST.title] if manner.has_titles else []
    )
    assert all(post.text_is_whole is manner.whole for post in told(found))
    for post, one in zip(told(found), (THIRD, SECOND, FIRST), strict=True):
        assert one.body.split(". ")[0] in post.text
        assert "<" not in post.text
        assert "&" not in post.text
        assert post.published_at == (one.published - manner.written_before if manner.has_times else None)


@every
def test_a_post_on_top_is_new_and_nothing_else_changes(manner: Manner) -> None:
    page = Blog.after(read(manner, THIRD, SECOND, FIRST))
    assert [change.partition(" ")[0] for change in page.poll(read(manner, FOURTH, THIRD, SECOND, FIRST))] == ["new"]
    assert page.told[-1].post is not None
    assert FOURTH.body[:20] in page.told[-1].post.text


@every
def test_a_corrected_body_is_an_edit_of_its_post_and_no_new_one(manner: Manner) -> None:
    page = Blog.after(read(manner, THIRD, SECOND, FIRST))
    mended = replace(SECOND, body=SECOND.body.replace("noon", "one"), edited=30)
    assert [change.partition(" ")[0] for change in page.poll(read(manner, THIRD, mended, FIRST))] == ["edited"]
    assert page.told[-1].post is not None
    assert "mended the line at one" in page.told[-1].post.text


@every
def test_the_same_page_again_changes_nothing(manner: Manner) -> None:
    page = Blog.after(read(manner, THIRD, SECOND, FIRST))
    assert page.poll(read(manner, THIRD, SECOND, FIRST)) == []
    assert page.last.alarm is None


@every
def test_two_posts_between_two_polls_are_both_new(manner: Manner) -> None:
    page = Blog.after(read(manner, SECOND, FIRST))
    assert [change.partition(" ")[0] for change in page.poll(read(manner, FOURTH, THIRD, SECOND, FIRST))] == ["new"] * 2
