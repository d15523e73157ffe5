"""Telegram updates in, replies out, grouped by who speaks."""

from handlers.commands import COMMANDS, Command, set_menus
from handlers.hearing import register
from handlers.held import show_held
from handlers.progress import show_progress

__all__ = ["COMMANDS", "Command", "register", "set_menus", "show_held", "show_progress"]
