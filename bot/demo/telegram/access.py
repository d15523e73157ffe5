"""Who may do what: topics, rights, and the messages a call names."""

from __future__ import annotations

from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.values import LocalMessage, bad_request
from bot.demo.telegram.world import LocalBot, LocalChat, World

DELETABLE_FOR = 48 * 3600  # seconds: https://core.telegram.org/bots/api#deletemessage
GENERAL = 1  # the topic that is not one


def check_topic(bot: LocalBot, chat: LocalChat, thread: int) -> None:
    """Forums and private chats check the thread; elsewhere it is passed over. After `check_message_topic`."""
    if thread <= 0 and chat.forum and chat.general_closed and not _may_manage(bot, chat):
        raise bad_request("TOPIC_CLOSED")
    if thread <= 0 or not (chat.forum or chat.kind == "private"):
        return
    topic = chat.topics.get(thread)
    if topic is None or thread == GENERAL or topic.forgotten:
        raise bad_request("message thread not found")
    if topic.deleted:
        raise bad_request("TOPIC_DELETED")
    if topic.closed and topic.opener != bot.id and not _may_manage(bot, chat):
        raise bad_request("TOPIC_CLOSED")


def _may_manage(bot: LocalBot, chat: LocalChat) -> bool:
    return chat.bots[bot.id] == "administrator" and "can_manage_topics" not in chat.lacking


def check_may_send(bot: LocalBot, chat: LocalChat, what: str, instead: str = "") -> None:
    """After tdlib's `can_send_message_to_dialog` and `can_send_message_content`. `instead`: what a copy or a forward
    says where the content is not welcome, after its `forward_message`."""
    standing = chat.bots[bot.id]
    if chat.kind == "channel" and standing != "administrator":
        raise bad_request("need administrator rights in the channel chat")
    if standing == "restricted" and (not chat.unwelcome or what in chat.unwelcome):
        raise bad_request(instead or f"not enough rights to send {what} to the chat")
    if chat.refuses:
        raise bad_request(chat.refuses)


def check_right(bot: LocalBot, chat: LocalChat, why: str, right: str = "") -> None:
    """Administrators have every right but what they were made without; in private chats everybody has."""
    if chat.kind != "private" and (chat.bots[bot.id] != "administrator" or right in chat.lacking):
        raise bad_request(f"not enough rights to {why}")


def find_message(chat: LocalChat, message_id: int, what: str) -> LocalMessage:
    message = chat.by_id.get(message_id)
    if message is None or message.deleted:
        raise bad_request(f"{what} not found")
    return message


def reply_target(world: World, bot: LocalBot, chat: LocalChat, call: Arguments) -> int | None:
    """The message a new one answers. After `get_reply_parameters` and `check_reply_parameters`."""
    if not call.given("reply_parameters"):
        number, lenient, source = call.whole("reply_to_message_id"), call.flag("allow_sending_without_reply"), chat
    else:
        parameters = call.structure("reply_parameters", "can't parse reply parameters JSON object")
        if not isinstance(parameters, dict):
            raise bad_request("object expected as reply parameters")
        if not parameters:
            return None
        inner = Arguments(parameters)
        if not inner.given("message_id"):
            raise bad_request('can\'t find field "message_id"')
        number, lenient = inner.whole("message_id"), inner.flag("allow_sending_without_reply")
        source = world.open_chat(bot, inner.text("chat_id"), write=False) if inner.given("chat_id") else chat
    if number <= 0:
        return None
    answered = source.by_id.get(number)
    if answered is None or answered.deleted:
        if lenient:
            return None
        raise bad_request("message to be replied not found")
    return number if source is chat else None
