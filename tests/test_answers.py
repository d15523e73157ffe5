"""Every answer of Telegram as an outcome."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.answers import bad_pictures, outcome_of
from bot.core.model import ChatClosed, ChatMoved, Done, Gone, Outcome, Refused, TryLater, Unknown


def refusal(code: int, description: str, **parameters: int) -> bytes:
    return orjson.dumps({"ok": False, "error_code": code, "description": description, "parameters": parameters})


CLOSED = [
    # the Bot API server's own: `check_chat_access` and `fail_query_with_error` of its Client.cpp
    (400, "Bad Request: chat not found"),
    (400, "Bad Request: private chat not found"),
    (400, "Bad Request: user not found"),
    (403, "Forbidden: user is deactivated"),
    (403, "Forbidden: bot was blocked by the user"),
    (403, "Forbidden: the group chat was deleted"),
    (403, "Forbidden: bot was kicked from the group chat"),
    (403, "Forbidden: bot was kicked from the supergroup chat"),
    (403, "Forbidden: bot was kicked from the channel chat"),
    (403, "Forbidden: bot is not a member of the group chat"),
    (403, "Forbidden: bot is not a member of the supergroup chat"),
    (403, "Forbidden: bot is not a member of the channel chat"),
    # tdlib's, when it sends
    (403, "Forbidden: bot can't initiate conversation with a user"),
    (403, "Forbidden: the bot can't send messages to the bot"),
    (403, "Forbidden: bots can't send messages to bots"),
    (400, "Bad Request: have no write access to the chat"),
    (400, "Bad Request: need administrator rights in the channel chat"),
    (400, "Bad Request: not enough rights to send text messages to the chat"),
    (400, "Bad Request: chat is not accessible"),
    # older ones
    (400, "Bad Request: have no rights to send a message"),
    (400, "Bad Request: group chat was deactivated"),
    (400, "Bad Request: bot was blocked by the user"),
    # codes of Telegram's servers, which a 403 in capitals turns into a 400
    (400, "Bad Request: PEER_ID_INVALID"),
    (400, "Bad Request: CHAT_ID_INVALID"),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
    (403, "Forbidden: CHAT_WRITE_FORBIDDEN"),
    (400, "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN"),
    (400, "Bad Request: CHAT_GUEST_SEND_FORBIDDEN"),
    (400, "Bad Request: CHAT_RESTRICTED"),
    (400, "Bad Request: CHAT_ADMIN_REQUIRED"),
    (400, "Bad Request: CHAT_FORBIDDEN"),
    (400, "Bad Request: CHANNEL_PRIVATE"),
    (400, "Bad Request: CHANNEL_INVALID"),
    (400, "Bad Request: CHANNEL_PUBLIC_GROUP_NA"),
    (400, "Bad Request: USER_BANNED_IN_CHANNEL"),
    (400, "Bad Request: USER_IS_BLOCKED"),
    (400, "Bad Request: USER_IS_BOT"),
    (400, "Bad Request: USER_DELETED"),
    (400, "Bad Request: INPUT_USER_DEACTIVATED"),
    (400, "Bad Request: PRIVACY_PREMIUM_REQUIRED"),
    (400, "Bad Request: ALLOW_PAYMENT_REQUIRED_10"),
    (403, "Forbidden: something that nobody has heard of"),
]
CLOSED_TOPIC = [
    "Bad Request: message thread not found",
    "Bad Request: TOPIC_CLOSED",
    "Bad Request: TOPIC_DELETED",
    "Bad Request: TOPIC_ID_INVALID",
    "Bad Request: topic not found",
]
REFUSED = [
    # a kind of content that is not welcome, where texts are
    (400, "Bad Request: not enough rights to send photos to the chat"),
    (400, "Bad Request: not enough rights to send videos to the chat"),
    (400, "Bad Request: not enough rights to send polls to the chat"),
    (400, "Bad Request: not enough rights to send the rich message to the chat"),
    (403, "Forbidden: not enough rights to send documents to the chat"),
    (400, "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN"),
    (400, "Bad Request: CHAT_SEND_MEDIA_FORBIDDEN"),
    (403, "Forbidden: CHAT_SEND_POLL_FORBIDDEN"),
    (400, "Bad Request: non-anonymous polls can't be sent to channel chats"),
    (400, "Bad Request: user restricted receiving of voice note messages"),
    # length and formatting
    (400, "Bad Request: message is too long"),
    (400, "Bad Request: MESSAGE_TOO_LONG"),
    (400, "Bad Request: message caption is too long"),
    (400, "Bad Request: MEDIA_CAPTION_TOO_LONG"),
    (400, "Bad Request: text is too long"),
    (400, "Bad Request: message text is empty"),
    (400, "Bad Request: text must be non-empty"),
    (400, "Bad Request: can't parse entities: unexpected end tag at byte offset 3"),
    (400, 'Bad Request: can\'t parse MessageEntity: field "offset" must be of type Number'),
    (400, "Bad Request: ENTITY_BOUNDS_INVALID"),
    (400, "Bad Request: ENTITY_TEXT_INVALID"),
    (400, "Bad Request: ENTITIES_TOO_LONG"),
    (400, "Bad Request: USER_ID_INVALID"),
    # pictures and other files
    (400, "Bad Request: wrong file identifier/HTTP URL specified"),
    (400, "Bad Request: wrong remote file identifier specified: Wrong character in the string"),
    (400, "Bad Request: wrong remote file identifier specified: can't unserialize it. Wrong last symbol"),
    (400, "Bad Request: invalid file HTTP URL specified: Unsupported URL protocol"),
    (400, "Bad Request: failed to get HTTP URL content"),
    (400, "Bad Request: wrong type of the web page content"),
    (400, "Bad Request: wrong HTTP URL specified"),
    (400, "Bad Request: WEBPAGE_CURL_FAILED"),
    (400, "Bad Request: WEBPAGE_MEDIA_EMPTY"),
    (400, "Bad Request: IMAGE_PROCESS_FAILED"),
    (400, "Bad Request: PHOTO_INVALID_DIMENSIONS"),
    (400, "Bad Request: PHOTO_SAVE_FILE_INVALID"),
    (400, "Bad Request: photo has unsupported extension. Use one of .jpg, .jpeg, .gif, .png, .tif or .bmp"),
    (400, "Bad Request: can't use file of type Video as Photo"),
    (400, "Bad Request: can't upload file by URL"),
    (400, "Bad Request: MEDIA_EMPTY"),
    (400, "Bad Request: FILE_REFERENCE_EXPIRED"),
    (400, "Bad Request: file is too big"),
    (413, "Request Entity Too Large"),
    # buttons
    (400, "Bad Request: BUTTON_URL_INVALID"),
    (400, "Bad Request: BUTTON_DATA_INVALID"),
    (400, "Bad Request: BUTTON_TYPE_INVALID"),
    (400, "Bad Request: REPLY_MARKUP_INVALID"),
    (400, "Bad Request: reply markup is too long"),
    (400, "Bad Request: inline keyboard button URL 'file:///x' is invalid: Unsupported URL protocol"),
    # another message that is not there
    (400, "Bad Request: message to be replied not found"),
    (400, "Bad Request: REPLY_MESSAGE_ID_INVALID"),
    (400, "Bad Request: message to copy not found"),
    (400, "Bad Request: the message can't be copied"),
    # a delete that is no longer allowed
    (400, "Bad Request: message can't be deleted"),
    (400, "Bad Request: message can't be deleted for everyone"),
    (403, "Forbidden: MESSAGE_DELETE_FORBIDDEN"),
    # a message of another kind than we think
    (400, "Bad Request: there is no text in the message to edit"),
    (400, "Bad Request: there is no caption in the message to edit"),
    (400, "Bad Request: something that nobody has heard of"),
]
GONE = [
    "Bad Request: message to edit not found",
    "Bad Request: message to delete not found",
    "Bad Request: message not found",
    "Bad Request: MESSAGE_ID_INVALID",
]
STANDS = ["Bad Request: message can't be edited", "Bad Request: MESSAGE_AUTHOR_REQUIRED"]
LATER = [
    (500, "Internal Server Error"),
    (500, "Internal Server Error: restart"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"),
]


@pytest.mark.parametrize(("code", "words"), CLOSED)
def test_a_chat_where_nobody_can_be_reached_is_closed(code: int, words: str) -> None:
    assert outcome_of(code, refusal(code, words)) == ChatClosed(why=words)


@pytest.mark.parametrize("words", CLOSED_TOPIC)
def test_a_closed_topic_closes_itself_only(words: str) -> None:
    may_open = "CLOSED" in words
    assert outcome_of(400, refusal(400, words)) == ChatClosed(why=words, thread_only=True, may_open=may_open)


@pytest.mark.parametrize(("code", "words"), REFUSED)
def test_what_the_message_is_at_fault_for_closes_no_chat(code: int, words: str) -> None:
    assert outcome_of(code, refusal(code, words)) == Refused(why=words)


@pytest.mark.parametrize("words", GONE)
def test_a_message_that_was_taken_away_is_gone(words: str) -> None:
    assert outcome_of(400, refusal(400, words)) == Gone(why=words)


@pytest.mark.parametrize("words", STANDS)
def test_a_message_that_cannot_be_edited_still_stands(words: str) -> None:
    assert outcome_of(400, refusal(400, words)) == Gone(why=words, stands=True)


@pytest.mark.parametrize(("code", "words"), LATER)
def test_a_bad_moment_of_the_servers_passes(code: int, words: str) -> None:
    assert outcome_of(code, refusal(code, words)) == TryLater(why=words, after=5.0)


def test_a_message_that_somebody_there_deletes_at_once_is_not_sent_again_and_again() -> None:
    words = "Internal Server Error: sent message was immediately deleted and can't be returned"
    assert outcome_of(500, refusal(500, words)) == Done()


@pytest.mark.parametrize("words", ["Bad Request: message is not modified: specified new …", "MESSAGE_NOT_MODIFIED"])
def test_what_stands_there_already_needs_nothing(words: str) -> None:
    assert outcome_of(400, refusal(400, words)) == Done()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (401, "Unauthorized"),
        (401, "Unauthorized: invalid token specified"),
        (404, "Not Found"),
        (404, "Not Found: method not found"),
        (400, "Logged out"),
        (400, "Bad Request: FROZEN_METHOD_INVALID"),
    ],
)
def test_a_bot_in_trouble_stops_as_a_whole_and_gives_up_nothing(code: int, words: str) -> None:
    outcome = outcome_of(code, refusal(code, words))
    assert isinstance(outcome, TryLater)
    assert (outcome.after, outcome.bot_wide, outcome.for_admins, outcome.flood) == (60.0, True, True, False)


def test_stars_that_ran_out_wait_for_the_admins() -> None:
    words = "Bad Request: BALANCE_TOO_LOW"
    assert outcome_of(400, refusal(400, words)) == TryLater(why=words, after=60.0, for_admins=True)


@pytest.mark.parametrize(
    "words",
    [
        "Bad Request: chat not found",
        "Forbidden: bot was kicked from the supergroup chat",
        "Forbidden: bot is not a member of the channel chat",
        "Bad Request: CHANNEL_PRIVATE",
    ],
)
def test_what_may_be_said_of_the_chat_that_a_copy_is_from_closes_no_chat(words: str) -> None:
    assert isinstance(outcome_of(400, refusal(400, words), "copy"), Refused)


@pytest.mark.parametrize("words", ["Forbidden: bot was blocked by the user", "Forbidden: user is deactivated"])
def test_what_can_only_be_said_of_the_reader_closes_the_chat_of_a_copy_too(words: str) -> None:
    assert outcome_of(403, refusal(403, words), "copy") == ChatClosed(why=words)


@pytest.mark.parametrize("hostile", ["chat not found", "TOPIC_CLOSED", "message is not modified", "FLOOD_WAIT_9999"])
def test_an_address_in_a_refusal_says_nothing(hostile: str) -> None:
    words = f"Bad Request: inline keyboard button URL 'https://a.example/{hostile}' is invalid: Wrong HTTP URL"
    assert isinstance(outcome_of(400, refusal(400, words)), Refused)


# --- floods ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words", "parameters", "after"),
    [
        (429, "Too Many Requests: retry after 7", {"retry_after": 7}, 7.0),
        (429, "Too Many Requests: retry after 7", {}, 7.0),
        (429, "Too Many Requests: retry in 7", {}, 7.0),
        (429, "Too Many Requests", {}, 5.0),
        (429, "Too Many Requests", {"retry_after": 0}, 5.0),
        (420, "FLOOD_WAIT_30", {}, 30.0),
        (429, "FLOOD_PREMIUM_WAIT_3", {}, 3.0),
        (500, "FLOOD_WAIT_31", {}, 31.0),
        (400, "Bad Request: FLOOD_WAIT_32", {}, 32.0),
        (429, "Too Many Requests: retry after 3600", {"retry_after": 3600}, 3600.0),
    ],
)
def test_a_flood_says_how_long_in_its_parameter_or_its_text(
    code: int, words: str, parameters: dict[str, int], after: float
) -> None:
    outcome = outcome_of(code, refusal(code, words, **parameters))
    assert outcome == TryLater(why=words, after=after, flood=True)


def test_slow_mode_is_the_chats_own_rule() -> None:
    outcome = outcome_of(400, refusal(400, "Bad Request: SLOWMODE_WAIT_900"))
    assert outcome == TryLater(why="Bad Request: SLOWMODE_WAIT_900", after=900.0, flood=True, slow_mode=True)


def test_an_upgraded_group_says_where_it_went() -> None:
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    assert outcome_of(400, refusal(400, words, migrate_to_chat_id=-1005)) == ChatMoved(to=-1005)


def test_an_upgraded_group_that_does_not_say_where_it_went_is_asked_again() -> None:
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    assert outcome_of(400, refusal(400, words)) == TryLater(why=words, after=60.0)


OF_ALBUM = 'Bad Request: failed to send message #{} with the error message "{}"'


@pytest.mark.parametrize(
    ("words", "count", "bad"),
    [
        ("Bad Request: failed to get HTTP URL content", 1, [0]),
        ("Bad Request: wrong type of the web page content", 1, [0]),
        ("Bad Request: PHOTO_INVALID_DIMENSIONS", 1, [0]),
        (OF_ALBUM.format(1, "WEBPAGE_CURL_FAILED"), 3, [0]),
        (OF_ALBUM.format(3, "WEBPAGE_MEDIA_EMPTY"), 3, [2]),
        (OF_ALBUM.format(9, "IMAGE_PROCESS_FAILED"), 3, [2]),
        (OF_ALBUM.format(1, "MEDIA_INVALID"), 3, [0, 1, 2]),
        ("Bad Request: wrong file identifier/HTTP URL specified", 3, [0, 1, 2]),
        ("Bad Request: group send failed", 2, [0, 1]),
        (OF_ALBUM.format(1, "MEDIA_CAPTION_TOO_LONG"), 3, []),
        (OF_ALBUM.format(1, "ENTITY_BOUNDS_INVALID"), 3, []),
        ("Bad Request: not enough rights to send photos to the chat", 1, []),
        ("Bad Request: failed to get HTTP URL content", 0, []),
    ],
)
def test_which_picture_is_bad_is_told_from_the_words(words: str, count: int, bad: list[int]) -> None:
    assert list(bad_pictures(words, count)) == bad


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("CHAT_WRITE_FORBIDDEN", ChatClosed),
        ("TOPIC_CLOSED", ChatClosed),
        ("SLOWMODE_WAIT_30", TryLater),
        ("Too Many Requests: retry after 8", TryLater),
        ("CHAT_SEND_PHOTOS_FORBIDDEN", Refused),
        ("WEBPAGE_CURL_FAILED", Refused),
    ],
)
def test_what_one_message_of_an_album_met_counts_as_where_it_is_alone(words: str, outcome: type[Outcome]) -> None:
    assert isinstance(outcome_of(400, refusal(400, OF_ALBUM.format(1, words))), outcome)


def test_an_edit_that_changes_nothing_shows_what_was_asked_for() -> None:
    words = "Bad Request: message is not modified: specified new message content is exactly the same"
    assert outcome_of(400, refusal(400, words), "photo", (7,)) == Done(kind="photo", picture=7)


@pytest.mark.parametrize(
    ("result", "ids"),
    [({"message_id": 5, "chat": {"id": 1}}, (5,)), ([{"message_id": 5}, {"message_id": 6}], (5, 6)), (True, ())],
)
def test_an_answer_tells_the_messages_that_were_made(result: object, ids: tuple[int, ...]) -> None:
    assert outcome_of(200, orjson.dumps({"ok": True, "result": result})) == Done(message_ids=ids)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, TryLater),
        (403, TryLater),
        (413, Refused),
        (429, TryLater),
        (502, TryLater),
        (503, TryLater),
        (504, Unknown),
        (200, Unknown),
    ],
)
@pytest.mark.parametrize("body", [b"<html>a proxy</html>", b"", b"[]", b"7", b'"ok"', b"{}"])
def test_an_answer_that_is_not_telegrams_own_closes_no_chat(status: int, outcome: type[Outcome], body: bytes) -> None:
    assert isinstance(outcome_of(status, body), outcome)


def test_too_many_requests_for_a_proxy_is_a_flood_as_well() -> None:
    outcome = outcome_of(429, b"<html>slow down</html>")
    assert isinstance(outcome, TryLater)
    assert (outcome.flood, outcome.after) == (True, 5.0)


def test_a_gateway_that_speaks_telegrams_language_may_have_passed_the_request_on() -> None:
    assert outcome_of(504, refusal(504, "Gateway Timeout")) == Unknown(why="Gateway Timeout")


json = st.sampled_from(
    [None, True, False, 0, 7, -1005, 2.5, "", "7", "chat not found", [], [1], [{"message_id": 5}], {}]
)


@given(
    st.integers(100, 599),
    st.fixed_dictionaries(
        {},
        optional={
            "ok": json,
            "result": json,
            "error_code": json,
            "description": json,
            "parameters": json | st.fixed_dictionaries({}, optional={"migrate_to_chat_id": json, "retry_after": json}),
        },
    ),
)
def test_whatever_is_answered_has_an_outcome(status: int, said: dict[str, object]) -> None:
    outcome = outcome_of(status, orjson.dumps(said))
    assert isinstance(outcome, Done | TryLater | ChatMoved | ChatClosed | Gone | Refused | Unknown)
