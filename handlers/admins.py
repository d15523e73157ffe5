"""What admins may ask: how everything is, when blogs are polled, and that the file is read again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.core.model import Lane, Rendered
from bot.core.render_lists import state_word
from bot.core.texts import Texts
from bot.core.timing import upcoming
from bot.core.writing import Writing, cut, isolated, line
from config.schedule import words as schedule_words
from config.settings import BadSettings
from handlers.asked import Asked
from handlers.blogs import Known
from handlers.fitting import fitting
from handlers.naming import blogs_of

SOON, LATER = 1, 5  # next polls shown: of each of several blogs, of the one that was asked for


# --- status --------------------------------------------------------------------------------------------------------


async def status(asked: Asked) -> Rendered:
    """Blogs in trouble first, so that whatever does not fit is well."""
    t, blogs = asked.t, await asked.blogs.all(counted=True)
    head = Writing(rtl=t.rtl).sentence(t.gettext("Status"), "bold").newline()
    head.sentence(await _queue(asked)).newline()
    if asleep := await asked.house.store.chats_asleep(asked.house.bot):
        said = t.ngettext(
            "Posts wait in {n} chat for the end of quiet hours or the time of a digest",
            "Posts wait in {n} chats for the end of quiet hours or the time of a digest",
            asleep,
        )
        head.sentence(said).newline()
    head.sentence(_pace(asked)).newline().sentence(await _backup(asked))
    if (nodes := asked.house.nodes()) is not None and len(nodes.here) > 1:
        names = t.listed([isolated(nodes.label(one), rtl=t.rtl) for one in nodes.here])
        head.newline().sentence(t.gettext("Nodes: {names}", names=names))
    if await asked.house.store.all_held():
        head.newline().sentence(t.gettext("Every live blog is held."), "bold")
    if alarms := await asked.house.store.alarms():
        head.newline().sentence(t.ngettext("{n} alarm: /alarms", "{n} alarms: /alarms", len(alarms)), "bold")
    ordered = sorted(blogs, key=lambda one: not _is_in_trouble(one))
    return fitting(head, (_blog(asked, one) for one in ordered), len(ordered), t)


async def _queue(asked: Asked) -> str:
    t, queue = asked.t, await asked.house.store.queue(asked.house.bot)
    waiting = [_waiting(lane, count, t) for lane, count in sorted(queue.items()) if count]
    return t.gettext("Queue: {lanes}", lanes=t.listed(waiting)) if waiting else t.gettext("Queue: empty")


def _waiting(lane: Lane, count: int, t: Texts) -> str:
    match lane:
        case Lane.WITHDRAWAL:
            return t.ngettext("{n} withdrawal", "{n} withdrawals", count)
        case Lane.BREAKING:
            return t.ngettext("{n} breaking", "{n} breaking", count)
        case Lane.LIVE:
            return t.ngettext("{n} live", "{n} live", count)
        case Lane.EDIT:
            return t.ngettext("{n} edit", "{n} edits", count)
        case Lane.DIGEST:
            return t.ngettext("{n} digest", "{n} digests", count)
    assert_never(lane)


def _pace(asked: Asked) -> str:
    t, pace = asked.t, asked.house.pace
    now = t.number(round(1 / pace.interval, 1))
    return t.gettext("Pace: {now} of {most} messages a second allowed", now=now, most=t.number(pace.limits.per_second))


async def _backup(asked: Asked) -> str:
    t, last = asked.t, await asked.house.store.last_backup()
    return t.gettext("Last backup: {ago}", ago=_ago(asked, last.at)) if last else t.gettext("No backup was made yet")


def _is_in_trouble(known: Known) -> bool:
    return bool(known.state.failures or known.state.error or known.state.alarm or known.state.held_at)


def _blog(asked: Asked, known: Known) -> Writing:
    t, state = asked.t, known.state
    row = Writing(rtl=t.rtl).sentence(asked.named(known.title), "bold").sentence(f" ({known.id})").newline()
    row.sentence(" · ".join(_facts(asked, known)))
    if state.held_at:
        row.newline().sentence(t.gettext("held: new posts and edits wait"))
    if state.error:
        said = t.ngettext(
            "failed {n} time: {why}", "failed {n} times: {why}", state.failures, why=_short(asked, state.error)
        )
        row.newline().sentence(said)
    if state.alarm:
        row.newline().sentence(t.gettext("alarm: {why}", why=_short(asked, state.alarm)))
    return row


def _facts(asked: Asked, known: Known) -> list[str]:
    t, state = asked.t, known.state
    facts = [state_word(known.state_at(asked.house.now()), t)]
    if (starts_at := state.life.starts_at) is not None and starts_at > asked.house.now():
        facts.append(t.gettext("starts in {time}", time=t.duration(starts_at - asked.house.now())))
    polled = asked.house.last_polls().get(known.id)
    polled_at = polled.timestamp() if polled else state.polled_at
    facts += [t.gettext("polled {ago}", ago=_ago(asked, polled_at))] if polled_at else []
    if state.error and state.answered_at:
        facts.append(t.gettext("answered {ago}", ago=_ago(asked, state.answered_at)))
    facts += [t.gettext("last new post {ago}", ago=_ago(asked, state.last_post_at))] if state.last_post_at else []
    facts.append(t.ngettext("{n} post", "{n} posts", state.posts))
    facts.append(t.ngettext("{n} subscription", "{n} subscriptions", state.subscriptions))
    if next_poll := asked.house.next_polls().get(known.id):
        facts.append(t.gettext("next in {time}", time=t.duration(max(next_poll - asked.house.now(), timedelta(0)))))
    return facts


def _ago(asked: Asked, at: float) -> str:
    return asked.t.ago(asked.house.now() - datetime.fromtimestamp(at, UTC))


def _short(asked: Asked, text: str) -> str:
    """Errors may quote a page; two lines of one are enough."""
    return isolated(cut(line(text[:1000]), (), 200)[0], rtl=asked.t.rtl)


# --- schedule ------------------------------------------------------------------------------------------------------


async def schedule(asked: Asked) -> Rendered:
    """`[blog]`: when it is polled, in words, and the next polls in its own time zone."""
    blogs = await blogs_of(asked, asked.words)
    count = LATER if len(blogs) == 1 else SOON
    head = Writing(rtl=asked.t.rtl).sentence(asked.t.gettext("Schedule"), "bold")
    return fitting(head, (_schedule(asked, one, count) for one in blogs), len(blogs), asked.t)


def _schedule(asked: Asked, known: Known, count: int) -> Writing:
    t, blog = asked.t, known.blog
    row = Writing(rtl=t.rtl).sentence(asked.named(known.title), "bold").sentence(f" ({known.id})").newline()
    row.sentence(schedule_words(blog.schedule, blog.timezone)).newline()
    times = ", ".join(_moment(asked, at, blog.timezone) for at in _next_polls(asked, known, count))
    return row.sentence(t.ngettext("next poll: {times}", "next polls: {times}", count, times=times))


def _next_polls(asked: Asked, known: Known, count: int) -> list[datetime]:
    """The one that is arranged, then those that the schedule brings."""
    now, blog = asked.house.now(), known.blog
    arranged = asked.house.next_polls().get(known.id)
    after = max(arranged or now, now)
    following = upcoming(blog.schedule, blog.timezone, after, count)
    return [after, *following][:count] if arranged else following


def _moment(asked: Asked, at: datetime, zone: str) -> str:
    """With seconds: a blog may be polled more often than once a minute."""
    t, local, now = asked.t, at.astimezone(ZoneInfo(zone)), asked.house.now()
    clock = t.time(at, zone, seconds=True)
    if local.date() == now.astimezone(ZoneInfo(zone)).date():
        return isolated(clock, rtl=t.rtl)
    return isolated(t.gettext("{day}, {time}", day=t.day(at, zone, now), time=clock), rtl=t.rtl)


# --- reload --------------------------------------------------------------------------------------------------------


async def reload(asked: Asked) -> Rendered:
    """What changed, one line each; or every mistake, and the last good file stays in force."""
    t = asked.t
    try:
        changes = await asked.house.reload()
    except BadSettings as error:
        head = Writing(rtl=t.rtl).sentence(t.gettext("The file is refused; the last good one stays in force."), "bold")
        return lines_below(head, str(error).splitlines(), t)
    if not changes:
        return asked.say(t.gettext("The file was read again; nothing in it has changed."))
    return lines_below(Writing(rtl=t.rtl).sentence(t.gettext("The file was applied."), "bold"), changes, t)


def lines_below(head: Writing, lines: list[str], t: Texts) -> Rendered:
    rows = (Writing(rtl=t.rtl).plain(line[:1000]) for line in lines)
    return fitting(head, rows, len(lines), t, between="\n")
