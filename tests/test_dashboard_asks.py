"""What touches everybody is asked about first, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from bot.web.dashboard.questions import question
from tests.dashboard_house import Seen, dashboard, hidden_in, words_of


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Seen]:
    async with dashboard(tmp_path) as one:
        yield one


@pytest.mark.parametrize(
    ("act", "form", "asked"),
    [
        ("hold", {"blog": "all"}, "Hold every live blog?"),
        ("hold", {"blog": "storm"}, "Hold this blog?"),
        ("release", {"blog": "all"}, "Release every live blog,"),
        ("pushes", {"act": "stop", "post": "7"}, "Cancel the rest?"),
        ("pushes", {"act": "cancel", "post": 7}, "Cancel this push?"),
        ("requeue", {"why": ""}, "Try everything again"),
        ("release", {"blog": "storm"}, None),
        ("pushes", {"act": "pause", "post": "7"}, None),
        ("requeue", {"why": "Bad Request"}, None),
        ("reload", {}, None),
        ("rollback", {"name": "abc"}, None),  # its button is on a page that says what it would change
    ],
)
def test_an_act_that_reaches_very_many_is_asked_about(act: str, form: dict[str, object], asked: str | None) -> None:
    found = question(act, form)
    assert found is None if asked is None else found is not None and found.text.startswith(asked)


async def test_without_scripts_a_page_asks_and_nothing_is_done_before_yes(seen: Seen) -> None:
    asked = await seen.press("hold", blog="all", back="#blogs")
    assert "Hold every live blog? New posts and edits wait" in words_of(asked)
    assert not await seen.house.room.store.all_held()
    assert await seen.audit() == []
    done = await seen.press("hold", **hidden_in(asked))
    assert "Every live blog is held" in words_of(done)
    assert await seen.house.room.store.all_held()


async def test_no_leads_back_to_where_one_was(seen: Seen) -> None:
    asked = await seen.press("hold", page="blogs/storm", blog="storm", back="blogs/storm")
    assert 'href="./blogs/storm">No, go back</a>' in asked
    assert 'href="./">No, go back</a>' in await seen.press("hold", blog="all", back="//elsewhere.example/")


async def test_with_scripts_the_box_has_asked_already(seen: Seen) -> None:
    box = re.search(r'action="\./hold"[^>]*hx-confirm="([^"]+)"', await seen.get())
    assert box is not None
    assert unescape(box[1]) == "Hold every live blog? New posts and edits wait until you release them."
    headers = {"Origin": seen.url.rstrip("/"), "HX-Request": "true"}
    assert "Every live blog is held" in words_of(await seen.press("hold", headers=headers, blog="all"))
    assert await seen.house.room.store.all_held()


async def test_the_question_is_no_way_around_the_token(seen: Seen) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    assert "sure" not in await seen.press("hold", headers=headers, blog="all")
    await seen.press("hold", headers=headers, blog="all", sure="yes")
    assert not await seen.house.room.store.all_held()
