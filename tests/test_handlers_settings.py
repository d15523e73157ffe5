"""/settings and what is typed for it: who may, what is kept, and what the screen says then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.choices import Choices, Quiet
from bot.core.model import Volume
from bot.core.wishes import Wish
from bot.demo.telegram import LocalMessage, LocalTelegram
from storage import Subscription
from tests.newsroom import post
from tests.telegram_house import (
    ANN,
    BEN,
    CHANNEL,
    FORUM,
    GROUP,
    ONE_BLOG,
    TelegramHouse,
    buttons,
    telegram_house,
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


async def chosen(house: TelegramHouse, chat: int) -> Choices:
    known = await house.room.store.chat("main", chat)
    assert known is not None
    return known.choices


async def followed(house: TelegramHouse, chat: int, thread: int = 0, blog: str = "storm") -> Subscription:
    known = await house.room.store.chat("main", chat)
    assert known is not None
    return next(one for one in await house.room.store.subscriptions(known.id, thread) if one.blog == blog)


async def press(house: TelegramHouse, screen: LocalMessage, label: str, person: int = ANN) -> None:
    """A button of the screen, until it has become another one."""
    before = (screen.text, screen.buttons)
    answer = await house.telegram.press(person, screen.chat_id, screen.id, buttons(screen)[label])
    assert not answer.show_alert, answer.text
    await house.telegram.until(lambda: (screen.text, screen.buttons) != before)


# --- one message, at most three taps --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        (["Key events"], {"volume": Volume.KEY}),
        (["One card"], {"volume": Volume.CARD}),
        (["Digests"], {"volume": Volume.DIGEST}),
        (["Digests", "When digests come", "30 minutes"], {"volume": Volume.DIGEST, "digest": "30m"}),
        (["Digests", "When digests come", "08:00 and 18:00"], {"volume": Volume.DIGEST, "digest": "08:00 18:00"}),
        (["Sound: on"], {"sound": False}),
        (["Sound: on", "Sound: off"], {"sound": True}),
        (["Pictures: on"], {"pictures": False}),
    ],
)
async def test_how_a_blog_arrives_is_chosen_in_the_one_message(
    house: TelegramHouse, path: list[str], changed: dict[str, object]
) -> None:
    await house.ask(ANN, "/subscribe storm")
    await house.ask(ANN, "/subscribe election")
    screen = await house.answer(ANN, "/settings")
    messages = len(house.said(ANN))
    for label in ["Storm over the harbour", *path]:
        await press(house, screen, label)
    one = await followed(house, ANN)
    assert {name: getattr(one, name) for name in changed} == changed
    assert (await followed(house, ANN, blog="election")).volume is Volume.EVERYTHING
    assert len(house.said(ANN)) == messages


@pytest.mark.parametrize(
    ("path", "choices"),
    [
        (["Quiet hours", "22:00 – 07:00"], Choices(quiet=Quiet(start=1320, end=420))),
        (
            ["Quiet hours", "23:00 – 06:00", "Breaking news: comes through"],
            Choices(quiet=Quiet(start=1380, end=360, breaking=False)),
        ),
        (["Quiet hours", "00:00 – 08:00", "No quiet hours"], Choices()),
        (["Language", "Українська"], Choices(language="uk")),
        (["Language", "As my Telegram"], Choices()),
    ],
)
async def test_the_chats_own_is_chosen_where_it_follows_one_blog(
    house: TelegramHouse, path: list[str], choices: Choices
) -> None:
    await house.ask(ANN, "/subscribe storm")
    screen = await house.answer(ANN, "/settings")
    assert screen.text.startswith("Storm over the harbour")
    for label in path[:-1]:
        await press(house, screen, label)
    await house.telegram.press(ANN, ANN, screen.id, buttons(screen).get(path[-1]) or buttons(screen)[f"✓ {path[-1]}"])
    assert await chosen(house, ANN) == choices


async def test_zones_are_guessed_from_language_and_blogs(house: TelegramHouse) -> None:
    house.telegram.add_user(2060, "Oksana", "uk", started=True)
    screen = await house.answer(2060, "/timezone")
    assert any(label.startswith(("New York", "Нью-Йорк")) for label in buttons(screen))
    await press(house, screen, next(label for label in buttons(screen) if label.startswith(("Kyiv", "Київ"))), 2060)
    assert (await chosen(house, 2060)).timezone == "Europe/Kyiv"


async def test_back_and_done(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    screen = await house.answer(ANN, "/settings")
    first = screen.text
    await press(house, screen, "Quiet hours")
    await press(house, screen, "Back")
    assert screen.text == first
    await press(house, screen, "Done")
    assert screen.buttons == ()


async def test_topics_and_words_are_taken_away_one_by_one_but_the_last(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm ferries mole -football")
    screen = await house.answer(ANN, "/settings")
    await press(house, screen, "Topics and words")
    await press(house, screen, "✕ Ferries")
    assert (await followed(house, ANN)).wish == Wish(words=("mole",), without=("football",))
    again = await house.telegram.press(ANN, ANN, screen.id, buttons(screen)["✕ “mole”"])
    assert again.text == "That is the last one; Unsubscribe ends all of it."
    await press(house, screen, "✕ without “football”")
    assert (await followed(house, ANN)).wish == Wish(words=("mole",))


async def test_unsubscribing_takes_a_second_press(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    screen = await house.answer(ANN, "/settings")
    await press(house, screen, "Unsubscribe")
    assert await house.follows(ANN) == {"storm": ()}
    await press(house, screen, "Stop it")
    assert await house.follows(ANN) == {}
    assert "Nothing is followed here yet" in screen.text


# --- presses that come too late -------------------------------------------------------------------------------------


async def test_a_press_on_a_blog_that_is_followed_no_more_says_so(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    screen = await house.answer(ANN, "/settings")
    data = buttons(screen)
    await house.ask(ANN, "/unsubscribe storm")
    for label in ("Key events", "Sound: on", "Unsubscribe"):
        answer = await house.telegram.press(ANN, ANN, screen.id, data[label])
        assert answer.text == "That live blog is not followed here; /settings shows what is."


async def test_after_forget_an_old_screen_begins_anew_without_what_was_followed(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    screen = await house.answer(ANN, "/settings")
    await house.ask(ANN, "/forget")
    await house.telegram.tap(ANN, ANN, "Delete everything")
    answer = await house.telegram.press(ANN, ANN, screen.id, buttons(screen)["Key events"])
    assert "not followed here" in (answer.text or "")


async def test_a_restart_between_two_presses_changes_nothing(tmp_path: Path) -> None:
    async with LocalTelegram() as telegram:
        async with telegram_house(tmp_path, ONE_BLOG, telegram=telegram) as before:
            telegram.add_user(ANN, "Ann", started=True)
            await before.ask(ANN, "/subscribe storm")
            screen = await before.answer(ANN, "/settings")
            await press(before, screen, "Digests")
        async with telegram_house(tmp_path, ONE_BLOG, telegram=telegram) as after:
            await press(after, screen, "When digests come")
            await press(after, screen, "3 hours")
            assert (await followed(after, ANN)).digest == "3h"
            assert "Digests arrive every 3 hours." in screen.text


# --- groups, topics, channels ---------------------------------------------------------------------------------------


async def test_in_a_group_its_admins_choose_and_who_is_none_any_more_does_not(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm", GROUP)
    only = "Only this group's admins can decide that."
    assert await house.ask(BEN, "/settings", GROUP) == only
    screen = await house.answer(ANN, "/settings", GROUP)
    answer = await house.telegram.press(BEN, GROUP, screen.id, buttons(screen)["Key events"])
    assert (answer.text, answer.show_alert) == (only, True)
    await press(house, screen, "Key events")
    house.telegram.add_member(GROUP, ANN, "member")
    answer = await house.telegram.press(ANN, GROUP, screen.id, buttons(screen)["Everything"])
    assert answer.text == only
    assert (await followed(house, GROUP)).volume is Volume.KEY


async def test_two_admins_who_press_at_once_both_have_their_way(house: TelegramHouse) -> None:
    house.telegram.add_member(GROUP, BEN, "administrator")
    await house.ask(ANN, "/subscribe storm", GROUP)
    screen = await house.answer(ANN, "/settings", GROUP)
    one, other = buttons(screen)["Sound: on"], buttons(screen)["Digests"]
    first = house.telegram.press(ANN, GROUP, screen.id, one)
    second = house.telegram.press(BEN, GROUP, screen.id, other)
    await first, await second
    both = await followed(house, GROUP)
    assert (both.sound, both.volume) == (False, Volume.DIGEST)
    await house.telegram.until(lambda: {"Sound: off", "✓ Digests"} <= buttons(screen).keys())


async def test_a_topic_chooses_for_itself_and_the_rest_is_the_groups(house: TelegramHouse) -> None:
    thread = house.telegram.add_topic(FORUM, "Ferries")
    await house.ask(ANN, "/subscribe storm", FORUM, thread=thread)
    await house.ask(ANN, "/subscribe storm", FORUM)
    screen = await house.answer(ANN, "/settings", FORUM, thread=thread)
    assert "are the whole group's" in screen.text
    await press(house, screen, "Key events")
    assert (await followed(house, FORUM, thread)).volume is Volume.KEY
    assert (await followed(house, FORUM)).volume is Volume.EVERYTHING


async def test_a_channels_admin_chooses_for_it_in_private(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm @harbour_news")
    await house.ask(ANN, "/subscribe election @harbour_news")
    screen = await house.answer(ANN, "/settings @harbour_news")
    assert screen.text.startswith("Settings of @harbour_news")
    await press(house, screen, "Storm over the harbour")
    await press(house, screen, "Key events")
    assert (await followed(house, CHANNEL)).volume is Volume.KEY
    await press(house, screen, "Back")
    await press(house, screen, "Language")
    await press(house, screen, "Deutsch")
    assert ((await chosen(house, CHANNEL)).language, (await chosen(house, ANN)).language) == ("de", None)
    house.telegram.add_member(CHANNEL, ANN, "member")
    answer = await house.telegram.press(ANN, ANN, screen.id, buttons(screen)["Mute"])
    assert answer.text == "Only the admins of that channel can decide that."
    assert (await house.ask(BEN, "/settings @harbour_news")).startswith("Only the admins of @harbour_news")


# --- typed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says", "seconds"),
    [
        ("2h", "Nothing new arrives until ", 7200),
        ("90 min", "Nothing new arrives until ", 5400),
        ("2d", "Nothing new arrives until ", 172_800),
        ("off", "You hear everything again.", None),
        ("2 years", "For how long? Write /mute 2h", None),
        ("xyz", "For how long? Write /mute 2h", None),
    ],
)
async def test_mute_says_until_when(house: TelegramHouse, words: str, says: str, seconds: int | None) -> None:
    await house.ask(ANN, "/timezone Kyiv")
    said = await house.answer(ANN, f"/mute {words}")
    assert said.text.startswith(says)
    until = (await chosen(house, ANN)).muted_until
    assert bool(until) is (seconds is not None)
    if seconds is not None:
        assert abs(until - house.house.clock() - seconds) < 60
        assert "EES" in said.text or "EET" in said.text
        await press(house, said, "Unmute")
        assert (await chosen(house, ANN)).muted_until == 0


async def test_mute_alone_offers_buttons_and_a_time_of_day_is_understood(house: TelegramHouse) -> None:
    screen = await house.answer(ANN, "/mute")
    await press(house, screen, "3 hours")
    assert abs((await chosen(house, ANN)).muted_until - house.house.clock() - 10_800) < 60
    await press(house, screen, "Unmute")  # or between 4:00 and 4:01 the next one says what stands there already
    await press(house, screen, "until 07:00")
    assert (await chosen(house, ANN)).muted_until % 3600 == 0
    assert "07:30" in await house.ask(ANN, "/mute until 7:30")
    assert (await house.ask(ANN, "/mute 3h", GROUP)).startswith("This group hears nothing new until")


@pytest.mark.parametrize(
    ("words", "says", "quiet"),
    [
        ("22:30-6:15", "Quiet from 22:30 to 06:15: new posts wait until then.", Quiet(start=1350, end=375)),
        ("22 7", "Quiet from 22:00 to 07:00", Quiet(start=1320, end=420)),
        ("off", "There are no quiet hours any more.", None),
        ("sometimes", "From when to when? Write for example /quiet 22:30-6:15", None),
    ],
)
async def test_quiet_hours_are_typed(house: TelegramHouse, words: str, says: str, quiet: Quiet | None) -> None:
    assert (await house.ask(ANN, f"/quiet {words}")).startswith(says)
    assert (await chosen(house, ANN)).quiet == quiet


@pytest.mark.parametrize(
    ("words", "says", "zone"),
    [
        ("Kyiv", "Time zone: Kyiv, where it is ", "Europe/Kyiv"),
        ("america/new york", "Time zone: New York", "America/New_York"),
        ("Lodnon", "I know no place called “Lodnon”; did you mean London?", None),
        ("off", "Times are those of each live blog again.", None),
    ],
)
async def test_a_time_zone_is_typed(house: TelegramHouse, words: str, says: str, zone: str | None) -> None:
    assert (await house.ask(ANN, f"/timezone {words}")).startswith(says)
    assert (await chosen(house, ANN)).timezone == zone


async def test_digests_are_typed(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    assert "Digests arrive every 45 minutes." in await house.ask(ANN, "/digest 45m")
    assert "Digests arrive at 07:30 and 19:00." in await house.ask(ANN, "/digest storm 07:30 19:00")
    assert (await followed(house, ANN)).digest == "07:30 19:00"
    assert (await house.ask(ANN, "/digest storm often")).startswith("When? Write one of /digest storm 30m")
    assert (await house.ask(ANN, "/digest election 30m")).startswith("That live blog is not followed here")
    assert "When should digests come?" in await house.ask(ANN, "/digest storm")
    await house.ask(ANN, "/digest storm off")
    assert (await followed(house, ANN)).volume is Volume.EVERYTHING


async def test_what_is_typed_is_for_a_groups_admins_too(house: TelegramHouse) -> None:
    for command in ("/mute 2h", "/quiet 22-7", "/timezone Kyiv", "/digest storm 30m", "/settings"):
        assert await house.ask(BEN, command, GROUP) == "Only this group's admins can decide that."


# --- and the posts obey ---------------------------------------------------------------------------------------------


async def test_what_is_muted_waits_and_comes_when_the_mute_ends(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    await house.ask(BEN, "/subscribe storm")
    said = await house.answer(ANN, "/mute 2h")
    await house.room.publish(post("a"))
    await house.newest_says(BEN, "About a")
    assert house.said(ANN)[-1] is said
    await press(house, said, "Unmute")
    await house.newest_says(ANN, "About a")


async def test_what_waits_and_is_left_out_meanwhile_does_not_come(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    await house.ask(ANN, "/mute 2h")
    await house.room.publish(post("a", "A football match."), post("b", "Waves."))
    await house.ask(ANN, "/subscribe storm -football")
    await house.ask(ANN, "/mute off")
    await house.newest_says(ANN, "About b")
    assert not any("About a" in text for text in house.room.screen(ANN))


async def test_who_wants_no_sound_gets_none(house: TelegramHouse) -> None:
    await house.ask(ANN, "/subscribe storm")
    screen = await house.answer(ANN, "/settings")
    await press(house, screen, "Sound: on")
    await house.room.publish(post("a"))
    await house.newest_says(ANN, "About a")
    assert house.said(ANN)[-1].silent
