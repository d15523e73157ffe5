"""A captured live blog, unfolded again: its posts in the order they were published, faster than it happened.

A capture shows only how the blog ended. What a post said before its last edit is not in it, so the earlier form is made
up by leaving out its end. Times on the page are those of the replay, so that everything looks as if it happened now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

from bot.core.ending import ending_of
from bot.core.model import Page, Post, Snapshot
from bot.demo.edition import Act, Story

FIRST_AT = 3.0  # seconds from the start to the first new post
LONGEST_WAIT = 8.0  # seconds: idle stretches of the capture are cut to this
CLOSEST = 90.0  # seconds of the capture's time: pages round to minutes, so what seems to coincide is kept apart
TIMELESS_GAP = 4.0  # seconds between posts when the capture has no times at all
BASELINE = 4  # posts that stand there from the beginning, or half of a smaller blog


@dataclass(frozen=True, slots=True)
class _Moment:
    """Something that happened to a post, in the capture's own time."""

    when: datetime | None
    post: Post


def capture(path: Path) -> Snapshot:
    """A live blog saved in a file, read as the relay would read it. OSError, or ValueError saying why in one line."""
    from bot.sources import NotReadable, ReadRules, read

    page = Page(url=path.resolve().as_uri(), body=path.read_bytes(), fetched_at=datetime.now(UTC))
    try:
        snapshot = read(page, ReadRules())
        replay(snapshot, page.fetched_at, 1.0)
    except (NotReadable, ValueError) as error:
        raise ValueError(str(error)) from error
    return snapshot


def replay(snapshot: Snapshot, started_at: datetime, speed: float, *, baseline: int = BASELINE) -> Story:
    """The capture as a story, `speed` times faster than reality. ValueError when there is nothing to tell.

    With a baseline of 0 nothing stands there from the beginning, the pinned posts neither.
    """
    posts = _oldest_first(snapshot.posts)
    standing, later = _parted(posts, baseline) if baseline else ([], posts)
    if not standing and (baseline or not later):
        raise ValueError("a live blog, but no post in it that can be shown")
    last = max((post.published_at for post in standing if post.published_at and not post.pinned), default=None)
    acts = [Act(at=0.0, post=_aged(_at_the_beginning(post, last), last, started_at)) for post in standing]
    known = {act.post.key: act.post for act in acts}
    at, before = FIRST_AT, None
    for place, moment in enumerate(_moments(standing, later, last)):
        at += _wait(before, moment.when, speed) if place else 0.0
        before = moment.when or before
        post = _now(moment.post, known.get(moment.post.key), started_at + timedelta(seconds=at))
        known[post.key] = post
        acts.append(Act(at=at, post=post))
    return Story(
        title=re.sub(
            r"\s*[-–—|:]\s*as it happened\b", "", snapshot.title or "A captured live blog", flags=re.IGNORECASE
        ),
        description=f"{len(posts)} posts, unfolding again at {speed:g} times their speed.",
        publisher="A replayed capture",
        note="A captured live blog, unfolding again for the Liveblog Relay demo. Its words belong to its publisher.",
        language=snapshot.language or "en",
        started_at=started_at,
        acts=tuple(acts),
    )


def _oldest_first(posts: Iterable[Post]) -> list[Post]:
    """By time of publication; equal times, and posts without one, by their place on the page."""
    told = [post for post in posts if post.title or post.text or post.images]
    if _newest_on_top(told):
        told.reverse()
    times: list[datetime | None] = []
    for post in told:
        times.append(post.published_at or (times[-1] if times else None))
    first = next((time for time in times if time), None)
    dated = [(time or first, post) for time, post in zip(times, told, strict=True)]
    if first is not None:
        dated.sort(key=lambda pair: pair[0] or first)
    return [replace(post, published_at=time, key=_safe_key(post.key)) for time, post in dated]


def _newest_on_top(posts: list[Post]) -> bool:
    times = [post.published_at for post in posts if post.published_at and not post.pinned]
    rising = sum(one < other for one, other in pairwise(times))
    falling = sum(one > other for one, other in pairwise(times))
    return falling >= rising


def _safe_key(key: str) -> str:
    """As it may stand in an address, after a #."""
    if re.fullmatch(r"[\w-]{1,60}", key, re.ASCII):
        return key
    return blake2b(key.encode(), digest_size=8).hexdigest()


def _parted(posts: list[Post], baseline: int) -> tuple[list[Post], list[Post]]:
    """What stands there from the beginning (the pinned ones among it), and what comes later."""
    pinned = [post for post in posts if post.pinned and not post.withdrawn]
    others = [post for post in posts if not post.pinned]
    first = [post for post in others if not post.withdrawn][: min(baseline, (len(others) + 1) // 2)]
    keys = {post.key for post in first}
    return [*pinned, *first], [post for post in others if post.key not in keys]


def _at_the_beginning(post: Post, last: datetime | None) -> Post:
    """In its earlier form, when it was edited after the story starts; and not yet saying that all is over."""
    at_first = _earlier(post) if _edited_after(post, last) else post
    return replace(at_first, title="What we know so far") if _says_farewell(post) else at_first


def _says_farewell(post: Post) -> bool:
    return post.pinned and ending_of(None, [post]).ended


def _edited_after(post: Post, moment: datetime | None) -> bool:
    if post.modified_at is None or post.published_at is None:
        return False
    return post.modified_at > max(post.published_at, moment or post.published_at)


def _moments(standing: list[Post], later: list[Post], last: datetime | None) -> list[_Moment]:
    """Everything that happens after the beginning, in order of time: publications, edits, withdrawals."""
    moments = [
        _Moment(post.modified_at, post) for post in standing if _edited_after(post, last) or _says_farewell(post)
    ]
    for post in later:
        changes = _edited_after(post, None) or _says_farewell(post)
        if post.withdrawn and not changes:
            continue  # nobody can say when it stood there
        at_first = replace(post, withdrawn=False) if post.withdrawn else _at_the_beginning(post, None)
        moments.append(_Moment(post.published_at, at_first))
        moments += [_Moment(post.modified_at, post)] if changes else []
    dated = [moment.when for moment in moments if moment.when]
    if dated:
        moments.sort(key=lambda moment: moment.when or dated[0])
    return moments


def _wait(before: datetime | None, when: datetime | None, speed: float) -> float:
    if before is None or when is None:
        return TIMELESS_GAP
    return min(max((when - before).total_seconds(), CLOSEST) / speed, LONGEST_WAIT)


def _aged(post: Post, last: datetime | None, started_at: datetime) -> Post:
    """As old at the start as it was when the newest of the first posts was published."""
    if post.published_at is None or last is None:
        published = started_at
    else:
        published = min(started_at - (last - post.published_at), started_at)
    return _fresh(post, published, published)


def _now(post: Post, before: Post | None, now: datetime) -> Post:
    return _fresh(post, before.published_at if before and before.published_at else now, now)


def _fresh(post: Post, published_at: datetime, modified_at: datetime) -> Post:
    return replace(
        post, title=None if post.title_is_derived else post.title, published_at=published_at, modified_at=modified_at
    )


def _earlier(post: Post) -> Post:
    """A form it may have had before its edit: without its last paragraph, else without its last sentence."""
    paragraphs = post.text.split("\n\n")
    sentences = re.split(r"(?<=[.!?])\s+", post.text)
    if len(paragraphs) > 1:
        return replace(post, text="\n\n".join(paragraphs[:-1]))
    if len(sentences) > 1:
        return replace(post, text=" ".join(sentences[:-1]))
    return replace(post, text=f"{post.text}\n\nMore to follow.".strip())
