"""What the message below the preview of a push says at each step, and its buttons."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from babel import Locale, UnknownLocaleError

from bot.core.model import Button, Lane, Relayed, Rendered, Style
from bot.core.publishing import Audience, Sending
from bot.core.render import files_of
from bot.core.render import message as rendered_message
from bot.core.writing import Writing, cut
from bot.desk import seconds_to_send
from handlers.arguments import Name
from handlers.asked import Where
from handlers.blogs import Known, topics_of
from storage import Push

FEW_BLOGS = 6  # of which all topics are offered at once
MOST_BLOGS, MOST_TOPICS, MOST_LANGUAGES = 30, 8, 12
PRESETS = ("+15m", "+1h", "today 18:00", "tomorrow 7:00")
_LABEL = 32
_DATA = 64  # bytes that a button can carry: core.telegram.org/bots/api#inlinekeyboardbutton

Rows = list[tuple[Button, ...]]


def preview(where: Where, post: Relayed) -> Rendered:
    """Exactly what readers will see."""
    return rendered_message(post, Style(), where.t)


async def control(where: Where, found: Push, *, besides: str = "") -> Rendered:
    """To how many it goes, how, and what can be changed. `besides`: a further sentence."""
    chats = await where.house.store.audience(found.sending.audience)
    lines = [await reach(where, found, chats), *left_out(where, found.post), besides, *await how(where, found.sending)]
    if at := found.sending.at:
        when = await moment(where, at)
        lines.append(where.t.gettext("It goes out at {time}, once you press Send.", time=when))
    return _said(where, lines, _control_buttons(where, found))


def _said(where: Where, lines: Sequence[str], buttons: Rows) -> Rendered:
    text = Writing(rtl=where.t.rtl)
    for one in filter(None, lines):
        text.join(Writing(rtl=where.t.rtl).sentence(one), between="\n")
    return text.rendered(buttons=buttons)


def _button(found: Push, label: str, act: str, argument: str = "") -> Button:
    data = f"push:{act}:{found.post.id}" + (f":{argument}" if argument else "")
    return Button(text=label, data=data.encode()[:_DATA].decode(errors="ignore"))


def _control_buttons(where: Where, found: Push) -> Rows:
    t, how_ = where.t, found.sending
    silent = t.gettext("Silent: on") if how_.silent else t.gettext("Silent: off")
    breaking = how_.lane is Lane.BREAKING
    lane = t.gettext("Lane: breaking") if breaking else t.gettext("Lane: normal")
    return [
        (_button(found, t.gettext("Send"), "send"),),
        (
            _button(found, silent, "silent", "0" if how_.silent else "1"),
            _button(found, lane, "lane", "normal" if breaking else "breaking"),
        ),
        (_button(found, t.gettext("Audience"), "who"), _button(found, t.gettext("Schedule"), "when")),
        (_button(found, t.gettext("Buttons"), "links"), _button(found, t.gettext("Cancel"), "cancel")),
    ]


# --- to whom, and how ----------------------------------------------------------------------------------------------


async def reach(where: Where, found: Push, chats: int) -> str:
    """ "To 1,234 chats, about 42 seconds.": behind what is ahead of it, at the pace that Telegram grants now."""
    t = where.t
    if not chats and found.sending.audience == Audience():
        return t.gettext("To {n} chats: nobody follows a blog yet.", n=t.number(0))
    if not chats:
        return t.gettext("To {n} chats: nobody is there to get it.", n=t.number(0))
    ahead = 0
    if found.sending.at is None:
        queue = await where.house.store.queue(where.house.bot)
        ahead = sum(waiting for lane, waiting in queue.items() if lane <= found.sending.lane)
    messages = ahead + chats * max(1, len(preview(where, found.post).others) + 1)
    seconds = max(1, math.ceil(seconds_to_send(messages, 1 / where.house.pace.interval)))
    time = t.duration(timedelta(seconds=seconds))
    return t.ngettext("To {n} chat, about {time}.", "To {n} chats, about {time}.", chats, time=time)


def left_out(where: Where, post: Relayed) -> list[str]:
    """What the preview lacks of what was written, and what it shows in another way."""
    t, shown, files = where.t, preview(where, post), files_of(post)
    if files and shown.photo is None:
        if len(files) == 1 and files[0].kind == "photo":
            return [t.gettext("The picture is left out: so long a text does not fit under one.")]
        return [t.gettext("Its files are left out: so long a text does not fit under them.")]
    if post.buttons and not shown.buttons:
        return [t.gettext("An album cannot have buttons: its links stand below the text.")]
    return []


async def how(where: Where, sending: Sending) -> list[str]:
    """A sentence for each thing that was chosen."""
    t = where.t
    said = [await whom(where, sending.audience)]
    if sending.lane is Lane.BREAKING:
        said.append(t.gettext("As breaking news: ahead of everything that waits."))
    if sending.silent:
        said.append(t.gettext("Without a sound."))
    return said


async def whom(where: Where, audience: Audience) -> str:
    """A sentence, or "" where it is for everybody."""
    t = where.t
    if audience.only_chat is not None:
        return t.gettext("Only to you.")
    if audience.language is not None:
        return t.gettext("Only to who reads in {language}.", language=_language(where, audience.language))
    if audience.blog is None:
        return ""
    blogs = {one.id: one for one in await where.blogs.all()}
    known = blogs.get(audience.blog)
    title = where.named(known.title if known else audience.blog)
    if not audience.topics:
        return t.gettext("Only to who follows {blog}.", blog=title)
    titles = {topic.id: topic.title for topic in known.blog.topics} if known else {}
    topics = t.listed([where.named(titles.get(topic, topic)) for topic in audience.topics])
    return t.gettext("Only to who follows {topic} in {blog}, or all of it.", topic=topics, blog=title)


def _language(where: Where, tag: str) -> str:
    """As people call it."""
    try:
        return Locale.parse(tag).get_display_name(where.t.locale) or tag
    except (UnknownLocaleError, ValueError):
        return tag


# --- choosing the audience -----------------------------------------------------------------------------------------


async def audiences(where: Where, found: Push) -> Rendered:
    """Every choice with the number of its chats."""
    store, t = where.house.store, where.t
    everyone, by_blog, by_language, known = await asyncio.gather(
        store.audience(Audience()), store.chats_by_blog(), store.chats_by_language(), where.blogs.all()
    )
    rows: Rows = [
        (
            _choice(where, found, t.gettext("Everyone"), everyone, "all"),
            _button(found, t.gettext("Only me"), "to", "me"),
        )
    ]
    for one in known[:MOST_BLOGS]:
        rows.append((_choice(where, found, one.title, by_blog.get(one.id, 0), f"b:{one.id}"),))
        if len(known) <= FEW_BLOGS or found.sending.audience.blog == one.id:
            rows += _pairs(await _topics(where, found, one))
    if len(by_language) > 1:
        rows += _pairs(
            [
                _choice(where, found, _language(where, tag), chats, f"l:{tag}")
                for tag, chats in list(by_language.items())[:MOST_LANGUAGES]
            ]
        )
    rows.append((_button(found, t.gettext("Back"), "back"),))
    return where.say(t.gettext("To whom? Each with the number of its chats; every chat gets it once."), rows)


async def _topics(where: Where, found: Push, known: Known) -> list[Button]:
    """The admin's topics, then others that somebody follows, the most followed first."""
    chats = dict(await where.house.store.chats_by_topic(known.id))
    of_all = chats.pop("", 0)
    names = topics_of([known], dict(sorted(chats.items(), key=lambda one: -one[1])))
    return [
        _choice(where, found, f"#{name.title}", chats.get(name.id, of_all), f"t:{known.id}:{name.id}")
        for name in names[:MOST_TOPICS]
    ]


async def topic_begun(where: Where, known: Known, begun: str) -> Name | None:
    """The topic that a button carries, perhaps only its beginning."""
    names = topics_of([known], dict(await where.house.store.chats_by_topic(known.id)))
    exact = [name for name in names if name.id == begun]
    return next(iter(exact or [name for name in names if begun and name.id.startswith(begun)]), None)


def _choice(where: Where, found: Push, label: str, chats: int, argument: str) -> Button:
    return _button(found, f"{cut(label, (), _LABEL)[0]} · {where.t.number(chats)}", "to", argument)


def _pairs(buttons: Sequence[Button]) -> Rows:
    return [tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]


# --- choosing the time ---------------------------------------------------------------------------------------------


async def zone_of(where: Where) -> str:
    """The editor's own, as chosen in their private chat; else that of the first blog."""
    chat = await where.house.store.chat(where.house.bot, where.person.id) if where.person else None
    blogs = where.house.blogs()
    return (chat and chat.choices.timezone) or (blogs[0].timezone if blogs else "UTC")


async def moment(where: Where, at: float) -> str:
    """ "18:30 CET", with its day where that is not today."""
    return where.t.moment(datetime.fromtimestamp(at, UTC), await zone_of(where), where.house.now())


async def times(where: Where, found: Push) -> Rendered:
    t = where.t
    labels = (
        t.gettext("In 15 minutes"), t.gettext("In an hour"), t.gettext("Today 18:00"), t.gettext("Tomorrow 7:00"),
    )  # fmt: skip
    presets = [_button(found, label, "at", words) for label, words in zip(labels, PRESETS, strict=True)]
    rows = _pairs(presets)
    rows.append((_button(found, t.gettext("At once"), "at", "now"), _button(found, t.gettext("Back"), "back")))
    now = where.t.time(where.house.now(), await zone_of(where))
    return where.say(
        t.gettext(
            "When? It is {time} now. Or reply to this message with a time: 18:30, in 20 min, tomorrow 7:00.", time=now
        ),
        rows,
    )


async def scheduled(where: Where, found: Push, *, besides: str = "") -> Rendered:
    """It waits for its time: until then it can be stopped, or sent."""
    t, at = where.t, found.sending.at
    assert at is not None, "it is scheduled"
    chats = await where.house.store.audience(found.sending.audience)
    said = t.ngettext(
        "It goes out at {time}, to whoever follows then: {n} chat as of now.",
        "It goes out at {time}, to whoever follows then: {n} chats as of now.",
        chats,
        time=await moment(where, at),
    )
    lines = [besides, said, *await how(where, found.sending)]
    now, cancel = _button(found, t.gettext("Send now"), "now"), _button(found, t.gettext("Cancel"), "cancel")
    return _said(where, lines, [(now, cancel)])


# --- links, and the other editor -----------------------------------------------------------------------------------


def links(where: Where, found: Push) -> Rendered:
    said = where.t.gettext(
        "For buttons with links, reply to this message with a line for each: {example}",
        example="Read more | https://example.org",
    )
    return where.say(said, [(_button(found, where.t.gettext("Back"), "back"),)])


async def waiting(where: Where, found: Push, asked: int) -> Rendered:
    """To its author, who pressed Send."""
    t = where.t
    said = t.ngettext(
        "It waits for another editor: {n} was asked.", "It waits for another editor: {n} were asked.", asked
    )
    return _said(where, [said], [(_button(found, t.gettext("Cancel"), "cancel"),)])


async def question(where: Where, found: Push, author: str) -> Rendered:
    """To another editor."""
    t = where.t
    chats = await where.house.store.audience(found.sending.audience)
    lines = [t.gettext("{name} wants to send this. Do you approve?", name=author), await reach(where, found, chats)]
    lines += await how(where, found.sending)
    if at := found.sending.at:
        lines.append(t.gettext("It goes out at {time}.", time=await moment(where, at)))
    approve, reject = _button(found, t.gettext("Approve"), "approve"), _button(found, t.gettext("Reject"), "reject")
    return _said(where, lines, [(approve, reject)])


async def why_not(where: Where, found: Push) -> str:
    """Why nothing came of a press: what became of the push before."""
    now, t = await where.house.store.push(found.post.id), where.t
    match now.state if now else None:
        case "cancelled":
            return t.gettext("This push was cancelled before.")
        case "expired":
            return t.gettext("This draft was more than a day old and is gone; please push it anew.")
        case "rejected":
            return t.gettext("Another editor rejected this push.")
        case "waiting":
            return t.gettext("It waits for another editor.")
        case "scheduled":
            return t.gettext("This push is scheduled already.")
        case "draft":
            return t.gettext("This push is a draft still.")
        case _:
            return t.gettext("This push was sent before.")
