"""Chats and what they follow: met, closed, open again, moved, forgotten; taken from another bot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.model import ChatMoved, TryLater, Volume
from bot.core.publishing import PushText
from storage import Store, Subscription, expansion
from tests.engines import on_sqlite
from tests.ledger import BLOG, NOON, Ledger, exported

ANN, BEN, CLEO = 2001, 2002, 2003
FAILED = TryLater(why="Internal Server Error", after=5.0)


async def followed(store: Store, chat: int, thread: int = 0) -> dict[str, tuple[str, ...]]:
    return {one.blog: one.topics for one in await store.subscriptions(chat, thread)}


# --- met -----------------------------------------------------------------------------------------------------------


async def test_a_chat_is_met_once_and_its_name_and_kind_are_kept_up_to_date(store: Store) -> None:
    async def meet(**about: object) -> tuple[object, ...]:
        known = {"kind": "group", "title": "Harbour", "language": None} | about
        met = await store.meet(bot="main", telegram_id=-500, now=NOON, **known)  # type: ignore[arg-type]
        assert met == await store.chat("main", -500)
        return met.id, met.kind, met.title, met.language, met.open

    (number, *_) = await meet()
    assert await meet(language="uk") == (number, "group", "Harbour", "uk", True)
    assert await meet(title="Old harbour") == (number, "group", "Old harbour", "uk", True)
    assert await meet(kind="supergroup", language="en") == (number, "supergroup", "Harbour", "en", True)


async def test_two_bots_know_a_chat_apart(ledger: Ledger) -> None:
    assert await ledger.chat(ANN) != await ledger.chat(ANN, bot="es")
    assert await ledger.store.chat("fr", ANN) is None


# --- subscriptions -------------------------------------------------------------------------------------------------


async def test_a_subscription_is_one_for_each_blog_and_thread_and_is_replaced(ledger: Ledger) -> None:
    store, group = ledger.store, await ledger.chat(-1009, "supergroup")

    async def subscribe(*topics: str, thread: int = 0, blog: str = BLOG) -> Subscription | None:
        return await store.subscribe(chat=group, thread=thread, blog=blog, topics=topics, now=ledger.now)

    assert await subscribe("nato") is None
    assert await subscribe("nato", "kyiv") == Subscription(blog=BLOG, telegram_id=-1009, topics=("nato",))
    assert await subscribe(thread=7) is None
    assert await subscribe(blog="flood") is None
    assert await followed(store, group) == {BLOG: ("nato", "kyiv"), "flood": ()}
    assert await followed(store, group, 7) == {BLOG: ()}
    assert await followed(store, group, 8) == {}


async def test_leaving_ends_one_blog_or_all_of_one_thread(ledger: Ledger) -> None:
    store, group = ledger.store, await ledger.follow(-1009, kind="supergroup")
    await ledger.follow(-1009, "nato", blog="flood", kind="supergroup")
    await ledger.follow(-1009, thread=7, kind="supergroup")
    ended = await store.unsubscribe(chat=group, thread=0, blog="flood")
    assert ended == [Subscription(blog="flood", telegram_id=-1009, topics=("nato",))]
    assert await store.unsubscribe(chat=group, thread=0, blog="flood") == []
    assert [one.blog for one in await store.unsubscribe(chat=group, thread=0, blog=None)] == [BLOG]
    assert await followed(store, group, 7) == {BLOG: ()}


async def test_leaving_drops_what_waits_of_that_blog_in_that_thread_and_no_more(ledger: Ledger) -> None:
    group = await ledger.follow(-1009, kind="supergroup")
    await ledger.follow(-1009, thread=7, kind="supergroup")
    await ledger.follow(-1009, blog="flood", kind="supergroup")
    await ledger.publish("a")
    await ledger.publish("b", blog="flood")
    await ledger.leave(group, blog=BLOG)
    await ledger.run()
    assert (ledger.shown(-1009), ledger.shown(-1009, 7)) == (["b"], ["a"])


async def test_what_was_sent_follows_edits_and_withdrawals_after_leaving(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.edit("a")
    await ledger.leave(ann)
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [2]
    await ledger.withdraw("a")
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [3]


async def test_leaving_a_topic_drops_what_waits_for_it_alone(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN, "nato", "kyiv")
    await ledger.publish("a", topics=("nato",))
    await ledger.publish("b", topics=("nato", "kyiv"))
    await ledger.store.subscribe(chat=ann, thread=0, blog=BLOG, topics=["kyiv"], now=ledger.now)
    await ledger.run()
    assert ledger.shown(ANN) == ["b"]


@pytest.mark.parametrize("wider", [(), ("nato", "kyiv")])
async def test_following_more_drops_nothing(ledger: Ledger, wider: tuple[str, ...]) -> None:
    ann = await ledger.follow(ANN, "nato")
    await ledger.publish("a", topics=("nato",))
    await ledger.store.subscribe(chat=ann, thread=0, blog=BLOG, topics=wider, now=ledger.now)
    await ledger.run()
    assert ledger.shown(ANN) == ["a"]


async def test_a_push_that_waits_is_dropped_with_the_last_subscription_that_it_was_for(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.follow(ANN, blog="flood")
    of_storm = await ledger.push(blog=BLOG)
    of_all = await ledger.push()
    await ledger.leave(ann, blog=BLOG)
    await ledger.expand()
    assert [claim.posts[0].id for claim in await ledger.claim()] == [of_all]
    await ledger.store.recover("main", "resend", ledger.now)
    await ledger.leave(ann)
    assert await ledger.run() == []
    assert (await ledger.store.progress("main", of_storm)).waiting == 0


# --- closed, and open again ----------------------------------------------------------------------------------------


async def test_a_chat_that_was_closed_opens_when_it_speaks_and_hears_only_what_comes_then(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.publish("waits")
    await ledger.store.close_chat(ann, "blocked", ledger.now)
    await ledger.publish("missed")
    await ledger.edit("a")
    assert await ledger.run() == []
    assert await ledger.waiting() == 0
    chat = await ledger.store.chat("main", ANN)
    assert chat is not None
    assert (chat.open, chat.closed_why) == (False, "blocked")
    await ledger.chat(ANN)
    await ledger.publish("b")
    await ledger.run()
    assert (ledger.shown(ANN), ledger.revisions(ANN, "a")) == (["a", "b"], [2])


async def test_opening_a_chat_that_is_open_changes_nothing(ledger: Ledger) -> None:
    """Telegram tells of every change of the bot's rights in a group."""
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.store.reopen_chat(ann)
    await ledger.run()
    assert ledger.shown(ANN) == ["a"]


async def test_a_withdrawal_during_the_absence_is_made_true_on_return(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.store.close_chat(ann, "blocked", ledger.now)
    await ledger.edit("a")
    await ledger.withdraw("a")
    await ledger.store.reopen_chat(ann)
    (claim,) = await ledger.run()
    assert claim.posts[0].withdrawn_at is not None
    assert ledger.revisions(ANN, "a") == [3]


async def test_closing_twice_keeps_the_first_time_and_the_last_reason(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    for why in ("blocked", "deactivated"):
        await ledger.store.close_chat(ann, why, ledger.now)
    chat = await ledger.store.chat("main", ANN)
    assert chat is not None
    assert chat.closed_why == "deactivated"


# --- moved ---------------------------------------------------------------------------------------------------------


async def test_a_group_that_became_a_supergroup_is_the_same_chat(ledger: Ledger) -> None:
    group = await ledger.follow(-500, kind="group")
    await ledger.store.move_chat("main", group, -1005)
    await ledger.store.move_chat("main", group, -1005)
    chat = await ledger.store.chat("main", -1005)
    assert chat is not None
    assert (chat.id, chat.kind) == (group, "supergroup")
    assert await ledger.store.chat("main", -500) is None
    assert await followed(ledger.store, group) == {BLOG: ()}


async def moved_after_it_spoke(ledger: Ledger) -> tuple[int, int]:
    """A group that has post a; and the supergroup, in which it speaks before we hear of the move."""
    group = await ledger.follow(-500, kind="group")
    await ledger.publish("a")
    await ledger.run()
    ledger.now += 60
    return group, await ledger.follow(-1005, "nato", kind="supergroup", thread=0)


async def test_a_supergroup_that_spoke_before_the_move_was_heard_of_is_joined_with_its_group(ledger: Ledger) -> None:
    group, _ = await moved_after_it_spoke(ledger)
    await ledger.publish("b", topics=("nato",))
    await ledger.deliver(lambda claim: FAILED if claim.telegram_id == -500 else None)
    assert ledger.shown(-1005) == ["b"]
    await ledger.store.move_chat("main", group, -1005)
    assert await ledger.store.chat("main", -500) is None
    chat = await ledger.store.chat("main", -1005)
    assert chat is not None
    assert await followed(ledger.store, chat.id) == {BLOG: ("nato",)}, "what was said last"
    ledger.now += 60
    await ledger.edit("a")
    await ledger.edit("b", topics=("nato",))
    await ledger.run()
    assert ledger.shown(-1005) == ["b"], "not again what the group has, and nothing twice"
    assert ledger.revisions(-1005, "b") == [2], "its own messages are alive"
    assert await ledger.waiting() == 0


@pytest.mark.parametrize("heard_by", ["the answer to a message", "an update"])
@pytest.mark.parametrize("arrives", [True, False])
async def test_what_is_under_way_to_the_supergroup_while_it_is_joined_is_settled(
    ledger: Ledger, heard_by: str, arrives: bool
) -> None:
    group, _ = await moved_after_it_spoke(ledger)
    await ledger.publish("b", topics=("nato",))
    of_group, of_supergroup = sorted(await ledger.claim(), key=lambda claim: -claim.telegram_id)
    assert (of_group.telegram_id, of_supergroup.telegram_id) == (-500, -1005)
    if heard_by == "an update":
        await ledger.store.move_chat("main", group, -1005)
    await ledger.settle(of_group, ChatMoved(to=-1005))
    await ledger.settle(of_supergroup, ledger.screens.perform(of_supergroup) if arrives else FAILED)
    ledger.now += 60
    await ledger.edit("b", topics=("nato",))
    await ledger.run()
    assert ledger.revisions(-1005, "b") == [2]
    assert await ledger.waiting() == 0
    assert await ledger.store.recover("main", "resend", ledger.now) == 0


async def test_a_move_during_an_expansion_makes_nobody_miss_a_post(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "CHUNK", 1)
    monkeypatch.setattr("random.randint", lambda low, high: 0)
    group = await ledger.chat(-500, "group")
    for person in (ANN, BEN, CLEO):
        await ledger.follow(person)
    await ledger.follow(-1005, kind="supergroup")
    await ledger.publish("a")
    await ledger.store.move_chat("main", group, -1005)
    await ledger.run()
    assert [ledger.shown(chat) for chat in (-1005, ANN, BEN, CLEO)] == [["a"]] * 4


async def test_a_group_that_followed_longer_does_not_miss_a_post_by_moving(ledger: Ledger) -> None:
    group = await ledger.follow(-500, kind="group")
    ledger.now += 10
    await ledger.publish("a", hold=60.0)
    ledger.now += 100
    await ledger.follow(-1005, kind="supergroup")
    await ledger.store.move_chat("main", group, -1005)
    await ledger.run()
    assert ledger.shown(-1005) == ["a"]


async def test_a_closed_group_opens_when_it_turns_out_to_be_a_supergroup_that_speaks(ledger: Ledger) -> None:
    group, _ = await moved_after_it_spoke(ledger)
    await ledger.store.close_chat(group, "group chat was upgraded", ledger.now)
    await ledger.store.move_chat("main", group, -1005)
    await ledger.publish("b", topics=("nato",))
    await ledger.run()
    assert ledger.shown(-1005) == ["b"]


# --- forgotten -----------------------------------------------------------------------------------------------------


def everything(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that stands in the database, table by table."""
    db = sqlite3.connect(folder / "relay.db")
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: db.execute(f'SELECT * FROM "{name}"').fetchall() for name in names if "post_fts" not in name}
    db.close()
    return rows


def mentions(rows: dict[str, list[tuple[object, ...]]], what: Iterable[object]) -> set[str]:
    return {table for table, found in rows.items() for row in found if set(what) & set(row)}


@on_sqlite
async def test_of_a_chat_that_is_forgotten_nothing_is_left_anywhere(ledger: Ledger, tmp_path: Path) -> None:
    store = ledger.store
    await ledger.follow(ANN)
    before = everything(tmp_path)
    chat = (await store.meet(bot="main", telegram_id=777_001, kind="private", title="Zoe", language="uk", now=NOON)).id
    await store.subscribe(chat=chat, thread=0, blog=BLOG, topics=["nato"], now=NOON)
    assert len(mentions(everything(tmp_path), (777_001,))) == 1
    await store.forget(chat)
    assert everything(tmp_path) == {**before, "sqlite_sequence": [("chat", chat)]}
    assert await store.chat("main", 777_001) is None


@on_sqlite
async def test_a_reader_who_has_messages_is_forgotten_with_them_and_nobody_else_is(
    ledger: Ledger, tmp_path: Path
) -> None:
    ann, _ = await ledger.follow(ANN), await ledger.follow(BEN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.publish("waits")
    await ledger.store.forget(ann)
    rows = everything(tmp_path)
    assert mentions(rows, (ANN,)) == set()
    assert [len(rows[table]) for table in ("chat", "subscription", "message", "shown", "delivery")] == [1, 1, 1, 1, 2]
    await ledger.edit("a")
    await ledger.run()
    assert ledger.shown(BEN) == ["a", "waits"]
    assert ledger.revisions(BEN, "a") == [2]


@on_sqlite
async def test_an_editor_is_forgotten_with_previews_and_drafts_and_what_was_sent_goes_on(
    ledger: Ledger, tmp_path: Path
) -> None:
    store = ledger.store
    editor = await ledger.chat(1002)
    await ledger.follow(ANN)
    sent = await ledger.push("Ports closed.")
    drafts = [
        await store.draft(author=1002, text=PushText(text="A secret plan."), now=NOON),
        await store.draft(author=1002, text=PushText(copied=(1002, 17)), now=NOON),
    ]
    for number in (sent, *drafts):
        await store.push_shown_at(number, 1002, 900 + number)
    await store.forget(editor)
    rows = everything(tmp_path)
    assert mentions(rows, (1002, "A secret plan.")) == set()
    assert [push.state for number in (sent, *drafts) if (push := await store.push(number))] == [
        "sent",
        "cancelled",
        "cancelled",
    ]
    assert await store.search(words="secret", blogs=[BLOG], now=NOON, limit=5) == []
    await ledger.run()
    assert ledger.shown(ANN) == [f"push {sent}"]


async def test_who_comes_back_after_being_forgotten_begins_anew(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    await ledger.run()
    await ledger.store.forget(ann)
    again = await ledger.chat(ANN)
    assert again != ann
    assert await followed(ledger.store, again) == {}
    await ledger.edit("a")
    assert await ledger.run() == []


# --- from and to another bot ---------------------------------------------------------------------------------------

ROWS = [
    Subscription(blog=BLOG, telegram_id=ANN),
    Subscription(blog="flood", telegram_id=ANN, topics=("nato", "kyiv"), language="uk"),
    Subscription(blog=BLOG, telegram_id=-1009, thread=7, volume=Volume.KEY),
    Subscription(blog=BLOG, telegram_id=-500),
]


async def test_an_export_that_is_taken_in_twice_is_as_it_was(store: Store) -> None:
    assert await store.take_in("main", ROWS, NOON) == 4
    before = await exported(store)
    assert sorted(before, key=repr) == sorted(ROWS, key=repr)
    assert await store.take_in("main", before, NOON + 1) == 0
    assert await exported(store) == before
    kinds = {chat: found.kind for chat in (ANN, -1009, -500) if (found := await store.chat("main", chat))}
    assert kinds == {ANN: "private", -1009: "group", -500: "group"}


async def test_an_export_of_many_chats_comes_in_chunks_and_misses_none(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.door_chats.CHATS_AT_ONCE", 2)
    await ledger.store.take_in("main", ROWS, NOON)
    for person in range(3001, 3006):
        chat = await ledger.chat(person)
        if person != 3003:  # follows nothing
            await ledger.follow(person, blog=BLOG)
        if person == 3004:
            await ledger.store.close_chat(chat, "blocked", NOON)
    found = [(one.telegram_id, one.blog, one.thread) for one in await exported(ledger.store)]
    rows = [(one.telegram_id, one.blog, one.thread) for one in ROWS]
    assert found == sorted(
        [*rows, *((person, BLOG, 0) for person in (3001, 3002, 3005))], key=lambda row: (row[0], row[2], row[1])
    )


async def test_a_bare_id_tells_its_kind(store: Store) -> None:
    await store.take_in("main", [Subscription(blog=BLOG, telegram_id=-1001234567890)], NOON)
    found = await store.chat("main", -1001234567890)
    assert found is not None
    assert found.kind == "supergroup"


async def test_taking_in_changes_what_a_chat_follows_and_opens_nobody(ledger: Ledger) -> None:
    ann = await ledger.follow(ANN, "nato")
    await ledger.store.close_chat(ann, "blocked", ledger.now)
    assert await exported(ledger.store) == [], "closed chats are not worth moving"
    assert await ledger.store.take_in("main", [Subscription(blog=BLOG, telegram_id=ANN)], ledger.now) == 0
    chat = await ledger.store.chat("main", ANN)
    assert chat is not None
    assert not chat.open
    assert await followed(ledger.store, ann) == {BLOG: ()}


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.builds(
            Subscription,
            blog=st.sampled_from([BLOG, "flood"]),
            telegram_id=st.sampled_from([ANN, BEN, -500, -1009]),
            thread=st.sampled_from([0, 7]),
            topics=st.lists(st.sampled_from(["nato", "kyiv", "nato-summit"]), max_size=2, unique=True).map(tuple),
            volume=st.sampled_from(Volume),
            language=st.sampled_from(["en", "uk"]),
        ),
        max_size=8,
    )
)
async def test_the_last_of_several_rows_for_one_place_counts(store: Store, rows: list[Subscription]) -> None:
    for chat in (ANN, BEN, -500, -1009):
        if (known := await store.chat("main", chat)) is not None:
            await store.forget(known.id)
    last = {(one.blog, one.telegram_id, one.thread): one for one in rows}
    assert await store.take_in("main", rows, NOON) == len(last)
    assert sorted(await exported(store), key=repr) == sorted(last.values(), key=repr)
