"""What readers ask, and what they are answered: with the real Application, over the local Telegram."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.core.model import Post
from bot.demo.telegram import Fault, LocalMessage
from handlers.readers import trending
from tests.newsroom import post
from tests.telegram_house import ADMIN, ANN, BEN, GROUP, ONE_BLOG, STRANGER, US, TelegramHouse, telegram_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    """With one blog in the file."""
    async with telegram_house(tmp_path, ONE_BLOG) as one:
        yield one


def boats(count: int) -> list[Post]:
    return [post(f"boat-{n}", f"The ferry number {n} is late again.") for n in range(count)]


def buttons(message: LocalMessage) -> list[str]:
    return [button["callback_data"] for row in message.buttons for button in row]


# --- /start, /help, and what is no command --------------------------------------------------------------------------


async def test_start_greets_and_offers_the_blogs(house: TelegramHouse) -> None:
    greeting = await house.answer(ANN, "/start")
    assert "/help" in greeting.text
    assert buttons(greeting) == ["follow:storm", "follow:election"]


@pytest.mark.parametrize(
    ("word", "said", "offered"),
    [
        ("storm", "Storm over the harbour", ["follow:storm"]),
        ("storm_ferries", "Ferries in the live blog Storm over the harbour", ["follow:storm:ferries"]),
        ("storm_trains", "Storm over the harbour", ["follow:storm"]),
        ("regatta", "not here any more", ["follow:storm", "follow:election"]),
    ],
)
async def test_a_deep_link_offers_just_what_it_names(
    house: TelegramHouse, word: str, said: str, offered: list[str]
) -> None:
    answer = await house.answer(ANN, f"/start {word}")
    assert said in answer.text
    assert buttons(answer) == offered


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
    assert "This chat" in await house.ask(STRANGER, "/id")
    assert "This chat" in (await house.answer(ANN, "/id")).text or "This chat" in house.said(ANN)[-1].text
    assert [one.text.partition(":")[0] for one in house.said(ANN)][:1] == [
        "I understand commands only; /help lists them."
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
    assert "Election night (election) · live · no posts yet" in said


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
    assert buttons(answer) == ["follow:storm:ferries"]
    await house.telegram.press(ANN, ANN, answer.id, "follow:storm:ferries")
    assert await house.follows(ANN) == {"storm": ("ferries",)}


async def test_a_tag_too_long_for_a_button_is_followed_all_the_same(house: TelegramHouse) -> None:
    tag = "Überflutungen an der gesamten nördlichen Küste und"
    await house.room.publish(post("a", "High water.", tags=(tag,)))
    answer = await house.answer(ANN, f"/topic {tag}")
    [data] = buttons(answer)
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


@pytest.mark.parametrize(
    ("recent", "earlier", "found"),
    [
        ({"nato": 6, "kyiv": 6}, {"nato": 10, "kyiv": 100}, {"nato"}),
        ({"nato": 5, "kyiv": 50}, {"nato": 10, "kyiv": 100}, set()),
        ({"flood": 3, "kyiv": 9}, {"kyiv": 100}, {"flood"}),
        ({"flood": 2, "kyiv": 9}, {"kyiv": 100}, set()),
        ({"nato": 40}, {}, set()),
        ({}, {"nato": 40}, set()),
    ],
)
def test_a_topic_trends_when_its_share_doubles(
    recent: dict[str, int], earlier: dict[str, int], found: set[str]
) -> None:
    assert trending(recent, earlier) == found


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
    assert (await house.ask(ANN, "/subscribe storm ferries")).startswith("You already follow Storm")
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
    assert buttons(answer) == ["follow:storm", "follow:election"]
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
        (
            "storm feries",
            "I know no topic “feries” in Storm over the harbour; did you mean Ferries? /topic lists them.",
        ),
        ("storm xyz", "I know no topic “xyz” in Storm over the harbour; /topic lists them."),
        ("storm ferries xyz", "I know no topic “xyz”"),
        ("storm " + "x " * 40, "Those are too many words"),
    ],
)
async def test_who_names_what_is_not_there_follows_nothing(house: TelegramHouse, words: str, sentence: str) -> None:
    assert (await house.ask(ANN, f"/subscribe {words}")).startswith(sentence)
    assert await house.follows(ANN) == {}


async def test_with_one_blog_an_unknown_word_is_compared_with_blog_and_topics(lone: TelegramHouse) -> None:
    assert "did you mean Storm over the harbour (storm)?" in await lone.ask(ANN, "/subscribe strom")
    assert "did you mean Ferries?" in await lone.ask(ANN, "/subscribe feries")


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
        ("storm", "storm ferries", "All of Storm over the harbour is followed here; for some topics only"),
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


# --- /privacy, /forget, /id -----------------------------------------------------------------------------------------


async def test_privacy_says_what_is_kept_and_by_whom(house: TelegramHouse) -> None:
    said = await house.ask(ANN, "/privacy")
    assert all(words in said for words in ("language", "what it follows", "/forget", "30 days", "The Harbour Post"))


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


# --- when things go wrong -------------------------------------------------------------------------------------------


async def test_a_fault_of_ours_is_one_sentence_and_a_report_to_the_admins(house: TelegramHouse) -> None:
    with closing(sqlite3.connect(house.room.store.path)) as db:
        db.execute("ALTER TABLE post RENAME TO lost")
    for _ in range(2):
        assert await house.ask(ANN, "/latest") == "Something went wrong here; the editors have been told."
    assert len(house.room.reports) == 1
    assert house.room.reports[0].startswith("/latest: StoreError")


async def test_an_answer_that_telegram_asks_patience_for_still_comes(house: TelegramHouse) -> None:
    house.telegram.fail(method="sendMessage", chat=ANN, error=Fault.refuse(429, "Too Many Requests", retry_after=1))
    assert "Live blogs" in await house.ask(ANN, "/blogs")


async def test_formatting_that_telegram_refuses_is_left_out(house: TelegramHouse) -> None:
    house.telegram.fail(method="sendMessage", chat=ANN, error=Fault.refuse(400, "Bad Request: can't parse entities"))
    answer = await house.answer(ANN, "/id")
    assert (answer.text, answer.entities) == (f"This chat: {ANN}\nYou: {ANN}", ())


async def test_who_blocks_the_bot_before_it_answers_breaks_nothing(house: TelegramHouse) -> None:
    house.telegram.fail(
        method="sendMessage", chat=ANN, error=Fault.refuse(403, "Forbidden: bot was blocked by the user")
    )
    house.telegram.say(ANN, ANN, "/blogs")
    assert "Topics" in await house.ask(ANN, "/topic")


async def test_a_button_from_nowhere_is_answered_and_does_nothing(house: TelegramHouse) -> None:
    answer = await house.answer(ANN, "/start")
    answer.buttons = (
        ({"text": "old", "callback_data": "gone:1"}, {"text": "other", "callback_data": "follow:regatta"}),
    )
    pressed = await house.telegram.press(ANN, ANN, answer.id, "gone:1")
    assert (pressed.text, pressed.show_alert) == ("This button means nothing any more.", True)
    pressed = await house.telegram.press(ANN, ANN, answer.id, "follow:regatta")
    assert pressed.text == "That live blog is not here any more."


async def test_commands_of_one_person_beyond_three_get_one_word_and_no_more(house: TelegramHouse) -> None:
    go_on = asyncio.Event()
    held = house.telegram.fail(method="sendMessage", chat=ANN, times=None, error=Fault.hold(go_on))
    for _ in range(6):
        house.telegram.say(ANN, ANN, "/blogs")
    await house.telegram.until(lambda: held.hits == 2)  # the first answer, and the request for patience
    assert "Live blogs" in await house.ask(BEN, "/blogs"), "others do not wait"
    go_on.set()
    await house.telegram.until(lambda: len(house.said(ANN)) == 4)
    assert "This chat" in await house.ask(ANN, "/id")
    said = [one.text.partition("\n")[0].partition(":")[0] for one in house.said(ANN)]
    assert sorted(said) == ["Live blogs", "Live blogs", "Live blogs", "One moment", "This chat"]


async def test_presses_are_never_dropped(house: TelegramHouse) -> None:
    go_on = asyncio.Event()
    greeting = await house.answer(ANN, "/start")
    held = house.telegram.fail(method="sendMessage", chat=ANN, error=Fault.hold(go_on))
    for _ in range(4):
        house.telegram.say(ANN, ANN, "/blogs")
    await held.reached.wait()
    press = asyncio.create_task(house.telegram.press(ANN, ANN, greeting.id, "follow:storm"))
    go_on.set()
    assert (await press).text.startswith("You now follow")
    assert await house.follows(ANN) == {"storm": ()}


async def test_answers_in_one_chat_come_in_the_order_of_the_questions(house: TelegramHouse) -> None:
    before = len(house.said(GROUP))
    for person, word in ((ANN, "id"), (BEN, "blogs"), (ANN, "topic"), (BEN, "id")):
        house.telegram.say(person, GROUP, f"/{word}")
    await house.telegram.until(lambda: len(house.said(GROUP)) == before + 4)
    first = [one.text.split("\n")[0].partition(":")[0] for one in house.said(GROUP)[before:]]
    assert first == ["This chat", "Live blogs", "Topics", "This chat"]
