"""How a lane ended: lost with the store, which is no mistake of ours, or by a mistake, which ends the node."""

from __future__ import annotations

import pytest

from bot.cluster.together import loss_in
from storage import StoreError
from storage.postgres.session import LaneLost

LOST = LaneLost("the lane was lost")


@pytest.mark.parametrize(
    "ended",
    [
        LOST,
        ExceptionGroup("loops", [LOST]),
        ExceptionGroup("loops", [ExceptionGroup("inner", [LOST]), StoreError("x")]),
    ],
)
def test_what_the_store_said_is_a_loss_also_where_several_loops_heard_it(ended: BaseException) -> None:
    assert loss_in(ended) is LOST


@pytest.mark.parametrize("ended", [None, ValueError("ours"), ExceptionGroup("loops", [LOST, ValueError("ours")])])
def test_a_mistake_of_ours_is_no_loss_whatever_stands_beside_it(ended: BaseException | None) -> None:
    assert loss_in(ended) is None
