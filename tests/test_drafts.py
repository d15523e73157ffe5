"""What an editor pushes, read from messages of every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import (
    Animation,
    Audio,
    Chat,
    Dice,
    Document,
    ForumTopicCreated,
    Message,
    MessageEntity,
    PaidMediaInfo,
    PhotoSize,
    Video,
    VideoNote,
    Voice,
)

from bot.core.entities import units
from bot.core.model import Button, Entity, Media
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
FILM = Media(kind="video", file="video")
LOOP, FILE = Animation("loop", "l", 90, 60, 3), Document("file", "f")
MAP = "https://maps.example/quay"
LINKS = (Button(text="Map", url=MAP),)


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
        (message(caption="/push The quay", video=VIDEO), PushText(text="The quay", media=(FILM,))),
        (message(text="/push", reply_to_message=message(2, caption="One", video=VIDEO)),
         PushText(text="One", media=(FILM,))),
        (message(text="/push", reply_to_message=message(2, animation=LOOP, document=FILE)),
         PushText(media=(Media(kind="animation", file="loop"),))),
        (message(text="/push", reply_to_message=message(2, document=FILE)),
         PushText(media=(Media(kind="document", file="file"),))),
        (message(text="/push", reply_to_message=message(2, audio=Audio("sound", "a", 3))),
         PushText(media=(Media(kind="audio", file="sound"),))),
        (message(text="/push", reply_to_message=message(2, voice=Voice("voice", "o", 3))),
         PushText(media=(Media(kind="voice", file="voice"),))),
        (message(text="/push", reply_to_message=message(2, video_note=VideoNote("round", "n", 240, 3))),
         PushText(copied=(7, 2))),
        (message(text=f"/push Closed.\nMap | {MAP}"), PushText(text="Closed.", buttons=LINKS)),
        (message(text=f"/push\nMap | {MAP}", reply_to_message=message(2, dice=DICE)),
         PushText(copied=(7, 2), buttons=LINKS)),
        (message(text=f"/push\nMap | {MAP}"), None),
        (message(text="/push", reply_to_message=message(2, dice=DICE)), PushText(copied=(7, 2))),
        (message(text="/push mine", reply_to_message=message(2, text="theirs")), PushText(text="mine")),
        (message(text="/push", reply_to_message=message(2, forum_topic_created=ForumTopicCreated("Sea", 1))), None),
        (message(text="/push"), None),
        (message(text="/push \n\t"), None),
    ],
)  # fmt: skip
def test_what_is_pushed(said: Message, pushed: PushText | None) -> None:
    assert draft(said) == pushed


def test_what_cannot_be_sent_again_cannot_carry_the_command_in_its_caption() -> None:
    with pytest.raises(Unfit):
        draft(message(caption="/push Look", paid_media=PaidMediaInfo(5, [])))


ALBUM = [
    message(1, photo=SIZES),
    message(2, video=VIDEO, caption="Two", caption_entities=[BOLD]),
    message(3, photo=SIZES),
]
PHOTO = Media(kind="photo", file="big")


def parts(said: Message) -> list[Message]:
    return ALBUM if said in ALBUM else [said]


def test_a_reply_to_any_part_of_an_album_takes_all_with_the_caption_of_whichever_has_one() -> None:
    for part in ALBUM:
        pushed = draft_of(message(9, text="/push", reply_to_message=part), 5, parts)
        bold = Entity(type="bold", offset=0, length=3)
        assert pushed == PushText(text="Two", entities=(bold,), media=(PHOTO, FILM, PHOTO))


def test_an_album_with_a_part_that_cannot_be_sent_again_is_copied_as_far_as_it_was_answered() -> None:
    odd = message(4, video_note=VideoNote("round", "n", 240, 3))
    said = message(9, text="/push", reply_to_message=ALBUM[0])
    assert draft_of(said, 5, lambda one: [*ALBUM, odd]) == PushText(copied=(7, 1))


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
