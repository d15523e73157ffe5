"""From the page to the chats, counted from what the local Telegram holds."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import perseverance
from bot.core.entities import units
from bot.core.model import Image
from bot.core.publishing import Sending
from bot.demo.telegram import Fault
from bot.demo.telegram import Limits as LocalLimits
from bot.pace import Limits
from storage import Claim, Found, StoreError
from tests.newsroom import FAST, FILE, URL, Newsroom, newsroom, post
from tests.raw_bot import Bot

ANN, BEN, CLEO = 2001, 2002, 2003
PICTURE = "https://blog.example/quay.jpg"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as room:
        yield room


async def test_a_new_post_reaches_every_chat_that_follows_the_blog_once(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.shows(BEN, "About a")


async def test_a_topic_is_sent_only_to_who_follows_it_or_the_whole_blog(room: Newsroom) -> None:
    await room.follow(ANN, topics=["ferries"])
    await room.follow(BEN)
    await room.publish(post("a", "No ship sails."), post("b", "The ferry sails again."))
    await room.shows(BEN, "About a", "About b")
    await room.shows(ANN, "About b")


async def test_what_stood_on_the_page_at_first_sight_is_never_sent(tmp_path: Path) -> None:
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN)
        room.start()
        await room.quiet()
        assert room.screen(ANN) == []


async def test_an_edit_changes_the_message_in_place(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a", title="Two boats lost"))
    await room.shows(ANN, "Two boats lost")
    await room.publish(post("a", title="Three boats lost"))
    await room.shows(ANN, "Three boats lost")
    assert "updated" in room.screen(ANN)[0]


async def test_an_edit_before_the_post_was_sent_leaves_one_message_with_the_last_text(tmp_path: Path) -> None:
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN)
        await room.publish(post("a", title="First"))
        await room.publish(post("a", title="Second"))
        await room.publish(post("a", title="Third"))
        room.start()
        await room.shows(ANN, "Third")
        assert [call.method for call in room.telegram.calls] == ["sendMessage"]


async def test_a_post_withdrawn_before_it_was_sent_is_never_sent(tmp_path: Path) -> None:
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN)
        await room.publish(post("a"), post("b"))
        await room.take_away("a")
        room.start()
        await room.shows(ANN, "About b")


async def test_a_withdrawal_replaces_the_text_by_the_notice_and_leaves_every_list(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a", "Secret words."))
    await room.shows(ANN, "About a")
    await room.take_away("a")
    await room.shows(ANN, "withdrawn by the publisher")
    assert "Secret" not in room.screen(ANN)[0]
    assert await room.store.latest(blogs=["storm"], now=2e9, limit=5) == []
    assert await room.store.search(words="secret", blogs=["storm"], now=2e9, limit=5) == []


async def test_a_withdrawn_photo_loses_its_picture_as_well(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a", images=(Image(url=PICTURE),)))
    await room.shows(ANN, "About a")
    before = room.telegram.chats[ANN].newest().photo
    await room.take_away("a")
    await room.shows(ANN, "withdrawn by the publisher")
    message = room.telegram.chats[ANN].newest()
    assert before is not None
    assert message.photo is not None
    assert message.photo.file_id != before.file_id


@pytest.mark.parametrize("refused", [0, 1], ids=["as it is", "plain"])
async def test_a_full_text_that_outgrows_its_photo_is_cut_to_a_caption(tmp_path: Path, refused: int) -> None:
    file = FILE.replace('title = "Storm"', 'title = "Storm"\ntext = "full"')
    async with newsroom(tmp_path, file=file) as room:
        await room.follow(ANN)
        await room.publish(post("a", images=(Image(url=PICTURE),)))
        await room.shows(ANN, "About a")
        room.telegram.fail(method="editMessageCaption", times=refused, error=Fault.refuse(400, "Bad Request: new"))
        await room.publish(post("a", "The quay is closed. " * 150, title="Now long", images=(Image(url=PICTURE),)))
        await room.shows(ANN, "Now long")
        caption = room.screen(ANN)[0]
        assert 900 < units(caption) <= 1024
        assert (f"{URL}#a" in caption) == bool(refused)
        assert room.telegram.chats[ANN].newest().photo is not None
        assert [call.ok for call in room.telegram.calls] == [True, *[False] * refused, True]
        assert room.reports == []


async def test_a_full_text_that_lost_its_photo_is_cut_to_the_caption_of_the_blank_one(tmp_path: Path) -> None:
    file = FILE.replace('title = "Storm"', 'title = "Storm"\ntext = "full"')
    async with newsroom(tmp_path, file=file) as room:
        await room.follow(ANN)
        await room.publish(post("a", images=(Image(url=PICTURE),)))
        await room.shows(ANN, "About a")
        await room.publish(post("a", "The quay is closed. " * 150, title="Now long"))
        await room.shows(ANN, "Now long")
        assert 900 < units(room.screen(ANN)[0]) <= 1024
        assert room.reports == []


async def test_withdrawal_as_delete_takes_the_message_away(tmp_path: Path) -> None:
    file = FILE.replace('title = "Storm"', 'title = "Storm"\non_withdrawal = "delete"')
    async with newsroom(tmp_path, file=file) as room:
        await room.follow(ANN)
        await room.publish(post("a"))
        await room.shows(ANN, "About a")
        await room.take_away("a")
        await room.shows(ANN)


async def test_a_delete_that_telegram_no_longer_allows_falls_back_to_the_notice(tmp_path: Path) -> None:
    file = FILE.replace('title = "Storm"', 'title = "Storm"\non_withdrawal = "delete"')
    async with newsroom(tmp_path, file=file) as room:
        await room.follow(ANN)
        await room.publish(post("a"))
        await room.shows(ANN, "About a")
        room.telegram.age(ANN, room.telegram.chats[ANN].newest().id, hours=50)
        await room.take_away("a")
        await room.shows(ANN, "withdrawn by the publisher")


async def test_withdrawal_as_keep_leaves_the_message_alone(tmp_path: Path) -> None:
    file = FILE.replace('title = "Storm"', 'title = "Storm"\non_withdrawal = "keep"')
    async with newsroom(tmp_path, file=file) as room:
        await room.follow(ANN)
        await room.publish(post("a"))
        await room.shows(ANN, "About a")
        await room.take_away("a")
        await room.quiet()
        await room.shows(ANN, "About a")


async def test_a_post_that_returns_after_its_withdrawal_is_shown_again_in_place(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.take_away("a")
    await room.shows(ANN, "withdrawn")
    await room.publish(post("a"))
    await room.shows(ANN, "About a")


async def test_three_waiting_posts_of_a_chat_leave_as_one_message_and_follow_their_edits(tmp_path: Path) -> None:
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN)
        await room.publish(post("a"), post("b"), post("c"))
        room.start()
        await room.telegram.until(lambda: len(room.screen(ANN)) == 1)
        merged = room.screen(ANN)[0]
        assert merged.index("About a") < merged.index("About b") < merged.index("About c")
        await room.publish(post("b", title="Changed headline"))
        await room.telegram.until(lambda: "Changed headline" in room.screen(ANN)[0])
        assert "About a" in room.screen(ANN)[0]
        await room.take_away("c")
        await room.telegram.until(lambda: "About c" not in room.screen(ANN)[0])
        assert len(room.screen(ANN)) == 1


@pytest.mark.parametrize(
    ("in_file", "on_page", "heading"),
    [
        ("Our storm", "Storm of the page", "Our storm"),
        ("", "Storm of the page", "Storm of the page"),
        ("", None, "storm"),
    ],
)
async def test_posts_in_one_message_stand_under_the_title_of_their_blog(
    tmp_path: Path, in_file: str, on_page: str | None, heading: str
) -> None:
    async with newsroom(tmp_path, file=FILE.replace('"Storm"', f'"{in_file}"'), start=False) as room:
        await room.follow(ANN)
        await room.publish(post("a"), post("b"), post("c"))
        with closing(sqlite3.connect(room.store.path)) as db, db:
            db.execute("UPDATE blog SET title = ?", (on_page,))
        room.start()
        await room.shows(ANN, f"{heading}: 3 updates\n")


async def test_posts_of_several_blogs_in_one_message_stand_under_no_title(tmp_path: Path) -> None:
    second = FILE + '[[blogs]]\nid = "calm"\ntitle = "Calm"\nurl = "https://calm.example/live"'
    async with newsroom(tmp_path, file=second, start=False) as room:
        await room.follow(ANN)
        await room.publish(post("a"), post("b"), post("c"))
        with closing(sqlite3.connect(room.store.path)) as db, db:
            db.execute("UPDATE post SET blog = 'calm' WHERE key = 'b'")
        room.start()
        await room.shows(ANN, "3 updates\n")


async def test_posts_of_a_blog_arrive_in_the_order_they_were_published(room: Newsroom) -> None:
    await room.follow(ANN)
    for key in "abcdef":
        await room.publish(post(key))
        await room.telegram.until(lambda key=key: any(f"About {key}" in said for said in room.screen(ANN)))
    text = "\n".join(room.screen(ANN))
    assert sorted("abcdef", key=lambda key: text.index(f"About {key}")) == list("abcdef")


async def test_a_push_goes_to_every_chat_once_whatever_it_follows(room: Newsroom) -> None:
    await room.follow(ANN, topics=["ferries"])
    await room.follow(BEN)
    number = await room.push("All ports closed.")
    await room.shows(ANN, "All ports closed.")
    await room.shows(BEN, "All ports closed.")
    await room.quiet()
    progress = await room.store.progress("main", number)
    assert (progress.sent, progress.waiting, progress.expanded) == (2, 0, True)


async def test_a_second_press_sends_nothing(room: Newsroom) -> None:
    await room.follow(ANN)
    number = await room.push("Once.")
    assert not await room.desk.send(number, Sending())
    await room.quiet()
    await room.shows(ANN, "Once.")


async def test_a_picture_that_telegram_cannot_fetch_leaves_the_text(room: Newsroom) -> None:
    await room.follow(ANN)
    room.telegram.fail(
        method="sendPhoto", error=Fault.refuse(400, "Bad Request: wrong file identifier/HTTP URL specified")
    )
    await room.publish(post("a", images=(Image(url=PICTURE),)))
    await room.shows(ANN, "About a")
    assert room.telegram.chats[ANN].newest().photo is None


async def test_a_message_refused_twice_is_set_aside_reported_and_blocks_nobody(room: Newsroom) -> None:
    await room.follow(ANN)
    refusal = Fault.refuse(400, "Bad Request: something new")
    room.telegram.fail(method="sendMessage", times=2, error=refusal)
    await room.publish(post("a"))
    await room.telegram.until(lambda: len(room.telegram.calls) >= 2)
    await room.publish(post("b"))
    await room.shows(ANN, "About b")
    await room.quiet()
    assert len(room.reports) == 1
    assert "something new" in room.reports[0]


async def test_a_blocked_bot_is_not_tried_again_and_nobody_else_waits(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    room.telegram.block(ANN)
    await room.publish(post("a"))
    await room.shows(BEN, "About a")
    await room.quiet()
    await room.publish(post("b"))
    await room.shows(BEN, "About a", "About b")
    assert [call.ok for call in room.telegram.calls if call.chat == ANN] == [False]
    chat = await room.store.chat("main", ANN)
    assert chat is not None
    assert not chat.open


async def test_a_chat_that_returns_gets_what_it_has_on_screen_made_true_and_no_old_news(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    room.telegram.block(ANN)
    await room.publish(post("b"))
    await room.quiet()
    await room.publish(post("a", title="Corrected a"))
    await room.quiet()
    room.telegram.unblock(ANN)
    await room.follow(ANN)
    await room.shows(ANN, "Corrected a")


async def test_a_group_that_became_a_supergroup_keeps_its_subscription(room: Newsroom) -> None:
    room.telegram.add_user(ANN)
    room.telegram.add_chat(-500, kind="group", title="Harbour", admins=(ANN,))
    await room.subscribe(-500, "group")
    await room.publish(post("a"))
    await room.shows(-500, "About a")
    to = room.telegram.migrate(-500)
    await room.publish(post("b"))
    await room.shows(to, "About b")
    await room.publish(post("a", title="Corrected a"))
    await room.publish(post("c"))
    await room.shows(to, "About b", "About c")


async def test_a_closed_forum_topic_ends_its_subscription_and_not_the_groups(room: Newsroom) -> None:
    room.telegram.add_user(ANN)
    forum = room.telegram.add_chat(-1009, kind="supergroup", title="Forum", forum=True, admins=(ANN,))
    thread = room.telegram.add_topic(-1009, "Weather")
    await room.subscribe(-1009, "supergroup")
    await room.subscribe(-1009, "supergroup", thread=thread)
    await room.publish(post("a"))
    await room.telegram.until(lambda: len(forum.from_bot()) == 2)
    assert {message.thread for message in forum.from_bot()} == {0, thread}
    room.telegram.close_topic(-1009, thread)
    await room.publish(post("b"))
    await room.telegram.until(lambda: [m.thread for m in forum.from_bot()].count(0) == 2)
    await room.quiet()
    await room.publish(post("c"))
    await room.telegram.until(lambda: [m.thread for m in forum.from_bot()].count(0) == 3)
    assert [m.thread for m in forum.from_bot()].count(thread) == 1


async def test_a_message_deleted_in_the_chat_is_left_alone(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    room.telegram.erase(ANN, room.telegram.chats[ANN].newest().id)
    await room.publish(post("a", title="Corrected a"))
    await room.quiet()
    assert room.reports == []


async def test_a_flood_wait_is_obeyed_and_nothing_is_lost(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    room.telegram.fail(chat=ANN, error=Fault.refuse(429, "Too Many Requests: retry after 1", retry_after=1))
    await room.publish(post("a"))
    await room.shows(BEN, "About a")
    await room.shows(ANN, "About a")
    times = [call.at for call in room.telegram.calls if call.chat == ANN]
    assert times[1] - times[0] >= 1.0


@pytest.mark.parametrize("fault", [Fault.refuse(500, "Internal Server Error"), Fault.reset()], ids=["500", "reset"])
async def test_a_bad_moment_of_telegram_costs_time_and_no_message(
    room: Newsroom, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.answers.PATIENCE_WITHOUT_A_WORD", 0.0)
    monkeypatch.setattr("bot.core.settle.LONGEST_PAUSE", 0.05)
    await room.follow(ANN)
    room.telegram.fail(times=2, error=fault)
    await room.publish(post("a"))
    await room.telegram.until(lambda: any("About a" in said for said in room.screen(ANN)))
    await room.quiet()
    await room.shows(ANN, "About a")


@pytest.mark.parametrize(("ambiguous", "copies"), [("resend", 2), ("drop", 1)])
async def test_a_lost_answer_is_sent_again_or_not_as_configured(
    tmp_path: Path, ambiguous: str, copies: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.settle.LONGEST_PAUSE", 0.05)
    file = FILE.replace("[delivery]", f'[delivery]\nambiguous = "{ambiguous}"')
    async with newsroom(tmp_path, file=file) as room:
        await room.follow(ANN)
        room.telegram.fail(method="sendMessage", error=Fault.lose_answer())
        await room.publish(post("a"))
        await room.telegram.until(lambda: len(room.screen(ANN)) >= 1)
        await room.quiet()
        assert len(room.screen(ANN)) == copies


async def test_an_unsubscribed_chat_gets_nothing_new_and_its_messages_still_follow(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    chat = await room.store.chat("main", ANN)
    assert chat is not None
    await room.store.unsubscribe(chat=chat.id, thread=0, blog=None)
    await room.publish(post("b"))
    await room.publish(post("a", title="Corrected a"))
    await room.shows(ANN, "Corrected a")


async def test_a_held_blog_is_silent_until_it_is_released_and_withdrawals_pass(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.desk.hold("storm")
    await room.publish(post("b"), post("c"))
    await room.take_away("a")
    await room.shows(ANN, "withdrawn")
    assert await room.store.latest(blogs=["storm"], now=2e9, limit=5) == []
    await room.take_away("c")
    await room.desk.release("storm")
    await room.shows(ANN, "withdrawn", "About b")


async def test_an_edit_that_makes_a_post_match_a_topic_is_news_to_who_follows_it(room: Newsroom) -> None:
    await room.follow(ANN, topics=["ferries"])
    await room.follow(BEN)
    await room.publish(post("a", "The boat sails."))
    await room.shows(BEN, "About a")
    await room.publish(post("a", "The ferry sails."))
    await room.shows(ANN, "About a")
    await room.quiet()
    await room.shows(BEN, "About a")


async def test_who_subscribes_after_a_post_does_not_get_it(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.follow(BEN)
    await room.publish(post("b"))
    await room.shows(ANN, "About a", "About b")
    await room.shows(BEN, "About b")


async def test_edits_follow_only_for_as_long_as_configured_and_withdrawals_always(tmp_path: Path) -> None:
    file = FILE.replace("[delivery]", '[delivery]\nedits_for = "0s"')
    async with newsroom(tmp_path, file=file) as room:
        await room.follow(ANN)
        await room.publish(post("a"))
        await room.shows(ANN, "About a")
        await room.quiet()
        await room.publish(post("a", title="Corrected a"))
        await room.quiet()
        await room.shows(ANN, "About a")
        await room.take_away("a")
        await room.shows(ANN, "withdrawn")


def in_doubt(room: Newsroom) -> int:
    """Rows that are marked as being sent."""
    with closing(sqlite3.connect(room.store.path)) as db:
        found: int = db.execute("SELECT count(*) FROM delivery WHERE sending IS NOT NULL").fetchone()[0]
        return found


async def test_what_was_claimed_before_a_kill_may_have_been_said_and_its_chat_rests(tmp_path: Path) -> None:
    """Where another one takes over at once, Telegram's second is not over yet."""
    strict = LocalLimits(per_chat_per_second=1)
    limits = replace(FAST, per_chat_per_second=1.0)
    async with newsroom(tmp_path, limits=limits, telegram_limits=strict, start=False) as room:
        await room.follow(ANN)
        await room.publish(post("a"))
        while await room.store.expand(room.clock()):
            pass
        found = await room.store.claim(
            bot="main", now=room.clock(), limit=9, busy=(), on_withdrawal=lambda blog: "notice", settled=()
        )
        assert len(found.claims) == 1
        async with aiohttp.ClientSession() as session:
            await Bot(room.telegram, session).ok("sendMessage", chat_id=ANN, text="About a")
        room.start()
        await room.shows(ANN, "About a", "About a")
        assert not [call for call in room.telegram.calls if call.code == 429]


async def test_told_to_stop_while_it_claims_it_waits_for_no_turn_and_leaves_nothing_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN)
        await room.publish(post("a"))
        room.pace.rest(3600.0)
        claim = room.store.claim

        async def claim_and_be_told(**about: Any) -> Found:
            found = await claim(**about)
            if found.claims:
                room.sender.stop()
            return found

        monkeypatch.setattr(room.store, "claim", claim_and_be_told)
        room.start()
        assert room.running is not None
        await room.running
        assert in_doubt(room) == 0
        assert room.telegram.calls == []


async def test_a_claim_that_the_store_did_not_take_back_is_given_back_once_it_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perseverance, "STORE_PAUSE", 0.0)
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN)
        await room.publish(post("a"))
        claim, release, failures = room.store.claim, room.store.release_claims, [StoreError("full")]

        async def claim_and_answer_a_person(**about: Any) -> Found:
            found = await claim(**about)
            if failures:
                room.pace.spoke(ANN, group=False)
            return found

        async def release_at_the_second_attempt(claims: Sequence[Claim]) -> None:
            if failures:
                raise failures.pop()
            await release(claims)

        monkeypatch.setattr(room.store, "claim", claim_and_answer_a_person)
        monkeypatch.setattr(room.store, "release_claims", release_at_the_second_attempt)
        room.start()
        await room.shows(ANN, "About a")


async def test_hundreds_of_chats_get_a_post_once_each(tmp_path: Path) -> None:
    async with newsroom(tmp_path, limits=replace(FAST, per_second=5000.0), start=False) as room:
        people = range(3000, 3000 + 1200)
        await room.follow(*people)
        await room.publish(post("a"))
        room.start()
        await room.telegram.until(lambda: len(room.telegram.calls) >= len(people), seconds=60)
        await room.quiet()
        assert all(len(room.screen(person)) == 1 for person in people)


async def test_a_chat_hears_no_more_than_once_in_its_interval(tmp_path: Path) -> None:
    limits = Limits(per_second=1000.0, per_chat_per_second=5.0, per_group_per_minute=60_000.0)
    async with newsroom(tmp_path, limits=limits) as room:
        await room.follow(ANN)
        for text in ("one", "two", "three"):
            await room.push(text)
        await room.shows(ANN, "one", "two", "three")
        times = [call.at for call in room.telegram.calls]
        assert min(b - a for a, b in itertools.pairwise(times)) >= 0.19


async def test_what_is_paid_for_goes_fast_and_what_cannot_be_paid_for_holds_nobody_up(tmp_path: Path) -> None:
    people = range(3000, 3060)
    ours = Limits(per_second=900.0, unpaid_per_second=40.0, per_chat_per_second=1000.0)
    theirs = LocalLimits(per_second=40, paid_per_second=900)
    file = f"[telegram]\npaid_broadcast = true\n{FILE}"
    async with newsroom(tmp_path, file=file, limits=ours, telegram_limits=theirs) as room:
        await room.follow(*people)
        await room.publish(post("a"))
        await room.quiet()
        await room.publish(post("a", "Corrected."))
        await room.publish(post("b"))
        await room.quiet()
        assert all(len(room.screen(person)) == 2 and "Corrected." in room.screen(person)[0] for person in people)
        methods = [call.method for call in room.telegram.calls if call.method in ("sendMessage", "editMessageText")]
        assert not any(call.code == 429 for call in room.telegram.calls)
        assert methods[-1] == "editMessageText"  # the last edits come long after the last post


async def test_a_sender_that_is_told_of_news_and_to_stop_at_once_stops(tmp_path: Path) -> None:
    for number in range(25):  # a few turns of the loop decide
        folder = tmp_path / str(number)
        folder.mkdir()
        async with newsroom(folder) as room, asyncio.timeout(60):
            await room.publish(post("a"))
            await room.quiet()
            room.sender.wake()
            await room.stop()


async def test_a_sender_that_is_called_off_leaves_nothing_under_way(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        await room.follow(ANN)
        held = room.telegram.fail(method="sendMessage", error=Fault.hold(asyncio.Event()))
        await room.publish(post("a"))
        await held.reached.wait()
        assert room.running is not None
        room.running.cancel()
        await asyncio.gather(room.running, return_exceptions=True)
        room.running = None
        assert not [one for one in asyncio.all_tasks() if "Sender." in repr(one)]


@pytest.mark.parametrize("turns", range(4))
async def test_a_sender_that_is_called_off_just_when_it_is_woken_ends(tmp_path: Path, turns: int) -> None:
    async with newsroom(tmp_path) as room:
        await room.sender.looked.wait()
        while not room.sender._wake._waiters:  # type: ignore[attr-defined]  # noqa: ASYNC110 it rests by and by
            await asyncio.sleep(0.01)
        room.sender.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        assert room.running is not None
        room.running.cancel()
        async with asyncio.timeout(60):
            await asyncio.gather(room.running, return_exceptions=True)
        room.running = None
