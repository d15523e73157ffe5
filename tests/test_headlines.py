"""Which edit of a headline is a correction that people should hear of, and how they hear of it."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.choices import Choices
from bot.core.headlines import is_correction
from bot.core.model import Post
from bot.core.publishing import PushText
from bot.demo.telegram import LocalMessage
from storage import corrections
from tests.choosing import choose_in
from tests.newsroom import FILE, Newsroom, newsroom, post
from tests.service import service

ANN, BEN = 2001, 2002
FORUM, GROUP = -1_000_000_004_002, -4001

# --- the rule -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("en", "Two boats lost off Harwich", "Three boats lost off Harwich"),
        ("en", "12 dead in blast at the mill", "21 dead in blast at the mill"),
        ("en", "5 dead in crash on the coast road", "Several dead in crash on the coast road"),
        ("en", "Wind reaches 97.5 km/h at the pier", "Wind reaches 79.5 km/h at the pier"),
        ("en", "Repairs to cost £2m this year", "Repairs to cost £2bn this year"),
        ("en", "Repairs to cost 2 million this year", "Repairs to cost 2 billion this year"),
        ("en", "A man found alive after the storm", "Two found alive after the storm"),
        ("en", "Mayor Smith resigns over the wall", "Mayor Jones resigns over the wall"),
        ("en", "Navy sends ship to Iran after talks", "Navy sends ship to Iraq after talks"),
        ("en", "Troops of NATO reach the border", "Troops of EU reach the border"),
        ("en", "Minister did resign over the wall", "Minister did not resign over the wall"),
        ("en", "Minister will resign over the wall", "Minister won’t resign over the wall"),
        ("en", "Captain not guilty in the harbour case", "Captain guilty in the harbour case"),
        ("de", "Zwei Tote nach Sturm an der Küste", "Drei Tote nach Sturm an der Küste"),
        ("de", "Fähre fährt heute nach Harwich", "Fähre fährt heute nicht nach Harwich"),
        ("de", "Gestern trat Olaf Meier zurück", "Gestern trat Robert Huber zurück"),
        ("fr", "Un mort après la tempête à Brest", "Deux morts après la tempête à Brest"),
        ("fr", "Le port est fermé ce soir", "Le port n’est pas fermé ce soir"),
        ("es", "Dos muertos tras la tormenta", "Tres muertos tras la tormenta"),
        ("es", "El puerto está cerrado hoy", "El puerto no está cerrado hoy"),
        ("pt-BR", "O porto está fechado hoje", "O porto não está fechado hoje"),
        ("ru", "Двое погибших после шторма", "Трое погибших после шторма"),
        ("uk", "Порт закрито сьогодні", "Порт не закрито сьогодні"),
        ("ar", "مقتل ٣ أشخاص في المرفأ", "مقتل ٥ أشخاص في المرفأ"),
        ("hi", "तूफ़ान में १२ लोग घायल", "तूफ़ान में २१ लोग घायल"),
        ("zh", "港口未关闭", "港口关闭"),
        ("zh", "风暴致三人死亡", "风暴致五人死亡"),
        ("ja", "港は閉鎖していない", "港は閉鎖している"),
    ],
)  # fmt: skip
def test_another_number_name_or_not_is_a_correction(language: str, before: str, after: str) -> None:
    assert is_correction(before, after, language)


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("en", "Two boats lost off Harwich", "2 boats lost off Harwich"),
        ("en", "1,000 homes without power", "1000 homes without power"),
        ("en", "Storm hits the coast", "STORM HITS THE COAST"),
        ("en", "Storm hits the coast", "Storm hits the coast, 3 dead"),
        ("en", "Mayor resigns over the wall", "Mayor Smith resigns over the wall"),
        ("en", "Minister did nto resign", "Minister did not resign"),
        ("en", "Mayor Smiht resigns", "Mayor Smith resigns"),
        ("en", "Minister does not resign", "Minister doesn't resign"),
        ("en", "Iran leader speaks at noon", "Iranian leader speaks at noon"),
        ("en", "Ferry sinks off Harwich", "Lifeboat crew of seven saved at Dover"),
        ("en", "Ministers meet at the harbour", "Lawmakers meet at the harbour"),
        ("en", "Storm Hits The Northern Coast", "Gale Hits The Northern Coast"),
        ("en", "Wind “reaches” 5%", "Wind 'reaches' 5 per cent"),
        ("en", "14:02 Harbour is closed", "14:05 Harbour is closed"),
        ("de", "Der Brand im Hafen ist gelöscht", "Das Feuer im Hafen ist gelöscht"),
        ("de", "Zwei Tote nach Sturm", "2 Tote nach Sturm"),
        ("fr", "Un mort à Brest", "Un mort à Brest, 3 blessés"),
        ("ru", "Мэр Москвы закрыл порт", "Мэр Москве закрыл порт"),
        ("ar", "مقتل ٣ أشخاص في المرفأ", "مقتل 3 أشخاص في المرفأ"),
        ("en", "", "Three boats lost"),
        ("en", "Three boats lost", ""),
    ],
)  # fmt: skip
def test_other_words_for_the_same_and_news_are_none(language: str, before: str, after: str) -> None:
    assert not is_correction(before, after, language)


def test_the_text_shows_which_first_words_are_names() -> None:
    before, after = "Smith wins the northern seat", "Jones wins the northern seat"
    assert not is_correction(before, after)
    assert is_correction(before, after, text="The seat goes to Smith, they said.\nThe seat goes to Jones, they said.")


WORDS = (
    "harbour",
    "wall",
    "Harwich",
    "storm",
    "two",
    "14",
    "not",
    "Smith",
    "closed",
    "ferry",
    "1,500",
    "NATO",
    "never",
)
HEADLINES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)


@given(headline=HEADLINES, language=st.sampled_from(["en", "de", "fr", "ru", "zh", "xx"]), text=st.text(max_size=40))
def test_a_headline_is_no_correction_of_itself_in_another_shape(headline: str, language: str, text: str) -> None:
    shapes = (
        headline,
        headline.upper(),
        headline.lower(),
        headline.title(),
        headline.replace(" ", "  ").replace("1,500", "1500"),
        f"“{headline}”.",
        unicodedata.normalize("NFD", headline),
    )
    for shape in shapes:
        assert not is_correction(headline, shape, language, text)
        assert not is_correction(shape, headline, language, text)


@given(
    headline=st.lists(
        st.sampled_from(["harbour", "storms", "Harwich", "closed", "Lawrence", "never", "eleven"]), min_size=2
    ).map(" ".join),
    at=st.integers(0, 200),
    how=st.sampled_from(["swap", "drop", "double"]),
)
def test_a_typing_error_that_is_mended_is_no_correction(headline: str, at: int, how: str) -> None:
    places = [place for place in range(1, len(headline) - 2) if headline[place - 1 : place + 3].isalpha()]
    at = places[at % len(places)]
    match how:
        case "swap":
            wrong = headline[:at] + headline[at + 1] + headline[at] + headline[at + 2 :]
        case "drop":
            wrong = headline[:at] + headline[at + 1 :]
        case _:
            wrong = headline[:at] + headline[at] + headline[at:]
    assert not is_correction(wrong, headline)


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_judged(before: str, after: str, text: str) -> None:
    assert is_correction(before, after, "en", text) in (True, False)
    assert not is_correction(before, before, "zh", text)


# --- in chats -------------------------------------------------------------------------------------------------------

WITH_REPLY = FILE.replace('title = "Storm"', 'title = "Storm"\ncorrection_reply = true')


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path, file=WITH_REPLY) as one:
        yield one


def said(room: Newsroom, chat: int) -> list[LocalMessage]:
    return room.telegram.chats[chat].from_bot()


def boats(count: str, **fields: object) -> Post:
    return post("a", title=f"{count} boats lost off Harwich", **fields)


async def corrected(room: Newsroom, *counts: str) -> None:
    for count in counts:
        await room.publish(boats(count))
        await room.quiet()


async def test_a_correction_changes_the_message_and_answers_it(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    await corrected(room, "Two", "Three")
    for chat in (ANN, BEN):
        await room.shows(chat, "Three boats lost off Harwich", "Corrected: Three boats lost off Harwich")
        first, second = said(room, chat)
        assert second.reply_to == first.id
        assert not second.silent


async def test_without_the_switch_and_for_other_edits_nobody_is_pinged(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        await room.follow(ANN)
        await corrected(room, "Two", "Three")
        await room.shows(ANN, "Three boats lost off Harwich")


@pytest.mark.parametrize("after", ["2", "TWO", "“Two”"])
async def test_what_reads_the_same_pings_nobody(room: Newsroom, after: str) -> None:
    await room.follow(ANN)
    await corrected(room, "Two", after)
    await room.shows(ANN, f"{after} boats lost off Harwich")


async def test_who_had_not_read_it_is_not_told(room: Newsroom) -> None:
    """Who subscribed since, who left, and who follows by digests."""
    await room.follow(ANN, BEN)
    await corrected(room, "Two")
    await room.follow(2003)
    ben = await room.store.chat("main", BEN)
    assert ben is not None
    await room.store.unsubscribe(chat=ben.id, thread=0, blog="storm")
    await corrected(room, "Three")
    await room.shows(ANN, "Three boats", "Corrected: Three boats")
    await room.shows(BEN, "Three boats")
    assert said(room, 2003) == []


async def test_ten_quick_corrections_are_one_reply_with_the_last_headline(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=WITH_REPLY.replace('"0s"', '"1s"')) as room:
        await room.follow(ANN)
        await room.publish(boats("Two"))
        await room.shows(ANN, "Two boats")
        for count in range(3, 13):
            await room.publish(boats(str(count)))
        await room.shows(ANN, "12 boats lost off Harwich", "Corrected: 12 boats lost off Harwich")
        assert len([one for one in room.telegram.chats[ANN].messages if one.bot]) == 2


async def test_a_correction_that_is_taken_back_in_time_is_never_told(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=WITH_REPLY.replace('"0s"', '"1s"')) as room:
        await room.follow(ANN)
        await room.publish(boats("Two"))
        await room.shows(ANN, "Two boats")
        for count in ("Three", "Two"):
            await room.publish(boats(count, modified_at=datetime.now(UTC)))
        await room.telegram.until(lambda: "updated" in said(room, ANN)[0].text)
        await room.quiet()
        await room.shows(ANN, "Two boats lost off Harwich")


async def test_soon_after_the_same_reply_is_changed_and_later_a_new_one_takes_its_place(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.follow(ANN)
    await corrected(room, "Two", "Three", "Four")
    await room.shows(ANN, "Four boats", "Corrected: Four boats")
    reply = said(room, ANN)[1]
    assert len(reply.edits) == 1
    monkeypatch.setattr(corrections, "APART", 0.0)
    await corrected(room, "Five")
    await room.shows(ANN, "Five boats", "Corrected: Five boats")
    assert said(room, ANN)[1].id != reply.id
    assert reply.deleted
    assert said(room, ANN)[1].reply_to == said(room, ANN)[0].id


async def test_the_reply_goes_with_its_post_and_stays_gone(room: Newsroom) -> None:
    await room.follow(ANN)
    await corrected(room, "Two", "Three")
    await room.shows(ANN, "Three boats", "Corrected: Three boats")
    await room.take_away("a")
    await room.shows(ANN, "withdrawn by the publisher")
    await room.publish(replace(boats("Three"), withdrawn=False))
    await room.shows(ANN, "Three boats")


async def test_what_our_editors_correct_is_told_and_goes_with_what_they_take_down_and_restore(room: Newsroom) -> None:
    await room.follow(ANN)
    await corrected(room, "Two")
    number = (await room.store.latest(blogs=["storm"], now=room.clock(), limit=1))[0].id
    assert await room.desk.correct(number, PushText(text="Three boats lost off Harwich\nA fourth came home.")) == 1
    await room.shows(ANN, "Three boats", "Corrected: Three boats lost off Harwich")
    await room.desk.restore(number)
    await room.shows(ANN, "Two boats", "Corrected: Two boats lost off Harwich")
    await room.desk.withdraw(number)
    await room.shows(ANN, "withdrawn by the editors")


async def test_a_correction_waits_for_the_morning_as_a_live_post_does(room: Newsroom) -> None:
    await room.follow(ANN)
    await corrected(room, "Two")
    ann = await room.store.chat("main", ANN)
    assert ann is not None
    await choose_in(room.store, ann.id, Choices(muted_until=room.clock() + 600.0))
    await corrected(room, "Three")
    await room.telegram.until(lambda: room.screen(ANN)[0].startswith("Three boats"))
    await room.shows(ANN, "Three boats")
    await choose_in(room.store, ann.id, Choices())
    room.sender.wake()
    await room.shows(ANN, "Three boats", "Corrected: Three boats")


async def test_a_reply_that_cannot_be_deleted_any_more_says_that_it_is_withdrawn(room: Newsroom) -> None:
    await room.follow(ANN)
    await corrected(room, "Two", "Three")
    await room.shows(ANN, "Three boats", "Corrected: Three boats")
    room.telegram.age(ANN, said(room, ANN)[1].id, 50)
    await room.take_away("a")
    await room.shows(ANN, "withdrawn by the publisher", "withdrawn by the publisher")


async def test_a_post_withdrawn_before_its_correction_went_out_is_not_corrected(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=WITH_REPLY.replace('"0s"', '"5s"')) as room:
        await room.follow(ANN)
        await room.publish(boats("Two"))
        await room.shows(ANN, "Two boats")
        await room.publish(boats("Three"))
        await room.take_away("a")
        await room.shows(ANN, "withdrawn by the publisher")
        assert await room.store.next_due("main", room.clock()) is None


async def test_where_people_deleted_the_message_the_correction_stands_by_itself(room: Newsroom) -> None:
    await room.follow(ANN)
    await corrected(room, "Two")
    room.telegram.erase(ANN, said(room, ANN)[0].id)
    await corrected(room, "Three")
    await room.shows(ANN, "Corrected: Three boats")
    assert said(room, ANN)[0].reply_to is None


async def test_a_correction_of_a_post_in_a_digest_answers_the_digest(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=WITH_REPLY, start=False) as room:
        await room.follow(ANN)
        await room.publish(boats("Two"), post("b"), post("c"))
        room.start()
        await room.quiet()
        await corrected(room, "Three")
        await room.telegram.until(lambda: len(said(room, ANN)) == 2)
        digest, reply = said(room, ANN)
        assert "Three boats" in digest.text
        assert reply.text == "Corrected: Three boats lost off Harwich"
        assert reply.reply_to == digest.id


async def test_in_a_forum_the_topic_that_has_the_post_is_told(room: Newsroom) -> None:
    room.telegram.add_user(ANN)
    forum = room.telegram.add_chat(FORUM, "supergroup", "Forum", forum=True, admins=[ANN])
    sea = room.telegram.add_topic(FORUM, "Sea")
    await room.subscribe(FORUM, "supergroup", thread=sea)
    await corrected(room, "Two", "Three")
    await room.shows(FORUM, "Three boats", "Corrected: Three boats")
    assert [one.thread for one in forum.from_bot()] == [sea, sea]


async def test_a_group_turned_supergroup_is_told_without_an_answer_to_what_is_gone(room: Newsroom) -> None:
    room.telegram.add_user(ANN)
    room.telegram.add_chat(GROUP, "group", "Group", admins=[ANN])
    await room.subscribe(GROUP, "group")
    await corrected(room, "Two")
    to = room.telegram.migrate(GROUP)
    await corrected(room, "Three")
    await room.shows(to, "Corrected: Three boats")
    assert said(room, to)[0].reply_to is None


async def test_no_list_or_count_shows_it_and_it_holds_back_no_news(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=WITH_REPLY.replace('"0s"', '"600s"')) as room:
        await room.follow(ANN)
        await room.publish(boats("Two"))
        await room.shows(ANN, "Two boats")
        await room.publish(boats("Three"))
        await room.publish(post("b"))
        await room.shows(ANN, "Two boats", "About b")
        listed = await room.store.latest(blogs=["storm"], now=room.clock() + 1000, limit=20)
        assert [one.title for one in listed] == ["About b", "Three boats lost off Harwich"]
        found = await room.store.search(words="boats", blogs=["storm"], now=room.clock() + 1000, limit=20)
        assert len(found) == 1


async def test_a_held_blog_tells_its_corrections_when_it_is_released(room: Newsroom) -> None:
    await room.follow(ANN)
    await corrected(room, "Two")
    await room.desk.hold("storm")
    await room.publish(boats("Three"))
    await room.publish(post("b"))
    await room.quiet()
    await room.shows(ANN, "Two boats lost off Harwich")
    await room.desk.release("storm")
    await room.telegram.until(
        lambda: (
            {one.text.split("\n")[0] for one in said(room, ANN)}
            == {"About b", "Corrected: Three boats lost off Harwich", "Three boats lost off Harwich"}
        )
    )


@pytest.mark.parametrize(
    "step", ["before the publishing commits", "after publishing", "after the claim", "before the settlement"]
)
async def test_a_kill_at_any_step_tells_it_once_or_what_was_on_the_wire_twice(tmp_path: Path, step: str) -> None:
    async with service(tmp_path, extra="correction_reply = true") as relay:
        await relay.followers(ANN)
        await relay.start()
        await relay.publisher.polled()
        relay.publisher.publish("a", "Two boats lost off Harwich")
        await relay.shows(ANN, "Two boats lost off Harwich")
        await relay.terminate()
        await relay.start(step, 0)
        relay.publisher.publish("a", "Three boats lost off Harwich")
        assert await relay.died() == -9
        await relay.start()
        told = "Corrected: Three boats lost off Harwich"
        await relay.telegram.until(
            lambda: relay.headlines(ANN)[0].startswith("Three") and told in relay.headlines(ANN), 20
        )
        await relay.publisher.polled(2)
        assert relay.headlines(ANN)[1:] in ([told], [told, told] if step == "before the settlement" else [told])
