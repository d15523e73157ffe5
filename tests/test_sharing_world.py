"""Whatever becomes of nodes, what there is to do is shared out in the end, and then stays where it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.sharing import OTHERS_FIRST, SHARDS, SPARED_SECONDS, Looked, Rank, to_give, to_take
from tests.node_world import SILENCE, World

WHAT = st.tuples(
    st.sampled_from(["join", "kill", "pause", "stop"]),
    st.integers(0, 20),  # of the nodes there are, which
    st.floats(0, 12),  # how long it is stopped, or takes to stop
    st.floats(0, 6),  # until something else happens
)


def befall(world: World, what: str, which: int, seconds: float) -> None:
    awake = [one for one in world.present if one.awake]
    if what == "join" or len(awake) < 2:
        world.join()
    elif what == "kill":
        world.kill(awake[which % len(awake)])
    elif what == "pause":
        world.pause(awake[which % len(awake)], seconds)
    else:
        world.stop(awake[which % len(awake)], seconds)


@settings(max_examples=30, deadline=None)
@given(lanes=st.integers(1, 12), seed=st.integers(0, 2**20), story=st.lists(WHAT, min_size=1, max_size=12))
def test_whatever_happens_everything_is_shared_out_in_the_end_and_then_nothing_moves(
    lanes: int, seed: int, story: list[tuple[str, int, float, float]]
) -> None:
    world = World(lanes, seed)
    world.join()
    for what, which, seconds, then in story:
        befall(world, what, which, seconds)
        world.run(then)
    world.run(12 + SILENCE)  # whoever was stopped goes on, whoever stops has ended
    assert world.seconds_to_balance(2 * SPARED_SECONDS) < SPARED_SECONDS + 10
    before = len(world.moves), len(world.shard_moves)
    world.run(5 * SPARED_SECONDS)
    assert world.is_balanced()
    assert (len(world.moves), len(world.shard_moves)) == before


@settings(max_examples=30, deadline=None)
@given(lanes=st.integers(1, 12), nodes=st.integers(2, 9), seed=st.integers(0, 2**20))
def test_a_node_that_comes_takes_its_share_and_moves_nothing_else(lanes: int, nodes: int, seed: int) -> None:
    world = World(lanes, seed)
    for _ in range(nodes):
        world.join()
        world.run(30)
    world.run(SPARED_SECONDS)
    assert world.is_balanced()
    before, share = len(world.moves), lanes // (nodes + 1)
    world.join()
    world.run(SPARED_SECONDS + 30)
    assert world.is_balanced()
    # one that it is slow to take another may take for a minute, and then it moves twice more
    assert share <= len(world.moves) - before <= 3 * share


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("nodes", "lanes"), [(12, 12), (30, 12), (5, 12), (12, 30)])
def test_nodes_that_are_started_together_have_shared_out_everything_within_seconds(
    nodes: int, lanes: int, seed: int
) -> None:
    """They used to try for the same lane, all of them, and then took each what it could get."""
    world = World(lanes, seed)
    for _ in range(nodes):
        world.join()
    assert world.seconds_to_balance() < 5


@pytest.mark.parametrize("seed", range(20))
def test_a_node_that_is_killed_is_followed_at_once(seed: int) -> None:
    world = World(1, seed)
    for _ in range(3):
        world.join()
        world.run(20)
    world.vacant = 0
    world.kill(world.owners["bot0"])
    world.run(10)
    assert world.vacant < 1.3


@pytest.mark.parametrize("seed", range(20))
def test_a_node_that_takes_long_to_end_keeps_nothing_from_the_others(seed: int) -> None:
    """It used to be counted until it had ended: what it gave back was too much for everybody else."""
    world = World(2, seed)
    first, second = world.join(), world.join()
    world.run(20)
    before = len(world.moves)
    world.stop(first, 11)
    world.run(12)
    assert len(world.moves) - before == 1
    assert set(world.owners.values()) == {second}
    assert len(second.shards) == SHARDS


@pytest.mark.parametrize("seed", range(20))
def test_a_bot_that_not_every_node_knows_yet_does_not_go_from_hand_to_hand(seed: int) -> None:
    """While nodes are started anew one by one with a file that has one more bot. It used to move every second."""
    world = World(2, seed)
    world.join(frozenset({"bot1"}))
    world.join()
    world.run(10)
    before = len(world.moves)
    world.run(10 * SPARED_SECONDS)
    assert world.is_owned()
    assert len(world.moves) - before <= 2 * 10
    assert world.vacant < 3 + 10 * 2.5


# --- the rules by themselves


def test_who_has_its_share_leaves_what_is_vacant_to_others_first() -> None:
    looked = Looked().again(["a", "b"], frozenset({1, 2}), [], now=100.0)
    assert to_take(["a", "b"], [], looked, Rank(0, 2), now=100.0) == ["a"]
    assert to_take(["a", "b"], ["a"], looked, Rank(0, 2), now=100.0 + OTHERS_FIRST) == ["b"]


def test_what_nobody_else_took_is_kept_for_a_minute_and_until_a_node_comes_or_goes() -> None:
    here = frozenset({1, 2})
    looked = Looked().again(["a", "b"], here, [], now=100.0).sparing("b", now=101.0)
    for later, nodes, given_back in ((59.0, here, []), (61.0, here, ["b"]), (1.0, here | {3}, ["b"])):
        again = looked.again(["a", "b"], nodes, ["a", "b"], now=101.0 + later)
        assert to_give(["a", "b"], ["a", "b"], Rank(0, len(nodes)), again.spared) == given_back
