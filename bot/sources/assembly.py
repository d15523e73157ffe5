"""The last steps that readers of pages and their JSON share: from posts without keys to a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.ending import ending_of
from bot.core.model import Snapshot, SnapshotKind
from bot.sources.handover import next_page
from bot.sources.keys import Candidate, keyed
from bot.sources.parts import merged, titled, with_pinned_summary
from bot.sources.shape import ReadRules, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Blog:
    """What a reader found out about a blog beside its posts."""

    format: str
    url: str
    kind: SnapshotKind = SnapshotKind.WINDOW
    title: str | None = None
    language: str | None = None
    modified_at: datetime | None = None
    ended: bool = False
    notes: tuple[str, ...] = ()


def assembled(candidates: Sequence[Candidate], blog: Blog, source: Source, rules: ReadRules) -> Snapshot:
    """Posts with keys, each once, in the page's order; what they say about the blog's end; a headline for each."""
    found, notes = keyed(candidates, blog.url, rules.identity)
    markup = {post.key: candidate.markup for post, candidate in zip(found, candidates, strict=True)}
    posts = with_pinned_summary(merged(found))
    ending = ending_of(blog.title, posts)
    return Snapshot(
        format=blog.format,
        kind=blog.kind,
        posts=tuple(titled(post, rules.language) for post in posts),
        title=blog.title,
        url=blog.url or None,
        language=blog.language,
        modified_at=blog.modified_at,
        ended=blog.ended or ending.ended,
        next_url=next_page(markup[ending.moved], source, blog.url) if ending.moved else None,
        notes=(*blog.notes, *notes),
    )
