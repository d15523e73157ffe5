"""A file is saved, regretted and brought back, told from what stands on the disk, in the chats and at the publisher."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.telegram import LocalMessage
from storage import AppliedFile
from tests.publisher import Publisher
from tests.service import Service, service
from tests.telegram_house import ADMIN, ANN, BEN, EDITOR, buttons

LONG = "r" * 250  # beside a file of such a name there is room for no other, not even for root
SLOW, FAST = "1h", "1s"


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Service]:
    """Slow polls, two followers, and an admin whom the bot knows."""
    async with service(tmp_path, every=SLOW) as one:
        for person in (ADMIN, EDITOR):
            one.telegram.add_user(person, f"Person {person}", started=True)
        await one.followers(ANN, BEN)
        await one.start()
        await one.publisher.polled()
        yield one


async def answer(relay: Service, text: str) -> LocalMessage:
    """What the bot says to the admin next."""
    before = len(said(relay))
    relay.telegram.say(ADMIN, ADMIN, text)
    await relay.telegram.until(lambda: len(said(relay)) > before, 60)
    return said(relay)[before]


def said(relay: Service) -> list[LocalMessage]:
    return [one for one in relay.telegram.chats[ADMIN].messages if one.bot]


async def press(relay: Service, message: LocalMessage, act: str, person: int = ADMIN) -> str:
    """The word over the screen, for the first button of this kind."""
    data = next(one for one in buttons(message).values() if one.startswith(f"file:{act}"))
    return (await relay.telegram.press(person, ADMIN, message.id, data)).text


async def turns_into(relay: Service, message: LocalMessage, words: str) -> None:
    """A press is answered first, then the message is rewritten."""
    await relay.telegram.until(lambda: words in message.text, 60)


async def saved(relay: Service, **changes: str) -> bytes:
    """Save another file; returns what it says once it is in force."""
    relay.configure(**changes)
    await in_force(relay, relay.config.read_bytes())
    return relay.config.read_bytes()


def applied(relay: Service) -> list[str]:
    """What the log says changed with files that were applied, by whatever way."""
    lines = [json.loads(line) for line in relay.log.splitlines() if line.startswith("{")]
    return [change for line in lines if line["event"] == "file applied" for change in line["changes"]]


async def kept(relay: Service) -> list[AppliedFile]:
    store = relay.store()
    try:
        return await store.kept_files()
    finally:
        await store.close()


async def in_force(relay: Service, text: bytes) -> None:
    async with asyncio.timeout(60):
        while (files := await kept(relay)) == [] or files[0].text != text:  # noqa: ASYNC110 another process writes it
            await asyncio.sleep(0.05)


async def looked_at(relay: Service) -> LocalMessage:
    """The list after one press: what bringing the file before this one back would change."""
    shown = await answer(relay, "/rollback")
    await press(relay, shown, "look")
    await turns_into(relay, shown, "back?")
    return shown


async def test_two_presses_bring_the_old_schedule_and_the_old_file_back_byte_for_byte(relay: Service) -> None:
    old = relay.config.read_bytes().replace(b"\n", b"\r\n") + "# gestern: alles gut ☀\r\n".encode()
    relay.config.write_bytes(old)
    await in_force(relay, old)
    await saved(relay, every=FAST)
    await relay.publisher.polled(3)
    shown = await answer(relay, "/rollback")
    assert shown.text.splitlines()[0] == "The files that were in force last"
    assert "1 blog changes its interval." in shown.text
    await press(relay, shown, "look")
    await turns_into(relay, shown, "storm: every 1 s → every 1 h")
    assert await press(relay, shown, "back") == "The file is back and in force."
    assert relay.config.read_bytes() == old
    assert [one.who for one in await kept(relay)][:2] == ["rollback", "saved"]
    assert "every 1 h" in (await answer(relay, "/schedule")).text


async def test_a_file_that_was_brought_back_is_applied_and_told_once(relay: Service) -> None:
    first = relay.config.read_bytes()
    await saved(relay, every="30m")
    await press(relay, await looked_at(relay), "back")
    await in_force(relay, first)
    await saved(relay, every="20m")  # by then the watcher has seen the one before
    assert [line for line in applied(relay) if line.startswith("storm")] == [
        "storm: every 1 h → every 30 min",
        "storm: every 30 min → every 1 h",
        "storm: every 1 h → every 20 min",
    ]
    assert "nothing changed" not in applied(relay)


async def test_reload_says_first_how_many_blogs_change_and_what_becomes_of_their_subscriptions(relay: Service) -> None:
    async with Publisher() as other:
        await saved(relay, extra=f'[[blogs]]\nid = "flood"\nurl = "{other.url}"\n')
        relay.config.write_text(relay.config.read_text().replace('id = "storm"', 'id = "gale"'))
        said = (await answer(relay, "/reload")).text
    told = "1 blog starts, 1 stops; 2 subscriptions sleep for 30 d, then go; nobody is told."
    assert told in (*said.splitlines()[1:2], *applied(relay))  # in the log, where the watcher was faster
    assert "1 blog removed: storm (2 subscriptions)" in applied(relay)


@pytest.mark.parametrize("step", ["before", "after"])
async def test_a_kill_in_the_middle_of_a_rollback_leaves_the_old_file_or_the_new_one_whole(
    relay: Service, step: str
) -> None:
    old = relay.config.read_bytes()
    await relay.kill()
    relay.configure(every="30m")
    await relay.start(f"{step} the file is replaced")
    await in_force(relay, relay.config.read_bytes())
    new, shown = relay.config.read_bytes(), await looked_at(relay)
    with contextlib.suppress(TimeoutError, AssertionError):
        async with asyncio.timeout(2):
            await press(relay, shown, "back")
    await relay.died()
    assert relay.config.read_bytes() == (new if step == "before" else old)
    relay.telegram.first_bot.updates.drop()
    await relay.start()
    await in_force(relay, new if step == "before" else old)


async def test_a_draft_with_mistakes_is_kept_beside_the_file_that_comes_back(relay: Service) -> None:
    good = relay.config.read_bytes()
    relay.config.write_text("[[blogs]]\nid = 7\n")
    await relay.telegram.until(lambda: any("refused" in one.text for one in said(relay)), 60)
    shown = await answer(relay, "/rollback")
    assert "what stands in the file is something else" in shown.text
    await press(relay, shown, "look")
    await turns_into(relay, shown, "back?")
    await press(relay, shown, "back")
    assert relay.config.read_bytes() == good
    draft = relay.folder / "relay.toml.before-rollback"
    assert draft.read_text() == "[[blogs]]\nid = 7\n"
    await turns_into(relay, shown, f"is kept as {draft}")


async def test_a_file_that_cannot_be_written_is_one_line_and_changes_nothing(relay: Service, tmp_path: Path) -> None:
    await saved(relay, every="30m")
    before, shown = relay.config.read_bytes(), await looked_at(relay)
    relay.config.rename(tmp_path / LONG)
    relay.config.symlink_to(tmp_path / LONG)
    assert "relay.toml: cannot be written: File name too long" in await press(relay, shown, "back")
    assert (relay.config.read_bytes(), relay.config.is_symlink()) == (before, True)
    assert not list(tmp_path.glob("*before-rollback*"))
    assert "every 30 min" in (await answer(relay, "/schedule")).text


async def test_who_is_no_admin_any_more_cannot_press(relay: Service) -> None:
    await saved(relay, every="30m")
    shown = await looked_at(relay)
    text = relay.config.read_text().replace("admins = [1001]", "admins = [1009]")
    relay.config.write_text(text)
    await in_force(relay, text.encode())
    assert await press(relay, shown, "back") == "Only admins can do that."
    assert relay.config.read_text() == text


async def test_five_files_are_kept_each_text_once(relay: Service) -> None:
    for minutes in (10, 11, 12, 13, 14, 15, 13):
        await saved(relay, every=f"{minutes}m")
    schedules = [one.text.decode().partition('every = "')[2].partition('"')[0] for one in await kept(relay)]
    assert schedules == ["13m", "15m", "14m", "12m", "11m"]


async def test_the_command_line_lists_compares_and_brings_back_and_the_relay_follows(relay: Service) -> None:
    old = relay.config.read_bytes()
    await saved(relay, every="30m")
    config = ("--config", str(relay.config))
    planned = relay.folder / "planned.toml"
    planned.write_text(relay.config.read_text().replace("30m", "20m"))
    for against in ("running", str(relay.config)):
        code, out, _ = await relay.run("check", "--against", against, "--config", str(planned))
        assert code == 0
        assert "1 blog changes its interval.\nstorm: every 30 min → every 20 min\n" in out
    await saved(relay, every="20m")
    code, out, _ = await relay.run("rollback", *config)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")] == ["1", "2", "3"]
    code, out, _ = await relay.run("rollback", "3", *config)
    assert code == 0
    assert "storm: every 20 min → every 1 h" in out
    assert relay.config.read_bytes() == old
    await in_force(relay, old)
    assert (await kept(relay))[0].who == "saved"
    assert "file applied" in relay.log
