"""What absence means: new or backfill, the direction of a page, holes, and too many of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.absence import newest_first
from bot.core.model import ChangeKind, Post, Snapshot
from tests.blog_builders import Blog, at, dated, delta, full, page, post, said

# --- new -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "snapshot",
    [
        page("d", "c", "b", "a"),
        page("c", "d", "b", "a"),
        page(post("d", published_at=at(-9999)), "c", "b", "a"),
        page(post("d", pinned=True), "c", "b", "a"),
        page("c", "b", "a", post("d", pinned=True)),
        full("d", "c", "b", "a"),
        delta("d"),
    ],
)
def test_a_key_never_seen_is_new_wherever_it_stands_and_whatever_its_time(snapshot: Snapshot) -> None:
    blog = Blog.after(page("c", "b", "a"))
    assert blog.poll(snapshot) == ["new d"]
    assert blog.last.changes[0].post is not None
    assert blog.poll(page("d", "c", "b", "a")) == []


def test_in_a_window_what_stands_below_its_oldest_post_is_stored_and_not_sent() -> None:
    blog = Blog.after(page("c", "b"))
    assert blog.poll(page("d", "c", "b", "a", "z")) == ["new d"]
    assert [one.key for one in blog.last.stored] == ["z", "a"]
    assert blog.poll(page("d", "c", "b", "a", "z", "y")) == []


def test_in_a_full_blog_a_post_is_new_below_the_oldest_too() -> None:
    blog = Blog.after(full("c", "b"))
    assert blog.poll(full("c", "b", "a")) == ["new a"]


def test_a_window_that_opens_to_the_full_blog_sends_none_of_its_past() -> None:
    blog = Blog.after(page("c", "b"))
    assert blog.poll(full("d", "c", "b", "a")) == ["new d"]


@pytest.mark.parametrize(
    ("unseen", "told"),
    [
        (post("x", published_at=at(0)), []),
        (post("x", published_at=at(10)), []),
        (post("x", published_at=at(11)), ["new x"]),
        (post("x"), ["new x"]),
    ],
)
def test_with_the_oldest_post_gone_only_an_older_time_makes_backfill(unseen: Post, told: list[str]) -> None:
    dated = [post("c", published_at=at(30)), post("b", published_at=at(20)), post("a", published_at=at(10))]
    blog = Blog.after(page(*dated))
    assert blog.poll(page(dated[0], dated[1], unseen)) == told


def test_with_the_oldest_post_gone_what_stands_above_a_known_one_is_new() -> None:
    dated = [post("c", published_at=at(30)), post("b", published_at=at(20)), post("a", published_at=at(10))]
    blog = Blog.after(page(*dated))
    assert blog.poll(page(dated[0], post("x", published_at=at(5)), dated[1])) == ["new x"]


def test_after_a_long_silence_a_window_without_any_known_post_is_all_new() -> None:
    blog = Blog.after(page("c", "b", "a"))
    assert blog.poll(page("i", "h", "g")) == ["new g", "new h", "new i"]
    assert blog.last.alarm is None


def test_the_oldest_post_moved_to_the_top_does_not_hide_what_is_new_below_it() -> None:
    blog = Blog.after(page("d", "c", "b", "a"))
    assert blog.poll(page("a", "e", "d", "c", "b")) == ["new e"]


def test_what_a_delta_did_not_tell_of_was_there_before() -> None:
    blog = Blog.after(delta("e"))
    assert blog.poll(page("f", "e", "d", "c")) == ["new f"]
    assert [one.key for one in blog.last.stored] == ["c", "d"]
    assert Blog.after(delta()).poll(page("b", "a")) == []


# --- the page's direction ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ((3, 2, 1), (3, 2, 1)),
        ((1, 2, 3), (3, 2, 1)),
        ((1, 3, 2, 4, 5), (5, 4, 2, 3, 1)),
        ((5, 1, 4, 3, 2), (5, 1, 4, 3, 2)),
        ((1, 1, 1), (1, 1, 1)),
        ((), ()),
    ],
)
def test_most_neighbours_times_tell_the_direction_of_a_page(
    minutes: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert [one.key for one in newest_first(dated(*minutes))] == [f"m{minute}" for minute in expected]


def test_a_page_that_lists_its_oldest_first_brings_new_posts_at_its_end() -> None:
    blog = Blog.after(page(*dated(1)))
    assert blog.poll(page(*dated(1, 2))) == ["new m2"]
    assert blog.poll(page(*dated(1, 2, 3))) == ["new m3"]
    assert blog.poll(page(*dated(2, 3, 4, 5))) == ["new m4", "new m5"]
    assert blog.poll(page(*dated(3, 4, 6)), page(*dated(3, 4, 6)), page(*dated(3, 4, 6))) == ["new m6", "withdrawn m5"]


def test_a_post_released_late_is_new_on_a_page_of_two() -> None:
    blog = Blog.after(page(*dated(8)))
    assert blog.poll(page(*dated(5, 8))) == ["new m5"]
    assert blog.poll(page(*dated(9, 5, 8))) == ["new m9"]


def test_below_a_sole_post_everything_but_a_later_time_is_backfill() -> None:
    blog = Blog.after(page("b"))
    assert blog.poll(page("c", "b", "a")) == ["new c"]
    blog = Blog.after(page(*dated(2)))
    assert blog.poll(page(*dated(2, 1))) == []


def test_the_first_posts_of_a_page_that_lists_its_oldest_first_come_in_their_order() -> None:
    blog = Blog.after(page())
    assert blog.poll(page(*dated(1, 2))) == ["new m1", "new m2"]
    assert blog.memory.page is not None
    assert blog.memory.page.order == ("m2", "m1")


# --- withdrawn: holes ----------------------------------------------------------------------------------------------


def test_a_hole_that_stands_in_three_polls_is_a_withdrawal() -> None:
    blog = Blog.after(page("c", "b", "a"))
    assert blog.poll(page("c", "a")) == []
    assert blog.poll(page("d", "c", "a")) == ["new d"]
    assert blog.poll(page("d", "c", "a")) == ["withdrawn b"]
    assert blog.last.changes[0].title == "About b"
    assert blog.last.changes[0].why == "missing in 3 successive polls"
    assert blog.poll(page("d", "c", "a")) == []
    back = page("d", "c", "b", "a")
    assert blog.poll(back, back) == []
    assert blog.poll(back) == ["restored b"]


def test_a_page_not_modified_counts_as_a_poll() -> None:
    blog = Blog.after(page("c", "b", "a"))
    blog.poll(page("c", "a"))
    assert blog.confirm() == []
    assert blog.confirm() == ["withdrawn b"]
    assert blog.confirm(5) == []


def test_two_holes_at_once_are_told_oldest_first() -> None:
    blog = Blog.after(page(*"edcba"), page(*"eda"))
    assert blog.confirm(2) == ["withdrawn b", "withdrawn c"]


def test_a_post_that_another_page_took_down_is_no_hole_in_this_one() -> None:
    blog = Blog.after(page(*"edcba"))
    this = blog.turn_page()
    blog.poll(page("e", *(post(key, withdrawn=True) for key in "dcb")))
    blog.turn_page(this)
    assert blog.poll(page("e", "a"), page("e", "a"), page("e", "a")) == []
    assert blog.last.alarm is None


def test_a_hole_that_another_page_explains_meanwhile_is_told_once() -> None:
    blog = Blog.after(page("c", "b", "a"), page("c", "a"), page("c", "a"))
    this = blog.turn_page()
    assert blog.poll(page(post("b", withdrawn=True))) == ["withdrawn b"]
    blog.turn_page(this)
    assert blog.confirm() == []
    assert blog.last.seen == ()


def test_a_post_that_comes_back_in_time_was_never_gone() -> None:
    blog = Blog.after(page("c", "b", "a"))
    blog.poll(page("c", "a"), page("c", "a"))
    assert blog.poll(page("c", "b", "a")) == []
    assert blog.poll(page("c", "a"), page("c", "a")) == []
    assert blog.confirm() == ["withdrawn b"]


@pytest.mark.parametrize(
    "now",
    [
        page("d", "c", "b"),
        page("d", "c"),
        page("c", "b"),
        page("f", "e", "d"),
        page("c", "b", post("a", pinned=True)),
        page("a", "d", "c"),
        page("a", "c", "b"),
        page(post("c", pinned=True), "b"),
        delta("d"),
        delta(),
        delta("a"),
    ],
    ids=lambda now: f"{now.kind} " + " ".join(one.key for one in now.posts),
)
def test_what_ages_out_moves_or_is_pinned_is_not_withdrawn(now: Snapshot) -> None:
    blog = Blog.after(page("c", "b", "a"))
    blog.poll(now, now, now, now)
    assert blog.count(ChangeKind.WITHDRAWN) == 0
    assert blog.last.alarm is None


def test_a_pinned_post_that_goes_is_not_withdrawn() -> None:
    blog = Blog.after(page(post("p", pinned=True), "b", "a"))
    assert blog.poll(page("b", "a"), page("b", "a"), page("b", "a"), page("b", "a")) == []


def test_a_hole_that_ages_out_while_it_is_counted_is_not_withdrawn() -> None:
    blog = Blog.after(page("c", "b", "a"))
    blog.poll(page("c", "a"), page("d", "c", "a"))
    assert blog.poll(page("e", "d", "c")) == ["new e"]
    assert blog.confirm(3) == []
    assert blog.memory.page is not None
    assert blog.memory.page.missing == {}


def test_the_newest_post_is_withdrawn_when_older_ones_stand() -> None:
    blog = Blog.after(page("c", "b", "a"))
    assert blog.poll(page("b", "a"), page("b", "a"), page("d", "b", "a")) == ["withdrawn c", "new d"]


def test_a_delta_neither_counts_nor_forgets_a_hole() -> None:
    blog = Blog.after(page("c", "b", "a"))
    blog.poll(page("c", "a"), delta("d"), delta(), delta("c"))
    assert blog.count(ChangeKind.WITHDRAWN) == 0
    assert blog.poll(page("d", "c", "a"), page("d", "c", "a")) == ["withdrawn b"]
    blog = Blog.after(page("c", "b", "a"), page("c", "a"), page("c", "a"))
    assert blog.poll(delta("b"), page("c", "a")) == []


def test_a_delta_post_that_the_page_does_not_list_yet_is_no_hole() -> None:
    blog = Blog.after(page("c", "b", "a"))
    assert blog.poll(delta("d")) == ["new d"]
    assert blog.poll(page("c", "b", "a"), page("c", "b", "a"), page("c", "b", "a")) == []


def test_in_a_full_blog_the_last_post_can_be_withdrawn() -> None:
    blog = Blog.after(full("c", "b", "a"))
    assert blog.poll(full("c", "b"), full("c", "b")) == []
    assert blog.poll(full("d", "c", "b")) == ["withdrawn a", "new d"]


def test_a_full_blog_whose_length_stands_still_has_a_cap_and_ages_out() -> None:
    blog = Blog.after(full("d", "c", "b", "a"))
    assert blog.poll(full("f", "e", "d", "c")) == ["new e", "new f"]
    assert blog.confirm(4) == []
    assert blog.poll(full("f", "e", "c", "b"), full("f", "e", "c", "b"), full("f", "e", "c", "b")) == ["withdrawn d"]


# --- too many holes ------------------------------------------------------------------------------------------------

TWENTY = "tsrqponmlkjihgfedcba"


def _without(gone: str, keys: str = TWENTY) -> Snapshot:
    return page(*(key for key in keys if key not in gone))


@pytest.mark.parametrize(
    ("keys", "gone", "believed"),
    [
        ("cba", "cb", True),
        ("edcba", "edc", False),
        ("jihgfedcba", "fg", True),
        ("jihgfedcba", "efg", False),
        (TWENTY, "efgh", True),
        (TWENTY, "efghi", False),
    ],
)
def test_no_more_than_two_or_a_fifth_of_the_window_may_vanish_at_once(keys: str, gone: str, believed: bool) -> None:
    blog = Blog.after(page(*keys))
    blog.poll(*[_without(gone, keys)] * 4)
    assert blog.count(ChangeKind.WITHDRAWN) == (len(gone) if believed else 0)
    assert (blog.last.alarm is None) == believed


def test_an_alarm_over_vanished_posts_stands_until_they_return_or_age_out() -> None:
    blog = Blog.after(page(*TWENTY))
    blog.poll(_without("efghi"))
    assert blog.last.alarm is not None
    assert "5 posts vanished at once" in blog.last.alarm
    blog.confirm()
    assert blog.last.alarm is not None
    blog.poll(_without("fg"))
    assert blog.last.alarm is not None
    assert "2 posts" in blog.last.alarm
    blog.poll(page(*TWENTY[:10]))
    assert blog.last.alarm is None
    assert blog.told == []


def test_a_stale_copy_does_not_end_an_alarm() -> None:
    blog = Blog.after(page(*TWENTY, modified_at=at(1)))
    blog.poll(replace(_without("efghi"), modified_at=at(2)), page(*TWENTY, modified_at=at(1)))
    assert not blog.last.accepted
    assert blog.last.alarm is not None


def test_a_doubted_post_that_returned_can_be_withdrawn_later() -> None:
    blog = Blog.after(page(*TWENTY))
    blog.poll(_without("efghi"), page(*TWENTY))
    assert blog.poll(_without("e"), _without("e"), _without("e")) == ["withdrawn e"]


def test_holes_that_add_up_to_too_many_are_doubted_together() -> None:
    blog = Blog.after(page(*TWENTY))
    blog.poll(_without("efg"), _without("efghi"))
    assert blog.confirm(3) == []
    assert blog.last.alarm is not None


def test_new_and_edited_posts_are_taken_beside_too_many_holes() -> None:
    blog = Blog.after(page(*TWENTY))
    assert blog.poll(page("u", post("t", "Corrected."), *"srqbpa")) == ["edited t", "new u"]
    assert blog.last.alarm is not None


def test_a_doubted_post_that_is_marked_is_withdrawn() -> None:
    blog = Blog.after(page(*"edcba"), page(*"ea"))
    assert blog.poll(page("e", post("c", withdrawn=True), "a")) == ["withdrawn c"]


def test_a_window_with_nothing_but_its_pinned_post_left_has_lost_its_structure() -> None:
    summary = post("p", pinned=True)
    blog = Blog.after(page(summary, *"dcba"))
    blog.poll(*[page(replace(summary, text="Updated."))] * 4)
    assert said(blog.told) == ["edited p"]
    assert blog.last.alarm is not None
