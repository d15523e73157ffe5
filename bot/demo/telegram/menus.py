"""Which of a bot's command lists a person sees in a chat."""

from __future__ import annotations

from bot.demo.telegram.values import Json
from bot.demo.telegram.world import LocalBot, LocalChat, Person


def menu(bot: LocalBot, person: Person, chat: LocalChat) -> list[Json]:
    """The first list that was set, each scope with the person's language before without:
    https://core.telegram.org/bots/api#determining-list-of-commands"""
    for scope in _scopes(person, chat):
        for language in (person.language_code, ""):
            if (scope, language) in bot.commands:
                return bot.commands[scope, language]
    return []


def _scopes(person: Person, chat: LocalChat) -> list[str]:
    if chat.kind == "private":
        return [f"chat:{chat.id}", "all_private_chats", "default"]
    leads = chat.members.get(person.id) in {"creator", "administrator"}
    return [
        f"chat_member:{chat.id}:{person.id}",
        *([f"chat_administrators:{chat.id}"] if leads else []),
        f"chat:{chat.id}",
        *(["all_chat_administrators"] if leads else []),
        "all_group_chats",
        "default",
    ]
