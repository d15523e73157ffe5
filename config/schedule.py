"""The schedule table: how the file writes it, and how people read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated

from pydantic import ConfigDict, with_config

from bot.core.cron import WEEKDAYS, check_cron, weekdays
from bot.core.durations import say_duration
from bot.core.timing import Schedule, Window
from config import forms, shapes
from config.tables import ReadAs

_CLOCK = r"([01]?[0-9]|2[0-4]):([0-5][0-9])"
_WINDOW = re.compile(rf"{_CLOCK}\s*[-–]\s*{_CLOCK}")


def window(value: object) -> Window:
    """A part of the day, "06:00-23:30"; it may cross midnight, and 24:00 is the midnight at its end."""
    match = _WINDOW.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise forms.Wrong(f"{forms.shown(value)} is not a part of the day; write for example 06:00-23:30")
    start, end = _clock(match[1], match[2]), _clock(match[3], match[4])
    if start == end:
        raise forms.Wrong(f"{forms.shown(value)} starts where it ends; leave it out to mean the whole day")
    return Window(start=start, end=end)


def _clock(hour: str, minute: str) -> time:
    if hour == "24" and minute != "00":
        raise forms.Wrong(f'"{hour}:{minute}" is no time of day; the last is 24:00')
    return time(int(hour) % 24, int(minute))


def cron_expression(value: object) -> str:
    expression = forms.text(value)
    check_cron(expression)
    return " ".join(expression.split())


WINDOW = shapes.Shape(window, shapes.pattern(rf"{_CLOCK}\s*[-–]\s*{_CLOCK}", "06:00-23:30", "22:00-02:00"))
CRON = shapes.Shape(cron_expression, shapes.pattern(r"\S+(\s+\S+){4}", "*/2 * * * *", "30 9 * * mon-fri"))
# What the keys of a schedule owe each other.
_TOGETHER: shapes.Json = {
    "oneOf": [
        {"required": ["every"], "not": {"required": ["cron"]}},
        {"required": ["cron"], "not": {"anyOf": [{"required": [key]} for key in ("every", "between", "otherwise")]}},
    ],
    "dependencies": {"otherwise": ["between"]},
}


@with_config(ConfigDict(extra="forbid", json_schema_extra=_TOGETHER))
@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTable:
    """`every`, perhaps with `between` and `otherwise`; or `cron` alone. Any may be adaptive."""

    every: Annotated[timedelta | None, shapes.INTERVAL] = None
    between: Annotated[Window | None, WINDOW] = None
    otherwise: Annotated[timedelta | None, shapes.INTERVAL] = None
    cron: Annotated[str | None, CRON] = None
    adaptive: Annotated[bool, shapes.SWITCH] = False

    def schedule(self) -> Schedule:
        """ValueError where the keys do not go together."""
        if self.cron is not None and (self.every or self.between or self.otherwise):
            raise forms.Wrong('says both "cron" and "every", "between" or "otherwise"; a schedule has one or the other')
        if self.cron is None and self.every is None:
            raise forms.Wrong('says neither how often nor when; write { every = "30s" } or { cron = "*/2 * * * *" }')
        if self.otherwise and not self.between:
            raise forms.Wrong('says "otherwise" without "between"; write for example between = "06:00-23:30" beside it')
        return Schedule(
            every=self.every,
            between=self.between,
            otherwise=self.otherwise,
            cron=self.cron,
            adaptive=self.adaptive,
        )


ReadSchedule = ReadAs(ScheduleTable, ScheduleTable.schedule)


def words(schedule: Schedule, timezone: str) -> str:
    """A schedule for reading: "every 20 s between 06:00 and 23:30 (America/New_York), otherwise every 5 min"."""
    return _times(schedule, timezone) + (", adaptive" if schedule.adaptive else "")


def _times(schedule: Schedule, timezone: str) -> str:
    if schedule.every is None:
        return cron_words(schedule.cron or "", timezone)
    often = f"every {say_duration(schedule.every)}"
    if schedule.between is None:
        return often
    outside = f"every {say_duration(schedule.otherwise)}" if schedule.otherwise else "not at all"
    return f"{often} between {schedule.between} ({timezone}), otherwise {outside}"


def cron_words(expression: str, timezone: str) -> str:
    """The commonest expressions in words, the others as they stand: "every 2 min", "at 09:30, Mon to Fri (UTC)"."""
    minute, hour, day, month, weekday = expression.lower().split()
    if day == month == weekday == hour == "*" and (often := _minutes(minute)):
        return often
    if minute.isdigit() and hour.isdigit() and day == month == "*" and (days := _days(weekday)) is not None:
        return f"at {int(hour):02}:{int(minute):02}{days} ({timezone})"
    return f"by cron {expression} ({timezone})"


def _minutes(field: str) -> str | None:
    if field == "*":
        return "every minute"
    if match := re.fullmatch(r"\*/([0-9]+)", field):
        step = int(match[1])
        return f"every {step} min" if 60 % step == 0 else None  # other steps start again with every hour
    return f"every hour at :{int(field):02}" if field.isdigit() else None


def _days(field: str) -> str | None:
    if field == "*":
        return ""
    try:
        days = [WEEKDAYS[day].title() for part in field.split(",") for day in weekdays(part)]
    except ValueError:
        return None
    if len(days) > 2 and "-" in field and "," not in field and "/" not in field:
        return f", {days[0]} to {days[-1]}"
    return f", {' and '.join(days) if len(days) == 2 else ', '.join(days)}"
