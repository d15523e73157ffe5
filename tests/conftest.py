"""What tests of the store share: a store at its beginning, and a ledger to play with it."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from storage import Store
from tests import postgres
from tests.engines import opened
from tests.ledger import Ledger

_numbers = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """What every rule of the store is tested on."""
    return str(request.param)


@pytest.fixture
async def fresh_url(engine: str, tmp_path: Path) -> AsyncIterator[str]:
    """Of a database that is empty; opened again, it is the same."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path}/relay.db"
        return
    server, name = postgres.shared(), f"test_{os.getpid()}_{next(_numbers)}"
    wire = await asyncpg.connect(server.url())
    await wire.execute(f"CREATE SCHEMA {name}")
    yield server.url(search_path=name)
    await wire.execute(f"DROP SCHEMA {name} CASCADE")
    await wire.close()


@pytest.fixture
async def store(fresh_url: str) -> AsyncIterator[Store]:
    """An empty store. Its contract is tested through this alone, on every engine there is."""
    store = opened(fresh_url)
    yield store
    await store.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)
