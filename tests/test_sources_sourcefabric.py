"""Sourcefabric Live Blog 3."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from bot.core.model import KeyKind, Post, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.api_answers import sourcefabric_listing, sourcefabric_part, sourcefabric_post
from tests.blog_builders import Blog
from tests.pages import CAPTURED, captured, snapshot

API = "https://live.example.org/api/client_blogs/58bfeb4c15720af1a94c1052/posts"
LATER = "2026-03-04T11:00:00+00:00"
needs_captures = pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured pages are not beside the repository")


def read(*posts: dict[str, Any], url: str = API, **rules: Any) -> Snapshot:
    return snapshot(json.dumps(sourcefabric_listing(*posts)), url=url, **rules)


def read_post(*parts: dict[str, Any], **fields: Any) -> Post:
    return read(sourcefabric_post(2, *parts, **fields)).posts[0]


def key(number: int) -> str:
    return str(sourcefabric_post(number)["_id"])


def test_an_answer_is_a_window_of_its_blog() -> None:
    found = read(sourcefabric_post(2, lb_highlight=True, tags=["Storm", 7]), sourcefabric_post(1, sticky=True))
    first, second = found.posts
    assert (found.format, found.kind, found.ended) == ("sourcefabric", SnapshotKind.WINDOW, False)
    assert (first.key, first.key_kind, first.text) == (key(2), KeyKind.NATIVE, "Body of post 2.")
    assert (first.authors, first.tags, first.key_event, first.pinned) == (("Ada Byron",), ("Storm",), True, False)
    assert first.published_at == first.modified_at == datetime(2026, 3, 4, 10, 2, tzinfo=UTC)
    assert (second.pinned, second.key_event) == (True, False)


def test_the_parts_of_a_post_are_one_text() -> None:
    media = {"renditions": {"baseImage": {"href": "/storm.jpg"}, "thumbnail": {"href": "/small.jpg"}}}
    post = read_post(
        sourcefabric_part("text", "<p>The quay is shut.</p>"),
        sourcefabric_part("image", '<figure><img src="/x.jpg"></figure>', media=media, caption="Waves", credit="AB"),
        sourcefabric_part("image", '<figure><img src="/y.jpg"><figcaption>Foam</figcaption></figure>'),
        sourcefabric_part("quote", "<blockquote><p>We wait.</p></blockquote>"),
        sourcefabric_part("embed", "<div><script>go()</script><style>p{}</style>A film</div>"),
    )
    assert post.text == "The quay is shut.\n\nWe wait.\n\nA film"
    assert [(one.url, one.caption, one.credit) for one in post.images] == [
        ("https://live.example.org/storm.jpg", "Waves", "AB"),
        ("https://live.example.org/y.jpg", "Foam", None),
    ]


@pytest.mark.parametrize("fields", [{"deleted": True}, {"post_status": "draft"}, {"post_status": "submitted"}])
def test_a_post_that_is_deleted_or_taken_back_is_withdrawn_at_once(fields: dict[str, Any]) -> None:
    blog = Blog.after(read(sourcefabric_post(2), sourcefabric_post(1)))
    gone = read(sourcefabric_post(1, _updated=LATER, **fields), sourcefabric_post(2))
    assert (gone.posts[0].withdrawn, gone.posts[0].text, gone.posts[0].title) == (True, "", None)
    assert blog.poll(gone, gone) == [f"withdrawn {key(1)}"]
    back = "2026-03-04T11:05:00+00:00"
    assert blog.poll(read(sourcefabric_post(1, _updated=back), sourcefabric_post(2))) == [f"restored {key(1)}"]


def test_a_draft_is_told_when_it_is_published() -> None:
    blog = Blog.after(read(sourcefabric_post(1)))
    assert blog.poll(read(sourcefabric_post(2, post_status="draft"), sourcefabric_post(1))) == []
    assert blog.poll(read(sourcefabric_post(2), sourcefabric_post(1))) == [f"new {key(2)}"]


def test_highlighting_and_pinning_a_post_is_no_edit() -> None:
    blog = Blog.after(read(sourcefabric_post(2), sourcefabric_post(1)))
    for marks in ({"lb_highlight": True}, {"sticky": True}):
        marked = read(sourcefabric_post(1, _updated=LATER, **marks), sourcefabric_post(2))
        assert blog.poll(marked) == []
        assert marked.posts[0].modified_at == marked.posts[0].published_at


def test_a_post_that_is_edited_stands_on_top_and_is_one_edit() -> None:
    blog = Blog.after(read(*(sourcefabric_post(number) for number in (4, 3, 2, 1))))
    text = sourcefabric_part("text", "Corrected.")
    edited = sourcefabric_post(2, text, _updated=LATER, content_updated_date=LATER)
    after = read(edited, *(sourcefabric_post(number) for number in (4, 3, 1)))
    assert blog.poll(after, after, after, after) == [f"edited {key(2)}"]


def test_a_copy_from_before_the_deletion_restores_nothing() -> None:
    before = read(sourcefabric_post(2), sourcefabric_post(1))
    blog = Blog.after(before, read(sourcefabric_post(1, _updated=LATER, deleted=True), sourcefabric_post(2)))
    assert blog.poll(before) == []
    assert not blog.last.accepted


@pytest.mark.parametrize(
    "post",
    [
        sourcefabric_post(3, post_status="comment"),
        sourcefabric_post(3, sourcefabric_part("comment", "First!")),
        sourcefabric_post(3, sourcefabric_part("Advertisement Local", "Buy")),
        sourcefabric_post(3, sourcefabric_part("advert", "Buy")),
        sourcefabric_post(3, published_date="2026-03-04T12:00:01+00:00"),
    ],
)
def test_comments_adverts_and_posts_to_come_are_left_out(post: dict[str, Any]) -> None:
    found = read(post, sourcefabric_post(1))
    assert [one.key for one in found.posts] == [key(1)]
    assert found.notes == ("1 posts are adverts, comments or not due yet",)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"range": {"_updated": {"gt": "2026-03-04T10:00:00+00:00"}}}, SnapshotKind.DELTA),
        ({"filter": [{"range": {"_updated": {"gte": "2026-03-04T10:00:00+00:00"}}}]}, SnapshotKind.DELTA),
        ({"sort": [{"_updated": {"order": "desc"}}]}, SnapshotKind.WINDOW),
    ],
)
def test_changes_since_a_time_say_nothing_of_the_rest(query: dict[str, Any], kind: SnapshotKind) -> None:
    url = f"{API}?source={quote(json.dumps({'query': query}))}"
    assert read(sourcefabric_post(1), url=url).kind is kind


def test_an_answer_inside_a_page_of_settings_is_read_and_a_closed_blog_has_ended() -> None:
    whole = {"posts": sourcefabric_listing(sourcefabric_post(1)), "blog_status": "closed"}
    found = snapshot(json.dumps(whole), url=API)
    assert (found.format, len(found.posts), found.ended) == ("sourcefabric", 1, True)


@pytest.mark.parametrize("odd", [{"groups": []}, {"groups": {}}, {"publisher": 7, "byline": []}, {"tags": 7}])
def test_fields_of_a_wrong_type_are_passed_over(odd: dict[str, Any]) -> None:
    assert read(sourcefabric_post(2, **odd)).posts[0].key == key(2)


@pytest.mark.parametrize("body", ['{"_items": [{"_id": 1}]}', '{"_items": {}}', '{"posts": []}', "[]"])
def test_other_answers_are_no_live_blog(body: str) -> None:
    with pytest.raises(NotReadable, match="no Sourcefabric Live Blog"):
        snapshot(body, format="sourcefabric")


# --- captured answer -------------------------------------------------------------------------------------------------


@needs_captures
def test_the_captured_answer_has_its_deleted_and_its_pinned_posts() -> None:
    found = captured("sourcefabric/api_response.json")
    assert (found.format, found.kind, len({post.key for post in found.posts})) == (
        "sourcefabric",
        SnapshotKind.WINDOW,
        23,
    )
    deleted = (CAPTURED / "sourcefabric/api_response.json").read_bytes().count(b'"deleted": true')
    assert sum(post.withdrawn for post in found.posts) == deleted == 13
    assert sum(post.pinned for post in found.posts) == 2
    assert found.notes == ("2 posts are adverts, comments or not due yet",)
    assert all(post.authors and post.published_at for post in found.posts if not post.withdrawn)
    assert not any(post.text or post.title for post in found.posts if post.withdrawn)


@needs_captures
def test_the_captured_answer_again_changes_nothing() -> None:
    whole = captured("sourcefabric/api_response.json")
    assert Blog.after(whole).poll(whole, whole, whole) == []


@needs_captures
def test_the_captured_answer_before_its_deletions_brings_them_and_nothing_else() -> None:
    raw = json.loads((CAPTURED / "sourcefabric/api_response.json").read_bytes())
    after = snapshot(json.dumps(raw))
    deleted = [post["_id"] for post in raw["posts"]["_items"] if post["deleted"]]
    for post in raw["posts"]["_items"]:
        post["deleted"] = False
    blog = Blog.after(snapshot(json.dumps(raw)))
    assert sorted(blog.poll(after, after)) == sorted(f"withdrawn {one}" for one in deleted)
