"""What is to be done about one post: tell people, store it, remember something, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import absence, judge
from bot.core.judge import NEVER_SHOWN, Sight, blog_key
from bot.core.model import Change, ChangeKind, Memory, Post, Seen
from bot.core.relink import NO_LINKS, Links

_ORDER_OF_CHANGES = (ChangeKind.WITHDRAWN, ChangeKind.RESTORED, ChangeKind.EDITED, ChangeKind.NEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one post is judged by, beside itself."""

    memory: Memory
    now: datetime
    links: Links = NO_LINKS
    quiet: AbstractSet[str] = frozenset()  # unseen posts nobody is told of
    believed: bool = False  # older than what is remembered, and believed all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is to be done about one post. Without a `change`, a `stored` post is stored and nobody is told."""

    change: Change | None = None
    stored: Post | None = None
    seen: Seen | None = None


def decide(sights: Sequence[Sight], case: Case) -> list[Intent]:
    """Every post's intent, oldest first."""
    by_key = {sight.post.key: sight for sight in sights}
    return [_judge(by_key[post.key], case) for post in absence.in_publishing_order([one.post for one in sights])]


def told(memory: Memory, intents: Sequence[Intent]) -> list[Change]:
    """What people hear: withdrawals before returns, edits and news, each oldest first.

    A post that was re-published has a record under each key, and speaks with one voice: it is withdrawn as long as any
    of them is, and no poll says more than one thing of it.
    """
    changes = [intent.change for intent in intents if intent.change is not None]
    changes.sort(key=lambda change: _ORDER_OF_CHANGES.index(change.kind))
    echoes = {alias: key for alias, key in memory.aliases.items() if alias in memory.seen}
    if not echoes:
        return changes
    several = set(echoes.values())
    fresh = {**memory.seen, **{intent.seen.key: intent.seen for intent in intents if intent.seen is not None}}
    was, now = _withdrawn_keys(memory.seen, echoes), _withdrawn_keys(fresh, echoes)
    heard: dict[str, Change] = {}
    for change in changes:
        if change.key not in several or change.kind is _turn(change.key in was, change.key in now):
            heard.setdefault(change.key, change)
    return list(heard.values())


def _withdrawn_keys(seen: Mapping[str, Seen], echoes: Mapping[str, str]) -> set[str]:
    """The posts of which any record is withdrawn."""
    heard_as = {*echoes.items(), *((key, key) for key in echoes.values())}
    return {key for own, key in heard_as if own in seen and seen[own].withdrawn}


def _turn(was_withdrawn: bool, is_withdrawn: bool) -> ChangeKind | None:
    if was_withdrawn:
        return None if is_withdrawn else ChangeKind.RESTORED
    return ChangeKind.WITHDRAWN if is_withdrawn else ChangeKind.EDITED


def _judge(sight: Sight, case: Case) -> Intent:
    known = sight.known
    if known is None:
        return _unseen(sight, case)
    if judge.is_elsewheres(case.memory, sight):
        return Intent()
    if sight.post.withdrawn:
        return _marked(known, sight, case)
    if known.withdrawn:
        return _returned(known, sight, case)
    if known.key in case.links.reread:
        return Intent(seen=judge.reread(known, sight) if sight.hash != known.hash else None)
    if judge.is_edited(known, sight):
        return _changed(ChangeKind.EDITED, sight, judge.rewritten(known, sight), case)
    if judge.is_of_another_recipe(known):
        return Intent(seen=judge.reread(known, sight))
    return _unchanged(known, sight, case)


def _unseen(sight: Sight, case: Case) -> Intent:
    """New, however old its time; unless it is backfill, another page's post, or nothing but a mark of deletion."""
    post, seen = sight.post, judge.first_seen(sight, case.now)
    if post.withdrawn or post.key in case.links.echoes:
        return Intent(seen=seen)
    if post.key in case.quiet or post.only_edited:
        return Intent(stored=post, seen=seen)
    return _changed(ChangeKind.NEW, sight, seen, case)


def _marked(known: Seen, sight: Sight, case: Case) -> Intent:
    """An explicit mark counts at once, and once."""
    if known.withdrawn:
        return Intent()
    seen = judge.withdrawn(known, sight.post.modified_at)
    return Intent(change=withdrawal(known, blog_key(case.memory, known.key), "marked as deleted"), seen=seen)


def _returned(known: Seen, sight: Sight, case: Case) -> Intent:
    """A withdrawn post is listed again. One of which only the mark was seen comes for the first time."""
    kind = ChangeKind.NEW if known.hash == NEVER_SHOWN else ChangeKind.RESTORED
    return _changed(kind, sight, judge.rewritten(known, sight), case, why="listed again")


def _unchanged(known: Seen, sight: Sight, case: Case) -> Intent:
    """Nothing for a reader; at most a cleaner copy, or the older time of a copy that had to be believed."""
    seen = judge.undamaged(known, sight)
    if case.believed and judge.is_older(sight.post.modified_at, known.modified_at):
        seen = replace(seen, modified_at=sight.post.modified_at)
    return Intent(seen=seen if seen != known else None)


def _changed(kind: ChangeKind, sight: Sight, seen: Seen, case: Case, why: str = "") -> Intent:
    """A change of a post, under the key by which the blog knows it."""
    post = replace(sight.post, key=blog_key(case.memory, sight.post.key))
    return Intent(change=Change(kind=kind, key=post.key, title=post.title, post=post, why=why), seen=seen)


def withdrawal(known: Seen, key: str, why: str) -> Change:
    """The post as it was last seen, taken down. `key`: the one by which the blog knows it."""
    post = Post(
        key=key,
        key_kind=known.key_kind,
        title=known.title,
        text=known.text,
        text_is_whole=known.text_is_whole,
        published_at=known.published_at,
        modified_at=known.modified_at,
        withdrawn=True,
    )
    return Change(kind=ChangeKind.WITHDRAWN, key=key, title=known.title, post=post, why=why)
