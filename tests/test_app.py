"""The service's life, in this process: it leaves nothing behind, and a file is followed wholly or not at all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.app import Relay
from bot.demo.telegram import LocalTelegram
from bot.poller import Poller
from bot.sharing import Alone
from storage import Store, StoreError
from tests.raw_bot import telegram

__all__ = ["telegram"]  # a fixture

FILE = """
[telegram]
api_base = "{api_base}"
[storage]
url = "sqlite:///{folder}/relay.db"
[web]
listen = ""
[[blogs]]
id = "storm"
url = "http://127.0.0.1:9/storm"
schedule = {{ every = "1h" }}
"""


def relay_in(folder: Path, telegram: LocalTelegram) -> Relay:
    config = folder / "relay.toml"
    config.write_text(FILE.format(api_base=telegram.api_base, folder=folder))
    return Relay(config, {"TELEGRAM_BOT_TOKEN": telegram.token})


def begun_in(task: asyncio.Task[Any]) -> str:
    """The file of what it runs."""
    return str(getattr(getattr(task.get_coro(), "cr_code", None), "co_filename", ""))


def full(*_: object, **__: object) -> None:
    raise StoreError("the disk is full")


async def test_a_start_that_fails_ends_all_that_it_had_begun(
    tmp_path: Path, telegram: LocalTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Poller, "start", full)
    with pytest.raises(StoreError, match="the disk is full"):
        await relay_in(tmp_path, telegram).run()
    assert [where for where in map(begun_in, asyncio.all_tasks()) if "/bot/" in where and "/demo/" not in where] == []


async def test_a_file_that_the_database_does_not_take_is_followed_in_nothing(
    tmp_path: Path, telegram: LocalTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = relay_in(tmp_path, telegram)
    running = asyncio.create_task(relay.run())
    await relay.ready.wait()
    before = relay.settings
    with monkeypatch.context() as ill:
        ill.setattr(Store, "in_file", full)
        config = tmp_path / "relay.toml"
        config.write_text(config.read_text().replace("storm", "flood") + "[access]\nadmins = [7]\n")
        with pytest.raises(StoreError):
            await relay.main.house.reload()
        assert relay.settings == before
    await relay.main.house.reload()
    assert [blog.id for blog in relay.settings.blogs] == ["flood"]
    assert not running.done()
    relay.stop()
    await running


async def test_told_to_stop_before_it_takes_part_it_ends(
    tmp_path: Path, telegram: LocalTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = asyncio.Event()

    async def never(sharing: Alone) -> None:
        waits.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Alone, "run", never)
    relay = relay_in(tmp_path, telegram)
    running = asyncio.create_task(relay.run())
    await waits.wait()
    relay.stop()
    await asyncio.wait_for(running, 60)
    assert not relay.ready.is_set()


async def test_what_breaks_before_it_takes_part_ends_it(
    tmp_path: Path, telegram: LocalTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(sharing: Alone) -> None:
        raise ValueError("ours")

    monkeypatch.setattr(Alone, "run", broken)
    with pytest.raises(ValueError, match="ours"):
        await asyncio.wait_for(relay_in(tmp_path, telegram).run(), 60)
