"""Every answer of Telegram as an outcome."""

from __future__ import annotations

import orjson
import pytest

from bot.core.answers import outcome_of
from bot.core.model import ChatClosed, ChatMoved, Done, Gone, Outcome, Refused, TryLater, Unknown


def refusal(code: int, description: str, **parameters: int) -> bytes:
    return orjson.dumps({"ok": False, "error_code": code, "description": description, "parameters": parameters})


WORDS = [
    (403, "Forbidden: bot was blocked by the user", ChatClosed),
    (403, "Forbidden: user is deactivated", ChatClosed),
    (403, "Forbidden: bot was kicked from the supergroup chat", ChatClosed),
    (403, "Forbidden: bot is not a member of the channel chat", ChatClosed),
    (403, "Forbidden: bot can't initiate conversation with a user", ChatClosed),
    (400, "Bad Request: chat not found", ChatClosed),
    (400, "Bad Request: PEER_ID_INVALID", ChatClosed),
    (400, "Bad Request: group chat was deactivated", ChatClosed),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", ChatClosed),
    (400, "Bad Request: have no rights to send a message", ChatClosed),
    (400, "Bad Request: not enough rights to send text messages to the chat", ChatClosed),
    (400, "Bad Request: need administrator rights in the channel chat", ChatClosed),
    (400, "Bad Request: not enough rights to send photos to the chat", Refused),
    (400, "Bad Request: message is not modified: specified new message content is exactly the same", Done),
    (400, "Bad Request: message to edit not found", Gone),
    (400, "Bad Request: MESSAGE_ID_INVALID", Gone),
    (400, "Bad Request: message can't be edited", Gone),
    (400, "Bad Request: message to delete not found", Gone),
    (400, "Bad Request: message can't be deleted", Refused),
    (400, "Bad Request: message is too long", Refused),
    (400, "Bad Request: can't parse entities: unexpected end tag at byte offset 3", Refused),
    (400, "Bad Request: failed to get HTTP URL content", Refused),
    (400, "Bad Request: wrong file identifier/HTTP URL specified", Refused),
    (413, "Request Entity Too Large", Refused),
    (429, "Too Many Requests: retry after 7", TryLater),
    (500, "Internal Server Error", TryLater),
    (502, "Bad Gateway", TryLater),
    (401, "Unauthorized", TryLater),
]


@pytest.mark.parametrize(("code", "words", "outcome"), WORDS)
def test_telegrams_words_have_a_meaning(code: int, words: str, outcome: type[Outcome]) -> None:
    assert isinstance(outcome_of(code, refusal(code, words)), outcome)


@pytest.mark.parametrize(
    "words", ["Bad Request: message thread not found", "Bad Request: TOPIC_CLOSED", "Bad Request: TOPIC_DELETED"]
)
def test_a_closed_topic_closes_itself_only(words: str) -> None:
    assert outcome_of(400, refusal(400, words)) == ChatClosed(why=words, thread_only=True)


def test_a_flood_says_how_long() -> None:
    outcome = outcome_of(429, refusal(429, "Too Many Requests: retry after 7", retry_after=7))
    assert outcome == TryLater(why="Too Many Requests: retry after 7", after=7.0, flood=True)


def test_an_upgraded_group_says_where_it_went() -> None:
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    assert outcome_of(400, refusal(400, words, migrate_to_chat_id=-1005)) == ChatMoved(to=-1005)


@pytest.mark.parametrize(
    ("result", "ids"),
    [({"message_id": 5, "chat": {"id": 1}}, (5,)), ([{"message_id": 5}, {"message_id": 6}], (5, 6)), (True, ())],
)
def test_an_answer_tells_the_messages_that_were_made(result: object, ids: tuple[int, ...]) -> None:
    assert outcome_of(200, orjson.dumps({"ok": True, "result": result})) == Done(message_ids=ids)


@pytest.mark.parametrize(
    ("status", "outcome"), [(502, TryLater), (503, TryLater), (403, TryLater), (504, Unknown), (200, Unknown)]
)
def test_an_answer_that_is_not_telegrams_own_closes_no_chat(status: int, outcome: type[Outcome]) -> None:
    assert isinstance(outcome_of(status, b"<html>a proxy</html>"), outcome)
