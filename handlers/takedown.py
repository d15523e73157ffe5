"""Editors' word on what stands in chats: /withdraw, /correct and /restore of posts and of their own pushes."""

from __future__ import annotations

from telegram import InlineKeyboardMarkup, Message

from bot.core.model import Button, Relayed, Rendered
from bot.core.publishing import PushText
from bot.core.render import files_of, headline
from bot.core.writing import CAPTION, line, units
from handlers.access import Role
from handlers.arguments import numbered
from handlers.asked import Asked, Effect, Pressed, Where, Wrong
from handlers.drafts import words_of
from handlers.meant import Meant, meant
from storage import Errand, Restored

WITHDRAW, CORRECT, RESTORE = "withdraw", "correct", "restore"
_MOST = 20  # posts of one message
_WHY = 300  # characters of a reason that are kept
_LABEL = 60


async def withdraw(asked: Asked) -> Rendered:
    """As a reply or with a link, and a reason after it if one likes."""
    found = await meant(asked)
    errand = Errand(person=_person(asked), act=WITHDRAW, words=line(_rest(asked, found))[:_WHY])
    return await _done_or_offered(asked, found.posts, errand)


async def correct(asked: Asked) -> Rendered:
    """As a reply or with a link, and the new text after it."""
    found = await meant(asked)
    said = words_of(asked.message, found.end)
    if not said.text:
        raise Wrong(asked.t.gettext("Correct it to what? Write the new text after /correct."))
    errand = Errand(person=_person(asked), act=CORRECT, words=said.text, entities=said.entities)
    return await _done_or_offered(asked, found.posts, errand)


async def restore(asked: Asked) -> Rendered:
    """As a reply or with a link."""
    found = await meant(asked)
    return await _done_or_offered(asked, found.posts, Errand(person=_person(asked), act=RESTORE))


def _person(where: Where) -> int:
    assert where.person is not None, "only a person is an editor"
    return where.person.id


def _rest(asked: Asked, found: Meant) -> str:
    return (asked.message.text or asked.message.caption or "")[found.end :]


async def _done_or_offered(asked: Asked, posts: list[Relayed], errand: Errand) -> Rendered:
    """At once where one post is meant; else a button for each."""
    if len(posts) == 1:
        return asked.say(await fulfil(asked, posts[0], errand), _way_back(asked, posts[0], errand))
    number = await asked.house.store.keep_errand(errand, asked.house.clock())
    style_of = asked.blogs.style_of
    buttons = [
        (Button(text=headline(post, style_of(post), _LABEL) or f"{post.id}", data=f"take:{number}:{post.id}"),)
        for post in posts[:_MOST]
    ]
    return asked.say(asked.t.gettext("There are several posts; which one?"), buttons)


def _way_back(where: Where, post: Relayed, errand: Errand) -> list[tuple[Button, ...]]:
    if errand.act != WITHDRAW or post.blog is None:
        return []
    return [(Button(text=where.t.gettext("Restore"), data=f"take:{RESTORE}:{post.id}"),)]


async def press_take(pressed: Pressed) -> Effect:
    """`take:<errand>:<post>`: what its author asked, of this post; `take:restore:<post>`: any editor's."""
    said, _, number = pressed.argument.partition(":")
    if pressed.role < Role.EDITOR:
        raise Wrong(pressed.t.gettext("Only editors can do that."))
    post = await pressed.house.store.post(one) if (one := numbered(number)) is not None else None
    if post is None:
        raise Wrong(pressed.t.gettext("This post is not there any more."))
    if said == RESTORE:
        done = await fulfil(pressed, post, Errand(person=_person(pressed), act=RESTORE))
        return Effect(toast=done, rewritten=pressed.say(done))
    errand = await pressed.house.store.errand(one) if (one := numbered(said)) is not None else None
    if errand is None or errand.person != _person(pressed):
        raise Wrong(pressed.t.gettext("Only who asked for this can press it; give the command yourself."))
    done = await fulfil(pressed, post, errand)
    return Effect(toast=done, rewritten=pressed.say(done, _others(pressed)))


def _others(pressed: Pressed) -> list[tuple[Button, ...]]:
    """The buttons of the posts that are left."""
    message = pressed.query.message
    markup = message.reply_markup if isinstance(message, Message) else None
    rows = markup.inline_keyboard if isinstance(markup, InlineKeyboardMarkup) else ()
    left = [one for row in rows for one in row if one.callback_data != pressed.query.data]
    return [(Button(text=one.text, data=str(one.callback_data)),) for one in left]


async def fulfil(where: Where, post: Relayed, errand: Errand) -> str:
    """Do it, and say what was done. Wrong where it cannot be done."""
    match errand.act:
        case "withdraw":
            return await _withdraw(where, post, errand)
        case "correct":
            return await corrected(where, post, PushText(text=errand.words, entities=errand.entities))
        case _:
            return await _restore(where, post)


async def _withdraw(where: Where, post: Relayed, errand: Errand) -> str:
    t = where.t
    chats = await where.house.desk.withdraw(post.id, person=_person(where), why=errand.words)
    if chats is None:
        raise Wrong(t.gettext("That was taken down before."))
    if not chats:
        return t.gettext("Taken down: it was in no chat yet, and goes to none.")
    return t.ngettext("Taken down: it goes from {n} chat now.", "Taken down: it goes from {n} chats now.", chats)


async def corrected(where: Where, post: Relayed, said: PushText) -> str:
    """Correct a post, and say in how many chats. Wrong where it cannot be, or is somebody else's push."""
    t = where.t
    await _refuse(where, post, said)
    chats = await where.house.desk.correct(post.id, said, person=_person(where))
    if chats is None:
        raise Wrong(t.gettext("That cannot be corrected any more."))
    if not chats:
        return t.gettext("Corrected: it is in no chat yet, and goes out like this.")
    return t.ngettext("Corrected: {n} chat follows.", "Corrected: {n} chats follow.", chats)


async def _refuse(where: Where, post: Relayed, said: PushText) -> None:
    t, push = where.t, await where.house.store.push(post.id)
    if post.blog is None and push is not None and push.author != _person(where) and where.role < Role.ADMIN:
        raise Wrong(t.gettext("Only who wrote this push, or an admin, can correct it."))
    if post.copied is not None:
        raise Wrong(t.gettext("What was copied as it was cannot be changed; /withdraw deletes it in every chat."))
    if post.withdrawn_at is not None:
        raise Wrong(t.gettext("That is withdrawn; /restore brings a post of a blog back."))
    if post.blog is None and files_of(post) and units(said.text) > CAPTION:
        raise Wrong(
            t.gettext(
                "Under its file there is room for {most} characters; that is {n}.",
                most=t.number(CAPTION),
                n=t.number(units(said.text)),
            )
        )


async def _restore(where: Where, post: Relayed) -> str:
    t = where.t
    if post.blog is None:
        raise Wrong(t.gettext("A recalled push stays recalled; it can be pushed again."))
    match await where.house.desk.restore(post.id, person=_person(where)):
        case Restored.BACK:
            return t.gettext("Restored: it is as it was, with what its page has changed meanwhile.")
        case Restored.STILL_GONE:
            return t.gettext("Restored; but its page took it down as well, so it stays withdrawn.")
        case Restored.NOTHING:
            raise Wrong(t.gettext("No editor took this post down or corrected it."))
