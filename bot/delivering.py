"""One delivery: a claim's posts become a body, Telegram answers, and the answer says what is true now."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import structlog

from bot.bodies import Bodies
from bot.core.albums import WHOLE, Step, numbers
from bot.core.model import ChatClosed, ChatMoved, Done, Gone, Outcome, Refused, TryLater, Unknown
from bot.core.plan import Pin, Send
from bot.core.settle import Settlement, settle
from bot.mishaps import Mishap, Mishaps
from bot.pace import Pace
from bot.telegram import Telegram
from bot.vitals import Vitals
from config.settings import Settings
from storage import Claim

log = structlog.get_logger()


class Delivering:
    """For one bot. `refused` is told why Telegram took something in no form; `halted` why it takes nothing from this
    bot, and None when it does again."""

    def __init__(
        self,
        *,
        telegram: Telegram,
        bodies: Bodies,
        pace: Pace,
        vitals: Vitals,
        settings: Callable[[], Settings],
        refused: Callable[[str], None] = lambda why: None,
        halted: Callable[[str | None], None] = lambda why: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._telegram, self._bodies, self._pace, self._vitals = telegram, bodies, pace, vitals
        self._settings, self._clock = settings, clock
        self._refused, self._halted, self._is_halted = refused, halted, True  # until something was taken
        self.mishaps = Mishaps()

    def messages_of(self, claim: Claim) -> int:
        """How many messages its next step sends."""
        with contextlib.suppress(Exception):  # what cannot be rendered is told of where it is sent
            return self._bodies.messages_of(claim)
        return 1

    async def perform(self, claim: Claim) -> tuple[Outcome, Step]:
        """One action, or one step of it."""
        try:
            body = self._bodies.of(claim)
        except Exception as error:
            log.exception("cannot render", posts=[post.id for post in claim.posts])
            return Refused(why=f"cannot be rendered: {error!r}"), WHOLE
        chat = claim.telegram_id
        if isinstance(claim.action, Send):
            return await self._telegram.perform(body, chat=chat, answers=claim.action.answers), body.step
        messages = numbers(claim.action.message, body.step)
        return await self._telegram.perform(body, chat=chat, messages=messages), body.step

    def settled(self, claim: Claim, outcome: Outcome, step: Step, messages: int) -> Settlement:
        """What is true after it, to be written; whoever is to know of it is told."""
        rendered = {post.id: post.revision for post in claim.posts}
        ambiguous = self._settings().delivery.ambiguous
        now = self._clock()
        settlement = settle(claim.action, rendered, outcome, now, ambiguous, step)
        self._vitals.settled(claim.action, outcome, now, messages)
        self._tell(claim, outcome, settlement)
        return settlement

    def _tell(self, claim: Claim, outcome: Outcome, settlement: Settlement) -> None:
        """The pace learns from every answer; the log hears of all that did not simply work."""
        if isinstance(outcome, Done):
            self._pace.succeeded()
            if self._is_halted:
                self._is_halted = False
                self._halted(None)
            return
        if isinstance(outcome, TryLater) and outcome.bot_wide:
            self._pace.rest(outcome.after)
        elif isinstance(outcome, TryLater) and outcome.flood and not outcome.slow_mode:
            self._pace.flooded(claim.telegram_id, outcome.after)
        self.mishaps.happened(_mishap(claim, outcome), self._clock())
        if isinstance(claim.action, Pin) and isinstance(outcome, Refused | Gone):
            return
        if settlement.refused:
            self._refused(settlement.refused)
        elif settlement.halted:
            self._is_halted = True
            self._halted(settlement.halted)


def _mishap(claim: Claim, outcome: Outcome) -> Mishap:
    """What did not simply work. What Telegram says names no chat and no text of a person's."""
    if isinstance(claim.action, Pin) and isinstance(outcome, Refused | Gone):
        return Mishap("card not pinned", outcome.why)
    if isinstance(outcome, TryLater) and outcome.flood:
        return Mishap("telegram asks for patience", "slow mode" if outcome.slow_mode else "429", outcome.after)
    if isinstance(outcome, ChatMoved):
        return Mishap("chats moved", "")
    assert not isinstance(outcome, Done)
    return Mishap(_MISHAPS[type(outcome)], outcome.why)


_MISHAPS: dict[type[Outcome], str] = {
    TryLater: "delivery tried again later",
    ChatClosed: "chats closed",
    Gone: "message gone",
    Refused: "delivery refused",
    Unknown: "answer lost",
}
