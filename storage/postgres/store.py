"""The store on PostgreSQL: the same doors, other sessions behind them."""

from __future__ import annotations

from storage.postgres.sessions import Sessions
from storage.store import Store


class PostgresStore(Store):
    """`url` as `storage.url` has it: postgresql://…, with asyncpg's parameters behind a question mark."""

    def __init__(self, url: str) -> None:
        super().__init__(Sessions(url))

    async def shrink(self) -> bool:
        """PostgreSQL sees to its pages itself (autovacuum)."""
        return False
