"""Subscriptions as CSV: what is exported is taken in again as it was."""

from __future__ import annotations

import pytest

from bot.core.model import Volume
from bot.subscribers import BadRows, from_csv, to_csv
from storage import Store, Subscription
from tests.ledger import BLOG, NOON, exported

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
