"""Readers of several languages from their first word to a post, its edit and its end, as their chats show it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.choices import Choices
from bot.core.languages import LANGUAGES
from bot.core.standing import Kind
from handlers import COMMANDS
from storage import AppliedFile
from tests.choosing import choose_in
from tests.newsroom import post
from tests.telegram_house import ADMIN, ANN, BEN, EDITOR, GROUP, TWO_BLOGS, US, TelegramHouse, carried, telegram_house

READER = 2101


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TelegramHouse]:
    async with telegram_house(tmp_path) as one:
        yield one


def lines(text: str) -> list[str]:
    """Without the isolates and empty lines, and with every clock at noon."""
    plain = re.sub("[\u2068\u2069]", "", text)
    text = re.sub("[0-9۰-۹]{2}:[0-9۰-۹]{2} E[SD]T", "12:00 EST", plain)
    return [line for line in text.split("\n") if line]


async def test_all_that_an_admin_may_ask_is_one_message_in_every_language(house: TelegramHouse) -> None:
    await house.ask(ADMIN, "/start")
    known = await house.room.store.chat("main", ADMIN)
    assert known is not None
    for language in LANGUAGES:
        await choose_in(house.room.store, known.id, replace(known.choices, language=language))
        said = await house.ask(ADMIN, "/help")
        assert all(f"/{command.name}" in said for command in COMMANDS), language
        assert len(said.encode("utf-16-le")) // 2 <= 2560, f"{language}: far from what a message takes"


STORIES = {
    "de": {
        "hello": "Hallo! Ich bringe Liveblogs in diesen Chat und halte jede Nachricht auf dem Stand der Seite.",
        "now": "Du folgst jetzt Storm over the harbour.",
        "read": "Weiterlesen auf blog.example",
        "updated": "aktualisiert",
        "gone": "vom Herausgeber zurückgezogen, 12:00 EST",
        "latest": "Noch keine Beiträge.",
        "unknown": "Diesen Befehl kenne ich nicht; /help zeigt, was ich kann.",
        "help": "/privacy · was über diesen Chat gespeichert ist",
        "stop": "Du folgst keinem Liveblog mehr.",
    },
    "ar": {
        "hello": "مرحبًا! أنقل التغطيات المباشرة إلى هذه المحادثة، وأُبقي كل رسالة مطابقة للصفحة.",
        "now": "أنت تتابع الآن Storm over the harbour.",
        "read": "اقرأ على blog.example",
        "updated": "حُدّث",
        "gone": "سحبه الناشر، 12:00 EST",
        "latest": "لا منشورات بعد.",
        "unknown": "لا أعرف هذا الأمر؛ الأمر /help يعرض ما أستطيعه.",
        "help": "/privacy · ما يُحفظ عن هذه المحادثة",
        "stop": "لم تعد تتابع شيئًا.",
    },
    "ja": {
        "hello": "こんにちは！ライブブログをこのチャットに届け、どのメッセージもページと同じ内容に保ちます。",
        "now": "Storm over the harbour をフォローしました。",
        "read": "blog.example で読む",
        "updated": "更新",
        "gone": "発行元が取り下げました（12:00 EST）",
        "latest": "投稿はまだありません。",
        "unknown": "そのコマンドはわかりません。/help でできることを表示します。",
        "help": "/privacy · このチャットについて保存されるもの",
        "stop": "もう何もフォローしていません。",
    },
}


@pytest.mark.parametrize("language", STORIES)
async def test_a_reader_is_spoken_to_in_one_language_from_the_first_word_to_a_withdrawal(
    house: TelegramHouse, language: str
) -> None:
    telegram, room, says = house.telegram, house.room, STORIES[language]
    telegram.add_user(READER, "Reader", language)
    hello = await house.answer(READER, "/start")
    assert says["hello"] in lines(hello.text)
    follow = next(one for one in carried(hello) if one == "follow:storm")
    answer = await telegram.press(READER, READER, hello.id, follow)
    assert lines(answer.text or "") == [says["now"]]
    await telegram.until(lambda: lines(house.said(READER)[-1].text)[0].startswith(says["now"]))
    assert says["help"] in lines(await house.ask(READER, "/help"))
    assert lines(await house.ask(READER, "/nonsense")) == [says["unknown"]]

    begun = len(house.said(READER))
    await room.publish(post("a", "The first of two."))
    await telegram.until(lambda: len(house.said(READER)) == begun + 1)
    message = house.said(READER)[-1]
    assert lines(message.text) == ["About a", "The first of two.", "12:00 EST", says["read"]]

    await room.publish(post("a", "The first of three."))
    await house.newest_says(READER, "The first of three.")
    assert says["updated"] in lines(message.text)[2]

    await room.take_away("a")
    await telegram.until(lambda: says["gone"] in lines(message.text))
    assert says["latest"] in lines(await house.ask(READER, "/latest storm"))

    question = await house.answer(READER, "/unsubscribe")
    await telegram.press(READER, READER, question.id, next(one for one in carried(question) if one[:5] == "leave"))
    await telegram.until(lambda: lines(question.text)[0].startswith(says["stop"]))


async def test_a_group_that_chose_a_language_is_spoken_to_in_it_whoever_asks(house: TelegramHouse) -> None:
    await house.ask(ANN, f"/subscribe@{US} storm", GROUP)
    group = await house.room.store.chat("main", GROUP)
    assert group is not None
    await choose_in(house.room.store, group.id, Choices(language="pl"))

    assert "Relacje na żywo" in lines(await house.ask(BEN, f"/blogs@{US}", GROUP))
    assert lines(await house.ask(BEN, f"/subscribe@{US} storm", GROUP)) == [
        "O tym mogą decydować tylko administratorzy tej grupy."
    ]
    assert lines(await house.ask(ANN, f"/subscribe@{US} storm", GROUP)) == [
        "Ta grupa już obserwuje: Storm over the harbour."
    ]
    await house.room.publish(post("a", "The first of two."))
    await house.newest_says(GROUP, "The first of two.")
    assert lines(house.said(GROUP)[-1].text)[-1] == "Czytaj na blog.example"


async def test_a_group_that_chose_none_gets_posts_in_the_blog_s_and_answers_in_the_asker_s(
    house: TelegramHouse,
) -> None:
    house.telegram.add_user(READER, "Reader", "de")
    house.telegram.add_member(GROUP, READER, "administrator")
    said = await house.ask(READER, f"/subscribe@{US} storm", GROUP)
    assert lines(said)[0].startswith("Diese Gruppe folgt jetzt Storm over the harbour.")
    await house.room.publish(post("a", "The first of two."))
    await house.newest_says(GROUP, "The first of two.")
    assert lines(house.said(GROUP)[-1].text)[-1] == "Read on blog.example"


async def test_an_editor_and_an_admin_are_refused_and_answered_in_their_own(house: TelegramHouse) -> None:
    house.telegram.add_user(READER, "Reader", "uk", started=True)
    assert lines(await house.ask(READER, "/status")) == ["/status — лише для адміністраторів."]
    for person, language, command, said in (
        (EDITOR, "fr", "/hold storm", "Storm over the harbour est suspendu : les nouvelles publications"),
        (ADMIN, "zh", "/status", "状态"),
    ):
        known = await house.room.store.meet(
            bot="main", telegram_id=person, kind="private", title=None, language="en", now=house.room.clock()
        )
        await choose_in(house.room.store, known.id, Choices(language=language))
        assert lines((await house.ask(person, command)).replace("\u00a0", " "))[0].startswith(said)


def outside_isolates(line: str) -> str:
    """What decides in which direction a line runs: what is isolated does not."""
    return re.sub("\u2068[^\u2068\u2069]*\u2069", "", line)


def runs_against(line: str) -> bool:
    """Whether a line with words that run from right to left would be shown from left to right."""
    strong = [kind for char in outside_isolates(line) if (kind := unicodedata.bidirectional(char)) in {"L", "R", "AL"}]
    return strong[:1] == ["L"] and bool({"R", "AL"} & set(strong))


@pytest.mark.parametrize("language", ["ar", "fa"])
async def test_no_line_that_begins_with_a_time_is_turned_around_by_its_zone(
    house: TelegramHouse, tmp_path: Path, language: str
) -> None:
    (tmp_path / "relay.toml").write_text(TWO_BLOGS)
    house.settings = replace(house.settings, path=tmp_path / "relay.toml")
    await house.room.store.keep_file(AppliedFile(text=TWO_BLOGS.encode(), at=house.house.clock(), who="reload"))
    await house.house.alarms.raised(Kind.FAILING, "storm", "answers 404", subject="storm (jsonld)")
    await house.ask(ADMIN, "/subscribe storm")
    known = await house.room.store.chat("main", ADMIN)
    assert known is not None
    await choose_in(house.room.store, known.id, replace(known.choices, language=language))
    await house.room.publish(post("a"))
    await house.room.quiet()
    for command in ("/why 1", "/rollback", "/alarms", "/status", "/schedule", "/blogs", "/latest", "/settings"):
        said = await house.ask(ADMIN, command)
        assert [line for line in said.splitlines() if runs_against(line)] == [], command
