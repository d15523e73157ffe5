"""Lines in the log about messages that did not simply arrive: never one for each message."""

from __future__ import annotations

from typing import NamedTuple

import structlog

from bot.core.seldom import Seldom

log = structlog.get_logger()

LONGEST = 200  # characters of what Telegram said


class Mishap(NamedTuple):
    """What happened, and why. `seconds`: for how long Telegram wants us to wait."""

    event: str
    why: str
    seconds: float = 0.0


class Mishaps:
    """The first of a kind is told at once, the others as a count a minute later."""

    def __init__(self) -> None:
        self._seldom = Seldom[tuple[str, str]]()

    def happened(self, one: Mishap, now: float) -> None:
        what = (one.event, one.why[:LONGEST])
        if self._seldom.happened(what, now):
            _say(what, 1, {"seconds": one.seconds} if one.seconds else {})

    def tell(self, now: float) -> None:
        """Of what was only counted, where it is time."""
        for what, times in self._seldom.due(now):
            _say(what, times, {})


def _say(what: tuple[str, str], times: int, about: dict[str, float]) -> None:
    event, why = what
    match event:
        case "card not pinned":
            log.info("card not pinned", why=why, times=times)
        case "chats moved":
            log.info("chats moved", times=times)
        case "chats closed":
            log.info("chats closed", why=why, times=times)
        case "telegram asks for patience":
            log.warning("telegram asks for patience", why=why, times=times, **about)
        case "message gone":
            log.info("message gone", why=why, times=times)
        case "answer lost":
            log.warning("answer lost", why=why, times=times)
        case "delivery refused":
            log.warning("delivery refused", why=why, times=times)
        case _:
            log.warning("delivery tried again later", why=why, times=times)
