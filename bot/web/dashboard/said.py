"""What an act did, in one sentence, kept until the next page of its session shows it. Pure; memory is bounded."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from bot.web.dashboard.rows import Tone

SESSIONS = 100  # whose last act is remembered


@dataclass(frozen=True, slots=True)
class Said:
    """A plain sentence, and lines below it where there is more to say."""

    sentence: str
    tone: Tone = "good"
    lines: tuple[str, ...] = ()


class Flashes:
    def __init__(self) -> None:
        self._said: OrderedDict[str, Said] = OrderedDict()

    def put(self, session: str, said: Said) -> None:
        self._said[session] = said
        self._said.move_to_end(session)
        if len(self._said) > SESSIONS:
            self._said.popitem(last=False)

    def take(self, session: str) -> Said | None:
        return self._said.pop(session, None)
