"""RSS and Atom: identity, revisions, deletions, and feeds that are broken."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.identity import content_hash
from bot.core.model import KeyKind, Post, Snapshot, SnapshotKind
from bot.sources import NotReadable
from tests.pages import CAPTURED, captured, snapshot

FEED = "https://www.example.org/live/storm.xml"
TOMB = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
SYNC = 'xmlns:sx="http://feedsync.org/2007/feedsync"'

needs_captures = pytest.mark.skipif(not CAPTURED.is_dir(), reason="the captured feeds are not beside the repository")


def atom(*entries: str, head: str = "", names: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" {names}>'
        f'<id>tag:example.org,2026:storm</id><title>Storm</title><link href="https://www.example.org/live/storm"/>'
        f"<updated>2026-03-04T11:00:00Z</updated>{head}{''.join(entries)}</feed>"
    )


def entry(number: int, updated: str = "2026-03-04T10:00:00Z", inside: str = "", id_: str | None = None) -> str:
    return (
        f"<entry><id>{id_ or f'tag:example.org,2026:p{number}'}</id><title>Headline {number}</title>"
        f'<link href="https://www.example.org/live/storm/p{number}"/><updated>{updated}</updated>'
        f'<content type="html">&lt;p&gt;Body {number}.&lt;/p&gt;</content>{inside}</entry>'
    )


def tombstone(number: int, when: str | None = "2026-03-04T10:30:00Z", inside: str = "") -> str:
    time = f' when="{when}"' if when else ""
    return f'<at:deleted-entry ref="tag:example.org,2026:p{number}"{time}>{inside}</at:deleted-entry>'


def rss(*posts: str, channel: str = "") -> str:
    return (
        '<?xml version="1.0"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Storm</title>'
        f"<link>https://www.example.org/live/storm</link><description>d</description>{channel}{''.join(posts)}</channel></rss>"
    )


def rss_post(
    number: int, guid: str | None = None, link: str | None = "own", date: str | None = "own", inside: str = ""
) -> str:
    link = f"https://www.example.org/live/storm/p{number}" if link == "own" else link
    date = f"Wed, 04 Mar 2026 10:{number:02}:11 GMT" if date == "own" else date
    parts = {
        "guid": guid,
        "link": link,
        "pubDate": date,
        "title": f"Headline {number}",
        "description": f"Body {number}.",
    }
    return (
        "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value) + inside + "</item>"
    )


def read(feed: str | bytes, content_type: str | None = None, **rules: str) -> Snapshot:
    return snapshot(feed, url=FEED, content_type=content_type, **rules)


def keys(feed: str, **rules: str) -> list[str]:
    return [post.key for post in read(feed, **rules).posts]


def one(feed: str) -> Post:
    (post,) = read(feed).posts
    return post


# --- what is read --------------------------------------------------------------------------------------------------


def test_an_atom_feed_is_a_window_of_its_blog() -> None:
    found = read(atom(entry(2), entry(1)))
    assert (found.format, found.kind, found.title, found.url) == (
        "atom",
        SnapshotKind.WINDOW,
        "Storm",
        "https://www.example.org/live/storm",
    )
    assert found.modified_at == datetime(2026, 3, 4, 11, tzinfo=UTC)
    first = found.posts[0]
    assert (first.key, first.key_kind) == ("tag:example.org,2026:p2", KeyKind.NATIVE)
    assert (first.title, first.text, first.url) == ("Headline 2", "Body 2.", "https://www.example.org/live/storm/p2")
    assert first.modified_at == datetime(2026, 3, 4, 10, tzinfo=UTC)


def test_an_rss_feed_is_a_window_of_its_blog() -> None:
    extra = (
        "<content:encoded><![CDATA[<p>Whole <b>body</b>.</p><p>More.</p><img src='/a.jpg' alt='The quay'>]]>"
        "</content:encoded>"
        "<category>Storm</category><category>Coast</category><author>Ada Byron</author>"
        '<enclosure url="https://img.example.org/b.jpg" type="image/jpeg" length="1"/>'
        '<enclosure url="https://img.example.org/b.mp3" type="audio/mpeg" length="1"/>'
    )
    found = read(rss(rss_post(1, guid="g1", inside=extra)))
    post = found.posts[0]
    assert (found.format, found.kind, post.key) == ("rss", SnapshotKind.WINDOW, "g1")
    assert (post.text, post.summary) == ("Whole body.\n\nMore.", "Body 1.")
    assert (post.tags, post.authors) == (("Storm", "Coast"), ("Ada Byron",))
    assert [image.url for image in post.images] == ["https://img.example.org/b.jpg", "https://www.example.org/a.jpg"]
    assert post.published_at == datetime(2026, 3, 4, 10, 1, 11, tzinfo=UTC)


def test_an_update_is_not_made_up_from_the_publication() -> None:
    assert one(rss(rss_post(1, guid="g1"))).modified_at is None


def test_a_publication_is_not_made_up_from_the_update() -> None:
    assert one(atom(entry(1))).published_at is None


def test_times_without_zone_are_the_blogs_own_and_others_become_utc() -> None:
    found = read(
        atom(entry(2, "2026-03-04T11:00:00+01:00"), entry(1, "2026-03-04T05:00:00")), timezone="America/New_York"
    )
    assert [post.modified_at for post in found.posts] == [datetime(2026, 3, 4, 10, tzinfo=UTC)] * 2


def test_an_empty_feed_is_a_blog_without_posts_yet() -> None:
    for feed in (
        atom(),
        rss(),
        '<feed xmlns="http://www.w3.org/2005/Atom"/>',
        "<rss version='2.0'><channel></channel></rss>",
    ):
        assert (read(feed).posts, read(feed).kind) == ((), SnapshotKind.WINDOW)


def test_a_post_without_title_gets_its_first_sentence_and_one_without_anything_none() -> None:
    found = read(
        rss("<item><guid>a</guid><description>The quay is shut. More.</description></item><item><guid>b</guid></item>")
    )
    assert [(post.title, post.title_is_derived) for post in found.posts] == [("The quay is shut.", True), (None, False)]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Port &lt;reopens&gt; today", "Port <reopens> today"),
        ("5 &lt; 6 &amp;amp; so on", "5 < 6 & so on"),
        ("<![CDATA[Tom &#39;n&#39; Ann]]>", "Tom 'n' Ann"),
        ("A &lt;b&gt;bold&lt;/b&gt; claim", "A bold claim"),
    ],
)
def test_headlines_of_rss_are_text_with_a_little_markup(written: str, title: str) -> None:
    assert one(rss(f"<item><guid>a</guid><title>{written}</title></item>")).title == title


def test_what_atom_calls_text_is_decoded_once() -> None:
    feed = atom('<entry><id>a</id><title type="text">Use &amp;lt; for less</title></entry>')
    assert one(feed).title == "Use &lt; for less"


def test_a_plain_description_keeps_what_is_no_markup() -> None:
    post = one(rss("<item><guid>a</guid><description>Port &lt;reopens&gt; if a &lt; b</description></item>"))
    assert post.text == "Port <reopens> if a < b"


def test_a_declared_namespace_prefix_is_as_good_as_none() -> None:
    feed = (
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>x</a:id><a:title>One</a:title></a:entry></a:feed>'
    )
    assert keys(feed) == ["x"]


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "utf-8", "utf-16"])
def test_a_feed_is_decoded_by_its_declaration(declared: str) -> None:
    feed = rss(
        rss_post(
            1,
            guid="g1",
            inside="<category>Café “x”</category>" if declared != "iso-8859-1" else "<category>Café</category>",
        )
    )
    body = feed.replace('version="1.0"', f'version="1.0" encoding="{declared}"').encode(declared)
    assert read(body).posts[0].tags[0].startswith("Café")


def test_a_header_outranks_the_declaration() -> None:
    feed = rss(rss_post(1, guid="g1", inside="<category>Київ</category>")).replace('"1.0"?', '"1.0" encoding="koi8-u"?')
    assert read(feed.encode("cp1251"), "application/rss+xml; charset=windows-1251").posts[0].tags == ("Київ",)


def test_a_feed_that_says_it_has_moved_leads_on() -> None:
    body = '&lt;p&gt;Our live coverage has moved &lt;a href="https://www.example.org/live/two"&gt;here&lt;/a&gt;.&lt;/p&gt;'
    found = read(atom(f'<entry><id>x</id><content type="html">{body}</content></entry>', entry(1)))
    assert (found.ended, found.next_url) == (True, "https://www.example.org/live/two")


# --- identity ------------------------------------------------------------------------------------------------------


def test_two_atom_entries_with_one_id_are_revisions_and_the_newest_stands() -> None:
    newer = entry(1, "2026-03-04T10:05:00Z").replace("Headline 1", "Headline 1, corrected")
    for feed in (atom(newer, entry(1)), atom(entry(1), newer)):
        assert one(feed).title == "Headline 1, corrected"


def test_atom_ids_are_compared_byte_by_byte() -> None:
    feed = atom(
        entry(1, id_="http://example.org/1"),
        entry(2, id_="https://example.org/1"),
        entry(3, id_="HTTP://example.org/1"),
    )
    assert keys(feed) == ["http://example.org/1", "https://example.org/1", "HTTP://example.org/1"]


def test_ids_are_no_addresses_and_are_never_resolved() -> None:
    feed = atom(entry(1, id_="p1")).replace("<feed ", '<feed xml:base="https://base.example.org/x/" ')
    assert keys(feed) == ["p1"]


def test_a_feed_that_moved_to_https_keeps_its_keys() -> None:
    before, after = (rss(rss_post(1, guid=f"{scheme}://example.org/p1")) for scheme in ("http", "https"))
    assert keys(before) == keys(after)


def test_without_guid_the_link_is_the_key() -> None:
    post = one(rss(rss_post(1)))
    assert (post.key, post.key_kind) == ("example.org/live/storm/p1", KeyKind.URL)


def test_with_one_link_for_all_the_date_tells_posts_apart() -> None:
    link = "https://www.example.org/live/storm"
    found = keys(rss(rss_post(2, link=link), rss_post(1, link=link)))
    assert len(set(found)) == 2
    assert keys(rss(rss_post(3, link=link), rss_post(2, link=link), rss_post(1, link=link)))[1:] == found


def test_without_guid_link_and_date_the_words_are_the_key() -> None:
    found = read(rss(rss_post(2, link=None, date=None), rss_post(1, link=None, date=None))).posts
    assert {post.key_kind for post in found} == {KeyKind.DERIVED}
    assert found[0].key != found[1].key


def test_a_guid_that_unlike_posts_share_is_not_believed() -> None:
    assert keys(rss(rss_post(2, guid="same"), rss_post(1, guid="same"), rss_post(0, guid="own"))) == [
        "example.org/live/storm/p2",
        "example.org/live/storm/p1",
        "own",
    ]


def test_the_same_post_twice_is_read_once() -> None:
    assert keys(rss(rss_post(1, guid="g1"), rss_post(1, guid="g1"))) == ["g1"]


def test_a_republication_counter_in_the_guid_is_left_out() -> None:
    address = "https://www.example.org/news/articles/cz07"
    first, second = (
        keys(rss(rss_post(1, guid=f"{address}#{count}", link=f"{address}?at_medium=RSS"))) for count in (0, 3)
    )
    assert first == second == [address]
    assert keys(rss(rss_post(1, guid=f"{address}#3", link="https://www.example.org/live"))) == [f"{address}#3"]


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("auto", ["example.org/live/storm/p2", "example.org/live/storm/p1"]),
        ("id", ["same"]),
        ("link", ["example.org/live/storm/p2", "example.org/live/storm/p1"]),
    ],
)
def test_identity_can_be_set(identity: str, expected: list[str]) -> None:
    assert keys(rss(rss_post(2, guid="same"), rss_post(1, guid="same")), identity=identity) == expected


def test_link_and_title_together_can_be_the_identity() -> None:
    link = "https://www.example.org/live/storm"
    found = keys(rss(rss_post(2, "a", link), rss_post(1, "b", link)), identity="link+title")
    assert len(set(found)) == 2
    assert found == keys(rss(rss_post(2, "c", link, None), rss_post(1, "d", link, None)), identity="link+title")


# --- deletions -----------------------------------------------------------------------------------------------------


def test_every_tombstone_is_read_and_the_feeds_own_link_stays() -> None:
    marks = [tombstone(7, inside='<link href="https://www.example.org/gone"/>'), tombstone(8)]
    found = read(atom(*marks, entry(1), names=TOMB))
    assert found.url == "https://www.example.org/live/storm"
    assert found.kind is SnapshotKind.WINDOW
    assert [(post.key[-2:], post.withdrawn) for post in found.posts] == [("p1", False), ("p7", True), ("p8", True)]
    assert found.posts[1].modified_at == datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


def test_a_feed_of_tombstones_only_is_a_delta() -> None:
    found = read(f'<feed xmlns="http://www.w3.org/2005/Atom" {TOMB}>{tombstone(7)}</feed>')
    assert found.kind is SnapshotKind.DELTA
    assert [(post.key, post.withdrawn) for post in found.posts] == [("tag:example.org,2026:p7", True)]


@pytest.mark.parametrize(
    ("updated", "when", "withdrawn"),
    [
        ("2026-03-04T10:00:00Z", "2026-03-04T10:30:00Z", True),
        ("2026-03-04T10:30:00Z", "2026-03-04T10:30:00Z", True),
        ("2026-03-04T10:31:00Z", "2026-03-04T10:30:00Z", False),  # restored
        ("2026-03-04T10:31:00Z", "2026-03-04T11:30:30+01:00", False),
        ("2026-03-04T10:00:00Z", None, False),  # says nothing of when
    ],
)
def test_a_tombstone_holds_unless_its_entry_was_updated_later(updated: str, when: str | None, withdrawn: bool) -> None:
    for feed in (
        atom(tombstone(1, when), entry(1, updated), names=TOMB),
        atom(entry(1, updated), tombstone(1, when), names=TOMB),
    ):
        assert one(feed).withdrawn is withdrawn


def test_the_latest_of_two_tombstones_counts() -> None:
    marks = (tombstone(1, "2026-03-04T10:40:00Z"), tombstone(1, "2026-03-04T10:20:00Z"))
    assert one(atom(*marks, entry(1, "2026-03-04T10:30:00Z"), names=TOMB)).withdrawn


def test_a_tombstone_in_a_namespace_of_another_name_is_none() -> None:
    assert keys(atom(tombstone(7), entry(1), names='xmlns:at="http://example.org/not-tombstones"')) == [
        "tag:example.org,2026:p1"
    ]


@pytest.mark.parametrize(
    ("mark", "withdrawn", "noted"),
    [
        ('deleted="true"', True, False),
        ('deleted="false"', False, False),
        ("", False, False),
        ('deleted="maybe"', False, True),
        ('deleted="TRUE"', False, True),
    ],
)
@pytest.mark.parametrize("prefix", ["sx", "sync"])
def test_only_a_plain_true_deletes_in_feedsync(mark: str, withdrawn: bool, noted: bool, prefix: str) -> None:
    inside = f'<{prefix}:sync id="1" updates="3" {mark}/>'
    found = read(atom(entry(2), entry(1, inside=inside), names=SYNC.replace("sx=", f"{prefix}=")))
    assert [post.withdrawn for post in found.posts] == [False, withdrawn]
    assert bool(found.notes) is noted


def test_feedsync_deletes_in_rss_too() -> None:
    feed = rss(rss_post(1, guid="g1", inside='<sx:sync id="1" deleted="true"/>')).replace("<rss ", f"<rss {SYNC} ")
    assert one(feed).withdrawn


# --- broken and hostile --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whole", [atom(entry(2), entry(1)), rss(rss_post(2, guid="a"), rss_post(1, guid="b"))])
def test_a_feed_that_is_cut_off_anywhere_is_no_shorter_window(whole: str) -> None:
    start, end = whole.index("<title>"), len(whole) - 1
    for place in range(start, end, 7):
        with pytest.raises(NotReadable, match="cut off"):
            read(whole[:place])


def test_a_cut_inside_a_body_that_quotes_the_end_of_a_feed_is_seen() -> None:
    quoted = rss(
        rss_post(1, guid="a", inside="<content:encoded><![CDATA[It ends with </rss> and goes on]]></content:encoded>")
    )
    assert len(read(quoted).posts) == 1
    with pytest.raises(NotReadable, match="cut off"):
        read(quoted[: quoted.index(" and goes on")])


def test_a_feed_with_something_behind_its_end_is_whole() -> None:
    assert len(read(atom(entry(1)) + "\n<!-- cached -->\n").posts) == 1


def test_a_feed_that_is_not_well_formed_gives_its_posts_with_a_note() -> None:
    found = read(rss(rss_post(2, guid="a"), "<item><guid>b</guid><title>Tom & Ann</title></item>"))
    assert [post.key for post in found.posts] == ["a", "b"]
    assert "not well-formed" in found.notes[0]


def test_a_broken_feed_that_lost_posts_says_nothing_about_absence() -> None:
    broken = "<item><guid>b</guid><title>Tom </titl></item>"
    found = read(rss(rss_post(2, guid="a"), broken, rss_post(1, guid="c")))
    assert found.kind is SnapshotKind.DELTA
    assert found.posts[0].key == "a"
    assert "1 posts could not be read" in found.notes[1]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<rss version='2.0'><channel><title>&b;</title></channel></rss>"
)


@pytest.mark.parametrize(
    "feed",
    [
        BOMB,
        BOMB.replace("<!DOCTYPE", "<!-- <rss> --><!DOCTYPE"),
        BOMB.replace("<!DOCTYPE rss [", "<!doctype rss\n SYSTEM 'x'\n [\n"),
        BOMB.replace('"ha"', "SYSTEM 'file:///etc/passwd'"),
    ],
)
def test_an_entity_bomb_is_refused_before_it_is_read(feed: str) -> None:
    with pytest.raises(NotReadable, match="declares entities"):
        read(feed)


def test_a_doctype_without_entities_is_no_reason_to_refuse() -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//Example//DTD RSS 0.91//EN" "http://example.org/rss.dtd">'
    feed = rss(rss_post(1, guid="g1")).replace("<rss", f"{doctype}<rss", 1)
    assert keys(feed) == ["g1"]


def test_a_feed_is_never_taken_for_an_address_or_a_file_name(tmp_path: object) -> None:
    with pytest.raises(NotReadable):
        snapshot(str(tmp_path), format="rss")


@pytest.mark.parametrize(
    ("name", "feed"), [("rss", atom(entry(1))), ("atom", rss()), ("rss", "<html></html>"), ("atom", "")]
)
def test_a_named_format_is_not_exchanged_for_another(name: str, feed: str) -> None:
    with pytest.raises(NotReadable, match=r"Atom feed|RSS feed|empty"):
        read(feed, format=name)


def test_scripts_in_bodies_and_headlines_are_left_out() -> None:
    post = one(
        rss(
            "<item><guid>a</guid><title>Calm&lt;script&gt;alert(1)&lt;/script&gt;</title>"
            "<description>&lt;p&gt;Calm&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;</description>"
            "<link>javascript:alert(1)</link></item>"
        )
    )
    assert (post.title, post.text, post.url) == ("Calm", "Calm", None)


# --- captured feeds ------------------------------------------------------------------------------------------------


@needs_captures
@pytest.mark.parametrize(
    ("name", "kind", "posts", "withdrawn"),
    [
        ("duplicate-updated.xml", "window", 2, 0),
        ("entry_id_duplicate_value.xml", "window", 1, 0),
        ("guid_duplicate_value.xml", "window", 2, 0),
        ("guid_duplicate_value_cdata.xml", "window", 2, 0),
        ("guid_duplicate_value_ncr.xml", "window", 2, 0),
        ("guid_duplicate_value_url.xml", "window", 2, 0),
        ("handmade_mixed.atom", "window", 3, 1),
        ("sync-deleted-false.xml", "window", 1, 0),
        ("sync-deleted-maybe.xml", "window", 1, 0),
        ("sync-deleted-missing.xml", "window", 1, 0),
        ("sync-deleted-true.xml", "window", 1, 1),
        ("sync-deleted-uppercase.xml", "window", 1, 0),
        ("youtube_deleted_2021-01-25.xml", "delta", 1, 1),
    ],
)
def test_captured_feeds(name: str, kind: str, posts: int, withdrawn: int) -> None:
    found = captured(f"feeds/{name}")
    assert (found.kind, len(found.posts), len({post.key for post in found.posts})) == (kind, posts, posts)
    assert sum(post.withdrawn for post in found.posts) == withdrawn
    assert [content_hash(post) for post in found.posts] == [
        content_hash(post) for post in captured(f"feeds/{name}").posts
    ]
