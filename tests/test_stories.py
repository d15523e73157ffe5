"""The relay as people run it: a process, a page, chats. Loss, repeats and order are counted from the chats alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.telegram import Fault
from bot.sender import IN_FLIGHT
from bot.settling import BATCH_ROWS
from tests.killed_at import STEPS
from tests.service import Service, service

ANN, BEN = 2001, 2002
ON_THE_WIRE = {  # steps at which a send is under way: only there may one arrive again
    "after the answer",
    "before the settlement",
    "inside the settling transaction",
    "before the settling commits",
    "after settling",  # of one of the two: the other's answer may not be here yet
}


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        yield one


async def test_a_new_post_goes_from_the_page_to_the_chats_and_follows_its_edits(relay: Service) -> None:
    await relay.followers(ANN, BEN)
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a", "Two boats lost")
    await relay.shows(ANN, "Two boats lost")
    await relay.shows(BEN, "Two boats lost")
    relay.publisher.publish("a", "Three boats lost")
    await relay.shows(ANN, "Three boats lost")
    await relay.shows(BEN, "Three boats lost")


async def test_a_post_that_left_the_page_is_withdrawn_after_three_polls(relay: Service) -> None:
    await relay.followers(ANN)
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a", "Two boats lost")
    relay.publisher.publish("b", "A third is missing")
    await relay.shows(ANN, "Two boats lost", "A third is missing")
    relay.publisher.take_away("a")
    await relay.telegram.until(lambda: relay.headlines(ANN)[0].startswith("withdrawn by the publisher"), 60)
    assert relay.headlines(ANN)[1] == "A third is missing"


async def test_an_unchanged_page_is_asked_for_conditionally(relay: Service) -> None:
    await relay.start()
    await relay.publisher.polled(3)
    assert relay.publisher.conditional >= 1


async def test_sigterm_ends_it_with_zero_and_a_restart_neither_repeats_nor_loses(relay: Service) -> None:
    await relay.followers(ANN)
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a")
    await relay.shows(ANN, "About a")
    assert await relay.terminate() == 0
    relay.publisher.publish("b")
    await relay.start()
    await relay.shows(ANN, "About a", "About b")


async def test_sigterm_during_a_send_waits_for_its_answer(relay: Service) -> None:
    await relay.followers(ANN)
    await relay.start()
    await relay.publisher.polled()
    go_on = asyncio.Event()
    relay.telegram.fail(method="sendMessage", error=Fault.hold_answer(go_on))
    relay.publisher.publish("a")
    await relay.telegram.until(lambda: relay.headlines(ANN) == ["About a"], 60)
    ending = asyncio.create_task(relay.terminate())
    await asyncio.sleep(0)
    go_on.set()
    assert await ending == 0
    await relay.start()
    await relay.publisher.polled(2)
    await relay.shows(ANN, "About a")


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_at_any_step_loses_nothing_and_repeats_only_what_was_on_the_wire(
    relay: Service, step: str
) -> None:
    await relay.followers(ANN, BEN)
    passes = 1 if "publishing" in step or "fetch" in step or "diff" in step else 0
    await relay.start(step, passes)
    await relay.publisher.polled()
    relay.publisher.publish("a")
    assert await relay.died() == -9
    await relay.start()
    for chat in (ANN, BEN):
        await relay.telegram.until(lambda chat=chat: "About a" in relay.headlines(chat), 60)
    relay.publisher.publish("b")
    for chat in (ANN, BEN):
        await relay.telegram.until(lambda chat=chat: "About b" in relay.headlines(chat), 60)
    copies = [relay.headlines(chat).count("About a") for chat in (ANN, BEN)]
    assert sum(copies) <= 2 + (2 if step in ON_THE_WIRE else 0)
    assert all(relay.headlines(chat)[-1] == "About b" for chat in (ANN, BEN))


async def test_a_second_relay_on_the_same_database_says_so_and_ends(relay: Service) -> None:
    await relay.start()
    await relay.publisher.polled()
    code, _, err = await relay.run("run", "--config", str(relay.config))
    assert code == 1
    assert "another relay runs on this database" in err.splitlines()[-1]


async def test_a_push_from_the_command_line_is_noticed_by_the_running_relay(relay: Service) -> None:
    await relay.followers(ANN, BEN)
    await relay.start()
    await relay.publisher.polled()
    code, out, _ = await relay.run("push", "--text", "All ports closed.", "--config", str(relay.config))
    assert code == 0
    assert "2 chats" in out
    await relay.shows(ANN, "All ports closed.")
    await relay.shows(BEN, "All ports closed.")


CROWD = range(3000, 3300)


async def half_of_a_push(relay: Service) -> None:
    """A push to a crowd, up to the moment when a third of it has heard; the rest takes some seconds."""
    relay.configure(limits="messages_per_second = 60\nmessages_per_chat_per_second = 50")
    await relay.followers(*CROWD)
    await relay.start()
    await relay.publisher.polled()
    assert (await relay.run("push", "--text", "All ports closed.", "--config", str(relay.config)))[0] == 0
    await relay.telegram.until(lambda: heard(relay) >= len(CROWD) // 3, 60)


def heard(relay: Service) -> int:
    return sum(bool(relay.telegram.chats[one].from_bot()) for one in CROWD)


def heard_again(relay: Service) -> int:
    return sum(len(relay.telegram.chats[one].from_bot()) - 1 for one in CROWD)


async def test_a_push_goes_on_after_a_kill_in_its_middle_and_repeats_only_what_was_on_the_wire(relay: Service) -> None:
    await half_of_a_push(relay)
    await relay.kill()
    assert heard(relay) < len(CROWD)
    await relay.start()
    await relay.telegram.until(lambda: heard(relay) == len(CROWD), 60)
    assert await relay.terminate() == 0
    assert heard_again(relay) <= IN_FLIGHT + BATCH_ROWS


async def test_a_push_goes_on_after_sigterm_in_its_middle_and_repeats_nothing(relay: Service) -> None:
    await half_of_a_push(relay)
    assert await relay.terminate() == 0
    assert heard(relay) < len(CROWD)
    await relay.start()
    await relay.telegram.until(lambda: heard(relay) == len(CROWD), 60)
    assert await relay.terminate() == 0
    assert heard_again(relay) == 0


async def test_a_saved_file_changes_the_schedule_within_two_seconds(tmp_path: Path) -> None:
    async with service(tmp_path, every="1h") as relay:
        await relay.start()
        await relay.publisher.polled()
        relay.configure(every="1s")
        await relay.publisher.polled(2)


async def test_a_bad_file_is_refused_told_to_the_admins_once_and_the_last_good_one_stays(relay: Service) -> None:
    relay.telegram.add_user(1001, "Admin")
    relay.telegram.say(1001, 1001, "hello")
    relay.telegram.first_bot.updates.drop()
    await relay.start()
    await relay.publisher.polled()
    relay.configure(every="often")
    await relay.telegram.until(lambda: len(relay.screen(1001)) == 1, 60)
    said = relay.screen(1001)[0]
    assert "schedule.every" in said
    assert "often" in said
    await relay.publisher.polled(2)
    relay.configure(every="1s")
    await relay.telegram.until(lambda: len(relay.screen(1001)) == 2, 60)
    assert relay.screen(1001)[1].startswith("Over: The new file is refused; it is applied now. It lasted ")


async def test_a_failing_blog_is_reported_once_and_its_recovery_once(relay: Service) -> None:
    relay.telegram.add_user(1001, "Admin")
    relay.telegram.say(1001, 1001, "hello")
    relay.telegram.first_bot.updates.drop()
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.ill = 404
    await relay.telegram.until(lambda: len(relay.screen(1001)) == 1, 60)
    assert "404" in relay.screen(1001)[0]
    await relay.publisher.polled(1)
    relay.publisher.ill = None
    await relay.telegram.until(lambda: len(relay.screen(1001)) == 2, 60)
    assert "answers again" in relay.screen(1001)[1]


async def test_a_page_that_loses_its_posts_withdraws_nothing_and_raises_one_alarm(relay: Service) -> None:
    relay.telegram.add_user(1001, "Admin")
    relay.telegram.say(1001, 1001, "hello")
    await relay.followers(ANN)
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a")
    await relay.shows(ANN, "About a")
    posts, relay.publisher.posts = relay.publisher.posts, []
    await relay.publisher.polled(4)
    await relay.telegram.until(lambda: len(relay.screen(1001)) == 1, 60)
    await relay.shows(ANN, "About a")
    relay.publisher.posts = posts
    await relay.telegram.until(lambda: len(relay.screen(1001)) == 2, 60)


async def test_a_wrong_token_is_one_clear_line(relay: Service) -> None:
    relay.environ["TELEGRAM_BOT_TOKEN"] = "100:wrong"
    code, _, err = await relay.run("run", "--config", str(relay.config))
    assert code == 1
    assert "does not know this token" in err.splitlines()[-1]
    assert "100:wrong" not in err


async def test_no_secret_stands_in_the_log_even_when_telegram_cannot_be_reached(relay: Service) -> None:
    await relay.followers(ANN)
    relay.telegram.fail(times=6, error=Fault.reset())
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.publish("a")
    await relay.telegram.until(lambda: "About a" in relay.headlines(ANN), 60)
    assert relay.telegram.token.split(":")[1] not in relay.log
