"""Plain functions on an asynchronous connection, without threads.

Everything that the store asks is a plain function of a connection, so that each rule stands once for every engine.
Here such a function runs in a greenlet of its own: where it would wait for the database, the event loop goes on with
others, as SQLAlchemy does it (https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html).
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from greenlet import getcurrent, greenlet

P = ParamSpec("P")
T = TypeVar("T")


async def run(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns; in it, `wait` may be called."""
    here = greenlet(work)
    said: Any = here.switch(*args, **kwargs)
    while not here.dead:
        try:
            answer = await said
        except BaseException:  # noqa: BLE001 it is the function that asked who is to know
            said = here.throw(*sys.exc_info())
        else:
            said = here.switch(answer)
    return said  # type: ignore[no-any-return]  # what the function returned


def wait(answer: Awaitable[T]) -> T:
    """What comes of it; called by a function that `run` runs."""
    loop = getcurrent().parent
    assert loop is not None, "called outside of run()"
    return loop.switch(answer)  # type: ignore[no-any-return]
