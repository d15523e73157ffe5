"""What the handlers are given beyond what everybody works with: what only conversations need."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot import house
from handlers.albums import Albums


@dataclass(frozen=True, slots=True, kw_only=True)
class House(house.House):
    """`albums` are those heard lately."""

    albums: Albums = field(default_factory=Albums)
    topics_wished: asyncio.Event = field(default_factory=asyncio.Event)  # somebody asked for a forum topic
