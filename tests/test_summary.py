"""The first sentences of a post, as many as fit, each of them whole."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.entities import units
from bot.core.model import Post
from bot.core.summary import first_sentence, headline_of, summary
from bot.core.writing import paragraphs

THREE = "The ferry left at noon. It carried forty people. Nobody was hurt."


def of(text: str, limit: int, language: str = "en", own: str | None = None) -> str:
    return summary(Post(key="p1", text=text, summary=own), limit, language)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (600, THREE),
        (60, "The ferry left at noon. It carried forty people."),
        (24, "The ferry left at noon."),
        (23, "The ferry left at noon."),
        (20, "The ferry left at…"),
    ],
)
def test_as_many_whole_sentences_as_fit(limit: int, expected: str) -> None:
    assert of(THREE, limit) == expected


def test_the_publishers_own_summary_comes_first() -> None:
    assert of(THREE, 600, own="In short: all safe.") == "In short: all safe."


def test_a_summary_in_which_nobody_sees_anything_is_none() -> None:
    assert of(THREE, 600, own=" \x00\u200b ") == THREE


def test_it_is_counted_as_telegram_keeps_it() -> None:
    assert of("The ferry\x00 left\r\nat noon.\n\n\n\n It came back.", 30) == "The ferry left\nat noon."


def test_a_short_first_sentence_is_left_alone_rather_than_the_second_one_broken() -> None:
    assert of("He left. Many " + "word " * 200, 600) == "He left."


def test_paragraphs_stay_apart() -> None:
    assert of("One is here.\n\nTwo is there. Three is gone.", 27) == "One is here.\n\nTwo is there."


def test_an_announcement_is_not_left_without_what_it_announces() -> None:
    text = "Power is out in the north. Here is what we know:\n\n• The first long thing that is known so far."
    assert of(text, 60) == "Power is out in the north."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("It began at 4 p.m. ET on Monday. Then it rained.", "It began at 4 p.m. ET on Monday."),
        ("It began at 9 a.m. Officials said nothing.", "It began at 9 a.m."),
        ("Gen. Ada Byron was dismissed. She left.", "Gen. Ada Byron was dismissed."),
        ("Lt. Gov. Ann Lee spoke. Others did not.", "Lt. Gov. Ann Lee spoke."),
        ("Tori B. Lane reports. More soon.", "Tori B. Lane reports."),
        ("About approx. 5 km away. That is near.", "About approx. 5 km away."),
        ("The U.S. President spoke. He left.", "The U.S. President spoke."),
        ("“It will be! For the first time,” he said. He left.", "“It will be! For the first time,” he said."),
        ("A line without a stop\nand the next", "A line without a stop"),
        ("• A point. Another.", "A point."),
        ("これは文です。次の文です。", "これは文です。"),
        ("", ""),
    ],
)
def test_the_first_sentence_ends_where_a_reader_would_end_it(text: str, sentence: str) -> None:
    assert first_sentence(text, "ja" if text.startswith("これ") else "en-GB") == sentence


def test_a_headline_from_a_long_sentence_ends_with_an_ellipsis_after_a_word() -> None:
    title = headline_of("word " * 40 + "end.", "en")
    assert title is not None
    assert title.endswith("word…")
    assert units(title) <= 100


def test_no_text_gives_no_headline() -> None:
    assert headline_of("  \n ", "en") is None


def test_a_family_of_four_is_not_parted() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    cut = of(family * 9, 20)
    assert cut == family + "…"


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.integers(0, 300),
    st.sampled_from(["en", "de", "xx", ""]),
)
def test_it_always_fits_and_begins_as_the_text_does(text: str, limit: int, language: str) -> None:
    short = of(text, limit, language)
    assert units(short) <= limit
    assert paragraphs(text).startswith(short.removesuffix("…"))


@given(st.lists(st.sampled_from(["a\u0301", "é", "👍🏽", "🇫🇷", "क्षि", "x", " "]), min_size=1), st.integers(0, 40))
def test_a_cut_never_parts_a_character(signs: list[str], limit: int) -> None:
    text = paragraphs("".join(signs))
    short = of(text, limit)
    rest = text[len(short.removesuffix("…")) :]
    assert not rest or not unicodedata.combining(rest[0])
    assert not rest.startswith(("🏽", "\u200d"))


@given(st.text(alphabet="abc def.!? ", min_size=1), st.integers(1, 60))
def test_words_are_whole_unless_half_of_the_room_would_be_lost_to_one(text: str, limit: int) -> None:
    *whole, last = of(text, limit).removesuffix("…").split() or [""]
    words = text.split()
    assert whole == words[: len(whole)]
    assert last in ("", *words[len(whole) : len(whole) + 1]) or 2 * len(last) >= limit - 3
