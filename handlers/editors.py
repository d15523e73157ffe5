"""What editors may do: push a message to everybody who follows a blog."""

from __future__ import annotations

import math
from datetime import timedelta

from telegram.error import BadRequest

from bot.core.model import Button, Rendered, Style
from bot.core.publishing import Audience, PushText
from bot.core.render import message as rendered_message
from bot.desk import seconds_to_send
from handlers.access import Role
from handlers.asked import Asked, Effect, Pressed, Wrong
from handlers.drafts import Unfit, draft_of, source_of
from handlers.replies import answer, send
from storage import Push


async def push(asked: Asked) -> None:
    """The preview, exactly as readers will see it, and below it one message with the buttons."""
    number = await asked.house.desk.draft(_author(asked), _draft(asked))
    found = await asked.house.store.push(number)
    assert found is not None, "it was written just now"
    preview = rendered_message(found.post, Style(), asked.t)
    try:
        shown = await send(asked.bot, asked.message.chat.id, preview, thread=asked.thread)
    except BadRequest as error:
        await asked.house.desk.cancel(number)
        raise Wrong(asked.t.gettext("Telegram does not take that: {why}.", why=asked.named(error.message))) from None
    chats = await asked.house.store.audience(Audience())
    control = await answer(asked.message, asked.say(_reach(asked, chats, found, preview), _buttons(asked, number)))
    await asked.house.store.push_shown_at(number, asked.message.chat.id, control)
    await asked.house.store.push_said_at(number, asked.message.chat.id, source_of(asked.message, asked.end), shown)


def _author(asked: Asked) -> int:
    assert asked.person is not None, "only a person is an editor"
    return asked.person.id


def _draft(asked: Asked) -> PushText:
    t = asked.t
    try:
        text = draft_of(asked.message, asked.end)
    except Unfit:
        raise Wrong(t.gettext("Send that without a command first, then reply to it with /push.")) from None
    if text is None:
        raise Wrong(
            t.gettext("Push what? Write the text after /push, put /push under a photo, or reply with it to a message.")
        )
    return text


def _reach(asked: Asked, chats: int, found: Push, preview: Rendered) -> str:
    """ "To 1,234 chats, about 42 seconds." and what the preview lacks."""
    t = asked.t
    seconds = max(1, math.ceil(seconds_to_send(chats, 1 / asked.house.pace.interval)))
    time = t.duration(timedelta(seconds=seconds))
    reach = t.ngettext("To {n} chat, about {time}.", "To {n} chats, about {time}.", chats, time=time)
    if not chats:
        reach = t.gettext("To {n} chats: nobody follows a blog yet.", n=t.number(0))
    if found.post.photo and preview.photo is None:
        reach += " " + t.gettext("The picture is left out: so long a text does not fit under one.")
    if asked.message.media_group_id:
        reach += " " + t.gettext("Of the album it takes this one picture.")
    return reach


def _buttons(asked: Asked, number: int) -> list[tuple[Button, ...]]:
    t = asked.t
    return [
        (
            Button(text=t.gettext("Send"), data=f"push:send:{number}"),
            Button(text=t.gettext("Send silently"), data=f"push:silent:{number}"),
        ),
        (Button(text=t.gettext("Cancel"), data=f"push:cancel:{number}"),),
    ]


async def press_push(pressed: Pressed) -> Effect:
    """`push:send:<number>`, `push:silent:<number>`, `push:cancel:<number>`: its author's alone, and once."""
    act, _, number = pressed.argument.partition(":")
    found = await pressed.house.store.push(int(number)) if number.isdecimal() else None
    _refuse_others(pressed, found)
    assert found is not None
    match act:
        case "send" | "silent":
            return await _send(pressed, found, silent=act == "silent")
        case "cancel":
            return await _cancel(pressed, found)
        case _:
            raise Wrong(pressed.t.gettext("This button means nothing any more."))


def _refuse_others(pressed: Pressed, found: Push | None) -> None:
    t = pressed.t
    if pressed.role < Role.EDITOR:
        raise Wrong(t.gettext("Only editors can do that."))
    if found is None:
        raise Wrong(t.gettext("This push is not there any more."))
    if found.author != pressed.query.from_user.id:
        raise Wrong(t.gettext("Only who wrote this push can send or cancel it."))


async def _send(pressed: Pressed, found: Push, *, silent: bool) -> Effect:
    """The message is rewritten by the loop that shows progress, so that nobody writes over a newer count."""
    if not await pressed.house.desk.send(found.post.id, Audience(), silent=silent):
        raise Wrong(await _why_not(pressed, found))
    return Effect(toast=pressed.t.gettext("On its way."))


async def _cancel(pressed: Pressed, found: Push) -> Effect:
    if not await pressed.house.desk.cancel(found.post.id):
        raise Wrong(await _why_not(pressed, found))
    return Effect(
        toast=pressed.t.gettext("Cancelled."),
        rewritten=pressed.say(pressed.t.gettext("Cancelled: this goes to nobody.")),
    )


async def _why_not(pressed: Pressed, found: Push) -> str:
    now = await pressed.house.store.push(found.post.id)
    if now is not None and now.state == "cancelled":
        return pressed.t.gettext("This push was cancelled before.")
    return pressed.t.gettext("This push was sent before.")
