"""The page of the file: what was in force, what going back would change, and the way back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.applied import CannotWrite, NotKept
from config.settings import BadSettings
from storage import AppliedFile
from tests.dashboard_house import WEB, Seen, dashboard, words_of
from tests.telegram_house import TWO_BLOGS

FASTER = TWO_BLOGS.replace('every = "20s"', 'every = "10s"')
BROKEN = TWO_BLOGS.replace("edit_quiet", "edit_quite")


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Seen]:
    async with dashboard(tmp_path) as one:
        (tmp_path / "relay.toml").write_text(TWO_BLOGS + WEB)
        one.house.settings = replace(one.house.settings, path=tmp_path / "relay.toml")
        yield one


async def kept(seen: Seen, *texts: str) -> list[str]:
    """These files were in force, one after the other, and the one of now after them. Their names."""
    files = [AppliedFile(text=(text + WEB).encode(), at=1_772_600_000.0, who="saved") for text in (*texts, TWO_BLOGS)]
    for file in files:
        await seen.house.room.store.keep_file(file)
    return [file.name for file in files]


def ways(page: str) -> list[str]:
    return re.findall(r'href="\./file/([^"]+)"', page)


async def test_it_lists_what_was_in_force_and_what_going_back_would_change(seen: Seen) -> None:
    broken, same, faster, _ = await kept(seen, BROKEN, "# the same\n" + TWO_BLOGS, FASTER)
    page = await seen.get("file")
    for said in (
        "It is in force.",
        "1 blog changes its interval.",
        "It means the same as the one in force.",
        "This version does not take it any more.",
    ):
        assert said in words_of(page)
    assert ways(page) == [faster, same]
    assert broken not in ways(page)


async def test_nothing_kept_is_one_sentence(seen: Seen) -> None:
    assert "No file was kept yet." in words_of(await seen.get("file"))


async def test_a_file_is_seen_and_then_brought_back(seen: Seen) -> None:
    name, _ = await kept(seen, FASTER)
    page = await seen.get(f"file/{name}")
    assert "storm: every 20 s → every 10 s" in words_of(page)
    assert "Bring it back" in words_of(page)
    seen.house.changes = ["1 blog changes its interval."]
    said = await seen.send("rollback", page=f"file/{name}", name=name, back="file")
    assert said == "The file is back and in force. 1 blog changes its interval."
    assert seen.house.brought_back == [(name, None, "dashboard")]


async def test_what_is_in_force_has_no_button(seen: Seen) -> None:
    *_, now = await kept(seen)
    page = await seen.get(f"file/{now}")
    assert "It is in force." in words_of(page)
    assert "Bring it back" not in page


async def test_what_is_in_force_and_no_more_on_the_disk_can_be_put_back(seen: Seen, tmp_path: Path) -> None:
    *_, now = await kept(seen)
    (tmp_path / "relay.toml").write_text(BROKEN)
    assert ways(await seen.get("file")) == [now]
    said = await seen.send("rollback", page=f"file/{now}", name=now, back="file")
    assert said == "The file is in force, and nothing else has changed."


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            CannotWrite("relay.toml: cannot be written: read-only"),
            "Nothing has changed. relay.toml: cannot",
        ),
        (NotKept("gone"), "This file is kept no more; here are those that are."),
        (BadSettings([], None), "Nothing has changed: this version does not take that file any more."),
    ],
)
async def test_what_cannot_be_brought_back_says_why(seen: Seen, error: Exception, says: str) -> None:
    name, _ = await kept(seen, FASTER)
    seen.house.changes = error
    assert (await seen.send("rollback", page=f"file/{name}", name=name, back="file")).startswith(says)


async def test_a_file_that_is_kept_no_more_is_not_there(seen: Seen) -> None:
    status, page = await seen.answer("file/0123456789abcdef")
    assert status == 404
    assert "This file is kept no more." in words_of(page)


async def test_another_page_cannot_bring_a_file_back(seen: Seen) -> None:
    name, _ = await kept(seen, FASTER)
    await seen.press("rollback", page="file", headers={"Origin": "https://elsewhere.example"}, name=name)
    assert seen.house.brought_back == []
