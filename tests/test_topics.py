"""Which topics a post belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import Topic
from bot.core.topics import slug, topics_of


def matches(word: str, text: str) -> bool:
    return topics_of(text, "", (), (Topic(id="it", title="It", words=(word,)),)) == ("it",)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("NATO", "NATO meets"),
        ("NATO", "nato’s plan"),
        ("nato", "a NATO-led force"),
        ("NATO", "(NATO)"),
        ("F-16", "two F-16 jets"),
        ("F-16", "two F\u201116 jets"),
        ("A&E", "A&E is full"),
        ("C++", "C++ is old"),
        (".NET", "the .NET people"),
        ("Black Sea", "over the Black\nSea"),
        ("O'Neill", "Mr O’Neill said"),
        ("Straße", "die STRASSE ist frei"),
        ("Київ", "у місті київ"),
        ("東京", "今日東京で雨"),
        ("हिन्दी", "यह हिन्दी है"),
    ],
)
def test_words_match_whole_in_any_case(word: str, text: str) -> None:
    assert matches(word, text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("NATO", "NATOs"),
        ("NATO", "donation"),
        ("art", "party start"),
        ("F-16", "two F-16s"),
        ("F-16", "F-160"),
        ("A&E", "A&EX"),
        ("a.c", "abc"),
        (".*", "anything"),
        ("Black Sea", "Black Seal"),
        ("हिन्द", "हिन्दी"),
        ("", "anything"),
        ("  ", "anything"),
    ],
)
def test_parts_of_words_and_patterns_do_not_match(word: str, text: str) -> None:
    assert not matches(word, text)


def test_headline_and_text_are_both_searched() -> None:
    topics = (Topic(id="sea", title="Sea", words=("harbour",)),)
    assert topics_of(None, "The harbour is shut.", (), topics) == ("sea",)
    assert topics_of("Harbour shut", "", (), topics) == ("sea",)


def test_a_phrase_does_not_reach_from_the_headline_into_the_text() -> None:
    topics = (Topic(id="nw", title="NW", words=("north west",)),)
    assert topics_of("Wind from the north", "West of here it rains.", (), topics) == ()


def test_the_publishers_tags_become_topics() -> None:
    assert topics_of("x", "", ("Russia-Ukraine war", "Kyiv!", "", "Kyiv"), ()) == ("russia-ukraine-war", "kyiv")


@pytest.mark.parametrize("tag", ["Air war", "air-war", "sky", "SKY"])
def test_a_tag_of_an_admins_topic_is_that_topic(tag: str) -> None:
    topics = (Topic(id="sky", title="Air war", words=()),)
    assert topics_of("x", "", (tag,), topics) == ("sky",)


def test_the_admins_topics_come_first_and_in_their_order() -> None:
    topics = (Topic(id="b", title="B", words=("two",)), Topic(id="a", title="A", words=("one",)))
    assert topics_of("one two", "", ("zebra",), topics) == ("b", "a", "zebra")


@pytest.mark.parametrize(
    ("tag", "topic"), [("A&E", "a-e"), ("Côte d’Ivoire", "côte-divoire"), ("  ", ""), ("путин", "путин")]
)
def test_tags_are_slugged(tag: str, topic: str) -> None:
    assert slug(tag) == topic


@given(st.text(), st.text(), st.lists(st.text()), st.text())
def test_any_words_may_stand_anywhere(title: str, text: str, tags: list[str], word: str) -> None:
    found = topics_of(title, text, tags, (Topic(id="it", title="It", words=(word,)),))
    assert len(found) == len(set(found))
