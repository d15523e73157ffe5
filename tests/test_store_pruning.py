"""What is forgotten when, and what never: by the store's contract, and by how the whole behaves meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.choices import Choices
from bot.core.diff import diff
from bot.core.model import Change, Post, Seen, Snapshot, SnapshotKind, TryLater
from bot.core.publishing import PostWrite, PushText, Sending
from bot.desk import Desk
from bot.pruning import Pruner
from config.settings import parse_settings
from storage import Pruned, Store, StoreError, open_store, pruning
from tests.choosing import choose_in
from tests.engines import on_sqlite
from tests.ledger import BLOG, NOON, URL, Ledger, blocked
from tests.newsroom import newsroom, post

ANN, BEN, CAT = 2001, 2002, 2003
DAY = 86_400.0
KEEP = 30 * DAY


async def prune(ledger: Ledger, days: float = 30) -> Pruned:
    """A round at the ledger's time."""
    total = Pruned()
    async for chunk in ledger.store.prune(ledger.now - days * DAY):
        total += chunk
    return total


async def count(store: Store, table: str, where: str = "true") -> int:
    """What stands in a table: for what no part of the contract shows any more."""
    row = await store._db.read(lambda db: db.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone())
    return int(row[0])


async def nothing_is_left(store: Store) -> None:
    """Of posts that are gone: neither rows nor messages nor words."""
    assert await count(store, "delivery", "post NOT IN (SELECT id FROM post)") == 0
    assert await count(store, "shown", "post NOT IN (SELECT id FROM post)") == 0
    assert await count(store, "message", "id NOT IN (SELECT message FROM shown)") == 0
    assert await count(store, "publication", "post NOT IN (SELECT id FROM post)") == 0
    assert await count(store, "push", "post NOT IN (SELECT id FROM post)") == 0
    assert await count(store, "pruned") == 0


async def headlines(ledger: Ledger) -> list[str | None]:
    return [one.title for one in await ledger.store.latest(blogs=[BLOG], now=ledger.now, limit=20)]


@pytest.fixture
async def followed(ledger: Ledger) -> Ledger:
    """Ann and Ben follow the blog and have its first post."""
    for person in (ANN, BEN):
        await ledger.follow(person)
    await ledger.publish("a")
    await ledger.run()
    return ledger


# --- posts and deliveries ------------------------------------------------------------------------------------------


async def test_a_post_and_its_deliveries_go_when_they_are_older_than_they_are_kept(followed: Ledger) -> None:
    followed.now = NOON + KEEP
    assert await prune(followed) == Pruned()
    assert await headlines(followed) == ["a"]
    followed.now += 1
    assert await prune(followed) == Pruned(posts=1, deliveries=2, messages=2)
    assert await headlines(followed) == []
    await nothing_is_left(followed.store)


@on_sqlite
async def test_a_post_goes_out_of_the_search_with_its_words(followed: Ledger) -> None:
    assert await followed.store.search(words="a", blogs=[BLOG], now=followed.now, limit=5)
    followed.now += KEEP + 1
    await prune(followed)
    assert await followed.store.search(words="a", blogs=[BLOG], now=followed.now, limit=5) == []
    assert await count(followed.store, "post_fts", "post_fts MATCH 'a'") == 0


async def test_a_younger_post_stays_with_all_that_shows_it(followed: Ledger) -> None:
    followed.now += 29 * DAY
    await followed.publish("b")
    await followed.run()
    followed.now += 2 * DAY
    assert await prune(followed) == Pruned(posts=1, deliveries=2, messages=2)
    await followed.edit("b")
    await followed.run()
    assert followed.revisions(ANN, "b") == [2]
    assert await followed.waiting() == 0


@pytest.mark.parametrize("change", ["edit", "withdraw", "restore", "push"])
async def test_a_post_to_which_something_happened_lately_stays(followed: Ledger, change: str) -> None:
    if change == "restore":
        await followed.withdraw("a")
    push = await followed.store.draft(author=1, text=PushText(text="Later."), now=NOON)
    followed.now += 20 * DAY
    if change == "push":
        assert await followed.store.send_push(push, sending=Sending(), now=followed.now)
    else:
        await getattr(followed, change)("a")
    await followed.run()
    followed.now += 20 * DAY
    await prune(followed)
    kept = push if change == "push" else followed.numbers["a"]
    assert await followed.store.post(kept) is not None
    assert await count(followed.store, "delivery", f"post = {kept}") == 2
    followed.now += 11 * DAY
    await prune(followed)
    assert await followed.store.post(kept) is None


async def test_what_arrived_late_stays_as_long_as_it_may_be_corrected(ledger: Ledger) -> None:
    """The relay was down for weeks: the post is old, its message is not."""
    await ledger.follow(ANN)
    await ledger.publish("a")
    ledger.now += 29 * DAY
    await ledger.run()
    ledger.now += 2 * DAY
    assert await prune(ledger) == Pruned()
    await ledger.edit("a", edits_for=3 * DAY)
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [2]


async def test_what_waits_is_never_pruned(followed: Ledger) -> None:
    """For a chat that Telegram tells to wait, for a release, or for its turn."""
    await followed.publish("b")
    await followed.expand()
    await followed.store.hold(BLOG, followed.now)
    await followed.publish("c")
    followed.now += 1000 * DAY
    assert (await prune(followed)).posts == 1, "the first, which had arrived"
    await followed.store.release(BLOG, followed.now)
    await followed.run()
    assert followed.shown(ANN) == ["a", "b", "c"]


async def test_what_is_on_its_way_is_never_pruned(followed: Ledger) -> None:
    await followed.publish("b")
    claims = await followed.claim()
    followed.now += 40 * DAY
    await prune(followed)
    for claim in claims:
        await followed.settle(claim, followed.screens.perform(claim))
    assert followed.shown(ANN) == ["a", "b"]
    assert await count(followed.store, "shown", f"post = {followed.numbers['b']}") == 2


async def test_rows_that_were_set_aside_hold_nothing_back(followed: Ledger) -> None:
    """Of a closed group, what it missed goes with its posts; its subscription stays."""
    await followed.chat(BEN, "group")
    await followed.publish("b")
    await followed.deliver(lambda claim: blocked(claim) if claim.telegram_id == BEN else None)
    followed.now += KEEP + 1
    await prune(followed)
    await nothing_is_left(followed.store)
    assert await count(followed.store, "delivery") == 0
    await followed.chat(BEN, "group")  # says something
    await followed.publish("c")
    await followed.run()
    assert followed.shown(BEN)[-1] == "c"


async def test_a_chat_that_opens_again_while_rows_of_a_pruned_post_still_go_is_served(followed: Ledger) -> None:
    ann = await followed.chat(ANN)
    await followed.store.close_chat(ann, "blocked", followed.now)
    await followed.edit("a")
    await followed.run()
    followed.now = NOON + KEEP + 1
    await anext(followed.store.prune(followed.now - KEEP))
    assert await count(followed.store, "delivery", "post NOT IN (SELECT id FROM post)") == 2
    await followed.store.reopen_chat(ann)
    await followed.publish("b")
    await followed.run()
    assert followed.shown(ANN) == ["a", "b"]


async def test_a_message_with_several_posts_stays_until_the_last_of_them_goes(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a", "b", "c")
    await ledger.run()
    assert ledger.shown(ANN) == ["a+b+c"]
    ledger.now += 10 * DAY
    await ledger.edit("c", edits_for=40 * DAY)
    await ledger.run()
    ledger.now += 21 * DAY
    assert await prune(ledger) == Pruned(), "its message was rewritten lately, and the others stand in it"
    ledger.now += 10 * DAY
    assert await prune(ledger) == Pruned(posts=3, deliveries=3, messages=1)


async def test_drafts_go_and_their_buttons_with_them(ledger: Ledger) -> None:
    draft = await ledger.store.draft(author=1, text=PushText(text="Never sent."), now=NOON)
    ledger.now += KEEP + 1
    assert await prune(ledger) == Pruned(posts=1)
    assert await ledger.store.push(draft) is None
    assert not await ledger.store.send_push(draft, sending=Sending(), now=ledger.now)


async def test_no_number_is_used_twice(followed: Ledger) -> None:
    """A button of a push, or a row that is still to go, must never mean another post."""
    numbers = [followed.numbers["a"]]
    for key in "bcd":
        followed.now += KEEP + 1
        assert (await prune(followed)).posts in (1, 2)
        numbers += await followed.publish(key)
        await followed.run()
        assert followed.shown(ANN)[-1] == key
    assert numbers == sorted(set(numbers))
    followed.now += KEEP + 1
    await prune(followed)
    assert await prune(followed) == Pruned(), "what holds the last number is not pruned for ever"
    assert await count(followed.store, "post") == 1


async def test_edits_long_past_of_a_post_that_stays_are_forgotten(followed: Ledger) -> None:
    for _ in range(40):
        followed.now += DAY
        await followed.edit("a")
        await followed.run()
    assert (await prune(followed)).changes == 9
    assert followed.revisions(ANN, "a") == [3], "followed for two days"
    await followed.edit("a", topics=("nato",))  # whom it was for is still known
    assert await followed.expand() == 0


# --- what pages said -----------------------------------------------------------------------------------------------


async def poll(ledger: Ledger, *posts: Post, kind: SnapshotKind = SnapshotKind.FULL) -> list[str]:
    """The page shows these posts, the newest first. Returns what that changes, as "edited a"."""
    snapshot = Snapshot(format="jsonld", kind=kind, posts=posts)
    memory, _ = await ledger.store.memory(BLOG, URL)
    verdict = diff(memory, snapshot, datetime.fromtimestamp(ledger.now, UTC))
    assert verdict.accepted
    writes = [PostWrite(change=one.kind, post=_post_of(one)) for one in verdict.changes]
    stored = [PostWrite(change=None, post=one) for one in verdict.stored]
    about = {"seen": verdict.seen, "aliases": verdict.aliases, "page": verdict.page}
    for number, write in zip(await ledger.change(*stored, *writes, **about), writes, strict=False):
        ledger.numbers.setdefault(write.post.key, number)
    return [f"{one.kind} {one.key}" for one in verdict.changes]


def _post_of(change: Change) -> Post:
    assert change.post is not None
    return change.post


def said(key: str, text: str | None = None, **fields: object) -> Post:
    return Post(key=key, title=f"About {key}", text=text or f"What {key} tells, in more than a few words.", **fields)  # type: ignore[arg-type]


async def remembered(ledger: Ledger) -> dict[str, Seen]:
    memory, _ = await ledger.store.memory(BLOG, URL)
    return dict(memory.seen)


@pytest.fixture
async def listed(ledger: Ledger) -> Ledger:
    """A page with one post that was news, long ago, and is pruned."""
    await ledger.follow(ANN)
    await poll(ledger, said("old"))
    await poll(ledger, said("a"), said("old"))
    await ledger.run()
    ledger.now += KEEP + 1
    assert (await prune(ledger)).posts == 2
    return ledger


async def test_a_pruned_post_that_is_still_listed_is_neither_new_nor_edited(listed: Ledger) -> None:
    assert await poll(listed, said("a"), said("old")) == []
    assert await poll(listed, said("b"), said("a"), said("old")) == ["new b"]
    await listed.run()
    assert listed.shown(ANN) == ["a", "b"]


async def test_a_pruned_post_that_is_listed_keeps_its_text_so_that_a_copy_cut_short_is_no_edit(listed: Ledger) -> None:
    cut = said("a", "What a tells, in…", text_is_whole=False)
    broken = said("old", "What old tells, in more than a few words\ufffd")
    assert await poll(listed, cut, broken) == []


async def test_an_edit_of_a_pruned_post_reaches_nobody_and_is_remembered(listed: Ledger) -> None:
    for _ in range(3):
        await poll(listed, said("a", "Something quite different is said here now."), said("old"))
    assert await listed.run() == []
    assert (await remembered(listed))["a"].text == "Something quite different is said here now."
    assert await headlines(listed) == []


async def test_a_withdrawal_and_a_return_of_a_pruned_post_reach_nobody(listed: Ledger) -> None:
    assert await poll(listed, said("a", withdrawn=True), said("old")) == ["withdrawn a"]
    assert await poll(listed, said("a", "It is back."), said("old")) == ["restored a"]
    assert await poll(listed, said("old")) == []
    assert await listed.run() == []
    assert await headlines(listed) == []


async def test_a_text_is_forgotten_once_no_page_lists_the_post(listed: Ledger) -> None:
    before = await remembered(listed)
    await poll(listed, *[said(key) for key in "gfedcb"], kind=SnapshotKind.WINDOW)
    assert (await prune(listed)).texts == 2
    after = await remembered(listed)
    assert (after["a"].text, after["a"].hash, after["a"].title) == ("", before["a"].hash, "About a")
    assert after["b"].text, "b is young"


async def test_a_post_without_its_text_that_comes_back_is_not_new(listed: Ledger) -> None:
    window = [said(key) for key in "gfedcb"]
    await poll(listed, *window, kind=SnapshotKind.WINDOW)
    await prune(listed)
    await listed.run()
    there = listed.shown(ANN)
    assert await poll(listed, *window, said("a"), said("old"), kind=SnapshotKind.WINDOW) == []
    await poll(listed, *window, said("a", "It was quite another thing that happened."), kind=SnapshotKind.WINDOW)
    await listed.run()
    assert listed.shown(ANN) == there


async def test_a_text_stays_as_long_as_its_post(ledger: Ledger) -> None:
    await poll(ledger, said("old"))
    await poll(ledger, said("a"), said("old"))
    await poll(ledger, *[said(key) for key in "gfedcba"], kind=SnapshotKind.WINDOW)
    await ledger.store.hold(BLOG, ledger.now)
    await poll(ledger, *[said(key) for key in "hgfed"], kind=SnapshotKind.WINDOW)
    ledger.now += KEEP + 1
    assert (await prune(ledger)).texts == 4
    kept = await remembered(ledger)
    assert [key for key in kept if kept[key].text] == ["d", "e", "f", "g", "h"]


async def test_pages_that_are_asked_no_more_are_forgotten(ledger: Ledger) -> None:
    """The address changes every day; the last page stays, and so does one that leads to it."""
    url = "https://blog.example/{date}"
    settings = parse_settings(f'[[blogs]]\nid = "{BLOG}"\nurl = "{url}"', None, {})
    pruner = Pruner(store=ledger.store, settings=lambda: settings, now=lambda: now, rest=0.0)
    desk = Desk(ledger.store, lambda: settings, clock=lambda: float(now.timestamp()))
    blog = settings.blog(BLOG)
    assert blog is not None
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for day in range(40):
        now = start + timedelta(days=day)
        page = f"https://blog.example/{now:%Y-%m-%d}"
        snapshot = Snapshot(format="jsonld", kind=SnapshotKind.FULL, posts=(said(f"p{day}"),))
        memory, _ = await ledger.store.memory(BLOG, page)
        await desk.relay(blog, page, snapshot, diff(memory, snapshot, now), None)
    assert (await pruner.round()).pages == 9
    assert [one.url[-10:] for one in await ledger.store.pages(BLOG)][:2] == ["2026-03-10", "2026-03-11"]
    now += timedelta(days=300)
    await pruner.round()
    assert [one.url[-10:] for one in await ledger.store.pages(BLOG)] == ["2026-04-09"]


# --- blogs and chats -----------------------------------------------------------------------------------------------


async def test_a_blog_that_left_the_file_sleeps_and_then_goes_with_all_that_is_known_of_it(followed: Ledger) -> None:
    await poll(followed, said("x"))
    await followed.store.in_file([("flood", None, None)], NOON)
    await followed.store.hold(BLOG, NOON)
    await followed.publish("waits")
    followed.now = NOON + KEEP
    await prune(followed)
    assert await count(followed.store, "subscription") == 2
    followed.now += 1
    went = await prune(followed)
    assert (went.blogs, went.subscriptions) == (1, 2)
    for table in ("subscription", "known", "page", "delivery", "message", "shown", "publication"):
        assert await count(followed.store, table) == 0, table
    assert await count(followed.store, "post", "blog IS NOT NULL") == 0
    assert await count(followed.store, "blog") == 1
    await nothing_is_left(followed.store)


async def test_a_blog_that_comes_back_in_time_wakes_with_its_subscriptions(followed: Ledger) -> None:
    await followed.store.in_file([("flood", None, None)], followed.now)
    followed.now += 29 * DAY
    await followed.store.in_file([(BLOG, None, None)], followed.now)
    followed.now += 2 * DAY
    assert (await prune(followed)).blogs == 0
    await followed.publish("b")
    await followed.run()
    assert followed.shown(ANN) == ["a", "b"]


async def test_a_blog_that_returns_while_it_is_forgotten_begins_anew_and_floods_nobody(ledger: Ledger) -> None:
    """Wherever it is interrupted: what is on the page is a baseline then."""
    await ledger.follow(ANN)
    await poll(ledger, said("a"))
    page = [said(key) for key in "cba"]
    await poll(ledger, *page)
    await ledger.run()
    shown = ledger.shown(ANN)
    await ledger.store.in_file([], ledger.now)
    ledger.now += KEEP + 1
    chunks = ledger.store.prune(ledger.now - KEEP)
    await anext(chunks)
    await ledger.store.in_file([(BLOG, None, None)], ledger.now)
    async for _ in chunks:
        pass
    await poll(ledger, *page)
    await ledger.run()
    assert ledger.shown(ANN) == shown
    assert await poll(ledger, said("d"), *page) == ["new d"]


async def test_a_closed_group_that_follows_nothing_is_forgotten(ledger: Ledger) -> None:
    ann, ben, cat = [await ledger.chat(person, "group") for person in (ANN, BEN, CAT)]
    await ledger.follow(BEN, kind="group")
    for chat in (ann, ben):
        await ledger.store.close_chat(chat, "blocked", ledger.now)
    ledger.now += KEEP
    assert (await prune(ledger)).chats == 0
    ledger.now += 1
    assert (await prune(ledger)).chats == 1
    assert [await ledger.store.chat("main", one) is None for one in (ANN, BEN, CAT)] == [True, False, False]
    assert await ledger.chat(ANN) > cat


async def test_who_blocked_the_bot_is_forgotten_with_all_they_followed_and_chose(followed: Ledger) -> None:
    ann = await followed.chat(ANN)
    await choose_in(followed.store, ann, Choices(language="uk", timezone="Europe/Kyiv"))
    await followed.store.subscribe(
        chat=ann, thread=0, blog=BLOG, topics=(), words=["bakhmut"], without=[], now=followed.now
    )
    await followed.store.close_chat(ann, "blocked", followed.now)
    followed.now += 20 * DAY
    await followed.edit("a")  # so that the post is not old, and its row there stays
    followed.now += KEEP - 20 * DAY
    assert (await prune(followed)).chats == 0
    followed.now += 1
    assert (await prune(followed)).chats == 1
    assert await followed.store.chat("main", ANN) is None
    for table in ("subscription", "delivery", "message", "shown"):
        assert await count(followed.store, table, f"chat = {ann}") == 0
    assert await followed.store.subscriptions(await followed.chat(ANN), 0) == []  # is back, and begins anew
    assert await followed.store.chat("main", BEN) is not None


async def test_who_comes_back_while_others_are_forgotten_stays(ledger: Ledger) -> None:
    for person in (ANN, BEN):
        await ledger.store.close_chat(await ledger.follow(person), "blocked", ledger.now)
    ledger.now += KEEP + 1
    chunks = ledger.store.prune(ledger.now - KEEP)
    await anext(chunks)
    await ledger.chat(BEN)
    async for _ in chunks:
        pass
    assert [await ledger.store.chat("main", one) is None for one in (ANN, BEN)] == [True, False]
    assert len(await ledger.store.subscriptions(await ledger.chat(BEN), 0)) == 1


async def test_a_closed_group_stays_as_long_as_something_stands_in_it(followed: Ledger) -> None:
    ann = await followed.chat(ANN, "group")
    await followed.leave(ann)
    await followed.store.close_chat(ann, "blocked", followed.now)
    followed.now += 20 * DAY
    await followed.withdraw("a")
    followed.now += 20 * DAY
    await prune(followed)
    await followed.chat(ANN, "group")  # is back
    await followed.run()
    assert followed.revisions(ANN, "a") == [2]


# --- in chunks, interrupted anywhere, beside everything else -------------------------------------------------------


async def a_month(ledger: Ledger) -> None:
    """Something of everything."""
    for person in range(ANN, ANN + 7):
        await ledger.follow(person)
    await poll(ledger, said("first"))
    for day in range(6):
        await poll(ledger, said(f"p{day}"), said("first"))
        await ledger.push(f"Push {day}.")
        await ledger.run()
        ledger.now += DAY
    await ledger.store.close_chat(await ledger.chat(ANN), "blocked", ledger.now)
    await ledger.leave(await ledger.chat(ANN))
    await ledger.store.close_chat(await ledger.chat(ANN), "blocked", ledger.now)
    await ledger.store.in_file([("flood", None, None)], ledger.now)
    ledger.now += KEEP


async def test_interrupted_anywhere_it_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that ends after every single chunk, by a kill each time, ends where an undisturbed one does."""
    monkeypatch.setattr(pruning, "CHUNK", 3)
    states = []
    for name, disturbed in (("once", False), ("often", True)):
        ledger = Ledger(open_store(f"sqlite:///{tmp_path}/{name}.db"))
        await a_month(ledger)
        total, rounds = Pruned(), 0
        while disturbed:
            async for chunk in ledger.store.prune(ledger.now - KEEP):
                total += chunk
                break
            else:
                break
            rounds += 1
            await ledger.store.close()
            ledger.store = open_store(f"sqlite:///{tmp_path}/{name}.db")
        total += await prune(ledger)
        await nothing_is_left(ledger.store)
        tables = ("post", "delivery", "message", "shown", "known", "page", "chat", "subscription", "blog")
        states.append((total, {table: await count(ledger.store, table) for table in tables}))
        assert rounds > 20 or not disturbed
        await ledger.store.close()
    assert states[0] == states[1]


async def test_no_chunk_takes_more_rows_than_it_may(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 3)
    await a_month(ledger)
    async for chunk in ledger.store.prune(ledger.now - KEEP):
        assert all(went <= 3 for went in chunk.counts().values()), chunk


async def test_others_write_between_the_chunks(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 1)
    await a_month(ledger)
    await ledger.store.in_file([(BLOG, None, None)], ledger.now)
    at = 0
    async for _ in ledger.store.prune(ledger.now - KEEP):
        at += 1
        await ledger.publish(f"news {at}")
        await ledger.run()
    assert at > 10
    assert ledger.shown(ANN + 1)[-at:] == [f"news {n}" for n in range(1, at + 1)]


async def test_sending_goes_on_while_old_posts_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real sender and the local Telegram: what is young is corrected, what is new arrives, what is old stands."""
    monkeypatch.setattr(pruning, "CHUNK", 2)
    people = range(ANN, ANN + 5)
    async with newsroom(tmp_path) as room:
        await room.follow(*people)
        await room.publish(post("a"))
        await room.publish(post("b"))
        for person in people:
            await room.shows(person, "About a", "About b")
        later = datetime.now(UTC) + timedelta(days=29)
        await room.quiet()
        with closing(sqlite3.connect(room.store.path)) as db, db:  # a is old
            for table, columns in (
                ("post", ("first_seen_at", "public_at")),
                ("publication", ("done_at",)),
                ("delivery", ("settled_at", "first_sent_at")),
            ):
                which = "id" if table == "post" else "post"
                for column in columns:
                    db.execute(f"UPDATE {table} SET {column} = {column} - {2 * DAY} WHERE {which} = 1")
        pruner = Pruner(store=room.store, settings=lambda: room.settings, now=lambda: later, rest=0.0)
        published = 0
        async for chunk in pruner._chunks((later - room.settings.kept_for).timestamp()):
            published += 1
            await room.publish(post(f"n{published}"))
            assert chunk.posts <= 1
        await room.publish(post("b", "Corrected."))
        await room.telegram.until(lambda: all("Corrected." in room.screen(person)[1] for person in people))
        await room.telegram.until(lambda: all(_news(room.screen(person)) == published for person in people))
        assert all(room.screen(person)[0].startswith("About a") for person in people)
        await room.quiet()
        assert published > 5
        assert await room.store.post(1) is None
        assert not room.reports


def _news(screen: list[str]) -> int:
    return "\n".join(screen).count("About n")


async def test_a_chat_that_waits_all_the_time_gets_its_post_after_all(followed: Ledger) -> None:
    await followed.publish("b")
    for _ in range(50):
        await followed.deliver(lambda claim: TryLater(why="busy", after=0.5) if claim.telegram_id == BEN else None)
        followed.now += DAY
        await prune(followed)
    await followed.deliver()
    assert followed.shown(BEN) == ["a", "b"]


# --- the file ------------------------------------------------------------------------------------------------------


@on_sqlite
async def test_the_file_stops_growing(ledger: Ledger) -> None:
    """Weeks of a busy blog: when as much goes as comes in, the size stays as it is."""
    for person in range(ANN, ANN + 10):
        await ledger.follow(person)
    sizes = []
    for day in range(60):
        for n in range(4):
            text = " ".join(f"word{(day * 7919 + n * 104729 + at) % 5000}" for at in range(400))
            await ledger.publish(f"{day} {n}", post=Post(key=f"{day} {n}", title=f"Day {day}", text=text))
            await ledger.run()
        ledger.now += DAY
        await prune(ledger, days=6)
        sizes.append(_size(ledger.store))
    assert max(sizes[40:]) < 1.25 * max(sizes[20:40]), sizes
    assert await count(ledger.store, "delivery") == 6 * 4 * 10


@on_sqlite
async def test_empty_pages_are_given_back(ledger: Ledger) -> None:
    for n in range(300):
        await ledger.publish(f"{n}", post=Post(key=f"{n}", title="Long", text="words and words " * 1000))
    large = _size(ledger.store)
    ledger.now += KEEP + 1
    await prune(ledger)
    assert _size(ledger.store) < large / 3


def _size(store: Store) -> int:
    with closing(sqlite3.connect(store.path)) as db:
        pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * size)


# --- the loop ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def month_old(followed: Ledger) -> Ledger:
    followed.now += 31 * DAY
    return followed


async def test_messages_that_still_follow_edits_are_kept_whatever_keep_days_says(month_old: Ledger) -> None:
    def pruner(text: str) -> Pruner:
        settings = parse_settings(f'{text}\n[[blogs]]\nid = "{BLOG}"\nurl = "{URL}"', None, {})
        now = datetime.fromtimestamp(month_old.now, UTC)
        return Pruner(store=month_old.store, settings=lambda: settings, now=lambda: now, rest=0.0)

    assert await pruner('[delivery]\nedits_for = "40d"').round() == Pruned()
    assert await pruner("[storage]\nkeep_days = 32").round() == Pruned()
    assert await pruner("").round() == Pruned(posts=1, deliveries=2, messages=2)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST", "EVERY", "SPREAD"):
        monkeypatch.setattr(f"bot.pruning.{name}", 0.0)


async def test_rounds_follow_each_other_until_the_end_also_after_a_failure(
    month_old: Ledger, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = parse_settings(f'[[blogs]]\nid = "{BLOG}"\nurl = "{URL}"', None, {})
    rounds = asyncio.Queue[Pruned]()

    class Counting(Pruner):
        async def round(self) -> Pruned:
            if failures:
                raise failures.pop()
            rounds.put_nowait(await super().round())
            return Pruned()

    failures = [StoreError("disk full")]
    now = datetime.fromtimestamp(month_old.now, UTC)
    running = asyncio.create_task(Counting(store=month_old.store, settings=lambda: settings, now=lambda: now).run())
    assert [(await rounds.get()).posts for _ in range(3)] == [1, 0, 0]
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


# --- what takes long -----------------------------------------------------------------------------------------------


@on_sqlite
async def test_a_long_count_holds_up_nobody_who_asks_for_little(followed: Ledger) -> None:
    release = threading.Event()
    counting = asyncio.create_task(followed.store._db.count(lambda db: release.wait(30)))
    assert await headlines(followed) == ["a"]
    await followed.publish("b")
    assert not counting.done()
    release.set()
    assert await counting
