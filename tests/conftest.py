"""What tests of the store share: a store at its beginning, and a ledger to play with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from storage import Store
from tests import postgres
from tests.engines import opened
from tests.ledger import Ledger

settings.register_profile("relay", deadline=None)  # a slow machine is not a wrong result
settings.load_profile("relay")


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
    async with postgres.schema() as name:
        yield postgres.shared().url(search_path=name)


@pytest.fixture
async def store(fresh_url: str) -> AsyncIterator[Store]:
    """An empty store. Its contract is tested through this alone, on every engine there is."""
    store = opened(fresh_url)
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def _log() -> None:
    """Every test begins with the log as it is before anybody sets it up: who listens to it hears everything."""
    structlog.reset_defaults()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)
