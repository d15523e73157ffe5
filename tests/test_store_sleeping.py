"""Chats that want to hear later, or less: what sleeps, when it wakes, and that it then is as it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core.choices import Quiet
from bot.core.model import Lane, Post, Volume
from bot.core.plan import Send
from bot.core.publishing import Progress
from storage import Claim, sleeping
from tests.engines import opened
from tests.ledger import BLOG, Ledger, blocked, exported

ANN, BEN = 2001, 2002
HOUR, DAY = 3600.0, 86400.0
NIGHT = Quiet(start=22 * 60, end=7 * 60)
EVENING = datetime(2026, 3, 4, 23, 0, tzinfo=ZoneInfo("UTC")).timestamp()
MORNING = EVENING + 8 * HOUR


@pytest.fixture
def night(ledger: Ledger) -> Ledger:
    ledger.now = EVENING
    return ledger


async def sleeper(ledger: Ledger, person: int = ANN, **choices: object) -> int:
    chat = await ledger.follow(person, thread=0)
    await ledger.choose(chat, **({"quiet": NIGHT} | choices))
    return chat


async def posts_of_the_night(ledger: Ledger, *keys: str) -> None:
    """One after the other, each looked at by the sender."""
    for key in keys:
        ledger.now += 60.0
        await ledger.publish(key)
        await ledger.run()


async def at(ledger: Ledger, now: float) -> list[Claim]:
    ledger.now = now
    return await ledger.run()


# --- quiet hours and mutes -----------------------------------------------------------------------------------------


async def test_what_came_in_quiet_hours_is_one_message_in_the_morning(night: Ledger) -> None:
    await sleeper(night)
    await posts_of_the_night(night, "a", "b")
    assert night.shown(ANN) == []
    assert await night.waiting() == 0, "nothing of it is looked at"
    assert await night.store.chats_asleep("main") == 1
    assert await night.store.next_due("main", night.now) == MORNING
    await at(night, MORNING - 0.001)
    assert night.shown(ANN) == []
    await at(night, MORNING)
    assert night.shown(ANN) == ["a+b"]
    assert await night.store.next_due("main", night.now) is None
    assert await night.store.chats_asleep("main") == 0


async def test_a_night_of_three_hundred_posts_is_one_message_with_all_its_rows_settled(night: Ledger) -> None:
    await sleeper(night)
    for hour in range(6):
        night.now += HOUR
        await night.publish(*(f"p{hour}-{number}" for number in range(50)))
        await night.run()
    (claim,) = await at(night, MORNING)
    assert len(claim.posts) == 300
    await night.edit("p0-7")
    await night.withdraw("p5-49")
    await night.run()
    assert len(night.shown(ANN)) == 1
    assert night.revisions(ANN, "p0-7") == [2]
    assert night.revisions(ANN, "p5-49") == [2]
    assert await night.waiting() == 0


async def test_one_post_of_the_night_is_a_usual_message(night: Ledger) -> None:
    await sleeper(night)
    await posts_of_the_night(night, "a")
    await at(night, MORNING)
    assert night.shown(ANN) == ["a"]


async def test_breaking_news_comes_through_where_the_chat_lets_it(night: Ledger) -> None:
    await sleeper(night)
    await sleeper(night, BEN, quiet=Quiet(start=NIGHT.start, end=NIGHT.end, breaking=False))
    push = await night.push()
    await night.run()
    assert night.shown(ANN) == [f"push {push}"]
    assert night.shown(BEN) == []
    progress = await night.store.progress("main", push)
    assert replace(progress, last_at=None) == Progress(sent=1, waiting=1, asleep=1, expanded=True)
    await at(night, MORNING)
    assert night.shown(BEN) == [f"push {push}"]


async def test_a_mute_holds_everything_but_edits_and_withdrawals(night: Ledger) -> None:
    chat = await night.follow(ANN)
    await night.publish("old", "older")
    await night.run()
    await night.choose(chat, muted_until=night.now + HOUR)
    push = await night.push()
    await posts_of_the_night(night, "a")
    await night.edit("old")
    await night.withdraw("older")
    await night.run()
    assert night.shown(ANN) == ["old", "older"]
    assert night.revisions(ANN, "old") + night.revisions(ANN, "older") == [2, 2]
    await at(night, EVENING + HOUR)
    assert night.shown(ANN)[2:] == [f"push {push}", "a"]


async def test_a_zone_of_its_own_beats_the_one_of_the_blog(night: Ledger) -> None:
    await sleeper(night, timezone="Asia/Tokyo")
    await posts_of_the_night(night, "a")
    assert night.shown(ANN) == ["a"], "it is eight in the morning there"


async def test_edits_and_withdrawals_in_the_night_change_what_the_morning_brings(night: Ledger) -> None:
    await sleeper(night)
    await posts_of_the_night(night, "a", "b", "c")
    await night.edit("a")
    await night.withdraw("b")
    await night.run()
    assert await night.waiting() == 0, "an edit wakes nobody"
    (claim,) = await at(night, MORNING)
    assert night.shown(ANN) == ["a+c"]
    assert night.revisions(ANN, "a") == [2]
    assert isinstance(claim.action, Send)


async def test_what_was_withdrawn_as_the_only_post_of_the_night_is_never_sent(night: Ledger) -> None:
    await sleeper(night)
    await posts_of_the_night(night, "a")
    await night.withdraw("a")
    await night.run()
    assert await at(night, MORNING) == []
    assert await night.store.next_due("main", night.now) is None
    await night.restore("a")
    await night.run()
    assert night.shown(ANN) == ["a"]


async def test_a_post_of_the_morning_does_not_overtake_those_of_the_night(night: Ledger) -> None:
    """Also where the chat's turn to be woken is still to come."""
    await sleeper(night)
    await posts_of_the_night(night, "a", "b")
    night.now = MORNING + 1.0
    await night.publish("c")
    await night.deliver()
    assert night.shown(ANN) == ["a+b+c"]


async def test_chats_are_woken_step_by_step_those_first_that_slept_out_first(
    night: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sleeping, "CHATS", 2)
    for person in range(ANN, ANN + 5):
        await sleeper(night, person)
    await posts_of_the_night(night, "a", "b")
    night.now = MORNING
    steps = 0
    while await night.store.wake("main", night.now):
        steps += 1
    assert steps == 3
    await night.deliver()
    assert all(night.shown(person) == ["a+b"] for person in range(ANN, ANN + 5))


# --- digests -------------------------------------------------------------------------------------------------------


async def digest_reader(ledger: Ledger, times: str, person: int = ANN, blog: str = BLOG) -> int:
    chat = await ledger.follow(person, blog=blog)
    await ledger.hear(chat, Volume.DIGEST, digest=times, blog=blog)
    return chat


async def test_a_digest_every_so_often_brings_what_came_since_the_last_one(night: Ledger) -> None:
    await digest_reader(night, "30m")
    await posts_of_the_night(night, "a", "b")
    assert night.shown(ANN) == []
    await at(night, EVENING + HOUR / 2)
    assert night.shown(ANN) == ["a+b"]
    await posts_of_the_night(night, "c")
    await at(night, EVENING + HOUR - 1)
    assert night.shown(ANN) == ["a+b"]
    await at(night, EVENING + HOUR)
    assert night.shown(ANN) == ["a+b", "c"]


async def test_a_digest_at_times_of_day_comes_in_the_chats_zone(night: Ledger) -> None:
    chat = await digest_reader(night, "08:00 18:00")
    await night.choose(chat, timezone="America/New_York")
    await posts_of_the_night(night, "a", "b")  # at six in the evening there
    await at(night, EVENING + 14 * HOUR - 1)
    assert night.shown(ANN) == []
    await at(night, EVENING + 14 * HOUR)
    assert night.shown(ANN) == ["a+b"]


async def test_a_digest_that_was_due_while_the_relay_was_down_comes_when_it_is_up_again(
    night: Ledger, fresh_url: str
) -> None:
    await digest_reader(night, "30m")
    await posts_of_the_night(night, "a", "b")
    await night.publish("c")  # expanded, and never looked at
    await night.store.close()
    night.store = opened(fresh_url)
    await night.store.recover("main", "resend", EVENING + DAY)
    await at(night, EVENING + DAY)
    assert night.shown(ANN) == ["a+b+c"]
    await night.store.close()


async def test_two_blogs_with_their_own_times_are_two_digests_and_with_the_same_times_one(night: Ledger) -> None:
    for person, times in ((ANN, "1h"), (BEN, "30m")):
        await digest_reader(night, "30m", person)
        await digest_reader(night, times, person, blog="flood")
    night.now += 60
    await night.publish("a", "b")
    await night.publish("c", "d", blog="flood")
    await night.run()
    await at(night, EVENING + HOUR / 2)
    assert night.shown(ANN) == ["a+b"]
    assert night.shown(BEN) == ["a+b+c+d"]
    await at(night, EVENING + HOUR)
    assert night.shown(ANN) == ["a+b", "c+d"]


async def test_a_push_is_in_no_digest_and_comes_at_once(night: Ledger) -> None:
    await digest_reader(night, "24h")
    push = await night.push()
    await night.run()
    assert night.shown(ANN) == [f"push {push}"]


async def test_the_digest_of_an_hour_in_the_night_comes_in_the_morning_with_the_posts_of_the_other_blog(
    night: Ledger,
) -> None:
    chat = await digest_reader(night, "1h")
    await night.follow(ANN, blog="flood")
    await night.choose(chat, quiet=NIGHT)
    await posts_of_the_night(night, "a")
    night.now += 60
    await night.publish("b", blog="flood")
    await night.run()
    await at(night, EVENING + 3 * HOUR)
    assert night.shown(ANN) == []
    await at(night, MORNING)
    assert night.shown(ANN) == ["b+a"]


# --- a change of mind ----------------------------------------------------------------------------------------------


async def more_quiet(ledger: Ledger, chat: int) -> None:
    await ledger.choose(chat)


async def another_zone(ledger: Ledger, chat: int) -> None:
    await ledger.choose(chat, quiet=NIGHT, timezone="Asia/Tokyo")


@pytest.mark.parametrize("change", [more_quiet, another_zone])
async def test_a_chat_that_chooses_otherwise_is_woken_at_once(
    night: Ledger, change: Callable[[Ledger, int], object]
) -> None:
    chat = await sleeper(night)
    await posts_of_the_night(night, "a", "b")
    await change(night, chat)  # type: ignore[misc]
    assert await night.store.next_due("main", night.now) is None
    await night.deliver()
    assert night.shown(ANN) == ["a+b"]


async def test_a_longer_mute_holds_what_slept_already(night: Ledger) -> None:
    chat = await sleeper(night, quiet=None, muted_until=EVENING + HOUR)
    await posts_of_the_night(night, "a", "b")
    await night.choose(chat, muted_until=EVENING + DAY)
    await night.run()
    await at(night, EVENING + HOUR)
    assert night.shown(ANN) == []
    await at(night, EVENING + DAY)
    assert night.shown(ANN) == ["a+b"]


async def test_who_wants_everything_again_has_what_waited_for_the_digest_at_once(night: Ledger) -> None:
    chat = await digest_reader(night, "24h")
    await posts_of_the_night(night, "a", "b")
    await night.hear(chat, Volume.EVERYTHING)
    assert await night.store.queue("main") == {Lane.LIVE: 2}
    await night.deliver()
    await posts_of_the_night(night, "c")
    assert night.shown(ANN) == ["a+b", "c"]


async def test_who_wants_a_digest_has_what_waits_in_it(night: Ledger) -> None:
    chat = await night.follow(ANN)
    night.now += 60.0
    await night.publish("a", "b")
    await night.hear(chat, Volume.DIGEST, digest="1h")
    assert await night.run() == []
    await at(night, EVENING + HOUR)
    assert night.shown(ANN) == ["a+b"]


async def test_other_times_are_no_times_of_a_digest(night: Ledger) -> None:
    chat = await digest_reader(night, "1h")
    with pytest.raises(ValueError, match="says no times"):
        await night.hear(chat, Volume.DIGEST, digest="now and then")
    assert [one.digest for one in await exported(night.store)] == ["1h"]


async def test_what_waits_and_is_no_key_event_is_dropped_for_who_wants_those_alone(night: Ledger) -> None:
    chat = await sleeper(night)
    await posts_of_the_night(night, "a", "b")
    await night.publish("k", post=Post(key="k", title="k", key_event=True))
    await night.run()
    await night.hear(chat, Volume.KEY)
    await at(night, MORNING)
    assert night.shown(ANN) == ["k"]


# --- key events ----------------------------------------------------------------------------------------------------


async def test_a_post_that_becomes_a_key_event_by_an_edit_is_news_to_who_follows_those(night: Ledger) -> None:
    await night.hear(await night.follow(ANN), Volume.KEY)
    await night.hear(await night.follow(BEN, "nato"), Volume.KEY)
    await night.publish("a")
    await night.run()
    assert night.shown(ANN) == []
    marked = Post(key="a", title="a", text="Now it matters.", pinned=True)
    for _ in range(2):
        await night.edit("a", post=marked)
        await night.run()
    assert (night.shown(ANN), night.revisions(ANN, "a")) == (["a"], [3])
    assert night.shown(BEN) == [], "of another topic"


async def test_a_post_that_the_page_marks_with_no_word_changed_is_news_to_who_follows_those(night: Ledger) -> None:
    await night.hear(await night.follow(ANN), Volume.KEY)
    await night.follow(BEN)
    await night.publish("a", "b", aliases={"https://b.example": "b"})
    await night.run()
    told = [await night.change(key_events=("a", "https://b.example")) for _ in range(2)]
    await night.run()
    assert told == [[night.numbers["a"], night.numbers["b"]], []]
    assert night.shown(ANN) == ["a", "b"]
    assert night.shown(BEN) == ["a", "b"], "they had it"


async def test_who_has_the_card_gets_no_posts(night: Ledger) -> None:
    await night.hear(await night.follow(ANN), Volume.CARD)
    await night.publish("k", post=Post(key="k", title="k", key_event=True))
    assert {post.notice for claim in await night.run() for post in claim.posts} == {"card"}


# --- chats that come and go ----------------------------------------------------------------------------------------


async def test_who_leaves_in_the_night_hears_nothing_in_the_morning(night: Ledger) -> None:
    chat = await sleeper(night)
    await posts_of_the_night(night, "a", "b")
    await night.leave(chat)
    assert await at(night, MORNING) == []


async def test_who_blocks_the_bot_in_the_night_and_comes_back_is_not_sent_what_it_missed(night: Ledger) -> None:
    chat = await sleeper(night)
    await posts_of_the_night(night, "a", "b")
    await night.store.close_chat(chat, "blocked", night.now)
    await at(night, MORNING)
    await night.store.reopen_chat(chat)
    assert await night.run() == []
    await night.store.recover("main", "resend", night.now)
    assert await at(night, MORNING + DAY) == []


async def test_a_group_that_becomes_a_supergroup_in_the_night_has_its_morning(night: Ledger) -> None:
    group = await sleeper(night, -500)
    await posts_of_the_night(night, "a", "b")
    other = await sleeper(night, -1005, quiet=None, muted_until=EVENING + DAY)
    await posts_of_the_night(night, "c", "d")
    await night.store.move_chat("main", group, -1005)
    await night.run()
    assert night.shown(-1005) == []
    await at(night, MORNING)
    assert night.shown(-1005) == ["a+b+c+d"]
    assert await night.store.chats_asleep("main") == 0
    assert other != group


async def test_a_chat_that_is_forgotten_in_the_night_leaves_nothing(night: Ledger) -> None:
    chat = await sleeper(night)
    await posts_of_the_night(night, "a", "b")
    await night.store.forget(chat)
    assert await at(night, MORNING) == []
    assert await night.store.next_due("main", EVENING) is None


async def test_what_sleeps_is_not_pruned(night: Ledger) -> None:
    await sleeper(night, quiet=None, muted_until=EVENING + 60 * DAY)
    await posts_of_the_night(night, "a", "b")
    night.now += 50 * DAY
    async for _ in night.store.prune(night.now - 30 * DAY):
        pass
    await at(night, EVENING + 60 * DAY)
    assert night.shown(ANN) == ["a+b"]


async def test_a_held_blog_sleeps_and_wakes_only_when_it_is_released(night: Ledger) -> None:
    await sleeper(night)
    await posts_of_the_night(night, "a", "b")
    await night.store.hold(BLOG, night.now)
    await at(night, MORNING)
    assert night.shown(ANN) == []
    await night.store.release(BLOG, night.now)
    await night.run()
    assert night.shown(ANN) == ["a+b"]


async def test_a_chat_that_blocked_the_bot_is_closed_by_its_morning(night: Ledger) -> None:
    await sleeper(night)
    await posts_of_the_night(night, "a", "b")
    night.now = MORNING
    await night.expand()
    assert len(await night.deliver(blocked)) == 1
    assert await night.waiting() == 0


# --- sound and pictures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sound", "pictures"), [(True, True), (False, True), (True, False)])
async def test_sound_and_pictures_are_what_the_subscription_says_when_it_is_sent(
    ledger: Ledger, sound: bool, pictures: bool
) -> None:
    chat = await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.hear(chat, Volume.EVERYTHING, sound=sound, pictures=pictures)
    (claim,) = await ledger.run()
    assert [(row.silent, row.pictures) for row in claim.action.rows] == [(not sound, pictures)]


async def test_a_push_is_silent_where_everything_that_the_thread_follows_is(ledger: Ledger) -> None:
    for blogs in ((BLOG,), (BLOG, "flood")):
        for blog in blogs:
            chat = await ledger.follow(ANN, blog=blog)
        await ledger.hear(chat, Volume.EVERYTHING, sound=False)
        await ledger.push()
        (claim,) = await ledger.run()
        assert claim.action.rows[0].silent is (len(blogs) == 1)
        assert claim.action.rows[0].pictures
