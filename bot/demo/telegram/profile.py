"""The methods about the bot itself: menu, name and descriptions, updates, webhook."""

from __future__ import annotations

import re
from typing import Any

from bot.demo.telegram.arguments import Arguments
from bot.demo.telegram.people import People
from bot.demo.telegram.utf16 import length
from bot.demo.telegram.values import Json, Refusal, bad_request
from bot.demo.telegram.world import LocalBot

SCOPES = {
    "default": (), "all_private_chats": (), "all_group_chats": (), "all_chat_administrators": (),
    "chat": ("chat_id",), "chat_administrators": ("chat_id",), "chat_member": ("chat_id", "user_id"),
}  # fmt: skip
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
COMMANDS_LIMIT = 100
LIMITS = {"name": 64, "description": 512, "short_description": 120}


def get_me(world: People, bot: LocalBot, call: Arguments) -> Json:
    return {
        **bot.user,
        "can_join_groups": True,
        "can_read_all_group_messages": not bot.profile.privacy,
        "supports_inline_queries": bot.profile.inline,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
    }


def set_my_commands(world: People, bot: LocalBot, call: Arguments) -> bool:
    commands = call.structure("commands", "can't parse commands JSON object")
    if commands is None:
        commands = []
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > COMMANDS_LIMIT:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    read = [_command(world, command) for command in commands]
    key = _scope(world, bot, call), _language(call)
    bot.commands[key] = read
    if not read:
        del bot.commands[key]
    world.happened("commands", 0)
    return True


def _command(world: People, command: Any) -> Json:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, about = command.get("command"), command.get("description")
    for field, value in (("command", name), ("description", about)):
        if not isinstance(value, str):
            raise bad_request(f"can't parse BotCommand: Can't find field \"{field}\"")
    name = str(name).removeprefix("/").lower()
    if not COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= length(str(about).strip()) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    kept: Json = {"command": name, "description": str(about).strip()}
    alone = command.get("is_ephemeral")
    if alone is not None and not isinstance(alone, bool):
        raise bad_request('can\'t parse BotCommand: Field "is_ephemeral" must be of type Boolean')
    return {**kept, "is_ephemeral": True} if alone and world.ephemeral else kept


def get_my_commands(world: People, bot: LocalBot, call: Arguments) -> list[Json]:
    return bot.commands.get((_scope(world, bot, call), _language(call)), [])


def delete_my_commands(world: People, bot: LocalBot, call: Arguments) -> bool:
    bot.commands.pop((_scope(world, bot, call), _language(call)), None)
    world.happened("commands", 0)
    return True


def _scope(world: People, bot: LocalBot, call: Arguments) -> str:
    """One word per scope: "default", "chat:42", "chat_member:-100:42"."""
    scope = call.structure("scope", "can't parse BotCommandScope JSON object")
    if scope is None or scope == {}:
        return "default"
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    inner = Arguments(scope)
    words = [str(scope["type"])]
    for field in SCOPES[scope["type"]]:
        if not inner.text(field):
            raise bad_request(f"can't parse BotCommandScope: Empty {field} specified")
        words.append(str(world.open_chat(bot, inner.text(field)).id if field == "chat_id" else inner.whole(field)))
    return ":".join(words)


def _language(call: Arguments) -> str:
    code = call.text("language_code")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("invalid language code specified")
    return code


def _set_text(world: People, bot: LocalBot, call: Arguments, field: str) -> bool:
    text = call.text(field).strip()
    if length(text) > LIMITS[field]:
        raise bad_request(f"bot {field.replace('_', ' ')} is too long")
    bot.texts[field, _language(call)] = text
    world.happened("commands", 0)
    return True


def _get_text(bot: LocalBot, call: Arguments, field: str, default: str = "") -> Json:
    found = bot.texts.get((field, _language(call))) or bot.texts.get((field, "")) or default
    return {field: found}


def set_my_name(world: People, bot: LocalBot, call: Arguments) -> bool:
    return _set_text(world, bot, call, "name")


def get_my_name(world: People, bot: LocalBot, call: Arguments) -> Json:
    return _get_text(bot, call, "name", bot.profile.first_name)


def set_my_description(world: People, bot: LocalBot, call: Arguments) -> bool:
    return _set_text(world, bot, call, "description")


def get_my_description(world: People, bot: LocalBot, call: Arguments) -> Json:
    return _get_text(bot, call, "description")


def set_my_short_description(world: People, bot: LocalBot, call: Arguments) -> bool:
    return _set_text(world, bot, call, "short_description")


def get_my_short_description(world: People, bot: LocalBot, call: Arguments) -> Json:
    return _get_text(bot, call, "short_description")


async def get_updates(world: People, bot: LocalBot, call: Arguments) -> list[Json]:
    bot.webhook.refuse_poll()
    limit = min(max(call.whole("limit", 100), 1), 100)
    timeout = min(max(call.whole("timeout"), 0), 50)
    bot.updates.allow(call.structure("allowed_updates", "can't parse allowed updates JSON object"))
    return await bot.updates.poll(call.whole("offset"), limit, timeout)


def set_webhook(world: People, bot: LocalBot, call: Arguments) -> bool:
    bot.updates.allow(call.structure("allowed_updates", "can't parse allowed updates JSON object"))
    url, secret = call.text("url"), call.text("secret_token")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_\-]*", secret):
        raise bad_request("secret token contains unallowed characters")
    if call.flag("drop_pending_updates"):
        bot.updates.drop()
    bot.webhook.set(url, secret, min(max(call.whole("max_connections", 40), 1), 100))
    return True


def delete_webhook(world: People, bot: LocalBot, call: Arguments) -> bool:
    if call.flag("drop_pending_updates"):
        bot.updates.drop()
    bot.webhook.set("", "", 0)
    return True


def get_webhook_info(world: People, bot: LocalBot, call: Arguments) -> Json:
    return bot.webhook.info()


def log_out(world: People, bot: LocalBot, call: Arguments) -> bool:
    """The bot leaves this server; every later call is refused as one by a bot that logged out."""
    bot.closed = True
    bot.updates.interrupt(Refusal(401, "Unauthorized"))
    return True


def close(world: People, bot: LocalBot, call: Arguments) -> bool:
    """The bot's instance ends here and begins anew with the next call."""
    bot.updates.interrupt(Refusal(500, "Internal Server Error: restart"))
    return True
