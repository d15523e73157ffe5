"""The rules of why, by themselves: outcomes that are hard to meet at the moment they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.core.explanation import explanation_lines
from bot.core.facts import Came, ChatFacts, Delivered, Done, Facts, Following, PostFacts, PushFacts, Told
from bot.core.model import Lane, Volume
from bot.core.texts import Texts
from bot.core.why import explained

NOW = 1_750_000_000.0
AGO = NOW - 600.0

POST = PostFacts(id=7, blog="storm", title="Two boats lost", came=Came.POLL, first_seen_at=AGO)
TOLD = Told(kind="new", created_at=AGO, not_before=AGO, begun_at=AGO, passed=True)
FOLLOWS = Following(blog="storm", thread=0, created_at=AGO - 60, wants=True, gets=True)
WAITS = Delivered(thread=0, wanted=1, sent=0, lane=Lane.LIVE)
SENT = Delivered(thread=0, wanted=1, sent=1, lane=Lane.LIVE, first_sent_at=AGO + 3, settled_at=AGO + 3, messages=(12,))
FACTS = Facts(
    number=7, chat=ChatFacts(id=3, telegram_id=2001), post=POST, was=True, told=(TOLD,), followings=(FOLLOWS,)
)

WAITING_STATES: Mapping[str, Facts] = {
    "queued": replace(FACTS, rows=(WAITS,)),
    "sending": replace(FACTS, rows=(replace(WAITS, sending=True),)),
    "left": replace(FACTS, rows=(replace(WAITS, aside="left"),)),
    "asleep": replace(FACTS, rows=(replace(WAITS, aside="asleep", until=NOW + 60),)),
    "expanding": replace(FACTS, told=(replace(TOLD, passed=False),)),
    "behind": replace(FACTS, told=(replace(TOLD, begun_at=None, passed=False, behind=True),)),
    "leaving": replace(FACTS, rows=(replace(WAITS, wanted=0),)),
}
THERE: Mapping[str, Facts] = {
    "sent": replace(FACTS, rows=(SENT,)),
    "nowhere": replace(FACTS, rows=(replace(SENT, messages=()),)),
    "changing": replace(FACTS, rows=(replace(SENT, wanted=2),)),
    "sent-closed": replace(FACTS, rows=(replace(SENT, wanted=2, aside="closed"),)),
    "withdrawing": replace(FACTS, post=replace(POST, withdrawn_at=NOW), rows=(replace(SENT, wanted=2),)),
}
PASSED_OVER: Mapping[str, Facts] = {
    "card": replace(FACTS, post=replace(POST, notice="card"), told=()),
    "stored": replace(FACTS, post=replace(POST, came=None), told=()),
    "kept-down": replace(FACTS, told=(), acts=(Done(at=AGO, act="kept down"),)),
    "thread-closed": replace(FACTS, followings=(replace(FOLLOWS, closed_at=AGO - 1),)),
    "unexplained": FACTS,
    "waiting": replace(FACTS, push=PushFacts(state="waiting")),
    "rejected": replace(FACTS, push=PushFacts(state="rejected")),
    "expired": replace(FACTS, push=PushFacts(state="expired")),
}


@pytest.mark.parametrize(("code", "facts"), [*WAITING_STATES.items(), *THERE.items(), *PASSED_OVER.items()])
def test_each_state_has_its_word_and_a_whole_sentence(code: str, facts: Facts) -> None:
    found = explained(facts, title="Storm", zone="UTC", kept_for=86_400.0, now=NOW)
    assert found.code == code
    for said in explanation_lines(found):
        assert "{" not in said
        assert said.endswith((".", ":"))


def test_what_is_asleep_beyond_its_time_waits_for_its_turn() -> None:
    facts = replace(FACTS, rows=(replace(WAITS, aside="asleep", until=NOW - 1),))
    assert explained(facts, title="Storm", zone="UTC", kept_for=1.0, now=NOW).code == "queued"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", " “rain”"), ("de", " „rain“"), ("fr", " «\xa0rain\xa0»"), ("ru", " «rain»"), ("ja", "「rain」")],
)
def test_words_stand_between_the_quotation_marks_of_the_language(language: str, said: str) -> None:
    found = explained(
        replace(FACTS, followings=(replace(FOLLOWS, refused=("rain",)),)),
        title="Storm", zone="UTC", kept_for=1.0, now=NOW,
    )  # fmt: skip
    assert said in explanation_lines(found, Texts.of(language))[0]


def test_the_number_of_a_topic_is_written_as_telegram_writes_it() -> None:
    """Without the marks between thousands that a count has."""
    facts = replace(FACTS, rows=(SENT,), followings=(FOLLOWS, replace(FOLLOWS, thread=12_345)))
    found = explained(facts, title="Storm", zone="UTC", kept_for=1.0, now=NOW)
    assert any("Topic 12345 began" in line for line in explanation_lines(found))


def test_of_several_threads_the_one_that_has_it_is_told() -> None:
    facts = replace(FACTS, rows=(replace(WAITS, aside="left"), replace(SENT, thread=5)))
    assert explained(facts, title="Storm", zone="UTC", kept_for=1.0, now=NOW).code == "sent"


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        ({"created_at": NOW}, {"wants": False, "topics": ("nato",)}),
        ({"refused": ("rain",)}, {"volume": Volume.KEY}),
        ({"volume": Volume.KEY}, {"wants": False, "topics": ("nato",)}),
    ],
)
def test_of_several_threads_that_lack_it_the_nearest_is_told(nearer: dict[str, Any], farther: dict[str, Any]) -> None:
    one, other = replace(FOLLOWS, **nearer), replace(FOLLOWS, thread=9, **farther)
    alone, both, turned = (
        explained(replace(FACTS, followings=given), title="Storm", zone="UTC", kept_for=1.0, now=NOW)
        for given in ((one,), (one, other), (other, one))
    )
    assert alone.code == both.code == turned.code


def test_hostile_words_stay_within_their_sentence() -> None:
    row = replace(WAITS, aside="Bad\nRequest: {0} {why} \u202e" + "x" * 4000)
    lines = explanation_lines(explained(replace(FACTS, rows=(row,)), title="{blog}\n", zone="UTC", kept_for=1, now=NOW))
    assert all("\n" not in line and len(line) < 500 for line in lines)
    assert "{why}" in lines[0]


@pytest.mark.parametrize("language", ["de", "ar", "ja", "ru"])
def test_in_every_language_nothing_is_left_unfilled(language: str) -> None:
    for facts in (*WAITING_STATES.values(), *THERE.values(), *PASSED_OVER.values()):
        found = explained(facts, title="Storm", zone="Europe/Berlin", kept_for=86_400.0, now=NOW)
        assert not any("{" in line for line in explanation_lines(found, Texts.of(language)))


def said_in(language: str, facts: Facts) -> list[str]:
    found = explained(facts, title="Storm", zone="America/New_York", kept_for=86_400.0, now=NOW)
    return explanation_lines(found, Texts.of(language))


def test_a_time_is_set_apart_where_its_zone_would_turn_the_line_around() -> None:
    head, *steps = said_in("ar", replace(FACTS, rows=(SENT,)))
    assert "\u206810:56:43 EDT\u2069" in head
    assert steps
    assert all(step.startswith("\u2068") and " EDT\u2069 · " in step for step in steps)
