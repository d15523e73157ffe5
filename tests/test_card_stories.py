"""The card as people run it: a process, a page, chats; killed at every step between its sending and its pin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.model import Volume
from bot.demo.telegram import LocalMessage
from tests.choosing import hear_in
from tests.service import Service, service

ANN = 2001
GROUP = -1_000_000_004_001


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        yield one


async def choose_card(relay: Service, chat: int) -> None:
    store = relay.store()
    met = await store.chat("main", chat)
    assert met is not None
    await hear_in(
        store, chat=met.id, thread=0, blog="storm", volume=Volume.CARD, sound=True, pictures=True, digest="1h"
    )
    await store.close()


def standing(relay: Service, chat: int) -> list[LocalMessage]:
    return [one for one in relay.telegram.chats[chat].from_bot() if one.visible]


def pinned(relay: Service, chat: int) -> list[LocalMessage]:
    return relay.telegram.chats[chat].pinned


def notices(relay: Service, chat: int) -> int:
    """How often the chat was told of a pin."""
    return sum(bool(one.notice and "pinned_message" in one.notice) for one in relay.telegram.chats[chat].messages)


@pytest.mark.parametrize(
    ("step", "passes", "most"),
    [
        ("before the send", 0, 1),
        ("after the answer", 0, 2),  # the card was on the wire
        ("before the settling commits", 0, 2),
        ("after settling", 0, 1),
        ("before the send", 1, 1),  # the pin is on the wire from here
        ("after the answer", 1, 1),
    ],
)
async def test_a_card_is_pinned_once_whenever_the_relay_is_killed(
    relay: Service, step: str, passes: int, most: int
) -> None:
    await relay.followers(ANN)
    await choose_card(relay, ANN)
    await relay.start(step, passes)
    assert await relay.died() == -9
    await relay.start()
    await relay.telegram.until(lambda: bool(pinned(relay, ANN)), 60)
    await relay.publisher.polled(2)
    assert len(standing(relay, ANN)) <= most
    assert pinned(relay, ANN) == [standing(relay, ANN)[-1]]
    assert notices(relay, ANN) == 1


async def test_an_import_with_the_volume_card_brings_the_card(relay: Service) -> None:
    relay.telegram.add_chat(GROUP, "supergroup", "Harbour watch", bot_status="administrator")
    (relay.folder / "chats.csv").write_text(f"chat_id,thread_id,blog,topics,volume,language\n{GROUP},,storm,,card,en\n")
    await relay.start()
    await relay.publisher.polled()
    for _ in range(2):  # which changes nothing the second time
        code, out, err = await relay.run(
            "subscribers", "import", str(relay.folder / "chats.csv"), "--config", str(relay.config)
        )
        assert code == 0, out + err
    await relay.telegram.until(lambda: bool(pinned(relay, GROUP)), 60)
    assert len(standing(relay, GROUP)) == 1
