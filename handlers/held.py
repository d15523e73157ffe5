"""Posts that their blog holds back for a while: every editor sees them at once, with "Send now" and "Drop".

The first press wins; then, or when their time has come, the others' messages say what became of them. What was shown
to whom stands in the store, so that a restart shows nothing twice and forgets no message.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.core.model import Button, Relayed, Rendered, Style
from bot.core.render import headline, message, photo_of
from bot.core.texts import Texts
from bot.core.writing import MESSAGE, Writing, isolated
from handlers.access import Role
from handlers.arguments import numbered
from handlers.asked import Effect, Pressed, Wrong, language_of, named
from handlers.house import House
from handlers.people import name_of
from handlers.replies import rewrite, send
from storage import Fate, Held, Offer, StoreError

log = structlog.get_logger()

LOOK_SECONDS = 1.0
FEW = 3  # posts at once that are each a message of their own; more are one list
LISTED = 20  # posts in a list
_ABREAST = 5  # buttons in a row of a list
_ROOM = 400  # units kept free for what is said above a preview
_HEADLINE = 120
_LIST = 0  # the revision under which a list is offered


async def show_held(bot: Bot, house: House) -> None:
    """Until it is cancelled."""
    showing = _Showing(bot, house)
    while True:
        try:
            await showing.look()
        except StoreError as error:
            log.warning("held posts not shown", why=str(error))
        await asyncio.sleep(LOOK_SECONDS)


async def press_held(pressed: Pressed) -> Effect:
    """`held:send:<post>`, `held:drop:<post>`, `held:show:<post>`."""
    act, _, carried = pressed.argument.partition(":")
    t, desk = pressed.t, pressed.house.desk
    if pressed.role < Role.EDITOR:
        raise Wrong(t.gettext("Only editors can do that."))
    if (number := numbered(carried)) is None:
        raise Wrong(t.gettext("This button means nothing any more."))
    match act:
        case "send":
            done, toast = await desk.send_now(number, person=pressed.by), t.gettext("On its way.")
        case "drop":
            done, toast = await desk.drop(number, person=pressed.by), t.gettext("Dropped: it goes to nobody.")
        case "show":
            return await _shown_alone(pressed, number)
        case _:
            raise Wrong(t.gettext("This button means nothing any more."))
    if not done:
        raise Wrong(await _why_not(pressed, number))
    return Effect(toast=toast)


async def _why_not(pressed: Pressed, number: int) -> str:
    fate = await pressed.house.store.fate(number)
    if fate.what == "waits":
        return pressed.t.gettext("Its blog is held by /hold; /release lets it go on.")
    return await _sentence(pressed.bot, fate, pressed.t, pressed.house, "UTC")


async def _shown_alone(pressed: Pressed, number: int) -> Effect:
    """Out of a list, in a message of its own."""
    house = pressed.house
    waiting = {held.post: held for held in await house.store.held_posts(house.clock())}
    post = await house.store.post(number)
    if post is None or number not in waiting:
        raise Wrong(await _why_not(pressed, number))
    said = _preview(house, waiting[number], post, pressed.t)
    assert pressed.query.message is not None, "refused before"
    sent = await send(pressed.bot, pressed.query.message.chat.id, said, thread=pressed.thread)
    if pressed.query.message.chat.id == pressed.by:
        offer = Offer(post=number, person=pressed.by, message=sent, revision=post.revision)
        await house.store.offered([offer])
    return Effect()


# --- in words ------------------------------------------------------------------------------------------------------


def _preview(house: House, held: Held, post: Relayed, t: Texts) -> Rendered:
    """When it goes out by itself, and the post as readers will see it, but for its pictures."""
    style = _style(house, post)
    shown = message(replace(post, photo=None, pictures=()), style, t, MESSAGE - _ROOM)
    text = Writing(rtl=t.rtl).sentence(_when(house, held, t), "italic")
    if photo_of(post):
        text.newline().sentence(t.gettext("It has a picture."), "italic")
    text.newline(2).join(Writing(rtl=t.rtl).formatted(shown.text, shown.entities, len(shown.entities)))
    send_ = Button(text=t.gettext("Send now"), data=f"held:send:{held.post}")
    drop = Button(text=t.gettext("Drop"), data=f"held:drop:{held.post}")
    return text.rendered(buttons=[(send_, drop)])


def _when(house: House, held: Held, t: Texts) -> str:
    blog = named(_title(house, held.blog), t)
    if held.stopped:
        return t.gettext("{blog}: this goes out once /release {id} lets it.", blog=blog, id=held.blog)
    return t.gettext("{blog}: this goes out by itself at {time}.", blog=blog, time=_clock(house, held, t))


def _clock(house: House, held: Held, t: Texts) -> str:
    found = house.settings().blog(held.blog)
    return isolated(t.seconds(held.at, found.timezone if found else "UTC"), rtl=t.rtl)


def _title(house: House, blog: str) -> str:
    found = house.settings().blog(blog)
    return (found.title if found else "") or blog


def _style(house: House, post: Relayed) -> Style:
    found = house.settings().blog(post.blog) if post.blog else None
    return found.style if found else Style()


async def _sentence(bot: Bot, fate: Fate, t: Texts, house: House, zone: str) -> str:
    """What became of a held post."""
    time = isolated(t.seconds(fate.at, zone), rtl=t.rtl)
    match fate.what:
        case "sent":
            return t.gettext("Sent by {who}, {time}.", who=await name_of(bot, fate.person, t), time=time)
        case "dropped":
            return t.gettext("Dropped by {who}, {time}.", who=await name_of(bot, fate.person, t), time=time)
        case "withdrawn":
            return t.gettext("Withdrawn by the publisher, {time}: it goes to nobody.", time=time)
        case "gone":
            return t.gettext("It is not there any more.")
        case _:
            return t.gettext("It went out by itself, {time}.", time=time)


# --- the loop ------------------------------------------------------------------------------------------------------


class _Showing:
    def __init__(self, bot: Bot, house: House) -> None:
        self._bot, self._house = bot, house
        self._lists: dict[tuple[int, int], Rendered] = {}  # what each list (person, message) says

    async def look(self) -> None:
        """New ones to every editor, and in messages that are no longer true what is."""
        store = self._house.store
        waiting = {held.post: held for held in await store.held_posts(self._house.clock())}
        offers = await store.offers()
        if not waiting and not offers:
            return
        for person in self._editors():
            offered = {offer.post for offer in offers if offer.person == person}
            if new := [held for held in waiting.values() if held.post not in offered]:
                await self._offer(person, new)
        messages: dict[tuple[int, int], list[Offer]] = defaultdict(list)
        for offer in offers:
            messages[offer.person, offer.message].append(offer)
        for (person, number), ones in messages.items():
            await self._bring_up_to_date(person, number, ones, waiting)

    def _editors(self) -> tuple[int, ...]:
        access = self._house.settings().access
        return tuple(dict.fromkeys((*access.admins, *access.editors)))

    async def _offer(self, person: int, new: Sequence[Held]) -> None:
        """A message for each of a few, one for many. Who has no open chat with the bot is passed over."""
        chat = await self._house.store.chat(self._house.bot, person)
        if chat is None or not chat.open:
            return
        t = Texts.of(language_of(chat, None))
        if len(new) > FEW:
            for at in range(0, len(new), LISTED):
                await self._offer_list(person, new[at : at + LISTED], t)
            return
        for held in new:
            post = await self._house.store.post(held.post)
            if post is not None:
                await self._say(person, _preview(self._house, held, post, t), {held.post: post.revision})

    async def _offer_list(self, person: int, new: Sequence[Held], t: Texts) -> None:
        says = await self._list([held.post for held in new], {held.post: held for held in new}, t)
        await self._say(person, says, dict.fromkeys((held.post for held in new), _LIST))

    async def _say(self, person: int, says: Rendered, revisions: Mapping[int, int]) -> None:
        """Remembered as soon as it is said. What Telegram does not take is not tried again and again."""
        number = 0
        try:
            number = await send(self._bot, person, says)
        except (BadRequest, Forbidden) as error:
            log.warning("held post not shown", editor=person, why=error.message)
        except TelegramError as error:
            log.warning("held post not shown yet", editor=person, why=str(error))
            return
        made = [Offer(post=post, person=person, message=number, revision=one) for post, one in revisions.items()]
        await self._house.store.offered(made)
        if _LIST in revisions.values():
            self._lists[person, number] = says

    # --- what stands there

    async def _bring_up_to_date(
        self, person: int, number: int, offers: Sequence[Offer], waiting: Mapping[int, Held]
    ) -> None:
        past = [offer for offer in offers if offer.post not in waiting]
        if number == 0:  # it could not be said
            await self._house.store.forget_offers(past)
            return
        chat = await self._house.store.chat(self._house.bot, person)
        t = Texts.of(language_of(chat, None) if chat else "en")
        if offers[0].revision == _LIST:
            await self._rewrite_list(person, number, offers, waiting, t)
            if len(past) == len(offers):
                await self._house.store.forget_offers(past)
        elif past:
            await self._tell_the_end(person, number, past[0], t)
        else:
            await self._tell_the_newest(person, number, offers[0], waiting[offers[0].post], t)

    async def _tell_the_end(self, person: int, number: int, offer: Offer, t: Texts) -> None:
        post = await self._house.store.post(offer.post)
        text = Writing(rtl=t.rtl).sentence(await self._fate(offer.post, post, t))
        if post is not None:
            title = headline(post, _style(self._house, post), _HEADLINE)
            text.newline().sentence(isolated(title, rtl=t.rtl), "bold")
        if await self._rewrite(person, number, text.rendered()):
            await self._house.store.forget_offers([offer])

    async def _tell_the_newest(self, person: int, number: int, offer: Offer, held: Held, t: Texts) -> None:
        """Its page has changed it meanwhile."""
        post = await self._house.store.post(offer.post)
        if post is None or post.revision == offer.revision:
            return
        if await self._rewrite(person, number, _preview(self._house, held, post, t)):
            await self._house.store.offered([replace(offer, revision=post.revision)])

    async def _rewrite_list(
        self, person: int, number: int, offers: Sequence[Offer], waiting: Mapping[int, Held], t: Texts
    ) -> None:
        says = await self._list([offer.post for offer in offers], waiting, t)
        if self._lists.get((person, number)) != says and await self._rewrite(person, number, says):
            self._lists[person, number] = says

    async def _list(self, posts: Sequence[int], waiting: Mapping[int, Held], t: Texts) -> Rendered:
        """A line for each, with its number; a button with that number for each that still waits."""
        text = Writing(rtl=t.rtl).sentence(
            t.ngettext("{n} post is held back.", "{n} posts are held back.", sum(post in waiting for post in posts)),
            "bold",
        )
        for at, number in enumerate(posts, 1):
            post = await self._house.store.post(number)
            title = headline(post, _style(self._house, post), _HEADLINE) if post else ""
            held = waiting.get(number)
            state = await self._fate(number, post, t) if held is None else _clock(self._house, held, t)
            text.newline().sentence(f"{at}. {isolated(title, rtl=t.rtl)} · {state}")
        open_ = [
            Button(text=str(at), data=f"held:show:{number}") for at, number in enumerate(posts, 1) if number in waiting
        ]
        rows = [tuple(open_[at : at + _ABREAST]) for at in range(0, len(open_), _ABREAST)]
        return text.rendered(buttons=rows)

    async def _fate(self, number: int, post: Relayed | None, t: Texts) -> str:
        blog = self._house.settings().blog(post.blog) if post and post.blog else None
        fate = await self._house.store.fate(number)
        return await _sentence(self._bot, fate, t, self._house, blog.timezone if blog else "UTC")

    async def _rewrite(self, person: int, number: int, says: Rendered) -> bool:
        """False where it is to be tried again; a message that is gone needs no new words."""
        try:
            await rewrite(self._bot, person, number, says)
        except (BadRequest, Forbidden) as error:
            log.info("held post is watched no more", editor=person, why=error.message)
        except TelegramError as error:
            log.warning("held post not brought up to date", editor=person, why=str(error))
            return False
        return True
