"""A local Telegram as a process of its own, so that its cost is not ours: prints its address, then serves."""

from __future__ import annotations

import asyncio
import sys

from bot.demo.telegram import Limits, LocalTelegram


async def serve(chats: int, per_second: float | None) -> None:
    async with LocalTelegram(limits=Limits(per_second=per_second)) as telegram:
        for person in range(1, chats + 1):
            telegram.add_user(person, started=True)
        print(telegram.api_base, telegram.token, flush=True)
        await asyncio.to_thread(sys.stdin.readline)  # until whoever started it lets go
        sent = [call for call in telegram.calls if call.ok]
        refused = sum(call.code == 429 for call in telegram.calls)
        span = sent[-1].at - sent[0].at if len(sent) > 1 else 0.0
        print(len(sent), refused, span, flush=True)


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2]) or None))
