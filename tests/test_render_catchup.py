"""How a catch-up looks, whatever stands in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.catchup import Catchup, counted
from bot.core.model import Relayed, Style
from bot.core.render_catchup import render_catchup
from bot.core.render_lists import TopicLine
from bot.core.texts import Texts
from bot.core.writing import units

NOW = datetime(2026, 5, 3, 14, 2, tzinfo=UTC)
T = Texts()
ARABIC = Texts(language="ar", locale=Texts.of("en").locale.parse("ar"))


def post(number: int, title: str = "Bridge shut") -> Relayed:
    at = NOW + timedelta(minutes=number)
    return Relayed(id=number, revision=1, blog="b", title=title, text="", url="https://b.example/1", first_seen_at=at)


def look(_: Relayed) -> Style:
    return Style()


def text(catchup: Catchup, t: Texts = T) -> str:
    return render_catchup(catchup, look, t, NOW + timedelta(hours=1)).text


BARE = Catchup(title=None, since=NOW, until=NOW + timedelta(hours=1))


def test_counts_key_events_and_the_latest_stand_in_one_glance() -> None:
    full = replace(
        BARE,
        key_events=(post(3, "Two boats lost"),),
        topics=(TopicLine(id="nato", title="NATO", posts=4), TopicLine(id="kyiv", title="Kyiv", posts=1)),
        latest=(post(2), post(1)),
        more=1200,
    )
    assert text(full) == (
        "Since 14:02 UTC\n1,203 posts · NATO: 4 · Kyiv: 1\n\nKey events\n14:05 UTC · Two boats lost\n\nLatest\n"
        "14:04 UTC · Bridge shut\n14:03 UTC · Bridge shut\nand 1,200 more"
    )


def test_where_nothing_happened_one_sentence_says_since_when() -> None:
    assert text(BARE) == "Nothing new since 14:02 UTC."
    assert text(replace(BARE, title="Harbour")) == "Nothing new in Harbour since 14:02 UTC."
    yesterday = replace(BARE, since=NOW - timedelta(days=1))
    assert text(yesterday) == "Nothing new since May 2, 14:02 UTC."


def test_pages_after_the_first_have_posts_alone() -> None:
    further = replace(BARE, title="Harbour", latest=(post(1),), first=False)
    assert text(further) == "Harbour, since 14:02 UTC\n14:03 UTC · Bridge shut"


@pytest.mark.parametrize("title", ["أخبار الميناء", "<b>x</b>", "x" * 5000, "@a #b $C " * 200, "\u202e\u2066"])
@pytest.mark.parametrize("t", [T, ARABIC])
def test_whatever_stands_in_it_it_fits_a_message(title: str, t: Texts) -> None:
    posts = tuple(post(n, title) for n in range(5))
    topics = tuple(TopicLine(id=f"t{n}", title=title, posts=n) for n in range(5))
    said = text(replace(BARE, title=title, key_events=posts, latest=posts, topics=topics, more=5), t)
    assert units(said) <= 4096
    assert said.count("\u2068") == said.count("\u2069")


def test_names_of_the_other_direction_are_set_apart() -> None:
    said = text(replace(BARE, title="أخبار", latest=(post(1, "غزة"),)))
    assert said.startswith("\u2068أخبار\u2069, since 14:02 UTC\n")
    assert "14:03 UTC · \u2068غزة\u2069" in said
    assert "\u2068Harbour\u2069" in text(replace(BARE, title="Harbour", latest=(post(1, "Quay"),)), ARABIC)


def test_the_most_used_topics_are_told_by_their_titles() -> None:
    assert [(line.title, line.posts) for line in counted({"a": 1, "b": 3, "c": 3}, {"b": "Bees"}, 2)] == [
        ("Bees", 3),
        ("c", 3),
    ]
