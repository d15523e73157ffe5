"""An edition as a publisher would emit it: a page to read, with a schema.org LiveBlogPosting for machines. Pure."""

from __future__ import annotations

import json
import re
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urljoin

from bot.core.model import Post
from bot.demo.edition import Edition


def anchor(post: Post) -> str:
    """The id of a post on the page."""
    return f"post-{post.key}"


def json_ld(edition: Edition, address: str) -> dict[str, Any]:
    """LiveBlogPosting (https://schema.org/LiveBlogPosting); a post that was taken down is simply not there."""
    ended = {"coverageEndTime": edition.modified_at.isoformat()} if edition.over else {}
    return {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "@id": address,
        "url": address,
        "headline": edition.title,
        "description": edition.description,
        "inLanguage": edition.language,
        "publisher": {"@type": "NewsMediaOrganization", "name": edition.publisher},
        "coverageStartTime": edition.opened_at.isoformat(),
        **ended,
        "datePublished": edition.opened_at.isoformat(),
        "dateModified": edition.modified_at.isoformat(),
        "liveBlogUpdate": [_update(post, address) for post in edition.posts],
    }


def _update(post: Post, address: str) -> dict[str, Any]:
    update: dict[str, Any] = {
        "@type": "BlogPosting",
        "url": f"{address}#{anchor(post)}",
        "headline": post.title,
        "articleBody": _body(post),
        "datePublished": _iso(post.published_at),
        "dateModified": _iso(post.modified_at or post.published_at),
        "author": [{"@type": "Person", "name": name} for name in post.authors],
        "keywords": list(post.tags),
        "image": [
            {"@type": "ImageObject", "url": urljoin(f"{address}/", image.url), "caption": image.caption or ""}
            for image in post.images
        ],
    }
    return {name: value for name, value in update.items() if value not in (None, [])}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _body(post: Post) -> str:
    return "".join(_paragraph(one.strip()) for one in post.text.split("\n\n") if one.strip())


def _paragraph(text: str) -> str:
    """A paragraph as HTML: a list where each of its lines has a bullet, a quotation where it begins with `>`."""
    lines = text.split("\n")
    if all(line.startswith("• ") for line in lines):
        return f"<ul>{''.join(f'<li>{_marked(line[2:])}</li>' for line in lines)}</ul>"
    if text.startswith("> "):
        return f"<blockquote><p>{_broken(text[2:])}</p></blockquote>"
    return f"<p>{_broken(text)}</p>"


def _broken(text: str) -> str:
    return _marked(text).replace("\n", "<br>")


def _marked(text: str) -> str:
    """Text as HTML. Of all that looks like mark-up only emphasis is."""
    return re.sub(r"&lt;em&gt;(.*?)&lt;/em&gt;", r"<em>\1</em>", escape(text, quote=False), flags=re.DOTALL)


def page(edition: Edition, address: str) -> str:
    """The whole HTML page. Deterministic: the same edition at the same address is the same bytes."""
    return _PAGE.format(
        language=escape(edition.language),
        title=escape(re.sub("</?em>", "", edition.title)),
        headline=_marked(edition.title),
        description=_marked(edition.description),
        publisher=escape(edition.publisher),
        address=escape(address),
        note=escape(edition.note),
        status="" if edition.over else '<span class="live">Live</span>',
        count=f"{len(edition.posts)} posts" if len(edition.posts) != 1 else "1 post",
        posts="\n".join(_article(post) for post in edition.posts),
        script=_script_safe(json.dumps(json_ld(edition, address), ensure_ascii=False, indent=1)),
    )


def _script_safe(text: str) -> str:
    """JSON that cannot close the script it stands in."""
    return text.replace("<", "\\u003c")


def _article(post: Post) -> str:
    mark = '<span class="pin">Pinned</span>' if post.pinned else ""
    headline = f'<h2><a href="#{escape(anchor(post))}">{_marked(post.title)}</a></h2>' if post.title else ""
    tags = "".join(f"<li>{escape(tag)}</li>" for tag in post.tags)
    return (
        f'<article id="{escape(anchor(post))}"{" class=pinned" if post.pinned else ""}>'
        f'<p class="when">{_when(post)} {mark}</p>{headline}{_byline(post)}{_figures(post)}{_body(post)}'
        f'<ul class="tags">{tags}</ul></article>'
    )


def _byline(post: Post) -> str:
    return f'<p class="by">{escape(", ".join(post.authors))}</p>' if post.authors else ""


def _figures(post: Post) -> str:
    return "".join(
        f'<figure><img src="{escape(_from_page(image.url))}" alt="" width="960" height="540" loading="lazy">'
        f"<figcaption>{_marked(image.caption or '')}</figcaption></figure>"
        for image in post.images
    )


def _from_page(url: str) -> str:
    """A picture's address as seen from `/live`, which has no slash at its end."""
    return url if "//" in url else f"live/{url}"


def _when(post: Post) -> str:
    if not post.published_at:
        return ""
    updated = ""
    if post.modified_at and post.modified_at > post.published_at:
        updated = f", updated {_clock(post.modified_at)}"
    return _clock(post.published_at) + updated


def _clock(moment: datetime) -> str:
    return f'<time datetime="{moment.isoformat()}">{moment:%H:%M} UTC</time>'


_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="canonical" href="{address}">
<link rel="stylesheet" href="live/blog.css">
<script type="application/ld+json">
{script}
</script>
<script src="live/blog.js" defer></script>
</head>
<body>
<header>
<p class="paper">{publisher}</p>
<h1>{headline}</h1>
<p class="lead">{description}</p>
<p class="status">{status}<span>{count}</span></p>
</header>
<main>
{posts}
</main>
<footer>{note}</footer>
</body>
</html>
"""
