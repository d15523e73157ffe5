"""What a poll is given to remember: as little as it needs, and nothing that would make it conclude otherwise."""

from __future__ import annotations

import asyncio
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.diff import confirm, diff, needs_all
from bot.core.model import ChangeKind, Snapshot, Verdict
from bot.core.publishing import Publishing
from storage import Store, open_store
from tests.blog_builders import at, page, post
from tests.ledger import BLOG, NOON
from tests.test_diff_sequences import WILD_PAGES

URLS = ("https://blog.example/monday", "https://blog.example/tuesday")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(URLS), WILD_PAGES), max_size=12))
def test_remembering_only_what_is_on_the_page_concludes_the_same(polls: list[tuple[str, Snapshot]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_compare(open_store(f"sqlite:///{folder}/relay.db"), polls))


async def _compare(store: Store, polls: list[tuple[str, Snapshot]]) -> None:
    for minute, (url, snapshot) in enumerate(polls):
        now = at(minute)
        everything, _ = await store.memory(BLOG, url)
        little, _ = await store.memory(BLOG, url, [one.key for one in snapshot.posts])
        assert needs_all(little, snapshot) == needs_all(everything, snapshot)
        verdict = diff(everything, snapshot, now)
        if not needs_all(little, snapshot):
            assert diff(little, snapshot, now) == verdict
        least, _ = await store.memory(BLOG, url, ())
        assert confirm(least, now) == confirm(everything, now)
        await _write(store, url, verdict, NOON + minute)
    await store.close()


async def _write(store: Store, url: str, verdict: Verdict, now: float) -> None:
    about = {"seen": verdict.seen, "aliases": verdict.aliases} if verdict.accepted else {}
    await store.publish(Publishing(blog=BLOG, url=url, now=now, page=verdict.page, **about))  # type: ignore[arg-type]


@pytest.mark.parametrize("keys", ["cba", "dcb", "zyx", ""])
async def test_a_poll_is_given_what_its_page_lists_and_not_what_the_blog_ever_had(store: Store, keys: str) -> None:
    for number, snapshot in enumerate([page(*"cba"), page(*"hgfed"), page(*"mlkji")]):
        memory, _ = await store.memory(BLOG, URLS[0])
        await _write(store, URLS[0], diff(memory, snapshot, at(number)), NOON + number)
    given, _ = await store.memory(BLOG, URLS[0], keys)
    assert given.seen.keys() == {*"mlkji"} | {*keys} & {*"abcdefgh"}
    assert needs_all(given, page(*"zyxw")), "nearly all are new: they may be known under other keys"


async def test_a_page_never_seen_before_is_given_everything(store: Store) -> None:
    memory, _ = await store.memory(BLOG, URLS[0], "cba")
    assert not needs_all(memory, page(*"cba")), "a blog never seen before has nothing to remember"
    await _write(store, URLS[0], diff(memory, page(*"cba"), at(0)), NOON)
    memory, _ = await store.memory(BLOG, URLS[1], "c")
    assert needs_all(memory, page(post("c")))
    memory, _ = await store.memory(BLOG, URLS[1])
    assert [one.kind for one in diff(memory, page(post("n", title="Not before")), at(1)).changes] == [ChangeKind.NEW]
