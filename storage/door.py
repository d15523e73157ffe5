"""What the parts of the store share: the connections."""

from __future__ import annotations

from storage.database import Connections


class Door:
    _db: Connections
