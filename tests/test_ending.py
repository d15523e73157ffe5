"""What must be ended in an orderly way is, however often somebody is called off while he waits for it."""

from __future__ import annotations

import asyncio

import pytest

from bot.ending import called_off, to_its_end


class Ending:
    """Takes until `go_on`; then gives a word, or fails."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.go_on, self.is_over, self._fails = asyncio.Event(), False, fails

    async def __call__(self) -> str:
        await self.go_on.wait()
        self.is_over = True
        if self._fails is not None:
            raise self._fails
        return "ended"


async def a_while() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("fails", [None, ValueError("x")])
async def test_who_is_called_off_meanwhile_waits_and_is_called_off_then(times: int, fails: Exception | None) -> None:
    ending = Ending(fails)
    waiting = asyncio.create_task(to_its_end(ending()))
    for _ in range(times):
        await a_while()
        waiting.cancel()
    await a_while()
    assert not waiting.done()
    ending.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ending.is_over


async def test_left_alone_it_gives_what_there_is_or_raises_it() -> None:
    ending = Ending()
    ending.go_on.set()
    assert await to_its_end(ending()) == "ended"
    broken = Ending(ValueError("x"))
    broken.go_on.set()
    with pytest.raises(ValueError, match="x"):
        await to_its_end(broken())


async def test_what_is_called_off_is_over_and_says_how_it_ended() -> None:
    async def fails() -> None:
        raise ValueError("x")

    tasks = [asyncio.create_task(work) for work in (Ending()(), fails())]
    await a_while()
    ended = await called_off(*tasks)
    assert [type(one) for one in ended] == [asyncio.CancelledError, ValueError]
    assert all(one.done() for one in tasks)
