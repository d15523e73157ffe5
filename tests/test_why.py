"""Why a post is in a chat, or is not: each reason made to happen for real, then asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.explanation import Explanation, explanation_json, explanation_lines
from bot.core.model import Lane, Volume
from bot.core.publishing import Audience, PushText, Sending
from bot.demo.telegram import Fault
from bot.why import why
from tests.choosing import hear_in
from tests.newsroom import FILE, URL, newsroom, post
from tests.test_quiet_stories import ANN, BEN, HOUR, NIGHT, Hands, Town

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=ZoneInfo("UTC")).timestamp()
LATE = NOON + 11 * HOUR  # 23:00
DAY = 24 * HOUR


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = Hands(NOON)
    async with newsroom(tmp_path, clock=clock) as room:
        yield Town(room, clock)


async def asked(town: Town, post: str | int, person: int = ANN) -> Explanation:
    room = town.room
    number = post if isinstance(post, int) else (await room.store.find_posts(post))[0].id
    (chat,) = await room.store.find_chats(str(person))
    return await why(room.store, room.settings, number, chat.id, town.clock())


async def outcome(town: Town, post: str | int, person: int = ANN) -> tuple[str, str]:
    found = await asked(town, post, person)
    return found.code, explanation_lines(found)[0]


async def follow(
    town: Town, person: int = ANN, *, topics: Sequence[str] = (), words: Sequence[str] = (), without: Sequence[str] = ()
) -> None:
    chat = await town.chat(person)
    await town.room.store.subscribe(
        chat=chat, thread=0, blog="storm", topics=topics, words=words, without=without, now=town.clock()
    )


async def hear(town: Town, volume: Volume, digest: str = "1h") -> None:
    await hear_in(
        town.room.store,
        chat=await town.chat(ANN),
        thread=0,
        blog="storm",
        volume=volume,
        sound=True,
        pictures=True,
        digest=digest,
        now=town.clock(),
    )
    town.room.sender.wake()


async def tell(town: Town, *keys: str, **fields: object) -> None:
    town.clock.at += 60.0
    await town.room.publish(*(post(key, **fields) for key in keys))  # type: ignore[arg-type]
    await town.room.quiet()


# --- what arrived ----------------------------------------------------------------------------------------------------


async def test_what_arrived_says_when_and_as_which_message(town: Town) -> None:
    await town.chat(ANN)
    await tell(town, "a")
    (message,) = town.standing(ANN)
    found = await asked(town, "a")
    assert found.code == "sent"
    assert explanation_lines(found) == [
        "This chat got it at 12:01:00 UTC, less than a second after it was published.",
        "12:00:00 UTC · This chat began to follow Storm.",
        "12:01:00 UTC · First seen on its page.",
        "12:01:00 UTC · Published.",
        f"12:01:00 UTC · Sent; it is message {message.id} there.",
    ]


async def test_as_json_it_has_a_code_and_times_in_utc(town: Town) -> None:
    await town.chat(ANN)
    await tell(town, "a")
    said = explanation_json(await asked(town, "a"))
    assert (said["chat"], said["code"], said["headline"]) == (ANN, "sent", "About a")
    assert said["steps"][1] == {"at": "2026-03-04T12:01:00.000Z", "text": "First seen on its page.", "person": None}


async def test_of_a_topic_or_a_word_it_says_by_which(town: Town) -> None:
    await follow(town, topics=["ferries"], words=["harbour"])
    await tell(town, "a", text="No ferry leaves the harbour.")
    said = explanation_lines(await asked(town, "a"))
    assert said[-1] == "The post matches “ferries” and “harbour”, which this chat follows."


async def test_a_burst_is_one_message_and_says_of_how_many(town: Town) -> None:
    await town.chat(ANN)
    await tell(town, "a", "b", "c", "d")
    assert "Its message carries several posts, 4 in all." in explanation_lines(await asked(town, "b"))


async def test_an_edit_is_told_with_the_version_that_stands_there(town: Town) -> None:
    await town.chat(ANN)
    await tell(town, "a")
    await tell(town, "a", text="Another word.")
    said = explanation_lines(await asked(town, "a"))
    assert said[-2:] == [
        "12:02:00 UTC · Last edited; that is version 2.",
        "12:02:00 UTC · Last changed there; it shows version 2.",
    ]


async def test_an_edit_long_after_is_not_followed_and_says_so(town: Town) -> None:
    await town.chat(ANN)
    await tell(town, "a")
    town.clock.at += 3 * DAY
    await tell(town, "a", text="Another word.")
    said = explanation_lines(await asked(town, "a"))
    assert said[-1] == "It shows version 1 of 2: later edits are not followed there any more."


async def test_a_refused_edit_says_what_telegram_said(town: Town) -> None:
    await town.chat(ANN)
    await tell(town, "a")
    town.room.telegram.fail(method="editMessageText", times=None, error=Fault.refuse(400, "Bad Request: TOO_ODD"))
    await tell(town, "a", text="Another word.")
    assert await outcome(town, "a") == (
        "edit-refused",
        "This chat got it at 12:01:00 UTC, but Telegram refused to change it there: Bad Request: TOO_ODD",
    )


async def test_withdrawn_by_its_page_or_by_an_editor_is_told_apart(town: Town) -> None:
    await town.chat(ANN)
    await tell(town, "a", "b")
    town.clock.at += 60.0
    (other,) = await town.room.store.find_posts("b")
    await town.room.desk.withdraw(other.id, person=1002)
    await town.room.take_away("a")
    await town.room.quiet()
    for key, step in (("a", "Withdrawn by its page."), ("b", "An editor took it down. (1002)")):
        code, said = await outcome(town, key)
        assert (code, said) == (
            "withdrawn",
            "This chat got it at 12:01:00 UTC; it was withdrawn at 12:02:00 UTC.",
        )
        assert f"12:02:00 UTC · {step}" in explanation_lines(await asked(town, key))


async def test_a_recalled_push_is_gone_and_it_is_not_guessed_whether_it_was_there(town: Town) -> None:
    await town.chat(ANN)
    push = await town.room.push("All ports closed.")
    await town.room.shows(ANN, "All ports closed.")
    await town.room.desk.withdraw(push, person=1002)
    await town.room.shows(ANN)
    await town.room.quiet()
    code, said = await outcome(town, push)
    assert (code, said) == ("gone", "It was withdrawn at 12:00:00 UTC, and nothing of it stands in this chat.")


# --- what the chat follows -------------------------------------------------------------------------------------------


async def test_who_subscribed_later_hears_so(town: Town) -> None:
    await tell(town, "a")
    town.clock.at += HOUR
    await town.chat(ANN)
    assert await outcome(town, "a") == (
        "subscribed-later",
        "It was not sent: this chat follows Storm only since 13:01:00 UTC, after it was published.",
    )


async def test_who_follows_nothing_is_told_that_the_past_is_not_kept(town: Town) -> None:
    await town.chat(ANN)
    chat = await town.chat(ANN)
    await town.room.store.unsubscribe(chat=chat, thread=0, blog=None)
    await tell(town, "a")
    found = await asked(town, "a")
    assert found.code == "not-followed"
    assert explanation_lines(found)[0] == "It was not sent: this chat does not follow Storm."
    assert explanation_lines(found)[-1] == "What a chat followed and stopped following is not kept."


async def test_another_topic_is_named(town: Town) -> None:
    await follow(town, topics=["ferries"], words=["power_cut"])
    await tell(town, "a")
    assert await outcome(town, "a") == (
        "other-topic",
        "It was not sent: this chat follows only “ferries” and “power cut”, and the post matches none of it.",
    )


async def test_a_word_that_is_left_out_is_named(town: Town) -> None:
    await follow(town, without=["football", "rain"])
    await tell(town, "a", text="Rain stops the football.")
    assert await outcome(town, "a") == (
        "excluded",
        "It was not sent: this chat leaves out “football” and “rain”, and the post says that.",
    )


async def test_what_it_follows_changed_since_and_that_is_all_that_is_known(town: Town) -> None:
    await follow(town, topics=["ferries"])
    await tell(town, "a")
    town.clock.at += HOUR
    await follow(town)
    assert await outcome(town, "a") == (
        "changed",
        "It was not sent: this chat changed at 13:01:00 UTC, after it was published, what it follows.",
    )


async def test_the_same_subscription_again_is_no_change(town: Town) -> None:
    await follow(town, topics=["ferries"])
    chat = await town.room.store.chat("main", ANN)
    assert chat is not None
    await tell(town, "a")
    town.clock.at += HOUR
    await town.room.store.subscribe(chat=chat.id, thread=0, blog="storm", topics=["ferries"], now=town.clock())
    assert (await asked(town, "a")).code == "other-topic"


async def test_key_events_alone(town: Town) -> None:
    await hear(town, Volume.KEY)
    await tell(town, "a")
    assert await outcome(town, "a") == (
        "key-only",
        "It was not sent: this chat wants key events alone, and the post is none.",
    )
    await tell(town, "a", key_event=True)
    found = await asked(town, "a")
    assert found.code == "sent"
    assert "12:02:00 UTC · It became a key event." in explanation_lines(found)


async def test_a_card_instead_of_posts(town: Town) -> None:
    await hear(town, Volume.CARD)
    await tell(town, "a")
    assert await outcome(town, "a") == (
        "card-instead",
        "It was not sent: this chat has one card of Storm instead of its posts.",
    )


# --- what waits ------------------------------------------------------------------------------------------------------


async def test_quiet_hours(town: Town) -> None:
    town.put_on(LATE)
    await town.choose(ANN, quiet=NIGHT)
    await tell(town, "a")
    assert await outcome(town, "a") == ("quiet", "It waits until Mar 5, 07:00:00 UTC: quiet hours.")
    town.put_on(LATE + 8 * HOUR)
    await town.room.shows(ANN, "About a")
    await town.room.quiet()
    found = await asked(town, "a")
    assert explanation_lines(found)[0].startswith("This chat got it at 07:00:00 UTC, 7 hours 59 minutes after")
    assert "It had waited for the end of quiet hours or a mute, or for a digest." in explanation_lines(found)


async def test_a_mute(town: Town) -> None:
    await town.choose(ANN, muted_until=NOON + HOUR)
    await tell(town, "a")
    assert await outcome(town, "a") == ("mute", "It waits until 13:00:00 UTC: this chat is muted.")


async def test_a_digest(town: Town) -> None:
    await hear(town, Volume.DIGEST, "3h")
    await tell(town, "a")
    await tell(town, "b")
    assert await outcome(town, "b") == (
        "digest",
        "It waits until 15:00:00 UTC, when the next digest of this chat comes.",
    )


async def test_a_held_blog_and_all_of_them(town: Town) -> None:
    await town.chat(ANN)
    await town.room.desk.hold("storm", person=1002)
    await tell(town, "a")
    assert await outcome(town, "a") == ("held", "It waits: an editor holds Storm since 12:00:00 UTC.")
    await town.room.desk.release("storm", person=1002)
    await town.room.desk.hold(None, person=1002)
    await tell(town, "b")
    assert await outcome(town, "b") == ("held", "It waits: an editor holds every live blog.")


async def test_a_blog_that_holds_new_posts_back(tmp_path: Path) -> None:
    clock = Hands(NOON)
    held = FILE.replace('id = "storm"', 'id = "storm"\nhold = "1h"', 1)
    async with newsroom(tmp_path, file=held, clock=clock) as room:
        town = Town(room, clock)
        await town.chat(ANN)
        await room.publish(post("a"))
        assert await outcome(town, "a") == (
            "hold",
            "It waits until 13:00:00 UTC: Storm holds new posts back for a while.",
        )
        await room.take_away("a")
        assert (await asked(town, "a")).code == "withdrawn-before"


async def test_a_flood_wait(town: Town) -> None:
    await town.chat(ANN)
    words = Fault.refuse(429, "Too Many Requests: retry after 30", retry_after=30)
    town.room.telegram.fail(method="sendMessage", chat=ANN, times=1, error=words)
    await town.room.publish(post("a"))
    await until(town, "a", "flood")
    assert (await outcome(town, "a"))[1] == ("It waits until 12:00:30 UTC: Telegram asked for patience with this chat.")


async def test_attempts_that_fail(town: Town) -> None:
    await town.chat(ANN)
    error = Fault.refuse(500, "Internal Server Error")
    town.room.telegram.fail(method="sendMessage", chat=ANN, times=1, error=error)
    await town.room.publish(post("a"))
    await until(town, "a", "retry")
    found = await asked(town, "a")
    assert explanation_lines(found)[0].endswith("for attempt 2; the one before failed.")
    assert "12:00:00 UTC · Attempts that failed: 1." in explanation_lines(found)


async def until(town: Town, key: str, code: str) -> None:
    """The first answer of Telegram is written."""
    for _ in range(500):
        if (await asked(town, key)).code == code:
            return
        await asyncio.sleep(0.01)
    raise AssertionError((await asked(town, key)).code)


# --- nobody there, and what Telegram refuses -------------------------------------------------------------------------


async def test_a_chat_that_blocked_the_bot_and_came_back(town: Town) -> None:
    await town.chat(ANN)
    town.room.telegram.block(ANN)
    await tell(town, "a")
    assert await outcome(town, "a") == (
        "closed",
        (
            "It was not sent: nobody can be reached in this chat since 12:01:00 UTC:"
            " Forbidden: bot was blocked by the user"
        ),
    )
    await tell(town, "b")
    assert (await asked(town, "b")).code == "closed"
    chat = await town.room.store.chat("main", ANN)
    assert chat is not None
    town.clock.at += HOUR
    await town.room.store.reopen_chat(chat.id, town.clock())
    for key in ("a", "b"):
        assert await outcome(town, key) == (
            "was-closed",
            "It was not sent: nobody could be reached in this chat from 12:01:00 UTC until 13:02:00 UTC.",
        )


async def test_what_telegram_refuses_is_quoted(town: Town) -> None:
    await town.chat(ANN)
    error = Fault.refuse(400, "Bad Request: MESSAGE_POISONED")
    town.room.telegram.fail(method="sendMessage", chat=ANN, times=None, error=error)
    await tell(town, "a")
    assert await outcome(town, "a") == (
        "refused",
        "It was not sent: Telegram refused it: Bad Request: MESSAGE_POISONED",
    )


# --- pushes ----------------------------------------------------------------------------------------------------------


async def draft(town: Town) -> int:
    return await town.room.desk.draft(1002, PushText(text="All ports closed."))


async def test_a_draft_a_scheduled_push_and_a_cancelled_one(town: Town) -> None:
    await town.chat(ANN)
    push = await draft(town)
    assert await outcome(town, push) == ("draft", "It was not sent to anybody: it is a draft.")
    assert await town.room.desk.send(push, Sending(at=NOON + HOUR), person=1002)
    assert await outcome(town, push) == ("scheduled", "It waits until 13:00:00 UTC, for which it is scheduled.")
    assert await town.room.desk.cancel(push, person=1002)
    assert await outcome(town, push) == ("cancelled", "It was not sent to anybody: it was cancelled.")


async def test_a_push_for_others(town: Town) -> None:
    await follow(town, topics=["ferries"])
    other = await town.chat(BEN)
    push = await town.room.push("For the old town.", blog="storm", topics=("old-town",))
    await town.room.quiet()
    assert await outcome(town, push) == (
        "audience",
        "It was not sent: this chat was not in the audience that its author chose.",
    )
    alone = await town.room.push("For Ben.", only_chat=other)
    await town.room.quiet()
    assert await outcome(town, alone) == ("audience", "It was not sent: it was for one other chat alone.")
    assert (await asked(town, alone, BEN)).code == "sent"


async def test_a_paused_push_and_its_rest(town: Town) -> None:
    await town.choose(ANN, muted_until=NOON + HOUR)
    push = await draft(town)
    assert await town.room.desk.send(push, Sending(audience=Audience(), lane=Lane.LIVE), person=1002)
    await town.room.quiet()
    assert await town.room.desk.pause(push, person=1002)
    assert (await asked(town, push)).code == "paused"
    assert await town.room.desk.drop_the_rest(push, person=1002)
    await town.room.quiet()
    assert await outcome(town, push) == (
        "stopped",
        "It was not sent: an editor cancelled what was left of it.",
    )


# --- what nobody was told of, and what is kept no more ---------------------------------------------------------------


async def test_what_stood_there_at_first_sight_is_no_news(tmp_path: Path) -> None:
    clock = Hands(NOON)
    async with newsroom(tmp_path, baseline=False, clock=clock) as room:
        town = Town(room, clock)
        await town.chat(ANN)
        await room.publish(post("a"))
        assert await outcome(town, "a") == (
            "stored",
            "It was not sent to anybody: it stood on the page when the blog was first read.",
        )


async def test_what_was_pruned_or_never_was(town: Town) -> None:
    await town.chat(ANN)
    await tell(town, "a")
    (found,) = await town.room.store.find_posts("a")
    town.clock.at += 40 * DAY
    async for _ in town.room.store.prune(town.clock() - 30 * DAY):
        pass
    assert await outcome(town, found.id) == (
        "pruned",
        "Nothing is kept of this post any more: old ones are forgotten after 1 month.",
    )
    assert (await asked(town, 4711)).code == "unknown-post"


async def test_a_chat_that_is_not_known(town: Town) -> None:
    await tell(town, "a")
    (found,) = await town.room.store.find_posts("a")
    said = await why(town.room.store, town.room.settings, found.id, 4711, NOON)
    assert (said.code, explanation_lines(said)) == ("unknown-chat", ["I know no such chat."])


# --- how it is named -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "boats",
        f"{URL}#boats",
        f"{URL}?utm_source=x&utm_medium=y#boats",
        f"{URL}?fbclid=AbC#boats",
        "two boats lost",
        "LOST boats",
    ],
)
async def test_a_post_is_found_by_its_key_its_link_and_words_of_its_headline(town: Town, words: str) -> None:
    await tell(town, "a")
    await tell(town, "boats", title="Two boats lost at sea")
    assert [one.title for one in await town.room.store.find_posts(words)] == ["Two boats lost at sea"]


@pytest.mark.parametrize("words", ["", " ", "'; --", '"', "https://", "https://[", "0", "-1", "9" * 18, "*", "about"])
async def test_words_that_mean_no_one_post_do_no_harm(town: Town, words: str) -> None:
    await tell(town, "a", "b")
    found = await town.room.store.find_posts(words)
    assert len(found) == (2 if words == "about" else 0)
