"""Every kind of answer, from the page to the chats: who gets what, who is told, and that nobody else waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.core.model import Image
from bot.core.publishing import PushText, Sending
from bot.demo.telegram import Fault
from tests.newsroom import Newsroom, newsroom, post
from tests.telegram_house import ANN as READER
from tests.telegram_house import CHANNEL, GROUP, TelegramHouse, telegram_house

ANN, BEN = 2001, 2002
HARBOUR, FORUM = -500, -1009
PICTURE = "https://blog.example/quay.jpg"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as room:
        yield room


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as house:
        yield house


async def is_open(room: Newsroom, chat: int) -> bool:
    known = await room.store.chat("main", chat)
    return known is not None and known.open


async def comes_true(condition: Callable[[], Awaitable[bool]]) -> None:
    """Until the store says so."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 the sender writes it
            await asyncio.sleep(0.01)


async def waiting(room: Newsroom, rows: int) -> None:
    """Until so many deliveries wait, no more and no less."""

    async def count() -> bool:
        return sum((await room.store.queue("main")).values()) == rows

    await comes_true(count)


def calls(room: Newsroom, chat: int) -> list[tuple[str, bool]]:
    return [(call.method, call.ok) for call in room.telegram.calls if call.chat == chat]


def refuse(room: Newsroom, chat: int | None, words: str, code: int = 400, times: int | None = 1) -> None:
    """What Telegram answers to the next sends."""
    room.telegram.fail(method="sendMessage", chat=chat, times=times, error=Fault.refuse(code, words))


# --- chats that close, and open again -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (403, "Forbidden: bot can't initiate conversation with a user"),
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: not enough rights to send text messages to the chat"),
        (400, "Bad Request: CHAT_RESTRICTED"),
        (400, "Bad Request: ALLOW_PAYMENT_REQUIRED_10"),
    ],
)
async def test_a_closed_chat_is_asked_once_and_nobody_else_waits(room: Newsroom, code: int, words: str) -> None:
    await room.follow(ANN, BEN)
    refuse(room, ANN, words, code)
    await room.publish(post("a"))
    await room.shows(BEN, "About a")
    await room.quiet()
    await room.publish(post("b"))
    await room.shows(BEN, "About a", "About b")
    await room.quiet()
    assert calls(room, ANN) == [("sendMessage", False)]
    assert not await is_open(room, ANN)
    assert room.reports == []
    await room.follow(ANN)
    await room.publish(post("c"))
    await room.shows(ANN, "About c")


async def test_a_reader_who_unblocks_the_bot_and_writes_start_hears_again(house: TelegramHouse) -> None:
    await house.ask(READER, "/subscribe storm")
    house.room.telegram.fail(
        method="sendMessage", chat=READER, error=Fault.refuse(403, "Forbidden: bot was blocked by the user")
    )
    await house.room.publish(post("a"))
    await house.room.quiet()
    assert not await is_open(house.room, READER)
    await house.ask(READER, "/start")
    await house.room.publish(post("b"))
    await house.newest_says(READER, "About b")
    assert await house.follows(READER) == {"storm": ()}


@pytest.mark.parametrize(
    ("chat", "words"),
    [
        (GROUP, "Bad Request: not enough rights to send text messages to the chat"),
        (GROUP, "Bad Request: CHAT_WRITE_FORBIDDEN"),
        (CHANNEL, "Bad Request: need administrator rights in the channel chat"),
    ],
)
async def test_a_right_to_write_that_was_lost_unheard_and_is_granted_again_opens_the_chat(
    house: TelegramHouse, chat: int, words: str
) -> None:
    await house.room.subscribe(chat, house.telegram.chats[chat].kind)
    refuse(house.room, chat, words)
    await house.room.publish(post("a"))
    await house.room.quiet()
    assert not await is_open(house.room, chat)
    house.telegram.promote(chat)
    await comes_true(lambda: is_open(house.room, chat))
    await house.room.publish(post("b"))
    await house.newest_says(chat, "About b")


@pytest.mark.parametrize("forgotten", [False, True], ids=["TOPIC_DELETED", "message thread not found"])
async def test_a_deleted_topic_ends_itself_and_not_the_group(room: Newsroom, forgotten: bool) -> None:
    room.telegram.add_user(ANN)
    forum = room.telegram.add_chat(FORUM, "supergroup", "Forum", forum=True, admins=(ANN,))
    thread = room.telegram.add_topic(FORUM, "Weather")
    await room.subscribe(FORUM, "supergroup")
    await room.subscribe(FORUM, "supergroup", thread=thread)
    room.telegram.delete_topic(FORUM, thread, forgotten=forgotten)
    for count, key in enumerate("ab", 1):
        await room.publish(post(key))
        await room.telegram.until(lambda count=count: len(forum.from_bot()) == count)
        await room.quiet()
    assert [ok for _, ok in calls(room, FORUM)].count(False) == 1
    assert await is_open(room, FORUM)
    assert room.reports == []


# --- groups that move ------------------------------------------------------------------------------------------------


async def test_a_moved_group_takes_its_subscription_and_what_it_already_got_along(room: Newsroom) -> None:
    room.telegram.add_user(ANN)
    room.telegram.add_chat(HARBOUR, "group", "Harbour", admins=(ANN,))
    await room.subscribe(HARBOUR, "group", topics=["ferries"])
    await room.publish(post("a", "The ferry is late."))
    await room.shows(HARBOUR, "About a")
    before = await room.store.chat("main", HARBOUR)
    to = room.telegram.migrate(HARBOUR)
    await room.publish(post("b", "The ferry sails."), post("c", "No topic."))
    await room.shows(to, "About b")
    await room.publish(post("a", "The ferry is very late."))
    await room.quiet()
    await room.shows(to, "About b")
    after = await room.store.chat("main", to)
    assert before is not None
    assert after is not None
    assert (after.id, after.kind, after.open) == (before.id, "supergroup", True)
    assert [one.topics for one in await room.store.subscriptions(after.id, 0)] == [("ferries",)]
    assert await room.store.chat("main", HARBOUR) is None
    assert room.reports == []


async def test_a_group_whose_old_id_is_refused_before_the_move_is_heard_of_opens_with_the_move(
    house: TelegramHouse,
) -> None:
    await house.ask(READER, "/subscribe storm", GROUP)
    refuse(house.room, GROUP, "Bad Request: PEER_ID_INVALID")
    await house.room.publish(post("a"))
    await house.room.quiet()
    known = await house.room.store.chat("main", GROUP)
    assert known is not None
    assert not known.open
    new = house.telegram.migrate(GROUP)
    await comes_true(lambda: is_open(house.room, new))
    await house.room.publish(post("b"))
    await house.newest_says(new, "About b")


async def test_a_late_refusal_of_the_old_id_does_not_close_the_supergroup(tmp_path: Path) -> None:
    async with newsroom(tmp_path, start=False) as room:
        room.telegram.add_user(ANN)
        room.telegram.add_chat(HARBOUR, "group", "Harbour", admins=(ANN,))
        await room.subscribe(HARBOUR, "group")
        await room.publish(post("a"))
        to = room.telegram.migrate(HARBOUR)
        known = await room.store.chat("main", HARBOUR)
        assert known is not None
        refuse(room, HARBOUR, "Bad Request: PEER_ID_INVALID")
        settled = room.store.settle

        async def settle_after_the_move(*what: object) -> None:
            await room.store.move_chat("main", known.id, to)
            await settled(*what)  # type: ignore[arg-type]

        room.store.settle = settle_after_the_move  # type: ignore[method-assign,assignment]
        room.start()
        await room.shows(to, "About a")
        assert await is_open(room, to)


# --- messages that are refused ----------------------------------------------------------------------------------------


async def test_where_photos_are_not_welcome_the_words_arrive_and_the_chat_stays_open(room: Newsroom) -> None:
    room.telegram.add_user(ANN)
    room.telegram.add_chat(HARBOUR, "supergroup", "Harbour", admins=(ANN,))
    room.telegram.restrict(HARBOUR, what=["photos"])
    await room.subscribe(HARBOUR, "supergroup")
    await room.follow(BEN)
    await room.publish(post("a", images=(Image(url=PICTURE),)))
    await room.shows(HARBOUR, "About a")
    await room.shows(BEN, "About a")
    assert room.telegram.chats[BEN].newest().photo is not None
    await room.quiet()
    assert calls(room, HARBOUR) == [("sendPhoto", False), ("sendMessage", True)]
    assert await is_open(room, HARBOUR)
    assert room.reports == []


@pytest.mark.parametrize(
    "words",
    [
        "wrong file identifier/HTTP URL specified",
        "failed to get HTTP URL content",
        "wrong type of the web page content",
        "WEBPAGE_CURL_FAILED",
        "WEBPAGE_MEDIA_EMPTY",
        "IMAGE_PROCESS_FAILED",
        "PHOTO_INVALID_DIMENSIONS",
        "photo has unsupported extension. Use one of .jpg, .jpeg, .gif, .png, .tif or .bmp",
    ],
)
async def test_a_picture_that_telegram_does_not_take_leaves_the_words(room: Newsroom, words: str) -> None:
    room.telegram.files.refuse(PICTURE, words)
    await room.follow(ANN)
    await room.publish(post("a", images=(Image(url=PICTURE),)))
    await room.shows(ANN, "About a")
    await room.quiet()
    assert calls(room, ANN) == [("sendPhoto", False), ("sendMessage", True)]
    assert room.reports == []


@pytest.mark.parametrize(
    "words",
    [
        "Bad Request: message is too long",
        "Bad Request: can't parse entities: unsupported start tag",
        "Bad Request: ENTITY_BOUNDS_INVALID",
        "Bad Request: BUTTON_URL_INVALID",
        "Bad Request: something that nobody has heard of",
    ],
)
async def test_a_refused_message_is_tried_once_more_in_its_plainest_form(room: Newsroom, words: str) -> None:
    await room.follow(ANN)
    refuse(room, ANN, words)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.quiet()
    assert calls(room, ANN) == [("sendMessage", False), ("sendMessage", True)]
    plain = room.telegram.chats[ANN].newest()
    assert {entity["type"] for entity in plain.entities} <= {"url", "hashtag"}, "what Telegram finds by itself"
    assert plain.buttons == ()
    assert room.reports == []


async def test_what_is_too_large_for_a_proxy_on_the_way_is_not_tried_for_ever(room: Newsroom) -> None:
    await room.follow(ANN)
    too_large = Fault.refuse(413, "", body=b"<html>413 Request Entity Too Large</html>")
    room.telegram.fail(method="sendMessage", chat=ANN, times=2, error=too_large)
    await room.publish(post("a"))
    await room.quiet()
    await room.publish(post("b"))
    await room.shows(ANN, "About b")
    assert len(room.reports) == 1


async def test_the_admins_hear_once_of_a_post_that_is_refused_in_every_chat(room: Newsroom) -> None:
    people = range(3000, 3040)
    await room.follow(*people)
    outage = room.telegram.fail(
        method="sendMessage", times=None, error=Fault.refuse(400, "Bad Request: MESSAGE_POISONED")
    )
    await room.publish(post("a"))
    await room.quiet()
    outage.lift()
    assert outage.hits == 2 * len(people)
    assert [("MESSAGE_POISONED" in text) for text in room.reports] == [True]
    await room.publish(post("b"))
    for person in people:
        await room.shows(person, "About b")


async def test_a_post_set_aside_has_another_chance_with_its_next_revision(room: Newsroom) -> None:
    await room.follow(ANN)
    refuse(room, ANN, "Bad Request: MESSAGE_POISONED", times=2)
    await room.publish(post("a"))
    await room.quiet()
    assert room.screen(ANN) == []
    await room.publish(post("a", title="Mended a"))
    await room.shows(ANN, "Mended a")


async def test_a_message_that_is_deleted_at_once_by_somebody_there_is_sent_once(room: Newsroom) -> None:
    await room.follow(ANN)
    refuse(room, ANN, "Internal Server Error: sent message was immediately deleted and can't be returned", 500)
    await room.publish(post("a"))
    await room.quiet()
    await room.publish(post("b"))
    await room.shows(ANN, "About b")
    assert calls(room, ANN) == [("sendMessage", False), ("sendMessage", True)]


# --- copies -----------------------------------------------------------------------------------------------------------


async def push_copy(room: Newsroom, chat: int, message: int) -> int:
    number = await room.desk.draft(1002, PushText(copied=(chat, message)))
    assert await room.desk.send(number, Sending())
    return number


async def test_a_copy_whose_original_is_gone_is_set_aside_everywhere_and_reported_once(room: Newsroom) -> None:
    people = range(3000, 3030)
    await room.follow(*people)
    number = await push_copy(room, 3000, 77_777)
    await room.quiet()
    assert [call.method for call in room.telegram.calls] == ["copyMessage"] * len(people)
    assert [("message to copy not found" in text) for text in room.reports] == [True]
    progress = await room.store.progress("main", number)
    assert (progress.sent, progress.waiting, progress.refused) == (0, 0, len(people))
    await room.publish(post("a"))
    for person in people:
        await room.shows(person, "About a")


async def test_a_copy_from_a_group_that_threw_the_bot_out_closes_nobodys_chat(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    room.telegram.add_chat(FORUM, "supergroup", "Desk", admins=(ANN,))
    room.telegram.kick(FORUM)
    await push_copy(room, FORUM, 5)
    await room.quiet()
    assert await is_open(room, ANN)
    assert await is_open(room, BEN)
    assert len(room.reports) == 1
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.shows(BEN, "About a")


# --- edits and withdrawals --------------------------------------------------------------------------------------------


async def test_what_stands_there_already_is_not_edited_again(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    words = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
    same = room.telegram.fail(method="editMessageText", times=None, error=Fault.refuse(400, words))
    await room.publish(post("a", title="Corrected a"))
    await room.quiet()
    assert same.hits == 1
    assert room.reports == []


async def test_a_message_that_was_taken_away_is_not_edited_again(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.shows(BEN, "About a")
    room.telegram.erase(ANN, room.telegram.chats[ANN].newest().id)
    for title in ("Corrected a", "Corrected again"):
        await room.publish(post("a", title=title))
        await room.shows(BEN, title)
        await room.quiet()
    assert [method for method, _ in calls(room, ANN)] == ["sendMessage", "editMessageText"]
    assert room.reports == []


async def test_a_message_that_cannot_be_edited_can_still_be_withdrawn(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a", "Secret words."))
    await room.shows(ANN, "About a")
    words = Fault.refuse(400, "Bad Request: message can't be edited")
    room.telegram.fail(method="editMessageText", times=None, error=words)
    await room.publish(post("a", "Other secret words."))
    await room.quiet()
    await room.shows(ANN, "About a")
    await room.take_away("a")
    await room.shows(ANN)
    assert room.reports == []


async def test_a_correction_whose_new_picture_is_refused_is_shown_without_the_old_one(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a", images=(Image(url=PICTURE),)))
    await room.shows(ANN, "About a")
    before = room.telegram.chats[ANN].newest().photo
    room.telegram.files.refuse("https://blog.example/right.jpg", "failed to get HTTP URL content")
    await room.publish(post("a", title="The right person", images=(Image(url="https://blog.example/right.jpg"),)))
    await room.shows(ANN, "The right person")
    await room.quiet()
    after = room.telegram.chats[ANN].newest().photo
    assert before is not None
    assert after is not None
    assert after.file_id != before.file_id
    assert calls(room, ANN) == [("sendPhoto", True), ("editMessageMedia", False), ("editMessageMedia", True)]
    assert room.reports == []


async def test_the_admins_hear_of_a_withdrawn_post_that_no_way_takes_down(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    await room.publish(post("a"))
    for reader in (ANN, BEN):
        await room.shows(reader, "About a")
    for method, words in (
        ("editMessageText", "message can't be edited"),
        ("deleteMessage", "message can't be deleted"),
    ):
        room.telegram.fail(method=method, times=None, error=Fault.refuse(400, f"Bad Request: {words}"))
    await room.take_away("a")
    await room.quiet()
    assert [("can't be deleted" in text) for text in room.reports] == [True]


# --- what passes by itself --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault.refuse(500, "Internal Server Error"),
        Fault.refuse(502, "", body=b"<html>502 Bad Gateway</html>"),
        Fault.refuse(504, "", body=b"<html>504 Gateway Time-out</html>"),
        Fault.refuse(403, "", body=b"<html>a wall</html>"),
        Fault.refuse(409, "Conflict: terminated by other getUpdates request"),
        Fault.refuse(429, "Too Many Requests: retry after 20", retry_after=20),
        Fault.refuse(420, "FLOOD_WAIT_20"),
        Fault.refuse(400, "Bad Request: SLOWMODE_WAIT_900"),
        Fault.reset(),
        Fault.lose_answer(),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status or ''}".strip(),
)
async def test_a_chat_that_has_to_wait_holds_up_nobody_and_loses_nothing(room: Newsroom, fault: Fault) -> None:
    await room.follow(ANN, BEN)
    bad_moment = room.telegram.fail(method="sendMessage", chat=ANN, times=None, error=fault)
    await room.publish(post("a"))
    await room.telegram.until(lambda: bad_moment.hits)
    await room.publish(post("b"))
    await room.shows(BEN, "About a", "About b")
    await waiting(room, 2)
    assert await is_open(room, ANN)
    assert room.reports == []


@pytest.mark.parametrize(("code", "words"), [(401, "Unauthorized"), (400, "Bad Request: FROZEN_METHOD_INVALID")])
async def test_a_bot_in_trouble_closes_nobody_gives_nothing_up_and_says_so_once(
    room: Newsroom, code: int, words: str
) -> None:
    people = range(3000, 3040)
    await room.follow(*people)
    refuse(room, None, words, code, times=None)
    await room.publish(post("a"))
    await room.telegram.until(lambda: room.reports)
    await waiting(room, len(people))
    assert all([await is_open(room, person) for person in people])
    assert len(room.reports) == 1
    assert words in room.reports[0]
