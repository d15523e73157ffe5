"""schema.org LiveBlogPosting: in a page's ld+json scripts, or as a JSON file of its own.

Terms: https://schema.org/LiveBlogPosting. What publishers emit departs from it in most ways that it can; every
departure met here was seen on a page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from bot.core.embeds import of_address
from bot.core.ending import ending_of
from bot.core.identity import image_id, same_address
from bot.core.markup import rich_of_plain, text_of_plain
from bot.core.model import Embed, Image, KeyKind, Post, Snapshot, SnapshotKind
from bot.core.rich import Rich
from bot.sources.dom import shared_picture
from bot.sources.handover import next_page
from bot.sources.keys import Candidate, keyed
from bot.sources.ldjson import Found, Node, address_of, find_blogs, listed, scripts_in, strings, text_in, variants
from bot.sources.parts import (
    absolute,
    distinct_images,
    merged,
    names_in,
    same_words,
    titled,
    with_pinned_copy,
    with_pinned_summary,
    without_repeats,
)
from bot.sources.publishers import Publisher, publisher_of
from bot.sources.shape import NotReadable, Reader, ReadRules, Source
from bot.sources.times import time_of

_NAME = "LiveBlogPosting"
_SAID = re.compile(r'LiveBlogPosting|"liveBlogUpdate"')
_PLACEHOLDER = re.compile(r"\[\[(?:\w+:|\([\w.]{1,80}\))[^\[\]\n]*\]\]")
_ESCAPED_TWICE = re.compile(
    r"&amp;(?:#\d+|#x[0-9a-f]+|quot|apos|nbsp|[lr][sd]quo|[nm]dash|hellip);|&lt;(?:/p|/div|br ?/?)&gt;", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?:|/|#|\?|\./", re.IGNORECASE)
_SAMPLE = re.compile(r"https?://(?:www\.)?ampbyexample\.com/", re.IGNORECASE)
_LINES = re.compile(r"(?:<|&lt;)(?:table|ol|ul|pre)\b", re.IGNORECASE)
_CLOCK = re.compile(r"^\d{1,2}[:.]\d{2} ?\([A-Z]{2,5}\)[\s\u200b]*")
_ENDS_SENTENCE = re.compile(r"[.!?:;…][\"”’')\]]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blog:
    """What the posts need to know of their blog while they are read."""

    node: Node
    found: Found
    url: str
    title: str | None
    publisher: Publisher
    escaped_twice: bool
    rules: ReadRules
    picture: str | None = None  # under which the page is shared; known where posts without one of their own bear it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posts:
    """Posts, the mark-up their text was made from by key, and what was passed over on the way."""

    posts: tuple[Post, ...]
    markup: Mapping[str, str]
    notes: tuple[str, ...]


def sees(source: Source) -> str | None:
    """Why this reader would read a source."""
    if source.is_feed or not _SAID.search(source.text):
        return None
    if source.start.startswith(("{", "[")):
        return f"JSON that holds a {_NAME}"
    return next(
        (f"an ld+json script of type {_NAME}" for script in scripts_in(source.text) if _SAID.search(script)), None
    )


def read(source: Source, rules: ReadRules) -> Snapshot:
    """The blog of a page. Raises `NotReadable` where there is no LiveBlogPosting; one without posts is a blog too."""
    found = find_blogs(source)
    if not found.blogs:
        raise NotReadable(f"no {_NAME}: {_what_was_found(found)}")
    return snapshot_of(found, source, rules)


def snapshot_of(found: Found, source: Source, rules: ReadRules, name: str = "jsonld") -> Snapshot:
    """The blog of a page as found; from ld+json, or from microdata in the same words."""
    blogs = [_blog(node, found, source, rules) for node in variants(found.blogs, source.page.url)]
    read_posts = _posts_of_all(blogs)
    posts = with_pinned_summary(read_posts.posts)
    ending = ending_of(blogs[0].title, posts)
    return Snapshot(
        format=name,
        kind=SnapshotKind.FULL if _is_full(blogs[0], name) else SnapshotKind.WINDOW,
        posts=tuple(titled(post, rules.language) for post in posts),
        title=blogs[0].title,
        url=blogs[0].url or None,
        language=next(strings(blogs[0].node.get("inLanguage"), ("alternateName", "name")), None),
        modified_at=time_of(_one(blogs[0].node, "dateModified"), rules.zone),
        ended=ending.ended,
        next_url=next_page(read_posts.markup[ending.moved], source, blogs[0].url) if ending.moved else None,
        starts_at=time_of(_one(blogs[0].node, "coverageStartTime"), rules.zone),
        notes=(*found.notes, *read_posts.notes),
    )


def _is_full(blog: _Blog, name: str) -> bool:
    """Whether all posts are there: known of some publishers' ld+json, of nobody's mark-up."""
    return name == "jsonld" and blog.publisher.lists_every_post


def _what_was_found(found: Found) -> str:
    if found.notes:
        return "; ".join(found.notes)
    types = ", ".join(found.types[:6]) or "nothing typed"
    return f"found {found.places} ld+json scripts ({types})" if found.places else "found no ld+json script"


def _blog(node: Node, found: Found, source: Source, rules: ReadRules) -> _Blog:
    url = absolute(address_of(node) or next(strings(node.get("url")), ""), source.page.url) or source.page.url
    publisher = publisher_of(url)
    escaped_twice = publisher.escapes_twice or _is_escaped_twice(listed(node.get("liveBlogUpdate")))
    title = _line(node.get("headline") or node.get("name"), escaped_twice)
    return _Blog(
        node=node,
        found=found,
        url=url,
        title=title,
        publisher=publisher,
        escaped_twice=escaped_twice,
        rules=rules,
        picture=shared_picture(source) if publisher.page_images and source.is_html else None,
    )


def _is_escaped_twice(updates: Sequence[Node]) -> bool:
    """Whether posts show references to characters that no reader is meant to see. One alone may be about them."""
    signs = sum(
        bool(_ESCAPED_TWICE.search(f"{text_in(one.get('headline'))} {text_in(one.get('articleBody'))}"))
        for one in updates
    )
    return signs >= min(2, max(1, len(updates)))


# --- posts ---------------------------------------------------------------------------------------------------------


def _posts_of_all(blogs: Sequence[_Blog]) -> _Posts:
    """The posts of a blog and of its variants, each once, the first variant's own where both have it."""
    posts: dict[str, Post] = {}
    markup: dict[str, str] = {}
    notes: list[str] = []
    for blog in blogs:
        one = _posts_of(blog)
        for post in one.posts:
            posts.setdefault(post.key, post)
        markup = {**one.markup, **markup}
        notes += one.notes
    return _Posts(posts=tuple(posts.values()), markup=markup, notes=tuple(notes))


def _posts_of(blog: _Blog) -> _Posts:
    updates = [_resolved(update, blog.found) for update in listed(blog.node.get("liveBlogUpdate"))]
    candidates = [_candidate(update, blog) for update in updates]
    kept = [candidate for candidate in candidates if _says_anything(candidate)]
    notes = [f"{len(candidates) - len(kept)} updates are empty or samples"] if len(kept) < len(candidates) else []
    found, more = keyed(_without_what_is_the_pages(kept, blog), blog.url, blog.rules.identity)
    posts = [_anchored(post, blog) for post in found]
    markup = {post.key: candidate.markup for post, candidate in zip(posts, kept, strict=True)}
    return _Posts(posts=merged(with_pinned_copy(posts)), markup=markup, notes=(*notes, *more))


def _anchored(post: Post, blog: _Blog) -> Post:
    if post.url or not blog.publisher.anchor or post.key_kind is KeyKind.DERIVED:
        return post
    return replace(post, url=f"{blog.url}#{blog.publisher.anchor.format(post.key)}")


def _resolved(update: Node, found: Found) -> Node:
    """An update that is only a reference to another object of the same @graph, as that object."""
    return found.by_id.get(update["@id"], update) if len(update) <= 2 and isinstance(update.get("@id"), str) else update


def _candidate(update: Node, blog: _Blog) -> Candidate:
    raw = text_in(update.get("articleBody") or update.get("text"))
    body = _body(raw, blog)
    body = body if body.text else Rich.joined([body, _body(text_in(update.get("description")), blog)])
    body = _with_videos(body, update, blog) if update.get("video") else body
    summary = _body(text_in(update.get("abstract") or update.get("description")), blog).text
    ids = [one.strip() for name in ("@id", "url", "identifier") for one in strings(update.get(name), ("value", "@id"))]
    addresses = [*ids, *strings(update.get("mainEntityOfPage"), ("@id", "url"))]
    cut = blog.publisher.cuts_at
    images = [*_images(update.get("image") or update.get("thumbnailUrl"), blog.url), *body.images]
    return Candidate(
        post=Post(
            key="",
            title=_headline(_line(update.get("headline") or update.get("name"), blog.escaped_twice)),
            text=body.text,
            entities=body.entities,
            embeds=body.embeds,
            text_is_whole=not blog.publisher.gives_excerpts and not (cut and len(raw) >= cut),
            summary=summary if summary and summary not in body.text else None,
            published_at=time_of(_one(update, "datePublished"), blog.rules.zone),
            modified_at=time_of(_one(update, "dateModified"), blog.rules.zone),
            authors=_authors(update.get("author") or update.get("creator"), blog.found),
            tags=tuple(_tags(update.get("keywords"))),
            images=distinct_images(images),
            url=next(_own_addresses(addresses, blog.url), None),
        ),
        addresses=tuple(addresses),
        markup=raw,
    )


def _own_addresses(addresses: Sequence[str], blog_url: str) -> Iterator[str]:
    """Addresses of a post that lead to it and not just to its blog."""
    for url in (absolute(one, blog_url) for one in addresses if _ADDRESS.match(one.strip())):
        if url and ("#" in url or not same_address(url, blog_url) or "?" in url):
            yield url


def _says_anything(candidate: Candidate) -> bool:
    """False for an empty update, and for the sample posts that an AMP theme ships inside every blog."""
    post = candidate.post
    if any(_SAMPLE.match(address) for address in candidate.addresses):
        return False
    return bool(post.title or post.text or post.images or post.published_at or candidate.addresses)


def _without_what_is_the_pages(candidates: Sequence[Candidate], blog: _Blog) -> list[Candidate]:
    """Posts without the headline, pictures and times that are only the page's, repeated on each."""
    posts = [candidate.post for candidate in candidates]
    pictures = [*_images(blog.node.get("image"), blog.url), *_images(blog.picture, blog.url)]
    page_images = {image_id(image.url) for image in pictures}
    shown = Counter(image_id(image.url) for post in posts for image in post.images)
    known, most = blog.publisher.page_images, max(1.0, len(posts) / 2)
    often = {one for one in page_images if known or shown[one] > most}
    headlines = sum(same_words(post.title, blog.title) for post in posts)
    repeats = blog.publisher.page_headline_for_none or headlines > 1 or len(posts) == 1
    started = time_of(_one(blog.node, "datePublished"), blog.rules.zone)
    page_times = len(posts) > 1 and all(post.published_at == started for post in posts)
    return [
        replace(candidate, post=_bare(candidate.post, blog.title if repeats else None, often, page_times))
        for candidate in candidates
    ]


def _bare(post: Post, page_title: str | None, page_images: set[str], page_times: bool) -> Post:
    return replace(
        post,
        title=None if same_words(post.title, page_title) else post.title,
        images=tuple(image for image in post.images if image_id(image.url) not in page_images),
        published_at=None if page_times else post.published_at,
        modified_at=None if page_times else post.modified_at,
    )


# --- values --------------------------------------------------------------------------------------------------------


def _one(node: Node, name: str) -> object:
    value = node.get(name)
    return next(strings(value), None) if isinstance(value, list | Mapping) else value


def _line(value: Any, escaped_twice: bool) -> str | None:
    """A headline: one line of text, or None."""
    return (
        " ".join(text_of_plain(" ".join(strings(value, ("@value", "name"))), escaped_twice=escaped_twice).split())
        or None
    )


def _headline(title: str | None) -> str | None:
    """A headline without the clock that stands before it: "19:02(IST) Rain" is "Rain"."""
    return _CLOCK.sub("", title) or None if title else None


def _body(raw: str, blog: _Blog) -> Rich:
    """A body as paragraphs. Lines broken in the middle of a sentence are joined, other breaks part paragraphs."""
    body = rich_of_plain(raw, blog.url, escaped_twice=blog.escaped_twice)
    text = _PLACEHOLDER.sub("", body.text).strip()
    if "\n" in text and "\n\n" not in text and not _LINES.search(raw):
        text = _paragraphs(text.split("\n"))
    return body.like(without_repeats(text))


def _with_videos(body: Rich, update: Node, blog: _Blog) -> Rich:
    """What an update says of its film; without an address of its own it is none."""
    known = {one.url for one in body.embeds}
    films = [one for node in listed(update.get("video")) if (one := _video(node, blog)) and one.url not in known]
    return replace(body, embeds=(*body.embeds, *films)) if films else body


def _video(node: Node, blog: _Blog) -> Embed | None:
    addresses = (one for name in ("url", "embedUrl", "contentUrl") for one in strings(node.get(name)))
    url = next((url for one in addresses if (url := absolute(one, blog.url)) and not same_address(url, blog.url)), None)
    found = of_address(url, _line(node.get("name"), blog.escaped_twice))
    return replace(found, kind="video") if found and found.kind == "frame" else found


def _paragraphs(lines: Sequence[str]) -> str:
    breaks = list(pairwise(lines))
    wrapped = any(not _ENDS_SENTENCE.search(before) and after[:1].islower() for before, after in breaks)
    text = lines[0]
    for before, after in breaks:
        if wrapped and not _ENDS_SENTENCE.search(before):
            text += f" {after}"
        else:
            text += f"\n{after}" if after.startswith("• ") and before.startswith("• ") else f"\n\n{after}"
    return text


def _authors(value: Any, found: Found) -> tuple[str, ...]:
    people = [
        _resolved(one, found) if isinstance(one, Mapping) else one
        for one in (value if isinstance(value, list) else [value])
    ]
    names = [name for person in people for name in strings(person, ("name",))]
    return tuple(dict.fromkeys(one for name in names if "://" not in name for one in names_in(text_of_plain(name))))


def _tags(value: Any) -> Iterator[str]:
    for tag in strings(value):
        yield from (one for one in (text_of_plain(part) for part in tag.split(",")) if one)


def _images(value: Any, base: str) -> Iterator[Image]:
    for one in listed(value) or [{"url": each} for each in strings(value)]:
        url = next((url for url in (absolute(each, base) for each in _addresses(one)) if url), None)
        if url:
            credit = _line(one.get("creditText") or one.get("copyrightNotice"), False)
            yield Image(url=url, caption=_line(one.get("caption"), False), credit=credit)


def _addresses(image: Node) -> Iterator[str]:
    for name in ("url", "contentUrl", "@id"):
        yield from strings(image.get(name))


READER = Reader(name="jsonld", sees=sees, read=read)
