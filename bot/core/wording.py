"""The text of a post as a chat gets it: its formatting kept where Telegram takes it, and links to what it embeds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.core.addresses import absolute
from bot.core.cutting import cut
from bot.core.entities import units
from bot.core.model import Embed, Entity, Relayed
from bot.core.rich import Rich
from bot.core.summary import summary
from bot.core.texts import Texts
from bot.core.writing import (
    ENTITIES,
    MESSAGE,
    Writing,
    clean,
    finds,
    fitted,
    host,
    isolated,
    line,
    paragraphs,
    safe_url,
)

_READ = 4 * MESSAGE  # characters; no more of a text can be in a message
_SPLITTABLE = frozenset(("bold", "italic", "underline", "strikethrough", "spoiler"))
_BLANKS = re.compile(r"\n{3,}")
_DEAD_END = re.compile(
    r"(?:(?<=[.!?”\"’')] )|^)(?:to )?(?:"
    r"(?:read|see|watch) (?:(?:the|our|his|her|their) )?(?:full|more|whole|entire)(?: [\w’'-]{1,20}){0,8}|watch|click)"
    r" here[.:]?[ ]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LINES = 3  # embeds of one post that are named
_TITLE = 80  # units
_POSTS = {
    "x": "X",
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "facebook": "Facebook",
    "bluesky": "Bluesky",
    "threads": "Threads",
    "reddit": "Reddit",
    "mastodon": "Mastodon",
    "telegram": "Telegram",
}
_FILMS = {"youtube": "YouTube", "vimeo": "Vimeo", "dailymotion": "Dailymotion", "video": ""}


def full(post: Relayed) -> Rich:
    """The whole text as Telegram would keep it, with its formatting."""
    whole = Rich.of(post.text[:_READ], post.entities).each(clean)
    whole = Rich(whole.text, tuple(one for one in whole.marks if one.type != "text_link" or safe_url(one.url)))
    whole = without_dead_ends(whole)
    if not any(one.type == "pre" for one in whole.marks):
        return whole.like(paragraphs(whole.text))
    lines = "\n".join(each.rstrip() for each in whole.text.split("\n"))
    return whole.like(_BLANKS.sub("\n\n", lines).strip())


def without_dead_ends(whole: Rich) -> Rich:
    """Less what invites to read on behind a link that did not come along: "Read the full story here." The message has
    a link to the post.
    """
    if "here" not in whole.text.casefold():
        return whole
    links = [one for one in whole.marks if one.type == "text_link"]
    edges = [0]
    for found in _DEAD_END.finditer(whole.text):
        if not any(one.start < found.end() and found.start() < one.stop for one in links):
            edges += (len(whole.text[: found.start()].rstrip()), found.end())
    edges.append(len(whole.text))
    left = Rich.joined(whole[start:stop] for start, stop in zip(edges[::2], edges[1::2], strict=True))
    return left if left.text.strip() else whole


def brief(post: Relayed, limit: int, language: str) -> Rich:
    """The summary. Where it is the beginning of the text, it has the formatting of that."""
    short = summary(post, limit, language)
    plain = without_dead_ends(Rich(short)).stripped()
    if not short or not post.entities:
        return plain
    whole = full(post)
    end = _end_of(short.removesuffix("…"), whole.text) or _end_of(plain.text.removesuffix("…"), whole.text)
    if end is None:
        return plain
    begun = whole[:end]
    return Rich(f"{begun.text}…", begun.marks) if short.endswith("…") and begun.text[-1] != "…" else begun


def _end_of(beginning: str, text: str) -> int | None:
    """Where in `text` the words of its `beginning` end; None where it does not begin so. White space does not count."""
    place = 0
    for char in beginning:
        if char.isspace():
            continue
        while place < len(text) and text[place].isspace():
            place += 1
        if place >= len(text) or text[place] != char:
            return None
        place += 1
    return place or None


def shown(body: Rich, limit: int, language: str, most: int = ENTITIES) -> tuple[str, tuple[Entity, ...], int]:
    """`body` in `limit` units and with no more formatting than `most` entities; and how many of those it takes."""
    text, entities = cut(body.text, body.entities, limit, language)
    while text and finds(text) > most:
        text, entities = cut(text, entities, units(text) * 3 // 4, language)
    entities = entities[: max(most, 0)]
    while entities and cost(text, entities) > most:
        entities = entities[: len(entities) * 3 // 4]
    return text, entities, cost(text, entities)


def cost(text: str, entities: Sequence[Entity]) -> int:
    """At most how many entities Telegram makes of these and of what it finds in `text` by itself.

    It parts bold and the like wherever another entity stands inside (td, `fix_entities`).
    """
    raw = text.encode("utf-16-le", "surrogatepass")
    fixed = [one for one in entities if one.type not in _SPLITTABLE]
    total = finds(text) + len(fixed)
    for one in entities:
        if one.type in _SPLITTABLE:
            stop = one.offset + one.length
            inside = sum(other.offset < stop and one.offset < other.offset + other.length for other in fixed)
            words = raw[one.offset * 2 : stop * 2].decode("utf-16-le", "replace")
            total += 1 + 2 * (inside + finds(words))
    return total


# --- embeds --------------------------------------------------------------------------------------------------------


def embed_lines(embeds: Sequence[Embed], linked: Sequence[Entity], t: Texts) -> Writing:
    """A line with a link for each of the first embeds, but for those that the text itself links to."""
    known = {_address(one.url) for one in linked if one.type == "text_link"}
    found = [one for one in embeds if safe_url(one.url) and _address(one.url) not in known]
    lines = [Writing(rtl=t.rtl).sentence(embed_words(one, t), url=safe_url(one.url)) for one in found[:_LINES]]
    return Writing(rtl=t.rtl).join(*lines, between="\n")


def embed_words(embed: Embed, t: Texts) -> str:
    """ "▶ Video: The storm", "↗ Post by Ann Lee (@ann) on X"."""
    title = isolated(fitted(line(embed.title or ""), _TITLE, t.language, 2), rtl=t.rtl)
    site = _POSTS.get(embed.kind) or _FILMS.get(embed.kind) or isolated(host(embed.url), rtl=t.rtl)
    if embed.kind in _POSTS:
        by = t.gettext("Post by {author} on {site}", author=title, site=site)
        return f"↗ {by if title else t.gettext('Post on {site}', site=site)}"
    if embed.kind in _FILMS:
        return f"▶ {t.gettext('Video: {title}', title=title) if title else t.gettext('Video on {site}', site=site)}"
    if embed.kind == "audio":
        return f"♪ {t.gettext('Audio: {title}', title=title) if title else t.gettext('Audio on {site}', site=site)}"
    return f"↗ {title or t.gettext('Embedded from {site}', site=site)}"


def _address(url: str | None) -> str:
    """For comparing: an X post is the same on both of the site's names, and whatever its query."""
    plain = (absolute(url, "") or "").partition("?")[0].rstrip("/").lower()
    return re.sub(r"^https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/[^/]+/", "x:", plain)
