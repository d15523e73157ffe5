"""The file is noticed however it is saved."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.watch import changes

PATIENCE = 20  # seconds until a test gives up; far above the two that are promised


@asynccontextmanager
async def watching(path: Path, quiet: float = 0.05) -> AsyncIterator[asyncio.Queue[str]]:
    """What the file said each time a change was announced."""
    said: asyncio.Queue[str] = asyncio.Queue()
    signs = changes(path, quiet)

    async def listen() -> None:
        async for _ in signs:
            said.put_nowait(path.read_text())

    listening = asyncio.create_task(listen())
    try:
        yield said
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await signs.aclose()


async def heard(said: asyncio.Queue[str]) -> str:
    return await asyncio.wait_for(said.get(), PATIENCE)


def written_in_place(path: Path, text: str) -> None:
    path.write_text(text)


def replaced_by_rename(path: Path, text: str) -> None:
    draft = path.with_suffix(".swp")
    draft.write_text(text)
    draft.replace(path)


def moved_away_and_written_anew(path: Path, text: str) -> None:
    path.replace(path.with_suffix(".bak"))
    path.write_text(text)


def deleted_and_written_anew(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


def folder_swapped(path: Path, text: str) -> None:
    shutil.move(path.parent, path.parent.with_name("old"))
    path.parent.mkdir()
    path.write_text(text)


@pytest.mark.parametrize(
    "save",
    [written_in_place, replaced_by_rename, moved_away_and_written_anew, deleted_and_written_anew, folder_swapped],
)
async def test_every_way_of_saving_is_noticed(tmp_path: Path, save: Callable[[Path, str], None]) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    path = folder / "relay.toml"
    path.write_text("old")
    async with watching(path) as said:
        save(path, "new")
        assert await heard(said) == "new"
        save_again = written_in_place if save is folder_swapped else save
        save_again(path, "newer")
        assert await heard(said) == "newer"


async def test_a_link_that_a_cluster_turns_to_another_folder_is_noticed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "relay.toml").write_text(name)
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "relay.toml").symlink_to("..data/relay.toml")
    async with watching(tmp_path / "relay.toml") as said:
        (tmp_path / "..data_tmp").symlink_to("two")
        (tmp_path / "..data_tmp").replace(tmp_path / "..data")
        assert await heard(said) == "two"


async def test_a_link_to_a_file_elsewhere_is_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "relay.toml").write_text("old")
    (tmp_path / "watched").mkdir()
    (tmp_path / "watched" / "relay.toml").symlink_to(elsewhere / "relay.toml")
    async with watching(tmp_path / "watched" / "relay.toml") as said:
        (elsewhere / "relay.toml").write_text("new")
        assert await heard(said) == "new"


async def test_many_writes_in_a_row_are_one_change(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text("old")
    async with watching(path, quiet=0.5) as said:
        for number in range(20):
            path.write_text(f"draft {number}")
            await asyncio.sleep(0)
        assert await heard(said) == "draft 19"
        path.write_text("last")
        assert await heard(said) == "last"


async def test_a_file_saved_as_it_was_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text("same")
    async with watching(path) as said:
        path.write_text("same")
        replaced_by_rename(path, "same")
        path.write_text("different")
        assert await heard(said) == "different"


async def test_a_file_that_is_missing_for_a_while_is_noticed_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text("old")
    async with watching(path) as said:
        path.unlink()
        (tmp_path / "other").write_text("a sign that something happened here")
        path.write_text("new")
        assert await heard(said) == "new"


async def test_a_folder_that_does_not_exist_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "later" / "relay.toml"
    async with watching(path) as said:
        path.parent.mkdir()
        path.write_text("new")
        assert await heard(said) == "new"


async def test_a_change_between_the_call_and_the_first_wait_is_not_missed(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text("old")
    signs = changes(path, 0.01)
    path.write_text("new")
    await asyncio.wait_for(anext(signs), PATIENCE)
    await signs.aclose()


async def test_cancelling_ends_the_watch(tmp_path: Path) -> None:
    async with watching(tmp_path / "relay.toml"):
        await asyncio.sleep(0)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not others
