"""What a good file means, for `check`: the blogs with their next polls, and the rest in a line each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.core.durations import say_duration
from bot.core.timing import resolve_url, upcoming
from config.cautions import warnings
from config.forms import hide_password
from config.schedule import words
from config.values import MAIN_BOT, Blog, Bot, Settings

WIDTH = 12
POLLS_SHOWN = 3
NAMED = 10  # blogs of a bot


def meaning(settings: Settings, now: datetime) -> str:
    """Plain text of several lines; `now` is aware. Times of polls are in each blog's own zone."""
    parts = [*(_table(blog.id, _blog(blog, now)) for blog in settings.blogs), _rest(settings)]
    if warned := warnings(settings):
        parts.append("\n".join(f"warning: {line}" for line in warned))
    return "\n\n".join(parts)


def _table(title: str, rows: Iterator[tuple[str, str]]) -> str:
    return "\n".join([f"Blog {title}", *(f"  {name:<{WIDTH}}{text}" for name, text in rows if text)])


def _blog(blog: Blog, now: datetime) -> Iterator[tuple[str, str]]:
    yield "title", blog.title or "the page's own"
    yield "page", resolve_url(blog.url, now, blog.timezone)
    yield "format", "found out from the page" if blog.format == "auto" else blog.format
    yield "language", blog.language
    yield "polled", words(blog.schedule, blog.timezone)
    yield "next polls", next_polls(blog, now)
    yield "told", _told(blog)
    yield "posts", _posts(blog)
    yield "topics", ", ".join(f"{topic.id} ({topic.title})" for topic in blog.topics)
    yield "formerly", blog.was
    yield "bot", "" if blog.bot == MAIN_BOT else blog.bot


def next_polls(blog: Blog, now: datetime, n: int = POLLS_SHOWN) -> str:
    """The next polls by the schedule, as clocks show them in the blog's zone; with the date where it is not today's."""
    today = now.astimezone(blog.zone).date()
    times = [time.astimezone(blog.zone) for time in upcoming(blog.schedule, blog.timezone, now, n)]
    said = [f"{time:%H:%M:%S}" if time.date() == today else f"{time:%a %Y-%m-%d %H:%M:%S}" for time in times]
    zones = list(dict.fromkeys(time.strftime("%Z") for time in times))
    return f"{', '.join(said)} {'/'.join(zones)}"


def _told(blog: Blog) -> str:
    """How we hear of its posts without asking."""
    ways = ["by the hub its page names"] if blog.websub else []
    if blog.intake_secret_env:
        ways.append(f"by intake, at /intake/{blog.id}/")
    return " and ".join(ways)


def _posts(blog: Blog) -> str:
    said = (
        "the headline alone"
        if blog.text == "headline"
        else f"headline and {blog.text}, up to {blog.max_chars} characters"
    )
    if blog.hold:
        said += f", held for {say_duration(blog.hold)}"
    if blog.credit:
        said += f", credited to {blog.credit}"
    return said + _WITHDRAWN[blog.on_withdrawal]


_WITHDRAWN = {
    "notice": "; a withdrawn one becomes a notice",
    "strike": "; a withdrawn one is struck through",
    "delete": "; a withdrawn one is deleted",
    "keep": "; a withdrawn one stays",
}


def _rest(settings: Settings) -> str:
    rows = (
        ("Telegram", _telegram(settings)),
        ("Edits", _edits(settings)),
        ("Storage", f"{hide_password(settings.storage.url)}; kept for {say_duration(settings.kept_for)}"),
        ("Web", _web(settings)),
        ("Bots", _bots(settings)),
        ("Access", f"{_count(settings.access.admins, 'admin')}, {_count(settings.access.editors, 'editor')}"),
        ("Operator", settings.about.operator or "not named; /privacy has nobody to show"),
    )
    return "\n".join(f"{name:<{WIDTH + 2}}{text}" for name, text in rows if text)


def _bots(settings: Settings) -> str:
    """Which bot relays which blog, where there are several."""
    if len(settings.bots) == 1:
        return ""
    return "; ".join(f"{bot.name} ({bot.token_env}): {_relayed(settings, bot)}" for bot in settings.bots)


def _relayed(settings: Settings, bot: Bot) -> str:
    ids = [blog.id for blog in settings.of(bot.name).blogs]
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more if ids else "no blog"


def _telegram(settings: Settings) -> str:
    telegram = settings.telegram
    paid = ", paid" if telegram.paid_broadcast else ""
    limits = f"{telegram.messages_per_second:g} messages a second{paid}"
    limits += f", {telegram.messages_per_chat_per_second:g} a second in one chat"
    limits += f", {telegram.messages_per_group_per_minute:g} a minute in one group"
    return f"{telegram.api_base}, {telegram.updates}: {limits}"


def _web(settings: Settings) -> str:
    web = settings.web
    if not web.listen:
        return "off"
    return f"listens on {web.listen}" + (f", reached as {web.public_url}" if web.public_url else "")


def _edits(settings: Settings) -> str:
    delivery = settings.delivery
    followed = f"followed for {say_duration(delivery.edits_for)}" if delivery.edits_for else "not followed"
    quiet = f"passed on after {say_duration(delivery.edit_quiet)} of quiet"
    lost = "sent again" if delivery.ambiguous == "resend" else "dropped"
    return f"{followed}, {quiet if delivery.edit_quiet > timedelta(0) else 'passed on at once'}; in doubt, {lost}"


def _count(people: tuple[int, ...], what: str) -> str:
    number = len(set(people))
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
