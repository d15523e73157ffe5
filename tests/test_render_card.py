"""How the card of a blog looks, and when it would look otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.blocks import LONGEST, as_json
from bot.core.card import Card, posts_of, shown_by
from bot.core.model import Relayed, Rendered, Style
from bot.core.render_card import card_message
from bot.core.state import QUIET, Life, State, changes_at, state_of
from bot.core.texts import Texts
from bot.core.writing import ENTITIES, MESSAGE, units

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
ENGLISH = Texts.of("en")


def post(number: int, **about: Any) -> Relayed:
    usual = {"title": f"About {number}", "text": "More of it.", "first_seen_at": NOON, "url": "https://blog.example/a"}
    return Relayed(**{"id": number, "revision": 1, "blog": "storm"} | usual | about)


def card(**about: Any) -> Card:
    usual: dict[str, Any] = {"title": "Storm", "state": State.LIVE, "at": NOON, "url": "https://blog.example/live"}
    return Card(**usual | {"latest": (post(1),)} | about)


def made(of: Card, title: str = "Storm") -> Rendered:
    return card_message(of, title, Style(), ENGLISH)


def test_it_says_the_state_the_headlines_with_their_times_and_the_way_to_the_page() -> None:
    assert made(card()).text == "Storm\nlive\n\nLatest\n12:00 UTC · About 1\n\nOpen the live blog"


def test_before_the_start_it_says_when_that_is_and_has_no_empty_parts() -> None:
    starts = NOON + timedelta(hours=3)
    waiting = card(state=State.NOT_STARTED, starts_at=starts, latest=(), url=None)
    assert made(waiting).text == "Storm\nnot started · starts 15:00 UTC"


def test_the_hour_at_which_it_is_made_changes_nothing() -> None:
    assert made(card()) == made(card(at=NOON + timedelta(days=2)))


@pytest.mark.parametrize(
    "other",
    [
        card(state=State.QUIET),
        card(title="Storm over the harbour"),
        card(latest=(post(2), post(1))),
        card(latest=(post(1, title="About 1, put right"),)),
        card(key_events=(post(1),)),
        card(url="https://blog.example/tomorrow"),
    ],
)
def test_what_its_message_depends_on_makes_it_another_one(other: Card) -> None:
    assert shown_by(other) != shown_by(card())


def test_what_its_message_does_not_show_makes_it_no_other() -> None:
    long = post(1, text="x" * 1000 + " and the end")
    assert shown_by(card(latest=(long,))) == shown_by(card(latest=(replace(long, text="x" * 1000 + " then"),)))
    assert shown_by(card(topics=(("ferries", 4),))) == shown_by(card())
    assert shown_by(card(at=NOON + timedelta(hours=1))) == shown_by(card())


def test_it_is_known_which_posts_it_showed() -> None:
    assert posts_of(shown_by(card(key_events=(post(7),)))) == {1, 7}


HOSTILE = st.sampled_from(["@ann " * 60, "a.co " * 60, "<b>" * 90, "🚢" * 300, "ـ" * 200, "", "#tag" * 99])


@given(st.lists(HOSTILE, min_size=1, max_size=5), st.lists(HOSTILE, max_size=3), HOSTILE)
def test_whatever_pages_write_it_fits_in_both_its_forms(latest: list[str], key: list[str], title: str) -> None:
    full = card(
        latest=tuple(post(at, title=words) for at, words in enumerate(latest)),
        key_events=tuple(post(at, title=words, summary=words) for at, words in enumerate(key)),
    )
    rendered = made(full, title)
    assert units(rendered.text) <= MESSAGE
    assert len(rendered.entities) <= ENTITIES
    assert rendered.rich is not None
    assert len(str(as_json(rendered.rich))) <= LONGEST


BEGIN = datetime(2026, 5, 3, tzinfo=UTC)
MOMENTS = st.none() | st.integers(0, 48 * 60).map(lambda minute: BEGIN + timedelta(minutes=minute))
LIVES = st.builds(
    Life, read=st.just(True), last_post_at=MOMENTS, active_at=MOMENTS, ended_at=MOMENTS, starts_at=MOMENTS
)


@given(LIVES, st.integers(0, 48 * 60), st.integers(1, 48 * 60))
def test_a_state_never_changes_by_time_alone_before_it_was_foretold(life: Life, minute: int, later: int) -> None:
    now = BEGIN + timedelta(minutes=minute)
    then = now + timedelta(minutes=later)
    turn = changes_at(life, now)
    if state_of(life, then) is not state_of(life, now):
        assert turn is not None
        assert turn <= then


def test_a_live_blog_falls_quiet_half_an_hour_after_its_last_sign() -> None:
    assert changes_at(Life(read=True, active_at=NOON), NOON + timedelta(minutes=1)) == NOON + QUIET
