"""Snapshots and verdicts as `read` and `diff` print them: JSON for scripts, lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.core import alarms
from bot.core.identity import content_hash
from bot.core.model import Post, Snapshot, Verdict
from bot.core.topics import topics_of

STALE = "ignored: an older copy of the page"


def snapshot_json(snapshot: Snapshot) -> dict[str, Any]:
    """The contract of `read --json`."""
    return {
        "blog": {
            "title": snapshot.title,
            "url": snapshot.url,
            "format": snapshot.format,
            "kind": snapshot.kind.value,
            "ended": snapshot.ended,
            "next_url": snapshot.next_url,
        },
        "posts": [_post_json(post) for post in snapshot.posts],
    }


def _post_json(post: Post) -> dict[str, Any]:
    return {
        "key": post.key,
        "title": post.title,
        "title_is_derived": post.title_is_derived,
        "text": post.text,
        "summary": post.summary,
        "published_at": _iso(post.published_at),
        "modified_at": _iso(post.modified_at),
        "authors": list(post.authors),
        "topics": list(topics_of(post.title, post.text, post.tags, ())),
        "images": [{"url": one.url, "caption": one.caption, "credit": one.credit} for one in post.images],
        "url": post.url,
        "pinned": post.pinned,
        "key_event": post.key_event,
        "withdrawn": post.withdrawn,
        "hash": content_hash(post),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def snapshot_lines(snapshot: Snapshot) -> Iterator[str]:
    """What a person reads: the blog, why this reader, and a line or two for each post."""
    yield f"{snapshot.title or '(no title)'}"
    yield f"  {snapshot.url or '(no address)'}"
    state = "ended" if snapshot.ended else "running"
    yield f"  {len(snapshot.posts)} posts, read as {snapshot.format} ({snapshot.kind}), {state}"
    if snapshot.why:
        yield f"  {snapshot.why}"
    if snapshot.next_url:
        yield f"  goes on at {snapshot.next_url}"
    for note in snapshot.notes:
        yield f"  note: {note}"
    for post in snapshot.posts:
        yield from _post_lines(post)


def _post_lines(post: Post) -> Iterator[str]:
    marks = [name for name in ("pinned", "key_event", "struck", "withdrawn") if getattr(post, name)]
    when = post.published_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if post.published_at else "no time"
    yield ""
    yield f"{when}  {post.title or '(no headline)'}" + (f"  [{', '.join(marks)}]" if marks else "")
    authors = f"by {', '.join(post.authors)}  " if post.authors else ""
    pictures = f"  {len(post.images)} pictures" if post.images else ""
    yield f"  {authors}{len(post.text)} characters{pictures}  key {post.key}"


def diff_json(verdicts: Sequence[Verdict | str]) -> list[dict[str, Any]]:
    """The contract of `diff --json`: one object per snapshot after the first. A text is a poll that failed."""
    return [_verdict_json(at, verdict) for at, verdict in enumerate(verdicts) if at > 0]


def _verdict_json(at: int, verdict: Verdict | str) -> dict[str, Any]:
    if isinstance(verdict, str):
        return {"snapshot": at, "alarm": alarms.unread(verdict), "changes": []}
    changes = [{"change": one.kind.value, "key": one.key, "title": one.title} for one in verdict.changes]
    return {"snapshot": at, "alarm": verdict.alarm, "changes": changes}


def diff_lines(sources: Sequence[str], verdicts: Sequence[Verdict | str]) -> Iterator[str]:
    for at, (source, verdict) in enumerate(zip(sources, verdicts, strict=True)):
        yield f"{at}  {source}"
        yield from (f"     {line}" for line in _verdict_lines(verdict))


def _verdict_lines(verdict: Verdict | str) -> Iterator[str]:
    if isinstance(verdict, str):
        yield f"alarm: {alarms.unread(verdict)}"
        return
    if verdict.baseline:
        yield f"first sight: {len(verdict.stored)} posts stored, nothing sent"
        return
    if verdict.alarm:
        yield f"alarm: {verdict.alarm}"
    if not verdict.accepted and not verdict.alarm:
        yield STALE
    for change in verdict.changes:
        why = f"  ({change.why})" if change.why else ""
        yield f"{change.kind.value:<10}{change.title or change.key}{why}"
    if verdict.stored:
        yield f"stored, not sent: {len(verdict.stored)} posts"
    if verdict.accepted and not verdict.changes and not verdict.stored:
        yield "no change"
