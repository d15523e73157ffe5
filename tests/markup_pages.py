"""Miniatures of pages whose own mark-up or page state holds the posts: invented text in publishers' shapes."""

from __future__ import annotations


def reach_post(number: int, body: str = "", **attributes: str) -> str:
    whole = {
        "id": str(751000 + number),
        "data-type": "default",
        "data-post-time": str(1772618400000 + number * 60_000),
        "data-last-modified-time": str(1772618400000 + number * 60_000),
        **{name.replace("_", "-"): value for name, value in attributes.items()},
    }
    written = " ".join(f'{name}="{value}"' for name, value in whole.items())
    return (
        f'<div class="live-event-entry" {written}><div class="entry-info"><time class="x">10:0{number}</time>'
        f'<mark>Ada Byron</mark></div><div class="entry-content"><h3>Headline {number}</h3>'
        f"<p>Body of post {number}.</p><p>It has two paragraphs.</p>{body}</div></div>"
    )


def reach_page(*posts: str) -> str:
    return page_of(f'<div class="live-event-entries">{"".join(posts)}</div>')


def amp_post(number: int, inner: str | None = None, **attributes: str | None) -> str:
    whole = {
        "id": f"post-{1288000 + number}",
        "data-sort-time": str(1772618400000 + number * 60_000),
        "data-update-time": str(1772618400000 + number * 60_000),
        **{name.replace("_", "-"): value for name, value in attributes.items()},
    }
    written = " ".join(f'{name}="{value}"' for name, value in whole.items() if value is not None)
    if inner is None:
        inner = (
            f'<a href="#{number}"><amp-timeago datetime="2026-03-04T11:0{number}:00.000Z">177</amp-timeago>'
            f"</a><div><h3>Headline {number}</h3><div><p>Body of post {number}.</p></div></div>"
            f"<div><div><span>Ada Byron</span><span>4 March 2026 11:0{number}</span></div></div>"
        )
    return f"<div {written}>{inner}</div>"


def amp_page(*posts: str, attributes: str = "") -> str:
    return page_of(
        f'<amp-live-list id="live" data-max-items-per-page="10" {attributes}><button update>New</button>'
        f'<div items>{"".join(posts)}</div><div pagination><a href="?page=2">2</a></div></amp-live-list>'
    )


def page_of(body: str, head: str = "") -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Storm | Example</title>'
        f'<link rel="canonical" href="https://www.example.org/live/storm">{head}</head>'
        f"<body><h1>Storm hits the coast</h1>{body}</body></html>"
    )


OWN_MARKUP = {
    "reach": reach_page(reach_post(2), reach_post(1)),
    "amp": amp_page(amp_post(2), amp_post(1)),
}
"""One whole page for each reader, by its name."""
