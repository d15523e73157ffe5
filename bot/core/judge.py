"""One post beside what is remembered of it: is it the same, and what is to be remembered now?

A text is compared by what a reader sees. Times prove nothing here: they only help to tell a stale copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.identity import content_hash, fold, is_of_this_recipe, same_text
from bot.core.model import Memory, Post, Seen

MOST_PAST = 24
"""How many earlier texts of a post are remembered. One that had more and differs in its numbers alone is a clock."""

NEVER_SHOWN = ""
"""The hash of a post of which nothing but the mark of its deletion was ever seen."""

_DAMAGE = "\ufffd"
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")
_NUMBERED = re.compile(r"^(?:\d+\.)+ ", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A post of the snapshot, under the key it is remembered by, and what is remembered of it."""

    post: Post
    hash: str
    known: Seen | None


def own_key(memory: Memory, key: str) -> str:
    """The key under which a post of this page is remembered. A re-published post has a record of its own."""
    return key if key in memory.seen else memory.aliases.get(key, key)


def blog_key(memory: Memory, key: str) -> str:
    """The key by which the whole blog, and so every chat, knows the post."""
    own = own_key(memory, key)
    return memory.aliases.get(own, own)


def look(memory: Memory, posts: Iterable[Post]) -> tuple[Sight, ...]:
    """Put every post beside what is remembered of it."""
    return tuple(Sight(post=post, hash=content_hash(post), known=memory.seen.get(post.key)) for post in posts)


# --- the same, or not ----------------------------------------------------------------------------------------------


def reads_the_same(known: Seen, sight: Sight) -> bool:
    """Whether a reader sees no difference: equal, equal up to decoding damage, or the same text cut shorter."""
    if sight.hash == known.hash:
        return True
    post = sight.post
    if is_of_another_recipe(known):
        return has_the_same_words(known, post) or not _says_more(known, post)
    if not has_the_same_words(known, post):
        return False
    # with the remembered words in it, what is left to differ are the pictures and whether it is struck
    return content_hash(replace(post, title=known.title, text=known.text)) == known.hash


def is_of_another_recipe(known: Seen) -> bool:
    """Whether another version of the relay made the text that is remembered: then its hash says nothing."""
    return known.hash != NEVER_SHOWN and not is_of_this_recipe(known.hash)


def _says_more(known: Seen, post: Post) -> bool:
    """Whether a post has another headline than the remembered one, or words in its text that were not there.

    How text is made of mark-up may leave words out, put them in another order, or number a list; it adds none.
    """
    if not post.title_is_derived and not same_text(known.title or "", post.title or ""):
        return True
    return bool(known.text) and not _words(post.text) <= _words(known.text)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(fold(_NUMBERED.sub("", text)).casefold()))


def has_the_same_words(known: Seen, post: Post) -> bool:
    """Whether headline and text say what they said; pictures aside."""
    title_stands = post.title_is_derived or same_text(known.title or "", post.title or "")
    return title_stands and (same_text(known.text, post.text) or _is_cut_from(known, post))


def _is_cut_from(known: Seen, post: Post) -> bool:
    """Whether the publisher shows less of the text than before, and what it shows is as it was."""
    if post.text_is_whole or not known.text_is_whole:
        return False
    return fold(known.text).startswith(fold(post.text).rstrip("….[] "))


def is_newer(mark: datetime | None, remembered: datetime | None) -> bool:
    """Whether a mark says that it is newer. No mark says nothing; any mark says more than none."""
    return mark is not None and (remembered is None or mark > remembered)


def is_older(mark: datetime | None, remembered: datetime | None) -> bool:
    """Whether both marks are there, and this one lies before the remembered one."""
    return mark is not None and remembered is not None and mark < remembered


def is_clock(known: Seen, post: Post) -> bool:
    """Whether a text that changed very often differs in its numbers alone, and nothing says that it was edited."""
    if len(known.past) < MOST_PAST or is_newer(post.modified_at, known.modified_at):
        return False
    return _without_numbers(known.title, known.text) == _without_numbers(post.title, post.text)


def _without_numbers(title: str | None, text: str) -> str:
    return _NUMBER.sub("0", fold(f"{title or ''}\n{text}"))


def is_edited(known: Seen, sight: Sight) -> bool:
    """Whether a reader sees another text than the remembered one."""
    return not reads_the_same(known, sight) and not is_clock(known, sight.post)


def is_elsewheres(memory: Memory, sight: Sight) -> bool:
    """Whether a later page of the blog has the say: it lists the post too, or took it down since."""
    if sight.known is None:
        return False
    return sight.post.key in memory.later or (memory.left and sight.known.withdrawn)


def is_listed_again(sight: Sight) -> bool:
    """Whether a withdrawn post stands there as it was, and no newer time says that this is meant."""
    known, post = sight.known, sight.post
    if known is None or not known.withdrawn or post.withdrawn or is_newer(post.modified_at, known.modified_at):
        return False
    return sight.hash == known.hash


def is_stale(sight: Sight) -> bool:
    """Whether this post shows its page to be an old copy.

    It does when the text is one the post had before and no newer time says that this is meant, when the text is
    another one and its own time is older than the remembered, or when a withdrawn post stands there with a time from
    before its withdrawal.
    """
    known, post = sight.known, sight.post
    if known is None or post.withdrawn:
        return False
    older = is_older(post.modified_at, known.modified_at)
    if known.withdrawn:
        return older
    went_back = sight.hash in known.past and not is_newer(post.modified_at, known.modified_at)
    return (older or went_back) and is_edited(known, sight)


def have_moved(sights: Sequence[Sight]) -> bool:
    """Whether keys name other posts than before: most of the known ones bear the text that another one had.

    So do places in a list after an insertion. That two posts change their texts may happen; with three it is no chance.
    """
    had = {sight.known.hash: sight.post.key for sight in sights if sight.known is not None and sight.known.text}
    moved = sum(had.get(sight.hash, sight.post.key) != sight.post.key for sight in sights if sight.known is not None)
    return moved >= 3 and moved > len(had) / 2


def is_older_version(sight: Sight) -> bool:
    """Whether the post has other words than the remembered ones, and an older time of its own."""
    known, post = sight.known, sight.post
    if known is None or post.withdrawn or known.withdrawn or not is_older(post.modified_at, known.modified_at):
        return False
    return not has_the_same_words(known, post)


# --- what to remember ----------------------------------------------------------------------------------------------


def first_seen(sight: Sight, now: datetime) -> Seen:
    """A post seen for the first time. Of one that is marked as deleted, no text was shown."""
    post = sight.post
    return Seen(
        key=post.key,
        key_kind=post.key_kind,
        hash=NEVER_SHOWN if post.withdrawn else sight.hash,
        title=post.title,
        text="" if post.withdrawn else post.text,
        text_is_whole=post.text_is_whole,
        published_at=post.published_at,
        modified_at=post.modified_at,
        first_seen_at=now,
        withdrawn=post.withdrawn,
    )


def rewritten(known: Seen, sight: Sight) -> Seen:
    """The post with the text it has now; the one it had joins its past."""
    past = [one for one in known.past if one != sight.hash]
    if known.hash not in (sight.hash, NEVER_SHOWN):
        past.append(known.hash)
    return replace(_with_text_of(known, sight), withdrawn=False, past=tuple(past[-MOST_PAST:]))


def reread(known: Seen, sight: Sight) -> Seen:
    """The post as another reader sees it. What the first one saw before cannot be compared with it any more."""
    return replace(_with_text_of(known, sight), past=())


def _with_text_of(known: Seen, sight: Sight) -> Seen:
    post = sight.post
    return replace(
        known,
        hash=sight.hash,
        title=post.title,
        text=post.text,
        text_is_whole=post.text_is_whole,
        published_at=post.published_at or known.published_at,
        modified_at=post.modified_at or known.modified_at,
    )


def undamaged(known: Seen, sight: Sight) -> Seen:
    """The clean copy of a text: where the remembered one was decoded wrongly and this one was not, this one."""
    post = sight.post
    heals = _DAMAGE in f"{known.title}{known.text}" and _DAMAGE not in f"{post.title}{post.text}"
    if not heals or sight.hash == known.hash:
        return known
    return replace(known, hash=sight.hash, title=post.title, text=post.text)


def withdrawn(known: Seen, marked_at: datetime | None = None) -> Seen:
    """The post, taken down. `marked_at`: the time its tombstone bears, so that an older copy does not bring it back."""
    later = marked_at if is_newer(marked_at, known.modified_at) else known.modified_at
    return replace(known, withdrawn=True, modified_at=later)
