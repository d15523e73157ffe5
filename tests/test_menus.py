"""What Telegram shows of the bot by itself, in every language, and said to it only when it changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.choices import Choices
from bot.core.entities import units
from bot.core.languages import LANGUAGES
from bot.core.texts import Texts
from handlers import set_menus
from handlers.access import Role
from handlers.menus import ABOUT, ABOUT_SHORT, menu
from tests.choosing import choose_in
from tests.telegram_house import ADMIN, EDITOR, TelegramHouse, carried, telegram_house

BEA, NILS, TARO = 2101, 2102, 2103


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        for person, language in ((BEA, "de"), (NILS, "nb"), (TARO, "ja")):
            one.telegram.add_user(person, "Reader", language, started=True)
        yield one


def does(house: TelegramHouse, person: int, command: str) -> str:
    """What the menu that a person sees says of a command."""
    return next(one["description"] for one in house.telegram.menu(person, person) if one["command"] == command)


def said(house: TelegramHouse) -> list[str]:
    """The calls about menus so far."""
    return [call.method for call in house.telegram.calls if call.method.startswith(("setMy", "deleteMy"))]


async def choose(house: TelegramHouse, person: int, language: str) -> None:
    known = await house.room.store.meet(
        bot="main", telegram_id=person, kind="private", title=None, language="en", now=house.room.clock()
    )
    await choose_in(house.room.store, known.id, Choices(language=language))


async def test_everybody_sees_the_menu_in_the_language_of_their_app_or_in_english(house: TelegramHouse) -> None:
    await set_menus(house.application.bot, house.house)
    assert does(house, BEA, "id") == "die Nummern, die ein Admin braucht"
    assert does(house, TARO, "help") == "この一覧"
    assert does(house, NILS, "id") == "the numbers an admin needs"


async def test_editors_and_admins_see_theirs_in_the_language_that_they_chose(house: TelegramHouse) -> None:
    await choose(house, ADMIN, "pl")
    await set_menus(house.application.bot, house.house)
    assert does(house, ADMIN, "reload") == "zastosuj plik teraz"
    assert does(house, EDITOR, "hold") == "blog|all · stop relaying for now"


async def test_an_editor_who_chooses_a_language_has_the_menu_in_it_from_the_next_word_on(house: TelegramHouse) -> None:
    await set_menus(house.application.bot, house.house)
    await choose(house, EDITOR, "uk")
    house.telegram.say(EDITOR, EDITOR, "/id")
    await house.telegram.until(lambda: does(house, EDITOR, "help") == "цей список")


async def press_language(house: TelegramHouse, ending: str) -> None:
    """The button of a language in a reader's /settings; "-" is their app's."""
    shown = await house.answer(BEA, "/settings")
    await house.telegram.press(BEA, BEA, shown.id, next(one for one in carried(shown) if "l" in one.split(":")))
    await house.telegram.until(lambda: any(one.endswith(":ja") for one in carried(shown)))
    await house.telegram.press(BEA, BEA, shown.id, next(one for one in carried(shown) if one.endswith(ending)))


async def test_a_reader_who_chooses_a_language_has_the_menu_in_it_and_loses_it_with_the_choice(
    house: TelegramHouse,
) -> None:
    await set_menus(house.application.bot, house.house)
    await press_language(house, ":ja")
    await house.telegram.until(lambda: does(house, BEA, "help") == "この一覧")
    await press_language(house, ":-")
    await house.telegram.until(lambda: does(house, BEA, "help") == "diese Liste")


async def test_what_has_not_changed_is_not_said_again(house: TelegramHouse) -> None:
    await set_menus(house.application.bot, house.house)
    before = said(house)
    assert len(before) == 4 * len(LANGUAGES) + 3, "readers', groups', two descriptions in each language; three people's"
    await set_menus(house.application.bot, house.house)
    assert said(house) == before


async def test_of_what_has_changed_only_that_is_said_again(house: TelegramHouse) -> None:
    await set_menus(house.application.bot, house.house)
    await choose(house, ADMIN, "fr")
    before = len(said(house))
    await set_menus(house.application.bot, house.house)
    assert said(house)[before:] == ["setMyCommands"]
    assert does(house, ADMIN, "help") == "cette liste"


async def test_a_description_that_the_bot_s_owner_wrote_stays(house: TelegramHouse) -> None:
    await house.application.bot.set_my_description("Storms, and nothing else.")
    await set_menus(house.application.bot, house.house)
    assert (await house.application.bot.get_my_description()).description == "Storms, and nothing else."
    assert (await house.application.bot.get_my_description("de")).description == "Storms, and nothing else."


async def test_who_it_is_stands_there_in_every_language(house: TelegramHouse) -> None:
    await set_menus(house.application.bot, house.house)
    for language in LANGUAGES:
        shown = await house.application.bot.get_my_description("" if language == "en" else language)
        assert shown.description == Texts.of(language).gettext(ABOUT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_menus_and_descriptions_fit_what_telegram_takes(language: str) -> None:
    """https://core.telegram.org/bots/api#botcommand, #setmydescription, #setmyshortdescription"""
    t = Texts.of(language)
    assert all(1 <= units(one.description) <= 256 for one in menu(Role.ADMIN, t))
    assert units(t.gettext(ABOUT)) <= 512
    assert units(t.gettext(ABOUT_SHORT)) <= 120
