"""Posts with several pictures: albums arrive whole, once and in order, and stay true to the page."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import pictures
from bot.core.albums import BLANK, MOST, assigned, checksum, next_step
from bot.core.model import Image, Rendered
from bot.core.plan import Beside, OnScreen
from bot.demo.telegram import Fault, LocalMessage, Planned
from bot.demo.telegram import Limits as LocalLimits
from bot.pace import Limits, Pace
from tests.hurried import WallClock, hurried
from tests.newsroom import FAST, FILE, Newsroom, newsroom, post
from tests.service import service

ANN, BEN, CLEO = 2001, 2002, 2003
GROUP = -1001
QUAY, MOLE, LIGHT, FERRY, TOWN = (
    Image(url=f"https://blog.example/{name}.jpg", caption=f"The {name}")
    for name in ("quay", "mole", "light", "ferry", "town")
)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as room:
        yield room


def settings(**blog: str) -> str:
    """The file with more said of its blog."""
    more = "".join(f'\n{name} = "{value}"' for name, value in blog.items())
    return FILE.replace('title = "Storm"', f'title = "Storm"{more}')


def standing(room: Newsroom, chat: int) -> list[LocalMessage]:
    return [message for message in room.telegram.chats[chat].from_bot() if message.visible]


def photos(room: Newsroom, chat: int) -> list[str]:
    """The addresses of the pictures that stand in a chat; uploaded ones have an address of the server's own."""
    found = [message.photo.url if message.photo else "" for message in standing(room, chat)]
    return [url.removeprefix("https://blog.example/").removesuffix(".jpg") for url in found]


def methods(room: Newsroom, chat: int | None = None) -> list[tuple[str, bool]]:
    return [(call.method, call.ok) for call in room.telegram.calls if chat is None or call.chat == chat]


async def album(room: Newsroom, *shown: Image, key: str = "a", chat: int = ANN) -> None:
    """Somebody follows, and an album arrives."""
    await room.follow(chat)
    await room.publish(post(key, images=shown))
    await room.telegram.until(lambda: len(standing(room, chat)) == len(shown))
    await room.quiet()


# --- sending ----------------------------------------------------------------------------------------------------------


async def test_a_post_with_several_pictures_is_an_album_with_its_text_under_the_first(room: Newsroom) -> None:
    await album(room, QUAY, MOLE, LIGHT)
    assert photos(room, ANN) == ["quay", "mole", "light"]
    first, *others = room.screen(ANN)
    assert first.startswith("About a")
    assert others == ["", ""], "Telegram's apps show the text only where it is the only caption"
    assert len({message.album for message in standing(room, ANN)}) == 1
    assert methods(room) == [("sendMediaGroup", True)]


async def test_an_album_has_no_more_pictures_than_the_limits_bear(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a", images=(QUAY, MOLE, LIGHT, FERRY, TOWN)))
    await room.shows(ANN, "About a", *[""] * (MOST - 1))
    assert photos(room, ANN) == ["quay", "mole", "light", "ferry"]


async def test_the_same_picture_twice_and_one_that_telegram_cannot_be_given_are_left_out(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a", images=(Image(url="ftp://blog.example/x.jpg"), QUAY, QUAY, MOLE)))
    await room.shows(ANN, "About a", "")
    assert photos(room, ANN) == ["quay", "mole"]


async def test_a_full_text_that_is_too_long_for_a_caption_comes_without_pictures(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=settings(text="full")) as room:
        await room.follow(ANN)
        await room.publish(post("a", "The quay is closed. " * 100, images=(QUAY, MOLE)))
        await room.shows(ANN, "About a")
        assert photos(room, ANN) == [""]


async def test_an_album_arrives_in_its_topic_and_as_silently_as_a_photo(room: Newsroom) -> None:
    room.telegram.add_user(ANN)
    forum = room.telegram.add_chat(GROUP, "supergroup", "Forum", forum=True, admins=(ANN,))
    thread = room.telegram.add_topic(GROUP, "Weather")
    await room.subscribe(GROUP, "supergroup", thread=thread)
    await room.publish(post("a", images=(QUAY, MOLE)))
    await room.telegram.until(lambda: len(forum.from_bot()) == 2)
    assert {message.thread for message in forum.from_bot()} == {thread}


async def test_posts_that_waited_together_are_one_text_whatever_pictures_they_have(tmp_path: Path) -> None:
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN)
        await room.publish(*(post(key, images=(QUAY, MOLE)) for key in "abc"))
        room.start()
        await room.shows(ANN, "Storm: 3 updates")
        assert methods(room) == [("sendMessage", True)]


async def test_telegram_fetches_each_picture_of_an_album_for_the_first_chats_alone(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        await album(room, QUAY, MOLE)
        for name in ("quay", "mole"):  # from now on only its own file ids work
            room.telegram.files.refuse(f"https://blog.example/{name}.jpg")
        await room.follow(BEN)
        await room.publish(post("b", images=(QUAY, MOLE)))
        await room.shows(BEN, "About b", "")
        assert all(ok for _, ok in methods(room))


async def test_a_killed_relay_repeats_an_album_at_most_once_and_follows_one_of_them(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        await room.follow(ANN)
        never = asyncio.Event()
        room.telegram.fail(method="sendMediaGroup", error=Fault.hold_answer(never))
        await room.publish(post("a", images=(QUAY, MOLE)))
        await room.telegram.until(lambda: len(standing(room, ANN)) == 2)
        assert room.running is not None
        room.running.cancel()  # nothing is written down any more
        with contextlib.suppress(asyncio.CancelledError):
            await room.running
        room.running = None
        async with newsroom(tmp_path, telegram=room.telegram, baseline=False) as again:
            again.posts = room.posts
            await room.telegram.until(lambda: len(standing(again, ANN)) == 4)
            await again.quiet()
            await again.take_away("a")
            await again.quiet()
            assert photos(again, ANN)[:2] == ["quay", "mole"]
            assert again.screen(ANN)[2].startswith("withdrawn")
            assert len(standing(again, ANN)) == 3
        never.set()


# --- limits -----------------------------------------------------------------------------------------------------------


@hurried(10)
async def test_albums_and_texts_together_are_never_too_many_for_the_bot(tmp_path: Path) -> None:
    people = range(3000, 3030)
    ours = replace(FAST, per_second=30.0)
    async with newsroom(tmp_path, limits=ours, telegram_limits=LocalLimits(per_second=30)) as room:
        await room.follow(*people)
        await room.publish(post("a", images=(QUAY, MOLE, LIGHT, FERRY)))
        await room.push("All ports closed.")
        await room.quiet()
        assert all(len(standing(room, person)) == 5 for person in people)
        assert not any(call.code == 429 for call in room.telegram.calls)


@hurried(10)
async def test_an_album_larger_than_the_allowance_of_a_second_takes_as_many_seconds(tmp_path: Path) -> None:
    ours = Limits(per_second=1.0, per_chat_per_second=1.0, per_group_per_minute=20.0)
    async with newsroom(tmp_path, limits=ours, telegram_limits=LocalLimits(per_second=1)) as room:
        await room.follow(ANN, BEN)
        await room.publish(post("a", images=(QUAY, MOLE, LIGHT)))
        await room.telegram.until(lambda: len(standing(room, ANN)) == len(standing(room, BEN)) == 3, seconds=60)
        first, second = (call.at for call in room.telegram.calls)
        assert second - first >= 3.0
        assert all(ok for _, ok in methods(room))


@hurried(20)
async def test_a_withdrawal_overtakes_an_album_that_waits_for_room(tmp_path: Path) -> None:
    ours = Limits(per_second=30.0, per_chat_per_second=1.0, per_group_per_minute=6.0)
    theirs = LocalLimits(per_second=30, per_chat_per_second=1, per_group_per_minute=6)
    async with newsroom(tmp_path, limits=ours, telegram_limits=theirs, clock=WallClock()) as room:
        room.telegram.add_user(ANN)
        room.telegram.add_chat(GROUP, "supergroup", "Harbour", admins=(ANN,))
        await room.subscribe(GROUP, "supergroup")
        for key in "ab":
            await room.publish(post(key, images=(QUAY, MOLE, LIGHT, FERRY)))
        await room.telegram.until(lambda: len(standing(room, GROUP)) == 4, seconds=60)
        await room.take_away("a")
        await room.shows(GROUP, "withdrawn")
        await room.telegram.until(lambda: len(standing(room, GROUP)) == 5, seconds=120)
        assert room.screen(GROUP)[1].startswith("About b")
        assert all(ok for _, ok in methods(room))


@hurried(20)
async def test_a_group_whose_minute_is_nearly_full_gets_an_album_when_there_is_room(tmp_path: Path) -> None:
    ours = Limits(per_second=30.0, per_chat_per_second=1.0, per_group_per_minute=6.0)
    theirs = LocalLimits(per_second=30, per_chat_per_second=1, per_group_per_minute=6)
    async with newsroom(tmp_path, limits=ours, telegram_limits=theirs, clock=WallClock()) as room:
        room.telegram.add_user(ANN)
        room.telegram.add_chat(GROUP, "supergroup", "Harbour", admins=(ANN,))
        await room.subscribe(GROUP, "supergroup")
        await room.follow(BEN)
        for key in "ab":
            await room.publish(post(key, images=(QUAY, MOLE, LIGHT, FERRY)))
        await room.telegram.until(lambda: len(standing(room, BEN)) == 8, seconds=60)
        assert len(standing(room, GROUP)) == 4
        await room.telegram.until(lambda: len(standing(room, GROUP)) == 8, seconds=120)
        assert all(ok for _, ok in methods(room))


def test_an_album_larger_than_a_groups_minute_leaves_when_nothing_else_is_in_it() -> None:
    now = [1000.0]
    pace = Pace(Limits(per_group_per_minute=2.0), clock=lambda: now[0])
    pace.spoke(GROUP, group=True)
    assert pace.room_for(GROUP, 4) == pytest.approx(60.0, abs=0.1)
    now[0] += 61.0
    assert pace.room_for(GROUP, 4) == 0.0
    pace.spoke(GROUP, group=True, messages=4)
    assert pace.rest_of(GROUP) == pytest.approx(60.0, abs=0.1)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["failed to get HTTP URL content", "wrong type of the web page content"])
@pytest.mark.parametrize(("bad", "left"), [(0, ["mole", "light"]), (1, ["quay", "light"]), (2, ["quay", "mole"])])
async def test_a_bad_picture_is_left_out_of_the_album(room: Newsroom, why: str, bad: int, left: list[str]) -> None:
    shown = (QUAY, MOLE, LIGHT)
    room.telegram.files.refuse(shown[bad].url, why)
    await room.follow(ANN)
    await room.publish(post("a", images=shown))
    await room.shows(ANN, "About a", "")
    await room.quiet()
    assert photos(room, ANN) == left
    assert standing(room, ANN)[0].entities, "the text keeps its formatting"
    assert methods(room) == [("sendMediaGroup", False), ("sendMediaGroup", True)]
    assert room.reports == []


async def test_where_it_is_not_said_which_picture_is_bad_the_first_alone_is_tried(room: Newsroom) -> None:
    room.telegram.files.refuse(MOLE.url, "wrong file identifier/HTTP URL specified")
    await room.follow(ANN)
    await room.publish(post("a", images=(QUAY, MOLE, LIGHT)))
    await room.shows(ANN, "About a")
    await room.quiet()
    assert photos(room, ANN) == ["quay"]
    assert methods(room) == [("sendMediaGroup", False), ("sendPhoto", True)]


async def test_where_no_picture_can_be_had_the_words_arrive(room: Newsroom) -> None:
    for one in (QUAY, MOLE):
        room.telegram.files.refuse(one.url)
    await room.follow(ANN)
    await room.publish(post("a", images=(QUAY, MOLE)))
    await room.shows(ANN, "About a")
    await room.quiet()
    assert photos(room, ANN) == [""]
    assert methods(room) == [("sendMediaGroup", False), ("sendPhoto", False), ("sendMessage", True)]
    assert room.reports == []


@pytest.mark.parametrize("shown", [(QUAY,), (QUAY, MOLE)], ids=["photo", "album"])
async def test_a_picture_that_was_refused_once_is_not_tried_in_every_chat(
    tmp_path: Path, shown: tuple[Image, ...]
) -> None:
    people = range(3000, 3300)
    async with newsroom(tmp_path, limits=replace(FAST, per_second=1000.0)) as room:
        room.telegram.files.refuse(QUAY.url)
        await room.follow(*people)
        await room.publish(post("a", images=shown))
        await room.quiet()
        assert all(len(standing(room, person)) == 1 for person in people)
        refused = [ok for _, ok in methods(room)].count(False)
        assert refused <= 100, "those that were on the way at once"


async def test_file_ids_that_telegram_takes_no_longer_are_named_by_their_addresses_again(room: Newsroom) -> None:
    await album(room, QUAY, MOLE)
    stale = Fault.refuse(400, 'Bad Request: failed to send message #1 with the error message "MEDIA_EMPTY"')
    room.telegram.fail(method="sendMediaGroup", error=stale)
    await room.publish(post("b", images=(QUAY, MOLE)))
    await room.telegram.until(lambda: len(standing(room, ANN)) == 4)
    assert photos(room, ANN) == ["quay", "mole"] * 2
    assert room.reports == []


async def test_a_refused_picture_has_another_chance_later(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "REFUSED_SECONDS", 0.0)
    room.telegram.fail(method="sendPhoto", error=Fault.refuse(400, "Bad Request: failed to get HTTP URL content"))
    await room.follow(ANN)
    await room.publish(post("a", images=(QUAY,)))
    await room.shows(ANN, "About a")
    assert photos(room, ANN) == ["quay"]


@pytest.mark.parametrize(
    "words",
    [
        'Bad Request: failed to send message #1 with the error message "Too Many Requests: retry after 1"',
        "Bad Request: Too Many Requests: retry after 1",
    ],
)
async def test_a_flood_wait_inside_an_albums_refusal_is_obeyed(room: Newsroom, words: str) -> None:
    room.telegram.fail(method="sendMediaGroup", error=Fault.refuse(400, words))
    await room.follow(ANN)
    await room.publish(post("a", images=(QUAY, MOLE)))
    await room.shows(ANN, "About a", "")
    assert room.telegram.calls[1].at - room.telegram.calls[0].at >= 1.0
    assert photos(room, ANN) == ["quay", "mole"]


async def test_a_reader_who_blocked_the_bot_is_told_apart_from_a_bad_picture(room: Newsroom) -> None:
    words = 'Forbidden: failed to send message #1 with the error message "USER_IS_BLOCKED"'
    room.telegram.fail(method="sendMediaGroup", error=Fault.refuse(403, words))
    await room.follow(ANN)
    await room.publish(post("a", images=(QUAY, MOLE)))
    await room.quiet()
    chat = await room.store.chat("main", ANN)
    assert chat is not None
    assert not chat.open


async def test_where_photos_are_not_welcome_the_words_of_an_album_arrive(room: Newsroom) -> None:
    room.telegram.add_user(ANN)
    room.telegram.add_chat(GROUP, "supergroup", "Harbour", admins=(ANN,))
    room.telegram.restrict(GROUP, what=["photos"])
    await room.subscribe(GROUP, "supergroup")
    await room.publish(post("a", images=(QUAY, MOLE)))
    await room.shows(GROUP, "About a")
    await room.quiet()
    assert methods(room) == [("sendMediaGroup", False), ("sendMessage", True)]


# --- edits ------------------------------------------------------------------------------------------------------------


async def test_a_new_text_changes_the_caption_of_the_first_alone(room: Newsroom) -> None:
    await album(room, QUAY, MOLE, LIGHT)
    await room.publish(post("a", title="Corrected a", images=(QUAY, MOLE, LIGHT)))
    await room.shows(ANN, "Corrected a", "", "")
    await room.quiet()
    assert methods(room)[1:] == [("editMessageCaption", True)]


async def test_another_picture_is_changed_where_it_stands(room: Newsroom) -> None:
    await album(room, QUAY, MOLE, LIGHT)
    await room.publish(post("a", images=(QUAY, FERRY, LIGHT)))
    await room.shows(ANN, "About a", "", "")
    await room.quiet()
    assert photos(room, ANN) == ["quay", "ferry", "light"]
    assert methods(room)[1:] == [("editMessageCaption", True), ("editMessageMedia", True)]


async def test_a_picture_fewer_is_deleted_and_the_others_stay(room: Newsroom) -> None:
    await album(room, QUAY, MOLE, LIGHT)
    await room.publish(post("a", images=(QUAY, LIGHT)))
    await room.shows(ANN, "About a", "")
    await room.quiet()
    assert methods(room)[1:] == [("editMessageCaption", True), ("deleteMessage", True)]


async def test_where_the_first_picture_goes_another_takes_its_place_as_the_text_stands_there(room: Newsroom) -> None:
    await album(room, QUAY, MOLE, LIGHT)
    await room.publish(post("a", images=(MOLE, LIGHT)))
    await room.shows(ANN, "About a", "")
    await room.quiet()
    assert photos(room, ANN) == ["mole", "light"]


async def test_a_picture_more_is_not_shown_and_nothing_is_sent_again(room: Newsroom) -> None:
    await album(room, QUAY, MOLE)
    await room.publish(post("a", title="Corrected a", images=(QUAY, MOLE, LIGHT)))
    await room.shows(ANN, "Corrected a", "")
    await room.quiet()
    assert methods(room)[1:] == [("editMessageCaption", True)]


async def test_a_post_without_pictures_any_more_keeps_its_text_under_the_blank_one(room: Newsroom) -> None:
    await album(room, QUAY, MOLE)
    await room.publish(post("a", title="Corrected a"))
    await room.shows(ANN, "Corrected a")
    await room.quiet()
    assert photos(room, ANN) not in (["quay"], ["mole"])


async def test_an_edit_between_two_steps_is_not_lost(room: Newsroom) -> None:
    await album(room, QUAY, MOLE, LIGHT)
    go_on = asyncio.Event()
    second = room.telegram.fail(method="editMessageMedia", error=Fault.hold(go_on))
    await room.publish(post("a", title="First", images=(QUAY, FERRY, LIGHT)))
    await asyncio.wait_for(second.reached.wait(), 60)
    await room.publish(post("a", title="Second", images=(QUAY, FERRY, TOWN)))
    go_on.set()
    await room.shows(ANN, "Second", "", "")
    await room.quiet()
    assert photos(room, ANN) == ["quay", "ferry", "town"]


async def test_a_refused_caption_is_made_plain_and_the_pictures_stay(room: Newsroom) -> None:
    await album(room, QUAY, MOLE)
    room.telegram.fail(method="editMessageCaption", error=Fault.refuse(400, "Bad Request: ENTITY_BOUNDS_INVALID"))
    await room.publish(post("a", title="Corrected a", images=(QUAY, MOLE)))
    await room.shows(ANN, "Corrected a", "")
    await room.quiet()
    assert photos(room, ANN) == ["quay", "mole"]
    assert room.reports == []


async def test_a_new_picture_that_is_refused_leaves_none_in_its_place(room: Newsroom) -> None:
    await album(room, QUAY, MOLE)
    room.telegram.files.refuse(FERRY.url)
    await room.publish(post("a", title="Corrected a", images=(QUAY, FERRY)))
    await room.shows(ANN, "Corrected a")
    await room.quiet()
    assert photos(room, ANN) == ["quay"]
    assert room.reports == []


@pytest.mark.parametrize("erased", [0, 1])
async def test_what_is_left_of_an_album_that_somebody_deleted_in_part_still_follows(
    room: Newsroom, erased: int
) -> None:
    await album(room, QUAY, MOLE, LIGHT)
    room.telegram.erase(ANN, standing(room, ANN)[erased].id)
    await room.publish(post("a", title="Corrected a", images=(QUAY, FERRY, LIGHT)))
    await room.telegram.until(lambda: any("Corrected a" in text for text in room.screen(ANN)))
    await room.quiet()
    assert len(standing(room, ANN)) == 2
    await room.take_away("a")
    await room.shows(ANN, "withdrawn")
    await room.quiet()
    assert room.reports == []


async def test_an_album_that_somebody_deleted_is_left_alone(room: Newsroom) -> None:
    await album(room, QUAY, MOLE, LIGHT)
    for message in standing(room, ANN):
        room.telegram.erase(ANN, message.id)
    await room.publish(post("a", title="Corrected a", images=(QUAY, MOLE, LIGHT)))
    await room.quiet()
    await room.take_away("a")
    await room.quiet()
    assert standing(room, ANN) == []
    assert room.reports == []


# --- withdrawals ------------------------------------------------------------------------------------------------------


async def test_a_withdrawal_leaves_the_notice_and_no_picture(room: Newsroom) -> None:
    await album(room, QUAY, MOLE, LIGHT)
    await room.take_away("a")
    await room.shows(ANN, "withdrawn by the publisher")
    await room.quiet()
    assert not {"quay", "mole", "light"} & set(photos(room, ANN))
    assert methods(room)[1:] == [("editMessageMedia", True), ("deleteMessages", True)]


async def test_a_withdrawn_album_that_returns_has_its_text_and_first_picture_again(room: Newsroom) -> None:
    await album(room, QUAY, MOLE)
    await room.take_away("a")
    await room.shows(ANN, "withdrawn")
    await room.quiet()
    await room.publish(post("a", images=(QUAY, MOLE)))
    await room.shows(ANN, "About a")
    await room.quiet()
    assert photos(room, ANN) == ["quay"]


async def test_withdrawal_as_delete_takes_every_message_of_an_album_in_one_call(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=settings(on_withdrawal="delete")) as room:
        await album(room, QUAY, MOLE, LIGHT)
        await room.take_away("a")
        await room.shows(ANN)
        assert methods(room)[1:] == [("deleteMessages", True)]


async def test_withdrawal_as_strike_strikes_the_words_and_leaves_no_picture(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=settings(on_withdrawal="strike")) as room:
        await album(room, QUAY, MOLE)
        await room.take_away("a")
        await room.telegram.until(lambda: len(standing(room, ANN)) == 1)
        await room.quiet()
        (left,) = standing(room, ANN)
        assert "strikethrough" in {entity["type"] for entity in left.entities}
        assert photos(room, ANN) not in (["quay"], ["mole"])


@pytest.mark.parametrize("way", ["notice", "delete"])
async def test_pictures_that_telegram_no_longer_lets_us_delete_are_blanked(tmp_path: Path, way: str) -> None:
    async with newsroom(tmp_path, file=settings(on_withdrawal=way)) as room:
        await album(room, QUAY, MOLE, LIGHT)
        for message in standing(room, ANN):
            room.telegram.age(ANN, message.id, hours=50)
        await room.take_away("a")
        await room.shows(ANN, "withdrawn by the publisher", "", "")
        await room.quiet()
        assert not {"quay", "mole", "light"} & set(photos(room, ANN))
        assert room.reports == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault.refuse(429, "Too Many Requests: retry after 1", retry_after=1),
        Fault.lose_answer(),
        Fault.refuse(502, "", body=b"<html>502 Bad Gateway</html>"),
    ],
    ids=["429", "lost", "502"],
)
@pytest.mark.parametrize("method", ["editMessageMedia", "deleteMessages"])
async def test_a_withdrawal_that_fails_half_way_is_finished(
    room: Newsroom, method: str, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.answers.PATIENCE_WITHOUT_A_WORD", 0.0)
    monkeypatch.setattr("bot.core.settle.LONGEST_PAUSE", 0.05)
    await album(room, QUAY, MOLE, LIGHT)
    room.telegram.fail(method=method, error=fault)
    await room.take_away("a")
    await room.shows(ANN, "withdrawn by the publisher")
    await room.quiet()
    assert len(standing(room, ANN)) == 1
    assert room.reports == []


async def test_a_relay_killed_between_two_steps_goes_on_with_the_second(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        await album(room, QUAY, MOLE)
        never = asyncio.Event()
        second = room.telegram.fail(method="deleteMessage", error=Fault.hold(never))
        await room.take_away("a")
        await asyncio.wait_for(second.reached.wait(), 60)
        assert room.running is not None
        room.running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await room.running
        room.running = None
        async with newsroom(tmp_path, telegram=room.telegram, baseline=False) as again:
            await again.shows(ANN, "withdrawn by the publisher")
            await again.quiet()
            assert [method for method, _ in methods(again)].count("editMessageMedia") == 1
        never.set()


@pytest.mark.parametrize(
    ("step", "passes"),
    [("after the answer", 0), ("before the settling commits", 1), ("after the answer", 1)],
    ids=["sent", "replaced", "deleted"],
)
async def test_kill_nine_while_an_album_is_sent_or_withdrawn_leaves_nothing_half_done(
    tmp_path: Path, step: str, passes: int
) -> None:
    async with service(tmp_path) as relay:
        await relay.followers(ANN)
        await relay.start(step, passes)
        await relay.publisher.polled()
        relay.publisher.publish("a", image=[one.url for one in (QUAY, MOLE, LIGHT)])
        if not passes:
            assert await relay.died() == -9
            await relay.start()
        repeated = 0 if passes else 3  # what was on the wire
        await relay.telegram.until(lambda: len(relay.screen(ANN)) == 3 + repeated, 60)
        relay.publisher.take_away("a")
        if passes:
            assert await relay.died() == -9
            await relay.start()
        await relay.telegram.until(lambda: len(relay.screen(ANN)) == 1 + repeated, 60)
        await relay.telegram.until(lambda: relay.screen(ANN)[-1].startswith("withdrawn"), 60)


# --- the rule ---------------------------------------------------------------------------------------------------------

addresses = st.lists(st.sampled_from([one.url for one in (QUAY, MOLE, LIGHT, FERRY)]), unique=True, max_size=4)


def on_screen(shown: list[str | None], revision: int) -> OnScreen:
    first, *others = [checksum(one) for one in shown]
    beside = tuple(Beside(id=place, message_id=place, picture=one) for place, one in enumerate(others, 1))
    revision = revision if others else 0
    return OnScreen(id=0, message_id=0, kind="photo", picture=first, posts=(1,), others=beside, revision=revision)


def walk(shown: list[str | None], wanted: list[str], *, plain: bool) -> Iterator[list[str | None]]:
    """What stands there after each step."""
    revision = 1
    rendered = Rendered(text="", photo=wanted[0] if wanted else None, others=tuple(wanted[1:]))
    while True:
        step = next_step(on_screen(shown, revision), rendered, revision=2, plain=plain)
        if 0 in step.places:
            revision = 2
        if step.removes:
            shown = [one for place, one in enumerate(shown) if place not in step.places]
        else:
            shown = [step.picture if place in step.places else one for place, one in enumerate(shown)]
        yield shown
        if step.last:
            return


@given(shown=addresses.filter(bool), wanted=addresses, plain=st.booleans())
def test_every_change_of_an_album_ends_with_wanted_pictures_alone_and_none_twice(
    shown: list[str | None], wanted: list[str], plain: bool
) -> None:
    *_, last = walk(shown, wanted, plain=plain)
    left = [one for one in last if one is not None]
    assert set(left) <= set(wanted)
    assert len(set(left)) == len(left) == min(len(shown), len(wanted))
    assert (last[0] is None) == (not wanted)
    assert plain or None not in last[1:]


@given(shown=addresses.filter(bool), wanted=addresses.filter(bool))
def test_a_picture_that_stays_on_the_page_stays_where_it_stands_unless_the_text_needs_it(
    shown: list[str], wanted: list[str]
) -> None:
    found = assigned([checksum(one) for one in shown], wanted)
    assert all(found[place] == one for place, one in enumerate(shown) if one in wanted and found[0] != one)


def test_the_blank_picture_is_none_of_the_pages() -> None:
    assert checksum(None) == checksum(BLANK)


# --- whatever happens -------------------------------------------------------------------------------------------------

PICTURES = (QUAY, MOLE, LIGHT, FERRY, TOWN)
FAULTS = (
    (None, Fault.refuse(429, "Too Many Requests: retry after 1", retry_after=1)),
    (None, Fault.refuse(502, "", body=b"<html>502 Bad Gateway</html>")),
    ("editMessageMedia", Fault.lose_answer()),
    ("editMessageCaption", Fault.lose_answer()),
    ("deleteMessages", Fault.lose_answer()),
    ("deleteMessage", Fault.refuse(400, "Bad Request: message can't be deleted for everyone")),
    ("editMessageMedia", Fault.refuse(400, "Bad Request: MEDIA_GROUPED_INVALID")),
    ("editMessageCaption", Fault.refuse(400, "Bad Request: ENTITY_BOUNDS_INVALID")),
)


@pytest.mark.parametrize("seed", range(10))
def test_whatever_happened_to_an_album_it_is_true_to_the_page_once_telegram_takes_what_we_say(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Edits, withdrawals and returns while calls fail in many ways; then a last edit, and a withdrawal."""
    monkeypatch.setattr("bot.core.settle.LONGEST_PAUSE", 0.05)
    monkeypatch.setattr("bot.core.answers.PATIENCE_WITHOUT_A_WORD", 0.05)

    @hurried(10)
    async def story() -> None:
        dice, chats, faults = random.Random(seed), (ANN, BEN, CLEO), list[Planned]()
        async with newsroom(tmp_path, clock=WallClock()) as room:
            await room.follow(*chats)
            await room.publish(post("a", images=tuple(dice.sample(PICTURES, dice.randint(2, 4)))))
            for version in range(6):
                if dice.random() < 0.7:
                    await room.quiet()
                for method, fault in dice.sample(FAULTS, 2):
                    faults.append(room.telegram.fail(method=method, chat=dice.choice(chats), error=fault))
                shown = tuple(dice.sample(PICTURES, dice.randint(0, 4)))
                await room.publish(post("a", title=f"{version}", images=shown, withdrawn=dice.random() < 0.3))
            await room.quiet()
            for planned in faults:
                planned.lift()
            await room.publish(post("a", title="The last", images=(QUAY, MOLE, LIGHT)))
            await room.quiet()
            for chat in chats:
                shows_album(room, chat, {QUAY.url, MOLE.url, LIGHT.url})
            await room.take_away("a")
            await room.quiet()
            for chat in chats:
                assert room.screen(chat)[0].startswith("withdrawn")
                assert not pictures_of_the_page(room, chat)

    story()


def shows_album(room: Newsroom, chat: int, wanted: set[str]) -> None:
    text, *others = room.screen(chat)
    assert text.startswith("The last")
    assert not any(others), "one text alone"
    found = pictures_of_the_page(room, chat)
    assert bool(found) == bool(standing(room, chat)[0].photo), "what was sent without pictures stays without"
    assert len(found) == len(set(found))
    assert set(found) <= wanted


def pictures_of_the_page(room: Newsroom, chat: int) -> list[str]:
    there = [message.photo.url for message in standing(room, chat) if message.photo]
    return [url for url in there if url.startswith("https://blog.example")]
