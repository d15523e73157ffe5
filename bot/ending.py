"""What must be ended in an orderly way, whoever is in a hurry."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def called_off(*tasks: asyncio.Task[Any]) -> list[Any]:
    """Cancelled, and over: what each gave, or the exception that ended it."""
    for one in tasks:
        one.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """What it gives, or raises. Who is called off meanwhile, perhaps again and again, waits for it all the same and is
    called off then: what is left in the middle of its end is nobody's any more, and goes on beside what comes next."""
    ending, stopped = asyncio.ensure_future(work), None
    while not ending.done():
        try:
            await asyncio.wait({ending})
        except asyncio.CancelledError as error:
            stopped = error
    if stopped is None:
        return ending.result()
    if not ending.cancelled():
        ending.exception()  # seen: that we are called off is what is told
    raise stopped
