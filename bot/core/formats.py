"""The names of the readers: what `format` may say in the configuration, before any reader is loaded.

The readers themselves live in `bot.sources`; only names and one-line descriptions are here, so that configuration can
be checked without them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A reader by name. `shows` says in words how much of a blog it sees."""

    name: str
    description: str
    shows: str


FORMATS: tuple[Format, ...] = (
    Format(
        name="jsonld",
        description="schema.org LiveBlogPosting, in a page's ld+json scripts or as a JSON file",
        shows="full where the publisher is known to list every post, else window",
    ),
    Format(name="microdata", description="schema.org LiveBlogPosting as microdata", shows="window"),
    Format(name="amp", description="an amp-live-list", shows="window, or delta when asked for updates"),
    Format(
        name="cnn",
        description="CNN live story pages",
        shows="full where the page says that it has as many posts as it shows, else window",
    ),
    Format(
        name="guardian",
        description="Guardian live pages and their blocks as JSON",
        shows="window; delta where only new or some blocks were asked for",
    ),
    Format(name="bbc", description="BBC live pages and their own data", shows="window"),
    Format(name="nyt", description="New York Times live pages", shows="window"),
    Format(
        name="reach",
        description="Reach live pages: Mirror, Express and their sisters",
        shows="window",
    ),
    Format(
        name="aljazeera",
        description="Al Jazeera's GraphQL answers",
        shows="full where every post it lists is there, else delta",
    ),
    Format(name="wordpress", description="Automattic Liveblog's REST answers", shows="window or delta"),
    Format(
        name="sourcefabric",
        description="Sourcefabric Live Blog 3 API answers",
        shows="window, or delta when asked for changes since a time",
    ),
    Format(name="live24", description="24liveblog API answers", shows="window"),
    Format(name="arena", description="Arena live blog API answers", shows="window"),
    Format(name="tickaroo", description="Tickaroo live blog embeds", shows="window"),
    Format(
        name="scribblelive",
        description="ScribbleLive API answers",
        shows="window; full for a whole event, delta when asked for updates",
    ),
    Format(
        name="reddit",
        description="reddit live threads",
        shows="window, or delta when asked for updates",
    ),
    Format(name="rss", description="RSS feeds", shows="window"),
    Format(
        name="atom",
        description="Atom feeds, with their tombstones",
        shows="window; delta when it holds tombstones only",
    ),
    Format(name="jsonfeed", description="JSON Feed 1.0 and 1.1", shows="window"),
    Format(name="text", description="a live blog page saved as text", shows="full"),
)

FORMAT_NAMES: tuple[str, ...] = tuple(one.name for one in FORMATS)
IDENTITIES: tuple[str, ...] = ("auto", "id", "link", "link+title")
