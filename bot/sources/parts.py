"""What readers share once they have a post's parts: addresses, headlines, pictures, repeated captions, duplicates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from bot.core.addresses import absolute as absolute  # noqa: PLC0414  readers ask for it here
from bot.core.captions import credit_in
from bot.core.identity import fold, image_id
from bot.core.model import Image, Post
from bot.core.remembering import remembered
from bot.core.rich import Rich
from bot.core.summary import headline_of

_SENTENCE = re.compile(r".+?(?:[.!?…][\"”’')\]]*(?=\s)|$)")
_SHORTEST_REPEAT = 30  # characters; below this people do repeat themselves ("No. No.")
_LONGEST_REPEAT = 6  # pieces between full stops: a caption with abbreviations has several
_ALIKE = 60  # characters
_SUMMARY = re.compile(
    r"\bwhat (?:we covered|we know|you need to know|to know|happened)\b|\bhere'?s (?:the latest|what)\b|\bthe latest\b"
    r"|\bkey (?:points|developments|moments|events)\b|^(?:summary|at a glance|catch up|what's happening)\b",
    re.IGNORECASE,
)


def worded(post: Post, body: Rich) -> Post:
    """A post with this text, its formatting, and what is embedded in it."""
    return replace(post, text=body.text, entities=body.entities, embeds=body.embeds)


def body_in(post: Post) -> Rich:
    """The text of a post with its formatting."""
    return Rich.of(post.text, post.entities, post.embeds)


def titled(post: Post, language: str) -> Post:
    """A post without headline gets its first sentence as one; without text it stays without.

    A body that begins with the headline again, as a paragraph of its own, loses it.
    """
    if post.title:
        first, gap, rest = post.text.partition("\n\n")
        repeats = bool(rest) and same_words(first, post.title)
        return worded(post, body_in(post)[len(first + gap) :]) if repeats else post
    title = headline_of(post.text, language)
    return replace(post, title=title, title_is_derived=title is not None)


def distinct_images(images: Iterable[Image]) -> tuple[Image, ...]:
    """Each picture once, however many sizes of it are named, its credit apart from its caption."""
    once = {image_id(image.url): image for image in reversed(list(images))}
    return tuple(_credited(image) for image in reversed(once.values()))


def _credited(image: Image) -> Image:
    caption, credit = credit_in(image.caption, image.credit)
    return (
        image if (caption, credit) == (image.caption, image.credit) else replace(image, caption=caption, credit=credit)
    )


@remembered
def without_repeats(text: str) -> str:
    """Text without sentences said twice in a row, as pages do with a picture's description and caption."""
    lines: list[str] = []
    for line in map(_line_without_repeats, text.split("\n")):
        previous = next((index for index in reversed(range(len(lines))) if lines[index]), None)
        if previous is not None and line and _begins_with(line, lines[previous]):
            del lines[previous:]
        lines.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def unrepeated(body: Rich) -> Rich:
    """The same of a text with formatting."""
    return body.like(without_repeats(body.text))


def _begins_with(line: str, previous: str) -> bool:
    """Whether a line says all of the line before it again, perhaps with a credit after it."""
    if len(previous) < _SHORTEST_REPEAT or not line.startswith(previous.rstrip(" .")):
        return False
    return line == previous or previous.rstrip()[-1] in ".!?…" or line[len(previous) :].lstrip()[:1] in (".", "(", "")


def _line_without_repeats(line: str) -> str:
    """One pass: after each sentence, the last one to six are dropped where they say the ones before them again."""
    if len(line) < 2 * _SHORTEST_REPEAT:
        return line
    said: list[str] = []
    for sentence in _SENTENCE.findall(line):
        said.append(sentence.strip())
        for size in range(1, min(_LONGEST_REPEAT, len(said) // 2) + 1):
            again = said[-size:]
            if size > 1 and len(set(again)) == 1:  # a chant, not a caption
                continue
            if again == said[-2 * size : -size] and len(" ".join(again)) >= _SHORTEST_REPEAT:
                del said[-size:]
                break
    return " ".join(said)


def merged(posts: Sequence[Post]) -> tuple[Post, ...]:
    """Each key once. Of a pinned copy and the listed post, the listed one is kept where it stands, marked as pinned."""
    kept: dict[str, Post] = {}
    for post in posts:
        known = kept.get(post.key)
        if known is None:
            kept[post.key] = post
            continue
        winner = _better(known, post)
        both = replace(
            winner,
            pinned=known.pinned or post.pinned,
            key_event=known.key_event or post.key_event,
            struck=known.struck or post.struck,
        )
        if winner is post:
            del kept[post.key]  # so that it stands where the winner does
        kept[post.key] = both
    return tuple(kept.values())


def with_pinned_copy(posts: Sequence[Post]) -> list[Post]:
    """The posts, the first marked as pinned where it stands in the list again, below newer ones."""
    if len(posts) < 3 or posts[0].key not in {post.key for post in posts[2:]}:
        return list(posts)
    first, second = posts[0].published_at, posts[1].published_at
    is_older = first is not None and second is not None and first < second
    return [replace(posts[0], pinned=posts[0].pinned or is_older), *posts[1:]]


def _better(known: Post, other: Post) -> Post:
    if known.pinned != other.pinned:
        return other if known.pinned else known
    if known.modified_at and other.modified_at and known.modified_at != other.modified_at:
        return max(known, other, key=lambda post: post.modified_at or 0)
    return other if len(other.text) > len(known.text) and not known.text else known


@lru_cache(maxsize=1024)  # a page's byline stands on every post
def names_in(byline: str) -> tuple[str, ...]:
    """The people in a byline: "A, B and C, CNN" names three. A single name stays whole, commas and all."""
    text = " ".join(byline.split())
    text = re.sub(r"^(?:by|from)\s+", "", text, flags=re.IGNORECASE)
    text = re.sub(r",\s+[A-Z]{2,6}$", "", text)
    if not re.search(r"\s(?:and|&)\s", text):
        return (text,) if text else ()
    return tuple(name.strip() for name in re.split(r",\s+(?:and\s+)?|\s(?:and|&)\s", text) if name.strip())


@lru_cache(maxsize=1024)
def same_words(a: str | None, b: str | None) -> bool:
    """Whether two headlines are both there and read the same."""
    return bool(a) and bool(b) and fold(a or "") == fold(b or "")


def alike(a: Post, b: Post) -> bool:
    """Whether two posts may be copies or revisions of one: the same headline, or texts that begin the same way."""
    if a is b or same_words(a.title, b.title):
        return True
    first, second = fold(a.text), fold(b.text)
    return first[:_ALIKE] == second[:_ALIKE] if first and second else not (first or second or a.title or b.title)


def with_pinned_summary(posts: Sequence[Post]) -> list[Post]:
    """The posts, the first marked as pinned where it is a summary that stays on top.

    That is: published before the second, and either called what such summaries are called, or the oldest of all by
    publication and the last to be modified.
    """
    if len(posts) < 2 or posts[0].pinned or not _is_summary(posts):
        return list(posts)
    return [replace(posts[0], pinned=True), *posts[1:]]


def is_called_summary(title: str | None) -> bool:
    """Whether a headline is what summaries that stay on top are called."""
    return bool(_SUMMARY.search(fold(title or "")))


def _is_summary(posts: Sequence[Post]) -> bool:
    first, second = posts[0].published_at, posts[1].published_at
    if first is None or second is None or first >= second:
        return False
    if is_called_summary(posts[0].title):
        return True
    others = [post for post in posts[1:] if not post.withdrawn]
    times = [post.published_at for post in others if post.published_at]
    changes = [post.modified_at or post.published_at for post in others]
    last = posts[0].modified_at
    return len(others) > 1 and first < min(times) and last is not None and all(one and one < last for one in changes)
