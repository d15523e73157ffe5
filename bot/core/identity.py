"""Sameness: which text is the same text, which address the same address, and what a post is known by.

Pure rules, versioned where their results are stored. Publishers' times prove neither an edit nor its absence (some
give one time for all posts), so text is compared, after everything that no reader sees is taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from bot.core.addresses import is_id
from bot.core.markup import decode, text_of_plain
from bot.core.model import KeyKind, Post

HASH_VERSION = "3"
"""The recipe of `content_hash`, with all that makes text of mark-up. A change of it changes stored hashes: raise it.

Texts remembered from before are then compared by their words (`bot.core.judge`), and remembered anew.
1: captions stood in the text, tables and numbered lists were runs of words.
2: the page's picture was on every post of CNN and the Independent that has none of its own.
"""

_FOLDS = {
    **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f•◦▪", ""),
}
# A pattern instead of `str.translate`, which looks every letter up as soon as a single one is not ASCII.
_FOLDED = re.compile(f"[{''.join(_FOLDS)}]")
_UNIT = r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)"
_RELATIVE = re.compile(
    rf"\b(?:updated:? )?(?:\d+ ?{_UNIT}(?:,? (?:and )?\d+ ?{_UNIT}){{0,6}}|an? (?:minute|hour)) ago\b"
    r"|\bil y a \d+ ?(?:min|minutes?|h|heures?|jours?)\b|\bvor \d+ ?(?:Min\.?|Minuten?|Std\.?|Stunden?|Tag(?:en)?)\b"
    r"|\bhace \d+ ?(?:min|minutos?|h|horas?|días?)\b|\b\d+ ?(?:min|minut[oi]|or[ae]|giorn[oi]) fa\b"
    r"|\bhá \d+ ?(?:min|minutos?|h|horas?|dias?)\b",
    re.IGNORECASE,
)
_CLOCK = r"\d{1,2}[:.h]\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?"
_UPDATED_AT = re.compile(
    rf"\b(?:last )?updated:? (?:at:? )?{_CLOCK}(?: ?\(?(?-i:[A-Z]{{2,5}})\)?)?"
    r"(?:,? (?-i:[A-Z])\w+ \d{1,2}(?:, \d{4})?)?",
    re.IGNORECASE,
)
# What each of the two has in it somewhere: they are slow, and few texts say when.
_SAYS_WHEN = (" ago", "l y a ", "vor ", "hace ", " fa", "há ", "updated")
_TIME_PREFIX = re.compile(rf"^{_CLOCK} ?(?:\([A-Z]{{2,5}}\)|[A-Z]{{2,5}} ?[-:|]|[-:|]) *")
_PLACEHOLDER = re.compile(r"\[\[ge:[^\[\]]*\]\]")
_ESCAPED_AMPERSANDS = re.compile(r"&(?:amp;)+")
_DAMAGE = re.compile("( ?\ufffd+ ?)")
_MOST_DAMAGE = 500  # runs; a page with more was not read in its own encoding
_DEEPEST_ESCAPING = 50


def fold(text: str) -> str:
    """A plain text without what no reader sees or what changes by itself: spaces, quote shapes, clocks."""
    if "&" in text:
        text = decode(_ESCAPED_AMPERSANDS.sub("&", text))
    text = _folded(unicodedata.normalize("NFKC", _PLACEHOLDER.sub(" ", _folded(text))))
    text = " ".join(text.split())
    small = text.lower()
    if not any(said in small for said in _SAYS_WHEN):
        return text
    return " ".join(_UPDATED_AT.sub(" ", _RELATIVE.sub(" ", text)).split())


def _folded(text: str) -> str:
    return _FOLDED.sub(lambda found: _FOLDS[found[0]], text)


def visible(text_or_html: str) -> str:
    """What a reader sees of a text that may hold mark-up, folded for comparison. Idempotent.

    Only known HTML elements count as mark-up: `<reopens>` stays. Entities are decoded however often they are escaped.
    """
    text = text_or_html
    for _ in range(_DEEPEST_ESCAPING):
        before, text = text, fold(text_of_plain(text))
        if text == before:
            break
    return text


@lru_cache(maxsize=2048)  # a poll asks for each post's more than once
def content_hash(post: Post) -> str:
    """The fingerprint of what a reader sees: headline, text, pictures, struck or not. Times, url and authors are out.

    A derived headline is made from the text, so it is out as well.
    """
    title = "" if post.title_is_derived else _TIME_PREFIX.sub("", fold(post.title or ""))
    images = sorted({f"image {image_id(image.url)}" for image in post.images})
    parts = (title, fold(post.text), *images, "struck" if post.struck else "")
    digest = blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16)
    return f"{HASH_VERSION}:{digest.hexdigest()}"


def is_of_this_recipe(content: str) -> bool:
    """Whether a stored `content_hash` can be compared with those made now."""
    return content.startswith(f"{HASH_VERSION}:")


def short_hash(text: str) -> str:
    """16 hexadecimal digits that stand for a text."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def image_id(url: str) -> str:
    """A picture's address without scheme, query and fragment: sizes and signatures change, the picture does not."""
    return re.split(r"[?#]", url, maxsplit=1)[0].partition("//")[2] or url


def same_text(a: str, b: str) -> bool:
    """Whether two plain texts read the same. Where only one holds U+FFFD, a run of it stands for 0 to 2 characters.

    A page decoded wrongly once is no edit.
    """
    a, b = fold(a), fold(b)
    if a == b:
        return True
    if ("\ufffd" in a) == ("\ufffd" in b):
        return False
    return _matches(a, b) if "\ufffd" in a else _matches(b, a)


def _matches(damaged: str, clean: str) -> bool:
    """Walks the whole pieces between the damage, keeping every place where the next may begin: no backtracking."""
    first, *rest = _DAMAGE.split(damaged)
    if len(rest) > 2 * _MOST_DAMAGE or not clean.startswith(first):
        return False
    places = {len(first)}
    for damage, piece in zip(rest[::2], rest[1::2], strict=True):
        widest = 2 + damage.count(" ")  # folding may have taken a space on either side
        starts = {place + gap for place in places for gap in range(widest + 1)}
        places = {start + len(piece) for start in starts if clean.startswith(piece, start)}
    return len(clean) in places


def normal_title(title: str | None) -> str:
    """A headline for finding the same post under another id: folded, without case, end marks and a clock in front."""
    folded = _TIME_PREFIX.sub("", fold(title or "")).casefold()
    return " ".join(re.sub(r"[^\w\s%€$£+&/-]|_", " ", folded).split())


# --- addresses -----------------------------------------------------------------------------------------------------

_HOST_PREFIXES = ("www.", "edition.", "m.", "mobile.", "amp.")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)
_PAGE_PARAMETERS = frozenset(("id", "p", "article", "articleid", "story", "storyid", "event", "eventid", "liveblogid"))


def same_address(url_a: str, url_b: str) -> bool:
    """Whether two addresses lead to the same page, however they are written.

    Scheme, `www.`, `edition.` and `m.`, `index.html`, a trailing slash, the fragment and the query do not count, but
    for parameters that name a page (`?id=7`).
    """
    return plain_address(url_a) == plain_address(url_b)


def plain_address(url: str) -> str:
    """An address without what does not matter to where it leads; the form in which addresses are compared."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return url.strip()
    for prefix in _HOST_PREFIXES:
        if host.startswith(prefix) and host.count(".") > 1:
            host = host.removeprefix(prefix)
            break
    path = _INDEX.sub("", unquote(parts.path)).rstrip("/")
    pages = sorted((name, value) for name, value in parse_qsl(parts.query) if name.lower() in _PAGE_PARAMETERS)
    return f"{host}{port}{path}" + "".join(f"?{name}={value}" for name, value in pages)


def link_key(url: str) -> str:
    """A link as a key: without scheme, `www.`, trailing slash and what campaigns add; a fragment may name the post."""
    address, _, fragment = url.strip().partition("#")
    kept = [(name, value) for name, value in parse_qsl(urlsplit(address).query) if not is_campaign(name)]
    query = "?" + urlencode(kept) if kept else ""
    return plain_address(address.partition("?")[0]) + query + (f"#{fragment}" if fragment else "")


def is_campaign(name: str) -> bool:
    """Whether a parameter of an address tells only how somebody came there."""
    return _CAMPAIGN.match(name) is not None


_CAMPAIGN = re.compile(r"utm_|at_|fbclid$|gclid$|cmp$|ns_|ref$|src$|xtor$|ito$|smid$|partner$", re.IGNORECASE)


# --- keys ----------------------------------------------------------------------------------------------------------

_WHOLE_BLOG = frozenset(("", "liveblog", "live-blog", "live", "main", "content", "top", "webpage", "article"))
_ID_PARAMETERS = ("postid", "post", "update", "pid", "entry", "block")
_NUMBERED = re.compile(r"(.*?)(?<!\d)(\d++)")
_LEAD_WORDS = 12
_LEAD = 400  # characters in which those words stand


def native_key(address: str, blog_url: str) -> tuple[str, KeyKind] | None:
    """The id token in an update's `@id` or url, or None where it names the blog and not a post.

    First of: a bare id as it stands, the fragment, the last path segment of another address than the blog's, an id-like
    query parameter. Only the token is kept, so that host, `index.html` and campaigns do not matter.
    """
    address = address.strip()
    if not is_id(address):
        return None
    if not re.match(r"https?:|/|\?|#|\.", address, re.IGNORECASE):
        return address, KeyKind.NATIVE
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    token = _token(unquote(parts.fragment), parts.path, parts.query, blog_url)
    return (token, KeyKind.URL) if token else None


def _token(fragment: str, path: str, query: str, blog_url: str) -> str | None:
    if fragment.strip("/").lower() not in _WHOLE_BLOG and not fragment.startswith(":~:"):
        return fragment.strip("/")
    segment, blog_segment = _last_segment(path), _last_segment(re.split(r"[?#]", blog_url, maxsplit=1)[0])
    if segment and segment != blog_segment:
        return segment
    parameters = {name.lower(): value for name, value in parse_qsl(query)}
    return next((parameters[name] for name in _ID_PARAMETERS if parameters.get(name)), None)


def _last_segment(path: str) -> str:
    return _INDEX.sub("", unquote(path)).rstrip("/").rpartition("/")[2]


def are_positions(tokens: Sequence[str], times: Sequence[datetime | None]) -> bool:
    """Whether ids are places in the list: exactly 1..n (or 0..n-1) in list order, the newest post having the lowest.

    Such ids name another post after every insertion, so they are no identity. `times` may lack values; most neighbours
    decide which end is the newer one, for a pinned post may stand above it.
    """
    found = [_NUMBERED.fullmatch(token) for token in tokens]
    if len(found) < 2 or not all(found) or len({one[1] for one in found if one}) > 1:
        return False
    numbers = [int(one[2][:12]) for one in found if one]
    if numbers[0] not in (0, 1) or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return False
    known = [time for time in times if time is not None]
    return sum((a < b) - (a > b) for a, b in pairwise(known)) <= 0


def derived_keys(posts: Sequence[Post], *, times_hold: bool = True) -> list[str]:
    """Keys for posts without ids, from what is steadiest in them, in the order of the posts.

    A publication time to the second that no other post of the snapshot has; else the first words of the text (or the
    headline); where posts share those, all that is known of them. Posts alike in everything get the same key, for they
    are the same. `times_hold` is False where times shown are those of the last edit.
    """
    times = Counter(post.published_at for post in posts)
    leads = [_lead(post) for post in posts]
    shared = Counter(lead for lead, _ in set(zip(leads, map(_all_of, posts), strict=True)))
    return [
        _time_key(post.published_at)
        if times_hold and times[post.published_at] == 1 and _is_to_the_second(post.published_at)
        else f"x-{short_hash(lead if shared[lead] == 1 else fold(_all_of(post)))}"
        for post, lead in zip(posts, leads, strict=True)
    ]


def _time_key(time: datetime | None) -> str:
    return f"t-{time.astimezone(UTC):%Y%m%dT%H%M%S.%f}" if time else ""


def _is_to_the_second(time: datetime | None) -> bool:
    """A time to the minute is shared too easily to name a post."""
    return time is not None and bool(time.second or time.microsecond)


def _lead(post: Post) -> str:
    return " ".join((fold(post.text[:_LEAD]) or fold(post.title or "")).split()[:_LEAD_WORDS])


def _all_of(post: Post) -> str:
    return f"{post.title or ''} {post.text} {post.published_at}"
