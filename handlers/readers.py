"""What everybody meets first: the greeting, the links that lead here, and the numbers an admin needs."""

from __future__ import annotations

from typing import assert_never

from bot.core.deep_links import parted, stands_for
from bot.core.model import Button, Rendered
from bot.core.state import State
from bot.core.texts import Texts
from bot.core.writing import Writing
from handlers.arguments import Name, find_topic
from handlers.asked import Asked
from handlers.blogs import Known
from handlers.naming import all_blogs, topics_known
from handlers.subscribing import follow_buttons, topic_button


async def start(asked: Asked) -> Rendered:
    """Greets, and offers the blogs; with the word of a deep link, `blog` or `blog_topic`, just that."""
    blogs = await all_blogs(asked)
    blog, topic = parted(asked.rest.split()[0]) if asked.rest.strip() else ("", "")
    return await _deep_link(asked, blogs, blog, topic) if blog else _greeting(asked, blogs)


def _greeting(asked: Asked, blogs: list[Known]) -> Rendered:
    t = asked.t
    greeting = t.gettext("Hello! I bring live blogs into this chat and keep every message true to the page.")
    how = t.gettext("Choose what to follow; /help lists what else I can do.")
    return asked.say(f"{greeting}\n\n{how}", follow_buttons(blogs))


async def _deep_link(asked: Asked, blogs: list[Known], blog: str, topic: str) -> Rendered:
    """https://core.telegram.org/bots/features#deep-linking"""
    t = asked.t
    known = next((one for one in blogs if one.id == blog), None)
    if known is None:
        return asked.say(t.gettext("That live blog is not here any more; these are."), follow_buttons(blogs))
    found = await _linked_topic(asked, known, topic) if topic else None
    title, state = asked.named(known.title), _sentence(known.state_at(asked.house.now()), t)
    if found is not None:
        button = topic_button(asked, known, found, alone=True)
        offered = t.gettext("{topic} in the live blog {blog}.", topic=asked.named(found.title), blog=title)
        return asked.say(f"{offered} {state}", [(button,)])
    offered = t.gettext("The live blog {blog}.", blog=title)
    if topic:
        offered = t.gettext("That topic is not here any more; this is its live blog, {blog}.", blog=title)
    button = Button(text=t.gettext("Follow"), data=f"follow:{known.id}")
    return asked.say(f"{offered} {state}", [(button,)])


async def _linked_topic(asked: Asked, known: Known, topic: str) -> Name | None:
    """As it stands in the link, or what stands for it there."""
    names = await topics_known(asked, [known])
    id_ = stands_for(topic, (name.id for name in names))
    return next((name for name in names if name.id == id_), None) or find_topic(topic, names)


def _sentence(state: State, t: Texts) -> str:
    match state:
        case State.ENDED:
            return t.gettext("It has ended.")
        case State.UNREAD:
            return t.gettext("It was not read yet.")
        case State.NOT_STARTED:
            return t.gettext("It has not started yet.")
        case State.LIVE:
            return t.gettext("It is live.")
        case State.QUIET:
            return t.gettext("It is live, and quiet at the moment.")
    assert_never(state)


async def who_is_this(asked: Asked) -> Rendered:
    """The numbers that an admin needs for the file."""
    t = asked.t
    numbers = [(t.gettext("This chat"), asked.message.chat.id)]
    numbers += [(t.gettext("This topic"), asked.thread)] if asked.thread else []
    numbers += [(t.gettext("You"), asked.person.id)] if asked.person else []
    lines = [Writing(rtl=t.rtl).sentence(f"{words}: ").code(str(number)) for words, number in numbers]
    return Writing(rtl=t.rtl).join(*lines, between="\n").rendered()
