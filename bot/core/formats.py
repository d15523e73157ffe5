"""The names of the readers: what `format` may say in the configuration, before any reader is loaded.

The readers themselves live in `bot.sources`; only names and one-line descriptions are here, so that configuration can
be checked without them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A reader by name. `shows` says in words how much of a blog it sees; `available` whether this release reads it."""

    name: str
    description: str
    shows: str
    available: bool = False


FORMATS: tuple[Format, ...] = (
    Format(
        name="jsonld",
        description="schema.org LiveBlogPosting, in a page's ld+json scripts or as a JSON file",
        shows="full where the publisher is known to list every post, else window",
        available=True,
    ),
    Format(name="microdata", description="schema.org LiveBlogPosting as microdata", shows="window", available=True),
    Format(name="amp", description="an amp-live-list", shows="window, or delta when asked for updates", available=True),
    Format(
        name="cnn",
        description="CNN live story pages",
        shows="full where the page says that it has as many posts as it shows, else window",
        available=True,
    ),
    Format(
        name="guardian",
        description="Guardian live pages and their blocks as JSON",
        shows="window; delta where only new or some blocks were asked for",
        available=True,
    ),
    Format(name="bbc", description="BBC live pages and their own data", shows="window", available=True),
    Format(name="nyt", description="New York Times live pages", shows="window", available=True),
    Format(
        name="reach",
        description="Reach live pages: Mirror, Express and their sisters",
        shows="window",
        available=True,
    ),
    Format(
        name="aljazeera",
        description="Al Jazeera's GraphQL answers",
        shows="full where every post it lists is there, else delta",
        available=True,
    ),
    Format(name="wordpress", description="Automattic Liveblog's REST answers", shows="window or delta", available=True),
    Format(
        name="sourcefabric",
        description="Sourcefabric Live Blog 3 API answers",
        shows="window, or delta when asked for changes since a time",
        available=True,
    ),
    Format(name="live24", description="24liveblog API answers", shows="window", available=True),
    Format(name="arena", description="Arena live blog API answers", shows="window", available=True),
    Format(name="tickaroo", description="Tickaroo live blog embeds", shows="window", available=True),
    Format(
        name="scribblelive",
        description="ScribbleLive API answers",
        shows="window; full for a whole event, delta when asked for updates",
        available=True,
    ),
    Format(
        name="reddit",
        description="reddit live threads",
        shows="window, or delta when asked for updates",
        available=True,
    ),
    Format(name="rss", description="RSS feeds", shows="window", available=True),
    Format(
        name="atom",
        description="Atom feeds, with their tombstones",
        shows="window; delta when it holds tombstones only",
        available=True,
    ),
    Format(name="jsonfeed", description="JSON Feed 1.0 and 1.1", shows="window", available=True),
    Format(name="text", description="a live blog page saved as text", shows="full", available=True),
)

FORMAT_NAMES: tuple[str, ...] = tuple(one.name for one in FORMATS)
AVAILABLE: frozenset[str] = frozenset(one.name for one in FORMATS if one.available)
IDENTITIES: tuple[str, ...] = ("auto", "id", "link", "link+title")
