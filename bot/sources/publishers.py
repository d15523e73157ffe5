"""What is known of single publishers, by the host of their blog's address. Evidence: measured on captured pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """How a publisher's LiveBlogPosting departs from what the words say."""

    lists_every_post: bool = False  # so that a missing post was taken away
    escapes_twice: bool = False
    cuts_at: int | None = None  # characters after which it cuts a body
    gives_excerpts: bool = False  # never a whole body
    page_headline_for_none: bool = False  # a post without headline carries the page's
    anchor: str | None = None  # the fragment under which a post stands in the page, where its url is not given
    page_images: bool = False  # the page's pictures on updates are only the page's; else only where most bear them


_REACH = Publisher(lists_every_post=True, page_images=True)
_BBC = Publisher(page_headline_for_none=True)

_BY_DOMAIN = {
    "cnn.com": Publisher(lists_every_post=True, page_images=True),
    "apnews.com": Publisher(lists_every_post=True),
    "repubblica.it": Publisher(lists_every_post=True),
    "express.co.uk": Publisher(escapes_twice=True, gives_excerpts=True, page_images=True),
    "theguardian.com": Publisher(cuts_at=1000, page_headline_for_none=True, page_images=True, anchor="block-{}"),
    "independent.co.uk": Publisher(page_images=True),
    "indiatimes.com": Publisher(gives_excerpts=True),
    "bbc.com": _BBC,
    "bbc.co.uk": _BBC,
    **dict.fromkeys(
        (
            "mirror.co.uk",
            "corkbeo.ie",
            "dublinlive.ie",
            "belfastlive.co.uk",
            "birminghammail.co.uk",
            "bristolpost.co.uk",
            "chroniclelive.co.uk",
            "dailyrecord.co.uk",
            "dailystar.co.uk",
            "edinburghlive.co.uk",
            "glasgowlive.co.uk",
            "irishmirror.ie",
            "leeds-live.co.uk",
            "liverpoolecho.co.uk",
            "manchestereveningnews.co.uk",
            "mylondon.news",
            "nottinghampost.com",
            "plymouthherald.co.uk",
            "walesonline.co.uk",
        ),
        _REACH,
    ),
}
_UNKNOWN = Publisher()


def publisher_of(url: str) -> Publisher:
    """The publisher of a blog, one without habits where the host is not known."""
    try:
        labels = (urlsplit(url).hostname or "").lower().split(".")
    except ValueError:
        return _UNKNOWN
    domains = (".".join(labels[start:]) for start in range(len(labels)))
    return next((_BY_DOMAIN[domain] for domain in domains if domain in _BY_DOMAIN), _UNKNOWN)
