"""Posts for people who ask: newest, by topic, by words; and what is in none of these lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.model import ChangeKind, Embed, Entity, Image, Post, Relayed
from bot.core.paging import Sought, Span, Turn
from bot.core.publishing import PostWrite, PushText
from bot.core.wishes import Wish
from tests.ledger import BLOG, NOON, Ledger

BOTH = [BLOG, "flood"]


def at(minute: int) -> datetime:
    return datetime.fromtimestamp(NOON + 60 * minute, UTC)


async def newest(ledger: Ledger, limit: int = 20, blogs: Sequence[str] = (BLOG,)) -> list[str | None]:
    return [post.title for post in await ledger.store.latest(blogs=blogs, now=ledger.now, limit=limit)]


async def found(ledger: Ledger, words: str, limit: int = 20, blogs: Sequence[str] = (BLOG,)) -> list[str | None]:
    return [post.title for post in await ledger.store.search(words=words, blogs=blogs, now=ledger.now, limit=limit)]


async def of_topic(ledger: Ledger, topic: str, limit: int) -> list[str | None]:
    page = await ledger.store.listed(
        Sought(blogs=dict.fromkeys(BOTH, Wish(topics=(topic,)))), now=ledger.now, limit=limit
    )
    return [post.title for post in page.posts] if page else []


async def tell(ledger: Ledger, title: str, text: str = "", *, blog: str = BLOG, **about: object) -> int:
    post = Post(key=title, title=title, text=text, **about)  # type: ignore[arg-type]
    return (await ledger.publish(title, post=post, blog=blog))[0]


# --- newest first --------------------------------------------------------------------------------------------------


async def test_the_newest_are_those_published_last_then_those_seen_last(ledger: Ledger) -> None:
    await tell(ledger, "late", published_at=at(-5))
    await tell(ledger, "early", published_at=at(-50))
    ledger.now += 1
    await tell(ledger, "as late, seen later", published_at=at(-5))
    await tell(ledger, "undated")
    await tell(ledger, "undated, after it")
    assert await newest(ledger) == ["undated, after it", "undated", "as late, seen later", "late", "early"]


async def test_the_newest_of_several_blogs_are_mixed_and_no_more_than_asked_for(ledger: Ledger) -> None:
    for minute in range(6):
        await tell(ledger, str(minute), blog=BOTH[minute % 2], published_at=at(minute - 10))
    assert await newest(ledger, 4, BOTH) == ["5", "4", "3", "2"]
    assert await newest(ledger, 2, ["flood"]) == ["5", "3"]
    assert await newest(ledger, 0, BOTH) == []
    assert await newest(ledger, 5, []) == []
    assert await newest(ledger, 5, ["nowhere"]) == []


async def test_a_post_comes_back_as_rendering_needs_it(ledger: Ledger) -> None:
    pictures = (
        Image(url="https://blog.example/1.jpg", caption="The quay", credit="Ann Lee"),
        Image(url="https://blog.example/2.jpg"),
    )
    bold = (Entity(type="bold", offset=0, length=3),)
    film = (Embed(kind="youtube", url="https://www.youtube.com/watch?v=1", title="The storm"),)
    post = Post(
        key="a",
        title="Two boats lost",
        title_is_derived=True,
        text="All are safe.",
        entities=bold,
        embeds=film,
        published_at=at(-3),
        authors=("A. Reporter", "B. Writer"),
        images=pictures,
        url="https://blog.example/live#a",
        pinned=True,
        key_event=True,
        struck=True,
    )
    write = PostWrite(change=ChangeKind.NEW, post=post, topics=("ferries", "nato"), summary="Safe.")
    (number,) = await ledger.change(write)
    expected = Relayed(
        id=number,
        revision=1,
        blog=BLOG,
        title="Two boats lost",
        title_is_derived=True,
        text="All are safe.",
        entities=bold,
        embeds=film,
        summary="Safe.",
        published_at=at(-3),
        first_seen_at=at(0),
        authors=("A. Reporter", "B. Writer"),
        topics=("ferries", "nato"),
        pictures=pictures,
        photo="https://blog.example/1.jpg",
        url="https://blog.example/live#a",
        pinned=True,
        key_event=True,
        struck=True,
    )
    assert await ledger.store.post(number) == expected
    assert await ledger.store.latest(blogs=[BLOG], now=NOON, limit=1) == [expected]
    assert await ledger.store.search(words="boats", blogs=[BLOG], now=NOON, limit=1) == [expected]
    assert await ledger.store.post(number + 1) is None


async def test_an_edit_brings_the_formatting_of_its_own_text(ledger: Ledger) -> None:
    film = (Embed(kind="video", url="https://blog.example/1.mp4"),)
    number = await tell(ledger, "a", "Old words", entities=(Entity(type="bold", offset=4, length=5),), embeds=film)
    await ledger.edit("a", text="New")
    post = await ledger.store.post(number)
    assert post is not None
    assert (post.text, post.entities, post.embeds) == ("New", (), ())


async def test_an_editors_formatting_comes_back_too(ledger: Ledger) -> None:
    entities = (
        Entity(type="bold", offset=0, length=4),
        Entity(type="text_link", offset=5, length=2, url="https://x.y"),
    )
    number = await ledger.store.draft(author=1, text=PushText(text="Read on", entities=entities), now=NOON)
    post = await ledger.store.post(number)
    assert post is not None
    assert (post.blog, post.text, post.entities) == (None, "Read on", entities)


# --- in no list ----------------------------------------------------------------------------------------------------


async def withdrawn(ledger: Ledger) -> None:
    await ledger.withdraw("secret")


async def held_by_an_editor(ledger: Ledger) -> None:
    await ledger.store.hold(BLOG, ledger.now)
    await tell(ledger, "secret held", "secret words")
    await ledger.withdraw("secret")


async def left_the_file(ledger: Ledger) -> None:
    await ledger.store.in_file([("flood", None, None)], ledger.now)


async def of_an_editor(ledger: Ledger) -> None:
    await ledger.withdraw("secret")
    await ledger.push("secret words")


async def asked_for_elsewhere(ledger: Ledger) -> None:
    await ledger.withdraw("secret")
    await tell(ledger, "secret there", "secret words", blog="flood")


@pytest.mark.parametrize("made_so", [withdrawn, held_by_an_editor, left_the_file, of_an_editor, asked_for_elsewhere])
async def test_what_is_not_public_is_in_no_list(ledger: Ledger, made_so: Callable[[Ledger], Awaitable[None]]) -> None:
    await ledger.publish("secret", topics=("nato",), post=Post(key="secret", title="secret", text="secret words"))
    assert await newest(ledger) == await found(ledger, "secret") == ["secret"]
    await made_so(ledger)
    store, now = ledger.store, ledger.now
    assert await newest(ledger) == []
    assert await found(ledger, "secret") == []
    assert await of_topic(ledger, "nato", 5) == []
    assert await store.topics(blogs=[BLOG], now=now) == {}


async def test_what_waits_for_the_blogs_hold_is_public_when_it_goes_out(ledger: Ledger) -> None:
    await ledger.publish("a", hold=60.0)
    ledger.now += 59
    assert await newest(ledger) == []
    ledger.now += 1
    assert await newest(ledger) == ["a"]


async def test_what_waits_for_the_blogs_hold_when_an_editor_holds_it_is_public_only_after_the_release(
    ledger: Ledger,
) -> None:
    await ledger.publish("a", hold=60.0)
    await ledger.store.hold(BLOG, ledger.now + 30)
    ledger.now += 90
    assert await newest(ledger) == await found(ledger, "a") == []
    await ledger.store.release(BLOG, ledger.now)
    assert await newest(ledger) == await found(ledger, "a") == ["a"]


async def test_what_came_before_the_hold_stays_public(ledger: Ledger) -> None:
    await ledger.publish("a")
    await ledger.store.hold(None, ledger.now)
    assert await newest(ledger) == ["a"]


async def test_a_post_that_returns_is_listed_again_with_its_new_text(ledger: Ledger) -> None:
    await ledger.publish("a", post=Post(key="a", title="a", text="storm surge"))
    await ledger.withdraw("a")
    await ledger.restore("a")
    assert (await newest(ledger), await found(ledger, "back"), await found(ledger, "surge")) == (["a"], ["a"], [])


# --- topics --------------------------------------------------------------------------------------------------------


async def test_topics_are_counted_by_whole_ids_the_most_used_first(ledger: Ledger) -> None:
    await ledger.publish("a", topics=("nato",))
    await ledger.publish("b", topics=("nato-summit", "kyiv"))
    ledger.now += 60
    await ledger.publish("c", topics=("kyiv",))
    await ledger.publish("d", topics=("kyiv",), blog="flood")
    store, now = ledger.store, ledger.now
    assert list((await store.topics(blogs=BOTH, now=now)).items()) == [("kyiv", 3), ("nato", 1), ("nato-summit", 1)]
    assert await store.topics(blogs=[BLOG], now=now, since=now) == {"kyiv": 1}
    assert await of_topic(ledger, "nato", 5) == ["a"]
    assert await of_topic(ledger, "kyiv", 2) == ["d", "c"]


# --- words ---------------------------------------------------------------------------------------------------------

TEXTS = {
    "Ferry sails": "The ferry to Split leaves the quay, as 20 passengers wait.",
    "Naïve São Paulo": "Élan vital in Ångström's café.",
    "Київ і Москва": "Зустріч у Києві почалася.",
    "हिन्दी समाचार": "दिल्ली में बैठक शुरू हुई।",
    "東京で大地震": "気象庁によると震度6強。",
    "ภาษาไทย": "นายกรัฐมนตรีแถลงข่าว",
    "مرحبا بالعالم": "أخبار اليوم من غزة",
    "State-of-the-art C++": "It's 50% done: foo_bar AND NOT baz.",
}


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("ferry", ["Ferry sails"]),
        ("FERRY", ["Ferry sails"]),
        ("ferr", ["Ferry sails"]),
        ("ferr sails", []),
        ("sails ferr", ["Ferry sails"]),
        ("ferry bicycle", []),
        ("quay, passengers!", ["Ferry sails"]),
        ("20", ["Ferry sails"]),
        ("naive", ["Naïve São Paulo"]),
        ("sao paulo", ["Naïve São Paulo"]),
        ("SÃO", ["Naïve São Paulo"]),
        ("angstrom cafe", ["Naïve São Paulo"]),
        ("київ", ["Київ і Москва"]),
        ("МОСК", ["Київ і Москва"]),
        ("fe", ["Ferry sails"]),
        ("f", []),
        ("हिन्दी", ["हिन्दी समाचार"]),
        ("दिल्ली बैठक", ["हिन्दी समाचार"]),
        ("हद", []),
        ("東京", ["東京で大地震"]),
        ("地震", ["東京で大地震"]),
        ("地震 震度", ["東京で大地震"]),
        ("震度 ferry", []),
        ("รัฐมนตรี", ["ภาษาไทย"]),
        ("مرحبا", ["مرحبا بالعالم"]),
        ("غزة", ["مرحبا بالعالم"]),
        ("state-of-the-art", ["State-of-the-art C++"]),
        ("foo_bar", ["State-of-the-art C++"]),
        ("it's", ["State-of-the-art C++"]),
        ("done and not", ["State-of-the-art C++"]),
        ("", []),
        ("   ", []),
        ("!?", []),
        ("-", []),
    ],
)
async def test_every_word_must_occur_and_the_last_may_be_a_beginning(
    ledger: Ledger, words: str, titles: list[str]
) -> None:
    for title, text in TEXTS.items():
        await tell(ledger, title, text)
    assert await found(ledger, words) == titles


@pytest.mark.parametrize(
    "words",
    [
        '"ferry"',
        "ferry*",
        "^ferry",
        "title:ferry",
        "(ferry",
        "ferry)",
        "ferry OR",
        "ferry AND sails",
        "NOT ferry",
        "NEAR(ferry sails)",
        "-ferry",
        "+ferry",
        "{title}: ferry",
        'ferry" OR "quay',
        "ferry'; DROP TABLE post; --",
        "ferry\x00quay",
        "%",
        "_",
        "\\",
        "🙂 ferry",
        "\u200dferry",
        "ferry " * 500,
        "x" * 5000,
    ],
)
async def test_operators_and_quotes_are_just_words(ledger: Ledger, words: str) -> None:
    await tell(ledger, "Ferry sails", "or and not near title drop table post")
    await tell(ledger, "Another", "without it")
    assert "Another" not in await found(ledger, words)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
async def test_nothing_that_can_be_typed_is_an_error(ledger: Ledger, words: str) -> None:
    if not ledger.numbers:
        await tell(ledger, "Ferry sails", "The quay is empty.")
        ledger.numbers["Ferry sails"] = 1
    assert len(await found(ledger, words)) <= 1
    assert await of_topic(ledger, words, 5) == []


async def test_what_is_found_is_told_newest_first_and_no_more_than_asked_for(ledger: Ledger) -> None:
    await tell(ledger, "Ferry", "The harbour is empty.", published_at=at(-30))
    await tell(ledger, "Harbour", "The ferry leaves.", published_at=at(-10))
    await tell(ledger, "Quay", "No ferry, no harbour.", published_at=at(-20))
    assert await found(ledger, "ferry") == ["Harbour", "Quay", "Ferry"]
    assert await found(ledger, "ferry", limit=2) == ["Harbour", "Quay"]


async def test_an_edited_post_is_found_by_its_new_words_only(ledger: Ledger) -> None:
    await tell(ledger, "a", "two boats")
    await ledger.edit("a", text="three boats")
    assert (await found(ledger, "two"), await found(ledger, "three")) == ([], ["a"])


# --- pages ---------------------------------------------------------------------------------------------------------


async def page(ledger: Ledger, turn: Turn | None, limit: int = 2, **sought: Any) -> tuple[list[str | None], str]:
    """The titles, and the directions in which there is more."""
    wish = Sought(**{"blogs": dict.fromkeys(BOTH, Wish())} | sought)
    found = await ledger.store.listed(wish, now=ledger.now, limit=limit, turn=turn)
    assert found is not None
    return [post.title for post in found.posts], "newer " * found.newer + "older" * found.older


async def test_pages_neither_shift_nor_repeat_what_was_shown_while_posts_come_in(ledger: Ledger) -> None:
    numbers = [await tell(ledger, str(minute), blog=BOTH[minute % 2], published_at=at(minute)) for minute in range(6)]
    assert await page(ledger, None) == (["5", "4"], "older")
    await tell(ledger, "breaking", published_at=at(7))
    second = await page(ledger, Turn(older=True, post=numbers[4]))
    assert second == (["3", "2"], "newer older")
    assert await page(ledger, Turn(older=True, post=numbers[2])) == (["1", "0"], "newer ")
    assert await page(ledger, Turn(older=False, post=numbers[1])) == second
    assert await page(ledger, Turn(older=False, post=numbers[3])) == (["5", "4"], "newer older")


async def test_a_page_begins_at_a_post_that_was_withdrawn_meanwhile(ledger: Ledger) -> None:
    numbers = [await tell(ledger, str(minute), published_at=at(minute)) for minute in range(5)]
    await ledger.withdraw("3")
    assert await page(ledger, Turn(older=True, post=numbers[3])) == (["2", "1"], "newer older")
    await ledger.withdraw("4")
    assert await page(ledger, Turn(older=False, post=numbers[3])) == (["2", "1"], "older")  # the first page


async def test_of_posts_from_the_same_second_none_is_passed_over(ledger: Ledger) -> None:
    numbers = [await tell(ledger, str(number), published_at=at(0)) for number in range(5)]
    shown, _ = await page(ledger, None)
    for _ in range(2):
        turned, _ = await page(ledger, Turn(older=True, post=numbers[int(shown[-1] or 0)]))
        shown += turned
    assert shown == ["4", "3", "2", "1", "0"]


async def test_the_post_of_a_page_may_be_kept_no_more(ledger: Ledger) -> None:
    await tell(ledger, "a")
    sought = Sought(blogs={BLOG: Wish()})
    assert await ledger.store.listed(sought, now=ledger.now, limit=2, turn=Turn(older=True, post=99)) is None


async def test_a_span_begins_after_the_last_look_whatever_time_a_post_names(ledger: Ledger) -> None:
    await tell(ledger, "before")
    ledger.now += 100
    await tell(ledger, "dated back", published_at=at(-1))
    await tell(ledger, "found, not happened", published_at=at(-90))
    await tell(ledger, "key", key_event=True)
    ledger.now += 100
    await tell(ledger, "after")
    span = Span(since=NOON + 50, until=NOON + 150, oldest=NOON - 3600)
    assert await page(ledger, None, 9, span=span) == (["key", "dated back"], "")
    assert await page(ledger, None, 9, span=span, key_events=True) == (["key"], "")
    wish = Sought(blogs={BLOG: Wish()}, span=span)
    assert await ledger.store.tally(wish, now=ledger.now) == (2, {})


async def test_a_list_can_be_of_what_a_subscription_wants(ledger: Ledger) -> None:
    await tell(ledger, "a ferry", "It sails to Split.")
    await tell(ledger, "rain", "It rains in Split.")
    await tell(ledger, "strike", "No ferry sails.")
    for wish, titles in (
        (Wish(words=("ferry",)), ["strike", "a ferry"]),
        (Wish(words=("ferry",), without=("split",)), ["strike"]),
        (Wish(without=("rain", "rains")), ["strike", "a ferry"]),
    ):
        assert (await page(ledger, None, 5, blogs={BLOG: wish}))[0] == titles
        assert (await ledger.store.tally(Sought(blogs={BLOG: wish}), now=ledger.now))[0] == len(titles)


async def test_words_too_long_for_a_button_are_kept_for_a_month(ledger: Ledger) -> None:
    short = await ledger.store.keep_words("very long words", NOON)
    assert await ledger.store.keep_words("very long words", NOON + 86_400) == short
    assert await ledger.store.kept_words(short) == "very long words"
    await ledger.store.keep_words("others", NOON + 33 * 86_400)
    assert await ledger.store.kept_words(short) is None
