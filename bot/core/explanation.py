"""Why a post stands in a chat, or does not, as a value: sentences with what fills them, in no language yet.

Instants are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from bot.core.texts import Texts
from bot.core.writing import fitted, isolated, line

MOST = 300  # units of a word from outside within a sentence: Telegram's reasons are short
LINES = 12  # of an explanation in a chat


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment, shown as the clock of the blog's zone has it, to the second."""

    at: float


@dataclass(frozen=True, slots=True)
class Lasting:
    """A length of time, in seconds."""

    seconds: float


Value = str | int | Instant | Lasting | tuple[str, ...]  # several words are shown as a list, each between quotes


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the catalogue, and what stands in its placeholders."""

    words: str
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, words: str, /, **values: Value) -> Said:
        return cls(words, MappingProxyType(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing on the way. `at` None: it has no time of its own. `person`: the editor who did it, Telegram's id."""

    at: float | None
    said: Said
    person: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The outcome in one sentence, then every step that says something, oldest first.

    `code` is the same for the same outcome, for scripts: "sent", "quiet", "other-topic", … Times are shown in `zone`.
    """

    post: int
    chat: int  # ours
    code: str
    outcome: Said
    steps: tuple[Step, ...] = ()
    headline: str | None = None
    telegram_id: int | None = None
    zone: str = "UTC"
    now: float = 0.0


def said(sentence: Said, t: Texts, zone: str, now: float) -> str:
    """In the language of `t`."""
    values = {name: _shown(value, t, zone, now) for name, value in sentence.values.items()}
    return t.gettext(sentence.words, **values)


def _shown(value: Value, t: Texts, zone: str, now: float) -> str:
    match value:
        case Instant(at=at):
            return moment(at, t, zone, now)
        case Lasting(seconds=seconds):
            return t.duration(timedelta(seconds=seconds))
        case int():
            return t.number(value)
        case str():
            return _named(value, t)
        case _:
            return t.listed([t.gettext("“{word}”", word=_named(word, t)) for word in value])


def _named(words: str, t: Texts) -> str:
    return isolated(fitted(line(words), MOST, most=5), rtl=t.rtl)


def moment(at: float, t: Texts, zone: str, now: float) -> str:
    """ "14:02:11 EDT", with its day where that is not today. Isolated: a line that begins with the letters of a zone
    would run from left to right."""
    when, today = (datetime.fromtimestamp(one, UTC) for one in (at, now))
    clock = t.time(when, zone, seconds=True)
    if t.day(when, zone, today) == t.day(today, zone, today):
        return isolated(clock, rtl=t.rtl)
    return isolated(t.gettext("{day}, {time}", day=t.day(when, zone, today), time=clock), rtl=t.rtl)


def explanation_lines(explanation: Explanation, t: Texts | None = None, *, people: bool = True) -> list[str]:
    """The outcome, then a line for each step. `people`: with the numbers of the editors who did them."""
    t = t or Texts.of("en")
    head = said(explanation.outcome, t, explanation.zone, explanation.now)
    return [head, *(step_line(step, explanation, t, people=people) for step in explanation.steps)]


def step_line(step: Step, of: Explanation, t: Texts, *, people: bool) -> str:
    words = said(step.said, t, of.zone, of.now)
    by = f" ({step.person})" if people and step.person else ""
    return f"{words}{by}" if step.at is None else f"{moment(step.at, t, of.zone, of.now)} · {words}{by}"


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """English, with times in ISO 8601, UTC."""
    t, zone, now = Texts.of("en"), explanation.zone, explanation.now
    return {
        "post": explanation.post,
        "headline": explanation.headline,
        "chat": explanation.telegram_id,
        "code": explanation.code,
        "outcome": said(explanation.outcome, t, zone, now),
        "steps": [
            {"at": _iso(step.at), "text": said(step.said, t, zone, now), "person": step.person}
            for step in explanation.steps
        ],
    }


def _iso(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
