from __future__ import annotations

import json
import re
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise

import pytest
from aiohttp import ClientSession, web
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import Post
from bot.demo import scenes
from bot.demo.blog import harbour
from bot.demo.edition import Act, Edition, Story
from bot.demo.press import json_ld, page
from bot.demo.stage import PICTURES, Stage

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
ADDRESS = "http://127.0.0.1:8080/live"
STORY = harbour(NOON)
END = STORY.acts[-1].at


def keys(edition: Edition) -> list[str]:
    return [post.key for post in edition.posts]


def post(edition: Edition, key: str) -> Post:
    return next(post for post in edition.posts if post.key == key)


def forms(key: str) -> list[Post]:
    return [act.post for act in STORY.acts if act.post.key == key]


# --- the story -------------------------------------------------------------------------------------------------------


def test_five_posts_stand_at_the_start_with_the_pinned_summary_on_top() -> None:
    start = STORY.page_at(0)
    assert keys(start) == ["summary", "breakfast", "forecast", "tide", "quays-open"]
    assert start.posts[0].pinned
    assert (start.published, start.total, start.changes) == (5, 25, 0)


def test_the_first_new_post_appears_after_three_seconds() -> None:
    assert len(STORY.page_at(2.99).posts) == 5
    assert keys(STORY.page_at(3))[1] == "dark-line"
    assert STORY.page_at(0).next_in == 3


def test_something_happens_every_three_to_eight_seconds_for_about_two_and_a_half_minutes() -> None:
    times = sorted(act.at for act in STORY.acts if act.at > 0)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(3 <= gap <= 8 for gap in gaps)
    assert 140 <= END <= 160


def test_the_whole_story_has_20_new_posts_6_edits_and_one_withdrawal() -> None:
    live = [act for act in STORY.acts if act.at > 0]
    first = {act.post.key: act for act in reversed(STORY.acts)}
    new = [act for act in live if first[act.post.key] is act]
    withdrawn = [act for act in live if act.post.withdrawn]
    edits = [act for act in live if act not in new and act not in withdrawn]
    assert (len(new), len(edits), len(withdrawn)) == (20, 6, 1)
    assert [act.post.key for act in edits] == ["ferry", "summary", "shelter", "dinghy", "summary", "summary"]
    assert len(STORY.page_at(END).posts) == 24


def test_every_edit_changes_what_a_reader_sees() -> None:
    for key in ("summary", "ferry", "shelter", "dinghy"):
        texts = [(form.title, form.text) for form in forms(key)]
        assert len(set(texts)) == len(texts) > 1


def test_one_headline_gets_a_number_corrected() -> None:
    before, after = forms("shelter")
    assert re.findall(r"\d+", before.title or "") == ["14"]
    assert re.findall(r"\d+", after.title or "") == ["16"]
    assert after.modified_at
    assert before.published_at == after.published_at < after.modified_at


def test_the_withdrawn_post_leaves_a_hole_between_posts_that_stay() -> None:
    gone = next(act for act in STORY.acts if act.post.withdrawn)
    before, after = keys(STORY.page_at(gone.at - 0.01)), keys(STORY.page_at(gone.at))
    place = before.index("first-past")
    assert after == before[:place] + before[place + 1 :]
    assert 1 < place < len(before) - 1
    assert "first-past" not in keys(STORY.page_at(END))


def test_after_the_last_act_the_page_stays_as_it_is() -> None:
    assert not STORY.page_at(END - 0.01).over
    assert STORY.page_at(END).over
    assert page(STORY.page_at(END), ADDRESS) == page(STORY.page_at(END + 100_000), ADDRESS)


def test_twice_the_speed_is_half_the_time() -> None:
    fast = harbour(NOON, speed=2)
    assert [act.at for act in fast.acts] == [act.at / 2 for act in STORY.acts]


def test_live_posts_are_published_at_the_moment_they_appear() -> None:
    dark_line = post(STORY.page_at(5), "dark-line")
    assert dark_line.published_at == NOON + timedelta(seconds=3)
    assert all((older.published_at or NOON) < NOON for older in STORY.page_at(0).posts)


@settings(deadline=None)
@given(st.floats(min_value=-10, max_value=400))
def test_the_page_depends_on_the_moment_alone(moment: float) -> None:
    assert page(harbour(NOON).page_at(moment), ADDRESS) == page(STORY.page_at(moment), ADDRESS)


@settings(deadline=None)
@given(st.floats(min_value=0, max_value=200), st.floats(min_value=0, max_value=200))
def test_time_only_adds(one: float, other: float) -> None:
    earlier, later = STORY.page_at(min(one, other)), STORY.page_at(max(one, other))
    assert earlier.published <= later.published <= later.total
    assert earlier.changes <= later.changes
    assert earlier.modified_at <= later.modified_at
    assert set(keys(earlier)) - set(keys(later)) <= {"first-past"}
    common = [key for key in keys(later) if key in keys(earlier)]
    assert common == [key for key in keys(earlier) if key in common]


def test_every_post_is_fit_to_print() -> None:
    for act in STORY.acts:
        told = act.post
        assert told.title
        assert told.authors
        assert told.tags
        assert 1 <= len(told.text.split("\n\n")) <= 4
        assert all(image.caption for image in told.images)


# --- the page --------------------------------------------------------------------------------------------------------


def ld_of(html: str) -> dict[str, object]:
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert len(scripts) == 1
    parsed = json.loads(scripts[0])
    assert isinstance(parsed, dict)
    return parsed


@pytest.mark.parametrize("moment", [0, 3, 56, 103, 200])
def test_the_page_carries_a_live_blog_posting_that_parses(moment: float) -> None:
    edition = STORY.page_at(moment)
    blog = ld_of(page(edition, ADDRESS))
    assert blog == json_ld(edition, ADDRESS)
    assert blog["@type"] == "LiveBlogPosting"
    updates = blog["liveBlogUpdate"]
    assert isinstance(updates, list)
    assert [update["url"] for update in updates] == [f"{ADDRESS}#post-{key}" for key in keys(edition)]


def test_an_update_says_who_when_what_and_shows_a_picture() -> None:
    update = json_ld(STORY.page_at(3), ADDRESS)["liveBlogUpdate"][1]
    assert update["headline"] == "Lighthouse reports a dark line on the horizon"
    assert update["author"] == [{"@type": "Person", "name": "Wren Aldous"}]
    assert update["keywords"] == ["Weather"]
    assert update["datePublished"] == update["dateModified"] == "2031-05-04T12:00:03+00:00"
    assert update["image"][0]["url"] == f"{ADDRESS}/pictures/squall.png"
    assert update["articleBody"].count("<p>") == 2


def test_lists_and_quotations_are_marked_up_for_people_and_machines() -> None:
    text = "The count:\n\n• <em>one</em> ship\n• two < three\n\n> Quite so.\n> Indeed."
    post = Post(key="count", title="Count", text=text, published_at=NOON)
    story = Story(
        title="t",
        description="d",
        publisher="p",
        note="n",
        language="en",
        started_at=NOON,
        acts=(Act(at=0, post=post),),
    )
    body = (
        "<p>The count:</p><ul><li><em>one</em> ship</li><li>two &lt; three</li></ul>"
        "<blockquote><p>Quite so.<br>&gt; Indeed.</p></blockquote>"
    )
    assert json_ld(story.page_at(0), ADDRESS)["liveBlogUpdate"][0]["articleBody"] == body
    assert body in page(story.page_at(0), ADDRESS)


def test_angle_brackets_in_headlines_are_text_and_emphasis_is_mark_up() -> None:
    html = page(STORY.page_at(END), ADDRESS)
    assert "Ferry pier &lt;reopens&gt;, and the queue cheers" in html
    assert "<em>Sea Lark</em> first across the line" in html
    headlines = [update["headline"] for update in json_ld(STORY.page_at(END), ADDRESS)["liveBlogUpdate"]]
    assert "Ferry pier <reopens>, and the queue cheers 🎉" in headlines


def test_nothing_in_a_post_can_close_the_script_or_start_another() -> None:
    text = 'x</script><script>alert(1)</script><img src=x onerror="alert(2)">'
    hostile = Post(key='k"><b>', title=text, text=text, authors=(text,), tags=(text,), published_at=NOON)
    story = Story(
        title=text,
        description=text,
        publisher=text,
        note=text,
        language='e"n',
        started_at=NOON,
        acts=(Act(at=0, post=hostile),),
    )
    html = page(story.page_at(0), ADDRESS)
    assert html.count("<script") == html.count("</script>") == 2
    assert "<img" not in html
    assert "<b>" not in html
    updates = ld_of(html)["liveBlogUpdate"]
    assert isinstance(updates, list)
    assert updates[0]["headline"] == text
    assert unescape(updates[0]["articleBody"]) == f"<p>{text}</p>"


# --- on the stage ----------------------------------------------------------------------------------------------------


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stage(clock: Clock) -> Stage:
    return Stage(harbour, clock)


@pytest.fixture
async def base(stage: Stage) -> AsyncIterator[str]:
    app = web.Application()
    app.add_subapp("/live", stage.app())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_nothing_happens_before_the_story_begins(stage: Stage, clock: Clock) -> None:
    clock.now += 1000
    assert stage.edition().published == 5
    stage.begin()
    clock.now += 3
    assert stage.edition().published == 6


async def test_an_unchanged_page_answers_304_and_a_changed_one_does_not(base: str, stage: Stage, clock: Clock) -> None:
    stage.begin()
    async with ClientSession() as session:
        async with session.get(f"{base}/live") as first:
            etag = first.headers["ETag"]
            assert first.status == 200
            assert first.content_type == "text/html"
        clock.now += 2
        async with session.get(f"{base}/live", headers={"If-None-Match": etag}) as again:
            assert (again.status, await again.read()) == (304, b"")
            assert again.headers["ETag"] == etag
        clock.now += 1
        async with session.get(f"{base}/live", headers={"If-None-Match": etag}) as changed:
            assert changed.status == 200
            assert changed.headers["ETag"] != etag
            assert "dark line on the horizon" in await changed.text()


async def test_every_picture_of_the_story_is_served_as_png(base: str) -> None:
    updates = json_ld(STORY.page_at(END), f"{base}/live")["liveBlogUpdate"]
    pictures = {image["url"] for update in updates for image in update.get("image", [])}
    assert len(pictures) == 7
    async with ClientSession() as session:
        for address in pictures:
            async with session.get(address) as answer:
                assert (answer.status, answer.content_type) == (200, "image/png")
                assert (await answer.read()).startswith(b"\x89PNG\r\n\x1a\n")


async def test_a_picture_that_is_not_there_is_404(base: str) -> None:
    async with ClientSession() as session:
        for path in ("/live/pictures/nothing.png", "/live/pictures/..%2fharbour.toml", "/live/chat.js"):
            async with session.get(base + path) as answer:
                assert answer.status == 404


async def test_the_page_tells_a_machine_that_polls_from_a_browser(base: str, stage: Stage) -> None:
    async with ClientSession() as session:
        async with session.get(f"{base}/live", headers={"Sec-Fetch-Mode": "navigate"}):
            assert not stage.polled.is_set()
        async with session.get(f"{base}/live"):
            assert stage.polled.is_set()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[", "127.0.0.1:x"])
async def test_a_foreign_host_is_refused(base: str, host: str) -> None:
    async with ClientSession() as session, session.get(f"{base}/live", headers={"Host": host}) as answer:
        assert answer.status == 403


# --- the pictures ----------------------------------------------------------------------------------------------------


def pixels(png: bytes) -> bytes:
    """The one IDAT chunk of a file that `paint` wrote, unpacked."""
    start = png.index(b"IDAT")
    length = int.from_bytes(png[start - 4 : start])
    return zlib.decompress(png[start + 4 : start + 4 + length])


def test_the_kept_pictures_are_what_the_program_paints() -> None:
    assert {path.stem for path in PICTURES.iterdir()} == set(scenes.SCENES)
    assert pixels((PICTURES / "shelter.png").read_bytes()) == pixels(scenes.paint("shelter"))
