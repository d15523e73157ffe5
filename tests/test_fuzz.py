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
from tests.every_format import EVERY, RICHER
from tests.mutations import VALUES, mutated, wrong
from tests.pages import snapshot
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
