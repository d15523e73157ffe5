"""Telegram updates in, replies out, grouped by who speaks."""

from handlers.commands import COMMANDS, Command
from handlers.forums import keep_topics
from handlers.hearing import HEARD, register
from handlers.held import show_held
from handlers.menus import set_menus
from handlers.previews import preview
from handlers.progress import show_progress

__all__ = [
    "COMMANDS",
    "HEARD",
    "Command",
    "keep_topics",
    "preview",
    "register",
    "set_menus",
    "show_held",
    "show_progress",
]
