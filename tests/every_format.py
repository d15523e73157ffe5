"""One small page or answer for each reader, by its name: what tests of all of them at once begin with."""

from __future__ import annotations

import json

from tests.api_answers import ANSWERS
from tests.markup_pages import OWN_MARKUP
from tests.pages import blog, html, update

ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>One</title></entry></feed>'
RSS = "<rss version='2.0'><channel><item><guid>a</guid><title>One</title></item></channel></rss>"
JSONFEED = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "a", "title": "One"}]}'
TEXT = "Storm\n\n11:59 p.m. ET, July 12, 2023\n\nOne\n\nBody.\n"
LIVE = html(blog(update(2), update(1)))
EVERY = {"atom": ATOM, "rss": RSS, "jsonfeed": JSONFEED, "jsonld": LIVE, "text": TEXT, **OWN_MARKUP}
EVERY |= {name: json.dumps(whole) for name, whole in ANSWERS.items()}

RICH_ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"
 xmlns:at="http://purl.org/atompub/tombstones/1.0" xmlns:media="http://search.yahoo.com/mrss/">
<title>Storm</title><link rel="self" href="https://www.example.org/feed"/><updated>2026-03-04T11:00:00Z</updated>
<at:deleted-entry ref="urn:3" when="2026-03-04T10:30:00Z"/>
<entry><id>urn:2</id><title type="html">Headline &amp;amp; 2</title><updated>2026-03-04T10:02:00Z</updated>
<published>2026-03-04T10:02:00Z</published><link href="https://www.example.org/live/storm#2"/>
<author><name>Ada Byron</name></author><category term="port"/><media:content url="https://i.example.org/a.jpg"/>
<content type="html">&lt;p&gt;Body of post 2.&lt;/p&gt;</content></entry>
<entry><id>urn:1</id><title>Headline 1</title><updated>2026-03-04T10:01:00Z</updated>
<summary>Body of post 1.</summary></entry></feed>"""
RICH_RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:sx="http://feedsync.org/2007/feedsync"><channel>
<title>Storm</title><link>https://www.example.org/live/storm</link><pubDate>Wed, 04 Mar 2026 11:00:00 GMT</pubDate>
<item><sx:sync deleted="true"/><guid isPermaLink="false">2</guid><title>Headline 2</title></item>
<item><guid isPermaLink="false">1</guid><title>Headline 1</title><link>https://www.example.org/live/storm#1</link>
<description><![CDATA[<p>Body of <b>post</b> 1.</p>]]></description><pubDate>Wed, 04 Mar 2026 10:01:00 GMT</pubDate>
<enclosure url="https://i.example.org/a.jpg" type="image/jpeg"/><category>port</category></item></channel></rss>"""
RICH_JSONFEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Storm",
        "home_page_url": "https://www.example.org/live/storm",
        "expired": False,
        "items": [
            {
                "id": 2,
                "title": "Headline 2",
                "url": "https://www.example.org/live/storm#2",
                "content_html": "<p>Body of <b>post</b> 2.</p>",
                "summary": "Post 2.",
                "image": "https://i.example.org/a.jpg",
                "date_published": "2026-03-04T10:02:00Z",
                "date_modified": "2026-03-04T10:02:00Z",
                "authors": [{"name": "Ada Byron"}],
                "tags": ["port"],
            },
            {"id": "1", "content_text": "Body of post 1.", "date_published": "2026-03-04T10:01:00Z"},
        ],
    }
)
RICH_TEXT = """Storm hits the coast
By Ada Byron, Example
Updated 12:18 a.m. ET, July 13, 2023
3 Posts
Sort by
Latest

4:12 a.m. ET, July 13, 2023

What we know

From Example's Ada Byron

The quay of the port is seen at noon.
The quay of the port is seen at noon. Example Press

The port is shut. Ferries wait.

4:12 a.m. ET, July 13, 2023

Two ferries stay
Read the full story here.

11:59 p.m. ET, July 12, 2023

The wall holds

It holds, the mayor said.
"""
RICH_LIVE = html(
    blog(
        update(
            3,
            articleBody="<p>The <b>port</b> is shut &amp; quiet.</p><ul><li>One</li></ul>",
            author=[{"@type": "Person", "name": "Ada Byron"}],
            image={"@type": "ImageObject", "url": "https://i.example.org/a.jpg", "caption": "The quay"},
            keywords="port, ferry",
        ),
        update(2, headline=None),
        update(1, url=None),
        image="https://i.example.org/page.jpg",
        coverageEndTime="2026-03-05T00:00:00Z",
    )
)
RICHER = {"atom": RICH_ATOM, "rss": RICH_RSS, "jsonfeed": RICH_JSONFEED, "jsonld": RICH_LIVE, "text": RICH_TEXT}
"""More of what a format can say, for those whose smallest page says little."""
