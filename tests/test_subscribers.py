"""Subscriptions as CSV: what is exported is taken in again as it was."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from bot.core.model import Volume
from bot.subscribers import BadRows, Wrong, from_csv, read_csv, to_csv
from storage import Store, Subscription
from tests.engines import on_sqlite
from tests.ledger import BLOG, NOON, Ledger, exported

HEAD = "chat_id,thread_id,blog,topics,volume,language\n"


def test_words_stand_beside_the_topics_with_a_sign_before_them() -> None:
    one = Subscription(blog=BLOG, telegram_id=5, topics=("nato",), words=("málaga", "power_cut"), without=("own_goal",))
    assert to_csv([one]) == f"{HEAD}5,,{BLOG},nato +málaga +power_cut -own_goal,,\n"
    assert from_csv(to_csv([one]), [BLOG]) == [one]


def test_another_bots_words_are_read_as_people_would_have_typed_them() -> None:
    (one,) = from_csv(f"{HEAD}5,,{BLOG},nato +Bakhmut -FOOT-ball +bakhmut,key,\n", [BLOG])
    assert (one.topics, one.words, one.without) == (("nato",), ("bakhmut",), ("foot_ball",))
    assert one.volume is Volume.KEY


@pytest.mark.parametrize("cell", ["nato +", "-", "+***"])
def test_a_sign_without_a_word_is_a_mistake_with_its_line(cell: str) -> None:
    with pytest.raises(BadRows, match=r"2: topics '.*' is no word; write"):
        from_csv(f"{HEAD}5,,{BLOG},{cell},,\n", [BLOG])


async def test_taken_in_twice_is_as_once_and_comes_out_as_it_went_in(store: Store) -> None:
    rows = [
        Subscription(blog=BLOG, telegram_id=5, words=("málaga", "停_電"), without=("own_goal",)),
        Subscription(blog=BLOG, telegram_id=6, topics=("nato",)),
    ]
    for _ in range(2):
        await store.take_in("main", rows, NOON)
        assert await exported(store) == rows
    assert await store.take_in("main", from_csv(to_csv(rows), [BLOG]), NOON) == 0


WRONG = [
    (
        "1001234567890,,{},,,",
        "2: chat_id 1001234567890 is no chat: the minus before a channel or supergroup is missing",
    ),
    ("0,,{},,,", "2: chat_id 0 is no chat"),
    ("99999999999999999999,,{},,,", "2: chat_id '99999999999999999999' is not a whole number"),
    ("9999999999999999999,,{},,,", "2: chat_id 9999999999999999999 is no chat"),
    ("-1.00123E+12,,{},,,", r"2: chat_id '-1.00123E\+12' is not a whole number; a spreadsheet has rounded it"),
    ("@channel,,{},,,", "2: chat_id '@channel' is not a whole number"),
    ("5,-1,{},,,", "2: thread_id -1 is no forum topic"),
    ("5,,{},,,English please", "2: language 'English please' is no code of a language"),
    ("5,,{},,,\0", "2: is not UTF-8 text"),
    ("5,,{}," + "x" * 70_000 + ",,", "2: is longer than 65,536 characters"),
    ("5,,{}" + "," * 10_000_000, "2: is longer than 65,536 characters"),
    ("5,,{}" + ',"a\nb"' * 20_000, r"\d+: is longer than 65,536 characters"),
    ("5,,{}" + "," * 60_000, "2: has not 6 columns"),
    ('5,,{},"nato,,', "unexpected end of data"),
]


@pytest.mark.parametrize(("row", "why"), WRONG, ids=[why[:60] for _, why in WRONG])
def test_a_row_that_cannot_be_meant_is_one_short_line(row: str, why: str) -> None:
    with pytest.raises(BadRows, match=why) as refused:
        from_csv(HEAD + row.format(BLOG) + "\n", [BLOG])
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


def test_a_file_without_an_end_of_line_is_not_read_to_its_end() -> None:
    class Endless(io.StringIO):
        def readline(self, size: int | None = -1) -> str:
            assert size is not None
            assert 0 < size < 100_000
            return "," * size

    [wrong] = read_csv(Endless(), [BLOG])
    assert isinstance(wrong, Wrong)
    assert (wrong.place, wrong.why) == ("1", "is longer than 65,536 characters")


@pytest.mark.parametrize("sign", [";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_semicolons_and_tabs_of_spreadsheets_are_as_good_as_commas(sign: str, end: str) -> None:
    text = f"\ufeff{HEAD}-1001234567890,7,{BLOG},nato,key,de\n\n".replace(",", sign).replace("\n", end)
    (one,) = from_csv(text, [BLOG])
    assert (one.telegram_id, one.thread, one.topics, one.language) == (-1001234567890, 7, ("nato",), "de")


async def test_a_chat_that_is_named_twice_is_one_and_the_last_row_counts(store: Store) -> None:
    rows = from_csv(f"{HEAD}5,,{BLOG},nato,,\n6,,{BLOG},,,\n5,,{BLOG},kyiv,key,\n", [BLOG])
    assert await store.take_in("main", rows, NOON) == 2
    assert [(one.telegram_id, one.topics) for one in await exported(store)] == [(5, ("kyiv",)), (6, ())]


@on_sqlite
async def test_what_is_imported_again_is_not_written_again(store: Store) -> None:
    rows = from_csv(f"{HEAD}5,,{BLOG},nato +ship,card,de\n6,,{BLOG},,,\n", [BLOG])
    assert await store.take_in("main", rows, NOON) == 2
    before = store._db.writing.total_changes
    assert await store.take_in("main", [replace(one, language=None) for one in rows], NOON + 1) == 0
    assert store._db.writing.total_changes == before
    assert await exported(store) == rows


async def test_a_follower_that_moves_in_hears_what_is_published_then_and_sees_the_card(ledger: Ledger) -> None:
    rows = [Subscription(blog=BLOG, telegram_id=5), Subscription(blog=BLOG, telegram_id=6, volume=Volume.CARD)]
    await ledger.publish("before")
    await ledger.store.take_in("main", rows, ledger.now)
    await ledger.publish("after")
    told = {done.telegram_id for done in await ledger.run()}
    assert told == {5, 6}
    assert ledger.shown(5) == ["after"]
