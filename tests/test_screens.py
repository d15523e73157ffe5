"""The judge of the screens finds what is wrong on them; otherwise it would find nothing in the stories either."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.demo.telegram import LocalMessage, LocalTelegram
from tests.screens import GONE, Findings, Follower, Truth, judged

ANN, FORUM = 2001, -1_000_000_005_000
FERRIES = Follower(chat=FORUM, thread=2, topic="ferries")


def words(key: str, version: int = 1) -> tuple[str, str]:
    return f"About {key} as of {version}", f"Point {version} of {key}."


class Screen:
    """What Ann sees, written as the relay writes it."""

    def __init__(self) -> None:
        self.telegram, self.truth = LocalTelegram(), Truth()
        self.telegram.add_user(ANN, "Ann", started=True)
        self.telegram.add_chat(FORUM, "supergroup", "Forum", forum=True, admins=[ANN])
        self.followers = [Follower(chat=ANN)]
        for key in "abc":
            self.truth.says(key, *words(key), topic="ferries" if key == "b" else "")

    def says(self, *keys: str, version: int = 1, thread: int = 0, chat: int = ANN) -> LocalMessage:
        """A message of one post, or of several."""
        place = self.telegram.chats[chat]
        message = self.telegram.new_message(place, thread=thread)
        message.bot = "relay_bot"
        message.entities = tuple({"type": "text_link", "url": f"https://b.example/live#{key}"} for key in keys)
        headline, text = words(keys[0], version)
        rows = "".join(f"\n14:02 UTC · {words(key, version)[0]}" for key in keys)
        message.text = f"{headline}\n\n{text}\n\n14:02 UTC" if len(keys) == 1 else f"Storm: {len(keys)} updates{rows}"
        return self.telegram.post(place, message)

    def judged(self, doubts: int = 0) -> Findings:
        return judged(self.telegram, self.truth, self.followers, {ANN: doubts})


def edited(screen: Screen, message: LocalMessage, text: str) -> None:
    screen.telegram.change(message, text=text, entities=())


def nothing(screen: Screen) -> None:
    for key in "abc":
        screen.says(key)


def several_in_one(screen: Screen) -> None:
    screen.says("a", "b", "c")


def a_followed_edit(screen: Screen) -> None:
    nothing(screen)
    screen.truth.says("b", *words("b", 2))
    headline, text = words("b", 2)
    edited(screen, screen.telegram.chats[ANN].messages[1], f"{headline}\n\n{text}\n\n14:02 UTC · updated")


def a_followed_withdrawal_in_a_row(screen: Screen) -> None:
    message = screen.says("a", "b", "c")
    screen.truth.gone.add("b")
    edited(screen, message, message.text.replace(words("b")[0], f"{GONE}, 14:03"))


def a_withdrawal_of_what_never_came(screen: Screen) -> None:
    screen.says("a")
    screen.says("c")
    screen.truth.gone.add("b")


@pytest.mark.parametrize(
    "story",
    [nothing, several_in_one, a_followed_edit, a_followed_withdrawal_in_a_row, a_withdrawal_of_what_never_came],
)
def test_nothing_is_found_where_all_is_well(story: Callable[[Screen], None]) -> None:
    screen = Screen()
    story(screen)
    assert screen.judged().lines == []


def a_lost_post(screen: Screen) -> None:
    screen.says("a")
    screen.says("c")


def a_deleted_post(screen: Screen) -> None:
    nothing(screen)
    screen.telegram.delete(screen.telegram.chats[ANN].messages[1])


def a_repeated_post(screen: Screen) -> None:
    nothing(screen)
    screen.says("c")


def a_repeat_in_a_merge(screen: Screen) -> None:
    screen.says("a")
    screen.says("a", "b", "c")


def an_edit_that_was_not_followed(screen: Screen) -> None:
    nothing(screen)
    screen.truth.says("b", *words("b", 2))


def a_withdrawal_that_was_not_followed(screen: Screen) -> None:
    nothing(screen)
    screen.truth.gone.add("b")


def one_row_that_was_not_followed(screen: Screen) -> None:
    message = screen.says("a", "b", "c")
    screen.truth.says("a", *words("a", 2))
    screen.truth.says("c", *words("c", 2))
    edited(screen, message, message.text.replace(words("a")[0], words("a", 2)[0]))


def a_false_withdrawal(screen: Screen) -> None:
    nothing(screen)
    edited(screen, screen.telegram.chats[ANN].messages[1], f"{GONE}, 14:02")


def posts_out_of_order(screen: Screen) -> None:
    screen.says("a")
    screen.says("c")
    screen.says("b")


def a_message_that_went_back(screen: Screen) -> None:
    nothing(screen)
    message = screen.telegram.chats[ANN].messages[1]
    screen.truth.says("b", *words("b", 2))
    screen.truth.says("b", "About b as of 3", "Point 3 of b.")
    for version in (3, 2, 3):
        edited(screen, message, "\n\n".join(words("b", version)))


def a_text_that_was_made_up(screen: Screen) -> None:
    nothing(screen)
    message = screen.telegram.chats[ANN].messages[1]
    edited(screen, message, f"{words('a')[0]}\n\n{words('b')[1]}")
    edited(screen, message, "\n\n".join(words("b")))


def a_message_of_no_post(screen: Screen) -> None:
    nothing(screen)
    screen.says("z")


def a_post_of_another_topic(screen: Screen) -> None:
    nothing(screen)
    screen.followers.append(FERRIES)
    screen.says("a", chat=FORUM, thread=2)
    screen.says("b", chat=FORUM, thread=2)


def a_post_in_another_thread(screen: Screen) -> None:
    nothing(screen)
    screen.followers.append(FERRIES)
    screen.says("b", chat=FORUM, thread=2)
    screen.says("b", chat=FORUM, thread=3)


@pytest.mark.parametrize(
    ("story", "kind"),
    [
        (a_lost_post, "missing"),
        (a_deleted_post, "missing"),
        (a_repeated_post, "twice"),
        (a_repeat_in_a_merge, "twice"),
        (an_edit_that_was_not_followed, "stale"),
        (a_withdrawal_that_was_not_followed, "stale"),
        (one_row_that_was_not_followed, "stale"),
        (a_false_withdrawal, "stale"),
        (posts_out_of_order, "order"),
        (a_message_that_went_back, "order"),
        (a_text_that_was_made_up, "strange"),
        (a_message_of_no_post, "strange"),
        (a_post_of_another_topic, "strange"),
        (a_post_in_another_thread, "strange"),
    ],
)
def test_what_is_wrong_is_found_and_named(story: Callable[[Screen], None], kind: str) -> None:
    screen = Screen()
    story(screen)
    assert [line.partition(":")[0] for line in screen.judged().lines] == [kind]


def test_a_copy_is_forgiven_where_an_answer_was_lost_and_no_second_one() -> None:
    screen = Screen()
    screen.says("a")
    nothing(screen)
    assert screen.judged(doubts=1).lines == []
    screen.says("c")
    assert len(screen.judged(doubts=1).lines) == 1
    assert screen.judged(doubts=2).copies == {ANN: 2}


def test_what_nobody_knows_of_may_be_stale_and_what_was_sent_again_may_not() -> None:
    screen = Screen()
    screen.says("a")
    screen.truth.says("a", *words("a", 2))
    screen.says("a", version=2)
    screen.says("b")
    screen.says("c")
    assert screen.judged(doubts=1).lines == []
    screen.truth.says("a", "About a as of 3", "Point 3 of a.")
    assert [line.partition(":")[0] for line in screen.judged(doubts=1).lines] == ["stale"]


def test_a_post_in_doubt_that_was_withdrawn_before_it_could_be_sent_again_stands_where_nobody_can_reach_it() -> None:
    screen = Screen()
    nothing(screen)
    screen.truth.gone.add("c")
    assert screen.judged(doubts=1).lines == []
    assert [line.partition(":")[0] for line in screen.judged(doubts=0).lines] == ["stale"]
