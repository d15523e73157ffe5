"""What editors do about a push that was sent: look how far it is, pause and resume it, drop its rest, correct it,
recall it."""

from __future__ import annotations

from dataclasses import replace

from bot.core.links import BadLink, TooManyLinks
from bot.core.model import Button, Media, Rendered
from bot.core.publishing import Audience, Progress, PushText
from bot.core.render import files_of
from bot.core.texts import Texts
from bot.core.writing import Writing, cut, isolated, line
from handlers.access import Role, person_of
from handlers.arguments import numbered, spoken
from handlers.asked import Asked, Effect, Pressed, Where, Wrong
from handlers.drafts import Unfit, draft_of, files_in
from handlers.meant import push_of
from handlers.people import name_of
from handlers.progress import buttons, is_going, words
from handlers.pushing_screens import moment, whom
from handlers.takedown import corrected
from storage import Act, Sent

PAGE = 8  # pushes
_LABEL = 40  # units of a text in a list
_BEGINNING = 300  # and of one that is looked at
_ACTS = 6  # that are listed of one push


async def pushes(asked: Asked) -> Rendered:
    """Recent ones and those that are still to be sent, the newest first."""
    return await _page(asked, 0)


async def press_pushes(pressed: Pressed) -> Effect:
    """`pushes:page:<number>`, `pushes:one:<push>`."""
    _refuse_readers(pressed)
    act, _, number = pressed.argument.partition(":")
    if (page := numbered(number)) is None:
        raise Wrong(pressed.t.gettext("This button means nothing any more."))
    if act == "page":
        return Effect(rewritten=await _page(pressed, page))
    return Effect(rewritten=await _one(pressed, await _found(pressed, number)))


async def _page(where: Where, number: int) -> Rendered:
    t = where.t
    found = await where.house.store.recent_pushes(PAGE + 1, number * PAGE)
    if not found:
        return where.say(t.gettext("Nothing was pushed yet."))
    rows = [
        (Button(text=await _label(where, push), data=f"pushes:one:{push.post.id}"),) for push in found[:PAGE]
    ]  # fmt: skip
    turns = [Button(text=t.gettext("Newer"), data=f"pushes:page:{number - 1}")] if number else []
    turns += [Button(text=t.gettext("Older"), data=f"pushes:page:{number + 1}")] if len(found) > PAGE else []
    return where.say(t.gettext("Pushes, the newest first:"), [*rows, *([tuple(turns)] if turns else [])])


async def _label(where: Where, push: Sent) -> str:
    """ "14:02 CET · The bridge is closed" """
    return f"{await moment(where, push.at)} · {_beginning(where, push, _LABEL)}"


def _beginning(where: Where, push: Sent, most: int) -> str:
    if push.post.copied is not None:
        return where.t.gettext("(a copied message)")
    return cut(line(push.post.text), (), most)[0] or where.t.gettext("(no words)")


# --- one of them ---------------------------------------------------------------------------------------------------


async def _one(where: Where, push: Sent) -> Rendered:
    """Its beginning, audience, progress, who did what about it, and what can be done."""
    t, house = where.t, where.house
    progress = await house.store.progress(house.bot, push.post.id)
    seconds, per_second = progress.seconds(push.at, house.clock()), 1 / house.pace.interval
    text = Writing(rtl=t.rtl).sentence(isolated(_beginning(where, push, _BEGINNING), rtl=t.rtl), "bold").newline(2)
    text.sentence(await _audience(where, push)).newline()
    if push.state == "scheduled":
        text.sentence(t.gettext("It goes out at {time}.", time=await moment(where, push.at)))
    else:
        text.sentence(words(push, progress, progress.sent, seconds, per_second, t))
    for act in (await house.store.acts_on(push.post.id))[-_ACTS:]:
        text.newline().sentence(await _done(where, act), "italic")
    return text.rendered(buttons=[*_possible(push, progress, t), _back(where)])


def _possible(push: Sent, progress: Progress, t: Texts) -> tuple[tuple[Button, ...], ...]:
    """The buttons of a push that was sent; one that is scheduled is still its author's to send or cancel."""
    if push.state != "scheduled":
        return buttons(push, going=is_going(push, progress), t=t)
    now = Button(text=t.gettext("Send now"), data=f"push:now:{push.post.id}")
    return ((now, Button(text=t.gettext("Cancel"), data=f"push:cancel:{push.post.id}")),)


def _back(where: Where) -> tuple[Button, ...]:
    return (Button(text=where.t.gettext("All pushes"), data="pushes:page:0"),)


async def _audience(where: Where, push: Sent) -> str:
    if push.only_chat is not None:
        return where.t.gettext("Only to its author.")
    to = Audience(blog=push.blog, topics=push.topics, language=push.language)
    return await whom(where, to) or where.t.gettext("To everybody who follows a blog.")


async def _who(where: Where, act: Act) -> str:
    """A password is no person."""
    if not act.person and act.words == "dashboard":
        return where.t.gettext("the dashboard")
    return await name_of(where.bot, act.person, where.t)


async def _done(where: Where, act: Act) -> str:
    """ "14:02 UTC: Eve recalled it from 1,234 chats." """
    t, chats = where.t, act.chats or 0
    named = {"time": isolated(await moment(where, act.at), rtl=t.rtl), "who": await _who(where, act)}
    match act.act:
        case "push":
            return t.ngettext(
                "{time}: {who} sent it to {n} chat.", "{time}: {who} sent it to {n} chats.", chats, **named
            )
        case "schedule":
            return t.gettext("{time}: {who} scheduled it.", **named)
        case "approve":
            return t.gettext("{time}: {who} approved it.", **named)
        case "pause":
            return t.gettext("{time}: {who} paused it.", **named)
        case "resume":
            return t.gettext("{time}: {who} let it go on.", **named)
        case "stop":
            return t.ngettext(
                "{time}: {who} cancelled the rest after {n} chat.",
                "{time}: {who} cancelled the rest after {n} chats.",
                chats,
                **named,
            )
        case "correct":
            return t.ngettext(
                "{time}: {who} corrected it in {n} chat.", "{time}: {who} corrected it in {n} chats.", chats, **named
            )
        case "recall":
            return t.ngettext(
                "{time}: {who} recalled it from {n} chat.", "{time}: {who} recalled it from {n} chats.", chats, **named
            )
    return t.gettext("{time}: {who}: {what}", what=act.act, **named)


# --- what is done about it -----------------------------------------------------------------------------------------


async def press_after(pressed: Pressed) -> Effect:
    """`after:<what>:<push>`. Any editor may stop and recall a push; its words are its author's, or an admin's."""
    _refuse_readers(pressed)
    act, _, number = pressed.argument.partition(":")
    push, desk, t = await _found(pressed, number), pressed.house.desk, pressed.t
    who = pressed.query.from_user.id
    match act:
        case "pause":
            return await _effect(pressed, push, t.gettext("Paused."), done=await desk.pause(push.post.id, person=who))
        case "resume":
            return await _effect(
                pressed, push, t.gettext("It goes on."), done=await desk.resume(push.post.id, person=who)
            )
        case "stop":
            done = await desk.drop_the_rest(push.post.id, person=who)
            return await _effect(pressed, push, t.gettext("The rest is cancelled."), done=done)
        case "correct":
            return Effect(toast=_how_to_correct(pressed, push))
        case "recall":
            return await _ask_again(pressed, push)
        case "yes":
            return await _recall(pressed, push)
        case "no":
            return Effect(rewritten=pressed.say(t.gettext("It stays.")))
    raise Wrong(t.gettext("This button means nothing any more."))


def _refuse_readers(pressed: Pressed) -> None:
    if pressed.role < Role.EDITOR:
        raise Wrong(pressed.t.gettext("Only editors can do that."))


async def _found(pressed: Pressed, number: str) -> Sent:
    found = await pressed.house.store.sent_push(one) if (one := numbered(number)) is not None else None
    if found is None:
        raise Wrong(pressed.t.gettext("This push is not there any more."))
    return found


async def _effect(pressed: Pressed, push: Sent, toast: str, *, done: bool) -> Effect:
    """The message that is watched is rewritten by the loop that shows progress, another one here."""
    if not done:
        raise Wrong(pressed.t.gettext("That is not possible any more: somebody was faster, or it is done."))
    if _is_watched(pressed, push):
        return Effect(toast=toast)
    return Effect(toast=toast, rewritten=await _one(pressed, await _found(pressed, str(push.post.id))))


def _is_watched(pressed: Pressed, push: Sent) -> bool:
    message = pressed.query.message
    return message is not None and push.watched == (message.chat.id, message.message_id)


def _how_to_correct(pressed: Pressed, push: Sent) -> str:
    t = pressed.t
    if push.author != pressed.query.from_user.id and pressed.role < Role.ADMIN:
        raise Wrong(t.gettext("Only who wrote this push, or an admin, can correct it."))
    return t.gettext("Edit your message above, or answer this one with /correct and the new text.")


async def _ask_again(pressed: Pressed, push: Sent) -> Effect:
    """In a message of its own: the one above goes on showing how far it is."""
    t = pressed.t
    if push.recalled:
        raise Wrong(t.gettext("This push was recalled before."))
    chats = await pressed.house.store.reached(pressed.house.bot, push.post.id)
    yes = Button(text=t.gettext("Yes, recall it"), data=f"after:yes:{push.post.id}")
    no = Button(text=t.gettext("No"), data=f"after:no:{push.post.id}")
    text = t.ngettext(
        "Recall “{words}” from {n} chat? It is deleted; where Telegram forbids that, a notice takes its place.",
        "Recall “{words}” from {n} chats? It is deleted; where Telegram forbids that, a notice takes its place.",
        chats,
        words=pressed.named(_beginning(pressed, push, _LABEL)),
    )
    return Effect(said=pressed.say(text, [(yes, no)]))


async def _recall(pressed: Pressed, push: Sent) -> Effect:
    t = pressed.t
    chats = await pressed.house.desk.withdraw(push.post.id, person=pressed.query.from_user.id)
    if chats is None:
        raise Wrong(t.gettext("This push was recalled before."))
    said = t.ngettext("Recalled: it goes from {n} chat now.", "Recalled: it goes from {n} chats now.", chats)
    return Effect(toast=t.gettext("Recalled."), rewritten=pressed.say(said, [_back(pressed)]))


# --- the editor's own message changes ------------------------------------------------------------------------------


async def edited(asked: Asked) -> Rendered | None:
    """An editor edited a message: where a push was made from it and sent, every chat follows. None: it is no such."""
    author = person_of(asked.message)
    found = await push_of(asked.house, asked.message.chat.id, asked.message.message_id)
    push = await asked.house.store.sent_push(found[0].id) if found else None
    if author is None or push is None or push.recalled or asked.role < Role.EDITOR:
        return None
    command = spoken(asked.message.text or asked.message.caption or "")
    try:
        said = draft_of(asked.message, command.end if command and command.name == "push" else 0)
    except (Unfit, BadLink, TooManyLinks):
        said = None
    if said is None or said.copied is not None or not (said.text or said.photo or said.media):
        raise Wrong(asked.t.gettext("That cannot take the place of what was pushed; it stays as it is."))
    said = _with_its_files(asked, said, files_of(push.post))
    if (said.text, said.entities, said.photo) == (push.post.text, push.post.entities, push.post.photo):
        return None
    return asked.say(await corrected(asked, push.post, said))


def _with_its_files(asked: Asked, said: PushText, standing: tuple[Media, ...]) -> PushText:
    """A photo may take the place of a photo; other files stay, of which an edit brings along one or all."""
    files, t = files_in(said), asked.t
    if bool(files) != bool(standing):
        raise Wrong(t.gettext("A picture can be neither added nor taken away; the push stays as it is."))
    if len(standing) == 1 and standing[0].kind == "photo" and said.photo:
        return said
    if not {*files} <= {*standing}:
        raise Wrong(t.gettext("A file cannot take the place of another; the push stays as it is."))
    return replace(said, photo=None)
