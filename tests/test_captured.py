"""Every captured page and answer, read and compared. They stand beside the repository; without them all is skipped."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from bot.core.model import KeyKind, Snapshot
from bot.sources import NotReadable
from tests.blog_builders import Blog
from tests.pages import CAPTURED, captured

pytestmark = pytest.mark.skipif(not CAPTURED.is_dir(), reason=f"no captured pages in {CAPTURED}")


@dataclass(frozen=True, slots=True)
class Read:
    """What there is to be found: reader, kind, posts, and how many of them have the publisher's own key, and so on.

    `edited` counts posts whose own times say that they were changed after they were published.
    """

    format: str
    kind: str
    posts: int
    own: int = 0
    edited: int = 0
    withdrawn: int = 0
    struck: int = 0
    pinned: int = 0
    ended: bool = False


FOUND = {
    "cnn/cnn_allen-texas-mall-shooting-news-05-07-23.json": Read(
        "jsonld", "full", 27, own=27, edited=15, pinned=1, ended=True
    ),
    "cnn/cnn_allen-texas-mall-shooting-news-05-07-23.refetch-mojibake.json": Read(
        "jsonld", "full", 27, own=27, edited=15, pinned=1, ended=True
    ),
    "cnn/cnn_kansas-city-chiefs-parade-shooting-02-14-24.json": Read(
        "jsonld", "full", 39, own=39, edited=23, pinned=1, ended=True
    ),
    "cnn/cnn_kansas-city-chiefs-super-bowl-shooting-02-15-24.json": Read(
        "jsonld", "full", 28, own=28, edited=14, pinned=1, ended=True
    ),
    "cnn/cnn_louisville-kentucky-shooting-04-10-23.json": Read(
        "jsonld", "full", 46, own=46, edited=37, pinned=1, ended=True
    ),
    "cnn/cnn_louisville-kentucky-shooting-04-11-23.json": Read(
        "jsonld", "full", 41, own=41, edited=24, pinned=1, ended=True
    ),
    "cnn/cnn_unlv-shooting-12-06-23.json": Read("jsonld", "full", 29, own=29, edited=14, pinned=1, ended=True),
    "feeds/duplicate-updated.xml": Read("atom", "window", 2, own=2),
    "feeds/entry_id_duplicate_value.xml": Read("atom", "window", 1, own=1),
    "feeds/guid_duplicate_value.xml": Read("rss", "window", 2, own=0),
    "feeds/guid_duplicate_value_cdata.xml": Read("rss", "window", 2, own=0),
    "feeds/guid_duplicate_value_ncr.xml": Read("rss", "window", 2, own=0),
    "feeds/guid_duplicate_value_url.xml": Read("rss", "window", 2, own=2),
    "feeds/handmade_mixed.atom": Read("atom", "window", 3, own=3, edited=1, withdrawn=1),
    "feeds/sync-deleted-false.xml": Read("atom", "window", 1, own=1),
    "feeds/sync-deleted-maybe.xml": Read("atom", "window", 1, own=1),
    "feeds/sync-deleted-missing.xml": Read("atom", "window", 1, own=1),
    "feeds/sync-deleted-true.xml": Read("atom", "window", 1, own=1, withdrawn=1),
    "feeds/sync-deleted-uppercase.xml": Read("atom", "window", 1, own=1),
    "feeds/youtube_deleted_2021-01-25.xml": Read("atom", "delta", 1, own=1, withdrawn=1),
    "pages/BBC_2020_05_12.html": Read("jsonld", "window", 20, own=20),
    "pages/CNN_2023_07_13.txt": Read("text", "full", 7, own=0, pinned=1),
    "pages/Guardian_Live.json": Read("guardian", "window", 13, own=13, edited=4, ended=True),
    "pages/Repubblica.it-Israele-Hamas.html": Read("jsonld", "full", 79, own=0),
    "pages/TheGuardian_2023_05_15.html": Read("guardian", "window", 10, own=10, edited=5, pinned=1),
    "pages/TheIndependent_2023_08_14.html": Read("jsonld", "window", 10, own=10, edited=2),
    "pages/TheMirror_2024_08_05.html": Read("jsonld", "full", 428, own=428, edited=88),
    "pages/bbc_lx_commentary_data_paged.json": Read("bbc", "window", 20, own=20, edited=20),
    "reddit/pages/00.json": Read("reddit", "window", 100, own=100),
    "reddit/pages/01.json": Read("reddit", "window", 100, own=100),
    "reddit/pages/02.json": Read("reddit", "delta", 0, own=0),
    "reddit/stream/00.json": Read("reddit", "window", 100, own=100),
    "reddit/stream/01.json": Read("reddit", "delta", 0, own=0),
    "reddit/stream/02.json": Read("reddit", "window", 99, own=99),
    "reddit/stream/03.json": Read("reddit", "window", 98, own=98),
    "reddit/stream/04.json": Read("reddit", "window", 97, own=97),
    "reddit/stream/05.json": Read("reddit", "window", 96, own=96, struck=1),
    "sourcefabric/api_response.json": Read("sourcefabric", "window", 23, own=23, edited=6, withdrawn=13, pinned=2),
    "wordpress/api.json": Read("wordpress", "window", 5, own=5),
    "wordpress/polling.json": Read("wordpress", "delta", 1, own=1),
}
NO_BLOG = {"wordpress/apply_update_entries.json"}  # three answers in one file of somebody's tests


def counted(found: Snapshot) -> Read:
    posts = found.posts
    return Read(
        found.format,
        found.kind.value,
        len(posts),
        own=sum(post.key_kind is not KeyKind.DERIVED for post in posts),
        edited=sum(bool(p.published_at and p.modified_at and p.modified_at > p.published_at) for p in posts),
        withdrawn=sum(post.withdrawn for post in posts),
        struck=sum(post.struck for post in posts),
        pinned=sum(post.pinned for post in posts),
        ended=found.ended,
    )


def test_every_captured_file_is_in_the_table() -> None:
    files = {str(path.relative_to(CAPTURED)) for path in CAPTURED.rglob("*") if path.is_file()}
    assert files - {"README.md"} == {*FOUND, *NO_BLOG}


@pytest.mark.parametrize("name", FOUND)
def test_a_captured_file_holds_what_its_publisher_put_there(name: str) -> None:
    assert counted(captured(name)) == FOUND[name]


@pytest.mark.parametrize("name", sorted(NO_BLOG))
def test_a_captured_file_that_is_no_live_blog_is_refused(name: str) -> None:
    with pytest.raises(NotReadable, match="no live blog"):
        captured(name)


@pytest.mark.parametrize("name", FOUND)
def test_a_captured_file_read_again_tells_nothing(name: str) -> None:
    found = captured(name)
    blog = Blog.after(found)
    assert blog.poll(found, captured(name, kept=found.format)) == []


def test_the_answer_with_deletions_has_as_many_as_bear_the_mark_and_its_two_pinned_posts() -> None:
    rows = _rows(json.loads((CAPTURED / "sourcefabric/api_response.json").read_bytes()))
    marked = [row for row in rows if row.get("deleted") is True]
    found = FOUND["sourcefabric/api_response.json"]
    assert (found.withdrawn, found.pinned) == (len(marked), 2) == (13, 2)


def _rows(value: object) -> list[dict[str, object]]:
    """The posts of the answer, wherever in it they are listed."""
    if isinstance(value, dict):
        if isinstance(value.get("_items"), list):
            return list(value["_items"])
        return next((rows for inner in value.values() if (rows := _rows(inner))), [])
    return []


CNN = "cnn/cnn_allen-texas-mall-shooting-news-05-07-23"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([f"reddit/stream/0{number}.json" for number in range(6)], {"new": 1}),
        ([f"{CNN}.json", f"{CNN}.refetch-mojibake.json", f"{CNN}.json"], {}),
        (["wordpress/api.json", "wordpress/polling.json"], {"new": 1}),
        ([f"reddit/pages/0{number}.json" for number in (1, 0)], {"new": 100}),
    ],
)
def test_captured_sequences_tell_exactly_what_happened(names: list[str], told: dict[str, int]) -> None:
    blog = Blog()
    blog.poll(*(captured(name) for name in names))
    counts: dict[str, int] = {}
    for change in blog.told:
        counts[change.kind.value] = counts.get(change.kind.value, 0) + 1
    assert counts == told
