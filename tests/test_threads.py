"""Which post goes on with which, and that its message answers the other one's in every chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.model import Embed, Entity, Image, Post
from bot.core.threads import Earlier, continued, links
from bot.demo.telegram import LocalMessage
from tests.newsroom import URL, Newsroom, newsroom, post
from tests.service import service

ANN, BEN = 2001, 2002
NOON = 1_800_000_000.0
FORUM, GROUP = -1_000_000_004_002, -4001


def earlier(number: int, key: str, title: str | None = None, url: str | None = None, ago: float = 60.0) -> Earlier:
    return Earlier(id=number, key=key, title=title, url=url, at=NOON - ago)


def linking(*addresses: str, **fields: object) -> Post:
    entities = tuple(Entity(type="text_link", offset=at, length=1, url=one) for at, one in enumerate(addresses))
    return post("new", "As we said earlier.", entities=entities, **fields)


BLOCKS = [
    earlier(1, "block-1", "The ferry is late", f"{URL}#block-1"),
    earlier(2, "block-2", "The harbour is closed to ships", f"{URL}#block-2"),
    earlier(3, "block-3", "The harbour is closed to ships", f"{URL}#block-3", ago=30.0),
]
PERMALINKS = [
    earlier(1, "urn:1", "A", "https://blog.example/post/1"),
    earlier(2, "urn:2", "B", "https://blog.example/post/2"),
]


# --- the rule -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (f"{URL}#block-1", 1),
        ("http://www.blog.example/live/?page=with:block-2#block-2", 2),
        (f"{URL}?utm_source=x#block-1", 1),
        (URL, None),
        (f"{URL}#block-9", None),
        ("https://elsewhere.example/live#block-1", None),
        ("https://blog.example/other#block-1", None),
    ],
)
def test_a_link_to_one_earlier_post_continues_it(address: str, found: int | None) -> None:
    assert continued(linking(address), [URL], BLOCKS, NOON) == found


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        (("https://blog.example/post/2?utm_source=feed",), 2),
        (("https://blog.example/post/1", "https://blog.example/post/2"), None),
        (("https://blog.example/post/1", "https://other.example/1", URL), 1),
        (("https://blog.example/post/1", "https://blog.example/post/1#again"), 1),
    ],
)
def test_a_post_that_links_to_several_continues_none(addresses: tuple[str, ...], found: int | None) -> None:
    assert continued(linking(*addresses), [URL], PERMALINKS, NOON) == found


def test_an_address_that_several_posts_share_is_their_pages() -> None:
    shared = [earlier(1, "a", url="https://blog.example/shown"), earlier(2, "b", url="https://blog.example/shown")]
    assert continued(linking("https://blog.example/shown"), [URL], shared, NOON) is None
    assert (
        continued(linking("https://blog.example/shown"), [URL, "https://blog.example/shown"], shared[:1], NOON) is None
    )


def test_an_embedded_post_and_a_written_out_address_count_as_links() -> None:
    embedding = post("new", embeds=(Embed(kind="frame", url=f"{URL}#block-1"),))
    assert continued(embedding, [URL], BLOCKS, NOON) == 1
    assert continued(post("new", f"See {URL}#block-2, from this morning."), [URL], BLOCKS, NOON) == 2


def test_a_pinned_summary_and_a_list_of_links_continue_nothing() -> None:
    assert links(linking(f"{URL}#block-1", pinned=True)) == ()
    assert links(linking(*(f"{URL}#block-{n}" for n in range(30)))) == ()


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("UPDATE: The harbour is closed to ships", 3),
        ("Update 2 - The harbour is closed to ships", 3),
        ("[Updated] The harbour is closed to ships", 3),
        ("The harbour is closed to ships (updated)", 3),
        ("The harbour is closed to ships – UPDATE", 3),
        ("CORRECTION: The Ferry Is Late", 1),
        ("Aktualisiert: The ferry is late.", 1),
        ("MISE À JOUR : The ferry is late", 1),
        ("ACTUALIZACIÓN: The ferry is late", 1),
        ("The harbour is closed to ships", None),
        ("UPDATE: The harbour is open to ships", None),
        ("Updates on the ferry is late", None),
        ("UPDATE:", None),
        (None, None),
    ],
)
def test_an_earlier_headline_behind_a_word_for_update_continues_the_newest_of_that_headline(
    title: str | None, found: int | None
) -> None:
    assert continued(post("new", title=title), [URL], BLOCKS, NOON) == found


def test_a_headline_of_two_words_or_of_yesterday_is_no_beginning() -> None:
    assert continued(post("new", title="UPDATE: Ferry late"), [URL], [earlier(1, "a", "Ferry late")], NOON) is None
    old = [earlier(1, "a", "The ferry is late again", ago=90_000.0)]
    assert continued(post("new", title="UPDATE: The ferry is late again"), [URL], old, NOON) is None
    assert (
        continued(post("new", title="更新：港口因风暴全面关闭"), [URL], [earlier(1, "a", "港口因风暴全面关闭")], NOON)
        == 1
    )


# --- in chats -------------------------------------------------------------------------------------------------------


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as one:
        yield one


def going_on(key: str = "b", earlier: str = "a", **fields: object) -> Post:
    entity = Entity(type="text_link", offset=0, length=2, url=f"{URL}#{earlier}")
    return post(key, "As we said.", entities=(entity,), **fields)


def said(room: Newsroom, chat: int) -> list[LocalMessage]:
    return room.telegram.chats[chat].from_bot()


async def test_an_update_answers_the_message_of_its_beginning_in_each_chat(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    await room.publish(post("a"))
    await room.quiet()
    await room.publish(going_on())
    for chat in (ANN, BEN):
        await room.shows(chat, "About a", "About b")
        first, second = said(room, chat)
        assert (first.reply_to, second.reply_to) == (None, first.id)


async def test_who_has_not_got_the_beginning_gets_the_update_by_itself(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.quiet()
    await room.follow(BEN)
    await room.publish(going_on())
    await room.shows(BEN, "About b")
    await room.shows(ANN, "About a", "About b")
    assert said(room, BEN)[0].reply_to is None


async def test_an_edit_of_the_update_stays_in_its_thread(room: Newsroom) -> None:
    await room.follow(ANN)
    await room.publish(post("a"))
    await room.quiet()
    await room.publish(going_on())
    await room.quiet()
    await room.publish(going_on(title="About b, again"))
    await room.shows(ANN, "About a", "About b, again")
    assert said(room, ANN)[1].reply_to == said(room, ANN)[0].id


async def test_a_beginning_that_was_deleted_or_withdrawn_is_not_answered(room: Newsroom) -> None:
    await room.follow(ANN, BEN)
    await room.publish(post("a"))
    await room.quiet()
    room.telegram.erase(ANN, said(room, ANN)[0].id)
    await room.publish(going_on())
    await room.shows(ANN, "About b")
    await room.shows(BEN, "About a", "About b")
    assert said(room, ANN)[0].reply_to is None
    await room.take_away("a")
    await room.quiet()
    await room.publish(going_on("c"))
    await room.quiet()
    assert said(room, BEN)[-1].text.startswith("About c")
    assert said(room, BEN)[-1].reply_to is None


async def test_a_photo_and_an_album_answer_as_well_and_an_album_is_answered_at_its_first_message(
    room: Newsroom,
) -> None:
    await room.follow(ANN)
    pictures = tuple(Image(url=f"https://blog.example/{n}.jpg") for n in range(3))
    await room.publish(post("a", images=pictures))
    await room.quiet()
    await room.publish(going_on("b", images=pictures[:1]))
    await room.quiet()
    await room.publish(going_on("c", images=pictures))
    await room.quiet()
    messages = said(room, ANN)
    assert [one.reply_to for one in messages] == [None] * 3 + [messages[0].id] * 4


async def test_in_a_forum_each_topic_has_its_own_thread(room: Newsroom) -> None:
    forum = room.telegram.add_chat(FORUM, "supergroup", "Forum", forum=True, admins=())
    room.telegram.add_user(ANN)
    room.telegram.add_member(FORUM, ANN, "creator")
    sea, land = room.telegram.add_topic(FORUM, "Sea"), room.telegram.add_topic(FORUM, "Land")
    await room.subscribe(FORUM, "supergroup", thread=sea)
    await room.publish(post("a"))
    await room.quiet()
    for thread in (land, 0):
        await room.subscribe(FORUM, "supergroup", thread=thread)
    await room.publish(going_on())
    await room.telegram.until(lambda: len(forum.from_bot()) == 4)
    first, *others = forum.from_bot()
    assert {one.thread: one.reply_to for one in others} == {sea: first.id, land: None, 0: None}


async def test_a_group_turned_supergroup_has_no_messages_to_answer(room: Newsroom) -> None:
    room.telegram.add_user(ANN)
    room.telegram.add_chat(GROUP, "group", "Group", admins=[ANN])
    await room.subscribe(GROUP, "group")
    await room.publish(post("a"))
    await room.quiet()
    to = room.telegram.migrate(GROUP)
    await room.publish(going_on())
    await room.shows(to, "About b")
    assert said(room, to)[0].reply_to is None
    await room.publish(going_on("c", "b"))
    await room.shows(to, "About b", "About c")
    assert said(room, to)[1].reply_to == said(room, to)[0].id


async def test_a_post_in_a_digest_is_answered_at_the_digest_and_a_digest_answers_nothing(tmp_path: Path) -> None:
    async with newsroom(tmp_path, start=False) as room:
        await room.follow(ANN)
        await room.publish(post("a"), post("x"), going_on("b"))
        room.start()
        await room.quiet()
        [digest] = said(room, ANN)
        assert digest.reply_to is None
        await room.publish(going_on("c", "x"))
        await room.quiet()
        assert said(room, ANN)[-1].reply_to == digest.id


async def test_after_a_kill_the_update_still_answers(tmp_path: Path) -> None:
    async with service(tmp_path) as relay:
        await relay.followers(ANN)
        await relay.start()
        await relay.publisher.polled()
        relay.publisher.publish("a", "The harbour is closed to ships")
        await relay.shows(ANN, "The harbour is closed to ships")
        await relay.terminate()
        await relay.start("after the claim", 0)
        relay.publisher.publish("b", "UPDATE: The harbour is closed to ships")
        assert await relay.died() == -9
        await relay.start()
        await relay.shows(ANN, "The harbour is closed to ships", "UPDATE: The harbour is closed to ships", seconds=60)
        first, second = relay.telegram.chats[ANN].from_bot()
        assert second.reply_to == first.id


async def test_what_answers_nothing_is_the_same_bytes_in_every_chat(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One body for all, and only the chat and what is answered put in."""
    sent: list[bytes] = []
    usual = room.sender._bodies._telegram._request.post_json

    async def kept(url: str, body: bytes) -> tuple[int, bytes]:
        sent.append(body)
        return await usual(url, body)

    monkeypatch.setattr(room.sender._bodies._telegram._request, "post_json", kept)
    await room.follow(ANN, BEN)
    await room.publish(post("a"))
    await room.quiet()
    assert len({body.partition(b",")[2] for body in sent}) == 1
    sent.clear()
    await room.publish(going_on())
    await room.quiet()
    assert len({body.partition(b"}")[2] for body in sent}) == 1
    assert all(b'"allow_sending_without_reply":true' in body.partition(b"}")[0] for body in sent)
