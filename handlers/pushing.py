"""What editors may do: push a message to everybody who follows a blog, or to some of them, now or later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from telegram.error import BadRequest

from bot.core.links import LONGEST, MOST, BadLink, TooManyLinks, links_below
from bot.core.model import Lane, Rendered
from bot.core.moments import Moment, NoMoment, Past, TooFar, Twist, moment_in
from bot.core.publishing import Audience, PushText, Sending
from handlers import approving, pushing_screens
from handlers.access import Role
from handlers.arguments import numbered
from handlers.asked import Asked, Effect, Pressed, Where, Wrong
from handlers.drafts import Unfit, draft_of, source_of
from handlers.replies import answer, rewrite, send
from storage import Push


async def push(asked: Asked) -> None:
    """The preview, exactly as readers will see it, and below it one message with the buttons."""
    text = _draft(asked)
    number = await asked.house.desk.draft(_author(asked), text)
    shown = await _show(asked, number, _album_of_one(asked, text))
    await asked.house.store.push_said_at(number, asked.message.chat.id, source_of(asked.message, asked.end), shown)


def _album_of_one(asked: Asked, text: PushText) -> str:
    """What is to be said where the rest of an album is not known."""
    shown = asked.message if asked.message.media_group_id else asked.message.reply_to_message
    of_album = shown is not None and shown.media_group_id is not None
    if not of_album or len(text.media) + (text.photo is not None) != 1:
        return ""
    return asked.t.gettext("Of the album it takes this one: the others are not known any more.")


async def _show(asked: Asked, number: int, besides: str = "") -> int:
    """The preview and the message with the buttons; what Telegram does not take is no draft any more. Returns the
    preview's message id."""
    found = await asked.house.store.push(number)
    assert found is not None, "it is there"
    try:
        rendered = pushing_screens.preview(asked, found.post)
        shown = await send(asked.bot, asked.message.chat.id, rendered, thread=asked.thread)
    except BadRequest as error:
        await asked.house.desk.cancel(number, person=_author(asked))
        raise Wrong(asked.t.gettext("Telegram does not take that: {why}.", why=asked.named(error.message))) from None
    control = await answer(asked.message, await pushing_screens.control(asked, found, besides=besides))
    await asked.house.store.push_shown_at(number, asked.message.chat.id, control)
    return shown


def _author(asked: Asked) -> int:
    assert asked.person is not None, "only a person is an editor"
    return asked.person.id


def _draft(asked: Asked) -> PushText:
    t = asked.t
    try:
        text = draft_of(asked.message, asked.end, asked.house.albums.parts)
    except Unfit:
        raise Wrong(t.gettext("Send that without a command first, then reply to it with /push.")) from None
    except (BadLink, TooManyLinks) as error:
        raise _bad_links(asked, error) from None
    if text is None:
        raise Wrong(
            t.gettext("Push what? Write the text after /push, put /push under a photo, or reply with it to a message.")
        )
    return text


def _bad_links(where: Where, error: BadLink | TooManyLinks) -> Wrong:
    t = where.t
    if isinstance(error, TooManyLinks):
        return Wrong(t.gettext("A message takes {n} buttons at most.", n=t.number(MOST)))
    return Wrong(
        t.gettext(
            "“{line}” makes no button: it takes up to {n} characters, a | and a web address.",
            line=where.named(str(error)),
            n=t.number(LONGEST),
        )
    )


# --- what is pressed -----------------------------------------------------------------------------------------------


async def press_push(pressed: Pressed) -> Effect:
    """`push:<act>:<number>` and perhaps `:<argument>`. Its author's alone but for approving, and each thing once."""
    act, _, rest = pressed.argument.partition(":")
    number, _, argument = rest.partition(":")
    found = await pressed.house.store.push(one) if (one := numbered(number)) is not None else None
    if pressed.role < Role.EDITOR:
        await pressed.house.desk.drop_drafts_of_others()
        raise Wrong(pressed.t.gettext("Only editors can do that."))
    if found is None or found.post.blog is not None:
        raise Wrong(pressed.t.gettext("This push is not there any more."))
    if act in approving.ACTS or (act == "send" and found.state == "waiting"):
        return await approving.press(pressed, found, act)
    if found.author != pressed.query.from_user.id and not _is_orphaned(pressed, found):
        raise Wrong(pressed.t.gettext("Only who wrote this push can send or cancel it."))
    if act not in ACTS:
        raise Wrong(pressed.t.gettext("This button means nothing any more."))
    await _find_again(pressed, found)
    return await ACTS[act](pressed, found, argument)


async def _find_again(pressed: Pressed, found: Push) -> None:
    """A kill may have come between the message with the buttons and the word of where it stands."""
    message = pressed.query.message
    if found.preview_message is None and message is not None:
        await pressed.house.store.push_shown_at(found.post.id, message.chat.id, message.message_id)


def _is_orphaned(pressed: Pressed, found: Push) -> bool:
    """Scheduled by somebody who is no editor any more: any editor may stop it."""
    return found.state == "scheduled" and not pressed.house.settings().is_editor(found.author)


async def _send(pressed: Pressed, found: Push, _: str) -> Effect:
    """The message is rewritten by the loop that shows progress, so that nobody writes over a newer count."""
    sending = found.sending
    if approving.is_needed(pressed, sending):
        return await approving.ask(pressed, found)
    chats = await pressed.house.store.audience(sending.audience)
    if not await pressed.house.desk.send(found.post.id, sending, person=pressed.query.from_user.id, chats=chats):
        raise Wrong(await pushing_screens.why_not(pressed, found))
    return await gone(pressed, found)


async def gone(pressed: Pressed, found: Push) -> Effect:
    """It was sent, or scheduled, just now."""
    now = await pressed.house.store.push(found.post.id)
    if now is None or now.state != "scheduled" or now.sending.at is None:
        return Effect(toast=pressed.t.gettext("On its way."))
    when = await pushing_screens.moment(pressed, now.sending.at)
    said = pressed.t.gettext("It goes out at {time}.", time=when)
    return Effect(toast=said, rewritten=await pushing_screens.scheduled(pressed, now))


async def _send_now(pressed: Pressed, found: Push, _: str) -> Effect:
    if not await pressed.house.desk.send_push_now(found.post.id, person=pressed.query.from_user.id):
        raise Wrong(await pushing_screens.why_not(pressed, found))
    return Effect(toast=pressed.t.gettext("On its way."))


async def _cancel(pressed: Pressed, found: Push, _: str) -> Effect:
    if not await pressed.house.desk.cancel(found.post.id, person=pressed.query.from_user.id):
        raise Wrong(await pushing_screens.why_not(pressed, found))
    return Effect(
        toast=pressed.t.gettext("Cancelled."),
        rewritten=pressed.say(pressed.t.gettext("Cancelled: this goes to nobody.")),
    )


# --- how it goes out -----------------------------------------------------------------------------------------------


async def _choose(pressed: Pressed, found: Push, sending: Sending) -> Effect:
    """Keeps a choice and shows it."""
    if not await pressed.house.store.choose_sending(found.post.id, sending):
        raise Wrong(await pushing_screens.why_not(pressed, found))
    return Effect(rewritten=await pushing_screens.control(pressed, replace(found, sending=sending)))


async def _silent(pressed: Pressed, found: Push, argument: str) -> Effect:
    return await _choose(pressed, found, replace(found.sending, silent=argument != "0"))


async def _lane(pressed: Pressed, found: Push, argument: str) -> Effect:
    lane = Lane.BREAKING if argument == "breaking" else Lane.LIVE
    return await _choose(pressed, found, replace(found.sending, lane=lane))


async def _to(pressed: Pressed, found: Push, argument: str) -> Effect:
    chosen = await _choose(pressed, found, replace(found.sending, audience=await _audience(pressed, argument)))
    blogs = await pressed.blogs.all()
    if argument.startswith("b:") and len(blogs) > pushing_screens.FEW_BLOGS:  # its topics may be meant
        sending = replace(found.sending, audience=Audience(blog=argument[2:]))
        return Effect(rewritten=await pushing_screens.audiences(pressed, replace(found, sending=sending)))
    return chosen


async def _audience(pressed: Pressed, argument: str) -> Audience:
    """`all`, `me`, `b:<blog>`, `t:<blog>:<topic>`, `l:<language>`."""
    which, _, name = argument.partition(":")
    blog, _, begun = name.partition(":")
    known = next((one for one in await pressed.blogs.all() if one.id == blog), None)
    match which:
        case "all":
            return Audience()
        case "me":
            return Audience(only_chat=await _own_chat(pressed))
        case "l" if name:
            return Audience(language=name)
        case "b" if known:
            return Audience(blog=known.id)
        case "t" if known and (topic := await pushing_screens.topic_begun(pressed, known, begun)):
            return Audience(blog=known.id, topics=(topic.id,))
        case _:
            raise Wrong(pressed.t.gettext("That is not there to choose any more."))


async def _own_chat(pressed: Pressed) -> int:
    chat = await pressed.house.store.chat(pressed.house.bot, pressed.query.from_user.id)
    if chat is None or not chat.open:
        raise Wrong(pressed.t.gettext("Write to me in a private chat first: then I can send it to you there."))
    return chat.id


async def _at(pressed: Pressed, found: Push, argument: str) -> Effect:
    if argument == "now":
        return await _choose(pressed, found, replace(found.sending, at=None))
    found_at = await _moment(pressed, argument)
    effect = await _choose(pressed, found, replace(found.sending, at=found_at.at.timestamp()))
    return replace(effect, toast=_twist(pressed, found_at))


async def _moment(where: Where, words: str) -> Moment:
    t, zone = where.t, await pushing_screens.zone_of(where)
    try:
        return moment_in(words, where.house.now(), zone)
    except Past:
        raise Wrong(
            t.gettext("That time has passed; it is {time} now.", time=t.time(where.house.now(), zone))
        ) from None
    except TooFar:
        raise Wrong(t.gettext("That is more than a year away.")) from None
    except NoMoment:
        raise Wrong(
            t.gettext(
                "I understand a time, such as 18:30, in 20 min or tomorrow 7:00, or links, such as {example}",
                example="Read more | https://example.org",
            )
        ) from None


def _twist(where: Where, found: Moment) -> str:
    """What may not be as it was meant."""
    match found.twist:
        case Twist.TOMORROW:
            return where.t.gettext("That time has passed today: it is meant for tomorrow.")
        case Twist.SKIPPED:
            return where.t.gettext("Clocks are put forward over that time: it goes out as much later.")
        case Twist.TWICE:
            return where.t.gettext("Clocks are put back over that time: the first of the two is meant.")
        case None:
            return ""


def _screen(shown: Callable[[Where, Push], Awaitable[Rendered]]) -> Callable[[Pressed, Push, str], Awaitable[Effect]]:
    """Another page of the same message, of a draft alone."""

    async def show(pressed: Pressed, found: Push, _: str) -> Effect:
        if found.state != "draft":
            raise Wrong(await pushing_screens.why_not(pressed, found))
        return Effect(rewritten=await shown(pressed, found))

    return show


async def _links(where: Where, found: Push) -> Rendered:
    return pushing_screens.links(where, found)


ACTS: dict[str, Callable[[Pressed, Push, str], Awaitable[Effect]]] = {
    "send": _send,
    "now": _send_now,
    "cancel": _cancel,
    "silent": _silent,
    "lane": _lane,
    "to": _to,
    "at": _at,
    "who": _screen(pushing_screens.audiences),
    "when": _screen(pushing_screens.times),
    "links": _screen(_links),
    "back": _screen(pushing_screens.control),
}


# --- what is replied to the buttons --------------------------------------------------------------------------------


async def replied(asked: Asked) -> Rendered | None:
    """A time, or links, typed as a reply to the message with the buttons."""
    answered = asked.message.reply_to_message
    found = await asked.house.store.push_under(answered.chat.id, answered.message_id) if answered else None
    if found is None or found.author != _author(asked):
        raise Wrong(asked.t.gettext("Only who wrote this push can change it."))
    if found.state != "draft":
        raise Wrong(await pushing_screens.why_not(asked, found))
    try:
        text, buttons = links_below(asked.rest)
    except (BadLink, TooManyLinks) as error:
        raise _bad_links(asked, error) from None
    if not buttons or text.strip():
        return await _replied_time(asked, found)
    await asked.house.store.link_push(found.post.id, PushText(buttons=buttons))
    await _put(asked, found, asked.say(asked.t.gettext("It goes on below.")))
    await _show(asked, found.post.id)
    return None


async def _replied_time(asked: Asked, found: Push) -> Rendered:
    typed = await _moment(asked, asked.rest)
    sending = replace(found.sending, at=typed.at.timestamp())
    if not await asked.house.store.choose_sending(found.post.id, sending):
        raise Wrong(await pushing_screens.why_not(asked, found))
    await _put(asked, found, await pushing_screens.control(asked, replace(found, sending=sending)))
    when = await pushing_screens.moment(asked, typed.at.timestamp())
    said = asked.t.gettext("It goes out at {time}, once you press Send.", time=when)
    return asked.say(f"{_twist(asked, typed)} {said}".strip())


async def _put(asked: Asked, found: Push, shown: Rendered) -> None:
    assert found.preview_chat is not None, "it was found by these"
    assert found.preview_message is not None, "it was found by these"
    await rewrite(asked.bot, found.preview_chat, found.preview_message, shown)
