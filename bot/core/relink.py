"""Finding a known post under a key that was never seen: re-published, read by another reader, renumbered or derived.

Every rule here says "the same post" rather than "a new one", so each needs a reason that chance does not give: a
headline that stands only once, a text that reads alike, a time or a place that nothing else has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rapidfuzz import fuzz, process

from bot.core.absence import anchors, too_many
from bot.core.ending import says_it_moved
from bot.core.identity import fold, normal_title
from bot.core.judge import Sight, blog_key, has_the_same_words, is_edited
from bot.core.model import KeyKind, Memory, PageMemory, Post, Seen

REPUBLISHED_WITHIN = timedelta(hours=24)
TITLE_RATIO = 90
TEXT_RATIO = 85
_HALF_ALIKE = 60  # texts of one story that have nothing else in common stay below this in nineteen of twenty cases
_TELLING_WORDS = 4  # a shorter headline ("Summary", "What we know") comes back every day
_TELLING_TEXT = 6  # words; as few are said again
_ENOUGH = 4  # posts whose headlines are proof
_MOST_COMPARED = 20_000  # pairs of texts in one poll: about a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Keys of this snapshot that belong to known posts: the unseen key -> the key it is remembered by.

    `echoes` are posts of an earlier page shown here under another key; each page keeps its own record of the text.
    `anew`: the order of the page begins anew, and too many posts that were not found again are not news. `reread`: the
    known posts whose texts are taken over without an edit, as they are not comparable with the remembered ones.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    echoes: Mapping[str, str] = field(default_factory=dict)
    anew: bool = False
    reread: Collection[str] = frozenset()
    alarm: str | None = None


NO_LINKS = Links()


def alike(a: str, b: str) -> bool:
    """Whether two texts are versions of one: most words shared, and the shorter one begins as the longer one does.

    Sharing words alone proves nothing between a short text and a long one, which holds every common word.
    """
    return _text_ratio(fold(a), fold(b)) > 0


def _text_ratio(a: str, b: str) -> float:
    """How alike two folded texts are, from `TEXT_RATIO` to 100; 0 where they are not versions of one."""
    short, long = sorted((a, b), key=len)
    if len(short.split()) < 6:
        return fuzz.ratio(short, long, score_cutoff=TEXT_RATIO) if short else 0.0
    ratio = fuzz.token_set_ratio(short, long, score_cutoff=TEXT_RATIO)
    begins_alike = len(short) >= 0.6 * len(long) or fuzz.ratio(short, long[: len(short)]) >= TEXT_RATIO
    return ratio if ratio and begins_alike else 0.0


def unseen(sights: Iterable[Sight]) -> list[Post]:
    """The posts whose key was never seen, without those that are only marked as deleted."""
    return [sight.post for sight in sights if sight.known is None and not sight.post.withdrawn]


# --- re-published on the page that continues the blog --------------------------------------------------------------


def republished(memory: Memory, sights: Sequence[Sight], now: datetime) -> Links:
    """Posts of the blog's earlier page that the continuing page shows under new ids, known by their headlines."""
    here = {blog_key(memory, sight.post.key) for sight in sights}
    known: dict[str, list[Seen]] = {}
    for one in memory.seen.values():
        if not one.withdrawn and blog_key(memory, one.key) not in here:
            known.setdefault(normal_title(one.title), []).append(one)
    echoes: dict[str, str] = {}
    for post in reversed(unseen(sights)):  # of two, the older one is the one that was moved
        title = "" if says_it_moved(post) else _own_title(post)  # every page has a farewell of its own
        candidates = known.get(title, []) if title else []
        matching = (one for one in candidates if _is_the_same_story(one, post, now))
        if (match := next(matching, None)) is not None:
            echoes[post.key] = blog_key(memory, match.key)
            known[title] = [one for one in candidates if blog_key(memory, one.key) != echoes[post.key]]
    return Links(echoes=echoes)


def echoes_of_earlier(memory: Memory, sights: Sequence[Sight], links: Links, now: datetime) -> dict[str, str]:
    """Posts of the page before that this one shows under new ids only now, hours after it began.

    By then a headline alone is not enough: the text must be the same, or a version of it.
    """
    fresh = [post for post in unseen(sights) if post.key not in links.aliases]
    before = [memory.seen[key] for key in memory.earlier if key in memory.seen]
    if not fresh or not before:
        return {}
    here = {blog_key(memory, sight.post.key) for sight in sights}
    known = {normal_title(one.title): one for one in before if not one.withdrawn}
    found = ((post.key, known.get(_own_title(post))) for post in fresh if not says_it_moved(post))
    texts = {post.key: post.text for post in fresh}
    return {
        key: blog_key(memory, one.key)
        for key, one in found
        if one is not None and blog_key(memory, one.key) not in here and _is_the_same_text(one, texts[key])
    }


def _is_the_same_text(known: Seen, text: str) -> bool:
    return bool(text and known.text) and fuzz.token_set_ratio(fold(known.text), fold(text)) >= TEXT_RATIO


def _is_the_same_story(known: Seen, post: Post, now: datetime) -> bool:
    """Under the same headline, within a day; a headline that comes back every day needs a text half alike."""
    times = [at for at in (known.published_at, known.first_seen_at) if at is not None]
    if not any(abs(a - b) <= REPUBLISHED_WITHIN for a in times for b in (post.published_at, now) if b is not None):
        return False
    telling = len(normal_title(post.title).split()) >= _TELLING_WORDS
    return telling or not (known.text and post.text) or fuzz.token_set_ratio(known.text, post.text) >= _HALF_ALIKE


# --- another reader, or other ids ----------------------------------------------------------------------------------


def switched(memory: Memory, page: PageMemory, sights: Sequence[Sight], to: str) -> Links:
    """Another reader reads the page: posts are found again by headline, then by text.

    An edit may come with it. Words that differ are one where they differ in one post of five at most; in more, the two
    readers do not see the same text.
    """
    aliases = _by_content(memory, page, sights)
    alarm = f"the page is now read as {to} instead of {page.format}: {_found(sights, aliases)}"
    known = _found_again(memory, sights, aliases)
    other = {one.key for one, sight in known if not one.withdrawn and not has_the_same_words(one, sight.post)}
    believed = other if 5 * len(other) <= len(known) else set[str]()
    return Links(aliases=aliases, anew=True, reread={one.key for one, _ in known} - believed, alarm=alarm)


def renumbered(memory: Memory, page: PageMemory, sights: Sequence[Sight]) -> Links | None:
    """Nearly every key is new while nearly every headline (or text) is known: the publisher changed its ids.

    Some feeds make new ids for every request, so an edit is one here too; many at once only came with the new ids.
    """
    if not may_be_renumbered(sights):
        return None
    known = (
        _known_by_words(memory, sights) > 0.8 * len(sights) if len(sights) >= _ENOUGH else _stood(memory, page, sights)
    )
    return anew(memory, page, sights) if known else None


def _stood(memory: Memory, page: PageMemory, sights: Sequence[Sight]) -> bool:
    """Whether each of a few posts stood there with the same words and the same time: less would be no proof."""
    had = {(one.hash, one.published_at) for key in (*page.order, *page.pinned) if (one := memory.seen.get(key))}
    return all(sight.post.published_at and (sight.hash, sight.post.published_at) in had for sight in sights)


def anew(memory: Memory, page: PageMemory, sights: Sequence[Sight]) -> Links:
    """All posts of the page by what they say, as their keys tell nothing."""
    aliases = _by_content(memory, page, sights)
    alarm = f"the page has other ids for the posts it had: {_found(sights, aliases)}"
    known = _found_again(memory, sights, aliases)
    edited = sum(is_edited(one, sight) for one, sight in known)
    reread = {one.key for one, _ in known} if too_many(edited, of=len(sights)) else frozenset[str]()
    return Links(aliases=aliases, anew=True, reread=reread, alarm=alarm)


def _found_again(memory: Memory, sights: Iterable[Sight], aliases: Mapping[str, str]) -> list[tuple[Seen, Sight]]:
    """The posts of a snapshot that are known, by their own keys or by another, with what is remembered of them."""
    keys = ((aliases.get(sight.post.key, sight.post.key), sight) for sight in sights)
    return [(memory.seen[key], sight) for key, sight in keys if key in memory.seen]


def may_be_renumbered(sights: Sequence[Sight]) -> bool:
    fresh = len(unseen(sights))
    return fresh > 0.8 * len(sights) if len(sights) >= _ENOUGH else 0 < fresh == len(sights)


def _found(sights: Sequence[Sight], aliases: Mapping[str, str]) -> str:
    known = sum(sight.known is not None for sight in sights)
    return f"{known + len(aliases)} of {len(sights)} posts were found again"


def _known_by_words(memory: Memory, sights: Sequence[Sight]) -> int:
    """How many posts have a headline, or else a text, that is known. A headline that stands twice tells nothing."""
    titles = {normal_title(one.title) for one in memory.seen.values()}
    texts = {fold(one.text) for one in memory.seen.values()}
    own = Counter(_own_title(sight.post) for sight in sights)
    return sum(
        title in titles if (title := _own_title(sight.post)) and own[title] == 1 else _in(texts, sight.post.text)
        for sight in sights
    )


def _in(texts: Collection[str], text: str) -> bool:
    return bool(text) and fold(text) in texts


def _own_title(post: Post) -> str:
    return "" if post.title_is_derived else normal_title(post.title)


def _by_content(memory: Memory, page: PageMemory, sights: Sequence[Sight]) -> dict[str, str]:
    """Unseen posts by headline, then text, first among the posts that stood on the page, then among all.

    A headline alone is not enough for one that aged out long ago, nor where nearly all others keep their keys: "GOAL!"
    comes again, and must not be lost.
    """
    here = {sight.post.key for sight in sights}
    on_page = {*page.order, *page.pinned}
    free = [one for one in memory.seen.values() if one.key not in here]
    fresh = unseen(sights)
    links = _by_words({}, fresh, [one for one in free if one.key in on_page])
    gone = _by_words(links, fresh, [one for one in free if one.key not in on_page])
    posts = {post.key: post for post in fresh}
    doubtful = gone if len(fresh) > 0.2 * len(sights) else {**links, **gone}
    unlike = {key for key, known in doubtful.items() if not _tells_the_same(memory.seen[known], posts[key])}
    links = {key: known for key, known in {**links, **gone}.items() if key not in unlike}
    window = {one.key: fold(one.text) for one in free if one.key in on_page}
    _pair_alike(links, [post for post in unseen(sights) if post.key not in links], window)
    return links


def _by_words(linked: Mapping[str, str], fresh: Sequence[Post], pool: Sequence[Seen]) -> dict[str, str]:
    """Links by headline, then by text, for the posts that are not linked yet."""
    links: dict[str, str] = {}
    free = [post for post in fresh if post.key not in linked]
    _pair(links, free, _own_title, {one.key: normal_title(one.title) for one in pool})
    _pair(links, free, lambda post: fold(post.text), {one.key: fold(one.text) for one in pool})
    return links


def _tells_the_same(known: Seen, post: Post) -> bool:
    """Whether time or text confirm what a headline says."""
    same_time = post.published_at is not None and post.published_at == known.published_at
    return same_time or (len(post.text.split()) >= _TELLING_TEXT and alike(known.text, post.text))


def _pair(
    links: dict[str, str], posts: Iterable[Post], words_of: Callable[[Post], str], known: Mapping[str, str]
) -> None:
    """Link what has the same words, where they stand once on either side."""
    used = set(links.values())
    theirs = _standing_once((words, key) for key, words in known.items() if key not in used)
    ours = _standing_once((words_of(post), post.key) for post in posts if post.key not in links)
    links.update({ours[words]: theirs[words] for words in ours.keys() & theirs.keys()})


def _standing_once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = [(words, key) for words, key in pairs if words]
    times = Counter(words for words, _ in pairs)
    return {words: key for words, key in pairs if times[words] == 1}


def _pair_alike(links: dict[str, str], posts: Sequence[Post], known: dict[str, str]) -> None:
    """Link texts that are versions of one, each known post once, within a bound on the work."""
    free = {key: text for key, text in known.items() if text and key not in links.values()}
    for post in posts[: _MOST_COMPARED // (len(free) or 1)]:
        text = fold(post.text)
        found = process.extract(text, free, scorer=fuzz.token_set_ratio, score_cutoff=TEXT_RATIO, limit=5)
        match = next((key for candidate, _, key in found if _text_ratio(candidate, text)), None)
        if match is not None:
            links[post.key] = match
            del free[match]


# --- derived keys --------------------------------------------------------------------------------------------------


def derived(memory: Memory, page: PageMemory, sights: Sequence[Sight]) -> Links:
    """Posts without an id whose derived key changed with their text, linked to the ones that just vanished."""
    fresh = [post for post in unseen(sights) if post.key_kind is KeyKind.DERIVED]
    here = {sight.post.key for sight in sights}
    vanished = [
        memory.seen[key] for key in (*page.order, *sorted(page.pinned)) if key in memory.seen and key not in here
    ]
    if not fresh or not vanished:
        return NO_LINKS
    neighbours = _Neighbours.of(page, sights)
    once = _times_standing_once(fresh) & _times_standing_once(vanished)
    both: list[Post | Seen] = [*fresh, *vanished]
    words = {one.key: (normal_title(one.title), fold(one.text)) for one in both}
    pairs = [(known, post) for post in fresh for known in vanished[: _MOST_COMPARED // len(fresh)]]
    scored = [(_likeness(known, post, neighbours, once, words), post.key, known.key) for known, post in pairs]
    links: dict[str, str] = {}
    for score, key, known_key in sorted(scored, key=lambda one: -one[0]):
        if score > 0 and key not in links and known_key not in links.values():
            links[key] = known_key
    return Links(aliases=links)


def _times_standing_once(posts: Iterable[Post | Seen]) -> set[datetime]:
    times = Counter(post.published_at for post in posts)
    return {time for time, count in times.items() if time is not None and count == 1}


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """In which gap between the posts that stayed a post stood, or stands: how many stayed above it."""

    before: Mapping[str, int]
    now: Mapping[str, int]
    stayed: int

    @classmethod
    def of(cls, page: PageMemory, sights: Sequence[Sight]) -> _Neighbours:
        listed = [sight.post.key for sight in sights if not sight.post.pinned]
        fixed = anchors(page.order, listed)
        return cls(_gaps(page.order, fixed), _gaps(listed, fixed), len(fixed))

    def are_the_same(self, known: Seen, post: Post) -> bool:
        """Whether the one stands where the other stood. Where nothing stayed, their times must not differ."""
        undated = known.published_at is None or post.published_at is None
        return self.before.get(known.key) == self.now.get(post.key) and (self.stayed > 0 or undated)


def _gaps(keys: Iterable[str], fixed: Collection[str]) -> dict[str, int]:
    gaps: dict[str, int] = {}
    above = 0
    for key in keys:
        gaps[key] = above
        above += key in fixed
    return gaps


def _likeness(
    known: Seen,
    post: Post,
    neighbours: _Neighbours,
    once: Collection[datetime],
    words: Mapping[str, tuple[str, str]],
) -> float:
    """How surely a derived post is the vanished one; 0 where it is not.

    A time that nothing else has is enough. So is the headline or the text, in the same place or at the same time; far
    from there it takes both, as "GOAL!" comes again.
    """
    (title, text), (known_title, known_text) = words[post.key], words[known.key]
    same_time = post.published_at is not None and post.published_at == known.published_at
    here = same_time or neighbours.are_the_same(known, post)
    title_ratio = fuzz.ratio(title, known_title, score_cutoff=TITLE_RATIO) if title else 0.0
    text_ratio = _text_ratio(text, known_text) if here or title_ratio else 0.0
    if same_time and post.published_at in once:
        return 200 + title_ratio + text_ratio
    enough = any if here else all
    return title_ratio + text_ratio if enough((title_ratio, text_ratio)) else 0.0
