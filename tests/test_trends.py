"""What is trending: topics by their share, and the names that stand in the posts themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.model import Relayed
from bot.core.trends import names_in, trending, trending_names

NOW = datetime(2026, 5, 3, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("recent", "earlier", "found"),
    [
        ({"nato": 6, "kyiv": 6}, {"nato": 10, "kyiv": 100}, {"nato"}),
        ({"nato": 5, "kyiv": 50}, {"nato": 10, "kyiv": 100}, set()),
        ({"flood": 3, "kyiv": 9}, {"kyiv": 100}, {"flood"}),
        ({"flood": 2, "kyiv": 9}, {"kyiv": 100}, set()),
        ({"nato": 40}, {}, set()),
        ({}, {"nato": 40}, set()),
    ],
)
def test_a_topic_trends_when_its_share_doubles(
    recent: dict[str, int], earlier: dict[str, int], found: set[str]
) -> None:
    assert trending(recent, earlier) == found


@pytest.mark.parametrize(
    ("language", "title", "text", "names"),
    [
        ("en", "Storm hits Nova Scotia", "The premier, Tim Houston, spoke.", {"Nova Scotia", "Tim Houston"}),
        ("en", "", "Police said on Monday that the Bank of England is shut.", {"Bank of England"}),
        ("en", "", "Rain fell. Then Macron spoke to NATO. Macron left.", {"Macron", "NATO"}),
        ("en", "", "Ferries are late. Harbours are shut.", set()),
        ("en", "What We Know About The Storm In Nova Scotia", "", set()),
        (
            "en",
            "",
            "news of Macron’s plan, the U.S. Senate and St. Petersburg",
            {"Macron", "US Senate", "St Petersburg"},
        ),
        ("en-GB", "", "Breaking: The King spoke in May.", {"King"}),
        ("de", "", "Der Hafen und die Fähre warten auf Angela Merkel und die NATO.", {"Angela Merkel", "NATO"}),
        ("de", "", "Die Stadt Kiel meldet Schäden.", {"Stadt Kiel"}),
        ("fr", "", "Le président Emmanuel Macron est à Saint-Malo.", {"Emmanuel Macron", "Saint-Malo"}),
        ("uk", "", "Учора Володимир Зеленський приїхав.", {"Учора Володимир Зеленський"}),
        ("es", "", "El presidente de la Junta de Andalucía habló.", {"Junta de Andalucía"}),
        ("zh", "東京で大地震", "気象庁によると震度6強。", set()),
        ("ar", "مرحبا بالعالم", "أخبار اليوم من غزة", set()),
        ("xx", "Odd language", "Nobody knows Quux Baz.", {"Quux Baz"}),
        ("en", "", "X" * 200 + " Y" * 90, set()),
    ],
)
def test_names_are_capitalised_runs_as_far_as_capitals_say_something(
    language: str, title: str, text: str, names: set[str]
) -> None:
    assert names_in(f"{title}\n{text}", language) == names


def told(hours_ago: float, text: str, number: int = 0) -> tuple[Relayed, str]:
    at = NOW - timedelta(hours=hours_ago)
    return Relayed(id=number, revision=1, blog="storm", title=None, text=text, first_seen_at=at), "en"


def test_a_name_trends_when_far_more_of_the_recent_posts_have_it() -> None:
    posts = [told(20, "The mayor, Ann Lee, spoke.") for _ in range(10)]
    posts += [told(1, "The mayor, Ann Lee, and the captain of the Blue Marlin spoke.") for _ in range(4)]
    found = trending_names(posts, [], NOW)
    assert [(one.name, one.posts) for one in found] == [("Blue Marlin", 4)]
    assert trending_names(posts, ["blue-marlin"], NOW) == []
    assert trending_names(posts[10:], [], NOW) == []  # nothing to compare with


def test_of_names_that_share_a_word_the_one_that_is_spoken_of_more_is_told() -> None:
    posts = [told(20, "Rain.") for _ in range(10)]
    posts += [told(1, "So said Angela Merkel.") for _ in range(5)] + [
        told(2, "So said Merkel again.") for _ in range(3)
    ]
    assert [one.name for one in trending_names(posts, [], NOW)] == ["Angela Merkel"]


def test_no_more_than_a_few_names_are_told_each_fit_for_a_button() -> None:
    posts = [told(20, "Rain.") for _ in range(10)]
    posts += [told(1, ", ".join(f"with Mira Abc{chr(97 + n)}" for n in range(20))) for _ in range(5)]
    posts += [told(1, ", ".join(f"with Q{chr(97 + n)}x Abc{chr(97 + n)}" for n in range(20))) for _ in range(5)]
    found = trending_names(posts, [], NOW)
    assert len(found) == 5
    assert all(len(f"found:::{one.name}".encode()) <= 64 for one in found)
