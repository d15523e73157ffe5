"""/settings: one message of buttons that rewrites itself. Nothing of it is kept but what was chosen.

`set:<chat>:<act>:<arguments>`; the screens are in `bot.core.render_settings`. Who presses must still decide there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot.core import render_settings as screens
from bot.core.hours import length
from bot.core.languages import LANGUAGES
from bot.core.model import Rendered, Volume
from bot.core.render_settings import Followed, View
from bot.core.texts import Texts
from bot.core.zones import all_zones, guesses
from handlers.asked import Asked, Effect, Pressed, Where, Wrong, language_of
from handlers.blogs import Known
from handlers.choosing import morning, mute_until, not_followed, quiet_from, rechoose, rechoose_for, zone_in_force
from handlers.naming import topics_known
from handlers.targets import Target, chosen, own, target_of
from handlers.wishing import said
from storage import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Whose settings somebody looks at. `key`: as `View.key`."""

    where: Where
    target: Target
    key: str = ""


Change = Callable[[At, Sequence[str]], Awaitable[str]]
Screen = Callable[[At, View, Sequence[str]], Rendered]


async def settings(asked: Asked) -> Rendered:
    """Alone, or with `@channel`."""
    target, _ = await target_of(asked)
    return screens.home(await view(at(asked, target)))


def at(where: Where, target: Target) -> At:
    return At(where=where, target=target, key=str(target.chat.telegram_id) if target.channel else "")


async def press_settings(pressed: Pressed) -> Effect:
    """A change first, where it is one, and then the screen as everything is by then."""
    key, _, rest = pressed.argument.partition(":")
    act, *words = rest.split(":")
    target = await chosen(pressed, key) if key else await own(pressed)
    here = At(where=pressed, target=target, key=key)
    toast, screen = "", act
    if act in CHANGES and words:
        change, screen = CHANGES[act]
        toast = await change(here, words)
        here = await _again(pressed, here)
    if screen not in SCREENS:
        raise Wrong(_nothing(here))
    return Effect(toast=toast, rewritten=SCREENS[screen](here, await view(here), words))


async def _again(pressed: Pressed, here: At) -> At:
    """In the language that the chat has by now."""
    chat = await pressed.house.store.chat(pressed.house.bot, pressed.chat.telegram_id)
    if chat is None or here.key:
        return here
    t = Texts.of(language_of(chat, pressed.query.from_user))
    return replace(here, where=replace(pressed, t=t, chat=chat), target=replace(here.target, chat=chat))


def _nothing(here: At) -> str:
    return here.where.t.gettext("This button means nothing any more.")


# --- what is looked at ---------------------------------------------------------------------------------------------


async def view(here: At) -> View:
    where, target = here.where, here.target
    house = where.house
    chat = await house.store.chat(house.bot, target.chat.telegram_id) or target.chat
    followed = await house.store.subscriptions(chat.id, target.thread)
    blogs = {one.id: one for one in await where.blogs.all()}
    zone = await zone_in_force(where, replace(target, chat=chat))
    return View(
        t=where.t,
        now=house.now(),
        key=here.key,
        name=target.name,
        choices=chat.choices,
        zone=zone,
        followed=tuple([await _followed(where, one, blogs.get(one.blog)) for one in followed]),
        shared=bool(target.thread),
    )


async def _followed(where: Where, one: Subscription, known: Known | None) -> Followed:
    """A blog that left the file is called by its id."""
    titles = {name.id: name.title for name in await topics_known(where, [known])} if known and one.topics else {}
    title = known.title if known else one.blog
    return Followed(
        blog=one.blog,
        title=title,
        said=said(where, title, one.wish, titles),
        wish=one.wish,
        titles=titles,
        volume=one.volume,
        digest=one.digest,
        sound=one.sound,
        pictures=one.pictures,
    )


def _one(here: At, seen: View, words: Sequence[str]) -> Followed:
    found = next((one for one in seen.followed if words and one.blog == words[0]), None)
    if found is None:
        raise Wrong(not_followed(here.where))
    return found


def _of_one(screen: Callable[[View, Followed], Rendered]) -> Screen:
    return lambda here, seen, words: screen(seen, _one(here, seen, words))


def _of_chat(screen: Callable[[View], Rendered]) -> Screen:
    return lambda here, seen, words: screen(seen)


def _zones(here: At, seen: View, words: Sequence[str]) -> Rendered:
    return screens.zones(seen, likely_zones(here.where))


def likely_zones(where: Where) -> list[str]:
    """By the language of who asks, and those of the blogs."""
    return guesses(language_of(where.chat, where.person), (blog.timezone for blog in where.house.blogs()))


def _languages(here: At, seen: View, words: Sequence[str]) -> Rendered:
    return screens.languages(seen, private=here.target.name is None)


SCREENS: dict[str, Screen] = {
    "h": _of_chat(screens.home),
    "s": _of_one(screens.subscription),
    "d": _of_one(screens.digest),
    "f": _of_one(screens.filters),
    "u": _of_one(screens.leaving),
    "q": _of_chat(screens.quiet),
    "m": _of_chat(screens.mute),
    "z": _zones,
    "l": _languages,
    "x": _of_chat(screens.closed),
}


# --- what is changed: each returns what it did, in a few words ------------------------------------------------------


async def _change(here: At, words: Sequence[str], **changes: object) -> str:
    """Of one subscription. What is not one of the choices is no button of ours."""
    if None in changes.values():
        raise Wrong(_nothing(here))
    await rechoose_for(here.where, here.target, words[0], lambda one: replace(one, **changes))  # type: ignore[arg-type]
    return here.where.t.gettext("Done.")


async def _choose(here: At, **changes: object) -> str:
    """Of the chat."""
    await rechoose(here.where, here.target, lambda choices: replace(choices, **changes))  # type: ignore[arg-type]
    return here.where.t.gettext("Done.")


async def _volume(here: At, words: Sequence[str]) -> str:
    return await _change(here, words, volume=screens.VOLUMES.get(words[-1]))


async def _sound(here: At, words: Sequence[str]) -> str:
    return await _change(here, words, sound=_ON.get(words[-1]))


async def _pictures(here: At, words: Sequence[str]) -> str:
    return await _change(here, words, pictures=_ON.get(words[-1]))


_ON = {"0": False, "1": True}


async def _digest(here: At, words: Sequence[str]) -> str:
    digest = dict(zip("012345", screens.DIGESTS, strict=True)).get(words[-1])
    return await _change(here, words, volume=Volume.DIGEST, digest=digest)


async def _take_away(here: At, words: Sequence[str]) -> str:
    """One topic or word; with the last that is followed the subscription would end, so that takes its own button."""
    store, target, t = here.where.house.store, here.target, here.where.t
    followed = await store.subscriptions(target.chat.id, target.thread)
    one = next((one for one in followed if one.blog == words[0]), None)
    if one is None:
        raise Wrong(not_followed(here.where))
    wish = replace(
        one.wish,
        topics=tuple(topic for topic in one.topics if screens.mark(topic) != words[-1]),
        words=tuple(word for word in one.words if screens.mark(f"+{word}") != words[-1]),
        without=tuple(word for word in one.without if screens.mark(f"-{word}") != words[-1]),
    )
    if wish == one.wish:
        raise Wrong(t.gettext("That was taken away before."))
    if wish.is_whole and not one.wish.is_whole:
        raise Wrong(t.gettext("That is the last one; Unsubscribe ends all of it."))
    await store.subscribe(
        chat=target.chat.id,
        thread=target.thread,
        blog=one.blog,
        topics=wish.topics,
        words=wish.words,
        without=wish.without,
        now=here.where.house.clock(),
    )
    return t.gettext("Done.")


async def _unsubscribe(here: At, words: Sequence[str]) -> str:
    store, target, t = here.where.house.store, here.target, here.where.t
    if not await store.unsubscribe(chat=target.chat.id, thread=target.thread, blog=words[0]):
        raise Wrong(not_followed(here.where))
    return t.gettext("Stopped. What was sent is still kept true to the page.")


async def _quiet(here: At, words: Sequence[str]) -> str:
    """`<from>-<to>` in minutes after midnight, or `off`."""
    if words[-1] == "off":
        return await _choose(here, quiet=None)
    times = next((times for times in screens.QUIETS if words[-1] == f"{times[0]}-{times[1]}"), None)
    if times is None:
        raise Wrong(_nothing(here))
    await rechoose(here.where, here.target, lambda choices: replace(choices, quiet=quiet_from(choices, *times)))
    return here.where.t.gettext("Done.")


async def _breaking(here: At, words: Sequence[str]) -> str:
    if (passes := _ON.get(words[-1])) is None:
        raise Wrong(_nothing(here))
    await rechoose(
        here.where,
        here.target,
        lambda choices: replace(choices, quiet=choices.quiet and replace(choices.quiet, breaking=passes)),
    )
    return here.where.t.gettext("Done.")


async def _zone(here: At, words: Sequence[str]) -> str:
    if words[-1] != "-" and words[-1] not in all_zones():
        raise Wrong(_nothing(here))
    return await _choose(here, timezone=None if words[-1] == "-" else words[-1])


async def _language(here: At, words: Sequence[str]) -> str:
    if words[-1] != "-" and words[-1] not in LANGUAGES:
        raise Wrong(_nothing(here))
    return await _choose(here, language=None if words[-1] == "-" else words[-1])


async def _mute(here: At, words: Sequence[str]) -> str:
    """`off`, `morning`, or a length such as `3h`."""
    word, now = words[-1], here.where.house.clock()
    zone = await zone_in_force(here.where, here.target)
    long = length(word)
    until = {"off": 0.0, "morning": morning(zone, now)}.get(word, now + long.total_seconds() if long else None)
    if until is None:
        raise Wrong(_nothing(here))
    return await mute_until(here.where, here.target, until)


CHANGES: dict[str, tuple[Change, str]] = {
    "V": (_volume, "s"),
    "N": (_sound, "s"),
    "P": (_pictures, "s"),
    "D": (_digest, "s"),
    "F": (_take_away, "f"),
    "U": (_unsubscribe, "h"),
    "Q": (_quiet, "q"),
    "B": (_breaking, "q"),
    "Z": (_zone, "h"),
    "L": (_language, "h"),
    "M": (_mute, "m"),
}
