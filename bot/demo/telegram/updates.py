"""What waits for a bot: the queue behind getUpdates and webhooks."""

from __future__ import annotations

import asyncio
from collections import deque

from bot.demo.telegram.values import Json, Refusal

KINDS = frozenset(
    {
        "message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result",
        "callback_query", "my_chat_member", "chat_member", "message_reaction", "message_reaction_count",
        "shipping_query", "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer", "chat_join_request",
        "chat_boost", "removed_chat_boost", "business_connection", "business_message", "edited_business_message",
        "deleted_business_messages",
    }
)  # fmt: skip
USUAL = KINDS - {"chat_member", "message_reaction", "message_reaction_count"}  # what comes unless asked otherwise
OTHER_POLL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_SET = "Conflict: terminated by setWebhook request"
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class Updates:
    """The updates of one bot, until they are confirmed."""

    def __init__(self) -> None:
        self.waiting: deque[Json] = deque()
        self.allowed: frozenset[str] = USUAL
        self.arrived = asyncio.Event()
        self._next_id = 1
        self._poll: asyncio.Future[None] | None = None

    @property
    def polled(self) -> bool:
        """A long poll waits for the next update."""
        return self._poll is not None and not self._poll.done()

    def put(self, kind: str, body: Json) -> None:
        if kind not in self.allowed:
            return
        self.waiting.append({"update_id": self._next_id, kind: body})
        self._next_id += 1
        self.arrived.set()
        self._wake()

    def allow(self, kinds: object) -> None:
        """An empty list is the usual ones; unknown kinds are passed over, as Telegram does."""
        if isinstance(kinds, list):
            asked = frozenset(str(kind).lower() for kind in kinds) & KINDS
            self.allowed = asked or USUAL

    def confirm(self, offset: int) -> None:
        """Forgets what is older; a negative offset counts from the end of the queue."""
        if offset < 0:
            while len(self.waiting) > -offset:
                self.waiting.popleft()
        while offset > 0 and self.waiting and self.waiting[0]["update_id"] < offset:
            self.waiting.popleft()

    def taken(self, update: Json) -> None:
        """A webhook took this one, perhaps before older ones of other chats."""
        if update in self.waiting:
            self.waiting.remove(update)

    def drop(self) -> None:
        self.waiting.clear()

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """Waits for updates. A newer poll ends this one with a conflict."""
        self.interrupt(Refusal(409, OTHER_POLL))
        self.confirm(offset)
        if not self.waiting and seconds > 0:
            self._poll = mine = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait_for(mine, seconds)
            except TimeoutError:
                return []
            finally:
                self._poll = None if self._poll is mine else self._poll
        return [update for update, _ in zip(self.waiting, range(limit), strict=False)]

    def interrupt(self, refusal: Refusal | None) -> None:
        """Ends a poll under way, with a refusal or (None) with nothing new."""
        poll, self._poll = self._poll, None
        if poll is not None and not poll.done():
            if refusal is None:
                poll.set_result(None)
            else:
                poll.set_exception(refusal)

    def _wake(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
