"""What people follow and leave, what is kept of them, and how it is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.wishes import Wish
from tests.newsroom import post
from tests.telegram_house import (
    ADMIN,
    ANN,
    BEN,
    EDITOR,
    ONE_BLOG,
    STRANGER,
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


# --- /subscribe, /unsubscribe ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "followed"),
    [
        ("storm", {"storm": ()}),
        ("STORM", {"storm": ()}),
        ("storm over", {"storm": ()}),
        ("storm ferries", {"storm": ("ferries",)}),
        ("ferries storm", {"storm": ("ferries",)}),
        ("storm old town ferries", {"storm": ("old-town", "ferries")}),
        ("storm #Old_Town, Ferries", {"storm": ("old-town", "ferries")}),
        ("turnout", {"election": ("turnout",)}),
    ],
)
async def test_subscribe_acts_at_once(house: TelegramHouse, words: str, followed: dict[str, tuple[str, ...]]) -> None:
    said = await house.ask(ANN, f"/subscribe {words}")
    assert said.startswith("You now follow")
    assert "/latest" in said
    assert await house.follows(ANN) == followed


async def test_who_subscribed_gets_what_is_published(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm ferries")
    await house.ask(BEN, "/subscribe storm")
    await house.room.publish(post("dry", "A dry day."), post("boat", "The ferry is late."))
    await house.newest_says(ANN, "About boat")
    await house.newest_says(BEN, "About boat")
    assert not any("About dry" in said for said in house.room.screen(ANN))
    assert any("About dry" in said for said in house.room.screen(BEN))


async def test_subscribing_again_changes_nothing_and_says_so(house: TelegramHouse) -> None:
    for words in ("storm ferries", "storm"):
        await house.ask(ANN, f"/subscribe {words}")
        assert (await house.ask(ANN, f"/subscribe {words}")).startswith("You already follow")
    assert await house.follows(ANN) == {"storm": ()}


async def test_who_follows_all_and_names_a_part_is_told_how_to_have_only_that(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    way = "For some topics only, first /unsubscribe storm, then /subscribe storm"
    assert (await house.ask(ANN, "/subscribe storm ferries")).endswith(f"{way} ferries.")
    assert (await house.ask(ANN, '/subscribe storm "high water"')).endswith(f'{way} "high water".')
    shown = await house.answer(ANN, "/topic ferries")
    assert (await house.telegram.tap(ANN, ANN, "Follow Ferries")).text.startswith("You already follow Storm")
    await house.newest_says(ANN, f"{way} ferries.")
    assert shown.id != house.said(ANN)[-1].id
    assert await house.follows(ANN) == {"storm": ()}


async def test_topics_add_up_and_the_whole_blog_takes_their_place(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm ferries")
    assert "Ferries and Old Town in Storm" in await house.ask(ANN, "/subscribe storm old town")
    assert await house.follows(ANN) == {"storm": ("ferries", "old-town")}
    await house.ask(ANN, "/subscribe storm")
    assert await house.follows(ANN) == {"storm": ()}


async def test_very_many_topics_make_a_sentence_all_the_same(house: TelegramHouse) -> None:
    tags = [f"a rather long tag that a publisher gave to a post, number {n}" for n in range(90)]
    await house.room.publish(*(post(f"p{n}", tags=(tag,)) for n, tag in enumerate(tags)))
    for at in range(0, 90, 2):
        said = await house.ask(ANN, f"/subscribe storm {tags[at]} {tags[at + 1]}")
    assert "and 78 others in Storm" in said
    assert len((await house.follows(ANN))["storm"]) == 90


async def test_subscribe_alone_offers_buttons_where_there_are_several_blogs(house: TelegramHouse) -> None:
    answer = await house.answer(ANN, "/subscribe")
    assert carried(answer) == ["follow:storm", "follow:election"]
    assert await house.follows(ANN) == {}


async def test_with_one_blog_it_need_not_be_named_anywhere(lone: TelegramHouse) -> None:
    await lone.room.publish(*boats(1))
    assert (await lone.ask(ANN, "/subscribe")).startswith("You now follow Storm")
    assert (await lone.ask(BEN, "/subscribe ferries")).startswith("You now follow Ferries in Storm")
    assert (await lone.ask(ADMIN, "/subscribe storm old town")).startswith("You now follow Old Town in Storm")
    assert "You no longer follow Ferries" in await lone.ask(BEN, "/unsubscribe ferries")
    assert await lone.follows(BEN) == {}
    assert "About boat-0" in await lone.ask(ANN, "/latest 1")
    assert "/latest shows" in await lone.ask(STRANGER, "/subscribe")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("strom", "I know no live blog “strom”; did you mean Storm over the harbour (storm)? /blogs lists them."),
        ("ferries turnout", "I know no live blog “ferries”"),
        ("-football", "Name the live blog as well"),
        ("storm ***", "“***” is no word to look for."),
        ("storm " + "x" * 70, "“xxxxx"),
        ("storm football -football", "“football” cannot be followed and left out at once"),
        ("storm ferries -ferries", "“ferries” cannot be followed and left out at once"),
        ("storm " + "x " * 40, "Those are too many words"),
    ],
)
async def test_who_names_what_is_not_there_follows_nothing(house: TelegramHouse, words: str, sentence: str) -> None:
    assert (await house.ask(ANN, f"/subscribe {words}")).startswith(sentence)
    assert await house.follows(ANN) == {}


async def test_with_one_blog_an_unknown_word_is_compared_with_blog_and_topics(lone: TelegramHouse) -> None:
    assert "did you mean Storm over the harbour (storm)?" in await lone.ask(ANN, "/subscribe strom")
    assert await lone.follows(ANN) == {}
    said = await lone.ask(ANN, "/subscribe feries")
    assert "I will look for the word “feries”; did you mean the topic Ferries?" in said


async def test_a_blog_that_has_ended_is_said_to_have_ended(house: TelegramHouse) -> None:
    with closing(sqlite3.connect(house.room.store.path)) as db:
        db.execute("UPDATE blog SET ended_at = 1 WHERE id = 'storm'")
        db.commit()
    assert "It has ended" in await house.ask(ANN, "/subscribe storm")
    assert "(storm) · ended" in await house.ask(ANN, "/blogs")
    assert "It has ended" in await house.ask(ANN, "/start storm")


async def test_unsubscribing_a_topic_keeps_the_others_and_the_last_one_ends_it(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm ferries old town")
    said = await house.ask(ANN, "/unsubscribe storm ferries")
    assert "You no longer follow Ferries in Storm" in said
    assert "You still follow Old Town" in said
    assert await house.follows(ANN) == {"storm": ("old-town",)}
    await house.ask(ANN, "/unsubscribe storm old town")
    assert await house.follows(ANN) == {}


@pytest.mark.parametrize(
    ("followed", "words", "sentence"),
    [
        ("storm", "storm", "You no longer follow Storm"),
        ("storm", "election", "You do not follow Election night."),
        ("storm ferries", "storm old town", "You do not follow Old Town in Storm"),
        (
            "storm",
            "storm ferries",
            "All of Storm over the harbour is followed here; /subscribe storm -ferries leaves that out.",
        ),
        ("storm", "strom", "I know no live blog “strom”"),
    ],
)
async def test_unsubscribe_says_what_came_of_it(house: TelegramHouse, followed: str, words: str, sentence: str) -> None:
    await house.ask(ANN, f"/subscribe {followed}")
    assert (await house.ask(ANN, f"/unsubscribe {words}")).startswith(sentence)


async def test_unsubscribe_alone_ends_everything_after_a_button(house: TelegramHouse) -> None:
    assert (await house.ask(ANN, "/unsubscribe")).startswith("You follow nothing here")
    await house.ask(ANN, "/subscribe storm ferries")
    await house.ask(ANN, "/subscribe election")
    question = await house.answer(ANN, "/unsubscribe")
    assert question.text == "You follow Ferries in Storm over the harbour and Election night. Stop all of it?"
    await house.telegram.tap(ANN, ANN, "Keep it")
    assert set(await house.follows(ANN)) == {"storm", "election"}
    question = await house.answer(ANN, "/unsubscribe")
    await house.telegram.tap(ANN, ANN, "Stop everything")
    assert await house.follows(ANN) == {}
    await house.telegram.until(lambda: question.text.startswith("You follow nothing any more."))
    assert question.buttons == ()


# --- plain words ----------------------------------------------------------------------------------------------------


async def wish(house: TelegramHouse, chat: int) -> Wish:
    known = await house.room.store.chat("main", chat)
    assert known is not None
    (one,) = await house.room.store.subscriptions(known.id, 0)
    return one.wish


async def test_a_word_that_is_no_topic_is_looked_for_and_a_minus_leaves_one_out(house: TelegramHouse) -> None:
    said = await house.ask(ANN, '/subscribe storm ferries Mole -football "power cut" -“own goal”')
    assert said.startswith(
        "You now follow Ferries, “mole”, and “power cut” in Storm over the harbour, without “football” and “own goal”."
    )
    assert await wish(house, ANN) == Wish(
        topics=("ferries",), words=("mole", "power_cut"), without=("football", "own_goal")
    )
    await house.room.publish(
        post("dry", "A dry day."),
        post("mole", "Waves over the mole."),
        post("goal", "An own goal on the mole."),
        post("power", "Another power cut."),
    )
    await house.newest_says(ANN, "About power")
    heard = "\n".join(house.room.screen(ANN))
    assert [f"About {key}" in heard for key in ("dry", "mole", "goal", "power")] == [False, True, False, True]


async def test_an_edit_that_brings_the_word_brings_the_post(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm mole")
    await house.room.publish(post("a", "Waves."))
    await house.room.quiet()
    await house.room.publish(post("a", "Waves over the mole."))
    await house.newest_says(ANN, "Waves over the mole.")
    await house.room.publish(post("a", "Waves over the pier."))
    await house.newest_says(ANN, "Waves over the pier.")


async def test_a_word_that_is_nearly_a_topic_is_followed_and_said_to_be_so(house: TelegramHouse) -> None:
    said = await house.ask(ANN, "/subscribe storm feries")
    assert said.startswith("You now follow “feries” in Storm over the harbour. I will look for the word “feries”; did")
    assert "did you mean the topic Ferries?" in said
    assert "did you mean" not in await house.ask(ANN, "/subscribe storm mole")


async def test_everything_but_a_word_and_back_again(house: TelegramHouse) -> None:
    assert "You now follow Storm over the harbour, without “football”." in await house.ask(
        ANN, "/subscribe storm -football"
    )
    assert (await house.ask(ANN, "/subscribe storm -Football")).startswith("You already follow Storm")
    said = await house.ask(ANN, "/unsubscribe storm football")
    assert said == "No longer left out: “football”. You still follow Storm over the harbour."
    assert await wish(house, ANN) == Wish()
    await house.ask(ANN, "/subscribe storm -football")
    await house.ask(ANN, "/subscribe storm football")
    assert await wish(house, ANN) == Wish()


async def test_unsubscribing_a_word_keeps_the_others_and_the_last_one_ends_it(house: TelegramHouse) -> None:
    await house.ask(ANN, '/subscribe storm mole "power cut" -football')
    said = await house.ask(ANN, "/unsubscribe storm MOLE")
    assert said.startswith("You no longer follow “mole” in Storm over the harbour. You still follow “power cut” in")
    assert (await house.ask(ANN, "/unsubscribe storm mole")).startswith("You do not follow “mole” in Storm")
    await house.ask(ANN, '/unsubscribe storm "power cut"')
    assert await house.follows(ANN) == {}


async def test_what_was_searched_for_is_followed_by_a_button(house: TelegramHouse) -> None:
    await house.room.publish(post("mole", "Waves over the mole again."))
    found = await house.answer(ANN, "/search waves over")
    assert carried(found) == ["follow:storm:+waves_over"]
    pressed = await house.telegram.press(ANN, ANN, found.id, "follow:storm:+waves_over")
    assert pressed.text.startswith("You now follow “waves over” in Storm")
    assert await wish(house, ANN) == Wish(words=("waves_over",))
    assert carried(await house.answer(BEN, "/topic mole")) == ["follow:storm:+mole"]
    assert carried(await house.answer(BEN, "/search nothing of that sort")) == []  # there are two blogs
    assert carried(await house.answer(BEN, "/search waves of the sort")) == []
    assert carried(await house.answer(BEN, "/search mole " + "mole " * 9)) == []


async def test_catching_up_tells_what_is_wanted_alone(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm ferries mole -football")
    await house.ask(BEN, "/subscribe storm -football")
    await house.room.publish(
        post("dry", "A dry day."),
        post("mole", "Waves over the mole."),
        post("boat", "The ferry is late."),
        post("goal", "Football at the mole."),
    )
    await house.newest_says(ANN, "About boat")
    for person, told in ((ANN, ["mole", "boat"]), (BEN, ["dry", "mole", "boat"])):
        await house.room.quiet()
        said = await house.ask(person, "/catchup")
        assert [key for key in ("dry", "mole", "boat", "goal") if f"About {key}" in said] == told, said


async def test_unsubscribe_alone_names_the_words_as_well(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm mole -football")
    assert "“mole” in Storm over the harbour, without “football”" in await house.ask(ANN, "/unsubscribe")


# --- /privacy, /forget, /id -----------------------------------------------------------------------------------------


async def test_privacy_says_what_is_kept_and_by_whom(house: TelegramHouse) -> None:
    said = await house.ask(ANN, "/privacy")
    assert all(words in said for words in ("language", "what it follows", "/forget", "30 days", "The Harbour Post"))
    assert all(words in said for words in ("topics, words", "/settings", "/catchup", "blocked me"))
    assert "Of editors it is noted" not in said
    assert "Of editors it is noted what they did and when." in await house.ask(EDITOR, "/privacy")


async def test_no_name_of_a_person_is_kept(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    known = await house.room.store.chat("main", ANN)
    assert known is not None
    assert known.title is None


async def test_forget_deletes_everything_after_a_button(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    question = await house.answer(ANN, "/forget")
    await house.telegram.tap(ANN, ANN, "Delete everything")
    await house.telegram.until(lambda: question.text.startswith("Everything about this chat was deleted"))
    assert await house.room.store.chat("main", ANN) is None
    await house.room.publish(*boats(1))
    await house.room.quiet()
    assert house.said(ANN)[-1] is question


async def test_id_tells_the_numbers_as_code(house: TelegramHouse) -> None:
    answer = await house.answer(ANN, "/id")
    assert answer.text == f"This chat: {ANN}\nYou: {ANN}"
    assert [entity["type"] for entity in answer.entities] == ["code", "code"]
