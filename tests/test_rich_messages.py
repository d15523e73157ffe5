"""Rich messages: how they are made, what Telegram says to them, and what chats get where it does not take them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.blocks import LONGEST, MOST_BLOCKS, Paragraph, Picture, RichMessage, Words, as_json, rich_text
from bot.core.catchup import Catchup
from bot.core.entities import units
from bot.core.model import Entity, Image, Relayed, Style, Volume
from bot.core.render_catchup import render_catchup
from bot.core.render_lists import TopicLine
from bot.core.render_rich import digest
from bot.core.texts import Texts
from bot.demo.telegram import Fault, LocalMessage
from bot.demo.telegram.rich import words
from bot.richness import REFUSED_SECONDS, UNKNOWN_SECONDS, Richness
from tests.choosing import hear_in
from tests.newsroom import FILE, Newsroom, newsroom, post
from tests.raw_bot import READER, Bot, bot, telegram
from tests.telegram_house import ANN as READING
from tests.telegram_house import ONE_BLOG, telegram_house
from tests.test_cards import calls, choose, standing

__all__ = ["bot", "telegram"]

ANN, BEN = 2001, 2002
RICH = FILE.replace("[delivery]", "[telegram]\nrich_messages = true\n[delivery]")
NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
ENGLISH = Texts.of("en")
PICTURE = "https://pictures.example/storm.jpg"


def one(number: int, **about: Any) -> Relayed:
    """A post as the relay holds it."""
    usual = {"title": f"About {number}", "text": f"What {number} has to tell.", "first_seen_at": NOON}
    return Relayed(**{"id": number, "revision": 1, "blog": "storm"} | usual | about)


def run(kind: str, offset: int, length: int, **more: Any) -> Entity:
    return Entity(type=kind, offset=offset, length=length, **more)


def plain(message: RichMessage) -> str:
    """All its words, in one line."""
    return " ".join(said for block in as_json(message)["blocks"] for said in _said(block))


def _said(block: dict[str, Any]) -> Iterator[str]:
    for name in ("text", "summary"):
        if name in block:
            yield words(block[name])
    for inner in [*block.get("blocks", []), *(part for one in block.get("items", []) for part in one["blocks"])]:
        yield from _said(inner)
    for row in block.get("cells", []):
        yield " ".join(words(cell["text"]) for cell in row)


def kinds(message: RichMessage) -> list[str]:
    return [block["type"] for block in as_json(message)["blocks"]]


# --- how they are made ---------------------------------------------------------------------------------------------


def test_formatted_text_is_runs_of_it_each_in_what_covers_it() -> None:
    said = Words("Two boats 🚢 lost", (run("bold", 0, 12), run("text_link", 4, 5, url="https://blog.example/a")))
    assert rich_text(said) == [
        {"type": "bold", "text": "Two "},
        {"type": "url", "text": {"type": "bold", "text": "boats"}, "url": "https://blog.example/a"},
        {"type": "bold", "text": " 🚢"},
        " lost",
    ]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20))))
def test_whatever_covers_a_text_none_of_it_is_lost_or_doubled(text: str, spans: list[tuple[int, int]]) -> None:
    ends = [0]
    for char in text:
        ends.append(ends[-1] + units(char))
    chosen = [(ends[min(at, len(text))], ends[min(at + size, len(text))]) for at, size in spans]
    entities = tuple(run("bold", start, stop - start) for start, stop in chosen if stop > start)
    assert words(rich_text(Words(text, entities))) == text


def test_a_digest_has_a_line_for_each_post_and_opens_key_events_on_their_summary_and_picture() -> None:
    key = one(2, key_event=True, summary="The harbour is closed until noon.", pictures=(Image(url=PICTURE),))
    posts = [one(1), replace(key, url="https://blog.example/2"), one(3)]
    made = digest(posts, lambda _: Style(), ENGLISH, "Storm", str)
    assert kinds(made) == ["heading", "list", "details", "list"]
    assert plain(made).startswith("Storm: 3 updates")
    assert "The harbour is closed until noon. Read the post" in plain(made)
    assert as_json(made)["blocks"][2]["blocks"][1]["photo"]["media"] == PICTURE


def test_a_digest_counts_topics_in_a_table_where_there_are_several() -> None:
    posts = [one(1, topics=("ferries", "roads")), one(2, topics=("ferries",)), one(3)]
    made = digest(posts, lambda _: Style(), ENGLISH, None, lambda id_: id_.title())
    table = as_json(made)["blocks"][-1]
    assert [[words(cell["text"]) for cell in row] for row in table["cells"]] == [
        ["Topic", "Posts"],
        ["Ferries", "2"],
        ["Roads", "1"],
    ]


def test_a_withdrawn_post_is_its_notice_and_opens_on_nothing() -> None:
    gone = one(1, key_event=True, withdrawn_at=NOON, summary="A name that must not stand here.")
    made = digest([gone, one(2), one(3)], lambda _: Style(), ENGLISH, None, str)
    assert "name" not in plain(made)
    assert "withdrawn by the publisher" in plain(made)


def test_a_catch_up_opens_every_key_event_and_ends_with_what_it_leaves_out() -> None:
    topics = (TopicLine(id="a", title="Ferries", posts=4), TopicLine(id="b", title="Roads", posts=2))
    key = one(1, summary="Closed.")
    told = Catchup(title="Storm", since=NOON, until=NOON, key_events=(key,), topics=topics, latest=(one(2),), more=7)
    made = render_catchup(told, lambda _: Style(), ENGLISH, NOON).rich
    assert made is not None
    assert kinds(made) == ["heading", "paragraph", "heading", "details", "heading", "list", "table", "paragraph"]
    assert plain(made).startswith("Storm, since 12:00 UTC 9 posts")
    assert plain(made).endswith("and 7 more")


HOSTILE = st.sampled_from(
    ["<b>bold</b>", "</details><h1>", "&lt;", "[x](tg://user?id=1)", "@ann", "/forget", "a" * 9000]
)


@given(st.lists(st.tuples(HOSTILE, HOSTILE, st.booleans()), min_size=1, max_size=20))
def test_whatever_pages_write_is_text_and_fits(pages: list[tuple[str, str, bool]]) -> None:
    posts = [one(at, title=title, text=text, key_event=key) for at, (title, text, key) in enumerate(pages)]
    made = as_json(digest(posts, lambda _: Style(), ENGLISH, "Storm", str))
    assert made["skip_entity_detection"] is True
    assert len(plain(digest(posts, lambda _: Style(), ENGLISH, "Storm", str))) <= LONGEST
    assert len(str(made).split("'type'")) <= MOST_BLOCKS


def test_what_was_refused_is_tried_without_pictures_then_plainly_and_after_a_while_again() -> None:
    now = 0.0
    richness = Richness(lambda: now)
    bare = Paragraph(Words("The storm."))
    full = RichMessage((bare, Picture(PICTURE)))
    assert richness.form_of(full) == full
    richness.refused(full)
    without = richness.form_of(full)
    assert without == RichMessage((bare,))
    richness.refused(without)
    assert richness.form_of(full) is None
    before, now = richness.version, REFUSED_SECONDS + 1
    assert richness.version != before
    assert richness.form_of(full) == full
    richness.unknown()
    assert richness.form_of(full) is None
    now += UNKNOWN_SECONDS + 1
    assert richness.form_of(full) == full


# --- in chats ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path, file=RICH) as made:
        yield made


async def card_of(room: Newsroom, chat: int) -> LocalMessage:
    await room.follow(chat)
    await choose(room, chat, Volume.CARD)
    await room.telegram.until(lambda: [message.pinned for message in standing(room, chat)] == [True])
    return standing(room, chat)[0]


def blocks(message: LocalMessage) -> list[str]:
    assert message.rich is not None
    return [block["type"] for block in message.rich["blocks"]]


async def test_the_card_is_a_rich_message_with_headings_pictures_and_details_and_stays_one(room: Newsroom) -> None:
    await room.publish(post("a", images=(Image(url=PICTURE),)), post("b", key_event=True, summary="Closed till noon."))
    card = await card_of(room, ANN)
    assert blocks(card) == ["heading", "paragraph", "photo", "heading", "list", "heading", "details", "paragraph"]
    assert "Closed till noon." in card.text
    await room.publish(post("c"))
    await room.telegram.until(lambda: "About c" in card.text)
    assert blocks(card)[:2] == ["heading", "paragraph"]


async def three_at_once(room: Newsroom, *chats: int) -> None:
    """Three posts that wait together, and so leave as one message."""
    await room.stop()
    await room.publish(post("a"), post("b"), post("c"))
    room.sender._stopped.clear()
    room.start()
    for chat in chats:
        await room.telegram.until(lambda chat=chat: len(standing(room, chat)) == 1)


async def test_several_posts_leave_as_one_rich_message_that_follows_edits_and_withdrawals(room: Newsroom) -> None:
    await room.follow(ANN)
    await three_at_once(room, ANN)
    (message,) = standing(room, ANN)
    assert blocks(message) == ["heading", "list"]
    await room.publish(post("b", title="About b, put right"))
    await room.telegram.until(lambda: "put right" in message.text)
    await room.take_away("a")
    await room.telegram.until(lambda: "About a" not in message.text)
    assert blocks(message) == ["heading", "list"]


async def test_a_single_post_is_no_rich_message(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.shows(ANN, "About a")
    assert standing(room, ANN)[0].rich is None


async def test_switched_off_all_is_plain(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        await room.follow(BEN)
        await three_at_once(room, BEN)
        await card_of(room, ANN)
        assert {message.rich for chat in (ANN, BEN) for message in standing(room, chat)} == {None}
        assert not calls(room, "sendRichMessage")


async def test_a_server_that_knows_no_rich_messages_gets_plain_ones_and_is_asked_once(room: Newsroom) -> None:
    room.telegram.fail(method="sendRichMessage", times=None, error=Fault.refuse(404, "Not Found: method not found"))
    await room.follow(ANN, BEN)
    await three_at_once(room, ANN, BEN)
    assert {message.rich for chat in (ANN, BEN) for message in standing(room, chat)} == {None}
    assert all("3 updates" in standing(room, chat)[0].text for chat in (ANN, BEN))
    card = await card_of(room, 2003)
    assert any(entity["type"] == "bold" for entity in card.entities)
    assert sum(call.method == "sendRichMessage" for call in room.telegram.calls) <= 2
    assert room.reports == []


async def test_a_picture_that_telegram_cannot_take_is_left_out_of_the_rich_message(room: Newsroom) -> None:
    room.telegram.files.refuse(PICTURE)
    await room.publish(post("a", images=(Image(url=PICTURE),)))
    card = await card_of(room, ANN)
    assert blocks(card) == ["heading", "paragraph", "heading", "list", "paragraph"]


async def test_who_wants_no_pictures_has_none_in_rich_messages(room: Newsroom) -> None:
    await room.publish(post("a", images=(Image(url=PICTURE),)))
    card = await card_of(room, ANN)
    assert "photo" in blocks(card)
    met = await room.store.chat("main", ANN)
    assert met is not None
    about = {"volume": Volume.CARD, "sound": True, "pictures": False, "digest": "1h"}
    await hear_in(room.store, chat=met.id, thread=0, blog="storm", **about)
    await room.publish(post("b"))
    await room.telegram.until(lambda: "About b" in card.text)
    assert "photo" not in blocks(card)


async def test_an_edit_that_is_refused_as_a_rich_message_is_made_plainly(room: Newsroom) -> None:
    card = await card_of(room, ANN)
    refusal = Fault.refuse(400, "Bad Request: can't parse rich message")
    room.telegram.fail(method="editMessageText", times=1, error=refusal)
    await room.publish(post("a"))
    await room.telegram.until(lambda: "About a" in card.text)
    assert card.rich is None


async def test_what_was_sent_plainly_stays_plain_when_rich_messages_are_switched_on(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        card = await card_of(room, ANN)
        telegram = room.telegram
        async with newsroom(tmp_path, file=RICH, telegram=telegram, start=False) as again:
            await room.stop()
            again.posts = room.posts
            again.start()
            await again.publish(post("a"))
            await telegram.until(lambda: "About a" in card.text)
            assert card.rich is None


async def test_a_catch_up_is_a_rich_message_and_plain_where_the_server_knows_none(tmp_path: Path) -> None:
    async with telegram_house(tmp_path, ONE_BLOG + "[telegram]\nrich_messages = true\n") as house:
        await house.ask(READING, "/subscribe")
        await house.room.stop()  # so that nothing but answers comes
        await house.room.publish(post("a", key_event=True, summary="Closed till noon."), post("b"))
        told = await house.answer(READING, "/catchup")
        assert blocks(told)[:2] == ["heading", "paragraph"]
        assert "Closed till noon." in told.text
        unknown = Fault.refuse(404, "Not Found: method not found")
        house.telegram.fail(method="sendRichMessage", times=None, error=unknown)
        await house.room.publish(post("c"))
        for _ in range(2):
            told = await house.answer(READING, "/catchup storm")
            assert told.rich is None
        assert sum(call.method == "sendRichMessage" for call in house.telegram.calls) == 2


# --- what the local Telegram refuses -------------------------------------------------------------------------------


def heading(size: int = 2) -> dict[str, Any]:
    return {"type": "heading", "text": "Storm", "size": size}


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "paragraph", "text": "deep"}
    for _ in range(depth):
        inner = {"type": "details", "summary": "more", "blocks": [inner]}
    return inner


REFUSED: list[tuple[Any, str]] = [
    ({}, "can't parse rich message"),
    ({"html": "<h1>Storm</h1>"}, "not HTML or Markdown"),
    ({"blocks": [heading(7)]}, "invalid section heading size"),
    ({"blocks": [{"type": "list", "items": []}]}, "list must be non-empty"),
    ({"blocks": [{"type": "poem", "text": "Storm"}]}, 'type "poem" is unsupported'),
    ({"blocks": [{"type": "paragraph", "text": {"type": "loud", "text": "Storm"}}]}, "can't parse RichText"),
    ({"blocks": [{"type": "paragraph", "text": "s" * 32_769}]}, "message is too long"),
    ({"blocks": [heading()] * 501}, "too many blocks"),
    ({"blocks": [nested(16)]}, "nested too deeply"),
    ({"blocks": [{"type": "table", "cells": [[{"text": "1"}] * 21]}]}, "too many table columns"),
    ({"blocks": [{"type": "photo", "photo": {"type": "photo", "media": PICTURE}}] * 51}, "too many media"),
]


@pytest.mark.parametrize(("asked", "why"), REFUSED)
async def test_what_the_documentation_rules_out_is_refused(bot: Bot, asked: Any, why: str) -> None:
    assert why in await bot.refused("sendRichMessage", chat_id=READER, rich_message=asked)


async def test_a_text_may_become_a_rich_message_and_a_rich_message_a_text(bot: Bot) -> None:
    sent = await bot.ok("sendMessage", chat_id=READER, text="Storm")
    where = {"chat_id": READER, "message_id": sent["message_id"]}
    rich = await bot.ok("editMessageText", **where, rich_message={"blocks": [heading()]})
    assert rich["rich_message"] == {"blocks": [heading()]}
    assert "text" not in rich
    assert "not modified" in await bot.refused("editMessageText", **where, rich_message={"blocks": [heading()]})
    assert (await bot.ok("editMessageText", **where, text="Storm"))["text"] == "Storm"
