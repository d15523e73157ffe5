"""The methods about topics of forums. After `Client.cpp` of the Bot API server and tdlib's `ForumTopicManager.cpp`."""

from __future__ import annotations

from bot.demo.telegram.access import check_right
from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.people import People
from bot.demo.telegram.utf16 import length
from bot.demo.telegram.values import Json, Topic, bad_request
from bot.demo.telegram.world import LocalBot, LocalChat

ICON_COLOR = 7322096
LONGEST_NAME = 128
RIGHT = "can_manage_topics"


def create_forum_topic(world: People, bot: LocalBot, call: Arguments) -> Json:
    chat = _forum(world, bot, call)
    check_right(bot, chat, "create a topic", RIGHT)
    name = _name(call)
    thread = _tell(world, bot, chat, {"forum_topic_created": {"name": name, "icon_color": ICON_COLOR}})
    chat.topics[thread] = Topic(thread, name, opener=bot.id)
    world.happened("chat", chat.id)
    return {"message_thread_id": thread, "name": name, "icon_color": ICON_COLOR}


def edit_forum_topic(world: People, bot: LocalBot, call: Arguments) -> bool:
    chat, topic = _topic(world, bot, call, "edit the topic")
    if not call.text("name").strip():
        return True
    topic.name = _name(call)
    _tell(world, bot, chat, {"forum_topic_edited": {"name": topic.name}}, topic.id)
    world.happened("chat", chat.id)
    return True


def close_forum_topic(world: People, bot: LocalBot, call: Arguments) -> bool:
    return _turn(world, bot, call, closed=True)


def reopen_forum_topic(world: People, bot: LocalBot, call: Arguments) -> bool:
    return _turn(world, bot, call, closed=False)


def _turn(world: People, bot: LocalBot, call: Arguments, *, closed: bool) -> bool:
    chat, topic = _topic(world, bot, call, "close or open the topic")
    if topic.closed is closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    world.happened("chat", chat.id)
    _tell(world, bot, chat, {"forum_topic_closed" if closed else "forum_topic_reopened": {}}, topic.id)
    return True


def delete_forum_topic(world: People, bot: LocalBot, call: Arguments) -> bool:
    """With all its messages. No update tells of it."""
    chat = _forum(world, bot, call)
    check_right(bot, chat, "delete a topic", "can_delete_messages")
    world.delete_topic(chat.id, _found(chat, call).id)
    return True


def _topic(world: People, bot: LocalBot, call: Arguments, what: str) -> tuple[LocalChat, Topic]:
    """Who opened a topic needs no right to manage it."""
    chat = _forum(world, bot, call)
    topic = _found(chat, call)
    if topic.opener != bot.id:
        check_right(bot, chat, what, RIGHT)
    return chat, topic


def _forum(world: People, bot: LocalBot, call: Arguments) -> LocalChat:
    chat = world.open_chat(bot, call.text("chat_id"))
    if not chat.forum:
        raise bad_request("the chat is not a forum")
    return chat


def _found(chat: LocalChat, call: Arguments) -> Topic:
    topic = chat.topics.get(call.whole("message_thread_id"))
    if topic is None or topic.deleted:
        raise bad_request("TOPIC_ID_INVALID" if topic is None else "TOPIC_DELETED")
    return topic


def _name(call: Arguments) -> str:
    name = call.text("name").strip()
    if not name or length(name) > LONGEST_NAME:
        raise bad_request("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
    return name


def _tell(world: People, bot: LocalBot, chat: LocalChat, notice: Json, thread: int = 0) -> int:
    """A service message of the bot's own, which only other bots hear of. Returns its thread."""
    message = world.new_message(chat)
    message.bot, message.thread, message.notice = bot.profile.username, thread or message.id, notice
    world.hear_from(bot, chat, message)
    return message.thread
