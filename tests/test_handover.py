"""A blog that goes on on another page: its followers go along and are told once. Counted from what chats hold."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.diff import diff
from bot.core.model import Page, Post, Snapshot, SnapshotKind
from bot.sources import read
from tests.newsroom import Newsroom, newsroom, post
from tests.pages import CAPTURED, needs_captures
from tests.publisher import Publisher
from tests.service import Service, service

ANN, BEN, CLEO, DAN, EVE = 2001, 2002, 2003, 2004, 2005
TOLD = "This live blog continues on a new page."
DAY_1, DAY_2, DAY_3 = (f"https://blog.example/live-{day}" for day in (1, 2, 3))
FILE = """
[delivery]
edit_quiet = "0s"
[[blogs]]
id = "storm"
title = "Storm"
url = "https://blog.example/live-{date:%-d}"
"""
FAREWELL = post("bye", "Our live coverage of the storm has moved here.", title="Our live coverage has moved")


def page(url: str, *posts: Post | str, **fields: object) -> Snapshot:
    shown = tuple(post(one) if isinstance(one, str) else one for one in posts)
    return Snapshot(format="jsonld", kind=SnapshotKind.FULL, posts=shown, title="Storm", url=url, **fields)  # type: ignore[arg-type]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path, file=FILE, baseline=False) as one:
        await take(one, page(DAY_1, "old"))
        await one.follow(ANN, BEN)
        yield one


async def take(room: Newsroom, *snapshots: Snapshot, url: str | None = None) -> None:
    """The relay reads these pages one after the other, as a poll does."""
    blog = room.settings.blog("storm")
    assert blog is not None
    for snapshot in snapshots:
        address = url or snapshot.url or ""
        memory, _ = await room.store.memory("storm", address)
        verdict = diff(memory, snapshot, datetime.fromtimestamp(room.clock(), UTC))
        await room.desk.relay(blog, address, snapshot, verdict, None)
        if room.running is not None:
            await room.quiet()  # what waits together leaves together


def told(room: Newsroom | Service, chat: int) -> int:
    return sum(TOLD in text for text in room.screen(chat))


# --- who says it -----------------------------------------------------------------------------------------------------


async def test_the_next_days_page_is_told_once_when_it_begins_without_a_sound_and_before_its_posts(
    room: Newsroom,
) -> None:
    await take(room, page(DAY_1, "a", "old"), page(DAY_2), page(DAY_2))
    await room.shows(ANN, "About a")
    begun = page(DAY_2, "b")
    await take(room, begun, begun, page(DAY_1, "a", "old"), begun)
    await take(room, page(DAY_2, "c", "b"))
    for chat in (ANN, BEN):
        await room.shows(chat, "About a", f"Storm\n{TOLD}\nRead on blog.example", "About b", "About c")
    notice = room.telegram.chats[ANN].from_bot()[1]
    assert notice.silent
    assert [one["url"] for one in notice.entities if one["type"] == "text_link"] == [DAY_2]
    assert not room.telegram.chats[ANN].from_bot()[2].silent


async def test_a_page_that_names_its_successor_without_a_post_of_its_own_is_told_once(room: Newsroom) -> None:
    moved = page(DAY_1, post("old", "Our live coverage has moved here."), ended=True, next_url=DAY_2)
    await take(room, moved, moved)
    for begun in (page(DAY_2, "b"), page(DAY_2, "c", "b")):
        await take(room, begun, moved)
    await room.shows(ANN, f"Storm\n{TOLD}", "About b", "About c")


@pytest.mark.parametrize("link", [DAY_2, None])
async def test_the_publishers_own_post_that_says_so_is_all_that_is_said(room: Newsroom, link: str | None) -> None:
    moved = page(DAY_1, FAREWELL, "a", "old", ended=True, next_url=link)
    await take(room, page(DAY_1, "a", "old"), moved, moved, page(DAY_2, "b"), moved, page(DAY_2, "c", "b"))
    await room.shows(ANN, "About a", "Our live coverage has moved", "About b", "About c")
    assert told(room, BEN) == 0


async def test_a_link_that_is_found_later_in_the_publishers_post_is_not_told_again(room: Newsroom) -> None:
    moved = page(DAY_1, FAREWELL, "old", ended=True)
    await take(room, moved, replace(moved, next_url=DAY_2), page(DAY_2, "b"))
    await room.shows(ANN, "Our live coverage has moved", "About b")


async def test_a_farewell_that_stood_there_at_first_sight_told_nobody(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=FILE, baseline=False) as room:
        await take(room, page(DAY_1, FAREWELL, "old", ended=True))
        await room.follow(ANN)
        await take(room, page(DAY_2, "b"))
        await room.shows(ANN, f"Storm\n{TOLD}", "About b")


async def test_a_blog_that_had_moved_when_it_was_met_tells_nothing_of_what_stands_on_the_new_page(
    tmp_path: Path,
) -> None:
    async with newsroom(tmp_path, file=FILE, baseline=False) as room:
        moved = page(DAY_1, FAREWELL, "old", ended=True, next_url=DAY_2)
        await take(room, moved)
        await room.follow(ANN)
        await take(room, page(DAY_2, "b"), moved, page(DAY_2, "c", "b"))
        await room.shows(ANN, "About c")


async def test_yesterdays_farewell_says_nothing_of_todays_move(room: Newsroom) -> None:
    await take(room, page(DAY_1, FAREWELL, "old", ended=True, next_url=DAY_2), page(DAY_2, "b"), page(DAY_3, "c"))
    await room.shows(ANN, "Our live coverage has moved", "About b", f"Storm\n{TOLD}", "About c")


# --- who hears it ----------------------------------------------------------------------------------------------------


async def test_who_follows_a_topic_or_key_events_hears_it_in_our_words_where_the_publishers_are_not_for_them(
    tmp_path: Path,
) -> None:
    topics = f'{FILE}[[blogs.topics]]\nid = "ferries"\ntitle = "Ferries"\nwords = ["ferry"]\n'
    async with newsroom(tmp_path, file=topics, baseline=False) as room:
        await take(room, page(DAY_1, "old"))
        await room.follow(ANN)
        await room.follow(BEN, topics=["ferries"])
        for person, volume in ((CLEO, "key"), (DAN, "card"), (EVE, "digest")):
            await room.follow(person)
            chat = await room.store.chat("main", person)
            assert chat is not None
            with sqlite3.connect(room.store.path) as db:
                db.execute("UPDATE subscription SET volume = ? WHERE chat = ?", (volume, chat.id))
        await take(room, page(DAY_1, FAREWELL, "old", ended=True, next_url=DAY_2))
        await room.shows(ANN, "Our live coverage has moved")
        await room.shows(BEN, f"Storm\n{TOLD}")
        await room.shows(CLEO, f"Storm\n{TOLD}")
        await room.quiet()
        assert told(room, DAN) == told(room, EVE) == 0


async def test_who_subscribes_later_is_not_told_and_who_left_neither(room: Newsroom) -> None:
    chat = await room.store.chat("main", BEN)
    assert chat is not None
    await room.store.unsubscribe(chat=chat.id, thread=0, blog="storm")
    await take(room, page(DAY_2, "b"))
    await room.follow(CLEO)
    await take(room, page(DAY_2, "c", "b"))
    await room.shows(CLEO, "About c")
    await room.quiet()
    assert room.screen(BEN) == []


async def test_an_address_that_the_admin_wrote_anew_is_no_hand_over(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=FILE.replace("{date:%-d}", "2"), baseline=False) as room:
        await take(room, page(DAY_1, "old"))
        await room.follow(ANN)
        await take(room, page(DAY_2, "b"))
        await room.shows(ANN, "About b")


async def test_posts_that_came_from_no_page_are_no_hand_over(room: Newsroom) -> None:
    handed = replace(page(DAY_2, "b"), kind=SnapshotKind.DELTA)
    blog = room.settings.blog("storm")
    assert blog is not None
    memory, _ = await room.store.memory("storm", "")
    verdict = diff(memory, handed, datetime.fromtimestamp(room.clock(), UTC))
    await room.desk.relay(blog, "", handed, replace(verdict, page=None), None)
    await room.shows(ANN, "About b")
    await take(room, page(DAY_2, "b"))
    await room.shows(ANN, "About b", f"Storm\n{TOLD}")


# --- where it does not stand -----------------------------------------------------------------------------------------


async def test_it_stands_in_no_list_and_counts_as_no_post(room: Newsroom) -> None:
    await take(room, page(DAY_2, "b"))
    await room.store.hold("storm", room.clock())
    await room.store.release("storm", room.clock())
    now = room.clock() + 1
    assert [one.title for one in await room.store.latest(blogs=["storm"], now=now, limit=9)] == ["About b", "About old"]
    assert await room.store.search(words="Storm", blogs=["storm"], now=now, limit=9) == []
    (state,) = await room.store.blogs(counted=True)
    assert state.posts == 2


async def test_it_is_never_one_of_several_in_a_message(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=FILE, baseline=False, start=False) as room:
        await take(room, page(DAY_1, "old"))
        await room.follow(ANN)
        await take(room, page(DAY_1, "a", "old"), page(DAY_2, "e", "d", "c", "b"))
        room.start()
        await room.quiet()
        assert told(room, ANN) == 1
        assert len(room.screen(ANN)) == 2
        assert not any(TOLD in text and "About" in text for text in room.screen(ANN))


async def test_a_held_blog_tells_it_when_it_is_released(room: Newsroom) -> None:
    await room.desk.hold("storm")
    await take(room, page(DAY_2, "b"))
    await room.quiet()
    assert room.screen(ANN) == []
    await room.desk.release("storm")
    await room.shows(ANN, f"Storm\n{TOLD}", "About b")


# --- captured days ---------------------------------------------------------------------------------------------------


def _captured(name: str) -> Snapshot:
    body = (CAPTURED / "cnn" / f"cnn_{name}.json").read_bytes()
    return read(Page(url="", body=body, fetched_at=datetime.now(UTC)))


def _hours(whole: Snapshot, parts: int) -> list[Snapshot]:
    """The day as it unfolded, its oldest posts first; the last is the page as it was captured."""
    oldest_first = sorted(whole.posts, key=lambda one: one.published_at or datetime.max.replace(tzinfo=UTC))
    counts = [max(1, len(oldest_first) * part // parts) for part in range(1, parts)]
    known = [{one.key for one in oldest_first[:count]} for count in counts]
    early = [tuple(one for one in whole.posts if one.key in keys) for keys in known]
    return [*(replace(whole, posts=posts, ended=False) for posts in early), whole]


def _carried(text: str) -> int:
    """How many posts a message carries."""
    several = re.match(r"Storm: (\d+) updates", text)
    return int(several[1]) if several else 1


@needs_captures
@pytest.mark.parametrize(
    ("day_one", "day_two", "again", "ours"),
    [  # shown again: three posts, and the summary that stood on the second page from its beginning
        ("kansas-city-chiefs-parade-shooting-02-14-24", "kansas-city-chiefs-super-bowl-shooting-02-15-24", 3, 1),
        ("louisville-kentucky-shooting-04-10-23", "louisville-kentucky-shooting-04-11-23", 1, 0),
    ],
)
async def test_two_captured_days_are_relayed_once_and_the_move_between_them_told_once(
    tmp_path: Path, day_one: str, day_two: str, again: int, ours: int
) -> None:
    file = FILE.replace('url = "https://blog.example/live-', f'url = "https://www.cnn.com/{day_one}-')
    first, second = _hours(_captured(day_one), 12), _hours(_captured(day_two), 8)
    async with newsroom(tmp_path, file=file, baseline=False) as room:
        await take(room, first[0])
        await room.follow(ANN)
        for snapshot in (*first[1:], *(page for one in second for page in (one, first[-1], one))):
            await take(room, snapshot)
        screen = room.screen(ANN)
        assert told(room, ANN) == ours
        news = len(first[-1].posts) - len(first[0].posts) + len(second[-1].posts) - again
        assert sum(_carried(text) for text in screen) == news + ours
        farewells = sum("Our live coverage has moved" in text for text in screen)
        assert farewells == (2 if not ours else 0)  # each day's own, where it has one


# --- kills -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "passes"), [("before the publishing commits", 1), ("after publishing", 1), ("before the send", 0)]
)
async def test_a_kill_neither_loses_nor_repeats_it(tmp_path: Path, step: str, passes: int) -> None:
    async with service(tmp_path) as relay, Publisher() as other:
        await relay.followers(ANN)
        other.publish("b")
        await relay.start(step, passes)
        await relay.publisher.polled()
        relay.publisher.publish("old", "About old", f"Our live coverage has moved <a href='{other.url}'>here</a>.")
        assert await relay.died() == -9
        await relay.start()
        await relay.telegram.until(lambda: "About b" in relay.headlines(ANN), 60)
        await asyncio.gather(relay.publisher.polled(2), other.polled(2))
        assert told(relay, ANN) == 1
