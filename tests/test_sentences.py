"""Where sentences end, told by what stands before each end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.clusters import is_joined
from bot.core.sentences import sentence_ends, whole_sentences
from tests.telegram_rules import any_text, unhurried


def sentences(text: str, language: str = "en") -> list[str]:
    ends = list(sentence_ends(text, language))
    return [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize(
    "told",
    [
        ["It stopped at 2 p.m. ET on Monday.", "It went on at 9 a.m.", "Nobody knew.", "5 p.m. GMT."],
        ["It lasted from 2 P.M. to 3 p. m. Eastern.", "Then it rained."],
        ["The order came from Gen. Ada Byron.", "Lt. Gov. Ann Lee objected."],
        ["Tori B. Lane and J. Doe report.", "More soon."],
        ["The U.S. President spoke.", "He left."],
        ["It is approx. 5 km away, i.e. near.", "See No. 7."],
        ["“Go! Now,” he said.", "He left."],
        ["Did he see No. 7?", "No.", "He left."],
        ["1. The ferry sank.", "All are safe."],
        ["これは文です。", "次の文です。"],
    ],
)
def test_a_sentence_ends_where_a_reader_would_end_it(told: list[str]) -> None:
    japanese = told[0].startswith("これ")

    assert sentences(("" if japanese else " ").join(told), "ja" if japanese else "en-GB") == told


def test_a_line_break_ends_a_sentence_and_an_empty_line_is_none() -> None:
    assert sentences("A line without a stop\nand the next\n\n \n• A point. Another.\n") == [
        "A line without a stop",
        "and the next",
        "• A point.",
        "Another.",
    ]


@pytest.mark.parametrize("text", ["Wow‼\ufe0f That was close.", "Stop.\u0301 Go.", "这是。\u0301文", "Go!\u200dOn."])
def test_what_looks_like_an_end_inside_a_character_is_none(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "room", "whole"),
    [
        ("One is here. Two is there. Three.", 32, "One is here. Two is there."),
        ("One is here. Two is there. Three.", 26, "One is here. Two is there."),
        ("One is here. Two is there. Three.", 25, "One is here."),
        ("One is here. Two is there. Three.", 11, ""),
        ("One is here. Two is there. Three.", 0, ""),
        ("One is here. This is known: two is there.", 30, "One is here."),
        ("One is here. This is known:\nTwo is known:\nThree.", 45, "One is here."),
        ("This is known:\nTwo is there and goes on.", 20, "This is known:"),
        ("a word" + " " * 400 + "and another", 50, ""),
        ("One is here. At 5 p." + "m. ET" * 100, 20, "One is here."),
    ],
)  # fmt: skip
def test_of_a_longer_text_whole_sentences_fit(text: str, room: int, whole: str) -> None:
    assert text[: whole_sentences(text, room, "en")] == whole


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u202f", "\u3000", "\u0085"])
def test_a_wide_space_before_a_stop_stops_nobody(space: str) -> None:
    """The library breaks on a capital before it, with a panic that is no Exception."""
    assert list(sentence_ends(f"Vitamin A{space}. Then more.", "en"))[-1] == len("Vitamin A . Then more.")


def test_a_line_that_the_library_breaks_on_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    panic = type("PanicException", (BaseException,), {})

    def break_(language: str, line: str) -> list[str]:
        raise panic

    monkeypatch.setattr("bot.core.sentences.sentencex.segment", break_)
    assert list(sentence_ends("One. Two.\nThree. Four.", "en")) == [9, 22]


@unhurried
@given(any_text, st.sampled_from(["en", "de", "xx", "", "pt_BR"]))
def test_ends_ascend_to_the_end_of_the_text_and_part_no_character(text: str, language: str) -> None:
    ends = list(sentence_ends(text, language))

    assert ends == sorted(set(ends))
    assert not any(text[end - 1].isspace() or is_joined(text, end) for end in ends)
    assert ends[-1:] == ([len(text.rstrip())] if text.strip() else [])
