"""Whatever gives the sender something to do tells it so in the same transaction, wherever it runs: the stories of the
store once more, with PostgreSQL watching."""

# ruff: noqa: F403
from __future__ import annotations

import pytest

from storage import Store
from tests.ledger import BLOG, Ledger
from tests.stirring import Watched, stirring
from tests.test_store_pushes import *
from tests.test_takedowns import *
from tests.test_together import *

__all__ = ["stirring"]


@pytest.fixture(params=["postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_write_that_tells_nobody_is_found(ledger: Ledger, store: Store, stirring: Watched) -> None:
    await ledger.follow(2001)
    await ledger.publish("a")
    await ledger.expand()
    await ledger.run()

    def raise_all(db, /) -> None:  # type: ignore[no-untyped-def]
        db.execute("UPDATE delivery SET wanted = wanted + 1 WHERE EXISTS (SELECT 1 FROM post WHERE blog = ?)", (BLOG,))

    await store._db.write(raise_all)
    await store.close()
    assert [query for query, _ in stirring.untold] == ["test_cluster_wakes.raise_all"]
    stirring.untold.clear()
