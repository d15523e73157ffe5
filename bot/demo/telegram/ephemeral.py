"""Messages that one member of a group sees alone: https://core.telegram.org/bots/api#ephemeral-messages-and-commands

They have no message id, only one of their own kind that only their receiver and the bot know. A bot that leads the chat
may send one to any member at any time; any other needs an action of theirs that is at most 15 seconds old: a press, or
an ephemeral command. Telegram publishes the rules and not the words of its refusals; those here are like its others.
"""

from __future__ import annotations

from typing import Any

from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.formatting import message_text
from bot.demo.telegram.keyboard import read_markup
from bot.demo.telegram.people import People
from bot.demo.telegram.sending import link_preview
from bot.demo.telegram.values import LocalMessage, Refusal, bad_request
from bot.demo.telegram.world import LocalBot

NO_METHOD = Refusal(404, "Not Found: method not found")


def edit_text(world: People, bot: LocalBot, call: Arguments) -> bool:
    text, entities = message_text(call.text("text"), call.text("parse_mode"), call.entities("entities"))
    preview, message = link_preview(call), _own(world, bot, call)
    if message.media is not None:
        raise bad_request("there is no text in the message to edit")
    world.change(message, text=text, entities=entities, buttons=_buttons(call))
    message.preview = preview
    return True


def edit_reply_markup(world: People, bot: LocalBot, call: Arguments) -> bool:
    message = _own(world, bot, call)
    world.change(message, buttons=_buttons(call))
    return True


def delete(world: People, bot: LocalBot, call: Arguments) -> bool:
    world.delete(_own(world, bot, call))
    return True


def _buttons(call: Arguments) -> Any:
    buttons, other = read_markup(call)
    if other is not None:
        raise bad_request("inline keyboard expected")
    return buttons


def _own(world: People, bot: LocalBot, call: Arguments) -> LocalMessage:
    if not world.ephemeral:
        raise NO_METHOD
    chat = world.open_chat(bot, call.text("chat_id"))
    message = chat.ephemeral.get(call.whole("ephemeral_message_id"))
    known = message is not None and message.bot == bot.profile.username and not message.deleted
    if message is None or not known or message.receiver != call.whole("receiver_user_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    return message
