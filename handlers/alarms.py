"""What is not as it should be, for admins: /alarms, and trying again what Telegram refused.

What an alarm says is English, as in the log and in the documentation; what is said around it is everybody's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.core.model import Button, Rendered
from bot.core.standing import Alarm, Kind, Refusal
from bot.core.writing import Writing, cut, isolated, line
from handlers.access import Role
from handlers.asked import Asked, Effect, Pressed, Where, Wrong
from handlers.fitting import fitting

LATELY = timedelta(days=1)  # what has ended within is shown as well
_TEXT, _REASON = 300, 150  # units of one alarm, and of what Telegram said
AGAIN = "again"


async def alarms(asked: Asked) -> Rendered:
    """What stands, and since when; what Telegram refused, by its reason; what has ended lately."""
    return await _screen(asked)


async def press_alarms(pressed: Pressed) -> Effect:
    """`alarms:again`: what was refused is due again."""
    t = pressed.t
    if pressed.role < Role.ADMIN:
        raise Wrong(t.gettext("Only admins can do that."))
    if pressed.argument != AGAIN:
        raise Wrong(t.gettext("This button means nothing any more."))
    count = await pressed.house.desk.requeue(person=pressed.by)
    toast = t.ngettext("{n} delivery is tried again.", "{n} deliveries are tried again.", count)
    return Effect(toast=toast if count else t.gettext("Nothing is refused now."), rewritten=await _screen(pressed))


async def _screen(where: Where) -> Rendered:
    house, now = where.house, where.house.clock()
    found = await house.store.alarms(ended_since=now - LATELY.total_seconds())
    refused = await house.store.refused(house.bot)
    stand = [one for one in found if one.ended_at is None and one.kind is not Kind.REFUSED]
    ended = [one for one in reversed(found) if one.ended_at is not None]
    return _written(where, stand, refused, ended)


def _written(where: Where, stand: Sequence[Alarm], refused: Sequence[Refusal], ended: Sequence[Alarm]) -> Rendered:
    t = where.t
    head = Writing(rtl=t.rtl).sentence(t.gettext("Alarms"), "bold")
    if not stand and not refused:
        head.newline().sentence(t.gettext("Nothing stands in the way."))
    rows = [*(_standing(where, one) for one in stand), *(_refusal(where, one) for one in refused)]
    rows += [_ended(where, one) for one in ended]
    return fitting(head, rows, len(rows), t, buttons=_buttons(where, refused))


def _standing(where: Where, alarm: Alarm) -> Writing:
    lasts = where.t.gettext("for {time}", time=where.t.duration(_since(where, alarm.since)))
    return _row(where, alarm.subject or alarm.about, lasts, alarm.text)


def _ended(where: Where, alarm: Alarm) -> Writing:
    assert alarm.ended_at is not None
    t = where.t
    lasted = t.duration(timedelta(seconds=max(0.0, alarm.ended_at - alarm.since)))
    over = t.gettext("over {ago}, lasted {time}", ago=t.ago(_since(where, alarm.ended_at)), time=lasted)
    return _row(where, alarm.subject or alarm.about, over, alarm.text)


def _refusal(where: Where, refusal: Refusal) -> Writing:
    t = where.t
    rows = t.ngettext("{n} delivery", "{n} deliveries", refusal.rows)
    chats = t.ngettext("in {n} chat", "in {n} chats", refusal.chats)
    last = t.gettext("last {ago}", ago=t.ago(_since(where, refusal.last_at)))
    subject = t.gettext("Telegram refused deliveries")
    return _row(where, subject, f"{rows} {chats} · {last}", refusal.why[: _REASON * 4])


def _row(where: Where, subject: str, when: str, text: str) -> Writing:
    rtl = where.t.rtl
    row = Writing(rtl=rtl).sentence(where.named(subject), "bold").sentence(f" · {when}").newline()
    return row.sentence(isolated(cut(line(text), (), _TEXT)[0], rtl=rtl))


def _since(where: Where, at: float) -> timedelta:
    return timedelta(seconds=max(0.0, where.house.clock() - at))


def _buttons(where: Where, refused: Iterable[Refusal]) -> list[tuple[Button, ...]]:
    if not (count := sum(one.rows for one in refused)):
        return []
    label = where.t.gettext("Try refused deliveries again ({n})", n=where.t.number(count))
    return [(Button(text=label, data=f"alarms:{AGAIN}"),)]
