"""Automattic's Liveblog for WordPress: pages of a blog, and what changed between two times."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.model import Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.api_answers import HOUR, wordpress_changes, wordpress_page, wordpress_row
from tests.blog_builders import Blog
from tests.pages import CAPTURED, captured, snapshot

API = "https://www.example.org/wp-json/liveblog/v1/7/get-entries/1/latest"
needs_captures = pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured pages are not beside the repository")


def read(answer: Any, **rules: Any) -> Snapshot:
    return snapshot(json.dumps(answer), url=API, **rules)


def page(*rows: dict[str, Any]) -> Snapshot:
    return read(wordpress_page(*rows))


def changes(*rows: dict[str, Any]) -> Snapshot:
    return read(wordpress_changes(*rows))


def test_a_page_is_a_window_of_its_blog() -> None:
    row = wordpress_row(
        2,
        "update",
        timestamp=HOUR + 600,
        render='<h3>Quay</h3><p>Shut.</p><img src="/a.jpg" alt="Waves"><img class="wp-smiley" src="/b.png">',
        share_link="https://www.example.org/storm/#2",
        key_event=True,
    )
    found = page(row, wordpress_row(1))
    first = found.posts[0]
    assert (found.format, found.kind, len(found.posts)) == ("wordpress", SnapshotKind.WINDOW, 2)
    assert (first.key, first.text, first.authors, first.key_event) == ("2", "Quay\n\nShut.", ("Ada Byron",), True)
    assert [(one.url, one.caption) for one in first.images] == [("https://www.example.org/a.jpg", "Waves")]
    assert (first.published_at, first.modified_at) == (
        datetime(2026, 3, 4, 10, 2, tzinfo=UTC),
        datetime(2026, 3, 4, 10, 10, tzinfo=UTC),
    )
    assert first.url == "https://www.example.org/storm/#2"


def test_a_delta_says_what_is_new_what_changed_and_what_is_gone() -> None:
    blog = Blog.after(page(wordpress_row(3), wordpress_row(2), wordpress_row(1)))
    later = HOUR + 900
    edited = wordpress_row(3, "update", render="<p>Corrected.</p>", timestamp=later)
    told = changes(wordpress_row(4), edited, wordpress_row(2, "delete", timestamp=later))
    assert told.kind is SnapshotKind.DELTA
    assert sorted(blog.poll(told)) == ["edited 3", "new 4", "withdrawn 2"]
    after = page(wordpress_row(4), edited, wordpress_row(1))
    assert blog.poll(told, changes(), after, after, after) == []


def test_a_post_that_ages_out_between_deltas_is_not_withdrawn() -> None:
    blog = Blog.after(page(wordpress_row(2), wordpress_row(1)))
    polls = [changes(), changes(wordpress_row(3)), changes(), changes(), changes()]
    assert blog.poll(*polls) == ["new 3"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([wordpress_row(5), wordpress_row(5, "delete")], ["withdrawn"]),
        ([wordpress_row(5, "delete", timestamp=HOUR + 9), wordpress_row(5, timestamp=HOUR)], ["withdrawn"]),
        ([wordpress_row(5, "update", timestamp=HOUR + 9, render="New."), wordpress_row(5)], ["Body of post 5."]),
        ([wordpress_row(5, "update", render="New."), wordpress_row(5, timestamp=HOUR)], ["New."]),
        ([wordpress_row(5, "update", render="New."), wordpress_row(5, "update", render="Old.")], ["New."]),
    ],
)
def test_the_last_word_about_a_post_counts(rows: list[dict[str, Any]], expected: list[str]) -> None:
    posts = changes(*rows).posts
    assert ["withdrawn" if one.withdrawn else one.text for one in posts] == expected


def test_a_post_that_came_and_went_between_two_polls_is_never_told() -> None:
    blog = Blog.after(page(wordpress_row(1)))
    assert blog.poll(changes(wordpress_row(5), wordpress_row(5, "delete"))) == []


@pytest.mark.parametrize(
    ("fields", "authors"),
    [
        ({"author_link": "ada"}, ("ada",)),
        ({"authors": [{"name": "Ada Byron"}, {"name": "Mary & Co"}, 7]}, ("Ada Byron", "Mary & Co")),
        ({"author_link": None}, ()),
        ({"author_link": [], "authors": "x"}, ()),
    ],
)
def test_authors_of_all_versions_are_read(fields: dict[str, Any], authors: tuple[str, ...]) -> None:
    assert page(wordpress_row(1, **fields)).posts[0].authors == authors


def test_a_row_with_one_time_was_published_then() -> None:
    (post,) = page(wordpress_row(1, entry_time=None)).posts
    assert post.published_at == post.modified_at == datetime(2026, 3, 4, 10, 1, tzinfo=UTC)


def test_avatars_smileys_and_pixels_are_no_pictures() -> None:
    small = '<img class="avatar photo" src="/a.png"><img class="wp-smiley" src="/b.png"><img width="1" src="/c.gif">'
    (post,) = page(wordpress_row(1, render=f'{small}<img src="/d.jpg" width="100">')).posts
    assert [image.url for image in post.images] == ["https://www.example.org/d.jpg"]


@pytest.mark.parametrize("nothing", [[], None, {}])
def test_nothing_new_is_a_delta_without_posts(nothing: Any) -> None:
    found = read(wordpress_changes(entries=nothing))
    assert (found.format, found.kind, found.posts) == ("wordpress", SnapshotKind.DELTA, ())


def test_a_list_that_php_wrote_as_an_object_is_a_list() -> None:
    found = read(wordpress_page(entries={"0": wordpress_row(2), "3": wordpress_row(1)}))
    assert [post.key for post in found.posts] == ["2", "1"]


@pytest.mark.parametrize("answer", [{"entries": [{"id": 1}]}, {"entries": []}, {"entries": [{"type": "new"}]}, []])
def test_other_entries_are_no_liveblog(answer: Any) -> None:
    with pytest.raises(NotReadable, match="no WordPress Liveblog"):
        read(answer, format="wordpress")


# --- captured answers ------------------------------------------------------------------------------------------------


@needs_captures
@pytest.mark.parametrize(
    ("name", "posts", "kind"), [("api", 5, SnapshotKind.WINDOW), ("polling", 1, SnapshotKind.DELTA)]
)
def test_captured_answers_are_read(name: str, posts: int, kind: SnapshotKind) -> None:
    found = captured(f"wordpress/{name}.json")
    assert (found.format, found.kind, len({post.key for post in found.posts})) == ("wordpress", kind, posts)
    assert all(post.text and post.authors == ("bb_admin",) and post.published_at for post in found.posts)


@needs_captures
def test_the_captured_triple_is_its_new_its_update_and_its_delete() -> None:
    triple = json.loads((CAPTURED / "wordpress/apply_update_entries.json").read_bytes())
    before, after = (page(*reversed(triple[name].values())) for name in ("currentEntries", "expectedEntries"))
    told = changes(*triple["newEntries"])
    assert (len(before.posts), len(told.posts), len(after.posts)) == (3, 3, 3)
    blog = Blog.after(before)
    assert sorted(blog.poll(told)) == ["edited 3", "new 4", "withdrawn 2"]
    assert blog.poll(after, after, after) == []
