"""LiveBlogPosting as publishers emit it, habit by habit."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.identity import content_hash, same_text
from bot.core.model import Image, KeyKind, SnapshotKind
from bot.sources import NotReadable
from tests.pages import BLOG, CAPTURED, blog, captured, html, read_blog, read_post, snapshot, update

needs_captures = pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured pages are not beside the repository")


def keys(*updates: dict[str, Any], **fields: Any) -> list[str]:
    return [post.key for post in read_blog(*updates, **fields).posts]


# --- where it stands -----------------------------------------------------------------------------------------------


def test_a_page_is_read_from_its_script() -> None:
    found = read_blog(update(2), update(1))
    assert (found.format, found.kind, found.title, found.url) == (
        "jsonld",
        SnapshotKind.WINDOW,
        "Storm hits the coast",
        BLOG,
    )
    assert found.modified_at == datetime(2026, 3, 4, 11, tzinfo=UTC)
    assert [post.key for post in found.posts] == ["post-2", "post-1"]
    first = found.posts[0]
    assert (first.title, first.text) == ("Headline 2", "Body of post 2. It has two sentences.")
    assert (first.url, first.key_kind, first.title_is_derived) == (f"{BLOG}#post-2", KeyKind.URL, False)
    assert first.published_at == datetime(2026, 3, 4, 10, 2, 11, tzinfo=UTC)
    assert "ld+json" in found.why


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(lambda one: one, id="bare object"),
        pytest.param(lambda one: [{"@type": "WebPage"}, one], id="list"),
        pytest.param(lambda one: {"@graph": [{"@type": "WebPage"}, one]}, id="graph"),
        pytest.param(lambda one: {"@type": "WebPage", "mainEntity": one}, id="nested"),
    ],
)
def test_it_is_found_wherever_it_stands_in_a_page_or_a_file(wrapped: Any) -> None:
    document = wrapped(blog(update(2), update(1)))
    from_page, from_file = snapshot(html(document)), snapshot(json.dumps(document))
    assert from_page.posts == from_file.posts
    assert len(from_file.posts) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"@type": ["NewsArticle", "LiveBlogPosting"]},
        {"@type": None, "type": "LiveBlogPosting"},
        {"@type": "http://schema.org/LiveBlogPosting"},
        {"@type": "NewsArticle"},  # with liveBlogUpdate it is one whatever it says
    ],
)
def test_its_type_is_recognised_in_every_spelling(fields: dict[str, Any]) -> None:
    assert len(read_blog(update(1), **fields).posts) == 1


@pytest.mark.parametrize(
    "script",
    [
        '<script data-rh="true" type="application/ld+json" id="x">{}</script>',
        "<SCRIPT TYPE=application/ld+json>{}</SCRIPT>",
        "<script type='application/ld&#x2B;json'>\n//<![CDATA[\n{}\n//]]>\n</script>",
        '<script type="application/ld+json; charset=utf-8">{};</script>',
        '<script type="application/ld+json">{}',  # the page was cut off behind it
    ],
)
def test_scripts_are_found_however_they_are_written(script: str) -> None:
    body = script.replace("{}", json.dumps(blog(update(1))))
    assert len(snapshot(f"<html><body>{body}").posts) == 1


def test_a_script_in_a_comment_is_not_read() -> None:
    commented = "<!-- " + html(blog(update(1))) + " -->"
    assert [post.key for post in snapshot("<html>" + commented + html(blog(update(2)))).posts] == ["post-2"]


def test_a_broken_script_beside_a_good_one_is_noted() -> None:
    found = snapshot(html('{"@type": "NewsArticle", "name": oops}', blog(update(1))))
    assert len(found.posts) == 1
    assert "script 1 of 2" in found.notes[0]
    assert "line 1, column" in found.notes[0]


def test_line_breaks_inside_strings_pass() -> None:
    raw = json.dumps(blog(update(1, articleBody="One#Two"))).replace("#Two", "\n\nTwo")
    assert snapshot(html(raw)).posts[0].text == "One\n\nTwo"


def test_half_a_surrogate_pair_becomes_damage_and_no_crash() -> None:
    raw = json.dumps(blog(update(1, articleBody="half #"))).replace("#", "\\ud83d")
    assert snapshot(html(raw)).posts[0].text == "half \ufffd"


def test_a_page_whose_only_script_is_broken_says_where() -> None:
    with pytest.raises(NotReadable, match=r"script 1 of 1 passed over: broken JSON: .* line 1, column"):
        snapshot(html('{"@type": "LiveBlogPosting", "liveBlogUpdate": [}'))


def test_a_page_without_one_says_what_it_has() -> None:
    with pytest.raises(NotReadable, match=r"no LiveBlogPosting: found 1 ld\+json scripts \(NewsArticle\)"):
        snapshot(html({"@type": "NewsArticle"}), format="jsonld")
    with pytest.raises(NotReadable, match=r"found no ld\+json script"):
        snapshot("<html><body>hello</body></html>", format="jsonld")


def test_json_nested_beyond_reason_is_refused() -> None:
    with pytest.raises(NotReadable):
        snapshot('{"liveBlogUpdate":' + "[" * 200_000)
    with pytest.raises(NotReadable):
        snapshot('{"liveBlogUpdate":' + '{"a":' * 100_000 + "1" + "}" * 100_001)


def test_the_canonical_blog_and_its_amp_variant_are_one() -> None:
    canonical = blog(update(2), update(1))
    amp = blog(update(2, url=f"{BLOG}/amp#post-2"), update(1), update(0), url=f"{BLOG}/amp")
    for order in ((canonical, amp), (amp, canonical)):
        found = snapshot(html(*order))
        assert found.url == BLOG
        assert [post.key for post in found.posts] == ["post-2", "post-1", "post-0"]
        assert found.posts[0].url == f"{BLOG}#post-2"


def test_of_two_blogs_in_one_page_the_pages_own_is_read() -> None:
    other = blog(update(5), update(4), update(3), url="https://www.example.org/live/flood")
    assert [post.key for post in snapshot(html(other, blog(update(1)))).posts] == ["post-1"]
    assert len(snapshot(html(other, blog(update(1))), url="https://unknown.example.net/").posts) == 3


# --- updates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("updates", [None, [], {}, "", "soon"])
def test_a_blog_without_posts_yet_is_a_blog(updates: Any) -> None:
    found = read_blog(liveBlogUpdate=updates, articleBody="")
    assert found.posts == ()
    assert found.title == "Storm hits the coast"


def test_a_single_update_may_stand_without_a_list() -> None:
    assert len(read_blog(liveBlogUpdate=update(1)).posts) == 1


@pytest.mark.parametrize(
    "odd", [[[update(1)], update(2)], {"@type": "ItemList", "itemListElement": [update(1), update(2)]}]
)
def test_updates_may_be_wrapped(odd: Any) -> None:
    assert [post.key for post in read_blog(liveBlogUpdate=odd).posts] == ["post-1", "post-2"]


def test_updates_may_be_references_into_the_graph() -> None:
    posts = [update(number, **{"@id": f"{BLOG}#post-{number}"}) for number in (2, 1)]
    graph = {"@graph": [blog(liveBlogUpdate=[{"@id": one["@id"]} for one in posts]), *posts]}
    assert [post.title for post in snapshot(html(graph)).posts] == ["Headline 2", "Headline 1"]


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Ada Byron", ("Ada Byron",)),
        ({"@type": "Person", "name": "Ada Byron"}, ("Ada Byron",)),
        ([{"name": "Ada Byron"}, {"name": "Alan Turing"}], ("Ada Byron", "Alan Turing")),
        ({"name": "Ada Byron, Grace Hopper and Alan Turing, CNN"}, ("Ada Byron", "Grace Hopper", "Alan Turing")),
        ({"name": ["Ada Byron", "Alan Turing"]}, ("Ada Byron", "Alan Turing")),
        ({"name": "Byron, Ada"}, ("Byron, Ada",)),
        ("https://www.example.org/ada", ()),
        (None, ()),
        (7, ()),
    ],
)
def test_authors_in_every_shape(author: Any, names: tuple[str, ...]) -> None:
    assert read_post(author=author).authors == names


@pytest.mark.parametrize(
    ("image", "urls"),
    [
        ("https://img.example.org/a.jpg", ["https://img.example.org/a.jpg"]),
        ({"@type": "ImageObject", "url": "/a.jpg"}, ["https://www.example.org/a.jpg"]),
        ({"contentUrl": " https://img.example.org/a.jpg "}, ["https://img.example.org/a.jpg"]),
        ({"url": ["//img.example.org/a.jpg"]}, ["https://img.example.org/a.jpg"]),
        (
            ["a.jpg?w=300", "a.jpg?w=600", "b.jpg"],
            ["https://www.example.org/live/a.jpg?w=300", "https://www.example.org/live/b.jpg"],
        ),
        ("javascript:alert(1)", []),
        ("data:image/png;base64,AAAA", []),
        (None, []),
    ],
)
def test_pictures_in_every_shape_with_absolute_addresses(image: Any, urls: list[str]) -> None:
    assert [one.url for one in read_post(image=image).images] == urls


def test_a_picture_keeps_caption_and_credit() -> None:
    image = {"url": "https://img.example.org/a.jpg", "caption": "The <b>quay</b>", "creditText": "A. Byron"}
    assert read_post(image=image).images == (
        Image(url="https://img.example.org/a.jpg", caption="The quay", credit="A. Byron"),
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("One.<br/><br/>Two.", "One.\n\nTwo."),
        (["One.", "Two."], "One.\n\nTwo."),
        ({"@type": "Text", "@value": "One."}, "One."),
        ({"@type": "Text"}, ""),
        (None, ""),
        ("First.\nSecond.", "First.\n\nSecond."),
        ("A line that is broken in\nthe middle. Then more.", "A line that is broken in the middle. Then more."),
        ("Port <reopens> at a < b", "Port <reopens> at a < b"),
        ("&quot;Out!&quot; &#39;no&#39;", "\"Out!\" 'no'"),
        ("Use &amp;lt;b&amp;gt; for bold", "Use &lt;b&gt; for bold"),
        ("Text. \n\n[[ge:somewhere:paper:4711]]\n", "Text."),
        ("Text.\n\n[[(some.Kind.Image2014v1) STORM AT THE QUAY]]\n\nMore.", "Text.\n\nMore."),
        ("Text [[as it was]] and [[1]].", "Text [[as it was]] and [[1]]."),
        ("<ul><li>one</li><li>two</li></ul>", "• one\n• two"),
    ],
)
def test_bodies_in_every_shape(body: Any, text: str) -> None:
    assert read_post(articleBody=body).text == text


def test_a_caption_said_twice_is_read_once() -> None:
    said = "Rescue boats wait at the northern quay of the harbour."
    assert read_post(articleBody=f"{said} {said} They left at noon.").text == f"{said} They left at noon."
    assert read_post(articleBody=f"<p>{said}</p><p>{said} A. Byron/Agency</p>").text == f"{said} A. Byron/Agency"
    for chant in ("No. No. No.", "Let them go! " * 9):
        assert read_post(articleBody=chant).text == chant.strip()


def test_a_publisher_that_escapes_twice_is_known_by_its_host() -> None:
    found = read_blog(update(1, headline="It&amp;#39;s on"), url="https://www.express.co.uk/news/live")
    assert found.posts[0].title == "It's on"
    assert not found.posts[0].text_is_whole


def test_a_publisher_that_escapes_twice_is_known_by_what_it_does() -> None:
    found = read_blog(
        update(2, articleBody="&lt;p&gt;It&amp;#39;s on&lt;/p&gt;"), update(1, headline="&amp;quot;Go&amp;quot;")
    )
    assert found.posts[0].text == "It's on"
    assert found.posts[1].title == '"Go"'


# --- headlines -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headline", [None, "", " ", "<p></p>"])
def test_a_post_without_headline_gets_its_first_sentence(headline: str | None) -> None:
    post = read_post(headline=headline, articleBody="The quay is shut. Nobody is hurt.")
    assert (post.title, post.title_is_derived) == ("The quay is shut.", True)


def test_a_derived_headline_is_cut_to_about_a_hundred_characters() -> None:
    title = read_post(headline=None, articleBody="word " * 60).title
    assert title is not None
    assert len(title) <= 100
    assert title.endswith("word…")


def test_without_headline_and_text_there_is_no_title() -> None:
    post = read_post(headline=None, articleBody=None)
    assert (post.title, post.title_is_derived, post.text) == (None, False, "")


def test_a_post_that_is_only_an_embed_is_kept() -> None:
    found = read_blog(update(2, articleBody=""), update(1))
    assert (found.posts[0].title, found.posts[0].text) == ("Headline 2", "")


def test_an_update_that_says_nothing_is_passed_over_with_a_note() -> None:
    found = read_blog({"@type": "BlogPosting"}, update(1))
    assert len(found.posts) == 1
    assert found.notes == ("1 updates are empty or samples",)


def test_the_pages_headline_repeated_on_every_post_is_no_headline() -> None:
    found = read_blog(*(update(number, headline="Storm hits the coast") for number in (2, 1)))
    assert [(post.title, post.title_is_derived) for post in found.posts] == [
        ("Body of post 2.", True),
        ("Body of post 1.", True),
    ]


def test_a_body_that_begins_with_its_headline_loses_it() -> None:
    assert read_post(headline="Out!", articleBody="<p>Out!</p><p>He is gone.</p>").text == "He is gone."
    assert read_post(headline="Out!", articleBody="Out! He is gone.").text == "Out! He is gone."
    assert read_post(headline="Out!", articleBody="Out!").text == "Out!"


def test_a_page_that_took_the_headline_of_its_newest_post_leaves_it_to_the_post() -> None:
    found = read_blog(update(2, headline="Storm hits the coast"), update(1))
    assert (found.posts[0].title, found.posts[0].title_is_derived) == ("Storm hits the coast", False)


def test_posts_with_equal_headlines_are_different_posts() -> None:
    assert keys(update(2, headline="GOAL!"), update(1, headline="GOAL!")) == ["post-2", "post-1"]


def test_a_picture_and_a_time_of_the_page_are_not_the_posts() -> None:
    shared = {"image": "https://img.example.org/page.jpg?s=1", "datePublished": "2026-03-04T09:00:00Z"}
    found = read_blog(
        update(2, **shared),
        update(1, **shared),
        image={"url": "https://img.example.org/page.jpg?s=2"},
        datePublished="2026-03-04T09:00:00Z",
    )
    assert all(not post.images and post.published_at is None for post in found.posts)


@pytest.mark.parametrize("host", ["edition.cnn.com", "www.independent.co.uk"])
def test_where_posts_without_a_picture_bear_the_pages_none_of_them_shows_it(host: str) -> None:
    shared, own = "https://img.example.org/page.jpg", "https://img.example.org/own.jpg"
    address = f"https://{host}/live/storm"
    updates = [update(n, url=f"{address}#post-{n}", image=shared if n == 2 else own) for n in (3, 2, 1)]
    for head in ({"image": shared}, {}):
        page = html(blog(*updates, url=address, **head)).replace(
            "<title>", f'<meta property="og:image" content="{shared}?width=1200"><title>'
        )
        found = snapshot(page, url=address)
        assert [[one.url for one in post.images] for post in found.posts] == [[own], [], [own]]


# --- times ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-03-04T10:00:00Z", 10),
        ("2026-03-04T11:00:00+01:00", 10),
        ("2026-03-04T10:00:00.123Z", 10),
        ("2026-03-04T10:00:00+0000", 10),
        ("2026-03-04 05:00:00 -0500", 10),
        ("2026-03-04T05:00:00", 10),  # the blog's own zone
        ("Wed, 04 Mar 2026 10:00:00 GMT", 10),
        (1772618400, 10),
        (1772618400000, 10),
        ("1772618400", 10),
        (["2026-03-04T10:00:00Z"], 10),
        ({"@value": "2026-03-04T10:00:00Z"}, 10),
        ("yesterday", None),
        ("9999-12-31T23:59:59-23:00", None),
        (True, None),
    ],
)
def test_times_in_every_shape_become_utc(written: Any, hour: int | None) -> None:
    found = read_blog(update(2, datePublished=written), update(1), rules={"timezone": "America/New_York"})
    time = found.posts[0].published_at
    assert (time.hour if time else None) == hour
    assert time is None or time.tzinfo is UTC


def test_mixed_offsets_in_one_object_are_compared_as_instants() -> None:
    post = read_post(datePublished="2026-03-04T11:00:00.921+01:00", dateModified="2026-03-04T10:00:00.921Z")
    assert post.published_at == post.modified_at


def test_a_modification_a_second_before_publication_is_read_as_it_is() -> None:
    post = read_post(datePublished="2026-03-04T10:00:01Z", dateModified="2026-03-04T10:00:00Z")
    assert post.modified_at is not None
    assert post.published_at is not None
    assert post.modified_at < post.published_at


# --- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "key", "url"),
    [
        ({"@id": "6460fa1e8f08", "url": None}, "6460fa1e8f08", None),
        ({"@id": f"{BLOG}#post-asset:11", "url": BLOG}, "post-asset:11", f"{BLOG}#post-asset:11"),
        ({"@id": f"{BLOG}#liveblog"}, "post-9", f"{BLOG}#liveblog"),
        ({"url": f"{BLOG}/h_0a1b"}, "h_0a1b", f"{BLOG}/h_0a1b"),
        ({"url": f"{BLOG}?postId=77"}, "77", f"{BLOG}?postId=77"),
        ({"url": "#live-5-x1"}, "live-5-x1", f"{BLOG}#live-5-x1"),
        ({"url": None, "mainEntityOfPage": {"@id": f"{BLOG}/h_0a1b"}}, "h_0a1b", f"{BLOG}/h_0a1b"),
        (
            {"url": "http://m.example.org/live/storm/?utm_source=x#post-9"},
            "post-9",
            "http://m.example.org/live/storm/?utm_source=x#post-9",
        ),
    ],
)
def test_the_key_is_the_id_token_and_the_address_is_absolute(fields: dict[str, Any], key: str, url: str | None) -> None:
    if fields.get("@id", "").endswith("#liveblog"):
        fields = {**fields, "url": f"{BLOG}#post-9"}
    post = read_post(**fields)
    assert post.key == key
    assert post.url == url


def test_ids_that_are_places_in_the_list_are_refused() -> None:
    before = read_blog(*(update(number, url=f"{BLOG}#post{place}") for place, number in enumerate((3, 2, 1), 1)))
    after = read_blog(*(update(number, url=f"{BLOG}#post{place}") for place, number in enumerate((4, 3, 2, 1), 1)))
    assert [post.key for post in after.posts[1:]] == [post.key for post in before.posts]
    assert all(post.key_kind is KeyKind.DERIVED for post in after.posts)
    assert "places in the list" in after.notes[0]


def test_posts_without_ids_get_keys_that_stay() -> None:
    def without_id(number: int, **fields: Any) -> dict[str, Any]:
        return update(number, url=None, **fields)

    before = read_blog(without_id(2), without_id(1))
    after = read_blog(without_id(3), without_id(2, articleBody="Rewritten throughout."), without_id(1))
    assert [post.key for post in after.posts[1:]] == [post.key for post in before.posts]
    assert len({post.key for post in after.posts}) == 3


def test_an_id_that_unlike_posts_share_is_refused() -> None:
    found = read_blog(update(2, url=f"{BLOG}#live-now"), update(1, url=f"{BLOG}#live-now"))
    assert len({post.key for post in found.posts}) == 2
    assert "live-now" in found.notes[0]


def test_a_post_that_stands_twice_is_read_once() -> None:
    assert keys(update(2), update(1), update(2)) == ["post-2", "post-1"]


def test_of_a_pinned_copy_and_the_listed_post_the_listed_one_stays_and_is_pinned() -> None:
    found = read_blog(update(1), update(3), update(2), update(1), update(0))
    assert [(post.key, post.pinned) for post in found.posts] == [
        ("post-3", False),
        ("post-2", False),
        ("post-1", True),
        ("post-0", False),
    ]


@pytest.mark.parametrize(("identity", "distinct"), [("auto", 2), ("id", 1), ("link", 1), ("link+title", 2)])
def test_identity_can_be_set(identity: str, distinct: int) -> None:
    found = read_blog(update(2, url=f"{BLOG}#now"), update(1, url=f"{BLOG}#now"), rules={"identity": identity})
    assert len({post.key for post in found.posts}) == distinct


# --- the page ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://edition.cnn.com/world/live-news/storm/index.html", SnapshotKind.FULL),
        ("https://www.mirror.co.uk/news/storm-1", SnapshotKind.FULL),
        ("https://apnews.com/live/storm", SnapshotKind.FULL),
        ("https://www.bbc.co.uk/news/live/1", SnapshotKind.WINDOW),
        ("https://notcnn.com/live", SnapshotKind.WINDOW),
        (BLOG, SnapshotKind.WINDOW),
    ],
)
def test_only_known_publishers_list_every_post(url: str, kind: SnapshotKind) -> None:
    assert read_blog(update(1), url=url).kind is kind


def test_a_body_that_its_publisher_cuts_is_not_whole() -> None:
    url = "https://www.theguardian.com/world/live/storm"
    found = read_blog(
        update(2, articleBody="x" * 1000, url=None, **{"@id": "64f"}), update(1, articleBody="short"), url=url
    )
    assert [post.text_is_whole for post in found.posts] == [False, True]
    assert found.posts[0].url == f"{url}#block-64f"


def test_a_summary_that_stays_on_top_is_pinned() -> None:
    summary = update(
        30, headline="What we know so far", datePublished="2026-03-04T08:00:00Z", dateModified="2026-03-04T11:00:00Z"
    )
    assert [post.pinned for post in read_blog(summary, update(2), update(1)).posts] == [True, False, False]


def test_the_oldest_post_on_top_and_the_last_to_change_is_pinned_whatever_its_headline() -> None:
    summary = update(30, datePublished="2026-03-04T08:00:00Z", dateModified="2026-03-04T11:00:00Z")
    assert read_blog(summary, update(2), update(1)).posts[0].pinned


def test_the_newest_post_is_not_pinned_for_being_a_summary() -> None:
    assert not any(
        post.pinned for post in read_blog(update(3, headline="What we know so far"), update(2), update(1)).posts
    )


def test_a_late_released_old_post_on_top_is_not_pinned() -> None:
    late = update(30, datePublished="2026-03-04T08:00:00Z", dateModified="2026-03-04T08:00:00Z")
    assert not read_blog(late, update(2), update(1)).posts[0].pinned


@pytest.mark.parametrize(
    "said",
    [
        "Our live coverage of the storm has moved. Follow it here.",
        "This live page is now closing.",
        "We're closing our live coverage for today.",
        "That's all from our live coverage of the storm.",
        "Our live coverage has ended.",
        "This live page will be closing soon.",
        "This blog is now closed.",
    ],
)
def test_a_blog_ends_by_its_own_word(said: str) -> None:
    assert read_blog(update(3, articleBody=said, headline=None), update(2), update(1)).ended


@pytest.mark.parametrize(
    "said",
    [
        "The hospital will be closing its doors.",
        "The page has turned for the party.",
        "The ceasefire is over.",
        "Troops have moved north, our correspondent says.",
        "Live music has ended in the old town.",
        "Our live coverage has ended. " + "It was long. " * 60,
    ],
)
def test_other_endings_do_not_end_a_blog(said: str) -> None:
    assert not read_blog(update(3, articleBody=said), update(2), update(1)).ended


def test_a_farewell_deep_in_the_list_ends_nothing() -> None:
    posts = [update(number) for number in range(9, 1, -1)]
    assert not read_blog(*posts, update(1, articleBody="Our live coverage has ended.")).ended


def test_a_headline_of_the_past_ends_a_blog_and_an_announced_end_does_not() -> None:
    assert read_blog(update(1), headline="Storm on the coast – as it happened").ended
    assert not read_blog(update(1), coverageEndTime="2020-01-01T00:00:00Z").ended


@pytest.mark.parametrize(
    ("body", "address"),
    [
        (
            'Our live coverage has moved <a href="/live/storm-day-2">here</a>.',
            "https://www.example.org/live/storm-day-2",
        ),
        (
            'Our coverage of the <a href="/topic/storm">storm</a> has moved <a href="https://edition.example.org/live/2">here</a>.',
            "https://edition.example.org/live/2",
        ),
        ("Our live coverage has moved: https://www.example.org/live/two.", "https://www.example.org/live/two"),
        ('Our live coverage has moved <a href="https://elsewhere.example.net/live">here</a>.', None),
        (f'Our live coverage has moved <a href="{BLOG}#top">here</a>.', None),
        ("Our live coverage has moved here.", None),
    ],
)
def test_a_blog_that_moved_says_where_to(body: str, address: str | None) -> None:
    found = read_blog(update(3, articleBody=body, headline=None), update(2), update(1))
    assert found.ended
    assert found.next_url == address


def test_a_lost_hand_over_link_is_found_in_the_page() -> None:
    posts = [update(3, articleBody="Our live coverage of the storm has moved here."), update(2)]
    shown = (
        '<nav><a href="/live/flood">Flood</a></nav>'
        '<p>Our live coverage of the storm has moved <a href="/live/storm-2">here</a>.</p>'
    )
    assert snapshot(html(blog(*posts), body=shown)).next_url == "https://www.example.org/live/storm-2"


def test_sample_posts_that_a_theme_ships_are_passed_over() -> None:
    sample = update(
        1, url="https://www.ampbyexample.com/samples_templates/live_blog/#post1", articleBody={"@type": "Text"}
    )
    assert read_blog(sample, liveBlogUpdate=[sample]).posts == ()


def test_language_and_tags_are_read() -> None:
    found = read_blog(update(1, keywords="Storm, Coast"), inLanguage={"@type": "Language", "name": "en"})
    assert found.language == "en"
    assert found.posts[0].tags == ("Storm", "Coast")


def test_the_publishers_summary_is_kept_where_it_says_something_else() -> None:
    assert read_post(description="In short.").summary == "In short."
    assert read_post(description="Body of post 9.").summary is None


# --- captured pages ------------------------------------------------------------------------------------------------


@needs_captures
@pytest.mark.parametrize(
    ("name", "posts", "kind"),
    [
        ("cnn/cnn_allen-texas-mall-shooting-news-05-07-23.json", 27, "full"),
        ("cnn/cnn_kansas-city-chiefs-parade-shooting-02-14-24.json", 39, "full"),
        ("cnn/cnn_kansas-city-chiefs-super-bowl-shooting-02-15-24.json", 28, "full"),
        ("cnn/cnn_louisville-kentucky-shooting-04-10-23.json", 46, "full"),
        ("cnn/cnn_louisville-kentucky-shooting-04-11-23.json", 41, "full"),
        ("cnn/cnn_unlv-shooting-12-06-23.json", 29, "full"),
        ("pages/TheMirror_2024_08_05.html", 428, "full"),
        ("pages/Repubblica.it-Israele-Hamas.html", 79, "full"),
        ("pages/BBC_2020_05_12.html", 20, "window"),
        ("pages/TheIndependent_2023_08_14.html", 10, "window"),
        ("pages/TheGuardian_2023_05_15.html", 10, "window"),
        ("pages/Guardian_Live.json", 13, "window"),
    ],
)
def test_captured_pages_give_every_post_a_key_of_its_own(name: str, posts: int, kind: str) -> None:
    found = captured(name, format="jsonld")
    assert (len(found.posts), len({post.key for post in found.posts}), found.kind) == (posts, posts, kind)
    assert all(post.title or not post.text for post in found.posts)
    assert not any("&quot;" in post.text or "&#" in post.text or "<p" in post.text for post in found.posts)
    assert found.notes == ()
    assert captured(name, format="jsonld") == found


@needs_captures
def test_every_captured_summary_is_pinned_and_nothing_else() -> None:
    for name in sorted(CAPTURED.glob("cnn/*.json")):
        pinned = [post for post in captured(f"cnn/{name.name}").posts if post.pinned]
        assert [post.title for post in pinned] == ["What we covered here"]


@needs_captures
def test_a_captured_refetch_with_a_broken_space_is_no_edit() -> None:
    name = "cnn/cnn_allen-texas-mall-shooting-news-05-07-23"
    first, second = captured(f"{name}.json"), captured(f"{name}.refetch-mojibake.json")
    differing = [(a, b) for a, b in zip(first.posts, second.posts, strict=True) if content_hash(a) != content_hash(b)]
    assert len(differing) == 1
    assert all(a.key == b.key and same_text(a.text, b.text) and a.title == b.title for a, b in differing)


@needs_captures
def test_captured_posts_that_are_only_embeds_are_kept() -> None:
    found = captured("pages/TheMirror_2024_08_05.html")
    assert Counter(bool(post.text) for post in found.posts) == {True: 410, False: 18}
    assert len({post.title for post in found.posts}) == 424
    assert all(post.published_at and not post.images for post in found.posts)


@needs_captures
def test_a_captured_post_without_headline_gets_one_from_its_text() -> None:
    found = captured("cnn/cnn_allen-texas-mall-shooting-news-05-07-23.json")
    assert [post.title for post in found.posts if post.title_is_derived] == ["Our live coverage has moved."]
    assert found.ended


def test_reading_needs_no_address_of_the_page() -> None:
    body = json.dumps(blog(update(1)))
    assert snapshot(body, url="").posts == snapshot(body, url="storm.json").posts
