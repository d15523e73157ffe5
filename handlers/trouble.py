"""What goes wrong while somebody waits becomes one sentence. What is our own fault the admins hear of as well."""

from __future__ import annotations

import structlog

from bot.core.standing import Kind
from bot.core.texts import Texts
from bot.logs import where
from handlers.access import CannotTell
from handlers.asked import Wrong
from handlers.house import House

log = structlog.get_logger()


def outcome_of(error: Exception) -> str:
    """ "refused": what was asked for, with a sentence about it. “broke”: our own fault."""
    return "refused" if isinstance(error, Wrong | CannotTell) else "broke"


class Trouble:
    def __init__(self, house: House) -> None:
        self._house = house

    async def sentence(self, what: str, error: Exception, t: Texts) -> str:
        """What the person reads; never a traceback. `what` broke: a command or a button."""
        if isinstance(error, Wrong):
            return str(error)
        if isinstance(error, CannotTell):
            log.warning("admins unknown", why=str(error))
            return t.gettext("Telegram does not tell me who the admins are; please try again.")
        places = where(error)
        log.error("broke", what=what, where=places)
        trouble = f"{what}: {type(error).__name__}"
        said = f"at {places[-1]}; whoever asked was told that something went wrong"
        await self._house.alarms.raised(Kind.BROKE, "", said[:1000], part=trouble, subject=trouble)
        return t.gettext("Something went wrong here; the editors have been told.")
