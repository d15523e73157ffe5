"""What Telegram shows of the bot by itself: the menus of commands, and who it is before anybody has begun.

Each in every language, and remembered under a name by a digest of its words, so that only what changed is said again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from telegram import Bot, BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeChat, BotCommandScopeDefault
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.core.languages import LANGUAGES
from bot.core.texts import Texts
from handlers.access import Role
from handlers.asked import N_, language_of
from handlers.commands import offered
from handlers.house import House
from handlers.replies import patiently
from storage import StoreError

log = structlog.get_logger()

SHOWN = "menus that Telegram shows"  # a note: digests by name, as JSON
_PERSON = "commands of "

# core.telegram.org/bots/api#setmydescription: 512 characters, and 120 for the short one
ABOUT = N_(
    "I bring live blogs into Telegram and keep every message true to the page: what is corrected there is corrected"
    " here, and what is withdrawn there goes here as well. Press Start and choose what to follow."
)
ABOUT_SHORT = N_("Live blogs in Telegram, every message kept true to the page.")


async def set_menus(bot: Bot, house: House) -> None:
    """Everybody's menu, and longer ones in the private chats of editors and admins.

    Who never wrote to the bot has no such chat yet, and gets the menu with their first word, or when this is called
    again, as after a reload. Who is no longer in the file loses theirs. A menu that cannot be set keeps nothing else
    from working.
    """
    try:
        await _show_all(bot, house)
    except (TelegramError, StoreError) as error:
        log.warning("menus not set", why=str(error))


async def _show_all(bot: Bot, house: House) -> None:
    shown = await _Shown.of(house)
    try:
        await _everybodys(bot, shown)
        await _peoples(bot, house, shown)
        await _descriptions(bot, shown)
    finally:
        await shown.keep()


async def set_menu(bot: Bot, house: House, person: int, role: Role) -> None:
    """One person's: after their first word, and when they have chosen a language."""
    shown = await _Shown.of(house)
    try:
        if role is Role.READER:
            await _chosen(bot, house, person)
        else:
            await _personal(bot, house, shown, person, role)
    except TelegramError as error:
        log.warning("menu not set", person=person, why=str(error))
    finally:
        await shown.keep()


class _Shown:
    """What was shown before, and a way to show only what differs, no faster than messages go."""

    def __init__(self, house: House, digests: dict[str, str]) -> None:
        self._house, self._digests = house, digests
        self._changed: dict[str, str | None] = {}  # None: shown no more

    @classmethod
    async def of(cls, house: House) -> _Shown:
        return cls(house, json.loads(await house.store.note(SHOWN) or "{}"))

    def names(self) -> list[str]:
        return list(self._digests)

    async def show(self, name: str, words: object, call: Callable[[], Awaitable[bool]]) -> None:
        digest = hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]
        if self._digests.get(name) != digest:
            await asyncio.sleep(self._house.pace.interval)
            await patiently(call)
            self._changed[name] = digest

    def forget(self, name: str) -> None:
        self._changed[name] = None

    async def keep(self) -> None:
        """Beside what was kept meanwhile: an editor may write while everybody's menus are under way."""
        if self._changed:
            kept = json.loads(await self._house.store.note(SHOWN) or "{}") | self._changed
            known = {name: digest for name, digest in kept.items() if digest is not None}
            await self._house.store.keep_note(SHOWN, json.dumps(known))


def menu(role: Role, t: Texts, *, group: bool = False) -> list[BotCommand]:
    """The commands of a role, each with the form of what follows it and what it does. In groups, those that are
    answered to their asker alone are said to the bot alone as well."""
    return [
        BotCommand(
            one.name,
            " · ".join(t.gettext(words) for words in (one.form, one.does) if words),
            api_kwargs={"is_ephemeral": True} if group and one.alone else None,
        )
        for one in offered(role)
    ]


async def _everybodys(bot: Bot, shown: _Shown) -> None:
    """In English for all, and in each language of ours, by its two letters, for those whose app speaks it."""
    for language in LANGUAGES:
        t = await asyncio.to_thread(Texts.of, language)  # its catalogue is read the first time
        for place, scope in (("", BotCommandScopeDefault()), ("groups, ", BotCommandScopeAllGroupChats())):
            commands = menu(Role.READER, t, group=bool(place))
            await shown.show(
                f"commands in {place}{language}",
                [one.to_dict() for one in commands],
                partial(bot.set_my_commands, commands, scope=scope, language_code=_code(language)),
            )


def _code(language: str) -> str | None:
    """None: whoever's app speaks a language that we have not."""
    return None if language == "en" else language


async def _peoples(bot: Bot, house: House, shown: _Shown) -> None:
    access = house.settings().access
    people = dict.fromkeys(access.editors, Role.EDITOR) | dict.fromkeys(access.admins, Role.ADMIN)
    for name in shown.names():
        if name.startswith(_PERSON) and (gone := int(name.removeprefix(_PERSON))) not in people:
            await _take_away(bot, gone)
            shown.forget(name)
    for person, role in people.items():
        await _personal(bot, house, shown, person, role)


async def _personal(bot: Bot, house: House, shown: _Shown, person: int, role: Role) -> None:
    """Nothing where there is no chat with this person."""
    chat = await house.store.chat(house.bot, person)
    commands = menu(role, Texts.of(language_of(chat, None)))
    try:
        await shown.show(
            f"{_PERSON}{person}",
            [one.to_dict() for one in commands],
            lambda: bot.set_my_commands(commands, scope=BotCommandScopeChat(person)),
        )
    except (BadRequest, Forbidden) as error:
        log.info("no menu", person=person, why=error.message)


async def _chosen(bot: Bot, house: House, person: int) -> None:
    """A reader's own, while they have chosen a language. Not remembered: there may be very many of them."""
    chat = await house.store.chat(house.bot, person)
    if chat is None or chat.choices.language is None:
        await _take_away(bot, person)
    else:
        commands = menu(Role.READER, Texts.of(chat.choices.language))
        await patiently(lambda: bot.set_my_commands(commands, scope=BotCommandScopeChat(person)))


async def _take_away(bot: Bot, person: int) -> None:
    try:
        await patiently(lambda: bot.delete_my_commands(scope=BotCommandScopeChat(person)))
    except (BadRequest, Forbidden) as error:
        log.info("no menu", person=person, why=error.message)


async def _descriptions(bot: Bot, shown: _Shown) -> None:
    """What stands in a chat that has not begun, and on the bot's page; not where its owner has written their own."""
    ours = any(name.startswith("description in") for name in shown.names())
    if not ours and (await patiently(bot.get_my_description)).description:
        return
    for language in LANGUAGES:
        t, code = Texts.of(language), _code(language)
        about, short = t.gettext(ABOUT), t.gettext(ABOUT_SHORT)
        await shown.show(f"description in {language}", about, partial(bot.set_my_description, about, code))
        await shown.show(f"short description in {language}", short, partial(bot.set_my_short_description, short, code))
