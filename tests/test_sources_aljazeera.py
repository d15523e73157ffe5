"""Al Jazeera's GraphQL answers: the blog with the ids of its posts, and posts one by one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.model import KeyKind, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.api_answers import jazeera_blog, jazeera_update
from tests.blog_builders import Blog
from tests.pages import snapshot

API = "https://www.aljazeera.com/graphql?wp-site=aje&operationName=LiveBlogUpdateQuery"
STORM = "https://www.aljazeera.com/news/liveblog/2026/3/4/storm"
SUMMARY = "<ul><li>Two ferries stay in port.</li><li>The quay is shut.</li></ul>"


def read(*answers: dict[str, Any], **rules: Any) -> Snapshot:
    whole = answers[0] if len(answers) == 1 else list(answers)
    return snapshot(json.dumps(whole), url=API, **rules)


def keys(found: Snapshot) -> list[str]:
    return [post.key for post in found.posts]


def test_one_post_is_what_is_known_of_a_blog_and_says_nothing_of_the_rest() -> None:
    update = jazeera_update(2, content='<p>R&amp;D</p><img src="/wp-content/a.jpg" alt="Waves">')
    found = read(update, timezone="Asia/Qatar")
    (post,) = found.posts
    assert (found.format, found.kind, found.url) == ("aljazeera", SnapshotKind.DELTA, STORM)
    assert (post.key, post.key_kind, post.title, post.text) == ("3002", KeyKind.NATIVE, "Headline 2", "R&D")
    assert (post.authors, post.url) == (("Ada Byron",), f"{STORM}?update=3002")
    assert post.published_at == datetime(2026, 3, 4, 10, 2, tzinfo=UTC)
    assert post.images[0].url == "https://www.aljazeera.com/wp-content/a.jpg"
    assert "(from description" in found.why


def test_the_blog_with_all_its_posts_is_full_and_in_its_own_order() -> None:
    found = read(jazeera_blog(1, 3, 2), *(jazeera_update(number) for number in (1, 2, 3)))
    assert (found.kind, keys(found), found.title) == (SnapshotKind.FULL, ["3001", "3003", "3002"], "Storm")


def test_the_blog_with_some_of_its_posts_says_nothing_of_the_rest() -> None:
    found = read(jazeera_blog(4, 3, 2, 1), jazeera_update(3), jazeera_update(4))
    assert (found.kind, keys(found)) == (SnapshotKind.DELTA, ["3004", "3003"])
    assert found.notes == ("2 posts are listed by id alone",)


def test_the_summary_is_a_post_of_its_own_and_pinned() -> None:
    found = read(jazeera_blog(2, 1, content=SUMMARY))
    (post,) = found.posts
    assert (post.key, post.pinned, post.text) == ("2999", True, "• Two ferries stay in port.\n• The quay is shut.")
    assert (found.kind, found.notes) == (SnapshotKind.DELTA, ("2 posts are listed by id alone",))


def test_what_several_queries_say_of_a_blog_is_put_together() -> None:
    children = {"data": {"article": {"children": [3002, 3001]}}}
    shell = jazeera_blog(1, content=SUMMARY)
    assert keys(read(shell, children, jazeera_update(1), jazeera_update(2))) == ["2999", "3002", "3001"]


def test_ids_alone_are_refused_with_what_is_missing() -> None:
    with pytest.raises(NotReadable, match=r"2 posts are listed by id alone: .*LiveBlogUpdateQuery"):
        read(jazeera_blog(2, 1))


def test_a_post_that_is_null_is_refused_with_what_that_means() -> None:
    with pytest.raises(NotReadable, match="withdrawn, or not public yet"):
        read({"data": {"posts": None}}, format="aljazeera")


@pytest.mark.parametrize(
    ("live", "numbers", "ended"), [(True, (1,), False), (False, (1,), True), (False, (), False), (None, (1,), False)]
)
def test_a_blog_that_had_posts_and_is_not_live_has_ended(live: Any, numbers: tuple[int, ...], ended: bool) -> None:
    found = read(jazeera_blog(*numbers, isLive=live), *(jazeera_update(number) for number in numbers))
    assert (found.ended, found.kind) == (ended, SnapshotKind.FULL)


def test_a_headline_that_is_not_to_be_shown_is_none() -> None:
    (post,) = read(jazeera_update(1, shouldDisplayTitle=False)).posts
    assert (post.title, post.title_is_derived) == ("Body of post 1.", True)


def test_an_edit_is_seen_though_its_times_stand_still_and_a_child_that_is_gone_is_withdrawn() -> None:
    updates = {number: jazeera_update(number) for number in (3, 2, 1)}
    blog = Blog.after(read(jazeera_blog(3, 2, 1), *updates.values()))
    edited = jazeera_update(1, content="<p>Corrected.</p>")
    assert blog.poll(read(edited), read(jazeera_blog(3, 2, 1), updates[3])) == ["edited 3001"]
    without = read(jazeera_blog(3, 2), updates[3], updates[2])
    assert blog.poll(without, without, without) == ["withdrawn 3001"]


@pytest.mark.parametrize("author", [None, [], ["Ada Byron"], "Ada Byron", [{"name": 7}], 7])
def test_authors_may_be_anything(author: Any) -> None:
    assert set(read(jazeera_update(1, author=author)).posts[0].authors) <= {"Ada Byron"}


@pytest.mark.parametrize("body", ['{"data": {"article": null}}', '{"data": {"posts": []}}', '{"data": 7}', "[]", "[7]"])
def test_other_answers_are_no_live_blog(body: str) -> None:
    with pytest.raises(NotReadable, match="no live blog of Al Jazeera"):
        snapshot(body, format="aljazeera")
