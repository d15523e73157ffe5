"""What a correction makes of the words an editor typed, and when two posts are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.corrections import of_a_blog, says_the_same
from bot.core.entities import units
from bot.core.model import Entity

LONG = "The water at the old bridge has risen by two metres since noon and the road is closed to all."


@pytest.mark.parametrize(
    ("typed", "headline", "title", "text"),
    [
        ("Two boats lost\nA third came home.", True, "Two boats lost", "A third came home."),
        ("Two boats lost\n\nA third\n\ncame home.", True, "Two boats lost", "A third\n\ncame home."),
        ("Two boats lost", True, "Two boats lost", ""),
        ("Two boats are lost.", False, "Two boats are lost.", "Two boats are lost."),
        ("Two boats\nare lost.", False, "Two boats", "Two boats\nare lost."),
    ],
)
def test_the_first_line_is_the_headline_of_what_has_one(typed: str, headline: bool, title: str, text: str) -> None:
    found = of_a_blog(typed, (), has_headline=headline)
    assert (found.title, found.text, found.title_is_derived) == (title, text, not headline)


def test_formatting_moves_with_the_text_and_what_lay_in_the_headline_falls_away() -> None:
    typed = "🌊 High water\nstay away from 🌊 the quay"
    spans = [("High water\nstay", "bold"), ("High", "italic"), ("the quay", "underline")]
    entities = [
        Entity(type=kind, offset=units(typed[: typed.index(words)]), length=units(words)) for words, kind in spans
    ]
    found = of_a_blog(typed, entities)
    covered = [
        (one.type, found.text.encode("utf-16-le")[2 * one.offset : 2 * (one.offset + one.length)].decode("utf-16-le"))
        for one in found.entities
    ]
    assert sorted(covered) == [("bold", "stay"), ("underline", "the quay")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("A", LONG), ("B", LONG), True),
        (("A", LONG), ("B", LONG.upper()), True),
        (("A", LONG), ("B", LONG.replace("the road", "the whole road")), True),
        (("A", LONG), ("A", LONG.replace("two", "3")), False),
        (("A", "The 14:05 ferry is late."), ("A", "The 14:35 ferry is late."), False),
        (("A", "Two boats lost."), ("A", "Two boats found."), False),
        (("Two boats are lost", ""), ("Two boats are lost!", ""), True),
        (("Summary", ""), ("Summary", ""), False),
        (("Two boats are lost", ""), ("Two boats are lost", LONG), False),
        ((None, ""), (None, ""), False),
    ],
)
def test_what_says_the_same_is_the_same_post(
    one: tuple[str | None, str], other: tuple[str | None, str], same: bool
) -> None:
    assert says_the_same(*one, *other) is same
    assert says_the_same(*other, *one) is same


@given(st.text(max_size=80), st.text(max_size=200), st.text(max_size=80), st.text(max_size=200))
def test_whatever_two_posts_say_it_does_not_matter_which_came_first(a: str, b: str, c: str, d: str) -> None:
    assert says_the_same(a, b, c, d) is says_the_same(c, d, a, b)


@given(st.text(max_size=300), st.booleans())
def test_no_typed_text_breaks_a_correction(typed: str, headline: bool) -> None:
    found = of_a_blog(typed, [Entity(type="bold", offset=0, length=units(typed) or 1)], has_headline=headline)
    assert all(one.offset + one.length <= units(found.text) for one in found.entities) or not headline
