"""Which text is the same text, which address the same address, and what a post is known by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.identity import (
    are_positions,
    content_hash,
    derived_keys,
    fold,
    link_key,
    native_key,
    normal_title,
    same_address,
    same_text,
    visible,
)
from bot.core.model import Image, KeyKind, Post

BLOG = "https://www.example.org/live/storm-03-04/index.html"
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def post(**fields: object) -> Post:
    return Post(**{"key": "p1", "title": "Ferry back in port", "text": "The ferry is back.", **fields})  # type: ignore[arg-type]


# --- text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("The port <reopens> at noon", "The port <reopens> at noon"),
        ("if a < b then b > a", "if a < b then b > a"),
        ("He said <b and c> twice", "He said <b and c> twice"),
        ("<script>alert(1)</script>Calm", "Calm"),
        ("<style>p {}</style>Calm", "Calm"),
        ("Tom &amp; Ann", "Tom & Ann"),
        ("Tom &amp;amp;amp; Ann", "Tom & Ann"),
        ("no\u00a0break and soft\u00ad hyphen", "no break and soft hyphen"),
        ("“It’s over” – she said", '"It\'s over" - she said'),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("<ul><li>first</li><li>second</li></ul>", "first second"),
        ("&lt;p&gt;escaped&lt;/p&gt;", "escaped"),
        ("the <title> fight goes on", "the <title> fight goes on"),
        ("?a=1&copy=2", "?a=1&copy=2"),
    ],
)
def test_visible_is_what_a_reader_sees(written: str, seen: str) -> None:
    assert visible(written) == seen


@given(st.text())
def test_visible_is_idempotent(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text(alphabet="<>&;abp/ \n#39amplt\"'=-!"))
def test_visible_is_idempotent_on_what_looks_like_markup(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text(alphabet=st.characters(exclude_characters="<&", exclude_categories=["Cs", "Cc"])))
def test_text_without_markup_loses_no_letter(text: str) -> None:
    kept = [sign for sign in fold(text) if sign.isalnum()]
    assert kept == [sign for sign in visible(text) if sign.isalnum()]


@pytest.mark.parametrize(
    ("damaged", "clean", "same"),
    [
        ("found\ufffd\ufffdnear the quay", "found\u00a0near the quay", True),
        ("found \ufffd\ufffd near", "found near", True),
        ("it\ufffds late", "it’s late", True),
        ("the end\ufffd", "the end", True),
        ("\ufffdstart", "start", True),
        ("12\ufffd34", "12xyz34", False),
        ("12\ufffd dead", "13 dead", False),
        ("five\ufffddead", "six dead", False),
        ("a\ufffdb\ufffdc", "a1b22c", True),
        ("a\ufffdb", "a\ufffdc", False),  # both damaged: no guessing
    ],
)
def test_a_page_decoded_wrongly_once_is_no_edit(damaged: str, clean: str, same: bool) -> None:
    assert same_text(damaged, clean) is same
    assert same_text(clean, damaged) is same


def test_damage_everywhere_is_compared_in_bounded_time() -> None:
    assert not same_text("\ufffda" * 400, "a" * 1200 + "b")
    assert not same_text("\ufffda" * 200_000, "a" * 200_000)


@given(st.text(), st.text())
def test_same_text_is_symmetric(a: str, b: str) -> None:
    assert same_text(a, b) == same_text(b, a)


# --- the hash ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"published_at": NOON},
        {"modified_at": NOON},
        {"authors": ("Ada Byron",)},
        {"url": "https://www.example.org/x"},
        {"pinned": True},
        {"tags": ("storm",)},
        {"text": "The  ferry\u00a0is back."},
        {"text": "The ferry is\n\nback."},
        {"text": "The ferry is back. 5m ago"},
        {"text": "Updated 2 hr 13 min ago. The ferry is back.", "same_as": "The ferry is back."},
        {"text": "The ferry is back.\n\nUpdated at 12.36 BST"},
        {"text": "The ferry is back. [[ge:somewhere:4711]]"},
        {"title": "19:02(IST) Ferry back in port"},
        {"title": "Ferry back\u00a0in port"},
    ],
)
def test_what_no_reader_sees_is_no_edit(changed: dict[str, object]) -> None:
    same_as = changed.pop("same_as", None)
    if same_as:
        assert fold(str(changed["text"])).strip(" .") == fold(str(same_as)).strip(" .")
    else:
        assert content_hash(post(**changed)) == content_hash(post())


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Ferry not back in port"},
        {"text": "The ferry is not back."},
        {"text": "The ferry is back!"},
        {"struck": True},
        {"images": (Image(url="https://img.example.org/a.jpg"),)},
        {"title": None},
    ],
)
def test_what_a_reader_sees_is_an_edit(changed: dict[str, object]) -> None:
    assert content_hash(post(**changed)) != content_hash(post())


def test_a_derived_headline_is_not_compared() -> None:
    assert content_hash(post(title="One", title_is_derived=True)) == content_hash(post(title=None))


def test_pictures_are_compared_without_size_signature_and_order() -> None:
    first = (Image(url="https://img.example.org/a.jpg?w=300"), Image(url="https://img.example.org/b.jpg"))
    second = (Image(url="http://img.example.org/b.jpg#x"), Image(url="https://img.example.org/a.jpg?w=600&s=1"))
    assert content_hash(post(images=first)) == content_hash(post(images=second))


def test_the_recipe_of_a_hash_is_named_in_it() -> None:
    assert content_hash(post()).startswith("3:")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("“Ferry” back in port!", '"Ferry" back in port'),
        ("FERRY back in port", "Ferry back in port"),
        ("19:02(IST) Ferry back", "Ferry back"),
    ],
)
def test_a_headline_is_found_again_however_it_is_set(a: str, b: str) -> None:
    assert normal_title(a) == normal_title(b)


def test_a_number_in_a_headline_tells_two_apart() -> None:
    assert normal_title("5 hurt") != normal_title("6 hurt")
    assert normal_title(None) == ""


# --- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("https://www.example.org/live/a/index.html", "http://edition.example.org/live/a/", True),
        ("https://m.example.org/live/a", "https://example.org/live/a?utm_source=x#top", True),
        ("https://example.org/live/a", "https://example.org/live/b", False),
        ("https://example.org/show?id=1", "https://example.org/show?id=2", False),
        ("https://example.org/", "https://example.org", True),
        ("https://example.org:8443/a", "https://example.org/a", False),
        ("https://[broken", "https://example.org", False),
    ],
)
def test_addresses_that_lead_to_the_same_page(a: str, b: str, same: bool) -> None:
    assert same_address(a, b) is same


@given(st.text(), st.text())
def test_any_two_strings_can_be_compared_as_addresses(a: str, b: str) -> None:
    assert same_address(a, b) == same_address(b, a)


def test_a_link_is_the_same_key_under_https_and_with_a_campaign() -> None:
    assert link_key("http://www.example.org/a?utm_source=rss&post=5") == link_key("https://example.org/a?post=5")
    assert link_key("https://example.org/a#p1") != link_key("https://example.org/a#p2")


# --- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("6460fa1e8f08", ("6460fa1e8f08", KeyKind.NATIVE)),
        ("urn:asset:5f1c", ("urn:asset:5f1c", KeyKind.NATIVE)),
        (f"{BLOG}#post-12", ("post-12", KeyKind.URL)),
        ("https://www.example.org/live/storm-03-04/#/post-12", ("post-12", KeyKind.URL)),
        ("#post-12", ("post-12", KeyKind.URL)),
        ("https://edition.example.org/live/storm-03-04/h_0a1b2c", ("h_0a1b2c", KeyKind.URL)),
        ("https://edition.example.org/live/storm-03-04/h_0a1b2c/index.html?utm_x=1", ("h_0a1b2c", KeyKind.URL)),
        ("https://www.example.org/live/storm-03-04/?postId=77", ("77", KeyKind.URL)),
        (BLOG, None),
        (f"{BLOG}#liveblog", None),
        ("", None),
        ("not an id", None),
        ("a\x00b", None),
    ],
)
def test_the_id_token_is_the_key(address: str, key: tuple[str, KeyKind] | None) -> None:
    assert native_key(address, BLOG) == key


@given(st.text(), st.text())
def test_any_string_may_stand_where_an_id_should(address: str, blog: str) -> None:
    key = native_key(address, blog)
    assert key is None or key[0]


TIMES_DOWN = [NOON - timedelta(minutes=minutes) for minutes in range(4)]


@pytest.mark.parametrize(
    ("tokens", "times", "positional"),
    [
        (["post1", "post2", "post3"], TIMES_DOWN[:3], True),
        (["1", "2", "3", "4"], TIMES_DOWN, True),
        (["0", "1", "2"], [None, None, None], True),
        (["80", "79", "78"], TIMES_DOWN[:3], False),
        (["post3", "post2", "post1"], TIMES_DOWN[:3], False),
        (["1", "2", "3"], TIMES_DOWN[2::-1], False),  # the oldest is first: numbers only grow at the end
        (["a1", "b2", "c3"], TIMES_DOWN[:3], False),
        (["post1"], TIMES_DOWN[:1], False),
        (["h_1f", "h_2e"], TIMES_DOWN[:2], False),
    ],
)
def test_ids_that_are_places_in_the_list(tokens: list[str], times: list[datetime | None], positional: bool) -> None:
    assert are_positions(tokens, times) is positional


def test_a_time_to_the_second_names_a_post_until_another_has_it() -> None:
    first = post(published_at=NOON.replace(second=7))
    second = post(published_at=NOON.replace(second=8), text="Something else.")
    assert (
        derived_keys([first, second])[0] == derived_keys([post(published_at=NOON.replace(second=7), text="Edited.")])[0]
    )
    shared = derived_keys([first, post(published_at=NOON.replace(second=7), text="Something else.")])
    assert len(set(shared)) == 2


def test_a_time_to_the_minute_names_nothing() -> None:
    alone = derived_keys([post(published_at=NOON)])
    beside = derived_keys([post(published_at=NOON, text="Another post of that minute."), post(published_at=NOON)])
    assert beside[1] == alone[0]


def test_displayed_times_never_name_a_post() -> None:
    shown = post(published_at=NOON.replace(second=7))
    later = post(published_at=NOON.replace(second=9))
    assert derived_keys([shown], times_hold=False) == derived_keys([later], times_hold=False)


def test_posts_alike_in_their_first_words_get_keys_of_their_own() -> None:
    keys = derived_keys([post(title="Goal"), post(title="Another goal")])
    assert len(set(keys)) == 2


def test_posts_alike_in_everything_are_one() -> None:
    assert len(set(derived_keys([post(), post()]))) == 1


def test_a_derived_key_survives_damage_and_a_late_correction() -> None:
    text = "One two three four five six seven eight nine ten eleven twelve, and then more."
    assert derived_keys([post(text=text)]) == derived_keys([post(text=text.replace(" ", "\u00a0") + " Corrected.")])
