"""What is remembered of blogs: everything a diff needs, written together or not at all, carried along by renames."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.diff import diff
from bot.core.model import (
    ChangeKind,
    KeyKind,
    Memory,
    PageMemory,
    Post,
    Seen,
    Snapshot,
    SnapshotKind,
)
from bot.core.publishing import Audience, PostWrite, Publishing, Validators
from bot.core.standing import Alarm, Kind
from storage import Store, blogs, open_store
from tests.engines import opened
from tests.ledger import BLOG, NOON, URL, Ledger, exported

ANN, BEN = 2001, 2002
OTHER_URL = "https://blog.example/tomorrow"
AT = datetime(2026, 5, 4, 12, 30, 15, 123456, tzinfo=UTC)

# --- what a diff needs ---------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 bounds
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)

SEEN = st.builds(
    Seen,
    key=KEYS,
    key_kind=st.sampled_from(KeyKind),
    hash=TEXTS,
    title=st.none() | TEXTS,
    text=TEXTS,
    text_is_whole=st.booleans(),
    published_at=st.none() | INSTANTS,
    modified_at=st.none() | INSTANTS,
    first_seen_at=INSTANTS,
    withdrawn=st.booleans(),
    past=st.lists(TEXTS, max_size=3).map(tuple),
)
PAGES = st.builds(
    PageMemory,
    format=st.sampled_from(["jsonld", "rss"]),
    kind=st.sampled_from(SnapshotKind),
    order=st.lists(KEYS, max_size=4).map(tuple),
    pinned=st.frozensets(KEYS, max_size=2),
    missing=st.dictionaries(KEYS, st.integers(0, 9), max_size=3),
    doubted=st.frozensets(KEYS, max_size=2),
    modified_at=st.none() | INSTANTS,
    ignored=st.integers(0, 3),
    ended=st.booleans(),
    next_url=st.none() | st.just(OTHER_URL),
    anew=st.integers(0, 3),
    ids_fail=st.booleans(),
)
VALIDATORS = st.builds(Validators, etag=st.none() | TEXTS, last_modified=st.none() | TEXTS, body_hash=st.none() | TEXTS)


@settings(deadline=None, max_examples=50)
@given(
    seen=st.lists(SEEN, max_size=4, unique_by=lambda one: one.key),
    again=st.lists(SEEN, max_size=3, unique_by=lambda one: one.key),
    aliases=st.dictionaries(KEYS, KEYS, max_size=3),
    page=PAGES,
    validators=VALIDATORS,
)
def test_everything_a_diff_needs_comes_back_as_it_was(
    seen: list[Seen], again: list[Seen], aliases: dict[str, str], page: PageMemory, validators: Validators
) -> None:
    async def story(folder: str) -> None:
        store = open_store(f"sqlite:///{folder}/relay.db")
        first = Publishing(blog=BLOG, url=URL, now=NOON, seen=tuple(seen), aliases=aliases, page=page)
        await store.publish(first)
        await store.publish(Publishing(blog=BLOG, url=URL, now=NOON + 1, seen=tuple(again), validators=validators))
        remembered = {one.key: one for one in [*seen, *again]}
        expected = Memory(seen=remembered, aliases=aliases, page=page, started=True)
        assert await store.memory(BLOG, URL) == (expected, validators)
        assert await store.page(BLOG, URL) == (page, validators)
        assert await store.memory("flood", URL) == (Memory(), Validators())
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(story(folder))


@pytest.mark.parametrize("instant", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
async def test_an_impossible_date_of_a_page_does_not_make_its_blog_unreadable(store: Store, instant: datetime) -> None:
    seen = Seen(key="a", hash="h", first_seen_at=AT, published_at=instant)
    write = PostWrite(change=ChangeKind.NEW, post=Post(key="a", published_at=instant))
    await store.publish(Publishing(blog=BLOG, url=URL, now=NOON, writes=(write,), seen=(seen,)))
    memory, _ = await store.memory(BLOG, URL)
    published = memory.seen["a"].published_at
    assert published is not None
    assert published.year == instant.year
    (post,) = await store.latest(blogs=[BLOG], now=NOON, limit=5)
    assert post.published_at is not None


async def test_a_page_that_was_never_accepted_continues_the_blog(store: Store) -> None:
    page = PageMemory(format="jsonld", kind=SnapshotKind.FULL)
    await store.publish(Publishing(blog=BLOG, url=URL, now=NOON, page=page, seen=(_seen("a"),)))
    memory, validators = await store.memory(BLOG, OTHER_URL)
    assert (memory.page, memory.started, set(memory.seen)) == (None, True, {"a"})
    assert validators == Validators()


async def test_the_text_of_a_post_that_goes_on_under_another_key_is_remembered(ledger: Ledger) -> None:
    """What was re-published is followed under its first key; what its own page says of it is its own."""
    post = Post(key="a", title="Two boats lost", text="All are safe.")
    page = PageMemory(format="jsonld", kind=SnapshotKind.FULL, order=("a",))
    write = PostWrite(change=None, post=post)
    await ledger.change(write, seen=(_seen("a", text=post.text),), page=page)
    await ledger.change(seen=(_seen("z", text="All are safe, says the harbour."),), aliases={"z": "a"})
    memory, _ = await ledger.store.memory(BLOG, URL)
    assert memory.seen["z"].text == "All are safe, says the harbour."
    assert memory.seen["a"].text == "All are safe."


async def test_a_cleaner_copy_that_changes_nothing_for_readers_is_what_is_compared_next(ledger: Ledger) -> None:
    await ledger.publish("a", post=Post(key="a", text="Caf\ufffd"), seen=(_seen("a", text="Caf\ufffd"),))
    await ledger.change(seen=(_seen("a", text="Café"),))
    memory, _ = await ledger.store.memory(BLOG, URL)
    assert memory.seen["a"].text == "Café"


async def test_what_was_remembered_makes_the_next_look_at_the_same_page_find_nothing(ledger: Ledger) -> None:
    posts = tuple(Post(key=key, title=f"About {key}", text=f"Text of {key}.", published_at=AT) for key in "cba")
    snapshot = Snapshot(format="jsonld", kind=SnapshotKind.FULL, posts=posts, modified_at=AT)
    verdict = diff((await ledger.store.memory(BLOG, URL))[0], snapshot, AT)
    writes = [PostWrite(change=None, post=post) for post in verdict.stored]
    await ledger.change(*writes, seen=verdict.seen, aliases=verdict.aliases, page=verdict.page)
    again = diff((await ledger.store.memory(BLOG, URL))[0], snapshot, AT)
    assert (again.changes, again.stored, again.seen, again.page, again.alarm) == ((), (), (), None, None)


def _seen(key: str, text: str = "") -> Seen:
    return Seen(key=key, hash=f"hash of {text}", text=text, first_seen_at=AT)


# --- together or not at all ----------------------------------------------------------------------------------------


async def test_a_failure_in_the_middle_leaves_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    await ledger.follow(ANN)
    store, page = ledger.store, PageMemory(format="jsonld", kind=SnapshotKind.FULL, order=("old",))
    await ledger.publish("old", page=page, validators=Validators(etag="one"), seen=(_seen("old"),))
    before = (await store.memory(BLOG, URL), await store.latest(blogs=[BLOG], now=NOON, limit=9), await store.blogs())

    def broken(*args: object) -> None:
        raise RuntimeError("pulled the plug")

    two, newer = Validators(etag="two"), replace(page, order=("new", "old"))
    with monkeypatch.context() as patch:
        patch.setattr(blogs, "_advance", broken)
        with pytest.raises(RuntimeError):
            await ledger.publish("new", "newer", page=newer, validators=two, seen=(_seen("new"),))
    assert before == (
        await store.memory(BLOG, URL),
        await store.latest(blogs=[BLOG], now=NOON, limit=9),
        await store.blogs(),
    )
    await ledger.run()
    assert ledger.shown(ANN) == ["old"]
    await ledger.publish("new", validators=two)
    assert (await store.page(BLOG, URL))[1] == two


async def test_publishing_the_same_post_twice_sends_it_once(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a")
    again = PostWrite(change=ChangeKind.NEW, post=Post(key="a"))
    assert await ledger.change(again) == []
    await ledger.run()
    assert ledger.shown(ANN) == ["a"]


@pytest.mark.parametrize("change", [ChangeKind.EDITED, ChangeKind.WITHDRAWN, ChangeKind.RESTORED])
async def test_a_change_of_a_post_that_is_not_kept_any_more_tells_nobody(ledger: Ledger, change: ChangeKind) -> None:
    await ledger.follow(ANN)
    assert await ledger.change(PostWrite(change=change, post=Post(key="pruned"))) == []
    assert await ledger.run() == []


async def test_an_edit_without_a_time_keeps_the_time_of_the_post(ledger: Ledger) -> None:
    await ledger.publish("a", post=Post(key="a", published_at=AT))
    await ledger.edit("a")
    post = await ledger.store.post(ledger.numbers["a"])
    assert post is not None
    assert (post.published_at, post.text) == (AT, "Edited.")


async def test_pages_are_told_in_the_order_in_which_they_were_first_accepted(ledger: Ledger) -> None:
    page = PageMemory(format="jsonld", kind=SnapshotKind.FULL, order=("a",))
    for url, known in ((URL, page), (OTHER_URL, page), (URL, replace(page, order=("b", "a"), next_url=OTHER_URL))):
        ledger.now += 60
        await ledger.store.publish(Publishing(blog=BLOG, url=url, now=ledger.now, page=known))
    pages = await ledger.store.pages(BLOG)
    assert [one.url for one in pages] == [URL, OTHER_URL]
    moved_at = datetime.fromtimestamp(ledger.now, UTC)
    assert (pages[0].next_url, pages[0].moved_at) == (OTHER_URL, moved_at)
    ledger.now += 60
    later = replace(page, order=("c", "b"), next_url=OTHER_URL)
    await ledger.store.publish(Publishing(blog=BLOG, url=URL, now=ledger.now, page=later))
    assert (await ledger.store.pages(BLOG))[0].moved_at == moved_at, "it moved once"


# --- how blogs are -------------------------------------------------------------------------------------------------


async def test_the_state_of_a_blog_counts_its_posts_and_the_subscriptions_of_open_chats(ledger: Ledger) -> None:
    await ledger.store.in_file([(BLOG, "Storm", None), ("flood", None, None)], NOON)
    ann = await ledger.follow(ANN)
    await ledger.follow(BEN, "nato")
    await ledger.store.close_chat(ann, "blocked", NOON)
    await ledger.publish("a", "b", title="Storm of the page")
    storm, flood = await ledger.store.blogs(counted=True)
    assert (storm.id, storm.posts, storm.subscriptions, storm.started) == (BLOG, 2, 1, True)
    assert (flood.id, flood.posts, flood.subscriptions, flood.started, flood.last_post_at) == (
        "flood",
        0,
        0,
        False,
        None,
    )


async def test_the_last_post_of_a_blog_is_its_newest_also_when_it_stood_there_at_first_sight(ledger: Ledger) -> None:
    at = [datetime.fromtimestamp(NOON + seconds, UTC) for seconds in (-900, -60, 3600)]
    await ledger.change(*(PostWrite(change=None, post=Post(key=str(one), published_at=one)) for one in at))
    assert (await ledger.store.blogs())[0].last_post_at == NOON - 60, "not what claims to be of tomorrow"
    ledger.now += 10
    await ledger.publish("new")
    assert (await ledger.store.blogs())[0].last_post_at == NOON + 10
    ledger.now += 10
    await ledger.change(PostWrite(change=None, post=Post(key="backfill", published_at=at[0])))
    await ledger.edit("new")
    assert (await ledger.store.blogs())[0].last_post_at == NOON + 10


async def test_failed_polls_are_counted_until_one_works(store: Store) -> None:
    await store.in_file([(BLOG, None, None)], NOON)
    assert [await store.polled(BLOG, NOON + at, "times out") for at in (0, 1, 2)] == [1, 2, 3]
    (state,) = await store.blogs()
    assert (state.failures, state.error, state.polled_at, state.answered_at) == (3, "times out", NOON + 2, None)
    assert await store.polled(BLOG, NOON + 3, None) == 0
    (state,) = await store.blogs()
    assert (state.failures, state.error, state.answered_at) == (0, None, NOON + 3)


async def test_a_blog_ends_once_and_may_go_on(ledger: Ledger) -> None:
    async def ended_at(ended: bool | None) -> float | None:
        ledger.now += 10
        await ledger.change(ended=ended)
        return (await ledger.store.blogs())[0].ended_at

    assert [await ended_at(one) for one in (True, True, None, False, None)] == [NOON + 10] * 3 + [None] * 2


async def test_notes_are_kept_replaced_and_forgotten(store: Store) -> None:
    assert await store.note("colour") is None
    await store.keep_note("colour", "blue")
    await store.keep_note("colour", "green")
    assert await store.note("colour") == "green"
    await store.keep_note("colour", None)
    assert await store.note("colour") is None


# --- the file ------------------------------------------------------------------------------------------------------


async def test_a_renamed_blog_is_the_same_blog(ledger: Ledger) -> None:
    store = ledger.store
    await store.in_file([("old", "Storm", None)], NOON)
    ann = await ledger.follow(ANN, "nato", blog="old")
    page = PageMemory(format="jsonld", kind=SnapshotKind.FULL, order=("a",))
    await ledger.publish(
        "a",
        topics=("nato",),
        blog="old",
        page=page,
        seen=(_seen("a"),),
        aliases={"z": "a"},
        validators=Validators(etag="e"),
    )
    await ledger.run()
    await store.hold("old", NOON)
    await ledger.publish("b", topics=("nato",), blog="old")
    for kind, text in ((Kind.FAILING, "times out"), (Kind.PAGE, "odd")):
        await store.begin_alarm(Alarm(kind=kind, about="old", text=text, since=NOON))
    memory = await store.memory("old", URL)

    await store.in_file([(BLOG, None, "old")], NOON + 1)
    assert await store.memory(BLOG, URL) == memory
    assert await store.memory("old", URL) == (Memory(), Validators())
    (state,) = await store.blogs(counted=True)
    assert (state.id, state.title, state.held_at, state.alarm, state.posts) == (BLOG, "Storm", NOON, "odd", 2)
    assert [one.blog for one in await store.subscriptions(ann, 0)] == [BLOG]
    assert [(one.about, one.text) for one in await store.alarms()] == [(BLOG, "times out"), (BLOG, "odd")]
    assert [post.blog for post in await store.latest(blogs=[BLOG], now=NOON + 9, limit=5)] == [BLOG]
    assert await ledger.run() == [], "held as before"
    await store.release(BLOG, NOON + 2)
    ledger.now = NOON + 2
    await ledger.edit("a", topics=("nato",))
    await ledger.run()
    assert (ledger.shown(ANN), ledger.revisions(ANN, "a")) == (["a", "b"], [2])


async def test_a_rename_said_again_and_again_happens_once(ledger: Ledger) -> None:
    await ledger.store.in_file([("old", None, None)], NOON)
    await ledger.follow(ANN, blog="old")
    for _ in range(2):
        await ledger.store.in_file([(BLOG, None, "old")], NOON)
    assert len(await exported(ledger.store)) == 1
    assert [state.id for state in await ledger.store.blogs()] == [BLOG]


async def test_a_former_id_that_was_added_late_still_brings_its_followers(ledger: Ledger) -> None:
    """The file was saved without `was` first: the new blog took its own baseline meanwhile."""
    store = ledger.store
    await store.in_file([("old", None, None)], NOON)
    ann = await ledger.follow(ANN, blog="old")
    await ledger.publish("a", blog="old")
    await store.in_file([(BLOG, None, None)], NOON + 1)
    ben = await ledger.follow(BEN, blog=BLOG)
    await ledger.follow(BEN, "nato", blog="old")
    await ledger.change(PostWrite(change=None, post=Post(key="a")))
    await store.in_file([(BLOG, None, "old")], NOON + 2)
    assert [(one.blog, one.topics) for one in await store.subscriptions(ann, 0)] == [(BLOG, ())]
    assert [(one.blog, one.topics) for one in await store.subscriptions(ben, 0)] == [(BLOG, ())]
    assert await store.audience(Audience()) == 2


async def test_two_blogs_that_swap_their_ids_in_the_file_keep_what_they_have(ledger: Ledger) -> None:
    store = ledger.store
    await store.in_file([(BLOG, None, None), ("flood", None, None)], NOON)
    ann = await ledger.follow(ANN)
    await ledger.publish("a")
    await store.in_file([(BLOG, None, "flood"), ("flood", None, BLOG)], NOON)
    assert [one.blog for one in await store.subscriptions(ann, 0)] == [BLOG]
    assert len(await store.blogs()) == 2


async def test_a_blog_that_leaves_the_file_sleeps_and_wakes_with_its_subscriptions(ledger: Ledger) -> None:
    store = ledger.store
    await store.in_file([(BLOG, None, None), ("flood", None, None)], NOON)
    ann = await ledger.follow(ANN)
    await ledger.publish("a", seen=(_seen("a"),))
    await ledger.run()
    await store.in_file([("flood", None, None)], NOON + 1)
    assert [state.id for state in await store.blogs()] == ["flood"]
    assert await store.latest(blogs=[BLOG, "flood"], now=NOON + 9, limit=5) == []
    assert await store.audience(Audience()) == 0
    await store.in_file([("flood", None, None), (BLOG, None, None)], NOON + 2)
    assert [state.id for state in await store.blogs()] == [BLOG, "flood"], "in the order of their first appearance"
    assert len(await store.subscriptions(ann, 0)) == 1
    assert set((await store.memory(BLOG, URL))[0].seen) == {"a"}
    assert len(await store.latest(blogs=[BLOG], now=NOON + 9, limit=5)) == 1
    await ledger.publish("b")
    await ledger.run()
    assert ledger.shown(ANN) == ["a", "b"]


async def test_what_was_remembered_outlives_the_process(ledger: Ledger, fresh_url: str) -> None:
    page = PageMemory(format="jsonld", kind=SnapshotKind.FULL, order=("a",))
    await ledger.publish("a", page=page, seen=(_seen("a"),), validators=Validators(etag="e"))
    memory = await ledger.store.memory(BLOG, URL)
    await ledger.store.close()
    store = opened(fresh_url)
    assert await store.memory(BLOG, URL) == memory
    await store.close()


async def test_what_a_page_calls_things_may_be_longer_than_any_index_takes(ledger: Ledger) -> None:
    """Texts that cannot be compressed: an index of PostgreSQL takes 2,704 bytes."""
    key, alias, url, page_url = (secrets.token_urlsafe(15_000) for _ in range(4))
    page = PageMemory(format="jsonld", kind=SnapshotKind.FULL, order=(key,))
    remembered = {"seen": (_seen(key),), "aliases": {alias: key}, "page": page, "page_url": page_url}
    url = f"https://blog.example/{url}"
    await ledger.follow(ANN)
    post = Post(key=key, title=key, text=f"{alias} {page_url}", url=f"{url}#{alias}")
    writes = (PostWrite(change=ChangeKind.NEW, post=post),)
    publishing = Publishing(blog=BLOG, url=url, now=ledger.now, writes=writes, **remembered)  # type: ignore[arg-type]
    [number] = await ledger.store.publish(publishing)
    edited = (PostWrite(change=ChangeKind.EDITED, post=replace(post, text="Edited.")),)
    await ledger.store.publish(replace(publishing, writes=edited, validators=Validators(etag="e")))
    await ledger.run()
    assert ledger.screens.of(ANN) == [((number, 2),)]
    memory, validators = await ledger.store.memory(BLOG, url)
    assert list(memory.seen) == [key]
    assert memory.aliases == {alias: key}
    assert validators.etag == "e"
    assert [one.id for one in await ledger.store.find_posts(f"{url}#{alias}")] == [number]
    alarm = Alarm(kind=Kind.PAGE, about=BLOG, part=url, subject="s", text=url, since=ledger.now)
    begun = await ledger.store.begin_alarm(alarm)
    assert await ledger.store.alarms() == [begun]
