"""Who may decide what a place follows: people for themselves, admins for groups, topics and channels."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from telegram import Chat, Message, User

from bot.demo.telegram import Fault
from config.settings import Settings, parse_settings
from handlers.access import Role, may_decide, role_of
from tests.newsroom import post
from tests.telegram_house import (
    ADMIN,
    ANN,
    BEN,
    CHANNEL,
    EDITOR,
    FORUM,
    GROUP,
    STRANGER,
    US,
    TelegramHouse,
    telegram_house,
)

ONLY_ADMINS = "Only this group's admins can decide that."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


# --- groups ---------------------------------------------------------------------------------------------------------


async def test_a_groups_admin_subscribes_the_group(house: TelegramHouse) -> None:
    assert (await house.ask(ANN, "/subscribe storm", GROUP)).startswith("This group now follows Storm")
    assert await house.follows(GROUP) == {"storm": ()}
    assert await house.follows(ANN) == {}
    await house.room.publish(post("a"))
    await house.newest_says(GROUP, "About a")


@pytest.mark.parametrize("command", ["/subscribe storm", "/subscribe", "/unsubscribe storm", "/unsubscribe", "/forget"])
async def test_others_in_a_group_decide_nothing_for_it(house: TelegramHouse, command: str) -> None:
    await house.ask(ANN, "/subscribe election", GROUP)
    assert await house.ask(BEN, command, GROUP) == ONLY_ADMINS
    assert await house.follows(GROUP) == {"election": ()}


async def test_but_everybody_may_ask(house: TelegramHouse) -> None:
    await house.room.publish(post("a"))
    assert "About a" in await house.ask(BEN, "/latest", GROUP)
    assert "About a" in await house.ask(STRANGER, "/latest", FORUM)
    assert await house.follows(GROUP) == {}


async def test_an_anonymous_admin_is_an_admin(house: TelegramHouse) -> None:
    assert (await house.ask(ANN, "/subscribe storm", FORUM, anonymous=True)).startswith("This group now follows")
    assert await house.follows(FORUM) == {"storm": ()}


async def test_who_lost_the_right_has_lost_it_at_once(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm", GROUP)
    house.telegram.add_member(GROUP, ANN, "member")
    assert await house.ask(ANN, "/unsubscribe storm", GROUP) == ONLY_ADMINS


async def test_a_groups_buttons_are_for_its_admins(house: TelegramHouse) -> None:
    offer = await house.answer(ANN, "/start", GROUP)
    pressed = await house.telegram.press(BEN, GROUP, offer.id, "follow:storm")
    assert (pressed.text, pressed.show_alert) == (ONLY_ADMINS, True)
    assert await house.follows(GROUP) == {}
    await house.telegram.press(ANN, GROUP, offer.id, "follow:storm")
    assert await house.follows(GROUP) == {"storm": ()}


@pytest.mark.parametrize(("command", "label"), [("/unsubscribe", "Stop everything"), ("/forget", "Delete everything")])
async def test_a_strangers_press_on_a_question_changes_nothing(house: TelegramHouse, command: str, label: str) -> None:
    await house.ask(ANN, "/subscribe storm", GROUP)
    question = await house.answer(ANN, command, GROUP)
    assert (await house.telegram.tap(BEN, GROUP, label)).text == ONLY_ADMINS
    assert (await house.telegram.tap(BEN, GROUP, "Keep it")).text == ONLY_ADMINS
    assert await house.follows(GROUP) == {"storm": ()}
    assert len(question.buttons) == 1


async def test_where_members_are_hidden_the_list_of_admins_decides(house: TelegramHouse) -> None:
    hidden = Fault.refuse(400, "Bad Request: CHAT_ADMIN_REQUIRED")
    house.telegram.fail(method="getChatMember", times=2, error=hidden)
    assert (await house.ask(ANN, "/subscribe storm", GROUP)).startswith("This group now follows")
    assert await house.ask(BEN, "/unsubscribe storm", GROUP) == ONLY_ADMINS


async def test_where_telegram_does_not_tell_nobody_decides(house: TelegramHouse) -> None:
    house.telegram.fail(method="getChatMember", error=Fault.refuse(500, "Internal Server Error"))
    assert (await house.ask(ANN, "/subscribe storm", GROUP)).startswith("Telegram does not tell me who the admins are")
    assert await house.follows(GROUP) == {}


async def test_replies_in_groups_quote_the_question(house: TelegramHouse) -> None:
    answer = await house.answer(BEN, "/blogs", GROUP)
    question = next(one for one in house.telegram.chats[GROUP].messages if one.text == "/blogs")
    assert answer.reply_to == question.id
    assert (await house.answer(BEN, "/blogs")).reply_to is None


@pytest.mark.parametrize(
    "text", ["hello everybody", "/weather", "/weather@other_bot", "/latest@other_bot", "@other_bot hello"]
)
async def test_in_groups_what_is_not_for_us_stays_unanswered(house: TelegramHouse, text: str) -> None:
    house.telegram.promote(GROUP)  # an administrator hears everything that is said
    await house.unanswered(BEN, text, GROUP)


@pytest.mark.parametrize("text", [f"@{US} what is this?", f"/weather@{US}"])
async def test_in_groups_who_speaks_to_us_is_told_the_way_to_help(house: TelegramHouse, text: str) -> None:
    assert "/help" in await house.ask(BEN, text, GROUP)


async def test_a_reply_to_us_is_answered_but_a_discussion_below_a_post_is_left_alone(house: TelegramHouse) -> None:
    said = await house.answer(BEN, "/blogs", GROUP)
    assert "/help" in await house.ask(BEN, "what do you mean?", GROUP, reply_to=said.id)
    await house.unanswered(BEN, "I see.", GROUP, reply_to=said.id)


# --- forum topics ---------------------------------------------------------------------------------------------------


async def test_each_topic_of_a_forum_follows_for_itself_and_is_answered_in_itself(house: TelegramHouse) -> None:
    sea, land = house.telegram.add_topic(FORUM, "Sea"), house.telegram.add_topic(FORUM, "Land")
    answer = await house.answer(ANN, "/subscribe storm ferries", FORUM, thread=sea)
    assert answer.text.startswith("This topic now follows Ferries in Storm")
    assert answer.thread == sea
    await house.ask(ANN, "/subscribe election", FORUM, thread=land)
    assert await house.follows(FORUM, sea) == {"storm": ("ferries",)}
    assert await house.follows(FORUM, land) == {"election": ()}
    assert await house.follows(FORUM) == {}
    await house.room.publish(post("boat", "The ferry is late."))
    await house.newest_says(FORUM, "About boat")
    assert house.said(FORUM)[-1].thread == sea


async def test_buttons_in_a_topic_act_on_that_topic(house: TelegramHouse) -> None:
    sea = house.telegram.add_topic(FORUM, "Sea")
    offer = await house.answer(ANN, "/subscribe", FORUM, thread=sea)
    await house.telegram.press(ANN, FORUM, offer.id, "follow:storm")
    await house.newest_says(FORUM, "This topic now follows Storm")
    assert house.said(FORUM)[-1].thread == sea
    assert await house.follows(FORUM, sea) == {"storm": ()}
    await house.ask(ANN, "/unsubscribe", FORUM, thread=sea)
    await house.telegram.tap(ANN, FORUM, "Stop everything")
    assert await house.follows(FORUM, sea) == {}


async def test_the_topics_number_is_told(house: TelegramHouse) -> None:
    sea = house.telegram.add_topic(FORUM, "Sea")
    assert await house.ask(BEN, "/id", FORUM, thread=sea) == f"This chat: {FORUM}\nThis topic: {sea}\nYou: {BEN}"


# --- channels -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["@harbour_news", "@Harbour_News", str(CHANNEL)])
async def test_one_of_its_admins_subscribes_a_channel(house: TelegramHouse, name: str) -> None:
    said = await house.ask(ANN, f"/subscribe storm {name} ferries")
    assert said.startswith("@harbour_news now follows Ferries in Storm")
    assert await house.follows(CHANNEL) == {"storm": ("ferries",)}
    assert await house.follows(ANN) == {}
    await house.room.publish(post("boat", "The ferry is late."))
    await house.newest_says(CHANNEL, "About boat")


async def test_a_channel_follows_all_that_its_admins_say_until_they_say_otherwise(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm @harbour_news")
    assert (await house.ask(ANN, "/subscribe @harbour_news storm")).startswith("@harbour_news already follows")
    await house.ask(ANN, "/subscribe election @harbour_news")
    assert "no longer follows Storm" in await house.ask(ANN, "/unsubscribe storm @harbour_news")
    assert await house.follows(CHANNEL) == {"election": ()}
    await house.ask(ANN, "/unsubscribe @harbour_news")
    await house.telegram.tap(ANN, ANN, "Stop everything")
    assert await house.follows(CHANNEL) == {}
    await house.ask(ANN, "/forget @harbour_news")
    await house.telegram.tap(ANN, ANN, "Delete everything")
    assert await house.room.store.chat("main", CHANNEL) is None
    assert await house.room.store.chat("main", ANN) is not None


@pytest.mark.parametrize(
    ("person", "words", "sentence"),
    [
        (BEN, "storm @harbour_news", "Only the admins of @harbour_news can decide that."),
        (ANN, "storm @nowhere_news", "I cannot post in @nowhere_news: make me an admin there"),
        (ANN, "storm @harbour_watchers", "I cannot post in @harbour_watchers: make me an admin there"),
        (ANN, "@harbour_news", "Name the live blog as well"),
        (ANN, "strom @harbour_news", "I know no live blog “strom”"),
    ],
)
async def test_what_does_not_go_with_a_channel_is_said(
    house: TelegramHouse, person: int, words: str, sentence: str
) -> None:
    house.telegram.add_chat(-1_000_000_004_009, "supergroup", "Watchers", admins=[ANN], username="harbour_watchers")
    assert (await house.ask(person, f"/subscribe {words}")).startswith(sentence)
    assert await house.follows(CHANNEL) == {}


async def test_a_channel_where_the_bot_may_not_post_is_not_subscribed(house: TelegramHouse) -> None:
    house.telegram.kick(CHANNEL, ANN)
    assert (await house.ask(ANN, "/subscribe storm @harbour_news")).startswith("I cannot post in @harbour_news")
    house.telegram.readmit(CHANNEL, ANN)
    assert (await house.ask(ANN, "/subscribe storm @harbour_news")).startswith("@harbour_news now follows")


async def test_a_question_about_a_channel_is_its_admins_to_answer(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm @harbour_news")
    question = await house.answer(ANN, "/unsubscribe @harbour_news", GROUP)
    pressed = await house.telegram.press(BEN, GROUP, question.id, f"leave:{CHANNEL}")
    assert pressed.text == "Only the admins of that channel can decide that."
    assert await house.follows(CHANNEL) == {"storm": ()}


async def test_an_anonymous_admin_cannot_speak_for_a_channel(house: TelegramHouse) -> None:
    said = await house.ask(ANN, "/subscribe storm @harbour_news", FORUM, anonymous=True)
    assert said.startswith("Tell me that in a private chat")


async def test_what_is_posted_in_a_channel_itself_is_said_by_its_admins(house: TelegramHouse) -> None:
    assert (await house.ask(ANN, "/subscribe storm", CHANNEL)).startswith("This channel now follows Storm")
    assert await house.follows(CHANNEL) == {"storm": ()}


PRIVATE_CHANNEL = -1_000_000_004_008


async def test_a_channel_without_a_name_is_meant_by_a_reply_to_one_of_its_posts(house: TelegramHouse) -> None:
    channel = house.telegram.add_chat(PRIVATE_CHANNEL, "channel", "Quay notes", admins=[ANN])
    house.telegram.say(ANN, PRIVATE_CHANNEL, "High water at noon.")
    for person in (ANN, BEN):
        forwarded = house.telegram.forward(person, person, channel.newest())
        await house.telegram.until(lambda person=person: house.said(person))
        said = await house.ask(person, "/subscribe storm", reply_to=forwarded)
        expected = "Quay notes now follows Storm" if person == ANN else "Only the admins of Quay notes can decide that."
        assert said.startswith(expected)
    assert await house.follows(PRIVATE_CHANNEL) == {"storm": ()}
    assert await house.follows(ANN) == {}
    assert "no longer follows Storm" in await house.ask(ANN, f"/unsubscribe storm {PRIVATE_CHANNEL}")


async def test_who_writes_as_the_groups_own_channel_decides_and_as_another_one_does_not(house: TelegramHouse) -> None:
    other = house.telegram.add_chat(PRIVATE_CHANNEL, "channel", "Quay notes", admins=[BEN])
    house.telegram.link(FORUM, CHANNEL)
    said = await house.ask(BEN, "/subscribe storm", FORUM, channel=other.id)
    assert said == "Only this group's admins can decide that."
    offer = await house.answer(ANN, "/subscribe", FORUM, channel=CHANNEL)
    assert await house.follows(FORUM) == {}
    await house.telegram.press(ANN, FORUM, offer.id, "follow:storm")
    assert await house.follows(FORUM) == {"storm": ()}


async def test_the_press_of_an_anonymous_admin_comes_from_a_person(house: TelegramHouse) -> None:
    offer = await house.answer(ANN, "/subscribe", FORUM, anonymous=True)
    assert (await house.telegram.press(BEN, FORUM, offer.id, "follow:storm")).text.startswith("Only this group's")
    await house.telegram.press(ANN, FORUM, offer.id, "follow:storm")
    await house.newest_says(FORUM, "This group now follows Storm")


# --- chats that close, open and move --------------------------------------------------------------------------------


async def test_who_blocks_the_bot_is_left_alone_until_they_let_it_in_again(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    house.telegram.block(ANN)
    await _until_open(house, ANN, False)
    await house.room.publish(post("a"))
    house.telegram.unblock(ANN)
    await _until_open(house, ANN, True)
    assert await house.follows(ANN) == {"storm": ()}
    await house.room.publish(post("b"))
    await house.newest_says(ANN, "About b")
    assert not any("About a" in said for said in house.room.screen(ANN))


async def test_a_command_opens_a_chat_that_was_closed(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    known = await house.room.store.chat("main", ANN)
    assert known is not None
    await house.room.store.close_chat(known.id, "blocked", 0.0)
    await house.ask(ANN, "/start")
    await _until_open(house, ANN, True)


async def test_a_group_that_throws_the_bot_out_is_closed_and_greeted_when_it_comes_back(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm", GROUP)
    house.telegram.kick(GROUP, ANN)
    await _until_open(house, GROUP, False)
    house.telegram.readmit(GROUP, ANN)
    await house.newest_says(GROUP, "An admin begins with /subscribe")
    await _until_open(house, GROUP, True)
    assert await house.follows(GROUP) == {"storm": ()}


async def test_a_group_that_silences_the_bot_is_closed_until_it_may_speak(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm", FORUM)
    house.telegram.restrict(FORUM)
    await _until_open(house, FORUM, False)
    house.telegram.promote(FORUM)
    await _until_open(house, FORUM, True)


async def test_a_new_group_is_greeted_in_two_sentences(house: TelegramHouse) -> None:
    house.telegram.add_chat(-4100, "group", "New here", admins=[BEN], added_by=BEN)
    await house.newest_says(-4100, "An admin begins with /subscribe")
    assert len(house.said(-4100)) == 1


async def test_a_group_keeps_what_it_follows_when_it_becomes_a_supergroup(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm", GROUP)
    new = house.telegram.migrate(GROUP)
    assert (await house.ask(ANN, "/subscribe storm", new)).startswith("This group already follows Storm")
    assert await house.room.store.chat("main", GROUP) is None
    await house.room.publish(post("a"))
    await house.newest_says(new, "About a")
    assert not any(one.text.startswith("Hello!") for one in house.said(new)), "it has not come anew"


async def _until_open(house: TelegramHouse, chat: int, state: bool) -> None:
    with closing(sqlite3.connect(house.room.store.path)) as db:
        find = "SELECT open FROM chat WHERE telegram_id = ?"
        await house.telegram.until(lambda: db.execute(find, (chat,)).fetchone() == (state,))


# --- roles ----------------------------------------------------------------------------------------------------------


def settings() -> Settings:
    return parse_settings(
        'access = { admins = [1001], editors = [1002] }\n[[blogs]]\nid = "a"\nurl = "https://b.example"', None, {}
    )


@pytest.mark.parametrize(
    ("number", "role"), [(ADMIN, Role.ADMIN), (EDITOR, Role.EDITOR), (ANN, Role.READER), (None, Role.READER)]
)
def test_roles_are_numbers_in_the_file(number: int | None, role: Role) -> None:
    person = User(number, "Somebody", False) if number else None
    assert role_of(person, settings()) is role


class Linked:
    """Telegram as far as it is asked: every group belongs to the channel -1007."""

    linked_chat_id = -1007

    async def get_chat(self, chat: int) -> Linked:
        return self


@pytest.mark.parametrize(("sender", "may"), [(-1007, True), (-1008, False), (-1005, True)])
async def test_only_the_groups_own_channel_speaks_for_it(sender: int, may: bool) -> None:
    group, channel = Chat(-1005, "supergroup"), Chat(sender, "channel")
    message = Message(1, datetime.now(UTC), group, sender_chat=channel)
    assert await may_decide(Linked(), message) is may  # type: ignore[arg-type]


async def test_a_command_that_was_forwarded_is_none(house: TelegramHouse) -> None:
    """Whoever asks what a stranger's message means must not do what it says."""
    await house.ask(ANN, "/hold all")
    strangers = house.telegram.chats[ANN].messages[-2]
    assert strangers.text == "/hold all"
    before = len(house.said(EDITOR))
    house.telegram.forward(EDITOR, EDITOR, strangers)
    await house.telegram.until(lambda: len(house.said(EDITOR)) > before)
    assert house.said(EDITOR)[before].text == "I understand commands only; /help lists them."
    assert not await house.room.store.all_held()


async def test_a_command_that_was_forwarded_into_a_group_is_none_either(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm", GROUP)
    await house.ask(BEN, f"/unsubscribe@{US} storm")
    bens = house.telegram.chats[BEN].messages[-2]
    house.telegram.forward(ANN, GROUP, bens)
    assert (await house.ask(ANN, f"/id@{US}", GROUP)).startswith("This chat")
    assert await house.follows(GROUP) == {"storm": ()}
