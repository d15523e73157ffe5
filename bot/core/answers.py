"""What Telegram's answers mean: every status, description and parameter of the Bot API becomes an `Outcome` here.

The error texts are Telegram's; they differ in wording between methods and over time, so they are told apart by the
words that stay (https://core.telegram.org/bots/api#making-requests says that they may change).
"""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from bot.core.model import ChatClosed, ChatMoved, Done, Gone, Outcome, Refused, TryLater, Unknown

CLOSED = (
    "chat not found",
    "user not found",
    "group chat was deactivated",
    "peer_id_invalid",
    "chat_write_forbidden",
    "chat_restricted",
    "have no rights to send a message",
    "not enough rights to send text messages",
    "need administrator rights in the channel",
    "user_is_blocked",
    "input_user_deactivated",
)
CLOSED_THREAD = ("topic_closed", "topic_deleted", "message thread not found")
UNCHANGED = ("message is not modified",)
GONE = (
    "message to edit not found",
    "message to delete not found",
    "message can't be edited",
    "message_id_invalid",
    "message_author_required",
)
PATIENCE_WITHOUT_A_WORD = 5.0  # seconds, where a server has a bad moment and names no time
PATIENCE_WITH_A_BAD_TOKEN = 60.0


def checksum(photo: str) -> int:
    """Which picture this is, in a number that fits a column."""
    return zlib.crc32(photo.encode())


def outcome_of(status: int, answer: bytes, kind: str = "text", photo: str | None = None) -> Outcome:
    """What an answer of the Bot API means. An answer that is not the Bot API's own comes from something between."""
    try:
        said = orjson.loads(answer)
        ok = said["ok"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return _from_between(status)
    if ok:
        picture = checksum(photo) if photo is not None else None
        return Done(message_ids=_message_ids(said.get("result")), kind=kind, picture=picture)
    return _refusal(said)


def _from_between(status: int) -> Outcome:
    """A proxy spoke. A gateway that gave up waiting may have passed the request on; any other error did not."""
    if status == 504 or status < 400:
        return Unknown(why=f"HTTP {status} without an answer of the Bot API")
    return TryLater(why=f"HTTP {status} without an answer of the Bot API", after=PATIENCE_WITHOUT_A_WORD)


def _message_ids(result: Any) -> tuple[int, ...]:
    if isinstance(result, dict) and "message_id" in result:
        return (result["message_id"],)
    if isinstance(result, list):
        return tuple(one["message_id"] for one in result)
    return ()


def _refusal(said: dict[str, Any]) -> Outcome:
    code, why = int(said.get("error_code", 0)), str(said.get("description", ""))
    parameters = said.get("parameters") or {}
    if to := parameters.get("migrate_to_chat_id"):
        return ChatMoved(to=to)
    if code == 429:
        return TryLater(why=why, after=float(parameters.get("retry_after", 1)), flood=True)
    if code >= 500:
        return TryLater(why=why, after=PATIENCE_WITHOUT_A_WORD)
    if code in (401, 404):
        return TryLater(why=f"{why}: is the token right?", after=PATIENCE_WITH_A_BAD_TOKEN)
    return _by_words(code, why)


def _by_words(code: int, why: str) -> Outcome:
    words = why.lower()
    if any(said in words for said in UNCHANGED):
        return Done()
    if any(said in words for said in CLOSED_THREAD):
        return ChatClosed(why=why, thread_only=True)
    if code == 403 or any(said in words for said in CLOSED):
        return ChatClosed(why=why)
    if any(said in words for said in GONE):
        return Gone(why=why)
    return Refused(why=why)
