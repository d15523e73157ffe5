"""The arithmetic behind docs/scale.md."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.growth import (
    DAY,
    Setting,
    Units,
    bots_for,
    busiest_node,
    loads,
    push_seconds,
    server_cores,
    table,
    wal,
)

UNITS = Units(
    expand_server=20,
    expand_node=10,
    deliver_server=180,
    deliver_node=190,
    deliver_wal=1500,
    deliver_bytes=1000,
    deliveries_a_second=2000,
    poll_server=2000,
    poll_node=1000,
    poll_wal=2000,
    present_server=2000,
    look_server=2,
    wake_server=1000,
    wake_each_server=500,
)
ONE = Setting(nodes=2, bots=1, subscribers=100_000, blogs=300)


def test_a_push_to_ten_million_by_ten_bots_takes_a_good_quarter_of_an_hour() -> None:
    assert push_seconds(replace(ONE, subscribers=10_000_000, bots=10)) == pytest.approx(1031, abs=1)


@pytest.mark.parametrize(
    ("subscribers", "seconds", "bots"), [(10_000_000, 600, 18), (970, 1, 1), (971, 1, 2), (0, 1, 1)]
)
def test_how_many_bots_reach_so_many_in_time(subscribers: int, seconds: float, bots: int) -> None:
    assert bots_for(subscribers, seconds) == bots
    enough = push_seconds(replace(ONE, subscribers=subscribers, bots=bots))
    assert enough <= seconds


def test_deliveries_are_posts_and_their_edits_in_every_chat_that_follows_the_blog() -> None:
    busy = replace(ONE, subscribers=1000, follows=2, posts=43.2, edits=1, peak=1)
    assert busy.deliveries == pytest.approx(1000 * 2 * 43.2 * 2 / DAY) == pytest.approx(2.0)


def test_what_a_bot_cannot_send_is_seen_first() -> None:
    first, *_ = loads(UNITS, replace(ONE, subscribers=3_000_000))
    assert (first.part, first.share > 1) == ("Telegram's allowance", True)


def test_very_many_nodes_are_too_much_for_postgresql_by_being_there() -> None:
    many = replace(ONE, nodes=1000, subscribers=0, blogs=64)
    assert {one.part for one in loads(UNITS, many)[:2]} == {"poll shards", "its sessions"}
    assert server_cores(UNITS, many) > 8  # with nothing to do


def test_a_table_holds_a_row_for_each_post_and_not_for_its_edits() -> None:
    one = replace(ONE, keep_days=1, follows=1, posts=10, edits=0)
    assert table(UNITS, one) == pytest.approx(100_000 * 10 * 1000)
    assert table(UNITS, replace(one, edits=3)) == pytest.approx(table(UNITS, one))


GROWN = st.builds(
    Setting,
    nodes=st.integers(1, 2000),
    bots=st.integers(1, 200),
    subscribers=st.integers(0, 10**8),
    blogs=st.integers(0, 10**6),
)


@given(GROWN)
def test_more_of_anything_never_costs_less(one: Setting) -> None:
    for more in (
        replace(one, subscribers=one.subscribers * 2 + 1),
        replace(one, blogs=one.blogs * 2 + 1),
        replace(one, nodes=one.nodes + 1),
    ):
        assert server_cores(UNITS, more) >= server_cores(UNITS, one)
        assert wal(UNITS, more) >= wal(UNITS, one)


@given(GROWN)
def test_one_more_node_never_makes_the_busiest_busier(one: Setting) -> None:
    assert busiest_node(UNITS, replace(one, nodes=one.nodes + 1)) <= busiest_node(UNITS, one)


@given(GROWN)
def test_the_part_with_the_least_room_comes_first(one: Setting) -> None:
    shares = [load.share for load in loads(UNITS, one)]
    assert shares == sorted(shares, reverse=True)
