"""The ways in which live blogs lead their readers astray, one after the other: invented pages from bytes to what the
relay would say, and the captured pages on which each was found. Without those beside the repository the latter are
skipped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.model import ChangeKind, KeyKind, Snapshot, SnapshotKind
from storage import open_store
from tests.api_answers import (
    reddit_listing,
    reddit_update,
    sourcefabric_listing,
    sourcefabric_part,
    sourcefabric_post,
)
from tests.blog_builders import Blog
from tests.markup_pages import (
    GUARDIAN,
    amp_page,
    amp_post,
    guardian_block,
    guardian_id,
    guardian_page,
    microdata_page,
    microdata_post,
)
from tests.newsroom import settings_of
from tests.pages import BLOG, CAPTURED, blog, captured, html, snapshot, update
from tests.polling import Watch
from tests.publisher import Publisher

needs_captures = pytest.mark.skipif(not CAPTURED.is_dir(), reason=f"no captured pages in {CAPTURED}")

CNN = "https://edition.cnn.com/2024/02/14/us/live-news/storm-02-14-24/index.html"
MIRROR = "https://www.mirror.co.uk/news/live-storm-7"
Update = dict[str, Any]


def page(*updates: Update, **fields: Any) -> Snapshot:
    """A page with these updates, from its bytes."""
    return snapshot(html(blog(*updates, **fields)), url=fields.get("url", BLOG), kept="jsonld")


def says(key: str, text: str, minute: int = 30, **fields: Any) -> Update:
    return update(minute, url=f"{BLOG}#{key}", headline=f"About {key}", articleBody=text, **fields)


def titles(blog: Blog, kind: str = "new") -> list[str | None]:
    return [change.title for change in blog.told if change.kind == kind]


def restored(name: str, **rules: Any) -> Blog:
    """A blog that read a captured page once."""
    return Blog.after(captured(name, **rules))


FIVE = [update(number) for number in (15, 14, 13, 12, 11)]


# --- 1, 2, 27: what a post is known by -----------------------------------------------------------------------------


def positional(*stories: tuple[int, str], first: int = 1, **fields: Any) -> Snapshot:
    """A page whose posts are numbered from the top, whatever they say."""
    return page(
        *(
            update(minute, url=f"{BLOG}#post{place}", headline=f"{words}", articleBody=f"{words}, says the harbour.")
            for place, (minute, words) in enumerate(stories, first)
        ),
        **fields,
    )


STORIES = [(11, "Ferry held"), (12, "Bridge shut"), (13, "Roof lost"), (14, "Lights out"), (15, "Tide turns")]


@pytest.mark.parametrize("first", [0, 1])
def test_posts_numbered_from_the_top_are_not_edited_by_every_new_one(first: int) -> None:
    blog = Blog()
    for count in range(1, len(STORIES) + 1):
        blog.poll(positional(*reversed(STORIES[:count]), first=first))
    assert titles(blog) == ["Bridge shut", "Roof lost", "Lights out", "Tide turns"]
    assert len(blog.told) == 4


def test_posts_numbered_from_the_top_below_a_pinned_old_one_are_not_edited_either() -> None:
    pinned = (5, "What we know so far")
    blog = Blog.after(positional(pinned, *reversed(STORIES[:3])))
    blog.poll(positional(pinned, *reversed(STORIES[:4])), positional(pinned, *reversed(STORIES)))
    assert titles(blog) == ["Lights out", "Tide turns"]
    assert len(blog.told) == 2


def with_a_gap(*stories: tuple[int, str], edited: str = "", identity: str = "auto") -> Snapshot:
    """Places in the list as well, but for one that an advertisement has."""
    places = [place for place in range(1, len(stories) + 2) if place != 3]
    text = {words: f"{words}, says the harbour." for _, words in stories} | {edited: "Not so, says the harbour."}
    updates = (
        update(minute, url=f"{BLOG}#e{place}", headline=words, articleBody=text[words])
        for place, (minute, words) in zip(places, stories, strict=True)
    )
    return replace(page(*updates), identity=identity)


def test_a_page_whose_ids_move_from_post_to_post_goes_on_by_its_words_with_one_alarm() -> None:
    blog = Blog.after(with_a_gap(*reversed(STORIES[:4])))
    whole = with_a_gap(*reversed(STORIES))
    blog.poll(whole)
    assert titles(blog) == ["Tide turns"]
    assert blog.last.alarm is not None
    assert "another post" in blog.last.alarm
    assert blog.poll(whole, whole) == []
    assert blog.last.alarm is None
    seventh = (40, "Ferry sails")
    blog.poll(with_a_gap(seventh, *reversed(STORIES)))
    assert titles(blog) == ["Tide turns", "Ferry sails"]
    edit = with_a_gap(seventh, *reversed(STORIES), edited=STORIES[4][1])
    assert [line.split()[0] for line in blog.poll(edit)] == ["edited"]
    assert blog.count(ChangeKind.WITHDRAWN) == 0


def test_ids_that_the_admin_asked_for_are_refused_where_they_move_and_not_given_up() -> None:
    blog = Blog.after(with_a_gap(*reversed(STORIES[:4]), identity="id"))
    assert blog.poll(*[with_a_gap(*reversed(STORIES), identity="id")] * 4) == []
    assert not blog.last.accepted
    assert blog.last.alarm is not None
    assert "another post" in blog.last.alarm
    assert blog.poll(with_a_gap(*reversed(STORIES[:4]), identity="id")) == []
    assert blog.last.alarm is None


def test_a_descending_sequence_of_ids_is_an_identity() -> None:
    numbers = range(80, 40, -1)
    found = page(*(update(30, url=f"{BLOG}#{n}", headline=f"Ball {n}", articleBody="Out.") for n in numbers))
    assert [post.key for post in found.posts] == [str(n) for n in numbers]


def nameless(minute: int, headline: str, text: str) -> Update:
    return update(minute, url=None, headline=headline, articleBody=text)


def test_posts_without_any_id_are_followed_through_edits_and_new_ones() -> None:
    first = nameless(11, "Ferry held", "The ferry stays in port because of the wind, the harbour master says.")
    second = nameless(12, "Bridge shut", "The old bridge has been shut to all traffic since this morning.")
    corrected = nameless(12, "Bridge shut", "The old bridge has been shut to lorries only since this morning.")
    third = nameless(13, "Roof lost", "The market hall has lost a part of its roof to the wind.")
    blog = Blog.after(page(second, first))
    assert {post.key_kind for post in page(second, first).posts} == {KeyKind.DERIVED}
    assert [line.split()[0] for line in blog.poll(page(third, corrected, first))] == ["edited", "new"]
    assert blog.poll(page(third, corrected, first)) == []


def test_of_posts_without_id_whose_minute_changed_too_the_words_tell() -> None:
    first = nameless(11, "Ferry held", "The ferry stays in port because of the wind, the harbour master says.")
    second = nameless(12, "Bridge shut", "The old bridge has been shut to all traffic since this morning.")
    blog = Blog.after(page(second, first))
    later = nameless(19, "Bridge shut", "The old bridge has been shut to all traffic since this morning.")
    assert blog.poll(page(later, first)) == []


def rss(*items: tuple[str, str, str], link: str = "https://news.example/storm") -> Snapshot:
    lines = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><link>{link}/{title.split()[0].lower()}</link>"
        f"<title>{title}</title><description>{text}</description></item>"
        for guid, title, text in items
    )
    return snapshot(f"<rss version='2.0'><channel><title>Storm</title><link>{link}</link>{lines}</channel></rss>")


def test_an_id_that_counts_re_publications_is_the_same_post() -> None:
    link = "https://news.example/storm"
    before = rss((f"{link}/ferry#0", "Ferry held", "In port."), (f"{link}/bridge#0", "Bridge shut", "Shut."))
    after = rss((f"{link}/ferry#1", "Ferry held", "Still in port."), (f"{link}/bridge#0", "Bridge shut", "Shut."))
    assert [line.split()[0] for line in Blog.after(before).poll(after)] == ["edited"]


def test_ids_that_all_change_at_once_raise_an_alarm_and_announce_nothing() -> None:
    names = ("Ferry", "Bridge", "Roof", "Lights", "Tide")
    before = rss(*((f"http-{n}", f"{n} news", f"What the {n} has come to.") for n in names))
    after = rss(*((f"https-{n}", f"{n} news", f"What the {n} has come to.") for n in names))
    blog = Blog.after(before)
    assert blog.poll(after) == []
    assert blog.last.alarm is not None
    assert "other ids" in blog.last.alarm
    assert blog.poll(after) == []
    assert blog.last.alarm is None
    more = rss(("https-x", "Siren heard", "A siren."), *((f"https-{n}", f"{n} news", "New words.") for n in names[:2]))
    assert [line.split()[0] for line in blog.poll(more)] == ["edited", "edited", "new"]


def test_ids_made_anew_for_every_request_hide_neither_a_new_post_nor_an_edit() -> None:
    names = ("Ferry", "Bridge", "Roof", "Lights", "Tide", "Boats")

    def poll(number: int, *titles: str, edited: str = "") -> Snapshot:
        text = {name: f"What the {name} has come to." for name in titles} | (
            {edited: "Something else."} if edited else {}
        )
        return rss(*((f"{number}-{name}", f"{name} news", text[name]) for name in titles))

    blog = Blog.after(poll(0, *names))
    assert blog.poll(poll(1, *names)) == []
    assert [line.split()[0] for line in blog.poll(poll(2, "Siren", *names))] == ["new"]
    assert [line.split()[0] for line in blog.poll(poll(3, "Siren", *names, edited="Roof"))] == ["edited"]
    assert blog.poll(poll(4, "Siren", *names, edited="Roof")) == []


def test_ids_made_anew_for_every_request_are_given_up_after_the_second_with_one_alarm_and_remembered_no_more() -> None:
    names = ("Ferry", "Bridge", "Roof", "Lights", "Tide", "Boats")

    def poll(number: int, *titles: str) -> Snapshot:
        return rss(*((f"{number}-{name}", f"{name} news", f"What the {name} has come to.") for name in titles))

    blog, alarms = Blog.after(poll(0, *names)), []
    for number in range(1, 20):
        assert blog.poll(poll(number, *names)) == []
        alarms.append(blog.last.alarm)
    assert [bool(alarm) for alarm in alarms[:4]] == [True, True, False, False]
    assert 'identity = "link+title"' in (alarms[1] or "")
    assert not any(alarms[2:])
    assert len(blog.memory.aliases) <= 2 * len(names)
    assert [line.split()[0] for line in blog.poll(poll(20, "Siren", *names))] == ["new"]
    gone = [poll(number, "Siren", *names[:2], *names[3:]) for number in (21, 22, 23)]
    assert [line.split()[0] for line in blog.poll(*gone)] == ["withdrawn"]


def test_a_setting_of_the_admin_counts_again_where_ids_were_given_up() -> None:
    names = ("Ferry", "Bridge", "Roof", "Lights", "Tide", "Boats")

    def poll(number: int, identity: str, *titles: str) -> Snapshot:
        items = ((f"{number}-{name}", f"{name} news", f"What the {name} has come to.") for name in titles)
        return replace(rss(*items), identity=identity)

    blog = Blog.after(*(poll(number, "auto", *names) for number in range(3)))
    assert blog.memory.page is not None
    assert blog.memory.page.ids_fail
    by_id = poll(2, "id", *names)
    assert blog.poll(by_id, by_id) == []
    more = replace(
        rss(("3-Siren", "Siren news", "A siren."), *((f"2-{n}", f"{n} news", "Else.") for n in names)), identity="id"
    )
    assert [line.split()[0] for line in blog.poll(more)] == ["edited"] * 6 + ["new"]


def test_an_edit_that_comes_with_another_reader_is_told_once() -> None:
    names = ("Ferry", "Bridge", "Roof", "Lights", "Tide")
    texts = {name: f"What the {name} has come to." for name in names}
    here = [update(n, headline=f"{name} news", articleBody=texts[name]) for n, name in enumerate(names, 11)]
    there = [(name, f"{name} news", text) for name, text in (texts | {"Roof": "All of it is gone."}).items()]
    blog = Blog.after(page(*here))
    assert blog.poll(rss(*there)) == ["edited post-13"]
    back = [one if one["url"] != f"{BLOG}#post-13" else {**one, "articleBody": "All of it is gone."} for one in here]
    assert blog.poll(page(*back), rss(*there), page(*back)) == []


def test_a_headline_that_comes_again_is_a_new_post_under_another_reader_too() -> None:
    goals = [
        update(n, headline=f"Goal {n}" if n != 11 else "GOAL!", articleBody=f"Now it is {n}.") for n in range(11, 19)
    ]
    window = [page(*reversed(goals[at : at + 5])) for at in range(4)]
    items = [(f"x{n}", f"Goal {n}", f"Now it is {n}.") for n in range(18, 14, -1)]
    blog = Blog.after(*window)
    assert blog.poll(rss(("x19", "GOAL!", "And another one by the same boy."), *items)) == ["new x19"]


def test_a_stale_copy_behind_another_reader_is_no_edit() -> None:
    def told(last: str, **fields: Any) -> list[Update]:
        return [*FIVE[:4], update(11, articleBody=last, **fields)]

    older, newer = told("At first."), told("Then more.", dateModified="2026-03-04T10:40:00Z")
    items = [(f"post-{n}", f"Headline {n}", f"Body of post {n}. It has two sentences.") for n in (15, 14, 13, 12)]
    blog = Blog.after(page(*older), page(*newer), rss(*items, ("post-11", "Headline 11", "Then more.")))
    assert blog.poll(page(*older), page(*newer)) == []


def test_a_headline_that_comes_again_as_the_first_ages_out_is_a_new_post_under_another_reader_too() -> None:
    goals = [update(n, headline=f"Goal {n}", articleBody=f"Now it is {n}.") for n in (15, 14, 13, 12)]
    old = update(11, headline="GOAL!", articleBody="The captain takes the first one from afar.")
    items = [(f"post-{n}", f"Goal {n}", f"Now it is {n}.") for n in (15, 14, 13, 12)]
    blog = Blog.after(page(*goals, old))
    assert blog.poll(rss(("post-16", "GOAL!", "Another one by the youngest of them."), *items)) == ["new post-16"]


def test_another_reader_that_sees_other_texts_edits_nothing() -> None:
    names = ("Ferry", "Bridge", "Roof", "Lights", "Tide")
    here = [
        update(n, headline=f"{name} news", articleBody=f"What the {name} has come to. And more.")
        for n, name in enumerate(names, 11)
    ]
    there = rss(*((name, f"{name} news", f"The {name}, in short.") for name in names))
    assert Blog.after(page(*here)).poll(there, page(*here), there) == []


@needs_captures
def test_the_captured_blog_without_ids_has_derived_keys_that_follow_an_insertion() -> None:
    whole = captured("pages/Repubblica.it-Israele-Hamas.html")
    assert {post.key_kind for post in whole.posts} == {KeyKind.DERIVED}
    blog = Blog.after(replace(whole, posts=whole.posts[1:]))
    assert blog.poll(whole, whole) == [f"new {whole.posts[0].key}"]


# --- 3, 4, 5: headlines and bodies that are not there, or not alone ------------------------------------------------


def test_posts_with_one_headline_are_each_told_and_each_edited() -> None:
    out = [
        says(
            f"b{n}",
            f"Ball {n} takes the bails.",
            n,
        )
        | {"headline": "OUT!"}
        for n in (11, 12, 13)
    ]
    blog = Blog.after(page(out[0]))
    assert blog.poll(page(*reversed(out))) == ["new b12", "new b13"]
    corrected = {**out[1], "articleBody": "Ball 12 misses the bails."}
    assert blog.poll(page(out[2], corrected, out[0])) == ["edited b12"]


@needs_captures
@pytest.mark.parametrize(
    ("name", "alike"), [("pages/TheMirror_2024_08_05.html", 8), ("pages/TheIndependent_2023_08_14.html", 9)]
)
def test_captured_posts_with_one_headline_are_each_told(name: str, alike: int) -> None:
    whole = captured(name)
    headlines = Counter(post.title for post in whole.posts)
    assert sum(count for count in headlines.values() if count > 1) == alike
    last = whole.posts[-1]
    blog = Blog.after(replace(whole, posts=(last,)))
    blog.poll(replace(whole, kind=SnapshotKind.FULL))
    assert len(blog.told) == len(whole.posts) - 1


def test_a_post_without_headline_is_told_by_its_first_words_and_edited_once() -> None:
    bare = says("b", "The ferry is held. Nobody is hurt.") | {"headline": None}
    blog = Blog.after(page(says("a", "First.")))
    assert blog.poll(page(bare, says("a", "First."))) == ["new b"]
    assert titles(blog) == ["The ferry is held."]
    headed = says("b", "The ferry is held. Nobody is hurt.") | {"headline": "Ferry held"}
    assert blog.poll(page(headed, says("a", "First."))) == ["edited b"]


@needs_captures
def test_captured_posts_without_headline_have_a_derived_one() -> None:
    assert sum(p.title_is_derived for p in captured("cnn/cnn_allen-texas-mall-shooting-news-05-07-23.json").posts) == 1
    guardian = captured("pages/Guardian_Live.json", format="jsonld")
    assert all(post.title_is_derived or not post.text for post in guardian.posts)
    assert len({post.title for post in guardian.posts if post.title}) > 10


def test_a_post_that_is_only_an_embed_is_told_by_its_headline_and_its_body_later_is_an_edit() -> None:
    blog = Blog.after(page(says("a", "First.")))
    assert blog.poll(page(says("b", ""), says("a", "First."))) == ["new b"]
    assert titles(blog) == ["About b"]
    assert blog.poll(page(says("b", "Now with words."), says("a", "First."))) == ["edited b"]


@needs_captures
def test_captured_posts_that_are_only_embeds_are_told() -> None:
    whole = captured("pages/TheMirror_2024_08_05.html")
    empty = [post for post in whole.posts if not post.text]
    assert len(empty) == 18
    blog = Blog.after(replace(whole, posts=tuple(post for post in whole.posts if post.text)))
    blog.poll(whole)
    assert {change.key for change in blog.told} == {post.key for post in empty}


# --- 6, 7: escaping and mark-up ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "written", "read"),
    [
        ("https://www.express.co.uk/news/storm", "<p>&lt;p&gt;Mayor&amp;#39;s plan&lt;/p&gt;</p>", "Mayor's plan"),
        (
            BLOG,
            "A tag is written &lt;p&gt; and a loss &amp;amp; a gain",
            "A tag is written <p> and a loss &amp; a gain",
        ),
        (BLOG, "The team <reopens> the pier, 3 < 4", "The team <reopens> the pier, 3 < 4"),
        (BLOG, "<p>First &amp; last.</p><p>Then <b>more</b>.</p>", "First & last.\n\nThen more."),
        (BLOG, "One line.<br/><br/>Another line.", "One line.\n\nAnother line."),
    ],
)
def test_entities_are_decoded_as_often_as_the_publisher_escapes(url: str, written: str, read: str) -> None:
    assert page(update(9, articleBody=written), update(8), update(7), url=url).posts[0].text == read


def test_a_publisher_that_begins_to_escape_otherwise_edits_nothing() -> None:
    once = [update(n, articleBody=f"<p>Post {n}: the mayor&rsquo;s &amp; the pilot&#39;s.</p>") for n in (12, 11)]
    plain = [update(n, articleBody=f"Post {n}: the mayor's & the pilot's.") for n in (12, 11)]
    twice = [update(n, articleBody=f"Post {n}: the mayor&amp;rsquo;s &amp;amp; the pilot&amp;#39;s.") for n in (12, 11)]
    blog = Blog.after(page(*once))
    assert blog.poll(page(*plain), page(*twice), page(*once)) == []


@needs_captures
@pytest.mark.parametrize("name", ["pages/Repubblica.it-Israele-Hamas.html", "pages/TheMirror_2024_08_05.html"])
def test_captured_bodies_show_neither_entities_nor_tags(name: str) -> None:
    for post in captured(name).posts:
        words = f"{post.title} {post.text}"
        assert not any(sign in words for sign in ("&quot;", "&#", "&amp;", "<p", "<br", "[[ge:"))


# --- 8, 9, 10, 12, 13, 14, 28: times prove nothing -----------------------------------------------------------------


def test_offsets_mixed_in_one_object_are_one_instant_and_no_edit() -> None:
    def mixed(modified: str) -> Snapshot:
        return page(says("a", "Same words.", datePublished="2026-03-04T11:00:00+01:00", dateModified=modified))

    post = mixed("2026-03-04T10:00:00Z").posts[0]
    assert post.published_at == post.modified_at
    blog = Blog.after(mixed("2026-03-04T10:00:00Z"))
    assert blog.poll(mixed("2026-03-04T11:00:00+01:00"), mixed("2026-03-04T10:05:00Z")) == []


@needs_captures
def test_captured_mixed_offsets_give_88_edits_and_no_negative_age() -> None:
    posts = captured("pages/TheMirror_2024_08_05.html").posts
    ages = [p.modified_at - p.published_at for p in posts if p.modified_at and p.published_at]
    assert sum(age > timedelta(0) for age in ages) == 88
    assert min(ages) == timedelta(0)
    assert max(ages) < timedelta(hours=3)


def shifted(updates: list[Update], hours: int) -> list[Update]:
    """The same updates with their clock set wrong by so many hours."""
    return [{**one, "datePublished": one["datePublished"].replace("T10:", f"T{10 + hours}:")} for one in updates]


@pytest.mark.parametrize("hours", [2, -3])
def test_a_clock_that_is_hours_wrong_makes_nothing_new_edited_or_stale(hours: int) -> None:
    blog = Blog.after(page(*FIVE))
    wrong = shifted([update(16), *FIVE], hours)
    assert blog.poll(page(*wrong), page(update(16), *FIVE)) == ["new post-16"]
    assert blog.last.accepted


def test_times_in_the_pages_own_words_do_not_count_beside_its_script() -> None:
    body = '<article id="post-15"><time datetime="2026-03-04T12:15:11Z">12.15</time></article>'
    found = snapshot(html(blog(*FIVE), body=body))
    assert found.posts[0].published_at == datetime(2026, 3, 4, 10, 15, 11, tzinfo=UTC)


def test_a_false_z_in_the_mark_up_does_not_count_beside_a_script_without_ids() -> None:
    """As Repubblica has it: no ids in the script, ids and the local time with a Z in the page."""
    bare = [update(n, url=None) for n in (15, 14, 13)]

    def shown(*updates: Update) -> Snapshot:
        events = "".join(
            f'<article id="40012_event{900 + at}"><time datetime="{one["datePublished"].replace("T10:", "T11:")}">'
            f"{one['headline']}</time><p>{one['articleBody']}</p></article>"
            for at, one in enumerate(updates)
        )
        return snapshot(html(blog(*updates), body=events))

    found = shown(*bare)
    assert (found.format, {post.key_kind for post in found.posts}) == ("jsonld", {KeyKind.DERIVED})
    assert found.posts[0].published_at == datetime(2026, 3, 4, 10, 15, 11, tzinfo=UTC)
    later = shown(update(16, url=None), *bare)
    assert Blog.after(found).poll(later) == [f"new {later.posts[0].key}"]


@needs_captures
def test_the_captured_false_z_of_the_page_is_not_taken_over() -> None:
    posts = captured("pages/Repubblica.it-Israele-Hamas.html", format="jsonld").posts
    newest = max(post.published_at for post in posts if post.published_at)
    assert newest == datetime(2023, 11, 2, 15, 56, 32, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2026-03-04T10:12:11Z", 1772619131, "1772619131", 1772619131000, "1772619131000"])
def test_seconds_milliseconds_and_iso_are_one_instant(written: object) -> None:
    found = page(says("a", "Words.", datePublished=written, dateModified=written))
    assert found.posts[0].published_at == datetime(2026, 3, 4, 10, 12, 11, tzinfo=UTC)


@needs_captures
def test_captured_seconds_and_milliseconds_are_of_one_day() -> None:
    posts = captured("pages/TheIndependent_2023_08_14.html", format="amp").posts
    times = [post.published_at for post in posts if post.published_at]
    assert {time.year for time in times} == {2023}


def test_a_modification_a_second_before_publication_is_a_post_like_any_other() -> None:
    odd = says("b", "Words.", datePublished="2026-03-04T10:12:11Z", dateModified="2026-03-04T10:12:10Z")
    blog = Blog.after(page(says("a", "First.")))
    assert blog.poll(page(odd, says("a", "First."))) == ["new b"]
    assert blog.poll(page({**odd, "articleBody": "Other words."}, says("a", "First."))) == ["edited b"]


@needs_captures
def test_captured_modifications_before_publication_are_read() -> None:
    posts = captured("pages/Guardian_Live.json", format="guardian").posts
    assert any(p.modified_at and p.published_at and p.modified_at < p.published_at for p in posts)


def test_posts_younger_than_their_page_says_it_is_are_new() -> None:
    early = "2026-03-04T09:00:00Z"
    blog = Blog.after(page(*FIVE, dateModified=early))
    assert blog.poll(page(update(16), *FIVE, dateModified=early)) == ["new post-16"]
    changed = update(16, articleBody="Other words.", dateModified="2026-03-04T10:50:00Z")
    assert blog.poll(page(changed, *FIVE, dateModified=early)) == ["edited post-16"]


@needs_captures
@pytest.mark.parametrize(
    "name", ["pages/TheMirror_2024_08_05.html", "cnn/cnn_allen-texas-mall-shooting-news-05-07-23.json"]
)
def test_captured_posts_younger_than_their_page_are_new(name: str) -> None:
    whole = captured(name)
    assert whole.modified_at is not None
    young = {p.key for p in whole.posts if p.published_at and p.published_at > whole.modified_at}
    assert young
    blog = Blog.after(replace(whole, posts=tuple(post for post in whole.posts if post.key not in young)))
    blog.poll(whole)
    assert {change.key for change in blog.told if change.kind == "new"} == young


@pytest.mark.parametrize("ends", ["2026-03-04T08:00:00Z", "2026-03-05T10:00:00Z", "2020-01-01T00:00:00Z"])
def test_an_announced_end_of_coverage_ends_nothing(ends: str) -> None:
    blog = Blog.after(page(*FIVE))
    assert blog.poll(page(*FIVE, coverageEndTime=ends), page(update(16), *FIVE, coverageEndTime=ends)) == [
        "new post-16"
    ]
    assert blog.memory.page is not None
    assert not blog.memory.page.ended


@needs_captures
@pytest.mark.parametrize(
    ("name", "ended"), [("pages/BBC_2020_05_12.html", False), ("pages/Repubblica.it-Israele-Hamas.html", False)]
)
def test_captured_ends_of_coverage_end_nothing(name: str, ended: bool) -> None:
    assert b"coverageEndTime" in (CAPTURED / name).read_bytes()
    assert captured(name, format="jsonld").ended is ended


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("4m ago The ferry is held.", "5m ago The ferry is held."),
        ("The ferry is held. Updated 2 hr 13 min ago", "The ferry is held. Updated 3 hr ago"),
        ("The ferry is held. Updated at 12.36 BST", "The ferry is held. Updated at 12.51 BST"),
        ("The ferry is held. il y a 5 minutes", "The ferry is held. il y a 2 heures"),
    ],
)
def test_a_time_that_runs_by_itself_is_no_edit(before: str, after: str) -> None:
    blog = Blog.after(page(says("a", before)))
    assert blog.poll(page(says("a", after))) == []
    assert blog.poll(page(says("a", after.replace("held", "free")))) == ["edited a"]


def saved_as_text(*posts: tuple[str, str, str]) -> Snapshot:
    """A page saved as text: for every post the time shown, the headline and the body."""
    lines = [f"{shown}\n\n{headline}\n\nFrom our Ann Lee\n\n{body}\n" for shown, headline, body in posts]
    return snapshot(f"Storm on the coast\n\nBy Ann Lee\n\n{len(posts)} Posts\n\n" + "\n".join(lines), url="")


def test_shown_times_that_drift_or_turn_absolute_name_no_post() -> None:
    bodies = [("Ferry held", "The ferry stays in port for now."), ("Bridge shut", "The bridge is shut to everyone.")]
    blog = Blog()
    for times in (
        ("4 min ago", "2 hr 13 min ago"),
        ("5 min ago", "2 hr 14 min ago"),
        ("1:10 p.m. ET", "11:02 a.m. ET"),
    ):
        blog.poll(saved_as_text(*((shown, *words) for shown, words in zip(times, bodies, strict=True))))
    assert blog.told == []
    assert blog.last.accepted


# --- 11, 24: what is no post ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("marks", [{"id": "ad-1288913"}, {"id": "promo_7"}])
def test_an_advertisement_among_the_posts_is_never_told_and_hides_none(marks: dict[str, str]) -> None:
    advert = amp_post(9, "<p>Buy a boat</p>", data_update_time=None, **marks)
    blog_ = Blog.after(snapshot(amp_page(amp_post(2), amp_post(1))))
    with_advert = snapshot(amp_page(amp_post(3), advert, amp_post(2), amp_post(1)))
    assert blog_.poll(with_advert) == ["new post-1288003"]
    moved = snapshot(amp_page(advert, amp_post(3), amp_post(2), amp_post(1)))
    without = snapshot(amp_page(amp_post(3), amp_post(2), amp_post(1)))
    assert blog_.poll(moved, *[without] * 4) == []


def test_an_advert_among_an_apis_posts_is_never_told() -> None:
    def answer(*posts: dict[str, Any]) -> Snapshot:
        return snapshot(json.dumps(sourcefabric_listing(*posts)))

    advert = sourcefabric_post(3, sourcefabric_part("advertisement_local", "<p>Buy a boat</p>"))
    blog_ = Blog.after(answer(sourcefabric_post(2), sourcefabric_post(1)))
    told = blog_.poll(answer(sourcefabric_post(4), advert, sourcefabric_post(2), sourcefabric_post(1)))
    assert (len(told), titles(blog_)) == (1, ["Body of post 4."])


@needs_captures
def test_a_captured_advertisement_among_the_posts_is_none() -> None:
    posts = captured("pages/TheIndependent_2023_08_14.html", format="amp").posts
    assert len(posts) == 10
    assert not any("ad-" in post.key for post in posts)


@needs_captures
def test_captured_deletions_stay_listed_and_are_withdrawn() -> None:
    posts = captured("sourcefabric/api_response.json", format="sourcefabric").posts
    assert sum(post.withdrawn for post in posts) == 13  # as many as bear the mark


SAMPLES = [
    update(
        n,
        url=f"https://www.ampbyexample.com/samples_templates/live_blog/#post{n}",
        headline="Green landscape",
        articleBody={"@type": "ImageObject"},
    )
    for n in (1, 2)
]


def test_sample_posts_that_a_theme_ships_are_never_told() -> None:
    assert page(*SAMPLES).posts == ()
    blog = Blog.after(page(*SAMPLES))
    assert blog.poll(page(*FIVE[-1:], *SAMPLES), page(*FIVE[-2:], *SAMPLES)) == ["new post-11", "new post-12"]


def test_an_id_that_changes_with_every_edit_makes_no_second_post() -> None:
    """As the AMP pages of Automattic's Liveblog have it: the id is the time of the last edit."""

    def listed(*posts: tuple[int, str, int]) -> Snapshot:
        return snapshot(
            amp_page(
                *(
                    amp_post(
                        number,
                        f"<h2>About {number}</h2><p>{text}</p>",
                        id=f"post{1772618400 + edited}",
                        data_sort_time=str(1772618400 + 60 * number),
                        data_update_time=str(1772618400 + edited),
                    )
                    for number, text, edited in posts
                )
            )
        )

    first = ((2, "The wall holds, says the mayor.", 120), (1, "Two ferries stay in port.", 60))
    blog_ = Blog.after(listed(*first))
    assert blog_.memory.page is not None
    key = blog_.memory.page.order[1]
    edited = ((2, "The wall holds, says the mayor.", 120), (1, "Three ferries stay in port.", 400))
    assert blog_.poll(listed(*edited), listed(*edited)) == [f"edited {key}"]
    assert len(blog_.poll(listed((3, "The tide turns at last.", 500), *edited))) == 1
    assert blog_.told[-1].kind == "new"


# --- 15, 16, 17, 18: order, windows and deltas ---------------------------------------------------------------------


def pinned_page(*updates: Update, text: str = "All in short.", modified: int = 40) -> Snapshot:
    summary = update(
        5,
        headline="Here's the latest",
        articleBody=text,
        dateModified=f"2026-03-04T10:{modified}:11Z",
        url=f"{CNN}/h_p",
    )
    return page(summary, *updates, url=CNN)


def story(number: int, **fields: Any) -> Update:
    return update(number, url=f"{CNN[:-10]}h_{number:032x}", **fields)


def test_a_pinned_old_post_on_top_neither_turns_the_page_nor_makes_holes() -> None:
    blog = Blog.after(pinned_page(story(13), story(12), story(11)))
    told = blog.poll(pinned_page(story(14), story(13), story(12), story(11), modified=41))
    assert told == [f"new h_{14:032x}"]
    assert blog.poll(pinned_page(story(14), story(13), story(12), story(11), text="Longer.", modified=42)) == [
        "edited h_p"
    ]
    unpinned = page(story(14), story(13), story(12), story(11), url=CNN)
    assert blog.poll(*[unpinned] * 5) == []


def test_a_pinned_copy_and_the_listed_post_are_one() -> None:
    copy = [update(13), *FIVE]
    assert [post.key for post in page(*copy).posts] == [f"post-{n}" for n in (15, 14, 13, 12, 11)]
    blog = Blog.after(page(*FIVE))
    assert blog.poll(page(*copy), page(update(11), *FIVE), page(*FIVE)) == []


def test_a_pinned_block_above_the_list_and_its_copy_in_it_are_one_block() -> None:
    """As the Guardian shows it: the pinned block first and oldest, and again where it belongs."""

    def shown(*numbers: int, pinned: int | None = None, body: str = "") -> Snapshot:
        copy = f'<div id="pinned-post">{guardian_block(pinned, body)}</div>' if pinned else ""
        return snapshot(
            guardian_page(*(guardian_block(n, body if n == pinned else "") for n in numbers), more=copy), url=GUARDIAN
        )

    found = shown(3, 2, 1, pinned=1)
    assert [(post.key, post.pinned) for post in found.posts] == [
        (guardian_id(3), False),
        (guardian_id(2), False),
        (guardian_id(1), True),
    ]
    blog_ = Blog.after(shown(3, 2, 1))
    assert blog_.poll(found, *[shown(4, 3, 2, 1, pinned=1)] * 2) == [f"new {guardian_id(4)}"]
    edited = shown(4, 3, 2, 1, pinned=1, body="<p>And more.</p>")
    assert blog_.poll(edited, edited) == [f"edited {guardian_id(1)}"]
    only_above = shown(4, 3, 2, pinned=1, body="<p>And more.</p>")
    assert blog_.poll(*[only_above] * 4) == []


@needs_captures
def test_captured_pinned_summaries_are_pinned_and_older_than_what_follows() -> None:
    for path in sorted(CAPTURED.glob("cnn/*.json")):
        first, *others = captured(f"cnn/{path.name}").posts
        assert first.pinned
        assert first.published_at is not None
        assert others[0].published_at is not None
        assert first.published_at < others[0].published_at


def test_a_post_released_hours_after_its_own_time_is_new() -> None:
    blog = Blog.after(page(*FIVE))
    late = says("late", "Written in the morning.", datePublished="2026-03-04T04:00:00Z")
    assert blog.poll(page(late, *FIVE)) == ["new late"]
    between = says("between", "Written at dawn.", datePublished="2026-03-04T03:00:00Z")
    assert blog.poll(page(late, FIVE[0], between, *FIVE[1:])) == ["new between"]


@needs_captures
def test_the_captured_late_releases_are_new_in_whatever_order_they_come() -> None:
    whole = captured("pages/TheIndependent_2023_08_14.html", format="jsonld")
    oldest_on_top = sorted(whole.posts, key=lambda post: post.published_at or datetime.max.replace(tzinfo=UTC))
    late = oldest_on_top[0]
    rest = [post for post in whole.posts if post.key != late.key]
    blog = Blog.after(replace(whole, posts=tuple(rest)))
    assert blog.poll(replace(whole, posts=(late, *rest))) == [f"new {late.key}"]


def test_a_window_that_shrinks_and_grows_tells_nothing() -> None:
    blog = Blog.after(page(*FIVE))
    windows = [FIVE[:n] for n in (4, 3, 5, 2, 5)]
    assert blog.poll(*(page(*window) for window in windows)) == []
    assert blog.poll(page(*FIVE, update(10), update(9))) == []


def test_a_post_that_is_struck_stays_and_is_shown_struck() -> None:
    """It is listed, so it is not withdrawn; that it is struck is seen, so it is an edit."""

    def thread(*updates: dict[str, Any]) -> Snapshot:
        return snapshot(json.dumps(reddit_listing(*updates)), kept="reddit")

    blog_ = Blog.after(thread(reddit_update(2), reddit_update(1)))
    key = reddit_update(2)["data"]["id"]
    struck = reddit_update(2, stricken=True)
    assert blog_.poll(thread(struck, reddit_update(1))) == [f"edited {key}"]
    assert blog_.told[-1].post is not None
    assert blog_.told[-1].post.struck
    assert blog_.poll(*[thread(struck, reddit_update(1))] * 4) == []
    new = reddit_update(3, stricken=True)
    assert blog_.poll(thread(new, struck, reddit_update(1))) == [f"new {new['data']['id']}"]
    assert blog_.told[-1].post is not None
    assert blog_.told[-1].post.struck


@needs_captures
def test_the_captured_windows_that_shrink_bring_one_post_which_is_struck() -> None:
    blog = Blog()
    blog.poll(*(captured(f"reddit/stream/0{n}.json", format="reddit", kept="reddit") for n in range(6)))
    assert [change.kind.value for change in blog.told] == ["new"]
    assert blog.told[0].post is not None
    assert blog.told[0].post.struck


ATOM = "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'>{}</feed>"


def atom(*entries: str) -> Snapshot:
    return snapshot(ATOM.format("".join(entries)), kept="atom")


def entry(key: str, text: str = "Words.", updated: int = 1) -> str:
    return (
        f"<entry><id>tag:{key}</id><title>About {key}</title><updated>2026-03-04T10:0{updated}:00Z</updated>"
        f"<content>{text}</content></entry>"
    )


def test_an_answer_that_holds_only_what_changed_says_nothing_about_the_rest() -> None:
    blog = Blog.after(atom(entry("c"), entry("b"), entry("a")))
    tombstone = "<at:deleted-entry ref='tag:b' when='2026-03-04T11:00:00Z'/>"
    assert blog.poll(*[atom(tombstone)] * 4) == ["withdrawn tag:b"]
    assert blog.poll(atom(entry("c"), entry("a"))) == []


@needs_captures
def test_the_captured_delta_withdraws_nothing_that_it_does_not_name() -> None:
    found = captured("wordpress/polling.json", format="wordpress")
    assert found.kind is SnapshotKind.DELTA


# --- 19, 20: blogs that go on elsewhere ----------------------------------------------------------------------------

NEXT = "https://edition.cnn.com/2024/02/15/us/live-news/storm-02-15-24/index.html"


def test_a_blog_that_moved_ends_here_and_says_where_it_goes_on() -> None:
    blog = Blog.after(page(story(12), story(11), url=CNN))
    farewell = story(13, headline=None, articleBody=f"Our live coverage of the storm has moved here: {NEXT}")
    told = blog.poll(page(farewell, story(12), story(11), url=CNN))
    assert told[0].startswith("new")
    assert [change.title for change in blog.told if change.kind == "moved"] == [NEXT]
    assert "ended" in told
    assert blog.poll(page(farewell, story(12), story(11), url=CNN)) == []


def test_what_the_next_days_page_shows_again_under_new_ids_is_not_new() -> None:
    def told(number: int, day: str, words: str) -> Update:
        return update(number, url=f"{day[:-10]}h_{number}", headline=words, articleBody=f"{words}, we hear.")

    first = [told(13, CNN, "Three boats are lost at sea"), told(12, CNN, "The old bridge is shut")]
    blog = Blog.after(page(*first, url=CNN))
    blog.now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    blog.turn_page()
    again = [told(22, NEXT, "The market hall loses its roof"), told(21, NEXT, "Three boats are lost at sea")]
    assert blog.poll(page(*again, url=NEXT)) == ["new h_22"]


@needs_captures
def test_the_captured_hand_over_without_headline_ends_its_blog() -> None:
    found = captured("cnn/cnn_allen-texas-mall-shooting-news-05-07-23.json")
    assert found.ended


@needs_captures
def test_the_captured_second_day_shows_three_posts_again_and_none_of_them_is_new() -> None:
    day_one = captured("cnn/cnn_kansas-city-chiefs-parade-shooting-02-14-24.json")
    day_two = captured("cnn/cnn_kansas-city-chiefs-super-bowl-shooting-02-15-24.json")
    again = {post.title for post in day_one.posts if not post.pinned} & {post.title for post in day_two.posts}
    assert len(again) == 3
    blog = Blog.after(day_one)
    blog.now = max(post.published_at for post in day_one.posts if post.published_at)
    blog.turn_page()
    blog.poll(day_two)
    assert not again & set(titles(blog))


# --- 21: decoding damage -------------------------------------------------------------------------------------------

DAMAGED = "He said\ufffd\ufffdno, and then\ufffdyes."
CLEAN = "He said\u00a0no, and then yes."


@pytest.mark.parametrize(("before", "after"), [(CLEAN, DAMAGED), (DAMAGED, CLEAN)])
def test_a_text_decoded_wrongly_is_the_same_text_and_the_clean_copy_is_kept(before: str, after: str) -> None:
    blog = Blog.after(page(says("a", before)))
    assert blog.poll(page(says("a", after)), page(says("a", before)), page(says("a", after))) == []
    assert "\ufffd" not in blog.memory.seen["a"].text


@pytest.mark.parametrize(
    "words", ["He said\ufffd\ufffdyes, and then\ufffdyes.", "\ufffd" * 40, DAMAGED.replace("no", "not")]
)
def test_damage_hides_no_edit(words: str) -> None:
    blog = Blog.after(page(says("a", CLEAN)))
    assert blog.poll(page(says("a", words))) == ["edited a"]


def test_bytes_cut_in_the_middle_of_a_letter_damage_that_letter_alone() -> None:
    raw = html(blog(says("a", "Le café est fermé."))).encode()
    whole = json.dumps("Le café est fermé.", ensure_ascii=False).encode()
    good = raw.replace(json.dumps("Le café est fermé.").encode(), whole)
    broken = good.replace("é".encode(), b"\xc3", 1)
    first, second = snapshot(good), snapshot(broken)
    assert "\ufffd" in second.posts[0].text
    assert Blog.after(first).poll(second) == []


@needs_captures
def test_the_captured_refetch_is_the_same_page() -> None:
    name = "cnn/cnn_allen-texas-mall-shooting-news-05-07-23"
    for one, other in (("", ".refetch-mojibake"), (".refetch-mojibake", "")):
        blog = restored(f"{name}{one}.json")
        assert blog.poll(captured(f"{name}{other}.json"), captured(f"{name}{one}.json")) == []
        assert not any("\ufffd" in seen.text for seen in blog.memory.seen.values())


# --- 22, 23: broken and empty declarations -------------------------------------------------------------------------


@pytest.mark.parametrize("broken", ['{"@type": "Org", "name": "x", }', "{'@type': 'LiveBlogPosting'}", "", "[", "null"])
def test_a_broken_script_beside_a_good_one_costs_nothing(broken: str) -> None:
    blog_ = Blog.after(snapshot(html(blog(*FIVE))))
    both = snapshot(html(broken, blog(update(16), *FIVE), broken))
    assert blog_.poll(both) == ["new post-16"]


@pytest.mark.parametrize("broken", ['{"@type": "LiveBlogPosting", "liveBlogUpdate": [}', "{'a': 1}", '{"@type":'])
def test_a_broken_script_beside_good_microdata_costs_nothing(broken: str) -> None:
    """As NDTV has it: unquoted microdata holds the posts, and the page's one script is invalid."""

    def shown(*numbers: int) -> Snapshot:
        script = f'<script type="application/ld+json">{broken}</script>'
        return snapshot(microdata_page(*map(microdata_post, numbers)).replace("</head>", f"{script}</head>"))

    found = shown(42, 41, 40)
    assert (found.format, [post.key for post in found.posts]) == ("microdata", ["42", "41", "40"])
    blog_ = Blog.after(found)
    assert blog_.poll(shown(43, 42, 41, 40), shown(44, 43, 42, 41)) == ["new 43", "new 44"]


@pytest.mark.parametrize("nothing", [None, [], "", {}])
def test_a_blog_before_its_kick_off_is_a_blog_and_its_first_posts_are_new(nothing: object) -> None:
    announced = snapshot(html({**blog(), "articleBody": "", "liveBlogUpdate": nothing}))
    later = Blog.after(announced)
    assert later.last.baseline
    assert later.poll(page(*FIVE[-2:])) == ["new post-11", "new post-12"]


def test_a_page_that_declares_a_blog_and_marks_no_post_up_is_refused_where_it_had_posts() -> None:
    bare = "<html><body itemscope itemtype='http://schema.org/LiveBlogPosting'><div class='coventry' id='7'>Hm</div>"
    assert snapshot(bare).posts == ()
    blog_ = Blog.after(page(*FIVE))
    assert blog_.poll(*[page()] * 4) == []
    assert not blog_.last.accepted
    assert blog_.last.alarm is not None


# --- 25, 26, 29: changes that nobody sees --------------------------------------------------------------------------


def test_everything_but_the_words_may_change_at_every_request() -> None:
    def fetched(number: int) -> Snapshot:
        picture = {"@type": "ImageObject", "url": f"https://img.example/a.jpg?width={number}&s={number:x}"}
        host = "www" if number % 2 else "edition"
        updates = [
            {
                **update(n, articleBody=f"<p class='c{number}'>Words of <a href='/x?r={number}'>post {n}</a>.</p>"),
                "image": [picture],
                "author": {"@type": "Person", "name": f"Desk {number}"},
                "url": f"https://{host}.example.org/live/storm?utm_source={number}#post-{n}",
            }
            for n in (12, 11)
        ]
        scripts = [{"@type": "WebPage", "nonce": number}, blog(*updates, dateModified=f"2026-03-04T11:{number:02}:00Z")]
        return snapshot(html(*scripts, body=f"<p data-n='{number}'>{number} people read this</p>"))

    blog_ = Blog.after(fetched(1))
    assert blog_.poll(*(fetched(n) for n in range(2, 8))) == []


@pytest.mark.parametrize("url", [CNN, BLOG])
def test_a_second_post_with_the_pages_picture_does_not_take_it_from_the_first(url: str) -> None:
    picture = "https://img.example/page.jpg"

    def fetched(*posts: int) -> Snapshot:
        here = url.removesuffix("/index.html")
        bare = [update(n, url=f"{here}/h_{n}", image=picture if n in (13, 16) else None) for n in posts]
        return page(*bare, url=url, image=picture)

    blog_ = Blog.after(fetched(14, 13, 12, 11))
    assert fetched(14, 13, 12, 11).posts[1].images
    assert blog_.poll(fetched(16, 15, 14, 13, 12, 11)) == ["new h_15", "new h_16"]


def test_a_bump_of_the_date_alone_is_no_edit() -> None:
    blog_ = Blog.after(atom(entry("b"), entry("a")))
    assert blog_.poll(atom(entry("b", updated=5), entry("a", updated=6))) == []
    assert blog_.poll(atom(entry("b", "Other words.", updated=7), entry("a", updated=6))) == ["edited tag:b"]


@pytest.mark.parametrize(
    "written", ["/live/storm/h_7", " https://www.example.org/live/storm/h_7 ", "//www.example.org/live/storm/h_7"]
)
def test_addresses_are_made_whole_and_never_told_apart_by_how_they_are_written(written: str) -> None:
    def fetched(url: str, picture: str) -> Snapshot:
        return page(update(7, url=url, image=picture), update(6), update(5))

    post = fetched(written, "/img/a.jpg").posts[0]
    assert post.url == "https://www.example.org/live/storm/h_7"
    assert post.images[0].url == "https://www.example.org/img/a.jpg"
    blog_ = Blog.after(fetched(f"{BLOG}/h_7", "https://www.example.org/img/a.jpg"))
    assert blog_.poll(fetched(written, " https://www.example.org/img/a.jpg")) == []


@needs_captures
def test_a_leading_space_in_a_captured_address_is_no_part_of_it() -> None:
    raw = (CAPTURED / "cnn/cnn_unlv-shooting-12-06-23.json").read_text()
    assert '" https://' in raw
    for post in captured("cnn/cnn_unlv-shooting-12-06-23.json").posts:
        assert post.url is not None
        assert all(image.url.startswith("https://") for image in post.images)


# --- the page saved as text ----------------------------------------------------------------------------------------

TEXT = [
    ("11:59 p.m. ET, July 12, 2023", "Storm comes ashore. Here's the latest", "The storm came ashore last night."),
    ("2:25 a.m. ET, July 13, 2023", "Ferry held in port", "The ferry stays in port for now."),
    ("4:12 a.m. ET, July 13, 2023", "Bridge shut to lorries", "The bridge is shut to lorries."),
    (
        "2:28 a.m. ET, July 13, 2023",
        "Market hall loses roof",
        "The hall has lost its roof.\n\nRead the full story here.",
    ),
    ("4:12 a.m. ET, July 13, 2023", "Lights out in the east", "Nine villages are without light."),
]


def test_equal_times_out_of_order_are_so_many_posts_with_the_summary_pinned() -> None:
    found = saved_as_text(*TEXT)
    assert [post.title for post in found.posts] == [headline for _, headline, _ in TEXT]
    assert [post.pinned for post in found.posts] == [True, False, False, False, False]
    assert len({post.key for post in found.posts}) == 5


def test_an_edit_that_moves_the_time_shown_is_one_edit_and_a_new_post_one_new() -> None:
    blog_ = Blog.after(saved_as_text(*TEXT))
    edited = [*TEXT[:3], ("4:40 a.m. ET, July 13, 2023", TEXT[3][1], "The hall has lost all of its roof."), TEXT[4]]
    assert [line.split()[0] for line in blog_.poll(saved_as_text(*edited))] == ["edited"]
    fresh = ("4:41 a.m. ET, July 13, 2023", "Tide turns at last", "The tide has turned.")
    assert [line.split()[0] for line in blog_.poll(saved_as_text(edited[0], fresh, *edited[1:]))] == ["new"]


def test_a_summary_that_is_rewritten_under_a_new_time_is_an_edit() -> None:
    blog_ = Blog.after(saved_as_text(*TEXT))
    summary = ("4:50 a.m. ET, July 13, 2023", TEXT[0][1], "The storm came ashore last night. One ferry is held.")
    assert [line.split()[0] for line in blog_.poll(saved_as_text(summary, *TEXT[1:]))] == ["edited"]
    assert blog_.poll(saved_as_text(summary, *TEXT[1:])) == []


def test_a_caption_said_twice_is_read_once() -> None:
    caption = "Waves break over the harbour wall on Thursday morning"
    body = f"The wall holds.\n\n{caption}.\n{caption}. Ann Lee/Harbour News"
    assert saved_as_text(TEXT[0], (TEXT[1][0], TEXT[1][1], body)).posts[1].text.count(caption) == 1


@needs_captures
def test_the_captured_text_page_has_seven_posts_three_of_one_time_and_its_summary_pinned() -> None:
    found = captured("pages/CNN_2023_07_13.txt")
    times = Counter(post.published_at for post in found.posts)
    assert len(found.posts) == len({post.key for post in found.posts}) == 7
    assert max(times.values()) == 3
    assert [post.pinned for post in found.posts] == [True, *[False] * 6]


# --- the gate: what comes in the place of the page -----------------------------------------------------------------

OTHER_PAGES = {
    "nothing": b"",
    "an error in JSON": b'{"error": {"code": 500, "message": "try again"}}',
    "a login page": b"<!doctype html><html><title>Sign in</title><form><input name=user></form></html>",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "a page cut in its script": html(blog(*FIVE)).encode()[:900],
    "a blog without posts": html(blog()).encode(),
    "an article": html({"@type": "NewsArticle", "headline": "Storm", "articleBody": "It blows."}).encode(),
    "a feed that is cut": b"<rss version='2.0'><channel><title>Storm</title><item><title>A</title>",
}


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    async with Publisher() as publisher:
        for key in ("a", "b", "c", "d", "e"):
            publisher.publish(key)
        text = f'[[blogs]]\nid = "storm"\nurl = "{publisher.url}"\n'
        one = Watch(publisher, open_store(f"sqlite:///{tmp_path}/relay.db"), settings_of(text))
        await one.open()
        await one.poll()
        yield one
        await one.close()


@pytest.mark.parametrize("instead", OTHER_PAGES)
async def test_what_comes_in_the_place_of_the_page_withdraws_nothing_and_is_told_once(
    watch: Watch, instead: str
) -> None:
    standing = await watch.titles()
    watch.publisher.raw = OTHER_PAGES[instead]
    await watch.poll(5)
    assert await watch.titles() == standing
    assert len(watch.reports) == 1
    watch.publisher.raw = None
    watch.publisher.publish("f")
    await watch.poll()
    assert await watch.titles() == [*standing, "About f"]
    assert len(watch.reports) == 2
    assert "as it should be" in watch.reports[1] or "answers again" in watch.reports[1]


async def test_another_reader_finds_the_posts_again_with_an_alarm_and_tells_none_twice(watch: Watch) -> None:
    standing = await watch.titles()
    items = "".join(
        f"<item><guid>x{key}</guid><title>About {key}</title><description>What {key} has to tell.</description></item>"
        for key in "fedcba"
    )
    watch.publisher.raw = f"<rss version='2.0'><channel><title>Storm</title>{items}</channel></rss>".encode()
    await watch.poll(4)
    assert await watch.titles() == [*standing, "About f"]
    assert "read as rss instead of jsonld" in watch.reports[0]
    watch.publisher.raw = None
    watch.publisher.publish("f")
    await watch.poll(4)
    assert await watch.titles() == [*standing, "About f"]


async def test_half_of_the_page_gone_at_once_is_doubted_and_one_post_gone_is_withdrawn(watch: Watch) -> None:
    whole = list(watch.publisher.posts)
    watch.publisher.posts = [whole[0], whole[-1]]
    await watch.poll(5)
    assert len(await watch.titles()) == 5
    assert "too many to be believed" in watch.reports[0]
    watch.publisher.posts = whole
    await watch.poll()
    watch.publisher.take_away("c")
    await watch.poll(3)
    assert await watch.titles() == ["About a", "About b", "About d", "About e"]
