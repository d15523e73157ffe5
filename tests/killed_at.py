"""Runs the relay and kills it, as kill -9 does, at one step between fetch and settle.

`python -m tests.killed_at STEP PASSES …`: PASSES is how often the step may pass before; what follows are the words for
the command line.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import telegram.ext

import bot.delivering
import bot.desk
import bot.fetch
import bot.judging
import bot.request
import bot.telegram
import config.replacing
import storage.store
from bot.__main__ import cli
from storage import blogs, claims, settling, sleeping

# step: (where the function stands, its name, whether it is killed before or after it)
STEPS: dict[str, tuple[Any, str, str]] = {
    "before the fetch": (bot.fetch.Fetcher, "fetch", "before"),
    "after the fetch": (bot.fetch.Fetcher, "fetch", "after"),
    "after the diff": (bot.judging, "diff", "after"),
    "before publishing": (bot.desk.Desk, "relay", "before"),
    "inside the publishing transaction": (blogs, "_advance", "before"),
    "before the publishing commits": (blogs, "publish", "after"),
    "after publishing": (bot.desk.Desk, "relay", "after"),
    "inside the claim": (claims, "_posts", "after"),
    "after the claim": (storage.store.Store, "claim", "after"),
    "before the send": (bot.request.AiohttpRequest, "post_json", "before"),
    "after the answer": (bot.request.AiohttpRequest, "post_json", "after"),
    "before the settlement": (bot.delivering, "settle", "before"),
    "inside the settling transaction": (settling, "_settle_screens", "before"),
    "before the settling commits": (settling, "_settle_screens", "after"),
    "after settling": (storage.store.Store, "settle", "after"),
}
# What is done beside the deliveries, and happens in stories of its own only.
ASIDE: dict[str, tuple[Any, str, str]] = {
    "before a topic is opened": (telegram.ext.ExtBot, "create_forum_topic", "before"),
    "after a topic was opened": (telegram.ext.ExtBot, "create_forum_topic", "after"),
    "before the file is replaced": (config.replacing, "_replace", "before"),
    "after the file is replaced": (config.replacing, "_replace", "after"),
}
# Those that are reached only where a chat wants to hear later.
OF_THE_NIGHT: dict[str, tuple[Any, str, str]] = {
    "inside the falling asleep": (sleeping, "wake_at", "before"),
    "before the falling asleep commits": (sleeping, "wake_at", "after"),
    "inside the waking": (sleeping, "wake", "after"),
    "before the waking commits": (sleeping, "wake_some", "after"),
    "after the waking": (storage.store.Store, "wake", "after"),
}


def arm(step: str, passes: int) -> None:
    """Replace the step's function by one that kills the process when its turn has come."""
    place, name, when = (STEPS | OF_THE_NIGHT | ASIDE)[step]
    usual: Callable[..., Any] = getattr(place, name)
    left = passes

    def due() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    async def deadly_async(*args: Any, **kwargs: Any) -> Any:
        last = due()
        if last and when == "before":
            die()
        answer = await usual(*args, **kwargs)
        if last and _counts(step, answer):
            die()
        return answer

    def deadly(*args: Any, **kwargs: Any) -> Any:
        last = due()
        if last and when == "before":
            die()
        answer = usual(*args, **kwargs)
        if last and _counts(step, answer):
            die()
        return answer

    import inspect

    setattr(place, name, deadly_async if inspect.iscoroutinefunction(usual) else deadly)


def _counts(step: str, answer: Any) -> bool:
    """A claim that found nothing is not yet the step that is meant."""
    match step:
        case "inside the claim":
            return bool(answer)
        case "after the claim":
            return bool(answer[0])
        case "after the waking":
            return bool(answer)
    return True


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    sys.argv[1:] = sys.argv[3:]
    cli(prog_name="liveblog-relay")
