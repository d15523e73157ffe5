from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import Relayed, Rendered, Style
from bot.core.render import plainest
from bot.core.render_lists import BlogLine, TopicLine, blogs_list, latest, merged, search_results, topics_list
from bot.core.state import State
from bot.core.texts import Texts
from bot.core.writing import units
from tests.telegram_rules import any_text, assert_telegram_takes, covered, links, short_text, unhurried

T = Texts.of("en")
MAY = datetime(2024, 5, 3, 18, 2, tzinfo=UTC)
NEW_YORK = Style(timezone="America/New_York")


def post(number: int, **changes: Any) -> Relayed:
    """Post `number` of a blog, published `number` minutes after 14:02 in New York."""
    at = MAY + timedelta(minutes=number)
    plain = Relayed(
        id=number,
        revision=1,
        blog="harbour",
        title=f"Headline {number}",
        text=f"The text of post {number}. It goes on.",
        first_seen_at=at,
        url=f"https://example.org/live#p{number}",
    )
    return dataclasses.replace(plain, **changes)


def look(_: Relayed) -> Style:
    return NEW_YORK


def looking(**changes: Any) -> Any:
    return lambda _: dataclasses.replace(NEW_YORK, **changes)


def lines(rendered: Rendered) -> list[str]:
    return rendered.text.split("\n")


def formatted(rendered: Rendered, kind: str) -> list[str]:
    return [covered(rendered, each) for each in rendered.entities if each.type == kind]


# --- several posts as one message ----------------------------------------------------------------------------------


def test_waiting_posts_leave_as_one_message_oldest_first() -> None:
    rendered = merged([post(2), post(0), post(1)], look, T, "Harbour news")

    assert lines(rendered) == [
        "Harbour news: 3 updates",
        "14:02 EDT · Headline 0",
        "14:03 EDT · Headline 1",
        "14:04 EDT · Headline 2",
    ]
    assert formatted(rendered, "bold") == ["Harbour news: 3 updates"]
    assert formatted(rendered, "text_link") == ["Headline 0", "Headline 1", "Headline 2"]
    assert links(rendered) == [f"https://example.org/live#p{number}" for number in range(3)]


def test_posts_of_several_blogs_have_no_title_and_each_its_own_zone() -> None:
    def own_zone(each: Relayed) -> Style:
        return dataclasses.replace(NEW_YORK, timezone="UTC" if each.blog == "other" else "Europe/Kyiv")

    rendered = merged([post(0), post(1, blog="other"), post(2)], own_zone, T)

    assert lines(rendered)[:3] == ["3 updates", "21:02 EEST · Headline 0", "18:03 UTC · Headline 1"]


def test_a_merged_message_over_midnight_names_the_days() -> None:
    rendered = merged([post(0), post(1), post(24 * 60)], look, T)

    assert lines(rendered)[1:] == [
        "May 3, 14:02 EDT · Headline 0",
        "May 3, 14:03 EDT · Headline 1",
        "14:02 EDT · Headline 1440",
    ]


def test_edits_withdrawals_and_strikes_show_in_a_merged_message() -> None:
    at = MAY + timedelta(minutes=30)
    rendered = merged(
        [
            post(0, title="Corrected", updated_at=at),
            post(1, withdrawn_at=at),
            post(2, struck=True),
            post(3, title=None),
        ],
        look,
        T,
    )

    assert lines(rendered)[1:] == [
        "14:02 EDT · Corrected · updated 14:32",
        "14:03 EDT · withdrawn by the publisher, 14:32 EDT",
        "14:04 EDT · Headline 2",
        "14:05 EDT · The text of post 3. It goes on.",
    ]
    assert formatted(rendered, "strikethrough") == ["Headline 2"]
    assert "https://example.org/live#p1" not in links(rendered)


@pytest.mark.parametrize(
    ("how", "text", "linked"),
    [
        ("notice", "14:02 EDT · withdrawn by the publisher, 14:32 EDT", False),
        ("delete", "14:02 EDT · withdrawn by the publisher, 14:32 EDT", False),
        ("strike", "14:02 EDT · Headline 0 · withdrawn by the publisher, 14:32 EDT", False),
        ("keep", "14:02 EDT · Headline 0", True),
    ],
)
def test_a_withdrawn_line_follows_its_blogs_wish(how: str, text: str, linked: bool) -> None:
    gone = post(0, withdrawn_at=MAY + timedelta(minutes=30))
    rendered = merged([gone, post(1), post(2)], looking(on_withdrawal=how), T)

    assert lines(rendered)[1] == text
    assert ("https://example.org/live#p0" in links(rendered)) == linked
    assert formatted(rendered, "strikethrough") == (["Headline 0"] if how == "strike" else [])


def test_a_right_to_left_headline_does_not_disorder_its_line() -> None:
    rendered = merged([post(0, title="הגשר נפתח 3"), post(1), post(2)], look, T, "נמל")

    assert lines(rendered)[:2] == ["\u2068נמל\u2069: 3 updates", "14:02 EDT · \u2068הגשר נפתח 3\u2069"]
    assert formatted(rendered, "text_link")[0] == "הגשר נפתח 3"


def test_when_there_are_too_many_the_newest_stay_and_the_rest_is_counted() -> None:
    rendered = merged([post(number, title="word " * 50) for number in range(100)], look, T)
    shown = len(links(rendered))

    assert lines(rendered)[0] == "100 updates"
    assert lines(rendered)[-1] == f"and {100 - shown} more before these"
    assert links(rendered)[-1].endswith("#p99")
    assert 3800 < units(rendered.text) <= 4096


def test_no_formatting_is_lost_past_telegrams_hundred() -> None:
    rendered = merged([post(number, title="x", struck=True) for number in range(200)], look, T)

    assert len(rendered.entities) <= 100
    assert len(links(rendered)) == len(lines(rendered)) - 2


@pytest.mark.parametrize("url", [None, "https://example.org/"])
def test_headlines_and_summaries_full_of_tags_do_not_cost_a_link(url: str | None) -> None:
    posts = [post(n, title="#a " * 50, text="#b @someone " * 50, url=url) for n in range(30)] + [post(31)]
    for rendered in (merged(posts, look, T), latest(posts[::-1], "#x", look, T, MAY)):
        assert "https://example.org/live#p31" in links(rendered)
        assert_telegram_takes(rendered)


# --- posts that answer a command -----------------------------------------------------------------------------------


def test_latest_gives_time_linked_headline_and_summary_in_the_order_given() -> None:
    rendered = latest([post(1, summary="In short."), post(0)], "Harbour news", look, T, MAY)

    assert rendered.text == (
        "Harbour news\n\n14:03 EDT · Headline 1\nIn short.\n\n14:02 EDT · Headline 0\nThe text of post 0. It goes on."
    )
    assert formatted(rendered, "text_link") == ["Headline 1", "Headline 0"]


def test_latest_names_the_day_of_older_posts() -> None:
    rendered = latest([post(0)], "Harbour news", look, T, MAY + timedelta(days=1))

    assert "May 3, 14:02 EDT · Headline 0" in lines(rendered)


def test_latest_of_nothing_says_so() -> None:
    assert latest([], "Harbour news", look, T, MAY).text == "Harbour news\nNo posts yet."


@pytest.mark.parametrize(
    ("title", "text", "shown"),
    [
        ("The bridge is open.", "The bridge is open. Trucks wait.", "Trucks wait."),
        ("The bridge…", "The bridge is open. Trucks wait.", "…is open. Trucks wait."),
        ("The bridge is open", "The bridge is open.", None),
        ("Elsewhere", "The bridge is open.", "The bridge is open."),
    ],
)
def test_a_summary_does_not_say_its_headline_again(title: str, text: str, shown: str | None) -> None:
    rendered = latest([post(0, title=title, title_is_derived=True, text=text)], "Harbour", look, T, MAY)

    assert lines(rendered)[3:] == ([shown] if shown else [])


@pytest.mark.parametrize("count", [5, 10, 20])
def test_long_summaries_are_shortened_evenly_before_posts_are_dropped(count: int) -> None:
    posts = [post(number, text="A sentence of words. " * 50) for number in range(count - 1)] + [post(99, text="Short.")]
    rendered = latest(posts, "Harbour", looking(max_chars=2000), T, MAY)
    summaries = [block.split("\n")[1] for block in rendered.text.split("\n\n")[1:]]

    assert len(links(rendered)) == len(summaries) == count
    assert summaries[-1] == "Short."
    assert len(set(summaries[:-1])) == 1
    assert summaries[0].endswith("words.")


def test_twenty_long_headlines_all_stand() -> None:
    rendered = latest([post(number, title="word " * 50) for number in range(20)], "Harbour", look, T, MAY)

    assert len(links(rendered)) == 20


def test_posts_that_do_not_fit_are_counted() -> None:
    rendered = latest([post(number, title="word " * 50) for number in range(50)], "Harbour", look, T, MAY)

    assert links(rendered)[0].endswith("#p0")
    assert lines(rendered)[-1] == f"and {50 - len(links(rendered))} more"


def test_search_says_what_was_sought_and_found() -> None:
    found = search_results([post(0), post(1)], " <b>bridge</b>\n", look, T, MAY)

    assert lines(found)[0] == "2 posts with “<b>bridge</b>”"
    assert formatted(found, "bold") == ["2 posts with “<b>bridge</b>”"]
    assert search_results([post(0)], "x", look, T, MAY).text.startswith("1 post with “x”\n")
    assert search_results([], "x", look, T, MAY).text == "Nothing found for “x”."


# --- topics and blogs ----------------------------------------------------------------------------------------------


def test_topics_stand_under_their_blogs_with_counts() -> None:
    topics = [
        TopicLine(id="nato", title="NATO", posts=1, blog="War"),
        TopicLine(id="grain", title="Grain and ports", posts=1200, trending=True, blog="War"),
        TopicLine(id="cup", title="Cup", posts=0, blog="Sport"),
    ]

    assert topics_list(topics, T).text == (
        "Topics\nWar\nNATO · 1 post\nGrain and ports (grain) · 1,200 posts · trending\nSport\nCup · 0 posts"
    )
    assert topics_list([dataclasses.replace(topics[0], blog=None)], T).text == "Topics\nNATO · 1 post"
    assert topics_list([], T).text == "No topics yet."


def test_blogs_have_a_state_and_their_last_post_or_their_start() -> None:
    blogs = [
        BlogLine(id="war", title="War", last_post_at=MAY, zone="America/New_York", url="https://example.org/"),
        BlogLine(id="cup", title="Cup", state=State.ENDED, last_post_at=MAY - timedelta(days=2)),
        BlogLine(id="new", title="New", state=State.NOT_STARTED),
        BlogLine(id="race", title="Race", state=State.NOT_STARTED, starts_at=MAY + timedelta(hours=2)),
        BlogLine(id="fog", title="Fog", state=State.QUIET, last_post_at=MAY),
    ]
    rendered = blogs_list(blogs, T, MAY)

    assert lines(rendered) == [
        "Live blogs",
        "War (war) · live · last post 14:02 EDT",
        "Cup (cup) · ended · last post May 1, 18:02 UTC",
        "New (new) · not started · no posts yet",
        "Race (race) · not started · starts 20:02 UTC",
        "Fog (fog) · quiet · last post 18:02 UTC",
    ]
    assert links(rendered) == ["https://example.org/"]
    assert blogs_list([], T, MAY).text == "No blogs yet."


def test_hundreds_of_topics_or_blogs_fit_a_message() -> None:
    topics = topics_list([TopicLine(id=f"t{n}", title="x" * 90, posts=n) for n in range(500)], T)
    blogs = blogs_list([BlogLine(id=f"b{n}", title="x", url="https://e.org") for n in range(500)], T, MAY)

    for rendered in (topics, blogs):
        assert_telegram_takes(rendered)
        assert f"and {500 - len(lines(rendered)) + 2} more" == lines(rendered)[-1]


# --- whatever pages send -------------------------------------------------------------------------------------------

days = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
wild_posts = st.builds(
    post,
    st.integers(0, 10_000),
    title=st.none() | short_text,
    title_is_derived=st.booleans(),
    text=short_text,
    summary=st.none() | short_text,
    published_at=st.none() | days,
    updated_at=st.none() | days,
    withdrawn_at=st.none() | days,
    blog=st.sampled_from(["harbour", "harbour", None]),
    struck=st.booleans(),
)
wild_looks = st.builds(
    looking,
    max_chars=st.integers(0, 9000),
    on_withdrawal=st.sampled_from(["notice", "strike", "delete", "keep"]),
    timezone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(wild_posts, max_size=4), st.integers(1, 30), wild_looks, short_text)
def test_whatever_pages_send_telegram_takes_the_list(
    few: Sequence[Relayed], times: int, style_of: Any, title: str
) -> None:
    posts = [*few] * times
    for rendered in (
        merged(posts, style_of, T, title),
        latest(posts, title, style_of, T, MAY),
        search_results(posts, title, style_of, T, MAY),
        topics_list([TopicLine(id="x", title=title, posts=times, blog=title)] * times, T),
        blogs_list([BlogLine(id="x", title=title, url=title)] * times, T, MAY),
    ):
        assert_telegram_takes(rendered)
        assert_telegram_takes(plainest(rendered))
        assert rendered.text
    assert merged(posts, style_of, T, title) == merged(posts, style_of, T, title)


@unhurried
@given(any_text)
def test_a_merged_message_says_nothing_of_what_was_withdrawn(words: str) -> None:
    gone = {"withdrawn_at": MAY}
    said = [post(0, title=words, text=words, summary=words, **gone), post(1), post(2)]

    assert merged(said, look, T) == merged([post(0, **gone), post(1), post(2)], look, T)
