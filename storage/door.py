"""What the parts of the store share: the engine behind them."""

from __future__ import annotations

from storage.engine import Engine


class Door:
    _db: Engine
