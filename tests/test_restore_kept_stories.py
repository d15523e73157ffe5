"""A restore of an older backup, and what keeps times of its own: hubs, drafts, nights, pushes that were halted.

Repeats and loss are counted in the chats.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.choices import Choices
from tests.choosing import choose_in
from tests.hub import HubServer
from tests.ports import free_port
from tests.service import Service, service
from tests.test_restore_stories import called, ever, lost

ANN, BEN = 2001, 2002
EDITOR = 1002
CROWD = range(3000, 3060)
PATIENCE = 60.0  # seconds; a machine may be busy


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        one.telegram.add_user(EDITOR, "Edi", started=True)
        yield one


async def running(relay: Service, *people: int) -> None:
    """Followers, and a relay that has read its page."""
    await relay.followers(*people)
    await relay.start()
    await relay.publisher.polled(seconds=PATIENCE)


async def backed_up(relay: Service) -> Path:
    await called(relay, "backup", str(relay.folder / "kept.db"))
    return relay.folder / "kept.db"


async def put_back(relay: Service, backup: Path) -> None:
    """The disk is lost; the backup takes its place, and the relay has read its page once more."""
    await lost(relay)
    await called(relay, "restore", str(backup))
    await relay.start()
    await relay.publisher.polled(2, seconds=PATIENCE)


def labels(relay: Service) -> list[str]:
    """Of all the buttons that the editor can press."""
    messages = relay.telegram.chats[EDITOR].from_bot()
    return [button["text"] for one in messages for row in one.buttons for button in row]


async def tap(relay: Service, label: str) -> None:
    """Once the button is there."""

    await relay.telegram.until(lambda: label in labels(relay), PATIENCE)
    await relay.telegram.tap(EDITOR, EDITOR, label)


def got(relay: Service, words: str, crowd: range = CROWD) -> list[int]:
    """How often each of them was ever sent this."""
    return [ever(relay, one)[words] for one in crowd]


# --- hubs ----------------------------------------------------------------------------------------------------------


async def test_after_a_restore_hubs_are_asked_at_once_and_what_they_told_since_is_not_told_again(
    tmp_path: Path,
) -> None:
    async with HubServer(tmp_path) as hub, service(tmp_path, every="1h") as relay:
        listen, publisher = f"127.0.0.1:{free_port()}", relay.publisher
        publisher.headers["Link"] = f'<{hub.url}>; rel="hub", <{publisher.url}>; rel="self"'
        relay.configure(extra="websub = true", web=f'listen = "{listen}"\npublic_url = "http://{listen}"')
        await relay.followers(ANN)
        await relay.start()
        await relay.baseline()
        await hub.until(lambda: hub.happened["subscribed"] == 1)
        backup = await backed_up(relay)
        publisher.publish("a", "Told by the hub")
        await hub.publish(publisher.url)
        await relay.shows(ANN, "Told by the hub", seconds=PATIENCE)

        await lost(relay)
        await called(relay, "restore", str(backup))
        await relay.start()
        await hub.until(lambda: hub.happened["subscribed"] == 2)
        await relay.telegram.until(lambda: "caught up" in relay.log, PATIENCE)
        publisher.publish("b", "Told after the restore")
        await hub.publish(publisher.url)
        await relay.shows(ANN, "Told by the hub", "Told after the restore", seconds=PATIENCE)
        assert max(ever(relay, ANN).values()) == 1


# --- drafts, and pushes that were halted ---------------------------------------------------------------------------


async def test_a_draft_of_the_backup_is_sent_by_its_button_once_and_not_by_itself(relay: Service) -> None:
    await running(relay, ANN)
    relay.telegram.say(EDITOR, EDITOR, "/push The bridge is closed.")
    await relay.telegram.until(lambda: len(relay.screen(EDITOR)) == 2, PATIENCE)
    backup = await backed_up(relay)
    await put_back(relay, backup)
    relay.publisher.publish("a", "Two boats lost")
    await relay.shows(ANN, "Two boats lost", seconds=PATIENCE)
    await tap(relay, "Send")
    await relay.shows(ANN, "Two boats lost", "The bridge is closed.", seconds=PATIENCE)


async def test_a_draft_that_was_sent_since_the_backup_is_not_sent_again(relay: Service) -> None:
    await running(relay, ANN)
    relay.telegram.say(EDITOR, EDITOR, "/push The bridge is closed.")
    await relay.telegram.until(lambda: len(relay.screen(EDITOR)) == 2, PATIENCE)
    backup = await backed_up(relay)
    await tap(relay, "Send")
    await relay.shows(ANN, "The bridge is closed.", seconds=PATIENCE)
    await relay.telegram.until(lambda: "Send" not in labels(relay), PATIENCE)
    await put_back(relay, backup)
    relay.publisher.publish("a", "Two boats lost")
    await relay.shows(ANN, "The bridge is closed.", "Two boats lost", seconds=PATIENCE)
    assert "Send" not in labels(relay), "nobody can press it again"


async def test_a_push_that_was_halted_in_the_backup_counts_as_sent_and_going_on_repeats_nothing(
    relay: Service,
) -> None:
    relay.configure(limits="messages_per_second = 5\nmessages_per_chat_per_second = 5")
    await running(relay, *CROWD)
    relay.telegram.say(EDITOR, EDITOR, "/push All ports closed.")
    await tap(relay, "Send")
    await relay.telegram.until(lambda: sum(got(relay, "All ports closed.")) > 3, PATIENCE)
    await tap(relay, "Pause")
    backup = await backed_up(relay)
    relay.configure(limits="messages_per_second = 500\nmessages_per_chat_per_second = 50")
    await tap(relay, "Resume")
    await relay.telegram.until(lambda: got(relay, "All ports closed.") == [1] * len(CROWD), PATIENCE)

    await put_back(relay, backup)
    relay.publisher.publish("a", "Two boats lost")
    await relay.telegram.until(lambda: got(relay, "Two boats lost") == [1] * len(CROWD), PATIENCE)
    assert got(relay, "All ports closed.") == [1] * len(CROWD)


# --- nights --------------------------------------------------------------------------------------------------------


async def muted(relay: Service, until: float | None) -> None:
    store = relay.store()
    chat = await store.chat("main", ANN)
    assert chat is not None
    await choose_in(store, chat.id, Choices(muted_until=until))
    await store.close()


async def test_what_slept_in_the_backup_comes_once_when_the_silence_ends_after_the_restore(relay: Service) -> None:
    await relay.followers(ANN, BEN)
    await muted(relay, time.time() + 3600)
    await relay.start()
    await relay.publisher.polled(seconds=PATIENCE)
    relay.publisher.publish("a", "Two boats lost")
    await relay.shows(BEN, "Two boats lost", seconds=PATIENCE)
    backup = await backed_up(relay)
    await put_back(relay, backup)
    relay.publisher.publish("b", "A third is missing")
    await relay.shows(BEN, "Two boats lost", "A third is missing", seconds=PATIENCE)
    assert relay.screen(ANN) == []
    relay.telegram.say(ANN, ANN, "/mute off")
    await relay.telegram.until(lambda: "A third is missing" in "\n".join(relay.screen(ANN)), PATIENCE)
    said = "\n".join(relay.screen(ANN))
    assert (said.count("Two boats lost"), said.count("A third is missing")) == (1, 1)


async def test_what_slept_in_the_backup_and_woke_before_the_restore_is_not_told_again(relay: Service) -> None:
    await relay.followers(ANN, BEN)
    await muted(relay, time.time() + 3600)
    await relay.start()
    await relay.publisher.polled(seconds=PATIENCE)
    relay.publisher.publish("a", "Two boats lost")
    await relay.shows(BEN, "Two boats lost", seconds=PATIENCE)
    backup = await backed_up(relay)
    relay.telegram.say(ANN, ANN, "/mute off")
    await relay.telegram.until(lambda: "Two boats lost" in "\n".join(relay.screen(ANN)), PATIENCE)
    await lost(relay)
    await called(relay, "restore", str(backup))
    await over(relay)
    await relay.start()
    await relay.publisher.polled(2, seconds=PATIENCE)
    relay.publisher.publish("b", "A third is missing")
    await relay.telegram.until(lambda: "A third is missing" in "\n".join(relay.screen(ANN)), PATIENCE)
    assert "\n".join(relay.screen(ANN)).count("Two boats lost") == 1


async def over(relay: Service) -> None:
    """As if the hour of silence had gone by while the relay was down."""
    store = relay.store()
    await store._db.write(
        lambda db: db.execute("UPDATE chat SET wakes_at = 1, muted_until = 1 WHERE wakes_at IS NOT NULL").rowcount
    )
    await store.close()
