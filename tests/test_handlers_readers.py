"""What readers ask, and what they are answered: with the real Application, over the local Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.newsroom import post
from tests.telegram_house import (
    ANN,
    ONE_BLOG,
    US,
    TelegramHouse,
    boats,
    carried,
    telegram_house,
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    """With one blog in the file."""
    async with telegram_house(tmp_path, ONE_BLOG) as one:
        yield one


# --- /start, /help, and what is no command --------------------------------------------------------------------------


async def test_start_greets_and_offers_the_blogs(house: TelegramHouse) -> None:
    greeting = await house.answer(ANN, "/start")
    assert "/help" in greeting.text
    assert carried(greeting) == ["follow:storm", "follow:election"]


@pytest.mark.parametrize(
    ("word", "said", "offered"),
    [
        ("storm", "Storm over the harbour", ["follow:storm"]),
        ("storm_ferries", "Ferries in the live blog Storm over the harbour", ["follow:storm:ferries"]),
        (
            "storm_trains",
            "That topic is not here any more; this is its live blog, Storm over the harbour",
            ["follow:storm"],
        ),
        ("regatta", "not here any more", ["follow:storm", "follow:election"]),
    ],
)
async def test_a_deep_link_offers_just_what_it_names(
    house: TelegramHouse, word: str, said: str, offered: list[str]
) -> None:
    answer = await house.answer(ANN, f"/start {word}")
    assert said in answer.text
    assert carried(answer) == offered


async def test_a_blogs_button_follows_it_at_once_and_only_once(house: TelegramHouse) -> None:
    greeting = await house.answer(ANN, "/start")
    assert (await house.telegram.press(ANN, ANN, greeting.id, "follow:storm")).text.startswith("You now follow Storm")
    await house.newest_says(ANN, "/latest storm shows the newest")
    assert (await house.telegram.press(ANN, ANN, greeting.id, "follow:storm")).text.startswith("You already follow")
    assert await house.follows(ANN) == {"storm": ()}


async def test_help_lists_what_a_reader_may_ask_and_nothing_else(house: TelegramHouse) -> None:
    said = await house.ask(ANN, "/help")
    assert all(f"/{name}" in said for name in ("start", "latest", "topic", "subscribe", "privacy", "forget", "id"))
    assert not any(f"/{name}" in said for name in ("push", "hold", "release", "status", "reload"))
    assert "The Harbour Post" in said
    assert "desk@harbour.example" in said


async def test_nothing_typed_in_private_is_left_unanswered(house: TelegramHouse) -> None:
    assert "/help" in await house.ask(ANN, "what is going on?")
    assert "/help" in await house.ask(ANN, "/weather")
    assert "/help" in await house.ask(ANN, "/")
    assert "/help" in await house.ask(ANN, photo=b"\x89PNG\r\n\x1a\nabc")


async def test_the_pictures_of_an_album_are_answered_once(house: TelegramHouse) -> None:
    for n in range(6):
        said = house.telegram.chats[ANN].by_id[house.telegram.say(ANN, ANN, photo=f"https://pictures.example/{n}.jpg")]
        assert said.photo is not None
        house.telegram.first_bot.updates.waiting[-1]["message"]["media_group_id"] = "one album"
    await house.newest_says(ANN, "I understand commands only; /help lists them.")
    await house.ask(ANN, "/id")
    assert [one.text.partition(":")[0] for one in house.said(ANN)][:2] == [
        "I understand commands only; /help lists them.",
        "This chat",
    ]
    assert len(house.said(ANN)) == 2


async def test_command_words_are_read_in_any_case_and_may_carry_our_name(house: TelegramHouse) -> None:
    assert "Live blogs" in await house.ask(ANN, "/BLOGS")
    assert "Live blogs" in await house.ask(ANN, f"/blogs@{US.upper()}")


async def test_replies_are_in_the_persons_language_as_far_as_there_is_one(house: TelegramHouse) -> None:
    house.telegram.add_user(2050, "Zoé", "fr-CA")
    await house.ask(2050, "/start")
    known = await house.room.store.chat("main", 2050)
    assert known is not None
    assert known.language == "fr-CA"


# --- /blogs, /latest ------------------------------------------------------------------------------------------------


async def test_blogs_says_which_are_live_and_when_they_last_said_something(house: TelegramHouse) -> None:
    await house.room.publish(*boats(1))
    said = await house.ask(ANN, "/blogs")
    assert "Storm over the harbour (storm) · live · last post" in said
    assert "Election night (election) · not read yet · no posts yet" in said


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("", 5),
        ("storm", 5),
        ("storm 2", 2),
        ("2 storm", 2),
        ("2 STORM", 2),
        ("3", 3),
        ("storm over 3", 3),
        ("20", 20),
        ("election", 0),
    ],
)
async def test_latest_shows_the_newest_posts(house: TelegramHouse, words: str, count: int) -> None:
    await house.room.publish(*boats(22))
    said = await house.ask(ANN, f"/latest {words}")
    assert said.count("About boat-") == count
    assert ("About boat-21" in said) is (count > 0)


async def test_latest_shows_twenty_at_most_and_says_so(house: TelegramHouse) -> None:
    await house.room.publish(*boats(25))
    said = await house.ask(ANN, "/latest storm 500")
    assert said.count("About boat-") == 20
    assert "the newest 20" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("0", "How many posts? A number from 1 to 20"),
        ("-4 storm", "How many posts? A number from 1 to 20"),
        ("strom", "I know no live blog “strom”; did you mean Storm over the harbour (storm)? /blogs lists them."),
        ("zzzz", "I know no live blog “zzzz”; /blogs lists them."),
        ("storm ferries", "I know no live blog “storm ferries”"),
    ],
)
async def test_a_wrong_argument_gets_one_helpful_sentence(house: TelegramHouse, words: str, sentence: str) -> None:
    said = await house.ask(ANN, f"/latest {words}")
    assert said.startswith(sentence)
    assert "\n" not in said


async def test_latest_links_headlines_and_has_no_link_preview(house: TelegramHouse) -> None:
    await house.room.publish(*boats(1))
    answer = await house.answer(ANN, "/latest")
    links = [entity for entity in answer.entities if entity["type"] == "text_link"]
    assert [link["url"] for link in links] == ["https://blog.example/live#boat-0"]
    assert answer.preview == {"is_disabled": True}


async def test_what_an_endless_headline_says_is_never_longer_than_a_message(house: TelegramHouse) -> None:
    await house.room.publish(*(post(f"p{n}", "Wind. " * 900, title=f"Storm {n} " * 90) for n in range(20)))
    assert len(await house.ask(ANN, "/latest 20")) <= 4096


async def test_a_withdrawn_post_is_in_no_answer_any_more(house: TelegramHouse) -> None:
    await house.room.publish(*boats(2))
    await house.room.take_away("boat-1")
    for command in ("/latest", "/topic ferries", "/search ferry"):
        assert "boat-1" not in await house.ask(ANN, command)


# --- /topic, /search ------------------------------------------------------------------------------------------------


async def test_topic_alone_lists_topics_with_counts_the_admins_first(house: TelegramHouse) -> None:
    await house.room.publish(*boats(3), post("c", "A dry day.", tags=("Rescue boats",)))
    lines = (await house.ask(ANN, "/topic")).splitlines()
    assert lines[1] == "Ferries · 3 posts"
    assert lines[2] == "Old Town (old-town) · 0 posts"
    assert lines[-1] == "rescue-boats · 1 post"


@pytest.mark.parametrize("name", ["ferries", "FERRIES", "#ferries", "Ferries"])
async def test_topic_shows_its_posts_and_a_button_to_follow_it(house: TelegramHouse, name: str) -> None:
    await house.room.publish(*boats(2), post("dry", "A dry day."))
    answer = await house.answer(ANN, f"/topic {name}")
    assert "About boat-1" in answer.text
    assert "About dry" not in answer.text
    assert carried(answer) == ["follow:storm:ferries"]
    await house.telegram.press(ANN, ANN, answer.id, "follow:storm:ferries")
    assert await house.follows(ANN) == {"storm": ("ferries",)}


async def test_a_tag_too_long_for_a_button_is_followed_all_the_same(house: TelegramHouse) -> None:
    tag = "Überflutungen an der gesamten nördlichen Küste und"
    await house.room.publish(post("a", "High water.", tags=(tag,)))
    answer = await house.answer(ANN, f"/topic {tag}")
    [data] = carried(answer)
    assert len(data.encode()) <= 64
    await house.telegram.press(ANN, ANN, answer.id, data)
    assert await house.follows(ANN) == {"storm": ("überflutungen-an-der-gesamten-nördlichen-küste-und",)}


async def test_an_unknown_topic_is_searched_for(house: TelegramHouse) -> None:
    await house.room.publish(*boats(2))
    assert "2 posts with “late again”" in await house.ask(ANN, "/topic late again")
    said = await house.ask(ANN, "/topic feries")
    assert said == "No topic and no post with “feries”; did you mean Ferries? /topic lists the topics."
    assert await house.ask(ANN, "/topic xyz") == "No topic and no post with “xyz”; /topic lists the topics."


async def test_search_finds_words_and_asks_for_them(house: TelegramHouse) -> None:
    await house.room.publish(*boats(2), post("dry", "A dry day."))
    assert "About dry" in await house.ask(ANN, "/search dry")
    assert "Nothing found for “snow”" in await house.ask(ANN, "/search snow")
    assert (await house.ask(ANN, "/search")).startswith("Search for what?")
    assert (await house.ask(ANN, '/search "*')).startswith("Search for what?")
