"""What absence means: the order posts stood in, the holes in it, and what only aged out.

Most pages are windows: a post that is no longer there was nearly always pushed out by newer ones. Only a gap between
posts that stand there still is a sign of a withdrawal, and only when it lasts. Pinned posts take no part in this.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from bot.core.model import PageMemory, Post, Seen, SnapshotKind

POLLS_UNTIL_BELIEVED = 3
"""A hole must stand in so many successive polls before the post counts as withdrawn."""


def too_many(count: int, of: int) -> bool:
    """More posts than may vanish, or turn up unknown, in one poll and be believed."""
    return count > max(2, 0.2 * of)


# --- order ---------------------------------------------------------------------------------------------------------


def newest_first(posts: Sequence[Post], order: Sequence[str] = ()) -> tuple[Post, ...]:
    """The posts with the newest on top. `order`: how known ones stood before, newest first.

    A page lists its oldest first when most neighbours' times rise. With little to go by (a post may be released long
    after the time it bears), the posts known from before must confirm it.
    """
    line = [post for post in posts if not post.pinned]
    rising = _net_rise(line)
    place = {key: index for index, key in enumerate(order)}
    known = [place[post.key] for post in line if post.key in place]
    turned = sum((a > b) - (a < b) for a, b in pairwise(known))
    oldest_first = rising >= 2 or (rising >= 0 and rising + turned >= (2 if known else 1))
    return tuple(reversed(posts)) if oldest_first else tuple(posts)


def _net_rise(posts: Iterable[Post]) -> int:
    times = [post.published_at for post in posts if post.published_at is not None]
    return sum((a < b) - (a > b) for a, b in pairwise(times))


def in_publishing_order(posts: Sequence[Post]) -> list[Post]:
    """Oldest first, from posts that stand newest first. A pinned one goes where its time belongs, else to the end."""
    line = [post for post in reversed(posts) if not post.pinned]
    for post in reversed([post for post in posts if post.pinned]):
        line.insert(_place_by_time(line, post), post)
    return line


def _place_by_time(line: Sequence[Post], post: Post) -> int:
    if post.published_at is None:
        return len(line)
    later = (i for i, other in enumerate(line) if other.published_at and other.published_at > post.published_at)
    return next(later, len(line))


def anchors(order: Sequence[str], listed: Sequence[str]) -> frozenset[str]:
    """The known posts that still stand in the order they stood in: the longest such row.

    A post that the page moved to the top says nothing about what stood around it. Where two rows are equally long,
    the one that ends at the newer post is taken: it makes the fewest holes.
    """
    place = {key: index for index, key in enumerate(order)}
    ends: list[int] = []  # the lowest place on which a row of this length can end
    above: dict[int, int | None] = {}  # the place before it in its row
    for at in (place[key] for key in listed if key in place):
        length = bisect_left(ends, at)
        above[at] = ends[length - 1] if length else None
        ends[length : length + 1] = [at]
    return frozenset(order[at] for at in _row(ends[-1] if ends else None, above))


def _row(end: int | None, above: Mapping[int, int | None]) -> Iterator[int]:
    while end is not None:
        yield end
        end = above[end]


def listed_before(page: PageMemory) -> tuple[str, ...]:
    """The posts that the last accepted snapshot listed, without the holes whose place is kept."""
    return tuple(key for key in page.order if key not in page.missing and key not in page.doubted)


# --- holes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the posts of a page stand after a poll. `withdrawn`: holes that stood long enough, oldest first."""

    order: tuple[str, ...]
    missing: Mapping[str, int]
    doubted: frozenset[str]
    withdrawn: tuple[str, ...] = ()


def stand(
    page: PageMemory, kind: SnapshotKind, listed: Sequence[str], shown: AbstractSet[str], settled: Collection[str]
) -> Standing:
    """Compare what is listed now with what was.

    `listed`: the keys that count for order, newest first. `shown`: every key of the snapshot, pinned and marked ones
    too. `settled`: keys whose absence needs no explanation, as they were withdrawn already.
    """
    absent = [key for key in page.order if key not in shown and key not in settled]
    if kind is SnapshotKind.DELTA:
        return _stand_aside(page, absent, listed)
    fixed = anchors(page.order, listed)
    aged_out = _aged_out(page, kind, listed, absent, fixed)
    holes = [key for key in absent if key not in aged_out]
    doubted = page.doubted.intersection(holes)
    counted = [key for key in holes if key not in doubted]
    if too_many(len(counted), len(page.order)):
        doubted, counted = frozenset(holes), []
    order = _with_holes(page.order, listed, fixed, set(holes))
    return _count(order, {key: page.missing.get(key, 0) for key in counted}, doubted)


def stand_again(page: PageMemory) -> Standing:
    """The last accepted snapshot once more: its holes stood in one more poll."""
    return _count(page.order, page.missing, page.doubted)


def about_to_be_believed(page: PageMemory, shown: Collection[str]) -> tuple[str, ...]:
    """The holes that one more poll without them makes withdrawals, oldest first."""
    ripe = {key for key, polls in page.missing.items() if polls >= POLLS_UNTIL_BELIEVED - 1 and key not in shown}
    return tuple(key for key in reversed(page.order) if key in ripe)


def spared(page: PageMemory, standing: Collection[str], unsure: Collection[str]) -> PageMemory:
    """The page without the holes of which the posts still stand somewhere, and with the unsure ones not ripe yet."""
    missing = {key: polls for key, polls in page.missing.items() if key not in standing}
    unripe = {key: min(missing[key], POLLS_UNTIL_BELIEVED - 2) for key in unsure if key in missing}
    order = tuple(key for key in page.order if key not in standing)
    return replace(page, order=order, missing={**missing, **unripe})


def _stand_aside(page: PageMemory, absent: Sequence[str], listed: Sequence[str]) -> Standing:
    """A delta says nothing about absence, so the order stays. A hole that it shows is none any more.

    Its posts join the order when a snapshot lists them: before that, a page that lags behind would look like a hole.
    """
    still = set(absent)
    return Standing(
        order=tuple(key for key in page.order if key in still or key in listed),
        missing={key: polls for key, polls in page.missing.items() if key in still},
        doubted=page.doubted & still,
    )


def _aged_out(
    page: PageMemory, kind: SnapshotKind, listed: Sequence[str], absent: Sequence[str], fixed: frozenset[str]
) -> frozenset[str]:
    """The absent posts that newer ones pushed out: those below everything that still stands in its place.

    A page without any listed post has lost its structure; nothing pushed out what it had. A full blog ages nothing
    out, unless its length stands still while posts enter and leave: then it has a silent cap, and is a window after
    all. A hole that was counted before anything else left its end stays one.
    """
    place = {key: index for index, key in enumerate(page.order)}
    lowest = max((place[key] for key in fixed), default=-1)
    below = frozenset(key for key in absent if place[key] > lowest)
    if kind is SnapshotKind.WINDOW:
        return below if listed or len(below) <= 2 else frozenset()
    before = listed_before(page)
    capped = len(listed) >= len(before) and not below.isdisjoint(before)
    return below if capped else frozenset()


def _with_holes(
    order: Sequence[str], listed: Sequence[str], fixed: frozenset[str], holes: AbstractSet[str]
) -> tuple[str, ...]:
    """The new order, with each hole kept directly above the next older post that stands where it stood."""
    above: dict[str, list[str]] = defaultdict(list)
    waiting = at_the_end = list[str]()
    for key in reversed(order):
        if key in fixed:
            waiting = above[key]
        elif key in holes:
            waiting.append(key)
    merged: list[str] = []
    for key in listed:
        merged += [*reversed(above.get(key, ())), key]
    return (*merged, *reversed(at_the_end))


def _count(order: Sequence[str], missing: Mapping[str, int], doubted: frozenset[str]) -> Standing:
    """One more poll for every hole."""
    stood = {key: polls + 1 for key, polls in missing.items()}
    believed = {key for key, polls in stood.items() if polls >= POLLS_UNTIL_BELIEVED}
    return Standing(
        order=tuple(key for key in order if key not in believed),
        missing={key: polls for key, polls in stood.items() if key not in believed},
        doubted=doubted,
        withdrawn=tuple(key for key in reversed(order) if key in believed),
    )


# --- backfill ------------------------------------------------------------------------------------------------------


def backfill(page: PageMemory, kind: SnapshotKind, listed: Sequence[Post], seen: Mapping[str, Seen]) -> frozenset[str]:
    """Unseen posts that a window only now reaches back to: they stand below the oldest it had, and are not news.

    A full blog shows no backfill, unless it was a window, or known by deltas alone, until now.
    """
    if kind is SnapshotKind.DELTA or (kind is SnapshotKind.FULL and page.kind is SnapshotKind.FULL):
        return frozenset()
    if page.kind is SnapshotKind.DELTA:
        return _before_the_deltas(listed, seen)
    before = listed_before(page)
    if not before:
        return frozenset()
    oldest = before[-1]
    fixed = anchors(page.order, [post.key for post in listed])
    floor = max((index for index, post in enumerate(listed) if post.key in fixed), default=len(listed))
    unseen = [post for post in listed[floor + 1 :] if post.key not in seen]
    if oldest in fixed and len(before) > 1:
        return frozenset(post.key for post in unseen)
    # with the oldest gone from its place, or alone to tell the page's direction, the times must agree
    known = seen.get(oldest)
    return frozenset(post.key for post in unseen if _predates(post, known, undated=oldest in fixed))


def old_edits(page: PageMemory, unseen: Sequence[Post], seen: Mapping[str, Seen]) -> frozenset[str]:
    """Of what a delta tells of, edits of posts from before the oldest that the page lists: never seen, and no news."""
    times = [seen[key].published_at for key in page.order if key in seen]
    oldest = min((time for time in times if time is not None), default=None)
    if oldest is None:
        return frozenset()
    return frozenset(post.key for post in unseen if _is_edit_before(post, oldest))


def _is_edit_before(post: Post, oldest: datetime) -> bool:
    published, modified = post.published_at, post.modified_at
    return published is not None and modified is not None and published < oldest and modified > published


def _predates(post: Post, oldest: Seen | None, *, undated: bool) -> bool:
    """Whether a post's time is not later than the oldest's; `undated` where one of them has none."""
    if post.published_at is None or oldest is None or oldest.published_at is None:
        return undated
    return post.published_at <= oldest.published_at


def _before_the_deltas(listed: Sequence[Post], seen: Mapping[str, Seen]) -> frozenset[str]:
    """What stands below the newest post that a delta told of was there before; where none is listed, everything."""
    first = next((index for index, post in enumerate(listed) if post.key in seen), -1)
    return frozenset(post.key for post in listed[first + 1 :] if post.key not in seen)
