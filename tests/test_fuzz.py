"""Every reader against pages that are wrong in some way. Whatever comes in, it is a sound snapshot or a refusal.

`FUZZ_EXAMPLES=5000` looks longer; `make fuzz` lets the machine learn where to look.
"""

from __future__ import annotations

import json
import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.formats import IDENTITIES
from bot.sources import NotReadable, ReadRules
from tests.api_answers import live24_answer, live24_news
from tests.every_format import EVERY, RICHER
from tests.markup_pages import OWN_MARKUP
from tests.mutations import VALUES, mutated, wrong
from tests.pages import blog, html, snapshot, update
from tests.soundness import read_soundly

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
some = settings(
    deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SEEDS = {name: RICHER.get(name, small) for name, small in EVERY.items()}
KNOWN = {name: snapshot(body) for name, body in SEEDS.items()}


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_what_a_format_says_at_its_best_is_sound(name: str) -> None:
    found = read_soundly(SEEDS[name].encode(), ReadRules(), before=KNOWN[name])
    assert found is not None
    assert found.format == name
    assert found.posts


@pytest.mark.parametrize("name", sorted(SEEDS))
@some
@given(rng=st.randoms(use_true_random=False), identity=st.sampled_from(IDENTITIES))
def test_a_page_with_a_few_things_wrong_is_sound_or_refused(name: str, rng: Random, identity: str) -> None:
    body = mutated(SEEDS[name].encode(), rng)
    read_soundly(body, ReadRules(format=name, identity=identity), before=KNOWN[name])


@some
@given(
    rng=st.randoms(use_true_random=False),
    name=st.sampled_from(sorted(SEEDS)),
    timezone=st.sampled_from(["UTC", "Pacific/Kiritimati", "America/New_York"]),
)
def test_whichever_reader_finds_its_posts_in_it_a_broken_page_is_sound_or_refused(
    rng: Random, name: str, timezone: str
) -> None:
    body = mutated(SEEDS[name].encode(), rng, times=8)
    read_soundly(body, ReadRules(kept=name, timezone=timezone), before=KNOWN[name])


def test_the_mutations_leave_some_pages_readable_and_make_others_not() -> None:
    """A fuzzer whose pages are all refused, or all well, looks at nothing."""
    rng, refused = Random(7), 0
    for _ in range(100):
        try:
            snapshot(mutated(SEEDS["jsonld"].encode(), rng))
        except NotReadable:
            refused += 1
    assert 5 < refused < 80


def test_a_document_is_changed_in_one_place_and_never_itself() -> None:
    document = {"a": [1, {"b": 2}], "c": "d"}
    before = json.dumps(document)
    made = {json.dumps(wrong(document, Random(seed)), default=str) for seed in range(200)}
    assert json.dumps(document) == before
    assert len(made) > 20
    assert len(VALUES) > 30


# --- what was found, each by name ----------------------------------------------------------------------------------


def test_a_feed_dated_before_the_first_year_of_the_calendar_is_read_without_that_date() -> None:
    """feedparser makes a year of it that the calendar does not have."""
    for written in ("-1-03-04T10:00:00Z", "0000-03-04T10:00:00Z"):
        body = SEEDS["atom"].replace("2026-03-04T10:02:00Z", written)
        found = read_soundly(body.encode(), ReadRules(), before=KNOWN["atom"])
        assert found is not None
        assert found.posts[0].published_at is None


def test_a_year_before_live_blogs_or_after_this_century_is_no_date() -> None:
    for seconds in (100, 0, -5, 4_102_444_800, 253_402_300_799):
        body = json.dumps(live24_answer(live24_news(2, created=seconds), live24_news(1)))
        found = read_soundly(body.encode(), ReadRules())
        assert found is not None
        assert found.posts[0].published_at is None


@pytest.mark.parametrize("name", sorted(OWN_MARKUP))
def test_control_characters_in_a_pages_title_and_language_are_shown_to_nobody(name: str) -> None:
    body = OWN_MARKUP[name].replace("<title>Storm", "<title>St\x01orm").replace('lang="en"', 'lang="\x01en"')
    body = body.replace("<h1>Storm hits the coast</h1>", "")
    found = read_soundly(body.encode(), ReadRules(), before=KNOWN[name])
    assert found is not None
    assert (found.title or "").startswith("Storm")
    assert found.language is None


def test_control_characters_that_a_reader_quotes_are_shown_to_nobody() -> None:
    body = SEEDS["jsonfeed"].replace("version/1.1", "version/1\\u0001.1")
    assert read_soundly(body.encode(), ReadRules()) is not None
    with pytest.raises(NotReadable) as refusal:
        snapshot("<a\x1b[31mb></a>")
    assert "\x1b" not in str(refusal.value)


def test_a_page_that_is_broken_in_very_many_places_says_so_in_few_words() -> None:
    found = snapshot(html(*["{broken" * 50] * 300, blog(update(2), update(1))))
    assert len(found.posts) == 2
    assert len(found.notes) <= 50
    assert max(map(len, found.notes)) <= 600


@pytest.mark.parametrize("unseen", ["\u202e", "\u200b"])
def test_a_tombstone_or_an_entry_whose_id_cannot_be_shown_names_no_post(unseen: str) -> None:
    body = SEEDS["atom"].replace('ref="urn:3"', f'ref="{unseen}urn:3"').replace("<id>urn:2", f"<id>{unseen}urn:2")
    found = read_soundly(body.encode(), ReadRules(), before=KNOWN["atom"])
    assert found is not None
    assert len(found.posts) == 2


@pytest.mark.parametrize("half", ["&#xd800;", "&#xDFFF;", "&#55296;", "&#x0000d8ff;", "&#57343"])
@pytest.mark.parametrize("place", ["<id>urn:2", 'ref="urn:3', "<title>Headline 1"])
def test_a_reference_to_half_of_a_pair_in_a_feed_breaks_nothing(half: str, place: str) -> None:
    """lxml takes it in where it is told to recover, and raises when the text is asked for."""
    body = SEEDS["atom"].replace(place, f"{place}{half}")
    assert body != SEEDS["atom"]
    found = read_soundly(body.encode(), ReadRules(format="atom"), before=KNOWN["atom"])
    assert found is not None
    assert {"urn:1"} < {post.key for post in found.posts}


@pytest.mark.parametrize("tags", [True, 7, "port", {"port": 1}, [7, None, "a\x00b", ["x"]]])
def test_tags_of_a_wrong_type_are_none(tags: object) -> None:
    whole = json.loads(SEEDS["jsonfeed"])
    whole["items"][0]["tags"] = tags
    found = read_soundly(json.dumps(whole).encode(), ReadRules(), before=KNOWN["jsonfeed"])
    assert found is not None
    assert found.posts[0].tags in ((), ("ab",))


@pytest.mark.parametrize("broken", ["\ufffd", "&#xfffe;", "\x01", " ", "{}"])
def test_a_feed_whose_namespace_is_broken_is_read_or_refused(broken: str) -> None:
    """lxml hands out a namespace that it does not take back."""
    for name in ("atom", "rss"):
        body = (
            SEEDS[name].replace("2005/Atom", f"2005/At{broken}om").replace("<rss ", f'<rss xmlns="http://x/{broken}" ')
        )
        read_soundly(body.encode(), ReadRules(format=name), before=KNOWN[name])
