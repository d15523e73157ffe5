"""What a new file changes about the old one: for applying it, and for telling."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

from bot.core.durations import say_duration
from bot.core.model import Topic
from config.schedule import words as schedule_words
from config.values import Blog, Settings

SECTIONS = ("about", "telegram", "storage", "delivery", "web", "access")
NEXT_START = frozenset(
    {
        "telegram.api_base",
        "telegram.updates",
        "storage.url",
        "web.listen",
        "web.public_url",
        "bots",
    }
)
# What decides when a blog is polled, and nothing else about it.
_TIMING = frozenset({"schedule", "timezone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """One key whose value differs; its path stands as in the file: "delivery.edit_quiet"."""

    key: str
    old: Any = field(repr=False)  # an address may carry a password
    new: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlogChange:
    """A blog that stays and differs. `keys` are the names of the keys that do."""

    old: Blog
    new: Blog
    keys: tuple[str, ...]

    @property
    def schedule_only(self) -> bool:
        """Nothing differs but when it is polled."""
        return set(self.keys) <= _TIMING


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that differs. A renamed blog is neither added nor removed; it is in `changed` too if more differs."""

    added: tuple[Blog, ...] = ()
    removed: tuple[Blog, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()  # (former id, id)
    changed: tuple[BlogChange, ...] = ()
    at_once: tuple[KeyChange, ...] = ()
    next_start: tuple[KeyChange, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))

    def touches(self, section: str) -> bool:
        """Whether anything that applies at once changed in a table, such as "access"."""
        return any(change.key.split(".")[0] == section for change in self.at_once)


def difference(old: Settings, new: Settings) -> Difference:
    """What has to be done to get from `old` to `new`."""
    renamed = _renamed(old, new)
    former = {id_: was for was, id_ in renamed}
    kept = [(before, blog) for blog in new.blogs if (before := old.blog(former.get(blog.id, blog.id)))]
    stayed = {before.id for before, _ in kept}
    keys = _key_changes(old, new)
    return Difference(
        added=tuple(blog for blog in new.blogs if not old.blog(former.get(blog.id, blog.id))),
        removed=tuple(blog for blog in old.blogs if blog.id not in stayed),
        renamed=renamed,
        changed=tuple(change for before, blog in kept if (change := _blog_change(before, blog)).keys),
        at_once=tuple(change for change in keys if change.key not in NEXT_START),
        next_start=tuple(change for change in keys if change.key in NEXT_START),
    )


def _renamed(old: Settings, new: Settings) -> tuple[tuple[str, str], ...]:
    """A `was` that stays in the file after the renaming says nothing any more."""
    return tuple((blog.was, blog.id) for blog in new.blogs if blog.was and old.blog(blog.was) and not old.blog(blog.id))


def _blog_change(before: Blog, blog: Blog) -> BlogChange:
    names = [one.name for one in fields(Blog) if one.name not in {"id", "was"}]
    differing = tuple(name for name in names if getattr(before, name) != getattr(blog, name))
    return BlogChange(old=before, new=blog, keys=differing)


def _key_changes(old: Settings, new: Settings) -> list[KeyChange]:
    changes = []
    for section in SECTIONS:
        before, after = getattr(old, section), getattr(new, section)
        for name in (one.name for one in fields(before)):
            was, is_ = getattr(before, name), getattr(after, name)
            if was != is_:
                changes.append(KeyChange(key=f"{section}.{name}", old=was, new=is_))
    if old.bots != new.bots:
        changes.append(KeyChange(key="bots", old=old.bots, new=new.bots))
    return changes


def words(found: Difference) -> list[str]:
    """For /reload and the log, one line each: "ukraine: every 20 s → every 10 s"."""
    lines = [
        *_counted(found.added, "added"),
        *_counted(found.removed, "removed"),
        *(f"{was} is now called {id_}" for was, id_ in found.renamed),
        *(_blog_words(change) for change in found.changed),
        *(f"{change.key}: {_said(change.old)} → {_said(change.new)}" for change in found.at_once),
    ]
    if found.next_start:
        lines.append(f"applies at the next start: {', '.join(change.key for change in found.next_start)}")
    return lines or ["nothing changed"]


def _counted(blogs: tuple[Blog, ...], what: str) -> list[str]:
    if not blogs:
        return []
    return [f"{len(blogs)} blog{'s' if len(blogs) > 1 else ''} {what}: {', '.join(blog.id for blog in blogs)}"]


def _blog_words(change: BlogChange) -> str:
    return f"{change.new.id}: {', '.join(_blog_key_words(change, key) for key in change.keys)}"


def _blog_key_words(change: BlogChange, key: str) -> str:
    was, is_ = getattr(change.old, key), getattr(change.new, key)
    if key == "schedule":
        return f"{schedule_words(was, change.old.timezone)} → {schedule_words(is_, change.new.timezone)}"
    if key == "topics":
        return f"topics {_said(was)} → {_said(is_)}" if _ids(was) != _ids(is_) else "words or titles of topics"
    return f"{key} {_said(was)} → {_said(is_)}"


def _ids(topics: tuple[Topic, ...]) -> list[str]:
    return [topic.id for topic in topics]


def _said(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case timedelta():
            return say_duration(value)
        case tuple():
            return ", ".join(one.id if isinstance(one, Topic) else str(one) for one in value) or "none"
        case float() | int():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case str():
            return f'"{value}"' if value else "none"
        case _:
            return str(value)
