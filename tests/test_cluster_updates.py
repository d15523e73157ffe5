"""People are heard at any node: what they say is answered once, in its order, by whoever has the bot's lane."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.demo.telegram import Fault
from config.secrets import webhook_path, webhook_secret
from tests.dashboard_house import said_in, token_in
from tests.two_nodes import BY_POLLING, BY_WEBHOOK, EDITOR, Nodes, two_nodes

ANN, BEN = 2001, 2002
CROWD = range(3000, 3040)
GROUP = -4001


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Nodes]:
    async with two_nodes(tmp_path) as one:
        yield one


def answered_once(relay: Nodes, *people: int) -> bool:
    return all(len(relay.answers(one)) == 1 for one in people)


async def test_what_comes_in_by_turns_at_both_nodes_is_answered_once_by_the_owner_of_the_lane(relay: Nodes) -> None:
    relay.arrive(*CROWD)
    await relay.begin()
    for person in CROWD:
        relay.telegram.say(person, person, "/subscribe storm")
    await relay.answered(*CROWD)
    await relay.all_dealt_with()
    assert answered_once(relay, *CROWD)
    assert min(relay.proxy.passed.values()) >= len(CROWD) // 2 - 1
    store = relay.store()
    assert sum([len(some) async for some in store.every_subscription()]) == len(CROWD)
    await store.close()


async def test_updates_of_a_chat_keep_their_order_under_load_also_while_the_lane_moves(relay: Nodes) -> None:
    relay.arrive(*CROWD)
    relay.telegram.add_chat(GROUP, "group", "Harbour watch", admins=[CROWD[0]])
    for person in CROWD:
        relay.telegram.add_member(GROUP, person)
    await relay.begin()
    relay.telegram.first_bot.updates.drop()
    for number, person in enumerate(CROWD):
        relay.telegram.say(person, GROUP, f"/search@relay_bot word{number}")
        relay.telegram.say(person, person, "/id")
    await relay.answered(GROUP, times=5)
    assert await (await relay.owner()).terminate() == 0
    await relay.answered(GROUP, times=len(CROWD))
    await relay.answered(*CROWD)
    await relay.all_dealt_with()
    said = relay.answers(GROUP)
    assert [text for text in said if "word" not in text] == []
    numbers = [int(text.rpartition("word")[2].rstrip(".”\"'?!")) for text in said]
    assert [number for number, _ in itertools.groupby(numbers)] == list(range(len(CROWD)))
    assert answered_once(relay, *CROWD)


async def test_an_update_that_is_brought_to_both_nodes_at_once_is_answered_once(relay: Nodes) -> None:
    relay.arrive(*CROWD)
    await relay.begin()
    token = relay.telegram.token
    headers = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret(token, "main")}

    async def bring(session: aiohttp.ClientSession, port: int, number: int, person: int) -> int:
        who = {"id": person, "is_bot": False, "first_name": "Reader"}
        entity = {"type": "bot_command", "offset": 0, "length": 3}
        message = {"message_id": 9000, "date": 1, "chat": {"id": person, "type": "private"}, "from": who}
        update = {"update_id": number, "message": message | {"text": "/id", "entities": [entity]}}
        url = f"http://127.0.0.1:{port}/telegram/{webhook_path(token, 'main')}"
        async with session.post(url, json=update, headers=headers) as answer:
            return answer.status

    async with aiohttp.ClientSession() as session:
        asked = [
            bring(session, port, number, person)
            for number, person in enumerate(CROWD, 70_000)
            for port in (*relay.ports, *reversed(relay.ports))
        ]
        assert set(await asyncio.gather(*asked)) == {200}
    await relay.answered(*CROWD)
    await relay.all_dealt_with()
    assert answered_once(relay, *CROWD)


async def test_what_an_owner_had_in_hand_when_it_was_killed_is_answered_by_the_next(relay: Nodes) -> None:
    relay.arrive(ANN, *CROWD)
    await relay.begin()
    planned = relay.telegram.fail(method="sendMessage", chat=ANN, error=Fault.hold(asyncio.Event()), times=1)
    relay.telegram.say(ANN, ANN, "/subscribe storm")
    for person in CROWD:
        relay.telegram.say(person, person, "/subscribe storm")
    await planned.reached.wait()
    await relay.answered(*CROWD[:5])
    await (await relay.owner()).kill()
    await relay.answered(ANN, *CROWD)
    await relay.all_dealt_with()
    assert len(relay.answers(ANN)) == 1
    assert all(len(relay.answers(one)) <= 2 for one in CROWD), "again only what was not written down as answered"
    store = relay.store()
    assert sum([len(some) async for some in store.every_subscription()]) == len(CROWD) + 1
    await store.close()


async def test_a_draft_begun_on_one_node_is_sent_after_the_lane_moved_once(relay: Nodes) -> None:
    relay.arrive(ANN, EDITOR)
    await relay.begin()
    relay.telegram.say(ANN, ANN, "/subscribe storm")
    await relay.answered(ANN)
    relay.telegram.say(EDITOR, EDITOR, "/push The harbour is closed.")
    await relay.answered(EDITOR)
    assert await (await relay.owner()).terminate() == 0
    await relay.heard(times=2)
    await relay.telegram.tap(EDITOR, EDITOR, "Send", seconds=60)
    await relay.until(lambda: "The harbour is closed." in relay.answers(ANN))
    await relay.until(lambda: "Delivered to" in relay.answers(EDITOR)[-1])
    assert relay.answers(ANN).count("The harbour is closed.") == 1


async def test_what_is_said_while_nobody_has_the_lane_waits(relay: Nodes) -> None:
    """Telegram is out of reach of whoever takes the lane; what comes from it waits in the database."""
    relay.arrive(ANN, BEN)
    relay.configure(BY_WEBHOOK)
    for one in relay.all:  # so that the second one has never had the lane, and asks who it is once it takes it
        await one.start()
        await relay.heard()
    away = relay.telegram.fail(method="getMe", error=Fault.reset(), times=None)
    await (await relay.owner()).kill()
    relay.telegram.say(ANN, ANN, "/id")
    relay.telegram.say(BEN, BEN, "/id")
    await relay.until(lambda: not relay.telegram.first_bot.updates.waiting)
    await asyncio.wait_for(away.reached.wait(), 60)
    assert len(await relay.ask("SELECT FROM pgqueuer WHERE entrypoint = 'update main' AND status = 'queued'")) == 2
    away.lift()
    await relay.answered(ANN, BEN)
    await relay.all_dealt_with()
    assert answered_once(relay, ANN, BEN)


async def test_long_polling_moves_with_the_lane_and_hardly_ever_meets_itself(relay: Nodes) -> None:
    relay.arrive(*CROWD)
    await relay.begin(BY_POLLING)
    for round_, person in enumerate(CROWD[:4], 1):
        relay.telegram.say(person, person, "/subscribe storm")
        await relay.answered(person)
        await relay.all_dealt_with()
        owner = await relay.owner()
        if round_ % 2:
            await owner.kill()
        else:
            assert await owner.terminate() == 0
        relay.telegram.say(CROWD[10 + round_], CROWD[10 + round_], "/id")  # while nobody asks
        await relay.heard(times=round_ + 1)
        await relay.answered(CROWD[10 + round_])
        await owner.start()
    conflicts = [one for one in relay.telegram.calls if one.method == "getUpdates" and one.code == 409]
    assert len(conflicts) <= 4
    await relay.all_dealt_with()
    assert answered_once(relay, *CROWD[:4], *(CROWD[10 + one] for one in range(1, 5)))


async def test_what_an_owner_had_asked_for_when_it_was_killed_is_still_answered(relay: Nodes) -> None:
    relay.arrive(*CROWD)
    await relay.begin(BY_POLLING)
    held = [
        relay.telegram.fail(method="sendMessage", chat=person, error=Fault.hold(asyncio.Event()), times=1)
        for person in CROWD
    ]
    for person in CROWD:
        relay.telegram.say(person, person, "/id")
    for one in held:
        await one.reached.wait()
    await relay.until(lambda: not relay.telegram.first_bot.updates.waiting)  # Telegram has forgotten them
    await (await relay.owner()).kill()
    await relay.answered(*CROWD)
    await relay.all_dealt_with()
    assert answered_once(relay, *CROWD)


async def test_a_press_in_the_dashboard_of_a_node_without_the_lane_shows_a_preview_and_reaches_readers(
    relay: Nodes,
) -> None:
    relay.arrive(ANN, EDITOR)
    await relay.begin()
    relay.telegram.say(ANN, ANN, "/subscribe storm")
    relay.telegram.say(EDITOR, EDITOR, "/id")
    await relay.answered(ANN, EDITOR)
    other = await relay.other()
    url = f"http://127.0.0.1:{other.port}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:
        async with visitor.get(f"{url}/pushes") as answer:
            token = token_in(await answer.text())
        form = {"token": token, "editor": str(EDITOR), "text": "The harbour is closed."}
        async with visitor.post(f"{url}/push", data=form, headers={"Origin": url}) as answer:
            assert "The preview is in the private chat" in said_in(await answer.text())
    await relay.until(lambda: any("The harbour is closed." in text for text in relay.answers(EDITOR)))
    await relay.telegram.tap(EDITOR, EDITOR, "Send", seconds=60)
    await relay.until(lambda: "The harbour is closed." in relay.answers(ANN))
    assert await relay.owner() is not other
    assert relay.answers(ANN).count("The harbour is closed.") == 1
