"""`push`: an editor's broadcast from a script."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from bot.cli.common import Failed, config_option, finish, opened_store, refuse_unknown, settings_of
from config.settings import Settings, find_file
from config.values import MAIN_BOT

if TYPE_CHECKING:
    from bot.core.publishing import PushText


@click.command()
@click.option("--text", required=True, help="what to say; - takes it from standard input")
@click.option("--blog", metavar="B", help="only to subscribers of this blog")
@click.option("--topic", metavar="T", help="and there only to who follows this topic")
@click.option("--silent", is_flag=True, help="without a sound")
@click.option("--breaking", is_flag=True, help="ahead of everything that waits, and through quiet hours")
@click.option("--at", "when", metavar="TIME", help="when: 18:30, 'tomorrow 7:00', '2026-11-24 07:00', +20m")
@click.option("--dry-run", is_flag=True, help="say to how many, send nothing")
@click.option("--bot", metavar="NAME", help="of several bots, whose readers; that of the blog, else main")
@config_option
def push(
    text: str,
    blog: str | None,
    topic: str | None,
    silent: bool,
    breaking: bool,
    when: str | None,
    dry_run: bool,
    bot: str | None,
    config: Path | None,
) -> None:
    """An editor's broadcast from a script."""
    from bot import logs
    from bot.core.model import Lane
    from bot.core.publishing import Audience, Sending
    from bot.desk import Desk, seconds_to_send

    said = _push_text(sys.stdin.read() if text == "-" else text)

    async def work() -> None:
        whole = settings_of(find_file(config, os.environ))
        _check_audience(whole, blog, topic)
        async with opened_store(config, _bot_of(whole, bot, blog)) as (settings, store):
            await store.refuse_where_it_is_not()  # nobody would ever send it
            audience = Audience(blog=blog, topics=(topic,) if topic else ())
            lane, at = Lane.BREAKING if breaking else Lane.LIVE, _moment(settings, blog, when)
            chats = await store.audience(audience)
            seconds = seconds_to_send(chats, settings.telegram.messages_per_second)
            leaves = f", at {at:%Y-%m-%d %H:%M %Z}" if at else ""
            if dry_run:
                click.echo(f"It would go to {chats:,} chats, in about {seconds:.0f} s{leaves}. Nothing was sent.")
                return
            logs.set_up(level=logging.WARNING)  # standard output is for the answer
            desk = Desk(store, lambda: settings)
            number = await desk.draft(0, said)
            sending = Sending(audience=audience, lane=lane, silent=silent, at=at.timestamp() if at else None)
            await desk.send(number, sending, chats=chats)
            click.echo(
                f"Push {number} goes to {chats:,} chats, in about {seconds:.0f} s{leaves}, while the relay runs."
            )

    finish(work())


def _push_text(text: str) -> PushText:
    """The words, and the links below them as buttons."""
    from bot.core.links import MOST, BadLink, TooManyLinks, links_below
    from bot.core.publishing import PushText
    from bot.core.writing import units

    try:
        said, buttons = links_below(text.strip())
    except BadLink as error:
        raise Failed(f"--text: no button can be made of {str(error)!r}") from None
    except TooManyLinks:
        raise Failed(f"--text: a message takes {MOST} buttons at most") from None
    if not said or units(said) > 4096:
        raise Failed("--text: Telegram takes between 1 and 4096 characters" + (f", not {units(said)}" if said else ""))
    return PushText(text=said, buttons=buttons)


def _moment(settings: Settings, blog: str | None, words: str | None) -> datetime | None:
    """In the zone of the blog that is named, else of the first."""
    from bot.core.moments import NoMoment, Past, TooFar, moment_in

    if words is None:
        return None
    named = settings.blog(blog) if blog else None
    zone = (named or settings.blogs[0]).timezone if named or settings.blogs else "UTC"
    try:
        return moment_in(words, datetime.now(UTC), zone).at.astimezone(ZoneInfo(zone))
    except Past:
        raise Failed(f"--at: {words!r} has passed") from None
    except TooFar:
        raise Failed(f"--at: {words!r} is more than a year away") from None
    except NoMoment:
        raise Failed(f"--at: {words!r} is no time; write 18:30, 'tomorrow 7:00', '2026-11-24 07:00' or +20m") from None


def _bot_of(settings: Settings, bot: str | None, blog: str | None) -> str:
    """Whose readers are meant: a blog has those of one bot."""
    named = settings.blog(blog) if blog else None
    if bot is None:
        return named.bot if named else MAIN_BOT
    refuse_unknown(settings, bot)
    if named and named.bot != bot:
        raise Failed(f"--blog: {named.id} is relayed by the bot {named.bot}, not by {bot}")
    return bot


def _check_audience(settings: Settings, blog: str | None, topic: str | None) -> None:
    if blog is not None and settings.blog(blog) is None:
        raise Failed(f"--blog: no blog is called {blog!r}; there is {', '.join(one.id for one in settings.blogs)}")
    if topic is not None and blog is None:
        raise click.UsageError("--topic needs --blog")
