"""Subscriptions by plain words in the store: who is in the audience of a post, and of its edits."""

from __future__ import annotations

import asyncio
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import Post
from bot.core.publishing import Audience
from bot.core.wishes import Wish
from bot.core.words import searchable, typed
from storage import expansion, open_store
from tests.ledger import BLOG, Ledger

ANN, BEN, CLEO, DAN = 2001, 2002, 2003, 2004


async def wants(ledger: Ledger, person: int, *words: str, topics: tuple[str, ...] = ()) -> int:
    """Somebody follows these words; those with a - in front are left out."""
    chat = await ledger.chat(person)
    await ledger.store.subscribe(
        chat=chat,
        thread=0,
        blog=BLOG,
        topics=topics,
        words=[typed(word) for word in words if not word.startswith("-")],
        without=[typed(word) for word in words if word.startswith("-")],
        now=ledger.now,
    )
    return chat


def said(text: str, key: str = "a") -> Post:
    return Post(key=key, title=key, text=text)


@pytest.mark.parametrize(
    ("words", "text", "gets"),
    [
        (["bakhmut"], "In Bakhmut, again.", True),
        (["bakhmut"], "In Kyiv.", False),
        (["bakhmut", "kyiv"], "In Kyiv.", True),
        (["-football"], "In Kyiv.", True),
        (["-football"], "Football in Kyiv.", False),
        (["kyiv", "-football"], "Football in Kyiv.", False),
        (["power cut"], "A power cut.", True),
        (["power cut"], "A cut of power.", False),
        (["停電"], "東京で停電が続く", True),
        (["Málaga"], "Malaga", True),
        (["ky%"], "In Kyiv.", False),
    ],
)
async def test_a_word_that_a_post_says_brings_it_and_one_left_out_keeps_it_away(
    ledger: Ledger, words: list[str], text: str, gets: bool
) -> None:
    await wants(ledger, ANN, *words)
    await ledger.publish("a", post=said(text))
    await ledger.run()
    assert ledger.shown(ANN) == (["a"] if gets else [])


async def test_topics_and_words_add_up_and_pushes_are_for_everybody(ledger: Ledger) -> None:
    await wants(ledger, ANN, "bakhmut", "-attention", topics=("nato",))
    await ledger.publish("a", topics=("nato",), post=said("One."))
    await ledger.publish("b", post=said("Bakhmut.", "b"))
    await ledger.publish("c", post=said("Kyiv.", "c"))
    number = await ledger.push("Attention.")
    await ledger.run()
    assert ledger.shown(ANN) == [f"push {number}", "a", "b"]
    assert await ledger.store.audience(Audience(blog=BLOG, topics=("eu",))) == 0


# --- edits ---------------------------------------------------------------------------------------------------------


async def test_an_edit_that_brings_the_word_makes_the_post_new_for_who_lacks_it_only(ledger: Ledger) -> None:
    await wants(ledger, ANN, "bakhmut")
    await wants(ledger, BEN, "kyiv")
    await wants(ledger, CLEO, "-kyiv")
    await wants(ledger, DAN)
    await ledger.publish("a", post=said("In Kyiv."))
    await ledger.run()
    assert [bool(ledger.shown(who)) for who in (ANN, BEN, CLEO, DAN)] == [False, True, False, True]
    ledger.now += 1
    await wants(ledger, 2005, "kyiv")  # it came later: what it matched before is not for it
    await ledger.edit("a", text="In Kyiv and Bakhmut.")
    await ledger.run()
    assert [ledger.shown(who) for who in (ANN, BEN, CLEO, DAN, 2005)] == [["a"], ["a"], [], ["a"], []]
    await ledger.edit("a", text="In Bakhmut.")
    await ledger.run()
    assert [ledger.shown(who) for who in (ANN, BEN, CLEO, DAN, 2005)] == [["a"], ["a"], ["a"], ["a"], []]
    assert [ledger.revisions(who, "a") for who in (ANN, BEN, CLEO, DAN)] == [[3], [3], [3], [3]]


async def test_an_edit_that_says_nothing_new_opens_no_audience_where_nobody_has_words(ledger: Ledger) -> None:
    await ledger.follow(ANN)
    await ledger.publish("a", post=said("One."))
    await ledger.edit("a", text="Two.")
    kinds = await ledger.store._db.read(lambda db: db.execute("SELECT kind FROM publication ORDER BY id").fetchall())
    assert [row["kind"] for row in kinds] == ["new", "change"]


async def test_edits_one_after_the_other_lose_nobody(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "CHUNK", 1)
    for person in range(3000, 3006):
        await wants(ledger, person, "one", "two")
    await ledger.publish("a", post=said("Nothing."))
    await ledger.run()
    await ledger.edit("a", text="One.")
    await ledger.edit("a", text="One and two.")
    await ledger.edit("a", text="Two.")
    await ledger.run()
    assert [ledger.shown(person) for person in range(3000, 3006)] == [["a"]] * 6


# --- what waits ----------------------------------------------------------------------------------------------------


async def test_what_waits_and_is_left_out_now_is_dropped_and_the_rest_stays(ledger: Ledger) -> None:
    await wants(ledger, ANN)
    await ledger.publish("a", post=said("Football."))
    await ledger.publish("b", post=said("Bakhmut.", "b"))
    await ledger.publish("c", topics=("nato",), post=said("Summit.", "c"))
    await ledger.expand()
    await wants(ledger, ANN, "bakhmut", "-football", topics=("nato",))
    await ledger.run()
    assert ledger.shown(ANN) == ["b", "c"]


async def test_what_was_sent_and_is_left_out_now_still_follows_its_edits(ledger: Ledger) -> None:
    await wants(ledger, ANN)
    await ledger.publish("a", post=said("Football."))
    await ledger.run()
    await wants(ledger, ANN, "-football")
    await ledger.edit("a", text="Football, corrected.")
    await ledger.run()
    assert ledger.revisions(ANN, "a") == [2]


async def test_words_come_back_as_they_were_kept(ledger: Ledger) -> None:
    chat = await wants(ledger, ANN, "Málaga", "power cut", "停電", "-Łódź")
    (kept,) = await ledger.store.subscriptions(chat, 0)
    assert kept.wish == Wish(words=("málaga", "power_cut", "停_電"), without=("łódź",))


# --- the two ways to say it are one ----------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["a", "b", "á", "a b", "b á", "電", "電停", "c-d", "old town"]), max_size=3)
TOPICS = st.lists(st.sampled_from(["nato", "old-town"]), max_size=2, unique=True)
TEXTS = st.lists(st.sampled_from(["a", "b", "Á", "電停", "停", "c", "d", "old", "town", "\n"]), max_size=7).map(
    " ".join
)


@settings(deadline=None, max_examples=60)
@given(words=WORDS, without=WORDS, follows=TOPICS, has=TOPICS, text=TEXTS, edited=TEXTS)
def test_the_store_and_the_rule_agree(
    words: list[str],
    without: list[str],
    follows: list[str],
    has: list[str],
    text: str,
    edited: str,
) -> None:
    wish = Wish(
        topics=tuple(follows),
        words=tuple(dict.fromkeys(map(typed, words))),
        without=tuple(dict.fromkeys(map(typed, without))),
    )

    async def story(folder: str) -> None:
        store = open_store(f"sqlite:///{folder}/relay.db")
        try:
            ledger = Ledger(store)
            await wants(ledger, ANN, *words, *(f"-{word}" for word in without), topics=tuple(follows))
            await ledger.publish("p", topics=has, post=said(text, "p"))
            await ledger.run()
            first = wish.matches(has, searchable("p", text, tuple(has)))
            assert bool(ledger.shown(ANN)) is first
            await ledger.edit("p", topics=has, text=edited)
            await ledger.run()
            assert bool(ledger.shown(ANN)) is (first or wish.matches(has, searchable("p", edited, tuple(has))))
        finally:
            await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(story(folder))
