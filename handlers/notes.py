"""/note: an editor's own post in a blog's stream, with a preview and two buttons."""

from __future__ import annotations

from telegram.error import BadRequest

from bot.core.model import Button, Rendered
from bot.core.render import message as rendered_message
from handlers.access import Role
from handlers.arguments import find_blog, numbered
from handlers.asked import Asked, Effect, Pressed, Wrong
from handlers.blogs import Known
from handlers.drafts import words_of
from handlers.naming import all_blogs, names, unknown_blog
from handlers.replies import send
from storage import Editorial


async def note(asked: Asked) -> Rendered:
    """`blog text`; where there is one blog, it need not be named. A photo may bear it as its caption."""
    known, end = await _blog_and_end(asked)
    said = words_of(asked.message, end)
    if not said.text:
        raise _nothing(asked)
    assert asked.by is not None, "only a person is an editor"
    number = await asked.house.desk.draft_editorial(known.blog, said, person=asked.by)
    found = await asked.house.store.editorial(number)
    assert found is not None, "it was written just now"
    preview = rendered_message(found.post, known.blog.style, asked.t)
    try:
        await send(asked.bot, asked.message.chat.id, preview, thread=asked.thread)
    except BadRequest as error:
        await asked.house.desk.cancel(number, person=asked.by)
        raise Wrong(asked.t.gettext("Telegram does not take that: {why}.", why=asked.named(error.message))) from None
    return asked.say(await _reach(asked, known), _buttons(asked, number))


def _nothing(asked: Asked) -> Wrong:
    return Wrong(asked.t.gettext("Note what? Write a blog and a text after it, as in /note storm All is calm."))


async def _blog_and_end(asked: Asked) -> tuple[Known, int]:
    """The blog that the first words name, and where the text begins; the only one where none is named."""
    blogs = await all_blogs(asked)
    first = asked.words[0] if asked.words else ""
    found = next((one for one in blogs if one.id == first.casefold()), None)
    named = find_blog(first, names(blogs)) if found is None and first else None
    found = found or next((one for one in blogs if named and one.id == named.id), None)
    if found is not None:
        rest = asked.rest.lstrip()[len(first) :]
        written = len(asked.message.text or asked.message.caption or "")
        return found, written - len(rest.lstrip())
    if len(blogs) == 1:
        return blogs[0], asked.end
    if not first:
        raise _nothing(asked)
    raise unknown_blog(asked, first, blogs)


async def _reach(asked: Asked, known: Known) -> str:
    t, blog = asked.t, asked.named(known.title)
    state = await asked.house.store.blog(known.id)
    if (state is not None and state.held_at is not None) or await asked.house.store.note("hold all") is not None:
        return t.gettext("To those who follow {blog}, once /release lets it go on.", blog=blog)
    return t.gettext("To those who follow {blog}, as one of its posts.", blog=blog)


def _buttons(asked: Asked, number: int) -> list[tuple[Button, ...]]:
    send_ = Button(text=asked.t.gettext("Send"), data=f"note:send:{number}")
    return [(send_, Button(text=asked.t.gettext("Cancel"), data=f"note:cancel:{number}"))]


async def press_note(pressed: Pressed) -> Effect:
    """`note:send:<post>`, `note:cancel:<post>`: its author's alone, and once."""
    act, _, number = pressed.argument.partition(":")
    found = await pressed.house.store.editorial(one) if (one := numbered(number)) is not None else None
    _refuse_others(pressed, found)
    assert found is not None
    assert pressed.by is not None
    desk, t = pressed.house.desk, pressed.t
    done = await (
        desk.send_editorial(found.post.id, person=pressed.by)
        if act == "send"
        else desk.cancel(found.post.id, person=pressed.by)
    )
    if not done:
        raise Wrong(t.gettext("This note was sent or cancelled before."))
    if act == "send":
        said = t.gettext("Sent. Answer it with /correct or /withdraw where it stands, to change it or take it down.")
        return Effect(toast=t.gettext("On its way."), rewritten=pressed.say(said))
    return Effect(toast=t.gettext("Cancelled."), rewritten=pressed.say(t.gettext("Cancelled: this goes to nobody.")))


def _refuse_others(pressed: Pressed, found: Editorial | None) -> None:
    t = pressed.t
    if pressed.role < Role.EDITOR:
        raise Wrong(t.gettext("Only editors can do that."))
    if found is None or pressed.argument.partition(":")[0] not in ("send", "cancel"):
        raise Wrong(t.gettext("This button means nothing any more."))
    if found.author != pressed.by:
        raise Wrong(t.gettext("Only who wrote this note can send or cancel it."))
