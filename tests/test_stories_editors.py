"""Editors against the clock: what they take down, recall or stop while it goes out, through kills of the process.

Counted from what the chats show.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.telegram import LocalMessage
from tests.service import Service, service

EDITOR = 1002
PATIENCE = 90.0  # seconds; a machine may be busy
CROWD = range(3000, 3150)
MANY = range(3000, 3500)
HALF_WAY = 50
SLOW = "messages_per_second = 40\nmessages_per_chat_per_second = 50"


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as one:
        one.configure(limits=SLOW)
        one.telegram.add_user(EDITOR, "Edi", started=True)
        yield one


def showing(relay: Service, words: str, crowd: range = CROWD) -> int:
    """In how many chats this can be read."""
    return sum(any(words in text for text in relay.screen(chat)) for chat in crowd)


def told(relay: Service, words: str) -> LocalMessage | None:
    """What the bot said to the editor with these words in it."""
    return next((one for one in relay.telegram.chats[EDITOR].from_bot() if words in one.text), None)


async def tap(relay: Service, label: str) -> None:
    """Once the button is there."""

    def there() -> bool:
        messages = relay.telegram.chats[EDITOR].from_bot()
        return any(button["text"] == label for one in messages for row in one.buttons for button in row)

    await relay.telegram.until(there, PATIENCE)
    await relay.telegram.tap(EDITOR, EDITOR, label)


async def pushed(relay: Service, crowd: range, until: int) -> None:
    """A push from Telegram to a crowd, up to the moment when so many have it."""
    await relay.followers(*crowd)
    await relay.start()
    await relay.publisher.polled(seconds=PATIENCE)
    relay.telegram.say(EDITOR, EDITOR, "/push All ports closed.")
    await tap(relay, "Send")
    await relay.telegram.until(lambda: showing(relay, "All ports closed.", crowd) >= until, PATIENCE)


async def test_a_takedown_in_the_middle_of_a_fan_out_outlives_a_kill_and_the_pages_next_polls(relay: Service) -> None:
    await relay.followers(*CROWD)
    await relay.start()
    await relay.publisher.polled(seconds=PATIENCE)
    relay.publisher.publish("a", "Three boats lost")
    await relay.telegram.until(lambda: showing(relay, "Three boats lost") >= 40, PATIENCE)
    relay.telegram.say(EDITOR, EDITOR, f"/withdraw {relay.publisher.url}#a a wrong number")
    await relay.telegram.until(lambda: told(relay, "Taken down") is not None, PATIENCE)
    await relay.kill()
    relay.publisher.publish("a", "Three boats lost, one found")
    await relay.start()
    await relay.publisher.polled(2, PATIENCE)
    relay.publisher.take_away("a")
    relay.publisher.publish("b", "Three boats lost", "What a has to tell.")
    relay.publisher.publish("c", "The wind drops")
    await relay.telegram.until(lambda: showing(relay, "The wind drops") == len(CROWD), PATIENCE)
    await relay.telegram.until(lambda: showing(relay, "boats lost") == 0, PATIENCE)
    await relay.publisher.polled(3, PATIENCE)
    assert showing(relay, "boats lost") == 0
    heard = sum(any("withdrawn by the editors" in text for text in relay.screen(chat)) for chat in CROWD)
    assert 0 < heard < len(CROWD), "who had it sees the notice, nobody else got anything"


async def test_a_recall_of_a_push_under_way_leaves_it_in_no_chat(relay: Service) -> None:
    await pushed(relay, MANY, 150)
    await tap(relay, "Recall")
    await tap(relay, "Yes, recall it")
    await relay.telegram.until(lambda: showing(relay, "All ports closed.", MANY) == 0, PATIENCE)
    await relay.telegram.until(lambda: told(relay, "Recalled: it is gone from every chat") is not None, PATIENCE)
    assert showing(relay, "All ports closed.", MANY) == 0
    received = sum(any(not one.visible for one in relay.telegram.chats[chat].messages if one.bot) for chat in MANY)
    assert 150 <= received < len(MANY), "it was dropped for those who had not got it"


async def test_a_recall_outlives_a_kill(relay: Service) -> None:
    await pushed(relay, CROWD, 80)
    await tap(relay, "Recall")
    await tap(relay, "Yes, recall it")
    await relay.telegram.until(lambda: showing(relay, "All ports closed.") < 60, PATIENCE)
    await relay.kill()
    assert showing(relay, "All ports closed.") > 0
    await relay.start()
    await relay.telegram.until(lambda: showing(relay, "All ports closed.") == 0, PATIENCE)
    await relay.telegram.until(lambda: told(relay, "Recalled: it is gone from every chat") is not None, PATIENCE)
    assert showing(relay, "All ports closed.") == 0


async def test_a_pause_outlives_a_kill_and_the_push_goes_on_from_there_once(relay: Service) -> None:
    await pushed(relay, CROWD, HALF_WAY)
    await tap(relay, "Pause")
    await relay.kill()
    await relay.start()
    await relay.publisher.polled()
    paused_at = showing(relay, "All ports closed.")  # only now: what was on the wire at the kill may have come after it
    relay.publisher.publish("a", "The wind drops")
    await relay.telegram.until(lambda: showing(relay, "The wind drops") == len(CROWD), PATIENCE)
    assert showing(relay, "All ports closed.") == paused_at < len(CROWD)
    await tap(relay, "Resume")
    await relay.telegram.until(lambda: showing(relay, "All ports closed.") == len(CROWD), PATIENCE)
    copies = [sum(text == "All ports closed." for text in relay.screen(chat)) for chat in CROWD]
    assert sum(copies) <= len(CROWD) + 132, "twice only what was on the wire"
    assert min(copies) == 1


async def test_what_was_dropped_before_a_kill_is_dropped_after_it(relay: Service) -> None:
    await pushed(relay, CROWD, HALF_WAY)
    await tap(relay, "Cancel the rest")
    await relay.kill()
    await relay.start()
    await relay.publisher.polled()
    had = showing(relay, "All ports closed.")
    relay.publisher.publish("a", "The wind drops")
    await relay.telegram.until(lambda: showing(relay, "The wind drops") == len(CROWD), PATIENCE)
    await relay.telegram.until(lambda: told(relay, "Stopped: ") is not None, PATIENCE)
    assert showing(relay, "All ports closed.") == had < len(CROWD)


async def test_who_did_what_can_be_exported(relay: Service) -> None:
    await pushed(relay, range(3000, 3003), 3)
    await tap(relay, "Recall")
    await tap(relay, "Yes, recall it")
    await relay.telegram.until(lambda: told(relay, "Recalled: it is gone") is not None, PATIENCE)
    relay.telegram.say(EDITOR, EDITOR, "/hold storm")
    await relay.telegram.until(lambda: told(relay, "Storm is held") is not None, PATIENCE)
    code, out, _ = await relay.run("audit", "export", "-", "--config", str(relay.config))
    assert code == 0
    rows = [line.split(",") for line in out.splitlines()]
    assert rows[0] == ["at", "person", "act", "post", "blog", "chats", "words"]
    assert [(row[1], row[2], row[4], row[5]) for row in rows[1:] if row[2] != "push"] == [
        ("1002", "recall", "", "3"),
        ("1002", "hold", "storm", ""),
    ]
    file = relay.folder / "acts.json"
    code, out, err = await relay.run("audit", "export", str(file), "--json", "--config", str(relay.config))
    assert (code, out) == (0, "")
    assert '"act": "recall"' in file.read_text()
    assert "acts" in err
