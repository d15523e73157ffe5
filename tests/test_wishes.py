"""What a subscription wants, and how wishes add up."""

from __future__ import annotations

import pytest

from bot.core.wishes import Wish
from bot.core.words import searchable

ALL = Wish()


@pytest.mark.parametrize(
    ("wish", "text", "topics", "wanted"),
    [
        (ALL, "anything", (), True),
        (Wish(topics=("nato",)), "anything", ("nato",), True),
        (Wish(topics=("nato",)), "anything", (), False),
        (Wish(words=("bakhmut",)), "In Bakhmut", (), True),
        (Wish(topics=("nato",), words=("bakhmut",)), "In Bakhmut", (), True),
        (Wish(topics=("nato",), words=("bakhmut",)), "In Kyiv", ("nato",), True),
        (Wish(words=("bakhmut",)), "In Kyiv", (), False),
        (Wish(without=("football",)), "In Kyiv", (), True),
        (Wish(without=("football",)), "Football", (), False),
        (Wish(words=("bakhmut",), without=("football",)), "Football in Bakhmut", (), False),
        (Wish(without=("old_town",)), "Quiet", ("old-town",), False),
    ],
)
def test_a_post_is_wanted_for_a_topic_or_a_word_and_kept_away_by_one(
    wish: Wish, text: str, topics: tuple[str, ...], wanted: bool
) -> None:
    assert wish.matches(topics, searchable(None, text, topics)) is wanted


@pytest.mark.parametrize(
    ("before", "more", "now"),
    [
        (Wish(topics=("nato",)), Wish(words=("bakhmut",)), Wish(topics=("nato",), words=("bakhmut",))),
        (Wish(words=("málaga",)), Wish(words=("malaga",)), Wish(words=("málaga",))),
        (Wish(topics=("nato",)), ALL, ALL),
        (Wish(topics=("nato",), without=("x",)), ALL, Wish(without=("x",))),
        (Wish(topics=("nato",)), Wish(without=("x",)), Wish(topics=("nato",), without=("x",))),
        (ALL, Wish(topics=("nato",)), ALL),
        (Wish(without=("x",)), Wish(words=("x",)), ALL),
        (Wish(without=("old_town",)), Wish(topics=("old-town",)), ALL),
        (ALL, Wish(topics=("nato",), without=("x",)), Wish(without=("x",))),
    ],
)
def test_wishes_add_up_and_the_whole_blog_takes_their_place(before: Wish, more: Wish, now: Wish) -> None:
    assert before.with_(more) == now
    assert now.with_(more) == now


@pytest.mark.parametrize(
    ("before", "fewer", "left"),
    [
        (Wish(topics=("nato", "eu")), Wish(topics=("nato",)), Wish(topics=("eu",))),
        (Wish(words=("málaga", "x")), Wish(words=("malaga",)), Wish(words=("x",))),
        (Wish(words=("x",)), Wish(words=("x",)), None),
        (Wish(topics=("nato",), without=("x",)), Wish(topics=("nato",)), None),
        (Wish(without=("x",)), Wish(words=("x",)), ALL),
        (Wish(without=("x",)), Wish(without=("x",)), ALL),
    ],
)
def test_what_is_taken_away_leaves_the_rest_or_nothing(before: Wish, fewer: Wish, left: Wish | None) -> None:
    assert before.less(fewer) == left


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        (ALL, Wish(words=("x",)), True),
        (Wish(words=("x",)), ALL, False),
        (Wish(without=("x",)), ALL, False),
        (ALL, Wish(without=("x",)), True),
        (Wish(topics=("a", "b")), Wish(topics=("a",)), True),
        (Wish(topics=("a",), words=("x",)), Wish(topics=("a",), words=("x",)), True),
        (Wish(topics=("a",), without=("x",)), Wish(topics=("a",), without=("x", "y")), True),
    ],
)
def test_a_wider_wish_drops_nothing(wide: Wish, narrow: Wish, covers: bool) -> None:
    assert wide.covers(narrow) is covers


def test_what_is_followed_and_left_out_at_once_is_a_conflict() -> None:
    assert Wish(words=("málaga",), without=("malaga",)).conflict() == "malaga"
    assert Wish(topics=("old-town",), without=("old_town",)).conflict() == "old_town"
    assert Wish(words=("x",), without=("y",)).conflict() is None
