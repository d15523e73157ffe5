"""How a post looks in a chat. Pure: the same post, style and texts make the same message, whatever the chat.

Everything a page wrote is text, never mark-up; what is fixed (headline, time, byline, tags, link, credit) is kept short
enough that the rest always fits, and the text between is cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.albums import MOST
from bot.core.model import Button, Entity, Image, Media, Relayed, Rendered, Style
from bot.core.rich import Rich
from bot.core.sentences import without_bullet
from bot.core.texts import Texts
from bot.core.wording import brief, embed_lines, full, shown
from bot.core.writing import (
    CAPTION,
    ENTITIES,
    MESSAGE,
    Writing,
    cut,
    fitted,
    hashtag,
    host,
    isolated,
    line,
    safe_url,
    tidy,
    units,
)

StyleOf = Callable[[Relayed], Style]

# Together they stay below a caption's 1024 units and leave room for some text.
_HEADLINE = 256
_AUTHOR = 60
_AUTHORS = 3
_TAGS = 120
_CREDIT = 200
_CAPTION = 160
_FINDS = 8  # addresses, mentions and the like in one of them; see `finds`
_NAMED = 100  # no more authors or tags are looked at
_SHORTEST = 20  # below this a cut text says nothing
_FILE_ID = re.compile(r"[\w-]{1,255}", re.ASCII)


def message(post: Relayed, style: Style, t: Texts, limit: int = MESSAGE) -> Rendered:
    """`post` as a message of its own, as it stands: new, edited, struck, withdrawn or recalled.

    `limit` is CAPTION where it will stand under a picture that is there already: then the text gives way instead.
    """
    if is_gone(post, style) and not is_struck(post, style):
        return Writing(rtl=t.rtl).sentence(notice(post, style, t), "italic").rendered()
    if post.notice == "correction":
        return _corrected(post, style, t)
    if post.notice is not None:
        return _moved(post, style, t)
    return _own(post, style, limit) if post.blog is None else _with_others(_relayed(post, style, t, limit), post)


def is_gone(post: Relayed, style: Style) -> bool:
    """Whether it is withdrawn and looks it. A recall always does; so does what our own editors took down."""
    kept = style.on_withdrawal == "keep" and post.blog is not None and not post.taken_down
    return post.withdrawn_at is not None and not kept


def is_struck(post: Relayed, style: Style) -> bool:
    """Whether its words stand there struck through: by its publisher, or because it is gone and the blog wants that."""
    if is_gone(post, style):
        return post.blog is not None and style.on_withdrawal == "strike" and not post.taken_down
    return post.struck


def notice(post: Relayed, style: Style, t: Texts) -> str:
    """What stands where a withdrawn post stood. Says when, and never what."""
    at = post.withdrawn_at or post.updated_at or post.first_seen_at
    time = isolated(t.moment(at, style.timezone, post.first_seen_at), rtl=t.rtl)
    if post.blog is None:
        return t.gettext("recalled by the editors, {time}", time=time)
    if post.taken_down:
        return t.gettext("withdrawn by the editors, {time}", time=time)
    return t.gettext("withdrawn by the publisher, {time}", time=time)


def said_at(post: Relayed) -> datetime:
    """When the publisher says it was published, else when we first saw it."""
    return post.published_at or post.first_seen_at


def photo_of(post: Relayed) -> str | None:
    """The first of its pictures that Telegram can be given: an http(s) address or a file id."""
    picture = post.photo or ""
    own = safe_url(picture) or (picture if _FILE_ID.fullmatch(picture) else None)
    return own or next(_addresses(post), None)


def _addresses(post: Relayed) -> Iterator[str]:
    return (url for one in post.pictures if (url := safe_url(one.url)))


def _with_others(rendered: Rendered, post: Relayed) -> Rendered:
    """An album, where the post has more pictures than the one above its text. The others bear no captions: Telegram's
    apps show an album's caption where it is the only one, and of several none.
    """
    if rendered.photo is None or len(post.pictures) < 2:
        return rendered
    others = dict.fromkeys(url for url in _addresses(post) if url != rendered.photo)
    return replace(rendered, others=tuple(others)[: MOST - 1])


# --- a post of a blog ----------------------------------------------------------------------------------------------


def _relayed(post: Relayed, style: Style, t: Texts, limit: int) -> Rendered:
    """Headline, text and foot, the text cut to what the other two leave."""
    gone = is_gone(post, style)
    struck = is_struck(post, style)
    body = _body(post, style)
    head = _head(post, style, t, body.text, struck=struck)
    photo = None if gone else photo_of(post)
    foot = _foot(post, style, t, gone=gone, below=_below_photo(post, style, t, body) if photo else "")
    embeds = () if gone or struck or style.text == "headline" else post.embeds
    links = embed_lines(embeds, body.entities, t)
    around = head.length + (links.length + 2 if links else 0) + 4  # and an empty line around the text
    if photo and style.text == "full" and around + foot.length + units(body.text) > CAPTION and limit > CAPTION:
        photo = None
        foot = _foot(post, style, t, gone=gone)
    room = (CAPTION if photo else limit) - around - foot.length
    most = ENTITIES - head.formatting - links.formatting - foot.formatting - 1
    middle = _struck_through(body, room, most, style, t) if struck else _formatted(body, room, most, style, t)
    return head.join(middle, links, foot, between="\n\n").rendered(photo=photo)


def _formatted(body: Rich, room: int, most: int, style: Style, t: Texts) -> Writing:
    text, entities, cost = shown(body, room, style.language, most)
    return Writing(rtl=t.rtl).formatted(text, entities, cost)


def _struck_through(body: Rich, room: int, most: int, style: Style, t: Texts) -> Writing:
    """Nothing but the words: every further entity would part the line through them."""
    return Writing(rtl=t.rtl).write(fitted(body.text, room, style.language, most // 3), "strikethrough")


def headline(post: Relayed, style: Style, limit: int = _HEADLINE) -> str:
    """Its title on one line, cut if absurd; the beginning of its text where it has none, "" where it has no words."""
    words = (line(each) for each in (post.title, post.summary, post.text) if each)
    return fitted(next(filter(None, words), ""), limit, style.language, _FINDS)


def _body(post: Relayed, style: Style) -> Rich:
    """The text below the headline, by the blog's style, less a first paragraph that only repeats the headline."""
    if style.text == "headline":
        return Rich()
    body = full(post) if style.text == "full" else brief(post, style.max_chars, style.language)
    first = body.text.partition("\n")[0]
    title = "" if post.title_is_derived else _plain(post.title or "")
    return body[len(first) :].stripped() if title and _plain(first) == title else body


def _head(post: Relayed, style: Style, t: Texts, text: str, *, struck: bool) -> Writing:
    """The headline in bold; nothing where it was made from the beginning of the text that follows."""
    head, title = Writing(rtl=t.rtl), line(post.title or "")
    if text and (not title or (post.title_is_derived and _plain(without_bullet(text)).startswith(_plain(title)))):
        return head
    return head.write(headline(post, style), "bold", *_struck(struck))


def _struck(struck: bool) -> tuple[str, ...]:
    return ("strikethrough",) if struck else ()


def _plain(text: str) -> str:
    """For comparing: one line, any case, without the marks of a cut."""
    return line(text).casefold().rstrip(" .…")


def picture_caption(image: Image, style: Style, t: Texts) -> str:
    """What stands below a picture, on one line: "Waves over the quay. Photo: Ann Lee/Agency"; "" where none is known.

    What it shows is left out unless the blog's posts are given in full.
    """
    words = fitted(line(image.caption or ""), _CAPTION, style.language, _FINDS) if style.text == "full" else ""
    credit = isolated(fitted(line(image.credit or ""), _AUTHOR, style.language, 2), rtl=t.rtl)
    said = (isolated(words, rtl=t.rtl), t.gettext("Photo: {credit}", credit=credit) if credit else "")
    return (" " if words.endswith((".", "!", "?", "…", "。")) else " · ").join(filter(None, said))


def _below_photo(post: Relayed, style: Style, t: Texts, body: Rich) -> str:
    """The caption of the picture that is shown, unless its words stand in the message already; of several, the
    credits alone."""
    album = _album(post)
    if len(album) > 1:
        named = (fitted(line(one.credit or ""), _AUTHOR, style.language, 2) for one in album)
        people = [isolated(one, rtl=t.rtl) for one in dict.fromkeys(named) if one]
        return t.gettext("Photos: {credits}", credits=t.listed(people)) if people else ""
    image = next(iter(album), None)
    if image is None:
        return ""
    repeated = _plain(image.caption or "") in f"{_plain(post.title or '')}\n{_plain(body.text)}"
    return picture_caption(replace(image, caption=None) if repeated else image, style, t)


def _album(post: Relayed) -> list[Image]:
    """The pictures that are shown, with what is known of them."""
    own = photo_of(post)
    known = {url: one for one in reversed(post.pictures) if (url := safe_url(one.url))}
    shown = dict.fromkeys((own, *(_addresses(post) if len(post.pictures) > 1 else ())))
    return [known[url] for url in [*shown][:MOST] if url in known]


def _foot(post: Relayed, style: Style, t: Texts, *, gone: bool, below: str = "") -> Writing:
    """What stands below the picture; time, byline and tags on one line; a link to the post, or the notice that it is
    gone; the credit."""
    foot = Writing(rtl=t.rtl).sentence(below, "italic").join(meta(post, style, t), between="\n")
    if gone:
        foot.newline().sentence(notice(post, style, t), "italic")
    else:
        foot.join(_way_to(post.url, t), between="\n")
    credit = fitted(line(style.credit), _CREDIT, style.language, _FINDS)
    return foot.join(Writing(rtl=t.rtl).plain(credit), between="\n")


def _way_to(address: str | None, t: Texts) -> Writing:
    """ "Read on example.org", linked; nothing where the address is none."""
    way, url = Writing(rtl=t.rtl), safe_url(address)
    return way.sentence(t.gettext("Read on {host}", host=isolated(host(url), rtl=t.rtl)), url=url) if url else way


def meta(post: Relayed, style: Style, t: Texts) -> Writing:
    """ "14:02 EDT · Ann Lee · #nato · updated 14:20". A day is named where it is not the day we first saw the post."""
    time = t.moment(said_at(post), style.timezone, post.first_seen_at)
    parts = (isolated(time, rtl=t.rtl), byline(post, t), isolated(_tags(post), rtl=t.rtl), updated(post, style, t))
    return Writing(rtl=t.rtl).sentence(" · ".join(filter(None, parts)))


def updated(post: Relayed, style: Style, t: Texts) -> str:
    """ "updated 14:20", in the zone of the time that stands before it; "" for what was never edited."""
    if post.updated_at is None:
        return ""
    time = t.moment(post.updated_at, style.timezone, said_at(post), abbreviated=False)
    return t.gettext("updated {time}", time=time)


def byline(post: Relayed, t: Texts) -> str:
    """ "Ann Lee, Bo, Cy, and 2 others"; "" where nobody is named. Each name keeps its own direction."""
    if post.by_editors:
        return t.gettext("from the editors")
    names = [fitted(name, _AUTHOR, most=2) for each in post.authors[:_NAMED] if (name := line(each))]
    names = [isolated(name, rtl=t.rtl) for name in dict.fromkeys(names)]
    named, others = names[:_AUTHORS], len(names[_AUTHORS:])
    return t.listed([*named, t.ngettext("{n} other", "{n} others", others)] if others else named)


def _tags(post: Relayed) -> str:
    tags = dict.fromkeys(tag for topic in post.topics[:_NAMED] if (tag := hashtag(topic)))
    text = ""
    for tag in list(tags)[:_FINDS]:
        if units(f"{text} {tag}") <= _TAGS:
            text = f"{text} {tag}".strip()
    return text


# --- a word of ours about a blog -----------------------------------------------------------------------------------


def _moved(post: Relayed, style: Style, t: Texts) -> Rendered:
    """The blog's title, that it goes on on another page, and the way there."""
    words = Writing(rtl=t.rtl).write(headline(post, style), "bold")
    words.join(Writing(rtl=t.rtl).sentence(t.gettext("This live blog continues on a new page.")), between="\n")
    return words.join(_way_to(post.url, t), between="\n").rendered()


def _corrected(post: Relayed, style: Style, t: Texts) -> Rendered:
    """The headline as it is now: below the message of its post this says all."""
    words = isolated(headline(post, style), rtl=t.rtl)
    return Writing(rtl=t.rtl).sentence(t.gettext("Corrected: {headline}", headline=words)).rendered()


# --- an editor's own post ------------------------------------------------------------------------------------------


def _own(post: Relayed, style: Style, limit: int) -> Rendered:
    """Exactly what the editor wrote. Words matter more than the files they do not fit under."""
    files = files_of(post)
    said = tidy(post.text[: 2 * MESSAGE], post.entities)
    text, entities = _with_links(*said, post.buttons) if len(files) > 1 else said
    if files and units(text) > CAPTION and limit > CAPTION:
        files, (text, entities) = (), said
    text, entities = cut(text, entities, CAPTION if files else limit, style.language)
    first, *others = (one.file for one in files) if files else (None,)
    return Rendered(
        text=text,
        entities=entities,
        photo=first,
        others=tuple(one for one in others if one),
        kinds=tuple(one.kind for one in files) if any(one.kind != "photo" for one in files) else (),
        copied=post.copied,
        buttons=() if len(files) > 1 else tuple((one,) for one in post.buttons),
    )


def files_of(post: Relayed) -> tuple[Media, ...]:
    """What an editor's own post shows above its text."""
    photo = photo_of(post)
    return post.media or ((Media(kind="photo", file=photo),) if photo else ())


def _with_links(text: str, entities: tuple[Entity, ...], links: Sequence[Button]) -> tuple[str, tuple[Entity, ...]]:
    """An album cannot have buttons: what they say stands below its text, linked."""
    words = Writing().formatted(text, entities, 0)
    for number, one in enumerate(links):
        words.newline(1 if number else 2).write(one.text, url=one.url)
    said = words.rendered()
    return said.text, said.entities


# --- when Telegram refused -----------------------------------------------------------------------------------------


def plainest(rendered: Rendered, limit: int = MESSAGE) -> Rendered:
    """The same words with nothing Telegram could object to: no picture, formatting or buttons, links written out.

    `limit` is CAPTION where they will stand under a picture that is there already.
    """
    text = rendered.text
    for entity in sorted(rendered.entities, key=lambda each: each.offset + each.length, reverse=True):
        if entity.type == "text_link" and entity.url:
            text = _written_out(text, entity, entity.url)
    return Rendered(text=_shortened(tidy(text)[0].split("\n"), limit))


def _written_out(text: str, link: Entity, url: str) -> str:
    """`text` with `url` after the words that carried it; with nothing added where they are the address already."""
    raw = text.encode("utf-16-le")
    words = raw[link.offset * 2 : (link.offset + link.length) * 2].decode("utf-16-le")
    end = (link.offset + link.length) * 2
    return text if words == url else f"{raw[:end].decode('utf-16-le')} {url}{raw[end:].decode('utf-16-le')}"


def _shortened(lines: list[str], limit: int) -> str:
    """`lines` in `limit` units: the longest ones without a link give way first, then whole lines from the end."""
    while (over := units("\n".join(lines)) - limit) > 0:
        free = [place for place, each in enumerate(lines) if "://" not in each]
        longest = max(free, key=lambda place: units(lines[place]), default=0)
        if len(lines) == 1 or (free and units(lines[longest]) > _SHORTEST):
            lines[longest] = cut(lines[longest], (), max(units(lines[longest]) - over, 0))[0]
        else:
            del lines[free[-1] if free else -1]
    return "\n".join(lines).strip()
