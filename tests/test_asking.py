"""What is asked at a poll: which addresses a name stands for, what an answer leads to, and where it ends."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import bot.asking
from bot.asking import Asker
from bot.core.absence import about_to_be_believed, spared
from bot.core.model import Page, PageMemory, SnapshotKind
from bot.core.publishing import Validators
from bot.fetch import Fetcher, FetchFailed, NotModified
from bot.sources import NotReadable, read
from bot.sources.asking import Ask, Gathered, Known, Turn, asking_for, fixed
from bot.sources.asking.shape import next_address
from bot.sources.asking.standing import address_of_post
from tests.api_answers import (
    HOUR,
    jazeera_blog,
    jazeera_update,
    live24_answer,
    live24_news,
    scribble_event,
    scribble_post,
    sourcefabric_listing,
    sourcefabric_post,
    wordpress_changes,
    wordpress_page,
    wordpress_row,
)
from tests.live_apis import AlJazeera, Api, WordPress
from tests.pages import CAPTURED

needs_captures = pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured pages are not beside the repository")
NOW = datetime.fromtimestamp(HOUR + 3600, UTC)
BLOG = "58bfeb4c15720af1a94c1052"
WORDPRESS = "https://press.example/wp-json/liveblog/v1/7"
FABRIC = f"https://fabric.example/api/client_blogs/{BLOG}"
JAZEERA = "https://www.aljazeera.com/news/liveblog/2026/3/4/storm"
GRAPHQL = "https://www.aljazeera.com/graphql"
CHILDREN = f"{GRAPHQL}?operationName=SingleLiveBlogChildrensQuery&variables="
LIVE24 = "https://data.example/v1/retrieve_server/x/event/29/news/?inverted_order=1&last_nid=&limit=2"


def page_of(value: Any, url: str = "https://press.example/answer") -> Page:
    return Page(url=url, body=value if isinstance(value, bytes) else json.dumps(value).encode(), fetched_at=NOW)


def known(cursor: str | None, *, polls: int = 1, ended: bool = False) -> Known:
    page = PageMemory(format="wordpress", kind=SnapshotKind.WINDOW, cursor=cursor, ended=ended)
    return Known(page=page, polls=polls)


def turned(url: str, known: Known, answers: Mapping[str, Any], *, lists: bool = True) -> tuple[list[Ask], Gathered]:
    """A turn to its end. `answers` by what the address contains; the first that fits answers, and None where none."""
    asking = asking_for(url)
    turn = (asking.listing if lists or asking.changes is None else asking.changes)(known, NOW)
    asked, asks = list[Ask](), next(turn)
    while True:
        asked += asks
        found = [next((value for part, value in answers.items() if part in ask.url), None) for ask in asks]
        try:
            asks = turn.send([None if value is None else page_of(value) for value in found])
        except StopIteration as end:
            return asked, end.value


def ids_in(gathered: Gathered, *path: str) -> list[str]:
    value: Any = json.loads(gathered.page.body)
    for name in path[:-1]:
        value = value[name]
    return [str(row[path[-1]]) for row in value]


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reader"),
    [
        (WORDPRESS, "wordpress"),
        (f"{WORDPRESS}/", "wordpress"),
        (f"{WORDPRESS}/get-entries/1/latest", "wordpress"),
        (f"{WORDPRESS}/get-entries/3/12-1700000000?token=a", "wordpress"),
        (f"{WORDPRESS}/entries/1/2/", "wordpress"),
        (f"{WORDPRESS}/key-events", None),
        ("https://press.example/wp-json/liveblog/v1/storm", None),
        (FABRIC, "sourcefabric"),
        (f"{FABRIC}/posts?max_results=20", "sourcefabric"),
        (f"{FABRIC}/items", None),
        ("https://fabric.example/api/client_blogs/12", None),
        (JAZEERA, "aljazeera"),
        ("https://www.aljazeera.net/politics/liveblog/2026/3/4/storm/", "aljazeera"),
        ("https://www.aljazeera.com/news/2026/3/4/storm", None),
        ("https://www.aljazeera.com/liveblog", None),
        ("https://aljazeera.example/news/liveblog/2026/3/4/storm", None),
        (f"{CHILDREN}%7B%22postName%22%3A%22storm%22%7D", "aljazeera"),
        (f"{CHILDREN}%7B", None),
        ("https://other.example/graphql?operationName=Blog&variables=%7B%22name%22%3A%22a%22%7D", None),
        (LIVE24, "live24"),
        ("https://scribble.example/event/77/?Token=a", "scribblelive"),
        ("https://scribble.example/api/rest/event/77/page/0?token=a&callback=x", "scribblelive"),
        ("https://scribble.example/event/77", None),
        ("https://scribble.example/event/77/comments?Token=a", None),
        ("https://news.example/storm", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_an_address_may_be_the_name_of_a_page(url: str, reader: str | None) -> None:
    assert asking_for(url).format == reader


@given(st.text(max_size=80))
def test_any_text_may_be_asked_about(text: str) -> None:
    assert asking_for(f"https://{text}").format in (
        None,
        "scribblelive",
        "wordpress",
        "sourcefabric",
        "aljazeera",
        "live24",
    )


@pytest.mark.parametrize(("reader", "kept"), [("jsonld", None), ("auto", "jsonld"), ("jsonld", "wordpress")])
def test_an_address_that_another_reader_reads_is_taken_as_it_stands(reader: str, kept: str | None) -> None:
    assert asking_for(WORDPRESS, reader, kept).format is None


# --- WordPress ------------------------------------------------------------------------------------------------------


def test_wordpress_first_sight_reads_the_pages_behind_as_one() -> None:
    answers = {
        "/1/latest": wordpress_page(wordpress_row(6), wordpress_row(5)),
        "/2/": wordpress_page(wordpress_row(4)),
        "/3/": wordpress_page(wordpress_row(3)),
    }
    asked, found = turned(f"{WORDPRESS}?token=a", Known(), answers)
    newest = HOUR + 360
    assert [ask.url for ask in asked] == [
        f"{WORDPRESS}/get-entries/1/latest?token=a",
        f"{WORDPRESS}/get-entries/2/6-{newest}?token=a",
        f"{WORDPRESS}/get-entries/3/6-{newest}?token=a",
    ]
    assert ids_in(found, "entries", "id") == ["6", "5", "4", "3"]
    assert (found.cursor, found.conditional) == (str(newest), False)


def test_wordpress_first_sight_ends_at_the_first_page_that_fails() -> None:
    answers = {"/1/latest": wordpress_page(wordpress_row(6)), "/3/": wordpress_page(wordpress_row(2))}
    _, found = turned(WORDPRESS, Known(), answers)
    assert ids_in(found, "entries", "id") == ["6"]


@pytest.mark.parametrize("pages", [10**6, "many", None, -3])
def test_wordpress_first_sight_asks_for_a_bounded_number_of_pages(pages: object) -> None:
    asked, _ = turned(WORDPRESS, Known(), {"get-entries": wordpress_page(wordpress_row(1), pages=pages)})
    assert len(asked) <= 20


def test_wordpress_later_only_the_first_page_is_listed() -> None:
    asked, _ = turned(WORDPRESS, known("1700000000"), {"/1/latest": wordpress_page(wordpress_row(6))})
    assert len(asked) == 1


@given(cursor=st.integers(0, 2**33), now=st.integers(0, 2**33))
def test_wordpress_changes_are_asked_for_between_round_times_with_an_overlap(cursor: int, now: int) -> None:
    asking = asking_for(WORDPRESS)
    assert asking.changes is not None
    (ask,) = next(asking.changes(known(str(cursor)), datetime.fromtimestamp(now, UTC)))
    since, until = (int(one) for one in ask.url.rstrip("/").split("/")[-2:])
    assert since % 10 == until % 10 == 0
    assert 0 <= since < until
    assert since <= max(cursor - 30, 0) < since + 10
    assert until <= now or until == since + 10


def test_wordpress_the_cursor_is_the_newest_row_and_never_in_the_future() -> None:
    told = wordpress_changes(wordpress_row(5, timestamp=HOUR + 50), wordpress_row(4, "delete", timestamp=HOUR + 90))
    assert turned(WORDPRESS, known("5"), {"/entries/": told}, lists=False)[1].cursor == str(HOUR + 90)
    late = wordpress_changes(wordpress_row(5, timestamp=HOUR * 2))
    assert turned(WORDPRESS, known("5"), {"/entries/": late}, lists=False)[1].cursor == str(int(NOW.timestamp()))
    assert turned(WORDPRESS, known("5"), {"/entries/": wordpress_changes()}, lists=False)[1].cursor == "5"


def test_wordpress_changes_leave_an_ended_blog_ended() -> None:
    found = turned(WORDPRESS, known("5", ended=True), {"/entries/": wordpress_changes()}, lists=False)[1]
    assert found.ended is True


# --- Sourcefabric ---------------------------------------------------------------------------------------------------


def fabric_page(*numbers: int, following: str | None = None, **fields: Any) -> dict[str, Any]:
    links = {"next": {"href": following}} if following else {}
    return {**sourcefabric_listing(*(sourcefabric_post(number, **fields) for number in numbers)), "_links": links}


def test_sourcefabric_first_sight_follows_the_pages_and_asks_for_the_blogs_state() -> None:
    answers = {
        "page=2": fabric_page(1),
        "/posts": fabric_page(3, 2, following=f"client_blogs/{BLOG}/posts?page=2"),
        BLOG: {"blog_status": "closed"},
    }
    asked, found = turned(f"{FABRIC}?token=a", Known(), answers)
    assert [ask.url for ask in asked] == [
        f"{FABRIC}/posts?max_results=50&token=a",
        f"{FABRIC}?token=a",
        f"{FABRIC}/posts?page=2",
    ]
    assert [ask.needed for ask in asked] == [True, False, False]
    assert ids_in(found, "_items", "_etag") == ["etag-3", "etag-2", "etag-1"]
    assert (found.ended, found.cursor) == (True, "2026-03-04T10:03:00+00:00")


@pytest.mark.parametrize("ended", [True, False])
def test_sourcefabric_a_state_that_cannot_be_had_stays_as_it_was(ended: bool) -> None:
    found = turned(FABRIC, known("2026-03-04T10:03:00+00:00", ended=ended), {"/posts": fabric_page(1)})[1]
    assert found.ended is ended


def test_sourcefabric_changes_are_asked_for_from_two_seconds_before() -> None:
    asked, found = turned(FABRIC, known("2026-03-04T10:03:00+00:00"), {"/posts": fabric_page(3, 4)}, lists=False)
    source = json.loads(parse_qs(urlsplit(asked[0].url).query)["source"][0])
    assert source == {
        "query": {"filtered": {"filter": {"and": [{"range": {"_updated": {"gte": "2026-03-04T10:02:58+00:00"}}}]}}},
        "sort": [{"_updated": {"order": "asc"}}],
    }
    assert ids_in(found, "_items", "_etag") == ["etag-4", "etag-3"]
    assert found.cursor == "2026-03-04T10:04:00+00:00"


@pytest.mark.parametrize("second", [None, b"{broken", {"_status": "ERR"}])
@pytest.mark.parametrize(
    ("numbers", "after"), [((3, 4), "2026-03-04T10:04:00+00:00"), ((4, 3), "2026-03-04T10:00:00+00:00")]
)
def test_sourcefabric_changes_cut_short_go_on_where_they_stopped_unless_they_came_in_another_order(
    numbers: tuple[int, int], after: str, second: Any
) -> None:
    first = fabric_page(*numbers, following=f"client_blogs/{BLOG}/posts?page=2")
    answers = {"page=2": second, "source=": first}
    found = turned(FABRIC, known("2026-03-04T10:00:00+00:00"), answers, lists=False)[1]
    assert (len(ids_in(found, "_items", "_etag")), found.cursor) == (2, after)


def test_sourcefabric_the_cursor_waits_at_a_post_that_is_due_later() -> None:
    later = sourcefabric_post(2, published_date=(NOW + timedelta(days=1)).isoformat())
    answer = sourcefabric_listing(later, sourcefabric_post(3))
    for lists in (True, False):
        found = turned(FABRIC, known("2026-03-04T10:01:00+00:00"), {"/posts": answer}, lists=lists)[1]
        assert found.cursor == "2026-03-04T10:02:00+00:00"


@needs_captures
def test_sourcefabric_a_captured_answer_leads_to_its_next_page() -> None:
    captured = json.loads((CAPTURED / "sourcefabric/api_response.json").read_bytes())
    asked, found = turned(FABRIC, Known(), {"page=2": sourcefabric_listing(), "/posts": captured})
    assert [ask.url for ask in asked if "page=" in ask.url] == [f"{FABRIC}/posts?page=2"]
    newest = max(row["_updated"] for row in captured["posts"]["_items"])
    assert found.cursor == newest


@needs_captures
def test_wordpress_a_captured_answer_leads_to_the_pages_behind() -> None:
    captured = json.loads((CAPTURED / "wordpress/api.json").read_bytes())
    asked, found = turned(WORDPRESS, Known(), {"get-entries": captured})
    row = captured["entries"][0]
    assert asked[1].url == f"{WORDPRESS}/get-entries/2/{row['id']}-{row['timestamp']}"
    assert (len(asked), found.cursor) == (3, str(row["timestamp"]))


def test_sourcefabric_pages_that_lead_in_a_circle_are_asked_for_once() -> None:
    circle = fabric_page(3, following=f"client_blogs/{BLOG}/posts?page=2")
    asked, _ = turned(FABRIC, Known(), {"/posts": circle})
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("href", "address"),
    [
        (f"client_blogs/{BLOG}/posts?page=2", f"{FABRIC}/posts?page=2"),
        ("/api/more", "https://fabric.example/api/more"),
        ("https://fabric.example/api/more", "https://fabric.example/api/more"),
        ("http://fabric.example/api/more", None),
        ("https://fabric.example:8443/api/more", None),
        ("https://evil.example/api/more", None),
        ("//evil.example/api/more", None),
        ("http://169.254.169.254/latest", None),
        ("file:///etc/passwd", None),
        ("http://[", None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_an_answer_leads_only_to_the_host_that_was_configured(href: object, address: str | None) -> None:
    answer = {"_links": {"next": {"href": href}}}
    assert next_address(answer, "https://fabric.example/api/") == address


# --- Al Jazeera -----------------------------------------------------------------------------------------------------


def jazeera(listed: list[int], *bodies: int, nothing: tuple[int, ...] = (), **fields: Any) -> dict[str, Any]:
    said = {"data": {"article": {"children": [3000 + number for number in listed]}}}
    posts = {f"postID%22%3A{3000 + number}%2C": jazeera_update(number) for number in bodies}
    none = {f"postID%22%3A{3000 + number}%2C": {"data": {"posts": None}} for number in nothing}
    return {"Archipelago": jazeera_blog(*listed, **fields), "Childrens": said, **posts, **none}


def asked_ids(asked: list[Ask]) -> list[int]:
    variables = [json.loads(parse_qs(urlsplit(ask.url).query)["variables"][0]) for ask in asked]
    return [one["postID"] - 3000 for one in variables if "postID" in one]


def cursor_of(*numbers: int) -> str:
    return " ".join(str(3000 + number) for number in numbers)


def test_al_jazeera_a_page_stands_for_the_queries_about_it() -> None:
    asked, found = turned(JAZEERA, Known(), jazeera([2, 1], 2, 1))
    queries = [parse_qs(urlsplit(ask.url).query) for ask in asked]
    assert [query["operationName"][0] for query in queries] == [
        "ArchipelagoSingleLiveBlogQuery",
        "SingleLiveBlogChildrensQuery",
        "LiveBlogUpdateQuery",
        "LiveBlogUpdateQuery",
    ]
    assert [json.loads(query["variables"][0]) for query in queries[:3]] == [
        {"name": "storm", "postType": "liveblog", "preview": ""},
        {"postName": "storm"},
        {"postID": 3002, "postType": "liveblog-update", "preview": "", "isAmp": False},
    ]
    assert {ask.url.partition("?")[0] for ask in asked} == {"https://www.aljazeera.com/graphql"}
    assert all(ask.headers == {"Wp-site": "aje"} and ask.needed for ask in asked)
    assert (found.kind, found.cursor) == (None, cursor_of(2, 1))


def test_al_jazeera_first_sight_is_bounded_and_what_is_behind_is_no_news() -> None:
    numbers = list(range(200, 0, -1))
    asked, found = turned(JAZEERA, Known(), jazeera(numbers, *numbers))
    assert asked_ids(asked) == numbers[:60]
    assert found.kind is SnapshotKind.WINDOW
    later, _ = turned(JAZEERA, known(found.cursor), jazeera(numbers, *numbers))
    assert asked_ids(later) == []


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        ({"data": {"posts": None}}, ("3002",)),
        ({"data": {"posts": None}, "errors": [{"message": "no_posts_found"}]}, ("3002",)),
        ({"data": {"posts": None}, "errors": [{"message": "Internal server error"}]}, ()),
        ({"data": None}, ()),
        ({"errors": []}, ()),
        (b"<html>", ()),
        (None, ()),
    ],
)
def test_al_jazeera_only_a_clear_word_that_a_post_is_gone_withdraws_it(answer: Any, gone: tuple[str, ...]) -> None:
    answers = {"postID%22%3A3002%2C": answer, **jazeera([3, 1])}
    found = turned(JAZEERA, known(cursor_of(3, 2, 1)), answers)[1]
    assert found.gone == gone
    assert ("3002" in (found.cursor or "").split()) is not bool(gone)


def test_al_jazeera_a_post_without_a_text_is_asked_for_until_it_has_one() -> None:
    asked, found = turned(JAZEERA, known(cursor_of(1)), jazeera([3, 2, 1], 3, nothing=(2,)))
    assert asked_ids(asked) == [2, 3]
    assert found.cursor == cursor_of(3, 1)


def test_al_jazeera_the_newest_are_asked_for_again_every_fourth_poll() -> None:
    numbers = list(range(40, 0, -1))
    answers = jazeera(numbers, *numbers)
    again = [asked_ids(turned(JAZEERA, known(cursor_of(*numbers), polls=polls), answers)[0]) for polls in range(1, 5)]
    assert again == [[], [], [], numbers[:20]]


def test_al_jazeera_a_backlog_of_posts_that_never_come_holds_nothing_up() -> None:
    never = list(range(100, 160))
    asked = set[int]()
    for polls in range(1, 4):
        answers = jazeera([*never, 1], nothing=tuple(never))
        asked.update(asked_ids(turned(JAZEERA, known(cursor_of(1), polls=polls), answers)[0]))
    assert asked == set(never)


def test_al_jazeera_too_many_that_left_at_once_are_not_asked_for() -> None:
    numbers = list(range(1, 11))
    asked, found = turned(JAZEERA, known(cursor_of(*numbers)), jazeera([10], nothing=tuple(numbers)))
    assert (asked_ids(asked), found.gone) == ([], ())
    assert found.doubt is not None
    assert found.doubt.startswith("9 posts vanished from the list at once")
    assert found.cursor == cursor_of(*numbers)


def test_al_jazeera_a_name_that_is_none_any_more_is_said_clearly() -> None:
    answers = {"graphql": {"data": {"article": None}}}
    with pytest.raises(NotReadable, match="no live blog of Al Jazeera under this name"):
        turned(JAZEERA, Known(), answers)


# --- 24liveblog -----------------------------------------------------------------------------------------------------


def test_24liveblog_first_sight_goes_back_page_by_page() -> None:
    first = live24_answer(live24_news(5), live24_news(4))
    answers = {
        f"last_nid={live24_news(4)['nid']}": live24_answer(live24_news(3), live24_news(2)),
        f"last_nid={live24_news(2)['nid']}": live24_answer(live24_news(1)),
        "last_nid=&": first,
    }
    asked, found = turned(LIVE24, Known(), answers)
    assert len(asked) == 3
    assert len(json.loads(found.page.body)["data"]["news"]) == 5
    (later,), _ = turned(LIVE24, known(None), {"news": first})
    assert (later.url, later.conditional) == (LIVE24, True)


# --- ScribbleLive ---------------------------------------------------------------------------------------------------

SCRIBBLE = "https://scribble.example/event/77/page/0?token=a&callback=x&Max=3"


def test_scribblelive_lists_much_at_first_sight_and_the_last_page_later() -> None:
    event = scribble_event(scribble_post(2), scribble_post(1))
    asked, found = turned(SCRIBBLE, Known(), {"/all/": event})
    assert [ask.url for ask in asked] == [
        "https://scribble.example/event/77/all/?token=a&Format=json&Order=desc&Max=500"
    ]
    assert (found.kind, found.cursor) == (SnapshotKind.WINDOW, "2026-03-04T10:02:00+00:00")
    asked, _ = turned(SCRIBBLE, known(found.cursor), {"/page/last/": event})
    assert asked[0].url.endswith("/page/last/?token=a&Format=json&Order=desc&PageSize=50")


def test_scribblelive_changes_are_one_list_in_which_each_post_stands_once() -> None:
    event = {
        **scribble_event(scribble_post(4), scribble_post(3)),
        "Edits": [scribble_post(3, Content="Edited."), scribble_post(2, Content="Edited.")],
        "Deletes": [{"Id": scribble_post(1)["Id"]}],
    }
    asked, found = turned(SCRIBBLE, known("2026-03-04T10:02:00+00:00"), {"/all/": event}, lists=False)
    assert "Since=2026%2F03%2F04+10%3A01%3A58" in asked[0].url
    posts = {post["Id"] - 36_000_000: post for post in json.loads(found.page.body)["Posts"]}
    assert sorted(posts) == [1, 2, 3, 4]
    assert (posts[1]["IsDeleted"], posts[3]["Content"]) == (1, "Edited.")
    assert found.edited == (str(scribble_post(2)["Id"]),)
    snapshot = found.completes(read(found.page), "auto")
    assert [post.key for post in snapshot.posts if post.only_edited] == list(found.edited)
    assert [post.key for post in snapshot.posts if post.withdrawn] == [str(scribble_post(1)["Id"])]
    assert (snapshot.kind, snapshot.cursor) == (SnapshotKind.DELTA, "2026-03-04T10:04:00+00:00")


@pytest.mark.parametrize(
    ("live", "posts", "ended"), [(1, 1, False), (0, 1, True), ("0", 1, True), (0, 0, False), (None, 1, False)]
)
def test_scribblelive_an_event_that_is_not_live_has_ended_once_it_had_posts(
    live: object, posts: int, ended: bool
) -> None:
    event = scribble_event(*[scribble_post(1)] * posts)
    found = turned(SCRIBBLE, Known(), {"/all/": event if live is None else {**event, "IsLive": live}})[1]
    assert bool(found.ended) is ended


# --- the asking itself ----------------------------------------------------------------------------------------------


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    one = Fetcher()
    await one.open()
    yield one
    await one.close()


class Many(Api):
    """Listings of a blog whose every page leads to another one."""

    def answer(self, request: web.BaseRequest) -> Any:
        page = int(request.query.get("page", 1))
        return fabric_page(page % 60, following=f"client_blogs/{BLOG}/posts?page={page + 1}")


def due(asker: Asker, url: str, page: PageMemory | None, now: datetime, *, doubted: bool = False) -> list[str]:
    found = asker.questions("storm", url, page, now, doubted=doubted)
    return ["listing" if one.lists else "changes" for one in found if one.due]


def test_a_blog_is_listed_now_and_then_after_a_silence_and_while_it_is_in_doubt(fetcher: Fetcher) -> None:
    asker, page = Asker(fetcher), known("1700000000").page
    step = timedelta(seconds=30)
    kinds = [due(asker, WORDPRESS, page, NOW + poll * step) for poll in range(21)]
    assert [poll for poll, kind in enumerate(kinds) if "listing" in kind] == [0, 10, 20]
    assert all(kind[0] == "changes" for kind in kinds)
    assert due(asker, WORDPRESS, page, NOW + 21 * step, doubted=True) == ["changes", "listing"]
    assert due(asker, WORDPRESS, page, NOW + 22 * step) == ["changes"]
    assert due(asker, WORDPRESS, page, NOW + timedelta(hours=1)) == ["changes", "listing"]
    assert due(asker, "https://news.example/storm", None, NOW) == ["listing"]
    assert due(Asker(fetcher), WORDPRESS, None, NOW) == ["listing"]


async def test_a_turn_asks_for_a_bounded_number_of_pages(fetcher: Fetcher) -> None:
    async with Many() as api:
        gathered = await Asker(fetcher).look(f"{api.origin}/api/client_blogs/{BLOG}", NOW)
        assert len(api.seen) == 11
        assert len(json.loads(gathered.page.body)["_items"]) == 10


async def test_a_turn_that_takes_too_long_keeps_what_it_has(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.asking, "LONGEST_SECONDS", 0.5)
    async with Many() as api:
        api.never = "page=2"
        gathered = await Asker(fetcher).look(f"{api.origin}/api/client_blogs/{BLOG}", NOW)
        assert len(json.loads(gathered.page.body)["_items"]) == 1


async def test_validators_go_with_the_pages_own_address_and_with_no_other(fetcher: Fetcher) -> None:
    async with Many() as api:
        validators = Validators(etag='"one"')
        for url in (f"{api.origin}/page", f"{api.origin}/api/client_blogs/{BLOG}"):
            (question,) = [one for one in Asker(fetcher).questions("storm", url, None, NOW, doubted=False) if one.due]
            assert not isinstance(await Asker(fetcher).ask(question, validators), NotModified)
        sent = {request.path for request in api.seen if "If-None-Match" in request.headers}
        assert sent == {"/page"}


async def test_a_follow_up_that_is_told_to_wait_is_obeyed(fetcher: Fetcher) -> None:
    async with Many() as api:
        api.ill = lambda asked: 429 if "page=2" in asked else None
        api.headers = {"Retry-After": "120"}
        gathered = await Asker(fetcher).look(f"{api.origin}/api/client_blogs/{BLOG}", NOW)
        assert len(json.loads(gathered.page.body)["_items"]) == 1
        assert gathered.retry_at is not None


async def test_where_the_guessed_api_is_not_there_the_address_is_taken_as_it_stands(fetcher: Fetcher) -> None:
    async with Many() as api:
        api.ill = lambda asked: 404 if "get-entries" in asked else None
        gathered = await Asker(fetcher).look(f"{api.origin}/wp-json/liveblog/v1/7", NOW)
        assert gathered.page.url == f"{api.origin}/wp-json/liveblog/v1/7"
        api.ill = lambda asked: 503
        with pytest.raises(FetchFailed, match="503"):
            await Asker(fetcher).look(f"{api.origin}/wp-json/liveblog/v1/7", NOW)


def test_a_fixed_page_is_one_address() -> None:
    turn = fixed("https://news.example/storm").listing(Known(), NOW)
    assert next(turn) == (Ask(url="https://news.example/storm", conditional=True),)
    page = page_of({})
    with pytest.raises(StopIteration) as end:
        turn.send([page])
    assert end.value.value == Gathered(page=page, conditional=True)


# --- one look, from the command line --------------------------------------------------------------------------------


async def looked(*words: str) -> Any:
    from bot.__main__ import cli

    result = await asyncio.to_thread(CliRunner().invoke, cli, [*words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


async def test_read_asks_as_at_first_sight() -> None:
    async with WordPress() as api:
        for number in range(1, 13):
            api.say(number, seconds_ago=7200 - 60 * number)
        found = await looked("read", api.url)
        assert (found["blog"]["format"], found["blog"]["kind"]) == ("wordpress", "window")
        assert [one["key"] for one in found["posts"]] == [str(number) for number in range(12, 0, -1)]


async def test_diff_asks_for_each_source_as_at_first_sight() -> None:
    async with AlJazeera() as before, AlJazeera() as after:
        for number in (1, 2):
            before.say(number)
            after.say(number)
        after.say(3)
        (found,) = await looked("diff", before.url, after.url)
        assert [(one["change"], one["key"]) for one in found["changes"]] == [("new", "3003")]


async def test_read_says_what_is_wrong_with_an_api_in_one_line() -> None:
    from bot.__main__ import cli

    async with AlJazeera() as api:
        address = api.url.replace("storm", "calm")
        result = await asyncio.to_thread(CliRunner().invoke, cli, ["read", address])
        assert result.exit_code == 1
        assert len(result.output.strip().splitlines()) == 1
        assert address in result.output


# --- holes ----------------------------------------------------------------------------------------------------------

BLOCK = "65f0a1b2c3d4e5f607182901"


@pytest.mark.parametrize(
    ("url", "reader", "key", "address"),
    [
        ("https://www.theguardian.com/a/live/b?page=1#x", "jsonld", BLOCK, "https://www.theguardian.com/a/live/b"),
        ("https://mirror.example/live", "guardian", BLOCK, "https://mirror.example/live"),
        ("https://mirror.example/live", "jsonld", BLOCK, None),
        ("https://www.theguardian.com/a/live/b", "jsonld", "summary", None),
        ("http://[", "jsonld", BLOCK, None),
    ],
)
def test_some_posts_can_be_asked_for_by_themselves(url: str, reader: str, key: str, address: str | None) -> None:
    found = address_of_post(url, reader, key)
    assert found == (address and f"{address}?page=with:block-{BLOCK}")


def test_holes_that_are_spared_are_holes_no_more_or_wait() -> None:
    holes = {"a": 2, "b": 2, "c": 2, "d": 1}
    page = PageMemory(format="guardian", kind=SnapshotKind.WINDOW, order=("e", "d", "c", "b", "a"), missing=holes)
    assert about_to_be_believed(page, {"c"}) == ("a", "b")
    found = spared(page, {"a"}, {"b"})
    assert (found.order, found.missing) == (("e", "d", "c", "b"), {"b": 1, "c": 2, "d": 1})


# --- whatever an answer holds ---------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "entries",
        "pages",
        "id",
        "type",
        "timestamp",
        "_items",
        "_links",
        "next",
        "href",
        "posts",
        "_updated",
        "data",
        "published_date",
        "article",
        "children",
        "news",
        "nid",
        "isLive",
        "errors",
        "blog_status",
    ]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=150)
@given(
    st.sampled_from([WORDPRESS, FABRIC, JAZEERA, LIVE24, SCRIBBLE]),
    st.lists(ANY_JSON, min_size=1, max_size=4),
    st.booleans(),
)
@pytest.mark.parametrize("cursor", [None, "5 3001"])
def test_any_answer_ends_in_a_page_or_in_one_clear_line(
    cursor: str | None, url: str, answers: list[Any], lists: bool
) -> None:
    if url in (WORDPRESS, FABRIC, SCRIBBLE) and cursor:
        cursor = "5" if url == WORDPRESS else "2026-03-04T10:00:00+00:00"
    before = known(cursor) if cursor else Known()
    asking = asking_for(url)
    turn = (asking.listing if lists or asking.changes is None or not cursor else asking.changes)(before, NOW)
    bodies = itertools.islice(itertools.cycle(json.dumps(answer).encode() for answer in answers), 200)
    found = ended(turn, bodies)
    assert isinstance(found, Gathered) or "\n" not in found


def ended(turn: Turn, bodies: Iterator[bytes]) -> Gathered | str:
    """What a turn comes to, or what it says is wrong, before the answers run out."""
    asks = next(turn)
    while True:
        try:
            asks = turn.send([page_of(next(bodies)) for _ in asks])
        except StopIteration as end:
            return end.value
        except NotReadable as error:
            return str(error)
