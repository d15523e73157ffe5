"""One configuration on all nodes: saved on any of them, in force on every one, and never split by a mistake."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from bot.app import StartFailed
from bot.applied import Older
from bot.in_force import counts
from storage import AppliedFile
from tests.cluster_house import ES_TOKEN, House, Member, house

HOUR = 3600.0
ROOT = Path(__file__).parents[1]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as one:
        yield one


async def two(room: House, text: str) -> tuple[Member, Member]:
    a, b = room.member("a", text), room.member("b", text)
    await a.start()
    await b.start()
    return a, b


# --- which file counts ---------------------------------------------------------------------------------------------


def kept(*files: tuple[bytes, float]) -> list[AppliedFile]:
    return [AppliedFile(text=text, at=at, who="saved") for text, at in files]


@pytest.mark.parametrize(
    ("text", "saved_at", "known", "does"),
    [
        (b"new", 11.0, kept((b"now", 10.0), (b"then", 5.0)), True),
        (b"new", 9.0, kept((b"now", 10.0), (b"then", 5.0)), False),
        (b"then", 11.0, kept((b"now", 10.0), (b"then", 5.0)), False),
        (b"now", 11.0, kept((b"now", 10.0)), False),
        (b"new", 0.0, [], True),
    ],
)
def test_a_file_on_a_disk_counts_where_nobody_knows_it_and_it_is_newer(
    text: bytes, saved_at: float, known: list[AppliedFile], does: bool
) -> None:
    assert counts(text, saved_at, known) is does


# --- saved on one of them ------------------------------------------------------------------------------------------


async def test_what_is_saved_on_one_node_is_followed_by_the_others_who_keep_their_disks(room: House) -> None:
    old = room.file("storm")
    a, b = await two(room, old)
    new = b.save(room.file("storm", "flood"))
    await room.until(lambda: a.blogs == b.blogs == ["storm", "flood"])
    assert a.config.read_text() == old
    await room.until(lambda: _says(room, "a", disk="older"))
    await room.until(lambda: _says(room, "b", disk=""))
    assert [one.text for one in await room.kept()] == [new, old.encode()]
    assert (await room.kept())[0].who == "saved"


async def _says(room: House, name: str, **what: object) -> bool:
    node = await room.node(name)
    return node is not None and all(getattr(node, key) == value for key, value in what.items())


async def test_a_bad_file_is_refused_on_its_node_alone_and_told_once_with_its_name(room: House) -> None:
    a, b = await two(room, room.file("storm"))
    a.save("[[blogs]]\nid = 7\n")
    await room.until(lambda: any("refused" in text for text in room.told()))
    b.save(room.file("storm", "flood"))
    await room.until(lambda: a.blogs == b.blogs == ["storm", "flood"])
    (told,) = room.told()
    assert told.startswith("The new file on a is refused: ")
    a.save(room.file("storm", "gale"))
    await room.until(lambda: a.blogs == b.blogs == ["storm", "gale"])
    await room.until(lambda: len(room.told()) == 2)
    assert room.told()[1].startswith("Over: The new file on a is refused")


async def test_of_two_files_that_are_saved_at_once_the_later_wins_on_both_nodes_and_says_so(room: House) -> None:
    a, b = await two(room, room.file("storm"))
    with structlog.testing.capture_logs() as logs:
        a.save(room.file("storm", "flood"))
        b.save(room.file("storm", "gale"))
        await room.until(lambda: _both_follow_the_newest(room, 3))
    assert a.blogs == b.blogs
    events = [one["event"] for one in logs]
    assert "file replaces another" in events or events.count("file followed") == 2, "one was there before the other"


async def _both_follow_the_newest(room: House, files: int) -> bool:
    kept_now, nodes = await room.kept(), (await room.nodes()).here
    return len(kept_now) == files and {one.file for one in nodes} == {kept_now[0].name}


async def test_who_edits_a_file_that_was_not_in_force_any_more_takes_back_what_was_saved_elsewhere_and_says_so(
    room: House,
) -> None:
    a, b = await two(room, room.file("storm"))
    b.save(room.file("storm", "flood"))
    await room.until(lambda: _says(room, "a", disk="older"))
    with structlog.testing.capture_logs() as logs:
        a.save(room.file("storm", "gale"))
        await room.until(lambda: a.blogs == b.blogs == ["storm", "gale"])
        await room.until(lambda: _says(room, "a", disk=""))
    assert [one["event"] for one in logs].count("file replaces another") == 1


async def test_a_file_that_was_kept_by_another_meanwhile_is_named_where_it_is_replaced(room: House) -> None:
    store = room.store()
    first, second, third = (AppliedFile(text=text, at=1.0, who="saved") for text in (b"1", b"2", b"3"))
    assert await store.replace_file(first, "") is None
    assert await store.replace_file(second, first.name) is None
    assert await store.replace_file(third, first.name) == second
    assert await store.replace_file(third, first.name) is None, "it is the newest by now"
    await store.close()


# --- at the start --------------------------------------------------------------------------------------------------


async def test_a_node_that_starts_with_an_older_file_runs_what_is_in_force(room: House) -> None:
    old, new = room.file("storm"), room.file("storm", "flood")
    a = room.member("a", old)
    await a.start()
    a.save(new)
    await room.until(lambda: a.blogs == ["storm", "flood"])
    b = room.member("b", old)
    with structlog.testing.capture_logs() as logs:
        await b.start()
    assert b.blogs == ["storm", "flood"]
    assert [one["why"] for one in logs if one["event"] == "file left aside"] == [
        "what stands in the file here is older than what is in force"
    ]
    assert (await room.kept())[0].text == new.encode()


@pytest.mark.parametrize(("saved", "blogs"), [(HOUR, ["storm", "gale"]), (-HOUR, ["storm"])])
async def test_a_file_that_nobody_knows_counts_at_the_start_where_it_is_newer(
    room: House, saved: float, blogs: list[str]
) -> None:
    a = room.member("a", room.file("storm"))
    await a.start()
    b = room.member("b", room.file("storm", "gale"))
    os.utime(b.config, (time.time() + saved, time.time() + saved))
    with structlog.testing.capture_logs() as logs:
        await b.start()
        await room.until(lambda: a.blogs == b.blogs == blogs)
    assert "file replaces another" not in [one["event"] for one in logs], "that was meant"
    await room.until(lambda: _says(room, "b", disk="" if saved > 0 else "different"))


async def test_a_version_that_does_not_take_the_file_in_force_does_not_start(room: House) -> None:
    a = room.member("a", room.file("storm"))
    await a.start()
    store = room.store()
    newer = room.file("storm") + "of_a_later_version = 1\n"
    await store.replace_file(AppliedFile(text=newer.encode(), at=time.time(), who="saved"), "")
    await store.close()
    b = room.member("b", room.file("storm"))
    with pytest.raises(StartFailed, match=r"refuses the file of .*: the file in force:\d+: .*of_a_later_version"):
        await b.start()
    await room.until(lambda: _is_in_trouble(room, "a", "of_a_later_version"))
    assert a.blogs == ["storm"], "it goes on with the one before"
    a.save(room.file("storm", "flood"))
    await room.until(lambda: a.blogs == ["storm", "flood"])
    await room.until(lambda: _says(room, "a", trouble=""))


async def _is_in_trouble(room: House, name: str, why: str) -> bool:
    node = await room.node(name)
    return node is not None and why in node.trouble


# --- read again, and brought back ----------------------------------------------------------------------------------


async def test_a_reload_on_a_node_with_an_older_file_changes_nothing_and_says_so(room: House) -> None:
    a, b = await two(room, room.file("storm"))
    b.save(room.file("storm", "flood"))
    await room.until(lambda: a.blogs == b.blogs == ["storm", "flood"])
    assert a.relay is not None
    with pytest.raises(Older, match="on a it is older than the one in force, of "):
        await a.relay._node.applied.reload()
    assert b.relay is not None
    assert await b.relay._node.applied.reload() == []
    await a.relay._file.reload()  # as SIGHUP does
    assert a.blogs == b.blogs == ["storm", "flood"]
    assert room.told() == []


async def test_a_file_brought_back_on_one_node_is_in_force_on_all_and_stands_on_its_disk(room: House) -> None:
    old = room.file("storm")
    a, b = await two(room, old)
    new = b.save(room.file("storm", "flood"))
    await room.until(lambda: a.blogs == b.blogs == ["storm", "flood"])
    first = next(one for one in await room.kept() if one.text == old.encode())
    assert b.relay is not None
    await b.relay._node.applied.rollback(first.name)
    await room.until(lambda: a.blogs == b.blogs == ["storm"])
    assert b.config.read_text() == old
    assert [one.text for one in await room.kept()] == [old.encode(), new]
    assert (await room.kept())[0].who == "rollback"


async def test_the_command_line_compares_with_what_is_in_force_and_brings_back_for_all_nodes(room: House) -> None:
    old = room.file("storm")
    a = room.member("a", old)
    code, said = await cli("check", "--against", "running", "--config", str(a.config))
    assert (code, "no file was applied yet" in said) == (1, True), said
    await a.start()
    a.save(room.file("storm", "flood"))
    await room.until(lambda: a.blogs == ["storm", "flood"])
    await room.until(lambda: _kept_files(room, 2))
    elsewhere = room.folder / "elsewhere.toml"
    elsewhere.write_text(room.file("storm", "gale"))
    code, said = await cli("check", "--against", "running", "--config", str(elsewhere))
    assert (code, "1 blog added: gale" in said, "1 blog removed: flood" in said) == (0, True, True), said
    code, said = await cli("rollback", "2", "--config", str(elsewhere))
    assert code == 0, said
    assert elsewhere.read_text() == old
    await room.until(lambda: a.blogs == ["storm"])


async def _kept_files(room: House, count: int) -> bool:
    return len(await room.kept()) == count


async def cli(*words: str) -> tuple[int, str]:
    """One command of the command line to its end: exit code, and all that it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


# --- what a node lacks ---------------------------------------------------------------------------------------------


async def test_a_secret_that_a_node_lacks_is_its_trouble_and_nobody_elses(room: House) -> None:
    text = room.file("storm", listen="127.0.0.1:0", intake_secret_env='"STORM_SECRET"')
    a, b = room.member("a", text, STORM_SECRET="quiet"), room.member("b", text)
    await a.start()
    await b.start()
    await room.until(lambda: _says(room, "b", trouble="not in its environment: STORM_SECRET"))
    await room.until(lambda: _says(room, "a", trouble=""))


async def test_a_node_without_the_token_of_a_bot_polls_for_it_and_never_has_its_lane(room: House) -> None:
    text = room.file("storm", extra='[[bots]]\nname = "es"\ntoken_env = "ES_TOKEN"\n')
    b = room.member("b", text)
    await b.start()
    seen = await room.nodes("main", "es")
    assert list(seen.lanes) == ["main"]
    a = room.member("a", text, ES_TOKEN=ES_TOKEN)
    await a.start()
    await room.until(lambda: _lanes(room, {"main": "b", "es": "a"}))


async def _lanes(room: House, owners: dict[str, str]) -> bool:
    seen = await room.nodes(*owners)
    found = {bot: seen.owner(bot) for bot in owners}
    return {bot: node.name for bot, node in found.items() if node} == owners


async def test_another_address_of_the_database_is_not_followed_and_said(room: House) -> None:
    a, b = await two(room, room.file("storm"))
    a.save(room.file("storm", "flood", url="postgresql://relay@elsewhere/db"))
    await room.until(lambda: a.blogs == b.blogs == ["storm", "flood"])
    for name in "ab":
        await room.until(lambda name=name: _is_in_trouble(room, name, "storage.url in the file in force is another"))
    assert not await _is_in_trouble(room, "a", "elsewhere")
