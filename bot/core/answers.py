"""What Telegram's answers mean: every status, description and parameter of the Bot API becomes an `Outcome` here.

The error texts are Telegram's; they differ in wording between methods and over time, so they are told apart by the
words that stay (https://core.telegram.org/bots/api#making-requests says that they may change). Where they come from:

- the Bot API server's own: `Client.cpp` of https://github.com/tdlib/telegram-bot-api, `check_chat_access`,
  `check_message`, `check_message_topic` and `fail_query_with_error` (which turns codes like USER_IS_BLOCKED into words,
  404 and a 403 in capitals into 400, and a flood wait that it cannot read into a 500), `delete_message`;
- tdlib's, https://github.com/tdlib/td: `can_send_message_content` of `MessageContent.cpp` for the rights,
  `process_send_message_fail_error` of `MessagesManager.cpp` for what becomes of the servers' codes;
- the codes in capitals, which the servers of https://core.telegram.org/api/errors send and nobody rewords.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from bot.core.model import ChatClosed, ChatMoved, Done, Gone, Outcome, Refused, TryLater, Unknown


def _any_of(*words: str) -> re.Pattern[str]:
    """Any of these, from where a word begins: REPLY_MESSAGE_ID_INVALID is not MESSAGE_ID_INVALID."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(each) for each in words)})")


UNCHANGED = _any_of("message is not modified", "message_not_modified")
# It arrived, and somebody there (a bot that keeps order, say) took it away at once: comes as a 500, and once more would
# be the same again.
TAKEN_AWAY_AT_ONCE = _any_of("sent message was immediately deleted")

# The bot itself is in trouble; no chat and no post is at fault. After `get_closing_error` of the Bot API server.
BOT_IN_TROUBLE = _any_of("frozen_method_invalid", "logged out", "the bot has already been closed")
NO_STARS = _any_of("balance_too_low")

# One kind of content is not welcome there, but texts are.
SOME_KIND_FORBIDDEN = re.compile(r"not enough rights to send (?!text messages)|chat_send_(?!plain_)\w+_forbidden")

CLOSED_TOPIC = _any_of(
    "topic_closed", "topic_deleted", "topic_id_invalid", "topic not found", "message thread not found"
)
MOVED = _any_of("upgraded to a supergroup", "migrated to a supergroup")
CLOSED = _any_of(
    "chat not found",
    "user not found",
    "bot was blocked by the user",
    "bot was kicked from",
    "bot is not a member of",
    "user is deactivated",
    "bot can't initiate conversation",
    "can't send messages to bots",
    "can't send messages to the bot",
    "group chat was deleted",
    "group chat was deactivated",
    "chat is not accessible",
    "can't access the chat",
    "have no rights to send a message",
    "have no write access to the chat",
    "not enough rights to send text messages",
    "need administrator rights in the channel",
    "peer_id_invalid",
    "chat_id_invalid",
    "channel_invalid",
    "channel_private",
    "channel_public_group_na",
    "chat_forbidden",
    "chat_write_forbidden",
    "chat_send_plain_forbidden",
    "chat_guest_send_forbidden",
    "chat_restricted",
    "chat_admin_required",
    "allow_payment_required",  # the chat takes Stars for every message, and a bot has no say in paying them
    "privacy_premium_required",
    "user_banned_in_channel",
    "user_is_blocked",
    "user_is_bot",
    "user_bot_invalid",
    "user_deleted",
    "input_user_deactivated",
)
# Nothing but the pin is refused: a message may stand there without it.
MAY_NOT_PIN = _any_of("not enough rights", "need administrator rights", "chat_admin_required", "chat_write_forbidden")
# The same is said of the chat that a message is copied from, as `check_message` looks there before it looks where the
# copy is to go: it must not close every chat that was to get it.
MAY_BE_THE_ORIGINALS = _any_of(
    "chat not found",
    "can't access the chat",
    "bot was kicked from",
    "bot is not a member of",
    "channel_private",
    "channel_invalid",
    "peer_id_invalid",
)

STANDS = _any_of("message can't be edited", "message media can't be edited", "message_author_required")
STANDS_UNDELETED = _any_of("message can't be deleted", "message_delete_forbidden")
GONE = _any_of(
    "message to edit not found",
    "message to delete not found",
    "message to pin not found",
    "bad request: message not found",
    "message_id_invalid",
    "message_not_found",
)

PATIENCE_WITHOUT_A_WORD = 5.0  # seconds, where a server has a bad moment and names no time
PATIENCE_WITH_THE_BOT = 60.0  # where somebody has to mend something first

_SECONDS = re.compile(r"(?:retry (?:after|in) |flood_wait_|flood_premium_wait_|slowmode_wait_)(\d+)")
_ONLY_A_WAIT = re.compile(
    r"(?:bad request: )?(?:(?:flood_wait_|flood_premium_wait_|slowmode_wait_)\d+|too many requests: retry after \d+)"
)
_ADDRESS = re.compile(r"url '.*'")
# Of an album, the Bot API server hands on the first error that a message of it met; `on_message_send_failed` there.
_OF_ALBUM = re.compile(r"failed to send message #(\d+) with the error message \"(.*)\"", re.DOTALL)

# The picture cannot be had, or is none: the servers' codes, and what the Bot API server makes of some of them where
# they come alone.
BAD_PICTURE = _any_of(
    "webpage_curl_failed",
    "webpage_media_empty",
    "failed to get http url content",
    "wrong type of the web page content",
    "wrong http url specified",
    "wc_convert_url_invalid",
    "external_url_invalid",
    "wrong file identifier",
    "wrong remote file identifier",
    "can't upload file by url",
    "image_process_failed",
    "photo_invalid_dimensions",
    "photo_invalid",
    "photo_ext_invalid",
    "photo_save_file_invalid",
    "photo has unsupported extension",
    "media_empty",
    "media_invalid",
    "file_reference_",
    "group send failed",  # another message of the album did
)

# One error for all of an album's messages, of which the first is named.
OF_THE_WHOLE_CALL = _any_of("media_empty", "media_invalid", "file_reference_")


def bad_pictures(why: str, count: int) -> Sequence[int]:
    """Which of a message's so many pictures Telegram could not take, by what it said; none where that is not why, all
    where it may be any of them.
    """
    words = _ADDRESS.sub("url", why.lower())
    if not count or not BAD_PICTURE.search(words):
        return ()
    named = _OF_ALBUM.search(words)
    if named and not OF_THE_WHOLE_CALL.search(named[2]):
        return (min(int(named[1]), count) - 1,)
    return range(count)


def outcome_of(status: int, answer: bytes, kind: str = "text", shows: Sequence[int] = ()) -> Outcome:
    """What an answer of the Bot API means. An answer that is not the Bot API's own comes from something between.

    `kind` is what was asked for, as in `Done.kind`, or "pin"; `shows` are the checksums of its pictures.
    """
    try:
        said = orjson.loads(answer)
        ok = said["ok"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return _from_between(status)
    if ok:
        return _done(_message_ids(said.get("result")), kind, shows)
    outcome = _refusal(said, status, kind)
    return _done((), kind, shows) if isinstance(outcome, Done) and shows else outcome


def _done(message_ids: tuple[int, ...], kind: str, shows: Sequence[int]) -> Done:
    picture = shows[0] if shows else None
    return Done(message_ids=message_ids, kind=kind, picture=picture, others=tuple(shows[1:]))


def _from_between(status: int) -> Outcome:
    """A proxy spoke. A gateway that gave up waiting may have passed the request on; any other error did not."""
    why = f"HTTP {status} without an answer of the Bot API"
    if status == 504 or status < 400:
        return Unknown(why=why)
    if status == 413:  # the next attempt would be as large
        return Refused(why=why)
    return TryLater(why=why, after=PATIENCE_WITHOUT_A_WORD, flood=status == 429)


def _message_ids(result: Any) -> tuple[int, ...]:
    results = result if isinstance(result, list) else [result]
    return tuple(one["message_id"] for one in results if isinstance(one, dict) and "message_id" in one)


def _refusal(said: dict[str, Any], status: int, kind: str) -> Outcome:
    code, why = said.get("error_code"), str(said.get("description", ""))
    parameters = said.get("parameters")
    if not isinstance(parameters, dict):
        parameters = {}
    if isinstance(to := parameters.get("migrate_to_chat_id"), int) and to:
        return ChatMoved(to=to)
    return _by_code(code if isinstance(code, int) else status, why, kind, parameters.get("retry_after"))


def _by_code(code: int, why: str, kind: str, retry_after: Any) -> Outcome:
    words = _ADDRESS.sub("url", why.lower())  # a page's address may say anything
    if named := _OF_ALBUM.search(words):
        words = f"bad request: {named[2]}"
    if code in (420, 429) or _ONLY_A_WAIT.fullmatch(words) or (code >= 500 and _SECONDS.search(words)):
        return TryLater(why=why, after=_wait(words, retry_after), flood=True, slow_mode="slowmode_wait" in words)
    if TAKEN_AWAY_AT_ONCE.search(words):
        return Done()
    if code == 504:
        return Unknown(why=why)
    if code >= 500 or code == 409:
        return TryLater(why=why, after=PATIENCE_WITHOUT_A_WORD)
    if code in (401, 404):
        return _in_trouble(f"{why}: is the token right?")
    return _by_words(code, why, words, kind)


def _wait(words: str, retry_after: Any) -> float:
    """Seconds: the parameter's, else those in the text, which tdlib writes and some servers leave alone."""
    if isinstance(retry_after, int | float) and retry_after > 0:
        return float(retry_after)
    found = _SECONDS.search(words)
    return float(found[1]) if found else PATIENCE_WITHOUT_A_WORD


def _in_trouble(why: str) -> Outcome:
    return TryLater(why=why, after=PATIENCE_WITH_THE_BOT, bot_wide=True, for_admins=True)


def _by_words(code: int, why: str, words: str, kind: str) -> Outcome:
    if UNCHANGED.search(words):
        return Done()
    if BOT_IN_TROUBLE.search(words):
        return _in_trouble(why)
    if NO_STARS.search(words):
        return TryLater(why=why, after=PATIENCE_WITH_THE_BOT, for_admins=True)
    return _of_message(why, words) or _of_chat(code, why, words, kind) or Refused(why=why)


def _of_message(why: str, words: str) -> Outcome | None:
    """What concerns one message. Before the chat is looked at, since some servers say it with a 403."""
    if SOME_KIND_FORBIDDEN.search(words) or STANDS_UNDELETED.search(words):
        return Refused(why=why)
    if STANDS.search(words):
        return Gone(why=why, stands=True)
    if GONE.search(words):
        return Gone(why=why)
    return None


def _of_chat(code: int, why: str, words: str, kind: str) -> Outcome | None:
    if CLOSED_TOPIC.search(words):
        return ChatClosed(why=why, thread_only=True, may_open="topic_closed" in words)
    if MOVED.search(words):  # whereto, the update will tell that comes with it
        return TryLater(why=why, after=PATIENCE_WITH_THE_BOT)
    if kind == "pin" and MAY_NOT_PIN.search(words):
        return Refused(why=why)
    if kind == "copy" and MAY_BE_THE_ORIGINALS.search(words):
        return Refused(why=why)
    if code == 403 or CLOSED.search(words):
        return ChatClosed(why=why)
    return None
