"""`why POST CHAT`: no token, no network, one clear line for what goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from storage import Store, open_store
from tests.ledger import Ledger
from tests.test_cli import call

ANN = 2001


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "relay.toml"
    path.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path}/relay.db"\n[[blogs]]\nid = "storm"\ntitle = "Storm"\n'
        'url = "https://blog.example/live"\ntimezone = "America/New_York"\n'
    )
    played(tmp_path, _two_posts)
    return path


def played(folder: Path, what: Callable[[Ledger], Awaitable[None]]) -> None:
    async def play() -> None:
        store: Store = open_store(f"sqlite:///{folder}/relay.db")
        await what(Ledger(store))
        await store.close()

    asyncio.run(play())


async def _two_posts(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("boats")
    await ledger.publish("boats at sea")
    await ledger.run()


def test_it_says_the_outcome_first_and_then_the_steps(config: Path) -> None:
    result = call("why", "1", str(ANN), "--config", str(config))
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "This chat got it at Jun 15, 2025, 11:06:40 EDT, less than a second after it was published."
    assert lines[1] == "Jun 15, 2025, 11:06:40 EDT · This chat began to follow Storm."


def test_as_json_it_is_that_alone_with_times_in_utc(config: Path) -> None:
    said = json.loads(call("why", "boats", str(ANN), "--json", "--config", str(config)).stdout)
    assert set(said) == {"post", "headline", "chat", "code", "outcome", "steps"}
    assert (said["post"], said["chat"], said["code"]) == (1, ANN, "sent")
    assert said["steps"][0] == {
        "at": "2025-06-15T15:06:40.000Z",
        "text": "This chat began to follow Storm.",
        "person": None,
    }


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("7", str(ANN)), "7: no post of this number, link, key or headline is known"),
        (("https://other.example/", str(ANN)), "https://other.example/: no post of this number, link, key"),
        (("1", "77"), "77: no chat of this number or title is known"),
        (("1", "@nobody"), "@nobody: no chat of this number or title is known"),
        (("sea boats", str(ANN)), ""),
        (("boat", str(ANN)), "boat: no post of this number"),
    ],
)
def test_wrong_arguments_are_one_clear_line(config: Path, words: tuple[str, str], line: str) -> None:
    result = call("why", *words, "--config", str(config))
    assert result.exit_code == (1 if line else 0)
    assert result.stderr.startswith(line)
    assert result.stderr.count("\n") <= 1


def test_a_group_is_called_by_its_number_without_an_end_of_options(config: Path) -> None:
    async def group(ledger: Ledger) -> None:
        ledger.now += 60.0
        await ledger.follow(-4001, kind="group")

    played(config.parent, group)
    result = call("why", "1", "-4001", "--config", str(config))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("It was not sent: this chat follows Storm only since")
