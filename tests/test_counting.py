"""That what is counted is what was told: the proofs of the cluster stand on it."""

from __future__ import annotations

from tests.counting import Told, by_bot
from tests.quick_telegram import Call


def call(at: float, chat: int, text: str, node: str = "a", bot: int = 100, code: int = 200) -> Call:
    return Call(at, bot, node, "sendMessage", chat, int(at) if code == 200 else 0, text, code)


def test_what_a_chat_lacks_is_lost_and_what_it_has_twice_is_repeated() -> None:
    told = Told([call(1, 1, "x"), call(2, 2, "x"), call(3, 2, "x"), call(4, 1, "y"), call(5, 3, "y", code=429)])
    assert told.lost([1, 2, 3], ["x", "y"]) == 3
    assert told.repeated() == 1
    assert told.refused() == 1


def test_order_is_that_of_first_copies_in_each_chat() -> None:
    told = Told([call(1, 1, "x"), call(2, 1, "y"), call(3, 1, "x"), call(4, 2, "y"), call(5, 2, "x"), call(6, 3, "y")])
    assert told.disorder(["x", "y"]) == 1


def test_the_gap_is_the_longest_silence_between_messages_that_were_taken() -> None:
    told = Told([call(1, 1, "x"), call(2, 2, "x"), call(4, 9, "x", code=429), call(7, 3, "x")])
    assert told.gap() == 5
    assert told.rate() == 2 / 6


def test_who_spoke_is_told_apart_in_time_and_bots() -> None:
    parted = by_bot(
        [call(1, 1, "x"), call(2, 2, "x", "b"), call(3, 3, "x", "b"), call(4, 4, "x"), call(5, 5, "x", bot=7)]
    )
    told = parted[100]
    assert told.nodes() == ["a", "b", "a"]
    assert [one.chat for one in told.said("b", 2.5, 10)] == [3]
    assert len(parted[7].calls) == 1
