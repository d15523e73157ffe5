"""What tests of the store share: a store at its beginning, and a ledger to play with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import Store, open_store
from tests.ledger import Ledger


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store. Its contract is tested through this alone, so that another implementation can stand here."""
    store = open_store(f"sqlite:///{tmp_path}/relay.db")
    yield store
    await store.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)
