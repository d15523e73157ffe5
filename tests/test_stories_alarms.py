"""What admins are told in Telegram when something goes wrong, by the service as it runs, and what readers get after."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.telegram import Fault
from tests.service import Service, service

ADMIN, ANN = 1001, 2001
CROWD = range(3000, 3030)
NO = "Bad Request: not enough rights to send photos"


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        one.telegram.add_user(ADMIN, "Admin")
        one.telegram.say(ADMIN, ADMIN, "hello")
        one.telegram.first_bot.updates.drop()
        yield one


async def told(relay: Service, *beginnings: str) -> None:
    """Until the admin was told this, and nothing else."""

    def matches() -> bool:
        said = relay.screen(ADMIN)
        return len(said) == len(beginnings) and all(one.startswith(begins) for one, begins in zip(said, beginnings))  # noqa: B905

    try:
        await relay.telegram.until(matches, 60)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{relay.screen(ADMIN)}\n{relay.log[-3000:]}") from None


async def refused(relay: Service, rows: int) -> None:
    """Until so many deliveries were refused."""
    store = relay.store()
    async with asyncio.timeout(60):
        while [one.rows for one in await store.refused("main")] != [rows]:  # noqa: ASYNC110 another process writes it
            await asyncio.sleep(0.05)
    await store.close()


async def noted(relay: Service) -> None:
    """Until the relay has written down that what stands was told."""
    store = relay.store()
    async with asyncio.timeout(60):
        while [one.told for one in await store.alarms()] != [True]:  # noqa: ASYNC110 another process writes it
            await asyncio.sleep(0.05)
    await store.close()


async def test_a_failing_blog_is_told_once_across_a_kill_and_so_is_its_end(relay: Service) -> None:
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.ill = 404
    await told(relay, "storm (jsonld): answers 404")
    await noted(relay)  # else the answer was on the wire, and the line would come twice
    await relay.kill()
    await relay.start()
    await relay.publisher.polled(1)
    await told(relay, "storm (jsonld): answers 404")
    code, out, _ = await relay.run("status", "--json", "--config", str(relay.config))
    (alarm,) = json.loads(out)["alarms"]
    assert (code, alarm["kind"], alarm["about"], alarm["told"]) == (0, "failing", "storm", True)
    _, lines, _ = await relay.run("status", "--config", str(relay.config))
    assert lines.startswith("ALARM for ")
    relay.publisher.ill = None
    await told(relay, "storm (jsonld): answers 404", "storm: answers again. It lasted ")


async def test_what_thirty_chats_refused_is_told_once_and_sent_when_an_admin_says_so(relay: Service) -> None:
    await relay.followers(ANN, *CROWD)
    await relay.start()
    await relay.publisher.polled()
    faults = [
        relay.telegram.fail(method="sendMessage", chat=one, times=None, error=Fault.refuse(400, NO)) for one in CROWD
    ]
    relay.publisher.publish("a")
    await relay.shows(ANN, "About a")
    await told(relay, f"Telegram refused deliveries: “{NO}”, ")
    relay.publisher.publish("b")
    await relay.shows(ANN, "About a", "About b")
    await refused(relay, 2 * len(CROWD))
    for fault in faults:
        fault.lift()
    relay.telegram.say(ADMIN, ADMIN, "/alarms")
    await relay.telegram.until(lambda: len(relay.screen(ADMIN)) == 2, 60)
    screen = relay.telegram.chats[ADMIN].newest()
    (button,) = (one for row in screen.buttons for one in row)
    assert screen.text.count(NO) == 1
    assert len(relay.screen(ADMIN)) == 2, "the second post was refused for the same reason"
    await relay.telegram.press(ADMIN, ADMIN, screen.id, button["callback_data"])
    await relay.telegram.until(lambda: all(len(relay.screen(chat)) == 2 for chat in CROWD), 60)
    assert {tuple(relay.headlines(chat)) for chat in CROWD} == {("About a", "About b")}
    await relay.telegram.until(lambda: relay.screen(ADMIN)[-1].startswith("Over: Telegram refused deliveries"), 60)
    assert [relay.headlines(ANN)] == [["About a", "About b"]], "who had them gets nothing twice"


async def test_an_admin_who_comes_later_hears_of_what_still_stands(relay: Service) -> None:
    """The bot may not write to who never wrote to it."""
    text = relay.config.read_text().replace("admins = [1001]", "admins = [1001, 1009]")
    relay.config.write_text(text)
    relay.telegram.add_user(1009, "Late")
    await relay.start()
    await relay.publisher.polled()
    relay.publisher.ill = 404
    await told(relay, "storm (jsonld): answers 404")
    relay.telegram.say(1009, 1009, "hello")
    await relay.telegram.until(lambda: any("answers 404" in text for text in relay.screen(1009)), 70)
    assert len(relay.screen(ADMIN)) == 1
