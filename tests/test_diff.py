"""What counts as a change: one table or story a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.diff import diff
from bot.core.judge import MOST_PAST
from bot.core.model import ChangeKind, Embed, Entity, Image, Memory, Post, Snapshot, SnapshotKind
from tests.blog_builders import NOON, Blog, at, dated, delta, full, page, post

# --- first sight ---------------------------------------------------------------------------------------------------


def test_first_sight_stores_everything_and_tells_nobody() -> None:
    verdict = diff(Memory(), page("c", "b", "a", ended=True, next_url="https://blog.example/2"), NOON)
    assert verdict.accepted
    assert verdict.baseline
    assert verdict.changes == ()
    assert [one.key for one in verdict.stored] == ["a", "b", "c"]
    assert [one.key for one in verdict.seen] == ["a", "b", "c"]
    assert verdict.page is not None
    assert verdict.page.order == ("c", "b", "a")


def test_a_blog_before_its_first_post_is_a_baseline_and_its_first_post_is_new() -> None:
    blog = Blog.after(page())
    assert blog.last.baseline
    assert blog.poll(page("a")) == ["new a"]


def test_a_post_deleted_before_the_first_sight_is_not_stored() -> None:
    verdict = diff(Memory(), page("b", post("a", withdrawn=True)), NOON)
    assert [one.key for one in verdict.stored] == ["b"]
    assert {one.key: one.withdrawn for one in verdict.seen} == {"a": True, "b": False}


def test_the_page_seen_again_says_nothing_and_writes_nothing() -> None:
    snapshot = page(post("p", pinned=True), "c", "b", "a", modified_at=NOON, title="Blog")
    blog = Blog.after(snapshot)
    assert blog.poll(snapshot) == []
    assert blog.last.seen == ()
    assert blog.last.aliases == {}
    assert blog.last.page is None
    assert blog.confirm() == []
    assert blog.last.page is None


# --- edited --------------------------------------------------------------------------------------------------------

PICTURE = Image(url="https://img.example/a.jpg?width=100")
WAS = post("b", "The bridge is closed.", images=(PICTURE,), modified_at=at(1), url="https://blog.example/#b")


@pytest.mark.parametrize(
    "now",
    [
        replace(WAS, text="The bridge is open."),
        replace(WAS, text="The bridge"),
        replace(WAS, title="About the bridge"),
        replace(WAS, title=None),
        replace(WAS, images=()),
        replace(WAS, images=(Image(url="https://img.example/b.jpg"),)),
        replace(WAS, struck=True),
    ],
)
def test_a_change_that_a_reader_sees_is_an_edit(now: Post) -> None:
    blog = Blog.after(page("c", WAS, "a"))
    assert blog.poll(page("c", now, "a")) == ["edited b"]
    assert blog.last.changes[0].title == now.title
    assert blog.last.changes[0].post == now
    assert blog.poll(page("c", now, "a")) == []


@pytest.mark.parametrize(
    "now",
    [
        replace(WAS, modified_at=at(99), published_at=at(98)),
        replace(WAS, authors=("Somebody",), tags=("x",), summary="Bridge.", key_event=True),
        replace(WAS, url="https://blog.example/?utm_source=x#b"),
        replace(WAS, images=(Image(url="https://img.example/a.jpg?width=999", caption="The bridge"),)),
        replace(WAS, text="  The bridge\u00a0is\u200b closed. "),
        replace(WAS, pinned=True),
    ],
)
def test_a_change_that_no_reader_sees_is_no_edit(now: Post) -> None:
    blog = Blog.after(page("c", WAS, "a"))
    assert blog.poll(page("c", now, "a")) == []
    assert blog.last.seen == ()


def test_decoding_damage_is_no_edit_and_the_clean_copy_is_kept() -> None:
    clean, damaged = post("a", "She said no."), post("a", "She said\ufffd\ufffdno.")
    blog = Blog.after(page(clean))
    assert blog.poll(page(damaged)) == []
    assert blog.memory.seen["a"].text == clean.text
    blog = Blog.after(page(damaged))
    assert blog.poll(page(clean)) == []
    assert blog.memory.seen["a"].text == clean.text
    assert blog.poll(page(damaged)) == []
    assert blog.poll(page(post("a", "She said yes."))) == ["edited a"]


def test_damage_does_not_hide_another_picture() -> None:
    blog = Blog.after(page(post("a", "She said no.", images=(PICTURE,))))
    assert blog.poll(page(post("a", "She said\ufffd\ufffdno."))) == ["edited a"]


def test_a_body_cut_short_is_compared_only_as_far_as_it_goes() -> None:
    whole = post("a", "One sentence. Another sentence that is longer. A third one.")
    blog = Blog.after(page(whole))
    assert blog.poll(page(replace(whole, text="One sentence. Another…", text_is_whole=False))) == []
    assert blog.memory.seen["a"].text == whole.text
    assert blog.poll(page(whole)) == []
    assert blog.poll(page(replace(whole, text="Two sentences. Another…", text_is_whole=False))) == ["edited a"]


def test_an_edit_below_the_former_oldest_post_is_followed() -> None:
    blog = Blog.after(page("c", "b", "a"), page("d", "c", "b"))
    assert blog.poll(page("d", "c", "b", post("a", "Corrected."))) == ["edited a"]


def test_the_texts_a_post_had_are_remembered_up_to_a_bound() -> None:
    blog = Blog.after(page("a"))
    for letter in "bcdefghijklmnopqrstuvwxyzABCDEFGH":
        assert blog.poll(page(post("a", letter * 5))) == ["edited a"]
    assert len(blog.memory.seen["a"].past) == MOST_PAST


def test_two_texts_that_take_turns_with_newer_times_stay_two() -> None:
    blog = Blog.after(page(post("a", "On.")))
    for turn in range(40):
        text = "On." if turn % 2 else "Off."
        assert blog.poll(page(post("a", text, modified_at=at(turn)))) == ["edited a"]
    assert len(blog.memory.seen["a"].past) == 1


def test_a_running_clock_is_no_edit_once_it_is_known_as_one() -> None:
    blog = Blog.after(page(post("a", "0 minutes played")))
    for minute in range(1, 90):
        blog.poll(page(post("a", f"{minute} minutes played")))
    assert blog.count(ChangeKind.EDITED) == MOST_PAST
    assert blog.last.accepted
    assert blog.poll(page(post("a", "The match is over after 90 minutes"))) == ["edited a"]
    assert blog.poll(page(post("a", "The match is over after 91 minutes", modified_at=at(1)))) == ["edited a"]


# --- withdrawn: marks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(SnapshotKind))
def test_a_mark_withdraws_at_once_and_once(kind: SnapshotKind) -> None:
    blog = Blog.after(page("c", "b", "a"))
    marked = page("c", post("b", "", title=None, withdrawn=True), "a", kind=kind)
    assert blog.poll(marked) == ["withdrawn b"]
    assert blog.last.changes[0].title == "About b"
    assert blog.last.changes[0].why == "marked as deleted"
    assert blog.poll(marked) == []
    assert blog.poll(page("c", "a"), page("c", "a"), page("c", "a")) == []
    assert blog.count(ChangeKind.WITHDRAWN) == 1


def test_the_mark_of_a_post_never_seen_says_nothing_and_the_post_is_new_when_it_comes() -> None:
    blog = Blog.after(page("b", "a"))
    assert blog.poll(delta(post("x", withdrawn=True))) == []
    assert blog.memory.seen["x"].withdrawn
    assert blog.poll(page("x", "b", "a")) == ["new x"]
    assert blog.poll(delta(post("x", withdrawn=True))) == ["withdrawn x"]


def test_any_number_of_marks_is_believed() -> None:
    blog = Blog.after(page("d", "c", "b", "a"))
    marked = [post(key, withdrawn=True) for key in "dcba"]
    assert blog.poll(page(*marked)) == ["withdrawn a", "withdrawn b", "withdrawn c", "withdrawn d"]
    assert blog.last.alarm is None


def test_a_struck_post_stays_and_a_new_one_may_be_struck() -> None:
    blog = Blog.after(page("b", "a"))
    assert blog.poll(page(post("c", struck=True), "b", post("a", struck=True))) == ["edited a", "new c"]


def test_a_withdrawn_post_that_is_listed_again_is_restored() -> None:
    blog = Blog.after(page("c", "b", "a"), page("c", post("b", withdrawn=True), "a"))
    assert blog.poll(page("c", post("b", "Back again."), "a")) == ["restored b"]
    assert blog.last.changes[0].post == post("b", "Back again.")
    assert blog.poll(page("c", post("b", "Back again."), "a")) == []
    assert blog.poll(page("c", post("b", "And again."), "a")) == ["edited b"]


def test_a_copy_from_before_the_withdrawal_does_not_restore() -> None:
    gone = page("c", post("b", withdrawn=True, modified_at=at(20)), "a")
    blog = Blog.after(page("c", post("b", modified_at=at(10)), "a"), gone)
    assert blog.poll(page("c", post("b", modified_at=at(10)), "a")) == []
    assert not blog.last.accepted
    assert blog.poll(page("c", post("b", modified_at=at(21)), "a")) == ["restored b"]


def test_a_copy_without_any_time_that_lists_a_withdrawn_post_again_is_ignored_twice_and_then_believed() -> None:
    blog = Blog.after(page("c", "b", "a"), page("c", post("b", withdrawn=True), "a"))
    stale, fresh = page("c", "b", "a"), page("d", "c", "a")
    assert blog.poll(stale, stale) == []
    assert blog.poll(fresh, stale, stale) == ["new d"]
    assert blog.poll(stale) == ["restored b"]


def test_a_page_that_says_it_is_newer_restores_at_once() -> None:
    gone = page("c", post("b", withdrawn=True), "a", modified_at=at(10))
    blog = Blog.after(page("c", "b", "a", modified_at=at(5)), gone)
    assert blog.poll(page("c", "b", "a", modified_at=at(20))) == ["restored b"]


def test_what_a_delta_brings_back_is_restored_at_once_as_it_is_said_once() -> None:
    blog = Blog.after(page("c", "b", "a"), delta(post("b", withdrawn=True)))
    assert blog.poll(delta("b")) == ["restored b"]


def test_a_delta_tells_no_news_of_posts_from_before_the_baseline() -> None:
    oldest = post("a", published_at=at(10))
    blog = Blog.after(page(post("b", published_at=at(20)), oldest))
    deleted = post("x", withdrawn=True, published_at=at(5))
    edited = post("y", published_at=at(5), modified_at=at(30))
    assert blog.poll(delta(deleted, edited)) == []
    assert [one.key for one in blog.last.stored] == ["y"]
    assert blog.poll(delta(replace(edited, text="Edited again."))) == ["edited y"]
    late = post("z", published_at=at(5), modified_at=at(5))
    assert blog.poll(delta(late)) == ["new z"]


# --- pages that are not believed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [page("b", "a"), full("b", "a"), page(post("p", pinned=True))])
def test_a_page_without_posts_is_refused_and_withdraws_nothing(before: Snapshot) -> None:
    blog = Blog.after(before)
    remembered = blog.memory
    assert blog.poll(*[replace(before, posts=())] * 5) == []
    assert not blog.last.accepted
    assert blog.last.alarm is not None
    assert "shows no posts" in blog.last.alarm
    assert blog.memory == remembered


def test_a_page_that_never_had_posts_may_have_none() -> None:
    blog = Blog.after(page())
    blog.poll(page())
    assert blog.last.accepted
    assert blog.last.alarm is None


def test_an_empty_page_neither_counts_nor_forgets_a_hole() -> None:
    blog = Blog.after(page("c", "b", "a"))
    blog.poll(page("c", "a"), page(), page(), page(), page("c", "a"))
    assert blog.told == []
    assert blog.poll(page(), page("c", "a")) == ["withdrawn b"]


STALE = {
    "older by the page's mark": (page("b", "a", modified_at=at(5)), page("a", modified_at=at(4))),
    "a post goes back to a text it had": (
        page(post("b", "Two dead."), "a"),
        page(post("b", "One dead."), "a"),
    ),
    "a post's own time is older": (
        page(post("b", "Two dead.", modified_at=at(5)), "a"),
        page(post("b", "Nobody hurt.", modified_at=at(4)), "a"),
    ),
}


@pytest.mark.parametrize(("before", "stale"), STALE.values(), ids=STALE.keys())
def test_a_stale_copy_is_ignored_twice_and_then_believed(before: Snapshot, stale: Snapshot) -> None:
    blog = Blog.after(page(post("b", "One dead."), "a"), before)
    for ignored in (1, 2):
        assert blog.poll(replace(stale, posts=(*stale.posts, post("x", pinned=True)))) == []
        assert not blog.last.accepted
        assert blog.last.alarm is None
        assert blog.memory.page is not None
        assert blog.memory.page.ignored == ignored
    told = blog.poll(stale)
    assert blog.last.accepted
    assert told == ([] if stale.modified_at else ["edited b"])
    assert blog.memory.page.ignored == 0
    assert blog.memory.page.modified_at == stale.modified_at
    assert blog.poll(stale) == []
    assert blog.last.accepted


def test_a_page_without_a_mark_of_its_age_does_not_make_older_ones_young() -> None:
    blog = Blog.after(page("b", "a", modified_at=at(5)), page("c", "b", "a"))
    assert blog.poll(page("b", "a", modified_at=at(4))) == []
    assert not blog.last.accepted


@pytest.mark.parametrize("between", ["accepted", "confirmed"])
def test_stale_copies_are_counted_in_a_row(between: str) -> None:
    fresh, stale = page("b", "a", modified_at=at(5)), page("a", modified_at=at(4))
    blog = Blog.after(fresh)
    for _ in range(3):
        blog.poll(stale, stale)
        assert not blog.last.accepted
        if between == "accepted":
            blog.poll(fresh)
        else:
            blog.confirm()
        assert blog.last.accepted
    assert blog.told == []


def test_a_stale_copy_neither_counts_nor_forgets_a_hole() -> None:
    stale = page("c", "b", "a", modified_at=at(1))
    blog = Blog.after(page("c", "b", "a", modified_at=at(2)), page("c", "a", modified_at=at(3)))
    blog.poll(stale, stale)
    assert blog.confirm() == []
    assert blog.confirm() == ["withdrawn b"]


@pytest.mark.parametrize(
    "now",
    [
        page(post("b", "One dead.", modified_at=at(9)), "a"),
        page(post("b", "Three dead."), "a"),
        page(post("b", "Two dead.", modified_at=at(1)), "a"),
    ],
)
def test_a_text_taken_back_with_a_newer_time_and_a_new_text_are_no_stale_copies(now: Snapshot) -> None:
    blog = Blog.after(page(post("b", "One dead."), "a"), page(post("b", "Two dead.", modified_at=at(5)), "a"))
    blog.poll(now)
    assert blog.last.accepted


def test_a_believed_copy_sets_the_clock_back_so_that_the_next_edit_counts() -> None:
    fresh = page(post("b", modified_at=at(9)), post("a", modified_at=at(9)), modified_at=at(9))
    back = page(post("b", modified_at=at(1)), post("a", modified_at=at(1)), modified_at=at(1))
    blog = Blog.after(fresh, back, back, back)
    edited = page(post("b", "Corrected.", modified_at=at(2)), post("a", modified_at=at(1)), modified_at=at(2))
    assert blog.poll(edited) == ["edited b"]


# --- the blog itself -----------------------------------------------------------------------------------------------


def test_a_blog_ends_and_moves_once() -> None:
    blog = Blog.after(page("a", title="Storm, live"))
    last = page("b", "a", title="Storm, live", ended=True, next_url="https://blog.example/day-2")
    assert blog.poll(last) == ["new b", "moved", "ended"]
    moved, ended = blog.last.changes[1:]
    assert moved.title == "https://blog.example/day-2"
    assert ended.title == "Storm, live"
    assert ended.post is None
    assert blog.poll(last) == []
    assert blog.poll(replace(last, next_url="https://www.blog.example/day-2/index.html")) == []
    assert blog.poll(replace(last, next_url=None)) == []
    assert blog.poll(last) == []


def test_a_delta_knows_nothing_of_the_page_around_its_posts() -> None:
    blog = Blog.after(full(post("p", pinned=True), "b", ended=True))
    before = blog.memory.page
    assert blog.poll(delta("c")) == ["new c"]
    assert blog.memory.page == before


# --- order and repetition ------------------------------------------------------------------------------------------


def test_changes_come_withdrawals_first_and_news_last_each_oldest_first() -> None:
    blog = Blog.after(page(*"hgfedcba"), page("h", post("g", withdrawn=True), *"fecba"))
    blog.poll(page(*"hfecba"))
    now = page(
        "j",
        "i",
        post("h", "Edited."),
        post("g", "Back again."),
        "f",
        post("e", withdrawn=True),
        "c",
        post("b", "Edited."),
        "a",
    )
    assert blog.poll(now) == [
        "withdrawn d",
        "withdrawn e",
        "restored g",
        "edited b",
        "edited h",
        "new i",
        "new j",
    ]


def test_a_new_pinned_post_goes_where_its_time_belongs() -> None:
    summary = post("p", pinned=True, published_at=at(15))
    blog = Blog.after(page())
    assert blog.poll(page(summary, *dated(20, 10))) == ["new m10", "new p", "new m20"]
    blog = Blog.after(page())
    assert blog.poll(page(replace(summary, published_at=None), *dated(20, 10))) == ["new m10", "new m20", "new p"]


def test_a_post_that_stands_twice_is_one_post_with_the_marks_of_both() -> None:
    blog = Blog.after(page("c", "b", "a"))
    copy = post("d", "The pinned copy, cut", pinned=True, key_event=True)
    assert blog.poll(page(copy, "e", "d", "c", "b", "a")) == ["new e", "new d"]
    told = blog.last.changes[1].post
    assert told is not None
    assert told.text == post("d").text
    assert told.pinned
    assert told.key_event
    assert blog.memory.page is not None
    assert blog.memory.page.order == ("e", "c", "b", "a")


def test_a_thousand_posts_are_judged_in_the_blink_of_an_eye() -> None:
    """No rule may compare every post with every other: this would take minutes."""
    keys = [f"k{number}" for number in range(2000)]
    blog = Blog.after(full(*keys))
    assert blog.poll(full("new", *keys[:500], *keys[501:])) == ["new new"]


# --- another page of the same blog ---------------------------------------------------------------------------------


def test_another_page_continues_the_blog_without_a_baseline() -> None:
    blog = Blog.after(page("b", "a"))
    blog.turn_page()
    assert blog.poll(page("d", "c", "b")) == ["new c", "new d"]
    assert not blog.last.baseline
    assert blog.confirm(4) == []


def test_a_post_of_another_page_is_withdrawn_when_this_page_drops_it() -> None:
    blog = Blog.after(page("b", "a"))
    blog.turn_page()
    blog.poll(page("d", "c", "b"))
    assert blog.poll(page("d", "b"), page("d", "b"), page("d", "b")) == ["withdrawn c"]


@pytest.mark.parametrize("last", [page("c", "a"), page("c", post("b", "As it was at first."), "a")])
def test_a_post_that_two_pages_list_is_the_later_ones_to_speak_of(last: Snapshot) -> None:
    blog = Blog.after(page("c", "b", "a"))
    first = blog.turn_page()
    assert blog.poll(page("e", post("b", "As it is now."), "d")) == ["edited b", "new d", "new e"]
    second = blog.turn_page(first)
    assert blog.poll(*[last] * 5) == []
    blog.turn_page(second, on=True)
    assert blog.poll(*[page("e", "d")] * 3) == ["withdrawn b"]
    blog.turn_page(first)
    assert blog.poll(*[page("g", "c", "b", "a")] * 5) == ["new g"]


def test_a_post_that_the_next_page_shows_again_only_hours_later_is_not_new() -> None:
    text = "The old bridge over the river is closed to all traffic until further notice, the city says."
    known = post("a", text, title="Bridge over the river closed")
    blog = Blog.after(page("b", known))
    blog.turn_page()
    assert blog.poll(page("c")) == ["new c"]
    again = replace(known, key="x", text=f"{text} It was built in 1911.")
    assert blog.poll(page(again, "c")) == []
    edited = replace(again, text="It is open.")
    assert blog.poll(page(edited, "c")) == ["edited a"]
    other = post("y", "The tunnel is closed as well.", title="Bridge over the river closed")
    assert blog.poll(page(other, edited, "c")) == ["new y"]


def test_every_page_has_a_farewell_of_its_own() -> None:
    farewell = post("bye", "Our live coverage of the storm has moved here.", title="Our live coverage has moved")
    blog = Blog.after(page(farewell, "a"))
    blog.turn_page()
    assert blog.poll(page("c", replace(farewell, key="bye-2"))) == ["new bye-2", "new c"]
    assert blog.poll(page(replace(farewell, key="bye-3"), "c", replace(farewell, key="bye-2"))) == ["new bye-3"]


def test_nothing_can_be_confirmed_before_a_page_was_accepted() -> None:
    blog = Blog()
    blog.confirm()
    assert not blog.last.accepted
    assert not blog.memory.started


def test_first_seen_stays_what_it_was() -> None:
    blog = Blog.after(page("a"))
    blog.poll(page(post("a", "Edited.")))
    assert blog.memory.seen["a"].first_seen_at == NOON
    assert blog.now == NOON + timedelta(minutes=2)


# --- texts that another version of the relay made --------------------------------------------------------------------


def remembered_by(recipe: str, *snapshots: Snapshot) -> Blog:
    """A blog as it was left by a version that made other hashes."""
    blog = Blog.after(*snapshots)
    seen = {key: replace(one, hash=f"{recipe}:{one.hash}", past=("1:old",)) for key, one in blog.memory.seen.items()}
    blog.memory = replace(blog.memory, seen=seen)
    return blog


@pytest.mark.parametrize(
    "now",
    [
        "First Arsenal 2 Leeds 1",
        "First\n\nArsenal: 2\nLeeds: 1",
        "1. First\n2. Arsenal: 2 · Leeds: 1",
        "Leeds: 1",
    ],
)
def test_a_text_that_is_only_made_another_way_is_remembered_anew_in_silence(now: str) -> None:
    blog = remembered_by("1", page("b", post("a", "First\n\nArsenal 2\nLeeds 1\n\nPhoto: Ann Lee")))
    assert blog.poll(page("b", post("a", now))) == []
    assert {one.hash for one in blog.memory.seen.values()} == {one.hash for one in blog.last.seen}
    assert blog.memory.seen["a"].text == now
    assert blog.memory.seen["a"].past == ()
    assert blog.poll(page("b", post("a", now))) == []
    assert blog.last.seen == ()
    assert blog.poll(page("b", post("a", f"{now} Corrected."))) == ["edited a"]


@pytest.mark.parametrize(
    "now",
    [
        post("a", "Two lost and 14 saved"),
        post("a", "Two lost", title="Boats lost"),
        post("a", "Two lost\n\nUpdate: all saved"),
    ],
)
def test_new_words_are_an_edit_whatever_made_the_old_text(now: Post) -> None:
    blog = remembered_by("1", page("b", post("a", "Two lost and 12 saved")))
    assert blog.poll(page("b", now)) == ["edited a"]
    assert blog.poll(page("b", now)) == []


def test_of_a_pruned_text_only_the_headline_tells_after_a_change_of_recipe() -> None:
    blog = remembered_by("1", page("b", post("a", "Two lost")))
    seen = {key: replace(one, text="") for key, one in blog.memory.seen.items()}
    blog.memory = replace(blog.memory, seen=seen)
    assert blog.poll(page("b", post("a", "Two lost"))) == []
    blog = remembered_by("1", page("b", post("a", "Two lost")))
    assert blog.poll(page("b", post("a", "", title="Boats lost"))) == ["edited a"]


def test_formatting_and_what_is_embedded_are_no_edit() -> None:
    blog = Blog.after(page("b", post("a", "Two lost")))
    bold = (Entity(type="bold", offset=0, length=3),)
    film = (Embed(kind="video", url="https://blog.example/1.mp4"),)
    assert blog.poll(page("b", post("a", "Two lost", entities=bold, embeds=film))) == []
