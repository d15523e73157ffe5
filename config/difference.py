"""What a new file changes about the old one: for applying it, and for telling."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

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
    """All that differs. A renamed blog is neither added nor removed; it is in `changed` too if more differs. One whose
    place another blog takes that was there before is removed, and in `merged`: its subscriptions move there.

    Another bot's blog has other subscriptions, whatever it is called: one that goes to another bot is in `changed`, and
    with a new id as well it is one blog less and one more."""

    added: tuple[Blog, ...] = ()
    removed: tuple[Blog, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()  # (former id, id)
    merged: tuple[tuple[str, str], ...] = ()  # (id of a blog that is removed, id of the one that says it was that)
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
    removed = tuple(blog for blog in old.blogs if blog.id not in stayed)
    heirs = {(blog.was, blog.bot): blog.id for blog in new.blogs if blog.was}
    return Difference(
        added=tuple(blog for blog in new.blogs if not old.blog(former.get(blog.id, blog.id))),
        removed=removed,
        renamed=renamed,
        merged=tuple((blog.id, heirs[blog.id, blog.bot]) for blog in removed if (blog.id, blog.bot) in heirs),
        changed=tuple(change for before, blog in kept if (change := _blog_change(before, blog)).keys),
        at_once=tuple(change for change in keys if change.key not in NEXT_START),
        next_start=tuple(change for change in keys if change.key in NEXT_START),
    )


def _renamed(old: Settings, new: Settings) -> tuple[tuple[str, str], ...]:
    """A `was` that stays in the file after the renaming says nothing any more."""
    named = ((old.blog(blog.was), blog) for blog in new.blogs if blog.was and not old.blog(blog.id))
    return tuple((was.id, blog.id) for was, blog in named if was is not None and was.bot == blog.bot)


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
