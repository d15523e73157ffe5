"""Which language somebody is spoken to in, and how times, numbers and lengths read in each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.choices import Choices
from bot.core.languages import LANGUAGES, language_for
from bot.core.texts import Texts
from storage import Store, Subscription
from tests.choosing import choose_in
from tests.ledger import BLOG, NOON, Ledger

ANN, GROUP = 2001, -1009


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


# --- names of languages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "ours"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("de-AT", "de"),
        ("pt-br", "pt"),
        ("pt_PT", "pt"),
        ("zh-hans", "zh"),
        ("zh-hant-tw", "zh"),
        ("zh-hans-raw", "zh"),
        ("fa-beta", "fa"),
        ("in", "id"),  # Indonesian on old telephones
        ("en-GB", "en"),
        ("nb", None),
        ("be", None),
        ("", None),
        (None, None),
        ("../de", None),
    ],
)
def test_a_client_s_language_is_one_of_ours_or_none(named: str | None, ours: str | None) -> None:
    assert language_for(named) == ours


# --- whose language ------------------------------------------------------------------------------------------------


async def claimed(ledger: Ledger) -> str | None:
    await ledger.publish("a")
    await ledger.expand()
    (claim,) = await ledger.claim()
    return claim.language


async def met(ledger: Ledger, telegram_id: int, language: str | None) -> int:
    kind = "private" if telegram_id > 0 else "group"
    chat = await ledger.store.meet(
        bot="main", telegram_id=telegram_id, kind=kind, title=None, language=language, now=NOON
    )
    return chat.id


async def test_a_post_is_in_the_language_that_the_chat_chose(ledger: Ledger) -> None:
    await ledger.store.take_in("main", [Subscription(blog=BLOG, telegram_id=ANN, language="uk")], NOON)
    await choose_in(ledger.store, await met(ledger, ANN, "de"), Choices(language="pl"))
    assert await claimed(ledger) == "pl"


async def test_else_in_the_one_its_subscription_was_brought_along_with(ledger: Ledger) -> None:
    await ledger.store.take_in("main", [Subscription(blog=BLOG, telegram_id=ANN, language="uk")], NOON)
    await met(ledger, ANN, "de")
    assert await claimed(ledger) == "uk"


async def test_else_in_that_of_the_person_s_app(ledger: Ledger) -> None:
    await met(ledger, ANN, "de")
    await ledger.follow(ANN)
    assert await claimed(ledger) == "de"


async def test_else_in_the_blog_s_as_in_a_group_that_chose_none(ledger: Ledger) -> None:
    await met(ledger, GROUP, None)
    await ledger.follow(GROUP, kind="group")
    assert await claimed(ledger) is None


async def test_a_push_of_no_blog_is_in_that_of_the_person_s_app(ledger: Ledger) -> None:
    await met(ledger, ANN, "de")
    await ledger.follow(ANN)
    await ledger.push()
    await ledger.expand()
    (claim,) = await ledger.claim()
    assert claim.language == "de"


# --- times and numbers ---------------------------------------------------------------------------------------------

MAY = datetime(2024, 5, 3, 18, 2, tzinfo=UTC)
NEXT_DAY, NEXT_YEAR = MAY + timedelta(days=1), MAY + timedelta(days=365)

# that day seen from the next day and from the next year, five minutes ago, two days ago, a length, a number
READ = {
    "en": ("May 3", "May 3, 2024", "5 minutes ago", "2 days ago", "2 hours 5 minutes", "12,345.5"),
    "de": ("3. Mai", "3. Mai 2024", "vor 5 Minuten", "vor 2 Tagen", "2 Stunden 5 Minuten", "12.345,5"),
    "es": ("3 may", "3 may 2024", "hace 5 minutos", "hace 2 días", "2 horas 5 minutos", "12.345,5"),
    "fr": ("3 mai", "3 mai 2024", "il y a 5 minutes", "il y a 2 jours", "2\u00a0heures 5 minutes", "12\u202f345,5"),
    "id": ("3 Mei", "3 Mei 2024", "5 menit yang lalu", "2 hari yang lalu", "2 jam 5 menit", "12.345,5"),
    "it": ("3 mag", "3 mag 2024", "5 minuti fa", "2 giorni fa", "2 ore e 5 minuti", "12.345,5"),
    "pl": ("3 maja", "3 maja 2024", "5 minut temu", "2 dni temu", "2 godziny 5 minut", "12\u00a0345,5"),
    "pt": ("3 de mai.", "3 de mai. de 2024", "há 5 minutos", "há 2 dias", "2 horas e 5 minutos", "12.345,5"),
    "tr": ("3 May", "3 May 2024", "5 dakika önce", "2 gün önce", "2 saat 5 dakika", "12.345,5"),
    "ru": ("3 мая", "3 мая 2024\u202fг.", "5 минут назад", "2 дня назад", "2 часа 5 минут", "12\u00a0345,5"),
    "uk": ("3 трав.", "3 трав. 2024\u202fр.", "5 хвилин тому", "2 дні тому", "2 години 5 хвилин", "12\u00a0345,5"),
    "ar": ("3 مايو", "3 مايو 2024", "قبل 5 دقائق", "قبل يومين", "ساعتان و5 دقائق", "12,345.5"),
    "fa": ("۳ مه", "۳ مه ۲۰۲۴", "۵ دقیقه پیش", "۲ روز پیش", "۲ ساعت و ۵ دقیقه", "۱۲٬۳۴۵٫۵"),
    "hi": ("3 मई", "3 मई 2024", "5 मिनट पहले", "2 दिन पहले", "2 घंटे 5 मिनट", "12,345.5"),
    "ja": ("5月3日", "2024年5月3日", "5 分前", "2 日前", "2 時間 5 分", "12,345.5"),
    "zh": ("5月3日", "2024年5月3日", "5分钟前", "2天前", "2小时5分钟", "12,345.5"),
}


def test_each_language_is_read_here() -> None:
    assert set(READ) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_ages_lengths_and_numbers_are_written_as_the_language_writes_them(language: str) -> None:
    t = Texts.of(language)

    assert READ[language] == (
        t.day(MAY, "UTC", NEXT_DAY),
        t.day(MAY, "UTC", NEXT_YEAR),
        t.ago(timedelta(minutes=5)),
        t.ago(timedelta(days=2)),
        t.duration(timedelta(hours=2, minutes=5, seconds=9)),
        t.number(12345.5),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clock_has_24_hours_in_every_language(language: str) -> None:
    said = Texts.of(language).time(MAY, "America/Sao_Paulo")

    assert said == ("۱۵:۰۲ UTC-3" if language == "fa" else "15:02 UTC-3")
    assert Texts.of("ar-EG").clock(MAY, "UTC") == "١٨:٠٢", "where a country has digits of its own"


COUNTS = {  # how many posts, in every form that the language has
    "de": {0: "0 Beiträge", 1: "1 Beitrag", 2: "2 Beiträge"},
    "fr": {0: "0 publication", 1: "1 publication", 2: "2 publications"},
    "pl": {1: "1 wpis", 2: "2 wpisy", 5: "5 wpisów", 12: "12 wpisów", 21: "21 wpisów", 22: "22 wpisy"},
    "ru": {1: "1 запись", 2: "2 записи", 5: "5 записей", 11: "11 записей", 21: "21 запись"},
    "uk": {1: "1 допис", 2: "2 дописи", 5: "5 дописів", 11: "11 дописів", 21: "21 допис"},
    "ar": {0: "لا منشورات", 1: "منشور واحد", 2: "منشوران", 3: "3 منشورات", 11: "11 منشورًا", 100: "100 منشور"},
    "fa": {1: "۱ پست", 12: "۱۲ پست"},
    "tr": {1: "1 gönderi", 2: "2 gönderi"},
    "ja": {1: "投稿1件", 2: "投稿2件"},
    "zh": {1: "1 条帖子", 2: "2 条帖子"},
}


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [(language, count, said) for language, forms in COUNTS.items() for count, said in forms.items()],
)
def test_counts_take_the_form_that_the_language_has_for_them(language: str, count: int, said: str) -> None:
    assert Texts.of(language).ngettext("{n} post", "{n} posts", count) == said


# --- from right to left --------------------------------------------------------------------------------------------


def laid_out(text: str) -> str:
    """The isolates as brackets, to be read."""
    return text.replace("\u2068", "[").replace("\u2069", "]")


@pytest.mark.parametrize(
    ("sentence", "values", "said"),
    [
        ("I understand commands only; /help lists them.", {}, "لا أفهم إلا الأوامر؛ الأمر [/help] يعرضها."),
        ("How many posts? A number from 1 to {most}, as in /latest 10.", {"most": "20"},
         "كم منشورًا؟ عدد من 1 إلى 20، مثل [/latest 10]."),
        ("Search for what? Write some words after it, as in /search power cut.", {},
         "عمّ تبحث؟ اكتب بعض الكلمات بعد الأمر، مثل [/search] انقطاع الكهرباء."),
        ("{blog} is held already; /release {id} lets it go on.", {"blog": "\u2068Storm\u2069", "id": "storm"},
         "نقل [Storm] متوقف مؤقتًا بالفعل؛ الأمر [/release storm] يستأنفه."),
        ("{words}", {"words": "/quiet 22:30-6:15: ساعات"}, "[/quiet 22:30-6:15]: ساعات"),
        ("Read on {host}", {"host": "\u2068a.example/live\u2069"}, "اقرأ على [a.example/live]"),
        ("New posts arrive here by themselves; {latest} shows the newest.", {"latest": "/latest storm"},
         "ستصل المنشورات الجديدة إلى هنا تلقائيًا؛ الأمر [/latest storm] يعرض أحدثها."),
    ],
)  # fmt: skip
def test_a_command_keeps_its_slash_in_front_in_a_sentence_from_right_to_left(
    sentence: str, values: dict[str, str], said: str
) -> None:
    assert laid_out(Texts.of("ar").gettext(sentence, **values)) == said
    assert "\u2068/" not in Texts.of("de").gettext(sentence, **values)
