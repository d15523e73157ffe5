"""Who may do what: topics, rights, and the messages a call names."""

from __future__ import annotations

from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.values import LocalMessage, bad_request
from bot.demo.telegram.world import LocalBot, LocalChat, World

DELETABLE_FOR = 48 * 3600  # seconds: https://core.telegram.org/bots/api#deletemessage
GENERAL = 1  # the topic that is not one
ELIGIBLE_FOR = 15  # seconds: https://core.telegram.org/bots/api#ephemeral-messages-and-commands


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


def receiver_of(world: World, bot: LocalBot, chat: LocalChat, call: Arguments) -> int | None:
    """Who alone shall see a message: https://core.telegram.org/bots/api#ephemeralmessageparameters. None: everybody."""
    asked = call.structure("ephemeral_message_parameters", "can't parse ephemeral message parameters JSON object")
    answered = _ephemeral_target(chat, call)
    if not world.ephemeral:  # such a server passes over what it does not know
        return None
    if asked is None:
        if answered is not None:
            raise bad_request("a reply to an ephemeral message must be ephemeral")
        return None
    if not isinstance(asked, dict) or not Arguments(asked).whole("receiver_user_id"):
        raise bad_request("can't parse ephemeral message parameters: Can't find field \"receiver_user_id\"")
    if chat.kind not in {"group", "supergroup"} or chat.without_ephemeral:
        raise bad_request("ephemeral messages can't be sent in the chat")
    receiver = Arguments(asked).whole("receiver_user_id")
    if chat.members.get(receiver, "left") in {"left", "kicked"}:
        raise bad_request("USER_NOT_PARTICIPANT")
    if chat.bots[bot.id] != "administrator" and not _acted(world, bot, chat, Arguments(asked), answered, receiver):
        raise bad_request("CHAT_ADMIN_REQUIRED")
    return receiver


def _acted(
    world: World, bot: LocalBot, chat: LocalChat, asked: Arguments, answered: LocalMessage | None, receiver: int
) -> bool:
    """Whether the receiver pressed a button or gave an ephemeral command just now, and the bot names it."""
    if answered is not None:
        return answered.user_id == receiver and world.now() - answered.date <= ELIGIBLE_FOR
    pressed = bot.presses.get(asked.text("callback_query_id"))
    return pressed is not None and pressed[:2] == (chat.id, receiver) and world.now() - pressed[2] <= ELIGIBLE_FOR


def _ephemeral_target(chat: LocalChat, call: Arguments) -> LocalMessage | None:
    parameters = call.structure("reply_parameters", "can't parse reply parameters JSON object")
    number = Arguments(parameters).whole("ephemeral_message_id") if isinstance(parameters, dict) else 0
    return chat.ephemeral.get(number)


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
        if not inner.given("message_id") and inner.given("ephemeral_message_id") and world.ephemeral:
            return None
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
