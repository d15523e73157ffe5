"""A difference between two files in words: a sentence that sums it up, and a line for each thing that changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.core.durations import say_duration
from bot.core.model import Topic
from bot.core.timing import has_date, resolve_url
from config.difference import BlogChange, Difference, KeyChange
from config.forms import hide_password
from config.schedule import words as schedule_words
from config.values import Blog, Settings

NAMED = 10  # blogs that one line names
ALIKE = 4  # so many blogs that change in the same way are one line
LINES = 20  # of single blogs; the others are told by what changes in them

Followers = Mapping[str, int]  # subscriptions by the id of their blog; those without have none


# --- a line for each thing -----------------------------------------------------------------------------------------


def words(found: Difference, followers: Followers | None = None) -> list[str]:
    """One line each: "ukraine: every 20 s → every 10 s". Of hundreds of blogs that change alike, one line together."""
    followers = followers or {}
    lines = [
        *_listed((blog.id for blog in found.added), "added"),
        *_listed((_with_count(blog.id, followers) for blog in _gone(found)), "removed"),
        *_pairs(found.merged, "goes on in", "go on in others"),
        *_pairs(found.renamed, "is now called", "have new ids"),
        *_changed(found.changed),
        *(_key_words(change) for change in found.at_once),
    ]
    lines += _listed(_moving(found), "taken over by another bot, which tells nobody of what the page shows")
    lines += _listed(_waiting(found), "waiting for the next start with its bot")
    if found.next_start:
        lines.append(f"applies at the next start: {', '.join(change.key for change in found.next_start)}")
    return lines or ["nothing changed"]


def _moving(found: Difference) -> list[str]:
    """The blogs that go to another bot, with both."""
    moving = (change for change in found.changed if "bot" in change.keys)
    return [f"{change.new.id} ({change.old.bot} → {change.new.bot})" for change in moving]


def _waiting(found: Difference) -> list[str]:
    """The blogs of bots that this file names for the first time."""
    before = next((change.old for change in found.next_start if change.key == "bots"), None)
    if before is None:
        return []
    running = {bot.name for bot in before}
    return [blog.id for blog in (*found.added, *(change.new for change in found.changed)) if blog.bot not in running]


def _gone(found: Difference) -> list[Blog]:
    """The blogs that stop, and go on in no other."""
    merged = {was for was, _ in found.merged}
    return [blog for blog in found.removed if blog.id not in merged]


def _with_count(blog: str, followers: Followers) -> str:
    count = followers.get(blog, 0)
    return f"{blog} ({_some(count, 'subscription')})" if count else blog


def _listed(names: Iterable[str], what: str) -> list[str]:
    every = list(names)
    return [f"{_some(len(every), 'blog')} {what}: {_first(every)}"] if every else []


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _pairs(pairs: Sequence[tuple[str, str]], one: str, many: str) -> list[str]:
    """Former and present ids."""
    if len(pairs) > NAMED:
        return [f"{len(pairs)} blogs {many}: {_first([f'{was} → {id_}' for was, id_ in pairs])}"]
    return [f"{was} {one} {id_}" for was, id_ in pairs]


Told = tuple[str, str]  # a key, and how it changes


def _changed(changes: Iterable[BlogChange]) -> list[str]:
    """What many blogs have in common first, then what single ones change, and at last what the rest is about."""
    told = [(change.new.id, (key, _how(change, key))) for change in changes for key in change.keys]
    counts = Counter(one for _, one in told)
    alone: defaultdict[str, list[Told]] = defaultdict(list)
    for id_, one in told:
        if counts[one] < ALIKE:
            alone[id_].append(one)
    lines = [f"{id_}: {', '.join(_said(*one) for one in those)}" for id_, those in alone.items()]
    rest = Counter(key for those in list(alone.values())[LINES:] for key, _ in those)
    return [
        *(_together(count, *one) for one, count in counts.items() if count >= ALIKE),
        *lines[:LINES],
        *(
            f"{_some(count, 'more blog')} {'changes its' if count == 1 else 'change their'} {CALLED.get(key, key)}"
            for key, count in rest.items()
        ),
    ]


CALLED = {"schedule": "interval", "url": "page"}  # in a sentence; other keys are called what they are
TOPIC_WORDS = "words or titles of topics"


def _together(count: int, key: str, how: str) -> str:
    if not how:
        return f"{count} blogs change {TOPIC_WORDS}"
    return f"{count} blogs change their {CALLED.get(key, key)}: {how}"


def _said(key: str, how: str) -> str:
    """Of one blog. A schedule in words needs no name."""
    if not how:
        return TOPIC_WORDS
    return how if key == "schedule" else f"{key} {how}"


def _how(change: BlogChange, key: str) -> str:
    """ "a → b"; "" where topics stay and only what they look for is another."""
    was, is_ = getattr(change.old, key), getattr(change.new, key)
    if key == "schedule":
        return f"{schedule_words(was, change.old.timezone)} → {schedule_words(is_, change.new.timezone)}"
    if key == "topics" and [topic.id for topic in was] == [topic.id for topic in is_]:
        return ""
    return f"{shown(was)} → {shown(is_)}"


def _key_words(change: KeyChange) -> str:
    return f"{change.key}: {shown(change.old)} → {shown(change.new)}"


def shown(value: object) -> str:
    """A value of the file as people read it."""
    match value:
        case bool():
            return str(value).lower()
        case timedelta():
            return say_duration(value)
        case tuple():
            return ", ".join(one.id if isinstance(one, Topic) else str(one) for one in value) or "none"
        case float():
            return f"{value:g}"
        case str():
            return f'"{hide_password(value)}"' if value else "none"
        case _:
            return str(value)


def _some(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


# --- the sentence --------------------------------------------------------------------------------------------------


def asked_about(found: Difference) -> list[str]:
    """The blogs whose subscriptions have to be counted for `summary`, by the ids that the database knows them by."""
    comes_back = {id_ for blog in found.added for id_ in (blog.id, blog.was) if id_}
    leaves = {blog.id for blog in found.removed} | {was for was, _ in found.renamed}
    elsewhere = {change.old.id for change in found.changed if {"url", "bot"} & {*change.keys}}
    return sorted(comes_back | leaves | elsewhere)


def summary(found: Difference, followers: Followers | None, after: Settings, now: datetime) -> str:
    """ "2 blogs change their interval, 1 stops; 340 subscriptions sleep for 30 d, then go; nobody is told."

    `followers`: of the blogs that `asked_about` names, before the change; None where there is no database to count in.
    """
    parts = [
        ", ".join(_blogs(found)),
        ", ".join(_keys(found)),
        *_people(found, followers, after, now),
    ]
    said = "; ".join(part for part in parts if part)
    return f"{said}." if said else "Nothing changes."


def _blogs(found: Difference) -> Iterator[str]:
    """The first says what it counts."""
    keys = [set(change.keys) for change in found.changed]
    counted = [
        (sum("schedule" in those for those in keys), "changes its interval", "change their interval"),
        (len(found.added), "starts", "start"),
        (len(_gone(found)), "stops", "stop"),
        (len(found.renamed), "gets a new id", "get new ids"),
        (len(found.merged), "goes on in another", "go on in others"),
        (sum("url" in those for those in keys), "changes its page", "change their pages"),
        (sum("bot" in those for those in keys), "goes to another bot", "go to another bot"),
        (sum(bool(those - {"schedule", "url", "bot"}) for those in keys), "changes otherwise", "change otherwise"),
    ]
    counted = [one for one in counted if one[0]]
    for place, (count, one, many) in enumerate(counted):
        who = _some(count, "blog") if place == 0 else f"{count:,}"
        yield f"{who} {one if count == 1 else many}"


def _keys(found: Difference) -> Iterator[str]:
    if count := len(found.at_once):
        yield f"{_some(count, 'setting')} of the relay {'changes' if count == 1 else 'change'}"
    if count := len(found.next_start):
        yield f"{_some(count, 'setting')} {'waits' if count == 1 else 'wait'} for the next start"


def _people(found: Difference, followers: Followers | None, after: Settings, now: datetime) -> Iterator[str]:
    """What becomes of subscriptions. Nobody is ever told that a blog stopped or has a new id."""
    gone, kept = [blog.id for blog in _gone(found)], say_duration(after.kept_for)
    moved = [was for was, _ in (*found.renamed, *found.merged)]
    back = [id_ for blog in found.added for id_ in (blog.id, blog.was) if id_ and id_ not in gone]
    left = [change.old.id for change in found.changed if "bot" in change.keys]
    told = [change.old.id for change in found.changed if "bot" not in change.keys and _is_told(change, now)]
    if gone:
        yield from _count(gone, followers, f"sleep for {kept}, then go", f"sleeps for {kept}, then goes")
    if left:
        bot = "with the bot they speak to"
        many, one = f"stay {bot}, sleep for {kept}, then go", f"stays {bot}, sleeps for {kept}, then goes"
        yield from _count(left, followers, many, one)
    if moved:
        yield from _count(moved, followers, "move along", "moves along")
    if followers:
        yield from _count(back, followers, "wake up", "wakes up")
    if told:
        yield from _count(
            told, followers, "are told once of the new page, silently", "is told once of the new page, silently"
        )
    elif gone or moved or left or any("url" in change.keys for change in found.changed):
        yield "nobody is told"
    yield from _forgotten(found, after)


def _count(blogs: Iterable[str], followers: Followers | None, many: str, one: str) -> Iterator[str]:
    if followers is None:
        yield f"their subscriptions {many}"
    elif count := sum(followers.get(blog, 0) for blog in blogs):
        yield f"{_some(count, 'subscription')} {one if count == 1 else many}"


def _is_told(change: BlogChange, now: datetime) -> bool:
    """Whether followers get a message with the link: an address that turns with the day hands over to its next page,
    also where it is another one than before. An address that stays is the admin's own correction."""
    old, new = change.old, change.new
    return has_date(new.url) and resolve_url(new.url, now, new.timezone) != resolve_url(old.url, now, old.timezone)


def _forgotten(found: Difference, after: Settings) -> Iterator[str]:
    """Pruning looks at these two together."""
    old = {change.key: change.old for change in found.at_once}
    days = timedelta(days=old.get("storage.keep_days", after.storage.keep_days))
    before = max(days, old.get("delivery.edits_for", after.delivery.edits_for))
    if after.kept_for < before:
        yield f"what is older than {say_duration(after.kept_for)} is forgotten for good"
