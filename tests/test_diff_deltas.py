"""Deltas beside listings of the same page: what each of them may say about the other."""

from __future__ import annotations

import pytest

from bot.core.diff import says_anything
from bot.core.model import SnapshotKind
from tests.blog_builders import Blog, at, delta, full, page, post


def test_the_first_snapshot_sets_the_cursor_and_then_only_deltas_move_it() -> None:
    blog = Blog.after(page("b", "a", cursor="1"))
    blog.poll(page("c", "b", "a", cursor="2"))
    assert blog.memory.page is not None
    assert blog.memory.page.cursor == "1"
    blog.poll(delta("d", cursor="3"), delta(), page("d", "c", cursor="9"))
    assert blog.memory.page.cursor == "3"


def test_a_page_that_was_read_before_there_were_cursors_gets_one() -> None:
    blog = Blog.after(page("b", "a"))
    blog.poll(page("c", "b", "a", cursor="2"))
    assert blog.memory.page is not None
    assert blog.memory.page.cursor == "2"


def test_the_cursor_of_another_reader_is_dropped() -> None:
    blog = Blog.after(page("b", "a", cursor="1"))
    blog.poll(page("b", "a", format="bbc"))
    assert blog.memory.page is not None
    assert blog.memory.page.cursor is None


def test_a_delta_of_little_is_not_an_old_copy_of_its_page() -> None:
    blog = Blog.after(page("b", "a", modified_at=at(9)))
    assert blog.poll(delta("c", modified_at=at(5))) == ["new c"]


def test_a_delta_that_takes_a_post_back_is_ignored_twice() -> None:
    blog = Blog.after(page("b", "a"))
    blog.poll(page("b", post("a", "Other words.")))
    assert blog.poll(delta("a"), delta("a")) == []
    assert blog.poll(delta("a")) == ["edited a"]


def test_a_delta_between_them_does_not_save_an_old_copy_from_being_believed() -> None:
    blog = Blog.after(page("b", "a", modified_at=at(9)))
    old = page("b", "a", "z", modified_at=at(5))
    blog.poll(old, delta("c"), old)
    assert blog.memory.page is not None
    assert blog.memory.page.ignored == 2
    blog.poll(delta("d"), old)
    assert blog.memory.page.ignored == 0


@pytest.mark.parametrize("kind", [page, full])
def test_a_hole_is_counted_by_listings_alone(kind: object) -> None:
    assert callable(kind)
    blog = Blog.after(kind("d", "c", "b", "a"))
    assert blog.poll(kind("d", "b", "a"), delta("e"), delta(), delta(), kind("e", "d", "b", "a"), delta()) == ["new e"]
    assert blog.poll(kind("e", "d", "b", "a")) == ["withdrawn c"]


def test_an_edit_of_a_post_that_was_never_seen_is_stored_and_not_sent() -> None:
    blog = Blog.after(page("b", "a"))
    assert blog.poll(delta(post("z", only_edited=True), "c")) == ["new c"]
    assert [one.key for one in blog.last.stored] == ["z"]
    assert blog.poll(delta(post("z", "Other words.", only_edited=True))) == ["edited z"]


def test_a_delta_that_repeats_what_is_known_has_nothing_to_say() -> None:
    blog = Blog.after(page("b", "a", cursor="1"))
    blog.poll(delta("b", cursor="1"))
    assert not says_anything(blog.last)
    blog.poll(delta("b", cursor="2"))
    assert says_anything(blog.last)
    assert blog.memory.page is not None
    assert blog.memory.page.kind is SnapshotKind.WINDOW
