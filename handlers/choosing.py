"""What a chat chooses by typing: /mute, /quiet, /timezone, /digest. The same by buttons is /settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.core.choices import Choices, Quiet
from bot.core.digits import plain
from bot.core.habits import next_digest, parse_digest
from bot.core.hours import LONGEST, clock, hours, length, written
from bot.core.model import Volume
from bot.core.render_settings import MORNING
from bot.core.writing import isolated
from bot.core.zones import city, find, nearest
from handlers.asked import N_, Where, Wrong
from handlers.targets import Target
from storage import Subscription

OFF = ("off", "none", "no")


async def zone_in_force(where: Where, target: Target) -> str:
    """What the chat chose, or the zone of what it follows first."""
    if target.chat.choices.timezone:
        return target.chat.choices.timezone
    followed = await where.house.store.subscriptions(target.chat.id, target.thread)
    zones = {blog.id: blog.timezone for blog in where.house.blogs()}
    return next((zones[one.blog] for one in followed if one.blog in zones), next(iter(zones.values()), "UTC"))


async def rechoose(where: Where, target: Target, change: Callable[[Choices], Choices]) -> None:
    """Change a part of what a chat chose. Wrong where it was forgotten meanwhile."""
    if await where.house.store.rechoose(target.chat.id, change) is None:
        raise Wrong(where.t.gettext("This chat was forgotten; /start begins anew."))


async def rechoose_for(where: Where, target: Target, blog: str, change: Callable[[Subscription], Subscription]) -> None:
    """Change a part of how a blog is followed. Wrong where it is not followed any more."""
    done = await where.house.store.rechoose_for(target.chat.id, target.thread, blog, change, where.house.clock())
    if done is None:
        raise Wrong(not_followed(where))


def not_followed(where: Where) -> str:
    return where.t.gettext("That live blog is not followed here; /settings shows what is.")


# --- mute ----------------------------------------------------------------------------------------------------------


def morning(zone: str, now: float) -> float:
    """The next time that it is seven o'clock there."""
    return next_digest(written(MORNING), zone, now)


def muted_for(where: Where, words: Sequence[str], zone: str) -> float:
    """Until when, as an instant: "2h", "90 min", "7:00", "until 7:00", "off"."""
    text, now = " ".join(words).casefold(), where.house.clock()
    if text in OFF:
        return 0.0
    if (long := length(text)) is not None:
        return now + long.total_seconds()
    if (time := clock(text.removeprefix("until ").strip())) is not None and not text.isdecimal():
        return next_digest(written(time), zone, now)
    raise Wrong(
        where.t.gettext(
            "For how long? Write /mute 2h, /mute 90 min, /mute 2d or /mute off; {n} days are the most.",
            n=where.t.number(LONGEST.days),
        )
    )


async def mute_until(where: Where, target: Target, until: float) -> str:
    """Does it, and says so in a sentence."""
    await rechoose(where, target, lambda choices: replace(choices, muted_until=until))
    t, house = where.t, where.house
    if until <= house.clock():
        return target.said(where, N_("You hear everything again."), N_("{who} hears everything again."))
    time = t.moment(datetime.fromtimestamp(until, UTC), await zone_in_force(where, target), house.now())
    return target.said(
        where,
        N_("Nothing new arrives until {what}. What happens meanwhile waits."),
        N_("{who} hears nothing new until {what}. What happens meanwhile waits."),
        isolated(time, rtl=t.rtl),
    )


# --- quiet hours ---------------------------------------------------------------------------------------------------


async def be_quiet(where: Where, target: Target, words: Sequence[str]) -> str:
    """ "22:30-6:15", "22 7", "off"."""
    t, text = where.t, " ".join(words)
    if text.casefold() in OFF:
        await rechoose(where, target, lambda choices: replace(choices, quiet=None))
        return t.gettext("There are no quiet hours any more.")
    found = hours(text)
    if found is None:
        raise Wrong(t.gettext("From when to when? Write for example /quiet 22:30-6:15, or /quiet off."))
    await rechoose(where, target, lambda choices: replace(choices, quiet=quiet_from(choices, *found)))
    start, end = map(t.hour, found)
    said = t.gettext("Quiet from {start} to {end}: new posts wait until then.", start=start, end=end)
    breaking = quiet_from(target.chat.choices, *found).breaking
    passes = t.gettext("Breaking news comes through; /settings changes that.") if breaking else ""
    return " ".join(filter(None, (said, passes, _whose_time(where, target))))


def quiet_from(choices: Choices, start: int, end: int) -> Quiet:
    """Other hours; what was chosen for breaking news stays."""
    return Quiet(start=start, end=end, breaking=choices.quiet.breaking if choices.quiet else True)


def _whose_time(where: Where, target: Target) -> str:
    if target.chat.choices.timezone:
        return ""
    return where.t.gettext("The times are those of each live blog; /timezone Kyiv makes them yours.")


# --- time zone -----------------------------------------------------------------------------------------------------


async def live_in(where: Where, target: Target, words: Sequence[str]) -> str:
    """A city, or a name of the zone database; "off" for each blog's own."""
    t, text = where.t, " ".join(words)
    if text.casefold() in OFF:
        await rechoose(where, target, lambda choices: replace(choices, timezone=None))
        return t.gettext("Times are those of each live blog again.")
    zone = find(text, t.language)
    if zone is None:
        raise Wrong(_unknown_place(where, text))
    await rechoose(where, target, lambda choices: replace(choices, timezone=zone))
    place = where.named(city(zone, t.language))
    return t.gettext("Time zone: {place}, where it is {time}.", place=place, time=t.clock(where.house.now(), zone))


def _unknown_place(where: Where, text: str) -> str:
    t, meant = where.t, nearest(text, where.t.language)
    if meant is None:
        return t.gettext("I know no place called “{name}”; write a large city of your zone.", name=where.named(text))
    place = where.named(city(meant, t.language))
    return t.gettext("I know no place called “{name}”; did you mean {nearest}?", name=where.named(text), nearest=place)


# --- digests -------------------------------------------------------------------------------------------------------


async def digest_at(where: Where, target: Target, blog: str, times: str) -> None:
    """From now on its posts arrive as digests, at these times, or each by itself. Wrong where those are none."""
    if times.casefold() in OFF:
        await rechoose_for(where, target, blog, lambda one: replace(one, volume=Volume.EVERYTHING))
        return
    try:
        digest = str(parse_digest(plain(times)))
    except ValueError:
        forms = f"/digest {blog} 30m, /digest {blog} 3h, /digest {blog} 08:00 18:00"
        raise Wrong(where.t.gettext("When? Write one of {forms}.", forms=isolated(forms, rtl=where.t.rtl))) from None
    await rechoose_for(where, target, blog, lambda one: replace(one, volume=Volume.DIGEST, digest=digest))
