"""Sameness: which text is the same text, which address the same address, and what a post is known by.

Pure rules, versioned where their results are stored. The evidence behind them stands in `docs/`; in short: publishers'
times prove neither an edit nor its absence, so text is compared, after everything that no reader sees is taken out.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from html import unescape
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.core.markup import text_of_plain
from bot.core.model import Post

HASH_VERSION = "1"
"""The recipe of `content_hash`. A change of the recipe is a change of every stored hash: raise it, and rebaseline."""

_FOLDS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f•", None),
    }
)
_UNIT = r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)"
_RELATIVE = re.compile(
    rf"\b(?:updated:? )?(?:\d+ ?{_UNIT}(?:,? (?:and )?\d+ ?{_UNIT})*|an? (?:minute|hour)) ago\b"
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
_TIME_PREFIX = re.compile(rf"^{_CLOCK} ?(?:\([A-Z]{{2,5}}\)|[A-Z]{{2,5}} ?[-:|]|[-:|]) *")
_PLACEHOLDER = re.compile(r"\[\[ge:[^\]]*\]\]")
_ESCAPED_AMPERSANDS = re.compile(r"&(?:amp;)+")
_DAMAGE = re.compile("( ?\ufffd+ ?)")
_MOST_DAMAGE = 500  # runs; a page with more was not read in its own encoding
_DEEPEST_ESCAPING = 50


def fold(text: str) -> str:
    """A plain text without what no reader sees or what changes by itself: spaces, quote shapes, clocks."""
    text = unescape(_ESCAPED_AMPERSANDS.sub("&", text)).translate(_FOLDS)
    text = unicodedata.normalize("NFKC", _PLACEHOLDER.sub(" ", text)).translate(_FOLDS)
    text = " ".join(text.split())
    return " ".join(_UPDATED_AT.sub(" ", _RELATIVE.sub(" ", text)).split())


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


def content_hash(post: Post) -> str:
    """The fingerprint of what a reader sees: headline, text, pictures, struck or not. Times, url and authors are out.

    A derived headline is made from the text, so it is out as well.
    """
    title = "" if post.title_is_derived else _TIME_PREFIX.sub("", fold(post.title or ""))
    images = sorted({f"image {image_id(image.url)}" for image in post.images})
    parts = (title, fold(post.text), *images, "struck" if post.struck else "")
    digest = blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16)
    return f"{HASH_VERSION}:{digest.hexdigest()}"


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
