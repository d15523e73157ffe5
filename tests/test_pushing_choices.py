"""How a push goes out: to whom, in which lane, with or without sound, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.choices import Choices
from bot.core.model import Lane
from bot.demo.telegram import Fault, LocalMessage, LocalTelegram
from storage import Push
from tests.choosing import choose_in
from tests.newsroom import post
from tests.pushing import got, number, press, pushed, shown
from tests.telegram_house import (
    ANN,
    BEN,
    EDITOR,
    GROUP,
    OTHER_EDITOR,
    TelegramHouse,
    buttons,
    telegram_house,
)

CLEO, DAN = 2004, 2005
TEXT = "The bridge is closed."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one, shown(one):
        yield one


async def choose(house: TelegramHouse, control: LocalMessage, label: str) -> str:
    """Press the button that begins so, until the message has changed."""
    before = (control.text, control.buttons)
    data = next(data for words, data in buttons(control).items() if words.startswith(label))
    said = await press(house, control, data)
    await house.telegram.until(lambda: (control.text, control.buttons) != before)
    return said


async def chosen(house: TelegramHouse, control: LocalMessage) -> Push:
    push = await house.room.store.push(int(number(control)))
    assert push is not None
    return push


async def holders(house: TelegramHouse, *chats: int) -> set[int]:
    """Who has the push once it is quiet."""
    await house.room.quiet()
    return {chat for chat in chats if TEXT in house.room.screen(chat)}


# --- to whom ---------------------------------------------------------------------------------------------------------


async def follow(house: TelegramHouse, person: int, blog: str, *topics: str, language: str = "en") -> None:
    if person not in house.telegram.chats:
        house.telegram.add_user(person, f"Reader {person}")
        house.telegram.people[person].language_code = language
        house.telegram.say(person, person, "/start")
    store, now = house.room.store, house.room.clock()
    met = await store.meet(bot="main", telegram_id=person, kind="private", title=None, language=language, now=now)
    await store.subscribe(chat=met.id, thread=0, blog=blog, topics=topics, now=now)


@pytest.mark.parametrize(
    ("label", "reached", "said"),
    [
        ("Everyone · 4", {ANN, BEN, CLEO, DAN}, ""),
        ("Storm over the harbour · 3", {ANN, BEN, CLEO}, "Only to who follows Storm over the harbour."),
        ("Election night · 2", {CLEO, DAN}, "Only to who follows Election night."),
        ("#Ferries · 2", {ANN, BEN}, "Only to who follows Ferries in Storm over the harbour, or all of it."),
        ("#Old Town · 2", {ANN, CLEO}, "Only to who follows Old Town in Storm over the harbour, or all of it."),
        ("#Turnout · 2", {CLEO, DAN}, "Only to who follows Turnout in Election night, or all of it."),
        ("German · 2", {BEN, DAN}, "Only to who reads in German."),
        ("English · 2", {ANN, CLEO}, "Only to who reads in English."),
        ("Only me", {EDITOR}, "Only to you."),
    ],
)
async def test_each_audience_is_counted_and_reached_exactly(
    house: TelegramHouse, label: str, reached: set[int], said: str
) -> None:
    await follow(house, ANN, "storm", language="en-GB")
    await follow(house, BEN, "storm", "ferries", language="de")
    await follow(house, CLEO, "storm", "old-town")
    await follow(house, CLEO, "election")
    await follow(house, DAN, "election", "turnout", language="de-AT")
    _, control = await pushed(house)
    await choose(house, control, "Audience")
    assert label in buttons(control)
    if not label.startswith("Everyone"):
        await choose(house, control, label)
    else:
        await choose(house, control, "Back")
    assert control.text == "\n".join(filter(None, [
        f"To {len(reached)} chat{'s' if len(reached) > 1 else ''}, about 1 second.", said,
    ]))  # fmt: skip
    assert await press(house, control, f"push:send:{number(control)}") == "On its way."
    assert await holders(house, ANN, BEN, CLEO, DAN, EDITOR) - ({EDITOR} - reached) == reached
    await house.telegram.until(lambda: control.text.startswith(f"Delivered to {len(reached)} chat"))


async def test_in_several_threads_a_chat_is_counted_for_each_of_its_topics_and_reached_once(
    house: TelegramHouse,
) -> None:
    store, now = house.room.store, house.room.clock()
    met = await store.meet(bot="main", telegram_id=GROUP, kind="group", title="Watch", language=None, now=now)
    for thread, topics in ((0, ("ferries",)), (7, ("old-town",)), (8, ("ferries", "old-town"))):
        await store.subscribe(chat=met.id, thread=thread, blog="storm", topics=topics, now=now)
    assert dict(await store.chats_by_topic("storm")) == {"": 0, "ferries": 1, "old-town": 1}
    assert dict(await store.chats_by_blog()) == {"storm": 1}


async def test_who_never_wrote_to_the_bot_cannot_choose_themselves(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    house.telegram.say(EDITOR, GROUP, f"/push {TEXT}")
    await house.telegram.until(lambda: len(house.said(GROUP)) == 2)
    control = house.said(GROUP)[-1]
    await house.telegram.press(EDITOR, GROUP, control.id, buttons(control)["Audience"])
    await house.telegram.until(lambda: "Only me" in buttons(control))
    pressed = await house.telegram.press(EDITOR, GROUP, control.id, buttons(control)["Only me"])
    assert pressed.text.startswith("Write to me in a private chat first")


async def test_a_blog_that_left_the_file_is_no_choice_any_more(house: TelegramHouse) -> None:
    _, control = await pushed(house)
    await choose(house, control, "Audience")
    data = next(data for data in buttons(control).values() if data.endswith("b:storm"))
    house.settings = replace(house.settings, blogs=house.settings.blogs[1:])
    assert await press(house, control, data) == "That is not there to choose any more."


async def test_with_many_blogs_topics_come_after_their_blog(tmp_path: Path) -> None:
    file = "[access]\neditors = [1002]\n" + "".join(
        f'[[blogs]]\nid = "b{n}"\ntitle = "Blog {n}"\nurl = "https://blog.example/{n}"\n'
        f'[[blogs.topics]]\nid = "t{n}"\ntitle = "Topic {n}"\nwords = ["t"]\n'
        for n in range(8)
    )
    async with telegram_house(tmp_path, file.replace('"b0"', '"storm"')) as house:
        _, control = await pushed(house)
        push = number(control)
        await choose(house, control, "Audience")
        assert not any(label.startswith("#") for label in buttons(control))
        await choose(house, control, "Blog 3")
        assert [label for label in buttons(control) if label.startswith("#")] == ["#Topic 3 · 0"]
        await choose(house, control, "#Topic 3")
        assert "Only to who follows Topic 3 in Blog 3, or all of it." in control.text
        assert number(control) == push


# --- in which lane, with or without sound ----------------------------------------------------------------------------


async def test_a_push_is_normal_unless_it_is_made_breaking(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    assert (await chosen(house, control)).sending.lane is Lane.LIVE
    await choose(house, control, "Lane: normal")
    assert control.text.endswith("As breaking news: ahead of everything that waits.")
    assert (await chosen(house, control)).sending.lane is Lane.BREAKING
    await choose(house, control, "Lane: breaking")
    assert control.text == "To 1 chat, about 1 second."


@pytest.mark.parametrize("lane", ["normal", "breaking"])
async def test_only_a_breaking_push_overtakes_the_posts_that_wait(house: TelegramHouse, lane: str) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    if lane == "breaking":
        await choose(house, control, "Lane: normal")
    asleep = house.telegram.fail(
        method="sendMessage",
        chat=ANN,
        error=Fault.refuse(429, "Too Many Requests: retry after 3", retry_after=3),
        times=1,
    )
    await house.room.publish(post("a"))
    await house.room.publish(post("b"))
    await asyncio.wait_for(asleep.reached.wait(), 60)
    await press(house, control, f"push:send:{number(control)}")
    await house.room.quiet()
    order = [text.split("\n")[0] for text in house.room.screen(ANN) if text.startswith(("About", TEXT))]
    assert order == ([TEXT, "About a", "About b"] if lane == "breaking" else ["About a", "About b", TEXT])


async def test_a_choice_after_the_press_on_send_changes_nothing(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    data, kept = buttons(control), control.buttons
    await press(house, control, data["Send"])
    await house.telegram.until(lambda: control.text.startswith("Delivered"))
    control.buttons = kept
    for label in ("Silent: off", "Lane: normal", "Audience", "Schedule", "Buttons"):
        assert await press(house, control, data[label]) == "This push was sent before."


async def test_a_draft_keeps_its_choices_over_a_restart(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        for person in (EDITOR, ANN):
            telegram.add_user(person, f"Reader {person}", started=True)
        async with telegram_house(tmp_path, telegram=telegram) as before:
            await before.room.subscribe(ANN, "private")
            _, control = await pushed(before)
            await choose(before, control, "Silent")
            await choose(before, control, "Lane")
        async with telegram_house(tmp_path, telegram=telegram) as after:
            await press(after, control, f"push:send:{number(control)}")
            await got(after, ANN, TEXT)
            assert after.said(ANN)[-1].silent


# --- when ------------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC).timestamp()  # 12:00 in New York, the zone of the first blog


async def leave(house: TelegramHouse, person: int) -> None:
    known = await house.room.store.chat("main", person)
    assert known is not None
    await house.room.store.unsubscribe(chat=known.id, thread=0, blog=None)


class Clock:
    """The house's clock and the sender's, set by hand."""

    def __init__(self, house: TelegramHouse, at: float = NOON) -> None:
        self.at = at
        for one in (house.room.sender, house.room.desk):
            object.__setattr__(one, "_clock", self)
        object.__setattr__(house.house, "clock", self)
        house.room.clock = self

    def __call__(self) -> float:
        return self.at


async def test_a_push_is_scheduled_and_goes_out_to_whoever_follows_then(house: TelegramHouse) -> None:
    clock = Clock(house)
    await house.room.follow(ANN)
    _, control = await pushed(house)
    await choose(house, control, "Schedule")
    assert control.text.startswith("When? It is 12:00 EST now.")
    await choose(house, control, "In an hour")
    assert control.text == "To 1 chat, about 1 second.\nIt goes out at 13:00 EST, once you press Send."
    assert await press(house, control, f"push:send:{number(control)}") == "It goes out at 13:00 EST."
    await house.telegram.until(lambda: "chat as of now" in control.text)
    assert control.text == "It goes out at 13:00 EST, to whoever follows then: 1 chat as of now."
    assert list(buttons(control)) == ["Send now", "Cancel"]
    clock.at += 3599
    await house.room.follow(BEN)
    await leave(house, ANN)
    await house.room.quiet()
    assert await holders(house, ANN, BEN) == set()
    clock.at += 1
    house.room.sender.wake()
    await got(house, BEN, TEXT)
    assert await holders(house, ANN, BEN) == {BEN}
    await house.telegram.until(lambda: control.text.startswith("Delivered to 1 chat"))


async def test_a_time_typed_as_a_reply_to_the_buttons_is_the_editors_own(house: TelegramHouse) -> None:
    Clock(house)
    known = await house.room.store.meet(
        bot="main", telegram_id=EDITOR, kind="private", title=None, language=None, now=NOON
    )
    await choose_in(house.room.store, known.id, Choices(timezone="Europe/Berlin"))
    _, control = await pushed(house)
    said = await house.ask(EDITOR, "18:30", reply_to=control.id)
    assert said == "It goes out at 18:30 CET, once you press Send."
    assert control.text.endswith("It goes out at 18:30 CET, once you press Send.")
    said = await house.ask(EDITOR, "7:00", reply_to=control.id)
    assert said == (
        "That time has passed today: it is meant for tomorrow. It goes out at Nov 25, 07:00 CET, once you press Send."
    )
    assert (await chosen(house, control)).sending.at == datetime(2026, 11, 25, 6, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("today 7:00", "That time has passed; it is 12:00 EST now."),
        ("2029-01-01 07:00", "That is more than a year away."),
        ("soon", "I understand a time, such as 18:30, in 20 min or tomorrow 7:00, or links, such as Read more"),
    ],
)
async def test_what_is_no_time_gets_one_sentence(house: TelegramHouse, typed: str, sentence: str) -> None:
    Clock(house)
    _, control = await pushed(house)
    assert (await house.ask(EDITOR, typed, reply_to=control.id)).startswith(sentence)
    assert (await chosen(house, control)).sending.at is None


async def test_others_cannot_change_a_push_by_a_reply(house: TelegramHouse) -> None:
    house.telegram.say(EDITOR, GROUP, f"/push {TEXT}")
    await house.telegram.until(lambda: len(house.said(GROUP)) == 2)
    control = house.said(GROUP)[-1]
    house.telegram.add_member(GROUP, OTHER_EDITOR)
    said = await house.ask(OTHER_EDITOR, "18:30", GROUP, reply_to=control.id)
    assert said == "Only who wrote this push can change it."
    assert "/help" in await house.ask(BEN, "18:30", GROUP, reply_to=control.id), "a reader's reply is small talk"


async def scheduled(house: TelegramHouse) -> LocalMessage:
    """A push that goes out in an hour."""
    _, control = await pushed(house)
    push = number(control)
    await choose(house, control, "Schedule")
    await choose(house, control, "In an hour")
    await press(house, control, f"push:send:{push}")
    await house.telegram.until(lambda: "Send now" in buttons(control))
    return control


async def test_a_scheduled_push_is_sent_now_or_cancelled_until_it_is_due(house: TelegramHouse) -> None:
    clock = Clock(house)
    await house.room.follow(ANN)
    control = await scheduled(house)
    assert await choose(house, control, "Cancel") == "Cancelled."
    sooner = await scheduled(house)
    data, kept = buttons(sooner), sooner.buttons
    assert await press(house, sooner, data["Send now"]) == "On its way."
    await got(house, ANN, TEXT)
    await house.telegram.until(lambda: sooner.text.startswith("Delivered to 1 chat"))
    sooner.buttons = kept
    assert await press(house, sooner, data["Send now"]) == "This push was sent before."
    assert await press(house, sooner, data["Cancel"]) == "This push was sent before."
    clock.at += 7200
    house.room.sender.wake()
    await house.room.quiet()
    assert house.room.screen(ANN).count(TEXT) == 1


async def test_a_second_press_on_send_does_not_send_what_is_scheduled(house: TelegramHouse) -> None:
    Clock(house)
    await house.room.follow(ANN)
    _, control = await pushed(house)
    push = number(control)
    await choose(house, control, "Schedule")
    await choose(house, control, "In 15 minutes")
    presses = [house.telegram.press(EDITOR, EDITOR, control.id, f"push:send:{push}") for _ in range(2)]
    said = [answer.text for answer in await asyncio.gather(*presses)]
    assert said == ["It goes out at 12:15 EST.", "This push is scheduled already."]
    assert await holders(house, ANN) == set()


async def test_a_schedule_outlives_a_restart(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        for person in (EDITOR, ANN):
            telegram.add_user(person, f"Reader {person}", started=True)
        async with telegram_house(tmp_path, telegram=telegram) as before:
            Clock(before)
            await before.room.subscribe(ANN, "private")
            control, doomed = await scheduled(before), await scheduled(before)
        async with telegram_house(tmp_path, telegram=telegram) as after, shown(after):
            clock = Clock(after, NOON + 60)
            assert await press(after, doomed, buttons(doomed)["Cancel"]) == "Cancelled."
            await after.room.quiet()
            assert TEXT not in after.room.screen(ANN)
            clock.at = NOON + 3601
            after.room.sender.wake()
            await got(after, ANN, TEXT)
            await telegram.until(lambda: control.text.startswith("Delivered to 1 chat"))
            assert after.room.screen(ANN).count(TEXT) == 1


async def test_a_scheduled_push_does_not_hold_up_the_posts_of_its_blog(house: TelegramHouse) -> None:
    Clock(house)
    await house.room.follow(ANN)
    _, control = await pushed(house)
    push = number(control)
    for label in ("Audience", "Storm over the harbour", "Schedule", "In an hour"):
        await choose(house, control, label)
    await press(house, control, f"push:send:{push}")
    await house.room.publish(post("a"))
    await house.newest_says(ANN, "About a")


# --- what becomes of drafts ------------------------------------------------------------------------------------------


async def test_a_draft_goes_after_a_day_and_its_buttons_say_so(house: TelegramHouse) -> None:
    _, control = await pushed(house)
    data = buttons(control)
    push = await chosen(house, control)
    assert await house.room.store.expire_drafts(push.post.first_seen_at.timestamp() + 1) == 1
    for label in ("Send", "Silent: off", "Audience", "Cancel"):
        assert (await press(house, control, data[label])).startswith("This draft was more than a day old")
    gone = await house.room.store.push(push.post.id)
    assert gone is not None
    assert (gone.state, gone.post.text) == ("expired", "")


async def test_whoever_left_the_file_loses_what_was_not_sent(house: TelegramHouse) -> None:
    await house.room.follow(ANN)
    _, control = await pushed(house)
    kept = house.room.settings
    house.settings = replace(house.settings, access=replace(house.settings.access, editors=(OTHER_EDITOR,)))
    assert await house.room.store.drop_drafts_but_of([OTHER_EDITOR, EDITOR]) == 0
    assert await house.room.store.drop_drafts_but_of([OTHER_EDITOR]) == 1
    assert await press(house, control, f"push:send:{number(control)}") == "Only editors can do that."
    house.settings = kept
    assert await press(house, control, f"push:send:{number(control)}") == "This push was cancelled before."


async def test_what_somebody_scheduled_who_left_any_editor_may_stop(house: TelegramHouse) -> None:
    Clock(house)
    control = await scheduled(house)
    data = buttons(control)["Cancel"]
    house.settings = replace(house.settings, access=replace(house.settings.access, editors=(OTHER_EDITOR,)))
    assert await press(house, control, data) == "Only editors can do that."
    assert await press(house, control, data, person=OTHER_EDITOR) == "Cancelled."
