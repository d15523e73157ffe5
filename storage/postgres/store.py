"""The store on PostgreSQL: the same doors, other sessions behind them."""

from __future__ import annotations

from storage.postgres.place import MAIN, Place
from storage.postgres.session import LaneSession
from storage.postgres.sessions import Sessions
from storage.store import Store


class PostgresStore(Store):
    """`url` as `storage.url` has it: postgresql://…, with asyncpg's parameters behind a question mark. `node` is how
    its sessions are called, for whoever looks at the server."""

    def __init__(self, url: str, bot: str = MAIN, node: str = "") -> None:
        self.place = Place(url, bot, node)
        self._sessions = Sessions(self.place)
        super().__init__(self._sessions)

    async def shrink(self) -> bool:
        """PostgreSQL sees to its pages itself (autovacuum)."""
        return False

    async def ledger(self) -> Ledger | None:
        """The right to write the bot's ledger, if nobody else has it. StoreError where no relay may run."""
        await self.refuse_where_it_is_not()
        lane = LaneSession(self.place)
        return Ledger(lane, self._sessions) if await lane.take() else None


class Ledger(Store):
    """The store for whoever sends for the bot: what it writes is refused once the lane is lost."""

    idle_seconds = 2.0  # who publishes leaves a job for us

    def __init__(self, lane: LaneSession, sessions: Sessions) -> None:
        super().__init__(Sessions(sessions.place, lane, sessions))
        self.lane = lane

    def forgot(self) -> bool:
        return self.lane.forgot

    def held(self) -> bool:
        return self.lane.held()

    async def shrink(self) -> bool:
        return False
