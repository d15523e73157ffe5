"""Our editors' word against a page: what they take down stays down, what they correct stays corrected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.publishing import PushText
from storage import Restored
from tests.newsroom import FILE, Newsroom, newsroom, post

ANN, BEN, LATE = 2001, 2002, 2003
EDITOR = 1002
LONG = "The water at the old bridge has risen by two metres since noon and the road is closed to all."


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as one:
        yield one


async def number(room: Newsroom, words: str) -> int:
    """Of the post whose headline this is."""
    posts = await room.store.latest(blogs=["storm"], now=room.clock() + 9, limit=20)
    return next(one.id for one in posts if one.title == words)


async def listed(room: Newsroom) -> list[str | None]:
    return [one.title for one in await room.store.latest(blogs=["storm"], now=room.clock() + 1, limit=20)]


async def taken_down(room: Newsroom, *keys: str) -> int:
    """A post that stands in two chats, withdrawn by an editor."""
    await room.follow(ANN, BEN)
    await room.publish(post("a", LONG))
    await room.shows(ANN, "About a")
    await room.shows(BEN, "About a")
    found = await number(room, "About a")
    assert await room.desk.withdraw(found, person=EDITOR, why="a slip") == 2
    for chat in (ANN, BEN):
        await room.shows(chat, "withdrawn by the editors")
    return found


async def test_a_post_taken_down_leaves_every_chat_and_list_at_once(room: Newsroom) -> None:
    await taken_down(room)
    assert await listed(room) == []
    assert await room.store.search(words="bridge", blogs=["storm"], now=room.clock(), limit=5) == []


async def test_the_page_cannot_bring_it_back_by_an_edit_or_by_listing_it_again(room: Newsroom) -> None:
    await taken_down(room)
    await room.poll()
    await room.publish(post("a", LONG + " It opens tomorrow."))
    await room.take_away("a")
    await room.publish(post("a", LONG + " It opens on Friday."))
    await room.quiet()
    for chat in (ANN, BEN):
        assert [text.split(",")[0] for text in room.screen(chat)] == ["withdrawn by the editors"]
    assert await listed(room) == []


@pytest.mark.parametrize(
    "again",
    [
        post("b", LONG),
        post("b", LONG.replace("the road", "the whole road"), title="The bridge"),
        post("b", LONG.upper(), title="About a"),
    ],
)
async def test_nor_by_publishing_it_again_under_another_key(room: Newsroom, again: object) -> None:
    await taken_down(room)
    room.posts = []
    assert await room.publish(again) == 0  # type: ignore[arg-type]
    await room.quiet()
    assert len(room.screen(ANN)) == 1
    assert await listed(room) == []


@pytest.mark.parametrize(
    "other",
    [
        post("b", LONG.replace("two metres", "3 metres")),
        post("b", LONG.replace("by two metres", "by 3 metres"), title="About b"),
        post("b", "Short."),
        post("b", "", title="Something else altogether here"),
    ],
)
async def test_what_says_something_else_is_news_all_the_same(room: Newsroom, other: object) -> None:
    await taken_down(room)
    assert await room.publish(other) == 1  # type: ignore[arg-type]
    await room.telegram.until(lambda: len(room.screen(ANN)) == 2)


async def test_restored_it_is_as_its_page_has_it_by_then(room: Newsroom) -> None:
    found = await taken_down(room)
    await room.publish(post("a", "Now open again.", title="The bridge is open"))
    assert await room.desk.restore(found, person=EDITOR) is Restored.BACK
    for chat in (ANN, BEN):
        await room.shows(chat, "The bridge is open\n\nNow open again.")
    assert await listed(room) == ["The bridge is open"]
    await room.publish(post("a", "And closed.", title="The bridge is closed"))
    await room.shows(ANN, "The bridge is closed")


async def test_restored_it_is_sent_again_where_it_was_deleted(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=FILE.replace('id = "storm"', 'id = "storm"\non_withdrawal = "delete"')) as room:
        await room.follow(ANN)
        await room.publish(post("a"))
        await room.shows(ANN, "About a")
        found = await number(room, "About a")
        await room.desk.withdraw(found)
        await room.shows(ANN)
        await room.desk.restore(found)
        await room.shows(ANN, "About a")


async def test_restored_it_stays_withdrawn_where_its_page_took_it_down_as_well(room: Newsroom) -> None:
    found = await taken_down(room)
    await room.take_away("a")
    assert await room.desk.restore(found) is Restored.STILL_GONE
    await room.shows(ANN, "withdrawn by the publisher")
    await room.publish(replace(post("a", LONG), withdrawn=False))
    await room.shows(ANN, "About a")


async def test_what_nobody_took_down_cannot_be_restored(room: Newsroom) -> None:
    await room.publish(post("a"))
    found = await number(room, "About a")
    assert await room.desk.restore(found) is Restored.NOTHING
    assert await room.desk.restore(999) is Restored.NOTHING
    assert await room.desk.withdraw(999) is None


async def test_twice_is_once(room: Newsroom) -> None:
    found = await taken_down(room)
    assert await room.desk.withdraw(found, person=1003) is None
    assert [(act.person, act.act, act.chats, act.words) for act in await room.store.acts_on(found)] == [
        (EDITOR, "withdraw", 2, "a slip")
    ]


async def test_a_post_on_its_way_is_dropped_where_it_was_not_sent_yet(tmp_path: Path) -> None:
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN, BEN)
        await room.publish(post("a"))
        await room.desk.withdraw(await number(room, "About a"))
        room.start()
        await room.quiet()
        assert (room.screen(ANN), room.screen(BEN)) == ([], [])


async def test_a_correction_stands_in_chats_and_lists_against_the_page(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a", "Three boats are lost.", title="Three boats lost"))
    await room.shows(ANN, "Three boats lost")
    found = await number(room, "Three boats lost")
    assert await room.desk.correct(found, PushText(text="Two boats lost\nA third came home."), person=EDITOR) == 1
    await room.shows(ANN, "Two boats lost\n\nA third came home.")
    assert "updated" in room.screen(ANN)[0]
    await room.publish(post("a", "Four boats are lost.", title="Four boats lost"))
    await room.quiet()
    await room.shows(ANN, "Two boats lost\n\nA third came home.")
    assert await listed(room) == ["Two boats lost"]
    assert [one.title for one in await room.store.search(words="third", blogs=["storm"], now=room.clock(), limit=5)]
    assert await room.desk.restore(found) is Restored.BACK
    await room.shows(ANN, "Four boats lost\n\nFour boats are lost.")


async def test_a_correction_does_not_wait_for_the_edit_that_waits(tmp_path: Path) -> None:
    async with newsroom(tmp_path, file=FILE.replace('edit_quiet = "0s"', 'edit_quiet = "1h"')) as room:
        await room.follow(ANN)
        await room.publish(post("a"))
        await room.shows(ANN, "About a")
        await room.publish(post("a", title="An edit that waits"))
        found = await number(room, "An edit that waits")
        await room.desk.correct(found, PushText(text="What is right"))
        await room.shows(ANN, "What is right")


async def test_a_corrected_post_goes_and_comes_with_its_page_in_the_editors_words(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    await room.desk.correct(await number(room, "About a"), PushText(text="Corrected\nIn short."))
    await room.shows(ANN, "Corrected")
    await room.take_away("a")
    await room.shows(ANN, "withdrawn by the publisher")
    assert await listed(room) == []
    await room.publish(post("a", "Back."))
    await room.shows(ANN, "Corrected\n\nIn short.")
    assert await listed(room) == ["Corrected"]


async def test_a_correction_taken_down_and_restored_is_as_the_page_has_it(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    found = await number(room, "About a")
    await room.desk.correct(found, PushText(text="Corrected"))
    await room.desk.withdraw(found)
    await room.shows(ANN, "withdrawn by the editors")
    assert await room.desk.correct(found, PushText(text="Too late")) is None
    await room.desk.restore(found)
    await room.shows(ANN, "About a")


async def test_who_subscribed_later_does_not_hear_of_what_was_taken_down(room: Newsroom) -> None:
    await taken_down(room)
    await room.follow(LATE)
    await room.poll()
    await room.quiet()
    assert room.screen(LATE) == []


@pytest.mark.parametrize("how", ["keep", "strike"])
async def test_our_editors_word_does_not_stay_readable_where_the_publishers_would(tmp_path: Path, how: str) -> None:
    file = FILE.replace('id = "storm"', f'id = "storm"\non_withdrawal = "{how}"')
    async with newsroom(tmp_path, file=file) as room:
        await taken_down(room)
        assert "bridge" not in room.screen(ANN)[0]


async def test_one_of_several_posts_in_a_message_goes_and_the_others_stay(tmp_path: Path) -> None:
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN)
        for key in "abc":
            await room.publish(post(key))
        room.start()
        await room.telegram.until(lambda: len(room.screen(ANN)) == 1)
        await room.quiet()
        await room.desk.withdraw(await number(room, "About b"))
        await room.telegram.until(lambda: "withdrawn by the editors" in room.screen(ANN)[0])
        assert "About a" in room.screen(ANN)[0]
        assert "About b" not in room.screen(ANN)[0]
        assert "About c" in room.screen(ANN)[0]
