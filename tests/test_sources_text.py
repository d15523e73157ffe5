"""A live blog page saved as text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.model import KeyKind, SnapshotKind
from bot.sources import NotReadable
from bot.sources.clock import clock_in
from tests.pages import CAPTURED, captured, snapshot

PAGE = """March 4, 2026 - Storm on the coast

By Ada Byron and Alan Turing, CNN

Updated 12:18 a.m. ET, March 5, 2026
3 Posts
Sort byDropdown arrow
11:59 p.m. ET, March 3, 2026

The storm has reached the coast. Here's the latest

From CNN staff

The storm reached the coast at night, officials said.

Here are other headlines:

  • Ferries: None of them sails.
  • Trains: They run again.
4:12 a.m. ET, March 4, 2026

The quay is shut

From CNN's Grace Hopper in Porto

Rescue boats wait at the northern quay of the harbour.
Rescue boats wait at the northern quay of the harbour. Ada Byron/Agency

The quay was shut at dawn. Nobody is hurt.

Read the full story here.

4:12 a.m. ET, March 4, 2026

Analysis: What a storm costs

Analysis from CNN’s Grace Hopper and Alan Turing

Storms cost more every year.
"""


def test_a_page_saved_as_text_is_read_post_by_post() -> None:
    found = snapshot(PAGE, url="storm.txt")
    assert (found.format, found.kind, found.title) == ("text", SnapshotKind.FULL, "March 4, 2026 - Storm on the coast")
    assert found.modified_at == datetime(2026, 3, 5, 5, 18, tzinfo=UTC)
    assert [post.title for post in found.posts] == [
        "The storm has reached the coast. Here's the latest",
        "The quay is shut",
        "Analysis: What a storm costs",
    ]
    assert [post.authors for post in found.posts] == [
        ("CNN staff",),
        ("Grace Hopper",),
        ("Grace Hopper", "Alan Turing"),
    ]
    assert found.posts[0].text.endswith(
        "Here are other headlines:\n\n• Ferries: None of them sails.\n• Trains: They run again."
    )
    assert "3 posts begin" in found.why


def test_times_are_those_of_the_zone_that_stands_beside_them() -> None:
    found = snapshot(PAGE)
    assert found.posts[0].published_at == datetime(2026, 3, 4, 4, 59, tzinfo=UTC)
    assert found.posts[1].published_at == datetime(2026, 3, 4, 9, 12, tzinfo=UTC)


def test_the_summary_on_top_is_pinned() -> None:
    assert [post.pinned for post in snapshot(PAGE).posts] == [True, False, False]


def test_a_caption_stands_once_and_last() -> None:
    text = snapshot(PAGE).posts[1].text
    assert text.startswith("The quay was shut at dawn.")
    assert text.count("Rescue boats wait") == 1
    assert text.endswith("harbour. Ada Byron/Agency")


def test_equal_and_disordered_times_do_not_mix_posts_up() -> None:
    found = snapshot(PAGE)
    assert len({post.key for post in found.posts}) == 3
    assert {post.key_kind for post in found.posts} == {KeyKind.DERIVED}
    moved = snapshot(PAGE.replace("4:12 a.m. ET, March 4", "4:40 a.m. ET, March 4", 1))
    assert [post.key for post in moved.posts] == [post.key for post in found.posts]


def test_a_page_that_declares_more_posts_than_it_shows_is_a_window() -> None:
    found = snapshot(PAGE.replace("3 Posts", "9 Posts"))
    assert found.kind is SnapshotKind.WINDOW
    assert found.notes == ("the page says that it has 9 posts, 3 were found",)
    assert snapshot(PAGE.replace("3 Posts\n", "")).kind is SnapshotKind.WINDOW


def test_a_post_without_headline_gets_its_first_sentence() -> None:
    found = snapshot(PAGE + "\n5:00 a.m. ET, March 4, 2026\n\nOur live coverage has moved. Follow it here.\n")
    last = found.posts[-1]
    assert (last.title, last.title_is_derived) == ("Our live coverage has moved.", True)
    assert last.text == "Our live coverage has moved. Follow it here."


def test_lines_without_empty_ones_between_are_paragraphs() -> None:
    found = snapshot("Storm\n10:15 BST, 4 March 2026\nThe quay is shut\nIt was shut at dawn.\nNobody is hurt.\n")
    assert (found.posts[0].title, found.posts[0].text) == (
        "The quay is shut",
        "It was shut at dawn.\n\nNobody is hurt.",
    )


@pytest.mark.parametrize(
    ("line", "utc"),
    [
        ("11:59 p.m. ET, July 12, 2023", "2023-07-13T03:59"),
        ("11:59 p.m. ET, January 12, 2023", "2023-01-13T04:59"),
        ("12:18 a.m. ET, July 14, 2023", "2023-07-14T04:18"),
        ("12:00 PM PT, March 4, 2026", "2026-03-04T20:00"),
        ("10:15 BST, 4 July 2025", "2025-07-04T09:15"),
        ("14.02 GMT, Wednesday, March 4, 2026", "2026-03-04T14:02"),
        ("March 4, 2026, 2:02 p.m. EST", "2026-03-04T19:02"),
        ("2026-03-04 14:02 UTC", "2026-03-04T14:02"),
        ("4 Mar 2026 at 14:02", "2026-03-04T13:02"),
        ("7:05 p.m.", "2026-03-04T18:05"),
    ],
)
def test_times_as_pages_show_them(line: str, utc: str) -> None:
    found = snapshot(f"Storm, March 4, 2026\n\n{line}\n\nThe quay is shut\n\nSince dawn.\n", timezone="Europe/Paris")
    assert found.posts[0].published_at == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("line", ["4m ago", "2 hr 13 min ago"])
def test_a_relative_time_begins_a_post_and_is_no_time(line: str) -> None:
    found = snapshot(f"Storm\n\n{line}\n\nThe quay is shut\n\nSince dawn.\n")
    assert (found.posts[0].title, found.posts[0].published_at) == ("The quay is shut", None)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "2:1",
        "25:00 UTC",
        "13:00 p.m.",
        "10:75",
        "10:15 XYZ",
        "At 10:15 BST the quay was shut",
        "July 12, 2023",
        "10:15 " * 20,
    ],
)
def test_other_lines_are_no_times(line: str) -> None:
    assert clock_in(line) is None


def test_a_score_on_a_line_of_its_own_begins_no_post_where_times_are_plain() -> None:
    found = snapshot(PAGE.replace("Storms cost", "The match ended\n\n12:10\n\nStorms cost"))
    assert len(found.posts) == 3


def test_text_without_times_is_no_live_blog() -> None:
    with pytest.raises(NotReadable, match="text without posts that begin with a time"):
        snapshot("Just a letter.\n\nNothing else.")
    with pytest.raises(NotReadable, match="no line that is only a time"):
        snapshot("Just a letter.", format="text")


@pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured page is not beside the repository")
def test_the_captured_page_has_its_seven_posts() -> None:
    found = captured("pages/CNN_2023_07_13.txt")
    assert (found.kind, len(found.posts), len({post.key for post in found.posts})) == ("full", 7, 7)
    assert [post.pinned for post in found.posts] == [True] + [False] * 6
    assert found.posts[0].published_at == datetime(2023, 7, 13, 3, 59, tzinfo=UTC)
    assert sum(post.published_at == datetime(2023, 7, 13, 8, 12, tzinfo=UTC) for post in found.posts) == 3
    assert not any(name.startswith("From") or "CNN's" in name for post in found.posts for name in post.authors)
    sentences = [line for post in found.posts for line in post.text.split("\n") if len(line) > 60]
    assert len(sentences) == len(set(sentences))
