"""The place where the words of a search stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.entities import units
from bot.core.snippets import LONGEST, snippet

LONG = (
    "Nothing at all happened here. " * 20 + "Then the ferry to São Jorge left the quay. " + "And more rain fell. " * 20
)


def bold(text: str, words: str) -> list[str]:
    found = snippet(text, words.split())
    assert found is not None
    raw = found.text.encode("utf-16-le")
    return [raw[2 * one.offset : 2 * (one.offset + one.length)].decode("utf-16-le") for one in found.entities]


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        (LONG, "ferry", ["ferry"]),
        (LONG, "FERRY quay", ["ferry", "quay"]),
        (LONG, "sao jor", ["São", "Jorge"]),
        ("The ferryman took the ferry.", "ferry boat", ["ferry"]),
        ("The ferryman took the ferry.", "ferry", ["ferryman", "ferry"]),
        ("気象庁によると震度6強。東京で大地震。", "地震", ["地震"]),
        ("気象庁によると震度6強。東京で大地震。", "震度 東京", ["震度", "東京"]),
        ("नई दिल्ली में बैठक शुरू हुई।", "दिल्ली", ["दिल्ली"]),
        ("أخبار اليوم من غزة", "غزة", ["غزة"]),
        ("🎈🎈 Київ сьогодні", "київ", ["Київ"]),
    ],
)
def test_the_words_stand_in_bold_in_any_case_and_script(text: str, words: str, marked: list[str]) -> None:
    assert bold(text, words) == marked


def test_the_words_are_shown_with_what_stands_around_them() -> None:
    found = snippet(LONG, ["ferry", "quay"])
    assert found is not None
    assert (found.text[0], found.text[-1]) == ("…", "…")
    assert "Then the ferry to São Jorge left the quay." in found.text
    assert units(found.text) <= LONGEST


def test_the_place_with_the_most_of_the_words_is_shown() -> None:
    found = snippet(
        "A ferry. " + "Rain fell on the town all day long. " * 20 + "A ferry left the quay.", ["ferry", "quay"]
    )
    assert found is not None
    assert found.text.endswith("A ferry left the quay.")


def test_a_short_text_is_shown_whole_on_one_line() -> None:
    found = snippet("The ferry\n\nleft.", ["ferry"])
    assert found is not None
    assert found.text == "The ferry left."


@pytest.mark.parametrize("words", [["bicycle"], ["ferr", "quay"][:0], ["*"]])
def test_words_that_stand_in_the_headline_alone_have_no_snippet(words: list[str]) -> None:
    assert snippet("Nothing of it.", words) is None


@given(text=st.text(max_size=600), word=st.text(min_size=1, max_size=3))
def test_no_snippet_is_too_long_or_marks_what_is_not_there(text: str, word: str) -> None:
    found = snippet(text, [word])
    if found is not None:
        assert units(found.text) <= LONGEST
        assert all(one.offset >= 0 and one.offset + one.length <= units(found.text) for one in found.entities)
        assert all(one.length > 0 for one in found.entities)
