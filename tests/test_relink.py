"""Known posts under keys that were never seen: re-published, another reader, other ids, derived keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.model import ChangeKind, Post, Snapshot
from bot.core.relink import alike
from tests.blog_builders import Blog, at, delta, derived, full, page, post

BRIDGE = "The old bridge over the river is closed to all traffic until further notice, the city says."
STORM = "Winds of up to a hundred kilometres an hour are expected along the whole coast this evening."
SCHOOL = "All schools stay closed on Monday; pupils who cannot stay at home are looked after as usual."
FERRY = "Ferries to the islands run on a reduced timetable, and the last one leaves at six."
TRAIN = "Trains between the two cities are late by an hour because of a tree on the line."

# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (BRIDGE, BRIDGE.replace("the city says", "the mayor says"), True),
        (BRIDGE, f"{BRIDGE} {STORM} {SCHOOL}", True),
        (BRIDGE, BRIDGE[:60], True),
        (BRIDGE, f"{STORM} {SCHOOL} {BRIDGE}", False),
        (BRIDGE, STORM, False),
        ("Goal!", f"Goal! {STORM}", False),
        ("Goal!", "Goal!", True),
        ("", "", False),
        ("", BRIDGE, False),
    ],
)
def test_texts_are_alike_when_they_share_words_and_begin_alike(a: str, b: str, expected: bool) -> None:
    assert alike(a, b) is expected
    assert alike(b, a) is expected


# --- re-published on the page that continues the blog ----------------------------------------------------------------


def _day_one(*posts: Post) -> Blog:
    blog = Blog.after(page(*(posts or (post("b", BRIDGE, title="Bridge over the river closed"), "a"))))
    blog.turn_page()
    return blog


def test_a_post_re_published_on_the_next_page_is_not_new() -> None:
    blog = _day_one()
    assert blog.poll(page("d", post("c", STORM, title="Bridge over the River closed."))) == ["new d"]
    assert blog.last.aliases == {"c": "b"}
    assert blog.last.stored == ()
    assert blog.poll(page("d", post("c", STORM, title="Bridge over the River closed."))) == []


def test_a_re_published_post_follows_the_edits_of_its_new_page_and_keeps_its_old_record() -> None:
    blog = _day_one()
    again = post("c", STORM, title="Bridge over the river closed")
    blog.poll(page("d", again))
    edited = replace(again, text=SCHOOL)
    assert blog.poll(page("d", edited)) == ["edited b"]
    assert blog.last.changes[0].post == replace(edited, key="b")
    blog.turn_page()
    assert blog.poll(page(post("b", BRIDGE, title="Bridge over the river closed"), "a")) == []


def test_a_re_published_post_is_withdrawn_under_the_key_that_chats_know() -> None:
    blog = _day_one()
    again = post("c", STORM, title="Bridge over the river closed")
    blog.poll(page("d", again))
    assert blog.poll(page("d", replace(again, withdrawn=True))) == ["withdrawn b"]
    assert blog.poll(*[page("d", again)] * 3) == ["restored b"]


def test_a_post_that_moved_to_the_next_page_is_not_withdrawn_from_the_old_one() -> None:
    blog = Blog.after(page("c", post("b", BRIDGE, title="Bridge over the river closed"), "a"))
    first_page = blog.turn_page()
    blog.poll(page("e", post("d", BRIDGE, title="Bridge over the river closed")))
    blog.turn_page(first_page)
    assert blog.poll(page("c", "a"), page("c", "a"), page("c", "a")) == []


def test_a_post_under_two_keys_speaks_with_one_voice() -> None:
    blog = _day_one()
    title = "Bridge over the river closed"
    moved, first = post("c", STORM, title=title), post("b", BRIDGE, title=title)
    gone, first_gone = replace(moved, withdrawn=True), replace(first, withdrawn=True)
    blog.poll(page("d", moved))
    assert blog.poll(page("d", moved, first)) == []
    edits = [replace(one, text=f"{SCHOOL} {one.key}") for one in (moved, first)]
    assert blog.poll(page("d", *edits)) == ["edited b"]
    assert blog.poll(page("d", gone, edits[1])) == ["withdrawn b"]
    assert blog.poll(page("d", gone, replace(first, text=FERRY))) == []
    assert blog.last.accepted
    assert blog.poll(page("d", gone, first_gone)) == []
    assert blog.poll(page("d", moved, first_gone)) == []
    assert blog.poll(page("e", "d", moved, first)) == ["restored b", "new e"]


@pytest.mark.parametrize(
    ("known", "again", "told"),
    [
        ({"title": None}, {"title": None}, ["new c"]),
        ({"title_is_derived": True}, {"title_is_derived": True}, ["new c"]),
        ({"withdrawn": True}, {}, ["new c"]),
        ({"title": "Summary"}, {"title": "Summary"}, ["new c"]),
        ({"title": "Summary"}, {"title": "Summary", "text": f"{BRIDGE} {FERRY}"}, []),
        ({"title": "The bridge is closed"}, {"title": "The bridge is open"}, ["new c"]),
    ],
)
def test_only_a_telling_headline_of_a_standing_post_makes_a_re_publication(
    known: dict[str, object], again: dict[str, object], told: list[str]
) -> None:
    same = {"title": "Bridge over the river closed"}
    blog = _day_one(post("b", **{"text": BRIDGE, **same, **known}), post("a"))
    assert blog.poll(page(post("c", **{"text": STORM, **same, **again}))) == told


def test_a_headline_from_more_than_a_day_ago_is_another_story() -> None:
    title = "Bridge over the river closed"
    blog = _day_one(post("b", BRIDGE, title=title, published_at=at(0)))
    blog.now = at(26 * 60)
    assert blog.poll(page(post("c", STORM, title=title, published_at=at(25 * 60)))) == ["new c"]
    blog = _day_one(post("b", BRIDGE, title=title, published_at=at(0)))
    blog.now = at(26 * 60)
    assert blog.poll(page(post("c", STORM, title=title, published_at=at(23 * 60)))) == []


def test_one_known_post_is_re_published_once() -> None:
    blog = _day_one()
    twice = [post(key, STORM, title="Bridge over the river closed") for key in ("d", "c")]
    assert blog.poll(page(*twice)) == ["new d"]
    assert blog.last.aliases == {"c": "b"}


def test_a_post_that_the_new_page_shows_itself_is_not_re_published_beside_it() -> None:
    blog = _day_one()
    title = "Bridge over the river closed"
    assert blog.poll(page(post("c", STORM, title=title), post("b", BRIDGE, title=title))) == ["new c"]


def test_a_next_page_without_posts_yet_still_recognises_what_moves_over_later() -> None:
    blog = _day_one()
    assert blog.poll(page(), page()) == []
    assert blog.last.accepted
    assert blog.last.alarm is None
    assert blog.poll(page("d", post("c", STORM, title="Bridge over the river closed"))) == ["new d"]


def test_a_third_page_leads_back_to_the_first_key() -> None:
    blog = _day_one()
    blog.poll(page(post("c", STORM, title="Bridge over the river closed")))
    blog.turn_page()
    assert blog.poll(page(post("d", SCHOOL, title="Bridge over the river closed"))) == []
    assert blog.last.aliases == {"d": "b"}
    assert blog.poll(page(post("d", FERRY, title="Bridge over the river closed"))) == ["edited b"]
    assert blog.poll(page(post("d", FERRY, title="Bridge over the river open again"))) == ["edited b"]
    blog.turn_page()
    blog.poll(page("f", post("e", SCHOOL, title="Bridge over the river open again")))
    assert blog.last.aliases == {"e": "b"}


# --- another reader --------------------------------------------------------------------------------------------------


def _read(*texts: str, prefix: str = "", **fields: object) -> tuple[Post, ...]:
    """One post a text; headline and key are its first words."""
    return tuple(post(f"{prefix}{text.split()[1]}", text, title=" ".join(text.split()[:5]), **fields) for text in texts)


ALL = (BRIDGE, STORM, SCHOOL, FERRY, TRAIN)


def test_under_another_reader_posts_with_the_same_key_take_its_texts_over_in_silence() -> None:
    blog = Blog.after(page(*_read(*ALL)))
    cut = [replace(one, text=one.text[:40], text_is_whole=False) for one in _read(*ALL)]
    assert blog.poll(page(*cut, format="dom")) == []
    assert blog.last.alarm is not None
    assert "dom" in blog.last.alarm
    assert "jsonld" in blog.last.alarm
    assert blog.poll(page(*cut, format="dom")) == []
    assert blog.last.alarm is None
    assert blog.poll(page(replace(cut[0], text="Another text."), *cut[1:], format="dom")) == ["edited old"]


def test_under_another_reader_posts_are_found_again_by_headline_and_by_text() -> None:
    blog = Blog.after(page(*_read(*ALL)))
    by_title = [replace(one, text="Something else.") for one in _read(BRIDGE, STORM, prefix="x-")]
    by_text = [replace(one, title=None, text=f"{one.text} Updated.") for one in _read(SCHOOL, FERRY, prefix="x-")]
    same_text = [replace(one, title="Trains") for one in _read(TRAIN, prefix="x-")]
    snapshot = page(*by_title, *by_text, *same_text, format="dom")
    assert blog.poll(snapshot) == []
    assert dict(blog.last.aliases) == {
        "x-old": "old",
        "x-of": "of",
        "x-schools": "schools",
        "x-to": "to",
        "x-between": "between",
    }
    assert blog.poll(replace(snapshot, posts=snapshot.posts[1:])) == []
    edited = replace(snapshot.posts[1], text="Edited.")
    assert blog.poll(replace(snapshot, posts=(snapshot.posts[0], edited, *snapshot.posts[2:]))) == ["edited of"]


def test_a_headline_that_stands_on_every_post_links_nothing() -> None:
    blog = Blog.after(page(*(replace(one, title="The storm, live") for one in _read(*ALL))))
    turned = [replace(one, title="The storm, live") for one in _read(*ALL, prefix="x-")]
    assert blog.poll(page(*turned, format="dom")) == []
    assert blog.last.aliases == {f"x-{one.key}": one.key for one in _read(*ALL)}


def test_posts_without_a_headline_have_none_in_common() -> None:
    blog = Blog.after(page(post("a", BRIDGE, title=None), *_read(STORM)))
    assert blog.poll(page(post("b", FERRY, title=None), *_read(STORM), format="dom")) == ["new b"]


def test_of_two_posts_with_one_text_one_is_found_again() -> None:
    blog = Blog.after(page(post("a", BRIDGE, title=None), *_read(STORM)))
    twins = [post(key, f"{BRIDGE} {key}", title=None) for key in ("c", "b")]
    assert blog.poll(page(*twins, *_read(STORM), format="dom")) == ["new b"]
    assert blog.last.aliases == {"c": "a"}


def test_a_post_on_the_page_is_found_before_one_that_aged_out() -> None:
    new, old = post("new", BRIDGE, title="Weather"), post("old", STORM, title="Weather")
    blog = Blog.after(page("a", old), page(new, "a"))
    assert blog.poll(page(replace(new, key="x", text="Rain."), "a", format="dom")) == []
    assert blog.last.aliases == {"x": "new"}


def test_what_the_first_reader_saw_does_not_make_the_second_one_stale() -> None:
    blog = Blog.after(page(post("a", BRIDGE), modified_at=at(5)), page(post("a", STORM), modified_at=at(6)))
    assert blog.poll(page(post("a", FERRY), modified_at=at(4), format="dom")) == []
    assert blog.last.accepted
    assert blog.poll(page(post("a", BRIDGE), modified_at=at(7), format="dom")) == ["edited a"]


def test_what_another_reader_does_not_show_is_no_hole() -> None:
    blog = Blog.after(page(*_read(*ALL)), page(*_read(*ALL[:1], *ALL[2:])))
    read = page(*_read(BRIDGE, SCHOOL, TRAIN), format="dom")
    assert blog.poll(read, read, read, read) == []


@pytest.mark.parametrize(("count", "told"), [(2, ["new n0", "new n1"]), (3, [])])
def test_too_many_unknown_posts_under_another_reader_are_stored_and_not_sent(count: int, told: list[str]) -> None:
    blog = Blog.after(page(*_read(*ALL)))
    unknown = [post(f"n{number}", f"Only this reader knows of {number}.") for number in reversed(range(count))]
    assert blog.poll(page(*unknown, *_read(*ALL), format="dom")) == told
    assert len(blog.last.stored) == count - len(told)
    assert blog.poll(page("new", *unknown, *_read(*ALL), format="dom")) == ["new new"]


def test_a_reader_that_sees_further_back_sends_none_of_it() -> None:
    blog = Blog.after(page(*_read(*ALL[:3])))
    assert blog.poll(full("new", *_read(*ALL), format="dom")) == ["new new"]
    assert [one.key for one in blog.last.stored] == ["between", "to"]


def test_another_reader_that_sees_nothing_is_refused() -> None:
    blog = Blog.after(page(*_read(*ALL)))
    blog.poll(page(format="dom"))
    assert not blog.last.accepted


def test_marks_and_ends_count_under_another_reader_too() -> None:
    blog = Blog.after(page(*_read(*ALL)))
    first, *others = _read(*ALL)
    assert blog.poll(page(replace(first, withdrawn=True), *others, format="dom", ended=True)) == [
        "withdrawn old",
        "ended",
    ]


# --- other ids -------------------------------------------------------------------------------------------------------


def test_when_nearly_every_id_is_new_and_nearly_every_headline_known_the_ids_changed() -> None:
    blog = Blog.after(page(*_read(*ALL)))
    renumbered = page(*_read(*ALL, prefix="x-"))
    assert blog.poll(renumbered) == []
    assert blog.last.alarm is not None
    assert "other ids" in blog.last.alarm
    assert blog.poll(renumbered) == []
    assert blog.last.alarm is None
    assert blog.poll(page("new", *_read(*ALL[1:], prefix="x-"))) == ["new new"]
    assert blog.poll(page("new", replace(renumbered.posts[1], text="Edited."), *renumbered.posts[2:])) == ["edited of"]


def test_untitled_posts_are_known_by_their_texts_when_the_ids_change() -> None:
    untitled = [replace(one, title=None) for one in _read(*ALL)]
    blog = Blog.after(page(*untitled))
    assert blog.poll(page(*(replace(one, key=f"x-{one.key}") for one in untitled))) == []


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (_read(*ALL[:3]), _read(*ALL[:3], prefix="x-")),  # three posts are too few to tell
        (_read(*ALL), (*_read(*ALL[:4], prefix="x-"), *_read(TRAIN))),  # one in five is still known
        (
            tuple(replace(one, title="Live") for one in _read(*ALL)),
            tuple(post(f"x{number}", f"Another word, number {number}.", title="Live") for number in range(5)),
        ),
    ],
)
def test_fewer_signs_than_that_are_new_posts(before: tuple[Post, ...], now: tuple[Post, ...]) -> None:
    blog = Blog.after(page(*before))
    known = {one.key for one in before}
    assert len(blog.poll(page(*now))) == sum(one.key not in known for one in now)
    assert blog.count(ChangeKind.NEW) == len(blog.told)


def test_a_few_posts_that_stood_there_with_the_same_words_and_times_have_other_ids() -> None:
    few = [replace(one, published_at=at(minute)) for minute, one in enumerate(_read(*ALL[:2]))]
    again = page(*(replace(one, key=f"x-{one.key}") for one in few))
    blog = Blog.after(page(*few))
    assert blog.poll(again) == []
    assert "other ids" in (blog.last.alarm or "")
    later = page(*(replace(one, key=f"y-{one.key}", published_at=at(9)) for one in few))
    assert len(Blog.after(page(*few)).poll(later)) == 2


# --- derived keys ----------------------------------------------------------------------------------------------------

TWELVE_WORDS = derived("text:1", BRIDGE, title="The bridge", published_at=at(1))
NEIGHBOURS = (
    derived("text:0", STORM, title="The storm", published_at=at(0)),
    derived("text:2", SCHOOL, title="The schools", published_at=at(2)),
)


def _between(one: Post) -> Snapshot:
    return page(NEIGHBOURS[1], one, NEIGHBOURS[0])


@pytest.mark.parametrize(
    "now",
    [
        derived("text:9", "Quite another text.", title="Another headline", published_at=at(1)),
        derived("text:9", "Quite another text.", title="The bridge", published_at=at(7)),
        derived("text:9", BRIDGE.replace("old", "new"), title="Another headline", published_at=at(7)),
        derived("text:9", BRIDGE.replace("old", "new"), title=None),
    ],
    ids=["by its time", "by its headline", "by its text", "by its text alone"],
)
def test_a_derived_key_that_changed_with_its_text_is_an_edit(now: Post) -> None:
    blog = Blog.after(_between(TWELVE_WORDS))
    assert blog.poll(_between(now)) == ["edited text:1"]
    assert blog.last.aliases == {"text:9": "text:1"}
    assert blog.last.changes[0].post == replace(now, key="text:1")
    assert blog.poll(_between(now), _between(now), _between(now)) == []
    assert blog.poll(_between(replace(now, text="Edited again."))) == ["edited text:1"]


def test_a_derived_key_that_changed_alone_says_nothing() -> None:
    blog = Blog.after(_between(TWELVE_WORDS))
    assert blog.poll(_between(replace(TWELVE_WORDS, key="time:1"))) == []
    assert blog.last.aliases == {"time:1": "text:1"}


@pytest.mark.parametrize(
    "now",
    [
        derived("text:9", FERRY, title="The ferries", published_at=at(7)),
        post("id:9", BRIDGE, title="The bridge", published_at=at(1)),
    ],
    ids=["another post", "a post with an id of its own"],
)
def test_what_is_not_the_vanished_post_is_new(now: Post) -> None:
    blog = Blog.after(_between(TWELVE_WORDS))
    assert blog.poll(_between(now)) == [f"new {now.key}"]


def test_the_likeliest_of_two_takes_the_vanished_post_and_the_other_is_new() -> None:
    blog = Blog.after(_between(TWELVE_WORDS))
    like = derived("text:8", BRIDGE, title="The bridge", published_at=at(1))
    less = derived("text:9", FERRY, title="The bridge!", published_at=at(1))
    assert blog.poll(page(NEIGHBOURS[1], less, like, NEIGHBOURS[0])) == ["new text:9"]
    assert blog.last.aliases == {"text:8": "text:1"}


def test_the_same_short_headline_again_is_a_new_post_while_the_old_one_ages_out() -> None:
    goal = derived("text:1", "One nil after a corner from the left.", title="GOAL!", published_at=at(1))
    again = derived("text:9", "Two nil, and it is all but over now here.", title="GOAL!", published_at=at(9))
    blog = Blog.after(page(NEIGHBOURS[1], NEIGHBOURS[0], goal))
    assert blog.poll(page(again, NEIGHBOURS[1], NEIGHBOURS[0])) == ["new text:9"]


def test_nothing_that_stayed_and_other_times_leave_a_headline_alone_as_no_proof() -> None:
    blog = Blog.after(page(derived("text:1", BRIDGE, title="GOAL!", published_at=at(1))))
    assert blog.poll(page(derived("text:9", STORM, title="GOAL!", published_at=at(9)))) == ["new text:9"]
    undated = Blog.after(page(derived("text:1", BRIDGE, title="GOAL!")))
    assert undated.poll(page(derived("text:9", STORM, title="GOAL!"))) == ["edited text:1"]


def test_a_time_that_two_posts_share_proves_nothing_alone_and_enough_with_the_headline() -> None:
    blog = Blog.after(_between(TWELVE_WORDS))
    others = [derived(f"text:{n}", text, title=text[:9], published_at=at(1)) for n, text in ((8, FERRY), (9, TRAIN))]
    assert blog.poll(page(NEIGHBOURS[1], *others, NEIGHBOURS[0])) == ["new text:9", "new text:8"]
    blog = Blog.after(_between(TWELVE_WORDS))
    moved = replace(TWELVE_WORDS, key="text:7", text=SCHOOL)
    assert blog.poll(page(moved, NEIGHBOURS[1], others[0], NEIGHBOURS[0])) == ["edited text:1", "new text:8"]


def test_a_derived_post_is_linked_to_nothing_that_still_stands_there() -> None:
    blog = Blog.after(_between(TWELVE_WORDS))
    twin = replace(TWELVE_WORDS, key="text:9")
    assert blog.poll(page(twin, *_between(TWELVE_WORDS).posts)) == ["new text:9"]


def test_a_pinned_summary_without_an_id_is_followed_through_its_edits() -> None:
    summary = derived("text:s", BRIDGE, title="What we know", pinned=True)
    blog = Blog.after(page(summary, *NEIGHBOURS))
    again = replace(summary, key="text:t", text=f"At noon. {BRIDGE}")
    assert blog.poll(page(again, *NEIGHBOURS)) == ["edited text:s"]


def test_a_delta_says_nothing_about_what_vanished_so_it_links_nothing() -> None:
    blog = Blog.after(_between(TWELVE_WORDS))
    assert blog.poll(delta(replace(TWELVE_WORDS, key="text:9"))) == ["new text:9"]
