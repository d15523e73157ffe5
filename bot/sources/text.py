"""A live blog page saved as text: a title, then posts that each begin with a line that is only a time.

After the time: the headline, a byline, what stands under a picture (once as its description, once as its caption), the
body. The times shown are those of the last edit, so they name nothing and order nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.ending import ending_of
from bot.core.identity import derived_keys
from bot.core.markup import tidy
from bot.core.model import KeyKind, Post, Snapshot, SnapshotKind
from bot.sources.bylines import BYLINE, people_in
from bot.sources.clock import Clock, clock_in, date_in
from bot.sources.parts import merged, titled, with_pinned_summary, without_repeats
from bot.sources.shape import NotReadable, Reader, ReadRules, Source

_COUNT = re.compile(r"^(\d{1,4}) (?:posts?|updates?|entries)$", re.IGNORECASE)
_PAGE_BYLINE = re.compile(r"^by\s+\S", re.IGNORECASE)
_NO_TEXT = re.compile(r"<|[\[{]\s*[\"\[{\]}]")  # mark-up, JSON
_LONGEST_HEADLINE = 250
_SHORTEST_CAPTION = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A post's time and the paragraphs below it, each with its lines."""

    clock: Clock
    paragraphs: tuple[tuple[str, ...], ...]


def sees(source: Source) -> str | None:
    if _NO_TEXT.match(source.start) or "\x00" in source.text[:1000]:
        return None
    count = len(_sections(_lines(source))[1])
    return f"text in which {count} posts begin with a line that is only a time" if count else None


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The page as a full blog where it declares as many posts as there are, else as a window of it."""
    head, sections = _sections(_lines(source))
    if not sections:
        raise NotReadable("no line that is only a time (11:59 p.m. ET, July 12, 2023), as posts begin with")
    day = next((shown for line in head if (shown := date_in(line))), None)
    found = [_post(section, day, rules) for section in sections]
    keys = derived_keys(found, times_hold=False)
    keyed = [replace(post, key=key, key_kind=KeyKind.DERIVED) for post, key in zip(found, keys, strict=True)]
    posts = with_pinned_summary(merged(keyed))
    title = next((line for line in head if not _is_furniture(line)), None)
    declared = next((int(count[1]) for line in head if (count := _COUNT.match(line))), None)
    return Snapshot(
        format="text",
        kind=SnapshotKind.FULL if declared == len(posts) else SnapshotKind.WINDOW,
        posts=tuple(titled(post, rules.language) for post in posts),
        title=title,
        url=source.page.url or None,
        modified_at=next((time for line in head if (time := _updated(line, rules))), None),
        ended=ending_of(title, posts).ended,
        notes=tuple(_notes(declared, posts)),
    )


def _notes(declared: int | None, posts: Sequence[Post]) -> Iterator[str]:
    if declared is not None and declared != len(posts):
        yield f"the page says that it has {declared} posts, {len(posts)} were found"


# --- lines ---------------------------------------------------------------------------------------------------------


def _lines(source: Source) -> list[str]:
    return tidy(source.text).split("\n")


def _sections(lines: Sequence[str]) -> tuple[list[str], list[_Section]]:
    """What stands above the first post, and the posts. Times without a.m., p.m. or zone count where no other are."""
    clocks = [clock_in(line) for line in lines]
    plain_too = not any(clock and clock.is_certain for clock in clocks)
    starts = [
        (index, clock)
        for index, clock in enumerate(clocks)
        if clock and not clock.is_update and (clock.is_certain or plain_too)
    ]
    ends = [*(index for index, _ in starts), len(lines)][1:]
    sections = [
        _Section(clock=clock, paragraphs=tuple(_paragraphs(lines[start + 1 : end])))
        for (start, clock), end in zip(starts, ends, strict=True)
    ]
    head = [line for line in lines[: starts[0][0] if starts else len(lines)] if line]
    return head, [section for section in sections if section.paragraphs]


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Runs of lines between empty ones; where there are no empty ones, every line is a paragraph."""
    while lines and not lines[0]:
        lines = lines[1:]
    if "" not in lines[:-1]:
        yield from ((line,) for line in lines if line)
        return
    run: list[str] = []
    for line in [*lines, ""]:
        if line:
            run.append(line)
        elif run:
            yield tuple(run)
            run = []


def _is_furniture(line: str) -> bool:
    return bool(_COUNT.match(line) or _PAGE_BYLINE.match(line) or clock_in(line) or line.lower().startswith("sort by"))


def _updated(line: str, rules: ReadRules) -> datetime | None:
    clock = clock_in(line)
    return clock.time(rules.zone, None) if clock and clock.is_update else None


# --- posts ---------------------------------------------------------------------------------------------------------


def _post(section: _Section, day: tuple[int, int, int] | None, rules: ReadRules) -> Post:
    paragraphs = list(section.paragraphs)
    title = paragraphs.pop(0)[0] if _is_headline(paragraphs) else None
    byline = BYLINE.match(paragraphs[0][0]) if paragraphs and len(paragraphs[0]) == 1 else None
    body = paragraphs[1 if byline else 0 :]
    captions = [paragraph[1] for paragraph in body if _is_caption(paragraph)]
    text = [_text(paragraph) for paragraph in body if not _is_caption(paragraph)]
    return Post(
        key="",
        title=title,
        # A picture's caption goes last: without the picture it is no way to begin.
        text=without_repeats("\n\n".join([*text, *captions])),
        published_at=section.clock.time(rules.zone, day),
        authors=people_in(byline[1]) if byline else (),
    )


def _is_headline(paragraphs: Sequence[tuple[str, ...]]) -> bool:
    """A short single line with something below it that does not end as a sentence does."""
    if len(paragraphs) < 2 or len(paragraphs[0]) != 1:
        return False
    line = paragraphs[0][0]
    return len(line) <= _LONGEST_HEADLINE and not BYLINE.match(line) and (line[-1] not in ".:" or line.endswith("..."))


def _is_caption(paragraph: tuple[str, ...]) -> bool:
    """A picture's description and below it its caption, which says the same and gives credit."""
    if len(paragraph) != 2 or len(paragraph[0]) < _SHORTEST_CAPTION:
        return False
    return paragraph[1].startswith(paragraph[0].rstrip(" ."))


def _text(paragraph: tuple[str, ...]) -> str:
    return "\n".join(paragraph)


READER = Reader(name="text", sees=sees, read=read)
