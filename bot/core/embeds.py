"""What stands in a post from elsewhere: which elements hold it, where a reader would see it, and whose it is.

A page embeds a film or another site's post through a frame, a quote with a class that a script turns into more, or an
element of AMP's (https://amp.dev/documentation/components/). Of each a link remains, to where people look at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborNode

from bot.core.addresses import absolute
from bot.core.model import Embed

Attributes = Mapping[str, str | None]

_QUOTED = {
    "twitter-tweet": "x",
    "nojs-tweet": "x",
    "twitter-video": "x",
    "instagram-media": "instagram",
    "tiktok-embed": "tiktok",
    "bluesky-embed": "bluesky",
    "text-post-media": "threads",
    "reddit-embed-bq": "reddit",
    "reddit-card": "reddit",
    "mastodon-embed": "mastodon",
    "fb-post": "facebook",
    "fb-video": "facebook",
    "fb-xfbml-parse-ignore": "facebook",
}
_SITES = {
    "twitter.com": "x",
    "x.com": "x",
    "instagram.com": "instagram",
    "tiktok.com": "tiktok",
    "facebook.com": "facebook",
    "bsky.app": "bluesky",
    "threads.net": "threads",
    "threads.com": "threads",
    "reddit.com": "reddit",
    "youtube.com": "youtube",
    "youtube-nocookie.com": "youtube",
    "youtu.be": "youtube",
    "vimeo.com": "vimeo",
    "dailymotion.com": "dailymotion",
    "t.me": "telegram",
    "spotify.com": "audio",
    "soundcloud.com": "audio",
}
_AMP = {
    "amp-twitter": ("data-tweetid", "https://x.com/i/status/{}"),
    "amp-youtube": ("data-videoid", "https://www.youtube.com/watch?v={}"),
    "lite-youtube": ("videoid", "https://www.youtube.com/watch?v={}"),
    "amp-instagram": ("data-shortcode", "https://www.instagram.com/p/{}/"),
    "amp-vimeo": ("data-videoid", "https://vimeo.com/{}"),
    "lite-vimeo": ("videoid", "https://vimeo.com/{}"),
    "amp-dailymotion": ("data-videoid", "https://www.dailymotion.com/video/{}"),
    "amp-facebook": ("data-href", "{}"),
    "amp-facebook-video": ("data-href", "{}"),
    "amp-tiktok": ("data-src", "{}"),
    "amp-reddit": ("data-src", "{}"),
    "amp-iframe": ("src", "{}"),
    "amp-video-iframe": ("src", "{}"),
}
FILES = {"video": "video", "audio": "audio", "amp-video": "video", "amp-audio": "audio"}
ELEMENTS = frozenset(("iframe", *FILES, *_AMP))
"""Names of elements that are embeds by themselves. Quotes and boxes are by their class alone."""

_PARTS = re.compile(r"[\w-]{1,64}")
_UNSEEN_FRAME = re.compile(
    r"googletagmanager\.|doubleclick\.|googlesyndication\.|adservice\.|amazon-adsystem\.|facebook\.com/tr\b|/recaptcha/"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_POSTED_BY = re.compile(r"[—–-]\s*([^—–\n]{0,80}?\(@[\w.]{1,40}\))")
_SHARED_BY = re.compile(r"A post shared by\s+(.{1,80}?)(?:\s+on\s|\s*$)")
_HANDLES = {
    "x": re.compile(r"/(?!i/)(\w{1,40})/status"),
    "tiktok": re.compile(r"/@([\w.]{1,40})/"),
    "threads": re.compile(r"/@([\w.]{1,40})/"),
    "bluesky": re.compile(r"/profile/([\w-]+\.[\w.-]{1,60})/"),
}
_READ = 3_000  # characters at the end of a quote, where its author is named
_STATUS = re.compile(r"/status(?:es)?/\d+")


def of_element(tag: str, marks: Attributes, base: str, source: str | None = None) -> Embed | None:
    """The embed that an element of `ELEMENTS` is. `source`: the address inside it, where its own attributes have none.

    None for counting frames, for what is hidden, and where no http(s) address is known.
    """
    title = _said(marks, "title", "aria-label", "data-title")
    if tag in FILES:
        url = absolute(marks.get("src") or source, base)
        return Embed(kind=FILES[tag], url=url, title=title) if url else None
    if tag in _AMP:
        name, pattern = _AMP[tag]
        part = (marks.get(name) or "").strip()
        is_part = pattern == "{}" or _PARTS.fullmatch(part)
        return of_address(absolute(pattern.format(part), base), title) if part and is_part else None
    return None if _is_unseen(marks) else of_address(absolute(_said(marks, "src", "data-src"), base), title)


def of_quote(marks: Attributes, base: str, links: Callable[[], list[str]], text: Callable[[], str]) -> Embed | None:
    """The post of another site that an element with one of the known classes quotes. `links`: the addresses in it."""
    kind = next((_QUOTED[name] for name in (marks.get("class") or "").split() if name in _QUOTED), None)
    if kind is None:
        return None
    named = _said(marks, "data-instgrm-permalink", "data-text-post-permalink", "cite", "data-href", "data-embed-url")
    found = [named] if named else [one for one in links() if kind != "x" or _STATUS.search(one)][-1:]
    url = absolute(found[0] if found else None, base)
    return Embed(kind=kind, url=_plain(url), title=_author(text()) or _handle(kind, url)) if url else None


def of_address(url: str | None, title: str | None = None) -> Embed | None:
    """What a frame shows, by its address, linked to the page where people look at it."""
    if url is None or _UNSEEN_FRAME.search(url):
        return None
    parts = urlsplit(url)
    kind = _site(parts.hostname or "")
    ends = [one for one in parts.path.split("/") if one]
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    page = _page(kind, parts.hostname or "", ends, query)
    if page is None and kind in ("facebook", "audio"):
        inner = absolute(query.get("href") or query.get("url"), "")
        page = inner
    return Embed(kind=kind, url=page or url, title=title or _handle(kind, page or url))


def links_in(node: LexborNode, base: str) -> list[str]:
    """The addresses that an element links to."""
    found = (absolute(one.attributes.get("href"), base) for one in node.css("a[href]"))
    return [one for one in found if one]


def _page(kind: str, host: str, ends: list[str], query: Mapping[str, str]) -> str | None:
    """The page of what a player plays; None where the address is that already, or nothing better is known."""
    last = ends[-1] if ends else ""
    if kind == "youtube" and _PARTS.fullmatch(last) and (host.endswith("youtu.be") or "embed" in ends[:1]):
        return f"https://www.youtube.com/watch?v={last}" if last != "videoseries" else None
    if kind == "vimeo" and last.isdecimal():
        return f"https://vimeo.com/{last}"
    if kind == "dailymotion":
        video = query.get("video") or (last if "embed" in ends[:1] else "")
        return f"https://www.dailymotion.com/video/{video}" if _PARTS.fullmatch(video) else None
    if kind == "x" and query.get("id", "").isdecimal():
        return f"https://x.com/i/status/{query['id']}"
    if kind == "instagram" and last == "embed":
        return f"https://www.instagram.com/{'/'.join(ends[:-1])}/"
    if kind == "bluesky" and len(ends) == 4 and ends[0] == "embed":
        return f"https://bsky.app/profile/{ends[1]}/post/{ends[3]}"
    return None


def _site(host: str) -> str:
    name = host.lower()
    while "." in name:
        if name in _SITES:
            return _SITES[name]
        name = name.partition(".")[2]
    return "frame"


def _is_unseen(marks: Attributes) -> bool:
    small = {(marks.get("width") or "").strip(), (marks.get("height") or "").strip()} & {"0", "1", "0px", "1px"}
    return bool(small) or bool(_HIDDEN.search(marks.get("style") or "")) or "hidden" in marks


def _said(marks: Attributes, *names: str) -> str | None:
    return next((value for name in names if (value := (marks.get(name) or "").strip())), None)


def _plain(url: str) -> str:
    """Without the query in which the embedding page names itself."""
    return url.partition("?")[0] if _site(urlsplit(url).hostname or "") in _QUOTED.values() else url


def _handle(kind: str, url: str) -> str | None:
    """The name in the address of somebody's post."""
    found = _HANDLES[kind].match(urlsplit(url).path) if kind in _HANDLES else None
    return f"@{found[1]}" if found else None


def _author(text: str) -> str | None:
    text = " ".join(text[-_READ:].split())
    found = [*_POSTED_BY.findall(text), *_SHARED_BY.findall(text)]
    return " ".join(found[-1].split()) or None if found else None
