"""What people type after a command, in the ways people type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.arguments import (
    Name,
    blog_in,
    channel_in,
    find_blog,
    find_topic,
    nearest,
    number_in,
    spoken,
    topics_in,
)

STORM = Name(id="storm", title="Storm over the harbour")
STORMY = Name(id="stormy", title="Stormy weather desk")
ELECTION = Name(id="election", title="Election night")
YEAR = Name(id="2024", title="The year in short")
BLOGS = [STORM, STORMY, ELECTION, YEAR]
FERRIES = Name(id="ferries", title="Ferries")
OLD_TOWN = Name(id="old-town", title="Old Town")
TOWN = Name(id="town", title="Town hall")
TOPICS = [FERRIES, OLD_TOWN, TOWN]


@pytest.mark.parametrize(
    ("text", "name", "bot", "rest"),
    [
        ("/latest", "latest", None, ""),
        ("/LATEST storm", "latest", None, "storm"),
        ("/latest@relay_bot 5", "latest", "relay_bot", "5"),
        ("/push\nHello", "push", None, "Hello"),
        ("/start storm_ferries", "start", None, "storm_ferries"),
    ],
)
def test_a_command_is_its_word_perhaps_a_bot_and_the_rest(text: str, name: str, bot: str | None, rest: str) -> None:
    said = spoken(text)
    assert said is not None
    assert (said.name, said.bot, text[said.end :]) == (name, bot, rest)


@pytest.mark.parametrize("text", ["", "hello", " /latest", "/", "/über", "/latest/more", "see /latest", "/latest@"])
def test_what_is_no_command_is_none(text: str) -> None:
    assert spoken(text) is None


@pytest.mark.parametrize(
    ("text", "ours"), [("/id", True), ("/id@relay_bot", True), ("/id@Relay_Bot", True), ("/id@other_bot", False)]
)
def test_a_command_that_names_another_bot_is_not_for_us(text: str, ours: bool) -> None:
    said = spoken(text)
    assert said is not None
    assert said.is_for("relay_bot") is ours


@pytest.mark.parametrize(
    ("words", "number", "rest"),
    [
        ("", None, ""),
        ("5", 5, ""),
        ("storm 5", 5, "storm"),
        ("5 storm", 5, "storm"),
        ("-3", -3, ""),
        ("0", 0, ""),
        ("2024", None, "2024"),
        ("2024 5", 5, "2024"),
        ("5 6", 5, "6"),
        ("9999999999999999999999", 9999999999999999999999, ""),
        ("five", None, "five"),
        ("5.5", None, "5.5"),
    ],
)
def test_a_number_stands_before_or_after_the_blog(words: str, number: int | None, rest: str) -> None:
    assert number_in(words.split(), BLOGS) == (number, rest.split())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("storm", STORM),
        ("STORM", STORM),
        ("storm over", STORM),
        ("Storm  Over The Harbour", STORM),
        ("stormy", STORMY),
        ("stormy w", STORMY),
        ("e", ELECTION),
        ("2024", YEAR),
        ("sto", None),  # two titles begin so
        ("harbour", None),
        ("elect", ELECTION),
        ("electon", None),
        ("", None),
    ],
)
def test_a_blog_is_named_by_its_id_or_the_beginning_of_one_title(asked: str, found: Name | None) -> None:
    assert find_blog(asked, BLOGS) == found


@pytest.mark.parametrize(
    ("words", "found", "rest"),
    [
        ("storm ferries", STORM, "ferries"),
        ("ferries STORM", STORM, "ferries"),
        ("ferries storm old town", STORM, "ferries old town"),
        ("election night turnout", ELECTION, "turnout"),
        ("turnout election night", ELECTION, "turnout"),
        ("ferries", None, "ferries"),
        ("", None, ""),
    ],
)
def test_blog_and_topics_come_in_any_order(words: str, found: Name | None, rest: str) -> None:
    assert blog_in(words.split(), BLOGS) == (found, rest.split())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("ferries", FERRIES),
        ("#Ferries", FERRIES),
        ("old town", OLD_TOWN),
        ("old-town", OLD_TOWN),
        ("#old_town", OLD_TOWN),
        ("OLD  TOWN", OLD_TOWN),
        ("town hall", TOWN),
        ("ferry", None),
        ("", None),
        ("#", None),
    ],
)
def test_a_topic_is_found_as_people_write_it(asked: str, found: Name | None) -> None:
    assert find_topic(asked, TOPICS) == found


@pytest.mark.parametrize(
    ("words", "found", "unknown"),
    [
        ("ferries old town", [FERRIES, OLD_TOWN], []),
        ("old town hall", [OLD_TOWN], ["hall"]),
        ("town hall, ferries", [TOWN, FERRIES], []),
        ("ferries ferries", [FERRIES], []),
        ("boats, trains", [], ["boats", "trains"]),
        ("", [], []),
    ],
)
def test_several_topics_are_told_apart_without_quotes(words: str, found: list[Name], unknown: list[str]) -> None:
    assert topics_in(words.split(), TOPICS) == (found, unknown)


@pytest.mark.parametrize(
    ("words", "channel", "rest"),
    [
        ("storm @harbour_news ferries", "@harbour_news", "storm ferries"),
        ("@harbour_news", "@harbour_news", ""),
        ("storm -1001234567890", "-1001234567890", "storm"),
        ("storm -5", None, "storm -5"),
        ("storm @ab", None, "storm @ab"),
        ("storm", None, "storm"),
    ],
)
def test_a_channel_is_named_by_its_name_or_its_number(words: str, channel: str | None, rest: str) -> None:
    assert channel_in(words.split()) == (channel, rest.split())


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("strom", STORM), ("electon", ELECTION), ("harbour", STORM), ("zzzz", None), ("", None), ("2023", YEAR)],
)
def test_the_nearest_name_is_the_one_that_was_probably_meant(asked: str, meant: Name | None) -> None:
    assert nearest(asked, BLOGS) == meant


@given(st.lists(st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=8), max_size=6))
def test_no_words_are_lost_and_none_are_invented(words: list[str]) -> None:
    blog, rest = blog_in(words, BLOGS)
    assert (len(rest) < len(words)) if blog else (rest == words)
    topics, unknown = topics_in(words, TOPICS)
    assert len(unknown) + len(topics) <= len(words)
    assert set(unknown) <= {word.strip(",;") for word in words}
