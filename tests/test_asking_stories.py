"""Blogs behind APIs, from what is asked to what stands in the chats. Counted by what the local Telegram shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.api_answers import live24_news
from tests.asking_house import ANN, Hand, House, house
from tests.live_apis import AlJazeera, Guardian, Live24, Scribble, Sourcefabric, WordPress
from tests.service import service

GONE = "withdrawn by the publisher"


@pytest.fixture
def hand() -> Hand:
    return Hand()


# --- WordPress ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def press(hand: Hand) -> AsyncIterator[WordPress]:
    async with WordPress(clock=hand) as api:
        for number in range(1, 13):
            api.say(number, seconds_ago=7200 - 60 * number)
        yield api


@pytest.fixture
async def liveblog(tmp_path: Path, press: WordPress, hand: Hand) -> AsyncIterator[House]:
    async with house(tmp_path, press, press.url, hand) as one:
        yield one


async def test_wordpress_posts_edits_and_deletions_reach_the_chat_by_what_changed(
    liveblog: House, press: WordPress
) -> None:
    await liveblog.poll()
    press.say(13, text="Quay shut.")
    press.say(14)
    await liveblog.poll()
    assert await liveblog.screen() == ["Quay shut.", "Body of post 14."]
    press.say(13, "update", "Quay open.")
    press.say(14, "delete")
    press.say(15)
    await liveblog.poll()
    first, second, third = await liveblog.screen()
    assert (first, third) == ("Quay open.", "Body of post 15.")
    assert second.startswith(GONE)
    press.take_asked()
    await liveblog.poll(3)
    assert all("/entries/" in asked for asked in press.take_asked())
    assert len(await liveblog.screen()) == 3


async def test_wordpress_is_listed_at_first_sight_every_tenth_poll_and_after_a_long_silence(
    liveblog: House, press: WordPress
) -> None:
    await liveblog.poll()
    first = press.take_asked()
    newest = press.rows[-1]["timestamp"]
    base = "/wp-json/liveblog/v1/7/get-entries"
    assert first == [f"{base}/1/latest", f"{base}/2/12-{newest}", f"{base}/3/12-{newest}"]
    await liveblog.poll(20)
    assert [asked for asked in press.take_asked() if "get-entries" in asked] == [f"{base}/1/latest"] * 2
    await liveblog.poll(every=timedelta(hours=1))
    assert f"{base}/1/latest" in press.take_asked()


async def test_wordpress_times_are_rounded_and_overlap_and_nothing_comes_twice(
    liveblog: House, press: WordPress, hand: Hand
) -> None:
    await liveblog.poll()
    press.say(13)
    await liveblog.poll(2)
    press.take_asked()
    await liveblog.poll()
    (asked,) = press.take_asked()
    since, until = (int(one) for one in asked.strip("/").split("/")[-2:])
    assert (since % 10, until % 10) == (0, 0)
    assert since <= press.rows[-1]["timestamp"] - 30
    assert 0 <= hand().timestamp() - until < 10
    await liveblog.poll(12)
    assert await liveblog.screen() == ["Body of post 13."]


async def test_wordpress_a_restart_goes_on_where_it_stopped_however_much_came_meanwhile(
    liveblog: House, press: WordPress, hand: Hand
) -> None:
    await liveblog.poll()
    for number in range(13, 40):  # more than any page shows
        hand.now += timedelta(minutes=3)
        press.say(number)
    press.say(3, "update", "Long ago, and other words.")
    liveblog.restart()
    await liveblog.poll()
    shown = "\n".join(liveblog.room.screen(ANN)) if await liveblog.screen() else ""
    posts = await liveblog.room.store.latest(blogs=["storm"], now=hand().timestamp() + 1, limit=100)
    assert {f"Body of post {number}." for number in range(13, 40)} <= {post.title for post in posts}
    assert shown.count("Body of post 13.") == shown.count("Body of post 39.") == 1
    assert "Long ago" not in shown


async def test_wordpress_an_edit_of_a_post_from_before_first_sight_is_no_news(
    liveblog: House, press: WordPress
) -> None:
    press.per_page = 1
    press.rows[:0] = [{**press.rows[0], "id": str(number)} for number in range(100, 130)]
    await liveblog.poll()
    press.say(101, "update", "Never seen before.")
    press.say(13)
    await liveblog.poll(2)
    assert await liveblog.screen() == ["Body of post 13."]


async def test_wordpress_a_post_that_was_deleted_without_a_word_is_withdrawn_by_its_hole(
    liveblog: House, press: WordPress
) -> None:
    await liveblog.poll()
    for number in (13, 14, 15):
        press.say(number)
        await liveblog.poll()
    await liveblog.poll(10)
    press.rows = [row for row in press.rows if row["id"] != "14"]
    await liveblog.poll(13)
    first, second, third = await liveblog.screen()
    assert (first, third) == ("Body of post 13.", "Body of post 15.")
    assert second.startswith(GONE)


async def test_wordpress_without_changes_to_be_had_is_read_by_its_page(liveblog: House, press: WordPress) -> None:
    await liveblog.poll()
    press.ill = lambda asked: 404 if "/entries/" in asked else None
    press.say(13)
    await liveblog.poll(3)
    assert await liveblog.screen() == ["Body of post 13."]
    assert len(liveblog.reports) == 1
    assert liveblog.reports[0].startswith("storm (wordpress): what changed cannot be asked for: answers 404")
    press.ill = lambda asked: None
    await liveblog.poll(2)
    assert len(liveblog.reports) == 2
    assert "as it should be again" in liveblog.reports[1]


async def test_wordpress_what_changed_is_relayed_though_the_page_fails(liveblog: House, press: WordPress) -> None:
    await liveblog.poll(9)
    press.ill = lambda asked: 500 if "get-entries" in asked else None
    press.say(13)
    await liveblog.poll(4)
    assert await liveblog.screen() == ["Body of post 13."]
    assert len(liveblog.reports) == 1
    assert liveblog.reports[0].startswith("storm (wordpress): answers 500")
    press.ill = lambda asked: None
    await liveblog.poll(2)
    assert [said.split(". ")[0] for said in liveblog.reports[1:]] == ["storm: answers again"]


async def test_wordpress_pages_that_fail_at_first_sight_are_not_news_later(liveblog: House, press: WordPress) -> None:
    press.ill = lambda asked: 500 if "/2/" in asked else None
    await liveblog.poll()
    press.ill = lambda asked: None
    press.rows = [row for row in press.rows if row["id"] not in ("12", "11")]
    await liveblog.poll(11)
    assert await liveblog.screen() == []


async def test_an_etag_goes_to_no_other_address(liveblog: House, press: WordPress) -> None:
    await liveblog.poll(12)
    assert not any("If-None-Match" in request.headers for request in press.seen)


async def test_a_page_that_loses_its_posts_keeps_its_alarm_while_changes_are_quiet(
    liveblog: House, press: WordPress
) -> None:
    await liveblog.poll(3)
    rows, press.rows = press.rows, []
    await liveblog.poll(14)
    assert len(liveblog.reports) == 1
    assert "storm (wordpress): the page shows no posts any more" in liveblog.reports[0]
    press.rows = rows
    await liveblog.poll(2)
    assert len(liveblog.reports) == 2
    assert await liveblog.screen() == []


# --- Sourcefabric ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def fabric(hand: Hand) -> AsyncIterator[Sourcefabric]:
    async with Sourcefabric(clock=hand) as api:
        for number in range(1, 8):
            api.say(number)
        yield api


@pytest.fixture
async def tickers(tmp_path: Path, fabric: Sourcefabric, hand: Hand) -> AsyncIterator[House]:
    async with house(tmp_path, fabric, fabric.url, hand) as one:
        yield one


async def test_sourcefabric_posts_of_the_second_that_was_asked_for_last_are_not_skipped(
    tickers: House, fabric: Sourcefabric, hand: Hand
) -> None:
    await tickers.poll()
    fabric.say(8)
    await tickers.poller.poll_now("storm")
    fabric.say(9)  # in the same second
    hand.now += timedelta(milliseconds=900)
    await tickers.poller.poll_now("storm")
    await tickers.poll(2)
    assert await tickers.screen() == ["Body of post 8.", "Body of post 9."]


async def test_sourcefabric_edits_and_deletions_reach_the_chat_by_what_changed(
    tickers: House, fabric: Sourcefabric
) -> None:
    await tickers.poll()
    fabric.say(8)
    fabric.say(9)
    await tickers.poll()
    assert await tickers.screen() == ["Body of post 8.", "Body of post 9."]
    fabric.take_asked()
    fabric.say(8, "Other words.")
    fabric.say(9, deleted=True)
    await tickers.poll()
    first, second = await tickers.screen()
    assert first == "Other words."
    assert second.startswith(GONE)
    assert all("source=" in asked for asked in fabric.take_asked())
    await tickers.poll(12)
    assert len(await tickers.screen()) == 2


async def test_sourcefabric_many_changes_are_followed_page_by_page(tickers: House, fabric: Sourcefabric) -> None:
    fabric.per_page = 3
    await tickers.poll()
    for number in range(8, 18):
        fabric.say(number)
    await tickers.poll()
    posts = await tickers.room.store.latest(blogs=["storm"], now=tickers.hand().timestamp() + 1, limit=100)
    assert {f"Body of post {number}." for number in range(1, 18)} == {post.title for post in posts}


async def test_sourcefabric_more_changes_than_one_poll_may_ask_for_come_with_the_next(
    tickers: House, fabric: Sourcefabric, hand: Hand
) -> None:
    await tickers.poll()
    fabric.per_page = 1
    for number in range(8, 30):
        hand.now += timedelta(seconds=5)
        fabric.say(number)
    await tickers.poll(4)
    posts = await tickers.room.store.latest(blogs=["storm"], now=hand().timestamp() + 1, limit=100)
    assert {f"Body of post {number}." for number in range(1, 30)} == {post.title for post in posts}


async def test_sourcefabric_a_post_that_is_due_later_comes_when_it_is_due(tickers: House, fabric: Sourcefabric) -> None:
    await tickers.poll()
    fabric.say(8)
    now, fabric.posts[8]["published_date"] = fabric.posts[8]["published_date"], "2100-01-01T00:00:00+00:00"
    await tickers.poll()
    fabric.say(9)
    await tickers.poll()
    assert await tickers.screen() == ["Body of post 9."]
    fabric.posts[8]["published_date"] = now  # as if that time had come: its `_updated` does not tell of it
    await tickers.poll()
    assert await tickers.screen() == ["Body of post 9.", "Body of post 8."]


async def test_sourcefabric_an_answer_cannot_send_us_to_another_host(tickers: House, fabric: Sourcefabric) -> None:
    async with Sourcefabric(clock=tickers.hand) as other:
        fabric.per_page, fabric.link_to = 3, f"{other.origin}/api/"
        await tickers.poll(2)
        assert other.seen == []


async def test_sourcefabric_a_closed_blog_has_ended_and_an_open_one_goes_on(
    tickers: House, fabric: Sourcefabric
) -> None:
    await tickers.poll()
    fabric.status = "closed"
    await tickers.poll(12)
    assert [blog.ended_at is not None for blog in await tickers.room.store.blogs()] == [True]
    fabric.ill = lambda asked: None if "/posts" in asked else 500  # its state alone cannot be had
    await tickers.poll(12)
    assert [blog.ended_at is not None for blog in await tickers.room.store.blogs()] == [True]
    fabric.ill, fabric.status = lambda asked: None, "open"
    await tickers.poll(12)
    assert [blog.ended_at is not None for blog in await tickers.room.store.blogs()] == [False]


# --- Al Jazeera -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def jazeera(hand: Hand) -> AsyncIterator[AlJazeera]:
    async with AlJazeera(clock=hand) as api:
        for number in range(1, 6):
            api.say(number)
        yield api


@pytest.fixture
async def desk(tmp_path: Path, jazeera: AlJazeera, hand: Hand) -> AsyncIterator[House]:
    async with house(tmp_path, jazeera, jazeera.url, hand) as one:
        yield one


async def test_al_jazeera_asks_for_the_list_and_then_only_for_what_it_does_not_know(
    desk: House, jazeera: AlJazeera
) -> None:
    await desk.poll()
    assert len(jazeera.operations()) == 7
    jazeera.say(6)
    await desk.poll()
    assert jazeera.operations()[2:] == ["LiveBlogUpdateQuery 3006"]
    assert await desk.screen() == ["Headline 6"]


async def test_al_jazeera_a_post_that_left_the_list_and_has_no_text_any_more_is_withdrawn(
    desk: House, jazeera: AlJazeera
) -> None:
    await desk.poll()
    for number in (6, 7, 8):
        jazeera.say(number)
        await desk.poll()
        assert len(await desk.screen()) == number - 5
    jazeera.take_away(7)
    await desk.poll()
    first, second, third = await desk.screen()
    assert (first, third) == ("Headline 6", "Headline 8")
    assert second.startswith(GONE)
    jazeera.operations()
    await desk.poll()
    assert jazeera.operations() == ["ArchipelagoSingleLiveBlogQuery", "SingleLiveBlogChildrensQuery"]


async def test_al_jazeera_a_post_that_left_the_list_and_still_has_its_text_stays(
    desk: House, jazeera: AlJazeera
) -> None:
    await desk.poll()
    jazeera.say(6)
    await desk.poll()
    jazeera.children.remove(3006)
    await desk.poll(3)
    assert await desk.screen() == ["Headline 6"]


async def test_al_jazeera_edits_are_found_by_asking_again(desk: House, jazeera: AlJazeera) -> None:
    await desk.poll()
    jazeera.say(6, "Two boats are missing.")
    await desk.poll()
    jazeera.say(6, "Three boats are missing.")
    await desk.poll(4)
    await desk.room.quiet()
    assert "Three boats" in desk.room.screen(ANN)[0]


async def test_al_jazeera_a_post_that_is_not_public_yet_comes_when_it_is(desk: House, jazeera: AlJazeera) -> None:
    jazeera.children.insert(1, 3050)
    await desk.poll(3)
    assert await desk.screen() == []
    jazeera.say(50)
    await desk.poll()
    assert await desk.screen() == ["Headline 50"]


async def test_al_jazeera_a_list_that_shrinks_at_once_is_not_believed(desk: House, jazeera: AlJazeera) -> None:
    await desk.poll()
    for number in range(6, 12):
        jazeera.say(number)
    await desk.poll()
    before = await desk.screen()
    for number in range(6, 11):
        jazeera.take_away(number)
    jazeera.say(12)
    await desk.poll(3)
    assert await desk.screen() == [*before, "Headline 12"]
    assert len(desk.reports) == 1
    assert desk.reports[0].startswith("storm (aljazeera): 5 posts vanished from the list at once")


async def test_al_jazeera_a_body_that_fails_is_asked_for_again_and_nothing_else_waits(
    desk: House, jazeera: AlJazeera
) -> None:
    await desk.poll()
    jazeera.say(6)
    jazeera.say(7)
    jazeera.ill = lambda asked: 500 if "3006" in asked else None
    await desk.poll()
    assert await desk.screen() == ["Headline 7"]
    jazeera.ill = lambda asked: None
    await desk.poll()
    assert await desk.screen() == ["Headline 7", "Headline 6"]


async def test_al_jazeera_first_sight_waits_until_all_of_it_was_seen(desk: House, jazeera: AlJazeera) -> None:
    jazeera.ill = lambda asked: 500 if "3003" in asked else None
    await desk.poll()
    jazeera.ill = lambda asked: None
    await desk.poll(2)
    assert await desk.screen() == []


async def test_al_jazeera_a_restart_neither_loses_nor_repeats(desk: House, jazeera: AlJazeera) -> None:
    await desk.poll()
    jazeera.say(6)
    await desk.poll()
    desk.restart()
    jazeera.say(7)
    jazeera.take_away(6)
    await desk.poll(2)
    first, second = await desk.screen()
    assert first.startswith(GONE)
    assert second == "Headline 7"


async def test_al_jazeera_ends_when_it_says_that_it_is_not_live(desk: House, jazeera: AlJazeera) -> None:
    await desk.poll()
    jazeera.live = False
    await desk.poll(2)
    assert [blog.ended_at is not None for blog in await desk.room.store.blogs()] == [True]


# --- 24liveblog -----------------------------------------------------------------------------------------------------


async def test_24liveblog_is_its_own_address_but_for_first_sight(tmp_path: Path, hand: Hand) -> None:
    async with Live24(clock=hand) as api:
        api.news = [live24_news(number) for number in range(7, 0, -1)]
        async with house(
            tmp_path, api, f"{api.origin}/v1/retrieve_server/x/event/29/news/?last_nid=&limit=3", hand
        ) as one:
            await one.poll()
            assert len(api.take_asked()) == 3
            api.news.insert(0, live24_news(8))
            await one.poll(3)
            assert await one.screen() == ["Headline 8"]
            assert api.take_asked() == ["/v1/retrieve_server/x/event/29/news/?last_nid=&limit=3"] * 3


# --- a kill -9 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["inside the publishing transaction", "after publishing"])
async def test_a_kill_between_two_questions_loses_nothing_and_repeats_nothing(tmp_path: Path, step: str) -> None:
    async with WordPress() as api, service(tmp_path) as relay:
        api.say(1, seconds_ago=600)
        relay.publisher.url = api.url
        relay.configure()
        await relay.followers(ANN)
        await relay.start()
        await api.polled(2)
        await relay.kill()
        api.say(2, seconds_ago=120)
        await relay.start(step)
        assert await relay.died() == -9
        api.say(3, seconds_ago=60)
        await relay.start()
        await relay.telegram.until(lambda: "Body of post 3." in relay.headlines(ANN), 60)
        await api.polled(3)
        assert relay.headlines(ANN) == ["Body of post 2.", "Body of post 3."]
        assert await relay.terminate() == 0


# --- ScribbleLive ---------------------------------------------------------------------------------------------------


async def test_scribblelive_posts_edits_and_deletions_reach_the_chat_by_what_changed(
    tmp_path: Path, hand: Hand
) -> None:
    async with Scribble(clock=hand) as api:
        api.say(1)
        async with house(tmp_path, api, api.url, hand) as one:
            await one.poll()
            api.say(2)
            api.say(3)
            await one.poll()
            assert await one.screen() == ["Body of post 2.", "Body of post 3."]
            api.say(2, "Other words.")
            api.say(3, deleted=True)
            api.say(4)
            await one.poll()
            first, second, third = await one.screen()
            assert (first, third) == ("Other words.", "Body of post 4.")
            assert second.startswith(GONE)
            api.take_asked()
            await one.poll(10)
            assert len(await one.screen()) == 3
            asked = api.take_asked()
            assert (sum("Since=" in one for one in asked), sum("page/last" in one for one in asked)) == (10, 1)
            api.live = 0
            await one.poll()
            assert [blog.ended_at is not None for blog in await one.room.store.blogs()] == [True]


# --- holes ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def guardian(hand: Hand) -> AsyncIterator[Guardian]:
    async with Guardian(clock=hand, blocks=[5, 4, 3, 2, 1]) as api:
        yield api


@pytest.fixture
async def morning(tmp_path: Path, guardian: Guardian, hand: Hand) -> AsyncIterator[House]:
    async with house(tmp_path, guardian, f"{guardian.origin}/live", hand) as one:
        await one.poll()
        for number in (6, 7, 8):
            guardian.blocks.insert(0, number)
            await one.poll()
            await one.screen()
        yield one


def by_themselves(api: Guardian) -> int:
    return sum("with:block-" in asked for asked in api.take_asked())


async def test_a_hole_is_asked_for_by_itself_before_it_is_believed(morning: House, guardian: Guardian) -> None:
    guardian.blocks.remove(7)
    await morning.poll(2)
    assert by_themselves(guardian) == 0
    await morning.poll()
    assert by_themselves(guardian) == 1
    assert [text.startswith(GONE) for text in await morning.screen()] == [False, True, False]
    await morning.poll(3)
    assert by_themselves(guardian) == 0


async def test_a_hole_that_stands_on_another_page_is_none(morning: House, guardian: Guardian) -> None:
    guardian.blocks.remove(7)
    guardian.older = [7]
    await morning.poll(8)
    assert by_themselves(guardian) == 1
    assert await morning.screen() == ["Headline 6", "Headline 7", "Headline 8"]


async def test_a_hole_is_not_believed_for_a_page_that_shows_nothing_of_the_blog(
    morning: House, guardian: Guardian
) -> None:
    guardian.blocks.remove(7)
    guardian.consents = False
    await morning.poll(6)
    assert await morning.screen() == ["Headline 6", "Headline 7", "Headline 8"]
    guardian.consents = True
    await morning.poll(2)
    assert [text.startswith(GONE) for text in await morning.screen()] == [False, True, False]


async def test_a_hole_of_which_nothing_can_be_learnt_waits(morning: House, guardian: Guardian) -> None:
    guardian.blocks.remove(7)
    guardian.ill = lambda asked: 500 if "with:block-" in asked else None
    await morning.poll(6)
    assert await morning.screen() == ["Headline 6", "Headline 7", "Headline 8"]
    guardian.ill = lambda asked: 404 if "with:block-" in asked else None
    await morning.poll(2)
    assert [text.startswith(GONE) for text in await morning.screen()] == [False, True, False]
