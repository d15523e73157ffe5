"""Which plain words stand in a post."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.words import kept, searchable, shown, typed, unkept


@pytest.mark.parametrize(
    ("word", "text", "stands"),
    [
        ("ferry", "The FERRY is late.", True),
        ("ferry", "Two ferryboats are late.", False),
        ("ferry", "The ferry's captain", True),
        ("Malaga", "Rain in Málaga", True),
        ("Málaga", "Rain in Malaga", True),
        ("ёлка", "Елка горит", True),
        ("мой", "мои книги", False),
        ("Київ", "КИЇВ", True),
        ("київ", "киів", False),
        ("Istanbul", "İSTANBUL", True),
        ("ışık", "IŞIK", True),
        ("Lodz", "Łódź", True),
        ("مدرسة", "المَدْرَسَة مَدْرَسَة", True),
        ("कश्मीर", "कश्मीर में बर्फ", True),
        ("कश", "कश्मीर में बर्फ", False),
        ("停電", "東京で停電が続く", True),
        ("電停", "東京で停電が続く", False),
        ("ไฟ", "ไฟฟ้าดับ", True),
        ("power cut", "A power\ncut again", True),
        ("power cut", "A power line was cut", False),
        ("e-mail", "E‑mail and e mail", True),
        ("mail", "e-mail", True),
        ("COVID-19", "covid 19", True),
        ("f.*", "ferry", False),
        ("%", "50%", False),
        ("a_b", "a b", True),
        ("straße", "STRASSE", True),
        ("ｆｅｒｒｙ", "ferry", True),
    ],
)
def test_a_word_is_found_whole_in_any_case_and_with_or_without_accents(word: str, text: str, stands: bool) -> None:
    assert (bool(typed(word)) and searchable(None, text).holds(typed(word))) is stands


def test_headline_text_and_topics_are_looked_at_and_no_word_reaches_across() -> None:
    said = searchable("Harbour news", "Ferries late", ("old-town",))
    assert all(said.holds(typed(word)) for word in ("harbour", "late", "old town"))
    assert not any(said.holds(typed(word)) for word in ("news ferries", "late old"))


@pytest.mark.parametrize("nothing", ["", "  ", "-", "***", '"', "…", "_"])
def test_what_has_no_letter_or_digit_is_no_word(nothing: str) -> None:
    assert typed(nothing) == ""


@pytest.mark.parametrize(
    ("word", "read"), [("Power  Cut", "power cut"), ("停電", "停電"), ("Málaga", "málaga"), ("NATO 加盟", "nato 加盟")]
)
def test_people_read_a_word_nearly_as_they_typed_it(word: str, read: str) -> None:
    assert shown(typed(word)) == read


@given(st.lists(st.text(max_size=12).map(typed).filter(bool), max_size=6, unique=True))
def test_kept_words_come_back_and_stand_between_spaces(words: list[str]) -> None:
    forms = kept(words)
    assert not any(form.split() != [form] for form in forms)
    assert set(unkept(forms)) <= set(words)
    assert kept(unkept(forms)) == tuple(dict.fromkeys(kept(unkept(forms))))
    assert set(kept(unkept(forms))) == set(forms)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_typed_word_stands_in_the_text_it_was_taken_from(before: str, word: str) -> None:
    typed_word = typed(word)
    if typed_word:
        assert searchable(None, f"{typed_word.replace('_', ' ')} . x").holds(typed_word)


@given(st.text(max_size=40))
def test_what_is_typed_stays_when_it_is_typed_again(word: str) -> None:
    assert typed(shown(typed(word))) == typed(word)
