"""What the dashboard says, from values alone: the first line, rows of lists, plots, and lengths of time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Lane
from bot.core.publishing import Progress
from bot.core.signs import Stuck
from bot.core.standing import Alarm, Kind
from bot.vitals import Counted, Now
from bot.web.dashboard import words
from bot.web.dashboard.live import changes, event
from bot.web.dashboard.login import where
from bot.web.dashboard.plots import MOST, PLOTS, drawing, table
from bot.web.dashboard.rows import PAGE, blog_page, blog_rows, is_going, lane_rows
from bot.web.dashboard.situation import Situation, Watched
from bot.web.dashboard.verdict import verdict
from config.settings import Blog
from storage import BlogState

NOW = 1_750_000_000.0
WELL = Now(
    messages_per_second=4.0,
    allowance=30.0,
    share=1.0,
    floods_last_hour=0,
    latency_p50=0.4,
    latency_p99=2.0,
    delivered_last_hour=1204,
    queue={},
    asleep_chats=0,
    subscriptions=900,
    open_chats=800,
    blogs={"storm": Counted(posts=7, subscriptions=900)},
    counted_at=NOW - 5,
)


def watched(id_: str, **state: object) -> Watched:
    blog = Blog(id=id_, title=id_.title(), url=f"https://blog.example/{id_}")
    known = {"started": True, "active_at": NOW - 60, "last_post_at": NOW - 60} | state
    return Watched(blog=blog, state=BlogState(id=id_, title=None, **known))  # type: ignore[arg-type]


def standing(kind: Kind, text: str = "something is wrong") -> Alarm:
    return Alarm(kind=kind, about="", subject="Disk", text=text, since=NOW - 60)


SITUATION = Situation(at=NOW, now=WELL, blogs=(watched("storm"), watched("cup")))


@pytest.mark.parametrize(
    ("changed", "tone", "line"),
    [
        ({}, "good", "Yes. Readers are getting the news."),
        ({"blogs": ()}, "warn", "No. The file names no live blog."),
        ({"all_held": True}, "bad", "No. Every live blog is held."),
        ({"alarms": (standing(Kind.UNREACHABLE),)}, "bad", "No. Telegram cannot be reached."),
        ({"alarms": (standing(Kind.HALTED),)}, "bad", "No. Telegram takes no messages from this bot."),
        (
            {"alarms": (standing(Kind.DISK, "it is nearly full"),)},
            "warn",
            "Yes, but look here. Disk: it is nearly full.",
        ),
        (
            {"blogs": (watched("storm"), watched("cup", error="503", failures=2))},
            "bad",
            "Not all of it. 1 of 2 live blogs cannot be read: Cup.",
        ),
        (
            {"blogs": (*(watched(f"b{n}") for n in range(9)), watched("cup", error="503", failures=2))},
            "warn",
            "Mostly. 1 of 10 live blogs cannot be read: Cup.",
        ),
        (
            {"blogs": (*(watched(f"b{n}") for n in range(9)), watched("storm", error="503", failures=2))},
            "bad",
            "Not all of it. 1 of 10 live blogs cannot be read: Storm.",
        ),
        ({"blogs": (watched("cup", error="503", failures=2),)}, "bad", "No. Cup cannot be read."),
        (
            {"blogs": (watched("a", error="x"), watched("b", error="x"))},
            "bad",
            "No. No live blog can be read.",
        ),
        (
            {"blogs": (watched("storm", alarm="posts vanished"), watched("cup"))},
            "warn",
            "Yes, but look here. 1 page does not look as before: Storm.",
        ),
        (
            {"blogs": (watched("storm", held_at=NOW - 9), watched("cup"))},
            "warn",
            "Yes, but look here. 1 live blog is held: Storm.",
        ),
        (
            {"now": replace(WELL, queue={Lane.LIVE: 300}), "stuck": Stuck(300, 90.0)},
            "bad",
            "No. 300 deliveries wait, and none has left for 1 min 30 s.",
        ),
        ({"now": replace(WELL, queue={Lane.LIVE: 300})}, "good", "Yes."),
        (
            {"now": replace(WELL, share=0.5, floods_last_hour=1)},
            "warn",
            "Yes, but look here. Telegram has slowed us to 50% of the allowance: it answered 429 1 time",
        ),
        ({"now": replace(WELL, subscriptions=0)}, "calm", "There are no readers yet. Everything else is well."),
        ({"now": replace(WELL, subscriptions=0, counted_at=0.0)}, "good", "Yes."),
    ],
)
def test_the_first_line_answers_whether_readers_get_the_news(changed: dict[str, object], tone: str, line: str) -> None:
    found = verdict(replace(SITUATION, **changed))  # type: ignore[arg-type]
    assert found.tone == tone
    assert f"{found.answer} {found.sentence}".startswith(line)


def test_what_stops_everything_comes_before_what_stops_some() -> None:
    blogs = (watched("storm"), watched("cup", error="503", failures=2))
    found = verdict(replace(SITUATION, blogs=blogs, all_held=True))
    assert found.sentence == "Every live blog is held."
    assert [one.text for one in found.wrongs][1] == "1 of 2 live blogs cannot be read: Cup"


def test_silence_is_no_trouble() -> None:
    quiet = replace(SITUATION, now=replace(WELL, delivered_last_hour=0, latency_p50=None))
    assert verdict(quiet).more == "Nothing new had to be delivered in the last hour."


# --- lists ---------------------------------------------------------------------------------------------------------


def test_blogs_in_trouble_come_first_then_held_ones_then_live_ones() -> None:
    blogs = (
        watched("quiet", active_at=NOW - 9000, last_post_at=NOW - 9000),
        watched("live"),
        watched("held", held_at=NOW),
        watched("odd", alarm="posts vanished"),
        watched("failing", error="503", failures=3),
    )
    rows = blog_page(blog_rows(replace(SITUATION, blogs=blogs))).rows
    assert [row.id for row in rows] == ["failing", "odd", "held", "live", "quiet"]
    assert [row.word for row in rows] == ["failing", "live", "held", "live", "quiet"]
    assert rows[0].trouble == "cannot be read, 3 times in a row: 503"


@given(st.integers(0, 200), st.integers(-5, 500))
def test_every_blog_is_on_exactly_one_page(blogs: int, asked: int) -> None:
    situation = replace(SITUATION, blogs=tuple(watched(f"b{number}") for number in range(blogs)))
    every = blog_rows(situation)
    pages = blog_page(every).pages
    shown = [row.id for page in range(1, pages + 1) for row in blog_page(every, page=page).rows]
    assert sorted(shown) == sorted(one.blog.id for one in situation.blogs)
    assert len(blog_page(every, page=asked).rows) <= PAGE
    assert 1 <= blog_page(every, page=asked).page <= pages


def test_lanes_have_their_share_of_what_waits() -> None:
    rows = lane_rows(replace(SITUATION, now=replace(WELL, queue={Lane.LIVE: 30, Lane.EDIT: 10})))
    assert [(row.name, row.waiting, row.share) for row in rows if row.waiting] == [
        ("Live", 30, 0.75),
        ("Edits", 10, 0.25),
    ]


@pytest.mark.parametrize(
    ("progress", "going"),
    [
        (Progress(sent=1, waiting=2, expanded=True), True),
        (Progress(sent=3, waiting=0, expanded=False), True),
        (Progress(sent=3, waiting=2, expanded=True, asleep=2), False),
        (Progress(sent=3, waiting=0, expanded=True, changing=1), True),
        (Progress(sent=3, waiting=0, expanded=True, refused=9), False),
    ],
)
def test_a_push_is_on_its_way_until_who_is_awake_has_it(progress: Progress, going: bool) -> None:
    assert is_going(progress) is going


# --- plots ---------------------------------------------------------------------------------------------------------

POINTS = st.lists(
    st.tuples(st.floats(NOW - 86_400, NOW), st.floats(0, 1e6)), max_size=200, unique_by=lambda point: point[0]
).map(sorted)


@given(POINTS, POINTS, st.sampled_from([3600.0, 86_400.0, 30 * 86_400.0]))
def test_a_plot_has_few_points_and_columns_of_one_length(
    one: list[tuple[float, float]], other: list[tuple[float, float]], length: float
) -> None:
    rows = table({"a": one, "b": other}, ("a", "b"), NOW - length, NOW)
    assert {len(column) for column in rows.values()} == {len(rows["at"])}
    assert len(rows["at"]) <= MOST + 1
    for name, points in (("a", one), ("b", other)):
        values = [value for value in rows[name] if value is not None]
        top = max((value for _, value in points), default=0.0)
        assert all(0 <= value <= top + 1 for value in values)  # type: ignore[operator]


def test_a_plot_says_in_words_what_it_shows() -> None:
    plot = next(one for one in PLOTS if one.id == "latency")
    history = {"latency_p50": [(NOW - 600, 0.5), (NOW - 60, 1.5)], "latency_p99": []}
    drawn = drawing(plot, table(history, plot.names, NOW - 3600, NOW), NOW - 3600, NOW)
    assert drawn.summary == "From publishing to delivered. half within: from 0.5 s to 1.5 s, last 1.5 s."
    assert drawn.lines[0].path.startswith("M")
    assert drawn.lines[1].path == ""


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (7200, "2 h"),
        (90_000, "1 d 1 h"),
        (86_400, "1 d"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units(length: float, said: str) -> None:
    assert words.said(length) == said


@pytest.mark.parametrize(("length", "said"), [(None, "–"), (0.004, "0.1 s"), (2.34, "2.3 s"), (75, "1 min 15 s")])
def test_a_latency_is_as_exact_as_people_need(length: float | None, said: str) -> None:
    assert words.seconds(length) == said


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("blogs/storm", "blogs/storm"),
        ("?q=a&page=2", "?q=a&page=2"),
        ("pushes?page=2", "pushes?page=2"),
        ("//evil.example", ""),
        ("https:evil", ""),
        ("a//b", ""),
        ("../up", ""),
        ("%2e%2E/up", ""),
        (".%2e/up", ""),
        ("\\evil", ""),
        ("", ""),
        ("x" * 500, ""),
    ],
)
def test_a_way_back_leads_to_our_own_pages_alone(asked: str, leads: str) -> None:
    assert where(asked) == leads


# --- what is told --------------------------------------------------------------------------------------------------


def test_only_parts_that_changed_are_told() -> None:
    told = {"verdict": "well", "blogs": "<a><b>", "row-a": "<a>", "row-b": "<b>"}
    assert [*changes(told, told)] == []
    changed = told | {"blogs": "<a><B>", "row-b": "<B>"}
    assert [*changes(told, changed)] == [event("row-b", "<B>")]
    turned = {"verdict": "well", "blogs": "<b><a>", "row-b": "<b>", "row-a": "<a>"}
    assert [*changes(told, turned)] == [event("blogs", "<b><a>")]
    around = told | {"blogs": "<a><b> 3 blogs"}
    assert [*changes(told, around)] == [event("blogs", "<a><b> 3 blogs")]


@given(st.text())
def test_an_event_is_one_block_whatever_its_text(text: str) -> None:
    block = event("part", text).decode()
    assert block.endswith("\n\n")
    assert "\n\n" not in block[:-2]
    assert "\r" not in block
