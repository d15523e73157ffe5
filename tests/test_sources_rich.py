"""Every reader brings the formatting, the embeds and the pictures' captions of what it reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.model import Post, Rendered
from tests.api_answers import (
    arena_answer,
    arena_post,
    jazeera_update,
    live24_answer,
    live24_news,
    reddit_listing,
    reddit_update,
    scribble_event,
    scribble_post,
    sourcefabric_listing,
    sourcefabric_part,
    sourcefabric_post,
    wordpress_page,
    wordpress_row,
)
from tests.markup_pages import (
    amp_page,
    amp_post,
    bbc_block,
    bbc_page,
    bbc_page_of_2020,
    bbc_post,
    bbc_post_of_2020,
    cnn_page,
    cnn_post,
    guardian_block,
    guardian_json,
    guardian_json_block,
    guardian_page,
    microdata_page,
    microdata_post,
    nyt_page,
    nyt_post,
    reach_page,
    reach_post,
)
from tests.pages import blog, snapshot, update
from tests.telegram_rules import covered

BODY = (
    '<p>The <b>quay</b> is <a href="https://www.example.org/shut">shut</a>.</p>'
    "<blockquote><p>We wait.</p></blockquote>"
    '<iframe src="https://www.youtube.com/embed/Abc123" title="Waves"></iframe>'
)
FIGURE = '<figure><img src="https://p.example/q.jpg"><figcaption>The quay. Photo: Ann Lee</figcaption></figure>'
EXPECTED = [("bold", "quay"), ("text_link", "shut"), ("blockquote", "We wait.")]


def html_in(field: str) -> str:
    return json.dumps(field)


def rss(body: str) -> str:
    return (
        "<rss version='2.0'><channel><title>Storm</title><link>https://www.example.org/live/storm</link><item>"
        f"<title>Headline</title><guid>1</guid><description><![CDATA[{body}]]></description></item></channel></rss>"
    )


def json_feed(body: str) -> str:
    items = [{"id": "1", "title": "Headline", "content_html": body}]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Storm", "items": items})


def microdata(body: str) -> str:
    return microdata_page(microdata_post(1, f"<div itemprop=articleBody>{body}</div>"))


READERS = {
    "jsonld": lambda body: json.dumps(blog(update(1, articleBody=body))),
    "microdata": microdata,
    "rss": rss,
    "jsonfeed": json_feed,
    "guardian": lambda body: guardian_page(guardian_block(1, body)),
    "guardian, JSON": lambda body: guardian_json(guardian_json_block(1, bodyHtml=body)),
    "reach": lambda body: reach_page(reach_post(1, body)),
    "amp": lambda body: amp_page(amp_post(1, f"<h3>Headline</h3>{body}")),
    "cnn": lambda body: cnn_page(cnn_post(1, body)),
    "nyt": lambda body: nyt_page(nyt_post(1, body)),
    "wordpress": lambda body: json.dumps(wordpress_page(wordpress_row(1, render=body))),
    "reddit": lambda body: json.dumps(reddit_listing(reddit_update(1, body_html=body))),
    "sourcefabric": lambda body: json.dumps(
        sourcefabric_listing(sourcefabric_post(1, sourcefabric_part("text", body)))
    ),
    "live24": lambda body: json.dumps(live24_answer(live24_news(1, contents=body))),
    "arena": lambda body: json.dumps(arena_answer(arena_post(1, message={"title": "Headline", "text": body}))),
    "scribblelive": lambda body: json.dumps(scribble_event(scribble_post(1, Content=body))),
    "aljazeera": lambda body: json.dumps(jazeera_update(1, content=body)),
}


def read_post(source: str) -> Post:
    return snapshot(source).posts[0]


def formatting(post: Post) -> list[tuple[str, str]]:
    shown = Rendered(text=post.text, entities=post.entities)
    return [(one.type, covered(shown, one)) for one in post.entities]


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_of_html_keeps_its_formatting_and_embeds(reader: str) -> None:
    found = read_post(READERS[reader](BODY))
    assert formatting(found) == EXPECTED
    assert "The quay is shut.\n\nWe wait." in found.text
    assert [(one.kind, one.url, one.title) for one in found.embeds] == [
        ("youtube", "https://www.youtube.com/watch?v=Abc123", "Waves")
    ]


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_of_html_brings_pictures_with_caption_and_credit(reader: str) -> None:
    found = read_post(READERS[reader](f"<p>The quay is shut.</p>{FIGURE}"))
    assert [(one.url, one.caption, one.credit) for one in found.images] == [
        ("https://p.example/q.jpg", "The quay.", "Ann Lee")
    ]
    assert "Ann Lee" not in found.text


def node(name: str, *children: Any, **fields: Any) -> dict[str, Any]:
    return {"name": name, "children": list(children), "attributes": [], **fields}


def test_a_bbc_post_of_2020_keeps_its_emphasis_and_its_embeds() -> None:
    said = node("paragraph", node("text", text="It is "), node("bold", node("text", text="shut")))
    embed = node("embed", node("href", node("text", text="https://twitter.com/ann/status/1?s=20")))
    found = read_post(bbc_page_of_2020(bbc_post_of_2020(1, said, embed)))
    assert formatting(found) == [("bold", "shut")]
    assert [(one.kind, one.title) for one in found.embeds] == [("x", "@ann")]


def test_a_newer_bbc_post_keeps_its_emphasis_and_its_embeds() -> None:
    words = (bbc_block("text", text="It is "), bbc_block("bold", bbc_block("text", text="shut")))
    social = bbc_block("social", href="https://twitter.com/ann/status/1")
    found = read_post(bbc_page(bbc_post(1, bbc_block("paragraph", *words), social)))
    assert formatting(found) == [("bold", "shut")]
    assert [(one.kind, one.title) for one in found.embeds] == [("x", "@ann")]


def test_the_films_of_the_guardian_are_named() -> None:
    film = json.dumps({"assetId": "Abc-123", "mediaTitle": "Waves – video"}).replace('"', "&quot;")
    island = f'<figure><gu-island name="YoutubeBlockComponent" props="{film}"></gu-island></figure>'
    element = {"_type": "model.dotcomrendering.pageElements.YoutubeBlockElement", "assetId": "Abc-123"}
    page = read_post(guardian_page(guardian_block(1, island)))
    answer = read_post(guardian_json(guardian_json_block(1, elements=[element])))
    assert [(one.url, one.title) for one in page.embeds] == [
        ("https://www.youtube.com/watch?v=Abc-123", "Waves – video")
    ]
    assert [one.url for one in answer.embeds] == ["https://www.youtube.com/watch?v=Abc-123"]


def test_a_broken_film_of_the_guardian_costs_nothing_else() -> None:
    island = '<figure><gu-island name="YoutubeBlockComponent" props="{broken"></gu-island></figure>'
    assert read_post(guardian_page(guardian_block(1, island))).text == "Body of post 1."


def test_a_film_that_ld_json_names_is_an_embed() -> None:
    film = {"@type": "VideoObject", "name": "Waves", "contentUrl": "https://v.example/waves.mp4"}
    found = read_post(json.dumps(blog(update(1, video=film))))
    assert [(one.kind, one.url, one.title) for one in found.embeds] == [
        ("video", "https://v.example/waves.mp4", "Waves")
    ]


def test_a_body_that_is_nothing_but_an_embed_keeps_it_beside_the_description() -> None:
    frame = '<iframe src="https://www.youtube.com/embed/Abc123" title="Waves"></iframe>'
    found = read_post(json.dumps(blog(update(1, articleBody=frame, description="See the waves."))))
    assert (found.text, [one.title for one in found.embeds]) == ("See the waves.", ["Waves"])


def test_a_sourcefabric_quote_is_a_quote_and_a_bare_embed_its_address() -> None:
    quote = sourcefabric_part("quote", "<p>We wait.</p><p>Ann Lee</p>", credit="Ann Lee")
    embed = sourcefabric_part("embed", "<script>go()</script>", original_url="https://v.example/1", title="Waves")
    found = read_post(json.dumps(sourcefabric_listing(sourcefabric_post(1, quote, embed))))
    assert formatting(found) == [("blockquote", "We wait.\n\nAnn Lee")]
    assert [(one.url, one.title) for one in found.embeds] == [("https://v.example/1", "Waves")]


def test_a_table_alone_in_ld_json_stays_a_table() -> None:
    rows = "".join(
        f"<tr><td>{club}</td><td>{won}</td><td>{lost}</td></tr>" for club, won, lost in (("A", 1, 2), ("B", 3, 4))
    )
    found = read_post(json.dumps(blog(update(1, articleBody=f"<table>{rows}</table>"))))
    assert found.text == "A  1  2\nB  3  4"


def test_a_body_that_begins_with_its_headline_loses_it_and_keeps_the_rest_in_place() -> None:
    body = "<p><b>Headline 1</b></p><p>The <i>quay</i> is shut.</p>"
    found = read_post(json.dumps(blog(update(1, articleBody=body))))
    assert found.text == "The quay is shut."
    assert formatting(found) == [("italic", "quay")]


def test_sentences_said_twice_go_and_formatting_stays_in_place() -> None:
    twice = "Waves break over the harbour wall. "
    found = read_post(json.dumps(blog(update(1, articleBody=f"<p>{twice}{twice}The <b>quay</b> is shut.</p>"))))
    assert found.text == f"{twice}The quay is shut."
    assert formatting(found) == [("bold", "quay")]
