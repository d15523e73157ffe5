"""Nodes on one PostgreSQL, three or two of them: what happens to them, at full size, and what it costs."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests import faults
from tests.faults import Outcome, Size

COURSES: Mapping[str, Callable[[Path, Size], Awaitable[Outcome]]] = {
    "kills": faults.kills,
    "stop": faults.stop,
    "restart": faults.restart,
    "cut": lambda folder, size: faults.cut_off(folder, size, silently=False),
    "silence": lambda folder, size: faults.cut_off(folder, size, silently=True),
    "roll": faults.roll,
    "allowance": faults.allowance,
}


async def course(which: str, chats: int, per_second: float) -> dict[str, Any]:
    """One of them, and what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        return asdict(await COURSES[which](Path(folder), Size(chats=chats, per_second=per_second)))


async def unpolled(blogs: int, every: float) -> dict[str, float]:
    """Two nodes that poll, one of which is killed: how long over its interval some blog was not asked for."""
    with tempfile.TemporaryDirectory() as folder:
        return {"over": max(0.0, await faults.polls(Path(folder), blogs, every))}
