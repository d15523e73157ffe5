"""How things stand, from the store: for `status` on the command line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.model import Lane
from bot.core.signs import of_refusal
from bot.core.standing import Alarm, Kind, Refusal
from bot.core.state import state_of
from bot.core.texts import Texts
from bot.core.writing import line
from storage import Backup, BlogState


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is not as it should be: alarms that stand, and what Telegram refused; and when the last backup was made."""

    alarms: Sequence[Alarm] = ()
    refused: Sequence[Refusal] = ()
    backup: Backup | None = None


WELL = Standing()


def status_json(
    blogs: Sequence[BlogState], queue: Mapping[Lane, int], now: float, standing: Standing = WELL
) -> dict[str, Any]:
    return {
        "alarms": [
            {"kind": one.kind.value, "about": one.about, "subject": one.subject, "text": one.text, "told": one.told}
            | {"since": _iso(one.since)}
            for one in standing.alarms
        ],
        "refused": [
            {"why": one.why, "deliveries": one.rows, "chats": one.chats, "newest_post": one.newest_post}
            | {"last_at": _iso(one.last_at)}
            for one in standing.refused
        ],
        "blogs": [_blog_json(blog, now) for blog in blogs],
        "queue": {lane.name.lower(): queue.get(lane, 0) for lane in Lane},
        "last_backup": _iso(standing.backup.at if standing.backup else None),
    }


def of_several_json(bots: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What `status_json` says of each bot, as one: with one bot, that; with several, all that there is, and whose."""
    if len(bots) == 1:
        return dict(*bots.values())
    lists = {
        name: [{**one, "bot": bot} for bot, said in bots.items() for one in said[name]]
        for name in ("alarms", "refused", "blogs")
    }
    queue = {lane: sum(said["queue"][lane] for said in bots.values()) for lane in next(iter(bots.values()))["queue"]}
    last = min((said["last_backup"] or "" for said in bots.values()), default="") or None
    each = {bot: {name: said[name] for name in ("queue", "last_backup")} for bot, said in bots.items()}
    return {**lists, "queue": queue, "last_backup": last, "bots": each}


def of_several_lines(bots: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Likewise of `status_lines`."""
    for bot, lines in bots.items():
        if len(bots) == 1:
            yield from lines
        else:
            yield f"Bot {bot}"
            yield from (f"  {line}" for line in lines)


def _blog_json(blog: BlogState, now: float) -> dict[str, Any]:
    times = ("polled_at", "answered_at", "last_post_at", "active_at", "starts_at", "held_at", "ended_at", "told_until")
    return {
        "id": blog.id,
        "title": blog.title,
        "state": state(blog, now),
        **{name: _iso(getattr(blog, name)) for name in times},
        "posts": blog.posts,
        "subscriptions": blog.subscriptions,
        "failures": blog.failures,
        "error": blog.error,
        "alarm": blog.alarm,
    }


def _iso(instant: float | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant, UTC).isoformat().replace("+00:00", "Z")


def state(blog: BlogState, now: float) -> str:
    """One word for how a blog is."""
    if blog.error is not None:
        return "failing"
    if blog.held_at is not None:
        return "held"
    return state_of(blog.life, datetime.fromtimestamp(now, UTC)).value


def status_lines(
    blogs: Sequence[BlogState], queue: Mapping[Lane, int], now: float, standing: Standing = WELL
) -> Iterator[str]:
    t = Texts.of("en")
    for alarm in standing.alarms:
        if alarm.kind is not Kind.REFUSED:
            lasts = t.duration(timedelta(seconds=max(0.0, now - alarm.since)))
            yield f"ALARM for {lasts}: {alarm.subject or alarm.about}: {line(alarm.text)}"
    for refusal in standing.refused:
        yield f"ALARM: Telegram refused deliveries: {line(of_refusal(refusal))}"
    if not blogs:
        yield "no blog was polled yet"
    for blog in blogs:
        posts = t.ngettext("{n} post", "{n} posts", blog.posts)
        follow = t.ngettext("{n} subscription", "{n} subscriptions", blog.subscriptions)
        yield f"{blog.id}: {state(blog, now)}, {posts}, {follow}"
        ago = {"polled": blog.polled_at, "last post": blog.last_post_at}
        said = [f"{name} {t.ago(timedelta(seconds=now - at))}" for name, at in ago.items() if at is not None]
        if said:
            yield f"  {', '.join(said)}"
        if blog.told_until is not None and blog.told_until > now:
            yield f"  told by its hub until {_iso(blog.told_until)}"
        if blog.error is not None:
            yield f"  error: {blog.error} ({blog.failures} polls in a row)"
        if blog.alarm is not None:
            yield f"  alarm: {blog.alarm}"
    waiting = [f"{lane.name.lower()} {queue[lane]:,}" for lane in Lane if queue.get(lane)]
    yield f"queue: {', '.join(waiting) if waiting else 'empty'}"
    backup = standing.backup
    yield f"last backup: {t.ago(timedelta(seconds=now - backup.at)) if backup else 'none yet'}"
