"""What an editor pushes, read from messages of every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Chat, Dice, ForumTopicCreated, Message, MessageEntity, PhotoSize, Video

from bot.core.entities import units
from bot.core.model import Entity
from bot.core.publishing import PushText
from handlers.arguments import spoken
from handlers.drafts import Unfit, draft_of

CHAT = Chat(7, Chat.PRIVATE)
SIZES = (PhotoSize("small", "s", 90, 60), PhotoSize("big", "b", 900, 600))
VIDEO = Video("video", "v", 900, 600, 3)
BOLD = MessageEntity(MessageEntity.BOLD, 0, 3)


def message(number: int = 1, **fields: Any) -> Message:
    return Message(number, datetime.now(UTC), CHAT, **fields)


def draft(said: Message) -> PushText | None:
    words = spoken(said.text or said.caption or "")
    assert words is not None
    return draft_of(said, words.end)


DICE = Dice(6, "🎲")


@pytest.mark.parametrize(
    ("said", "pushed"),
    [
        (message(text="/push The quay"), PushText(text="The quay")),
        (message(text="/push@relay_bot\nThe quay\n\nis closed"), PushText(text="The quay\n\nis closed")),
        (message(caption="/push The quay", photo=SIZES), PushText(text="The quay", photo="big")),
        (message(caption="/push", photo=SIZES), PushText(photo="big")),
        (message(text="/push", reply_to_message=message(2, text="One", entities=[BOLD])),
         PushText(text="One", entities=(Entity(type="bold", offset=0, length=3),))),
        (message(text="/push", reply_to_message=message(2, caption="One", photo=SIZES)),
         PushText(text="One", photo="big")),
        (message(text="/push", reply_to_message=message(2, caption="One", video=VIDEO)), PushText(copied=(7, 2))),
        (message(text="/push", reply_to_message=message(2, dice=DICE)), PushText(copied=(7, 2))),
        (message(text="/push mine", reply_to_message=message(2, text="theirs")), PushText(text="mine")),
        (message(text="/push", reply_to_message=message(2, forum_topic_created=ForumTopicCreated("Sea", 1))), None),
        (message(text="/push"), None),
        (message(text="/push \n\t"), None),
    ],
)  # fmt: skip
def test_what_is_pushed(said: Message, pushed: PushText | None) -> None:
    assert draft(said) == pushed


def test_a_video_with_the_command_in_its_caption_cannot_be_pushed_so() -> None:
    with pytest.raises(Unfit):
        draft(message(caption="/push Look", video=VIDEO))


def test_what_telegram_finds_by_itself_is_left_to_it() -> None:
    found = [MessageEntity(MessageEntity.MENTION, 6, 4), MessageEntity(MessageEntity.URL, 11, 7)]
    assert draft(message(text="/push @ann see.it ", entities=found)) == PushText(text="@ann see.it")


@given(
    before=st.text(st.sampled_from("a🌊é \n"), max_size=8),
    marked=st.text(st.sampled_from("b🚢ß"), min_size=1, max_size=6),
    after=st.text(st.sampled_from("c⛴ "), max_size=6),
)
def test_formatting_stays_on_the_words_it_was_put_on(before: str, marked: str, after: str) -> None:
    head = f"/push {before}"
    entity = MessageEntity(MessageEntity.ITALIC, units(head), units(marked))
    pushed = draft(message(text=f"{head}{marked}{after}", entities=[entity]))
    assert pushed is not None
    [kept] = pushed.entities
    raw = pushed.text.encode("utf-16-le")
    assert raw[kept.offset * 2 : (kept.offset + kept.length) * 2].decode("utf-16-le") == marked
