from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.diff import diff, remember
from bot.core.model import Memory, Page, Post, Snapshot, SnapshotKind
from bot.demo.edition import Story
from bot.demo.press import page
from bot.demo.replay import BASELINE, FIRST_AT, LONGEST_WAIT, capture, replay
from bot.sources import read

STARTED = datetime(2031, 5, 4, 12, tzinfo=UTC)
THEN = datetime(2024, 2, 1, 9, tzinfo=UTC)
ADDRESS = "http://127.0.0.1:8080/live"
FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"


def post(key: str, minute: float | None, edited: float | None = None, **more: object) -> Post:
    """A post published and perhaps edited at these minutes."""
    made = Post(
        key=key,
        title=f"Headline {key}",
        text=f"First about {key}.\n\nSecond about {key}.",
        published_at=None if minute is None else THEN + timedelta(minutes=minute),
        modified_at=None if edited is None else THEN + timedelta(minutes=edited),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def story(*posts: Post, speed: float = 60) -> Story:
    return replay(Snapshot(format="jsonld", kind=SnapshotKind.FULL, posts=posts, title="A blog"), STARTED, speed)


def keys(told: Story, elapsed: float) -> list[str]:
    return [one.key for one in told.page_at(elapsed).posts]


def acts(told: Story) -> list[tuple[float, str]]:
    return [(act.at, act.post.key) for act in told.acts if act.at > 0]


TEN = [post(f"p{n}", n) for n in reversed(range(10))]


# --- order and pace --------------------------------------------------------------------------------------------------


def test_the_oldest_few_stand_at_the_start_and_the_others_come_in_order_of_time() -> None:
    told = story(*TEN)
    assert keys(told, 0) == ["p3", "p2", "p1", "p0"]
    assert [key for _, key in acts(told)] == ["p4", "p5", "p6", "p7", "p8", "p9"]
    assert acts(told)[0][0] == FIRST_AT
    assert keys(told, 1000) == [one.key for one in TEN]


def test_half_of_a_small_blog_stands_at_the_start() -> None:
    assert keys(story(*TEN[:3]), 0) == ["p8", "p7"]
    assert keys(story(TEN[0]), 0) == ["p9"]


def test_a_blog_may_begin_with_nothing_and_then_every_post_comes_and_every_edit() -> None:
    summary = post("summary", -60, 8, pinned=True, title="What we covered here")
    told = replay(
        Snapshot(format="jsonld", kind=SnapshotKind.FULL, posts=(summary, *TEN[:-1], post("p0", 0, 2))),
        STARTED,
        60,
        baseline=0,
    )
    assert keys(told, 0) == []
    assert Counter(key for _, key in acts(told)) == Counter([*(one.key for one in TEN), "summary", "summary", "p0"])
    assert keys(told, 1000)[0] == "summary"


def test_it_runs_as_many_times_faster_as_asked() -> None:
    told = story(post("d", 7), post("c", 4), post("b", 0), post("a", 0), speed=60)
    assert acts(told) == [(FIRST_AT, "c"), (FIRST_AT + 3, "d")]
    assert acts(story(post("d", 7), post("c", 4), post("b", 0), post("a", 0), speed=30))[1][0] == FIRST_AT + 6


def test_an_idle_night_is_cut_short() -> None:
    told = story(post("d", 700), post("c", 4), post("b", 0), post("a", 0))
    assert acts(told) == [(FIRST_AT, "c"), (FIRST_AT + LONGEST_WAIT, "d")]


def test_posts_of_the_same_minute_come_one_after_the_other_the_lower_on_the_page_first() -> None:
    told = story(post("d", 4), post("c", 4), post("b", 0), post("a", 0))
    assert acts(told) == [(FIRST_AT, "c"), (FIRST_AT + 1.5, "d")]


def test_posts_without_a_time_keep_their_place_on_the_page() -> None:
    told = story(post("e", 9), post("d", None), post("c", 4), post("b", None), post("a", 0), post("z", None))
    assert [act.post.key for act in told.acts] == ["z", "a", "b", "c", "d", "e"]


def test_a_blog_without_any_time_unfolds_from_the_bottom_up() -> None:
    told = story(*(replace(one, published_at=None) for one in TEN))
    assert [act.post.key for act in told.acts] == [f"p{n}" for n in range(10)]
    assert acts(told) == [(FIRST_AT + 4 * n, f"p{n + 4}") for n in range(6)]


def test_a_page_that_lists_the_oldest_first_is_turned() -> None:
    turned = [replace(one, published_at=THEN) if n % 3 == 0 else one for n, one in enumerate(reversed(TEN))]
    assert keys(story(*reversed(TEN)), 1000) == [f"p{n}" for n in reversed(range(10))]
    assert [act.post.key for act in story(*turned).acts][-1] == "p8"


def test_the_pinned_summary_stands_on_top_all_the_time() -> None:
    told = story(post("summary", -60, 8, pinned=True), *TEN)
    for moment in (0, FIRST_AT, 20, 1000):
        assert keys(told, moment)[0] == "summary"
    assert "summary" in [key for _, key in acts(told)]


def test_posts_appear_as_if_they_were_written_now() -> None:
    told = story(*TEN)
    newest = told.page_at(FIRST_AT).posts[0]
    assert newest.published_at == STARTED + timedelta(seconds=FIRST_AT)
    ages = [STARTED - one.published_at for one in told.page_at(0).posts if one.published_at]
    assert ages == [timedelta(minutes=n) for n in range(4)]


# --- edits and withdrawals -------------------------------------------------------------------------------------------


def test_an_edited_post_comes_in_an_earlier_form_first() -> None:
    told = story(post("e", 12, 14), post("d", 13), *TEN)
    (first_at, _), (other_at, _), (edit_at, edited) = acts(told)[-3:]
    assert (edited, edit_at) == ("e", other_at + 1.5)
    before = next(one for one in told.page_at(first_at).posts if one.key == "e")
    after = next(one for one in told.page_at(edit_at).posts if one.key == "e")
    assert (before.text, after.text) == ("First about e.", "First about e.\n\nSecond about e.")
    assert before.published_at == after.published_at
    assert after.modified_at
    assert before.modified_at
    assert after.modified_at > before.modified_at


@pytest.mark.parametrize("text", ["One. Two.", "Only one", "", "A\n\nB\n\nC"])
def test_the_earlier_form_always_reads_differently(text: str) -> None:
    told = story(post("e", 12, 14, text=text), *TEN)
    forms = [act.post.text for act in told.acts if act.post.key == "e"]
    assert len(set(forms)) == 2
    assert forms[-1] == text


def test_an_edit_from_before_the_story_is_not_told() -> None:
    told = story(*TEN[:6], post("p3", 3), post("p2", 2), post("p1", 1), post("p0", 0, 2))
    assert Counter(key for _, key in acts(told)) == Counter(f"p{n}" for n in range(4, 10))


def test_a_summary_that_looks_back_does_not_do_so_from_the_start() -> None:
    told = story(post("summary", -60, pinned=True, title="What we covered here"), *TEN)
    assert told.page_at(0).posts[0].title == "What we know so far"
    assert told.page_at(1000).posts[0].title == "What we covered here"


def test_a_post_the_capture_marks_as_deleted_comes_and_goes() -> None:
    told = story(post("gone", 12, 14, withdrawn=True), post("d", 13), *TEN)
    came, _, went = (at for at, _ in acts(told)[-3:])
    assert keys(told, came)[:2] == ["gone", "p9"]
    assert keys(told, went)[:2] == ["d", "p9"]
    assert told.page_at(went).published == 12


def test_a_headline_made_from_the_text_is_left_to_the_reader() -> None:
    told = story(*(replace(one, title_is_derived=True) for one in TEN))
    assert {one.title for one in told.page_at(1000).posts} == {None}


def test_keys_are_fit_for_an_address() -> None:
    told = story(post("https://example.org/a?b=1#c", 1), post("plain-1", 0))
    assert keys(told, 1000)[1] == "plain-1"
    assert all(key.replace("-", "").isalnum() for key in keys(told, 1000))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(0, 500)), st.one_of(st.none(), st.integers(0, 600)), st.booleans()),
        min_size=1,
        max_size=25,
    ),
    st.floats(1, 1000),
)
def test_every_post_ends_as_it_was_captured(made: list[tuple[int | None, int | None, bool]], speed: float) -> None:
    posts = [post(f"k{n}", minute, edited, pinned=pinned) for n, (minute, edited, pinned) in enumerate(made)]
    told = story(*posts, speed=speed)
    times = [act.at for act in told.acts]
    assert times == sorted(times)
    assert all(later - earlier <= LONGEST_WAIT + 1e-6 for earlier, later in pairwise(times))
    assert {one.key: one.text for one in told.page_at(1e9).posts} == {one.key: one.text for one in posts}
    assert len([act for act in told.acts if act.at == 0 and not act.post.pinned]) <= BASELINE


# --- what the relay makes of it --------------------------------------------------------------------------------------


def relayed(told: Story) -> Counter[str]:
    """The changes a relay sees that polls the page after each act."""
    memory, seen = Memory(), Counter[str]()
    for moment in sorted({act.at for act in told.acts}):
        body = page(told.page_at(moment), ADDRESS).encode()
        fetched = STARTED + timedelta(seconds=moment)
        snapshot = read(Page(url=ADDRESS, body=body, content_type="text/html; charset=utf-8", fetched_at=fetched))
        verdict = diff(memory, snapshot, fetched)
        assert verdict.alarm is None
        memory = remember(memory, verdict)
        seen.update(change.kind.value for change in verdict.changes)
    return seen


def test_the_relay_sees_every_post_and_every_edit() -> None:
    edited = [replace(one, modified_at=THEN + timedelta(minutes=20 + n)) for n, one in enumerate(TEN[:3])]
    assert relayed(story(*edited, *TEN[3:])) == {"new": 6, "edited": 3}


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the captured live blogs are not beside the repository")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cnn/cnn_unlv-shooting-12-06-23.json", {"new": 24, "edited": 14, "ended": 1}),
        ("pages/BBC_2020_05_12.html", {"new": 16}),
        ("pages/CNN_2023_07_13.txt", {"new": 3}),
    ],
)
def test_a_real_capture_unfolds(name: str, expected: dict[str, int]) -> None:
    assert relayed(replay(capture(FIXTURES / name), STARTED, 60)) == expected


# --- from a file -----------------------------------------------------------------------------------------------------


def test_a_file_is_read_as_the_relay_reads_it(tmp_path: Path) -> None:
    updates = [
        {
            "@type": "BlogPosting",
            "url": f"https://news.example/live#a{n}b",
            "headline": f"Post {n}",
            "articleBody": "Yes.",
        }
        for n in range(5)
    ]
    path = tmp_path / "blog.json"
    path.write_text(json.dumps({"@type": "LiveBlogPosting", "headline": "Live", "liveBlogUpdate": updates}))
    assert len(capture(path).posts) == 5


@pytest.mark.parametrize("content", [b"", b"<p>no blog</p>", b'{"@type": "LiveBlogPosting", "liveBlogUpdate": []}'])
def test_a_file_without_posts_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "blog.html"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"live blog|empty") as refusal:
        capture(path)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        capture(tmp_path / "nothing.html")
