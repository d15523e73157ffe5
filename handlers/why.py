"""Why a post is here, or is not: /why, about this chat for its people, about any chat for admins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.explanation import LINES, Explanation, explanation_lines
from bot.core.model import Button, Relayed, Rendered
from bot.core.render import headline
from bot.core.writing import Writing, cut, line
from bot.why import why as explain
from handlers import access
from handlers.access import Role
from handlers.arguments import numbered
from handlers.asked import Asked, Effect, Pressed, Where, Wrong, is_private
from handlers.meant import of_answered, of_message_link
from storage import Chat

_CHAT = re.compile(r"-?[0-9]{1,15}|@[A-Za-z]\w{3,31}", re.ASCII)
_QUOTES = "\"'“”„«»"  # around words of a headline
_MOST = 20  # posts of one message
_LABEL = 60
# What readers are not told of: what nobody has been told yet, or ever.
_INSIDE = frozenset(("draft", "waiting", "cancelled", "rejected", "expired", "scheduled", "paused", "stopped")) | {
    "audience",
    "hold",
    "behind",
    "expanding",
    "withdrawn-before",
    "kept-down",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """Which posts, and about which chat."""

    posts: list[Relayed]
    chat: Chat


async def why(asked: Asked) -> Rendered:
    """As a reply, or with a post's link or number; for admins a chat's number or name after it."""
    await _may_ask(asked)
    question = await _question(asked)
    if len(question.posts) == 1:
        return await _answer(asked, question.posts[0].id, question.chat)
    style_of = asked.blogs.style_of
    buttons = [
        (
            Button(
                text=headline(post, style_of(post), _LABEL) or f"{post.id}",
                data=f"why:{post.id}:{question.chat.telegram_id}",
            ),
        )
        for post in question.posts[:_MOST]
    ]
    return asked.say(asked.t.gettext("There are several posts; which one?"), buttons)


async def press_why(pressed: Pressed) -> Effect:
    """`why:<post>:<chat>`: of this post, and a chat by Telegram's number."""
    post, _, number = pressed.argument.partition(":")
    chat = await _known(pressed, number)
    if chat.id != pressed.chat.id:
        _only_admins(pressed)
    elif pressed.role < Role.EDITOR and not await access.may_press(
        pressed.bot, chat.telegram_id, pressed.query.from_user
    ):
        raise Wrong(pressed.t.gettext("Only this group's admins can ask that here."))
    if (one := numbered(post)) is None:
        raise Wrong(pressed.t.gettext("This post is not there any more."))
    return Effect(said=await _answer(pressed, one, chat))


async def _may_ask(asked: Asked) -> None:
    """What became of posts in a group is for those who lead it, and for editors."""
    if is_private(asked.message) or asked.role >= Role.EDITOR or await access.may_decide(asked.bot, asked.message):
        return
    raise Wrong(asked.t.gettext("Only this group's admins can ask that here."))


def _only_admins(where: Where) -> None:
    if where.role < Role.ADMIN:
        raise Wrong(where.t.gettext("Only admins can ask about another chat."))


# --- what is asked ---------------------------------------------------------------------------------------------------


async def _question(asked: Asked) -> _Question:
    words = asked.words
    answered = [one async for one in of_answered(asked)]
    posts = next(filter(None, answered), [])
    named = words[-1] if words and _CHAT.fullmatch(words[-1]) and _stands_alone(words[:-1], bool(posts)) else None
    if named is not None:
        _only_admins(asked)
        words = words[:-1]
    about = " ".join(words).strip(_QUOTES)
    chat = asked.chat if named is None else await _known(asked, named)
    if about or not posts:
        posts = await _posts(asked, about, answered=bool(answered))
    return _Question(posts=posts, chat=chat)


def _stands_alone(post: Sequence[str], answered: bool) -> bool:
    """Whether what comes behind these words is a chat: a number may be one of a headline's, unless that is quoted."""
    if answered or len(post) < 2:
        return len(post) == (0 if answered else 1)
    return post[0][0] in _QUOTES and post[-1][-1] in _QUOTES


async def _posts(asked: Asked, words: str, *, answered: bool) -> list[Relayed]:
    if not words and answered:
        raise Wrong(asked.t.gettext("That message carries no post that I know; a link to the post will do."))
    if not words:
        raise Wrong(
            asked.t.gettext("Which post? Answer a message of mine with /why, or write a link or number after it.")
        )
    found = await of_message_link(asked, words) or await asked.house.store.find_posts(words)
    if not found and (number := numbered(words)) is not None and await asked.house.store.was_post(number):
        raise Wrong(asked.t.gettext("Nothing is kept of that post any more."))
    if asked.role < Role.EDITOR:
        found = [one for one in found if one.blog is not None and _is_named(one, words)]
    if not found:
        raise Wrong(asked.t.gettext("I know no post of that link, number or headline."))
    return found


def _is_named(post: Relayed, words: str) -> bool:
    """Readers say exactly which post they mean: a search would tell them of posts that nobody has seen yet."""
    return words == str(post.id) or words.startswith("http")


async def _known(where: Where, name: str) -> Chat:
    """A chat by its number, or its @name."""
    number = numbered(name, negative=True)
    if number is None and name.startswith("@"):
        number = await access.number_of(where.bot, name)
    found = await where.house.store.find_chats(str(number), where.house.bot) if number is not None else []
    if not found:
        raise Wrong(where.t.gettext("I know no chat {words}.", words=where.named(name)))
    return found[0]


# --- what is answered ------------------------------------------------------------------------------------------------


async def _answer(where: Where, post: int, chat: Chat) -> Rendered:
    t, house = where.t, where.house
    thread = where.thread if chat.id == where.chat.id else 0
    found = await explain(house.store, house.settings(), post, chat.id, house.clock(), thread=thread)
    if where.role < Role.EDITOR and (found.code in _INSIDE or _is_hidden(found)):
        raise Wrong(t.gettext("I know no post of that link, number or headline."))
    lines = explanation_lines(found, t, people=where.role >= Role.EDITOR)
    text = Writing(rtl=t.rtl)
    if where.role >= Role.EDITOR and found.headline:
        text.write(cut(line(found.headline), (), _LABEL)[0], "italic", isolate=True).newline()
    text.sentence(lines[0], "bold")
    for one in _fitting(lines[1:]):
        text.newline().sentence(one)
    return text.rendered()


def _is_hidden(found: Explanation) -> bool:
    """Held, and nobody was told."""
    return found.code == "held" and not any(step.said.words.startswith("Sent;") for step in found.steps)


def _fitting(lines: list[str]) -> list[str]:
    """The last ones matter more."""
    return lines if len(lines) < LINES else [*lines[:2], "…", *lines[-(LINES - 4) :]]
